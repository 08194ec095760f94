"""What persons agreed to or declined, each with the message that says so; and what was no answer, for an auditor."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import rights
from card.messages import close_questions
from card.tables import CaseRecord, Consent, Decision, IncomingMessage, Question, RefusedAnswer, table


async def given(session: AsyncSession, case_ref: str) -> Consent | None:
    """The yes of this case, if there is one."""
    return (
        await session.scalars(select(Consent).where(col(Consent.case_ref) == case_ref, col(Consent.given)))
    ).one_or_none()


async def is_agreed(session: AsyncSession, case_ref: str, granted: str) -> bool:
    """Whether the person has said yes to this case, or a decision under the key `granted` goes by an earlier yes."""
    decision = await session.get(Decision, granted)
    return await given(session, case_ref) is not None or (decision is not None and decision.case_ref == case_ref)


async def to_the_right_of(session: AsyncSession, case_ref: str) -> Consent | None:
    """The last yes of another case of the same right; None if nobody has said yes to it."""
    right = await rights.of_case(session, await session.get_one(CaseRecord, case_ref))
    if right is None:
        return None
    said = select(Consent).join(table(CaseRecord), col(CaseRecord.ref) == col(Consent.case_ref))
    said = said.where(rights.all_of(right), col(Consent.given), col(Consent.case_ref) != case_ref)
    return (await session.scalars(said.order_by(col(Consent.received_at).desc()).limit(1))).first()


class Said(NamedTuple):
    """The last plain answer to a case: the message, and when it was brought to it."""

    message_id: str
    brought_at: datetime | None


async def last_said(session: AsyncSession, refs: Collection[str]) -> dict[str, Said]:
    """For those of these cases to whose question somebody has said yes or no: what was said last, and not refused."""
    refused = select(col(RefusedAnswer.id)).where(
        col(RefusedAnswer.case_ref) == col(IncomingMessage.case_ref),
        col(RefusedAnswer.message_id) == col(IncomingMessage.message_id),
    )
    said = (
        select(col(IncomingMessage.case_ref), col(IncomingMessage.message_id), col(IncomingMessage.relayed_at))
        .where(col(IncomingMessage.case_ref).in_(refs), col(IncomingMessage.meaning).in_(("yes", "no")))
        .where(~refused.exists(), col(IncomingMessage.set_aside).is_(None))
        .order_by(col(IncomingMessage.received_at))
    )
    return {row[0]: Said(row[1], row[2]) for row in (await session.execute(said)).all() if row[0] is not None}


async def last_account(session: AsyncSession, refs: Collection[str]) -> dict[str, Said]:
    """For those of these cases whose person was asked for an account and sent one: what they sent last."""
    sent = (
        select(col(IncomingMessage.case_ref), col(IncomingMessage.message_id), col(IncomingMessage.relayed_at))
        .join(table(Question), col(Question.key) == col(IncomingMessage.question_key))
        .where(col(IncomingMessage.case_ref).in_(refs), col(Question.expects) == "account")
        .where(col(IncomingMessage.meaning).in_(("account", "yes")), col(IncomingMessage.set_aside).is_(None))
        .order_by(col(IncomingMessage.received_at))
    )
    return {row[0]: Said(row[1], row[2]) for row in (await session.execute(sent)).all() if row[0] is not None}


async def given_of(session: AsyncSession, refs: Collection[str]) -> dict[str, str]:
    """For those of these cases that have a yes: the message that said it."""
    said = select(col(Consent.case_ref), col(Consent.message_id))
    rows = await session.execute(said.where(col(Consent.case_ref).in_(refs), col(Consent.given)))
    return {row[0]: row[1] for row in rows}


async def has_answered(session: AsyncSession, case_ref: str) -> bool:
    """Whether the person has said yes or no to this case."""
    return await session.scalar(select(col(Consent.key)).where(col(Consent.case_ref) == case_ref).limit(1)) is not None


async def of_message(session: AsyncSession, case_ref: str, message_id: str) -> Consent | None:
    """What this message said to this case, if it has been recorded."""
    return (
        await session.scalars(
            select(Consent).where(col(Consent.case_ref) == case_ref, col(Consent.message_id) == message_id)
        )
    ).one_or_none()


async def record(session: AsyncSession, consent: Consent) -> Consent:
    """Write down a yes or no. The first yes of a case stands, whatever comes after; a no may be followed by a yes.

    Returns what counts. With a yes nothing more is expected of the person for this question.
    """
    yes = await given(session, consent.case_ref)
    if yes is None:
        row = insert(table(Consent)).values(**consent.model_dump())
        # Another attempt of the same answer, or another yes at the same moment.
        await session.execute(row.on_conflict_do_nothing())
        yes = await given(session, consent.case_ref)
    if yes is not None:
        await close_questions(session, consent.case_ref)
        return yes
    said = await of_message(session, consent.case_ref, consent.message_id)
    assert said is not None  # noqa: S101  (written above, or before)
    return said


async def refuse(session: AsyncSession, case_ref: str, message_id: str, reason: str) -> None:
    """Note that a message was brought to a case as an answer and is none; once for each reason."""
    row = insert(table(RefusedAnswer)).values(case_ref=case_ref, message_id=message_id[:200], reason=reason)
    await session.execute(row.on_conflict_do_nothing())
