"""What the payments of the State Social Insurance Fund are reckoned from: average income, participation, indexation.

Shared by the Fund's services. Every figure stays exact until one division at the end, so that rounding up never adds a
tenge that repeating decimals invented. A month of income that is not known is never taken for a month without income.
"""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import product

from benefits.assessment import WHOLE, Assessment, Money
from benefits.facts import Insurance
from benefits.takes import Takes
from benefits.terms import month_number

TIYN = Decimal("0.01")

EARNINGS = Takes(
    "income_months:months income_cap:MZP mzp:tenge",
    says="average_income income_total",
    divides=frozenset({"income_months"}),
)
PARTICIPATION = Takes(
    (
        "participation_step_above:months participation_step_months:months participation_step:ratio "
        "participation_most:ratio"
    ),
    brackets="participation:ratio",
    says="contribution_months participation_used",
    divides=frozenset({"participation_step_months"}),
)
INDEXED = Takes("fund_indexation:ratio indexed:choice")
CONTRIBUTION = Takes("pension_contribution:ratio", says="withheld")
"""What `earnings`, `participation`, `indexed` and `less_pension_contribution` take of the law."""


@dataclass(frozen=True, slots=True)
class Earnings:
    """The capped income of the months that count, and by how many months it is divided. Tenge. If it is not `complete`,
    a month or its cap is not known, and the whole is no less than this.
    """

    total: Decimal
    months: int
    complete: bool = True

    def replaced(self, deducted: Decimal, rate: Decimal) -> Decimal:
        """(average - deducted) x rate, divided once; may be negative."""
        return (self.total - deducted * self.months) * rate / self.months


def earnings(assessment: Assessment, insurance: Insurance, arose: date) -> Earnings | None:
    """As `known_earnings`; None when a month or its cap is not known."""
    earned = known_earnings(assessment, insurance, arose)
    return earned if earned.complete else None


def known_earnings(assessment: Assessment, insurance: Insurance, arose: date) -> Earnings:
    """The income of the months before the month in which the right arose, as far as it is known.

    Both the cap and the wage in which it is counted are those of the month that was earned: a cap that is raised later
    makes nobody's past income more.
    """
    months = assessment.whole("income_months")
    last = month_number(arose) - 1
    first = last - months + 1
    wages, caps = assessment.spans("mzp"), assessment.spans("income_cap")
    total, covered = Decimal(0), 0
    for income in insurance.incomes:
        begins, ends = max(first, month_number(income.from_month)), min(last, month_number(income.until_month))
        for wage, cap in product(wages, caps):
            if wage.last < begins or ends < wage.first:
                continue
            since = max(wage.first, cap.first) if cap is not caps[0] else wage.first  # before it nothing is known
            number = min(ends, wage.last, cap.last) - max(begins, since) + 1
            if number > 0:
                assessment.used_once(cap.entry)
                assessment.used_once(wage.entry)
                total += min(income.amount, cap.entry.value * wage.entry.value) * number
                covered += number
    if assessment.trace is not None and covered >= months:
        assessment.figure("income_total", total)
        assessment.figure("average_income", total / months, how=f"{total:f} ÷ {months}")
    return Earnings(total, months, covered >= months)


def participation(assessment: Assessment, months: int) -> Decimal:
    """The coefficient for so many whole months of contributions."""
    assessment.figure("contribution_months", months, "months")
    coefficient = assessment.bracket("participation", months)
    above = assessment.whole("participation_step_above")
    steps = (months - above) // assessment.whole("participation_step_months")
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
    """The amount as raised on each 1 January after the day of application, up to the day asked about, if this payment
    is one of those that are. Whole tenge.
    """
    follows = assessment.word("indexed") == "yes"
    for year in range(assessment.applied_on.year + 1, assessment.on.year + 1) if follows else ():
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
