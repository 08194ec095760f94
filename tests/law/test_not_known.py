"""Not known is not no, and not yes: a fact that is taken away turns no yes into a no, and no no into a yes. It may turn
either into a question, or leave it.

Taken away is what a register does not know: it says null, or says nothing at all.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

import pytest

from adapters.records import RegisterRecord
from adapters.registries import records as told
from benefits import BadFacts, Facts, Right, assess_readings, readings, services
from benefits.facts import household, records
from benefits.yaml_file import read_yaml
from tests.law.casebook import CASES, FAMILIES, read_cases

ENTERED = "what happened, or ends, is entered; who has no entry has none of it"

EMPTY_SAYS_NONE = {
    "Adult.died_on": ENTERED,
    "Adult.imprisoned_since": ENTERED,
    "Adult.left_country_on": ENTERED,
    "Adult.missing_since": ENTERED,
    "Adult.citizenship_lost_on": ENTERED,
    "Adult.released_on": ENTERED,
    "Adult.returned_on": ENTERED,
    "Adult.found_on": ENTERED,
    "Child.died_on": ENTERED,
    "Child.state_care_since": ENTERED,
    "Child.carer_since": "who is named without a first day is asked for it; who cared before claims nothing meanwhile",
    "Child.lives_with_since": "a home without a first day has always been that",
    "Child.full_time_student_until": "who studies is entered with an end; who is not entered does not study",
    "Child.carer_iin": "who is not named is the adult with whom the child lives",
    "Child.birth_record": "the right is then named by the IIN, and so is what was paid (activities.renumbered)",
    "Disability.until": "an end is entered; a disability without one is for life",
    "CapacityLoss.until": "as of a disability",
    "Dependant.disabled_until": "as of a disability",
    "Dependant.full_time_student_until": "as of a child",
    "Dependant.cares_for": "whoever cares for another child than those kept is entered with its birth",
    "Payment.until": "an end is entered; a payment without one runs",
    "Payment.iin": "E-Maket is asked about one person: whom it pays is known",
    "Household.contract_breached_on": ENTERED,
}
"""Fields in which nothing is an answer, with the reason; everywhere else it is a gap."""

ALWAYS_SAID: dict[str, type[RegisterRecord]] = {
    "Adult.citizenship": told.AdultRecord,
    "Adult.permanent_resident": told.AdultRecord,
    "Child.born_alive": told.ChildRecord,
    "Child.relation": told.ChildRecord,
}
"""Fields that a register says by its contract, if only null: a record without one is broken, and the client that reads
it says so. In a file that a person writes they are those of a citizen who lives here, and of a child born alive."""

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
    "household": household.Household,
}


def optional(shape: type) -> set[str]:
    """The fields that may be left out or empty."""
    return {one.name for one in fields(shape) if one.default is not MISSING or "None" in str(one.type)}


def without(mapping: Mapping[str, Any], *, absent: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mapping without each optional fact in turn, null or left out, with the name of its record and field."""
    for path in _facts(mapping):
        *way, field = path
        less = deepcopy(dict(mapping))
        record: Any = less
        for step in way:
            record = record[step]
        if absent:
            del record[field]
        else:
            record[field] = None
        shape = next(SHAPES[step] for step in reversed(way) if isinstance(step, str)) if way else Facts
        name = f"{shape.__name__}.{field}"
        if not (absent and name in ALWAYS_SAID):
            yield name, less


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


def turned(code: str, mapping: Mapping[str, Any], on: date) -> set[str]:
    """The facts whose loss leaves fewer rights than there were and asks nothing, or makes a right of a refusal."""
    had = _answers(code, mapping, on)
    found = set()
    for absent in (False, True):
        for name, less in without(mapping, absent=absent):
            try:
                left = _answers(code, less, on)
            except BadFacts:
                continue  # nothing can be made of it, and an operator is asked
            more = left.count(Right.YES) - had.count(Right.YES)
            lost = more < 0 and Right.PERSON_DECIDES not in left
            won = more > 0 and left.count(Right.NO) < had.count(Right.NO)
            if lost or won:
                found.add(name)
    return found


def _answers(code: str, mapping: Mapping[str, Any], on: date) -> list[Right]:
    return [one.right for one in assess_readings(code, readings(mapping), on, trace=False)]


ALL_CASES = [
    (f"{path.stem}: {case.name}", case.service, case.mapping, case.on)
    for path in sorted(CASES.glob("*.yaml"))
    for case in read_cases(path)
]


@pytest.mark.parametrize(("code", "mapping", "on"), [case[1:] for case in ALL_CASES], ids=[one[0] for one in ALL_CASES])
def test_no_answer_of_the_casebook_turns_round(code: str, mapping: Mapping[str, Any], on: date) -> None:
    assert turned(code, mapping, on) <= set(EMPTY_SAYS_NONE)


@pytest.mark.parametrize("path", sorted(FAMILIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_answer_of_an_example_family_turns_round(path: Any) -> None:
    mapping = read_yaml(path)
    on = date.fromisoformat(str(mapping["as_at"]))
    for service in services(on, every=True):
        assert turned(service.code, mapping, on) <= set(EMPTY_SAYS_NONE), service.code


def test_each_reason_is_needed_by_some_case() -> None:
    assert {name for case in ALL_CASES for name in turned(*case[1:])} == set(EMPTY_SAYS_NONE)


@pytest.mark.parametrize("name", ALWAYS_SAID)
def test_a_record_without_what_the_contract_guarantees_is_broken(name: str) -> None:
    record, (_, field) = ALWAYS_SAID[name], name.split(".")
    given = {one: None for one, about in record.model_fields.items() if about.is_required()}
    assert field in given, "the contract requires it"
    del given[field]
    assert field in record.model_validate(given).unreadable
