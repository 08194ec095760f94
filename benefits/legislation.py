"""The parameters of one service as they are in force on a day, resolved once for each period and kept.

Between two changes nothing differs, so every day of a period shares one `InForce`: a lookup is a bisection and a
dictionary access. A service's own parameter hides the common one of the same name. This module knows parameters,
not people.
"""

from bisect import bisect_right
from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn

from benefits.dated import ENDED, DatedValue, Key, Parameter, ParameterFile
from benefits.decision import TraceKind, TraceLine
from benefits.facts import BadFacts
from benefits.numbers import fault_of, filled, named_in
from benefits.parameter_file import WORD_UNITS, BadParameters
from benefits.takes import Takes
from benefits.terms import ONE_DAY, month_number
from benefits.texts import Texts

COMMON = "common"
TERMS = Takes(
    (
        "payer:choice decider:choice frequency:choice residence:choice offered:choice events:codes "
        "consent_window_days:days reminder_after_days:days late_reply_days:days account_days:days "
        "term_working_days:working_days document_days:days most_offers:times follows_changes:choice "
        "partial_months:choice appeal:choice suspended_by:codes suspended_look_days:days"
    ),
    tables="again_after_days:days",
    says=(
        "already_paid amount applicant_died citizenship_lost exact imprisoned kandas_expired law_not_entered "
        "law_of_that_day_unknown left_country missing not_permanent_resident nothing_with_this_basis record_unclear "
        "which_months_were_paid"
    ),
)
"""What the shared conditions and the steps of a case read of every service."""

_SAID = ("conditions", "resumes", "questions", "figures")

MUST_STATE = ("payer", "decider", "frequency", "rounding", "events")
"""What every service says in its own file, because no default could be right."""


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


