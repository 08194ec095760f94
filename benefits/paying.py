"""On which days a month is paid, to which regions, under which codes of payments: dated parameters, as all of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache

from benefits.catalogue import PARAMETERS, read_legislation
from benefits.codes import Region
from benefits.legislation import COMMON, Legislation
from benefits.parameter_file import read_parameter_file
from benefits.takes import Takes
from benefits.terms import month_of

CODE = "payment-run"

TAKES = Takes(
    (
        "follow_days:days purpose_code:codes contribution_purpose_code:codes contest_days:days recovery_share:ratio "
        "protected_minimum:PM pm:tenge"
    ),
    brackets="paid_on:codes",
)


@dataclass(frozen=True, slots=True)
class PayDay:
    """A day on which regions are paid; on the last, `others` too: who lives in no region that is named."""

    day: date
    regions: tuple[Region, ...]
    others: bool


@dataclass(frozen=True, slots=True)
class Paying:
    """How a month is paid. `follow_days`: calendar days for which it is followed after the last file has left."""

    days: tuple[PayDay, ...]
    follow_days: int
    purpose_code: str
    contribution_purpose_code: str


@dataclass(frozen=True, slots=True)
class Recovering:
    """How what was paid too much comes back. `share` of what a month comes to is kept back of it at the most, and no
    less than `minimum` tenge are paid; before, it may be contested for `contest_days`."""

    contest_days: int
    share: Decimal
    minimum: Decimal

    def kept_back(self, net: Decimal, open_: Decimal) -> Decimal:
        """How much of a month's `net` tenge is kept back where `open_` are still to come back. Whole tenge, but for the
        last."""
        most = min((net * self.share).quantize(Decimal(1), ROUND_FLOOR), net - self.minimum)
        return max(Decimal(0), min(most, open_))


def paying(month: date) -> Paying:
    """How the month with this first day is paid. Raises BadFacts for a month before the first that is known."""
    in_force = _legislation().at(month)
    begins, entries = in_force.brackets["paid_on"]
    days = tuple(
        PayDay(month.replace(day=day), tuple(sorted(Region(code) for code in entry.codes)), place == len(begins))
        for place, (day, entry) in enumerate(zip(begins, entries, strict=True), 1)
    )
    (purpose,) = in_force.single["purpose_code"].codes
    (contribution,) = in_force.single["contribution_purpose_code"].codes
    return Paying(days, int(in_force.single["follow_days"].value), purpose, contribution)


def recovering(month: date) -> Recovering:
    """How overpayments are recovered from the month with this first day. Raises BadFacts as `paying`.

    Where the subsistence minimum of the month is not entered yet the last there was protects.
    """
    single = _legislation().at(month).single
    minimum = single["protected_minimum"].value * single["pm"].value
    return Recovering(int(single["contest_days"].value), single["recovery_share"].value, minimum)


def may_contest_until(told_on: date) -> date:
    """The last day on which a demand that was told on that day may be contested. Raises BadFacts as `paying`."""
    return told_on + timedelta(days=recovering(month_of(told_on)).contest_days)


@lru_cache(maxsize=1)
def _legislation() -> Legislation:
    common = read_parameter_file(PARAMETERS / f"{COMMON}.yaml")
    return read_legislation(PARAMETERS / "runs" / f"{CODE}.yaml", common, TAKES, must_state=())
