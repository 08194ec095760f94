"""Facts that cannot be are refused with the field and the rule, and never with the value."""

import copy
import os
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import benefits
from benefits import BadFacts, BadIin, assess, is_iin, make_iin, read_iin
from benefits.codes import Relation
from benefits.facts import read_facts, read_facts_file
from tests.law.casebook import FAMILIES

MOTHER = make_iin(date(1988, 5, 5), "female", 1)
FATHER = make_iin(date(1986, 5, 5), "male", 1)
CHILD = make_iin(date(2015, 3, 1), "female", 1)
STRANGER = make_iin(date(1960, 1, 1), "female", 1)
OTHER = make_iin(date(1961, 1, 1), "male", 1)
DEAD = {"iin": STRANGER, "died_on": "2025-02-01", "death_record": "d", "dependants": []}

DEPENDANT = {"iin": CHILD, "relation": "child"}
PENSION = {"iin": MOTHER, "number": "P-1", "amount": "1", "from_date": "2025-01-01", "decided_on": "2025-01-01"}
OLDEST = make_iin(date(1899, 12, 31), "male", 1)

GOOD: dict[str, Any] = {
    "as_at": "2025-03-01",
    "applicant": MOTHER,
    "adults": [{"iin": MOTHER}, {"iin": FATHER, "birth_date": "1986-05-05", "sex": "male"}],
    "children": [{"iin": CHILD, "mother_iin": MOTHER, "lives_with": MOTHER, "birth_record": "r1"}],
    "disabilities": [
        {
            "iin": CHILD,
            "number": "D-1",
            "group": "II",
            "cause": "general",
            "from_date": "2024-02-01",
            "until": "2026-02-01",
            "decided_on": "2024-02-03",
        }
    ],
    "payments": [{"service": "disability", "basis": "D-0", "from_date": "2024-01-01", "state": "paid"}],
    "awards": [{"iin": MOTHER, "kind": "kumis_alka", "awarded_on": "2024-01-01", "number": "A-1"}],
    "insurances": [
        {
            "iin": MOTHER,
            "contribution_months": 24,
            "counted_on": "2025-02-28",
            "incomes": [{"from_month": "2023-03", "until_month": "2025-02", "amount": "200000.50"}],
        }
    ],
    "capacity_losses": [
        {
            "iin": MOTHER,
            "number": "C-1",
            "degree": "0.30",
            "from_date": "2025-01-01",
            "until": "2026-01-01",
            "decided_on": "2025-01-01",
        }
    ],
    "unemployments": [{"iin": MOTHER, "number": "U-1", "registered_on": "2025-01-10"}],
    "burials": [{"death_record": "b1", "died_on": "2025-02-01", "status": "pension", "buried_by": MOTHER}],
    "household": {"quarter": "2024-10-01", "income": "300000", "members": [MOTHER, CHILD], "able_bodied": "1"},
}

