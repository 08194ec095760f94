"""The parts of outgoing SMS and their receipts: which receipt is about which part, and what they say of a message.

An id of a part is an operator's own, and holds for a while: a counter that starts anew gives it to another part. It may
be spelt otherwise in the receipt than in the answer that gave it. A receipt is kept as it comes, for it may overtake
the step that stores the part; `match` brings the two together, and only where nothing else can be meant.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import DeliveryReceipt, MessagePart, MessageState, OutgoingMessage, table

OPERATOR = "smsc"
"""Whose the parts are where nothing else is set: the one SMS operator that the settings name by default."""

HOLDS = timedelta(days=3)
"""So long an id means one part. An SMS lives three days at most in the centres of the country's operators; an id that
comes again sooner could be either part, and is no proof of anything."""

MATCHED_WITHIN = timedelta(minutes=10)
"""A receipt may overtake the step that stores its part by so much, with a worker that stumbles in between; after it, a
receipt that is about no part of ours is a fault that operators are told of."""

UNTOLD_AT_ONCE = 1000
"""So many messages are judged in one look, the oldest first; the next look judges the others."""

_DECIMAL, _HEXADECIMAL = re.compile(r"[0-9]{1,20}"), re.compile(r"[0-9A-Fa-f]{1,20}")


def reading(smsc_message_id: str) -> str:
    """The number that an id means, in decimal; an id that is no number, as it is.

    `39F99DD5`, `39f99dd5`, `0972660181` and `972660181` are one: digits alone are decimal, padded or not, and with
    letters among them hexadecimal. Digits that were meant as hexadecimal are not seen as such: they match nothing.
    """
    if _DECIMAL.fullmatch(smsc_message_id):
        return str(int(smsc_message_id))
    if _HEXADECIMAL.fullmatch(smsc_message_id):
        return str(int(smsc_message_id, 16))
    return smsc_message_id


async def keep(session: AsyncSession, key: str, smsc_message_ids: Sequence[str], operator: str) -> Sequence[str]:
    """Store the parts of a message, in their order.

    Returns the ids that the operator has also given to another part, of this or of another message, whose time is not
    over: their receipts prove nothing, and somebody must be told.
    """
    parts = [
        {"operator": operator, "smsc_message_id": id_, "message_key": key, "number": n, "reading": reading(id_)}
        for n, id_ in enumerate(smsc_message_ids, 1)
    ]
    await session.execute(insert(table(MessagePart)).on_conflict_do_nothing(), parts)
    readings = [part["reading"] for part in parts]
    # What waited in vain, because this step came late, is looked at once more.
    await session.execute(
        update(table(DeliveryReceipt))
        .where(
            col(DeliveryReceipt.operator) == operator,
            col(DeliveryReceipt.reading).in_(readings),
            col(DeliveryReceipt.message_key).is_(None),
            col(DeliveryReceipt.told_at).is_not(None),
            col(DeliveryReceipt.stored_at) > func.now() - HOLDS,
        )
        .values(told_at=None, stored_at=func.now())
    )
    others = select(col(MessagePart.smsc_message_id)).where(
        col(MessagePart.operator) == operator,
        col(MessagePart.reading).in_(readings),
        col(MessagePart.message_key) != key,
        col(MessagePart.sent_at) > func.now() - HOLDS,
    )
    twice = {id_ for id_ in smsc_message_ids if smsc_message_ids.count(id_) > 1}
    return sorted(twice | set((await session.scalars(others)).all()))


@dataclass(frozen=True)
class Received:
    """A receipt of one part, as this operator names the part."""

    smsc_message_id: str
    _: KW_ONLY
    delivered: bool
    at: datetime
    operator: str = OPERATOR


_ALONE = text("""
    SELECT pg_advisory_xact_lock(turn)
    FROM (SELECT hashtext('receipt ' || operator || ':' || id) AS turn
          FROM unnest(CAST(:operators AS text[]), CAST(:ids AS text[])) AS new(operator, id) ORDER BY turn) AS turns
""")
_KEEP = text("""
    INSERT INTO receipts (operator, smsc_message_id, reading, delivered, at)
    SELECT * FROM unnest(
        CAST(:operators AS text[]), CAST(:ids AS text[]), CAST(:readings AS text[]),
        CAST(:delivered AS boolean[]), CAST(:at AS timestamptz[])
    ) AS new(operator, id, reading, delivered, at)
    WHERE NOT EXISTS (
        SELECT FROM receipts known
        WHERE known.operator = new.operator AND known.reading = new.reading AND known.smsc_message_id = new.id
        AND known.stored_at > now() - CAST(:holds AS interval))
