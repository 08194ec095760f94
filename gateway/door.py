"""The door: who calls is known before a byte of the body is read, and size, time and rate are bounded before that.

In this order: the caller's address comes not too often (429), the head is signed by a known sender (401), who comes
not too often (429), while few others are being served (503); the body is small (413), comes in time (408) and is the
one that was signed (401); and the request was not accepted before (409), which the database must say (503). Only then
does the application see it.
"""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from card import Card, seen
from card.store import DatabaseError, DatabaseRefused
from gateway.messages import Problem
from gateway.rates import Rates
from gateway.refusals import Refusals
from gateway.signature import Senders, Signed, Unsigned

log = structlog.get_logger()

SIGNED = "/v1/"
"""What begins so is for signed requests only."""

UNSIGNED_BYTES = 4 * 1024 * 1024
"""For what is not signed, the codec above all: a page of payloads, each of which Temporal bounds at 2 MiB."""

UNSIGNED_AT_ONCE, OF_ONE_ADDRESS = 32, 16
"""So many unsigned bodies at once, in all and from one address: each may hold what is allowed for one."""

LEASE = timedelta(seconds=60)
"""So long a request is held for its own: longer than an answer takes, shorter than its signature is valid."""

DRAIN_SECONDS, DRAIN_BYTES = 1.0, 1024 * 1024
"""What still comes of a refused body is thrown away within these: a socket closed on it would lose our answer."""

_REASONS = {403: "not_allowed", 404: "no_route", 405: "no_route", 408: "too_slow", 409: "conflict", 413: "too_large"}
_REASONS |= {400: "not_valid", 422: "not_valid", 503: "database_away"}
"""What is noted of the application's own refusals."""


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, times in seconds, rates in requests a second."""

    body_bytes: int
    body_seconds: float
    sender_rate: float
    address_rate: float
    at_once: int
    tolerance: timedelta

    @property
    def of_one_sender(self) -> int:
        """So many at once of one sender: its slow bodies leave room for the others."""
        return (self.at_once + 1) // 2


class Refused(Exception):
    """Not let in. `reason` is for metrics and log, the rest is the answer."""

    def __init__(self, status: int, reason: str, detail: str, *, sender: str = "", wait: float = 0.0) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.sender = sender
        self.wait = wait


class Door:
    """ASGI middleware around the whole gateway. The sender of a signed request stands in the scope's state."""

    def __init__(
        self, app: ASGIApp, *, senders: Senders, limits: Limits, card: Card, refusals: Refusals, routes: Iterable[str]
    ) -> None:
        self._app = app
        self._senders = senders
        self._limits = limits
        self._card = card
        self._refusals = refusals
        self._routes = frozenset(routes)
        self._addresses = Rates(limits.address_rate)
        self._rates = Rates(limits.sender_rate)
        self._served: dict[str, str] = {}
        """By the mark of its signature the sender of each request that is being served."""
        self._bodies: Counter[str] = Counter()
        """By their address the unsigned requests with a body that are being served."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in or refuse."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        route = scope["path"] if scope["path"] in self._routes else ""
        try:
            if scope["path"].startswith(SIGNED):
                await self._signed(scope, receive, send, route)
            else:
                await self._unsigned(scope, receive, send, route)
        except Refused as refused:
            self._refusals.note(refused.status, refused.reason, sender=refused.sender, route=route)
            await _answer(refused, scope, receive, send)

    async def _unsigned(self, scope: Scope, receive: Receive, send: Send, route: str) -> None:
        """Whatever is asked: the documents, the codec, whether we are ready."""
        address = _address(scope)
        if wait := self._addresses.wait(address):
            raise Refused(429, "address_rate", "too many requests from this address", wait=wait)
        if _length(scope) > UNSIGNED_BYTES:
            raise Refused(413, "too_large", f"body: at most {UNSIGNED_BYTES} bytes")
        has_body = scope["method"] not in ("GET", "HEAD", "OPTIONS")
        if has_body and (self._bodies.total() >= UNSIGNED_AT_ONCE or self._bodies[address] >= OF_ONE_ADDRESS):
            raise Refused(503, "busy", "too many requests at once", wait=1)
        self._bodies[address] += has_body
        try:
            bounded = _bounded(receive, UNSIGNED_BYTES if has_body else 0, self._limits.body_seconds)
            await self._app(scope, bounded, self._noting(send, route))
        finally:
            self._bodies[address] -= has_body
            self._bodies += Counter()  # only those are kept that are being served

    def _noting(self, send: Send, route: str, sender: str = "") -> Send:
        """What the application itself refuses is noted too."""

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                reason = _REASONS.get(message["status"], "refused")
                self._refusals.note(message["status"], reason, sender=sender, route=route)
            await send(message)

        return noting

    async def _signed(self, scope: Scope, receive: Receive, send: Send, route: str) -> None:
        if wait := self._addresses.wait(_address(scope)):
            raise Refused(429, "address_rate", "too many requests from this address", wait=wait)
        try:
            signed = self._senders.verify(scope["method"], _url(scope), scope["headers"])
        except Unsigned as unsigned:
            raise Refused(401, unsigned.reason, unsigned.detail) from None
        # Not before: a stranger who writes a sender's name must not use up its rate.
        if wait := self._rates.wait(signed.sender):
            raise Refused(429, "sender_rate", "too many requests of this sender", sender=signed.sender, wait=wait)
        if signed.mark in self._served:
            # A head that somebody has copied, sent a hundred times, would fill the room with bodies that never come.
            detail = "signature: this very request is being served; come again"
            raise Refused(409, "being_served", detail, sender=signed.sender, wait=1)
        own = sum(sender == signed.sender for sender in self._served.values())
        if len(self._served) >= self._limits.at_once or own >= self._limits.of_one_sender:
            raise Refused(503, "busy", "too many requests at once", sender=signed.sender, wait=1)
        self._served[signed.mark] = signed.sender
        try:
            await self._serve(signed, scope, receive, self._noting(send, route, signed.sender))
        finally:
            del self._served[signed.mark]

    async def _serve(self, signed: Signed, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._body(signed, scope, receive)
        if body is None:
            return  # the caller has hung up
        now = datetime.now(UTC)
        forget = now - 2 * self._limits.tolerance
        try:
            async with self._card.transaction() as session:
                claim = await seen.claim(session, signed.mark, now, now - LEASE, forget)
        except DatabaseError as error:
            if isinstance(error, DatabaseRefused):
                raise
            raise Refused(503, "database_away", "database: away", sender=signed.sender, wait=1) from None
        if claim is seen.Claim.ACCEPTED:
            detail = "signature: this request was accepted already; sign a repetition anew"
            raise Refused(409, "repeated", detail, sender=signed.sender)
        if claim is seen.Claim.HELD:
            detail = "signature: this very request is being served; come again"
            raise Refused(409, "being_served", detail, sender=signed.sender, wait=1)
        accepted = False

        async def settling(message: Message) -> None:
            nonlocal accepted
            if message["type"] == "http.response.start" and message["status"] < 400:
                async with self._card.statements() as session:
                    await seen.accept(session, signed.mark, datetime.now(UTC))
                accepted = True
            await send(message)

        scope = {**scope, "state": {**scope.get("state", {}), "sender": signed.sender}}
        try:
            await self._app(scope, _again(body, receive), settling)
        finally:
            if not accepted:
                await self._release(signed.mark)

    async def _release(self, mark: str) -> None:
        """What was not accepted may come again as it is. If that cannot be written now, the lease ends by itself."""
        try:
            async with self._card.statements() as session:
                await seen.release(session, mark)
        except Exception as error:
            log.warning("gateway.not_released", error=type(error).__name__)

    async def _body(self, signed: Signed, scope: Scope, receive: Receive) -> bytes | None:
        """The body, as it was signed; None when the caller hangs up. Raises Refused."""
        most = self._limits.body_bytes
        if _length(scope) > most:
            raise Refused(413, "too_large", f"body: at most {most} bytes", sender=signed.sender)
        body = b""
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                async for piece in _pieces(receive):
                    body += piece
                    if len(body) > most:
                        raise Refused(413, "too_large", f"body: at most {most} bytes", sender=signed.sender)
        except TimeoutError:
            seconds = f"{self._limits.body_seconds:g}"
            raise Refused(408, "too_slow", f"body: within {seconds} seconds", sender=signed.sender) from None
        except _HungUp:
            return None
        try:
            signed.holds(body)
        except Unsigned as unsigned:
            raise Refused(401, unsigned.reason, unsigned.detail, sender=signed.sender) from None
        return body


class _HungUp(Exception):
    """The caller is gone."""


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body, piece by piece. Raises _HungUp."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _HungUp
        more = message.get("more_body", False)
        yield message.get("body", b"")


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read, for who asks first; then what the connection says."""
    waiting = [body]

    async def again() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return again


