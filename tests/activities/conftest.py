"""The stubs of the run and a world for each test."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
from temporalio.client import Client

from card import Card
from runtime.embedded.servers import Database
from tests.activities.database import card_of_its_own, empty
from tests.activities.life import Life
from tests.activities.month import Runs, worker_of
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
    async with outside_at(urls, timedelta(seconds=0.5)) as outside:
        yield outside


@pytest.fixture(scope="session")
async def _database(postgres_server: Database, _migrated_template: str) -> AsyncIterator[tuple[Card, str]]:
    async with card_of_its_own(postgres_server, "activities", _migrated_template) as made:
        yield made


@pytest.fixture
async def database_url(_database: tuple[Card, str]) -> str:
    """The same database for all tests here, in place of one for each."""
    return _database[1]


@pytest.fixture
async def families(_database: tuple[Card, str]) -> Card:
    """The Card that all tests here share, empty at the start of each."""
    await empty(_database[0])
    return _database[0]


@pytest.fixture
async def agencies(patient: Outside) -> Outside:
    """The agencies that all tests here share; nobody known, nothing done, no faults at the start of each."""
    await patient.forget()
    return patient


@pytest.fixture
async def life(families: Card, agencies: Outside, impatient: Outside) -> Life:
    """An empty world but for the first mother, with five children and two accounts."""
    made = Life(families, agencies, impatient)
    await made.settle(mother())
    return made


@pytest.fixture
def runs_(life: Life, temporal_client: Client) -> Runs:
    """Payment runs in that world."""
    return Runs(temporal_client, worker_of(life, temporal_client), life)
