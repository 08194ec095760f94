"""One other body's system over HTTP: deadline, key, token, pooled connections, and the one translator of failures.

It never retries and never reads a body's text into a message. Routes are written with placeholders, because paths and
queries carry personal data and the route is what errors and logs may name.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from os import SEEK_END
from typing import Any, BinaryIO, Self, TypeVar
from urllib.parse import quote

import httpx
from opentelemetry import trace
from pydantic import ValidationError

from adapters.answers import TooLong, as_text, of_content, of_status, of_transport, pieces, read
from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear
from adapters.gate import Gate
from adapters.in_a_row import InARow
from adapters.once import KeyTwice
from adapters.records import Record

# httpx writes the whole URL of every call to its log at INFO, and httpcore the headers at DEBUG: IINs and our token.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

DEADLINE = timedelta(seconds=10)
PIECE = 64 * 1024
"""Bytes of a file that are read at a time."""

_Answer = TypeVar("_Answer", bound=Record)


class HttpSystem:
    """A connection pool to one system, with its name, its token and its deadline.

    `deadline` bounds a whole call, from waiting for a connection to the last byte. Use it as an async context manager,
    or call `aclose` at the end.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        token: str | None = None,
        deadline: timedelta = DEADLINE,
        connections: int = 100,
        transport: httpx.AsyncBaseTransport | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.name = name
        self._gate = gate or Gate(name)
        self._routes: dict[str, _Route] = {}
        self._deadline = deadline.total_seconds()
        # As it is, so that its size is what it costs: a few kilobytes may unfold to gigabytes.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        # Half the deadline for getting a connection: then it is known that nothing was sent. Idle connections are
        # dropped well before servers usually do, or a call would meet one that is just being closed.
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers=headers,
            timeout=httpx.Timeout(self._deadline, connect=self._deadline / 2, pool=self._deadline / 2),
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=15.0
            ),
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Closes the pooled connections."""
        await self._client.aclose()

    async def ask(
        self,
        route: str,
        answer: type[_Answer],
        *,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        deadline: timedelta | None = None,
    ) -> _Answer:
        """GET. Raises Unavailable, Refused or BadAnswer; never Unclear, for asking changes nothing."""
        return await self._asked(route, answer, (), path, query, deadline)

    async def _asked(
        self,
        route: str,
        answer: type[_Answer],
        expected: Collection[str],
        path: Mapping[str, str] | None,
        query: Mapping[str, str] | None,
        deadline: timedelta | None,
    ) -> _Answer:
        whom = (path or {}).get("iin") or (query or {}).get("iin") or "".join((path or {}).values())
        async with self._route(f"GET {route}").passing(whom, expected):
            found = await self._call("GET", route, answer, path or {}, query, None, None, deadline)
            return _about_the_same(self.name, {**(query or {}), **(path or {})}, found)

    def _route(self, call: str) -> "_Route":
        if call not in self._routes:
            self._routes[call] = _Route(self.name, self._gate.beside(call), acts=call.startswith("POST"))
        return self._routes[call]

    async def look_up(
        self,
        route: str,
        answer: type[_Answer],
        *,
        unknown: str,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        refusals: Collection[str] = (),
        deadline: timedelta | None = None,
    ) -> _Answer | None:
        """GET that may find nothing: None if the body says 404 with the code `unknown`, and for no other 404.

        `refusals`: as of `act`, where what was refused under a key is looked up.
        """
        try:
            return await self._asked(route, answer, {unknown, *refusals}, path, query, deadline)
        except Refused as refused:
            if refused.code == unknown:
                return None
            raise

    async def act(
        self,
        route: str,
        key: str,
        message: Record,
        answer: type[_Answer],
        *,
        refusals: Collection[str] = (),
        deadline: timedelta | None = None,
    ) -> _Answer:
        """POST under a key; `refusals` are the codes by which the body says no for good. Raises any AdapterError; after
        Unclear the effect may exist."""
        async with self._route(f"POST {route}").passing(key, refusals):
            done = await self._call("POST", route, answer, {}, None, key, message, deadline)
            return _about_the_same(self.name, {**dict(message), "key": key}, done)

    async def send(
        self, route: str, key: str, file: BinaryIO, answer: type[_Answer], *, deadline: timedelta | None = None
    ) -> _Answer:
        """POST of an XML file under a key, as it is read from the disk. Raises any AdapterError; after Unclear the
        effect may exist."""
        async with self._route(f"POST {route}").passing(key, ()):
            taken = await self._call("POST", route, answer, {}, None, key, file, deadline)
            return _about_the_same(self.name, {"key": key}, taken)

    async def fetch(
        self,
        route: str,
        into: BinaryIO,
        *,
        absent: Collection[str],
        most: int,
        path: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        deadline: timedelta | None = None,
    ) -> str | None:
        """GET of an XML file of at most so many bytes, written as it comes. Returns the code if the body says one of
        `absent`: nothing is written then. Raises Unavailable, Refused or BadAnswer."""
        async with self._route(f"GET {route}").passing("".join((path or {}).values()), absent):
            try:
                await self._written(route, into, most, path or {}, query, deadline)
            except Refused as refused:
                if refused.code not in absent:
                    raise
                return refused.code
            return None

    async def _written(
        self,
        route: str,
        into: BinaryIO,
        most: int,
        path: Mapping[str, str],
        query: Mapping[str, str] | None,
        deadline: timedelta | None,
    ) -> None:
        url, call = _filled(route, path), f"GET {route}"
        into.seek(0)
        into.truncate()
        failure: AdapterError
        try:
            async with asyncio.timeout(self._deadline if deadline is None else deadline.total_seconds()):
                request = self._client.build_request("GET", url, params=query, headers={"Accept": "application/xml"})
                response = await self._client.send(request, stream=True)
                if not 200 <= response.status_code < 300:
                    failure = of_status(self.name, call, response, await read(response), acting=False)
                elif response.headers.get("Content-Type", "").partition(";")[0].strip() not in XML:
                    await response.aclose()
                    failure = Unavailable(self.name, "no_xml", f"{call} was answered with what is no XML")
                else:
                    async for piece in pieces(response, most):
                        into.write(piece)
                    into.seek(0)
                    return
        except TooLong:
            failure = BadAnswer(self.name, "too_long", f"{call} was answered with more than {most} bytes")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            failure = of_transport(self.name, call, error, acting=False)
        into.seek(0)
        into.truncate()
        raise failure

    async def _call(
        self,
        method: str,
        route: str,
        answer: type[_Answer],
        path: Mapping[str, str],
        query: Mapping[str, str] | None,
        key: str | None,
        message: Record | BinaryIO | None,
        deadline: timedelta | None,
    ) -> _Answer:
        url = _filled(route, path)
        headers = {}
        if key is not None:
            headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        content: bytes | AsyncIterator[bytes] | None = None
        if isinstance(message, Record):
            content = message.model_dump_json().encode()
        elif message is not None:
            headers |= {"Content-Type": XML[0], "Content-Length": str(message.seek(0, SEEK_END))}
            content = _read(message)
        call = f"{method} {route}"
        failure: AdapterError
        try:
            async with asyncio.timeout(self._deadline if deadline is None else deadline.total_seconds()):
                request = self._client.build_request(method, url, params=query, headers=headers, content=content)
                with _tracer.start_as_current_span(f"{self.name} {call}", **_QUIETLY):
                    response = await self._client.send(request, stream=True)
                    answered = await read(response)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:  # also of where it sends us
            failure = of_transport(self.name, call, error, acting=method == "POST")
        else:
            if not 200 <= response.status_code < 300:
                failure = of_status(self.name, call, response, answered, acting=method == "POST")
            else:
                try:
                    return answer.model_validate_json(as_text(answered))
                except (ValidationError, KeyTwice) as error:
                    failure = of_content(self.name, call, error, acting=method == "POST")
        # Raised outside the handlers: their exceptions hold URLs and answers, and must not hang on as a cause.
        raise failure


_tracer = trace.get_tracer(__name__)
_QUIETLY: dict[str, Any] = {"kind": trace.SpanKind.CLIENT, "record_exception": False, "set_status_on_exception": False}
"""Spans bear the route and no address: what went wrong there may quote it, and the step says it in our words."""

XML = ("application/xml", "text/xml")


def _filled(route: str, path: Mapping[str, str]) -> str:
    return route.format_map({name: quote(value, safe="") for name, value in path.items()})


async def _read(file: BinaryIO) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


OUT_OF_ORDER = 3
"""So many different people in a row to whom a body gives answers of no contract, and it is about the body: two of
them are an operator's business, all others wait until it is mended."""


