"""What the ministry sends by region and quarter: poverty lines, subsistence minimums, median incomes, as a CSV.

`regions.csv` stands beside the parameter files and fills those tables that a rule declares as tables of regions. It is
checked as they are: every error names file and line. What became known of a figure later stands beside what was known
before, with its `known_since`. A folder of benefits from outside may hold one of its own, whose
lines go before. This module only reads; `cli.regions` writes what is imported.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from statistics import median_low

from benefits.codes import Region
from benefits.dated import DatedValue, ParameterFile, Series
from benefits.parameter_file import MARKS, BadParameters
from benefits.plausible import FIRST_KNOWN, LARGEST, NUMBER, is_far
from benefits.takes import Takes
from benefits.terms import day_before, next_quarter, quarter_before
from benefits.texts import Texts

FILE = "regions.csv"
COLUMNS = ("parameter", "region", "quarter", "value", "source", "mark")
KNOWN_SINCE = "known_since"
"""The column that a file may have besides: the day from which the figure was known; without it from the beginning."""
CODES: Mapping[str, Region] = {region.value: region for region in Region}
MOST_CHANGE = Decimal("0.20")
"""A figure that differs by a larger share from the quarter before is likelier a slip than news: it is warned about."""
FAR = Decimal(2)
"""A figure more than so many times another of its kind, of a quarter beside it or of the other regions, wants a yes."""
FAR_FROM_COUNTRY = Decimal(5)
"""The same of the country's subsistence minimum: the lines lie below it, the median incomes some times above."""

_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_LONGEST_SOURCE = 300
_MARKED = f"one of {', '.join('SPCU')}"


Figure = tuple[str, date, str]
Key = tuple[str, date, str, date]


@dataclass(frozen=True, slots=True)
class RegionLine:
    """A figure of a region in a quarter, in tenge a month; `quarter` is its first day.

    `source` is the key of a legal ground of the parameter files, or the ground itself as it was sent.
    """

    parameter: str
    region: Region
    quarter: date
    value: Decimal
    source: str
    mark: str
    path: Path
    line: int
    known_since: date | None = None

    @property
    def figure(self) -> Figure:
        """What the line is about, whenever it became known."""
        return self.parameter, self.quarter, self.region

    @property
    def key(self) -> Key:
        """By what a line is told from every other."""
        return *self.figure, self.known_since or date.min

    @property
    def says(self) -> tuple[Decimal, str, str]:
        """What may be changed of a line: its value, its source and how well it is known."""
        return self.value, self.source, self.mark

    @property
    def name(self) -> str:
        known = "" if self.known_since is None else f", known since {self.known_since}"
        return f"{self.parameter} of {self.region} in {quarter_name(self.quarter)}{known}"


class BadLines(BadParameters):
    """A file of regional figures that cannot be taken; `errors` has each with its line, the text the first."""

    def __init__(self, path: Path, errors: Sequence[tuple[int, str]]) -> None:
        super().__init__(path, *errors[0])
        self.errors = tuple(f"{path.name}:{line}: {what}" for line, what in errors)


def tables_by_region(takes: Takes) -> tuple[str, ...]:
    """The names of the tables whose rows are regions."""
    return tuple(name for name, rows in takes.rows.items() if rows is Region)


def read_lines(path: Path, known: Collection[str], regions: Mapping[str, Region] = CODES) -> tuple[RegionLine, ...]:
    """The lines of a file, all of them right: each of a `known` parameter and of a region by its name in `regions`.

    Raises BadLines with every error, or OSError.
    """
    errors: list[tuple[int, str]] = []
    found: dict[Key, RegionLine] = {}
    for number, row in _rows(path):
        try:
            one = _line(path, number, row, known, regions)
        except _Wrong as wrong:
            errors.append((number, str(wrong)))
            continue
        if one.key in found:
            errors.append((number, f"{one.name} is given twice, first in line {found[one.key].line}"))
        found.setdefault(one.key, one)
    if errors:
        raise BadLines(path, errors)
    return tuple(found.values())


