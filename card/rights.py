"""Rights as things of their own: each known by every id it ever had, with its state, its attempts and its next look.

A case is one attempt at a right. A right is one row for good; over the years it may have any number of cases, and never
two that are open. What becomes of it when a case ends is said here, when it is looked at again by dated parameters.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import findings, rulings
from card.tables import (
    GRANTED,
    Assignment,
    AssignmentState,
    CaseRecord,
    FactsSnapshot,
    LedgerAccount,
    LedgerEntry,
    Look,
    Payment,
    PaymentState,
    Person,
    RightName,
    RightRow,
    RightState,
    table,
)

STATE_AFTER = {
    "credited": RightState.ENTITLED,
    "told": RightState.SETTLED,
    "refused_by_person": RightState.REFUSED,
}
"""What a right is after a case of it has ended so. After any other ending it is still to be had."""


async def known_as(session: AsyncSession, service: str, names: Collection[str]) -> RightRow:
    """The right that has one of these names, made known if none had; all of them are its names from now on.

    Locked until the transaction ends. Should two rights turn out to be one, the one that was taken furthest has the
    names of both from now on; what was granted twice is noted for a person.
    """
    for name in sorted(names):
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"{service}|{name}"))))
    found = (
        await session.scalars(
            select(RightRow)
            .join(RightName, col(RightName.right_id) == col(RightRow.id))
            .where(col(RightName.service) == service, col(RightName.name).in_(names))
            .order_by(col(RightRow.since))
            .with_for_update(of=RightRow)
            .execution_options(populate_existing=True)
        )
    ).unique()
    rows = sorted(found, key=lambda row: _FURTHEST.index(RightState(row.state)))
    if rows:
        *others, right = rows
        for other in others:
            await _are_one(session, right, other)
    else:
        right = RightRow(id=uuid4(), service=service, state=RightState.FOUND)
        session.add(right)
        await session.flush()
    for name in names:
        named = insert(table(RightName)).values(service=service, name=name, right_id=right.id)
        await session.execute(named.on_conflict_do_nothing())
    return right


GRANTED_TWICE = "one_right_granted_twice"
"""Kind of finding: two rights turned out to be one after money was assigned for both."""

_GRANTED = (RightState.CLAIMED, RightState.ENTITLED, RightState.SETTLED)


async def _are_one(session: AsyncSession, right: RightRow, other: RightRow) -> None:
    """The other was this right all along. Its cases stay where they are; one that is open cannot pay beside `right`."""
    if right.state in _GRANTED and other.state in _GRANTED:
        refs = await session.scalars(select(col(CaseRecord.ref)).where(col(CaseRecord.right_id) == other.id))
        what = "two rights turned out to be one, and money was assigned for both: is the second to be paid back?"
        await findings.note(session, GRANTED_TWICE, dict.fromkeys(refs, what))
    names, rows = table(RightName), table(RightRow)
    await session.execute(update(names).where(names.c.right_id == other.id).values(right_id=right.id))
    await session.execute(update(rows).where(rows.c.same_as == other.id).values(same_as=right.id))
    await session.execute(update(table(Look)).where(col(Look.right_id) == other.id).values(right_id=right.id))
    other.same_as = right.id
    right.offers, right.refusals = max(right.offers, other.offers), max(right.refusals, other.refusals)
    await session.flush()


async def of_case(session: AsyncSession, case: CaseRecord) -> RightRow | None:
    """The right that the case is about, locked; the one that counts, where two turned out to be one."""
    if case.right_id is None:
        return None
    right = await session.get_one(RightRow, case.right_id)
    counts = right.same_as or right.id
    return await session.get_one(RightRow, counts, with_for_update=True, populate_existing=True)


async def next_look(session: AsyncSession, case: CaseRecord) -> date | None:
    """The day on which the right of this case, or its event, is looked at again by itself; None if on none."""
    of_it = [col(Look.right_id) == case.right_id] if case.right_id else []
    of_it += [col(Look.root) == case.root] if case.root else []
    if not of_it:
        return None
    day: date | None = await session.scalar(select(func.min(col(Look.day))).where(or_(*of_it)))
    return day


def all_of(right: RightRow) -> ColumnElement[bool]:
    """The condition that a case is about this right, under whichever row it was begun."""
    # One list of rows, not "this row, or one of those": of an OR with a subquery PostgreSQL looks through all cases.
    return col(CaseRecord.right_id).in_(rows_of(right))


def rows_of(right: RightRow) -> Select[UUID]:
    """The ids of the rows under which a case may have been begun for this right."""
    return select(col(RightRow.id)).where(or_(col(RightRow.id) == right.id, col(RightRow.same_as) == right.id))


async def paid_beside(session: AsyncSession, ref: str) -> str | None:
    """Another case that has paid, or may be paying, what this one is about: their rights turned out to be one."""
    case = await session.get_one(CaseRecord, ref)
    right = await of_case(session, case)
    if right is None:
        return None
    beside = (
        select(col(CaseRecord.ref))
        .join(table(Payment), col(Payment.case_ref) == col(CaseRecord.ref))
        .where(
            all_of(right),
            col(CaseRecord.right_id) != case.right_id,
            col(Payment.state).in_((PaymentState.INTENDED, PaymentState.SETTLED)),
        )
    )
    found: str | None = await session.scalar(beside.limit(1))
    return found


async def assigned_beside(session: AsyncSession, ref: str, month: date) -> str | None:
    """Another case to which what this one is about was assigned for that month, which is given by its first day."""
    right = await of_case(session, await session.get_one(CaseRecord, ref))
    return None if right is None else await assigned_for(session, right, month, but=ref)


async def assigned_for(session: AsyncSession, right: RightRow, month: date, *, but: str) -> str | None:
    """A case other than `but` to which this right was assigned for that month, which is given by its first day."""
    entry = table(LedgerEntry).c
    beside = (
        select(col(CaseRecord.ref))
        .join(table(Assignment), col(Assignment.case_ref) == col(CaseRecord.ref))
        .join(table(LedgerEntry), entry.case_ref == col(CaseRecord.ref))
        .where(all_of(right), col(CaseRecord.ref) != but, col(Assignment.was).is_(None), entry.period == month)
        .where(col(Assignment.state) != AssignmentState.SUPERSEDED, entry.credit == LedgerAccount.PAYABLE)
    )
    found: str | None = await session.scalar(beside.limit(1))
    return found


_FURTHEST = (
    RightState.FOUND,
    RightState.OFFERED,
    RightState.REFUSED,
    RightState.CLAIMED,
    RightState.ENTITLED,
    RightState.SETTLED,
)


async def other_names(session: AsyncSession, service: str, names: Collection[str]) -> dict[str, set[str]]:
    """For each of these names that a right has: all names of that right."""
    theirs = select(col(RightName.right_id)).where(col(RightName.service) == service, col(RightName.name).in_(names))
    rows = (
        await session.scalars(
            select(RightName).where(col(RightName.service) == service, col(RightName.right_id).in_(theirs))
        )
    ).all()
    of_right: dict[UUID, set[str]] = {}
    for row in rows:
        of_right.setdefault(row.right_id, set()).add(row.name)
    return {name: group for group in of_right.values() for name in group if name in names}


async def take(
    session: AsyncSession, ref: str, right: RightRow, *, basis: str, amount: Decimal | None, ground: str | None
) -> str | None:
    """Make this case the attempt at the right. Returns the open case that is at it already, or None if it is ours now.

    Two cases that come at the same moment are decided by a partial UNIQUE index: a savepoint keeps the loser's
    transaction usable.
    """
    other = select(col(CaseRecord.ref)).where(all_of(right), col(CaseRecord.outcome).is_(None))
    at_it: str | None = await session.scalar(other.where(col(CaseRecord.ref) != ref).limit(1))
    if at_it is not None:
        return at_it
    try:
        async with session.begin_nested():
            await session.execute(
                update(table(CaseRecord))
                .where(col(CaseRecord.ref) == ref)
                .values(right_id=right.id, basis=basis, amount=amount, ground=ground)
            )
    except IntegrityError:
        return (await session.scalars(other)).one()
    person = select(col(CaseRecord.person_id)).where(col(CaseRecord.ref) == ref).scalar_subquery()
    await session.execute(delete(table(Look)).where(col(Look.right_id) == right.id, col(Look.person_id) == person))
    return None


async def names_of(session: AsyncSession, right_id: UUID) -> set[str]:
    """Every id that the right has or had."""
    return set(await session.scalars(select(col(RightName.name)).where(col(RightName.right_id) == right_id)))


async def granted_to(
    session: AsyncSession, service: str, iins: Collection[str], *, but: str
) -> list[tuple[UUID, dict[str, Any]]]:
    """The rights of this service that these people have, or that another case than `but` is at: each with the facts
    of one of its cases."""
    of = col(CaseRecord.right_id) == col(RightRow.id)
    query = (
        select(func.coalesce(col(RightRow.same_as), col(RightRow.id)), col(FactsSnapshot.facts))
        .join(table(CaseRecord), of)
        .join(table(Person), col(Person.id) == col(CaseRecord.person_id))
        .join(table(FactsSnapshot), col(FactsSnapshot.case_ref) == col(CaseRecord.ref))
        .where(col(RightRow.service) == service, col(Person.iin).in_(iins), col(CaseRecord.ref) != but)
        .where(col(RightRow.state).in_(_GRANTED) | col(CaseRecord.outcome).is_(None))
        .order_by(col(FactsSnapshot.taken_at))
    )
    return list({row[0]: (row[0], row[1]) for row in (await session.execute(query)).all()}.values())


async def known(session: AsyncSession, service: str, names: Collection[str]) -> Sequence[RightRow]:
    """The rights that have one of these names."""
    named = select(RightRow).join(RightName, col(RightName.right_id) == col(RightRow.id))
    named = named.where(col(RightName.service) == service, col(RightName.name).in_(names))
    return (await session.scalars(named)).unique().all()


class Carried(NamedTuple):
    """A name of a right, and the facts of one of its cases."""

    name: str
    right_id: UUID
    facts: dict[str, Any]


async def carried(session: AsyncSession, service: str, names: Collection[str], *, but: str) -> list[Carried]:
    """Which of these names a right has that another case than `but` was or is at, and with what facts."""
    of = or_(col(RightRow.id) == col(RightName.right_id), col(RightRow.same_as) == col(RightName.right_id))
    query = (
        select(col(RightName.name), col(RightName.right_id), col(FactsSnapshot.facts))
        .select_from(RightName)
        .join(RightRow, of)
        .join(CaseRecord, col(CaseRecord.right_id) == col(RightRow.id))
        .join(FactsSnapshot, col(FactsSnapshot.case_ref) == col(CaseRecord.ref))
        .where(col(RightName.service) == service, col(RightName.name).in_(names), col(CaseRecord.ref) != but)
        .order_by(col(FactsSnapshot.taken_at))
    )
    return [Carried(*row) for row in (await session.execute(query)).all()]


async def holders(session: AsyncSession, right: RightRow, *, but: str) -> set[str]:
    """The IINs of those who have the right, or whose case is at it."""
    persons = select(col(Person.iin)).join(CaseRecord, col(CaseRecord.person_id) == col(Person.id))
    served = col(CaseRecord.outcome).is_(None) | (col(CaseRecord.outcome) == "credited")
    return set(await session.scalars(persons.where(all_of(right), served, col(CaseRecord.ref) != but)))


async def has_refused(session: AsyncSession, right: RightRow, person_id: UUID) -> bool:
    """Whether this person has said no to it."""
    said = select(col(CaseRecord.ref)).where(
        all_of(right), col(CaseRecord.person_id) == person_id, col(CaseRecord.outcome) == "refused_by_person"
    )
    return await session.scalar(said.limit(1)) is not None


async def is_attempted(session: AsyncSession, right: RightRow) -> bool:
    """Whether a case about the right is open."""
    at_it = select(func.count()).where(all_of(right), col(CaseRecord.outcome).is_(None))
    return bool((await session.execute(at_it)).scalar_one())


async def let_go(session: AsyncSession, ref: str) -> None:
    """This case is no attempt at a right any more: another may be."""
    await session.execute(update(table(CaseRecord)).where(col(CaseRecord.ref) == ref).values(right_id=None, basis=None))


async def ground_of_old(session: AsyncSession, right: RightRow) -> FactsSnapshot | None:
    """What was found when the running right was granted, for rights that were granted before their ground was kept."""
    granted = select(col(CaseRecord.ref)).where(all_of(right), col(CaseRecord.outcome) == "credited")
    snapshots = select(FactsSnapshot).where(col(FactsSnapshot.case_ref).in_(granted))
    return (await session.scalars(snapshots.order_by(col(FactsSnapshot.taken_at).desc()).limit(1))).first()


async def after(
    session: AsyncSession, case: CaseRecord, outcome: str, *, once: bool, asked: bool = True
) -> RightRow | None:
    """A case of a right has ended: the right's state, its running amount and ground. None if it was about no right."""
    right = await of_case(session, case)
    if right is None:
        return None
    ruling = await rulings.of_case(session, case.ref)
    granted = ruling is not None and ruling.state in GRANTED
    state = STATE_AFTER.get(outcome, RightState.CLAIMED if granted else RightState.OFFERED)
    if state is RightState.ENTITLED and once:
        state = RightState.SETTLED
    if state in (RightState.ENTITLED, RightState.SETTLED):
        await session.execute(delete(table(Look)).where(col(Look.right_id) == right.id))
        right.amount = ruling.amount if granted and ruling is not None else case.amount
        right.ground = case.ground
    elif right.state in (RightState.ENTITLED, RightState.SETTLED):
        # What was offered was a change of it, or turned out to be one right with what is served: that stands.
        state = RightState(right.state)
    if outcome == "refused_by_person":
        right.refusals += 1
        right.refused_amount, right.refused_ground = case.amount, case.ground
    right.state, right.why, right.since = state, outcome, datetime.now(UTC)
    # Who was not reached was not asked: that uses up no offer, and a new phone is found at the next look.
    right.offers += asked and outcome in ("lapsed", "late_yes", "refused_by_person")
    await session.flush()
    return right


