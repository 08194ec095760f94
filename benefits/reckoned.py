"""What a right comes to from its first month on, reckoned anew from the facts that are known now; and, held against
what was paid of each month, what is to come back.

One function for everything that can happen in a life: whatever the registers say today, each month is reckoned as if it
had been known when the month was paid (`benefits.owed`). What only a person can decide, or no law in force says yet, is
left as it stood.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from benefits.assessment import LAW_NOT_ENTERED
from benefits.catalogue import benefit
from benefits.decision import ZERO
from benefits.facts import Facts, Household
from benefits.facts.unreadable import is_known
from benefits.future import HORIZON_MONTHS, Stretch
from benefits.owed import Due, OwedMonth, owed
from benefits.terms import ONE_DAY, add_months, end_of_month, month_of, next_month

GOES_ON_MONTHS = 12
"""So long a right that fails, as while a family has too few children, is looked at for going on by itself."""


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A right as it stands by the facts known on a day.

    `stretches` are its months that are owed, as stretches of one amount; `asked` those of which a person must decide,
    or no law is in force, and which stay as they were; `until` its last day, None without a known end; `next_review`
    the next day on which anything of it may change by itself, None when it is over.
    """

    stretches: tuple[Stretch, ...]
    asked: tuple[OwedMonth, ...]
    until: date | None
    next_review: date | None

    def question(self, on: date) -> OwedMonth | None:
        """The first month that has come of which a person must decide; none that only waits for the law."""
        come = (one for one in self.asked if one.month <= on and one.reason is not None)
        return next((one for one in come if one.reason and one.reason.code != LAW_NOT_ENTERED), None)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a right was granted by: the day of its first claim, what it rests on, its first and last day as they stand.

    `facts` are those that the claim was decided by: the insurance is counted as it was then, and the household's income
    is that of its quarter.
    """

    code: str
    basis: str | None
    claimed_on: date
    facts: Facts
    since: date
    until: date | None


def reckon(
    grant: Grant, facts: Facts, on: date, stood: Sequence[Stretch] = (), names: Collection[str] = ()
) -> Reckoned:
    """The right by the facts known on the day `on`. `stood`: its months as they stand; `names`: what it is called by
    too, should its register have given it another number.

    A right on which the registers hold nothing any more, not even in its first month, is a question: a record that is
    gone is more often an error than a right that never was. Raises as `owed`.
    """
    horizon = end_of_month(add_months(on, HORIZON_MONTHS))
    known = replace(facts, insurances=grant.facts.insurances, household=_household(grant, facts))
    first = month_of(grant.since)
    months: list[OwedMonth] = []
    for basis in (grant.basis, *sorted({*names} - {grant.basis or ""})):
        listed = owed(grant.code, known, grant.claimed_on, basis=basis, through=horizon)
        months = [one for one in listed if one.month >= first]
        if not _is_gone(months):
            break
    else:
        reason = months[0].reason if months else None
        months = [OwedMonth(month, Due.ASKED, reason=reason) for month in _each(first, month_of(horizon))]
    stands = {month: (one.gross, one.withheld) for one in stood for month in _each(one.first, one.last)}
    amounts: dict[date, tuple[Decimal, Decimal]] = {}
    for one in months:
        amount = (one.gross, one.withheld) if one.due is Due.OWED else None
        if one.due is Due.ASKED:
            amount = stands.get(one.month)
        if amount is not None and amount[0] > ZERO:
            amounts[one.month] = amount
    asked = tuple(one for one in months if one.due is Due.ASKED)
    over = any(one.due is Due.OVER for one in months)
    until = _until(grant, max(amounts, default=None), horizon, over)
    return Reckoned(stretches(amounts), asked, until, _next_review(on, months, until))


def _household(grant: Grant, facts: Facts) -> Household | None:
    """The household of the quarter by which the right was granted, with what is known of its contract now."""
    granted, now = grant.facts.household, facts.household
    if granted is None or now is None or not is_known(granted) or not is_known(now):
        return granted
    return replace(granted, contract_signed_on=now.contract_signed_on, contract_breached_on=now.contract_breached_on)


def _is_gone(months: Sequence[OwedMonth]) -> bool:
    reason = months[0].reason if months else None
    return reason is not None and reason.code == "nothing_with_this_basis"


def _until(grant: Grant, last: date | None, horizon: date, over: bool) -> date | None:
    """The last day of the right: as it stands, where that is in its last month, or behind all that is looked at."""
    if last is None:
        return grant.since
    if grant.until is not None and (month_of(grant.until) == last or (not over and grant.until > horizon)):
        return grant.until
    return max(grant.since, end_of_month(last)) if over else None


def _next_review(on: date, months: Sequence[OwedMonth], until: date | None) -> date | None:
    """The first of: the next day, while a month that has come waits for law; the next month, while a person is asked or
    a right is suspended; the next change; the next 1 January."""
    if not _may_go_on(months, on):
        return None
    days = [date(on.year + 1, 1, 1)]
    now = month_of(on)
    present = next((one for one in months if one.month == now), None)
    for one in months:
        waits = one.due is Due.ASKED and one.month <= now
        if waits and one.reason is not None and one.reason.code == LAW_NOT_ENTERED:
            days.append(on + ONE_DAY)
        elif waits or (one.month == now and one.due in (Due.SUSPENDED, Due.NOT_A_RIGHT)):
            days.append(next_month(on))
        elif one.month > now and present is not None and _differs(one, present):
            days.append(one.month)
            break
    if until is not None and until >= on:
        days.append(until + ONE_DAY)
    return min(day for day in days if day > on)


def _may_go_on(months: Sequence[OwedMonth], on: date) -> bool:
    """Whether anything may still be owed: one that fails for so long that it comes again only by a claim is over."""
    now = month_of(on)
    failing = max((one.month for one in months if one.due is Due.OWED), default=now) >= add_months(now, -GOES_ON_MONTHS)
    hopeless = {Due.OVER} if failing else {Due.OVER, Due.NOT_A_RIGHT}
    return any(one.due not in hopeless for one in months if one.month >= now)


def _differs(one: OwedMonth, other: OwedMonth) -> bool:
    return (one.due, one.gross, one.withheld) != (other.due, other.gross, other.withheld)


def stretches(amounts: Mapping[date, tuple[Decimal, Decimal]]) -> tuple[Stretch, ...]:
    """Months (first days) with gross and withheld, as stretches of one amount."""
    found: list[Stretch] = []
    for month, (gross, withheld) in sorted(amounts.items()):
        last = found[-1] if found else None
        if last and next_month(last.last) == month and (last.gross, last.withheld) == (gross, withheld):
            found[-1] = replace(last, last=month)
        else:
            found.append(Stretch(month, month, gross, withheld))
    return tuple(found)


def _each(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = next_month(first)


def law_of(code: str) -> str:
    """A short name of all that the law as it is known now says of this benefit: another one as soon as any value of it
    is another, whichever days it is for. Raises UnknownService."""
    law = benefit(code).legislation
    said = (
        (name, str(key), value.since, value.until, _plain(value.value), value.stands_in)
        for name in sorted(law.taken)
        if name in law.parameters
        for key, values in sorted(law.parameters[name][0].series.items(), key=lambda one: str(one[0]))
        for value in values
    )
    return hashlib.sha256(repr([*said]).encode()).hexdigest()[:16]


def _plain(value: Decimal | str | frozenset[str]) -> str:
    return " ".join(sorted(value)) if isinstance(value, frozenset) else str(value)


@dataclass(frozen=True, slots=True)
class Sum:
    """Tenge: what goes to the person, and what is withheld for the pension fund."""

    net: Decimal = ZERO
    withheld: Decimal = ZERO

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.net + other.net, self.withheld + other.withheld)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.net - other.net, self.withheld - other.withheld)

    def __bool__(self) -> bool:
        return bool(self.net or self.withheld)

    @property
    def positive(self) -> "Sum":
        """The parts that are above zero, each by itself."""
        return Sum(max(self.net, ZERO), max(self.withheld, ZERO))


@dataclass(frozen=True, slots=True)
class MonthAccount:
    """One month of a right: what it comes to, what was claimed of it (paid, or on its way), what of that is demanded
    back already, and of that, by demand, what has not been recovered."""

    owed: Sum = Sum()
    claimed: Sum = Sum()
    demanded: Sum = Sum()


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a month: what is to be demanded back, and by how much what is demanded is too much. Never both of one part."""

    month: date
    demand: Sum
    lower: Sum


def differences(accounts: Mapping[date, MonthAccount]) -> tuple[Difference, ...]:
    """What of the demands changes. What a month comes to beyond that is arrears, which the next run pays by itself.

    Afterwards no month was paid more than it comes to and what is demanded of it.
    """
    found = []
    for month, one in sorted(accounts.items()):
        kept = one.claimed - one.demanded
        demand = (kept - one.owed).positive
        lower = (one.owed - kept).positive
        lower = Sum(min(lower.net, one.demanded.net), min(lower.withheld, one.demanded.withheld))
        if demand or lower:
            found.append(Difference(month, demand, lower))
    return tuple(found)


def by_month(found: Iterable[Stretch]) -> dict[date, Sum]:
    """Stretches as months."""
    return {m: Sum(one.gross - one.withheld, one.withheld) for one in found for m in _each(one.first, one.last)}
