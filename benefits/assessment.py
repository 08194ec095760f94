"""The hand-held reckoner of one assessment: a rule asks it for parameters and tells it figures, and it keeps the trace.

A rule is a function of this and of one subject (a child, a decision, the family) that returns a Finding. Rules take
every number of the law from here, so that no number can escape the trace. Without a trace nothing is noted and
nothing is spent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Any

from benefits.decision import ZERO, Right, TraceKind, TraceLine
from benefits.facts import READABLE, Facts
from benefits.legislation import Entry, InForce, Legislation, NoSuchRow, Span
from benefits.takes import Takes
from benefits.terms import add_months

ROUNDINGS = {"up": ROUND_CEILING, "half_up": ROUND_HALF_UP}
WHOLE = Decimal(1)
LAW_NOT_ENTERED = "law_not_entered"
"""Code of the question that only next year's law can answer: a value that is needed is not in force on that day."""


@dataclass(slots=True)
class Money:
    """What one payer pays, in tenge, for one month or once."""

    gross: Decimal
    payer: str | None = None
    withheld: Decimal = ZERO
    code: str = ""


Part = tuple[Money | None, str | None]
"""What is certain of a part of the money, and the question on which the rest of it hangs."""


@dataclass(slots=True)
class Finding:
    """What a rule found about one subject. `condition` is the code of the failed condition or of the question.

    A yes with a question is certain as far as its money goes; the question is about a further part. `law` is that by
    which it failed or is asked, if not the law of the day: its numbers stand in the text. `since`: the first day on
    which there is no right any more, where there may have been one before it. `suspended_by` is what suspends the right
    since `suspended_since`; beside a yes, whose months before that day are owed.
    """

    right: Right
    condition: str | None = None
    basis: str | None = None
    money: tuple[Money, ...] = ()
    start: date | None = None
    until: date | None = None
    decider: str | None = None
    suspended_since: date | None = None
    law: InForce | None = None
    suspended_by: str | None = None
    since: date | None = None


