"""State benefit for disability: one right for each decision of the medical and social board.

Only general illness and disability from childhood are known to this law; any other cause has other multiples and
goes to a person. A parent or guardian asks for a child, an adult for themselves.
"""

from collections.abc import Sequence
from datetime import date

from benefits.assessment import Assessment, Finding, Money, Rule
from benefits.carers import HOME, STATE_CARE, in_state_care, may_represent, represents
from benefits.codes import Cause, Group
from benefits.facts import Disability
from benefits.medical_board import is_superseded, newest_first
from benefits.pension_age import PENSION_AGE, pension_day_of
from benefits.suspension import RE_EXAMINED, term_over
from benefits.takes import Takes
from benefits.terms import birthday, day_before, earlier

_KNOWN_CAUSES = (Cause.GENERAL, Cause.CHILDHOOD)


def decisions(assessment: Assessment) -> Sequence[Disability]:
    """The decisions about the applicant, then those about the children that live with the applicant, or may; the
    newest first.

    Also those about a grown child who is no adult of the family: who claims it is not known.
    """
    facts = assessment.facts
    own = [one for one in facts.disabilities if one.iin == facts.applicant.iin]
    represented = []
    for one in facts.disabilities:
        child = facts.child(one.iin)
        if child is not None and may_represent(assessment, child):
            represented.append(one)
    return sorted(own, key=newest_first) + sorted(represented, key=newest_first)


def decide(assessment: Assessment, disability: Disability) -> Finding:
    """A multiple of PM by age, cause and group."""
    basis = disability.number
    on = assessment.on
    if on < disability.from_date:
        return assessment.no("not_yet_in_force", basis, from_day=disability.from_date)
    if is_superseded(assessment.facts, disability, on):
        return assessment.no("newer_decision", basis)
    born, died_on = _bearer(assessment, disability)
    if died_on is not None and died_on <= on:
        return assessment.no("bearer_died", basis)
    if disability.until is not None and on > disability.until:
        return term_over(assessment, basis, disability.until)
    if any(one.iin == disability.iin and one.from_date <= on <= (one.until or on) for one in assessment.facts.pensions):
        return assessment.ask("a_pension_is_granted", basis)
    if _may_have_a_pension(assessment, disability.iin):
        return assessment.ask("is_a_pension_granted", basis)
    child = assessment.facts.child(disability.iin)
    if child is not None and birthday(born, assessment.whole("adult_age")) <= on:
        return assessment.ask("who_claims_for_the_grown_child", basis)
    if child is not None and not represents(child, assessment.facts.applicant.iin):
        return assessment.ask("where_does_the_child_live", basis)
    if child is not None and in_state_care(assessment, child):
        return assessment.ask("is_it_due_in_state_care", basis)
    if disability.cause not in _KNOWN_CAUSES:
        return assessment.ask("cause_without_known_amount", basis)
    return _amount(assessment, disability, born)


def _amount(assessment: Assessment, disability: Disability, born: date) -> Finding:
    """The multiple of PM, and the last day of the right.

    A child's decision from general illness ends when the child grows up, for then the cause is established anew, and so
    does the right of a parent; one without a group ends with the age that needs no group.
    """
    basis, on, until = disability.number, assessment.on, disability.until
    groups_from = birthday(born, assessment.whole("small_child_age"))
    grown_up = birthday(born, assessment.whole("adult_age"))
    without_group = disability.group is Group.CHILD
    of_a_child = disability.cause is Cause.GENERAL and disability.decided_on < grown_up
    if (without_group and on >= groups_from) or (of_a_child and on >= grown_up):
        return assessment.ask("which_group_now", basis)
    if without_group:
        until = earlier(until, day_before(groups_from))
    elif of_a_child or disability.iin != assessment.facts.applicant.iin:
        until = earlier(until, day_before(grown_up))
    if on < groups_from:
        rate = assessment.number("rate_small_child")
    elif on < grown_up or disability.cause is Cause.CHILDHOOD:
        rate = assessment.row("rate_childhood", disability.group)
    else:
        rate = assessment.row("rate_general", disability.group)
    money = Money(assessment.times(rate, "pm"))
    return assessment.yes(basis, money, until=until, start=assessment.paid_from(disability.from_date))


def _may_have_a_pension(assessment: Assessment, iin: str) -> bool:
    """Whether this is somebody of pension age of whose pension the register holds nothing."""
    facts = assessment.facts
    person = facts.adult(iin)
    if person is None or any(one.iin == iin for one in facts.pensions):
        return False
    return pension_day_of(assessment, person.birth_date, person.sex)[0] <= assessment.on


def _bearer(assessment: Assessment, disability: Disability) -> tuple[date, date | None]:
    """Birth and death of the person whom the decision is about."""
    facts = assessment.facts
    person = facts.adult(disability.iin) or facts.child(disability.iin)
    assert person is not None  # noqa: S101 - facts hold decisions about members only
    return person.birth_date, person.died_on


RULE = Rule(
    code="disability",
    subjects=decisions,
    decide=decide,
    nothing="no_disability_decision",
    arose=lambda decision: decision.from_date,
    of_another=lambda assessment, decision: decision.iin != assessment.facts.applicant.iin,
    reads=frozenset({"adults", "children", "disabilities", "pensions"}),
    takes=Takes(
        ("adult_age:years paid_from:choice pm:tenge rate_small_child:PM rounding:choice small_child_age:years"),
        tables="rate_childhood:PM rate_general:PM",
        rows={"rate_childhood": Group, "rate_general": Group},
        says=(
            "a_pension_is_granted bearer_died cause_without_known_amount is_a_pension_granted newer_decision "
            "no_disability_decision "
            "not_yet_in_force which_group_now who_claims_for_the_grown_child"
        ),
    )
    | HOME
    | STATE_CARE
    | PENSION_AGE
    | RE_EXAMINED,
)