class InForce:
    """All values of a service during one period. `settled`: all are law, none a forecast or of a law that has ended."""

    __slots__ = ("brackets", "said", "settled", "single", "tables")

    def __init__(self) -> None:
        self.single: dict[str, Entry] = {}
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
        self._check(must_state)
        self._check_taken()
        self._check_texts()
        read = [parameter for name, (parameter, _) in self.parameters.items() if name in self.taken]
        self._check_beginnings()
        self.first_day = max(_first(parameter) for parameter in read if not parameter.optional)
        changes = {self.first_day}
        for parameter, _ in self.parameters.values():
            for values in parameter.series.values():
                changes |= {value.since for value in values}
                changes |= {value.until + timedelta(days=1) for value in values if value.until}
        self.changes = sorted(day for day in changes if day >= self.first_day)
        self._entries: dict[tuple[str, Key | None, date], Entry] = {}
        self._single: dict[tuple[str, date, str | None], Entry] = {}
        self._spans: dict[str, tuple[Span, ...]] = {}
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

    def at(self, day: date) -> InForce:
        """The values in force on the day. Raises BadFacts for a day before the first parameter."""
        index = bisect_right(self.changes, day) - 1
        if index < 0:
            raise BadFacts("on", "not before the first parameter", f"{self.first_day} or later")
        period = self._periods[index]
        if period is None:
            period = self._periods[index] = self._resolve(self.changes[index])
        return period

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

    def row(self, name: str, key: str) -> tuple[Entry, ...]:
        """All entries of a row of a table, the earliest first."""
        parameter, owner = self.parameters[name]
        return tuple(self._entry(parameter, owner, key, value) for value in parameter.series[key])

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

    def _check(self, must_state: tuple[str, ...]) -> None:
        """What one file alone cannot tell: labels and choices of the common file, references, what must be stated."""
        for name in must_state:
            if name not in self.own.parameters:
                raise BadParameters(self.own.path, 1, f"a service states its {name} itself")
        for file in (self.common, self.own):
            for parameter in file.parameters.values():
                shared = self.common.parameters.get(parameter.name, parameter)
                if parameter.label is None and shared.label is None:
                    raise BadParameters(file.path, parameter.line, f"parameter {parameter.name!r} has no label")
                if parameter.unit != shared.unit:
                    raise BadParameters(file.path, parameter.line, f"{parameter.name!r} has the unit {shared.unit}")
                if shared.yearly or parameter.yearly:
                    _check_yearly(file, parameter)
                if parameter.optional and parameter.name in TERMS.kinds():
                    raise BadParameters(file.path, parameter.line, f"{parameter.name!r} is needed on every day")
                strange = (
                    [] if shared.kind != "table" else [key for key in parameter.series if key not in shared.series]
                )
                if strange:
                    known = ", ".join(sorted(map(str, shared.series)))
                    raise BadParameters(
                        file.path,
                        parameter.lines[strange[0]],
                        f"{parameter.name!r} has no row {strange[0]!r}; one of {known}",
                    )
                for value in (value for values in parameter.written.values() for value in values):
                    # What the common file lists, the code knows; a service cannot add to it.
                    self._check_value(file, value, shared.choices or parameter.choices)

    def _check_beginnings(self) -> None:
        """What hides a shared parameter begins with the service: the whole of it would be no law until then."""
        stated = [self.own.parameters[name] for name in MUST_STATE if name in self.own.parameters]
        begins = min(map(_first, stated), default=date.min)
        for parameter in self.own.parameters.values():
            shared = self.common.parameters.get(parameter.name)
            if shared is None or shared.optional or parameter.optional or not shared.series or not parameter.series:
                continue
            due = max(_first(shared), begins)
            if _first(parameter) > due:
                what = f"{parameter.name!r} begins on {_first(parameter)}, and hides a shared one: say what held from"
                raise BadParameters(self.own.path, parameter.line, f"{what} {due} on too")

    def _check_taken(self) -> None:
        """A name that is read and not stated, or stated and not read, is a typing error on one of the two sides."""
        for name, parameter in self.own.parameters.items():
            if name not in self.taken:
                missing = [taken for taken in self.taken if taken not in self.parameters]
                hint = _hint(name, missing or list(self.taken))
                raise BadParameters(self.own.path, parameter.line, f"nothing reads the parameter {name!r}{hint}")
        for name, kind in self.taken.items():
            if name not in self.parameters:
                self._stated_nowhere(name)
            parameter, owner = self.parameters[name]
            if parameter.kind != kind:
                file = self.common if owner == COMMON else self.own
                raise BadParameters(file.path, parameter.line, f"{name!r} is read as {kind}, not as {parameter.kind}")
            unit = self.takes.units()[name]
            if parameter.unit != unit:
                file = self.common if owner == COMMON else self.own
                what = f"{name!r} is reckoned in {unit}, not in {parameter.unit}"
                raise BadParameters(file.path, parameter.line, what)
            known = self.takes.rows.get(name)
            strange = [row for row in parameter.series if known is not None and row not in list(known)]
            if known is not None and strange:
                words = ", ".join(known)
                hint = _hint(str(strange[0]), [str(one) for one in known])
                what = f"{name!r} has no row {strange[0]!r}{hint}; the registers know {words}"
                raise BadParameters(self.own.path, parameter.lines[strange[0]], what)

    def _stated_nowhere(self, name: str) -> NoReturn:
        """Said where the misspelt name probably stands, else at the first line."""
        what = f"the parameter {name!r} is read and stated nowhere"
        close = get_close_matches(name, [one for one in self.own.parameters if one not in self.taken], n=1)
        line = self.own.parameters[close[0]].line if close else 1
        raise BadParameters(self.own.path, line, what + _hint(name, close))

    def _check_texts(self) -> None:
        """Every text that a rule says is there, and none is there that nothing says: it would show as a bare code."""
        said = self.takes.texts()
        for section in _SAID:
            for name in getattr(self.own, section):
                if name not in said:
                    what = f"{section}: nothing says {name!r}{_hint(name, sorted(said))}"
                    raise BadParameters(self.own.path, self.own.lines[f"{section}.{name}"], what)
        stated = {name for file in (self.own, self.common) for section in _SAID for name in getattr(file, section)}
        for name in sorted(said - stated):
            own = [name for section in _SAID for name in getattr(self.own, section)]
            raise BadParameters(self.own.path, 1, f"{name!r} is said and has no text{_hint(name, own)}")
        for section, name in ((section, name) for section in _SAID for name in sorted(said)):
            self._check_named(section, name)
        named: set[str] = set()
        for parameter in self.own.parameters.values():
            rows = {str(row) for row in parameter.series} if parameter.kind == "table" else set()
            named |= rows | parameter.choices
            unnamed = sorted(rows - {*self.own.words, *self.common.words})
            if unnamed:
                what = f"the row {unnamed[0]!r} of {parameter.name!r} has no name under words"
                raise BadParameters(self.own.path, parameter.lines[unnamed[0]], what)
        for name in self.own.words:
            if name not in named:
                what = f"words: {name!r} is no row and no choice{_hint(name, sorted(named))}"
                raise BadParameters(self.own.path, self.own.lines[f"words.{name}"], what)

    def _check_named(self, section: str, name: str) -> None:
        """A text names only what its rule reads, a number on every day."""
        file = self.own if name in getattr(self.own, section) else self.common
        text: Texts | None = getattr(file, section).get(name)
        if text is None:
            return
        fault, numbers = fault_of(text), named_in(text.kk)
        for number in numbers:
            parameter, _ = self.parameters.get(number, (None, ""))
            if section == "figures" or self.taken.get(number) != "values" or parameter is None:
                fault = f"no number {number!r} can stand here{_hint(number, sorted(self.taken))}"
            elif parameter.unit in WORD_UNITS or parameter.optional:
                fault = f"{number!r} is no number on every day"
        if fault is not None:
            raise BadParameters(file.path, file.lines[f"{section}.{name}"], f"{section}: {name}: {fault}")

    def _check_value(self, file: ParameterFile, value: DatedValue, choices: frozenset[str]) -> None:
        if value.reference not in self.references:
            raise BadParameters(file.path, value.line, f"reference {value.reference!r} is not defined under references")
        words = {value.value} if isinstance(value.value, str) else value.value
        if isinstance(words, Set) and not words <= choices:
            raise BadParameters(file.path, value.line, f"unknown choice; one of {', '.join(sorted(choices))}")


