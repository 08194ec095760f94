"""What the oracle answers, and how it says that the sources leave something open.

An answer names every right and every amount that the sources allow. One right and one amount: they are certain. More:
the sources are silent, `SILENT` says on what, and a difference is only an answer outside of all of them. An empty set
of days, and amounts `None`, are not compared at all.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import ceil, floor

YES, NO, PERSON = "yes", "no", "person_decides"
ANY = frozenset({YES, NO, PERSON})

SILENT = {
    "rounding-fund": "how the Fund's payments and the withheld part are rounded: within one tenge",
    "partial-month": "what is paid for a month that the right covers in part: from nothing to the whole month",
    "missing-day": "whether 29 February and the 31st end with the short month or on the first of the next",
    "start-budget": "from which day a budget benefit is owed that the Code gives no claim window for",
    "claim-term": "until when childbirth, burial, capacity loss and disability may be claimed",
    "one-off-day": "whether a one-off payment takes the MRP of the day of the right or of the day of application",
    "burial-rate": "from which day burial is 35 MRP instead of 15.7: certain from 2025 on alone",
    "abroad": "what else than childbirth foreigners, stateless persons and citizens without residence here may claim",
    "suspended-budget": "whether what suspends the Fund's payments suspends the budget's, and months owed from before",
    "barred-month": "a claim in the very month of death, imprisonment or emigration, and one for months before it",
    "other-parent": "whether the father may claim birth, or a parent with whom the child doesn't live anything",
    "step-child": "whether a stepchild counts towards the four, and whether its care is paid",
    "two-homes": "whether a child that lives with the other adult of the family lives together with the applicant",
    "adoption": "from which day care of an adopted child is paid, and which day's MRP its one-off payment takes",
    "months-past": "which day's amount is named when all months of childcare are past",
    "insured": "whether somebody with contributions and no income in the 24 months, or the reverse, is insured",
    "counted-elsewhen": "how many months of contributions there were on another day than they were counted on",
    "earlier-job-loss": "whether months already paid lower the coefficient too, or the number of months alone",
    "job-months": "whether the months of job loss run from day to day or are those of the calendar",
    "pension-day": "whether the day of the pension age itself is still paid, and a claim of that day",
    "indexed-which": "whether job loss and childcare of the Fund are indexed as well",
    "indexed-when": "whether a claim of December is assigned before 1 January",
    "old-right": "the Fund's payment for a right from before the Social Code",
    "nothing-left": "what the Fund answers where half a minimum wage is more than the average income",
    "two-lists": "kin whose parents are not known, carers for 3-8 whose work is not known",
    "kin-or": "whether 'without able-bodied parents or alimony' asks for both or for one of the two",
    "which-parent": "in which of two cases the budget pays for who lost two breadwinners, and the Fund for kin of both",
    "mixed-orphans": "the budget part where some dependants are full orphans and others are not",
    "paid-before": "a monthly benefit that was paid and has ended, and a family that has changed since",
    "board-child": "group 'child' from 7, other causes of a child, and a child's decision that reaches beyond 18",
    "no-pension-known": "a disability allowance past the pension age where no pension is recorded",
    "re-examined": "whether a disability whose period is over is refused or asked about",
    "award-of-a-man": "an award of a kind that the table doesn't name, or of somebody who is no woman",
    "household-unknown": "a household that nothing is known of at all",
    "at-the-line": "an income that equals the line: it is not below it, but the line itself is published rounded",
    "assisted-age-day": "a child that becomes 1 or 7 within the quarter",
    "breach-day": "a contract signed anew after a breach, and the last day of the six months",
    "after-2026": "a right of 2026 that is claimed in 2027: what is owed for 2026, or a question",
}


@dataclass(frozen=True)
class Money:
    """A closed interval of tenge, both bounds allowed."""

    least: Fraction
    most: Fraction

    def holds(self, amount: Fraction) -> bool:
        return self.least <= amount <= self.most

    def __str__(self) -> str:
        return str(float(self.least)) if self.least == self.most else f"{float(self.least)}..{float(self.most)}"


Amounts = frozenset[Money] | None
NOTHING: Amounts = None


def up(exact: Fraction) -> Amounts:
    """Rounded up to a whole tenge, as amounts in MRP and PM are published (S 004)."""
    return frozenset({Money(Fraction(ceil(exact)), Fraction(ceil(exact)))})


def half_up(exact: Fraction) -> Amounts:
    """Rounded half up, as the childcare of the budget is published (P)."""
    whole = Fraction(floor(exact + Fraction(1, 2)))
    return frozenset({Money(whole, whole)})


def near(exact: Fraction, slack: Fraction = Fraction(1)) -> Amounts:
    """Within a tenge, where no source says how it is rounded."""
    return frozenset({Money(exact - slack, exact + slack)})


def either(*amounts: Amounts) -> Amounts:
    """What any of them allows; unknown if one of them is."""
    joined: frozenset[Money] = frozenset()
    for one in amounts:
        if one is None:
            return None
        joined |= one
    return joined


def plus(first: Amounts, second: Amounts) -> Amounts:
    if first is None or second is None:
        return None
    return frozenset(Money(one.least + two.least, one.most + two.most) for one in first for two in second)


def up_to(amounts: Amounts) -> Amounts:
    """Anything between nothing and the amount: a month that the right covers in part."""
    return None if amounts is None else frozenset({Money(Fraction(0), max(one.most for one in amounts))})


@dataclass(frozen=True)
class Answer:
    """What the sources allow. `parts` by payer; `months` by first day of the month."""

    service: str
    basis: str | None
    rights: frozenset[str]
    gross: Amounts = None
    withheld: Fraction | None = None
    parts: dict[str, Amounts] = field(default_factory=dict)
    first: frozenset[date] = frozenset()
    last: frozenset[date | None] = frozenset()
    months: dict[date, Amounts] = field(default_factory=dict)
    forecast_after: date | None = None
    silent: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = self.silent - set(SILENT)
        assert not unknown, f"say in SILENT what the sources don't say: {sorted(unknown)}"

    @property
    def kind(self) -> str:
        return next(iter(self.rights)) if len(self.rights) == 1 else "open"

    def allowing(self, rights: str | frozenset[str], *silent: str) -> "Answer":
        more = frozenset({rights}) if isinstance(rights, str) else rights
        return replace(self, rights=self.rights | more, silent=self.silent | set(silent))


def merged(one: Answer, two: Answer) -> Answer:
    """What either reading allows."""
    if one == two:
        return one
    months = {month: either(one.months.get(month), two.months.get(month)) for month in {*one.months, *two.months}}
    return Answer(
        one.service,
        one.basis,
        one.rights | two.rights,
        either(one.gross, two.gross) if YES in one.rights and YES in two.rights else one.gross or two.gross,
        one.withheld if one.withheld is not None else two.withheld,
        {payer: either(one.parts.get(payer), two.parts.get(payer)) for payer in {*one.parts, *two.parts}},
        one.first | two.first if one.first and two.first else frozenset(),
        one.last | two.last if one.last and two.last else frozenset(),
        {month: amounts for month, amounts in months.items() if amounts is not None},
        one.forecast_after or two.forecast_after,
        one.silent | two.silent | {"missing-day"},
    )
