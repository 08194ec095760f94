"""Social payment for loss of the job, from the Fund, for one to six months.

One right for each registration as unemployed. It is owed for its months also when it is claimed after the last of
them, within the term for the claim; an end of the registration or the pension age ends only what comes after. Months
that were paid before are taken off the participation, a year for each, both for the number of months and for the
coefficient: by the Fund's count and by the list of payments, of which neither may say less than the other knows.
"""

from collections.abc import Sequence
from datetime import date
from itertools import count

from benefits.assessment import Assessment, Finding, Rule
from benefits.decision import ZERO, Right
from benefits.facts import Insurance, Payment, Unemployment
from benefits.pension_age import ENDS_AT_IT, last_day_before, pension_day
from benefits.social_insurance import (
    CONTRIBUTION,
    EARNINGS,
    INDEXED,
    PARTICIPATION,
    earnings,
    indexed,
    less_pension_contribution,
    participation,
)
from benefits.takes import Takes
from benefits.terms import add_months, day_before, end_of_month, month_of


def registrations(assessment: Assessment) -> Sequence[Unemployment]:
    """The applicant's registrations at the employment service, the newest first."""
    facts = assessment.facts
    own = [one for one in facts.unemployments if one.iin == facts.applicant.iin]
    return sorted(own, key=lambda one: -one.registered_on.toordinal())


def decide(assessment: Assessment, registration: Unemployment) -> Finding:
    """average income x 0.45 x participation, for the months that the participation gives."""
    basis, arose = registration.number, registration.registered_on
    if assessment.claimed_too_late(arose):
        return assessment.no("claimed_too_late", basis)
    pension = pension_day(assessment)
    if arose >= pension:
        return assessment.no("pension_age_reached", basis)
    insurance = assessment.facts.insurance(registration.iin)
    if insurance is None or insurance.contribution_months == 0:
        return assessment.no("not_insured", basis)
    if insurance.contribution_months is None:
        return assessment.ask("contribution_months_unknown", basis)
    listed, noted = _paid_before(assessment, registration), insurance.job_loss_months_paid
    if listed is None:
        return assessment.ask("which_months_were_paid", basis)
    if noted is None and not listed:
        return assessment.ask("months_paid_unknown", basis)
    if noted is not None and noted < listed:
        return assessment.ask("months_paid_contradict", basis)
    months = _participation_left(assessment, insurance.contribution_months, noted or listed)
    if months < assessment.whole("least_contribution_months"):
        return assessment.no("too_few_contribution_months", basis)
    start = assessment.paid_from(arose)
    paid = int(assessment.bracket("months_paid", months))
    assessment.figure("months_of_payment", paid, "months")
    # Where a month counts whole, that of the registration is the first; by days, a month ends before the same day.
    first = month_of(start) if assessment.word("partial_months") == "whole" else start
    last = min(day_before(add_months(first, paid)), last_day_before(assessment, pension))
    # The month in which the person was registered last is paid.
    until = last if registration.deregistered_on is None else min(last, end_of_month(registration.deregistered_on))
    if until < start:
        return assessment.no("months_over", basis)
    finding = _amount(assessment, registration, insurance, months, start, until)
    if finding.right is Right.YES and (other := _other_registration(assessment, registration, noted or listed)):
        # Each month that is paid for one takes a year off the participation of the other.
        return Finding(Right.PERSON_DECIDES, other, basis, start=start, until=until)
    return finding


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
    money = less_pension_contribution(assessment, indexed(assessment, assessment.rounded(exact)))
    return assessment.yes(basis, money, until=until, start=start)


def _participation_left(assessment: Assessment, contributed: int, paid: int) -> int:
    """Months of contributions less a year for each month of this payment received before."""
    if not paid:
        return contributed
    off = assessment.whole("months_taken_off")
    exact = contributed - off * paid
    left = max(0, exact)
    if assessment.trace is not None:
        how = f"{contributed} - {off} × {paid}" if left == exact else None
        assessment.figure("participation_left", left, "months", how=how)
    return left


def _paid_before(assessment: Assessment, registration: Unemployment) -> int | None:
    """The months that the list of payments says were paid for earlier registrations; None where it names no end."""
    months = 0
    for payment in _listed(assessment, registration.iin):
        if payment.basis != registration.number and payment.from_date < registration.registered_on:
            if payment.until is None:
                return None
            months += next(n for n in count(1) if add_months(payment.from_date, n) > payment.until)
    return months


def _listed(assessment: Assessment, iin: str) -> list[Payment]:
    """What the list of payments holds of this person's: by the payee, and where it names none by the registration."""
    facts = assessment.facts
    own = {one.number for one in facts.unemployments if one.iin == iin}
    paid = [one for one in facts.payments if one.service == RULE.code]
    return [one for one in paid if (one.basis in own if one.iin is None else one.iin == iin)]


def _other_registration(assessment: Assessment, registration: Unemployment, months_paid: int) -> str | None:
    """The question about another registration on which this one hangs: a later one, or an earlier one whose months may
    still be claimed and are not known to have been paid.
    """
    arose, others = registration.registered_on, registrations(assessment)
    if any(one.registered_on > arose for one in others):
        return "newer_registration"
    if months_paid:
        return None
    earlier = [one.registered_on for one in others if one.registered_on < arose]
    return None if all(map(assessment.claimed_too_late, earlier)) else "earlier_registration"


RULE = Rule(
    code="job-loss",
    subjects=registrations,
    decide=decide,
    nothing="not_registered",
    arose=lambda registration: registration.registered_on,
    reads=frozenset({"unemployments", "insurances"}),
    takes=Takes(
        (
            "claim_months:months least_contribution_months:months months_taken_off:months paid_from:choice "
            "replacement:ratio rounding:choice"
        ),
        brackets="months_paid:months",
        used={"months_paid": ("least_contribution_months", None)},
        says=(
            "claimed_too_late contribution_months_unknown earlier_registration exact income_months_missing "
            "months_of_payment months_over months_paid_contradict months_paid_unknown newer_registration "
            "no_income not_insured not_registered participation_left pension_age_reached "
            "too_few_contribution_months"
        ),
    )
    | ENDS_AT_IT
    | EARNINGS
    | PARTICIPATION
    | INDEXED
    | CONTRIBUTION,
)
