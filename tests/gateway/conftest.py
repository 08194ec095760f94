"""A gateway for each test, on one database that is emptied before, and one worker for the cases that listen."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from card import Card
from runtime.codec import KeyRing
from runtime.embedded.servers import Database
from runtime.settings import Settings, load_settings
from tests.activities.database import card_of_its_own, empty
from tests.gateway.ear import Ear
from tests.gateway.house import House

QUEUE = "gateway-tests"


@pytest.fixture(scope="session")
async def _database(postgres_server: Database, _migrated_template: str) -> AsyncIterator[tuple[Card, str]]:
    async with card_of_its_own(postgres_server, "gateway", _migrated_template) as made:
        yield made


@pytest.fixture(scope="session")
def settings(_database: tuple[Card, str], key_ring: KeyRing) -> Settings:
    return load_settings({"DEMEU_DATABASE_URL": _database[1], "DEMEU_CODEC_KEYS": key_ring.text()})


@pytest.fixture(scope="session")
async def _listening(temporal_client: Client) -> AsyncIterator[None]:
    async with Worker(temporal_client, task_queue=QUEUE, workflows=[Ear]):
        yield


@pytest.fixture
async def card(_database: tuple[Card, str]) -> Card:
    await empty(_database[0])
    return _database[0]


@pytest.fixture
async def house(card: Card, temporal_client: Client, settings: Settings, _listening: None) -> AsyncIterator[House]:
    """A gateway whose cases find a worker."""
    made = House(card, temporal_client, settings, QUEUE)
    yield made
    await made.close()


@pytest.fixture
async def lonely(card: Card, temporal_client: Client, settings: Settings) -> AsyncIterator[House]:
    """A gateway whose cases find no worker."""
    made = House(card, temporal_client, settings, "gateway-tests-nobody")
    yield made
    await made.close()