BAD = [
    ("as_at", "2022-12-31", "as_at", "not before the first parameter"),
    ("as_at", "yesterday", "as_at", "a date"),
    ("as_at", None, "as_at", "required"),
    ("as_at", 7, "as_at", "a date"),
    ("adults.0.permanent_resident", 7, "adults[0].permanent_resident", "a text"),
    ("children.0.iin", 7, "children[0].iin", "a text"),
    ("household.able_bodied", 1.5, "household.able_bodied", "a decimal number"),
    ("applicant", STRANGER, "applicant", "one of the adults"),
    ("applicant", "880505000001", "applicant", "an IIN"),
    ("adults", [], "applicant", "one of the adults"),
    ("adults", "nobody", "adults", "a list"),
    ("adults.0", "nobody", "adults[0]", "a mapping of fields"),
    ("adults.1.iin", MOTHER, "adults[1].iin", "a member only once"),
    ("adults.0.shoe_size", "40", "adults[0].shoe_size", "an unknown field"),
    ("adults.0.citizenship", "martian", "adults[0].citizenship", "a known code"),
    ("adults.0.permanent_resident", "perhaps", "adults[0].permanent_resident", "true or false"),
    ("adults.0.permanent_resident", None, "adults[0].permanent_resident", "required"),
    ("adults.0.birth_date", "1988-05-06", "adults[0].birth_date", "the birth date that the IIN holds"),
    ("adults.0.birth_date", "2025-03-02", "adults[0].birth_date", "not in the future"),
    ("adults.0.sex", "male", "adults[0].sex", "the sex that the IIN holds"),
    ("adults.0.sex", "neither", "adults[0].sex", "a known code"),
    ("adults.0.died_on", "2025-03-02", "adults[0].died_on", "not in the future"),
    ("adults.0.died_on", "1980-01-01", "adults[0].died_on", "not before the birth"),
    ("adults.0.imprisoned_since", "2025-03-02", "adults[0].imprisoned_since", "not in the future"),
    ("adults.0.left_country_on", "2025-03-02", "adults[0].left_country_on", "not in the future"),
    ("children.0.iin", CHILD[:11] + str((int(CHILD[11]) + 1) % 10), "children[0].iin", "an IIN"),
    ("children.0.iin", "12345", "children[0].iin", "an IIN"),
    ("children.0.iin", None, "children[0].birth_date", "required"),
    ("children.0.birth_order", "0", "children[0].birth_order", "a birth order from 1"),
    ("children.0.birth_order", "1.5", "children[0].birth_order", "a whole number, not negative"),
    ("children.0.relation", "cousin", "children[0].relation", "a known code"),
    ("children.0.lives_with", CHILD, "children[0]", "a parent or carer is another person"),
    ("children.0.taken_on", "2015-02-28", "children[0].taken_on", "not before the birth"),
    ("children.0.carer_since", "2015-02-28", "children[0].carer_since", "not before the birth"),
    ("children.0.state_care_since", "2025-03-02", "children[0].state_care_since", "not in the future"),
    ("children.0.lives_with_since", "2025-03-02", "children[0].lives_with_since", "not in the future"),
    ("children.0.lived_with_before", "CHILD", "children[0].lived_with_before", "an IIN"),
    ("adults.0.released_on", "2025-03-02", "adults[0].released_on", "not in the future"),
    ("adults.0.found_on", "1900-01-01", "adults[0].found_on", "not before the birth"),
    ("children.0.birth_record", 7, "children[0].birth_record", "a text"),
    ("disabilities.0.iin", STRANGER, "disabilities[0].iin", "a member of the family"),
    ("disabilities.0.group", "IV", "disabilities[0].group", "a known code"),
    ("disabilities.0.until", "2024-01-31", "disabilities[0].until", "not before the beginning of the period"),
    ("disabilities.0.decided_on", "2025-03-02", "disabilities[0].decided_on", "not in the future"),
    ("disabilities.0.decided_on", "2014-01-01", "disabilities[0].decided_on", "not before the birth"),
    ("payments.0.state", "lost", "payments[0].state", "a known code"),
    ("payments.0.until", "2023-12-31", "payments[0].until", "not before the beginning of the period"),
    ("awards.0.iin", STRANGER, "awards[0].iin", "a member of the family"),
    ("awards.0.awarded_on", "2025-03-02", "awards[0].awarded_on", "not in the future"),
    ("insurances.0.contribution_months", "-1", "insurances[0].contribution_months", "a whole number, not negative"),
    ("insurances.0.incomes.0.amount", "-1", "insurances[0].incomes[0].amount", "money is not negative"),
    ("insurances.0.incomes.0.amount", 200000.5, "insurances[0].incomes[0].amount", "a decimal number"),
    ("insurances.0.incomes.0.amount", "1.005", "insurances[0].incomes[0].amount", "money in tenge and tiyn"),
    ("insurances.0.incomes.0.amount", "NaN", "insurances[0].incomes[0].amount", "a decimal number"),
    ("insurances.0.incomes.0.from_month", "2023-13", "insurances[0].incomes[0].from_month", "a date"),
    ("capacity_losses.0.degree", "-0.01", "capacity_losses[0].degree", "a share from 0 to 1"),
    ("capacity_losses.0.degree", "1.01", "capacity_losses[0].degree", "a share from 0 to 1"),
    ("capacity_losses.0.degree", "half", "capacity_losses[0].degree", "a decimal number"),
    ("capacity_losses.0.iin", STRANGER, "capacity_losses[0].iin", "a member of the family"),
    ("capacity_losses.0.decided_on", "2025-03-02", "capacity_losses[0].decided_on", "not in the future"),
    ("capacity_losses.0.until", "2024-12-31", "capacity_losses[0].until", "not before the beginning of the period"),
    ("unemployments.0.iin", STRANGER, "unemployments[0].iin", "a member of the family"),
    ("unemployments.0.registered_on", "2025-03-02", "unemployments[0].registered_on", "not in the future"),
    (
        "unemployments.0.deregistered_on",
        "2025-01-09",
        "unemployments[0].deregistered_on",
        "not before the beginning of the period",
    ),
    ("burials.0.buried_by", STRANGER, "burials[0].buried_by", "a member of the family"),
    ("burials.0.died_on", "2025-03-02", "burials[0].died_on", "not in the future"),
    ("burials.0.status", "unknown", "burials[0].status", "a known code"),
    ("insurances.0.counted_on", "2025-03-02", "insurances[0].counted_on", "not in the future"),
    ("insurances.0.contribution_months", "10001", "insurances[0].contribution_months", "a whole number, not negative"),
    (
        "insurances.0.contribution_months",
        "721",
        "insurances[0].contribution_months",
        "not more months than sixty years have",
    ),
    (
        "insurances.0.contribution_months",
        "0",
        "insurances[0].contribution_months",
        "not none where contributions were paid from incomes",
    ),
    ("adults.0.left_country_on", "1900-01-01", "adults[0].left_country_on", "not before the birth"),
    ("adults.0.imprisoned_since", "1900-01-01", "adults[0].imprisoned_since", "not before the birth"),
    ("children.0.full_time_student_until", "9999-12-31", "children[0].full_time_student_until", "not after 2200"),
    ("insurances.0.incomes.0.amount", "1000000000000.01", "insurances[0].incomes[0].amount", "money in tenge and tiyn"),
    ("children.0.birth_order", "41", "children[0].birth_order", "a birth order from 1"),
    ("children.0.born_alive", "perhaps", "children[0].born_alive", "true or false"),
    ("household.contract_signed_on", "2025-03-02", "household.contract_signed_on", "not in the future"),
    ("household.contract_breached_on", "2025-03-02", "household.contract_breached_on", "not in the future"),
    ("household.income", "-5", "household.income", "money is not negative"),
    ("household.quarter", "2024-11-01", "household.quarter", "the first month of a quarter"),
    ("household.members", [MOTHER, MOTHER], "household.members", "given only once"),
    ("household.members", [MOTHER, STRANGER], "household.members[1]", "a member of the family"),
    ("household.quarter", "2025-04-01", "household.quarter", "not in the future"),
    ("household.able_bodied", "3", "household.able_bodied", "not more than the members"),
    ("household.incomes", [{"kind": "wage", "amount": "299999.99"}], "household.income", "the sum of incomes"),
    ("household.incomes", [{"kind": "pay", "amount": "300000"}], "household.incomes[0].kind", "a known code"),
    ("household.incomes", [{"kind": "wage"}], "household.incomes[0].amount", "required"),
    ("household.imputed_spending", "-1", "household.imputed_spending", "money is not negative"),
    ("household.consumer_credits", "0.001", "household.consumer_credits", "money in tenge and tiyn"),
    ("insurances.0.incomes.0.until_month", "2025-04", "insurances[0].incomes[0].until_month", "not in the future"),
    ("insurances.0.incomes.0.amount", [1], "insurances[0].incomes[0].amount", "a text"),
    ("adults.1", {"iin": OLDEST, "birth_date": "1899-12-31"}, "adults[1].birth_date", "not before 1900"),
    ("pensions", [{**PENSION, "iin": STRANGER}], "pensions[0].iin", "a member of the family"),
    (
        "breadwinners",
        [{**DEAD, "iin": FATHER}],
        "breadwinners[0].died_on",
        "the same as died_on of the adult",
    ),
    (
        "breadwinners",
        [{**DEAD, "dependants": [{**DEPENDANT, "birth_date": "2015-03-02"}]}],
        "breadwinners[0].dependants[0].birth_date",
        "the birth date that the IIN holds",
    ),
    (
        "breadwinners",
        [{**DEAD, "dependants": [DEPENDANT, DEPENDANT]}],
        "breadwinners[0].dependants",
        "given only once",
    ),
    ("breadwinners", [DEAD, DEAD], "breadwinners.iin", "given only once"),
    ("breadwinners", [DEAD, {**DEAD, "iin": OTHER}], "breadwinners.death_record", "given only once"),
    ("neighbours", [], "neighbours", "an unknown field"),
]


