"""Which decided cases would be decided otherwise by the law as it is known now, and by how much.

It reads what the Card kept of each decision, in ranges, and writes nothing: what follows for a person, somebody
decides. What it returns names cases by their reference, and nobody.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import benefits
from benefits import Decision, Redecided, Right
from benefits.days import day_of
from benefits.decision import ZERO
from card import Card, snapshots
from card.snapshots import LastWord

PAGE = 500
"""So many cases are held at a time."""


@dataclass(frozen=True)
class Difference:
    """Months of one case that come out otherwise."""

    ref: str
    service: str
    outcome: str | None
    found: Redecided

    def to_dict(self) -> dict[str, Any]:
        return {"ref": self.ref, "service": self.service, "outcome": self.outcome, **self.found.to_dict()}


@dataclass
class Review:
    """All cases looked at. `unread`: cases whose facts or decision can be read no more, so that nothing is known."""

    looked_at: int = 0
    differences: list[Difference] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def totals(self) -> dict[str, Any]:
        """Cases by what became of their right, and net tenge; of cases with a question, then or now, no tenge count."""
        ways = Counter(_by_case(self.differences).values())
        known = [one for one in self.differences if one.found.difference is not None]
        return {
            "looked_at": self.looked_at,
            "differ": sum(ways.values()),
            **{way: ways[way] for way in ("more", "less", "mixed", "right_gained", "right_lost", "question")},
            "difference": _money(known),
            "of_credited": _money([one for one in known if one.outcome == "credited"]),
            "not_by_what_became_known": len({one.ref for one in self.differences if not one.found.as_known}),
            "unread": len(self.unread),
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "cases": [one.to_dict() for one in self.differences],
            "unread": self.unread,
            "totals": self.totals(),
        }


async def review(card: Card, code: str | None, first: date, last: date) -> Review:
    """Every case of the service, or of all, whose months from `first` to `last` come out otherwise. Raises
    UnknownService.
    """
    codes = [benefits.service(code).code] if code else [one.code for one in benefits.services(every=True)]
    found = Review()
    after = ""
    while True:
        async with card.statements() as session:
            page = await snapshots.last_words(session, codes, after=after, limit=PAGE)
        for one in page:
            _look(found, one, first, last)
        if len(page) < PAGE:
            return found
        after = page[-1].ref


def _look(found: Review, one: LastWord, first: date, last: date) -> None:
    found.looked_at += 1
    try:
        decided = Decision.from_dict(one.decision)
        changed = benefits.redecide(one.facts, decided, day_of(one.taken_at), first, last)
    except (benefits.BadFacts, benefits.UnknownService, LookupError, TypeError, ValueError):
        # Kept by an older shape of facts, or of a service that is no more: told, and never taken for "as it was".
        found.unread.append(one.ref)
        return
    found.differences += [Difference(one.ref, one.service, one.outcome, months) for months in changed]


def _by_case(differences: list[Difference]) -> dict[str, str]:
    """What became of each case: one word for all of its months."""
    ways: dict[str, set[str]] = {}
    for one in differences:
        ways.setdefault(one.ref, set()).add(_way(one.found))
    return {ref: way.pop() if len(way) == 1 else "mixed" for ref, way in ways.items()}


def _way(found: Redecided) -> str:
    then, now = found.then.right, found.now.right
    if Right.PERSON_DECIDES in (then, now):
        return "question"
    if then is not now:
        return "right_gained" if now is Right.YES else "right_lost"
    return "more" if found.now.net > found.then.net else "less"


def _money(differences: list[Difference]) -> str:
    return format(sum((one.found.difference or ZERO for one in differences), ZERO), ".2f")
