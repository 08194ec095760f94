"""Connections that are slow, idle, unread or too many: what the server itself bounds, beneath every request.

uvicorn waits for ever for the head of a request. Here a head, and then a body, comes in time or its connection ends.
"""

import asyncio
import logging
import os
from collections import Counter

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
        http=prompt_protocol(
            settings.gateway_request_seconds,
            settings.gateway_connections,
            refusals,
            an_address=settings.gateway_connections_an_address,
            proxies=os.environ.get("FORWARDED_ALLOW_IPS", ""),
        ),
        ws="none",
        h11_max_incomplete_event_size=HEAD_BYTES,
        backlog=BACKLOG,
        timeout_keep_alive=5,
        server_header=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )


def prompt_protocol(
    seconds: float, connections: int, refusals: Refusals, *, an_address: int | None = None, proxies: str = ""
) -> type[H11Protocol]:
    """The protocol for uvicorn: `seconds` for a head, again for a body, and for an answer to be read; at most so many
    `connections`, of them `an_address` from one that is none of the `proxies` (addresses with commas between). Beyond
    them the longest silent ends for who comes.
    """
    held: Counter[str] = Counter()
    silent: dict[H11Protocol, None] = {}
    """Those of which a head is awaited, the longest first."""
    trusted = frozenset(one.strip() for one in proxies.split(","))

    class Prompt(H11Protocol):
        _timer: asyncio.TimerHandle | None = None
        _unread: asyncio.TimerHandle | None = None
        _awaited: object = None
        _address = ""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.logger = _log
            self._address = (transport.get_extra_info("peername") or ("",))[0]
            held[self._address] += 1
            if an_address is not None and self._address not in trusted and held[self._address] > an_address:
                refusals.note(503, "connections")
                transport.abort()
                return
            if len(self.connections) > connections:
                # Who has connected and says nothing makes room for who comes now, the longest silent first.
                given_up = next(iter(silent), self)
                refusals.note(503, "connections")
                given_up.transport.abort()
                if given_up is self:
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
            self._is_read()
            held[self._address] -= 1
            if not held[self._address]:
                del held[self._address]
            super().connection_lost(exc)

        def pause_writing(self) -> None:
            """The caller does not read what we answer: not for long."""
            super().pause_writing()
            self._unread = self._unread or self.loop.call_later(seconds, self._not_read)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._is_read()

        def _is_read(self) -> None:
            if self._unread is not None:
                self._unread.cancel()
                self._unread = None

        def _not_read(self) -> None:
            refusals.note(408, "not_read")
            self.transport.abort()

        def send_400_response(self, msg: str) -> None:
            refusals.note(400, "no_http")
            super().send_400_response(msg)

        def _wait_for(self, part: object) -> None:
            """Begin to count the time for a part of a request, if it does not run already; None: wait for nothing."""
            if part is self._awaited:
                return
            self._awaited = part
            silent.pop(self, None)
            if part is h11.IDLE:
                silent[self] = None
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
