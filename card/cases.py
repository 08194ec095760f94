"""The record of cases: opening one for a person, claiming the right it is about, closing it with an outcome."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import rights
from card.messages import close_questions
from card.tables import CaseRecord, Look, RegistryEvent, RightState, table
from card.tables import Person as PersonRow

NOTHING_NEW = ("no_right", "already_paid", "already_offered")

REFERENCES = 10**8
"""So many there are: enough for decades of two million cases each."""


def case_ref(number: int) -> str:
    """The speakable reference with this number: eight digits and a check digit, `4827-1031-6`.

    The ninth digit (Luhn) catches every single wrong digit and most exchanged neighbours. Cases draw their number by
    lot: a counter gives references again, to other people, once the Card has been restored from yesterday.
    """
    if not 0 <= number < REFERENCES:
        raise ValueError(f"case number {number}: must lie between 0 and {REFERENCES - 1}")
    digits = f"{number:08d}"
    return f"{digits[:4]}-{digits[4:]}-{_luhn(digits)}"


def is_case_ref(ref: str) -> bool:
    """Whether `ref` has the form of a case reference and its check digit is right."""
    digits = ref.replace("-", "")
    return len(digits) == 9 and digits.isascii() and digits.isdigit() and digits[8] == _luhn(digits[:8])


def _luhn(digits: str) -> str:
    doubled = (int(d) * 2 if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


@dataclass(frozen=True)
class Opened:
    case: CaseRecord
    new: bool


async def open_case(
    session: AsyncSession, *, service: str, iin: str, opened_by: str, on: date, by_event: bool = False
) -> Opened:
    """Record a case of `service` for the person with this IIN; the same `opened_by` gives the same case again.

    An event that a registry repeats on a later day, after nothing new was found, is looked at once more. `by_event`:
    what has no right yet is looked at again for a while, for an event may overtake its registry.
    """
    known = await _opened(session, opened_by)
    if known is not None and known.outcome in NOTHING_NEW and known.closed_at is not None:
        today = datetime.now(UTC).date()
        if known.assessed_on < on or known.closed_at.date() < today:
            opened_by = f"{opened_by}@{max(on, today)}"
            known = await _opened(session, opened_by)
    if known is not None:
        return Opened(case=known, new=False)
    person_id = await person_by_iin(session, iin)
    return await open_for(
        session, service=service, person_id=person_id, opened_by=opened_by, on=on, root=opened_by if by_event else None
    )


async def open_for(
    session: AsyncSession,
    *,
    service: str,
    person_id: UUID,
    opened_by: str,
    on: date,
    root: str | None = None,
    look: int = 0,
) -> Opened:
    """As `open_case`, for a person whom the Card knows."""
    row: dict[str, Any] = {"service": service, "person_id": person_id, "opened_by": opened_by, "assessed_on": on}
    while True:
        ref = case_ref(secrets.randbelow(REFERENCES))
        added = insert(table(CaseRecord)).values(ref=ref, root=root, look=look, **row)
        new = await session.scalar(added.on_conflict_do_nothing().returning(col(CaseRecord.ref))) is not None
        case = await _opened(session, opened_by)
        if case is not None:  # added now, or by another at the same moment; else its number is drawn already
            return Opened(case=case, new=new)


async def open_to_look(session: AsyncSession, look: Look, *, on: date) -> CaseRecord:
    """The case that looks again, opened now; one of that event or right that is open today does."""
    opened_by = f"{look.root}@{look.day}"
    known = await _opened(session, opened_by)
    if known is not None and known.outcome is not None:
        # It has ended, and may itself be what this look was planned by.
        opened_by = f"{opened_by}/{uuid4()}"
    found = await open_for(
        session,
        service=look.service,
        person_id=look.person_id,
        opened_by=opened_by,
        on=on,
        root=None if look.right_id else look.root,
        look=look.n,
    )
    return found.case


async def refer_anew(session: AsyncSession, ref: str) -> CaseRecord:
    """The case, which has not begun, under another reference: what was done under this one was another's."""
    case = await find(session, ref)
    another = await open_for(
        session,
        service=case.service,
        person_id=case.person_id,
        opened_by=f"{case.opened_by}/{ref}",
        on=case.assessed_on,
        root=case.root,
        look=case.look,
    )
    await started(session, ref, None)
    await close(session, ref, "already_offered", "reference_taken")
    return another.case