TWICE = [
    ("disabilities", "disabilities.number"),
    ("awards", "awards.number"),
    ("insurances", "insurances.iin"),
    ("capacity_losses", "capacity_losses.number"),
    ("unemployments", "unemployments.number"),
    ("burials", "burials.death_record"),
]

AT_THE_BOUND = [
    ("as_at", "2023-07-01"),
    ("adults.1", {"iin": make_iin(date(1900, 1, 1), "male", 1), "birth_date": "1900-01-01"}),
    ("children.0", {"iin": make_iin(date(2025, 3, 1), "male", 1)}),
    ("children.0.taken_on", "2015-03-01"),
    ("children.0.birth_order", "40"),
    ("disabilities.0.decided_on", "2015-03-01"),
    ("insurances.0.contribution_months", "720"),
    ("insurances.0.incomes.0.amount", "1000000000000"),
    ("household.able_bodied", "2"),
    ("household.incomes", [{"kind": "wage", "amount": "299999.99"}, {"kind": "wage", "amount": "0.01"}]),
    ("household.incomes", []),
    ("household.imputed_spending", "0"),
    ("breadwinners", [{**DEAD, "dependants": [DEPENDANT]}]),
    ("adults.0.died_on", ""),
    ("adults.0.died_on", "null"),
]
"""Values that are just good enough."""