def lines_of(folders: Sequence[Path], known: Collection[str]) -> dict[Key, RegionLine]:
    """What stands in the files of these folders; a line of a later folder goes before one of an earlier."""
    files = dict.fromkeys(folder / FILE for folder in folders)
    return {one.key: one for file in files if file.exists() for one in read_lines(file, known)}


def latest(lines: Mapping[Key, RegionLine]) -> dict[Figure, RegionLine]:
    """Of each figure the line that became known last: what holds by all that is known."""
    return {lines[key].figure: lines[key] for key in sorted(lines)}


def with_lines(own: ParameterFile, common: ParameterFile, takes: Takes, folders: Sequence[Path]) -> ParameterFile:
    """The file with its tables by region filled from the `regions.csv` of the folders: every region has its row."""
    tables = [name for name in tables_by_region(takes) if name in own.parameters]
    if not tables:
        return own
    lines = lines_of(folders, tables)
    parameters = dict(own.parameters)
    for name in tables:
        parameter = parameters[name]
        if parameter.series:
            what = f"the rows of {name!r} stand in {FILE}: leave its table empty"
            raise BadParameters(own.path, parameter.line, what)
        series: Series = {
            region.value: tuple(_dated(lines[key]) for key in sorted(lines) if key[0] == name and key[2] == region)
            for region in Region
        }
        filled = replace(parameter, written=series, lines=dict.fromkeys(series, parameter.line))
        parameters[name] = filled.as_known(date.max)
    told = {one.source for one in lines.values()} - {*common.references, *own.references}
    references = {**own.references, **{source: Texts.same(source) for source in told}}
    return replace(own, parameters=parameters, references=references)


def quarter_name(quarter: date) -> str:
    """`2026-Q1`, by the first day of the quarter."""
    return f"{quarter.year}-Q{quarter.month // 3 + 1}"


def jumps(new: Sequence[RegionLine], there: Mapping[Figure, RegionLine]) -> Iterator[tuple[RegionLine, Decimal]]:
    """The new lines that differ by more than MOST_CHANGE from the quarter before, each with the value of that quarter.

    `there` is all that is known, the new lines among it.
    """
    for one in new:
        before = there.get((one.parameter, quarter_before(one.quarter), one.region))
        if before is not None and abs(one.value - before.value) > before.value * MOST_CHANGE:
            yield one, before.value


def far_off(
    new: Sequence[RegionLine],
    there: Mapping[Figure, RegionLine],
    minimum: Callable[[date], Decimal | None],
) -> Iterator[tuple[RegionLine, str]]:
    """The new lines that are far from all that they can be held against, each with what that is and how much.

    `there` is what was known before, `minimum` the country's subsistence minimum on a day.
    """
    for one in new:
        found: list[tuple[str, Decimal | None, Decimal]] = []
        for quarter in (quarter_before(one.quarter), next_quarter(one.quarter)):
            beside = there.get((one.parameter, quarter, one.region))
            found.append((f"in {quarter_name(quarter)}", beside.value if beside else None, FAR))
        # Of a quarter that is all new, the middle of all: a slip moves it least.
        others = _of_quarter(there.values(), one) or _of_quarter(new, one)
        found.append(("in the middle of the other regions", median_low(others) if others else None, FAR))
        found.append(("is the country's subsistence minimum", minimum(one.quarter), FAR_FROM_COUNTRY))
        for where, value, span in found:
            if value is not None and is_far(value, one.value, "tenge", span):
                yield one, f"{value:f} {where}"
                break


def _of_quarter(lines: Collection[RegionLine], one: RegionLine) -> list[Decimal]:
    return [other.value for other in lines if other.figure[:2] == one.figure[:2]]


