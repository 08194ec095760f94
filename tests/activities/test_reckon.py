"""What is learned late, through the Card: months are reckoned anew, arrears go out named, overpayments come back in
parts, and the books are those of a machine that knew from the start."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import benefits
from activities.reckon import ReckonStep
from benefits.terms import next_month
from card import bank_lines, books, entitlements, overpayments, reckonings, run_lines, runs
from card.bank_lines import Said
from card.entitlements import Entitled
from card.findings import listed
from desk import BadInput, overpaid
from tests.activities.life import Life
from tests.activities.people import child, iin_of, mother, phone_of
from tests.activities.test_rights import ended
from workflows.model import Outcome
from workflows.run_model import Look

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
FUND = "PF1"
FIVE, FOUR = Decimal(78798), Decimal(63030)
ALL = date(2999, 1, 1)


@dataclass
class Months:
    """The months of a right, paid one after the other without a bank that could be slow."""

    life: Life

    async def look(self, day: date) -> None:
        """What is due is reckoned anew by what the registers say now, and who was paid too much is told."""
        step = ReckonStep(self.life.world())
        for of in (step.pay_reckon, step.pay_tell):
            assert (await of(Look(day=day))).after is None

    async def learn(self, day: date, *people: dict[str, Any]) -> None:
        """Something is in the registers, an event says so, and the next look finds it."""
        await self.life.settle(*people)
        async with self.life.card.transaction() as session:
            await entitlements.look_at_one(session, iin_of(1), day)
        await self.look(day)

    async def select(self, month: date) -> runs.Stage:
        terms = benefits.recovering(month)
        stage = runs.Stage(1, month.replace(day=5), (), others=True, share=terms.share, minimum=terms.minimum)
        async with self.life.card.transaction() as session:
            await runs.open_run(session, month, [stage], played=True)
        async with self.life.card.transaction() as session:
            await runs.select_range(session, month, stage, (), FIRST, LAST, FUND)
        async with self.life.card.transaction() as session:
            await runs.freeze(session, month, 1)
        return stage

    async def send(self, month: date) -> None:
        keys: list[str] = []
        async with self.life.card.transaction() as session:
            await run_lines.look_again(session, month, month.replace(day=5))
            for part in ("s1", "p1"):
                keys += await runs.seal(session, month, part, month.replace(day=5))
        for key in keys:
            async with self.life.card.transaction() as session:
                await run_lines.sent(session, key)

    async def credit(self) -> None:
        """The bank has paid all that has left."""
        ordered = await self.ask("SELECT end_to_end_id, amount FROM run_lines WHERE state = 'ordered' ORDER BY id")
        said = [
            Said(
                number=n,
                state="settled",
                end_to_end_id=name,
                amount=amount,
                reason=None,
                reference=f"BR-{name}",
                booked_on=date(2025, 1, 5),
                waits=None,
            )
            for n, (name, amount) in enumerate(ordered)
        ]
        async with self.life.card.transaction() as session:
            await bank_lines.stated(session, date(2025, 1, 5), said)

    async def pay(self, month: date, through: date | None = None) -> None:
        """The runs of the months, each after a look."""
        last = through or month
        while month <= last:
            await self.look(month.replace(day=5))
            await self.select(month)
            await self.send(month)
            await self.credit()
            await self.balance()
            month = next_month(month)

    async def ask(self, sql: str) -> list[Any]:
        async with self.life.card.transaction() as session:
            return [tuple(row) for row in (await session.execute(text(sql))).all()]

    async def balance(self) -> books.Book:
        async with self.life.card.transaction() as session:
            whole = await books.whole(session, ALL)
            assert whole.difference == 0
            for what in books.BY:
                parts = await books.by(session, what, ALL)
                assert not [one for one in parts if one.difference]
                assert books.total(parts) == whole
        return whole

    async def paid(self) -> dict[str, Decimal]:
        """What the person has got in each run and from the case, tenge."""
        rows = await self.ask(
            "SELECT to_char(s.month, 'YYYY-MM'), sum(l.amount) FROM run_lines l JOIN run_stages s ON s.id = l.stage_id "
            "WHERE l.kind = 'benefit' AND l.state = 'settled' GROUP BY 1 ORDER BY 1"
        )
        return dict(rows)

    async def overpaid(self) -> list[tuple[str, str, Decimal]]:
        rows = await self.ask(
            "SELECT o.state, to_char(m.month, 'YYYY-MM'), m.net FROM overpayments o "
            "JOIN overpaid_months m ON m.overpayment_id = o.id ORDER BY o.id, m.month"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def one(self) -> Entitled:
        async with self.life.card.transaction() as session:
            (found,) = await entitlements.of_person(session, iin_of(1))
        return found

    async def found(self) -> dict[str, str]:
        async with self.life.card.transaction() as session:
            return {one.kind: one.what for one in await listed(session)}

    async def open(self) -> Sequence[overpayments.Open]:
        ((id_,),) = await self.ask("SELECT id FROM entitlements")
        async with self.life.card.transaction() as session:
            return await overpayments.still_open(session, id_)


@pytest.fixture
def months(life: Life) -> Months:
    return Months(life)


async def test_what_was_paid_too_much_is_told_and_comes_back_in_parts(life: Life, months: Months) -> None:
    """The fifth child died on 10.04, and the register says so in July: May and June were paid for five."""
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    four = [child(1, k) for k in range(4)]
    dead = child(1, 4) | {"died_on": "2025-04-10"}
    await months.learn(date(2025, 7, 3), mother() | {"children": [*four, dead]})
    assert await months.overpaid() == [("told", "2025-05", FIVE - FOUR), ("told", "2025-06", FIVE - FOUR)]
    sms = life.sms.to(phone_of(1))[-1]
    assert "31 536" in sms
    assert "02.08.2025" in sms, "thirty days"
    assert [(f"{one.last:%Y-%m}", one.net) for one in (await months.one()).months][:2] == [
        ("2025-04", FIVE),
        ("2025-12", FOUR),
    ]
    await months.pay(date(2025, 7, 1), date(2025, 12, 1))
    paid = await months.paid()
    part = Decimal(15757)
    assert [paid[f"2025-{n:02}"] for n in range(4, 13)] == [
        *[FIVE] * 3,
        *[FOUR],
        *[FOUR - part] * 2,
        FOUR - (2 * (FIVE - FOUR) - 2 * part),
        *[FOUR] * 2,
    ]
    book = await months.balance()
    assert book.recovered == 2 * (FIVE - FOUR)
    assert book.credited == 2 * FIVE + 8 * FOUR
    assert await months.open() == []


async def test_a_child_that_is_learned_of_late_is_paid_for_since_its_birth(life: Life, months: Months) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    born = child(1, 4, born=date(2025, 4, 20))
    await months.learn(date(2025, 7, 3), mother() | {"children": [*(child(1, k) for k in range(4)), born]})
    assert await months.overpaid() == []
    await months.pay(date(2025, 7, 1))
    assert (await months.paid())["2025-07"] == FIVE + 2 * (FIVE - FOUR), "May and June, each under its own month"
    rows = await months.ask("SELECT month, is_difference, gross FROM dues ORDER BY id DESC LIMIT 3")
    assert sorted(rows) == [
        (date(2025, 5, 1), True, FIVE - FOUR),
        (date(2025, 6, 1), True, FIVE - FOUR),
        (date(2025, 7, 1), False, FIVE),
    ]


async def test_a_death_takes_nothing_from_others_and_is_forgotten_by_nobody(life: Life, months: Months) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 7, 1))
    said = len(life.sms.to(phone_of(1)))
    dead = mother(children=4)
    await months.learn(date(2025, 8, 4), dead | {"person": dead["person"] | {"died_on": "2025-05-30"}})
    assert await months.overpaid() == [("found", "2025-06", FOUR), ("found", "2025-07", FOUR)]
    assert len(life.sms.to(phone_of(1))) == said, "the dead are told nothing"
    found = await months.found()
    assert "126060.00 tenge" in found["overpaid_and_over"]
    assert "nothing is taken from anybody else" in found["overpaid_not_told"]
    one = await months.one()
    assert one.until == date(2025, 5, 31)
    await months.pay(date(2025, 8, 1))
    assert "2025-08" not in await months.paid()
    assert (await months.balance()).recovered == 0


async def test_what_was_learned_wrongly_is_put_right(life: Life, months: Months) -> None:
    """The register takes the death back after one instalment: what is open is let go, what was kept back is owed."""
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    children = [child(1, k) for k in range(5)]
    dead = [*children[:4], children[4] | {"died_on": "2025-04-10"}]
    await months.learn(date(2025, 7, 3), mother() | {"children": dead})
    await months.pay(date(2025, 7, 1), date(2025, 8, 1))
    assert (await months.balance()).recovered == 15757
    await months.learn(date(2025, 9, 3), mother() | {"children": children})
    await months.pay(date(2025, 9, 1))
    assert sum((await months.paid()).values()) == 6 * FIVE
    assert await months.open() == []


async def test_a_payment_that_has_not_left_is_taken_out_and_what_is_owed_of_it_goes_with_the_next_run(
    life: Life, months: Months
) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.select(date(2025, 4, 1))
    children = [*(child(1, k) for k in range(4)), child(1, 4) | {"died_on": "2025-03-20"}]
    await months.learn(date(2025, 4, 6), mother() | {"children": children})
    await months.send(date(2025, 4, 1))
    assert await months.ask("SELECT state, reason FROM run_lines") == [("cancelled", "reckoned_anew")]
    assert await months.overpaid() == []
    await months.pay(date(2025, 5, 1))
    assert await months.paid() == {"2025-05": 2 * FOUR}
    assert (await months.balance()).cancelled == FIVE


async def test_a_first_of_january_needs_no_hand(life: Life, months: Months) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 12, 1), date(2026, 1, 1))
    paid = await months.paid()
    assert (paid["2025-12"], paid["2026-01"]) == (9 * FIVE, Decimal(86673))
    async with life.card.transaction() as session:
        (changed,) = await reckonings.changed(session, date(2026, 1, 1))
    assert (changed.service, changed.amounts, changed.more, changed.less) == (
        "multi-child",
        1,
        86673 - FIVE,
        Decimal(0),
    )
    assert await months.ask("SELECT next_review FROM entitlements") == [(date(2027, 1, 1),)]


async def test_what_the_registers_lose_is_asked_about_and_paid_as_before(life: Life, months: Months) -> None:
    """An award whose number the register has no more: a right that never was is less likely than an error."""
    award = {"kind": "altyn_alka", "awarded_on": "2020-05-01", "number": "A-1"}
    await life.settle(mother(children=0) | {"awards": [award]})
    await ended(life, Outcome.CREDITED, "awarded-mother")
    await months.pay(date(2025, 4, 1))
    before = (await months.one()).months
    await months.learn(date(2025, 5, 3), mother(children=0))
    assert (await months.one()).months == before
    assert await months.overpaid() == []
    assert "03.2025" in (await months.found())["months_are_asked"]


async def test_looking_again_changes_nothing_and_an_open_case_is_not_disturbed(life: Life, months: Months) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1))
    before = await months.ask("SELECT * FROM entitlement_amounts ORDER BY first_month")
    for _ in range(2):
        await months.learn(date(2025, 5, 3))
    assert await months.ask("SELECT * FROM entitlement_amounts ORDER BY first_month") == before
    assert await months.overpaid() == []
    assert await months.found() == {}


@pytest.mark.parametrize("days", [0, 40])
async def test_a_demand_that_is_not_told_long_enough_takes_nothing(life: Life, months: Months, days: int) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    dead = [*(child(1, k) for k in range(4)), child(1, 4) | {"died_on": "2025-04-10"}]
    learned = date(2025, 8, 4) - timedelta(days=days)
    await months.learn(learned, mother() | {"children": dead})
    await months.pay(date(2025, 7, 1), date(2025, 8, 1))
    assert ((await months.balance()).recovered > 0) is (days == 40)


async def test_a_demand_is_contested_stands_and_is_forgiven_by_a_person_with_a_name(life: Life, months: Months) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    dead = [*(child(1, k) for k in range(4)), child(1, 4) | {"died_on": "2025-04-10"}]
    await months.learn(date(2025, 7, 3), mother() | {"children": dead})
    (one,) = await overpaid.listed(life.card)
    assert (one.state, one.net, one.first_month, one.last_month) == (
        "told",
        2 * (FIVE - FOUR),
        date(2025, 5, 1),
        date(2025, 6, 1),
    )

    async def decide(what: str) -> str:
        return await overpaid.decide(life.card, what, one.id, "a.omarova", "she has called")

    with pytest.raises(BadInput, match="who decides"):
        await overpaid.decide(life.card, "contested", one.id, "", "")
    with pytest.raises(BadInput, match="waits for that"):
        await decide("told")
    assert await decide("contested") == f"{one.id}: contested"
    await months.pay(date(2025, 7, 1), date(2025, 8, 1))
    assert (await months.balance()).recovered == 0
    await decide("forgiven")
    await months.pay(date(2025, 9, 1))
    assert (await months.balance()).recovered == 0
    (one,) = await overpaid.listed(life.card)
    assert (one.state, one.decided_by, one.note) == ("forgiven", "a.omarova", "she has called")
    assert await months.overpaid() == [("forgiven", "2025-05", FIVE - FOUR), ("forgiven", "2025-06", FIVE - FOUR)]


async def test_what_has_run_to_its_end_is_looked_at_anew_by_a_case(life: Life, months: Months) -> None:
    """As each quarter of assistance: should anything be due anew, the case finds it and asks."""
    await life.settle(mother(children=0) | {"children": [child(1, 0, born=date(2023, 10, 20)) | {"birth_order": 1}]})
    await ended(life, Outcome.CREDITED, "childcare")
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    assert (await months.one()).until == date(2025, 4, 20)
    assert list(await months.paid()) == ["2025-04"]
    assert await months.ask("SELECT day, why FROM looks") == [(date(2025, 5, 5), "renewal")]


async def test_a_right_that_fails_for_a_time_goes_on_by_itself(life: Life, months: Months) -> None:
    """The eldest is grown up and three are left, until the fourth is born: nobody has to be asked again."""
    eldest = child(1, 0, born=date(2007, 5, 9))
    three = [child(1, k) for k in (1, 2, 3)]
    await life.settle(mother(children=0) | {"children": [eldest, *three]})
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 7, 1))
    assert (await months.one()).until == date(2025, 5, 8)
    assert list(await months.paid()) == ["2025-04", "2025-05"]
    await life.settle(mother(children=0) | {"children": [eldest, *three, child(1, 7, born=date(2025, 7, 20))]})
    await months.pay(date(2025, 8, 1))
    assert list(await months.paid()) == ["2025-04", "2025-05", "2025-08"]


WRONG = {
    "demanded twice": (
        "UPDATE overpaid_months SET net = net * 2",
        "only falls",
    ),
    "more than was paid": (
        "INSERT INTO overpaid_months SELECT id, '2025-06-01', entitlement_id, 999999, 0 FROM overpayments",
        "duplicate key|no more is demanded",
    ),
    "what was paid in another month": (
        "INSERT INTO overpaid_months SELECT id, '2025-09-01', entitlement_id, 1, 0 FROM overpayments",
        "no more is demanded of a month than was paid of it",
    ),
    "let go though it is owed by nobody": (
        "UPDATE overpaid_months SET net = net - 1",
        "no more than it comes to",
    ),
    "forgotten": ("DELETE FROM overpaid_months", "stay"),
    "told at once": ("UPDATE overpayments SET from_day = told_on", "kept_back_from_a_day"),
    "by nobody": ("UPDATE overpayments SET state = 'forgiven'", "a person decides"),
    "kept back of nothing": (
        "INSERT INTO recoveries SELECT o.id, d.id, 1, 0 FROM overpayments o, dues d WHERE d.stage_id IS NULL",
        "what is kept back was told",
    ),
    "kept back whole": (
        "INSERT INTO recoveries SELECT o.id, max(d.id), 99999, 0 FROM overpayments o, dues d GROUP BY 1",
        "what is kept back was told",
    ),
    "the months of nobody's reckoning": (
        "UPDATE entitlements SET until = '2026-01-31'",
        # Two guards refuse it; which of them comes first hangs on the other rows of the table.
        "a case of it that is credited|until the days that were decided",
    ),
}


@pytest.mark.parametrize("what", WRONG)
async def test_the_database_refuses_what_must_never_be_of_an_overpayment(life: Life, months: Months, what: str) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await months.pay(date(2025, 4, 1), date(2025, 6, 1))
    dead = [*(child(1, k) for k in range(4)), child(1, 4) | {"died_on": "2025-04-10"}]
    await months.learn(date(2025, 7, 3), mother() | {"children": dead})
    before = await months.overpaid()
    statement, why = WRONG[what]
    with pytest.raises(DBAPIError, match=why):
        async with life.card.engine.begin() as connection:
            await connection.execute(text(statement))
    assert await months.overpaid() == before


LIVES = 20 if os.environ.get("DEMEU_SOAK") else 2
MRP = Decimal(3932)
RATES = {4: Decimal("16.03"), 5: Decimal("20.04"), 6: Decimal("24.05"), 7: Decimal("28.06")}
"""Of 2025, as published: another reckoning than the one that is tried."""


@pytest.mark.parametrize("seed", range(LIVES))
async def test_a_life_that_is_learned_late_comes_to_what_one_would_have_paid_who_knew(
    life: Life, months: Months, seed: int
) -> None:
    """Children are born and die, and the registers tell of it up to five months later, in whatever order."""
    luck = random.Random(seed)
    first, last = date(2025, 3, 2), date(2025, 9, 30)
    there = [child(1, k) for k in range(luck.choice([4, 5]))]
    events: list[tuple[date, dict[str, Any]]] = []
    for n in range(4):
        day = first + timedelta(days=luck.randrange((last - first).days))
        learned = min(day + timedelta(days=luck.choice([0, 5, 40, 100, 150])), date(2025, 11, 30))
        if luck.random() < 0.5:
            events.append((learned, child(1, 8 + n, born=day) | {"birth_order": 6}))
        else:
            events.append((learned, there[n % len(there)] | {"died_on": day.isoformat()}))
    events.sort(key=lambda event: event[0])
    await life.settle(mother() | {"children": there})
    await ended(life, Outcome.CREDITED)
    known = {one["iin"]: one for one in there}
    month = date(2025, 4, 1)
    while month <= date(2025, 12, 1):
        while events and events[0][0] < next_month(month):
            learned, one = events.pop(0)
            known[one["iin"]] = one
            await months.learn(max(learned, month), mother() | {"children": list(known.values())})
        await months.pay(month)
        month = next_month(month)
    await months.learn(date(2025, 12, 20), mother() | {"children": list(known.values())})
    ((id_,),) = await months.ask("SELECT id FROM entitlements")
    async with life.card.transaction() as session:
        accounts = {one.month: one for one in await reckonings.accounts(session, id_)}
    month = date(2025, 3, 1)
    while month <= date(2025, 12, 1):
        at = month.isoformat()
        count = sum(one["birth_date"] <= at <= one.get("died_on", "9999") for one in known.values())
        rate = RATES.get(count, 4 * count if count >= 8 else Decimal(0))
        owed = (rate * MRP).quantize(Decimal(1), ROUND_CEILING)
        of = accounts.get(month)
        assert (of.net - of.demanded_net if of is not None else 0) == owed, month
        month = next_month(month)
    book = await months.balance()
    assert book.assigned - book.cancelled == book.credited + book.recovered
