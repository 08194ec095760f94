"""The whole of Demeu on one machine, without Docker: servers, the outside world as stubs, gateway and worker.

`make demo`, `make up`, the bench and the system tests run it. Each part is a process of its own with its own log; the
stack stops what it started, in reverse order, also on Ctrl-C and on errors, and nothing else. Not for production.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import AsyncExitStack, ExitStack
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from temporalio.client import Client

from runtime.embedded.data_folder import DATA, announce, one_starts, only_one, secrets_of, withdraw
from runtime.embedded.processes import Process, Ready, StartError, free_ports, stop_all
from runtime.embedded.servers import HOST, forget_postgres, forget_temporal, postgres, temporal_server
from runtime.migrate import migrate_database
from runtime.settings import Agency, Settings, load_settings
from runtime.temporal import connect
from workflows.model import SearchAttributes

_STARTS_WITHIN = 45.0


class Part(StrEnum):
    """The parts of the stack, in the order in which they start."""

    POSTGRES = "postgres"
    TEMPORAL = "temporal"
    REGISTRIES = "registries"
    EMAKET = "emaket"
    BODY = "body"
    BANK = "bank"
    SMSC = "smsc"
    GATEWAY = "gateway"
    WORKER = "worker"


SERVERS = (Part.POSTGRES, Part.TEMPORAL)
STUBS = (Part.REGISTRIES, Part.EMAKET, Part.BODY, Part.BANK, Part.SMSC)
SERVICES = (Part.GATEWAY, Part.WORKER)
EVERYTHING = tuple(Part)

# Known addresses, so that a bookmark keeps working; taken ones are replaced by any free one.
_PREFERRED = {
    "temporal": 7233,
    "web_ui": 8233,
    "gateway": 8080,
    "worker": 8081,
    "metrics": 8082,
    "smsc": 8090,
    "registries": 8091,
    "emaket": 8092,
    "body": 8093,
    "bank": 8094,
    "smpp": 2775,
}

# What differs from production's defaults: nobody waits for the morning in a demo, and a stub decides at once.
_DEVELOPMENT = {
    "DEMEU_QUIET_HOURS": "none",
    "DEMEU_RULING_POLL_SECONDS": "0.3",
    "DEMEU_WORKER_SHUTDOWN_SECONDS": "5",
    # Who pays month by month, and the pension fund as the bank's stub knows it.
    "DEMEU_PAYER_NAME": "Азаматтарға арналған үкімет",
    "DEMEU_PAYER_BIN": "160440007161",
    "DEMEU_PAYER_IBAN": "KZ220700000000000001",
    "DEMEU_PAYER_BIC": "NBRKKZKX",
    "DEMEU_PAYER_FUND_IBAN": "KZ330090000000000001",
}


class EmbeddedStack:
    """The stack as a context: it runs inside the block.

    ``fresh`` forgets the data of earlier runs (never the secrets). ``durable`` writes to disk before it answers;
    without it the databases are thrown away at the end. ``environment`` overrides variables of gateway and worker.
    ``preferred_ports`` takes the well-known ports that are free; tests let any port be taken.
    Entering raises StartError with the end of the log of the part that did not come up.
    """

    def __init__(
        self,
        data: Path = DATA,
        *,
        components: Collection[Part] = EVERYTHING,
        fresh: bool = False,
        durable: bool = True,
        preferred_ports: bool = True,
        environment: Mapping[str, str] | None = None,
        started: Callable[[Part, float], None] | None = None,
    ) -> None:
        self.data = data.absolute()
        self.components = frozenset(components)
        self.timings: dict[Part, float] = {}
        """Seconds that each part took to answer."""
        self._fresh, self._durable, self._preferred = fresh, durable, preferred_ports
        self._given = dict(environment or {})
        self._started = started
        self._held = ExitStack()
        self._servers = AsyncExitStack()
        self._processes: dict[Part, Process] = {}
        self._answering: dict[Part, Ready] = {}
        """How the servers, which the stack has started once, are seen to answer again."""
        self._ports: dict[str, int] = {}
        self.env: dict[str, str] = {}
        """The variables that gateway and worker run with, secrets included: never print them."""

    async def __aenter__(self) -> Self:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"{self.data}: no folder can be made here ({error.strerror})") from None
        self._held.enter_context(only_one(self.data))
        try:
            if self._fresh:
                self._forget()
            async with one_starts():
                self._ports = dict(
                    zip(_PREFERRED, free_ports(_PREFERRED.values() if self._preferred else [0] * 11), strict=True)
                )
                self.env = self._environment()
                await _together(self._start_postgres(), self._start_temporal(), *map(self.start, self._present(STUBS)))
                announce(self.data, self.env)
                await _together(*map(self.start, self._present(SERVICES)))
        except BaseException as failed:
            await self.__aexit__(type(failed), failed, failed.__traceback__)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            for layer in (SERVICES, STUBS):
                await stop_all(self._processes[part] for part in reversed(layer) if part in self._processes)
        finally:
            try:
                await self._servers.aclose()
            finally:
                withdraw(self.data)
                self._held.close()

    @property
    def database_url(self) -> str:
        return self.env["DEMEU_DATABASE_URL"]

    @property
    def temporal_address(self) -> str:
        return self.env["TEMPORAL_ADDRESS"]

    @property
    def web_ui_url(self) -> str:
        return f"http://{HOST}:{self._ports['web_ui']}"

    @property
    def gateway_url(self) -> str:
        return f"http://{HOST}:{self._ports['gateway']}"

    @property
    def handset_url(self) -> str:
        """The page on which a person's SMS are read and answered by hand."""
        return self.stub_url(Part.SMSC)

    @property
    def worker_url(self) -> str:
        """Where the worker says whether it is alive and ready."""
        return f"http://{HOST}:{self._ports['worker']}"

    @property
    def metrics_url(self) -> str:
        return f"http://{HOST}:{self._ports['metrics']}/metrics"

    @property
    def settings(self) -> Settings:
        """The settings that gateway and worker have."""
        return load_settings(self.env)

    def stub_url(self, part: Part) -> str:
        """Where a stub answers over HTTP."""
        return f"http://{HOST}:{self._ports[part]}"

    def log(self, part: Part) -> Path:
        """Where a part logs."""
        return self.data / "logs" / f"{part}.log"

    async def client(self, *, strict: bool = False) -> Client:
        """A new Temporal client with the stack's settings."""
        return await connect(self.settings, strict=strict, env=self.env)

    def process(self, part: Part) -> Process:
        """The process of a part. Raises KeyError when the stack has not started it."""
        return self._processes[part]

    async def start(self, part: Part) -> None:
        """Start a stub, the gateway or the worker, or any part again after `kill`; returns when it answers."""
        begun = time.monotonic()
        if part in self._answering:
            process = self._processes[part]
            process.spawn()
            await process.ready(self._answering[part], within=_STARTS_WITHIN)
            self._note(part, begun)
            return
        process = self._processes.setdefault(part, self._child(part))
        address = f"{self.worker_url}/readyz" if part is Part.WORKER else f"http://{HOST}:{self._ports[part]}/healthz"
        process.spawn()
        async with httpx.AsyncClient(timeout=2, trust_env=False) as client:

            async def answers() -> bool:
                try:
                    return (await client.get(address)).is_success
                except httpx.HTTPError:
                    return False

            await process.ready(answers, within=_STARTS_WITHIN)
        self._note(part, begun)

    async def kill(self, part: Part) -> None:
        """SIGKILL for a part and its descendants: no farewell, as at a power cut."""
        self._processes[part].kill()

    async def stop(self, part: Part) -> None:
        """Ask a part to end and wait until it has: SIGTERM, and SIGKILL when it does not listen."""
        await self._processes[part].stop()

    async def wait(self) -> None:
        """Wait for ever. Raises StartError when a part ends by itself."""
        while True:
            for process in self._processes.values():
                if not process.running:
                    raise process.failure("ended by itself")
            await asyncio.sleep(0.5)

    def _present(self, parts: Collection[Part]) -> list[Part]:
        return [part for part in parts if part in self.components]

    def _note(self, part: Part, begun: float) -> None:
        self.timings[part] = time.monotonic() - begun
        if self._started is not None:
            self._started(part, self.timings[part])

    def _forget(self) -> None:
        forget_postgres(self.data)
        forget_temporal(self.data)
        for name in ("stubs", "logs"):
            shutil.rmtree(self.data / name, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        web_ui = self._ports["web_ui"]
        return {
            **_DEVELOPMENT,
            **secrets_of(self.data),
            "TEMPORAL_ADDRESS": f"{HOST}:{self._ports['temporal']}",
            "TEMPORAL_NAMESPACE": "default",
            "DEMEU_GATEWAY_PORT": str(self._ports["gateway"]),
            "DEMEU_CODEC_ORIGINS": f"http://{HOST}:{web_ui},http://localhost:{web_ui}",
            "DEMEU_SMPP_HOST": HOST,
            "DEMEU_SMPP_PORT": str(self._ports["smpp"]),
            "DEMEU_HEALTH_BIND": f"{HOST}:{self._ports['worker']}",
            "DEMEU_METRICS_BIND": f"{HOST}:{self._ports['metrics']}",
            **{f"DEMEU_{agency.upper()}_URL": f"http://{HOST}:{self._ports[agency]}" for agency in Agency},
            "DEMEU_HANDSET_URL": self.handset_url,
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "",  # else the sandbox compiles the workflow anew for every case
            **self._given,
        }

    async def _start_postgres(self) -> None:
        if Part.POSTGRES not in self.components:
            return
        begun = time.monotonic()
        running = postgres(self.data, durable=self._durable, log=self.log(Part.POSTGRES))
        database = await self._servers.enter_async_context(running)
        self._processes[Part.POSTGRES], self._answering[Part.POSTGRES] = database.process, database.answers
        self.env["DEMEU_DATABASE_URL"] = database.url()
        await migrate_database(database.url())
        self._note(Part.POSTGRES, begun)

    async def _start_temporal(self) -> None:
        if Part.TEMPORAL not in self.components:
            return
        begun = time.monotonic()
        running = temporal_server(
            self.data,
            search_attributes=SearchAttributes.ALL,
            codec_endpoint=f"{self.gateway_url}/codec",
            ports=(self._ports["temporal"], self._ports["web_ui"]),
            durable=self._durable,
            log=self.log(Part.TEMPORAL),
        )
        temporal = await self._servers.enter_async_context(running)
        self._processes[Part.TEMPORAL], self._answering[Part.TEMPORAL] = temporal.process, temporal.answers
        self._note(Part.TEMPORAL, begun)

    def _child(self, part: Part) -> Process:
        if part in SERVERS:
            raise ValueError(f"{part} starts and ends with the stack")
        if part in SERVICES:
            program = ("-m", "gateway") if part is Part.GATEWAY else ("worker.py",)
            return Process(part, (sys.executable, *program), self.log(part), env=self.env)
        port, data = str(self._ports[part]), str(self.data / "stubs" / part)
        command: tuple[str, ...] = (sys.executable, "-m", "stubs", part, "--port", port, "--data", data)
        env = {"PYTHONUNBUFFERED": "1"}
        if part is Part.SMSC:
            command += ("--smpp-port", str(self._ports["smpp"]))
            env["STUB_PASSWORD"] = self.env["DEMEU_SMPP_PASSWORD"]
        else:
            env["STUB_TOKEN"] = self.env[f"DEMEU_{part.upper()}_TOKEN"]
        return Process(part, command, self.log(part), env=env)


def forget(data: Path = DATA) -> None:
    """Remove all data of a stack that does not run, its secrets too. Raises AlreadyRunning when it runs."""
    folder = data.absolute()
    with only_one(folder):
        forget_postgres(folder)
        shutil.rmtree(folder)


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    """All at once; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in work:
                group.create_task(each)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
