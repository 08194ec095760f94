"""A right that is paid month by month by a machine that learns of things when it learns of them: the reckoning alone,
without a database, and the books that it comes to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from benefits import Facts
from benefits.decision import ZERO
from benefits.future import Stretch
from benefits.paying import may_contest_until, recovering
from benefits.reckoned import Grant, MonthAccount, Reckoned, Sum, by_month, differences, reckon
from benefits.terms import month_of, next_month


@dataclass(frozen=True)
class Event:
    """What happens to a family on a day, and on which day it is learned of."""

    happens: date
    learned: date
    change: Callable[[Facts], Facts]


def known_by(facts: Facts, events: Sequence[Event], day: date) -> Facts:
    """The facts with all that has been learned by the day, in the order in which it happened."""
    for event in events:
        if event.learned <= day:
            facts = event.change(facts)
    return facts


@dataclass
class Demand:
    """What is to come back, from its day on."""

    months: dict[date, Sum]
    since: date
    recovered: Sum = field(default_factory=Sum)

    @property
    def open(self) -> Sum:
        return sum(self.months.values(), Sum()) - self.recovered


@dataclass
class Machine:
    """Pays a right by what it knows. All sums by month: what it owes, has claimed, demands, and what left."""

    grant: Grant
    claimed: dict[date, Sum] = field(default_factory=dict)
    demands: list[Demand] = field(default_factory=list)
    left: Decimal = ZERO
    reckoned: Reckoned | None = None

    @property
    def stood(self) -> tuple[Stretch, ...]:
        return self.reckoned.stretches if self.reckoned else ()

    @property
    def owed(self) -> dict[date, Sum]:
        return by_month(self.stood)

    def demanded(self, month: date) -> Sum:
        return sum((one.months.get(month, Sum()) for one in self.demands), Sum())

    def kept(self, month: date) -> Sum:
        """What of the month is the person's in the end."""
        return self.claimed.get(month, Sum()) - self.demanded(month)

    def learn(self, facts: Facts, day: date) -> None:
        """The months are reckoned anew, and what was paid too much is demanded, or demanded no longer."""
        self.reckoned = reckon(self.grant, facts, day, self.stood)
        owed = self.owed
        accounts = {
            month: MonthAccount(owed.get(month, Sum()), self.claimed[month], self.demanded(month))
            for month in self.claimed
        }
        new: dict[date, Sum] = {}
        for one in differences(accounts):
            if one.demand:
                new[one.month] = one.demand
            lower = one.lower
            for demand in reversed(self.demands):
                had, open_ = demand.months.get(one.month, Sum()), demand.open
                less = Sum(
                    min(lower.net, had.net, open_.net), min(lower.withheld, had.withheld, open_.withheld)
                ).positive
                if less:
                    demand.months[one.month] = had - less
                    lower = lower - less
        if new:
            self.demands.append(Demand(new, may_contest_until(day)))

    def pay(self, month: date, day: date) -> None:
        """The run of a month: all that is owed up to it and not claimed; a part of the month itself is kept back."""
        for one, owed in self.owed.items():
            due = (owed - self.kept(one)).positive
            if one > month or not due:
                continue
            self.claimed[one] = self.claimed.get(one, Sum()) + due
            paid = due.net
            if one == month:
                paid -= self._recover(month, due, day)
            assert paid >= 0
            self.left += paid

    def _recover(self, month: date, due: Sum, day: date) -> Decimal:
        terms = recovering(month)
        open_ = [one for one in self.demands if one.since < day and one.open]
        most = terms.kept_back(due.net, sum((one.open.net for one in open_), ZERO))
        withheld, back = due.withheld, ZERO
        for one in open_:
            part = Sum(min(one.open.net, most - back), min(one.open.withheld, withheld))
            one.recovered = one.recovered + part
            back, withheld = back + part.net, withheld - part.withheld
        assert back == 0 or due.net - back >= terms.minimum
        assert back <= due.net * terms.share
        return back


def play(grant: Grant, facts: Facts, events: Sequence[Event], last: date) -> Machine:
    """The machine from the grant to the last day, on which everything has been learned."""
    machine, known = Machine(grant), None
    month = month_of(grant.claimed_on)
    while month <= last:
        day = min(month.replace(day=5), last) if month > grant.claimed_on else grant.claimed_on
        now = [event.learned <= day for event in events]
        if now != known:
            known = now
            machine.learn(known_by(facts, events, day), day)
        machine.pay(month, day)
        month = next_month(month)
    machine.learn(known_by(facts, events, last), last)
    machine.pay(month_of(last), last)
    return machine
