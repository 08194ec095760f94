"""From what was stored to the case it is for: replies as Updates, receipts as signals, until the case has taken them.

The relay holds no state of its own: what is not yet taken is in the Card, so a gateway that died goes on where another
left off, and two gateways at once only repeat each other harmlessly (the update's id is the operator's message id).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlmodel import col
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

import dialogue
from activities import speech
from activities.calendar import window_closes
from adapters.ports import SmsCentre
from card import Card, messages
from card.store import DatabaseError
from card.tables import CaseRecord, IncomingMessage, OutgoingMessage, Question
from dialogue import MessageKind
from gateway.opening import Opening
from workflows import model

log = structlog.get_logger()

TAKE = timedelta(seconds=20)
"""How long one try may wait for the case to take a reply; its worker may be away."""

CLOCKS = timedelta(seconds=30)
"""By so much an operator's clock may lag behind ours."""

SWEEP = 1.0
"""Seconds between two looks for what is left over."""

OLDEST = timedelta(days=3)
"""Receipts older than this are not chased any more: an SMS that old has expired."""

ASK_WHICH = 3
"""So many times a day a phone is asked which question it means: two machines would go on for ever."""


@dataclass(frozen=True)
class Addressed:
    """Which question an answer is for; none if nothing is open, or if several are and it does not say which."""

    question: Question | None
    open: Sequence[Question]


def addressed(said: dialogue.Understanding, questions: Sequence[Question]) -> Addressed:
    """The question that the answer is for: the one it numbers; else the only one, or the only one it can answer."""
    if said.number is not None:
        return Addressed(next((q for q in questions if q.number == said.number), None), questions)
    if said.meaning is dialogue.Meaning.ACCOUNT:
        accounts = [q for q in questions if q.expects == "account"]
        questions = accounts or questions
    return Addressed(questions[0] if len(questions) == 1 else None, questions)


