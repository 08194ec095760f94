"""The parameters of one service as they are in force on a day, resolved once for each period and kept.

Between two changes nothing differs, so every day of a period shares one `InForce`: a lookup is a bisection and a
dictionary access. A service's own parameter hides the common one of the same name. This module knows parameters,
not people.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from benefits.dated import ENDED, LAW_OF_MONTH, LAW_OF_RIGHT, DatedValue, Key, Parameter, ParameterFile
from benefits.decision import TraceKind, TraceLine
from benefits.facts import BadFacts
from benefits.law_checks import check, first
from benefits.numbers import filled, named_in
from benefits.takes import COMMON as COMMON
from benefits.takes import MUST_STATE as MUST_STATE
from benefits.takes import TERMS as TERMS
from benefits.takes import Takes
from benefits.terms import month_number
from benefits.texts import Texts


@dataclass(frozen=True, slots=True)
class Entry:
    """One value, with the line that it leaves in a trace. `settled`: it is law, no forecast, no ended law; `dated`
    what its file says of it.
    """

    value: Decimal
    word: str
    codes: frozenset[str]
    line: TraceLine
    settled: bool
    dated: DatedValue


@dataclass(frozen=True, slots=True)
class Span:
    """A value with the numbers of the first and the last month on whose first day it is in force."""

    first: int
    last: int
    entry: Entry


class NoSuchRow(LookupError):
    """The law, as far as it is known, has no value, or no bracket or row for this number or name, on this day."""


class _Single(dict[str, Entry]):
    """The values by name; that one which may have gaps has none is a question, and no error in the middle of a case."""

    def __missing__(self, name: str) -> Entry:
        raise NoSuchRow(f"{name} has no value")


class InForce:
    """All values of a service during one period. `settled`: all are law, none a forecast or of a law that has ended."""

    __slots__ = ("brackets", "said", "settled", "single", "tables")

    def __init__(self) -> None:
        self.single: dict[str, Entry] = _Single()
        self.brackets: dict[str, tuple[list[int], list[Entry]]] = {}
        self.tables: dict[str, dict[str, Entry]] = {}
        self.settled = True
        self.said: dict[tuple[str, str], Texts] = {}
        """Texts with the numbers of this period in them, kept."""

    def bracket(self, name: str, number: int) -> Entry | None:
        """The entry of the highest bracket that begins at or below the number; None below the first."""
        begins, entries = self.brackets[name]
        index = bisect_right(begins, number) - 1
        return entries[index] if index >= 0 else None

    def entries(self) -> list[Entry]:
        """Every value in force, for those who list parameters."""
        found = [*self.single.values()]
        found += [entry for _, entries in self.brackets.values() for entry in entries]
        found += [entry for rows in self.tables.values() for entry in rows.values()]
        return found


class Legislation:
    """A service's parameter file on top of the common one."""

    def __init__(
        self, own: ParameterFile, common: ParameterFile, takes: Takes, must_state: tuple[str, ...] = MUST_STATE
    ) -> None:
        self.own = own
        self.must_state = must_state
        self.taken = takes.kinds()
        self.takes = takes
        self.common = common
        self.references = {**common.references, **own.references}
        self.parameters: dict[str, tuple[Parameter, str]] = {
            **{name: (parameter, COMMON) for name, parameter in common.parameters.items()},
            **{name: (parameter, own.service) for name, parameter in own.parameters.items()},
        }
        check(self)
        read = [parameter for name, (parameter, _) in self.parameters.items() if name in self.taken]
        self.first_day = max(first(parameter) for parameter in read if not parameter.optional)
        changes = {self.first_day}
        for parameter, _ in self.parameters.values():
            for values in parameter.series.values():
                changes |= {value.since for value in values}
                changes |= {value.until + timedelta(days=1) for value in values if value.until}
        self.changes = sorted(day for day in changes if day >= self.first_day)
        self._entries: dict[tuple[str, Key | None, date], Entry] = {}
        self._single: dict[tuple[str, date, str | None], Entry] = {}
        self._spans: dict[str, tuple[Span, ...]] = {}
        self._rows: dict[tuple[str, str | None], tuple[Entry, ...]] = {}
        self._of_right = tuple(name for name in self.parameters if self.is_of_right(name))
        self._granted_last = max((_last_change(self.parameters[name][0]) for name in self._of_right), default=date.min)
        """The day since which no condition of a grant has changed: for a right of then or later nothing differs."""
        self._of_both: dict[tuple[int, int], InForce] = {}
        self._periods: list[InForce | None] = [None] * len(self.changes)
        self._learned = sorted(own.learned | common.learned)
        self._as_known: dict[int, Legislation] = {}

    def as_known(self, day: date) -> "Legislation":
        """The same law as it was known on the day: of what became known later nothing is in it."""
        so_far = bisect_right(self._learned, day)
        if so_far == len(self._learned):
            return self
        kept = self._as_known.get(so_far)
        if kept is None:
            own, common = self.own.as_known(day), self.common.as_known(day)
            kept = self._as_known[so_far] = Legislation(own, common, self.takes, self.must_state)
        return kept

    def at(self, day: date, arose: date | None = None) -> InForce:
        """The values in force on the day; of a right that arose on another, the conditions of its grant are those in
        force then (`law_of` in the files), or the first that are known. Raises BadFacts for a day before the first
        parameter.
        """
        index = bisect_right(self.changes, day) - 1
        if index < 0:
            raise BadFacts("on", "not before the first parameter", f"{self.first_day} or later")
        period = self._periods[index]
        if period is None:
            period = self._periods[index] = self._resolve(self.changes[index])
        if arose is None or arose >= self._granted_last:
            return period
        granted = max(0, bisect_right(self.changes, arose) - 1)
        if granted >= index:
            return period
        kept = self._of_both.get((index, granted))
        if kept is None:
            kept = self._of_both[index, granted] = self._both(period, self.at(self.changes[granted]))
        return kept

    def _both(self, paid: InForce, granted: InForce) -> InForce:
        """The values of a month with the conditions of the grant."""
        both = InForce()
        both.settled = paid.settled and granted.settled
        for section in ("single", "brackets", "tables"):
            then = getattr(granted, section)
            held = {**getattr(paid, section), **{name: then[name] for name in self._of_right if name in then}}
            getattr(both, section).update(held)
        return both

    def is_of_right(self, name: str) -> bool:
        """Whether it is a condition of the grant: its own file says so, or else the common one."""
        if self.own.law_of == LAW_OF_MONTH:
            return False
        shared = self.common.parameters.get(name)
        return (self.parameters[name][0].law_of or (shared and shared.law_of)) == LAW_OF_RIGHT

    def entry_on(self, name: str, day: date, key: str | None = None) -> Entry | None:
        """The entry of one parameter on any day, also one before the service's first; None when it has no value then.

        For figures that reach back, such as the income of the 24 months before. `key` is the row of a table.
        """
        kept = self._single.get((name, day, key))
        if kept is None:
            parameter, owner = self.parameters[name]
            value = _value_on(parameter.series.get(key, ()), day)
            if value is None:
                return None
            kept = self._single[name, day, key] = self._entry(parameter, owner, key, value)
        return kept

    def row(self, name: str, key: str | None) -> tuple[Entry, ...]:
        """All entries of a parameter, or of a row of a table, the earliest first."""
        kept = self._rows.get((name, key))
        if kept is None:
            parameter, owner = self.parameters[name]
            made = (self._entry(parameter, owner, key, value) for value in parameter.series[key])
            kept = self._rows[name, key] = tuple(made)
        return kept

    def ended(self, name: str, day: date, key: str | None = None) -> Entry | None:
        """The last value of a parameter that may have gaps, where the day lies beyond it: the next is not entered."""
        parameter, owner = self.parameters[name]
        values = parameter.series.get(key, ())
        if not values or values[-1].until is None or day <= values[-1].until:
            return None
        return self._made(parameter, owner, key, replace(values[-1], stands_in=ENDED))

    def spans(self, name: str) -> tuple[Span, ...]:
        """All values of one parameter, each with the months on whose first day it is in force."""
        kept = self._spans.get(name)
        if kept is None:
            parameter, owner = self.parameters[name]
            values = parameter.series[None]
            ends = [one.until + timedelta(days=1) if one.until else None for one in values]
            for index, later in enumerate(values[1:]):
                ends[index] = ends[index] or later.since
            kept = self._spans[name] = tuple(
                Span(
                    first=_first_month_from(value.since),
                    last=_first_month_from(end) - 1 if end else month_number(date.max),
                    entry=self._entry(parameter, owner, None, value),
                )
                for value, end in zip(values, ends, strict=True)
            )
        return kept

    def text(self, section: str, code: str) -> Texts:
        """A text of the service's file, else of the common one; the bare code when neither has it."""
        own: dict[str, Texts] = getattr(self.own, section)
        common: dict[str, Texts] = getattr(self.common, section)
        return own.get(code) or common.get(code) or Texts.same(code)

    def said(self, section: str, code: str, in_force: InForce) -> Texts:
        """A text as `text` finds it, with the numbers of the law in force in the place of the parameters it names."""
        kept = in_force.said.get((section, code))
        if kept is None:
            text = self.text(section, code)
            entries = {name: in_force.single[name] for name in named_in(text.kk)}
            values = {name: (entry.value, entry.line.unit) for name, entry in entries.items()}
            kept = in_force.said[section, code] = filled(text, values)
        return kept

    def title(self, in_force: InForce, values: Mapping[str, tuple[Decimal, str]]) -> Texts:
        """The name of the service: its numbers are those of these values, else of the law in force."""
        named = {name: in_force.single[name] for name in named_in(self.own.names.kk)}
        return filled(self.own.names, {name: (e.value, e.line.unit) for name, e in named.items()} | dict(values))

    def ground(self, *names: str) -> Texts:
        """The legal ground of a condition, or of the parts of these payers: their own, or that of the whole service."""
        own = {self.own.grounds.get(name, self.own.reference) for name in names}
        (reference,) = own if len(own) == 1 else (self.own.reference,)
        return self.references[reference or ""]

    def label(self, name: str) -> Texts:
        """The label of a parameter; one that only overrides a common parameter has the common label."""
        parameter, _ = self.parameters[name]
        if parameter.label is not None:
            return parameter.label
        label = self.common.parameters[name].label
        assert label is not None  # noqa: S101 - checked when the file was read
        return label

    def _resolve(self, day: date) -> InForce:
        in_force = InForce()
        for name, (parameter, owner) in self.parameters.items():
            found = {key: _value_on(values, day) for key, values in parameter.series.items()}
            entries = {
                key: self._entry(parameter, owner, key, value) for key, value in found.items() if value is not None
            }
            in_force.settled &= all(entry.settled for entry in entries.values())
            if None in parameter.series:
                in_force.single.update((name, entry) for entry in entries.values())
            elif parameter.kind == "brackets":
                ordered = sorted((key, entry) for key, entry in entries.items() if isinstance(key, int))
                in_force.brackets[name] = ([key for key, _ in ordered], [entry for _, entry in ordered])
            else:
                in_force.tables[name] = {str(key): entry for key, entry in entries.items()}
        return in_force

    def _entry(self, parameter: Parameter, owner: str, key: Key | None, dated: DatedValue) -> Entry:
        """The one entry of a dated value: however it is found, a trace tells by identity that it holds it already."""
        kept = self._entries.get((parameter.name, key, dated.since))
        if kept is None:
            kept = self._entries[parameter.name, key, dated.since] = self._made(parameter, owner, key, dated)
        return kept

    def _made(self, parameter: Parameter, owner: str, key: Key | None, dated: DatedValue) -> Entry:
        value = dated.value
        shown = " ".join(sorted(value)) if isinstance(value, frozenset) else value
        line = TraceLine(
            kind=TraceKind.PARAMETER,
            code=f"{owner}.{parameter.name}" + ("" if key is None else f"[{key}]"),
            value=shown,
            unit=parameter.unit,
            since=dated.since,
            reference=dated.reference,
            ground=self.references[dated.reference].en,
            mark=dated.mark,
            status=dated.status,
        )
        return Entry(
            value=value if isinstance(value, Decimal) else Decimal(0),
            word=value if isinstance(value, str) else "",
            codes=value if isinstance(value, frozenset) else frozenset(),
            line=line,
            settled=dated.stands_in is None,
            dated=dated,
        )


def _first_month_from(day: date) -> int:
    """The number of the first month that begins on the day or later."""
    return month_number(day) + (day.day > 1)


def _value_on(values: tuple[DatedValue, ...], day: date) -> DatedValue | None:
    for value in reversed(values):
        if value.since <= day:
            return value if value.until is None or day <= value.until else None
    return None


def _last_change(parameter: Parameter) -> date:
    """The day of the last value that is not the first of its series; the first of all days if there is none."""
    return max((value.since for values in parameter.series.values() for value in values[1:]), default=date.min)
