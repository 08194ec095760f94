"""A statement in which nearly a third of a month comes back: each payment is cured, or waits and is seen to."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from sqlalchemy import text

from activities import portions
from activities.booking import Booked, book
from activities.pay import CURES
from card import Card, bank_lines, run_lines, runs
from card.bank_lines import Stated
from stubs.iso20022 import Entry, write_statement
from tests.activities.month import DEBTOR
from tests.card.test_runs import JANUARY, NET, ask, check, selected, sent
from tests.entitled_people import Entitled

PEOPLE, BACK = 1002, 300
DAY, NEXT = date(2026, 1, 5), date(2026, 1, 6)
REASONS = ("AC04", "AB05", "MS03")
"""Another account is asked for, it is paid again on the next day, and a person has to find out."""


@pytest.fixture
async def card(database_url: str) -> AsyncIterator[Card]:
    card = Card(database_url)
    yield card
    await card.close()


async def stated(card: Card, entries: list[Entry]) -> Booked:
    page = write_statement("N", datetime.now(UTC), DEBTOR.iban, DEBTOR.bic, entries)
    return await book(card, DEBTOR, BytesIO(page))


async def test_1002_payments_of_which_30_percent_come_back(card: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portions, "LINES", 200)  # a payment and its return stand in one portion, and in two
    await selected(card, [Entitled(n) for n in range(PEOPLE)], JANUARY, runs.Stage(1, DAY, (), others=True))
    await sent(card, "s1")
    names = [name for (name,) in await ask(card, "SELECT end_to_end_id FROM run_lines ORDER BY id")]
    chance = random.Random(1002)
    back = {name: REASONS[n % 3] for n, name in enumerate(chance.sample(names, BACK))}
    lines = [(n, Entry(name, NET, f"BR-{n}", DAY.isoformat())) for n, name in enumerate(names)]
    lines += [
        (
            n + chance.randrange(1, 600),
            Entry(name, NET, f"BR-{n}-R", DAY.isoformat(), back=True, reason=back[name]),
        )
        for n, name in enumerate(names)
        if name in back
    ]
    entries = [entry for _, entry in sorted(lines, key=lambda one: one[0])]
    assert await stated(card, entries) == Booked(PEOPLE + BACK, Stated(PEOPLE, BACK))
    assert await stated(card, entries) == Booked(PEOPLE + BACK, Stated()), "the same again"

    async with card.transaction() as session:
        await bank_lines.cure(session, CURES, DAY)
        waits = await run_lines.waiting(session, JANUARY)
    assert {(one.reason, one.by_itself, one.count, one.total) for one in waits} == {
        ("account_needed", True, 100, 100 * NET),
        ("AB05", True, 100, 100 * NET),
        ("MS03", False, 100, 100 * NET),
    }
    whole = await check(card)
    assert (whole.credited, whole.pending) == ((PEOPLE + PEOPLE - BACK) * NET, BACK * NET)

    async with card.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO accounts (id, person_id, iban, source) SELECT gen_random_uuid(), person_id, iban || '9', "
                "'bank' FROM accounts WHERE rejected IS NOT NULL"
            )
        )
        await run_lines.order_again(session, JANUARY, 1, NEXT)
    await sent(card, "r1", "q1")
    again = [name for (name,) in await ask(card, "SELECT end_to_end_id FROM run_lines WHERE state = 'ordered'")]
    assert sorted(again) == sorted(f"{name}R1" for name, reason in back.items() if reason != "MS03")
    paid = [Entry(name, NET, f"BR2-{n}", NEXT.isoformat()) for n, name in enumerate(again)]
    assert (await stated(card, paid)).changed == Stated(booked=200)
    whole = await check(card)
    assert (whole.credited, whole.pending) == ((PEOPLE + PEOPLE - 100) * NET, 100 * NET)
    async with card.transaction() as session:
        (aged,) = await run_lines.waiting(session, JANUARY)
        assert (aged.reason, aged.count, aged.since is None) == ("MS03", 100, False)
        assert await bank_lines.count_items(session) == 0