def _with(path: str, value: Any) -> dict[str, Any]:
    facts: Any = copy.deepcopy(GOOD)
    target, keys = facts, path.split(".")
    for key in keys[:-1]:
        target = target[int(key)] if key.isdigit() else target[key]
    if keys[-1].isdigit():
        target[int(keys[-1])] = value
    else:
        target[keys[-1]] = value
    return dict(facts)


def test_good_facts_are_read() -> None:
    facts = read_facts(GOOD)
    assert facts.applicant is facts.adults[0]
    assert facts.children[0].birth_date == date(2015, 3, 1)
    assert facts.children[0].relation is Relation.BORN
    assert facts.insurances[0].incomes[0].amount == Decimal("200000.50")
    assert facts.household is not None
    assert facts.household.members == (MOTHER, CHILD)


@pytest.mark.parametrize(("path", "value", "field", "rule"), BAD, ids=[f"{path}: {rule}" for path, _, _, rule in BAD])
def test_bad_facts_name_field_and_rule(path: str, value: Any, field: str, rule: str) -> None:
    with pytest.raises(BadFacts) as caught:
        read_facts(_with(path, value))
    assert (caught.value.field, caught.value.rule) == (field, rule)
    if isinstance(value, str) and len(value) == 12:
        assert value not in str(caught.value)


@pytest.mark.parametrize(("records", "field"), TWICE, ids=[field for _, field in TWICE])
def test_a_record_given_twice_is_refused(records: str, field: str) -> None:
    with pytest.raises(BadFacts) as caught:
        read_facts({**GOOD, records: GOOD[records] * 2})
    assert (caught.value.field, caught.value.rule) == (field, "given only once")


@pytest.mark.parametrize(("path", "value"), AT_THE_BOUND, ids=[path for path, _ in AT_THE_BOUND])
def test_facts_at_the_bound_are_good(path: str, value: Any) -> None:
    facts = _with(path, value)
    if path == "as_at":
        facts = {key: facts[key] for key in ("as_at", "applicant", "adults", "children")}
    if path == "children.0":
        facts["disabilities"] = []
        facts["household"]["members"] = [MOTHER]
    assert read_facts(facts).applicant.iin == MOTHER


def test_a_breadwinner_among_the_adults_died_on_the_day_that_both_records_hold() -> None:
    father = {"iin": FATHER, "died_on": DEAD["died_on"]}
    facts = {**GOOD, "adults": [GOOD["adults"][0], father], "breadwinners": [{**DEAD, "iin": FATHER}]}
    assert read_facts(facts).breadwinners[0].iin == FATHER


