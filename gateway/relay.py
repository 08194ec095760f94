"""From what was stored to the case it is for: replies as Updates, receipts as signals, until the case has taken them.

The relay holds no state of its own: what is not yet taken is in the Card, so a gateway that died goes on where another
left off, and two gateways at once only repeat each other harmlessly (the update's id is the operator's message id).
"""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog
from temporalio.client import Client, RPCTimeoutOrCancelledError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

import dialogue
from activities import hearing, speech
from activities.hearing import Heard
from activities.world import translated
from adapters.registries.ports import MobileDatabase
from adapters.sms.port import SmsCentre
from card import Card, Session, cases, consents, messages, parts
from card.store import DatabaseRefused
from card.tables import CaseRecord, IncomingMessage, Question
from desk.attention import Attentions
from desk.opening import Opening
from desk.paying import look_now
from desk.reconcile import Reconciler
from dialogue import Meaning, MessageKind
from gateway.bodies import nameable, storable
from gateway.counts import Counts
from gateway.faults import passes, report
from gateway.reasons import explain
from gateway.receipts import Receipts
from workflows import model
from workflows.run_model import is_of_run, run_of

log = structlog.get_logger()

TAKE = timedelta(seconds=20)
"""How long one try may wait for the case to take a reply; its worker may be away."""

PATIENCE = timedelta(days=2)
"""So long a message waits for whoever is away, and holds up what its phone said after it; then it is set aside."""

SWEEP = 1.0
"""Seconds between two looks for what is left over."""

AT_ONCE = 1000
"""So many phones are begun in one look, who wrote first, first; the next look begins the others."""

ASK_WHICH = 3
"""So many times a day a phone is asked which question it means."""

MOST_WAITING = 20
"""So many words of one phone wait to be brought on. The first are kept, and the rest of a flood is set aside: but what
is plain and was not said yet, of which as much may wait again."""

MOST_ANSWERS = 30
"""So many messages of one meaning are brought to the case as answers to one question, so that a plain word is heard
after any number of others; a case hears 2 000 updates in its life."""

FLOOD = "too many messages from this phone at once"


class Stuck(Exception):
    """A message that cannot be brought on, however often it is tried."""