class Assessment:
    """The facts, the day and the law in force on it.

    `on` is the day for which the amount is asked; `applied_on` the day of application, which is the same except for the
    other months of a right. `in_force` is the law of `on`, with the conditions of the grant as they were on the day on
    which the right arose. `unsettled` are the values that were used and are no law in force on their day: what
    rests on them is no decision.
    """

    __slots__ = ("_noting", "applied_on", "facts", "in_force", "legislation", "on", "trace", "unsettled")

    def __init__(
        self,
        facts: Facts,
        on: date,
        applied_on: date,
        legislation: Legislation,
        trace: list[TraceLine] | None,
        arose: date | None = None,
    ) -> None:
        self.facts = facts
        self.on = on
        self.applied_on = applied_on
        self.legislation = legislation
        self.in_force: InForce = legislation.at(on, arose)
        self.trace = trace
        self.unsettled: list[Entry] = []
        self._noting = trace is not None or not self.in_force.settled

    def about_one(self, on: date, arose: date | None) -> "Assessment":
        """The same case for one of several subjects, on this day: what was noted so far begins the trace of each. The
        conditions of its grant are read of the law of the day on which the right arose.
        """
        trace = None if self.trace is None else [*self.trace]
        one = Assessment(self.facts, on, self.applied_on, self.legislation, trace, arose)
        if self.unsettled:
            one.unsettled += self.unsettled
        return one

    def with_law_of(self, day: date) -> "Assessment":
        """The same case with the law of another day, noted in the same trace."""
        same = Assessment(self.facts, day, self.applied_on, self.legislation, self.trace)
        same.unsettled = self.unsettled
        return same

    def used(self, entry: Entry) -> Entry:
        """Note a value that the answer rests on: without a trace, only one that is no law in force."""
        if self.trace is not None:
            self.trace.append(entry.line)
        if not entry.settled:
            self.unsettled.append(entry)
        return entry

    def used_once(self, entry: Entry) -> Entry:
        """Note a value that the answer rests on, however often it is used."""
        if self.trace is None or not any(entry.line is one for one in self.trace):
            self.used(entry)
        return entry

    def number(self, name: str) -> Decimal:
        """The value of a parameter."""
        entry = self.in_force.single[name]
        if self._noting:
            self.used(entry)
        return entry.value

    def knows_law_of(self, day: date) -> bool:
        """Whether all parameters of the service have values on that day."""
        return day >= self.legislation.first_day

    def number_on(self, name: str, day: date) -> Decimal | None:
        """The value of a parameter on another day; None when it has none then. Noted once however often it is used."""
        return self.row_on(name, None, day)

    def row_on(self, name: str, key: str | None, day: date) -> Decimal | None:
        """The value of a row of a table on another day; None when there is none then. Noted once."""
        entry = self.legislation.entry_on(name, day, key)
        if entry is not None:
            return self.used_once(entry).value
        ended = self.legislation.ended(name, day, key)
        if ended is not None:
            self.unsettled.append(ended)
        return None

    def number_then(self, name: str, day: date) -> Decimal:
        """The value of a parameter without gaps on an earlier day, or the first that is known. Noted once."""
        value = self.number_on(name, max(day, self.legislation.first_day))
        assert value is not None  # noqa: S101  (it has no gaps)
        return value

    def paid_from(self, arose: date) -> date:
        """The first day of payment, by the dated parameter `paid_from`."""
        return arose if self.word("paid_from") == "right_arose" else self.applied_on

    def claimed_too_late(self, arose: date) -> bool:
        """Whether the term for the claim was over on the day of application: the dated parameter `claim_months`, by the
        law of the day on which that right arose, which may be another than the one that is judged."""
        return self.applied_on > add_months(arose, int(self.number_then("claim_months", arose)))

    def whole(self, name: str) -> int:
        """The value of a parameter that counts days, months, years or people."""
        return int(self.number(name))

    def word(self, name: str) -> str:
        """The value of a parameter that is a choice."""
        entry = self.in_force.single[name]
        if self._noting:
            self.used(entry)
        return entry.word

    def codes(self, name: str) -> frozenset[str]:
        """The value of a parameter that is a set of codes."""
        entry = self.in_force.single[name]
        if self._noting:
            self.used(entry)
        return entry.codes

    def holds(self, name: str, code: str) -> bool:
        """Whether the parameter that is a set of codes holds this one; noted once, and only if it does."""
        entry = self.in_force.single[name]
        if code not in entry.codes:
            return False
        if self._noting:
            self.used_once(entry)
        return True

    def bracket(self, name: str, number: int) -> Decimal:
        """The value of the bracket into which the number falls. Raises LookupError below the first."""
        entry = self.in_force.bracket(name, number)
        if entry is None:
            raise NoSuchRow(f"{name} has no bracket for {number}")
        if self._noting:
            self.used(entry)
        return entry.value

    def row(self, name: str, key: str) -> Decimal:
        """The value of a row of a table. Raises LookupError when there is none."""
        value = self.known_row(name, key)
        if value is None:
            raise NoSuchRow(f"{name} has no row {key}")
        return value

    def known_row(self, name: str, key: str) -> Decimal | None:
        """The value of a row of a table; None when the law, as far as it is known, has no such row on this day."""
        entry = self.in_force.tables[name].get(key)
        return None if entry is None else self.used(entry).value

    def spans(self, name: str) -> tuple[Span, ...]:
        """All values of a parameter with the months in which each holds; whoever goes by one says so (`used_once`)."""
        return self.legislation.spans(name)

    def dated_row(self, name: str, key: str | None) -> tuple[Entry, ...]:
        """All values of a parameter, or of a row, the earliest first; whoever goes by one says so (`used_once`)."""
        return self.legislation.row(name, key)

    def apart(self, part: Callable[[], Part], *, beside: bool) -> Part:
        """A part of the money with its question; where another part is certain beside it, one that rests on a law which
        is not entered is asked about, and takes nothing of the other.
        """
        so_far = len(self.unsettled)
        money, question = part()
        if not beside or so_far or not self.unsettled:
            return money, question
        del self.unsettled[so_far:]
        return None, LAW_NOT_ENTERED

    def figure(self, code: str, value: Decimal | int, unit: str = "tenge", how: str | None = None) -> None:
        """Note an intermediate figure."""
        if self.trace is not None:
            self.trace.append(TraceLine(TraceKind.FIGURE, code, Decimal(value), unit, how=how))

    def note_day(self, code: str, day: date) -> None:
        """Note a date that was reckoned."""
        if self.trace is not None:
            self.trace.append(TraceLine(TraceKind.FIGURE, code, day.isoformat(), "date"))

    def times(self, rate: Decimal, constant: str) -> Decimal:
        """rate x constant (`mrp`, `pm`), rounded to whole tenge by the service's rounding. Tenge."""
        base = self.number(constant)
        exact = rate * base
        if self.trace is not None:
            self.figure("exact", exact, how=f"{rate:f} × {base:f}")
        return self.rounded(exact)

    def rounded(self, exact: Decimal) -> Decimal:
        """Whole tenge by the service's rounding, a dated parameter."""
        amount = exact.quantize(WHOLE, ROUNDINGS[self.word("rounding")])
        self.figure("amount", amount)
        return amount

    def yes(
        self, basis: str, money: Money | tuple[Money, ...], until: date | None = None, start: date | None = None
    ) -> Finding:
        paid = money if isinstance(money, tuple) else (money,)
        return Finding(Right.YES, None, basis, paid, start or self.applied_on, until)

    def no(
        self, condition: str, basis: str | None = None, *, from_day: date | None = None, since: date | None = None
    ) -> Finding:
        """There is no right; `from_day` says from which later day it will be another question, `since` from which
        earlier day it is answered so: what is owed from before stays owed.
        """
        return Finding(Right.NO, condition, basis, start=from_day, since=since, law=self.in_force)

    def suspended(self, condition: str, basis: str, *, since: date) -> Finding:
        """The right exists and is not paid since that day; `resumes` of the parameter file says what brings it back."""
        found = self.no(condition, basis, since=since)
        found.suspended_since, found.suspended_by = since, condition
        return found

    def ask(self, question: str, basis: str | None = None) -> Finding:
        """The facts or the known law do not settle it: a person must answer the question."""
        return Finding(Right.PERSON_DECIDES, question, basis, law=self.in_force)


