"""What the payments of the State Social Insurance Fund are reckoned from: average income, participation, indexation.

Shared by the Fund's services. Every figure stays exact until one division at the end, so that rounding up never adds a
tenge that repeating decimals invented. A month of income that is not known is never taken for a month without income.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from benefits.assessment import WHOLE, Assessment, Money
from benefits.facts import Insurance
from benefits.takes import Takes
from benefits.terms import month_number

TIYN = Decimal("0.01")

EARNINGS = Takes("income_months:months income_cap:MZP mzp:tenge", says="average_income income_total")
PARTICIPATION = Takes(
    "participation_step_above:months participation_step:ratio participation_most:ratio",
    brackets="participation:ratio",
    says="contribution_months participation_used",
)
INDEXED = Takes("fund_indexation:ratio")
CONTRIBUTION = Takes("pension_contribution:ratio", says="withheld")
"""What `earnings`, `participation`, `indexed` and `less_pension_contribution` take of the law."""


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
    last = month_number(arose) - 1
    first = last - months + 1
    wages = assessment.legislation.spans("mzp")
    total, covered = Decimal(0), 0
    for income in insurance.incomes:
        begins, ends = max(first, month_number(income.from_month)), min(last, month_number(income.until_month))
        for wage in wages:
            number = min(ends, wage.last) - max(begins, wage.first) + 1
            if number > 0:
                assessment.used_once(wage.entry)
                total += min(income.amount, cap * wage.entry.value) * number
                covered += number
    if covered < months:
        return None
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
    raised = coefficient + step * steps
    used = min(raised, most)
    if assessment.trace is not None:
        how = f"{coefficient:f} + {step:f} × {steps}" if used == raised else None
        assessment.figure("participation_used", used, "ratio", how=how)
    return used


def indexed(assessment: Assessment, amount: Decimal) -> Decimal:
    """The amount as raised on each 1 January after the day of application, up to the day asked about. Whole tenge."""
    for year in range(assessment.applied_on.year + 1, assessment.on.year + 1):
        factor = assessment.number_on("fund_indexation", date(year, 1, 1))
        if factor is not None:
            amount = (amount * factor).quantize(WHOLE, ROUND_CEILING)
    return amount


def less_pension_contribution(assessment: Assessment, gross: Decimal, code: str = "") -> Money:
    """What the Fund pays after the pension contribution, reckoned to the tiyn in the person's favour."""
    share = assessment.number("pension_contribution")
    withheld = (gross * share).quantize(TIYN, ROUND_FLOOR)
    if assessment.trace is not None:
        assessment.figure("withheld", withheld, how=f"{gross:f} × {share:f}")
    return Money(gross, "fund", withheld, code)
