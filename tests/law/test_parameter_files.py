"""The parameter files: what the schema refuses, with file and line, and how a benefit from elsewhere joins."""

import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import benefits
from benefits import BadParameters, UnknownService, add_directory, assess, explain, remove_directory
from benefits.assessment import Assessment
from benefits.catalogue import PARAMETERS, benefit, read_legislation
from benefits.decision import Right
from benefits.facts import read_facts_file
from benefits.legislation import TERMS
from benefits.parameter_file import read_parameter_file
from benefits.said import said_in
from benefits.takes import Takes
from benefits.terms import month_number
from tests.law.casebook import FAMILIES, TWELFTH

WITH_GIFT = Takes("age_from:years age_to:years rate:MRP gift:tenge mrp:tenge rounding:choice", says="wrong_age") | TERMS

GOOD = """\
service: gift
names: {kk: a, ru: b, en: c}
parameters:
  rate:
    label: {kk: a, ru: b, en: c}
    unit: MRP
    values:
      2024-01-01: {value: 1.5, reference: law, mark: P}
      2025-01-01: {value: 2, reference: law, mark: U, status: unverified}
"""

FIRST, SECOND = [f"{line}\n" for line in GOOD.splitlines()[-2:]]
ONE_DAY = """\
2024-01-01: {value: 1, reference: law, mark: P, until: 2024-01-01, confirmed: invented}
      2024-01-02: {value: 1.5, reference: law, mark: P}"""
FEW = "    reference: law\n    mark: P\n    brackets: {few: {2024-01-01: 1}}\n"
STATUS = "the only status is unverified, and only a value with mark U has it"
FAULTS = [
    ("reference: law, mark: P", "mark: P", 8, "the value of 2024-01-01 has no source: give a reference"),
    ("reference: law, mark: P", "reference: law", 8, "the value of 2024-01-01 has no mark: S, P, C or U"),
    ("mark: P", "mark: X", 8, "unknown mark 'X'; one of S, P, C, U"),
    ("mark: U, status: unverified", "mark: U", 9, "a value with mark U says status: unverified"),
    ("mark: P}", "mark: P, status: unverified}", 8, STATUS),
    ("status: unverified", "status: doubtful", 9, STATUS),
    ("2025-01-01", "2024-01-01", 9, "overlapping values: the same date twice"),
    ("2025-01-01", "2023-01-01", 9, "overlapping values: 2023-01-01 does not come after 2024-01-01"),
    ("2025-01-01", "20240101", 9, "overlapping values: 2024-01-01 does not come after 2024-01-01"),
    (
        "mark: P}",
        "mark: P, until: 2025-06-30}",
        9,
        "overlapping values: 2025-01-01 lies within the value of 2024-01-01",
    ),
    (
        "mark: P}",
        "mark: P, until: 2025-01-01, confirmed: invented}",
        9,
        "overlapping values: 2025-01-01 lies within the value of 2024-01-01",
    ),
    ("mark: P}", "mark: P, until: 2024-06-30}", 9, "no value between 2024-06-30 and 2025-01-01"),
    ("mark: P}", "mark: P, until: 2024-12-30, confirmed: invented}", 9, "no value between 2024-12-30 and 2025-01-01"),
    ("mark: P}", "mark: P, until: 2023-06-30}", 8, "the value ends before it begins"),
    ("mark: P}", "mark: P, until: soon}", 8, "not a date: 'soon'; as 2025-01-01"),
    ("2025-01-01", "2025-02-30", 9, "not a date: '2025-02-30'; as 2025-01-01"),
    ("2025-01-01", "soon", 9, "not a date: 'soon'; as 2025-01-01"),
    ("value: 2,", "value: two,", 9, "not a number from zero, as 1200 or 1.5: 'two'"),
    ("value: 2,", "value: 2e3,", 9, "not a number from zero, as 1200 or 1.5: '2e3'"),
    ("value: 2,", "value: 023,", 9, "not a number from zero, as 1200 or 1.5: '023'"),
    ("value: 2,", "value: 200400000000,", 9, "at most 200 MRP, not '200400000000'"),
    ("value: 2,", "value: -2,", 9, "not a number from zero, as 1200 or 1.5: '-2'"),
    ("value: 2,", "value: [2],", 9, "a text or number is expected here"),
    ("value: 2,", "value: '',", 9, "a text or number is expected here"),
    ("value: 2,", "", 9, "'value' is missing"),
    ("unit: MRP", "unit: bushels", 6, "unknown unit 'bushels'; one of tenge, MRP, PM, MZP, ratio, days, "),
    ("unit: MRP", "unit: years", 8, "a number of years is whole, not '1.5'"),
    (
        "unit: MRP\n    values:\n      2024-01-01: {value: 1.5",
        "unit: age\n    values:\n      2024-01-01: {value: 61.4",
        8,
        "an age is a number of years or half years, not '61.4'",
    ),
    ("    unit: MRP\n", "", 4, "'unit' is missing"),
    ("unit: MRP", "unit: MRP\n    ends: never", 7, "it ends yearly, or it does not say so"),
    (
        "unit: MRP",
        "unit: MRP\n    colour: red",
        7,
        "unknown field 'colour'; one of unit, values, brackets, table, label, ",
    ),
    ("service: gift\n", "", 1, "'service' is missing"),
    ("names: {kk: a, ru: b, en: c}", "names: {kk: a, ru: b}", 2, "'en' is missing"),
    ("names: {kk: a, ru: b, en: c}", "names: {kk: a, ru: b, en: c, de: d}", 2, "unknown field 'de'; one of kk, ru, en"),
    ("names: {kk: a, ru: b, en: c}", "names: a", 2, "fields must be a mapping"),
    ("names: {kk: a,", "names: {kk: a, kk: a,", 2, "'kk' is given twice"),
    ("  rate:", "  - rate:", 3, "parameters must be a mapping"),
    ("  rate:", "  rate: [", 6, "not YAML: expected ',' or ']', but got '<scalar>'"),
    ("service: gift", "service: gift\x01", 1, "not YAML: a character that no text has"),
    ("values:", "value:", 7, "unknown field 'value'; one of unit, values, brackets, table, label, "),
    ("    values:\n" + FIRST + SECOND, "", 4, "parameter 'rate' needs exactly one of values, brackets, table"),
    (FIRST + SECOND, "      {}\n", 7, "a parameter needs at least one dated value"),
    (FIRST + SECOND, "      none\n", 7, "values must be a mapping"),
    (
        "    values:\n" + FIRST + SECOND,
        FEW,
        9,
        "a bracket begins at a whole number, not 'few'",
    ),
    ("    values:\n" + FIRST + SECOND, "    table: none\n", 7, "table of rate must be a mapping"),
    (GOOD, "", 1, "the file is empty"),
    (GOOD, GOOD + "figures: none\n", 10, "figures must be a mapping"),
]


