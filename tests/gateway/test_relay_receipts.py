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
from tests.gateway.desk import Desk, now
from workflows.model import Case


async def asked(
    desk: Desk, *, parts: int = 1, sent: datetime | None = None, expects: str = "consent"
) -> tuple[Case, str]:
    """A case whose question went out; the key of the question. Its window is counted from `sent`."""
    case = await desk.open()
    key = await desk.ask(case, expects=expects, deadline=window_closes(sent or now(), 3))
    await desk.said(case, key, parts)
    return case, key


async def receipts(desk: Desk, key: str, *words: bool, at: datetime) -> None:
    for n, delivered in enumerate(words):
        await desk.relay.receipt(f"{key}#{n}", delivered=delivered, at=at)
    await desk.relay.sweep()


async def deadline(desk: Desk, key: str) -> datetime:
    async with desk.card.transaction() as session:
        return (await session.get_one(Question, key)).deadline


async def state(desk: Desk, key: str) -> str:
    async with desk.card.transaction() as session:
        return (await session.get_one(OutgoingMessage, key)).state


async def test_a_delivery_on_a_later_day_moves_the_window(desk: Desk) -> None:
    case, key = await asked(desk, sent=now() - timedelta(days=2))
    at = now()
    await receipts(desk, key, True, at=at)
    (receipt,) = (await desk.heard(case)).receipts
    assert (receipt.key, receipt.deadline) == (key, window_closes(at, 3))
    assert await deadline(desk, key) == window_closes(at, 3)
    assert await state(desk, key) == MessageState.DELIVERED


async def test_a_delivery_on_the_same_day_needs_no_signal(desk: Desk) -> None:
    case, key = await asked(desk)
    before = await deadline(desk, key)
    await receipts(desk, key, True, at=now())
    assert (await desk.heard(case)).receipts == []
    assert await deadline(desk, key) == before
    assert await state(desk, key) == MessageState.DELIVERED


async def test_a_delivery_never_moves_the_window_to_an_earlier_day(desk: Desk) -> None:
    """The centre's clock is slow, or its zone is wrong: the person was told until when."""
    case, key = await asked(desk)
    before = await deadline(desk, key)
    await receipts(desk, key, True, at=now() - timedelta(days=2))
    assert (await desk.heard(case)).receipts == []
    assert await deadline(desk, key) == before


async def test_a_question_that_did_not_arrive_is_told_to_its_case(desk: Desk) -> None:
    case, key = await asked(desk)
    await receipts(desk, key, False, at=now())
    (receipt,) = (await desk.heard(case)).receipts
    assert (receipt.key, receipt.deadline) == (key, None)
    assert await state(desk, key) == MessageState.FAILED


async def test_a_message_has_arrived_when_its_last_part_has(desk: Desk) -> None:
    case, key = await asked(desk, parts=3, sent=now() - timedelta(days=2))
    await receipts(desk, key, True, True, at=now() - timedelta(days=1))
    assert (await desk.heard(case)).receipts == []
    assert await state(desk, key) == MessageState.SENT
    last = now()
    await desk.relay.receipt(f"{key}#2", delivered=True, at=last)
    await desk.relay.sweep()
    assert await deadline(desk, key) == window_closes(last, 3)
    assert len((await desk.heard(case)).receipts) == 1


async def test_one_part_that_did_not_arrive_is_a_message_that_did_not(desk: Desk) -> None:
    case, key = await asked(desk, parts=2)
    await receipts(desk, key, True, False, at=now())
    assert [receipt.deadline for receipt in (await desk.heard(case)).receipts] == [None]


async def test_doubled_receipts_and_sweeps_tell_it_once(desk: Desk) -> None:
    case, key = await asked(desk, sent=now() - timedelta(days=2))
    at = now()
    for _ in range(3):
        await receipts(desk, key, True, at=at)
    await desk.another_relay().sweep()
    assert len((await desk.heard(case)).receipts) == 1


async def test_receipts_of_notices_and_of_closed_questions_move_nothing(desk: Desk) -> None:
    case, key = await asked(desk, sent=now() - timedelta(days=2))
    second = await desk.ask(case, step_n=2)
    await desk.said(case, second)
    notice = f"{case.id}:notify"
    await desk.said(case, notice)
    for one in (key, notice):
        await receipts(desk, one, True, at=now())
        assert await state(desk, one) == MessageState.DELIVERED
    await receipts(desk, notice, False, at=now())
    assert (await desk.heard(case)).receipts == []


async def test_the_question_for_an_account_keeps_its_own_time(desk: Desk) -> None:
    case, key = await asked(desk, expects="account", sent=now() - timedelta(days=2))
    before = await deadline(desk, key)
    await receipts(desk, key, True, at=now())
    assert ((await desk.heard(case)).receipts, await deadline(desk, key)) == ([], before)


