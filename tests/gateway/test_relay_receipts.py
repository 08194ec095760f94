"""Receipts: the window counts from the delivery, moves only later, and what did not arrive is told."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from structlog.testing import capture_logs
from temporalio.service import RPCError, RPCStatusCode

from benefits.days import window_closes
from card.store import DatabaseError
from card.tables import DeliveryReceipt, MessageState, OutgoingMessage, Question
from gateway import receipts as receipts_module
from gateway import relay as relay_module
from tests.gateway.house import House, now
from workflows.model import Case


async def asked(
    house: House, *, parts: int = 1, sent: datetime | None = None, expects: str = "consent"
) -> tuple[Case, str]:
    """A case whose question went out; the key of the question. Its window is counted from `sent`."""
    case = await house.open()
    key = await house.ask(case, expects=expects, deadline=window_closes(sent or now(), 3))
    await house.said(case, key, parts)
    return case, key


async def receipts(house: House, key: str, *words: bool, at: datetime) -> None:
    for n, delivered in enumerate(words):
        await house.relay.receipt(f"{key}#{n}", delivered=delivered, at=at)
    await house.relay.sweep()


async def deadline(house: House, key: str) -> datetime:
    async with house.card.transaction() as session:
        return (await session.get_one(Question, key)).deadline


async def state(house: House, key: str) -> str:
    async with house.card.transaction() as session:
        return (await session.get_one(OutgoingMessage, key)).state


async def test_a_delivery_on_a_later_day_moves_the_window(house: House) -> None:
    case, key = await asked(house, sent=now() - timedelta(days=2))
    at = now()
    await receipts(house, key, True, at=at)
    (receipt,) = (await house.heard(case)).receipts
    assert (receipt.key, receipt.deadline) == (key, window_closes(at, 3))
    assert await deadline(house, key) == window_closes(at, 3)
    assert await state(house, key) == MessageState.DELIVERED


async def test_a_delivery_on_the_same_day_needs_no_signal(house: House) -> None:
    case, key = await asked(house)
    before = await deadline(house, key)
    await receipts(house, key, True, at=now())
    assert (await house.heard(case)).receipts == []
    assert await deadline(house, key) == before
    assert await state(house, key) == MessageState.DELIVERED


async def test_a_delivery_never_moves_the_window_to_an_earlier_day(house: House) -> None:
    """The centre's clock is slow, or its zone is wrong: the person was told until when."""
    case, key = await asked(house)
    before = await deadline(house, key)
    await receipts(house, key, True, at=now() - timedelta(days=2))
    assert (await house.heard(case)).receipts == []
    assert await deadline(house, key) == before


async def test_a_question_that_did_not_arrive_is_told_to_its_case(house: House) -> None:
    case, key = await asked(house)
    await receipts(house, key, False, at=now())
    (receipt,) = (await house.heard(case)).receipts
    assert (receipt.key, receipt.deadline) == (key, None)
    assert await state(house, key) == MessageState.FAILED


async def test_a_message_has_arrived_when_its_last_part_has(house: House) -> None:
    case, key = await asked(house, parts=3, sent=now() - timedelta(days=2))
    await receipts(house, key, True, True, at=now() - timedelta(days=1))
    assert (await house.heard(case)).receipts == []
    assert await state(house, key) == MessageState.SENT
    last = now()
    await house.relay.receipt(f"{key}#2", delivered=True, at=last)
    await house.relay.sweep()
    assert await deadline(house, key) == window_closes(last, 3)
    assert len((await house.heard(case)).receipts) == 1


async def test_one_part_that_did_not_arrive_is_a_message_that_did_not(house: House) -> None:
    case, key = await asked(house, parts=2)
    await receipts(house, key, True, False, at=now())
    assert [receipt.deadline for receipt in (await house.heard(case)).receipts] == [None]


async def test_doubled_receipts_and_sweeps_tell_it_once(house: House) -> None:
    case, key = await asked(house, sent=now() - timedelta(days=2))
    at = now()
    for _ in range(3):
        await receipts(house, key, True, at=at)
    await house.another_relay().sweep()
    assert len((await house.heard(case)).receipts) == 1


async def test_receipts_of_notices_and_of_closed_questions_move_nothing(house: House) -> None:
    case, key = await asked(house, sent=now() - timedelta(days=2))
    second = await house.ask(case, step_n=2)
    await house.said(case, second)
    notice = f"{case.id}:notify"
    await house.said(case, notice)
    for one in (key, notice):
        await receipts(house, one, True, at=now())
        assert await state(house, one) == MessageState.DELIVERED
    await receipts(house, notice, False, at=now())
    assert (await house.heard(case)).receipts == []