def check_common(common: ParameterFile, read: Set[str]) -> None:
    """Every parameter that all services share is read by one of them, or its name is misspelt. Raises BadParameters."""
    for name, parameter in common.parameters.items():
        if name not in read:
            hint = _hint(name, sorted(read - set(common.parameters)))
            raise BadParameters(common.path, parameter.line, f"nothing reads the parameter {name!r}{hint}")


def _check_yearly(file: ParameterFile, parameter: Parameter) -> None:
    """No value is law beyond its year: entered without an end it would be law for ever, and nobody would be warned."""
    for values in parameter.series.values():
        followed = [later.since for later in values[1:]]
        for value, after in zip(values, [*followed, date.max], strict=True):
            last = date(value.since.year, 12, 31)
            if value.stands_in is None and (value.until or after - ONE_DAY) > last:
                what = f"{parameter.name!r} is a constant of a budget law, which ends: give `until: {last}`"
                raise BadParameters(file.path, value.line, what)


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _first(parameter: Parameter) -> date:
    """The day from which there is a value: of a table or brackets the earliest, for a row may be added later."""
    return min(values[0].since for values in parameter.series.values() if values)


def _first_month_from(day: date) -> int:
    """The number of the first month that begins on the day or later."""
    return month_number(day) + (day.day > 1)


def _value_on(values: tuple[DatedValue, ...], day: date) -> DatedValue | None:
    for value in reversed(values):
        if value.since <= day:
            return value if value.until is None or day <= value.until else None
    return None
