"""What no lawyer means is refused with file and line, or has to be confirmed."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import benefits
from benefits import BadParameters
from benefits.catalogue import PARAMETERS, load, read_legislation
from benefits.days import day_of
from benefits.legislation import TERMS
from benefits.parameter_file import read_parameter_file
from benefits.terms import ONE_DAY
from starter import app
from tests.law.another_law import another_law

TODAY = day_of(datetime.now(UTC))  # a slip is told on the day on which somebody looks
MRP = "2026-01-01: {value: 4325, reference: budget-law-2026, until: 2026-12-31}"
FIVE = "        2023-07-01: 20.04\n"
SEVEN = "        2023-07-01: 28.06\n"
AGAIN = ", reference: published-amounts-2025, mark: S}\n"
SIGNED = "signed: {by: A. Omarova, on: 2026-03-01, document: The Social Code}"

SLIPS = [
    ("multi-child", "      5:\n", "      50:\n", "the bracket of 50 begins more than 4 times as high as that of 4"),
    ("multi-child", "      6:\n", "      3:\n", "brackets rise: that of 3 stands after that of 5"),
    ("multi-child", "      7:\n", "      70:\n", "the bracket of 70 begins more than 4 times as high as that of 6"),
    ("multi-child", FIVE, FIVE.replace("20.04", "2004"), "at most 200 MRP, not '2004'"),
    (
        "multi-child",
        FIVE,
        FIVE.replace("20.04", "200"),
        "200 and that of the bracket of 4, 16.03, are more",
    ),
    (
        "multi-child",
        FIVE,
        FIVE + "        2025-01-01: 2.1\n",
        r"2.1 and that of 2023-07-01, 20.04, are more than 2 times apart: if it is meant, say why with `confirmed:`",
    ),
    ("multi-child", FIVE, FIVE + "        2025-01-01: []\n", "no value stands under 2025-01-01: give one, or take"),
    ("multi-child", FIVE, FIVE + "        2205-01-01: 21\n", "no day of this law: 2205-01-01"),
    ("multi-child", SEVEN, SEVEN + "      8:\n        2023-07-01: 32.08\n", "nothing reads the bracket of 8 of 'rate'"),
    ("common", MRP, MRP.replace("4325", "46500"), "46500 and that of 2025-01-01, 3932, are more than 1.25 times apart"),
    ("common", MRP, MRP.replace("4325", "2004"), "2004 and that of 2025-01-01, 3932, are more than 1.25 times apart"),
    ("common", "span: 1.25", "span: 1", "a span is more than 1"),
    ("job-loss", "      6:\n", "      0:\n        2023-07-01: 1\n      6:\n", "nothing reads the bracket of 0"),
    *(
        ("multi-child", FIVE, FIVE.replace("20.04", f"{{value: 20.04, {said}}}"), what)
        for said, what in (
            ("known_since: 1926-07-01", "not before 2023-04-20, the day of the Social Code: 1926-07-01"),
            (SIGNED.replace("2026-03", "1926-03"), "not before 2023-04-20, the day of the Social Code: 1926-03-01"),
            (SIGNED.replace("A. Omarova", '"-"'), "who has checked it is named in words, not as '-'"),
            (SIGNED.replace("The Social Code", '"-"'), "the document is named in words, not as '-'"),
            ('confirmed: "-"', "the reason is named in words, not as '-'"),
        )
    ),
]


def _read(path: Path) -> None:
    if path.stem == "common":
        read_parameter_file(path)
    read_legislation(path, read_parameter_file(PARAMETERS / "common.yaml"), load()[path.stem].rule.takes | TERMS)


@pytest.mark.parametrize(("code", "old", "new", "what"), SLIPS, ids=[new.strip() for _, _, new, _ in SLIPS])
def test_a_slip_of_the_hand_is_refused(tmp_path: Path, code: str, old: str, new: str, what: str) -> None:
    text = (PARAMETERS / f"{code}.yaml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / f"{code}.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadParameters) as caught:
        _read(path)
    assert what in str(caught.value)
    assert str(caught.value).startswith(f"{code}.yaml:")


def test_what_is_far_and_meant_is_confirmed(tmp_path: Path) -> None:
    half = "        2026-01-01: {value: 10, confirmed: The law halves it.}\n"
    whole = "        2026-07-01: {value: 21, confirmed: And takes that back.}\n"
    with another_law(tmp_path, "multi-child", (FIVE, FIVE + half + whole)):
        assert benefits.parameters_on("multi-child", date(2026, 3, 1))


def test_a_count_may_change_by_one(tmp_path: Path) -> None:
    old = "      2023-07-01: {value: 1, reference: insurance-law-21, mark: P}\n"
    more = "      2025-01-01: {value: 2, reference: insurance-law-21, mark: P}\n"
    with another_law(tmp_path, "breadwinner-loss", (old, old + more)):
        pass


def test_no_file_says_what_has_not_come_yet() -> None:
    """A value cannot have become known, nor been signed, on a day to come; the check of `benefits --check` too."""
    assert benefits.ahead_of(TODAY) == ()


@pytest.mark.parametrize(
    ("said", "what"),
    [(f"known_since: {TODAY + ONE_DAY}", "known_since"), (SIGNED.replace("2026-03-01", "2062-03-01"), "signed.on")],
)
def test_what_has_not_come_yet_is_told_with_its_place(tmp_path: Path, said: str, what: str) -> None:
    later = f"        2025-01-01: {{value: 21, {said}}}\n"
    with another_law(tmp_path, "multi-child", (FIVE, FIVE + later)):
        (one,) = [one for one in benefits.ahead_of(TODAY) if one.code == "multi-child.rate[5]"]
        assert one.says == what
        assert one not in benefits.ahead_of(one.day)
        done = CliRunner().invoke(app, ["benefits", "--check", "2024-01-01"])
        assert done.exit_code == 0
        assert f"multi-child.yaml:{one.line}: multi-child.rate[5]: {what}: " in " ".join(done.stdout.split())


def test_a_value_of_a_far_day_is_told(tmp_path: Path) -> None:
    far = TODAY + timedelta(days=4000)
    with another_law(tmp_path, "multi-child", (FIVE, f"{FIVE}        {far}: 21\n")):
        ahead = [one.says for one in benefits.ahead_of(TODAY) if one.code == "multi-child.rate[5]"]
        assert ahead == ["the first day"]