class Relay:
    """Takes replies and receipts in, and brings them to their cases.

    `lags`: by how much each operator's clock may lag behind ours; who is not named, by `hearing.LAG`.
    """

    def __init__(
        self,
        card: Card,
        client: Client,
        centre: SmsCentre,
        opening: Opening,
        mobile: MobileDatabase,
        *,
        lags: Mapping[str, timedelta] | None = None,
        at_once: int = 100,
    ) -> None:
        self.card = card
        self.client = client
        self.centre = centre
        self.opening = opening
        self.mobile = mobile
        self.receipts = Receipts(card, client)
        self.reconciler = Reconciler(card, client, opening)
        self.attentions = Attentions(client)
        self.counts = Counts()
        """The gateway puts its own here."""
        self._lags = lags or {}
        self._slots = asyncio.Semaphore(at_once)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By phone: what one phone says is brought in its order."""

    # --- taking in -------------------------------------------------------------------------------------------------

    async def reply(
        self, message_id: str, phone: str, text: str, received_at: datetime, *, complete: bool = True
    ) -> bool:
        """Store an SMS from a person and bring it to its case afterwards. False if it is stored already.

        What a phone says while much of it waits already is stored too, and brought to nobody.
        """
        message_id = nameable(message_id)
        incoming = IncomingMessage(
            message_id=message_id, phone=phone, text=storable(text), received_at=received_at, complete=complete
        )
        async with self.card.transaction() as session:
            stored = await messages.store_incoming(session, incoming)
            if stored is not None and stored != message_id:
                # The counter of the operator's centre began anew: another message has had this id.
                log.warning("relay.message_id_again", message_id=message_id)
            if stored is not None and await _is_flood(session, stored, incoming):
                await messages.set_aside(session, stored, FLOOD, _meant(incoming))
                log.warning("relay.reply_set_aside", message_id=stored, reason=FLOOD)
        self.counts.reply(message_id.partition(":")[0], "stored" if stored is not None else "doubled")
        self._soon(phone)
        return stored is not None

    async def receipt(
        self, smsc_message_id: str, *, delivered: bool, at: datetime, operator: str = parts.OPERATOR
    ) -> None:
        """Store an operator's delivery receipt; the sweep tells the case once the whole message is accounted for."""
        await self.receipts.store(operator, smsc_message_id, delivered=delivered, at=at)
        self.counts.receipt(operator, delivered=delivered)

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
        for look in (
            self._replies,
            self.receipts.tell_cases,
            self.opening.start_pending,
            self.opening.look_again,
            self.reconciler.when_due,
            self.attentions.when_due,
        ):
            try:
                await look()
            except Exception as error:
                report("relay.sweep_failed", error, look=look.__name__)

    async def _replies(self) -> None:
        async with self.card.statements() as session:
            phones = await messages.phones_waiting(session, AT_ONCE)
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
        said after it; what cannot be brought at all is set aside, and does not.
        """
        async with self._slots:
            try:
                while incoming := await self._oldest(phone):
                    try:
                        await self._to_case(incoming)
                    except Exception as error:
                        if passes(error) and datetime.now(UTC) - incoming.stored_at < PATIENCE:
                            raise
                        report("relay.reply_set_aside", error, message_id=incoming.message_id)
                        reason = str(error) if isinstance(error, Stuck | DatabaseRefused) else type(error).__name__
                        async with self.card.statements() as session:
                            await messages.set_aside(session, incoming.message_id, reason, _meant(incoming))
            except Exception as error:
                report("relay.reply_waits", error)
                await asyncio.sleep(SWEEP)

    async def _oldest(self, phone: str) -> IncomingMessage | None:
        async with self.card.statements() as session:
            return await messages.oldest_waiting(session, phone)

    async def _to_case(self, incoming: IncomingMessage) -> None:
        """Find the case that it answers and have the case hear it; where there is none, tell the person."""
        operator = incoming.message_id.partition(":")[0]
        async with self.card.transaction() as session:
            heard = await hearing.hear(session, incoming.message_id, self._lags.get(operator))
            assert heard is not None  # noqa: S101  (it has just been read)
            case = await cases.find(session, heard.question.case_ref) if heard.question else None
            meant = heard.said.meaning
            if heard.question and await messages.answers_of(session, heard.question.key, meant) >= MOST_ANSWERS:
                raise Stuck(FLOOD)
        if heard.said.asks_why and await explain(self.card, self.centre, self._of_the_owner, incoming, heard):
            pass  # it is no answer: the case goes on waiting, and hears nothing of it
        elif case is None or not await self._taken(case, incoming, heard.question):
            await self._answer(incoming, heard, case)
        async with self.card.statements() as session:
            await messages.relayed(session, incoming.message_id, heard.said.meaning)

    async def _taken(self, case: CaseRecord, incoming: IncomingMessage, question: Question | None) -> bool:
        """Whether the case has the reply, or the run that has asked. False only if it is over, by the Card. Raises what
        passes while it waits."""
        if case.outcome is not None:
            return await self._of_a_run(question)
        try:
            await self._update(case, incoming)
        except (RPCError, WorkflowUpdateFailedError) as error:
            if isinstance(error, RPCError) and error.status is not RPCStatusCode.NOT_FOUND:
                raise
            async with self.card.statements() as session:
                if await cases.is_over(session, case.ref):
                    return False
            if isinstance(error, WorkflowUpdateFailedError):
                if isinstance(error.cause, ApplicationError) and error.cause.type == model.TOO_MANY:
                    raise TimeoutError from error
                raise Stuck("the case did not take it") from error
            # The Card says that the case lives, and Temporal has none: it was terminated, or lost. It is begun anew.
            await self.opening.begin_anew(case)
            raise TimeoutError from error
        return True

    async def _of_a_run(self, question: Question | None) -> bool:
        """Whether a payment run has asked, and still waits: it reads the answer in the Card."""
        if question is None or question.closed_at is not None or not is_of_run(question.key):
            return False
        await look_now(self.client, run_of(question.key))
        return True

    async def _update(self, case: CaseRecord, incoming: IncomingMessage) -> None:
        """Tell the case that the person has answered: the message's id, and nothing of what it says."""
        handle = self.client.get_workflow_handle(model.workflow_id(case.service, case.ref))
        reply = model.Reply(message_id=incoming.message_id)
        # An operator's ids are counters: who guesses the next must not have used up the update before it comes.
        id_ = f"{incoming.message_id}@{incoming.stored_at.isoformat()}"
        try:
            await asyncio.wait_for(
                handle.execute_update(model.Message.REPLY, reply, id=id_, result_type=model.ReplyTaken),
                TAKE.total_seconds(),
            )
        except RPCTimeoutOrCancelledError:
            # The client says the same when nobody answers and when we ourselves are ended.
            task = asyncio.current_task()
            raise asyncio.CancelledError if task and task.cancelling() else TimeoutError from None

    async def _answer(self, incoming: IncomingMessage, heard: Heard, over: CaseRecord | None) -> None:
        """Nothing to bring it to: tell the person so, once a day, or ask which question is meant, a few times a day.

        The number may have a new owner since it was asked: no case of somebody else is named to it.
        """
        about = [over.ref] if over is not None else [question.case_ref for question in heard.open]
        services = await self._of_the_owner(incoming.phone, about)
        kind = MessageKind.WHICH_QUESTION if over is None and services else MessageKind.NO_QUESTION
        key = f"answer/{incoming.message_id}"
        async with self.card.transaction() as session:
            if over is not None and services and heard.said.meaning in (Meaning.YES, Meaning.NO):
                kind = await _of_what_is_over(session, over.ref)
            most = ASK_WHICH if kind is MessageKind.WHICH_QUESTION else 1
            if await messages.said_lately(session, incoming.phone, {kind}, key) >= most:
                return
            if not await speech.may_answer(session, incoming.phone, kind, key):
                return
            values: dict[str, object] = {}
            if kind is MessageKind.WHICH_QUESTION:
                values["questions"] = {
                    question.number: services[question.case_ref]
                    for question in heard.open
                    if question.case_ref in services
                }
            message = await speech.intend(
                session,
                case=model.Case(ref=over.ref, service=over.service, person_id=over.person_id, on=over.assessed_on)
                if over is not None and "service" in dialogue.needs(kind)
                else None,
                key=key,
                kind=kind,
                phone=incoming.phone,
                language=await messages.language_of(session, incoming.phone) or "kk",
                **values,
            )
        await speech.say(self.card, self.centre, message, datetime.now(UTC))

    async def _of_the_owner(self, phone: str, refs: Collection[str]) -> dict[str, str]:
        """The services of those cases whose person the mobile citizens database ties to this phone now."""
        if not refs:
            return {}
        async with self.card.statements() as session:
            asked = await cases.of_persons(session, refs)
        with translated():
            hers = {iin: await self.mobile.phone(iin) == phone for iin in {one.iin for one in asked}}
        return {one.ref: one.service for one in asked if hers[one.iin]}


