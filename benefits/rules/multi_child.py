"""Allowance to families with four or more children living together, whatever the income.

One right for a family, named after the mother in it, so that the cases of both parents are one. A child whose home
is not known is neither counted nor left out: if it could change the answer, a person decides.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from benefits.assessment import Assessment, Finding, Money, OneRight, Rule
from benefits.carers import HOME, STATE_CARE, home, in_state_care
from benefits.codes import Relation
from benefits.facts import Child, Facts
from benefits.takes import Takes
from benefits.terms import ONE_DAY, birthday, day_before


def family(assessment: Assessment) -> Sequence[str]:
    """The basis of the family's one right: the IIN of the mother in it, without a mother that of the applicant."""
    facts = assessment.facts
    homes = _homes(facts)
    mothers = [one.mother_iin for one in facts.children if one.mother_iin in homes and home(assessment, one) in homes]
    return (min((iin for iin in mothers if iin), default=facts.applicant.iin),)


def decide(assessment: Assessment, basis: str) -> Finding:
    """Rate in MRP by the number of children; from the eighth on a rate for each child."""
    ends, doubts = _counted(assessment)
    number = len(ends)
    least = assessment.whole("least_children")
    assessment.figure("children_counted", number, "children")
    if number < least:
        asked = doubts and number + len(doubts) >= least
        return assessment.ask(doubts[0], basis) if asked else assessment.no("too_few_children", basis)
    ends.sort(reverse=True)
    money = Money(assessment.times(_rate(assessment, number), "mrp"))
    finding = assessment.yes(basis, money, until=day_before(ends[least - 1]), start=assessment.paid_from(assessment.on))
    if doubts:
        # What the certain ones give is granted; whether another adds to it, a person finds out.
        finding.condition = doubts[0]
    return finding


def _rate(assessment: Assessment, number: int) -> Decimal:
    if number < assessment.whole("each_child_from"):
        return assessment.bracket("rate", number)
    each = assessment.number("rate_for_each_child")
    if assessment.trace is not None:
        assessment.figure("rate_for_all", each * number, "MRP", how=f"{each:f} × {number}")
    return each * number


def _counted(assessment: Assessment) -> tuple[list[date], list[str]]:
    """For each counted child the day on which it stops counting; and for each that might count the question."""
    on, homes = assessment.on, _homes(assessment.facts)
    adult_age, student_age = assessment.whole("adult_age"), assessment.whole("student_age")
    ends: list[date] = []
    doubts: list[str] = []
    for child in assessment.facts.children:
        if child.died_on is not None and child.died_on <= on:
            continue
        if not child.born_alive or (child.relation is Relation.STEP and child.counted_elsewhere):
            continue
        end = _end(child, adult_age, student_age)
        if end <= on:
            continue
        lives_with = home(assessment, child)
        if in_state_care(assessment, child):
            doubts.append("is_it_due_in_state_care")
        elif lives_with is None:
            doubts.append("where_does_the_child_live")
        elif _in_another_region(assessment.facts, lives_with):
            doubts.append("is_it_one_home")
        elif lives_with in homes and child.relation is Relation.STEP and child.counted_elsewhere is None:
            doubts.append("is_the_stepchild_counted_elsewhere")
        elif lives_with in homes:
            ends.append(end)
    return ends, doubts


def _end(child: Child, adult_age: int, student_age: int) -> date:
    """The day on which the child stops counting: grown up, after its full-time study, or too old a student."""
    grown_up = birthday(child.birth_date, adult_age)
    study = child.full_time_student_until
    if study is None or study < grown_up:
        return grown_up
    return min(study + ONE_DAY, birthday(child.birth_date, student_age))


def _homes(facts: Facts) -> set[str]:
    """The adults of the household who are alive: a child that lives with one of them lives in this family."""
    return {adult.iin for adult in facts.adults if adult.died_on is None}


def _in_another_region(facts: Facts, iin: str) -> bool:
    """Whether this adult is known to live in another region than the applicant: divorced parents keep two homes."""
    if iin == facts.applicant.iin:
        return False
    own, adult = facts.applicant.region, facts.adult(iin)
    return bool(own and adult and adult.region and adult.region != own)


RULE = Rule(
    code="multi-child",
    subjects=family,
    decide=decide,
    nothing="too_few_children",
    one_right=OneRight.PER_FAMILY,
    reads=frozenset({"adults", "children"}),
    takes=Takes(
        (
            "adult_age:years each_child_from:children least_children:children mrp:tenge paid_from:choice "
            "rate_for_each_child:MRP rounding:choice student_age:years"
        ),
        brackets="rate:MRP",
        used={"rate": ("least_children", "each_child_from")},
        says="children_counted is_it_one_home is_the_stepchild_counted_elsewhere rate_for_all too_few_children",
    )
    | HOME
    | STATE_CARE,
)
