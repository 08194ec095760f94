"""The future of a decision: its months with their amounts until the right ends, and the day to look at it again.

A month is paid if the right holds on its first day (in the first month, on the day the payment starts), with the
law in force on that day and the facts known on the day of application. Months before the application that are owed
come first: the arrears. Nothing is foretold: only what those facts and the parameters already hold, such as birthdays,
ends of terms and the values of a 1 January. A month whose law is not entered yet is shown by the announced forecast, or
else by the last value there was, and is provisional. How a part of a month is paid is the dated parameter
`partial_months`.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from itertools import takewhile
from typing import Any

from benefits.assessment import Assessment, Finding
from benefits.catalogue import Benefit, benefit
from benefits.decision import ZERO, Decision, Frequency, Right
from benefits.evaluator import assess, facts_for
from benefits.facts import Facts
from benefits.social_insurance import TIYN
from benefits.terms import add_months, earlier, end_of_month, month_of, next_month

HORIZON_MONTHS = 36
"""How far a schedule looks if it is not told: three years from the month of application."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a schedule; money in tenge. `provisional`: it rests on a value that is no law in force then."""

    month: date
    gross: Decimal
    withheld: Decimal
    provisional: bool

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
        }


@dataclass(frozen=True, slots=True)
class Stretch:
    """Months from `first` to `last` (first days, both included) of one amount a month; money in tenge."""

    first: date
    last: date
    gross: Decimal
    withheld: Decimal


@dataclass(frozen=True, slots=True)
class Schedule:
    """A decision with its months. `complete` is false where the right goes on after the last month listed, or where a
    person must decide on it from then on.

    `next_review` is the next day after the day of application on which the amount changes, the right ends or begins to
    need a person, or the constants of a new year begin; None when nothing is left to look at.
    """

    decision: Decision
    months: tuple[Month, ...]
    complete: bool
    next_review: date | None

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
            if before is not None and (before.gross, before.withheld) == (one.gross, one.withheld):
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
        once = Month(month_of(on), decision.gross, decision.withheld, provisional=False)
        return Schedule(decision, (once,), True, None)
    return _monthly(found, decision, facts_for(found, facts, on), add_months(month_of(on), months))


def _monthly(found: Benefit, decision: Decision, facts: Facts, horizon: date) -> Schedule:
    on = decision.on
    first = max(decision.start, found.legislation.first_day)
    listed: list[Month] = []
    change: date | None = None
    asked = False
    month = month_of(first)
    while month < horizon:
        day = max(month, first)
        later = Assessment(facts, day, on, found.legislation, None)
        finding = _at(found, decision, later)
        if finding is None or finding.right is not Right.YES:
            asked = asked or (finding is not None and finding.right is Right.PERSON_DECIDES)
            if not listed and month <= on:
                # Months before the application that are in doubt take none of those away that are certain.
                month = next_month(month)
                continue
            change = change or day
            break
        gross = sum((money.gross for money in finding.money), ZERO)
        withheld = sum((money.withheld for money in finding.money), ZERO)
        if change is None and day > on and gross != decision.gross:
            change = day
        if later.word("partial_months") == "days":
            gross, withheld = _by_days(later, decision, month, gross, withheld)
        listed.append(Month(month, gross, withheld, bool(later.unsettled)))
        month = next_month(month)
    over = month < horizon or (decision.until is not None and month > decision.until)
    return Schedule(decision, tuple(listed), over and not asked, _review(decision, change))


def _by_days(
    later: Assessment, decision: Decision, month: date, gross: Decimal, withheld: Decimal
) -> tuple[Decimal, Decimal]:
    """The share of the month's days on which the right holds: whole tenge, and what is withheld to the tiyn."""
    last = end_of_month(month)
    first_paid, last_paid = max(month, decision.start), earlier(decision.until, last)
    paid = (last_paid - first_paid).days + 1
    if paid == last.day:
        return gross, withheld
    share = later.rounded(gross * paid / last.day)
    return share, (withheld * share / gross).quantize(TIYN, ROUND_FLOOR) if gross else ZERO


def _at(found: Benefit, decision: Decision, later: Assessment) -> Finding | None:
    """The rule's answer for that day with what was known at the application; None when its ground has gone."""
    if decision.until is not None and later.on > decision.until:
        return None
    for subject in found.rule.subjects(later):
        finding = found.rule.decide(later, subject)
        if finding.basis == decision.basis:
            return finding
    return None


def _review(decision: Decision, change: date | None) -> date | None:
    """The earliest of: the first change, the day after the right, the next 1 January; None when the right is over."""
    if decision.until is not None and decision.until < decision.on:
        return None
    days = [date(decision.on.year + 1, 1, 1)]
    if change is not None and change > decision.on:
        days.append(change)
    if decision.until is not None:
        days.append(date.fromordinal(decision.until.toordinal() + 1))
    return min(days)