def written(lines: Collection[RegionLine]) -> str:
    """The text of a file with these lines, in the order of parameter, quarter and region."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    columns = (*COLUMNS, KNOWN_SINCE) if any(one.known_since for one in lines) else COLUMNS
    writer.writerow(columns)
    for one in sorted(lines, key=lambda one: one.key):
        row = (one.parameter, one.region.value, quarter_name(one.quarter), f"{one.value:f}", one.source, one.mark)
        writer.writerow((*row, one.known_since or "")[: len(columns)])
    return out.getvalue()


class _Wrong(ValueError):
    """What is wrong with a line."""


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record with the number of the line on which it begins. A comma, a semicolon or a tab divides the columns, as
    the first line shows; spreadsheets write either.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadLines(path, [(1, "a character that is no UTF-8: save the file as CSV UTF-8")]) from None
    header = text.split("\n", 1)[0]
    divider = next((one for one in ";\t" if one in header), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=divider, strict=True)
    columns: list[str] = []
    begins = 1
    try:
        for cells in reader:
            number, begins = begins, reader.line_num + 1
            row = [" ".join(cell.split()) for cell in cells]
            if not any(row):
                continue
            if not columns:
                columns = [cell.lower() for cell in row]
                if sorted({*columns} | {KNOWN_SINCE}) != sorted((*COLUMNS, KNOWN_SINCE)) or _repeats(columns):
                    names = f"{','.join(COLUMNS)} and, if need be, {KNOWN_SINCE}"
                    raise BadLines(path, [(number, f"the first line names the columns: {names}")])
            else:
                # What is too much or too little is told by _line, as a column without a name or a value.
                padded = row + [""] * (len(columns) - len(row))
                yield number, dict(zip(columns, padded, strict=False)) | {"": " ".join(row[len(columns) :])}
    except csv.Error as error:
        raise BadLines(path, [(begins, f"no CSV: {error}")]) from None
    if not columns:
        raise BadLines(path, [(1, "the file is empty")])


def _line(
    path: Path, number: int, row: Mapping[str, str], known: Collection[str], regions: Mapping[str, Region]
) -> RegionLine:
    if row[""]:
        raise _Wrong(f"more than the {len(row) - 1} columns: put a text that holds the divider between quotes")
    if row["parameter"] not in known:
        raise _Wrong(f"unknown parameter {row['parameter']!r}; one of {', '.join(known)}")
    region = regions.get(row["region"]) or regions.get(row["region"].casefold())
    if region is None:
        raise _Wrong(f"unknown region {row['region']!r}; one of {', '.join(CODES)}")
    when = _QUARTER.fullmatch(row["quarter"])
    if when is None or not 2000 <= int(when[1]) <= 2100:
        raise _Wrong(f"not a quarter: {row['quarter']!r}; as 2026-Q1")
    if not NUMBER.fullmatch(row["value"]):
        raise _Wrong(f"not a number of tenge: {row['value']!r}; as 33883 or 33883.50, without spaces")
    value = Decimal(row["value"])
    if value != round(value, 2):
        raise _Wrong(f"tenge with at most two decimals, not {row['value']!r}: a point divides no thousands")
    if not 0 < value <= LARGEST["tenge"]:
        raise _Wrong(f"more than 0 and at most {LARGEST['tenge']} tenge, not {row['value']!r}")
    if not row["source"]:
        raise _Wrong("no source: say which order, letter or publication the figure is from")
    if not any(map(str.isalnum, row["source"])):
        raise _Wrong(f"the source is named in words, not as {row['source']!r}")
    if len(row["source"]) > _LONGEST_SOURCE:
        raise _Wrong(f"a source of at most {_LONGEST_SOURCE} characters")
    if row["mark"] not in MARKS:
        raise _Wrong(f"unknown mark {row['mark']!r}; {_MARKED}" if row["mark"] else f"no mark; {_MARKED}")
    quarter = date(int(when[1]), int(when[2]) * 3 - 2, 1)
    known_since = _known_since(row.get(KNOWN_SINCE, ""))
    return RegionLine(row["parameter"], region, quarter, value, row["source"], row["mark"], path, number, known_since)


def _known_since(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise _Wrong(f"{KNOWN_SINCE}: not a date: {text!r}; as 2026-02-16") from None
    if day is not None and day < FIRST_KNOWN:
        raise _Wrong(f"{KNOWN_SINCE}: not before {FIRST_KNOWN}, the day of the Social Code: {day}")
    return day


def _repeats(columns: Sequence[str]) -> bool:
    return len(set(columns)) < len(columns)


def _dated(one: RegionLine) -> DatedValue:
    last = day_before(next_quarter(one.quarter))
    return DatedValue(one.quarter, last, one.value, one.source, one.mark, one.line, known_since=one.known_since)