class Relay:
    """Takes replies and receipts in, and brings them to their cases."""

    def __init__(self, card: Card, client: Client, centre: SmsCentre, opening: Opening, *, at_once: int = 100) -> None:
        self.card = card
        self.client = client
        self.centre = centre
        self.opening = opening
        self._slots = asyncio.Semaphore(at_once)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By phone: what one phone says is brought in its order."""

    # --- taking in -------------------------------------------------------------------------------------------------

    async def reply(
        self, message_id: str, phone: str, text: str, received_at: datetime, *, complete: bool = True
    ) -> bool:
        """Store an SMS from a person and bring it to its case afterwards. False if the message id was known."""
        # A nought is what somebody's alphabet made of a sign; PostgreSQL takes none, and the message may not be lost.
        text = text.replace("\0", "\ufffd")
        incoming = IncomingMessage(
            message_id=message_id, phone=phone, text=text, received_at=received_at, complete=complete
        )
        async with self.card.statements() as session:
            new = await messages.store_incoming(session, incoming)
        self._soon(phone)
        return new

    async def receipt(self, smsc_message_id: str, *, delivered: bool, at: datetime) -> None:
        """Store a delivery receipt; the sweep tells the case once the whole message is accounted for."""
        async with self.card.statements() as session:
            await messages.store_receipt(session, smsc_message_id, delivered=delivered, at=at)

    # --- bringing on -----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Bring on what is left over, again and again, until cancelled."""
        try:
            while True:
                await self.sweep()
                await asyncio.sleep(SWEEP)
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def sweep(self) -> None:
        """One look at everything that has not reached its case. What fails is left for the next, and stops no other."""
        for look in (self._replies, self._receipts, self.opening.start_pending):
            try:
                await look()
            except Exception as error:
                _report("relay.sweep_failed", error, look=look.__name__)

    async def _replies(self) -> None:
        async with self.card.statements() as session:
            left = select(col(IncomingMessage.phone)).where(col(IncomingMessage.relayed_at).is_(None))
            phones = (await session.scalars(left.distinct().limit(1000))).all()
        for phone in phones:
            self._soon(phone)

    def _soon(self, phone: str) -> None:
        if phone not in self._tasks:
            task = asyncio.create_task(self._bring(phone), name="replies of a phone")
            self._tasks[phone] = task
            task.add_done_callback(lambda _: self._tasks.pop(phone, None))

    async def _bring(self, phone: str) -> None:
        """All that this phone has said and no case has taken, in its order: the first word counts.

        What fails stays in the Card and is tried again by the next sweep. What waits for somebody holds up what was
        said after it; what cannot be brought at all does not.
        """
        stuck: list[str] = []
        async with self._slots:
            try:
                while incoming := await self._oldest(phone, stuck):
                    try:
                        await self._to_case(incoming)
                    except Exception as error:
                        if _passes(error):
                            raise
                        _report("relay.reply_failed", error, message_id=incoming.message_id)
                        stuck.append(incoming.message_id)
            except Exception as error:
                _report("relay.reply_waits", error)
                await asyncio.sleep(SWEEP)
            if stuck:
                await asyncio.sleep(10 * SWEEP)

    async def _oldest(self, phone: str, stuck: Sequence[str]) -> IncomingMessage | None:
        left = select(IncomingMessage).where(
            col(IncomingMessage.phone) == phone,
            col(IncomingMessage.relayed_at).is_(None),
            col(IncomingMessage.message_id).not_in(stuck),
        )
        order = col(IncomingMessage.received_at), col(IncomingMessage.stored_at)
        async with self.card.statements() as session:
            return (await session.scalars(left.order_by(*order).limit(1))).first()

    async def _to_case(self, incoming: IncomingMessage) -> None:
        async with self.card.statements() as session:
            # What was said before a question was asked does not answer it, however late it reaches us.
            asked_by = incoming.received_at + CLOCKS
            questions = [q for q in await messages.open_questions(session, incoming.phone) if q.opened_at <= asked_by]
            # A text with gaps may have lost its "not": it is never a yes, and is asked again.
            unclear = dialogue.Understanding(dialogue.Meaning.UNCLEAR)
            said = dialogue.understand(incoming.text) if incoming.complete else unclear
            found = addressed(said, questions)
            case = await session.get_one(CaseRecord, found.question.case_ref) if found.question else None
        taken = False
        if case is not None:
            taken = await self._update(case, incoming, said)
        if not taken:
            await self._answer(incoming, found)
        async with self.card.statements() as session:
            await messages.relayed(session, incoming.message_id, case.ref if case else None, said.meaning)

    async def _update(self, case: CaseRecord, incoming: IncomingMessage, said: dialogue.Understanding) -> bool:
        """Whether the case has the reply. False only if it is over. Raises TimeoutError while nobody takes it."""
        handle = self.client.get_workflow_handle(model.workflow_id(case.service, case.ref))
        reply = model.Reply(
            message_id=incoming.message_id,
            meaning=model.Meaning(said.meaning),
            received_at=incoming.received_at,
        )
        try:
            await asyncio.wait_for(
                handle.execute_update(model.Message.REPLY, reply, id=incoming.message_id, result_type=model.ReplyTaken),
                TAKE.total_seconds(),
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        except WorkflowUpdateFailedError:
            return False
        except RPCTimeoutOrCancelledError:
            # The client says the same when nobody answers and when we ourselves are ended.
            task = asyncio.current_task()
            raise asyncio.CancelledError if task and task.cancelling() else TimeoutError from None
        return True

    async def _answer(self, incoming: IncomingMessage, found: Addressed) -> None:
        """Nothing to bring it to: tell the person so, once a day, or ask which question is meant, a few times a day."""
        which = bool(found.open) and found.question is None
        kind = MessageKind.WHICH_QUESTION if which else MessageKind.NO_QUESTION
        key = f"answer/{incoming.message_id}"
        async with self.card.transaction() as session:
            told = select(func.count(col(OutgoingMessage.key))).where(
                col(OutgoingMessage.phone) == incoming.phone,
                col(OutgoingMessage.kind) == kind,
                col(OutgoingMessage.intended_at) > func.now() - timedelta(days=1),
                col(OutgoingMessage.key) != key,
            )
            if (await session.scalar(told) or 0) >= (ASK_WHICH if which else 1):
                return
            values: dict[str, object] = {}
            if which:
                refs = {q.number: q.case_ref for q in found.open}
                rows = await session.scalars(select(CaseRecord).where(col(CaseRecord.ref).in_(refs.values())))
                services = {row.ref: row.service for row in rows}
                values["questions"] = {number: services[ref] for number, ref in refs.items()}
            language = await session.scalar(
                select(col(OutgoingMessage.language))
                .where(col(OutgoingMessage.phone) == incoming.phone)
                .order_by(col(OutgoingMessage.intended_at).desc())
                .limit(1)
            )
            message = await speech.intend(
                session, case=None, key=key, kind=kind, phone=incoming.phone, language=language or "kk", **values
            )
        await speech.say(self.card, self.centre, message, datetime.now(UTC))

    # --- receipts --------------------------------------------------------------------------------------------------

    async def _receipts(self) -> None:
        async with self.card.statements() as session:
            keys = await messages.untold(session, OLDEST)
        for key in keys:
            try:
                await self._deliver(key)
            except Exception as error:
                if _passes(error):
                    raise
                _report("relay.receipt_failed", error, key=key)

    async def _deliver(self, key: str) -> None:
        """Write the delivery down, and tell the case if it changes its window: moved, or never opened."""
        async with self.card.transaction() as session:
            delivery = await messages.delivery_of(session, key)
            if delivery is None:
                return
            await messages.finish_delivery(session, delivery)
            question = await session.get(Question, key)
            receipt: model.Receipt | None = None
            case: CaseRecord | None = None
            if question is not None and question.closed_at is None and question.expects == "consent":
                case = await session.get_one(CaseRecord, question.case_ref)
                closes = window_closes(delivery.at, question.window_days)
                if not delivery.delivered:
                    receipt = model.Receipt(key=key)
                elif closes > question.deadline:
                    receipt = model.Receipt(key=key, deadline=closes)
        if receipt is not None and case is not None:
            handle = self.client.get_workflow_handle(model.workflow_id(case.service, case.ref))
            try:
                await handle.signal(model.Message.RECEIPT, receipt)
            except RPCError as error:
                # The case is over. Anything else is tried again by the next sweep.
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        # Not before the case knows: a gateway that died in between would leave the case with the earlier deadline.
        async with self.card.transaction() as session:
            if receipt is not None and receipt.deadline is not None:
                await messages.set_deadline(session, key, receipt.deadline)
            await messages.told(session, key)


def _passes(error: Exception) -> bool:
    """Whether somebody is away, who may be back when it is tried again."""
    if isinstance(error, ApplicationError):
        return not error.non_retryable
    return isinstance(error, OSError | RPCError | DatabaseError)


def _report(event: str, error: Exception, **about: object) -> None:
    if _passes(error):
        log.warning(event, error=type(error).__name__, **about)
    else:
        log.error(event, exc_info=error, **about)
