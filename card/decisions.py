"""What was decided on cases, and by whom: written before it takes effect, and never changed."""

import json
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from card import rights
from card.tables import CaseRecord, Decision, FactsSnapshot, RightName, RightRow, table

Later = aliased(CaseRecord)
"""Another case, beside the one that was decided on."""


async def write(
    session: AsyncSession, *, key: str, case_ref: str, action: str, why: str, by: str, note: str, at: datetime
) -> datetime:
    """Write a decision down once under its key. Returns when it was made; what was written first stands.

    Another one under the same key is a row of its own: the key bears the update's id, and whoever writes to Temporal
    chooses that.
    """
    row = insert(table(Decision)).values(key=key, case_ref=case_ref, action=action, why=why, by=by, note=note, at=at)
    await session.execute(row.on_conflict_do_nothing(index_elements=["key"]))
    kept = await session.get_one(Decision, key)
    if (kept.case_ref, kept.action, kept.by, kept.note) == (case_ref, action, by, note):
        return kept.at
    other = sha256(json.dumps([case_ref, action, by, note]).encode()).hexdigest()[:16]
    return await write(
        session, key=f"{key}:{other}", case_ref=case_ref, action=action, why=why, by=by, note=note, at=at
    )


async def of_case(session: AsyncSession, case_ref: str) -> Sequence[Decision]:
    """Everything that was decided on the case, in its order."""
    made = select(Decision).where(col(Decision.case_ref) == case_ref).order_by(col(Decision.at))
    return (await session.scalars(made)).all()


async def last(session: AsyncSession, ref: str, *, why: str, actions: Collection[str]) -> Decision | None:
    """Which of these an operator decided last in the case, where it needed a person for that; None if none of them."""
    made = select(Decision).where(
        col(Decision.case_ref) == ref, col(Decision.action).in_(actions), col(Decision.why).contains(why)
    )
    return (await session.scalars(made.order_by(col(Decision.at).desc()).limit(1))).first()


async def stands(session: AsyncSession, right: RightRow, person_id: UUID, action: str, *, since: date) -> bool:
    """Whether this was decided of the right for this person, on that day or later, and nobody was paid it since.

    A case that asks is at no right: which one it asked about, what the law said to it then tells.
    """
    of, kept = table(CaseRecord).c, table(FactsSnapshot).c
    names = select(col(RightName.name)).where(col(RightName.right_id) == right.id)
    paid = select(col(Later.ref)).where(
        col(Later.right_id).in_(rights.rows_of(right)), col(Later.outcome) == "credited"
    )
    made = (
        select(col(Decision.key))
        .join(table(CaseRecord), of.ref == col(Decision.case_ref))
        .join(table(FactsSnapshot), kept.case_ref == of.ref)
        .where(of.person_id == person_id, of.service == right.service, kept.decision["basis"].astext.in_(names))
        .where(col(Decision.action) == action, col(Decision.at) >= datetime.combine(since, time(), UTC))
        .where(~paid.where(col(Later.closed_at) > col(Decision.at)).exists())
    )
    return await session.scalar(made.limit(1)) is not None


async def made_of(session: AsyncSession, right: RightRow, action: str) -> bool:
    """Whether this was decided in any case of the right."""
    made = select(col(Decision.key)).join(table(CaseRecord), col(CaseRecord.ref) == col(Decision.case_ref))
    made = made.where(rights.all_of(right), col(Decision.action) == action)
    return await session.scalar(made.limit(1)) is not None
