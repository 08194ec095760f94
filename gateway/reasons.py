"""Answers who asks why by SMS: a short explanation of the amount or of the refusal, from the decision that was kept.

No case hears of it: what waits for an answer goes on waiting.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime

import dialogue
from activities import speech
from activities.hearing import Heard
from adapters.sms.port import SmsCentre
from card import Card, cases, messages
from card.tables import IncomingMessage
from desk.why import in_brief
from workflows import model

MOST_A_DAY = 3
"""So many times a day a phone is told why."""


async def explain(
    card: Card,
    centre: SmsCentre,
    of_the_owner: Callable[[str, Collection[str]], Awaitable[Collection[str]]],
    incoming: IncomingMessage,
    heard: Heard,
) -> bool:
    """Tell why, of the case whose question it is sent to, else of the one that the phone was told of last.

    `of_the_owner` gives those of the cases whose person the phone is tied to now. False where there is nothing to
    explain, or the number has a new owner; who asks too often is told nothing, which is true.
    """
    key = f"answer/{incoming.message_id}"
    async with card.statements() as session:
        ref = heard.question.case_ref if heard.question else await messages.last_case_told(session, incoming.phone)
    if ref is None or not await of_the_owner(incoming.phone, [ref]):
        return False
    async with card.transaction() as session:
        about = await cases.find(session, ref)
        language = await messages.language_of(session, incoming.phone) or "kk"
        told = await in_brief(session, ref, "ru" if language == "ru" else "kk")
        if told is None:
            return False
        if await messages.said_lately(session, incoming.phone, dialogue.WHY, key) >= MOST_A_DAY:
            return True
        if not await speech.may_answer(session, incoming.phone, told.kind, key):
            return True
        message = await speech.intend(
            session,
            case=model.Case(ref=ref, service=about.service, person_id=about.person_id, on=about.assessed_on),
            key=key,
            kind=told.kind,
            phone=incoming.phone,
            language=language,
            **told.values,
        )
    await speech.say(card, centre, message, datetime.now(UTC))
    return True
