"""Reads one file of dated parameters and checks it against the schema; every error names file and line.

The shape is OpenFisca's: a parameter has a label, a unit and values by the date from which they hold, each with its
legal ground. Ours adds a mark of how well the value is known, and until when it holds if not until the next. The
files are for lawyers and analysts; `benefits/parameters/README.md` explains them. This module decides nothing about
any person.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import yaml

from benefits.dated import (
    FORECAST,
    LAW_OF_MONTH,
    LAW_OF_RIGHT,
    LAWS_OF,
    UNVERIFIED,
    DatedValue,
    Key,
    Parameter,
    ParameterFile,
    Series,
    Signature,
    known_on,
)
from benefits.plausible import (
    AGE,
    AMOUNT_UNITS,
    COUNT_UNITS,
    FIRST_KNOWN,
    FIRST_SINCE,
    LAST_SINCE,
    SPAN,
    fault_of_brackets,
    fault_of_number,
    is_far,
)
from benefits.terms import ONE_DAY
from benefits.texts import Texts
from benefits.yaml_nodes import BadParameters as BadParameters  # what its readers catch
from benefits.yaml_nodes import YamlNodes

YEARLY = "yearly"
"""How a constant of a budget law ends."""
WORD_UNITS = ("choice", "codes")
UNITS = (*AMOUNT_UNITS, *COUNT_UNITS, AGE, *WORD_UNITS)
MARKS = frozenset("SPCU")
_SERIES = ("values", "brackets", "table")
_MAY_SAY = ("reference", "mark", "status", "until", "forecast", "note", "known_since", "signed", "confirmed")
"""What a value may say besides itself."""


def read_parameter_file(path: Path) -> ParameterFile:
    """The checked content of one file. Raises BadParameters, or OSError when it cannot be read."""
    return _Reader(path).read()


class _Reader(YamlNodes):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.lines: dict[str, int] = {}

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
            allowed=(
                "reference",
                "references",
                "law_of",
                "grounds",
                "figures",
                "conditions",
                "resumes",
                "questions",
                "words",
            ),
        )
        law_of = self.law_of(top) or LAW_OF_RIGHT
        parameters = {name: self.parameter(name, node) for name, node in self.entries(top["parameters"], "parameters")}
        for one in parameters.values():
            if one.law_of == LAW_OF_RIGHT and law_of == LAW_OF_MONTH:
                what = f"law_of of {one.name!r}: the file says law_of: {LAW_OF_MONTH} at its head, so nothing is kept"
                raise BadParameters(self.path, one.line, f"{what} of the day of a right; take one of the two out")
        self.lines["names"] = self.line(top["names"])
        return ParameterFile(
            path=self.path,
            service=self.text(top["service"]),
            names=self.texts(top["names"]),
            reference=self.text(top["reference"]) if "reference" in top else None,
            references=self.named_texts(top, "references"),
            parameters=parameters,
            figures=self.named_texts(top, "figures"),
            conditions=self.named_texts(top, "conditions"),
            resumes=self.named_texts(top, "resumes"),
            questions=self.named_texts(top, "questions"),
            words=self.named_texts(top, "words"),
            grounds=self.grounds(top),
            law_of=law_of,
            lines=self.lines,
        )

    def grounds(self, top: dict[str, yaml.Node]) -> dict[str, str]:
        named = self.entries(top["grounds"], "grounds") if "grounds" in top else []
        self.lines |= {f"grounds.{name}": self.line(node) for name, node in named}
        return {name: self.text(node) for name, node in named}

    def parameter(self, name: str, node: yaml.Node) -> Parameter:
        content = self.mapping(
            node,
            required=("unit",),
            allowed=(
                *_SERIES,
                "label",
                "reference",
                "mark",
                "status",
                "note",
                "choices",
                "optional",
                "ends",
                "span",
                "law_of",
            ),
        )
        unit = self.text(content["unit"])
        if unit not in UNITS:
            self.fail(content["unit"], f"unknown unit {unit!r}; one of {', '.join(UNITS)}")
        kinds = [kind for kind in _SERIES if kind in content]
        if len(kinds) != 1:
            self.fail(node, f"parameter {name!r} needs exactly one of values, brackets, table")
        kind = kinds[0]
        series: Series = {}
        lines: dict[Key | None, int] = {None: self.line(node)}
        if kind == "values":
            series[None] = self.series(content["values"], content, unit)
        else:
            for text, rows in self.entries(content[kind], f"{kind} of {name}"):
                key = self.bracket(text, rows) if kind == "brackets" else text
                if key in series:
                    self.fail(rows, f"the bracket of {key} is given twice")
                series[key], lines[key] = self.series(rows, content, unit), self.line(rows)
        self.check_brackets(series, lines, unit)
        optional = "optional" in content and self.flag(content["optional"])
        yearly = "ends" in content
        self.check_as_known(name, series, may_have_gaps=optional and not yearly)
        label = self.texts(content["label"]) if "label" in content else None
        choices = frozenset(self.text(content["choices"]).split()) if "choices" in content else frozenset[str]()
        if yearly and self.text(content["ends"]) != YEARLY:
            self.fail(content["ends"], f"it ends {YEARLY}, or it does not say so")
        own = Parameter(
            name,
            label,
            unit,
            kind,
            series,
            series,
            optional,
            self.line(node),
            lines,
            choices,
            yearly,
            self.law_of(content),
        )
        return own.as_known(date.max)

    def law_of(self, content: dict[str, yaml.Node]) -> str | None:
        if "law_of" not in content:
            return None
        which = self.text(content["law_of"])
        if which not in LAWS_OF:
            self.fail(content["law_of"], f"unknown day {which!r}; one of {', '.join(LAWS_OF)}")
        return which

    def series(self, node: yaml.Node, inherited: dict[str, yaml.Node], unit: str) -> tuple[DatedValue, ...]:
        values: list[DatedValue] = []
        span = self.span(inherited)
        for text, entry in self.entries(node, "values", repeated="overlapping values: the same date twice"):
            for value, at in self.values_of(text, entry, inherited, unit):
                for earlier in values:
                    self.check_told_apart(earlier, value, at)
                if values:
                    self.check_near(values[-1], value, f"that of {values[-1].since}", unit, span)
                values.append(value)
        if not values:
            self.fail(node, "a parameter needs at least one dated value")
        return tuple(values)

    def values_of(
        self, since: str, node: yaml.Node, inherited: dict[str, yaml.Node], unit: str
    ) -> Iterator[tuple[DatedValue, yaml.Node]]:
        """The value of a date, or its several, which became known one after the other."""
        several = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not several:
            self.fail(node, f"no value stands under {since}: give one, or take the date out")
        for entry in several:
            yield self.dated_value(since, entry, inherited, unit), entry

    def check_told_apart(self, earlier: DatedValue, value: DatedValue, node: yaml.Node) -> None:
        """Of two values for one day the later written is also the later known, or nobody could say which holds."""
        if value.since < earlier.since or (value.since == earlier.since and value.known <= earlier.known):
            what = f"overlapping values: {value.since} does not come after {earlier.since}"
            self.fail(node, f"{what}; of two for one day the second has a later known_since")
        if earlier.until is not None and value.since <= earlier.until and value.known == earlier.known:
            self.fail(node, f"overlapping values: {value.since} lies within the value of {earlier.since}")

    def span(self, inherited: dict[str, yaml.Node]) -> Decimal:
        """How many times the value before a value may be."""
        if "span" not in inherited:
            return SPAN
        number = self.value(inherited["span"], "ratio")
        assert isinstance(number, Decimal)  # noqa: S101 - said to mypy
        if number <= 1:
            self.fail(inherited["span"], "a span is more than 1: a value may be so many times the one before it")
        return number

    def check_near(self, before: DatedValue, value: DatedValue, of: str, unit: str, span: Decimal) -> None:
        """A value far away from the one before it is a slip of the hand, or says why it is none."""
        if not (isinstance(before.value, Decimal) and isinstance(value.value, Decimal)) or value.confirmed:
            return
        if is_far(before.value, value.value, unit, span):
            what = f"{value.value:f} and {of}, {before.value:f}, are more than {span:f} times apart"
            raise BadParameters(self.path, value.line, f"{what}: if it is meant, say why with `confirmed:`")

    def check_brackets(self, series: Series, lines: dict[Key | None, int], unit: str) -> None:
        """Brackets rise, and none begins far from the one below, or on a later day, until which the one below holds,
        unless its first value is confirmed.
        """
        rows = {key: values[0] for key, values in series.items() if isinstance(key, int)}
        fault = fault_of_brackets(list(rows))
        if fault is not None and not (rows[fault[0]].confirmed and "rise" not in fault[1]):
            raise BadParameters(self.path, lines[fault[0]], fault[1])
        for (below, before), value in zip(rows.items(), list(rows.values())[1:], strict=False):
            self.check_near(before, value, f"that of the bracket of {below}", unit, SPAN)
            if value.since > before.since and not value.confirmed:
                what = f"it begins on {value.since}, and the bracket of {below} on {before.since}, which holds until"
                raise BadParameters(self.path, value.line, f"{what} then: say what held, or why it does (`confirmed:`)")

    def dated_value(self, since: str, node: yaml.Node, inherited: dict[str, yaml.Node], unit: str) -> DatedValue:
        if isinstance(node, yaml.MappingNode):
            own = self.mapping(
                node,
                required=("value",),
                allowed=_MAY_SAY,
            )
        else:
            own = {"value": node}
        first = self.day(since, node)
        if not FIRST_SINCE <= first < LAST_SINCE:
            self.fail(node, f"no day of this law: {first}; from {FIRST_SINCE} on, before {LAST_SINCE}")
        last = self.day(self.text(own["until"]), own["until"]) if "until" in own else None
        if last is not None and last < first:
            self.fail(own["until"], "the value ends before it begins")
        if last is not None and "confirmed" not in own and (last + ONE_DAY).day != 1:
            self.fail(own["until"], f"{last} is no end of a month: if it is meant, say why with `confirmed:`")
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
        known = self.known_day(own["known_since"]) if "known_since" in own else None
        signed = self.signature(own["signed"], mark) if "signed" in own else None
        if known is not None and signed is not None and signed.on < known:
            self.fail(own["signed"], f"signed on {signed.on}, before the value was known, on {known}: mend one")
        return DatedValue(
            since=first,
            until=last,
            value=self.value(own["value"], unit),
            reference=self.text(source),
            mark=mark,
            line=self.line(node),
            stands_in=FORECAST if "forecast" in own and self.flag(own["forecast"]) else None,
            known_since=known,
            signed=signed,
            confirmed="confirmed" in own and bool(self.named(own["confirmed"], "the reason")),
        )

    def signature(self, node: yaml.Node, mark: str) -> Signature:
        content = self.mapping(node, required=("by", "on", "document"), allowed=())
        if mark == "U":
            self.fail(node, "a signed value is no longer unverified: mark it S, P or C and take its status out")
        by = self.named(content["by"], "who has checked it")
        return Signature(by, self.known_day(content["on"]), self.named(content["document"], "the document"))

    def known_day(self, node: yaml.Node) -> date:
        day = self.day(self.text(node), node)
        if day < FIRST_KNOWN:
            self.fail(node, f"not before {FIRST_KNOWN}, the day of the Social Code: {day}")
        return day

    def value(self, node: yaml.Node, unit: str) -> Decimal | str | frozenset[str]:
        text = self.text(node)
        if unit in WORD_UNITS:
            return text if unit == "choice" else frozenset(text.split())
        fault = fault_of_number(text, unit)
        if fault is not None:
            self.fail(node, fault)
        return Decimal(text)

    def check_as_known(self, name: str, series: Series, may_have_gaps: bool) -> None:
        """Whatever day one asks as known on, the values are those of a law: no gap, and no law after a forecast. What
        is said anew each year has none between its years either: a year that was overwritten would be left out.
        """
        learned = {date.min, *(value.known for values in series.values() for value in values)}
        for day in sorted(learned):
            held = [known_on(values, day) for values in series.values()]
            if not may_have_gaps and held and not any(held):
                first = min((values[0] for values in series.values()), key=lambda value: value.line)
                what = f"nothing was known of {name!r} before {first.known_since}: one value has no known_since"
                raise BadParameters(self.path, first.line, what)
            for earlier, later in (pair for values in held for pair in pairwise(values)):
                if earlier.stands_in and not later.stands_in:
                    what = f"law in force after a forecast: take the forecast of {earlier.since} out"
                    raise BadParameters(self.path, later.line, what)
                if not may_have_gaps and earlier.until is not None and (later.since - earlier.until).days != 1:
                    self.fail_of_gap(earlier.until, later, [value for values in series.values() for value in values])

    def fail_of_gap(self, until: date, later: DatedValue, written: list[DatedValue]) -> NoReturn:
        """Said of the value that fills the gap only since it is known, if there is one: what was known is taken out."""
        for value in written:
            if value.known_since is not None and until < value.since < later.since:
                if later.stands_in is None and later.known_since is None:
                    what = f"give `known_since`: what comes before {later.since} became known on {value.known_since}"
                    raise BadParameters(self.path, later.line, what)
                what = f"before {value.known_since} nothing was known of {value.since}: leave what stood here, as a "
                what += "forecast, and write this beside it as a list under the date"
                raise BadParameters(self.path, value.line, what)
        raise BadParameters(self.path, later.line, f"no value between {until} and {later.since}")

    def bracket(self, text: str, node: yaml.Node) -> int:
        if not text.isdecimal():
            self.fail(node, f"a bracket begins at a whole number, not {text!r}")
        return int(text)

    def named_texts(self, top: dict[str, yaml.Node], section: str) -> dict[str, Texts]:
        if section not in top:
            return {}
        named = self.entries(top[section], section)
        self.lines |= {f"{section}.{name}": self.line(node) for name, node in named}
        return {name: self.texts(node) for name, node in named}