async def _opened(session: AsyncSession, opened_by: str) -> CaseRecord | None:
    return (await session.scalars(select(CaseRecord).where(col(CaseRecord.opened_by) == opened_by))).one_or_none()


async def person_by_iin(session: AsyncSession, iin: str) -> UUID:
    """The id of the person with this IIN, made known if they were not."""
    row = insert(table(PersonRow)).values(id=uuid4(), iin=iin)
    # DO UPDATE, not DO NOTHING: only so does RETURNING give the id of a person known already.
    row = row.on_conflict_do_update(index_elements=["iin"], set_={"iin": row.excluded.iin})
    found = await session.scalars(row.returning(col(PersonRow.id)))
    return found.one()


async def started(session: AsyncSession, ref: str, codec_key: str | None) -> None:
    """Note that Temporal has taken the case over, and under which payload key."""
    await session.execute(
        update(table(CaseRecord)).where(col(CaseRecord.ref) == ref).values(started_at=func.now(), codec_key=codec_key)
    )


@dataclass(frozen=True)
class KeyNeeded:
    """How many cases were started under a payload key (None: before it was kept), and their histories are there."""

    key: str | None
    open: int
    retained: int
    last_closed: datetime | None


async def keys_needed(session: AsyncSession, retention: timedelta) -> list[KeyNeeded]:
    """Which payload keys open and retained cases were started under. Later payloads of a case need later keys alone."""
    is_open, since = col(CaseRecord.outcome).is_(None), func.now() - retention
    query = (
        select(
            col(CaseRecord.codec_key),
            func.count().filter(is_open),
            func.count().filter(~is_open),
            func.max(col(CaseRecord.closed_at)),
        )
        .where(col(CaseRecord.started_at).is_not(None), is_open | (col(CaseRecord.closed_at) > since))
        .group_by(col(CaseRecord.codec_key))
    )
    return [KeyNeeded(*row) for row in (await session.execute(query)).all()]


@dataclass(frozen=True)
class Again:
    """When the right of a case that has ended is looked at again, by the law's dated parameters."""

    day: date
    most_offers: int
    """After so many offers in vain nobody asks by itself any more."""


async def close(
    session: AsyncSession,
    ref: str,
    outcome: str,
    reason: str | None,
    *,
    once: bool = False,
    again: Again | None = None,
    asked: bool = True,
) -> bool:
    """Write how the case ended, what that makes of its right, and close its questions; the first ending stands.

    Returns whether it has ended just now, and not before.

    `once`: the benefit is paid once, so a credited right is settled. `again`: when it is looked at next. `asked` is
    false where the question never reached the person.
    """
    ends = update(table(CaseRecord)).where(col(CaseRecord.ref) == ref, col(CaseRecord.outcome).is_(None))
    ends = ends.values(outcome=outcome, reason=reason, closed_at=func.now())
    ended = await session.scalar(ends.returning(col(CaseRecord.ref))) is not None
    await close_questions(session, ref)
    case = await session.get_one(CaseRecord, ref, populate_existing=True)
    if case.settled or case.outcome != outcome:
        return ended
    await session.execute(update(table(CaseRecord)).where(col(CaseRecord.ref) == ref).values(settled=True))
    right = await rights.after(session, case, outcome, once=once, asked=asked)
    if case.look_on is not None:
        await rights.look_on(session, case, case.look_on, outcome, n=case.look + 1)
    if again is None:
        return ended
    if right is None:
        await rights.look_on(session, case, again.day, outcome, n=case.look + 1)
    elif right.state not in (RightState.CLAIMED, RightState.SETTLED) and right.offers < again.most_offers:
        n = case.look + 1 if outcome in NOTHING_NEW else 0
        await rights.look_on(session, case, again.day, outcome, right=right, n=n)
    return ended


async def find(session: AsyncSession, ref: str) -> CaseRecord:
    """The case with this reference, which is there, as the database has it now. Raises NoResultFound."""
    return await session.get_one(CaseRecord, ref, populate_existing=True)


async def known(session: AsyncSession, ref: str) -> CaseRecord | None:
    """The case with this reference; None if there is none."""
    return await session.get(CaseRecord, ref)


async def in_hand(session: AsyncSession, ref: str) -> CaseRecord:
    """As `find`, with what this transaction has changed of it and not yet written. Raises NoResultFound."""
    return await session.get_one(CaseRecord, ref)