def _bounded(receive: Receive, most: int, seconds: float) -> Receive:
    """For bodies that the application itself reads: at most so many bytes, within so many seconds."""
    size = 0
    ends: float | None = None

    async def bounded() -> Message:
        nonlocal size, ends
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds if ends is None else ends
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"body: within {seconds:g} seconds", {"Connection": "close"}) from None
        size += len(message.get("body", b""))
        if size > most:
            raise HTTPException(413, f"body: at most {most} bytes", {"Connection": "close"})
        return message

    return bounded


async def _answer(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    """The refusal, and the end of the connection."""
    problem = Problem(
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        code=HTTPStatus(refused.status).name.lower(),
        detail=refused.detail,
    )
    headers = {"Connection": "close"}
    if refused.wait:
        headers["Retry-After"] = str(math.ceil(refused.wait))
    content = problem.model_dump_json(exclude_none=True).encode()
    response = Response(content, refused.status, headers, media_type="application/problem+json")
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    if _length(scope) or _chunked(scope):
        await _drain(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive) -> None:
    size = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for piece in _pieces(receive):
                size += len(piece)
                if size > DRAIN_BYTES:
                    return
    except (TimeoutError, _HungUp):
        return


def _address(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else ""


def _header(scope: Scope, wanted: bytes) -> bytes:
    lines: list[tuple[bytes, bytes]] = scope["headers"]
    return next((value for name, value in lines if name.lower() == wanted), b"")


def _length(scope: Scope) -> int:
    given = _header(scope, b"content-length")
    return int(given) if given.isdigit() else 0


def _chunked(scope: Scope) -> bool:
    return bool(_header(scope, b"transfer-encoding"))


def _url(scope: Scope) -> str:
    """The address as it was asked for, undecoded. Only its path and query need be signed: a proxy changes the rest."""
    host = _header(scope, b"host") or b"gateway"
    path = scope.get("raw_path") or scope["path"].encode()
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    whole: bytes = scope["scheme"].encode() + b"://" + host + path + query
    return whole.decode("latin-1")
