"""What a right rests on, by every number that registers give it; and what to ask where a number is new.

A register may write a record anew under another number. Where another number of the same child or death ties the two
together, they are one. Where nothing does, as with a child that has no IIN, but the day is about the same and something
is paid under the number that is gone, only a person can say: a guess would pay twice, or not at all. So too where the
same children carry a right under another parent's name, or the same person another decision that runs.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import benefits
from benefits import Frequency
from benefits.codes import PaymentState
from benefits.decision import Decision
from card import Session, decisions, people, rights, snapshots
from card.tables import RightRow, RightState
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

ONE_A_PERSON = frozenset({"disabilities", "capacity_losses", "unemployments"})
"""Sections of which a person has one at a time: a newer decision takes the place of the older, and of what it paid."""

HELD_BY_SOMEBODY = frozenset({RightState.CLAIMED, RightState.ENTITLED, RightState.SETTLED})

MISWRITTEN = 366
"""So many days a day may be off that was corrected together with the number: a birth date is part of an IIN."""

QUESTION = "something is paid under another name (an old number, another parent, an older decision): is it this right?"
MIXED_UP = (
    "numbers of two records have met in one right, which is granted: is it this one's (same-right), or the other's?"
)
ANOTHERS = "a number of it is known from somebody else's right: is it that right, or is the number used twice?"
HELD = "another person has it or is asked about it, who is not of the family by the registries of today: whose is it?"
GROWN = (
    "it is paid since before a child was born: does what is paid count the child? If so close the case, else see to it"
)


@dataclass(frozen=True)
class Record:
    """What a right rests on: all its numbers, the one a decision names first, and its day as its register writes it.

    `whose`: the person that it is about, where that is none of its numbers. `of`: the same, where a person has one of
    its kind at a time. `until`: its last day, if it has one. `iin`: where that is a number of it. `parents`: a child's.
    """

    numbers: Sequence[str]
    day: str
    whose: str | None = None
    of: str | None = None
    until: str | None = None
    iin: str | None = None
    parents: frozenset[str] = frozenset()
    carer: str | None = None


@dataclass(frozen=True)
class Other:
    """What may be the same right under a number that is gone. `paid`: by E-Maket, and the Card does not know it."""

    names: frozenset[str]
    paid: bool


@dataclass(frozen=True)
class Names:
    """What a right is known by here. `question`: what only a person can tell of it. `answered`: by `answer`."""

    all: set[str]
    question: str | None = None
    answered: bool = False


async def own_names(
    session: Session, case: Case, right: Decision, facts: Mapping[str, Any], answer: Action | None = None
) -> Names:
    """The names of this right, without those that are another's: registers use a number twice, or write a wrong one.

    A name that a right had once it keeps, so what is not certain is asked before two become one; `answer` is what an
    operator has said to it.
    """
    names, record = names_of(right.basis or "", facts), _record(right.basis or "", facts)
    if record is None:
        return Names(names)
    alone = {f"{record.numbers[0]}/{record.whose or record.iin or record.day}"}
    if await rights.known(session, case.service, alone):
        return Names(alone)
    strangers, doubtful = await _carried_by_others(session, case, names, record)
    question = ANOTHERS if doubtful else None
    if await _is_mixed_up(session, case, record, facts):
        met = await rights.known(session, case.service, names)
        if all([await _is_free(session, case, one) for one in met]):
            return Names(alone)
        doubtful, question = doubtful | {one.id for one in met}, MIXED_UP
    apart = strangers | doubtful if answer is Action.ANOTHER_RIGHT else strangers
    for right_id in apart:
        names -= await rights.names_of(session, right_id)
    if question is not None and answer not in (Action.SAME_RIGHT, Action.ANOTHER_RIGHT):
        # A number of a record carries nothing of a person; an IIN does.
        which = "" if record.numbers[0] == record.iin else f" (record {record.numbers[0]})"
        return Names(names, f"{question}{which}", answered=True)
    return Names(names or alone, answered=question is not None)


async def _carried_by_others(
    session: Session, case: Case, names: set[str], record: Record
) -> tuple[set[UUID], set[UUID]]:
    """The rights with one of these names that cannot be this one, and those that may be another's."""
    strangers: set[UUID] = set()
    doubtful: set[UUID] = set()
    for name, right_id, was in await rights.carried(session, case.service, names, but=case.ref):
        old = _record(name, was)
        if old is not None and _cannot_be_one(old, record):
            strangers.add(right_id)
        elif old is not None and _may_be_anothers(old, record):
            doubtful.add(right_id)
    return strangers, doubtful - strangers