async def test_the_question_for_an_account_keeps_its_own_time(house: House) -> None:
    case, key = await asked(house, expects="account", sent=now() - timedelta(days=2))
    before = await deadline(house, key)
    await receipts(house, key, True, at=now())
    assert ((await house.heard(case)).receipts, await deadline(house, key)) == ([], before)


async def test_a_receipt_for_a_case_that_is_over_is_put_away(house: House) -> None:
    case, key = await asked(house, sent=now() - timedelta(days=2))
    await house.end(case)
    await receipts(house, key, True, at=now())
    assert await untold(house) == 0


async def untold(house: House) -> int:
    async with house.card.transaction() as session:
        return len((await session.scalars(select(DeliveryReceipt).where(DeliveryReceipt.told_at.is_(None)))).all())  # type: ignore[union-attr]


class Deaf:
    """A Temporal that is away for the first calls, or a gateway that dies before them."""

    def __init__(self, house: House, times: int) -> None:
        self.house, self.left = house, times

    def get_workflow_handle(self, id: str) -> "Deaf":
        self.id = id
        return self

    async def signal(self, name: str, argument: object) -> None:
        if self.left:
            self.left -= 1
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        await self.house.client.get_workflow_handle(self.id).signal(name, argument)


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_signal_that_was_lost_is_given_again(house: House, delivered: bool) -> None:
    """The window that the person has, and the window that the case knows, are the same in the end."""
    case, key = await asked(house, sent=now() - timedelta(days=2))
    before = await deadline(house, key)
    house.relay.receipts.client = Deaf(house, 2)  # type: ignore[assignment]
    at = now()
    await receipts(house, key, delivered, at=at)
    assert (await untold(house), await deadline(house, key)) == (1, before)
    for _ in range(3):
        await house.relay.sweep()
    assert await untold(house) == 0
    assert [receipt.deadline for receipt in (await house.heard(case)).receipts] == [
        window_closes(at, 3) if delivered else None
    ]


async def test_the_relay_outlives_a_database_that_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SWEEP", 0.02)
    case, key = await asked(house, sent=now() - timedelta(days=2))
    statements = house.card.statements
    failures = [DatabaseError(DBAPIError("", {}, Exception())), KeyError("a bug"), OSError("away")]

    def sometimes() -> object:
        if failures:
            raise failures.pop()
        return statements()

    monkeypatch.setattr(house.card, "statements", sometimes)
    running = asyncio.create_task(house.relay.run())
    try:
        async with asyncio.timeout(5):
            while failures:
                await asyncio.sleep(0.01)
            await house.relay.receipt(f"{key}#0", delivered=True, at=now())
            while not (await house.heard(case)).receipts:
                await asyncio.sleep(0.01)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_parts_that_fail_one_after_the_other_are_one_verdict(house: House) -> None:
    case, key = await asked(house, parts=4)
    for part in range(4):
        await house.relay.receipt(f"{key}#{part}", delivered=False, at=now())
        await house.relay.sweep()
    assert len((await house.heard(case)).receipts) == 1


async def test_that_nothing_arrives_any_more_is_told_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt for each message said that it was rejected: one person after the other was unreachable, unseen."""
    monkeypatch.setattr(receipts_module, "IN_A_ROW", 3)
    house.relay = house.another_relay()
    with capture_logs() as logs:
        for delivered in (False, False, True, False, False, False, False, True):
            _, key = await asked(house)
            await receipts(house, key, delivered, at=now())
    told = [line["event"] for line in logs if line["event"].startswith("receipts.")]
    assert told == ["receipts.nothing_arrives", "receipts.messages_arrive_again"]


async def test_while_nothing_arrives_nobody_is_unreachable(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A centre that took everything and delivered nothing made fifteen of fifteen unreachable for a fortnight."""
    monkeypatch.setattr(receipts_module, "IN_A_ROW", 3)
    house.relay = house.another_relay()
    sent = [await asked(house) for _ in range(6)]
    for _, key in sent[:5]:
        await receipts(house, key, False, at=now())
    assert [len((await house.heard(case)).receipts) for case, _ in sent] == [1, 1, 1, 0, 0, 0]
    await receipts(house, sent[5][1], True, at=now())
    await house.relay.sweep()
    assert [len((await house.heard(case)).receipts) for case, _ in sent[:5]] == [1] * 5, "and each is written to again"
