"""One-off payment for a burial, to whoever buried a recipient of a pension or state benefit, or a participant of
the War.
"""

from collections.abc import Sequence

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.codes import DeceasedStatus
from benefits.facts import Burial
from benefits.takes import Takes


def burials(assessment: Assessment) -> Sequence[Burial]:
    """The burials that the applicant arranged, the latest first."""
    facts = assessment.facts
    own = [one for one in facts.burials if one.buried_by == facts.applicant.iin]
    return sorted(own, key=lambda one: (-one.died_on.toordinal(), one.death_record))


def decide(assessment: Assessment, burial: Burial) -> Finding:
    """A multiple of MRP by what the deceased received, with the law of the day of death."""
    basis = burial.death_record
    if burial.status is DeceasedStatus.NONE:
        return assessment.no("no_pension_or_benefit", basis)
    assessment.note_day("right_arose", burial.died_on)
    law = assessment
    if assessment.word("law_of") == "right_arose":
        if not assessment.knows_law_of(burial.died_on):
            return assessment.ask("law_of_that_day_unknown", basis)
        law = assessment.with_law_of(burial.died_on)
    return assessment.yes(basis, Money(law.times(law.row("rate", burial.status), "mrp")))


RULE = Rule(
    code="burial",
    subjects=burials,
    decide=decide,
    nothing="no_burial",
    arose=lambda burial: burial.died_on,
    reads=frozenset({"burials"}),
    takes=Takes(
        "law_of:choice mrp:tenge rounding:choice",
        tables="rate:MRP",
        rows={"rate": DeceasedStatus},
        says="law_of_that_day_unknown no_burial no_pension_or_benefit right_arose",
    ),
)
