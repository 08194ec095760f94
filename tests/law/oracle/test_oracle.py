"""The two reckonings agree, over some thousands of random families on the days where something turns.

`DEMEU_SOAK=1` runs ten times as many families, `DEMEU_ORACLE_SEED=N` others.
"""

import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from functools import cache

import pytest

from benefits import BadFacts, assess, services
from tests.law.oracle.answer import NO, PERSON, SILENT, YES
from tests.law.oracle.compare import SERVICES, differences
from tests.law.oracle.figures import CODE_BEGINS
from tests.law.oracle.households import Maker
from tests.law.oracle.known_differences import KNOWN, Known
from tests.law.oracle.registry import Household

SOAK = os.environ.get("DEMEU_SOAK") == "1"
FAMILIES = 2500 if SOAK else 250
"""For each of the eleven services."""
SEED = int(os.environ.get("DEMEU_ORACLE_SEED", "20260101"))
LEAST = 20
"""So often, at least, must each service have been compared where the sources say yes, no, and that a person decides."""

rare = pytest.mark.skipif("DEMEU_ORACLE_SEED" in os.environ, reason="what is rare need not be met by every seed")


@dataclass
class Compared:
    """What came of it: how often each answer was compared, what was silent, and each difference with its family."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    silent: Counter[str] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def take(self, service: str, home: Household, on: date) -> None:
        facts = home.facts(on)
        found, answers = differences(service, facts, on)
        for answer in answers:
            self.answers[service, answer.kind] += 1
            self.months[service] += len(answer.months)
            self.silent.update(answer.silent)
        self.answers[service, NO] += not answers
        for kind, line in found:
            known = [one for one in KNOWN if _explains(one, service, kind) and one.tells(facts, on)]
            self.explained.update(one.name for one in known[:1])
            if not known:
                self.unexplained.append(f"{service} on {on}: {line}\n    {home.mapping}")


def _explains(known: Known, service: str, kind: str) -> bool:
    return service in known.services and kind in known.kinds


@cache
def compared(about: str) -> Compared:
    """The families around one service: asked of all eleven on their first day, of the one on each day."""
    maker, result = Maker(SEED + list(SERVICES).index(about)), Compared()
    for _ in range(FAMILIES):
        home = maker.family(about)
        for number, on in enumerate(home.days):
            for service in SERVICES if number == 0 else (about,):
                result.take(service, home, on)
    return result


@cache
def all_compared() -> Compared:
    total = Compared()
    for one in map(compared, SERVICES):
        total.answers.update(one.answers)
        total.months.update(one.months)
        total.silent.update(one.silent)
        total.explained.update(one.explained)
    return total


def test_both_reckonings_know_the_same_services() -> None:
    assert {service.code for service in services(every=True)} == set(SERVICES)


@pytest.mark.parametrize("about", SERVICES)
def test_no_difference_that_is_not_known(about: str) -> None:
    found = compared(about).unexplained
    assert not found, f"{len(found)} differences; the source decides who is right. The first:\n" + "\n".join(found[:3])


@rare
@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_is_known_to_differ_still_does(known: Known) -> None:
    assert all_compared().explained[known.name], f"mended, so take it out of KNOWN: {known.name}"


@pytest.mark.parametrize("service", SERVICES)
def test_each_answer_was_compared_often(service: str) -> None:
    often = {right: all_compared().answers[service, right] for right in (YES, NO, PERSON)}
    assert min(often.values()) >= LEAST, often


def test_months_were_compared() -> None:
    monthly = set(SERVICES) - {"childbirth", "burial", "targeted-assistance"}
    few = {
        service: all_compared().months[service] for service in monthly if all_compared().months[service] < 10 * LEAST
    }
    assert not few, few


@rare
def test_each_silence_of_the_sources_was_met() -> None:
    bounding_amounts_alone = {"rounding-fund", "partial-month"}
    assert set(all_compared().silent) | bounding_amounts_alone == set(SILENT)


def test_no_day_before_the_code_is_decided() -> None:
    home = Maker(SEED).family("multi-child")
    for service in SERVICES:
        with pytest.raises(BadFacts, match="not before the first parameter"):
            assess(service, home.facts(CODE_BEGINS), CODE_BEGINS.replace(month=6, day=30))