@pytest.mark.parametrize(("old", "new", "line", "what"), FAULTS, ids=[f"{what} ({new})" for _, new, _, what in FAULTS])
def test_a_fault_names_file_and_line(tmp_path: Path, old: str, new: str, line: int, what: str) -> None:
    path = tmp_path / "gift.yaml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadParameters) as caught:
        read_parameter_file(path)
    assert str(caught.value).startswith(f"gift.yaml:{line}: {what}")
    assert caught.value.path == path


@pytest.mark.parametrize("rows", ["brackets: {6: {2024-01-01: 1.5}}", "table: {few: {2024-01-01: 1.5}}"])
def test_a_count_is_whole_in_every_row(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "gift.yaml"
    rows = f"    reference: law\n    mark: P\n    {rows}\n"
    path.write_text(GOOD.replace("MRP", "months").replace("    values:\n" + FIRST + SECOND, rows))
    with pytest.raises(BadParameters, match=r"^gift\.yaml:9: a number of months is whole, not '1\.5'$"):
        read_parameter_file(path)


GOOD_ENOUGH = [
    ("mark: P}", "mark: P, until: 2024-12-31}", ["P", "U"]),
    ("2024-01-01: {value: 1.5, reference: law, mark: P}", ONE_DAY, ["P", "P", "U"]),
    ("value: 2,", "value: 0, confirmed: Nothing is paid any more,", ["P", "U"]),
    ("unit: MRP", "unit: MRP\n    mark: U\n    status: unverified\n    reference: law", ["P", "U"]),
    (", mark: U, status: unverified}", "}", None),
    (", mark: U, status: unverified}", ", status: unverified}", None),
    ("mark: U, status: unverified}", "mark: U, status: unverified, note: nobody knows}", ["P", "U"]),
]
"""Changes of the good file that leave it good, and the marks of its values."""


@pytest.mark.parametrize(("old", "new", "marks"), GOOD_ENOUGH)
def test_what_the_schema_allows_is_read(tmp_path: Path, old: str, new: str, marks: list[str] | None) -> None:
    good = GOOD
    if marks is None:  # what a value does not say it has from its parameter
        inherited = "mark: U" if "status" in new else "mark: U\n    status: unverified"
        good, marks = GOOD.replace("unit: MRP", f"unit: MRP\n    {inherited}"), ["P", "U"]
    assert old in good
    path = tmp_path / "gift.yaml"
    path.write_text(good.replace(old, new, 1))
    values = read_parameter_file(path).parameters["rate"].series[None]
    assert [value.mark for value in values] == marks
    assert [value.status == "unverified" for value in values] == [mark == "U" for mark in marks]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gift.yaml"
    path.write_text(GOOD)
    first, second = read_parameter_file(path).parameters["rate"].series[None]
    assert (first.value, first.since, first.status) == (Decimal("1.5"), date(2024, 1, 1), None)
    assert (second.value, second.mark, second.status) == (Decimal(2), "U", "unverified")


def test_every_value_in_force_has_date_ground_and_mark() -> None:
    for service in benefits.services(every=True):
        found = benefit(service.code)
        for day in found.legislation.changes:
            for line in (entry.line for entry in found.legislation.at(day).entries()):
                assert line.since is not None
                assert line.since <= day
                assert line.ground
                assert (line.mark == "U") == line.unverified


@pytest.mark.parametrize(
    ("year", "mrp", "pm"), [(2023, 3450, 40567), (2024, 3692, 43407), (2025, 3932, 46228), (2026, 4325, 50851)]
)
def test_the_constants_hold_from_the_first_to_the_last_day_of_the_year(year: int, mrp: int, pm: int) -> None:
    legislation = benefit("multi-child").legislation
    for day in (max(date(year, 1, 1), legislation.first_day), date(year, 12, 31)):
        assert legislation.at(day).single["mrp"].value == mrp
        assert legislation.at(day).single["pm"].value == pm


def test_the_file_of_each_service_bears_its_code() -> None:
    assert {path.stem for path in PARAMETERS.glob("*.yaml")} == {
        "common",
        *(service.code for service in benefits.services(every=True)),
    }


def test_a_service_tells_its_windows_and_terms() -> None:
    service = benefits.service("multi-child", date(2025, 3, 1))
    assert (service.payer, service.decider, service.frequency) == ("budget", "corporation", "monthly")
    assert service.term_working_days == 7
    assert service.consent_window_days == 3
    with pytest.raises(UnknownService, match=r"unknown service 'tooth-fairy'; one of .*childbirth, .*multi-child"):
        benefits.service("tooth-fairy")


def test_a_twelfth_benefit_joins_from_a_directory_of_its_own() -> None:
    """Issue 3: an invented benefit is its own files and nothing else; taken away, nothing of it is left."""
    before = benefits.services(every=True)
    assert add_directory(TWELFTH) == ("first-bicycle",)
    try:
        facts = read_facts_file(FAMILIES / "five-children.yaml")
        decision = assess("first-bicycle", facts, date(2025, 3, 1))
        assert (decision.right, decision.net) == (Right.YES, Decimal(39320))
        assert "NOT VERIFIED" in explain(decision, "en")
        assert "first-bicycle" in {service.code for service in benefits.services()}
        with pytest.raises(ValueError, match="exists already"):
            add_directory(TWELFTH)
    finally:
        remove_directory(TWELFTH)
    assert benefits.services(every=True) == before


def test_a_rule_without_a_label_for_its_parameter_is_refused(tmp_path: Path) -> None:
    for file in TWELFTH.iterdir():
        if file.is_file():
            text = file.read_text().replace("    label: {kk: Велосипед", "    note: {kk: Велосипед")
            (tmp_path / file.name).write_text(text)
    with pytest.raises(BadParameters, match=r"first-bicycle.yaml:\d+: "):
        add_directory(tmp_path)
    assert "first-bicycle" not in {service.code for service in benefits.services(every=True)}


def test_a_reference_that_nobody_defined_is_refused(tmp_path: Path) -> None:
    for file in TWELFTH.iterdir():
        if file.is_file():
            text = file.read_text().replace("reference: bicycle-law, mark: U", "reference: no-such-law, mark: U")
            (tmp_path / file.name).write_text(text)
    with pytest.raises(BadParameters, match=r"first-bicycle.yaml:\d+: reference 'no-such-law' is not defined"):
        add_directory(tmp_path)


BROKEN = [
    ("  payer:\n", "  paid:\n", r"first-bicycle.yaml:1: a service states its payer itself"),
    (
        "service: first-bicycle",
        "service: second-bicycle",
        r"first-bicycle.yaml:1: the file of 'second-bicycle' must be",
    ),
    ("reference: bicycle-law\n\n", "\n", r"first-bicycle.yaml:1: the file needs a reference that is defined"),
    ("reference: bicycle-law\n\n", "reference: no-law\n\n", r"first-bicycle.yaml:1: the file needs a reference"),
    ("value: budget", "value: aunt", r"first-bicycle.yaml:12: unknown choice; one of budget, fund, fund\+budget"),
    (
        "  age_from:\n    label: {kk: Жасы, ru: Возраст от, en: Age from}\n",
        "  age_from:\n",
        r":25: parameter 'age_from' has no label",
    ),
    ("  wrong_age:\n", "  wrong_ages:\n", r":\d+: conditions: nothing says 'wrong_ages'; did you mean 'wrong_age'\?"),
]


@pytest.mark.parametrize(("old", "new", "error"), BROKEN, ids=[error for _, _, error in BROKEN])
def test_a_broken_file_of_a_service_is_named_with_its_line(tmp_path: Path, old: str, new: str, error: str) -> None:
    for file in TWELFTH.glob("*.*"):
        text = file.read_text()
        (tmp_path / file.name).write_text(text.replace(old, new, 1) if file.suffix == ".yaml" else text)
        assert file.suffix != ".yaml" or old in text
    with pytest.raises(BadParameters, match=error) as caught:
        add_directory(tmp_path)
    assert caught.value.path == tmp_path / "first-bicycle.yaml"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('assessment.no("wrong_age", basis)', 'assessment.no("wrong_ages", basis)'),
        ('assessment.no("wrong_age", basis)', 'assessment.ask("wrong_age" if basis else "wrong_ages", basis)'),
        ('nothing="wrong_age"', 'nothing="wrong_ages"'),
        ("    basis = child.known_as\n", '    basis = child.known_as\n    assessment.figure("wrong_ages", 1)\n'),
    ],
)
def test_a_rule_says_nothing_that_it_does_not_list(tmp_path: Path, old: str, new: str) -> None:
    """The citizen read the bare code."""
    for file in TWELFTH.glob("*.*"):
        text = file.read_text()
        assert file.suffix != ".py" or old in text
        (tmp_path / file.name).write_text(text.replace(old, new, 1) if file.suffix == ".py" else text)
    with pytest.raises(BadParameters, match=r"first_bicycle\.py:\d+: 'wrong_ages' is said and not listed under `says`"):
        add_directory(tmp_path)


