"""The SMS centre as a stub: SMPP 3.4 for the engine, a handset page for people, /admin for tests. See README.md here.

It behaves like an operator's centre: its own storage, receipts, replies, and the faults of a real one to switch on.
It shares no code with the adapter that talks to it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn

from stubs.serve import config, listen, serving
from stubs.smsc.centre import Centre
from stubs.smsc.web import Web

__all__ = ["Centre", "Web", "run", "running"]


class _Server(uvicorn.Server):
    """Leaves the signals to `run`, which has more to stop than HTTP."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(port: int, smpp_port: int, data: Path | str, *, host: str = "127.0.0.1", password: str | None = None) -> None:
    """Serves until SIGTERM or Ctrl-C. The first line of output is its addresses; port 0 takes a free one.

    Every bind must bear `password`; without one, the STUB_PASSWORD of the environment; without that, any will do.
    """
    asyncio.run(_serve(port, smpp_port, data, host, password or os.environ.get("STUB_PASSWORD")))


async def _serve(port: int, smpp_port: int, data: Path | str, host: str, password: str | None) -> None:
    sock = listen(host, port)
    centre = Centre(data, smpp_port, host=host, password=password)
    await centre.start()
    server = _Server(config(Web(centre).app))
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, setattr, server, "should_exit", True)
    shown = sock.getsockname()
    sys.stdout.write(f"smsc http://{shown[0]}:{shown[1]} smpp://{host}:{centre.smpp_port}\n")
    sys.stdout.flush()
    try:
        await server.serve(sockets=[sock])
    finally:
        await centre.stop()


@asynccontextmanager
async def running(
    data: Path | str = ":memory:", smpp_port: int = 0, *, password: str | None = None
) -> AsyncIterator[tuple[Centre, str]]:
    """A centre on the running loop for as long as the block lasts; yields it and the base URL of its HTTP side."""
    centre = Centre(data, smpp_port, password=password)
    await centre.start()
    try:
        async with serving(Web(centre).app) as url:
            yield centre, url
    finally:
        await centre.stop()