@pytest.mark.parametrize(("degree", "value"), [("0", "0"), ("1", "1"), ("0.30", "0.30")])
def test_a_share_may_be_none_or_all(degree: str, value: str) -> None:
    assert read_facts(_with("capacity_losses.0.degree", degree)).capacity_losses[0].degree == Decimal(value)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("as_at", "soon", "as_at: a date (as 2025-03-01)"),
        ("as_at", "2022-12-31", "as_at: not before the first parameter (2023-07-01 or later)"),
        ("applicant", STRANGER, "applicant: one of the adults (list the applicant under adults with the same iin)"),
        ("adults", "nobody", "adults: a list"),
        ("adults.0", "nobody", "adults[0]: a mapping of fields"),
        ("adults.0.sex", "neither", "adults[0].sex: a known code (one of female, male)"),
        ("adults.0.birth_date", "2025-03-02", "adults[0].birth_date: not in the future (not after as_at)"),
        ("awards.0.awarded_on", "2025-03-02", "awards[0].awarded_on: not in the future (not after as_at)"),
        ("awards.0.iin", STRANGER, "awards[0].iin: a member of the family (one of the adults or children)"),
        ("capacity_losses.0.degree", "half", "capacity_losses[0].degree: a decimal number (as 123456.78)"),
        ("children.0.iin", "12345", "children[0].iin: an IIN (12 digits)"),
        ("children.0.relation", "cousin", "one of born, adopted, guardianship, step)"),
        ("capacity_losses.0.degree", "2", "capacity_losses[0].degree: a share from 0 to 1 (0.30 for 30 %)"),
        ("insurances.0.incomes.0.amount", 0.5, "a decimal number (as text; never a binary float)"),
        ("insurances.0.incomes.0.amount", "1.005", "money in tenge and tiyn (at most two decimals)"),
        ("neighbours", [], "neighbours: an unknown field (one of as_at, applicant, adults,"),
    ],
)
def test_an_error_tells_how_to_mend_it(path: str, value: Any, text: str) -> None:
    with pytest.raises(BadFacts) as caught:
        read_facts(_with(path, value))
    assert text in str(caught.value)
    assert caught.value.hint in str(caught.value)


def test_a_key_given_twice_is_refused_with_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text("as_at: 2025-03-01\nadults:\n- permanent_resident: false\n  permanent_resident: true\n")
    with pytest.raises(BadFacts) as caught:
        read_facts_file(path)
    assert str(caught.value) == "facts.yaml: each key once (line 4: permanent_resident is given twice)"
    path.write_text("'850101300017': 1\n'850101300017': 2\n")
    with pytest.raises(BadFacts) as caught:
        read_facts_file(path)
    assert str(caught.value) == "facts.yaml: each key once (line 2: a key is given twice)"


def test_a_file_that_could_only_exhaust_us_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text("[" * 5_000)
    with pytest.raises(BadFacts, match="nested at most 50 deep"):
        read_facts_file(path)
    path.write_text(" " * 1_000_001)
    with pytest.raises(BadFacts, match="a file of at most 1000000 bytes"):
        read_facts_file(path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BadFacts, match="a regular file"):
        read_facts_file(tmp_path / "pipe")


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    path.write_text("as_at: 2025-03-01\nadults: [\n")
    with pytest.raises(BadFacts) as caught:
        read_facts_file(path)
    assert str(caught.value) == "facts.yaml: a YAML or JSON file (line 3)"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadFacts, match=r"^facts\.yaml: a YAML or JSON file$"):
        read_facts_file(path)


def test_an_error_without_a_hint_ends_with_its_rule() -> None:
    with pytest.raises(BadFacts) as caught:
        read_facts({**GOOD, "adults": "nobody"})
    assert str(caught.value) == "adults: a list"


def test_facts_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(BadFacts) as caught:
        read_facts([])  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.rule) == ("facts", "a mapping of fields")


def test_a_member_twice_is_refused() -> None:
    with pytest.raises(BadFacts, match=r"^children\[1\].iin: a member only once"):
        read_facts({**GOOD, "children": [*GOOD["children"], GOOD["children"][0]]})