async def _is_free(session: Session, case: Case, right: RightRow) -> bool:
    """Whether nobody has it, and no other case is at it."""
    return right.state not in HELD_BY_SOMEBODY and not await rights.holders(session, right, but=case.ref)


def _cannot_be_one(old: Record, new: Record) -> bool:
    """Whether two records that share a number are of two, whatever a register may have corrected between."""
    if old.day == new.day:
        return False
    if old.whose and new.whose:
        return old.whose != new.whose
    if old.iin and new.iin:
        return old.iin != new.iin and (_are_apart(old, new) or not old.parents | new.parents)
    return not old.parents | new.parents and not _near(old.day, new.day)


def _may_be_anothers(old: Record, new: Record) -> bool:
    if old.whose and new.whose:
        return old.whose != new.whose
    return _are_apart(old, new) and set(old.numbers) != set(new.numbers)


def _are_apart(old: Record, new: Record) -> bool:
    """Whether the parents of both are known, and are others."""
    return bool(old.parents) and bool(new.parents) and old.parents.isdisjoint(new.parents)


async def is_held_by_another(
    session: Session, case: Case, row: RightRow, right: Decision, facts: Mapping[str, Any]
) -> bool:
    """Whether a child's right is had, or asked for, by somebody who is no parent of it and not of the household now; or
    it runs for another than who cares for the child now."""
    record = _record(right.basis or "", facts)
    if record is None or not record.parents:
        return False
    holders = await rights.holders(session, row, but=case.ref)
    adults = {adult["iin"] for adult in facts.get("adults", ()) if adult.get("iin")}
    if not holders or facts["applicant"] in holders:
        return False
    runs = benefits.service(case.service, case.on).frequency is not Frequency.ONCE
    return holders.isdisjoint(adults | record.parents) or (runs and record.carer == facts["applicant"])


def ended_on(case: Case, basis: str, facts: Mapping[str, Any]) -> str | None:
    """The last day of what E-Maket paid for this right, where it lists nothing that goes on; None if it never said."""
    names, today = names_of(basis, facts), case.on.isoformat()
    ends = [one.get("until") for one in facts.get("payments", ()) if one["basis"] in names]
    return str(max(ends)) if ends and all(end is not None and end < today for end in ends) else None


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
    adults = {adult["iin"] for adult in facts.get("adults", ()) if adult.get("iin")}
    own = names_of(basis, facts)
    found: list[Other] = []
    if record is None:
        # A family's right is named after a parent: the same children may have carried it under another's name.
        adults |= await people.heads_of(session, _at_home(facts))
    else:
        adults |= record.parents  # of whom one may live elsewhere
        here = {number for one in _records(facts) for number in one.numbers}
        paid = {one["basis"] for one in facts.get("payments", ()) if one["basis"] and _may_be(one, case, record)}
        paid = {name for name in paid - own if name not in here or _runs_beside(_record(name, facts), record, case)}
        known = await rights.other_names(session, case.service, paid)
        found += [Other(frozenset({name}), paid=True) for name in sorted(paid - {*known})]
    for right, snapshot in await rights.granted_to(session, case.service, adults, but=case.ref):
        names = await rights.names_of(session, right)
        if names.isdisjoint(own) and _may_be_one(names, snapshot, record, facts, case):
            found.append(Other(frozenset(names), paid=False))
    return found


async def _is_mixed_up(session: Session, case: Case, record: Record, facts: Mapping[str, Any]) -> bool:
    """Whether numbers that this right had belong to another record of the family now, as of twins' birth records."""
    had = await rights.other_names(session, case.service, set(record.numbers))
    names = {name for group in had.values() for name in group} - set(record.numbers)
    apart = (one for one in _records(facts) if set(one.numbers).isdisjoint(record.numbers))
    return any(not names.isdisjoint(one.numbers) for one in apart)


