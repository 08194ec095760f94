"""Targeted social assistance: what a household lacks to the poverty line, and an addition for young children.

Assigned for the current quarter and asked again each quarter. The line of a region is a parameter by quarter that the
ministry supplies; where it is missing, a person decides. With members able to work it hangs on a social contract. Some
incomes do not count; spending and credits count against a family, in a way that no text found tells: a person decides.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from benefits.assessment import Assessment, Finding, Money, OneRight, Rule
from benefits.codes import Region
from benefits.facts import Household
from benefits.legislation import Legislation
from benefits.regions import CODES as REGIONS
from benefits.regions import quarter_name
from benefits.takes import Takes
from benefits.terms import add_months, age, day_before, next_quarter, quarter_before, quarter_of

_MONTHS_OF_QUARTER = 3
_NOTHING = frozenset({"none"})


def household(assessment: Assessment) -> Sequence[Household | None]:
    """The applicant's household; None where nobody has said anything of it, which is no answer about its income."""
    known = assessment.facts.household
    if known is not None and assessment.facts.applicant.iin not in known.members:
        return ()
    return (known,)


def decide(assessment: Assessment, household: Household | None) -> Finding:
    """(line - average income per head) x members + 1.5 MRP for each young child, to the end of the quarter."""
    on = assessment.on
    if household is None:
        return assessment.ask("income_of_the_quarter_unknown", assessment.facts.applicant.iin)
    quarter = quarter_of(on)
    basis = f"{min(household.members)}/{quarter_name(quarter)}"
    breach = household.contract_breached_on
    if breach is not None and on < add_months(breach, assessment.whole("months_barred")):
        return assessment.no("contract_breached", basis)
    income = _income(assessment, household)
    if income is None or household.quarter != quarter_before(on):
        return assessment.ask("income_of_the_quarter_unknown", basis)
    region = assessment.facts.applicant.region
    if region is None or region not in REGIONS:
        return assessment.ask("region_unknown", basis)
    line = _line(assessment, region)
    if line is None:
        return assessment.ask("poverty_line_unknown", basis)
    members = _living(assessment, household)
    assessment.figure("members", members, "people")
    per_head = income / _MONTHS_OF_QUARTER / members
    if assessment.trace is not None:
        how = f"{income:f} ÷ {_MONTHS_OF_QUARTER} ÷ {members}"
        assessment.figure("income_per_head", per_head, how=how)
    lacking = line * members * _MONTHS_OF_QUARTER - income
    in_doubt = _may_hold_more_than_counts(assessment, household, members, income)
    if lacking <= 0 and in_doubt:
        return assessment.ask(in_doubt, basis)
    if lacking < 0:
        return assessment.no("income_above_the_line", basis)
    if lacking == 0:
        return assessment.ask("income_equals_the_line", basis)
    if _counts_against(assessment, household):
        return assessment.ask("spending_or_credits", basis)
    if household.contract_signed_on is None and household.able_bodied != 0:
        return assessment.ask("able_bodied_unknown" if household.able_bodied is None else "social_contract", basis)
    money = Money(_amount(assessment, household, members, line, income))
    end = day_before(next_quarter(on))
    finding = assessment.yes(basis, money, until=end, start=assessment.paid_from(quarter))
    # What is left out can only add to the amount: so much is certain.
    finding.condition = in_doubt
    return finding


def _living(assessment: Assessment, household: Household) -> int:
    """The number of members who live: the list is as the local body made it, and a death comes in between."""
    facts, on = assessment.facts, assessment.on
    deaths = [(one.iin, one.died_on) for one in facts.adults] + [(one.iin, one.died_on) for one in facts.children]
    dead = [iin for iin, died_on in deaths if died_on is not None and died_on <= on]
    return sum(iin not in dead for iin in household.members)


def _income(assessment: Assessment, household: Household) -> Decimal | None:
    """What counts of the household's income in the quarter; the whole where its kinds are not known."""
    if not household.incomes:
        return household.income
    left_out = assessment.codes("incomes_left_out")
    counted = [one.amount for one in household.incomes if one.kind not in left_out]
    income = sum(counted, Decimal(0))
    if assessment.trace is not None:
        how = " + ".join(f"{amount:f}" for amount in counted) or "0"
        assessment.figure("income_that_counts", income, how=how)
    return income


