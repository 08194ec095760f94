"""One-off benefit for the birth of a child; each child is a right of its own, so twins are two.

The amount hangs on the order of the child among its mother's children. An order that the register does not hold, or
that its own records contradict, is never guessed: a person decides.
"""

from collections.abc import Sequence
from datetime import date

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.birth_order import is_contested
from benefits.carers import HOME, STATE_CARE, in_state_care, may_represent, represents
from benefits.codes import Relation
from benefits.facts import Child
from benefits.takes import Takes

_CLAIMED = (Relation.BORN, Relation.ADOPTED, Relation.GUARDIANSHIP)


def children(assessment: Assessment) -> Sequence[Child]:
    """The children that the applicant bore, adopted or took into guardianship, the youngest first."""
    children = assessment.facts.children
    found = [child for child in children if child.relation in _CLAIMED and may_represent(assessment, child)]
    found.sort(key=lambda child: (-child.birth_date.toordinal(), child.birth_order or 0, child.known_as))
    return found


def decide(assessment: Assessment, child: Child) -> Finding:
    """38 or 63 MRP by the birth order, with the law of the day on which the right arose."""
    basis = child.known_as
    if not child.born_alive:
        return assessment.no("not_born_alive", basis)
    arose = _arose(assessment, child)
    if arose is None:
        return assessment.ask("when_was_the_child_taken", basis)
    assessment.note_day("right_arose", arose)
    if assessment.claimed_too_late(arose):
        return assessment.no("claimed_too_late", basis)
    if not represents(child, assessment.facts.applicant.iin):
        return assessment.ask("where_does_the_child_live", basis)
    if in_state_care(assessment, child):
        return assessment.ask("is_it_due_in_state_care", basis)
    if assessment.facts.applicant.citizenship not in assessment.codes("citizenships"):
        return assessment.ask("citizenship_not_named", basis)
    order = child.birth_order
    if order is None:
        return assessment.ask("which_child_of_the_mother", basis)
    if is_contested(assessment.facts, child, order):
        return assessment.ask("birth_order_contested", basis)
    assessment.figure("birth_order", order, "children")
    law = assessment
    if assessment.word("law_of") == "right_arose":
        if not assessment.knows_law_of(arose):
            return assessment.ask("law_of_that_day_unknown", basis)
        law = assessment.with_law_of(arose)
    return assessment.yes(basis, Money(law.times(law.bracket("rate", order), "mrp")))


def _arose(assessment: Assessment, child: Child) -> date | None:
    """The birth, or the day on which the child was taken in; None when that day is not known and would matter."""
    born, on, law = child.birth_date, assessment.on, assessment.legislation
    if child.relation is Relation.BORN:
        return born
    if child.taken_on is not None:
        return child.taken_on
    same = not assessment.claimed_too_late(born) and assessment.knows_law_of(born) and law.at(born) is law.at(on)
    return born if same else None


RULE = Rule(
    code="childbirth",
    subjects=children,
    decide=decide,
    nothing="no_child",
    arose=lambda child: child.taken_on or child.birth_date,
    reads=frozenset({"adults", "children"}),
    takes=Takes(
        "citizenships:codes claim_months:months law_of:choice mrp:tenge rounding:choice",
        brackets="rate:MRP",
        says=(
            "birth_order birth_order_contested citizenship_not_named claimed_too_late law_of_that_day_unknown "
            "no_child not_born_alive right_arose when_was_the_child_taken "
            "which_child_of_the_mother"
        ),
    )
    | HOME
    | STATE_CARE,
)
