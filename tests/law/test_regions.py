"""The ministry's figures by region and quarter: read with every error and its line, imported whole or not at all."""

import os
import stat
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import benefits
from benefits.catalogue import PARAMETERS, benefit
from benefits.codes import Region
from benefits.parameter_file import BadParameters, read_parameter_file
from benefits.regions import COLUMNS, BadLines, RegionLine, latest, lines_of, read_lines, with_lines, written
from cli import endings
from starter import app
from tests.law.casebook import FAMILIES

KNOWN = ("poverty_line", "region_median_income", "region_pm")
HEAD = ",".join(COLUMNS) + "\n"
GOOD = "poverty_line,KZ-59,2024-Q1,33883,regional-line,P"


def _file(tmp_path: Path, *lines: str, head: str = HEAD) -> Path:
    path = tmp_path / "ministry.csv"
    path.write_text(head + "".join(line + "\n" for line in lines), encoding="utf-8")
    return path


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("poverty,KZ-59,2024-Q1,1,x,P", "unknown parameter 'poverty'; one of poverty_line, region_median_income, "),
        ("poverty_line,KZ-99,2024-Q1,1,x,P", "unknown region 'KZ-99'; one of KZ-10, KZ-11, "),
        ("poverty_line,,2024-Q1,1,x,P", "unknown region ''"),
        ("poverty_line,KZ-59,2024-Q5,1,x,P", "not a quarter: '2024-Q5'; as 2026-Q1"),
        ("poverty_line,KZ-59,2024-01-01,1,x,P", "not a quarter"),
        ("poverty_line,KZ-59,0000-Q1,1,x,P", "not a quarter"),
        ("poverty_line,KZ-59,2024-Q1,33 883,x,P", "not a number of tenge: '33 883'; as 33883 or 33883.50"),
        ('poverty_line,KZ-59,2024-Q1,"33,883",x,P', "not a number of tenge"),
        ("poverty_line,KZ-59,2024-Q1,0,x,P", "more than 0 and at most 100000000 tenge, not '0'"),
        ("poverty_line,KZ-59,2024-Q1,100000001,x,P", "more than 0 and at most"),
        ("poverty_line,KZ-59,2024-Q1,1,,P", "no source: say which order"),
        ("poverty_line,KZ-59,2024-Q1,1," + "x" * 301 + ",P", "a source of at most 300 characters"),
        ("poverty_line,KZ-59,2024-Q1,1,x,", "no mark; one of S, P, C, U"),
        ("poverty_line,KZ-59,2024-Q1,1,x", "no mark"),
        ("poverty_line,KZ-59,2024-Q1,1,x,Q", "unknown mark 'Q'; one of S, P, C, U"),
        ("poverty_line,KZ-59,2024-Q1,1,a, b,P", "more than the 6 columns: put a text that holds the divider between"),
        (f"{GOOD},2024-05-01", "more than the 6 columns"),
        (GOOD, "poverty_line of KZ-59 in 2024-Q1 is given twice, first in line 2"),
        ('poverty_line,KZ-59,2024-Q2,1,"x,P', "no CSV: "),
    ],
)
def test_each_error_has_its_line(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(BadLines) as bad:
        read_lines(_file(tmp_path, GOOD, "", line), KNOWN)
    assert str(bad.value).startswith(f"ministry.csv:4: {says}")
    assert bad.value.errors == (str(bad.value),)


def test_all_errors_are_told(tmp_path: Path) -> None:
    two = 'region_pm,KZ-19,2024-Q1,1,"two\nlines",P'
    with pytest.raises(BadLines) as bad:
        read_lines(_file(tmp_path, "a,b", two, GOOD, "c,d"), KNOWN)
    assert [error.split(": ")[0] for error in bad.value.errors] == ["ministry.csv:2", "ministry.csv:6"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "1: the file is empty"),
        (b"\n\n", "1: the file is empty"),
        (b"region,quarter\n", "1: the first line names the columns: parameter,region,quarter,value,source,mark"),
        ("poverty_line;Алматы".encode("cp1251"), "1: a character that is no UTF-8: save the file as CSV UTF-8"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "ministry.csv"
    path.write_bytes(content)
    with pytest.raises(BadLines, match=says):
        read_lines(path, KNOWN)


def test_as_a_spreadsheet_writes_it(tmp_path: Path) -> None:
    """A mark of the byte order, semicolons, columns in their own order, spaces, the lines of another system."""
    head = "\ufeffRegion;Quarter;Parameter;Value;Mark;Source\r\n"
    path = _file(tmp_path, "KZ-59;2024-Q1;poverty_line; 33883.50;S;Order 7,\u00a0of 3.01.2024\r", head=head)
    (found,) = read_lines(path, KNOWN)
    assert found == RegionLine(
        "poverty_line", Region.NORTH_KAZAKHSTAN, date(2024, 1, 1), Decimal("33883.50"), "Order 7, of 3.01.2024", "S",
        path, 2,
    )  # fmt: skip


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = _file(tmp_path, 'region_pm,KZ-10,2025-Q4,50000.5,"Order ""7"", of 3.01",U', GOOD)
    lines = read_lines(path, KNOWN)
    path.write_text(written(lines), encoding="utf-8")
    assert [(one.key, one.says) for one in read_lines(path, KNOWN)] == sorted((one.key, one.says) for one in lines)


def test_the_law_stops_at_a_wrong_line_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "regions.csv").write_text(HEAD + "poverty_line,KZ-00,2024-Q1,1,x,P\n")
    with pytest.raises(BadParameters, match=r"^regions\.csv:2: unknown region 'KZ-00'"):
        benefits.add_directory(tmp_path)
    assert benefits.region_folders() == (PARAMETERS,), "nothing of it stays"


def test_rows_in_the_parameter_file_itself_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "targeted-assistance.yaml"
    text = (PARAMETERS / path.name).read_text()
    row = "table: {KZ-59: {2024-01-01: {value: 1, reference: regional-line, mark: P}}}"
    path.write_text(text.replace("table: {}", row, 1))
    common, takes = read_parameter_file(PARAMETERS / "common.yaml"), benefit("targeted-assistance").rule.takes
    with pytest.raises(BadParameters, match=r"the rows of 'region_pm' stand in regions\.csv: leave its table empty"):
        with_lines(read_parameter_file(path), common, takes, (PARAMETERS,))


def test_every_region_has_its_name_in_each_language() -> None:
    names = benefits.region_names()
    assert len(names) == len(Region) == 20
    for language in benefits.LANGUAGES:
        assert len({name[language] for name in names.values()}) == 20
    assert names["KZ-75"].kk == "Алматы қаласы"


# --- import -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where imports go, beside a checkout that nobody may write."""
    into = tmp_path / "law"
    into.mkdir()
    monkeypatch.setenv("DEMEU_BENEFITS_DIRECTORY", str(into))
    yield into
    _forget(into)


def _forget(into: Path) -> None:
    if into.resolve() in benefits.region_folders():
        benefits.remove_directory(into)


def _import(folder: Path, file: Path, *more: str) -> tuple[int, str]:
    """As one call of the command line, each a process of its own: what was added before is forgotten."""
    done = CliRunner().invoke(app, ["benefits", "--import-lines", str(file), *more])
    _forget(folder)
    return done.exit_code, " ".join(done.output.split())


def _there(folder: Path) -> list[str]:
    file = folder / "regions.csv"
    return file.read_text(encoding="utf-8").splitlines()[1:] if file.exists() else []


def test_lines_are_taken_into_the_folder_and_are_law(tmp_path: Path, folder: Path) -> None:
    names = ("облысы", "KZ-71", "  город   шымкент ", "Akmola region")
    lines = [f'poverty_line,{name},2025-Q1,36000,"Order 7, of 3.01.2025",S' for name in ("Абай облысы", *names[1:])]
    code, said = _import(folder, _file(tmp_path, GOOD, *lines))
    assert (code, len(_there(folder))) == (0, 4), said
    assert "Lines taken: 4, of them in the place of others: 0; there already: 1." in said
    assert "start gateway and worker anew" in said
    assert _there(folder)[0].startswith("poverty_line,KZ-10,2025-Q1,36000,")
    benefits.add_directory(folder)
    shown = {one.line.code: one for one in benefits.parameters_on("targeted-assistance", date(2025, 2, 1))}
    found = shown["targeted-assistance.poverty_line[KZ-79]"]
    assert (found.line.value, found.line.mark, found.ground.kk) == (Decimal(36000), "S", "Order 7, of 3.01.2025")
    assert "targeted-assistance.poverty_line[KZ-79]" not in {
        one.line.code for one in benefits.parameters_on("targeted-assistance", date(2025, 4, 1))
    }


def test_one_wrong_line_and_nothing_is_taken(tmp_path: Path, folder: Path) -> None:
    file = _file(tmp_path, "poverty_line,KZ-10,2025-Q1,36000,x,P", "poverty_line,KZ-1,2025-Q1,36000,x,P", "x", GOOD)
    code, said = _import(folder, file)
    assert code == 2
    assert "ministry.csv:3: unknown region 'KZ-1'" in said
    assert "ministry.csv:4: unknown parameter 'x'" in said
    assert said.endswith("nothing was taken")
    assert _there(folder) == []


@pytest.mark.parametrize(
    "line",
    [
        "poverty_line,KZ-59,2024-Q1,34000,regional-line,P",
        "poverty_line,KZ-59,2024-Q1,33883,Order 7,P",
        "poverty_line,KZ-59,2024-Q1,33883,regional-line,S",
    ],
)
def test_a_line_that_says_otherwise_wants_replace(tmp_path: Path, folder: Path, line: str) -> None:
    file = _file(tmp_path, "poverty_line,KZ-10,2025-Q1,36000,x,P", line)
    code, said = _import(folder, file)
    assert (code, _there(folder)) == (2, [])
    assert (
        "ministry.csv:3: poverty_line of KZ-59 in 2024-Q1 is 33883 by 'regional-line', mark P (regions.csv:2), " in said
    )
    assert "--replace puts the new one in its place nothing was taken" in said
    code, said = _import(folder, file, "--replace")
    assert (code, line in _there(folder)) == (0, True)
    assert "Lines taken: 2, of them in the place of others: 1" in said
    benefits.add_directory(folder)
    known = latest(lines_of(benefits.region_folders(), KNOWN))["poverty_line", date(2024, 1, 1), "KZ-59"]
    assert ",".join((f"{known.value}", known.source, known.mark)) in line, "the folder's goes before the checkout's"


WITH_KNOWN = HEAD.replace("\n", ",known_since\n")


@pytest.mark.parametrize(
    ("known_since", "says"),
    [
        ("16.02.2026", "known_since: not a date: '16.02.2026'; as 2026-02-16"),
        ("2023-04-19", "known_since: not before 2023-04-20, the day of the Social Code: 2023-04-19"),
    ],
)
def test_since_when_a_figure_is_known_is_a_day_of_the_law(tmp_path: Path, known_since: str, says: str) -> None:
    with pytest.raises(BadLines, match=f"^ministry.csv:3: {says}"):
        read_lines(_file(tmp_path, f"{GOOD},", f"{GOOD},{known_since}", head=WITH_KNOWN), KNOWN)


def test_a_figure_that_was_corrected_stands_beside_the_old_one(tmp_path: Path, folder: Path) -> None:
    """It took its place, and what was decided by the old one could be explained by nothing."""
    corrected = GOOD.replace("33883", "34000") + ",2024-05-01"
    file = _file(tmp_path, corrected, "poverty_line,KZ-10,2024-Q1,36000,x,P,", head=WITH_KNOWN)
    code, said = _import(folder, file)
    assert (code, sorted(_there(folder))) == (0, sorted(["poverty_line,KZ-10,2024-Q1,36000,x,P,", corrected])), said
    assert "in the place of others: 0" in said
    assert "Lines taken: 0" in _import(folder, file)[1]
    again = _file(tmp_path, GOOD.replace("33883", "34500"))
    code, said = _import(folder, again)
    assert code == 2, "about what is known last"
    assert "in 2024-Q1, known since 2024-05-01 is 34000 by" in said
    assert _import(folder, again, "--replace")[0] == 0
    assert [line for line in _there(folder) if "KZ-59" in line] == [corrected.replace("34000", "34500")]
    benefits.add_directory(folder)
    law = benefit("targeted-assistance").legislation
    for known, value in (("2024-04-30", 33883), ("2024-05-01", 34500)):
        entry = law.as_known(date.fromisoformat(known)).entry_on("poverty_line", date(2024, 2, 1), "KZ-59")
        assert entry is not None
        assert entry.value == value


def test_what_has_not_come_yet_is_not_known(tmp_path: Path, folder: Path) -> None:
    code, said = _import(folder, _file(tmp_path, f"{GOOD},2062-05-01", head=WITH_KNOWN))
    assert (code, _there(folder)) == (2, [])
    assert "ministry.csv:2: known_since: 2062-05-01 has not come yet: mend the day" in said
    (folder / "regions.csv").write_text(f"{WITH_KNOWN}{GOOD},2062-05-01\n")
    benefits.add_directory(folder)
    (one,) = benefits.ahead_of(date(2026, 11, 29))
    assert (one.file, one.line, one.says) == ("regions.csv", 2, "known_since")


def test_again_and_on_top_of_earlier_imports(tmp_path: Path, folder: Path) -> None:
    first, second = "poverty_line,KZ-10,2025-Q1,36000,x,P", "poverty_line,KZ-10,2025-Q2,36500,x,P"
    _import(folder, _file(tmp_path, first))
    assert "Lines taken: 0" in _import(folder, _file(tmp_path, first))[1]
    code, said = _import(folder, _file(tmp_path, second, first))
    assert (code, _there(folder)) == (0, [first, second]), said


@pytest.mark.parametrize(
    ("value", "warned"), [("43200", False), ("43200.01", True), ("28799.99", True), ("28800", False)]
)
def test_a_jump_is_warned_about_and_taken(tmp_path: Path, folder: Path, value: str, warned: bool) -> None:
    lines = ("poverty_line,KZ-10,2024-Q4,36000,x,P", f"poverty_line,KZ-10,2025-Q1,{value},x,P")
    code, said = _import(folder, _file(tmp_path, *lines))
    assert (code, len(_there(folder))) == (0, 2)
    jump = (
        f"ministry.csv:3: poverty_line of KZ-10 in 2025-Q1: {value} after 36000 the quarter before, more than 20% apart"
    )
    assert (jump in said) is warned
    assert len(_import(folder, _file(tmp_path, *lines), "--json")[1].split('"before"')) == 1 + warned


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("poverty_line,KZ-10,2024-Q1,338830,x,P",), "but 33883 in the middle of the other regions"),
        (("region_pm,KZ-10,2025-Q1,462280,x,P",), "but 46228 is the country's subsistence minimum"),
        (("poverty_line,KZ-59,2024-Q2,3388.3,x,P",), "but 33883 in 2024-Q1"),
        (("poverty_line,KZ-59,2023-Q4,3388.3,x,P",), "but 33883 in 2024-Q1"),
        (
            [f"region_pm,{region},2025-Q1,{value},x,P" for region, value in (("KZ-10", 450), ("KZ-11", 45000))]
            + ["region_pm,KZ-15,2025-Q1,46000,x,P"],
            "region_pm of KZ-10 in 2025-Q1 is 450, but 45000 in the middle of the other regions",
        ),
    ],
    ids=["ten times", "the country's", "the quarter before", "the quarter after", "one of a file"],
)
def test_a_figure_far_from_all_others_wants_a_yes(tmp_path: Path, folder: Path, lines: list[str], says: str) -> None:
    """Where the quarter before was not known, anything was taken."""
    file = _file(tmp_path, *lines)
    code, said = _import(folder, file)
    assert (code, _there(folder)) == (2, [])
    assert says in said
    assert said.count("--far takes it, if it is meant") == 1
    assert said.endswith("nothing was taken")
    assert _import(folder, file, "--far")[0] == 0
    assert len(_there(folder)) == len(lines)


