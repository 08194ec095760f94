"""What is said of one subject after the other, and of none the contrary, is no matter of theirs."""

import logging
import re

from adapters.errors import Unavailable

log = logging.getLogger(__name__)

MOST = 10_000
"""So many are counted."""


class InARow:
    """Different subjects of which the same was said since something else was said of any. `many` are too many."""

    def __init__(self, many: int) -> None:
        self._many = many
        self._said_of: set[str] = set()

    @property
    def too_many(self) -> bool:
        """Whether there are too many in a row."""
        return len(self._said_of) >= self._many

    def one_more(self, about: str) -> bool:
        """Note one. Returns whether there are too many in a row now."""
        if len(self._said_of) < MOST:
            self._said_of.add(about)
        return self.too_many

    def over(self) -> None:
        """Something else was said."""
        self._said_of.clear()


NOBODY_KNOWN = 10
"""People in a row of whom a register has nothing: were it every fifth, this would be chance once in ten million."""


class KnowsPeople:
    """Whether a register still knows what it is asked for (`what`), or was emptied, or loaded in part."""

    def __init__(self, system: str, what: str) -> None:
        self._system, self._what = system, what
        self._without = InARow(NOBODY_KNOWN)

    def answered(self, about: str, *, known: bool) -> None:
        """Note an answer. Raises Unavailable where it has nothing of anybody any more."""
        if known:
            self._without.over()
        elif self._without.one_more(about):
            text = f"knows no {self._what} of {NOBODY_KNOWN} people in a row"
            raise Unavailable(self._system, "nobody_known", text)


REFUSED_ALIKE = 5
"""People in a row who are refused with the same reason, and nobody with another or not at all: that is the body."""


class RefusesAlike:
    """Whether a body refuses everybody with the same reason, for a fault of its own; by what it is asked for."""

    def __init__(self, system: str) -> None:
        self._system = system
        self._said: dict[str, tuple[str | None, InARow]] = {}

    def answered(self, service: str, about: str, reason: str | None) -> None:
        """Note an answer; `reason` where it refused. Raises Unavailable where it refuses everybody alike.

        What differs from person to person, as numbers do, makes no other reason.
        """
        alike = re.sub(r"\d+", "", reason) if reason is not None else None
        before, row = self._said.get(service, (None, InARow(REFUSED_ALIKE)))
        if alike != before:
            row = InARow(REFUSED_ALIKE)
        self._said[service] = alike, row
        if alike is None:
            return
        known = row.too_many
        if row.one_more(about):
            text = f"refuses {REFUSED_ALIKE} people in a row for {service} with the same reason"
            if not known:
                log.error("%s: %s; nobody is refused until it says something else", self._system, text)
            raise Unavailable(self._system, "refuses_everybody", text)
