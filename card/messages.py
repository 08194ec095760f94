"""What was said and heard: outgoing SMS, open questions, incoming SMS.

A message is written as *intended* before it goes out and as *sent* after. What becomes of its parts is in `card.parts`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Interval, func, select, type_coerce, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.parts import HOLDS, OPERATOR, keep
from card.tables import (
    IncomingMessage,
    MessageState,
    OutgoingMessage,
    Question,
    table,
)

REFERABLE = timedelta(days=60)
"""So long somebody may still mean a question that is closed: its number is given to no other question of the phone.
The longest a case waits after its window closes (late replies) is a month, and phones are off for weeks."""

NUMBERS = tuple(number for number in range(101, 1000) if number % 100)
"""What the texts can show and a person can be expected to write. `да 100` is no number: it may be meant as a sum."""


async def intend(session: AsyncSession, message: OutgoingMessage) -> OutgoingMessage:
    """Record that this SMS is to go out. If its key is known, the message as first intended is returned: same words."""
    row = insert(OutgoingMessage).values(**message.model_dump(exclude_unset=True))
    # DO UPDATE of the key to itself: only so does RETURNING give the row that was there already.
    row = row.on_conflict_do_update(index_elements=["key"], set_={"key": row.excluded.key})
    return (await session.scalars(row.returning(OutgoingMessage), execution_options={"populate_existing": True})).one()


async def known(session: AsyncSession, key: str) -> OutgoingMessage | None:
    """The message that was intended under this key; None if none was."""
    return await session.get(OutgoingMessage, key)


async def of_case(session: AsyncSession, case_ref: str) -> Sequence[OutgoingMessage]:
    """Everything that was said about the case, in its order."""
    said = select(OutgoingMessage).where(col(OutgoingMessage.case_ref) == case_ref)
    return (await session.scalars(said.order_by(col(OutgoingMessage.intended_at)))).all()


async def mark_sent(
    session: AsyncSession, key: str, smsc_message_ids: Sequence[str], at: datetime, *, operator: str = OPERATOR
) -> Sequence[str]:
    """The operator's centre has taken every part; `smsc_message_ids` in the order of the parts.

    The parts come first: a message that is marked as sent has them all, even if nothing holds the two together.
    Returns the ids that are given to another part too, as `parts.keep` does.
    """
    twice = await keep(session, key, smsc_message_ids, operator)
    await session.execute(
        update(table(OutgoingMessage))
        .where(col(OutgoingMessage.key) == key, col(OutgoingMessage.state) == MessageState.INTENDED)
        .values(state=MessageState.SENT, sent_at=at)
    )
    return twice


async def mark_failed(session: AsyncSession, key: str) -> None:
    """The centre refused the message for good."""
    await session.execute(
        update(table(OutgoingMessage))
        .where(col(OutgoingMessage.key) == key)
        .values(state=MessageState.FAILED, finished_at=func.now())
    )


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
    """Open a question to a phone under the case's own number there, in place of what the case asked before.

    The same key gives the question as first opened. `deadline` is stored: it decides.
    """
    known = await session.get(Question, key)
    again = 1
    while known is not None and known.closed_at is not None and expects == "account":
        # Asked in an earlier life of the case, and over: its number of the question begins at one again.
        again += 1
        known = await session.get(Question, f"{key}+{again}")
    if known is not None:
        return known
    key = key if again == 1 else f"{key}+{again}"
    await close_questions(session, case_ref)
    # One question after another for the same phone: two cases at once must not take the same number.
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(phone))))
    number = await _number(session, phone, case_ref)
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


async def _number(session: AsyncSession, phone: str, case_ref: str) -> int:
    """The number under which the phone knows this case; else one by lot, by which nobody may still mean another.

    A Card that was restored has forgotten what it asked last, and a yes to that may still come: counted numbers would
    come again. The lot is the case's own reference, which was drawn: asked anew, it has the number that it had.
    """
    asked = await asked_of(session, phone)
    own = [question.number for question in asked if question.case_ref == case_ref]
    if own:
        return own[-1]
    meant = {question.number for question in asked}
    lot = int(sha256(case_ref.encode()).hexdigest(), 16) % len(NUMBERS)
    free = [number for number in (*NUMBERS[lot:], *NUMBERS[:lot]) if number not in meant]
    if free:
        return free[0]
    # Hundreds of cases in two months: the number that was closed longest ago. One that is open is never given again.
    closed = [question for question in asked if question.closed_at is not None]
    if not closed:
        return max(meant) + 1  # which no text can show: an operator is told
    return min(closed, key=lambda question: (question.closed_at, question.number)).number


async def shown_number(session: AsyncSession, question: Question) -> int | None:
    """The number as the person is told it: whose phone may be meant to answer nothing else needs none."""
    others = any(one.case_ref != question.case_ref for one in await asked_of(session, question.phone))
    return question.number if others else None


async def last_question(session: AsyncSession, case_ref: str) -> Question | None:
    """What the case asked last, open or closed; None if it has asked nothing."""
    asked = select(Question).where(col(Question.case_ref) == case_ref).order_by(col(Question.opened_at).desc())
    return (await session.scalars(asked.limit(1))).one_or_none()


async def close_questions(session: AsyncSession, case_ref: str) -> None:
    """Nothing is expected of the person for this case any more."""
    await session.execute(
        update(table(Question))
        .where(col(Question.case_ref) == case_ref, col(Question.closed_at).is_(None))
        .values(closed_at=func.now())
    )


async def asked_by(session: AsyncSession, refs: Collection[str]) -> set[str]:
    """Those of these cases that have asked anything, open or closed."""
    return set(await session.scalars(select(col(Question.case_ref)).where(col(Question.case_ref).in_(refs))))


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


async def question(session: AsyncSession, key: str) -> Question | None:
    """The question under this key."""
    return await session.get(Question, key)


async def asked_of(session: AsyncSession, phone: str) -> Sequence[Question]:
    """What was put to this phone and may still be meant, oldest first: open, or closed not long ago."""
    closed_at = col(Question.closed_at)
    return (
        await session.scalars(
            select(Question)
            .where(col(Question.phone) == phone, closed_at.is_(None) | (closed_at > func.now() - REFERABLE))
            .order_by(col(Question.opened_at), col(Question.key))
            .execution_options(populate_existing=True)
        )
    ).all()


async def incoming_locked(session: AsyncSession, message_id: str) -> IncomingMessage | None:
    """A message, with its phone's questions held still until the transaction ends; None if there is no such message."""
    message = await session.get(IncomingMessage, message_id, with_for_update=True, populate_existing=True)
    if message is not None:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(message.phone))))
    return message


