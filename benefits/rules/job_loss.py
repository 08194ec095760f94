"""Social payment for loss of the job, from the Fund, for one to six months.

One right for each registration as unemployed. Months that were paid before are taken off the participation, a year
for each, both for the number of months and for the coefficient.
"""

from collections.abc import Sequence
from datetime import date

from benefits.assessment import Assessment, Finding, Rule
from benefits.decision import ZERO
from benefits.facts import Insurance, Unemployment
from benefits.pension_age import PENSION_AGE, pension_day
from benefits.social_insurance import (
    CONTRIBUTION,
    EARNINGS,
    PARTICIPATION,
    earnings,
    less_pension_contribution,
    participation,
)
from benefits.takes import Takes
from benefits.terms import add_months, day_before, month_of, next_month


def registrations(assessment: Assessment) -> Sequence[Unemployment]:
    """The applicant's registrations at the employment service, the newest first."""
    facts = assessment.facts
    own = [one for one in facts.unemployments if one.iin == facts.applicant.iin]
    return sorted(own, key=lambda one: -one.registered_on.toordinal())


def decide(assessment: Assessment, registration: Unemployment) -> Finding:
    """average income x 0.45 x participation, for the months that the participation gives."""
    basis, on = registration.number, assessment.on
    ended = registration.deregistered_on
    if ended is not None and on >= next_month(ended):
        return assessment.no("not_registered_any_more", basis)
    pension = pension_day(assessment)
    if on >= pension or registration.registered_on >= pension:
        return assessment.no("pension_age_reached", basis)
    insurance = assessment.facts.insurance(registration.iin)
    if insurance is None or insurance.contribution_months == 0:
        return assessment.no("not_insured", basis)
    months = _participation_left(assessment, insurance)
    if months is None:
        return assessment.ask("contribution_months_unknown", basis)
    if months < assessment.whole("least_contribution_months"):
        return assessment.no("too_few_contribution_months", basis)
    start = assessment.paid_from(registration.registered_on)
    paid = int(assessment.bracket("months_paid", months))
    assessment.figure("months_of_payment", paid, "months")
    until = _until(start, paid, pension, ended)
    if on > until:
        return assessment.no("months_over", basis)
    return _amount(assessment, registration, insurance, months, start, until)


def _amount(
    assessment: Assessment, registration: Unemployment, insurance: Insurance, months: int, start: date, until: date
) -> Finding:
    basis = registration.number
    earned = earnings(assessment, insurance, registration.registered_on)
    if earned is None:
        return assessment.ask("income_months_missing", basis)
    if earned.total == 0:
        return assessment.no("no_income", basis)
    replacement, coefficient = assessment.number("replacement"), participation(assessment, months)
    exact = earned.replaced(ZERO, replacement * coefficient)
    if assessment.trace is not None:
        how = f"{earned.total / earned.months:f} × {replacement:f} × {coefficient:f}"
        assessment.figure("exact", exact, how=how)
    money = less_pension_contribution(assessment, assessment.rounded(exact))
    return assessment.yes(basis, money, until=until, start=start)


def _participation_left(assessment: Assessment, insurance: Insurance) -> int | None:
    """Months of contributions less a year for each month of this payment received before."""
    if insurance.contribution_months is None:
        return None
    if not insurance.job_loss_months_paid:
        return insurance.contribution_months
    off = assessment.whole("months_taken_off")
    exact = insurance.contribution_months - off * insurance.job_loss_months_paid
    left = max(0, exact)
    if assessment.trace is not None:
        how = f"{insurance.contribution_months} - {off} × {insurance.job_loss_months_paid}" if left == exact else None
        assessment.figure("participation_left", left, "months", how=how)
    return left


def _until(start: date, paid: int, pension: date, ended: date | None) -> date:
    """The last day of the last paid month, or of that in which the person was registered last; the pension age ends it
    on the day (Law 286-VI, art. 28 p. 4; unverified for the Code)."""
    until = min(day_before(add_months(month_of(start), paid)), day_before(pension))
    return until if ended is None else min(until, day_before(next_month(ended)))


RULE = Rule(
    code="job-loss",
    subjects=registrations,
    decide=decide,
    nothing="not_registered",
    reads=frozenset({"unemployments", "insurances"}),
    takes=Takes(
        ("least_contribution_months:months months_taken_off:months paid_from:choice replacement:ratio rounding:choice"),
        brackets="months_paid:months",
        says=(
            "contribution_months_unknown exact income_months_missing months_of_payment months_over no_income "
            "not_insured not_registered not_registered_any_more participation_left pension_age_reached "
            "too_few_contribution_months"
        ),
    )
    | PENSION_AGE
    | EARNINGS
    | PARTICIPATION
    | CONTRIBUTION,
)
