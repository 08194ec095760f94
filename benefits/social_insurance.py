"""What the payments of the State Social Insurance Fund are reckoned from: average income, participation, indexation.

Shared by the Fund's services. Every figure stays exact until one division at the end, so that rounding up never adds a
tenge that repeating decimals invented. A month of income that is not known is never taken for a month without income.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from benefits.assessment import WHOLE, Assessment, Money
from benefits.facts import Income, Insurance
from benefits.terms import add_months, month_of

TIYN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Earnings:
    """The capped income of the months that count, and by how many months it is divided. Tenge."""

    total: Decimal
    months: int

    def replaced(self, deducted: Decimal, rate: Decimal) -> Decimal:
        """(average - deducted) x rate, divided once; may be negative."""
        return (self.total - deducted * self.months) * rate / self.months


def earnings(assessment: Assessment, insurance: Insurance, arose: date) -> Earnings | None:
    """The income of the months before the month in which the right arose; None when a month or its cap is not known."""
    months = assessment.whole("income_months")
    cap = assessment.number("income_cap")
    first_of_right = month_of(arose)
    total = Decimal(0)
    for back in range(1, months + 1):
        month = add_months(first_of_right, -back)
        amount = _income_of(insurance.incomes, month)
        wage = assessment.number_on("mzp", month)
        if amount is None or wage is None:
            return None
        total += min(amount, cap * wage)
    if assessment.trace is not None:
        assessment.figure("income_total", total)
        assessment.figure("average_income", total / months, how=f"{total:f} ÷ {months}")
    return Earnings(total, months)


def participation(assessment: Assessment, months: int) -> Decimal:
    """The coefficient for so many whole months of contributions."""
    assessment.figure("contribution_months", months, "months")
    coefficient = assessment.bracket("participation", months)
    above = assessment.whole("participation_step_above")
    steps = (months - above) // 12
    if steps < 1:
        return coefficient
    step, most = assessment.number("participation_step"), assessment.number("participation_most")
    raised = min(coefficient + step * steps, most)
    if assessment.trace is not None:
        assessment.figure("participation_used", raised, "ratio", how=f"{coefficient:f} + {step:f} × {steps}")
    return raised


def indexed(assessment: Assessment, amount: Decimal) -> Decimal:
    """The amount as raised on each 1 January after the day of application, up to the day asked about. Whole tenge."""
    for year in range(assessment.applied_on.year + 1, assessment.on.year + 1):
        factor = assessment.number_on("fund_indexation", date(year, 1, 1))
        if factor is not None:
            exact = amount * factor
            if assessment.trace is not None:
                assessment.figure("indexed", exact, how=f"{amount:f} × {factor:f}")
            amount = exact.quantize(WHOLE, ROUND_CEILING)
    return amount


def less_pension_contribution(assessment: Assessment, gross: Decimal, code: str = "") -> Money:
    """What the Fund pays after the pension contribution, reckoned to the tiyn in the person's favour."""
    share = assessment.number("pension_contribution")
    withheld = (gross * share).quantize(TIYN, ROUND_FLOOR)
    if assessment.trace is not None:
        assessment.figure("withheld", withheld, how=f"{gross:f} × {share:f}")
    return Money(gross, "fund", withheld, code)


def _income_of(incomes: tuple[Income, ...], month: date) -> Decimal | None:
    for income in incomes:
        if income.from_month <= month <= income.until_month:
            return income.amount
    return None
