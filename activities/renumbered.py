"""What a right rests on, by every number that registers give it; and what to ask where a number is new.

A register may write a record anew under another number. Where another number of the same child or death ties the two
together, they are one. Where nothing does, as with a child that has no IIN, but the day is the same and something is
paid under the number that is gone, only a person can say: a guess would pay twice, or not at all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import benefits
from benefits import Frequency
from benefits.codes import PaymentState
from benefits.decision import Decision
from card import Session, decisions, rights, snapshots
from card.tables import RightRow
from workflows.model import Action, Attention, Case

Json = dict[str, Any]

RESTS_ON = {
    "children": (("birth_record", "iin"), "birth_date"),
    "burials": (("death_record",), "died_on"),
    "breadwinners": (("death_record", "iin"), "died_on"),
    "disabilities": (("number",), "from_date"),
    "capacity_losses": (("number",), "from_date"),
    "unemployments": (("number",), "registered_on"),
    "awards": (("number",), "awarded_on"),
}
"""Sections of the facts on whose records rights rest: the numbers of a record, that of a decision's basis first, and
the day that stays when they change."""

QUESTION = "something is paid under a number that no record of the family has, and may be this right: is it the same?"


@dataclass(frozen=True)
class Record:
    """What a right rests on: all its numbers, the one a decision names first, and its day as its register writes it."""

    numbers: Sequence[str]
    day: str


@dataclass(frozen=True)
class Other:
    """What may be the same right under a number that is gone. `paid`: by E-Maket, and the Card does not know it."""

    names: frozenset[str]
    paid: bool


def names_of(basis: str, facts: Mapping[str, Any]) -> set[str]:
    """Every number under which a register knows what this right rests on: a child by its record and by its IIN."""
    record = _record(basis, facts)
    return {basis, *record.numbers} if record is not None else {basis}


async def rename_payments(session: Session, service: str, facts: Mapping[str, Any]) -> None:
    """A payment may be known under a number that the register has replaced since: it gets the one that holds now."""
    payments = facts["payments"]
    groups = await rights.other_names(session, service, {payment["basis"] for payment in payments})
    for payment in payments:
        known = {payment["basis"]} | groups.get(payment["basis"], set())
        for record in _records(facts):
            if not known.isdisjoint(record.numbers):
                payment["basis"] = record.numbers[0]


async def others(session: Session, case: Case, basis: str, facts: Mapping[str, Any]) -> list[Other]:
    """What may be this right under a number that is gone: none for most, and for what rests on no record."""
    record = _record(basis, facts)
    if record is None:
        return []
    here = {number for one in _records(facts) for number in one.numbers}
    paid = {one["basis"] for one in facts.get("payments", ()) if one["basis"] and _may_be(one, case, record)} - here
    known = await rights.other_names(session, case.service, paid)
    found = [Other(frozenset({name}), paid=True) for name in sorted(paid - {*known})]
    adults = [adult["iin"] for adult in facts.get("adults", ()) if adult.get("iin")]
    for right, snapshot in await rights.granted_to(session, case.service, adults, but=case.ref):
        names = await rights.names_of(session, right)
        if names.isdisjoint(here) and any((one := _record(name, snapshot)) and one.day == record.day for name in names):
            found.append(Other(frozenset(names), paid=False))
    return found


async def heir(
    session: Session, case: Case, names: set[str], facts: Mapping[str, Any], decisions: Sequence[Decision]
) -> Decision | None:
    """What may be the right of these names, which is gone from the registers: of the same day, and nobody's yet."""
    snapshot = await snapshots.first(session, case.ref)
    was = next((one for name in sorted(names) if snapshot and (one := _record(name, snapshot.facts))), None)
    for decision in decisions:
        now = _record(decision.basis or "", facts)
        if was is None or now is None or now.day != was.day:
            continue
        if not await rights.other_names(session, case.service, set(now.numbers)):
            return decision
    return None


async def said(session: Session, case: Case, right: RightRow | None) -> Action | None:
    """What an operator has said to that question: in this case, or once and for all that it is another right."""
    answers = (Action.SAME_RIGHT, Action.ANOTHER_RIGHT)
    action = await decisions.last(session, case.ref, why=Attention.SAME_RIGHT, actions=answers)
    if action is None and right is not None and await decisions.made_of(session, right, Action.ANOTHER_RIGHT):
        return Action.ANOTHER_RIGHT
    return Action(action) if action is not None else None


def _records(facts: Mapping[str, Any]) -> Iterator[Record]:
    for section, (fields, day) in RESTS_ON.items():
        listed: Iterable[Json] = facts.get(section) or ()
        for record in listed:
            numbers = [record[field] for field in fields if record.get(field)]
            if numbers:
                yield Record(numbers, str(record.get(day)))


def _record(number: str, facts: Mapping[str, Any]) -> Record | None:
    return next((record for record in _records(facts) if number in record.numbers), None)


def _may_be(payment: Json, case: Case, record: Record) -> bool:
    """Whether a payment under a strange number can be for this right: it begins after what the right rests on, and
    stands in its way by what the law says of payments."""
    begins, until = payment.get("from_date"), payment.get("until")
    if payment["service"] != case.service or (begins is not None and str(begins) < record.day):
        return False
    if benefits.service(case.service, case.on).frequency is Frequency.ONCE:
        return True
    return payment.get("state") == PaymentState.PAYING if until is None else str(until) >= case.on.isoformat()
