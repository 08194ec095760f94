"""The next year's constants entered as the README of the parameters says it: no Python and no other test changes."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from pathlib import Path

import jsonschema_rs
import pytest
from typer.testing import CliRunner

import benefits
from benefits import BadParameters, Right, assess, schema
from benefits.catalogue import PARAMETERS, load, read_legislation
from benefits.facts import Facts, read_facts
from benefits.legislation import TERMS
from benefits.parameter_file import read_parameter_file
from starter import app
from tests.law import next_law
from tests.law.another_law import another_law
from tests.law.casebook import family_mapping
from tests.law.test_takes import _plain

YEAR = next_law.last_year() + 1
ON = date(YEAR, 1, 15)
CONSTANTS = {f"common.{name}" for name in next_law.CONSTANTS}
TEXT = (PARAMETERS / "common.yaml").read_text(encoding="utf-8")


@pytest.fixture
def entered(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "common.yaml"
    with another_law(tmp_path, "common", (TEXT, next_law.entered(TEXT))):
        yield path


def _five() -> Facts:
    births = [f"{YEAR - 10 + number}-03-01" for number in range(5)]
    return read_facts(family_mapping({"mother": "1988-05-05", "children": births}, ON.isoformat()))


def test_nothing_ends_before_the_next_year_is_over(entered: Path) -> None:
    assert CONSTANTS & {one.code for one in benefits.endings(date(YEAR, 12, 31))} == set()
    assert {one.code for one in benefits.endings(date(YEAR + 1, 1, 1))} >= CONSTANTS
    shown = CliRunner().invoke(app, ["benefits", "--check", f"{YEAR}-12-01", "--json"])
    assert shown.exit_code == 0
    assert CONSTANTS & {one["code"] for one in json.loads(shown.stdout)["ends"]} == set()
    validator = jsonschema_rs.validator_for(schema.schema())
    assert [error.message for error in validator.iter_errors(_plain(entered.read_text(encoding="utf-8")))] == []


def test_it_decides_from_the_day_on_which_it_was_known(entered: Path) -> None:
    rate = next(one.value for one in assess("multi-child", _five(), ON).trace if one.code == "multi-child.rate[5]")
    now = assess("multi-child", _five(), ON)
    assert now.right is Right.YES
    assert now.net == (Decimal(rate) * next_law.amount("mrp")).to_integral_value(ROUND_CEILING)
    then = assess("multi-child", _five(), ON, known=next_law.known_since() - timedelta(days=1))
    assert then.right is Right.PERSON_DECIDES, "what was known then was a forecast"
    assert any(line.status == "forecast" for line in then.trace)
    assert assess("multi-child", _five(), ON, known=next_law.known_since()) == now


def test_no_day_of_the_law_before_is_another(entered: Path) -> None:
    on = date(YEAR - 1, 6, 1)
    assert assess("multi-child", _five(), on) == assess("multi-child", _five(), on, known=on)


SLIPS = [
    (next_law.entered(TEXT).replace(f", known_since: {next_law.known_since()}", ""), "overlapping values"),
    (
        next_law.entered(TEXT).replace(f", known_since: {next_law.known_since()}, until: {YEAR}-12-31", ""),
        "overlapping values",
    ),
]


@pytest.mark.parametrize(("text", "what"), SLIPS, ids=["not known since", "nothing at all"])
def test_what_is_entered_otherwise_says_what_is_missing(tmp_path: Path, text: str, what: str) -> None:
    path = tmp_path / "common.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadParameters, match=what) as caught:
        read_parameter_file(path)
    line = int(str(caught.value).split(":")[1])
    assert f"budget-law-{YEAR}" in text.split("\n")[line - 1]


def test_a_constant_that_does_not_say_when_it_was_known_is_refused(tmp_path: Path) -> None:
    """Asked as of a day before it was published, it would have been as certain as law."""
    known, path = f", known_since: {next_law.known_since()}", tmp_path / "common.yaml"
    lines = next_law.entered(TEXT).split("\n")
    *_, value = [line for line in lines if line.startswith(f"      {YEAR}-01-01: {{") and known in line]
    path.write_text(next_law.entered(TEXT).replace(value, value.replace(known, "")), encoding="utf-8")
    with pytest.raises(BadParameters, match=r"common.yaml:\d+: .*give `known_since`"):
        read_legislation(
            PARAMETERS / "childcare.yaml", read_parameter_file(path), load()["childcare"].rule.takes | TERMS
        )
