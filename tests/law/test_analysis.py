"""What changes for whom, and what is still to check: for analysts and lawyers, by the command line."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

import benefits
from benefits import Answer, Redecided, Right
from benefits.catalogue import PARAMETERS, benefit, instead, load
from cli import analysis
from desk.redeciding import Difference, Review
from starter import app, console
from tests.law.another_law import another_law, begun_on, copy_of
from tests.law.casebook import FAMILIES, family_mapping
from tests.law.test_law_ends import BEYOND, LAST

RATE = "        2023-07-01: 20.04\n"
BACKWARDS = f"{RATE}        2025-01-01: {{value: 21, known_since: 2025-06-10}}\n"
SIGNED = "{by: A. Omarova, on: 2026-12-01, document: 'Social Code, article 72'}"


def _run(*arguments: str) -> Result:
    console.width = 80
    return CliRunner().invoke(app, ["benefits", *arguments])


def _json(*arguments: str) -> Any:
    done = _run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def _amounts(found: Any) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (one["family"], one["code"]): (one["before"]["net"], one["after"]["net"], one["difference"])
        for one in found["families"]["changed"]
    }


def test_a_change_of_the_law_is_shown_for_whom_and_by_how_much() -> None:
    found = _json("--changes", "2024-12-31", "2025-01-01")
    assert found["families"]["looked_at"] == len(list(FAMILIES.glob("*.yaml")))
    amounts = _amounts(found)
    assert amounts["five-children", "multi-child"] == ("73988.00", "78798.00", "4810.00")
    assert amounts["awarded-mother", "awarded-mother"] == ("27321.00", "29097.00", "1776.00")
    one = _json("multi-child", "--changes", "2024-12-31", "2025-01-01")
    assert {code for _, code in _amounts(one)} == {"multi-child"}
    shown = _run("--changes", "2024-12-31", "2025-01-01", "--language", "ru").stdout
    assert "Для семей-примеров, на 01.01.2025:" in shown
    assert re.search(r"five-children +multi-child +73 988 +78 798 +\+4 810", shown)
    assert max(map(len, shown.splitlines())) <= 80


def test_no_birthday_passes_for_a_change_of_the_law() -> None:
    """From one year to the next children are born and grow up; what the law alone makes of it is shown."""
    found = _amounts(_json("--changes", "2025-01-01", "2026-01-01"))
    facts = benefits.read_facts_file(FAMILIES / "five-children.yaml")
    with instead(benefits.law_without_changes(date(2025, 1, 1), date(2026, 1, 1))):
        by_the_old = benefits.assess("multi-child", facts, date(2026, 1, 1))
    assert found["five-children", "multi-child"][:2] == (str(by_the_old.net) + ".00", "86673.00")
    assert by_the_old.net == 78798


def test_a_service_that_begins_between_the_days_is_new_to_all(tmp_path: Path) -> None:
    with instead(begun_on(tmp_path, "multi-child", "2025-01-01")):
        assert load().keys() - benefits.law_without_changes(date(2024, 12, 31), date(2025, 1, 1)).keys() == {
            "multi-child"
        }
        found = _json("multi-child", "--changes", "2024-12-31", "2025-01-01")["families"]["changed"]
        (five,) = [one for one in found if one["family"] == "five-children"]
        assert (five["before"], five["after"]["net"], five["difference"]) == (None, "78798.00", "78798.00")


def test_a_law_that_ends_without_another_is_a_question(tmp_path: Path) -> None:
    days = (LAST.isoformat(), BEYOND.isoformat())
    family = tmp_path / "the-five.yaml"
    five = {"mother": "1985-05-05", "children": [f"{LAST.year - 9}-03-01"] * 5}
    family.write_text(json.dumps(family_mapping(five, BEYOND.isoformat()), default=str))
    found = _json("multi-child", "--changes", *days, "--families", str(tmp_path))
    (one,) = [one for one in found["families"]["changed"] if one["family"] == "the-five"]
    net = benefits.assess("multi-child", benefits.read_facts_file(family), LAST).net
    assert (one["before"]["net"], one["after"]["right"], one["difference"]) == (f"{net}.00", "person_decides", None)
    shown = _run("multi-child", "--changes", *days, "--families", str(tmp_path)).stdout
    assert re.search(rf"the-five +multi-child +{net:,} +a person +\?".replace(",", " "), shown)


def test_the_law_itself_may_be_what_is_asked_by() -> None:
    there = benefit("multi-child")
    with instead(load()):
        assert benefit("multi-child") is there
    assert benefit("multi-child") is there


def test_without_a_change_nobody_is_asked_for() -> None:
    assert _run("--changes", "2025-02-01", "2025-03-01").stdout == "Nothing changed.\n"


def test_a_file_with_another_value_shows_what_it_would_change(tmp_path: Path) -> None:
    path = copy_of(tmp_path, "multi-child", (RATE, RATE.replace("20.04", "21")))
    path = path.rename(tmp_path / "an-idea.yaml")
    found = _json("--with", str(path), "--on", "2025-03-01")
    (change,) = found["changes"]
    assert (change["code"], change["on"]) == ("multi-child.rate[5]", "2023-07-01")
    assert (change["before"]["value"], change["after"]["value"]) == ("20.04", "21")
    assert _amounts(found) == {("five-children", "multi-child"): ("78798.00", "82572.00", "3774.00")}
    shown = _run("--with", str(path), "--on", "2025-03-01").stdout
    assert re.search(r"five-children +multi-child +78 798 +82 572 +\+3 774", shown)
    assert benefit("multi-child").service().code == "multi-child"
    facts = benefits.read_facts_file(FAMILIES / "five-children.yaml")
    assert benefits.assess("multi-child", facts, date(2025, 3, 1)).net == 78798, "the law itself stays"


def test_the_common_file_changes_all_services(tmp_path: Path) -> None:
    path = copy_of(tmp_path, "common", ("2025-01-01: {value: 3932,", "2025-01-01: {value: 4000,"))
    found = _json("--with", str(path), "--on", "2025-03-20")
    assert [one["code"] for one in found["changes"]] == ["common.mrp"]
    assert {"multi-child", "awarded-mother", "childcare", "childbirth"} <= {code for _, code in _amounts(found)}


def test_families_of_ones_own(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "the-five.yaml").write_text((FAMILIES / "five-children.yaml").read_text())
    found = _json("--changes", "2024-12-31", "2025-01-01", "--families", str(folder))
    assert found["families"]["looked_at"] == 1
    assert {family for family, _ in _amounts(found)} == {"the-five"}


def test_without_examples_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(analysis, "EXAMPLES", tmp_path / "none")
    done = _run("--changes", "2024-12-31", "2025-01-01")
    assert done.exit_code == 0
    assert "There are no example families here: name their folder with --families." in done.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--changes", "2024-12-31", "2025-01-01", "--families", "nowhere"], "families: a folder with facts"),
        (["--changes", "2024-12-31", "2025-01-01", "--families", str(PARAMETERS / "notices" / "..")], "families: "),
        (["--families", "."], "families: for what changes between two days or with a file"),
        (["--cases"], "cases: of which months? give --changes FROM TO beside it"),
        (["--with", "no-such-file.yaml"], "with: a file of parameters that can be read (No such file or directory)"),
        (["multi-child", "--with", "x.yaml"], "with: the file itself says of which service it is"),
        (["--with", "x.yaml", "--changes", "2024-12-31", "2025-01-01"], "with: not together with --changes"),
        (["--unverified", "--on", "2025-01-01"], "unverified: lists the values of every day"),
        (["--unverified", "--check", "2025-01-01"], "unverified: not together with --check"),
        (["tooth-fairy", "--unverified"], "unknown service 'tooth-fairy'"),
    ],
)
def test_what_cannot_be_asked_together_ends_in_one_line(arguments: list[str], error: str) -> None:
    done = _run(*arguments)
    if arguments[-1].endswith(".."):  # files that are no families
        assert done.exit_code == 2
        return
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(error)


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = copy_of(tmp_path, "multi-child", (RATE, RATE.replace("20.04", "much")))
    done = _run("--with", str(path))
    assert done.exit_code == 1
    assert re.match(r"multi-child.yaml:\d+: not a number from zero", done.stderr)


# --- what is still to check ------------------------------------------------------------------------------------------


def test_every_value_that_nobody_has_checked_is_listed_with_its_line() -> None:
    found = _json("--unverified")
    assert found["signed"] == [] or all(one["signed"] for one in found["signed"])
    listed = {(one["file"], one["line"]) for one in found["unverified"]}
    for path in [*PARAMETERS.glob("*.yaml"), *PARAMETERS.glob("notices/*.yaml")]:
        file = path.relative_to(PARAMETERS).as_posix()
        lines = path.read_text(encoding="utf-8").splitlines()
        said = {number for number, line in enumerate(lines, 1) if re.search(r"\{.*\bmark: U\b", line)}
        assert said <= {line for one, line in listed if one == file}, file
        parameters = yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]
        inherited = [name for name, one in parameters.items() if one.get("mark") == "U"]
        codes = {one["code"].partition(".")[2].partition("[")[0] for one in found["unverified"] if one["file"] == file}
        assert set(inherited) <= codes
    assert all(one["label"]["kk"] and one["reference"] and one["since"] for one in found["unverified"])
    own = _json("multi-child", "--unverified")["unverified"]
    assert own == [one for one in found["unverified"] if one["code"].startswith("multi-child.")]


def test_the_work_list_fits_eighty_columns() -> None:
    shown = _run("--unverified").stdout
    number = len(_json("--unverified")["unverified"])
    assert f"Values that nobody has checked: {number}" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_signed_value_leaves_the_list_and_says_who_checked_it(tmp_path: Path) -> None:
    (one,) = [one for one in benefits.work_list() if one.code == "multi-child.decider"]
    lines = (PARAMETERS / one.file).read_text(encoding="utf-8").splitlines(keepends=True)
    line = lines[one.line - 1]
    signed = re.sub(r"mark: U, status: unverified", f"mark: P, signed: {SIGNED}", line)
    assert signed != line
    with another_law(tmp_path, "multi-child", (line, signed)):
        found = _json("multi-child", "--unverified")
        assert "multi-child.decider" not in {one["code"] for one in found["unverified"]}
        (of,) = found["signed"]
        assert of["signed"] == {"by": "A. Omarova", "on": "2026-12-01", "document": "Social Code, article 72"}
        words = "decider: A. Omarova, 01.12.2026, Social Code, article 72"
        assert words in " ".join(_run("multi-child", "--unverified").stdout.split())
        assert words in " ".join(_run("multi-child", "--on", "2025-03-01").stdout.split())
        (listed,) = [one for one in _json("multi-child", "--on", "2025-03-01") if one["code"] == "multi-child.decider"]
        assert (listed["mark"], listed["status"], listed["signed"]) == ("P", None, of["signed"])


def test_a_value_says_since_when_it_was_known(tmp_path: Path) -> None:
    with another_law(tmp_path, "multi-child", (RATE, BACKWARDS)):
        (one,) = [one for one in _json("multi-child", "--on", "2025-03-01") if one["code"] == "multi-child.rate[5]"]
        assert (one["value"], one["since"], one["known_since"]) == ("21", "2025-01-01", "2025-06-10")
        assert "(known 2025-06-10)" in _run("multi-child", "--on", "2025-03-01").stdout
        assert "(known 2025-06-10)" in _run("multi-child", "--changes", "2024-12-31", "2025-01-01").stdout


# --- decided cases ------------------------------------------------------------------------------------------------


def test_decided_cases_stand_beside_what_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found in the Card has tests of its own; here nothing of it is lost on the way out."""
    answers = Answer(Right.YES, Decimal(100)), Answer(Right.NO, why="too_few_children"), Answer(Right.PERSON_DECIDES)
    march, april = date(2025, 3, 1), date(2026, 4, 1)
    months = [
        Redecided(march, april, answers[0], answers[1], as_known=True),
        Redecided(march, march, answers[0], answers[2], as_known=False),
    ]
    refs = ("4827-1031-6", "4827-1032-4")
    found = [Difference(ref, "disabled-child-carer", None, one) for ref, one in zip(refs, months, strict=True)]
    monkeypatch.setattr("cli.about_law.reach", lambda _: Review(7, found, ["4827-1033-2"]))
    span = ("--changes", "2024-12-31", "2025-01-01", "--cases")
    cases = _json(*span)["cases"]
    assert [one["difference"] for one in cases["cases"]] == ["-1400.00", None]
    assert (cases["totals"]["right_lost"], cases["totals"]["question"], cases["totals"]["difference"]) == (
        1,
        1,
        "-1400.00",
    )
    shown = _run(*span).stdout
    assert re.search(r"4827-1031-6 +disabled-child-carer +2025-03– +100 +no right +-1 400", shown)
    assert re.search(r"4827-1032-4 +disabled-child-carer +2025-03 +100 +a person +\?\*", shown)
    assert "Cannot be read: 4827-1033-2" in shown
    assert "3 932 tenge" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_the_command_line_asks_as_of_a_day(tmp_path: Path) -> None:
    with another_law(tmp_path, "multi-child", (RATE, BACKWARDS)):
        _ask_as_of_a_day()


def _ask_as_of_a_day() -> None:
    facts = str(FAMILIES / "five-children.yaml")
    ask = ["assess", "multi-child", "--facts", facts, "--on", "2025-03-01"]
    assert "82 572" in CliRunner().invoke(app, ask).stdout
    then = CliRunner().invoke(app, [*ask, "--known", "2025-06-09"]).stdout
    assert "78 798" in then
    assert then.startswith("By the law as it was known on 09.06.2025")
    card = CliRunner().invoke(app, ["assess", *ask[2:], "--known", "2025-06-09", "--language", "ru"]).stdout
    assert card.startswith("По закону, каким он был известен на 09.06.2025")
    assert "78 798" in card
    bad = CliRunner().invoke(app, [*ask, "--known", "then"])
    assert (bad.exit_code, bad.stderr) == (2, "known: 'then' is no date; write it as 2025-03-01\n")
