"""Saying something to a person: compose, write as intended, send in parts, write as sent. Used by the steps."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
import dialogue
from activities.world import World, translated
from adapters.errors import Refused, Unavailable
from adapters.sms.port import OutgoingSms, SmsCentre
from adapters.sms.refusals import ABOUT_THE_MESSAGE, ABOUT_THE_NUMBER
from benefits.days import window_closes
from card import Card, Session, messages, people
from card.tables import MessageState, OutgoingMessage
from workflows.model import Case, StepInput

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Listener:
    """Who is spoken to: the phone tied to the IIN, and the language of the registry."""

    iin: str
    phone: str
    language: str


async def listener(world: World, person_id: UUID) -> Listener | None:
    """The person with the phone of the mobile citizens database; None if they have none."""
    async with world.card.statements() as session:
        person = await people.find(session, person_id)
        iin, language = person.iin, person.language
    with translated():
        phone = await world.registries.mobile.phone(iin)
    return None if phone is None else Listener(iin, phone, language)


@contextmanager
def written() -> Iterator[None]:
    """Raises `WordingError` for an operator where a message cannot be written: trying again would not help."""
    try:
        yield
    except dialogue.WordingError as wrong:
        raise ApplicationError(str(wrong), type="WordingError", non_retryable=True) from wrong


async def intend(
    session: Session,
    *,
    case: Case | None,
    key: str,
    kind: dialogue.MessageKind,
    phone: str,
    language: str,
    **values: object,
) -> OutgoingMessage:
    """Write down what is to be said; what was intended first under this key is what will be said.

    Raises as `written`.
    """
    with written():
        text = dialogue.compose(kind, language, service=case.service if case else None, **values)
    payer = benefits.service(case.service).payer if case else "engine"
    return await messages.intend(
        session,
        OutgoingMessage(
            key=key,
            case_ref=case.ref if case else None,
            phone=phone,
            language=language,
            kind=kind,
            text=text,
            parts=len(dialogue.segments(text)),
            paid_by=payer,
        ),
    )


ANSWERING = frozenset(
    {
        dialogue.MessageKind.UNCLEAR,
        dialogue.MessageKind.ACCOUNT_BAD,
        dialogue.MessageKind.WHICH_QUESTION,
        dialogue.MessageKind.NO_QUESTION,
        dialogue.MessageKind.ALREADY_ANSWERED,
        *dialogue.WHY,
    }
)
"""What is said only because a phone has written: two machines would go on for ever, at the state's cost."""

ANSWERS_A_DAY = 8
"""So many of these a phone gets within a day, whatever its cases are about."""


async def may_answer(session: Session, phone: str, kind: dialogue.MessageKind, key: str) -> bool:
    """Whether one more message of this kind may go to this phone today. What is no answer always may."""
    return kind not in ANSWERING or await messages.said_lately(session, phone, ANSWERING, key) < ANSWERS_A_DAY


@dataclass(frozen=True)
class Asked:
    """A question that went out: until when an answer counts, and why it did not reach the centre, if it did not."""

    deadline: datetime
    refused: str | None


async def ask(
    world: World,
    step: StepInput,
    *,
    at: datetime,
    expects: str,
    kind: dialogue.MessageKind,
    days: int,
    **values: object,
) -> Asked:
    """Open a question under the step's key and say it; the answer counts to the end of the last of so many days."""
    case, deadline = step.case, window_closes(at, days)
    to = await listener(world, case.person_id)
    if to is None:
        return Asked(deadline, "no_phone")
    async with world.card.transaction() as session:
        question = await messages.ask(
            session,
            key=step.key,
            case_ref=case.ref,
            phone=to.phone,
            expects=expects,
            window_days=days,
            deadline=deadline,
        )
        message = await intend(
            session,
            case=case,
            key=question.key,
            kind=kind,
            phone=to.phone,
            language=to.language,
            until=question.deadline,
            number=await messages.shown_number(session, question),
            **values,
        )
    # The stored one decides: of a case that was begun anew it runs since the question first went out.
    return Asked(question.deadline, await say(world.card, world.sms, message, at))


async def say(card: Card, centre: SmsCentre, message: OutgoingMessage, at: datetime) -> str | None:
    """Send a message that was intended. Returns the reason if the SMS centre refuses it for good, else None."""
    if message.state in (MessageState.SENT, MessageState.DELIVERED):
        return None
    sms = OutgoingSms(key=message.key, phone=message.phone, parts=tuple(dialogue.segments(message.text)))
    with translated():
        try:
            sent = await centre.send(sms)
        except Refused as refused:
            if refused.code in ABOUT_THE_MESSAGE:
                raise
            if refused.code not in ABOUT_THE_NUMBER:
                # About us, whoever says it: nobody becomes unreachable by a mistake in our settings.
                raise Unavailable(refused.system, refused.code, "the SMS centre refuses us") from None
            async with card.transaction() as session:
                await messages.mark_failed(session, message.key)
            return refused.code
    operator, ids = sent[0].operator, [part.smsc_message_id for part in sent]
    async with card.statements() as session:
        twice = await messages.mark_sent(session, message.key, ids, at, operator=operator)
    if twice:
        log.error("sms: %s gave an id to two parts, whose receipts prove nothing: %s", operator, ", ".join(twice))
        if activity.in_activity():
            activity.metric_meter().create_counter(
                "demeu_sms_ids_given_twice", "parts whose id the operator has also given to another part"
            ).add(len(twice), {"operator": operator})
    return None
