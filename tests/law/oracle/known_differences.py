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


def _not_yet_taken(facts: Facts, on: date) -> bool:
    return any(child.taken_on is not None and child.taken_on > on >= child.birth_date for child in facts.children)


def _citizenship_lost(facts: Facts, on: date) -> bool:
    lost = facts.applicant.citizenship_lost_on
    return lost is not None and lost <= on and facts.applicant.permanent_resident


MONEY = frozenset({"gross", "part", "payer", "month", "right", "first", "last"})
RIGHT = frozenset({"right"})

KNOWN = (
    Known(
        "child not yet taken",
        frozenset({"childbirth", "childcare", "multi-child"}),
        MONEY,
        "'childbirth: child born alive, adopted or taken under guardianship': on a day before `taken_on` the child is "
        "treated as born to the family, and paid.",
        _not_yet_taken,
    ),
    Known(
        "citizenship lost",
        frozenset({"capacity-loss", "job-loss"}),
        RIGHT,
        "Second reading, 'Suspended': on loss of citizenship (L art. 27 p. 1 (3)); somebody who goes on living here "
        "permanently is paid on.",
        _citizenship_lost,
    ),
)