async def bind(session: AsyncSession, message: IncomingMessage, question: Question) -> None:
    """This message answers this question, for good."""
    message.question_key, message.case_ref = question.key, question.case_ref
    await session.execute(
        update(table(IncomingMessage))
        .where(col(IncomingMessage.message_id) == message.message_id)
        .values(question_key=question.key, case_ref=question.case_ref)
    )


async def quickest(session: AsyncSession, operator: str, *, but: str, of: int) -> timedelta | None:
    """The least time between what an operator says and what our clock says of one message, of the last day's from other
    phones than `but`; None if fewer than `of` came."""
    took = type_coerce(col(IncomingMessage.stored_at) - col(IncomingMessage.received_at), Interval())
    lately = select(func.min(took), func.count()).where(
        col(IncomingMessage.stored_at) > func.now() - timedelta(days=1),
        func.split_part(col(IncomingMessage.message_id), ":", 1) == operator,
        col(IncomingMessage.phone) != but,
    )
    least: timedelta | None
    least, number = (await session.execute(lately)).one()
    return least if number >= of else None


async def answers_of(session: AsyncSession, question_key: str, meaning: str) -> int:
    """How many messages that say this were brought on as answers to this question."""
    bound = select(func.count()).where(
        col(IncomingMessage.question_key) == question_key,
        col(IncomingMessage.meaning) == meaning,
        col(IncomingMessage.set_aside).is_(None),
    )
    return (await session.execute(bound)).scalar_one()


async def answers_to(session: AsyncSession, question_key: str) -> Sequence[str]:
    """The ids of the messages that answer this question and were not set aside, the first first."""
    bound = select(col(IncomingMessage.message_id)).where(
        col(IncomingMessage.question_key) == question_key, col(IncomingMessage.set_aside).is_(None)
    )
    return (await session.scalars(bound.order_by(col(IncomingMessage.stored_at)))).all()


async def oldest_waiting(session: AsyncSession, phone: str) -> IncomingMessage | None:
    """What this phone said first of what no case has taken."""
    waiting = select(IncomingMessage).where(
        col(IncomingMessage.phone) == phone, col(IncomingMessage.relayed_at).is_(None)
    )
    order = col(IncomingMessage.received_at), col(IncomingMessage.stored_at)
    return (await session.scalars(waiting.order_by(*order).limit(1))).first()


