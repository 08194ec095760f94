"""Where `benefits` is known to say what the sources don't: reported, not yet mended.

Each entry tells its difference by the facts alone, as narrowly as it can. An entry that explains nothing any more fails
the test: it is mended, and goes. A difference that no entry explains fails it too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from benefits.codes import DependantRelation
from benefits.facts.records import Facts
from tests.law.oracle.calendar import Days
from tests.law.oracle.dependants import Lists

EARLY = Days(late=False)
KIN = (DependantRelation.SIBLING, DependantRelation.GRANDCHILD)


@dataclass(frozen=True)
class Known:
    """`reason`: what the source says and where, and what `benefits` does instead."""

    name: str
    services: frozenset[str]
    kinds: frozenset[str]
    reason: str
    tells: Callable[[Facts, date], bool]


def _kin_unknown(facts: Facts, on: date) -> bool:
    return any(
        one.relation in KIN and not one.full_orphan and Lists(facts, lost, EARLY).young(one, on)
        for lost in facts.breadwinners
        for one in lost.dependants
    )


def _kept_by_the_budget_alone(facts: Facts, on: date) -> bool:
    return any(
        Lists(facts, lost, EARLY).pensioners(day) for lost in facts.breadwinners for day in (on, date(2026, 12, 31))
    )


def _both_parents(facts: Facts, on: date) -> bool:
    return len(facts.breadwinners) > 1


def _not_yet_taken(facts: Facts, on: date) -> bool:
    return any(child.taken_on is not None and child.taken_on > on >= child.birth_date for child in facts.children)


def _kandas_expired(facts: Facts, on: date) -> bool:
    terms = [one for one in facts.kandas_statuses if one.iin == facts.applicant.iin]
    return bool(terms) and all(one.until < on for one in terms)


def _pensioner(facts: Facts, on: date) -> bool:
    pensioners = {one.iin for one in facts.pensions if one.from_date <= on}
    return any(one.iin in pensioners for one in facts.disabilities)


MONEY = frozenset({"gross", "part", "payer", "month", "right", "first", "last"})
RIGHT = frozenset({"right"})

KNOWN = (
    Known(
        "kin with parents",
        frozenset({"breadwinner-loss"}),
        MONEY,
        "Second reading, 'Dependants are two lists': brothers, sisters and grandchildren count only without "
        "able-bodied parents or alimony, which no fact tells but full orphanhood; they are counted like children.",
        _kin_unknown,
    ),
    Known(
        "parents of pension age",
        frozenset({"breadwinner-loss"}),
        MONEY,
        "Second reading, 'Dependants are two lists': the budget's list holds parents and spouse of pension age or "
        "disabled; they are counted in neither part.",
        _kept_by_the_budget_alone,
    ),
    Known(
        "both parents lost",
        frozenset({"breadwinner-loss"}),
        RIGHT,
        "Second reading: both parents lost, the Fund's payment for each parent (L art. 21 p. 2); for one of the two "
        "all is asked, though the Fund's part of it is certain.",
        _both_parents,
    ),
    Known(
        "child not yet taken",
        frozenset({"childbirth", "childcare", "multi-child"}),
        MONEY,
        "'childbirth: child born alive, adopted or taken under guardianship': on a day before `taken_on` the child is "
        "treated as born to the family, and paid.",
        _not_yet_taken,
    ),
    Known(
        "kandas expired",
        frozenset({"capacity-loss", "job-loss"}),
        RIGHT,
        "Second reading, 'Suspended': the Fund's payments while a kandas certificate has expired (L art. 27 p. 1 (3)); "
        "they are granted.",
        _kandas_expired,
    ),
    Known(
        "pensioner's disability",
        frozenset({"disability"}),
        RIGHT,
        "Second reading, 'A pensioner': the allowance ends when the pension is granted, at least ask (P enbek.gov.kz "
        "14.12.2018); it is granted beside a pension.",
        _pensioner,
    ),
)
