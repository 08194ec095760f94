"""What an answer over HTTP says, or that it says nothing: read, bounded, and translated into our errors.

No body's text gets into a message: codes that look like codes, names of fields and rules.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from pydantic import ValidationError

from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear
from adapters.gate import LONGEST_ASKED
from adapters.once import KeyTwice, read_json

LONGEST_ANSWER = 8 * 1024 * 1024
"""Bytes: a family of hundreds fits in one of them."""
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_DIGITS = re.compile(r"[0-9]{5}")
_AGAIN = frozenset({401, 403, 407, 408, 425, 429})
"""It does not know us, or will not let us in, or not now: that passes when somebody has mended it."""


async def read(response: httpx.Response) -> bytes:
    """The body of an answer. Raises _NotRead beyond `LONGEST_ANSWER`, or where it is squeezed, unasked."""
    return b"".join([piece async for piece in pieces(response, LONGEST_ANSWER)])


async def pieces(response: httpx.Response, most: int) -> AsyncIterator[bytes]:
    """The body of an answer as it comes. Raises _NotRead beyond so many bytes, or where it is squeezed, unasked."""
    size = 0
    try:
        if response.headers.get("Content-Encoding", "").strip().casefold() not in ("", "identity"):
            raise _NotRead
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > most:
                raise TooLong
            yield piece
    finally:
        await response.aclose()


class _NotRead(httpx.HTTPError):
    """An answer that is longer than anything of the contract, or not as it was asked for."""

    def __init__(self) -> None:
        super().__init__("")


class TooLong(_NotRead):
    """An answer of more bytes than are read."""


_NO_TEXT = re.compile(rb"\\u(0000|[dD][89a-fA-F])")


def as_text(content: bytes) -> bytes:
    """The answer without a byte order mark, and with U+FFFD in the place of what is no text: NUL, half a character,
    bytes of another encoding. Raises KeyTwice.

    A register's record takes the field for unreadable then, and nothing else of the answer is lost.
    """
    content = content.removeprefix(BOM_UTF8)
    try:
        content.decode()
        read = read_json(content)
        if not _NO_TEXT.search(content):
            return content
        return json.dumps(_clean(read), ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return as_text(content.decode(errors="replace").encode())
    except KeyTwice:
        raise
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


def of_transport(system: str, call: str, error: Exception, *, acting: bool) -> AdapterError:
    """No answer: Unavailable if nothing was sent or nothing can have been done, Unclear otherwise."""
    code = "deadline" if isinstance(error, TimeoutError) else re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__)
    detail = f"{call} got no answer"
    not_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    if acting and not not_sent:
        return Unclear(system, code.lower(), detail)
    return Unavailable(system, code.lower(), detail)


def of_content(system: str, call: str, wrong: ValidationError | KeyTwice, *, acting: bool) -> AdapterError:
    """An answer that says it is well and is none of the contract's. What is no JSON at all, as a page that says that
    the system is being worked on, is not the body's word: it passes."""
    if isinstance(wrong, KeyTwice):
        return BadAnswer(system, "key_twice", f"{call}: {wrong}")
    if all(error["type"] == "json_invalid" for error in wrong.errors()):
        return (Unclear if acting else Unavailable)(system, "no_json", f"{call} was answered with what is no JSON")
    return BadAnswer(system, "bad_answer", f"{call}: {_broken(wrong)}")


def of_status(system: str, call: str, response: httpx.Response, answered: bytes, *, acting: bool) -> AdapterError:
    """An answer that is not 2xx. Only a problem document counts as the body's own no."""
    status = response.status_code
    problem = _problem(response, answered)
    code = _code(problem.get("code")) or f"status_{status}"
    detail = f"{call} was answered with {status}"
    if acting and status in (409, 504):  # 504: a gateway's read timeout, which is no better than ours
        return Unclear(system, code, detail)
    if status >= 500 or status in _AGAIN:
        return Unavailable(
            system, code, detail, _retry_after(response.headers.get("Retry-After"), response.headers.get("Date"))
        )
    if "code" not in problem:
        # Of whoever stands before it: a proxy without its backend, a page for a browser. The body has said nothing.
        return Unavailable(system, f"status_{status}", f"{detail}, without a problem document")
    if status < 400:
        return BadAnswer(system, f"status_{status}", detail)
    extra = {name: value for name, value in problem.items() if name not in _PROBLEM_MEMBERS}
    return Refused(system, code, detail, str(problem.get("reason") or problem.get("detail") or ""), extra)


_PROBLEM_MEMBERS = frozenset({"type", "title", "status", "code", "detail", "reason", "instance"})


def _problem(response: httpx.Response, answered: bytes) -> dict[str, Any]:
    if not response.headers.get("Content-Type", "").strip().casefold().startswith("application/problem+json"):
        return {}
    try:
        document = read_json(answered)
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


def _retry_after(given: str | None, sent: str | None) -> timedelta | None:
    """Seconds or an HTTP date, at most `LONGEST_ASKED`; None if absent or unreadable. A date is by the clock of who
    sent it, which the answer's own `Date` tells."""
    if given is None:
        return None
    try:
        wait = timedelta(seconds=int(given))
    except (ValueError, OverflowError):
        at = _date(given)
        if at is None:
            return None
        wait = at - (_date(sent) or datetime.now(UTC))
    return min(max(wait, timedelta()), LONGEST_ASKED)


def _date(given: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(given or "")
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=at.tzinfo or UTC)
