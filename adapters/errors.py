"""The closed tree of ways in which another body's system can fail us.

    AdapterError
     ├─ Unavailable   nothing happened there, or it is safe to ask again: retry, not before `retry_after`
     ├─ Unclear       the call may or may not have acted: look it up by its key before trying again
     ├─ Refused       the body understood and said no, with a code and a reason: final
     └─ BadAnswer     the body itself broke the contract: final until an engineer looks

Text of these errors goes into logs and into Temporal's history, so it may hold no personal data: `detail` is always
our own words, and what the other body wrote stays in attributes that neither `str` nor `repr` shows.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, final


class AdapterError(Exception):
    """Another body's system did not do what was asked.

    `system` is the name the client was made with ("emaket"), `code` a short machine-readable word ("missing_document",
    "read_timeout"), `detail` one sentence of ours that names the route but never its values.
    """

    def __init__(self, system: str, code: str, detail: str) -> None:
        super().__init__(system, code, detail)
        self.system = system
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.system}: {self.detail} [{self.code}]"


@final
class Unavailable(AdapterError):
    """Not reachable, not able (5xx, 429), not willing to know us or let us in (401, 403) for now, or it was somebody
    before it who answered (a proxy's page); asking again is safe."""

    def __init__(self, system: str, code: str, detail: str, retry_after: timedelta | None = None) -> None:
        super().__init__(system, code, detail)
        self.retry_after = retry_after


@final
class Unclear(AdapterError):
    """The request went out and no trustworthy answer came back: the effect may exist. Look it up by key."""


@final
class Refused(AdapterError):
    """The body said no (4xx with a problem document).

    `reason` is the body's own text and `extra` its further members (for `missing_document`: {"document": ...}). Both
    may name the person: store them, tell them to the person, never log them.
    """

    def __init__(
        self, system: str, code: str, detail: str, reason: str = "", extra: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(system, code, detail)
        self.reason = reason
        self.extra: dict[str, Any] = dict(extra or {})


@final
class BadAnswer(AdapterError):
    """The answer violates the contract: not JSON, a field missing or wrong, or about something else than was asked."""
