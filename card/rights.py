"""Rights as things of their own: each known by every id it ever had, with its state, its attempts and its next look.

A case is one attempt at a right. A right is one row for good; over the years it may have any number of cases, and never
two that are open. What becomes of it when a case ends is said here, when it is looked at again by dated parameters.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import Assignment, CaseRecord, FactsSnapshot, Look, RightName, RightRow, RightState, table

STATE_AFTER = {
    "credited": RightState.ENTITLED,
    "told": RightState.SETTLED,
    "refused_by_person": RightState.REFUSED,
}
"""What a right is after a case of it has ended so. After any other ending it is still to be had."""


async def known_as(session: AsyncSession, service: str, names: Collection[str]) -> RightRow:
    """The right that has one of these names, made known if none had; all of them are its names from now on.

    Locked until the transaction ends. Should two rights turn out to be one, the one that was taken furthest counts.
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
        right = rows[-1]
    else:
        right = RightRow(id=uuid4(), service=service, state=RightState.FOUND)
        session.add(right)
        await session.flush()
    for name in names:
        named = insert(table(RightName)).values(service=service, name=name, right_id=right.id)
        await session.execute(named.on_conflict_do_nothing())
    return right


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
    try:
        async with session.begin_nested():
            await session.execute(
                update(table(CaseRecord))
                .where(col(CaseRecord.ref) == ref)
                .values(right_id=right.id, basis=basis, amount=amount, ground=ground)
            )
    except IntegrityError:
        at_it = select(col(CaseRecord.ref)).where(
            col(CaseRecord.right_id) == right.id, col(CaseRecord.outcome).is_(None)
        )
        return (await session.scalars(at_it)).one()
    await session.execute(delete(table(Look)).where(col(Look.right_id) == right.id))
    return None


async def names_of(session: AsyncSession, right_id: UUID) -> set[str]:
    """Every id that the right has or had."""
    return set(await session.scalars(select(col(RightName.name)).where(col(RightName.right_id) == right_id)))


async def is_attempted(session: AsyncSession, right: RightRow) -> bool:
    """Whether a case about the right is open."""
    at_it = select(func.count()).where(col(CaseRecord.right_id) == right.id, col(CaseRecord.outcome).is_(None))
    return bool((await session.execute(at_it)).scalar_one())


async def let_go(session: AsyncSession, ref: str) -> None:
    """This case is no attempt at a right any more: another may be."""
    await session.execute(update(table(CaseRecord)).where(col(CaseRecord.ref) == ref).values(right_id=None, basis=None))


async def ground_of_old(session: AsyncSession, right: RightRow) -> FactsSnapshot | None:
    """What was found when the running right was granted, for rights that were granted before their ground was kept."""
    granted = select(col(CaseRecord.ref)).where(
        col(CaseRecord.right_id) == right.id, col(CaseRecord.outcome) == "credited"
    )
    snapshots = select(FactsSnapshot).where(col(FactsSnapshot.case_ref).in_(granted))
    return (await session.scalars(snapshots.order_by(col(FactsSnapshot.taken_at).desc()).limit(1))).first()


async def after(session: AsyncSession, case: CaseRecord, outcome: str, *, once: bool) -> RightRow | None:
    """A case of a right has ended: the right's state, its running amount and ground. None if it was about no right."""
    if case.right_id is None:
        return None
    right = await session.get_one(RightRow, case.right_id, with_for_update=True, populate_existing=True)
    assigned = (
        await session.execute(
            select(col(Assignment.amount), col(Assignment.state)).where(col(Assignment.case_ref) == case.ref)
        )
    ).first()
    granted = assigned is not None and assigned[1] in ("assigned", "accepted")
    state = STATE_AFTER.get(outcome, RightState.CLAIMED if granted else RightState.OFFERED)
    if state is RightState.ENTITLED and once:
        state = RightState.SETTLED
    entitled = right.state == RightState.ENTITLED
    if state in (RightState.ENTITLED, RightState.SETTLED):
        right.amount = assigned[0] if granted and assigned is not None else case.amount
        right.ground = case.ground
    elif entitled:
        state = RightState.ENTITLED  # what was offered was a change of it: it runs as it did
    if outcome == "refused_by_person":
        right.refusals += 1
        right.refused_amount, right.refused_ground = case.amount, case.ground
    right.state, right.why, right.since = state, outcome, datetime.now(UTC)
    # Who was not reached was not asked: that uses up no offer, and a new phone is found at the next look.
    right.offers += outcome in ("lapsed", "late_yes", "refused_by_person")
    await session.flush()
    return right


async def look_on(
    session: AsyncSession, case: CaseRecord, day: date, why: str, *, right: RightRow | None = None, n: int = 0
) -> None:
    """Look again on that day, at a right or for what had no right yet; the earlier of two days counts."""
    root = f"right:{right.id}" if right is not None else case.root or case.opened_by
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