def _may_hold_more_than_counts(
    assessment: Assessment, household: Household, members: int, income: Decimal
) -> str | None:
    """The question about an income that may hold some which does not count: that of the dead, or of an unknown kind."""
    if income == 0:
        return None
    if members < len(household.members):
        return "income_of_the_dead"
    unknown = not household.incomes and assessment.codes("incomes_left_out") != _NOTHING
    return "kinds_of_income_unknown" if unknown else None


def _counts_against(assessment: Assessment, household: Household) -> bool:
    """Whether there is, or may be, what counts against the family by the law of the day."""
    against = assessment.codes("counts_against")
    known = {"imputed_spending": household.imputed_spending, "consumer_credits": household.consumer_credits}
    return any(amount != 0 for name, amount in known.items() if name in against)


def _amount(assessment: Assessment, household: Household, members: int, line: Decimal, income: Decimal) -> Decimal:
    """The monthly amount in whole tenge; divided once, at the end."""
    young = _young_children(assessment, household)
    addition = Decimal(0)
    if young:
        rate, mrp = assessment.number("child_addition"), assessment.number("mrp")
        addition = rate * mrp * young
        if assessment.trace is not None:
            assessment.figure("additions", addition, how=f"{rate:f} × {mrp:f} × {young}")
    exact = (line * members * _MONTHS_OF_QUARTER - income + addition * _MONTHS_OF_QUARTER) / _MONTHS_OF_QUARTER
    if assessment.trace is not None:
        how = f"{line:f} × {members} - {income:f} ÷ {_MONTHS_OF_QUARTER} + {addition:f}"
        assessment.figure("exact", exact, how=how)
    return assessment.rounded(exact)


def _line(assessment: Assessment, region: str) -> Decimal | None:
    """The poverty line per head and month: the published one, else by the region's figures of the quarter before."""
    published = assessment.known_row("poverty_line", region)
    if published is not None:
        return published
    before = quarter_before(assessment.on)
    minimum = assessment.row_on("region_pm", region, before)
    if minimum is None:
        return None
    line = assessment.number("line_of_pm") * minimum
    if assessment.word("line_by") == "larger":
        median = assessment.row_on("region_median_income", region, before)
        if median is None:
            return None
        line = max(line, assessment.number("line_of_median") * median)
    assessment.figure("line", line)
    return line


def _young_children(assessment: Assessment, household: Household) -> int:
    """The household's children of the ages for which there is an addition."""
    youngest, eldest = assessment.whole("child_age_from"), assessment.whole("child_age_to")
    members = set(household.members)
    young = [
        one
        for one in assessment.facts.children
        if one.iin in members
        and (one.died_on is None or one.died_on > assessment.on)
        and youngest <= age(one.birth_date, assessment.on) <= eldest
    ]
    assessment.figure("young_children", len(young), "children")
    return len(young)


def undecided_in(law: Legislation, day: date) -> tuple[str, ...]:
    """The regions in which a person decides on this day, for want of a published line and of what it is reckoned by."""
    before = quarter_before(day)
    figures = ["region_pm"]
    if law.at(day).single["line_by"].word == "larger":
        figures.append("region_median_income")
    return tuple(
        region.value
        for region in Region
        if law.entry_on("poverty_line", day, region) is None
        and not all(law.entry_on(name, before, region) for name in figures)
    )


RULE = Rule(
    code="targeted-assistance",
    subjects=household,
    decide=decide,
    nothing="no_household",
    one_right=OneRight.PER_FAMILY,
    reads=frozenset({"adults", "children", "household"}),
    undecided_in=undecided_in,
    awaits=frozenset({"poverty_line_unknown"}),
    takes=Takes(
        (
            "child_addition:MRP child_age_from:years child_age_to:years counts_against:codes incomes_left_out:codes "
            "line_by:choice line_of_median:ratio line_of_pm:ratio months_barred:months mrp:tenge paid_from:choice "
            "rounding:choice"
        ),
        tables="poverty_line:tenge region_median_income:tenge region_pm:tenge",
        rows={"poverty_line": Region, "region_median_income": Region, "region_pm": Region},
        says=(
            "able_bodied_unknown additions contract_breached exact income_above_the_line income_equals_the_line "
            "income_of_the_dead "
            "income_of_the_quarter_unknown income_per_head income_that_counts kinds_of_income_unknown line members "
            "no_household poverty_line_unknown region_unknown social_contract spending_or_credits young_children"
        ),
    ),
)
