"""What was said and heard: outgoing SMS and their receipts, open questions, incoming SMS.

A message is written as *intended* before it goes out and as *sent* after; receipts may overtake that second step, so
they are kept by the centre's id and matched from either side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import (
    DeliveryReceipt,
    IncomingMessage,
    MessagePart,
    MessageState,
    OutgoingMessage,
    Question,
    table,
)


async def intend(session: AsyncSession, message: OutgoingMessage) -> OutgoingMessage:
    """Record that this SMS is to go out. If its key is known, the message as first intended is returned: same words."""
    row = insert(OutgoingMessage).values(**message.model_dump(exclude_unset=True))
    # DO UPDATE of the key to itself: only so does RETURNING give the row that was there already.
    row = row.on_conflict_do_update(index_elements=["key"], set_={"key": row.excluded.key})
    return (await session.scalars(row.returning(OutgoingMessage), execution_options={"populate_existing": True})).one()


async def mark_sent(session: AsyncSession, key: str, smsc_message_ids: Sequence[str], at: datetime) -> None:
    """The centre has taken every part; `smsc_message_ids` in the order of the parts.

    The parts come first: a message that is marked as sent has them all, even if nothing holds the two together.
    """
    await session.execute(
        insert(table(MessagePart)).on_conflict_do_nothing(),
        [{"smsc_message_id": id_, "message_key": key, "number": n} for n, id_ in enumerate(smsc_message_ids, 1)],
    )
    await session.execute(
        update(table(OutgoingMessage))
        .where(col(OutgoingMessage.key) == key, col(OutgoingMessage.state) == MessageState.INTENDED)
        .values(state=MessageState.SENT, sent_at=at)
    )


async def mark_failed(session: AsyncSession, key: str) -> None:
    """The centre refused the message for good."""
    await session.execute(
        update(table(OutgoingMessage))
        .where(col(OutgoingMessage.key) == key)
        .values(state=MessageState.FAILED, finished_at=func.now())
    )


async def store_receipt(session: AsyncSession, smsc_message_id: str, *, delivered: bool, at: datetime) -> None:
    """Keep a receipt; a second one for the same part changes nothing."""
    await session.execute(
        insert(table(DeliveryReceipt))
        .values(smsc_message_id=smsc_message_id, delivered=delivered, at=at)
        .on_conflict_do_nothing()
    )


@dataclass(frozen=True)
class Delivery:
    """What the receipts say of a whole message: arrived when its last part did, failed when one part did."""

    message: OutgoingMessage
    delivered: bool
    at: datetime


async def delivery_of(session: AsyncSession, key: str) -> Delivery | None:
    """What the receipts say of the message; None while a part has none and no part has failed."""
    message = await session.get_one(OutgoingMessage, key)
    rows = (
        await session.scalars(
            select(DeliveryReceipt)
            .join(MessagePart, col(MessagePart.smsc_message_id) == col(DeliveryReceipt.smsc_message_id))
            .where(col(MessagePart.message_key) == key)
        )
    ).all()
    failed = [r for r in rows if not r.delivered]
    if failed:
        return Delivery(message, delivered=False, at=max(r.at for r in failed))
    if len(rows) < message.parts:
        return None
    return Delivery(message, delivered=True, at=max(r.at for r in rows))


async def finish_delivery(session: AsyncSession, delivery: Delivery) -> None:
    """Write the delivery into the message."""
    state = MessageState.DELIVERED if delivery.delivered else MessageState.FAILED
    await session.execute(
        update(table(OutgoingMessage))
        .where(col(OutgoingMessage.key) == delivery.message.key)
        .values(state=state, finished_at=delivery.at)
    )


async def message_of_part(session: AsyncSession, smsc_message_id: str) -> str | None:
    """The key of the message that this part belongs to, if it has been stored yet."""
    part = await session.get(MessagePart, smsc_message_id)
    return part.message_key if part else None


async def ask(
    session: AsyncSession,
    *,
    key: str,
    case_ref: str,
    phone: str,
    expects: str,
    window_days: int,
    deadline: datetime,
) -> Question:
    """Open a question to a phone under the smallest free number, in place of what the case asked before.

    The same key gives the question as first opened. `deadline` is stored: it decides.
    """
    known = await session.get(Question, key)
    if known is not None:
        return known
    await close_questions(session, case_ref)
    # One question after another for the same phone: two cases at once must not take the same number.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(phone))))
    taken = {q.number for q in await open_questions(session, phone)}
    number = next(n for n in range(1, len(taken) + 2) if n not in taken)
    question = Question(
        key=key,
        case_ref=case_ref,
        phone=phone,
        number=number,
        expects=expects,
        window_days=window_days,
        deadline=deadline,
    )
    session.add(question)
    await session.flush()
    return question


async def last_question(session: AsyncSession, case_ref: str) -> Question:
    """What the case asked last, open or closed."""
    asked = select(Question).where(col(Question.case_ref) == case_ref).order_by(col(Question.opened_at).desc())
    return (await session.scalars(asked.limit(1))).one()


async def close_questions(session: AsyncSession, case_ref: str) -> None:
    """Nothing is expected of the person for this case any more."""
    await session.execute(
        update(table(Question))
        .where(col(Question.case_ref) == case_ref, col(Question.closed_at).is_(None))
        .values(closed_at=func.now())
    )


async def set_deadline(session: AsyncSession, key: str, deadline: datetime) -> None:
    """Store until when the answer counts: the one deadline that decides."""
    await session.execute(update(table(Question)).where(col(Question.key) == key).values(deadline=deadline))


async def open_questions(session: AsyncSession, phone: str) -> Sequence[Question]:
    """What is still to be answered from this phone, by number."""
    return (
        await session.scalars(
            select(Question)
            .where(col(Question.phone) == phone, col(Question.closed_at).is_(None))
            .order_by(col(Question.number))
        )
    ).all()


async def store_incoming(session: AsyncSession, message: IncomingMessage) -> bool:
    """Keep an incoming SMS before it is acknowledged. False if this message id is known: a doubled delivery."""
    added = await session.execute(
        insert(table(IncomingMessage))
        .values(**message.model_dump(exclude_unset=True))
        .on_conflict_do_nothing()
        .returning(literal(1))
    )
    return added.scalar_one_or_none() is not None


async def relayed(session: AsyncSession, message_id: str, case_ref: str | None, meaning: str) -> None:
    """The case has taken the message, or it was answered without one."""
    await session.execute(
        update(table(IncomingMessage))
        .where(col(IncomingMessage.message_id) == message_id)
        .values(case_ref=case_ref, meaning=meaning, relayed_at=func.now())
    )


async def untold(session: AsyncSession, oldest: timedelta) -> Sequence[str]:
    """Keys of messages with a receipt that has not been acted upon."""
    return (
        await session.scalars(
            select(col(MessagePart.message_key))
            .join(DeliveryReceipt, col(DeliveryReceipt.smsc_message_id) == col(MessagePart.smsc_message_id))
            .where(col(DeliveryReceipt.told_at).is_(None), col(DeliveryReceipt.at) > func.now() - oldest)
            .distinct()
            .limit(1000)
        )
    ).all()


async def told(session: AsyncSession, key: str) -> None:
    """The receipts of this message have been acted upon."""
    parts = select(col(MessagePart.smsc_message_id)).where(col(MessagePart.message_key) == key)
    await session.execute(
        update(table(DeliveryReceipt)).where(col(DeliveryReceipt.smsc_message_id).in_(parts)).values(told_at=func.now())
    )