async def phones_waiting(session: AsyncSession, most: int) -> Sequence[str]:
    """Phones whose words no case has taken yet, who wrote first, first."""
    first = func.min(col(IncomingMessage.stored_at))
    waiting = select(col(IncomingMessage.phone)).where(col(IncomingMessage.relayed_at).is_(None))
    return (await session.scalars(waiting.group_by(col(IncomingMessage.phone)).order_by(first).limit(most))).all()


async def set_aside(session: AsyncSession, message_id: str, reason: str, meaning: str | None = None) -> None:
    """Nobody is brought this message: it is kept with the reason and what it says, and holds up nothing."""
    await session.execute(
        update(table(IncomingMessage))
        .where(col(IncomingMessage.message_id) == message_id)
        .values(set_aside=reason, relayed_at=func.now(), meaning=meaning)
    )


async def waiting_of(session: AsyncSession, phone: str) -> int:
    """How many words of this phone no case has taken yet."""
    waiting = select(func.count()).where(col(IncomingMessage.phone) == phone, col(IncomingMessage.relayed_at).is_(None))
    return (await session.execute(waiting)).scalar_one()


async def words_waiting(session: AsyncSession, phone: str, most: int) -> Sequence[IncomingMessage]:
    """What this phone said that no case has taken yet, the first of it."""
    waiting = select(IncomingMessage).where(
        col(IncomingMessage.phone) == phone, col(IncomingMessage.relayed_at).is_(None)
    )
    return (await session.scalars(waiting.order_by(col(IncomingMessage.stored_at)).limit(most))).all()


async def said_lately(session: AsyncSession, phone: str, kinds: Collection[str], but: str) -> int:
    """How many messages of these kinds went to this phone within a day, one with the key `but` left out."""
    told = select(func.count()).where(
        col(OutgoingMessage.phone) == phone,
        col(OutgoingMessage.kind).in_(kinds),
        col(OutgoingMessage.intended_at) > func.now() - timedelta(days=1),
        col(OutgoingMessage.key) != but,
    )
    return (await session.execute(told)).scalar_one()


async def language_of(session: AsyncSession, phone: str) -> str | None:
    """The language in which this phone was last spoken to."""
    spoken = select(col(OutgoingMessage.language)).where(col(OutgoingMessage.phone) == phone)
    last: str | None = await session.scalar(spoken.order_by(col(OutgoingMessage.intended_at).desc()).limit(1))
    return last


async def last_case_told(session: AsyncSession, phone: str) -> str | None:
    """The case that this phone was told of last; None if it was told of none."""
    told = select(col(OutgoingMessage.case_ref)).where(
        col(OutgoingMessage.phone) == phone, col(OutgoingMessage.case_ref).is_not(None)
    )
    ref: str | None = await session.scalar(told.order_by(col(OutgoingMessage.intended_at).desc()).limit(1))
    return ref


async def store_incoming(session: AsyncSession, message: IncomingMessage) -> str | None:
    """Keep an incoming SMS before it is acknowledged. Returns the id that it has here, None for a doubled delivery.

    An operator's counter that began anew gives an id again: the same from another phone, with other words or much later
    is another message, and has an id that is made of all that.
    """
    added = await _store(session, message)
    known = None if added is not None else await session.get_one(IncomingMessage, message.message_id)
    if known is None or _is_repeated(known, message):
        return added
    span = message.received_at.toordinal() // HOLDS.days
    told = sha256(f"{message.phone}\0{message.text}\0{span}".encode()).hexdigest()[:16]
    values = message.model_dump(exclude_unset=True) | {"message_id": f"{message.message_id}#{told}"}
    return await _store(session, IncomingMessage(**values))


async def _store(session: AsyncSession, message: IncomingMessage) -> str | None:
    row = insert(table(IncomingMessage)).values(**message.model_dump(exclude_unset=True)).on_conflict_do_nothing()
    stored: str | None = await session.scalar(row.returning(col(IncomingMessage.message_id)))
    return stored


def _is_repeated(known: IncomingMessage, message: IncomingMessage) -> bool:
    same = (known.phone, known.text) == (message.phone, message.text)
    return same and abs(known.received_at - message.received_at) < HOLDS


async def relayed(session: AsyncSession, message_id: str, meaning: str) -> None:
    """The case has taken the message, or it was answered without one."""
    await session.execute(
        update(table(IncomingMessage))
        .where(col(IncomingMessage.message_id) == message_id)
        .values(meaning=meaning, relayed_at=func.now())
    )