class OneRight(Enum):
    """What a payment that already runs is compared with: any payment of the service, or one with the same basis."""

    PER_FAMILY = "family"
    PER_BASIS = "basis"


@dataclass(frozen=True, slots=True)
class Rule:
    """A service's law. Every module in benefits/rules declares one as `RULE`.

    `subjects` lists on what a right could rest, the likeliest first; `decide` decides one of them; `nothing` is the
    code of the condition that failed when there is no subject. `reads` names the fields of Facts that the rule looks
    into besides the applicant, so that a case asks no registry for more; `takes` the parameters that it reads.
    `arose` is the day on which the right arose that rests on a subject; without it a right has no day of its own, and
    is looked at anew each month. `of_another` tells a right of somebody for whom the applicant only receives the money.
    `undecided_in` lists the regions whose figures are missing for a decision on a day;
    `awaits` the questions that only those figures answer, so that a case may look again by itself.
    """

    code: str
    subjects: Callable[[Assessment], Sequence[Any]]
    decide: Callable[[Assessment, Any], Finding]
    nothing: str
    reads: frozenset[str]
    takes: Takes
    arose: Callable[[Any], date] | None = None
    one_right: OneRight = OneRight.PER_BASIS
    of_another: Callable[[Assessment, Any], bool] = lambda _assessment, _subject: False
    undecided_in: Callable[[Legislation, date], tuple[str, ...]] | None = None
    awaits: frozenset[str] = frozenset()

    def arose_on(self, subject: Any) -> date | None:
        """The day on which the right arose that rests on the subject; None where a right has no such day."""
        return None if self.arose is None else self.arose(subject)

    def __post_init__(self) -> None:
        unknown = self.reads - READABLE
        if unknown:
            raise ValueError(f"{self.code}: Facts has no field {', '.join(sorted(unknown))} that a rule may read")
