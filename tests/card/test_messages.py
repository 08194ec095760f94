"""Open questions and their numbers, receipts that overtake, and messages that are said once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from card import messages, parts
from card.tables import CaseRecord, IncomingMessage, MessageState, OutgoingMessage, Question
from tests.card.conftest import Cards

PHONE = "+77010000017"
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)
_keys = count(1)


async def ask(cards: Cards, case: CaseRecord, key: str, phone: str = PHONE) -> Question:
    async with cards.card.transaction() as session:
        return await messages.ask(
            session, key=key, case_ref=case.ref, phone=phone, expects="consent", window_days=3, deadline=NOW
        )


async def shown(cards: Cards, question: Question) -> int | None:
    async with cards.card.transaction() as session:
        return await messages.shown_number(session, question)


async def open_numbers(cards: Cards, phone: str = PHONE) -> Sequence[int]:
    async with cards.card.transaction() as session:
        return [question.number for question in await messages.open_questions(session, phone)]


async def close(cards: Cards, case: CaseRecord) -> None:
    async with cards.card.transaction() as session:
        await messages.close_questions(session, case.ref)


def outgoing(key: str, parts: int = 2, words: str = "Сізге тиесілі") -> OutgoingMessage:
    return OutgoingMessage(key=key, phone=PHONE, language="kk", kind="offer", text=words, parts=parts, paid_by="budget")


async def test_ten_cases_that_ask_a_phone_at_once_get_ten_numbers(cards: Cards) -> None:
    asking = [await cards.open() for _ in range(10)]
    asked = await asyncio.gather(*(ask(cards, case, f"{case.ref}:offer") for case in asking))
    numbers = {question.number for question in asked}
    assert await open_numbers(cards) == sorted(numbers)
    assert len(numbers) == 10
    assert numbers <= set(messages.NUMBERS)


async def test_a_first_question_is_told_without_a_number_and_a_number_stays_with_its_case(cards: Cards) -> None:
    first, second, third = [await cards.open() for _ in range(3)]
    was = await ask(cards, first, "1")
    assert await shown(cards, was) is None
    other = await ask(cards, second, "2")
    assert (await shown(cards, other), await shown(cards, was)) == (other.number, was.number)
    await close(cards, first)
    assert (await ask(cards, third, "3")).number not in (was.number, other.number), "somebody may still mean the first"
    assert (await ask(cards, first, "4")).number == was.number, "the case's own, when it asks again"
    again = await ask(cards, first, "5", "+77010000018")
    assert again.number == was.number
    assert await shown(cards, again) is None, "each phone for itself"


async def test_two_that_draw_one_number_get_two(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "NUMBERS", (207, 208))
    numbers = {(await ask(cards, await cards.open(), f"{n}")).number for n in range(2)}
    assert numbers == {207, 208}


async def test_asking_again_under_the_same_key_is_the_same_question(cards: Cards) -> None:
    case = await cards.open()
    first = await ask(cards, case, "offer")
    again = await ask(cards, case, "offer", "+77019999999")
    assert (again.number, again.phone, again.opened_at) == (first.number, PHONE, first.opened_at)
    assert await open_numbers(cards) == [first.number]


async def test_a_new_question_of_a_case_takes_the_place_of_its_old_one(cards: Cards) -> None:
    case, other = await cards.open(), await cards.open()
    beside = await ask(cards, other, "other")
    first = await ask(cards, case, "offer")
    again = await ask(cards, case, "offer:2")
    assert again.number == first.number
    assert await open_numbers(cards) == sorted((beside.number, again.number))
    async with cards.card.transaction() as session:
        last = await messages.last_question(session, case.ref)
    assert last is not None
    assert last.key == "offer:2"


async def test_what_was_intended_first_is_what_is_said(cards: Cards) -> None:
    async with cards.card.transaction() as session:
        await messages.intend(session, outgoing("offer"))
    async with cards.card.transaction() as session:
        known = await messages.intend(session, outgoing("offer", words="Другие слова"))
    assert known.text == "Сізге тиесілі"


async def test_a_receipt_may_come_before_the_message_is_marked_sent(cards: Cards) -> None:
    card = cards.card
    async with card.transaction() as session:
        await messages.intend(session, outgoing("offer"))
        for part, minute in (("71", 4), ("72", 2)):
            await parts.store_receipts(
                session, [parts.Received(part, delivered=True, at=NOW + timedelta(minutes=minute))]
            )
    async with card.transaction() as session:
        await parts.match(session)
        assert list(await parts.untold(session, timedelta(days=10_000))) == [], "nobody knows yet whose they are"
    async with card.transaction() as session:
        await messages.mark_sent(session, "offer", ["71", "72"], NOW)
    async with card.transaction() as session:
        await parts.match(session)
        assert list(await parts.untold(session, timedelta(days=10_000))) == ["offer"]
        delivery = await parts.delivery_of(session, "offer")
        assert delivery is not None
        assert (delivery.delivered, delivery.at) == (True, NOW + timedelta(minutes=4)), "the last part counts"
        await parts.finish_delivery(session, delivery)
        await parts.told(session, "offer")
    async with card.transaction() as session:
        assert (await session.get_one(OutgoingMessage, "offer")).state == MessageState.DELIVERED
        await parts.match(session)
        assert list(await parts.untold(session, timedelta(days=10_000))) == []
        await messages.mark_sent(session, "offer", ["71", "72"], NOW)
    async with card.transaction() as session:
        assert (await session.get_one(OutgoingMessage, "offer")).state == MessageState.DELIVERED, "not sent again"


async def test_an_incoming_message_is_stored_once(cards: Cards) -> None:
    async def store(text: str) -> bool:
        async with cards.card.transaction() as session:
            message = IncomingMessage(message_id="op:1", phone=PHONE, text=text, received_at=NOW)
            return await messages.store_incoming(session, message) is not None

    assert sorted(await asyncio.gather(*(store("ИӘ") for _ in range(5)))) == [False] * 4 + [True]
    assert [await store("ЖОҚ"), await store("ЖОҚ")] == [True, False], "an id that came again is another message"
    async with cards.card.transaction() as session:
        assert (await session.get_one(IncomingMessage, "op:1")).text == "ИӘ"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    many=st.integers(min_value=1, max_value=4),
    receipts=st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 600)), max_size=8),
    sent_after=st.integers(min_value=0, max_value=8),
)
async def test_whatever_order_receipts_come_in_the_message_says_the_same(
    cards: Cards, many: int, receipts: list[tuple[int, bool, int]], sent_after: int
) -> None:
    """Delivered when all parts are, at the time of the last; failed when one is; strangers' receipts change nothing."""
    key = f"offer-{next(_keys)}"
    names = [f"{key}#{n}" for n in range(many)]
    first: dict[int, tuple[bool, datetime]] = {}
    async with cards.card.transaction() as session:
        await messages.intend(session, outgoing(key, many))
        for place, (part, delivered, second) in enumerate(receipts):
            if place == sent_after:
                await messages.mark_sent(session, key, names, NOW)
            at = NOW + timedelta(seconds=second)
            await parts.store_receipts(session, [parts.Received(f"{key}#{part}", delivered=delivered, at=at)])
            first.setdefault(part, (delivered, at))
        if sent_after >= len(receipts):
            await messages.mark_sent(session, key, names, NOW)
        await parts.match(session)
        said = await parts.delivery_of(session, key)
    ours = [value for part, value in first.items() if part < many]
    failed = [at for delivered, at in ours if not delivered]
    if failed:
        assert said is not None
        assert (said.delivered, said.at) == (False, max(failed))
    elif len(ours) == many:
        assert said is not None
        assert (said.delivered, said.at) == (True, max(at for _, at in ours))
    else:
        assert said is None


async def test_many_half_receipted_messages_hide_no_complete_one(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "UNTOLD_AT_ONCE", 100)
    many = parts.UNTOLD_AT_ONCE + 10
    async with cards.card.transaction() as session:
        for n in range(many):
            await messages.intend(session, outgoing(f"half-{n}"))
            await messages.mark_sent(session, f"half-{n}", [f"h{n}a", f"h{n}b"], NOW)
            await parts.store_receipts(session, [parts.Received(f"h{n}a", delivered=True, at=NOW - timedelta(hours=1))])
        for key, delivered in (("late", True), ("later", False)):
            await messages.intend(session, outgoing(key))
            await messages.mark_sent(session, key, [f"{key}-a", f"{key}-b"], NOW)
            await parts.store_receipts(session, [parts.Received(f"{key}-a", delivered=delivered, at=NOW)])
        await parts.store_receipts(session, [parts.Received("late-b", delivered=True, at=NOW - timedelta(minutes=1))])
    async with cards.card.transaction() as session:
        await parts.match(session)
        assert list(await parts.untold(session, timedelta(days=10_000))) == ["late", "later"], "the oldest first"