def test_what_rules_share_says_only_what_a_rule_lists() -> None:
    """In the modules beside the rules too, whose codes every rule that uses them lists by their `Takes`."""
    listed = {text for one in benefits.load().values() for text in (one.rule.takes | TERMS).texts()}
    for path in sorted(PARAMETERS.parent.glob("*.py")):
        assert {code for _, code in said_in(path)} <= listed, path.name


def test_the_term_for_the_claim_is_read_by_the_rules_that_the_readme_names() -> None:
    readme = (PARAMETERS / "README.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"`claim_months` is .*?Of the rules (.*?) read it", readme, flags=re.DOTALL)
    read = {code for code, one in benefits.load().items() if "claim_months" in one.rule.takes.kinds()}
    assert set(re.findall(r"`([a-z-]+)`", named)) == read


def test_a_file_of_parameters_without_a_rule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orphan.yaml").write_text((TWELFTH / "first-bicycle.yaml").read_text())
    with pytest.raises(BadParameters, match=r"orphan\.yaml:1: no module declares a RULE with this code"):
        add_directory(tmp_path)


def test_another_unit_for_a_shared_parameter_is_refused(tmp_path: Path) -> None:
    for file in TWELFTH.glob("*.*"):
        dated = "2023-01-01: {value: 216, reference: bicycle-law, mark: C}"
        added = f"  adult_age:\n    unit: months\n    values:\n      {dated}\n"
        (tmp_path / file.name).write_text(file.read_text().replace("\nparameters:\n", f"\nparameters:\n{added}"))
    with pytest.raises(BadParameters, match=r"first-bicycle\.yaml:9: 'adult_age' has the unit years"):
        add_directory(tmp_path)


def test_what_the_card_does_not_offer_is_listed_only_on_request(tmp_path: Path) -> None:
    for file in TWELFTH.glob("*.*"):
        later = "value: no, reference: bicycle-law, mark: C}\n      2025-03-02: {value: yes"
        (tmp_path / file.name).write_text(file.read_text().replace("value: yes", later))
    add_directory(tmp_path)
    try:
        on, later_on = date(2025, 3, 1), date(2025, 3, 2)
        facts = read_facts_file(FAMILIES / "five-children.yaml")
        for day, every, listed in ((on, True, True), (on, False, False), (later_on, False, True)):
            assert ("first-bicycle" in {one.code for one in benefits.services(day, every=every)}) == listed
            assert ("first-bicycle" in {one.code for one in benefits.assess_all(facts, day, every=every)}) == listed
            card = benefits.assess_family(facts, day, every=every)
            assert ("first-bicycle" in {one.decision.code for one in card.claims}) == listed
        assert "first-bicycle" in {one.code for one in benefits.assess_all(facts, on)}
        assert "first-bicycle" in {one.decision.code for one in benefits.assess_family(facts, on).claims}
        assert "first-bicycle" in {service.code for service in benefits.services()}
        assert benefits.service("first-bicycle").events == frozenset()
    finally:
        remove_directory(tmp_path)


def test_a_value_with_an_end_holds_to_its_last_day(tmp_path: Path) -> None:
    """An optional parameter may have gaps: after the last day it has no value, and the day after the gap it has."""
    gap = (
        "  gift:\n    label: {kk: a, ru: b, en: c}\n    unit: tenge\n    optional: true\n    values:\n"
        "      2025-02-10: {value: 5, reference: bicycle-law, mark: C, until: 2025-06-14, confirmed: invented}\n"
        "      2025-07-20: {value: 7, reference: bicycle-law, mark: C}\n"
    )
    path = tmp_path / "first-bicycle.yaml"
    text = (TWELFTH / "first-bicycle.yaml").read_text()
    path.write_text(text.replace("\nparameters:\n", f"\nparameters:\n{gap}"))
    found = read_legislation(path, read_parameter_file(PARAMETERS / "common.yaml"), WITH_GIFT)
    values = {
        day: getattr(found.at(date.fromisoformat(day)).single.get("gift"), "value", None)
        for day in ("2025-02-09", "2025-02-10", "2025-06-14", "2025-06-15", "2025-07-19", "2025-07-20", "2030-01-01")
    }
    assert list(values.values()) == [None, 5, 5, None, None, 7, 7]
    assert found.first_day == date(2023, 7, 1), "that of the Code"
    assert found.at(found.first_day).single["mrp"].value == 3450
    spans = [(span.first, span.last, span.entry.value) for span in found.spans("gift")]
    march, july = month_number(date(2025, 3, 1)), month_number(date(2025, 6, 1))
    assert spans[0] == (march, july, Decimal(5))
    assert spans[1][:2] == (month_number(date(2025, 8, 1)), month_number(date.max))


@pytest.mark.parametrize(
    ("until", "last"), [("2025-06-01", (2025, 6)), ("2025-05-31", (2025, 5)), ("2025-06-30", (2025, 6))]
)
def test_a_month_belongs_to_the_value_in_force_on_its_first_day(
    tmp_path: Path, until: str, last: tuple[int, int]
) -> None:
    gift = (
        "  gift:\n    label: {kk: a, ru: b, en: c}\n    unit: tenge\n    optional: true\n    values:\n"
        f"      2025-02-01: {{value: 5, reference: bicycle-law, mark: C, until: {until}, confirmed: invented}}\n"
    )
    path = tmp_path / "first-bicycle.yaml"
    text = (TWELFTH / "first-bicycle.yaml").read_text()
    path.write_text(text.replace("\nparameters:\n", f"\nparameters:\n{gift}"))
    common = read_parameter_file(PARAMETERS / "common.yaml")
    (span,) = read_legislation(path, common, WITH_GIFT).spans("gift")
    assert (span.first, span.last) == (month_number(date(2025, 2, 1)), month_number(date(*last, 1)))


def test_the_day_of_a_change_belongs_to_the_new_value() -> None:
    legislation = benefit("disability").legislation
    for change in legislation.changes[1:]:
        assert legislation.at(change) is not legislation.at(change - timedelta(days=1))


def test_values_are_found_below_the_first_bracket_on_their_last_day_and_under_their_owner() -> None:
    common = read_parameter_file(PARAMETERS / "common.yaml")
    legislation = read_legislation(PARAMETERS / "multi-child.yaml", common, benefit("multi-child").rule.takes | TERMS)
    found = [legislation.entry_on(name, date(2025, 12, 31)) for name in ("mrp", "fund_indexation", "least_children")]
    lines = [one.line.code for one in found if one is not None]
    assert lines == ["common.mrp", "common.fund_indexation", "multi-child.least_children"]
    assert legislation.entry_on("fund_indexation", date(2024, 12, 31)) is None
    assert legislation.at(date(2025, 3, 1)).bracket("rate", 3) is None


def test_a_rule_that_asks_for_what_the_law_has_not_is_told_so() -> None:
    facts = read_facts_file(FAMILIES / "five-children.yaml")
    law = {code: benefit(code).legislation for code in ("multi-child", "disability")}
    on = date(2025, 3, 1)
    with pytest.raises(LookupError, match=r"^rate has no bracket for 3$"):
        Assessment(facts, on, on, law["multi-child"], None).bracket("rate", 3)
    with pytest.raises(LookupError, match=r"^rate_general has no row IV$"):
        Assessment(facts, on, on, law["disability"], None).row("rate_general", "IV")


def test_a_benefit_that_begins_on_a_later_day_leaves_today_alone(tmp_path: Path) -> None:
    """It is not there before its first day: it stopped events, endings and whole families of every other service."""
    module, file = (TWELFTH / name for name in ("first_bicycle.py", "first-bicycle.yaml"))
    (tmp_path / module.name).write_text(module.read_text(encoding="utf-8"), encoding="utf-8")
    text = file.read_text(encoding="utf-8").replace("2023-01-01", "2027-01-01")
    (tmp_path / file.name).write_text(text, encoding="utf-8")
    before, today, then = benefits.services(every=True), date(2026, 12, 31), date(2027, 1, 1)
    assert add_directory(tmp_path) == ("first-bicycle",)
    try:
        assert benefits.services(today, every=True) == tuple(benefits.service(one.code, today) for one in before)
        assert "first-bicycle" in {one.code for one in benefits.services(then, every=True)}
        facts = read_facts_file(FAMILIES / "five-children.yaml")
        assert benefits.assess_family(facts, today).claims
        new = benefits.changes_between("first-bicycle", today, then)
        assert {change.before for change in new} == {None}
        with pytest.raises(benefits.BadFacts, match="not before the first parameter"):
            benefits.services(date(1999, 1, 1))
    finally:
        remove_directory(tmp_path)


@pytest.mark.parametrize(("unit", "number"), [("years", 8500), ("months", 99999), ("days", 100000)])
def test_a_term_that_no_calendar_reckons_with_is_refused(tmp_path: Path, unit: str, number: int) -> None:
    path = tmp_path / "gift.yaml"
    path.write_text(GOOD.replace("unit: MRP", f"unit: {unit}").replace("value: 1.5", f"value: {number}"))
    with pytest.raises(BadParameters, match=rf"gift\.yaml:8: at most \d+ {unit}, not '{number}'"):
        read_parameter_file(path)


SIGNED = "signed: {by: A. Omarova, on: 2026-12-01, document: the code}"
SIGNATURES = [
    ("mark: P", f"mark: U, status: unverified, {SIGNED}", "a signed value is no longer unverified: mark it S, P or C"),
    ("mark: P", f"mark: P, known_since: 2026-12-02, {SIGNED}", "signed on 2026-12-01, before the value was known, on"),
    ("mark: P", f"mark: P, {SIGNED.replace('by: A. Omarova, ', '')}", "'by' is missing"),
    ("mark: P", f"mark: P, {SIGNED.replace('on: 2026-12-01, ', '')}", "'on' is missing"),
    ("mark: P", f"mark: P, {SIGNED.replace(', document: the code', '')}", "'document' is missing"),
    ("mark: P", f"mark: P, {SIGNED.replace('2026-12-01', 'today')}", "not a date: 'today'"),
    ("mark: P", f"mark: P, {SIGNED.replace('document', 'page: 1, document')}", "unknown field 'page'"),
]


@pytest.mark.parametrize(("old", "new", "what"), SIGNATURES)
def test_a_signature_says_by_whom_when_and_from_what_and_never_of_a_value_nobody_checked(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    path = tmp_path / "gift.yaml"
    path.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(BadParameters) as caught:
        read_parameter_file(path)
    assert str(caught.value).startswith(f"gift.yaml:8: {what}")
    path.write_text(GOOD.replace("mark: P", f"mark: P, {SIGNED}", 1))
    signed = read_parameter_file(path).parameters["rate"].series[None][0].signed
    assert signed is not None
    assert signed.to_dict() == {"by": "A. Omarova", "on": "2026-12-01", "document": "the code"}
