"""What a person is told of what was paid to them: when, and why that much, in the three languages."""

from datetime import date
from decimal import Decimal

import pytest

from benefits import BadIin, Language
from desk import statement
from desk.statement import Statement
from tests.activities.month import FEBRUARY, JANUARY, Runs
from tests.activities.people import iin_of, mother
from tests.activities.test_rights import ended
from tests.entitled_people import Entitled
from workflows.model import Outcome


async def told(runs_: Runs, language: Language = "en") -> Statement:
    return await statement.of_person(runs_.life.card, iin_of(1), language)


async def test_each_month_with_the_figures_that_give_its_amount(runs_: Runs) -> None:
    """63 030 tenge in 2025 and 69 330 from January on, each by the constants of its own year; one comes back."""
    life = runs_.life
    assert (await told(runs_)).payments == ()
    back = {"bank": {"returns": {"code": "AC04", "after_days": 2}}}
    await life.settle(mother(children=4, accounts=[{"iban": "KZ36125KZT0000000010"}], behaviour=back))
    case = await ended(life, Outcome.CREDITED)
    result = await runs_.play(JANUARY)
    assert result.selected == 10, "April to January"
    await runs_.play(FEBRUARY)
    found = await told(runs_)
    assert [f"{one.line.month:%Y-%m}" for one in found.payments] == [
        "2025-03",
        *(f"2025-{month:02d}" for month in range(4, 13)),
        "2026-01",
        "2026-02",
    ]
    first, *_, last, february = found.payments
    assert (february.line.run, february.line.returned_on) == (FEBRUARY, None)
    assert (first.line.amount, last.line.amount) == (Decimal(63030), Decimal(69330))
    assert (first.line.run, last.line.run, last.line.case_ref) == (None, JANUARY, case.ref)
    assert first.figures == ("Rate by number of children: 16.03 MRP", "MRP: 3 932 tenge")
    assert last.figures == ("Rate by number of children: 16.03 MRP", "MRP: 4 325 tenge")
    assert last.line.paid_on == date(2026, 1, 5)
    assert first.came_back is None
    assert last.came_back == "The account is closed"
    assert last.line.returned_on is not None
    assert found.paid == Decimal(63030 + 69330), "of March, and of February, whose return has not come yet"
    russian, kazakh = (await told(runs_, "ru")).payments[-2], (await told(runs_, "kk")).payments[-2]
    assert (russian.figures[1], kazakh.figures[1]) == ("МРП: 4 325 тенге", "АЕК: 4 325 теңге")
    assert (russian.came_back, kazakh.came_back) == ("Счёт закрыт", "Шот жабылған")
    shown = statement.to_dict(found)
    assert (shown["payments"][-2]["run"], shown["payments"][-2]["reason"], shown["paid"]) == (
        "2026-01",
        "AC04",
        "132360.00",
    )


async def test_what_the_pension_fund_got_and_what_nobody_can_explain(runs_: Runs) -> None:
    one = Entitled(20, gross=Decimal(100_000), withheld=Decimal(10_000), service="childcare")
    await runs_.settle([one])
    await runs_.play(JANUARY)
    found = await statement.of_person(runs_.life.card, one.iin, "kk")
    assert [(str(row.line.month), row.line.to_fund, row.line.amount) for row in found.payments] == [
        ("2025-12-01", True, Decimal(10_000)),
        ("2026-01-01", False, Decimal(90_000)),
        ("2026-01-01", True, Decimal(10_000)),
    ]
    assert {row.figures for row in found.payments} == {()}, "nobody has kept a decision: nothing is invented"
    assert (found.paid, found.to_fund) == (Decimal(90_000), Decimal(20_000))


async def test_whose_it_is(runs_: Runs) -> None:
    with pytest.raises(BadIin):
        await statement.of_person(runs_.life.card, "123", "en")
