"""Not known is not no: a fact that is taken away turns no yes into a no. It may turn it into a question, or leave it.

Taken away is what a register does not know: it says null, and `readings` reads that as whatever it may mean.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

import pytest

from benefits import BadFacts, Facts, Right, assess_readings, readings, services
from benefits.facts import records
from benefits.yaml_file import read_yaml
from tests.law.casebook import CASES, FAMILIES, read_cases

EMPTY_SAYS_NONE = {
    "Child.full_time_student_until": "who studies is entered with an end; who is not entered does not study",
    "Dependant.full_time_student_until": "as of a child",
    "Dependant.cares_for": "whoever is kept because of a child in their care is entered with its birth",
    "Adult.citizenship_lost_on": "a loss is entered; who has no entry has lost nothing",
    "Payment.until": "an end is entered; a payment without one runs",
}
"""Fields in which nothing is an answer, with the reason; everywhere else it is a gap."""

SHAPES: dict[str, type] = {
    "adults": records.Adult,
    "children": records.Child,
    "disabilities": records.Disability,
    "payments": records.Payment,
    "awards": records.Award,
    "insurances": records.Insurance,
    "incomes": records.Income,
    "capacity_losses": records.CapacityLoss,
    "unemployments": records.Unemployment,
    "breadwinners": records.Breadwinner,
    "dependants": records.Dependant,
    "burials": records.Burial,
    "pensions": records.Pension,
    "kandas_statuses": records.KandasStatus,
    "household": records.Household,
}


def optional(shape: type) -> set[str]:
    """The fields that may be left out or empty."""
    return {one.name for one in fields(shape) if one.default is not MISSING or "None" in str(one.type)}


def without(mapping: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mapping without each optional fact in turn, with the name of its record and field."""
    for path in _facts(mapping):
        *way, field = path
        less = deepcopy(dict(mapping))
        record: Any = less
        for step in way:
            record = record[step]
        record[field] = None
        shape = next(SHAPES[step] for step in reversed(way) if isinstance(step, str)) if way else Facts
        yield f"{shape.__name__}.{field}", less


def _facts(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from _facts(one, (*way, index))
    elif isinstance(value, Mapping):
        named = [step for step in way if isinstance(step, str)]
        known = optional(SHAPES[named[-1]]) if named else {"household"}
        for name, one in value.items():
            if name in known and one not in (None, ""):
                yield (*way, name)
            if name in SHAPES:
                yield from _facts(one, (*way, name))


def lost(code: str, mapping: Mapping[str, Any], on: date) -> list[str]:
    """The facts whose loss leaves fewer rights than there were, and asks nothing."""
    had = _answers(code, mapping, on).count(Right.YES)
    found = []
    for name, less in without(mapping) if had else ():
        try:
            left = _answers(code, less, on)
        except BadFacts:
            continue  # nothing can be made of it, and an operator is asked
        if left.count(Right.YES) < had and Right.PERSON_DECIDES not in left:
            found.append(name)
    return found


def _answers(code: str, mapping: Mapping[str, Any], on: date) -> list[Right]:
    return [one.right for one in assess_readings(code, readings(mapping), on, trace=False)]


YES_CASES = [
    (f"{path.stem}: {case.name}", case.service, case.mapping, case.on)
    for path in sorted(CASES.glob("*.yaml"))
    for case in read_cases(path)
    if case.expect["right"] == "yes"
]


@pytest.mark.parametrize(("code", "mapping", "on"), [case[1:] for case in YES_CASES], ids=[one[0] for one in YES_CASES])
def test_no_yes_of_the_casebook_becomes_a_no(code: str, mapping: Mapping[str, Any], on: date) -> None:
    assert set(lost(code, mapping, on)) <= set(EMPTY_SAYS_NONE)


@pytest.mark.parametrize("path", sorted(FAMILIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_yes_of_an_example_family_becomes_a_no(path: Any) -> None:
    mapping = read_yaml(path)
    on = date.fromisoformat(str(mapping["as_at"]))
    for service in services(on, every=True):
        assert set(lost(service.code, mapping, on)) <= set(EMPTY_SAYS_NONE), service.code


def test_each_reason_is_needed_by_some_case() -> None:
    assert {name for case in YES_CASES for name in lost(*case[1:])} == set(EMPTY_SAYS_NONE)
