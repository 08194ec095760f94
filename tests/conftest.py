"""The real servers that the tests run on: one PostgreSQL and one Temporal for the whole run, a database per test."""

import itertools
from collections.abc import AsyncIterator

import hypothesis
import pytest
from temporalio.client import Client

from runtime.codec import KeyRing
from runtime.embedded.servers import Database, TemporalServer, postgres, temporal_server
from runtime.migrate import migrate_database
from runtime.settings import Settings, load_settings
from runtime.temporal import connect
from workflows.model import SearchAttributes

_MIGRATED = "migrated"
_numbers = itertools.count(1)

# How long an example takes says how busy the machine is, and nothing about us.
hypothesis.settings.register_profile("demeu", parent=hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("demeu")


@pytest.fixture(scope="session")
def key_ring() -> KeyRing:
    """The payload keys of this run."""
    return KeyRing.generate("test")


@pytest.fixture(scope="session")
async def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A PostgreSQL server whose data is thrown away."""
    async with postgres(tmp_path_factory.mktemp("postgres")) as database:
        yield database


@pytest.fixture(scope="session")
async def _migrated_template(postgres_server: Database) -> str:
    await migrate_database(await postgres_server.create(_MIGRATED))
    return _MIGRATED


@pytest.fixture
async def database_url(postgres_server: Database, _migrated_template: str) -> AsyncIterator[str]:
    """An empty database of the newest shape, for one test alone."""
    name = f"test_{next(_numbers)}"
    yield await postgres_server.create(name, template=_migrated_template)
    await postgres_server.drop(name)


@pytest.fixture(scope="session")
async def temporal_server_(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TemporalServer]:
    """A Temporal server that knows our search attributes and can skip time (with `temporalio.testing.TimeSkipper`)."""
    folder = tmp_path_factory.mktemp("temporal")
    async with temporal_server(folder, search_attributes=SearchAttributes.ALL) as server:
        yield server


@pytest.fixture(scope="session")
async def temporal_client(temporal_server_: TemporalServer, key_ring: KeyRing) -> Client:
    """A client with the strict plugin: a stray import in a workflow and a bug in it fail at once."""
    settings = load_settings(
        {"DEMEU_DATABASE_URL": "postgresql://nobody@nowhere/none", "DEMEU_CODEC_KEYS": key_ring.text()}
    )
    return await connect(settings, strict=True, env={"TEMPORAL_ADDRESS": temporal_server_.address})


@pytest.fixture
def settings(database_url: str, key_ring: KeyRing) -> Settings:
    """Settings with a database of the newest shape; what else a test needs, it adds with ``model_copy(update=...)``."""
    return load_settings(
        {"DEMEU_DATABASE_URL": database_url, "DEMEU_CODEC_KEYS": key_ring.text(), "DEMEU_QUIET_HOURS": "none"}
    )
