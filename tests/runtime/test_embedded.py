"""The embedded servers and the stack: real, quick to start, private, and gone without a trace."""

import asyncio
import os
import stat
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import psycopg
import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey

from runtime.embedded.data_folder import AlreadyRunning, running_environment, secrets_of
from runtime.embedded.processes import StartError
from runtime.embedded.servers import Database, postgres, temporal_server
from runtime.embedded.stack import EmbeddedStack, Part
from runtime.settings import Settings, load_settings
from runtime.temporal import TemporalUnreachable, connect, register_search_attributes

SOME = (Part.POSTGRES, Part.TEMPORAL, Part.BANK)


def _descendants() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}


async def test_postgres_keeps_durable_data_and_forgets_the_rest(tmp_path: Path) -> None:
    before = _descendants()
    for durable, rows in ((True, 0), (True, 1), (False, 2)):
        async with postgres(tmp_path, durable=durable) as server, await server.connect("demeu") as connection:
            await connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
            counted = await (await connection.execute("SELECT count(*) FROM kept")).fetchone()
            assert counted == (rows,)
            await connection.execute("INSERT INTO kept VALUES (1)")
            synced = await (await connection.execute("SHOW fsync")).fetchone()
            assert synced == ("on" if durable else "off",)
    async with postgres(tmp_path) as server, await server.connect("demeu") as connection:
        gone = await (await connection.execute("SELECT to_regclass('kept')")).fetchone()
        assert gone == (None,)
    assert _descendants() <= before


async def test_postgres_is_private(postgres_server: Database) -> None:
    assert stat.S_IMODE(postgres_server.socket_dir.stat().st_mode) == 0o700
    assert postgres_server.process.pid is not None
    listening = psutil.Process(postgres_server.process.pid).net_connections("inet")
    assert listening == []
    assert os.geteuid() != 0 or psutil.Process(postgres_server.process.pid).uids().real != 0


async def test_the_log_of_postgres_shows_no_values_of_rows(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    async with postgres(tmp_path) as server, await server.connect("demeu") as connection:
        await connection.execute("CREATE TABLE person (iin text PRIMARY KEY)")
        await connection.execute("INSERT INTO person VALUES ('880101400123')")
        for statement in ("INSERT INTO person VALUES ('880101400123')", "SELECT '880101400123'::int8::int4"):
            with pytest.raises(psycopg.Error):
                await connection.execute(statement)
    logged = log.read_text()
    assert "duplicate key value" in logged
    assert "integer out of range" in logged
    assert "880101400123" not in logged


async def test_postgres_that_cannot_start_says_why(tmp_path: Path) -> None:
    async with postgres(tmp_path, durable=True) as server:
        configuration = server.socket_dir / "postgres" / "postgresql.conf"
        configuration.write_text("no_such_option = 1\n")
    before = _descendants()
    with pytest.raises(StartError, match="no_such_option"):
        async with postgres(tmp_path):
            pass
    assert _descendants() <= before


async def test_every_test_has_a_database_of_its_own(database_url: str) -> None:
    url = database_url.replace("+psycopg", "")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await (await connection.execute("SELECT count(*) FROM alembic_version")).fetchone()
    assert found == (1,)


async def test_temporal_knows_the_search_attributes_and_can_be_taught_more(settings: Settings, tmp_path: Path) -> None:
    given = SearchAttributeKey.for_keyword("Given")
    more = SearchAttributeKey.for_datetime("More")
    async with temporal_server(tmp_path, search_attributes=[given]) as server:
        env = {"TEMPORAL_ADDRESS": server.address}
        client = await connect(settings, env=env)
        assert await register_search_attributes(client, [given, more]) == ("More",)
        assert await register_search_attributes(client, [given, more]) == ()
        with pytest.raises(ValueError, match=r"search attribute More is .*, not INT"):
            await register_search_attributes(client, [SearchAttributeKey.for_int("More")])
    with pytest.raises(
        TemporalUnreachable, match=rf"no Temporal server answers at {server.address} \(TEMPORAL_ADDRESS\)"
    ):
        await connect(settings, env=env, connect_seconds=0.5)


async def test_the_stack_starts_what_is_asked_and_stops_it(tmp_path: Path) -> None:
    before = _descendants()
    async with EmbeddedStack(tmp_path, components=SOME, durable=False, preferred_ports=False) as stack:
        assert set(stack.timings) == set(SOME)
        assert isinstance(await stack.client(), Client)
        assert running_environment(tmp_path) == stack.env
        assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
        first = stack.process(Part.BANK).pid
        await stack.kill(Part.BANK)
        with pytest.raises(StartError, match="bank ended by itself"):
            await stack.wait()
        await stack.start(Part.BANK)
        assert stack.process(Part.BANK).pid != first
        with pytest.raises(AlreadyRunning):
            await EmbeddedStack(tmp_path, components=[]).__aenter__()
    assert _descendants() <= before
    assert running_environment(tmp_path) is None
    assert load_settings(stack.env).codec_keys == stack.settings.codec_keys


async def test_a_part_that_does_not_start_takes_the_others_down(tmp_path: Path) -> None:
    before = _descendants()
    (tmp_path / "stubs").mkdir()
    (tmp_path / "stubs" / "bank").write_text("in the way")
    with pytest.raises(StartError, match="bank ended while starting"):
        async with EmbeddedStack(tmp_path, components=SOME, durable=False, preferred_ports=False):
            pass
    assert _descendants() <= before


async def test_an_error_inside_the_block_stops_it_too(tmp_path: Path) -> None:
    before = _descendants()
    with pytest.raises(KeyError):
        async with EmbeddedStack(tmp_path, components=[Part.BANK], preferred_ports=False):
            raise KeyError
    assert _descendants() <= before


def test_secrets_are_private_and_stay(tmp_path: Path) -> None:
    first = secrets_of(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert secrets_of(tmp_path) == first
    other = tmp_path / "other"
    other.mkdir()
    assert not set(secrets_of(other).values()) & set(first.values())
    settings = load_settings({"DEMEU_DATABASE_URL": "postgresql://x/y", **first})
    assert settings.codec_keys.current == "k1"


async def test_a_data_folder_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="no folder can be made here"):
        async with EmbeddedStack(tmp_path / "file"):
            pass


@pytest.mark.parametrize("broken", ["{", "[]", '{"DEMEU_SMPP_PASSWORD": 5}', '{"A": "1", "A": "2"}', ""])
def test_broken_secrets_are_refused_and_never_replaced(tmp_path: Path, broken: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(broken)
    with pytest.raises(StartError, match=r"secrets\.json: not the JSON"):
        secrets_of(tmp_path)
    assert file.read_text() == broken


async def test_two_stacks_that_start_at_one_moment_take_other_ports(tmp_path: Path) -> None:
    """Each looked for free ports before the other had taken its own: one of them died of it."""
    parts = [Part.EMAKET, Part.BODY]
    stacks = [EmbeddedStack(tmp_path / name, components=parts, durable=False) for name in ("one", "other")]
    async with AsyncExitStack() as running:
        one, other = await asyncio.gather(*(running.enter_async_context(stack) for stack in stacks))
        assert len({stack.stub_url(part) for stack in (one, other) for part in parts}) == 4
