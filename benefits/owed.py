"""What is owed of a monthly right, month by month: an amount, nothing and why, or a question to a person.

Each month is judged by itself, on its first day (in the first month, on the day from which it is paid), by the law and
by things as they stood on that day, whenever they became known. What is owed for a month so never hangs on anything
that happened after it: late knowledge is reckoned by asking again, and comparing with what was paid. A right that is
suspended, or fails for a time, goes on afterwards. How a part of a month is paid is the dated parameter
`partial_months`. What is paid already changes nothing here.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Any

from benefits.assessment import Assessment, Finding
from benefits.catalogue import Benefit, benefit
from benefits.decision import ZERO, Condition, Frequency, Right
from benefits.evaluator import assess, condition, found_on, if_law
from benefits.facts import Facts, stood_on, turns
from benefits.facts.unreadable import NotReadable
from benefits.social_insurance import TIYN
from benefits.terms import earlier, end_of_month, month_of, next_month

ENDS_A_RIGHT = frozenset({"applicant_died", "nothing_with_this_basis"})
"""Conditions after which the right itself is over, and not only fails."""


class Due(StrEnum):
    """What a month comes to."""

    OWED = "owed"
    OVER = "over"
    SUSPENDED = "suspended"
    NOT_A_RIGHT = "not_a_right"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class OwedMonth:
    """One month (its first day) of a right; money in tenge, zero unless it is owed.

    `reason` is the condition that stands in its way, or the question that a person must answer; beside what is owed,
    the question about a further part of it. `foreseen` are gross and withheld by what is no law in force for the
    month: a forecast, or the last values there were. They decide nothing. `payers` are whose money either is.
    """

    month: date
    due: Due
    gross: Decimal = ZERO
    withheld: Decimal = ZERO
    reason: Condition | None = None
    foreseen: tuple[Decimal, Decimal] | None = None
    payers: tuple[str, ...] = ()

    @property
    def net(self) -> Decimal:
        return self.gross - self.withheld

    def to_dict(self) -> dict[str, Any]:
        return {
            "month": f"{self.month:%Y-%m}",
            "due": str(self.due),
            "gross": format(self.gross, ".2f"),
            "withheld": format(self.withheld, ".2f"),
            "net": format(self.net, ".2f"),
            "reason": self.reason.to_dict() if self.reason else None,
            "foreseen": [format(one, ".2f") for one in self.foreseen] if self.foreseen else None,
        }


def owed(
    code: str, facts: Facts, claimed_on: date, *, basis: str | None, through: date, known: date | None = None
) -> tuple[OwedMonth, ...]:
    """Every month from that in which the right is first paid to that of `through`, none left out; of a right that is
    paid once, the one month of the claim.

    `facts` may be of any later day than the claim: all that they say counts from the day on which it happened. Only the
    insurance is that of the claim: whoever asks again passes the `insurances` that it was decided by, for a count that
    was made later is not that of the claim, and is asked about. `known` is the day as on which the law is known. Raises
    UnknownService, and BadFacts for a claim before the first parameter.
    """
    found = benefit(code, known)
    if found.service(claimed_on).frequency is Frequency.ONCE:
        return _once(code, facts, claimed_on, basis, known) if month_of(claimed_on) <= through else ()
    first = first_paid(found, facts, claimed_on, basis)
    return tuple(months(found, facts, claimed_on, basis, first, through))


def _once(code: str, facts: Facts, on: date, basis: str | None, known: date | None) -> tuple[OwedMonth, ...]:
    decision = assess(code, facts, on, trace=False, basis=basis, known=known)
    due = {Right.YES: Due.OWED, Right.NO: Due.NOT_A_RIGHT, Right.PERSON_DECIDES: Due.ASKED}[decision.right]
    reason = decision.asked or decision.failed
    return (OwedMonth(month_of(on), due, decision.gross, decision.withheld, reason),)


def first_paid(found: Benefit, facts: Facts, claimed_on: date, basis: str | None) -> date:
    """The day from which the right is paid if it is claimed on this day; that day itself if it rests on nothing."""
    claim = Assessment(facts, claimed_on, claimed_on, found.legislation, None)
    try:
        for subject in found.rule.subjects(claim):
            arose = found.rule.arose_on(subject)
            own = claim.about_one(claimed_on, arose)
            finding = found.rule.decide(own, subject)
            if finding.basis == basis:
                return finding.start or claimed_on if arose is None else own.paid_from(arose)
    except NotReadable:
        pass
    return claimed_on


def months(
    found: Benefit, facts: Facts, claimed_on: date, basis: str | None, first: date, through: date
) -> Iterator[OwedMonth]:
    """The months from that of the day `first` to that of `through`."""
    changes, known = turns(facts), -1
    stood = facts
    month, over = month_of(first), False
    while month <= through:
        day = max(month, first)
        since = bisect_right(changes, day)
        if since != known and not over:
            known, stood = since, stood_on(facts, day)
        one = OwedMonth(month, Due.OVER) if over else _month(found, stood, claimed_on, basis, day)
        if one.due in (Due.NOT_A_RIGHT, Due.ASKED) and one.foreseen is None:
            one = _begun_within(found, facts, claimed_on, basis, month) or one
        # A last day that has passed, or a death, is no gap.
        over = over or (one.due is Due.OVER and (one.reason is None or one.reason.code == "applicant_died"))
        yield one
        month = next_month(month)


def _begun_within(found: Benefit, facts: Facts, claimed_on: date, basis: str | None, month: date) -> OwedMonth | None:
    """The month, if the right is paid from a day within it: its first day came too early to tell."""
    last = end_of_month(month)
    if found.rule.arose is None or last < found.legislation.first_day:
        return None
    stood = stood_on(facts, last)
    _, finding = found_on(found, Assessment(stood, last, claimed_on, found.legislation, None), basis)
    if finding.right is not Right.YES or finding.start is None or not month < finding.start <= last:
        return None
    return _month(found, stood, claimed_on, basis, finding.start)


def _month(found: Benefit, stood: Facts, claimed_on: date, basis: str | None, day: date) -> OwedMonth:
    month = month_of(day)
    if day < found.legislation.first_day:
        begins = found.legislation.at(found.legislation.first_day)
        return OwedMonth(month, Due.ASKED, reason=condition(found, "questions", "law_of_that_day_unknown", begins))
    then = Assessment(stood, day, claimed_on, found.legislation, None)
    own, foreseen = found_on(found, then, basis)
    finding = if_law(own, foreseen)
    law = finding.law or own.in_force
    if finding.right is Right.NO:
        reason = condition(found, "conditions", finding.condition, law)
        if finding.suspended_since is not None:
            return OwedMonth(month, Due.SUSPENDED, reason=reason)
        return OwedMonth(month, Due.OVER if finding.condition in ENDS_A_RIGHT else Due.NOT_A_RIGHT, reason=reason)
    if foreseen.until is not None and foreseen.until < day:
        return OwedMonth(month, Due.OVER)
    asked = condition(found, "questions", finding.condition, law) if finding.condition is not None else None
    if foreseen.right is not Right.YES:
        return OwedMonth(month, Due.ASKED, reason=asked)
    amount = _amount(own, foreseen, day)
    payers = tuple(dict.fromkeys(money.payer or found.service(claimed_on).payer for money in foreseen.money))
    if finding is foreseen:
        return OwedMonth(month, Due.OWED, *amount, asked, payers=payers)
    return OwedMonth(month, Due.ASKED, reason=asked, foreseen=amount, payers=payers)


def _amount(then: Assessment, finding: Finding, day: date) -> tuple[Decimal, Decimal]:
    """Gross and withheld of the month; by its days, if the law says so, the share on which the right holds: whole
    tenge, and what is withheld to the tiyn.
    """
    gross = sum((money.gross for money in finding.money), ZERO)
    withheld = sum((money.withheld for money in finding.money), ZERO)
    if then.word("partial_months") != "days":
        return gross, withheld
    last = end_of_month(day)
    paid = (earlier(finding.until, last) - day).days + 1
    if paid >= last.day:
        return gross, withheld
    share = then.rounded(gross * paid / last.day)
    return share, (withheld * share / gross).quantize(TIYN, ROUND_FLOOR) if gross else ZERO
