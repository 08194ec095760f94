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
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

import dialogue
from activities import speech
from activities.calendar import window_closes
from adapters.errors import AdapterError
from adapters.ports import SmsCentre
from card import Card, messages
from card.tables import CaseRecord, IncomingMessage, OutgoingMessage, Question
from dialogue import MessageKind
from gateway.opening import Opening
from workflows import model

log = structlog.get_logger()

TAKE = timedelta(seconds=20)
"""How long one try may wait for the case to take a reply; its worker may be away."""

SWEEP = 1.0
"""Seconds between two looks for what is left over."""

OLDEST = timedelta(days=3)
"""Receipts older than this are not chased any more: an SMS that old has expired."""


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

    # --- taking in -------------------------------------------------------------------------------------------------

    async def reply(
        self, message_id: str, phone: str, text: str, received_at: datetime, *, complete: bool = True
    ) -> bool:
        """Store an SMS from a person and bring it to its case afterwards. False if the message id was known."""
        incoming = IncomingMessage(
            message_id=message_id, phone=phone, text=text, received_at=received_at, complete=complete
        )
        async with self.card.statements() as session:
            new = await messages.store_incoming(session, incoming)
        self._soon(message_id)
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
                try:
                    await self.sweep()
                except (OSError, RPCError, AdapterError) as error:
                    log.warning("relay.sweep_failed", error=type(error).__name__)
                await asyncio.sleep(SWEEP)
        finally:
            for task in list(self._tasks.values()):
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def sweep(self) -> None:
        """One look at everything that has not reached its case."""
        async with self.card.statements() as session:
            waiting = await session.scalars(
                select(col(IncomingMessage.message_id)).where(col(IncomingMessage.relayed_at).is_(None)).limit(1000)
            )
            left = waiting.all()
        for message_id in left:
            self._soon(message_id)
        await self._receipts()
        await self.opening.start_pending()

    def _soon(self, message_id: str) -> None:
        if message_id not in self._tasks:
            task = asyncio.create_task(self._bring(message_id), name=f"reply {message_id}")
            self._tasks[message_id] = task
            task.add_done_callback(lambda _: self._tasks.pop(message_id, None))

    async def _bring(self, message_id: str) -> None:
        async with self._slots:
            # What fails stays in the Card and is tried again by the next sweep.
            try:
                await self._to_case(message_id)
            except (OSError, RPCError, AdapterError, TimeoutError) as error:
                log.warning("relay.reply_waits", message_id=message_id, error=type(error).__name__)
                await asyncio.sleep(SWEEP)
            except Exception:
                log.exception("relay.reply_failed", message_id=message_id)
                await asyncio.sleep(10 * SWEEP)

    async def _to_case(self, message_id: str) -> None:
        async with self.card.statements() as session:
            incoming = await session.get_one(IncomingMessage, message_id)
            if incoming.relayed_at is not None:
                return
            questions = await messages.open_questions(session, incoming.phone)
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
            await messages.relayed(session, message_id, case.ref if case else None, said.meaning)

    async def _update(self, case: CaseRecord, incoming: IncomingMessage, said: dialogue.Understanding) -> bool:
        """Whether the case has the reply. False only if it is over."""
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
        return True

    async def _answer(self, incoming: IncomingMessage, found: Addressed) -> None:
        """Nothing to bring it to: tell the person so, or ask which question was meant. Once a day to the same phone."""
        several = len(found.open) > 1 and found.question is None
        kind = MessageKind.WHICH_QUESTION if several else MessageKind.NO_QUESTION
        key = f"answer/{incoming.message_id}"
        async with self.card.transaction() as session:
            if not several:
                since = func.now() - timedelta(days=1)
                told = select(col(OutgoingMessage.key)).where(
                    col(OutgoingMessage.phone) == incoming.phone,
                    col(OutgoingMessage.kind) == kind,
                    col(OutgoingMessage.intended_at) > since,
                    col(OutgoingMessage.key) != key,
                )
                if await session.scalar(told.limit(1)) is not None:
                    return
            values: dict[str, object] = {}
            if several:
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
            await self._deliver(key)

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
                    question.deadline = closes
                    receipt = model.Receipt(key=key, deadline=closes)
        if receipt is not None and case is not None:
            handle = self.client.get_workflow_handle(model.workflow_id(case.service, case.ref))
            try:
                await handle.signal(model.Message.RECEIPT, receipt)
            except RPCError as error:
                # The case is over. Anything else is tried again by the next sweep.
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
        async with self.card.statements() as session:
            await messages.told(session, key)
