"""Notice of a pension: the right to one at the pension age, near or just reached, or a change of one that is paid.

The general pension age only. Who may retire earlier (mothers of many children, some professions, regions of
radiation) is not known to this law, and nobody is told that there is no right.
"""

from collections.abc import Sequence

from benefits.assessment import Assessment
from benefits.facts import Pension
from benefits.notices.notice import Due, NoticeRule, Value
from benefits.pension_age import PENSION_AGE, pension_day
from benefits.takes import Takes
from benefits.terms import age

NEAR, REACHED, CHANGED = "pension_age_near", "pension_age_reached", "pension_changed"


def due(assessment: Assessment) -> Sequence[Due]:
    """A change of the pension that the applicant has; without a pension, the age."""
    facts, on = assessment.facts, assessment.on
    paid = [one for one in facts.pensions if one.iin == facts.applicant.iin and (one.until is None or one.until >= on)]
    return _change(assessment, paid) if paid else _age(assessment)


def _change(assessment: Assessment, paid: Sequence[Pension]) -> Sequence[Due]:
    *_, before, last = [None, *sorted(paid, key=lambda one: (one.decided_on, one.from_date, one.number))]
    if last is None or before is None or before.amount == last.amount:
        return ()
    if (assessment.on - last.decided_on).days >= assessment.whole("told_within_days"):
        return ()
    values: dict[str, Value] = {"day": last.from_date, "amount": last.amount, "amount_before": before.amount}
    return (Due(CHANGED, last.number, values),)


def _age(assessment: Assessment) -> Sequence[Due]:
    """The day is told ahead, and for some time after; both are one notice, so the basis is the same."""
    reached = pension_day(assessment)
    days = (reached - assessment.on).days
    values: dict[str, Value] = {"day": reached, "age": age(assessment.facts.applicant.birth_date, reached)}
    ahead, told_within = assessment.whole("ahead_days"), assessment.whole("told_within_days")
    if not -told_within < days <= ahead:
        return ()
    return (Due(NEAR if days > 0 else REACHED, "pension_age", values),)


NOTICE = NoticeRule(
    code="pension",
    due=due,
    kinds=(NEAR, REACHED, CHANGED),
    reads=frozenset({"pensions"}),
    takes=Takes(
        "ahead_days:days told_within_days:days",
        says="pension_age_near pension_age_reached pension_changed",
    )
    | PENSION_AGE,
)
