"""The HTTP front of an agency: who may call, which key a call has, and what goes wrong with it.

It reads the key, lets the agency act and keeps the answer in one transaction, and misbehaves as the rules say. It knows
nothing of what an agency does. The administrator's routes are in `stubs.admin`.
"""

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from stubs.agency import Agency, Answer, Effect, FileEffect, Problem, Read
from stubs.faults import (
    AnswerTwice,
    Call,
    Down,
    Faults,
    Lost,
    OtherFault,
    Refuse,
    RetryLater,
    Statement,
    Status,
    TimeoutAfterActing,
)
from stubs.store import KeptAnswer

Endpoint = Callable[[Request], Awaitable[Response]]

_LONGEST_KEY = 200


def broken_rules(error: ValidationError) -> list[dict[str, str]]:
    """Field and rule of each fault in a request, without the values."""
    return [
        {"field": ".".join(str(step) for step in fault["loc"]) or "body", "rule": fault["msg"]}
        for fault in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def invalid_request(error: ValidationError) -> Problem:
    """422 (400 for what is not JSON) that names the fields and the rules they break."""
    rules = broken_rules(error)
    status = 400 if error.errors(include_url=False)[0]["type"] == "json_invalid" else 422
    detail = "; ".join(f"{rule['field']}: {rule['rule']}" for rule in rules[:3])
    return Problem(status, "invalid_request", detail, {"errors": rules})


class Dropped(Response):
    """No answer at all: the connection breaks off, as when the other side dies."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - says nothing
        transport = scope.get("state", {}).get("transport")
        if transport is None:
            raise RuntimeError("to drop connections the stub must run under stubs.serve")
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class _Forgotten(Exception):
    """Undoes a transaction."""


class Front:
    """The agency as an ASGI application, `app`; with a token, every call but /healthz must bear it."""

    def __init__(self, agency: Agency, token: str | None = None) -> None:
        self.agency = agency
        self.store = agency.store
        self.faults = Faults()
        self.asked: Counter[str] = Counter()
        self._authorization = None if token is None else f"Bearer {token}".encode()
        self._in_work: set[str] = set()
        routes = [Route("/healthz", self._healthz)]
        routes += [Route(read.path, self._guarded(self._reading(read)), methods=["GET"]) for read in agency.reads()]
        routes += [Route(do.path, self._guarded(self._acting(do)), methods=["POST"]) for do in agency.effects()]
        self.app = Starlette(routes=routes, exception_handlers={HTTPException: _no_such_route})

    def add_route(self, path: str, endpoint: Endpoint, *methods: str) -> None:
        """Adds a route behind the same token, without keys and faults."""
        self.app.router.routes.append(Route(path, self._guarded(endpoint), methods=list(methods)))

    async def _healthz(self, _: Request) -> Response:
        return Response(json.dumps({"agency": self.agency.name}), media_type="application/json")

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            try:
                if self._authorization is not None:
                    given = request.headers.get("authorization", "").encode()
                    if not hmac.compare_digest(given, self._authorization):
                        raise Problem(401, "unauthorized", "A valid bearer token is needed.")
                return await endpoint(request)
            except Problem as problem:
                return respond(problem.answer())

        return guarded

    def _reading(self, read: Read) -> Endpoint:
        async def reading(request: Request) -> Response:
            params = {**request.query_params, **request.path_params}
            self.asked[read.path] += 1
            wait, fault = self.faults.draw(Call("GET", request.url.path, None, lambda: read.iin(params)))
            if wait:
                await asyncio.sleep(wait)
            if _is_dropping(fault):
                return Dropped()
            _instead_of_acting(fault)
            if isinstance(fault, Refuse):
                raise _refusal(fault)
            if isinstance(fault, Statement) and read.spoil is not None:
                return respond(read.spoil(params, fault.how))
            reply = read.reply(params)
            if isinstance(fault, AnswerTwice):
                reply = read.reply(params)
            if isinstance(fault, TimeoutAfterActing):
                await asyncio.sleep(fault.hold_seconds)
            return respond(reply)

        return reading

    def _acting(self, effect: Effect | FileEffect) -> Endpoint:
        async def acting(request: Request) -> Response:
            key = request.headers.get("idempotency-key", "")
            if not 0 < len(key) <= _LONGEST_KEY:
                raise Problem(400, "key_missing", f"Idempotency-Key: required, at most {_LONGEST_KEY} characters.")
            raw = await request.body()
            try:
                message = effect.read(raw)
            except ValidationError as error:
                raise invalid_request(error) from None
            digest = hashlib.sha256(f"{effect.path}\n".encode() + effect.canonical(raw)).hexdigest()
            self.store.count_arrival(key)
            if key in self._in_work:
                self.store.count_conflict(key)
                raise Problem(409, "in_progress", "A call with this key is still in work.")
            self._in_work.add(key)
            try:
                call = Call("POST", request.url.path, key, lambda: effect.iin(message))
                wait, fault = self.faults.draw(call)
                if wait:
                    await asyncio.sleep(wait)
                if _is_dropping(fault):
                    return Dropped()
                _instead_of_acting(fault)
                if isinstance(fault, Lost):
                    return respond(self._act_and_lose(effect, key, message))
                refusal = _refusal(fault) if isinstance(fault, Refuse) else None
                reply, replayed = self._act_once(effect, key, digest, message, refusal)
                if isinstance(fault, AnswerTwice):
                    self.store.count_arrival(key)
                    reply, replayed = self._act_once(effect, key, digest, message, refusal)
            finally:
                self._in_work.discard(key)
            if isinstance(fault, TimeoutAfterActing):
                await asyncio.sleep(fault.hold_seconds)
            return respond(reply, replayed)

        return acting

    def _act_and_lose(self, effect: Effect | FileEffect, key: str, message: Any) -> Answer:
        """The answer of an effect of which nothing is left."""
        reply: list[Answer] = []
        try:
            with self.store.transaction():
                reply.append(effect.act(key, message))
                raise _Forgotten
        except _Forgotten:
            return reply[0]

    def _act_once(
        self, effect: Effect | FileEffect, key: str, digest: str, message: Any, refusal: Problem | None
    ) -> tuple[Answer, bool]:
        """The effect and its kept answer in one transaction, or the answer that the key has got already."""
        with self.store.transaction():
            kept = self.store.kept(key)
            if kept is None:
                try:
                    if refusal is not None:
                        raise refusal
                    reply = effect.act(key, message)
                except Problem as problem:
                    reply = problem.answer()
                self.store.keep(key, KeptAnswer(digest, reply.status, reply.body))
                return reply, False
            if kept.request_hash == digest:
                self.store.count_replay(key)
                return Answer(kept.status, kept.body), True
            self.store.count_conflict(key)
        raise Problem(409, "key_reused", "This key came before with another body.")


def respond(reply: Answer, replayed: bool = False) -> Response:
    """The answer on the wire; errors are problem documents."""
    headers = {} if reply.retry_after is None else {"Retry-After": str(reply.retry_after)}
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    media_type = reply.media_type if reply.status < 400 else "application/problem+json"
    return Response(reply.body, reply.status, headers, media_type)


def _is_dropping(fault: OtherFault | None) -> bool:
    return isinstance(fault, Down) and fault.how == "drop"


def _instead_of_acting(fault: OtherFault | None) -> None:
    if isinstance(fault, Status):
        raise Problem(fault.status, "failing", "Switched on by a fault rule.", retry_after=_politely(fault.status))
    if isinstance(fault, RetryLater):
        raise Problem(429, "too_many_requests", "Switched on by a fault rule.", retry_after=fault.retry_after_seconds)
    if isinstance(fault, Down):
        raise Problem(503, "down", "Switched on by a fault rule.", retry_after=1)


def _politely(status: int) -> int | None:
    return 1 if status == 503 else None


def _refusal(fault: Refuse) -> Problem:
    return Problem(fault.status, fault.code, fault.reason, {"reason": fault.reason, **fault.extra})


async def _no_such_route(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return respond(Problem(status, "no_such_route", "The contract has no such route or method.").answer())
