"""Where `benefits` is known to say what the sources don't: reported, not yet mended.

Each entry tells its difference by the facts alone, as narrowly as it can. An entry that explains nothing any more fails
the test: it is mended, and goes. A difference that no entry explains fails it too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from benefits.facts.records import Facts


@dataclass(frozen=True)
class Known:
    """`reason`: what the source says and where, and what `benefits` does instead."""

    name: str
    services: frozenset[str]
    kinds: frozenset[str]
    reason: str
    tells: Callable[[Facts, date], bool]


def _citizenship_lost(facts: Facts, on: date) -> bool:
    lost = facts.applicant.citizenship_lost_on
    return lost is not None and lost <= on and facts.applicant.permanent_resident


MONEY = frozenset({"gross", "part", "payer", "month", "right", "first", "last"})
RIGHT = frozenset({"right"})

KNOWN = (
    Known(
        "citizenship lost",
        frozenset({"capacity-loss", "job-loss"}),
        RIGHT,
        "Second reading, 'Suspended': on loss of citizenship (L art. 27 p. 1 (3)); somebody who goes on living here "
        "permanently is paid on.",
        _citizenship_lost,
    ),
)