""")


async def store_receipts(session: AsyncSession, receipts: Iterable[Received]) -> None:
    """Keep these receipts; a second one of an operator for the same id changes nothing while the id holds.

    In a transaction: two that come at the same moment are one.
    """
    new = list({(one.operator, one.smsc_message_id): one for one in reversed(list(receipts))}.values())
    named = {"operators": [one.operator for one in new], "ids": [one.smsc_message_id for one in new]}
    await session.execute(_ALONE, named)
    said = {
        "readings": [reading(one.smsc_message_id) for one in new],
        "delivered": [one.delivered for one in new],
        "at": [one.at for one in new],
    }
    await session.execute(_KEEP, {**named, **said, "holds": HOLDS})


_MATCH = text("""
    WITH meant AS (
        SELECT r.id, r.operator, p.message_key, p.smsc_message_id AS part,
               p.smsc_message_id = r.smsc_message_id AS exact
        FROM receipts r JOIN message_parts p ON p.operator = r.operator AND p.reading = r.reading
            AND p.sent_at BETWEEN r.stored_at - :holds AND r.stored_at + :within
        WHERE r.message_key IS NULL AND r.told_at IS NULL
    ), one AS (
        SELECT id, operator, min(message_key) AS message_key, min(part) AS part
        FROM (SELECT *, bool_or(exact) OVER (PARTITION BY id) AS spelt FROM meant) all_meant
        WHERE exact OR NOT spelt GROUP BY id, operator HAVING count(*) = 1
    ), first AS (
        SELECT DISTINCT ON (operator, message_key, part) * FROM one ORDER BY operator, message_key, part, id
    )
    UPDATE receipts SET message_key = first.message_key, part = first.part FROM first
    WHERE receipts.id = first.id AND receipts.message_key IS NULL AND NOT EXISTS (
        SELECT FROM receipts other WHERE other.operator = first.operator
        AND other.message_key = first.message_key AND other.part = first.part)
""")


async def match(session: AsyncSession) -> None:
    """Bring the receipts that wait to the parts that they are about: the same spelling first, else the same number.

    What two parts could be meant by is left. In a transaction: who finds another at it leaves it to that one.
    """
    alone = select(func.pg_try_advisory_xact_lock(func.hashtext("receipts are matched")))
    if (await session.execute(alone)).scalar_one():
        await session.execute(_MATCH, {"holds": HOLDS, "within": MATCHED_WITHIN})


async def give_up(session: AsyncSession) -> Sequence[tuple[str, int, str]]:
    """The receipts that have waited in vain, put away: by operator how many, and the id of one."""
    found = (
        await session.execute(
            update(table(DeliveryReceipt))
            .where(
                col(DeliveryReceipt.message_key).is_(None),
                col(DeliveryReceipt.told_at).is_(None),
                col(DeliveryReceipt.stored_at) < func.now() - MATCHED_WITHIN,
            )
            .values(told_at=func.now())
            .returning(col(DeliveryReceipt.operator), col(DeliveryReceipt.smsc_message_id))
        )
    ).all()
    by_operator: dict[str, list[str]] = {}
    for operator, id_ in found:
        by_operator.setdefault(operator, []).append(id_)
    return [(operator, len(ids), min(ids)) for operator, ids in sorted(by_operator.items())]


@dataclass(frozen=True)
class Delivery:
    """What the receipts say of a whole message: arrived when its last part did, failed when one part did."""

    message: OutgoingMessage
    delivered: bool
    at: datetime
    told: bool
    """Whether the verdict was given before: parts may fail minutes apart, and it is one verdict."""


async def delivery_of(session: AsyncSession, key: str) -> Delivery | None:
    """What the matched receipts say of the message; None while a part has none and no part has failed."""
    message = await session.get_one(OutgoingMessage, key)
    of_it = select(DeliveryReceipt).where(col(DeliveryReceipt.message_key) == key)
    rows = (await session.scalars(of_it.execution_options(populate_existing=True))).all()
    told = any(r.told_at is not None for r in rows)
    failed = [r for r in rows if not r.delivered]
    if failed:
        return Delivery(message, delivered=False, at=max(r.at for r in failed), told=told)
    if len(rows) < message.parts:
        return None
    return Delivery(message, delivered=True, at=max(r.at for r in rows), told=told)


async def finish_delivery(session: AsyncSession, delivery: Delivery) -> None:
    """Write the delivery into the message."""
    state = MessageState.DELIVERED if delivery.delivered else MessageState.FAILED
    await session.execute(
        update(table(OutgoingMessage))
        .where(col(OutgoingMessage.key) == delivery.message.key)
        .values(state=state, finished_at=delivery.at)
    )


async def untold(session: AsyncSession, oldest: timedelta) -> Sequence[str]:
    """Keys of messages that can be judged and have not been: a part failed, or every part has its receipt.

    One with half its receipts is not among them, so that a thousand such hide nobody. What arrived comes first: while
    nothing does, a thousand that did not are held.
    """
    at, of_message = col(DeliveryReceipt.at), col(DeliveryReceipt.message_key)
    new = select(of_message).where(
        # By our clock: a centre whose own is days behind, or ahead, says of its receipts what it will.
        col(DeliveryReceipt.told_at).is_(None),
        of_message.is_not(None),
        col(DeliveryReceipt.stored_at) > func.now() - oldest,
    )
    judged = (
        select(col(OutgoingMessage.key))
        .join(DeliveryReceipt, of_message == col(OutgoingMessage.key))
        .where(col(OutgoingMessage.key).in_(new))
        .group_by(col(OutgoingMessage.key), col(OutgoingMessage.parts))
        .having((func.count() >= col(OutgoingMessage.parts)) | func.bool_or(~col(DeliveryReceipt.delivered)))
        .order_by(func.bool_or(~col(DeliveryReceipt.delivered)), func.min(at), col(OutgoingMessage.key))
        .limit(UNTOLD_AT_ONCE)
    )
    return (await session.scalars(judged)).all()


async def told(session: AsyncSession, key: str) -> None:
    """The receipts of this message have been acted upon."""
    await session.execute(
        update(table(DeliveryReceipt)).where(col(DeliveryReceipt.message_key) == key).values(told_at=func.now())
    )