async def test_a_receipt_for_a_case_that_is_over_is_put_away(desk: Desk) -> None:
    case, key = await asked(desk, sent=now() - timedelta(days=2))
    await desk.end(case)
    await receipts(desk, key, True, at=now())
    assert await untold(desk) == 0


async def untold(desk: Desk) -> int:
    async with desk.card.transaction() as session:
        return len((await session.scalars(select(DeliveryReceipt).where(DeliveryReceipt.told_at.is_(None)))).all())  # type: ignore[union-attr]


class Deaf:
    """A Temporal that is away for the first calls, or a gateway that dies before them."""

    def __init__(self, desk: Desk, times: int) -> None:
        self.desk, self.left = desk, times

    def get_workflow_handle(self, id: str) -> "Deaf":
        self.id = id
        return self

    async def signal(self, name: str, argument: object) -> None:
        if self.left:
            self.left -= 1
            raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")
        await self.desk.client.get_workflow_handle(self.id).signal(name, argument)


@pytest.mark.parametrize("delivered", [True, False])
async def test_a_signal_that_was_lost_is_given_again(desk: Desk, delivered: bool) -> None:
    """The window that the person has, and the window that the case knows, are the same in the end."""
    case, key = await asked(desk, sent=now() - timedelta(days=2))
    before = await deadline(desk, key)
    desk.relay.receipts.client = Deaf(desk, 2)  # type: ignore[assignment]
    at = now()
    await receipts(desk, key, delivered, at=at)
    assert (await untold(desk), await deadline(desk, key)) == (1, before)
    for _ in range(3):
        await desk.relay.sweep()
    assert await untold(desk) == 0
    assert [receipt.deadline for receipt in (await desk.heard(case)).receipts] == [
        window_closes(at, 3) if delivered else None
    ]


async def test_receipts_of_long_ago_are_let_rest(desk: Desk) -> None:
    case, key = await asked(desk)
    await receipts(desk, key, False, at=now() - timedelta(days=4))
    assert (await desk.heard(case)).receipts == []


async def test_the_relay_outlives_a_database_that_is_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SWEEP", 0.02)
    case, key = await asked(desk, sent=now() - timedelta(days=2))
    statements = desk.card.statements
    failures = [DatabaseError(DBAPIError("", {}, Exception())), KeyError("a bug"), OSError("away")]

    def sometimes() -> object:
        if failures:
            raise failures.pop()
        return statements()

    monkeypatch.setattr(desk.card, "statements", sometimes)
    running = asyncio.create_task(desk.relay.run())
    try:
        async with asyncio.timeout(5):
            while failures:
                await asyncio.sleep(0.01)
            await desk.relay.receipt(f"{key}#0", delivered=True, at=now())
            while not (await desk.heard(case)).receipts:
                await asyncio.sleep(0.01)
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_parts_that_fail_one_after_the_other_are_one_verdict(desk: Desk) -> None:
    case, key = await asked(desk, parts=4)
    for part in range(4):
        await desk.relay.receipt(f"{key}#{part}", delivered=False, at=now())
        await desk.relay.sweep()
    assert len((await desk.heard(case)).receipts) == 1


async def test_that_nothing_arrives_any_more_is_told_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt for each message said that it was rejected: one person after the other was unreachable, unseen."""
    monkeypatch.setattr(receipts_module, "IN_A_ROW", 3)
    desk.relay = desk.another_relay()
    with capture_logs() as logs:
        for delivered in (False, False, True, False, False, False, False, True):
            _, key = await asked(desk)
            await receipts(desk, key, delivered, at=now())
    told = [line["event"] for line in logs if line["event"].startswith("receipts.")]
    assert told == ["receipts.nothing_arrives", "receipts.messages_arrive_again"]


async def test_while_nothing_arrives_nobody_is_unreachable(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A centre that took everything and delivered nothing made fifteen of fifteen unreachable for a fortnight."""
    monkeypatch.setattr(receipts_module, "IN_A_ROW", 3)
    desk.relay = desk.another_relay()
    sent = [await asked(desk) for _ in range(6)]
    for _, key in sent[:5]:
        await receipts(desk, key, False, at=now())
    assert [len((await desk.heard(case)).receipts) for case, _ in sent] == [1, 1, 1, 0, 0, 0]
    await receipts(desk, sent[5][1], True, at=now())
    await desk.relay.sweep()
    assert [len((await desk.heard(case)).receipts) for case, _ in sent[:5]] == [1] * 5, "and each is written to again"
