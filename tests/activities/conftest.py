"""The stubs of the run and a world for each test."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest

from card import Card
from tests.activities.life import Life
from tests.activities.people import mother
from tests.adapters.outside import Outside, outside_at, stubs_here


@pytest.fixture(scope="session")
async def urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, str]]:
    """Where the agencies are."""
    async with stubs_here(tmp_path_factory.mktemp("agencies")) as here:
        yield here


@pytest.fixture(scope="session")
async def patient(urls: Mapping[str, str]) -> AsyncIterator[Outside]:
    """The agencies, with time to answer on a busy machine."""
    async with outside_at(urls, timedelta(seconds=10)) as outside:
        yield outside


@pytest.fixture(scope="session")
async def impatient(urls: Mapping[str, str]) -> AsyncIterator[Outside]:
    """The same agencies, for calls that are to time out."""
    async with outside_at(urls, timedelta(seconds=0.3)) as outside:
        yield outside


@pytest.fixture
async def card(database_url: str) -> AsyncIterator[Card]:
    card = Card(database_url)
    yield card
    await card.close()


@pytest.fixture
async def life(card: Card, patient: Outside, impatient: Outside) -> Life:
    """A world in which the first mother lives, with five children and two accounts."""
    await patient.forget()
    made = Life(card, patient, impatient)
    await made.settle(mother())
    return made
