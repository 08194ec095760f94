"""Which receipt is about which part: operators' ids come again, are spelt otherwise, and may belong to nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from card import messages, parts
from card.parts import HOLDS, MATCHED_WITHIN, Delivery, reading
from card.tables import DeliveryReceipt, MessagePart, OutgoingMessage, table
from tests.activities.database import BY_FORCE
from tests.card.conftest import Cards

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


async def send(cards: Cards, key: str, *ids: str, operator: str = parts.OPERATOR) -> list[str]:
    """The message goes out; the ids that are given twice."""
    async with cards.card.transaction() as session:
        row = OutgoingMessage(
            key=key, phone="+77010000017", language="kk", kind="offer", text="?", parts=len(ids), paid_by="budget"
        )
        await messages.intend(session, row)
        return list(await messages.mark_sent(session, key, ids, NOW, operator=operator))


async def receive(cards: Cards, id_: str, *, delivered: bool = True, operator: str = parts.OPERATOR) -> None:
    async with cards.card.transaction() as session:
        await parts.store_receipts(session, [parts.Received(id_, delivered=delivered, at=NOW, operator=operator)])


async def test_a_receipt_of_a_centre_whose_clock_is_a_month_behind_is_judged(cards: Cards) -> None:
    await send(cards, "m", "1a")
    async with cards.card.transaction() as session:
        behind = datetime.now(UTC) - timedelta(days=30)
        await parts.store_receipts(session, [parts.Received("1a", delivered=False, at=behind)])
        await parts.match(session)
        assert list(await parts.untold(session, timedelta(days=3))) == ["m"]
    await pass_time(cards, timedelta(days=4))
    async with cards.card.statements() as session:
        assert list(await parts.untold(session, timedelta(days=3))) == [], "what has lain for so long is let rest"


async def test_of_two_that_come_together_the_first_counts(cards: Cards) -> None:
    await send(cards, "m", "1a")
    first, second = (parts.Received("1a", delivered=delivered, at=NOW) for delivered in (False, True))
    async with cards.card.transaction() as session:
        await parts.store_receipts(session, [first, second, parts.Received("2b", delivered=True, at=NOW)])
    async with cards.card.statements() as session:
        kept = [(one.smsc_message_id, one.delivered) for one in await session.scalars(select(DeliveryReceipt))]
    assert sorted(kept) == [("1a", False), ("2b", True)]


async def verdict(cards: Cards, key: str) -> bool | None:
    """Whether the message arrived; None while nobody knows."""
    async with cards.card.transaction() as session:
        await parts.match(session)
        delivery: Delivery | None = await parts.delivery_of(session, key)
    return None if delivery is None else delivery.delivered


async def pass_time(cards: Cards, span: timedelta) -> None:
    """All that is stored has been so for longer."""
    async with cards.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(table(MessagePart)).values(sent_at=MessagePart.sent_at - span))
        await session.execute(update(table(DeliveryReceipt)).values(stored_at=DeliveryReceipt.stored_at - span))


async def lost(cards: Cards) -> list[tuple[str, int, str]]:
    async with cards.card.transaction() as session:
        await parts.match(session)
        return list(await parts.give_up(session))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("39F99DD5", "0972660181"),
        ("39F99DD5", "972660181"),
        ("39F99DD5", "39f99dd5"),
        ("0039F99DD5", "39F99DD5"),
        ("972660181", "39F99DD5"),
        ("0000000042", "42"),
        ("a name-7", "a name-7"),
    ],
)
async def test_an_id_is_known_in_whatever_base_the_receipt_names_it(cards: Cards, given: str, named: str) -> None:
    await send(cards, "offer", given)
    await receive(cards, named, delivered=False)
    assert await verdict(cards, "offer") is False
    assert await lost(cards) == []


async def test_the_same_spelling_goes_before_the_same_number(cards: Cards) -> None:
    await send(cards, "a", "39F99DD5")
    assert await send(cards, "b", "972660181") == ["39F99DD5"], "one number for two parts is told"
    await receive(cards, "972660181", delivered=False)
    assert (await verdict(cards, "a"), await verdict(cards, "b")) == (None, False)


async def test_what_two_parts_could_be_meant_by_is_left_and_told(cards: Cards) -> None:
    await send(cards, "a", "39F99DD5")
    await send(cards, "b", "972660181")
    await receive(cards, "0972660181")
    assert (await verdict(cards, "a"), await verdict(cards, "b")) == (None, None)
    await pass_time(cards, MATCHED_WITHIN)
    assert await lost(cards) == [(parts.OPERATOR, 1, "0972660181")]


@pytest.mark.parametrize("named", ["256", "100"])
async def test_digits_that_would_be_another_number_in_the_other_base_are_nobodys(cards: Cards, named: str) -> None:
    """A receipt overtakes its part: it is not given to one that only reads so in the other base."""
    await send(cards, "a", {"256": "100", "100": "256"}[named])
    await receive(cards, named, delivered=False)
    assert await verdict(cards, "a") is None


async def test_an_id_that_comes_again_after_its_time_is_another_part(cards: Cards) -> None:
    await send(cards, "old", "7")
    await receive(cards, "7")
    assert await verdict(cards, "old") is True
    await pass_time(cards, HOLDS + timedelta(minutes=1))
    assert await send(cards, "new", "7") == []
    await receive(cards, "7", delivered=False)
    assert (await verdict(cards, "old"), await verdict(cards, "new")) == (True, False)


async def test_an_id_that_comes_again_within_its_time_is_told_and_proves_nothing(cards: Cards) -> None:
    await send(cards, "one", "7")
    assert await send(cards, "two", "7") == ["7"]
    await receive(cards, "7", delivered=False)
    assert (await verdict(cards, "one"), await verdict(cards, "two")) == (None, None)
    assert await send(cards, "both", "8", "8") == ["8"]


async def test_two_operators_have_ids_of_their_own(cards: Cards) -> None:
    await send(cards, "one", "7", operator="beeline")
    assert await send(cards, "two", "7", operator="tele2") == []
    await receive(cards, "7", delivered=False, operator="tele2")
    assert (await verdict(cards, "one"), await verdict(cards, "two")) == (None, False)


async def test_a_receipt_of_no_message_is_told_once_after_a_while(cards: Cards) -> None:
    for id_ in ("1", "2"):
        await receive(cards, id_)
    assert await lost(cards) == [], "its part may be about to be stored"
    await pass_time(cards, MATCHED_WITHIN)
    assert await lost(cards) == [(parts.OPERATOR, 2, "1")]
    assert await lost(cards) == []


async def test_a_part_that_is_stored_very_late_still_gets_its_receipt(cards: Cards) -> None:
    """The worker that had sent it died; another asked the centre again, an hour later."""
    await receive(cards, "7")
    await pass_time(cards, timedelta(hours=1))
    assert await lost(cards)
    await send(cards, "offer", "7")
    assert await verdict(cards, "offer") is True


def test_readings_of_long_ids_stay_what_they_are() -> None:
    long = "9" * 21
    assert (reading(long), reading("٣"), reading("")) == (long, "٣", "")


async def test_receipts_are_matched_and_judged_by_indexes_however_many_there_are(cards: Cards) -> None:
    many = 30_000
    async with cards.card.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO messages (key, phone, language, kind, text, parts, paid_by, state) "
                "SELECT 'm' || n, '+77010000017', 'kk', 'offer', '?', 1, 'budget', 'sent' FROM generate_series(1, :n) n"
            ),
            {"n": many},
        )
        await session.execute(
            text(
                "INSERT INTO message_parts (operator, smsc_message_id, message_key, number, reading) "
                "SELECT 'smsc', n::text, 'm' || n, 1, n::text FROM generate_series(1, :n) n"
            ),
            {"n": many},
        )
        await session.execute(
            text(
                "INSERT INTO receipts (operator, smsc_message_id, reading, delivered, at, message_key, part, told_at) "
                "SELECT 'smsc', n::text, n::text, true, now(), 'm' || n, n::text, now() FROM generate_series(11, :n) n"
            ),
            {"n": many},
        )
        for n in range(1, 11):
            await parts.store_receipts(session, [parts.Received(str(n), delivered=True, at=NOW)])
        await session.execute(text("ANALYZE messages, message_parts, receipts"))
        plan = await session.execute(text(f"EXPLAIN {parts._MATCH.text}"), {"holds": HOLDS, "within": MATCHED_WITHIN})
        lines = [row[0] for row in plan]
        assert not [line for line in lines if "Seq Scan" in line], lines
        await parts.match(session)
        assert len(await parts.untold(session, timedelta(days=10_000))) == 10
    async with cards.card.statements() as session:
        assert (await session.execute(text("SELECT count(*) FROM receipts WHERE told_at IS NULL"))).scalar_one() == 10
