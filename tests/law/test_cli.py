"""`starter.py assess` and `starter.py benefits`: what an operator and a lawyer see, and how bad input ends."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import benefits
from benefits import schedule
from benefits.facts import read_facts_file
from starter import app, console
from tests.law.casebook import FAMILIES

ROOT = Path(__file__).parents[2]
NEWBORN = str(FAMILIES / "newborn.yaml")


def _run(*arguments: str) -> Result:
    console.width = 200  # the width of the terminal was read when the module was imported
    return CliRunner().invoke(app, arguments)


def _json(*arguments: str) -> Any:
    done = _run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_whole_family_has_its_rights_with_amounts_and_explanations() -> None:
    done = _run("assess", "--facts", NEWBORN, "--on", "2025-03-20")
    assert done.exit_code == 0
    for piece in (
        "Rights of the family on 20.03.2025",
        "Together: 26 777 tenge every month, 149 416 tenge once.",
        "One-off benefit for the birth of a child",
        "38 × 3 932 = 149 416",
        "NOT VERIFIED",
        "Allowance to families with many children: Fewer than 4 children",
    ):
        assert piece in done.stdout


@pytest.mark.parametrize(
    ("language", "pieces"),
    [
        ("kk", ["Отбасының құқықтары, 20.03.2025", "ай сайын 26 777 теңге", "Құқық бар.", "Құқық жоқ"]),
        ("ru", ["Права семьи на 20.03.2025", "26 777 тенге каждый месяц", "Право есть.", "Права нет"]),
        ("en", ["Rights of the family", "26 777 tenge every month", "There is a right.", "No right"]),
    ],
)
def test_the_language_is_chosen(language: str, pieces: list[str]) -> None:
    shown = _run("assess", "--facts", NEWBORN, "--on", "2025-03-20", "--language", language).stdout
    for piece in pieces:
        assert piece in shown


def test_no_iin_is_printed() -> None:
    for path in FAMILIES.glob("*.yaml"):
        facts = benefits.read_facts_file(path)
        shown = _run("assess", "--facts", str(path), "--on", facts.as_at.isoformat()).stdout
        iins = [adult.iin for adult in facts.adults] + [child.iin for child in facts.children if child.iin]
        assert not any(iin in shown for iin in iins)


def test_a_family_as_json() -> None:
    found = _json("assess", "--facts", NEWBORN, "--on", "2025-03-20")
    assert (found["on"], found["monthly"], found["once"], found["notices"]) == (
        "2025-03-20",
        "26777.00",
        "149416.00",
        [],
    )
    rights = {one["code"]: one["net"] for one in found["decisions"] if one["right"] == "yes"}
    assert rights == {"childbirth": "149416.00", "childcare": "26777.00"}
    assert {one["code"] for one in found["decisions"]} == {one.code for one in benefits.services(every=True)}
    assert all(one["adult"] in (0, 1) for one in found["decisions"])


def test_json_holds_the_months_the_arrears_and_the_next_look() -> None:
    """A program got the decision alone, and had to ask for the rest in words."""
    family = FAMILIES / "breadwinner-lost.yaml"
    facts = read_facts_file(family)
    listed = _json("assess", "childcare", "--facts", str(family), "--on", facts.as_at.isoformat())
    (one,) = [each for each in listed if each["right"] == "yes"]
    wanted = schedule("childcare", facts, facts.as_at).to_dict()
    assert wanted["arrears"] != "0.00"
    for name in ("months", "complete", "next_review", "total", "arrears"):
        assert one[name] == wanted[name]
    of_all = _json("assess", "--facts", str(family), "--on", facts.as_at.isoformat())["decisions"]
    (same,) = [each for each in of_all if (each["code"], each["right"]) == ("childcare", "yes")]
    assert {name: said for name, said in same.items() if name != "adult"} == one
    assert all(each["months"] == [] for each in of_all if each["right"] != "yes")


def test_a_question_for_a_person_and_a_notice_are_shown() -> None:
    family = str(FAMILIES / "birth-order-unknown.yaml")
    assert "There is no right on this day." in _run("assess", "--facts", family, "--on", "2026-12-01").stdout
    unknown = _run("assess", "--facts", family, "--on", "2025-03-20").stdout
    assert "A person must decide" in unknown
    assert "Which child of the mother is it?" in unknown
    jobless = str(FAMILIES / "capacity-and-job-lost.yaml")
    assert "Measures of employment, 03.03.2025" in _run("assess", "--facts", jobless, "--on", "2025-03-10").stdout
    (notice,) = _json("assess", "--facts", jobless, "--on", "2025-03-10")["notices"]
    assert (notice["code"], notice["kind"], notice["values"]["day"]) == (
        "employment",
        "employment_measures",
        "2025-03-03",
    )


def test_one_service_lists_every_right_of_the_applicant() -> None:
    decisions = _json("assess", "childbirth", "--facts", NEWBORN, "--on", "2025-03-20")
    assert [(one["right"], one["net"]) for one in decisions] == [("yes", "149416.00"), ("no", "0.00")]
    shown = _run("assess", "childbirth", "--facts", NEWBORN, "--on", "2025-03-20", "--language", "ru").stdout
    assert "Единовременное пособие на рождение ребёнка, на 20.03.2025" in shown


FAULTS = [
    ("as_at: 2025-03-20", "as_at: soon", "as_at: a date"),
    ('applicant: "880505400013"', 'applicant: "880505400012"', "applicant: an IIN (check digit)"),
    ("birth_order: 1", "birth_order: -1", "children[0].birth_order: a whole number, not negative"),
    ("sex: female", "colour: red", "adults[0].colour: an unknown field"),
    ('iin: "250312600016"', 'iin: "210115500011"', "children[1].iin: a member only once"),
    ("adults:", "adults: [", "newborn.yaml: a YAML or JSON file"),
]


@pytest.mark.parametrize(("old", "new", "error"), FAULTS, ids=[error for _, _, error in FAULTS])
@pytest.mark.parametrize("service", [[], ["childbirth"]], ids=["family", "service"])
def test_bad_facts_end_with_field_and_rule_and_exit_code_2(
    tmp_path: Path, old: str, new: str, error: str, service: list[str]
) -> None:
    path = tmp_path / "newborn.yaml"
    text = Path(NEWBORN).read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    done = _run("assess", *service, "--facts", str(path), "--on", "2025-03-20")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(error)
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["assess", "--facts", NEWBORN, "--on", "20.03.2025"], "on: '20.03.2025' is no date; write it as 2025-03-01"),
        (["assess", "--facts", NEWBORN, "--on", "2022-12-31"], "on: not before the first parameter"),
        (["assess", "--facts", "no-such-file.yaml"], "facts: a file that can be read (No such file or directory)"),
        (["assess", "tooth-fairy", "--facts", NEWBORN], "unknown service 'tooth-fairy'; one of awarded-mother, "),
        (["benefits", "tooth-fairy"], "unknown service 'tooth-fairy'; one of awarded-mother, "),
        (["benefits", "--on", "soon"], "on: 'soon' is no date"),
        (["benefits", "--on", "2022-12-31"], "on: not before the first parameter"),
        (["benefits", "--changes", "2025-01-01", "soon"], "changes: 'soon' is no date"),
        (["benefits", "--changes", "2026-01-01", "2025-01-01"], "changes: FROM is later than TO"),
        (["assess", "--facts", "/dev/zero"], "zero: a regular file (no device or pipe)"),
        (["benefits", "--changes", "2022-01-01", "2025-01-01"], "on: not before the first parameter"),
    ],
)
def test_what_cannot_be_ends_in_one_line_with_exit_code_2(arguments: list[str], error: str) -> None:
    done = _run(*arguments)
    assert done.exit_code == 2
    assert done.stderr.startswith(error)
    assert done.stderr.count("\n") == 1


def test_all_services_are_listed() -> None:
    shown = _run("benefits", "--on", "2025-03-01").stdout
    listed = _json("benefits", "--on", "2025-03-01")
    assert [one["code"] for one in listed] == [one.code for one in benefits.services(every=True)]
    assert all(one["code"] in shown and one["names"]["en"] in shown for one in listed)
    (many,) = [one for one in listed if one["code"] == "multi-child"]
    assert (many["payer"], many["decider"], many["frequency"], many["offered"]) == (
        "budget",
        "corporation",
        "monthly",
        True,
    )
    assert (many["consent_window_days"], many["term_working_days"], many["events"]) == (3, 7, ["adoption", "birth"])
    assert "Пособие многодетной семье" in _run("benefits", "--language", "ru").stdout


def test_the_parameters_of_a_service_are_those_of_the_day() -> None:
    values = {
        year: {one["code"]: one["value"] for one in _json("benefits", "multi-child", "--on", f"{year}-12-31")}
        for year in (2024, 2025)
    }
    assert (values[2024]["common.mrp"], values[2025]["common.mrp"]) == ("3692", "3932")
    assert values[2025]["multi-child.rate[5]"] == "20.04"
    shown = _run("benefits", "multi-child", "--on", "2025-03-01", "--language", "ru").stdout
    assert "20,04 МРП" in shown
    assert "3 дня" in shown
    assert "MRP" not in shown
    assert "Размер по числу детей" in shown
    assert "значений, не сверенных с текстом закона" in shown
    assert "Параметр" in shown
    assert "Parameter" not in shown
    assert "again_after_days[lapsed]" in shown


def test_every_parameter_has_its_ground_and_mark_in_the_list() -> None:
    for one in _json("benefits", "childcare", "--on", "2026-01-01"):
        assert one["ground"]["kk"]
        assert one["label"]["ru"]
        assert one["mark"] in "SPCU"
        assert (one["status"] == "unverified") == (one["mark"] == "U")


def test_changes_between_two_days_are_those_of_all_services_or_of_one() -> None:
    changed = {one["code"]: one for one in _json("benefits", "--changes", "2024-12-31", "2025-01-01")["changes"]}
    assert changed["common.mrp"]["before"]["value"] == "3692"
    assert changed["common.mrp"]["after"]["value"] == "3932"
    assert changed["common.fund_indexation"]["before"] is None
    assert changed["targeted-assistance.line_by"]["after"]["value"] == "larger"
    assert next(iter(changed)).startswith("common.")
    one = [one["code"] for one in _json("benefits", "multi-child", "--changes", "2024-12-31", "2025-01-01")["changes"]]
    assert one == ["common.mrp"]
    shown = _run("benefits", "--changes", "2024-12-31", "2025-01-01").stdout
    assert "3 692 tenge" in shown
    assert "3 932 tenge" in shown
    steps = [
        (one["on"], one["before"]["value"], one["after"]["value"])
        for one in _json("benefits", "multi-child", "--changes", "2023-12-31", "2025-01-01")["changes"]
        if one["code"] == "common.mrp"
    ]
    assert steps == [("2024-01-01", "3450", "3692"), ("2025-01-01", "3692", "3932")], "no step hides another"
    assert _run("benefits", "--changes", "2025-02-01", "2025-03-01").stdout == "Nothing changed.\n"


def test_a_broken_parameter_file_is_said_in_one_line_and_leaves_the_help_alone(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "benefits", tmp_path / "benefits")
    broken = tmp_path / "benefits/parameters/multi-child.yaml"
    broken.write_text(broken.read_text(encoding="utf-8") + "paramters: {}\n", encoding="utf-8")
    before = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"}
    program = "import sys; sys.path.append(sys.argv.pop(1)); import starter; sys.exit(starter.main())"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", program, str(ROOT), *arguments]
        return subprocess.run(command, env=before, capture_output=True, text=True, check=False)

    assert run("--help").returncode == 0
    for arguments in (["benefits"], ["assess", "--facts", NEWBORN]):
        done = run(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("multi-child.yaml:")
        assert "unknown field 'paramters'" in done.stderr
        assert done.stderr.count("\n") == 1
