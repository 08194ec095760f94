"""What a person has written, to which question it belongs, and what it says: read from the Card, and from nowhere else.

Whoever acts on an answer reads it here, the relay to find its case and the case to find its meaning. An answer belongs
to its question for good once it has been looked at, open or closed: what was said cannot be lost by closing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import dialogue
from activities.world import World, translated
from adapters.errors import Unavailable
from card import Card, Session, consents, messages
from card.tables import IncomingMessage, Question
from dialogue import Meaning
from workflows.model import Case

LAG = timedelta(seconds=90)
"""By so much an operator's clock may lag behind ours, where no setting says otherwise: a minute cut off, and drift."""

CUT = timedelta(minutes=1)
"""By so much a time is early that an operator cuts to the minute."""

ALONE = timedelta(minutes=15)
"""The same where no other question was put to this phone for weeks, as far as the operator's clock is seen to lag: what
else should the answer be about?"""

MOVED = "the phone is no longer tied to this person's IIN"

LAGS_FROM = 3
"""So many messages of others tell how an operator's clock goes."""


@dataclass(frozen=True)
class Addressed:
    """Which question an answer is for; none if nothing is open, or if several are and it does not say which."""

    question: Question | None
    open: Sequence[Question]


@dataclass(frozen=True)
class Heard:
    """An answer, understood, with the question that it is for."""

    message: IncomingMessage
    said: dialogue.Understanding
    question: Question | None
    open: Sequence[Question]

    def objection(self, case: Case, expects: str = "consent") -> str | None:
        """Why this answers no question of the case, in words for an auditor; None if it does."""
        if self.question is None:
            return "it answers no question that was put to this phone before it was written"
        if self.question.case_ref != case.ref:
            return "it belongs to another case"
        if self.question.expects != expects:
            return f"it was asked for something else: {self.question.expects}"
        return None


def addressed(said: dialogue.Understanding, asked: Sequence[Question], at: datetime | None = None) -> Addressed:
    """The question that the answer is for: the one it numbers; else the only one open, or the only it can answer.

    A number may name a question that is closed: it is not given again while anybody may still mean it. A number in what
    is no answer ("what is this, 3?") names none. What was said while several cases waited (`at`, by our clock) stays
    unsaid when all but one of them have closed: which it was meant for, time does not tell.
    """
    open_ = [question for question in asked if question.closed_at is None]
    if said.number is not None:
        named = [question for question in asked if question.number == said.number]
        named.sort(key=lambda question: (question.closed_at is None, question.opened_at))
        if named or said.meaning is not Meaning.UNCLEAR:
            return Addressed(named[-1] if named else None, open_)
    candidates = open_
    stood = [one for one in asked if one.closed_at is None or (at is not None and one.closed_at > at)]
    if said.meaning is Meaning.ACCOUNT:
        candidates = [question for question in open_ if question.expects == "account"] or open_
        stood = [one for one in stood if one.expects == "account"] or stood
    plain = len(candidates) == 1 and len({one.case_ref for one in stood} | {candidates[0].case_ref}) == 1
    return Addressed(candidates[0] if plain else None, open_)


def understood(message: IncomingMessage) -> dialogue.Understanding:
    """What it says. A text with gaps may have lost its "not": it is never a yes, and is asked again."""
    return dialogue.understand(message.text) if message.complete else dialogue.Understanding(Meaning.UNCLEAR)


async def hear(session: Session, message_id: str, known_lag: timedelta | None = None) -> Heard | None:
    """Read a message under lock, and bind it to the question that it is for. None if there is no such message."""
    message = await messages.incoming_locked(session, message_id)
    if message is None:
        return None
    said = understood(message)
    asked = await messages.asked_of(session, message.phone)
    if message.question_key is not None:
        bound = await messages.question(session, message.question_key)
        if bound is not None and bound.opened_at > message.stored_at:
            bound = None  # whoever has tied them: what was said before a question does not answer it
        return Heard(message, said, bound, [question for question in asked if question.closed_at is None])
    # What was said before a question was asked does not answer it, however late it reaches us. An operator's clock may
    # lag; our own, by which a message was stored and a question opened, does not.
    asked = [question for question in asked if question.opened_at <= message.stored_at]
    lag = LAG if known_lag is None else known_lag
    by = message.received_at + lag
    if len(asked) == 1 and by < asked[0].opened_at <= message.received_at + ALONE:
        by = message.received_at + max(lag, min(ALONE, await _seen_lag(session, message)))
    near = [question for question in asked if question.opened_at <= by]
    found = addressed(said, near if known_lag else _not_between_two(message, said, near), message.stored_at)
    if found.question is not None:
        await messages.bind(session, message, found.question)
    # What was written too early for any of them may have been meant for one: she is asked which.
    return Heard(message, said, found.question, [question for question in asked if question.closed_at is None])


def _not_between_two(
    message: IncomingMessage, said: dialogue.Understanding, asked: Sequence[Question]
) -> Sequence[Question]:
    """Without what was asked well after the message was written, by its own time, where the person had another question
    in mind: a clock may lag, but which of the two it answers only a number can say."""
    if said.number is not None or said.meaning is Meaning.ACCOUNT:
        return asked
    at = message.received_at
    in_mind = {one.case_ref for one in asked if one.closed_at is None or one.closed_at + ALONE >= at}
    return [one for one in asked if one.opened_at <= at + CUT or not in_mind - {one.case_ref}]


async def _seen_lag(session: Session, message: IncomingMessage) -> timedelta:
    """By how much this operator's clock lags at the most: no message reaches us before it was written, so the quickest
    of the last day says it. Nothing where too few have come: a slow network alone must make no consent."""
    operator = message.message_id.partition(":")[0]
    return await messages.quickest(session, operator, but=message.phone, of=LAGS_FROM) or timedelta(0)


async def still_hers(world: World, case: Case, phone: str) -> bool:
    """Whether the mobile citizens database ties this phone to the person's IIN now: numbers change their owners.

    One that knows no phone of hers just now has not said that this one is another's, and what she wrote stays: it is
    asked again, in sight of an operator where it lasts.
    """
    iin = await world.card.iin(case.person_id)
    with translated():
        hers = await world.registries.mobile.phone(iin)
        if hers is None:
            raise Unavailable("mobile", "no_phone", "it knows no phone of who was asked on one")
        return hers == phone


async def refuse_moved(card: Card, case: Case, message: IncomingMessage) -> bool:
    """Note that an answer came from a phone that is no longer hers. Whether she is to be asked on the new one: another
    phone may have been asked since, and that question stands, whoever goes on to answer the first."""
    async with card.transaction() as session:
        await consents.refuse(session, case.ref, message.message_id, MOVED)
        asked = await messages.last_question(session, case.ref)
    return asked is not None and asked.phone == message.phone


A_RECEIPT_MOVES_IT = timedelta(days=7)
"""An SMS that was not delivered by then has failed: no receipt can make a window end later than so."""


def in_any_window(heard: Heard) -> bool:
    """Whether the answer was written in the longest window that its question can have, by the Card alone."""
    question = heard.question
    if question is None:
        return False
    longest = question.opened_at + timedelta(days=question.window_days + 1) + A_RECEIPT_MOVES_IT
    return heard.message.received_at <= max(question.deadline, longest)


def in_time(heard: Heard, deadline: datetime) -> bool:
    """Whether the answer was written within the window."""
    return heard.message.received_at <= deadline
