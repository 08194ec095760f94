"""What a run selects, declares and orders; what banks say of it; and the books, which follow by themselves."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from card import Card, bank_lines, books, run_lines, runs
from card.bank_lines import Cures, Said
from card.store import DatabaseRefused
from desk import paying
from tests.activities.database import BY_FORCE
from tests.entitled_people import Entitled, settle

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
STAGE = runs.Stage(1, date(2026, 1, 5), ("KZ-71", "KZ-75"), others=False)
OTHERS = runs.Stage(2, date(2026, 1, 6), (), others=True)
NAMED = STAGE.regions
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
FUND = "PF1"
DAY = date(2026, 1, 5)
ALL = date(2999, 1, 1)
NET = Decimal("69330.00")
CURES = {
    "AC04": Cures("another_account", None, None),
    "AB05": Cures("pay_again", 2, 1),
    "AM05": Cures("nothing", None, None),
}


@pytest.fixture
async def card(database_url: str) -> AsyncIterator[Card]:
    card = Card(database_url)
    yield card
    await card.close()


async def selected(card: Card, people: list[Entitled], month: date = JANUARY, *stages: runs.Stage) -> None:
    """The stages of a run, selected and frozen."""
    async with card.transaction() as session:
        if people:
            await settle(session, people)
        await runs.open_run(session, month, stages or (STAGE, OTHERS), played=True)
    named = [region for one in stages or (STAGE, OTHERS) for region in one.regions]
    for one in stages or (STAGE, OTHERS):
        async with card.transaction() as session:
            await runs.select_range(session, month, one, named, FIRST, LAST, FUND)
        async with card.transaction() as session:
            await runs.freeze(session, month, one.number)


async def sent(card: Card, *parts: str, month: date = JANUARY) -> list[str]:
    """The files of these parts have left."""
    keys: list[str] = []
    for part in parts:
        async with card.transaction() as session:
            keys += await runs.seal(session, month, part, DAY)
    for key in keys:
        async with card.transaction() as session:
            await run_lines.sent(session, key)
    return keys


async def ask(card: Card, sql: str) -> list[Any]:
    async with card.transaction() as session:
        return [tuple(row) for row in (await session.execute(text(sql))).all()]


async def lines(card: Card) -> list[Any]:
    return await ask(card, "SELECT state, reason, n, amount FROM run_lines ORDER BY due_id, kind, n")


async def check(card: Card) -> books.Book:
    """The books add up, by everything, and the two ways of counting agree."""
    async with card.transaction() as session:
        whole = await books.whole(session, ALL)
        assert whole.difference == 0
        for what in books.BY:
            parts = await books.by(session, what, ALL)
            assert not [one for one in parts if one.difference]
            assert books.total(parts) == whole
    return whole


def booked(n: int, name: str, amount: Decimal = NET, state: str | None = "settled", **more: Any) -> Said:
    known = {"reason": None, "reference": f"BR-{n}", "booked_on": DAY, "waits": None}
    return Said(number=n, state=state, end_to_end_id=name, amount=amount, **(known | more))


async def names(card: Card) -> list[str]:
    return [row[0] for row in await ask(card, "SELECT end_to_end_id FROM run_lines ORDER BY id")]


async def test_a_month_is_selected_by_region_declared_and_paid_once(card: Card) -> None:
    people = [Entitled(n) for n in range(10)]
    await selected(card, people)
    await selected(card, [])
    found = await ask(card, "SELECT number, count, total FROM run_totals t JOIN run_stages s ON s.id = t.stage_id")
    assert sorted(found) == [(1, 2, 2 * NET), (1, 2, 2 * NET), (2, 2, 2 * NET), (2, 2, 2 * NET), (2, 2, 2 * NET)]
    keys = await sent(card, "s1", "s2")
    assert keys == ["payment-run/2026-01:s1:125:1", "payment-run/2026-01:s2:125:1"]
    async with card.transaction() as session:
        said = [booked(n, name) for n, name in enumerate(await names(card))]
        await bank_lines.stated(session, DAY, said)
    async with card.transaction() as session:
        await bank_lines.stated(session, DAY, said)
        assert await bank_lines.count_items(session) == 0
    whole = await check(card)
    assert (whole.assigned, whole.credited, whole.pending) == (20 * NET, 20 * NET, Decimal(0))
    february = runs.Stage(1, date(2026, 2, 5), (), others=True)
    async with card.transaction() as session:
        groups = await runs.would_pay(session, FEBRUARY, february, (), FIRST, LAST)
        assert sum(one.count for one in groups) == 10
        assert await runs.would_pay(session, JANUARY, february, (), FIRST, LAST) == []


async def test_months_that_nobody_has_paid_go_out_with_the_next_run_and_what_is_withheld_to_the_fund(
    card: Card,
) -> None:
    one = Entitled(0, gross=Decimal(100_000), withheld=Decimal(10_000), service="childcare")
    await selected(card, [one], FEBRUARY, runs.Stage(1, date(2026, 2, 5), (), others=True))
    assert await ask(card, "SELECT kind, count(*), sum(amount) FROM run_lines GROUP BY 1 ORDER BY 1") == [
        ("benefit", 2, Decimal(180_000)),
        ("pension", 3, Decimal(30_000)),
    ]
    await sent(card, "s1", "p1", month=FEBRUARY)
    amounts = await ask(card, "SELECT end_to_end_id, amount FROM run_lines ORDER BY id")
    async with card.transaction() as session:
        await bank_lines.stated(session, DAY, [booked(n, *row) for n, row in enumerate(amounts)])
    whole = await check(card)
    assert (whole.credited, whole.withheld, whole.remitted) == (Decimal(270_000), Decimal(30_000), Decimal(30_000))


async def test_who_has_died_whose_right_has_ended_or_who_has_no_account(card: Card) -> None:
    people = [Entitled(n) for n in range(4)]
    await selected(card, people, JANUARY, runs.Stage(1, DAY, (), others=True))
    async with card.transaction() as session:
        payees = await run_lines.payees(session, JANUARY, 1, FIRST, 10)
        assert {one.iin for one in payees} == {one.iin for one in people}
        await run_lines.died(session, [(people[0].id("person"), date(2025, 12, 20))])
        await run_lines.died(session, [(people[1].id("person"), date(2026, 1, 3))])
        await session.execute(
            text("UPDATE accounts SET rejected = 'AC04' WHERE id = :id"), {"id": people[2].id("account")}
        )
        await run_lines.look_again(session, JANUARY, DAY)
    assert sorted(await lines(card), key=str) == [
        ("cancelled", "died", 1, NET),
        ("held", "account_needed", 1, NET),
        ("ordered", None, 1, NET),
        ("ordered", None, 1, NET),
    ]
    whole = await check(card)
    assert (whole.pending, whole.cancelled) == (3 * NET, NET)
    async with card.transaction() as session:
        (key,) = await runs.seal(session, JANUARY, "s1", DAY)
        assert (await run_lines.batch(session, key)).count == 2
        assert len(await run_lines.orders(session, key)) == 2
        assert [one.iin for one in await run_lines.without_account(session, DAY, FIRST, 10)] == [people[2].iin]


async def test_the_books_of_a_day_stay_when_what_was_cancelled_is_revived(card: Card) -> None:
    """Cancelled on one day, revived on the next, cancelled again on the third: each day as it was at its end."""
    one = Entitled(0)
    await selected(card, [one, Entitled(1)], JANUARY, runs.Stage(1, DAY, (), others=True))
    (line,) = await ask(card, "SELECT min(id) FROM run_lines")
    async with card.transaction() as session:
        await run_lines.died(session, [(one.id("person"), date(2025, 12, 20))])
        await run_lines.look_again(session, JANUARY, DAY)
        for state in ("held", "cancelled"):
            assert await run_lines.decided(session, line[0], None, state, "a.omarova", "another one had died")
    days = [date(2026, 3, n) for n in (1, 2, 3)]
    async with card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(text("UPDATE ledger SET booked_at = '2026-02-01' WHERE stage_id IS NOT NULL"))
        await session.execute(text("UPDATE run_lines SET made_at = '2026-02-01'"))
        ways = "SELECT key FROM ledger WHERE 'cancelled' IN (debit, credit) ORDER BY length(key), key"
        turns = "SELECT id FROM run_turns ORDER BY id"
        for which, change in (
            (ways, "UPDATE ledger SET booked_at = :day WHERE key = :id"),
            (turns, "UPDATE run_turns SET at = :day WHERE id = :id"),
        ):
            there = (await session.scalars(text(which))).all()
            await session.execute(text(change), [{"day": day, "id": id_} for day, id_ in zip(days, there, strict=True)])
    cancelled = []
    for day in (date(2026, 2, 28), *days):
        found = await paying.read_books(card, day, "region")
        cancelled.append(found[-1].cancelled)
    assert cancelled == [0, NET, 0, NET]


async def test_what_was_turned_down_or_came_back_is_paid_under_the_same_due(card: Card) -> None:
    people = [Entitled(n) for n in range(4)]
    await selected(card, people, JANUARY, runs.Stage(1, DAY, (), others=True))
    (key,) = await sent(card, "s1")
    first, second, third, fourth = await names(card)
    async with card.transaction() as session:
        said = [booked(1, first, state="rejected", reason="AC04"), booked(2, second, state="rejected", reason="AB05")]
        await bank_lines.reported(session, key, [*said, booked(3, third, state="rejected", reason="AM05")])
        await run_lines.answered(session, key, None)
        await bank_lines.stated(session, DAY, [booked(4, fourth)])
    async with card.transaction() as session:
        back = booked(1, fourth, state="returned", reason="AC04", reference="BR-4-R")
        await bank_lines.stated(session, DAY, [back])
        await bank_lines.stated(session, DAY, [back])
        for _ in range(2):
            await bank_lines.cure(session, CURES, DAY)
        assert await bank_lines.count_items(session) == 0
    waits = await ask(
        card, "SELECT reason, again_on, end_to_end_id FROM run_lines WHERE state = 'held' ORDER BY due_id"
    )
    assert waits == [
        ("account_needed", DAY, first),
        ("AB05", date(2026, 1, 7), second),
        ("AM05", None, third),
        ("account_needed", DAY, f"{fourth}R1"),
    ]
    assert (await check(card)).pending == 4 * NET
    async with card.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO accounts (id, person_id, iban, source) SELECT gen_random_uuid(), person_id, iban || '9', "
                "'bank' FROM accounts WHERE rejected IS NOT NULL"
            )
        )
        await run_lines.order_again(session, JANUARY, 1, DAY)
    (again,) = await sent(card, "r1", "q1")
    assert again == "payment-run/2026-01:r1:125:1"
    async with card.transaction() as session:
        await bank_lines.stated(session, DAY, [booked(7, first), booked(8, f"{fourth}R1")])
    whole = await check(card)
    assert (whole.credited, whole.pending) == (6 * NET, 2 * NET)
    async with card.transaction() as session:
        held = await run_lines.held(session, JANUARY, 10)
        assert {one.reason for one in held} == {"AB05", "AM05"}
        paid_before = next(one for one in held if one.reason == "AM05")
        assert await run_lines.decided(session, paid_before.id, None, "cancelled", "a.omarova", "seen")
    assert (await check(card)).cancelled == NET


async def test_a_bank_that_turns_everybody_down_costs_nobody_an_account(card: Card) -> None:
    await selected(card, [Entitled(n) for n in range(6)], JANUARY, runs.Stage(1, DAY, (), others=True))
    (key,) = await sent(card, "s1")
    async with card.transaction() as session:
        said = [booked(n, name, state="rejected", reason="AC04") for n, name in enumerate(await names(card))]
        await bank_lines.reported(session, key, said)
        await bank_lines.cure(session, CURES, DAY)
    assert await ask(card, "SELECT count(*) FROM accounts WHERE rejected IS NOT NULL") == [(0,)]
    assert await ask(card, "SELECT DISTINCT reason, again_on FROM run_lines WHERE state = 'held'") == [("AC04", None)]


async def test_all_months_of_one_person_are_one_account_and_not_the_banks_fault(card: Card) -> None:
    one = Entitled(0, first_month=date(2025, 6, 1))
    await selected(card, [one], JANUARY, runs.Stage(1, DAY, (), others=True))
    (key,) = await sent(card, "s1")
    async with card.transaction() as session:
        said = [booked(n, name, state="rejected", reason="AC04") for n, name in enumerate(await names(card))]
        assert len(said) == 7
        await bank_lines.reported(session, key, said)
        await bank_lines.cure(session, CURES, DAY)
    assert await ask(card, "SELECT rejected FROM accounts") == [("AC04",)]
    assert await ask(card, "SELECT DISTINCT reason, again_on FROM run_lines WHERE state = 'held'") == [
        ("account_needed", DAY)
    ]


async def test_a_line_that_agrees_with_nothing_waits_and_stops_no_other(card: Card) -> None:
    await selected(card, [Entitled(n) for n in range(5)], JANUARY, runs.Stage(1, DAY, (), others=True))
    await sent(card, "s1")
    a, b, c, d, e = await names(card)
    said = [
        booked(1, a),
        booked(2, "NOT-OURS-1", Decimal(1000)),
        booked(3, b, NET - 1),
        booked(4, c, waits="partial"),
        booked(5, d, state="returned", reason="AC04"),
        booked(6, a, state=None, waits="doubled"),
        booked(7, e, state="pending"),
    ]
    for _ in range(2):
        async with card.transaction() as session:
            await bank_lines.stated(session, DAY, said)
    async with card.transaction() as session:
        await bank_lines.stated(session, DAY, [booked(1, a, reference="BR-another")])
        found = [(one.number, one.why) for one in await bank_lines.open_items(session, 20)]
        assert sorted(found) == [
            (1, "booked_again"),
            (2, "unknown"),
            (3, "other_amount"),
            (4, "partial"),
            (5, "returned_though_not_booked"),
            (6, "doubled"),
        ]
        (first, *_) = await bank_lines.open_items(session, 20)
        assert await bank_lines.explained(session, first.id or 0, "a.omarova", "the bank's error")
        assert not await bank_lines.explained(session, first.id or 0, "a.omarova", "again")
        assert await bank_lines.count_items(session) == len(found) - 1
    assert (await check(card)).credited == 6 * NET


# --- what the database keeps ------------------------------------------------------------------------------------------

NEVER: dict[str, tuple[str, str]] = {
    "a month twice": (
        "INSERT INTO dues (entitlement_id, month, stage_id, is_difference, gross, withheld, payer) "
        "SELECT entitlement_id, month, stage_id, false, gross, withheld, payer FROM dues WHERE stage_id IS NOT NULL",
        "a_month_is_due_once",
    ),
    "more than the right comes to": (
        "INSERT INTO dues (entitlement_id, month, stage_id, is_difference, gross, withheld, payer) "
        "SELECT entitlement_id, month, stage_id + 1, true, 1, 0, payer FROM dues WHERE stage_id IS NOT NULL",
        "no more is due",
    ),
    "after it was declared": (
        "INSERT INTO dues (entitlement_id, month, stage_id, is_difference, gross, withheld, payer) "
        "SELECT entitlement_id, month, stage_id, true, 1, 0, payer FROM dues WHERE stage_id IS NOT NULL",
        "frozen before it leaves",
    ),
    "two payments of a due": (
        "INSERT INTO run_lines (due_id, stage_id, kind, n, end_to_end_id, amount, bank, state) "
        "SELECT due_id, stage_id, kind, 2, 'X', amount, '', 'held' FROM run_lines",
        "one_live_line_a_due",
    ),
    "another amount": ("UPDATE run_lines SET amount = amount + 1", "stays as it was ordered"),
    "another's account": (
        "UPDATE run_lines SET account_id = (SELECT id FROM accounts ORDER BY id LIMIT 1)",
        "stays as it was ordered",
    ),
    "paid before it was sent": ("UPDATE run_lines SET state = 'settled'", "a payment goes on"),
    "booked by hand": (
        "INSERT INTO ledger (key, stage_id, debit, credit, amount, payer, period, value_date) "
        "SELECT 'mine', id, 'entitled', 'payable', 1, 'budget', month, day FROM run_stages LIMIT 1",
        "by its payments alone",
    ),
    "another sum than is in the file": (
        "UPDATE run_batches SET state = 'sealed', count = 1, total = 1, execution_day = '2026-01-05'",
        "what a file declares",
    ),
    "other totals": ("UPDATE run_totals SET total = total + 1", "stays as it was written"),
    "no line at all": ("DELETE FROM run_lines", "stay"),
    "a stage opened again": ("UPDATE run_stages SET state = 'selecting' WHERE state = 'frozen'", "what was declared"),
}


@pytest.mark.parametrize("what", NEVER)
async def test_what_the_database_refuses(card: Card, what: str) -> None:
    async with card.transaction() as session:
        await settle(session, [Entitled(0), Entitled(1)])
        await runs.open_run(session, JANUARY, (STAGE, OTHERS), played=True)
        await runs.select_range(session, JANUARY, STAGE, NAMED, FIRST, LAST, FUND)
        await runs.freeze(session, JANUARY, 1)
    sql, why = NEVER[what]
    with pytest.raises(Exception, match=why):
        async with card.engine.begin() as connection:
            await connection.execute(text(sql))


async def test_a_month_is_claimed_by_one_after_the_other(card: Card) -> None:
    """Two that claimed at once saw nothing of each other, and both went out."""
    async with card.transaction() as session:
        await settle(session, [Entitled(0)])
        await runs.open_run(session, JANUARY, (STAGE, OTHERS), played=True)
    claim = text(
        "INSERT INTO dues (entitlement_id, month, stage_id, is_difference, gross, withheld, payer) "
        "SELECT a.entitlement_id, s.month, s.id, true, a.gross, a.withheld, 'budget' "
        "FROM entitlement_amounts a JOIN run_stages s ON s.month BETWEEN a.first_month AND a.last_month "
        "WHERE s.number = :n"
    )

    async def second() -> None:
        async with card.engine.begin() as connection:
            await connection.execute(claim, {"n": 2})

    async with card.engine.begin() as connection:
        assert (await connection.execute(claim, {"n": 1})).rowcount == 1
        other = asyncio.create_task(second())
        await asyncio.wait([other], timeout=0.5)
    with pytest.raises(Exception, match="no more is due of a month"):
        await other


async def test_a_run_that_is_closed_pays_nothing_more(card: Card) -> None:
    await selected(card, [Entitled(0)])
    async with card.transaction() as session:
        await runs.close(session, JANUARY, [])
    with pytest.raises(runs.RunClosed, match=r"^month: the run of 01\.2026 was closed"):
        async with card.transaction() as session:
            await runs.open_run(session, JANUARY, (STAGE,), played=True)
    with pytest.raises(DatabaseRefused):
        async with card.transaction() as session:
            await session.execute(text("UPDATE runs SET state = 'open'"))
