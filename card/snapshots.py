"""What was known when the law was applied, and what it said: kept under the key of the step that asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import CaseRecord, FactsSnapshot, table


async def keep(session: AsyncSession, key: str, case_ref: str, facts: dict[str, Any], decision: dict[str, Any]) -> None:
    """Keep what the registries said, and what the law answered."""
    row = insert(table(FactsSnapshot)).values(key=key, case_ref=case_ref, facts=facts, decision=decision)
    # An attempt that was cut off after its commit is made again: the last word on the facts stands.
    set_ = {"facts": row.excluded.facts, "decision": row.excluded.decision}
    await session.execute(row.on_conflict_do_update(index_elements=["key"], set_=set_))


async def find(session: AsyncSession, key: str) -> FactsSnapshot:
    """The snapshot of the step with this key, which is there. Raises NoResultFound."""
    return await session.get_one(FactsSnapshot, key)


async def taken_at(session: AsyncSession, key: str) -> datetime | None:
    """When the step with this key asked; None if it never did."""
    at: datetime | None = await session.scalar(select(col(FactsSnapshot.taken_at)).where(col(FactsSnapshot.key) == key))
    return at


async def last(session: AsyncSession, case_ref: str) -> FactsSnapshot | None:
    """What the registries and the law last said of the case; None before they were asked."""
    return await _of(session, case_ref, newest=True)


@dataclass(frozen=True)
class LastWord:
    """What the law last said of a case, on which facts and when; `outcome` is None while the case is open."""

    ref: str
    service: str
    outcome: str | None
    taken_at: datetime
    facts: dict[str, Any]
    decision: dict[str, Any]


async def last_words(
    session: AsyncSession, services: Collection[str], *, after: str = "", limit: int = 500
) -> Sequence[LastWord]:
    """The last snapshot of each case of these services, by reference from the one after `after` on."""
    case, kept = table(CaseRecord).c, table(FactsSnapshot).c
    query = (
        select(kept.case_ref, case.service, case.outcome, kept.taken_at, kept.facts, kept.decision)
        .join(table(CaseRecord), case.ref == kept.case_ref)
        # Said of both, which are equal: else all cases before it are read as well.
        .where(kept.case_ref > after, case.ref > after, case.service.in_(services))
        .ext(distinct_on(kept.case_ref))
        .order_by(kept.case_ref, kept.taken_at.desc())
        .limit(limit)
    )
    return [LastWord(*row) for row in (await session.execute(query)).all()]


async def first(session: AsyncSession, case_ref: str) -> FactsSnapshot | None:
    """What the registries and the law said of the case when its right was found; None before they were asked."""
    return await _of(session, case_ref, newest=False)


async def _of(session: AsyncSession, case_ref: str, *, newest: bool) -> FactsSnapshot | None:
    order = col(FactsSnapshot.taken_at).desc() if newest else col(FactsSnapshot.taken_at)
    taken = select(FactsSnapshot).where(col(FactsSnapshot.case_ref) == case_ref).order_by(order).limit(1)
    return (await session.scalars(taken)).first()