async def _of_what_is_over(session: Session, ref: str) -> MessageKind:
    """What a clear answer to a case that is over is told: the truth about the answer before it, if there was one."""
    if await consents.has_answered(session, ref):
        return MessageKind.ALREADY_ANSWERED
    ended = (await cases.find(session, ref)).outcome
    if ended == model.Outcome.CLOSED_BY_OPERATOR:
        return MessageKind.STOPPED
    late = ended in (model.Outcome.LAPSED, model.Outcome.LATE_YES)
    return MessageKind.LATE if late else MessageKind.NO_QUESTION


async def _is_flood(session: Session, message_id: str, incoming: IncomingMessage) -> bool:
    """Whether too much of this phone waits for this to be brought on too. Among thirty words her yes may be the last:
    what is plain, and waits in no other words, is never one too many."""
    waiting = await messages.waiting_of(session, incoming.phone)
    if waiting <= MOST_WAITING:
        return False
    meant = _meant(incoming)
    if meant in (None, Meaning.UNCLEAR) or waiting > 2 * MOST_WAITING:
        return True
    said = hearing.understood(incoming)
    words = await messages.words_waiting(session, incoming.phone, 2 * MOST_WAITING)
    return any(
        _meant(one) == meant and hearing.understood(one) == said for one in words if one.message_id != message_id
    )


def _meant(incoming: IncomingMessage) -> str | None:
    """What it says, for those who look at what was set aside; None where that is what could not be found out."""
    with suppress(Exception):
        return hearing.understood(incoming).meaning
    return None