def test_a_quarter_far_ahead_is_refused(tmp_path: Path, folder: Path) -> None:
    file = _file(tmp_path, "poverty_line,KZ-10,2062-Q4,36000,x,P")
    code, said = _import(folder, file, "--far")
    assert (code, _there(folder)) == (2, [])
    assert "ministry.csv:2: 2062-Q4 is too far ahead for a figure: mend the quarter" in said


def test_what_cannot_be_written_says_where_else(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_from: str, _to: Path) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", full)
    code, said = _import(folder, _file(tmp_path, "poverty_line,KZ-10,2025-Q1,36000,x,P"))
    assert (code, _there(folder)) == (2, [])
    assert (
        "regions.csv cannot be written (Read-only file system): name a folder that can be written with DEMEU_BEN"
        in said
    )


def test_a_file_is_readable_by_the_others_who_read_the_law(tmp_path: Path, folder: Path) -> None:
    _import(folder, _file(tmp_path, "poverty_line,KZ-10,2025-Q1,36000,x,P"))
    assert stat.S_IMODE((folder / "regions.csv").stat().st_mode) == 0o644
    assert [file.name for file in folder.iterdir()] == ["regions.csv"]


@pytest.mark.parametrize(
    "more",
    [
        ["--replace"],
        ["--far"],
        ["--import-lines", "x.csv", "--on", "2025-01-01"],
        ["--import-lines", "no-such-file.csv"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_together(more: list[str]) -> None:
    done = CliRunner().invoke(app, ["benefits", *more])
    assert done.exit_code == 2
    assert done.output.startswith(("replace:", "far:", "import-lines:"))


# --- what is missing --------------------------------------------------------------------------------------------------


def test_check_lists_the_regions_without_figures() -> None:
    done = CliRunner().invoke(app, ["benefits", "--check", "2024-03-01", "--language", "ru"])
    assert done.exit_code == 0
    said = " ".join(done.output.split())
    assert "2024-Q1: нет показателей по 19 из 20 регионов, там решает человек." in said
    assert "KZ-79 город Шымкент" in said
    assert "KZ-59" not in done.output
    done = CliRunner().invoke(app, ["benefits", "--check", "2024-04-01", "--json"])
    assert '"KZ-59"' in done.output


def test_operators_are_told_in_one_line_of_each_quarter(capsys: pytest.CaptureFixture[str]) -> None:
    console = Console(width=400)
    for day, lines in ((date(2024, 2, 10), 1), (date(2024, 3, 1), 1), (date(2024, 3, 2), 2), (date(2024, 4, 1), 1)):
        endings.warn_of_regions(console, day)
        told = capsys.readouterr().out.splitlines()
        assert len(told) == lines, day
        expected = "20 of 20 regions for the quarter from 01.04.2024" if day.month == 4 else "19 of 20 regions"
        assert expected in told[0]
    assert "benefits --check 2024-04-01" in told[0]


def test_the_example_of_the_published_line_stands_on_it() -> None:
    facts = benefits.read_facts_file(FAMILIES / "poor-household.yaml")
    (decision,) = benefits.assess_each("targeted-assistance", facts, date(2024, 2, 10))
    (line,) = [one for one in decision.trace if "poverty_line" in one.code]
    assert (line.value, line.reference, line.mark, line.since) == (
        Decimal(33883), "regional-line", "P", date(2024, 1, 1),
    )  # fmt: skip
