"""What was known on an earlier day: everything that happened or was decided later is taken away, and nothing else."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from benefits import Facts
from benefits.facts import known_on, read_facts
from tests.law.casebook import family_mapping

DAY = date(2025, 3, 10)
BEFORE, AFTER = "2025-03-10", "2025-03-11"
"""The day itself is known, the day after it is not."""


def _facts(family: dict[str, Any]) -> Facts:
    return read_facts(family_mapping({"mother": "1980-05-05", **family}, "2025-06-01"))


def _known(family: dict[str, Any]) -> Facts:
    return known_on(_facts(family), DAY)


def test_facts_of_the_day_or_before_it_are_all_known() -> None:
    facts = _facts({"children": ["2015-01-01"]})
    assert known_on(facts, date(2025, 6, 1)) is facts
    assert known_on(facts, date(2025, 6, 2)) is facts
    assert known_on(facts, DAY).as_at == DAY


@pytest.mark.parametrize(
    "field",
    ["died_on", "imprisoned_since", "left_country_on", "missing_since", "released_on", "returned_on", "found_on"],
)
def test_what_happens_to_an_adult_later_is_not_known(field: str) -> None:
    for day, known in ((BEFORE, DAY), (AFTER, None)):
        facts = _known({"mother": {"born": "1980-05-05", field: day}})
        assert getattr(facts.applicant, field) == known
        assert getattr(facts.adults[0], field) == known


def test_children_born_later_and_later_deaths_are_not_known() -> None:
    facts = _known({"children": [BEFORE, AFTER]})
    assert [child.birth_date for child in facts.children] == [DAY]
    deaths = _known({"children": [{"born": "2015-01-01", "died_on": BEFORE}, {"born": "2016-01-01", "died_on": AFTER}]})
    assert [child.died_on for child in deaths.children] == [DAY, None]


def test_of_a_home_or_carer_that_changes_later_what_was_before_is_known() -> None:
    changed = {"lives_with": "grandmother", "lived_with_before": "mother", "carer_iin": "grandmother"}
    child = {"born": "2015-01-01", **changed}
    family = {"grandmother": "1950-05-05", "children": [child]}
    for day, known in ((BEFORE, True), (AFTER, False)):
        days = dict.fromkeys(("lives_with_since", "carer_since", "state_care_since", "left_state_care_on"), day)
        (found,) = _known({**family, "children": [child | days]}).children
        mother, grandmother = (adult.iin for adult in _facts(family).adults)
        assert (found.lives_with, found.carer_iin) == ((grandmother, grandmother) if known else (mother, None))
        assert [getattr(found, name) for name in days] == [DAY if known else None] * 4


DATED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "disabilities",
        "decided_on",
        {"of": "mother", "group": "I", "cause": "general", "from_date": "2025-01-01"},
    ),
    ("payments", "from_date", {"service": "burial", "basis": "B", "state": "paid"}),
    ("awards", "awarded_on", {"of": "mother", "kind": "kumis_alka"}),
    ("capacity_losses", "decided_on", {"of": "mother", "degree": "1", "from_date": "2025-01-01"}),
    ("unemployments", "registered_on", {"of": "mother"}),
    ("burials", "died_on", {"status": "pension", "buried_by": "mother"}),
    ("pensions", "decided_on", {"of": "mother", "amount": "100000", "from_date": "2025-01-01"}),
    ("kandas_statuses", "decided_on", {"of": "mother", "from_date": "2025-01-01", "until": "2026-01-01"}),
]
_NUMBERED = {"burials": "death_record", "payments": "basis"}


@pytest.mark.parametrize(("name", "field", "record"), DATED, ids=[name for name, *_ in DATED])
def test_what_was_decided_later_is_not_known(name: str, field: str, record: dict[str, Any]) -> None:
    number = _NUMBERED.get(name, "number")
    records = [{**record, number: f"N{index}", field: day} for index, day in enumerate((BEFORE, AFTER, "2025-01-01"))]
    facts = _known({name: records})
    assert [getattr(one, number) for one in getattr(facts, name)] == ["N0", "N2"]


def test_a_deregistration_later_is_not_known() -> None:
    registrations = [
        {"of": "mother", "number": f"U{index}", "registered_on": "2025-01-01", "deregistered_on": day}
        for index, day in enumerate((BEFORE, AFTER))
    ]
    facts = _known({"unemployments": registrations})
    assert [one.deregistered_on for one in facts.unemployments] == [DAY, None]


def test_a_death_of_a_breadwinner_later_is_not_known() -> None:
    deaths = [
        {"of": f"man born 197{index}-05-05", "died_on": day, "death_record": f"DR{index}", "dependants": []}
        for index, day in enumerate((BEFORE, AFTER))
    ]
    assert [one.death_record for one in _known({"breadwinners": deaths}).breadwinners] == ["DR0"]


def _insurance(counted_on: str) -> dict[str, Any]:
    incomes = [
        {"from_month": "2024-01", "until_month": "2024-12", "amount": "100000"},
        {"from_month": "2025-01", "until_month": "2025-05", "amount": "200000"},
        {"from_month": "2025-06", "until_month": "2025-06", "amount": "300000"},
    ]
    return {"of": "mother", "contribution_months": "24", "counted_on": counted_on, "incomes": incomes}


def test_a_count_of_months_of_the_day_is_known_and_income_to_its_month() -> None:
    (insurance,) = _known({"insurances": [_insurance(BEFORE)]}).insurances
    assert (insurance.contribution_months, insurance.counted_on) == (24, DAY)
    periods = [(one.from_month, one.until_month, one.amount) for one in insurance.incomes]
    assert periods == [
        (date(2024, 1, 1), date(2024, 12, 1), Decimal(100000)),
        (date(2025, 1, 1), date(2025, 3, 1), Decimal(200000)),
    ]


def test_a_count_of_months_of_a_later_day_is_not_known() -> None:
    (insurance,) = _known({"insurances": [_insurance(AFTER)]}).insurances
    assert (insurance.contribution_months, insurance.counted_on) == (None, DAY)


def test_income_that_begins_with_the_month_of_the_day_is_known() -> None:
    insurance = {
        **_insurance("2025-03-01"),
        "incomes": [{"from_month": "2025-03", "until_month": "2025-05", "amount": "1"}],
    }
    (known,) = known_on(_facts({"insurances": [insurance]}), date(2025, 3, 1)).insurances
    assert [(one.from_month, one.until_month) for one in known.incomes] == [(date(2025, 3, 1), date(2025, 3, 1))]


def test_a_household_of_a_later_quarter_and_a_later_contract_are_not_known() -> None:
    household = {"quarter": "2025-01-01", "income": "1", "members": ["mother"]}
    for signed, breached, known in ((BEFORE, AFTER, (DAY, None)), (AFTER, BEFORE, (None, DAY))):
        contract = {"contract_signed_on": signed, "contract_breached_on": breached}
        found = _known({"household": {**household, **contract}}).household
        assert found is not None
        assert (found.contract_signed_on, found.contract_breached_on) == known
    facts = _facts({"household": household})
    assert known_on(facts, date(2025, 1, 1)).household is not None
    assert known_on(facts, date(2024, 12, 31)).household is None
    assert _known({}).household is None
