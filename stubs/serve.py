"""Runs an agency under uvicorn: as a process of its own, or inside a test on a port of its own.

Plain asyncio and h11, no access log: paths carry IINs, and a log line per call costs more than the answer.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from stubs.admin import Admin
from stubs.agency import Agency
from stubs.bank_files import BankWithFiles
from stubs.body import Body
from stubs.emaket import EMaket
from stubs.front import Front
from stubs.registries import Registries


class _Protocol(H11Protocol):
    """Lets the application break off its connection, which ASGI itself has no word for, and keeps no access log."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.access_log = False  # the setting alone gives way to whoever adds a handler to the logger
        self.app_state = {**self.app_state, "transport": transport}


class _Guest(uvicorn.Server):
    """A server inside a process that is not its own: it leaves the signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def agency(name: str, data: Path | str, *, delay: float = 0.2, settle: float = 0.0) -> Agency:
    """The agency of this name over its file in `data` (":memory:" for none). KeyError for an unknown name.

    `delay` is the deciding body's, `settle` the bank's, both in seconds.
    """
    made: dict[str, Callable[[], Agency]] = {
        "registries": lambda: Registries(data),
        "emaket": lambda: EMaket(data),
        "body": lambda: Body(data, delay_seconds=delay),
        "bank": lambda: BankWithFiles(data, settle_seconds=settle, status_seconds=0.0),
    }
    return made[name]()


def front(of: Agency, token: str | None = None) -> Front:
    """The agency with its HTTP front and the administrator's routes."""
    whole = Front(of, token)
    Admin(whole)
    return whole


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, or asyncio does not switch Nagle off on its connections and every answer waits 40 ms for an ACK.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    made.listen(512)
    return made


def config(app: ASGIApp) -> uvicorn.Config:
    """How all stubs are served."""
    return uvicorn.Config(
        app,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )


def run(app: ASGIApp, sock: socket.socket) -> None:
    """Serves until SIGTERM or Ctrl-C; held answers do not hold up the end."""
    uvicorn.Server(config(app)).run(sockets=[sock])


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0) -> AsyncIterator[str]:
    """Serves on the running loop for as long as the block lasts; yields the base URL."""
    sock = listen("127.0.0.1", port)
    server = _Guest(config(app))
    task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        sock.close()