class _Route:
    """One kind of call to one body: whether it is away, or out of order."""

    def __init__(self, system: str, gate: Gate, *, acts: bool) -> None:
        self._system, self._gate, self._acts = system, gate, acts
        self._odd = InARow(OUT_OF_ORDER)

    @asynccontextmanager
    async def passing(self, about: str, expected: Collection[str]) -> AsyncIterator[None]:
        """Around a call about this person or key; a Refused with an `expected` code is an answer like another."""
        async with self._gate.passing(about):
            try:
                yield
            except (BadAnswer, Refused) as no:
                if no.code in expected:
                    self._odd.over()
                    raise
                if not self._odd.one_more(about):
                    raise
                what = f"answers everybody alike, and nothing that was agreed: {no.detail}"
                # What is no answer to a POST says nothing of its effect.
                failure = Unclear if self._acts and isinstance(no, BadAnswer) else Unavailable
                odd = failure(self._system, no.code, what)
            else:
                self._odd.over()
                return
            raise odd


SUBJECTS = ("iin", "key", "iban", "application_number", "end_to_end_id", "quarter")
"""What says whom or what a call is about. Where an answer has a member of that name, it repeats it."""


def _about_the_same(system: str, asked: Mapping[str, object], answer: _Answer) -> _Answer:
    """The answer. Raises BadAnswer if it is about another one than was asked for."""
    for name in SUBJECTS:
        field = type(answer).model_fields.get(name)
        if name not in asked or field is None:
            continue
        repeated = getattr(answer, name)
        if str(asked[name]) != str(repeated) and (repeated is not None or field.is_required()):
            raise BadAnswer(system, "other_subject", f"the answer's {name} is not the one that was asked for")
    return answer