LOOK = "right:"
"""How the key of a look at a right begins."""


async def look_on(
    session: AsyncSession, case: CaseRecord, day: date, why: str, *, right: RightRow | None = None, n: int = 0
) -> None:
    """Look again on that day, at a right or for what had no right yet; the earlier of two days counts.

    A right is looked at for each who may have it: the other parent's no is not the mother's, who was not reached.
    """
    root = f"{LOOK}{right.id}:{case.person_id}" if right is not None else case.root or case.opened_by
    row = insert(table(Look)).values(
        root=root,
        right_id=right.id if right is not None else None,
        service=case.service,
        person_id=case.person_id,
        day=day,
        why=why,
        n=n,
    )
    await session.execute(
        row.on_conflict_do_update(
            index_elements=["root"],
            set_={"day": func.least(col(Look.day), row.excluded.day), "why": row.excluded.why, "n": row.excluded.n},
        )
    )


async def due(session: AsyncSession, today: date, most: int) -> Sequence[Look]:
    """What is to be looked at now, the longest due first; what another gateway holds is left to it."""
    looks = select(Look).where(col(Look.day) <= today).order_by(col(Look.day), col(Look.root)).limit(most)
    return (await session.scalars(looks.with_for_update(skip_locked=True))).all()


async def looked(session: AsyncSession, look: Look) -> None:
    await session.execute(delete(table(Look)).where(col(Look.root) == look.root))
