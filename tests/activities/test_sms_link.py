"""The speaking step over the real link: SMPP to the centre's stub, the receipt back, and one message on the handset."""

import dataclasses
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from card import parts
from card.tables import MessageState, OutgoingMessage
from tests.activities.life import Life
from tests.activities.people import phone_of
from tests.adapters.sms_link import linked, until
from workflows.model import Step


async def test_an_offer_goes_out_once_over_smpp_and_its_receipts_are_its_own(life: Life) -> None:
    arg = await life.ready(Step.OFFER, await life.open())
    async with linked() as link:
        sms: Any = link.sender
        world = dataclasses.replace(life.world(), sms=sms)
        await link.faults({"fault": "timeout_after_acting", "silent": True, "times": 1})
        with pytest.raises(ApplicationError) as caught:
            await life.run(Step.OFFER, arg, 1, world)
        assert (caught.value.type, caught.value.non_retryable) == ("Unclear", False)
        first = await life.run(Step.OFFER, arg, 2, world)
        assert await life.run(Step.OFFER, arg, 3, world) == first
        (row,) = await life.rows(OutgoingMessage, arg.case)
        assert row.state == MessageState.SENT
        await until(lambda: len(link.receipts) == row.parts)
        on_handset = (await link.on_handset(phone_of(1)))["messages"]
        assert [message["text"] for message in on_handset] == [row.text]
        async with life.card.transaction() as session:
            for receipt in link.receipts:
                await parts.store_receipts(
                    session, [parts.Received(receipt.smsc_message_id, delivered=True, at=receipt.at)]
                )
            await parts.match(session)
            delivery = await parts.delivery_of(session, arg.key)
        assert delivery is not None
        assert delivery.delivered
