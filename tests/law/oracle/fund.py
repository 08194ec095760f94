"""What the State Social Insurance Fund pays: loss of capacity, of job, of breadwinner (with the part of the budget)."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from benefits.facts.records import CapacityLoss, Facts, Insurance, Unemployment
from tests.law.oracle.answer import ANY, NO, PERSON, YES, Amounts, Answer, either, near
from tests.law.oracle.calendar import DAY, Days, month_end, month_of
from tests.law.oracle.figures import (
    CODE_BEGINS,
    CONSTANTS_END,
    INDEXED,
    JOB_LEAST_MONTHS,
    JOB_MONTHS,
    JOB_PAID_MONTH_COSTS,
    JOB_SHARE,
    JOB_WINDOW_MONTHS,
    LEAST_DEGREE,
    LOSS_MZP,
    LOSS_SHARE,
    MZP,
    PENSION_CONTRIBUTION,
    coefficient,
)
from tests.law.oracle.known import average_income, barred, unchecked
from tests.law.oracle.law_of_months import months_of

COUNTED_CLOSELY = timedelta(days=31)
ASSIGNED_LATE_FROM = 12
"""A claim of December may be assigned in January."""


def job_loss(facts: Facts, on: date, days: Days) -> list[Answer]:
    return [_job(facts, one, on, days) for one in facts.unemployments if one.iin == facts.applicant.iin]


def _job(facts: Facts, registered: Unemployment, on: date, days: Days) -> Answer:
    who, first = facts.applicant, registered.registered_on
    answer = Answer("job-loss", registered.number, frozenset({NO}), withheld=PENSION_CONTRIBUTION)
    pension = days.pension(who.birth_date, who.sex)
    if first > pension:
        return answer
    if first == pension:
        return answer.allowing(ANY, "pension-day")
    window = days.after(first, JOB_WINDOW_MONTHS)
    if on > window:
        return answer
    insurance = facts.insurance(who.iin)
    if insurance is None:
        return answer
    months = insurance.contribution_months
    if months is None:
        return barred(facts, replace(answer, rights=frozenset({PERSON})), on, arrears_from=first)
    left = months - (insurance.job_loss_months_paid or 0) * JOB_PAID_MONTH_COSTS
    near_by = insurance.counted_on <= first and first - insurance.counted_on <= COUNTED_CLOSELY
    if not near_by:
        return barred(facts, answer.allowing(ANY, "counted-elsewhen"), on, arrears_from=first)
    if left < JOB_LEAST_MONTHS:
        return answer
    number = next(paid for least, paid in JOB_MONTHS if left >= least)
    lasts = {days.after(first, number) - DAY, days.after(month_of(first), number) - DAY}
    if registered.deregistered_on is not None:
        lasts = {min(last, month_end(registered.deregistered_on)) for last in lasts}
    if pension <= max(lasts):
        lasts = {min(last, day) for last in lasts for day in (pension - DAY, pension)}
    average = average_income(insurance, first)
    answer = replace(
        answer,
        rights=frozenset({YES}),
        first=frozenset({first}),
        last=frozenset(lasts),
        silent=frozenset({"job-months"}),
    )
    if average is None:
        answer = replace(answer, rights=frozenset({PERSON}), first=frozenset(), last=frozenset())
    else:
        kinds = {coefficient(months), coefficient(left)}
        base = either(*(near(average * JOB_SHARE * kind) for kind in kinds))
        if len(kinds) > 1:
            answer = replace(answer, silent=answer.silent | {"earlier-job-loss"})
        answer = _fund_months(answer, base, on, first, min(lasts), other="indexed-which")
        if average == 0:
            answer = unchecked(answer.allowing(ANY, "nothing-left"))
    answer = _in_time(answer, on, first)
    if on > CONSTANTS_END >= first:
        answer = answer.allowing(PERSON, "after-2026")
    if on == window:
        answer = answer.allowing(ANY, "claim-term")
    return barred(facts, answer, on, arrears_from=first)


def _in_time(answer: Answer, on: date, arose: date) -> Answer:
    """No certain amount for a right from before the Code, none at all for one from after the constants."""
    if on < CODE_BEGINS:
        return replace(unchecked(answer), rights=frozenset({PERSON}))
    if arose < CODE_BEGINS:
        return unchecked(answer.allowing(PERSON, "old-right"))
    if arose > CONSTANTS_END:
        answer = replace(unchecked(answer), rights=answer.rights & {NO} | {PERSON})
        return answer.allowing(YES, "after-2026") if answer.service == "job-loss" else answer
    return answer


def indexed(base: Amounts, on: date, month: date) -> Amounts:
    """What was assigned before a 1 January is indexed on it; a claim of December may be assigned after it."""
    sure, late = base, base
    for since, factor in INDEXED.items():
        if on < since <= month:
            sure = _times(sure, factor)
            late = late if (on.year, on.month) == (since.year - 1, ASSIGNED_LATE_FROM) else _times(late, factor)
    return either(sure, late)


def _times(amounts: Amounts, factor: Fraction) -> Amounts:
    if amounts is None:
        return None
    return either(
        *(near((one.least + one.most) / 2 * factor, (one.most - one.least) / 2 * factor + 1) for one in amounts)
    )


def _fund_months(answer: Answer, base: Amounts, on: date, first: date, last: date | None, *, other: str = "") -> Answer:
    """With `other` the months of a right whose claim window (L) says that those before the claim are owed too."""

    def amount_on(day: date) -> Amounts:
        return either(base, indexed(base, on, day)) if other else indexed(base, on, day)

    silent = (
        answer.silent | ({other} if other else set()) | ({"indexed-when"} if on.month == ASSIGNED_LATE_FROM else set())
    )
    months = months_of(on, first, last, amount_on, first if other else None)
    return replace(answer, gross=base, parts={"fund": base}, months=months, silent=frozenset(silent))


def capacity_loss(facts: Facts, on: date, days: Days) -> list[Answer]:
    return [_capacity(facts, one, on, days) for one in facts.capacity_losses if one.iin == facts.applicant.iin]


def _capacity(facts: Facts, board: CapacityLoss, on: date, days: Days) -> Answer:
    who, first = facts.applicant, board.from_date
    answer = Answer("capacity-loss", board.number, frozenset({NO}), withheld=PENSION_CONTRIBUTION)
    pension = days.pension(who.birth_date, who.sex)
    if Fraction(board.degree) < LEAST_DEGREE or on < first or first > pension:
        return answer
    insurance = facts.insurance(who.iin)
    if insurance is None:
        return answer
    last = {board.until}
    if board.until is None or board.until >= pension:
        last = {pension, pension - DAY}
    over = min(day for day in last if day is not None) if None not in last else date.max
    if on > over or first == pension:
        return answer.allowing(ANY, "claim-term", "pension-day")
    answer = replace(answer, rights=frozenset({YES}), last=frozenset(last))
    amount = insured_loss(insurance, first, Fraction(board.degree))
    if amount is None:
        answer = replace(answer, rights=frozenset({PERSON}), last=frozenset())
    elif amount <= 0:
        answer = unchecked(answer.allowing(ANY, "nothing-left"))
    else:
        base = near(amount)
        if month_of(board.decided_on) != month_of(first):
            other = insured_loss(insurance, board.decided_on, Fraction(board.degree))
            base = None if other is None else either(base, near(other))
        answer = _fund_months(answer, base, on, first, None if over == date.max else over)
        answer = replace(answer, first=frozenset({first, on}), forecast_after=CONSTANTS_END)
    if not insurance.contribution_months and insurance.contribution_months is not None:
        answer = unchecked(answer.allowing(ANY, "insured"))
    if not counted(insurance, first):
        answer = unchecked(answer.allowing(PERSON, "counted-elsewhen"))
    answer = _in_time(answer, on, first)
    if on > CONSTANTS_END >= first:
        answer = answer.allowing(PERSON, "after-2026")
    return barred(facts, answer, on, arrears_from=first)


def counted(insurance: Insurance, arose: date) -> bool:
    return insurance.counted_on <= arose and arose - insurance.counted_on <= COUNTED_CLOSELY


def insured_loss(insurance: Insurance, arose: date, share: Fraction) -> Fraction | None:
    """(SMD - 0.5 MZP) x 0.6 x share x KSU; None if something of it is not known."""
    average = average_income(insurance, arose)
    if average is None or insurance.contribution_months is None or arose.year not in MZP:
        return None
    return (average - LOSS_MZP * MZP[arose.year]) * LOSS_SHARE * share * coefficient(insurance.contribution_months)
