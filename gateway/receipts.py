"""Delivery receipts of our SMS: stored when they come, and told to the case once the whole message is accounted for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.in_a_row import InARow
from benefits.days import window_closes
from card import Card, cases, messages, parts
from gateway.faults import passes, report
from gateway.together import Together
from workflows import model

log = structlog.get_logger()

OLDEST = timedelta(days=3)
"""Receipts that have lain for so long are not chased any more: an SMS that old has expired."""


IN_A_ROW = 10
"""So many messages, none delivered between them, are no matter of ten people: somebody is told, once, and no further
case is told that its person was not reached until something arrives again."""


class Receipts:
    def __init__(self, card: Card, client: Client) -> None:
        self.card = card
        self.client = client
        self._stored = Together(self._store)
        self._undelivered = InARow(IN_A_ROW)
        """Keys of the messages that did not arrive since the last one that did."""

    async def store(self, operator: str, smsc_message_id: str, *, delivered: bool, at: datetime) -> None:
        """Keep a receipt of one part, as this operator names it; a second one for the same part changes nothing."""
        await self._stored.add(parts.Received(smsc_message_id, delivered=delivered, at=at, operator=operator))

    async def _store(self, receipts: Sequence[parts.Received]) -> None:
        async with self.card.transaction() as session:
            await parts.store_receipts(session, receipts)

    async def tell_cases(self) -> None:
        """Bring receipts to their messages, and tell the cases of those that can be judged what changes for them."""
        async with self.card.transaction() as session:
            await parts.match(session)
            lost = await parts.give_up(session)
        for operator, number, one in lost:
            log.error("receipts.of_no_message", operator=operator, number=number, for_example=one)
        async with self.card.statements() as session:
            keys = await parts.untold(session, OLDEST)
        for key in keys:
            try:
                await self._deliver(key)
            except Exception as error:
                if passes(error):
                    raise
                report("relay.receipt_failed", error, key=key)

    def _is_held(self, key: str, *, delivered: bool) -> bool:
        """Whether what became of this message is no matter of the person it was sent to."""
        held = self._undelivered.too_many
        if delivered:
            if held:
                log.warning("receipts.messages_arrive_again")
            self._undelivered.over()
            return False
        if self._undelivered.one_more(key) and not held:
            log.error("receipts.nothing_arrives", messages_in_a_row=IN_A_ROW)
        return held

    async def _deliver(self, key: str) -> None:
        """Write the delivery down, and tell the case if it changes its window: moved, or never opened."""
        async with self.card.transaction() as session:
            delivery = await parts.delivery_of(session, key)
            if delivery is None:
                return
            if delivery.told:
                await parts.told(session, key)
                return
            if self._is_held(key, delivered=delivery.delivered):
                return
            await parts.finish_delivery(session, delivery)
            question = await messages.question(session, key)
            receipt: model.Receipt | None = None
            case = None
            if question is not None and question.closed_at is None and question.expects == "consent":
                case = await cases.find(session, question.case_ref)
                closes = window_closes(delivery.at, question.window_days)
                if not delivery.delivered:
                    receipt = model.Receipt(key=key)
                elif closes > question.deadline:
                    receipt = model.Receipt(key=key, deadline=closes)
            if receipt is None or case is None:
                await parts.told(session, key)
                return
        handle = self.client.get_workflow_handle(model.workflow_id(case.service, case.ref))
        try:
            await handle.signal(model.Message.RECEIPT, receipt)
        except RPCError as error:
            # The case is over. Anything else is tried again by the next sweep.
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        # Not before the case knows: a gateway that died in between would leave the case with the earlier deadline.
        async with self.card.transaction() as session:
            if receipt.deadline is not None:
                await messages.set_deadline(session, key, receipt.deadline)
            await parts.told(session, key)
