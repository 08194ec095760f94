"""Old decisions held against the law as it is known now: what was decided, from which facts, and what would be today.

The facts are those that were kept with the decision; nobody is asked anew. Amounts that a person has to decide are no
amounts here: they are told and never added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from benefits.catalogue import benefit
from benefits.decision import ZERO, Decision, Frequency, Right
from benefits.evaluator import preference
from benefits.future import Schedule, schedule
from benefits.readings import Readings, assess_readings, readings
from benefits.terms import month_number, month_of, next_month
from benefits.what_if import Answer


@dataclass(frozen=True, slots=True)
class Redecided:
    """Months in a row, `first` to `last`, for which the law as known now answers otherwise than was decided.

    A one-off payment has its one month. Where nobody knows how many months it is worth, as with a question, it is the
    month of the decision, also one before those that were asked about.
    `as_known`: the law as it was known on the day of the decision still gives what was decided, so that the difference
    is what became known since; else a value was changed in place, or the rule.
    """

    first: date
    last: date
    then: Answer
    now: Answer
    as_known: bool

    @property
    def months(self) -> int:
        return month_number(self.last) - month_number(self.first) + 1

    @property
    def difference(self) -> Decimal | None:
        """Net tenge over these months; None where a person has to decide, then or now, if only on a part."""
        each = self.now.less(self.then)
        return None if each is None else each * self.months

    def to_dict(self) -> dict[str, Any]:
        difference = self.difference
        return {
            "first_month": f"{self.first:%Y-%m}",
            "last_month": f"{self.last:%Y-%m}",
            "then": self.then.to_dict(),
            "now": self.now.to_dict(),
            "difference": None if difference is None else format(difference, ".2f"),
            "as_known": self.as_known,
        }


def redecide(
    facts: Mapping[str, Any], decided: Decision, known: date, first: date, last: date
) -> tuple[Redecided, ...]:
    """What of the decision comes out otherwise in the months of `first` to `last`; nothing where all is as it was.

    `facts` as they were kept, `known` the day on which it was decided. Raises BadFacts for facts that can be read no
    more, and UnknownService.
    """
    read, again = _as_it_was(facts, decided, known)
    now = _of_same_right(decided, assess_readings(decided.code, read, decided.on, trace=False))
    as_known = _same(decided, again)
    law = benefit(decided.code).legislation
    unchanged = law.as_known(known) is law
    if _same(decided, now) and (unchanged or now.right is not Right.YES):
        return ()
    then_, now_ = Answer.of(decided), Answer.of(now)
    month = month_of(decided.on)
    concerned = any(_concerns(one, first, last) for one in (decided, now))
    single = (Redecided(month, month, then_, now_, as_known),) if concerned else ()
    asked = Right.PERSON_DECIDES in (decided.right, now.right)
    rights = [one for one in (decided, now) if one.right is Right.YES]
    if asked or not rights or rights[0].frequency is Frequency.ONCE or not as_known:
        return single if not _same(decided, now) else ()
    months = month_number(last) - month_number(decided.on) + 1
    then_by, now_by = (
        _monthly(one, schedule(one.code, read.facts, one.on, basis=one.basis, months=months, trace=False, known=as_of))
        for one, as_of in ((again, known), (now, None))
    )
    return _in_a_row(then_by, now_by, (then_, now_), first, last)


def _as_it_was(facts: Mapping[str, Any], decided: Decision, known: date) -> tuple[Readings, Decision]:
    """The facts as the decision looked at them, and what the law as it was known then says to them.

    A family that is paid and has grown was decided on as if nothing were paid.
    """
    read = readings(facts)
    again = _of_same_right(decided, assess_readings(decided.code, read, decided.on, trace=False, known=known))
    if decided.right is Right.YES and again.right is not Right.YES and facts.get("payments"):
        unpaid = readings({**facts, "payments": []})
        other = _of_same_right(decided, assess_readings(decided.code, unpaid, decided.on, trace=False, known=known))
        if _same(decided, other):
            return unpaid, other
    return read, again


def _of_same_right(decided: Decision, found: Sequence[Decision]) -> Decision:
    """The decision on the same right; where it rested on nothing, or on what is there no more, the best there is."""
    same = [one for one in found if one.basis == decided.basis]
    return min(same or found, key=preference)


def _same(one: Decision, other: Decision) -> bool:
    """Why there is no right may differ: for the person it comes to the same. A question is the same by its code."""
    if one.right is not other.right or one.net != other.net or bool(one.suspended) is not bool(other.suspended):
        return False
    return one.right is not Right.PERSON_DECIDES or Answer.of(one) == Answer.of(other)


def _concerns(decision: Decision, first: date, last: date) -> bool:
    """Whether the decision is about any of these months: those of its right, or the one of a single payment."""
    if decision.frequency is Frequency.ONCE:
        return month_of(first) <= month_of(decision.on) <= last
    begins = month_of(min(decision.start, decision.on))
    return begins <= last and (decision.until is None or decision.until >= month_of(first))


def _monthly(decision: Decision, found: Schedule) -> dict[date, Decimal]:
    return {month.month: month.net for month in found.months} if decision.right is Right.YES else {}


def _in_a_row(
    then: Mapping[date, Decimal], now: Mapping[date, Decimal], sides: tuple[Answer, Answer], first: date, last: date
) -> tuple[Redecided, ...]:
    """Months that follow each other with the same amounts as one."""
    found: list[Redecided] = []
    for month in sorted(one for one in then.keys() | now.keys() if month_of(first) <= one <= last):
        if then.get(month) == now.get(month):
            continue
        was, is_ = (
            replace(side, net=by[month]) if month in by else Answer(Right.NO, ZERO, side.why)
            for side, by in zip(sides, (then, now), strict=True)
        )
        if found and next_month(found[-1].last) == month and (found[-1].then, found[-1].now) == (was, is_):
            found[-1] = replace(found[-1], last=month)
        else:
            found.append(Redecided(month, month, was, is_, as_known=True))
    return tuple(found)
