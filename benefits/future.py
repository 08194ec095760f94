"""The future of a decision: its months with their amounts until the right ends, and the day to look at it again.

The months are those of `benefits.owed`, with the facts known on the day of application. Months before the application
that are owed come first: the arrears. Nothing is foretold: only what those facts and the parameters already hold, such
as birthdays, ends of terms, a suspension that is certain and the values of a 1 January. A month whose law is not
entered yet is shown by the announced forecast, or else by the last value there was, and is provisional.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import takewhile
from typing import Any

from benefits.assessment import LAW_NOT_ENTERED
from benefits.catalogue import Benefit, benefit
from benefits.decision import ZERO, Condition, Decision, Frequency, Right
from benefits.evaluator import assess, known_facts, own_end
from benefits.facts import Facts
from benefits.owed import Due, OwedMonth
from benefits.owed import months as months_of
from benefits.terms import ONE_DAY, add_months, earlier, month_of, next_month

STOPPED = (Due.SUSPENDED, Due.NOT_A_RIGHT)
HORIZON_MONTHS = 36
"""How far a schedule looks if it is not told: three years from the month of application."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a schedule; money in tenge. `provisional`: it rests on a value that is no law in force then.
    `payers` are whose money it is.
    """

    month: date
    gross: Decimal
    withheld: Decimal
    provisional: bool
    payers: tuple[str, ...] = ()

    @property
    def net(self) -> Decimal:
        return self.gross - self.withheld

    def to_dict(self) -> dict[str, Any]:
        return {
            "month": f"{self.month:%Y-%m}",
            "gross": format(self.gross, ".2f"),
            "withheld": format(self.withheld, ".2f"),
            "net": format(self.net, ".2f"),
            "provisional": self.provisional,
            "payers": list(self.payers),
        }


@dataclass(frozen=True, slots=True)
class Stretch:
    """Months from `first` to `last` (first days, both included) of one amount a month; money in tenge."""

    first: date
    last: date
    gross: Decimal
    withheld: Decimal


@dataclass(frozen=True, slots=True)
class Stop:
    """From this day on nothing is paid, by what is known: the reason, and whether the right is only suspended."""

    since: date
    reason: Condition
    suspends: bool

    def to_dict(self) -> dict[str, Any]:
        return {"since": self.since.isoformat(), "reason": self.reason.to_dict(), "suspends": self.suspends}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A decision with its months. `stop` is what ends or suspends it before, or with, its last day, as the end of a
    status or a sentence; a right that ends by itself has none. `complete` is false where the right goes on after the
    last month listed, if only suspended, or where a person must decide on it from then on.

    `next_review` is the next day after the day of application on which the amount changes, the right ends or begins to
    need a person, or the constants of a new year begin; None when nothing is left to look at.
    """

    decision: Decision
    months: tuple[Month, ...]
    complete: bool
    next_review: date | None
    stop: Stop | None = None

    @property
    def until(self) -> date | None:
        """The last day for which is paid, by what is known; None where the right has no known end."""
        end = own_end(self.decision)
        return end if self.stop is None else earlier(end, self.stop.since - ONE_DAY)

    @property
    def total(self) -> Decimal:
        """Net tenge over the months listed."""
        return sum((month.net for month in self.months), ZERO)

    @property
    def arrears(self) -> tuple[Month, ...]:
        """The months that were over on the day of application and are owed."""
        return tuple(one for one in self.months if one.month < month_of(self.decision.on))

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The months that rest on law in force, as stretches of one amount, up to the first that does not."""
        found: list[Stretch] = []
        for one in takewhile(lambda one: not one.provisional, self.months):
            before = found[-1] if found else None
            follows = before is not None and next_month(before.last) == one.month
            if before is not None and follows and (before.gross, before.withheld) == (one.gross, one.withheld):
                found[-1] = replace(before, last=one.month)
            else:
                found.append(Stretch(one.month, one.month, one.gross, one.withheld))
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        return {
            "decision": self.decision.to_dict(),
            "months": [month.to_dict() for month in self.months],
            "complete": self.complete,
            "next_review": self.next_review.isoformat() if self.next_review else None,
            "stop": self.stop.to_dict() if self.stop else None,
            "total": format(self.total, ".2f"),
            "arrears": format(sum((one.net for one in self.arrears), ZERO), ".2f"),
        }


def schedule(
    code: str,
    facts: Facts,
    on: date,
    *,
    basis: str | None = None,
    months: int = HORIZON_MONTHS,
    trace: bool = True,
    known: date | None = None,
) -> Schedule:
    """The schedule of the decision that `assess` gives; without months unless the right is "yes". Raises as `assess`.

    `months` limits how many months from the month of application on are listed. A one-off benefit has one entry, in
    the month of application.
    """
    decision = assess(code, facts, on, basis=basis, trace=trace, known=known)
    if decision.right is not Right.YES:
        return Schedule(decision, (), True, None)
    found = benefit(code, known)
    if decision.frequency is Frequency.ONCE:
        payers = tuple(dict.fromkeys(part.payer for part in decision.parts))
        once = Month(month_of(on), decision.gross, decision.withheld, provisional=False, payers=payers)
        return Schedule(decision, (once,), True, None)
    return _monthly(found, decision, known_facts(facts, on), add_months(month_of(on), months))


def _monthly(found: Benefit, decision: Decision, facts: Facts, horizon: date) -> Schedule:
    on, first = decision.on, max(decision.start, found.legislation.first_day)
    listed: list[Month] = []
    change: date | None = None
    asked = False
    after = Due.OWED
    stop: Stop | None = None
    for one in months_of(found, facts, on, decision.basis, first, horizon):
        stop = _stop(one, stop, decision, first)
        if decision.until is not None and one.month > decision.until:
            after = Due.OVER
            break
        after = one.due
        shown = (one.gross, one.withheld) if one.due is Due.OWED else one.foreseen
        if one.month < horizon and shown is not None:
            listed.append(Month(one.month, *shown, provisional=one.due is not Due.OWED, payers=one.payers))
        asked = asked or (shown is None and one.due is Due.ASKED)
        day = max(one.month, first)
        if change is None and day > on and (shown is None or shown[0] != decision.gross):
            change = day
        if one.due is Due.OVER:
            break
    over = after in (Due.OVER, Due.NOT_A_RIGHT) and not (stop and stop.suspends)
    complete = over and not asked and _goes_on(decision) is None
    return Schedule(decision, tuple(listed), complete, _review(decision, change), stop)


def _stop(one: OwedMonth, so_far: Stop | None, decision: Decision, first: date) -> Stop | None:
    """What has stopped the right by this month; where it is owed again, nothing has. What is suspended already is told
    by the decision itself, and so is a right that ends on its last day and by nothing else.
    """
    if one.due is Due.OWED or one.month < first or decision.suspended is not None:
        return None
    over = decision.until is not None and one.month > decision.until
    if so_far or one.reason is None or one.due not in ((Due.SUSPENDED,) if over else STOPPED):
        return so_far
    since = decision.until + ONE_DAY if over and decision.until is not None else one.month
    return Stop(since, one.reason, one.due is Due.SUSPENDED)


def _goes_on(decision: Decision) -> date | None:
    """When a right is looked at again that is not decided whole: one that is suspended, or of which months or a part
    wait for a law that is not entered yet.
    """
    if decision.suspended is not None:
        return decision.suspended.look_on
    waits = decision.asked is not None and decision.asked.code == LAW_NOT_ENTERED
    return next_month(decision.on) if waits else None


def _review(decision: Decision, change: date | None) -> date | None:
    """The earliest of: the first change, the day after the right, the next 1 January; None when the right is over."""
    again = _goes_on(decision)
    if decision.until is not None and decision.until < decision.on:
        return again
    days = [date(decision.on.year + 1, 1, 1)]
    if again is not None:
        days.append(again)
    if change is not None and change > decision.on:
        days.append(change)
    if decision.until is not None:
        days.append(date.fromordinal(decision.until.toordinal() + 1))
    return min(days)
