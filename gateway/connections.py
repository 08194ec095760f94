"""Connections that are slow, idle or too many: what the server itself bounds, beneath every request.

uvicorn waits for ever for the head of a request. Here a head, and then a body, comes in time or its connection ends.
"""

import asyncio
import logging

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from gateway.refusals import Refusals
from runtime.settings import Settings

_LATE = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 15\r\n"
    b"Connection: close\r\n\r\nRequest Timeout"
)

# Warnings are one line for each piece of nonsense that anybody sends: they are counted as refusals instead.
_log = logging.getLogger("gateway.http")
_log.setLevel(logging.ERROR)


HEAD_BYTES = 16_384
"""A head longer than this is refused; a signed one takes a twentieth of it."""

BACKLOG = 256
"""Connections that the system keeps for us while we are busy."""


def server_config(app: ASGIApp, settings: Settings, refusals: Refusals) -> uvicorn.Config:
    """How the gateway is served. A proxy's X-Forwarded-For is believed from the addresses in FORWARDED_ALLOW_IPS."""
    return uvicorn.Config(
        app,
        host=settings.gateway_host,
        port=settings.gateway_port,
        http=prompt_protocol(settings.gateway_request_seconds, settings.gateway_connections, refusals),
        ws="none",
        h11_max_incomplete_event_size=HEAD_BYTES,
        backlog=BACKLOG,
        timeout_keep_alive=5,
        server_header=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )


def prompt_protocol(seconds: float, connections: int, refusals: Refusals) -> type[H11Protocol]:
    """The protocol for uvicorn: `seconds` for a head, again for a body; at most so many `connections`."""

    class Prompt(H11Protocol):
        _timer: asyncio.TimerHandle | None = None
        _awaited: object = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.logger = _log
            if len(self.connections) > connections:
                refusals.note(503, "connections")
                transport.abort()
                return
            self._wait_for(h11.IDLE)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            state = self.conn.their_state
            if state is h11.SEND_BODY or (state is h11.IDLE and self.conn.trailing_data[0]):
                self._wait_for(state)
            else:
                self._wait_for(None)

        def connection_lost(self, exc: Exception | None) -> None:
            self._wait_for(None)
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            refusals.note(400, "no_http")
            super().send_400_response(msg)

        def _wait_for(self, part: object) -> None:
            """Begin to count the time for a part of a request, if it does not run already; None: wait for nothing."""
            if part is self._awaited:
                return
            self._awaited = part
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if part is not None:
                # A body has a second more than the door gives it, whose answer is the better one.
                self._timer = self.loop.call_later(seconds + (1 if part is h11.SEND_BODY else 0), self._late)

        def _late(self) -> None:
            if self.transport.is_closing():
                return
            if self._awaited is h11.IDLE:
                self.transport.write(_LATE)
            if self._awaited is h11.IDLE or not self.cycle.response_started:
                refusals.note(408, "too_slow")
            self.transport.close()

    return Prompt