def test_a_birth_record_twice_is_refused() -> None:
    twin = {**GOOD["children"][0], "iin": make_iin(date(2015, 3, 1), "female", 2)}
    with pytest.raises(BadFacts, match=r"^children\.birth_record: a birth record only once"):
        read_facts({**GOOD, "children": [*GOOD["children"], twin]})


def test_a_month_of_income_twice_is_refused() -> None:
    insurance = copy.deepcopy(GOOD["insurances"][0])
    insurance["incomes"].append({"from_month": "2025-02", "until_month": "2025-02", "amount": "1"})
    with pytest.raises(BadFacts, match=r"^insurances\[0\]\.incomes: a month only once"):
        read_facts({**GOOD, "insurances": [insurance]})


def test_names_and_phones_of_the_registries_are_dropped() -> None:
    adult = {"iin": MOTHER, "family_name": "X", "given_name": "Y", "patronymic": None, "language": "kk"}
    assert read_facts({**GOOD, "adults": [adult]}).applicant.iin == MOTHER


def test_a_day_before_the_first_parameter_is_refused() -> None:
    facts = read_facts(GOOD)
    for service in benefits.services(every=True):
        with pytest.raises(BadFacts, match=r"^on: not before the first parameter \(2023-07-01 or later\)$"):
            assess(service.code, facts, date(2022, 12, 31))


def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "facts.yaml"
    for text in ("", "- 1", "a: [", "\tb"):
        path.write_text(text)
        with pytest.raises(BadFacts):
            read_facts_file(path)


@pytest.mark.parametrize("path", sorted(FAMILIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_example_families_are_good_facts(path: Path) -> None:
    facts = read_facts_file(path)
    assert benefits.assess_all(facts, facts.as_at)


def test_the_published_iin_is_well_formed() -> None:
    content = read_iin("061211600012")
    assert (content.birth_date, content.sex) == (date(2006, 12, 11), "female")


@pytest.mark.parametrize(
    ("iin", "rule"),
    [
        ("06121160001", "12 digits"),
        ("06121160001x", "12 digits"),
        ("061211700012", "7th digit"),
        ("061311600012", "first 6 digits"),
        ("061211600013", "check digit"),
    ],
)
def test_a_bad_iin_names_its_rule_and_not_itself(iin: str, rule: str) -> None:
    with pytest.raises(BadIin, match=rule) as caught:
        read_iin(iin)
    assert iin not in str(caught.value)
    assert not is_iin(iin)


def test_made_iins_are_different_and_well_formed() -> None:
    made = [make_iin(date(2000, 2, 29), "male", serial) for serial in range(1, 300)]
    assert len(set(made)) == len(made)
    assert {read_iin(iin).birth_date for iin in made} == {date(2000, 2, 29)}
    with pytest.raises(ValueError, match=r"^the serial must be from 1"):
        make_iin(date(2000, 2, 29), "male", 0)
    assert made[0][7:11] == "0001"
    assert (is_iin(made[0]), is_iin(made[0][:-1])) == (True, False)


def test_iins_exist_for_three_centuries() -> None:
    for day in (date(1800, 1, 1), date(2099, 12, 31)):
        assert read_iin(make_iin(day, "female", 1)).birth_date == day
    for day in (date(1799, 12, 31), date(2100, 1, 1)):
        with pytest.raises(ValueError, match=r"^an IIN exists for births from 1800 to 2099$"):
            make_iin(day, "female", 1)


@pytest.mark.parametrize(
    ("place", "began", "ended"),
    [
        ("adults", "imprisoned_since", "released_on"),
        ("adults", "left_country_on", "returned_on"),
        ("adults", "missing_since", "found_on"),
        ("children", "state_care_since", "left_state_care_on"),
    ],
)
def test_nothing_is_over_before_it_began(place: str, began: str, ended: str) -> None:
    facts = copy.deepcopy(GOOD)
    facts[place][0] |= {began: "2025-02-02", ended: "2025-02-02"}
    assert read_facts(facts)
    facts[place][0][ended] = "2025-02-01"
    with pytest.raises(BadFacts, match=rf"^{place}\[0\]\.{ended}: not before the beginning of the period"):
        read_facts(facts)
