"""The database moves: it is restarted, loses its place as the primary, stands behind a pooler. Nothing lasts of it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text

from card import Card
from card.migrate import NEWEST, alembic_config
from card.store import DatabaseError, DatabaseRefused, OldMigration, TakesNoWrites
from runtime.embedded.processes import Process, free_ports, listens
from runtime.embedded.servers import Database

POOLER = shutil.which("pgbouncer", path="/usr/local/bin:/usr/bin:/usr/sbin")


@pytest.fixture
async def card(database_url: str) -> AsyncIterator[Card]:
    made = Card(database_url, pool_size=5)
    yield made
    await made.close()


async def write(card: Card) -> None:
    async with card.transaction() as session:
        await session.execute(text("INSERT INTO seen_requests VALUES (gen_random_uuid()::text, now())"))


async def written(card: Card) -> int:
    async with card.statements() as session:
        return int((await session.execute(text("SELECT count(*) FROM seen_requests"))).scalar_one())


async def fill_the_pool(card: Card, order: str) -> None:
    """Every connection of the pool is open, idle, and was given `order`."""
    connections = [await card.engine.connect() for _ in range(5)]
    for connection in connections:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(order))
    for connection in connections:
        await connection.close()


async def test_after_a_restart_no_call_fails(card: Card, postgres_server: Database) -> None:
    await fill_the_pool(card, "SELECT 1")
    async with await postgres_server.connect(str(card.engine.url.database)) as stop:
        gone = await stop.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        ended = await gone.fetchall()
    assert ended == [(True,)] * 5
    await asyncio.gather(*(write(card) for _ in range(20)))
    assert await written(card) == 20


async def test_a_primary_that_became_a_standby_costs_one_call(card: Card) -> None:
    await fill_the_pool(card, "SET default_transaction_read_only = on")
    with pytest.raises(DatabaseError) as away:
        await write(card)
    assert not isinstance(away.value, DatabaseRefused)
    for _ in range(10):
        await write(card)
    assert await written(card) == 10


async def test_new_connections_go_to_nobody_who_takes_no_writes(card: Card, postgres_server: Database) -> None:
    name = str(card.engine.url.database)
    async with await postgres_server.connect(name) as owner:
        await owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with pytest.raises(DatabaseError):
        await card.ready()
    async with await postgres_server.connect("postgres") as owner:
        await owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only".encode())
    assert await card.ready()


async def test_of_several_hosts_the_one_that_answers_is_found(postgres_server: Database, database_url: str) -> None:
    card = Card(database_url.replace("host=", "host=/nowhere,"))
    await write(card)
    await card.close()


async def test_ready_leaves_a_standby_by_itself(card: Card) -> None:
    """Nobody posts to a gateway that is not ready: no error would tell the pool."""
    await fill_the_pool(card, "SET default_transaction_read_only = on")
    with pytest.raises(TakesNoWrites):
        await card.ready()
    assert await card.ready()
    await write(card)


@pytest.mark.parametrize(("version", "ready"), [("0001", False), (NEWEST, True), ("9999", True)])
async def test_ready_needs_the_migrations_of_this_version(card: Card, version: str, ready: bool) -> None:
    async with card.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    if ready:
        assert await card.ready()
    else:
        with pytest.raises(OldMigration, match=r"0001.*runtime\.migrate"):
            await card.ready()


def test_the_newest_migration_is_the_head() -> None:
    assert ScriptDirectory.from_config(alembic_config("postgresql://nowhere/none")).get_heads() == [NEWEST]


# --- behind a pooler ------------------------------------------------------------------------------------------------


async def prepared(url: str) -> int:
    """How many statements the server keeps prepared after one was used often."""
    card = Card(url, pool_size=1)
    try:
        async with card.statements() as session:
            for n in range(12):
                await session.execute(text("SELECT :n"), {"n": n})
            kept = await session.execute(text("SELECT count(*) FROM pg_prepared_statements"))
            return int(kept.scalar_one())
    finally:
        await card.close()


@pytest.mark.parametrize("off", ["none", "None", "0"])
async def test_the_address_switches_prepared_statements_off(database_url: str, off: str) -> None:
    assert await prepared(database_url) > 0
    assert await prepared(f"{database_url}&prepare_threshold={off}") == 0


def test_a_threshold_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="prepare_threshold"):
        Card("postgresql://nowhere/none?prepare_threshold=never")


@asynccontextmanager
async def pooler(server: Database, folder: Path) -> AsyncIterator[int]:
    """A PgBouncer with one session of the server for everybody, given to one transaction after the other."""
    assert POOLER is not None
    (port,) = free_ports([0])
    config = server.socket_dir / f"pgbouncer-{port}.ini"
    config.write_text(
        f"[databases]\n* = host={server.socket_dir} port=5432 user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        "pool_mode = transaction\ndefault_pool_size = 1\n"
    )
    config.chmod(0o644)
    log = folder / "pgbouncer.log"
    process = Process(name="pgbouncer", command=(POOLER, str(config)), log=log, user=server.process.user)
    try:
        process.spawn()
        await process.ready(lambda: listens("127.0.0.1", port), within=30)
        yield port
    finally:
        await process.stop()
        config.unlink()


@pytest.mark.skipif(POOLER is None, reason="no pgbouncer here: apt-get install pgbouncer")
async def test_behind_a_pooler_that_shares_sessions(
    postgres_server: Database, database_url: str, tmp_path: Path
) -> None:
    name = make_url(database_url).database
    async with pooler(postgres_server, tmp_path) as port:
        address = f"postgresql://demeu@127.0.0.1:{port}/{name}"

        async def work(url: str) -> list[BaseException | None]:
            """What each of many writes of two clients came to."""
            cards = [Card(url, pool_size=3) for _ in range(2)]
            try:
                assert all([await card.ready() for card in cards])
                return await asyncio.gather(*(write(cards[n % 2]) for n in range(100)), return_exceptions=True)
            finally:
                for card in cards:
                    await card.close()

        assert await work(f"{address}?prepare_threshold=none") == [None] * 100
        assert any(isinstance(failed, DatabaseError) for failed in await work(address))


async def _backend(card: Card) -> int:
    async with card.statements() as session:
        return int((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())


@pytest.mark.parametrize("door", ["statements", "transaction"])
async def test_nobody_works_with_the_connection_of_one_who_was_cut_off(database_url: str, door: str) -> None:
    """One connection that was left in the middle answered every case wrongly, for as long as the worker lived."""
    card = Card(database_url, pool_size=1)
    try:
        before = await _backend(card)

        async def long() -> None:
            async with getattr(card, door)() as session:
                await session.execute(text("SELECT pg_sleep(30)"))

        task = asyncio.create_task(long())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await _backend(card) != before
    finally:
        await card.close()


@pytest.mark.parametrize("left", ["BEGIN", "autocommit"])
async def test_a_connection_that_is_left_in_the_middle_is_not_handed_out(database_url: str, left: str) -> None:
    card = Card(database_url, pool_size=1)
    try:
        before = await _backend(card)
        async with card.engine.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
        # Behind the pool's back, as by what a cancelled call still does.
        if left == "BEGIN":
            await raw.execute("BEGIN")
        else:
            await raw.set_autocommit(True)
        assert await _backend(card) != before
        await write(card)
    finally:
        await card.close()
