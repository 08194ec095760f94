"""Telling the person how their case goes on: one SMS under its own key, worded in `dialogue`."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from temporalio import activity

import benefits
from activities import speech
from activities.world import World
from card import messages
from card.tables import Account, CaseRecord, Payment, Person
from dialogue import MessageKind
from workflows.model import NoticeInput, NoticeKind, Step


class NotifyStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.NOTIFY)
    async def notify(self, step: NoticeInput) -> None:
        """Say it to the phone that was asked. A refusal of the SMS centre is recorded and does not hold up the case."""
        world, case = self.world, step.case
        async with world.card.transaction() as session:
            question = await messages.last_question(session, case.ref)
            person = await session.get_one(Person, case.person_id)
            values = await _values(session, step)
            message = await speech.intend(
                session,
                case=case,
                key=step.key,
                kind=MessageKind(step.kind),
                phone=question.phone,
                language=person.language,
                number=question.shown_number,
                **values,
            )
        await speech.say(world.card, world.sms, message, datetime.now(UTC))


async def _values(session: AsyncSession, step: NoticeInput) -> dict[str, object]:
    """What the wording of this kind needs."""
    match step.kind:
        case NoticeKind.REMINDER | NoticeKind.UNCLEAR:
            record = await session.get_one(CaseRecord, step.case.ref)
            frequency = benefits.service(step.case.service, step.case.on).frequency
            return {"until": step.until, "amount": record.amount, "frequency": frequency}
        case NoticeKind.ACCOUNT_BAD:
            return {"until": step.until, "problem": step.detail}
        case NoticeKind.MISSING_DOCUMENT:
            return {"until": step.until, "document": _words(step.detail)}
        case NoticeKind.BODY_REFUSED:
            return {"reason": _words(step.detail)}
        case NoticeKind.PAID:
            paid = select(col(Payment.amount), col(Account.iban)).join(
                Account, col(Account.id) == col(Payment.account_id)
            )
            amount, iban = (
                await session.execute(
                    paid.where(col(Payment.case_ref) == step.case.ref, col(Payment.state) == "settled")
                )
            ).one()
            frequency = benefits.service(step.case.service, step.case.on).frequency
            return {"amount": amount, "frequency": frequency, "last4": iban[-4:]}
        case _:
            return {}


def _words(detail: str | None) -> str:
    """Another body's words, which it may have left out: the person is told all the same."""
    return (detail or "").strip() or "-"
