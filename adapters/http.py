"""One other body's system over HTTP: deadline, key, token, pooled connections, and the one translator of failures.

It never retries and never reads a body's text into a message. Routes are written with placeholders, because paths and
queries carry personal data and the route is what errors and logs may name.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear
from adapters.gate import Gate
from adapters.in_a_row import InARow
from adapters.records import Record

# httpx writes the whole URL of every call to its log at INFO, and httpcore the headers at DEBUG: IINs and our token.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

DEADLINE = timedelta(seconds=10)
LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes: a family of hundreds fits in one of them."""
_LONGEST_RETRY_AFTER = timedelta(hours=1)  # a clock gone wrong over there must not park a case for years
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_DIGITS = re.compile(r"[0-9]{5}")
_AGAIN = frozenset({401, 403, 407, 408, 425, 429})
"""It does not know us, or will not let us in, or not now: that passes when somebody has mended it."""

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
            return await self._call("GET", route, answer, path or {}, query, None, None, deadline)

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
            return await self._call("POST", route, answer, {}, None, key, message, deadline)

    async def _call(
        self,
        method: str,
        route: str,
        answer: type[_Answer],
        path: Mapping[str, str],
        query: Mapping[str, str] | None,
        key: str | None,
        message: Record | None,
        deadline: timedelta | None,
    ) -> _Answer:
        url = route.format_map({name: quote(value, safe="") for name, value in path.items()})
        headers = {}
        if key is not None:
            headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        content = None if message is None else message.model_dump_json().encode()
        call = f"{method} {route}"
        failure: AdapterError
        try:
            async with asyncio.timeout(self._deadline if deadline is None else deadline.total_seconds()):
                request = self._client.build_request(method, url, params=query, headers=headers, content=content)
                response = await self._client.send(request, stream=True)
                answered = await _read(response)
        except (httpx.HTTPError, TimeoutError) as error:
            failure = _of_transport(self.name, call, error, acting=method == "POST")
        else:
            if not 200 <= response.status_code < 300:
                failure = _of_status(self.name, call, response, answered, acting=method == "POST")
            else:
                try:
                    return answer.model_validate_json(_as_text(answered))
                except ValidationError as error:
                    failure = _of_content(self.name, call, error, acting=method == "POST")
        # Raised outside the handlers: their exceptions hold URLs and answers, and must not hang on as a cause.
        raise failure


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


async def _read(response: httpx.Response) -> bytes:
    """The body of an answer. Raises _NotRead beyond `LONGEST_ANSWER`, or where it is squeezed, unasked."""
    content = bytearray()
    try:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise _NotRead
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > LONGEST_ANSWER:
                raise _NotRead
    finally:
        await response.aclose()
    return bytes(content)


class _NotRead(httpx.HTTPError):
    """An answer that is longer than anything of the contract, or not as it was asked for."""

    def __init__(self) -> None:
        super().__init__("")


_NO_TEXT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


def _as_text(content: bytes) -> bytes:
    """The answer with U+FFFD in the place of what is no text: NUL, half a character, bytes of another encoding.

    A register's record takes the field for unreadable then, and nothing else of the answer is lost.
    """
    try:
        content.decode()
        if not _NO_TEXT.search(content):
            return content
        return json.dumps(_clean(json.loads(content)), ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return _as_text(content.decode(errors="replace").encode())
    except (ValueError, RecursionError):
        return content  # no JSON: the model says so


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(one) for name, one in value.items()}
    return value


def about(system: str, asked: object, answered: object, member: str) -> None:
    """Raises BadAnswer if the answer is about another one than was asked for."""
    if asked != answered:
        raise BadAnswer(system, "other_subject", f"the answer's {member} is not the one that was asked for")


def _of_transport(system: str, call: str, error: httpx.HTTPError | TimeoutError, *, acting: bool) -> AdapterError:
    """No answer: Unavailable if nothing was sent or nothing can have been done, Unclear otherwise."""
    code = "deadline" if isinstance(error, TimeoutError) else re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__)
    detail = f"{call} got no answer"
    not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if acting and not not_sent:
        return Unclear(system, code.lower(), detail)
    return Unavailable(system, code.lower(), detail)


def _of_content(system: str, call: str, wrong: ValidationError, *, acting: bool) -> AdapterError:
    """An answer that says it is well and is none of the contract's. What is no JSON at all, as a page that says that
    the system is being worked on, is not the body's word: it passes."""
    if all(error["type"] == "json_invalid" for error in wrong.errors()):
        return (Unclear if acting else Unavailable)(system, "no_json", f"{call} was answered with what is no JSON")
    return BadAnswer(system, "bad_answer", f"{call}: {_broken(wrong)}")


def _of_status(system: str, call: str, response: httpx.Response, answered: bytes, *, acting: bool) -> AdapterError:
    """An answer that is not 2xx. Only a problem document counts as the body's own no."""
    status = response.status_code
    problem = _problem(response, answered)
    code = _code(problem.get("code")) or f"status_{status}"
    detail = f"{call} was answered with {status}"
    if status == 409 or (status == 504 and acting):  # 504: a gateway's read timeout, which is no better than ours
        return Unclear(system, code, detail)
    if status >= 500 or status in _AGAIN:
        return Unavailable(system, code, detail, _retry_after(response.headers.get("Retry-After")))
    if "code" not in problem:
        # Of whoever stands before it: a proxy without its backend, a page for a browser. The body has said nothing.
        return Unavailable(system, f"status_{status}", f"{detail}, without a problem document")
    if status < 400:
        return BadAnswer(system, f"status_{status}", detail)
    extra = {name: value for name, value in problem.items() if name not in _PROBLEM_MEMBERS}
    return Refused(system, code, detail, str(problem.get("reason") or problem.get("detail") or ""), extra)


_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "code", "detail", "reason", "instance"})


def _problem(response: httpx.Response, answered: bytes) -> dict[str, Any]:
    if not response.headers.get("Content-Type", "").startswith("application/problem+json"):
        return {}
    try:
        document = json.loads(answered)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _code(given: object) -> str | None:
    """The body's code, if it looks like one: it goes into messages, so it may not smuggle a number of a person."""
    if isinstance(given, str) and _CODE.fullmatch(given) and not _DIGITS.search(given):
        return given
    return None


def _broken(error: ValidationError) -> str:
    """Which members broke which rules; rules by type, because their texts may quote the answer."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'answer'} {fault['type']}" for fault in faults[:3])


def _retry_after(given: str | None) -> timedelta | None:
    """Seconds or an HTTP date; None if absent or unreadable."""
    if given is None:
        return None
    try:
        wait = timedelta(seconds=int(given))
    except (ValueError, OverflowError):
        try:
            at = parsedate_to_datetime(given)
            wait = at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)
        except (ValueError, OverflowError):
            return None
    return min(max(wait, timedelta()), _LONGEST_RETRY_AFTER)
