"""Allowance to the parent or guardian of a child with disability, besides the child's own benefit.

One right for each decision about a child, of the one adult who cares for it. The group and the cause do not matter.
"""

from collections.abc import Sequence

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.carers import CARER, STATE_CARE, carer_unknown, in_state_care, may_be_cared_for
from benefits.facts import Disability
from benefits.medical_board import is_superseded, newest_first
from benefits.suspension import RE_EXAMINED, term_over
from benefits.takes import Takes
from benefits.terms import birthday, day_before, earlier


def decisions(assessment: Assessment) -> Sequence[Disability]:
    """The decisions about children whom the applicant cares for, the newest first."""
    facts = assessment.facts
    cared = {one.iin for one in facts.children if may_be_cared_for(assessment, one)}
    found = [one for one in facts.disabilities if one.iin in cared]
    return sorted(found, key=newest_first)


def decide(assessment: Assessment, disability: Disability) -> Finding:
    """A multiple of PM until the child grows up or the decision ends."""
    basis, on = disability.number, assessment.on
    child = assessment.facts.child(disability.iin)
    if child is None or (child.died_on is not None and child.died_on <= on):
        return assessment.no("child_died", basis)
    grown_up = birthday(child.birth_date, assessment.whole("child_age"))
    if on >= grown_up:
        return assessment.no("child_grown_up", basis)
    if on < disability.from_date:
        return assessment.no("not_yet_in_force", basis, from_day=disability.from_date)
    until = disability.until
    if is_superseded(assessment.facts, disability, on):
        return assessment.no("newer_decision", basis)
    if until is not None and on > until:
        return term_over(assessment, basis, until)
    if in_state_care(assessment, child):
        return assessment.ask("is_it_due_in_state_care", basis)
    if unknown := carer_unknown(assessment, child):
        return assessment.ask(unknown, basis)
    end = earlier(until, day_before(grown_up))
    money = Money(assessment.times(assessment.number("rate"), "pm"))
    return assessment.yes(basis, money, until=end, start=assessment.paid_from(disability.from_date))


RULE = Rule(
    code="disabled-child-carer",
    subjects=decisions,
    decide=decide,
    nothing="no_child_with_disability",
    arose=lambda decision: decision.from_date,
    reads=frozenset({"adults", "children", "disabilities"}),
    takes=Takes(
        "child_age:years paid_from:choice pm:tenge rate:PM rounding:choice",
        says="child_died child_grown_up newer_decision no_child_with_disability not_yet_in_force",
    )
    | CARER
    | STATE_CARE
    | RE_EXAMINED,
)