def has_grown(case: Case, facts: Mapping[str, Any]) -> bool:
    """Whether a child was born since E-Maket began to pay what it pays for this service now."""
    since = [
        str(one["from_date"])
        for one in facts.get("payments", ())
        if one["service"] == case.service and one.get("state") == PaymentState.PAYING and one.get("from_date")
    ]
    born = [str(child["birth_date"]) for child in facts.get("children", ()) if child.get("birth_date")]
    return bool(since) and any(day > min(since) and day <= case.on.isoformat() for day in born)


def _may_be_one(
    names: set[str], snapshot: Mapping[str, Any], record: Record | None, facts: Mapping[str, Any], case: Case
) -> bool:
    """Whether what is granted under these names, by what was known then, may be what this record gives a right to."""
    if record is None:
        return all(_record(name, snapshot) is None for name in names) and bool(_at_home(snapshot) & _at_home(facts))
    here = {number for one in _records(facts) for number in one.numbers}
    was = [one for name in names if (one := _record(name, snapshot)) is not None]
    if names.isdisjoint(here):
        return any(_near(one.day, record.day) or _runs_beside(one, record, case) for one in was)
    now = [one for name in names if (one := _record(name, facts)) is not None]
    return any(_runs_beside(one, record, case) for one in now)


def _runs_beside(other: Record | None, record: Record, case: Case) -> bool:
    """Whether the other is of the same person, who has one of its kind at a time, and has not run out."""
    if other is None or record.of is None or other.of != record.of:
        return False
    return other.until is None or other.until >= case.on.isoformat()


def _near(day: str, other: str) -> bool:
    try:
        return abs((date.fromisoformat(day) - date.fromisoformat(other)).days) <= MISWRITTEN
    except ValueError:
        return True  # one of them could not be read: it may be any day


def _at_home(facts: Mapping[str, Any]) -> set[str]:
    """The numbers of the children who live with an adult of the household, or of whom it is not known."""
    adults = {adult.get("iin") for adult in facts.get("adults", ())}
    children = [one for one in facts.get("children", ()) if not one.get("died_on")]
    at_home = [one for one in children if one.get("lives_with") is None or one["lives_with"] in adults]
    return {one["iin"] for one in at_home if one.get("iin")}


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
    made = await decisions.last(session, case.ref, why=Attention.SAME_RIGHT, actions=answers)
    if made is None and right is not None and await decisions.made_of(session, right, Action.ANOTHER_RIGHT):
        return Action.ANOTHER_RIGHT
    return Action(made.action) if made is not None else None


async def is_said_due(session: Session, case: Case, row: RightRow, since: date = date.min) -> bool:
    """Whether an operator has said that the right is due to this person: in this case, or in another since that day,
    which nobody was paid after."""
    made = await decisions.last(session, case.ref, why=Attention.IS_IT_DUE, actions=(Action.IS_DUE,))
    return made is not None or await decisions.stands(session, row, case.person_id, Action.IS_DUE, since=since)


def _records(facts: Mapping[str, Any]) -> Iterator[Record]:
    for section, (fields, day) in RESTS_ON.items():
        listed: Iterable[Json] = facts.get(section) or ()
        for record in listed:
            numbers = [record[field] for field in fields if record.get(field)]
            if not numbers:
                continue
            iin = record.get("iin")
            yield Record(
                numbers,
                str(record.get(day)),
                whose=iin if "iin" not in fields else None,
                of=iin if section in ONE_A_PERSON else None,
                until=record.get("until"),
                iin=iin if "iin" in fields else None,
                parents=frozenset(filter(None, (record.get("mother_iin"), record.get("father_iin")))),
                carer=record.get("carer_iin"),
            )


def _record(number: str, facts: Mapping[str, Any]) -> Record | None:
    return next((record for record in _records(facts) if number in record.numbers), None)


def _may_be(payment: Json, case: Case, record: Record) -> bool:
    """Whether a payment under a strange number can be for this right: it begins after what the right rests on, and
    stands in its way by what the law says of payments."""
    begins, until = payment.get("from_date"), payment.get("until")
    if payment["service"] != case.service:
        return False
    if begins is not None and str(begins) < record.day and not _near(str(begins), record.day) and record.of is None:
        return False
    if benefits.service(case.service, case.on).frequency is Frequency.ONCE:
        return True
    return payment.get("state") == PaymentState.PAYING if until is None else str(until) >= case.on.isoformat()
