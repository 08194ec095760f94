"""A register of persons that says of a death what cannot be, or what it takes back, costs nobody a month."""

from datetime import date

import pytest

from desk import paying
from tests.activities.month import FEBRUARY, JANUARY, Runs
from tests.entitled_people import Entitled

MARCH = date(2026, 3, 1)


@pytest.mark.parametrize("day", ["1900-01-01", "0001-01-01", "2099-01-01", "1979-12-31"])
async def test_a_day_of_death_that_cannot_be_waits_for_a_person(runs_: Runs, day: str) -> None:
    """January was cancelled, and nothing was ever selected again."""
    one = Entitled(0)
    wrong = one.document(person=one.document()["person"] | {"wrongly": {"died_on": day}})
    await runs_.settle([one], wrong)
    assert (await runs_.play()).cancelled == 0
    held = (await paying.look(runs_.life.card, None, JANUARY)).held
    assert [line["reason"] for line in held] == ["death_unclear"]


async def test_a_death_that_is_withdrawn_brings_the_months_back(runs_: Runs) -> None:
    one = Entitled(0)
    wrong = one.document(person=one.document()["person"] | {"died_on": "2025-11-20"})
    await runs_.settle([one], wrong)
    assert (await runs_.play()).cancelled == 1
    await runs_.life.outside.cast(one.document())
    await runs_.play(FEBRUARY)
    result = await runs_.play(MARCH)
    assert await runs_.at_the_bank() == 3 * one.gross, result
