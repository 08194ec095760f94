"""Reads one file of dated parameters and checks it against the schema; every error names file and line.

The shape is OpenFisca's: a parameter has a label, a unit and values by the date from which they hold, each with its
legal ground. Ours adds a mark of how well the value is known, and until when it holds if not until the next. The
files are for lawyers and analysts; `benefits/parameters/README.md` explains them. This module decides nothing about
any person.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import yaml

from benefits.terms import ONE_DAY
from benefits.texts import LANGUAGES, Texts

AMOUNT_UNITS = ("tenge", "MRP", "PM", "MZP", "ratio")
COUNT_UNITS = ("days", "working_days", "months", "years", "children", "people", "times")
AGE = "age"
"""A unit of years that may be halves, as the pension age."""
LARGEST = {
    "years": 150,
    "age": 150,
    "months": 1800,
    "days": 3660,
    "working_days": 3660,
    "tenge": 100_000_000,
    "MRP": 10_000,
    "PM": 1_000,
    "MZP": 1_000,
    "ratio": 1_000,
}
"""Beyond these a value is a typing error; no calendar reckons with a longer term."""
NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
"""As lawyers write a number: `2e3` and `023` are slips of the hand."""
WORD_UNITS = ("choice", "codes")
UNITS = (*AMOUNT_UNITS, *COUNT_UNITS, AGE, *WORD_UNITS)
MARKS = frozenset("SPCU")
UNVERIFIED = "unverified"
FORECAST = "forecast"
"""Status of a value that was announced and is not law yet."""
ENDED = "ended"
"""Status of the last value of a law that has ended, while nobody has entered the next."""
Key = int | str
_SERIES = ("values", "brackets", "table")


class BadParameters(ValueError):
    """A parameter file that breaks the schema; the text is `file:line: what`."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.name}:{line}: {what}")
        self.path = path


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value from `since` to `until` (last day, None until the next value), with its legal ground and mark.

    `stands_in` is None for law in force; with `forecast` or `ended` the value shows what to expect and decides nothing.
    """

    since: date
    until: date | None
    value: Decimal | str | frozenset[str]
    reference: str
    mark: str
    line: int
    stands_in: str | None = None

    @property
    def status(self) -> str | None:
        return self.stands_in or (UNVERIFIED if self.mark == "U" else None)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: one series of values (`series[None]`), or one for each bracket (int) or row of a table (str).

    `kind` is "values", "brackets" or "table", as in the file.
    """

    name: str
    label: Texts | None
    unit: str
    kind: str
    series: dict[Key | None, tuple[DatedValue, ...]]
    optional: bool
    line: int
    lines: dict[Key | None, int]
    """Of each bracket or row."""
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ParameterFile:
    path: Path
    service: str
    names: Texts
    reference: str | None
    references: dict[str, Texts]
    parameters: dict[str, Parameter]
    figures: dict[str, Texts] = field(default_factory=dict)
    conditions: dict[str, Texts] = field(default_factory=dict)
    questions: dict[str, Texts] = field(default_factory=dict)
    words: dict[str, Texts] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    """Of each named text, as `conditions.no_child`."""