async def newest(
    session: AsyncSession,
    most: int,
    *,
    service: str | None = None,
    outcome: str | None = None,
    refs: Collection[str] | None = None,
) -> Sequence[CaseRecord]:
    """Cases, newest first: of a service, that ended so, and among these references, where given."""
    rows = select(CaseRecord).order_by(col(CaseRecord.opened_at).desc(), col(CaseRecord.ref)).limit(most)
    if service is not None:
        rows = rows.where(col(CaseRecord.service) == service)
    if outcome is not None:
        rows = rows.where(col(CaseRecord.outcome) == outcome)
    if refs is not None:
        rows = rows.where(col(CaseRecord.ref).in_(refs))
    return (await session.scalars(rows)).all()


async def origin(session: AsyncSession, ref: str) -> tuple[datetime, str | None]:
    """When the case was opened, and the region of the person it is for, if that is known. Raises NoResultFound."""
    of = select(col(CaseRecord.opened_at), col(PersonRow.region)).where(col(CaseRecord.ref) == ref)
    row = (await session.execute(of.join(PersonRow, col(PersonRow.id) == col(CaseRecord.person_id)))).one()
    return row[0], row[1]


async def not_started(session: AsyncSession, waits: timedelta, most: int) -> Sequence[CaseRecord]:
    """Cases that were opened so long ago and that Temporal has not taken over, the oldest first."""
    rows = select(CaseRecord).where(
        col(CaseRecord.started_at).is_(None), col(CaseRecord.opened_at) < func.now() - waits
    )
    return (await session.scalars(rows.order_by(col(CaseRecord.opened_at)).limit(most))).all()


async def open_after(session: AsyncSession, ref: str, most: int) -> Sequence[CaseRecord]:
    """Open cases that Temporal took over a minute ago or earlier, from after `ref` on in the order of references."""
    rows = await session.scalars(
        select(CaseRecord)
        .where(
            col(CaseRecord.outcome).is_(None),
            col(CaseRecord.started_at) < func.now() - timedelta(minutes=1),
            col(CaseRecord.ref) > ref,
        )
        .order_by(col(CaseRecord.ref))
        .limit(most)
    )
    return rows.all()


async def is_over(session: AsyncSession, ref: str) -> bool:
    """Whether the case has ended, by the Card."""
    ended = select(col(CaseRecord.ref)).where(col(CaseRecord.ref) == ref, col(CaseRecord.outcome).is_not(None))
    return await session.scalar(ended) is not None


async def over_for(session: AsyncSession, refs: Collection[str], long: timedelta) -> Sequence[str]:
    """Those of these cases that have been over for so long; one that was ended by hand may bear no time of it."""
    closed_at = col(CaseRecord.closed_at)
    ended = select(col(CaseRecord.ref)).where(
        col(CaseRecord.ref).in_(refs), closed_at.is_(None) | (closed_at < func.now() - long)
    )
    return (await session.scalars(ended.where(col(CaseRecord.outcome).is_not(None)))).all()


async def services_of(session: AsyncSession, refs: Collection[str]) -> dict[str, str]:
    """The service of each of these cases."""
    named = select(col(CaseRecord.ref), col(CaseRecord.service)).where(col(CaseRecord.ref).in_(refs))
    rows = (await session.execute(named)).all()
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True)
class OfPerson:
    """A case with its service and the IIN of the person that it is for."""

    ref: str
    service: str
    iin: str


async def of_persons(session: AsyncSession, refs: Collection[str]) -> list[OfPerson]:
    """These cases, each with whom it is for."""
    named = select(col(CaseRecord.ref), col(CaseRecord.service), col(PersonRow.iin)).join(
        table(PersonRow), col(PersonRow.id) == col(CaseRecord.person_id)
    )
    return [OfPerson(*row) for row in (await session.execute(named.where(col(CaseRecord.ref).in_(refs)))).all()]


async def heard_of(session: AsyncSession, id: str, kind: str, iin: str, on: date | None) -> RegistryEvent:
    """The event that was first reported under this id; this one, if there was none."""
    row = insert(table(RegistryEvent)).values(id=id, kind=kind, iin=iin, on_day=on)
    await session.execute(row.on_conflict_do_nothing())
    return await session.get_one(RegistryEvent, id)
