"""The signed requests that were accepted, so that none is accepted twice, and those that are just being served."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import SeenRequest, table


class Claim(StrEnum):
    """What became of the wish to serve a request."""

    GRANTED = "granted"
    HELD = "held"  # somebody serves this very request
    ACCEPTED = "accepted"  # it was accepted before


async def claim(
    session: AsyncSession, signature: str, now: datetime, held_before: datetime, forget_before: datetime
) -> Claim:
    """Hold a request while it is served; `accept` or `release` it then.

    One that was held before `held_before` and came to nothing is taken over: whoever held it is gone. What was seen
    before `forget_before` can't be repeated any more and is thrown away.
    """
    await session.execute(delete(table(SeenRequest)).where(col(SeenRequest.seen_at) < forget_before))
    granted = await session.scalar(
        insert(table(SeenRequest))
        .values(signature=signature, seen_at=now)
        .on_conflict_do_update(
            index_elements=[col(SeenRequest.signature)],
            set_={"seen_at": now},
            where=col(SeenRequest.accepted_at).is_(None) & (col(SeenRequest.seen_at) < held_before),
        )
        .returning(col(SeenRequest.signature))
    )
    if granted is not None:
        return Claim.GRANTED
    known = await session.get(SeenRequest, signature)
    return Claim.HELD if known is None or known.accepted_at is None else Claim.ACCEPTED


async def accept(session: AsyncSession, signature: str, now: datetime) -> None:
    """It had its effect and is not accepted again."""
    await session.execute(
        update(table(SeenRequest)).where(col(SeenRequest.signature) == signature).values(accepted_at=now)
    )


async def release(session: AsyncSession, signature: str) -> None:
    """It had no effect and may come again."""
    await session.execute(
        delete(table(SeenRequest)).where(
            col(SeenRequest.signature) == signature, col(SeenRequest.accepted_at).is_(None)
        )
    )