def read_parameter_file(path: Path) -> ParameterFile:
    """The checked content of one file. Raises BadParameters, or OSError when it cannot be read."""
    return _Reader(path).read()


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[str, int] = {}
        self._keys: dict[int, int] = {}
        """By the identity of a value's node the line of its key: a block begins only on the line after it."""

    def read(self) -> ParameterFile:
        try:
            root = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            why = getattr(error, "problem", None) or "a character that no text has"
            raise BadParameters(self.path, mark.line + 1 if mark else 1, f"not YAML: {why}") from None
        except RecursionError:
            raise BadParameters(self.path, 1, "nested too deeply") from None
        except UnicodeDecodeError:
            raise BadParameters(self.path, 1, "not YAML: a character that is no UTF-8") from None
        if root is None:
            raise BadParameters(self.path, 1, "the file is empty")
        top = self.mapping(
            root,
            required=("service", "names", "parameters"),
            allowed=("reference", "references", "figures", "conditions", "questions", "words"),
        )
        parameters = {name: self.parameter(name, node) for name, node in self.entries(top["parameters"], "parameters")}
        return ParameterFile(
            path=self.path,
            service=self.text(top["service"]),
            names=self.texts(top["names"]),
            reference=self.text(top["reference"]) if "reference" in top else None,
            references=self.named_texts(top, "references"),
            parameters=parameters,
            figures=self.named_texts(top, "figures"),
            conditions=self.named_texts(top, "conditions"),
            questions=self.named_texts(top, "questions"),
            words=self.named_texts(top, "words"),
            lines=self.lines,
        )

    def parameter(self, name: str, node: yaml.Node) -> Parameter:
        content = self.mapping(
            node,
            required=("unit",),
            allowed=(*_SERIES, "label", "reference", "mark", "status", "note", "choices", "optional"),
        )
        unit = self.text(content["unit"])
        if unit not in UNITS:
            self.fail(content["unit"], f"unknown unit {unit!r}; one of {', '.join(UNITS)}")
        kinds = [kind for kind in _SERIES if kind in content]
        if len(kinds) != 1:
            self.fail(node, f"parameter {name!r} needs exactly one of values, brackets, table")
        kind = kinds[0]
        series: dict[Key | None, tuple[DatedValue, ...]] = {}
        lines: dict[Key | None, int] = {None: self.line(node)}
        if kind == "values":
            series[None] = self.series(content["values"], content, unit)
        else:
            for text, rows in self.entries(content[kind], f"{kind} of {name}"):
                key = self.bracket(text, rows) if kind == "brackets" else text
                if key in series:
                    self.fail(rows, f"the bracket of {key} is given twice")
                series[key], lines[key] = self.series(rows, content, unit), self.line(rows)
        optional = "optional" in content and self.flag(content["optional"])
        if not optional:
            self.check_no_gap(series)
            series = {key: _carried_on(values) for key, values in series.items()}
        label = self.texts(content["label"]) if "label" in content else None
        choices = frozenset(self.text(content["choices"]).split()) if "choices" in content else frozenset[str]()
        return Parameter(name, label, unit, kind, series, optional, self.line(node), lines, choices)

    def series(self, node: yaml.Node, inherited: dict[str, yaml.Node], unit: str) -> tuple[DatedValue, ...]:
        values: list[DatedValue] = []
        for text, entry in self.entries(node, "values", repeated="overlapping values: the same date twice"):
            value = self.dated_value(text, entry, inherited, unit)
            if values:
                earlier = values[-1]
                if value.since <= earlier.since:
                    self.fail(entry, f"overlapping values: {value.since} does not come after {earlier.since}")
                if earlier.until is not None and value.since <= earlier.until:
                    self.fail(entry, f"overlapping values: {value.since} lies within the value of {earlier.since}")
                if earlier.stands_in and not value.stands_in:
                    self.fail(entry, f"law in force after a forecast: take the forecast of {earlier.since} out")
            values.append(value)
        if not values:
            self.fail(node, "a parameter needs at least one dated value")
        return tuple(values)

    def dated_value(self, since: str, node: yaml.Node, inherited: dict[str, yaml.Node], unit: str) -> DatedValue:
        if isinstance(node, yaml.MappingNode):
            own = self.mapping(
                node, required=("value",), allowed=("reference", "mark", "status", "until", "forecast", "note")
            )
        else:
            own = {"value": node}
        first = self.day(since, node)
        last = self.day(self.text(own["until"]), own["until"]) if "until" in own else None
        if last is not None and last < first:
            self.fail(own["until"], "the value ends before it begins")
        source = own.get("reference") or inherited.get("reference")
        if source is None:
            self.fail(node, f"the value of {since} has no source: give a reference")
        marked = own.get("mark") or inherited.get("mark")
        if marked is None:
            self.fail(node, f"the value of {since} has no mark: S, P, C or U")
        mark = self.text(marked)
        if mark not in MARKS:
            self.fail(marked, f"unknown mark {mark!r}; one of S, P, C, U")
        status = (own if "mark" in own or "status" in own else inherited).get("status")
        if status is not None and (self.text(status) != UNVERIFIED or mark != "U"):
            self.fail(status, "the only status is unverified, and only a value with mark U has it")
        if mark == "U" and status is None:
            self.fail(marked, "a value with mark U says status: unverified")
        return DatedValue(
            since=first,
            until=last,
            value=self.value(own["value"], unit),
            reference=self.text(source),
            mark=mark,
            line=self.line(node),
            stands_in=FORECAST if "forecast" in own and self.flag(own["forecast"]) else None,
        )

    def value(self, node: yaml.Node, unit: str) -> Decimal | str | frozenset[str]:
        text = self.text(node)
        if unit in WORD_UNITS:
            return text if unit == "choice" else frozenset(text.split())
        if not NUMBER.fullmatch(text):
            self.fail(node, f"not a number from zero, as 1200 or 1.5: {text!r}")
        number = Decimal(text)
        if unit in COUNT_UNITS and number != number.to_integral_value():
            self.fail(node, f"a number of {unit} is whole, not {text!r}")
        if unit == AGE and number * 2 != (number * 2).to_integral_value():
            self.fail(node, f"an age is a number of years or half years, not {text!r}")
        if unit == "working_days" and not number:
            self.fail(node, "a term has at least one working day")
        if number > LARGEST.get(unit, number):
            self.fail(node, f"at most {LARGEST[unit]} {unit}, not {text!r}")
        return number

    def check_no_gap(self, series: dict[Key | None, tuple[DatedValue, ...]]) -> None:
        for values in series.values():
            for earlier, later in pairwise(values):
                if earlier.until is not None and (later.since - earlier.until).days != 1:
                    raise BadParameters(self.path, later.line, f"no value between {earlier.until} and {later.since}")

    def flag(self, node: yaml.Node) -> bool:
        text = self.text(node)
        if text not in ("true", "false", "yes", "no"):
            self.fail(node, f"true or false, not {text!r}")
        return text in ("true", "yes")

    def bracket(self, text: str, node: yaml.Node) -> int:
        if not text.isdecimal():
            self.fail(node, f"a bracket begins at a whole number, not {text!r}")
        return int(text)

    def day(self, text: str, node: yaml.Node) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fail(node, f"not a date: {text!r}; as 2025-01-01")

    def named_texts(self, top: dict[str, yaml.Node], section: str) -> dict[str, Texts]:
        if section not in top:
            return {}
        named = self.entries(top[section], section)
        self.lines |= {f"{section}.{name}": self.line(node) for name, node in named}
        return {name: self.texts(node) for name, node in named}

    def texts(self, node: yaml.Node) -> Texts:
        content = self.mapping(node, required=LANGUAGES, allowed=())
        return Texts(*(self.text(content[language]) for language in LANGUAGES))

    def text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.fail(node, "a text or number is expected here")
        return str(node.value).strip()

    def mapping(self, node: yaml.Node, required: tuple[str, ...], allowed: tuple[str, ...]) -> dict[str, yaml.Node]:
        content = dict(self.entries(node, "fields"))
        for name in required:
            if name not in content:
                self.fail(node, f"{name!r} is missing")
        for name, child in content.items():
            if name not in required and name not in allowed:
                self.fail(child, f"unknown field {name!r}; one of {', '.join(required + allowed)}")
        return content

    def entries(self, node: yaml.Node, what: str, repeated: str = "") -> list[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self.fail(node, f"{what} must be a mapping")
        entries: list[tuple[str, yaml.Node]] = []
        seen: set[str] = set()
        for key, child in node.value:
            name = self.text(key)
            if name in seen:
                self.fail(key, repeated or f"{name!r} is given twice")
            seen.add(name)
            self._keys[id(child)] = key.start_mark.line + 1
            entries.append((name, child))
        return entries

    def line(self, node: yaml.Node) -> int:
        return self._keys.get(id(node), node.start_mark.line + 1)

    def fail(self, node: yaml.Node, what: str) -> NoReturn:
        raise BadParameters(self.path, self.line(node), what)


def _carried_on(values: tuple[DatedValue, ...]) -> tuple[DatedValue, ...]:
    """A law that ends leaves its last value in sight, as one that decides nothing."""
    last = values[-1]
    if last.until is None:
        return values
    return (*values, replace(last, since=last.until + ONE_DAY, until=None, stands_in=ENDED))
