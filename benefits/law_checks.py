"""What one parameter file alone cannot tell of itself: whether it fits the common file, and the rule that reads it.

Every fault is found when the files are read, and named with file and line, before any case meets it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Set
from datetime import date
from difflib import get_close_matches
from itertools import zip_longest
from typing import TYPE_CHECKING, NoReturn

from benefits.dated import DatedValue, Parameter, ParameterFile
from benefits.numbers import fault_of, named_in
from benefits.parameter_file import WORD_UNITS, BadParameters
from benefits.signing import fault_of_signature, listed_in, raised_unsigned
from benefits.takes import COMMON, TERMS
from benefits.terms import ONE_DAY
from benefits.texts import Texts

if TYPE_CHECKING:
    from benefits.legislation import Legislation

SAY_WHEN_KNOWN = date(2027, 1, 1)
"""Constants of the years before were here from the beginning; each later one takes the place of a forecast, or of
nothing, and what was decided until then is asked for as it was known."""

_SAID = ("conditions", "resumes", "questions", "figures")


def check(law: Legislation) -> None:
    """Everything that can be told before the days of the law are known. Raises BadParameters."""
    _check_files(law)
    _check_taken(law)
    _check_texts(law)
    _check_beginnings(law)


def _check_files(law: Legislation) -> None:
    """What one file alone cannot tell: labels and choices of the common file, references, what must be stated."""
    for name in law.must_state:
        if name not in law.own.parameters:
            raise BadParameters(law.own.path, 1, f"a service states its {name} itself")
    for file in (law.common, law.own):
        for parameter in file.parameters.values():
            shared = law.common.parameters.get(parameter.name, parameter)
            if parameter.label is None and shared.label is None:
                raise BadParameters(file.path, parameter.line, f"parameter {parameter.name!r} has no label")
            if parameter.unit != shared.unit:
                raise BadParameters(file.path, parameter.line, f"{parameter.name!r} has the unit {shared.unit}")
            if shared.yearly or parameter.yearly:
                _check_yearly(file, parameter)
            if parameter.optional and parameter.name in TERMS.kinds():
                raise BadParameters(file.path, parameter.line, f"{parameter.name!r} is needed on every day")
            strange = [] if shared.kind != "table" else [key for key in parameter.series if key not in shared.series]
            if strange:
                known = ", ".join(sorted(map(str, shared.series)))
                raise BadParameters(
                    file.path,
                    parameter.lines[strange[0]],
                    f"{parameter.name!r} has no row {strange[0]!r}; one of {known}",
                )
            for value in (value for values in parameter.written.values() for value in values):
                # What the common file lists, the code knows; a service cannot add to it.
                _check_value(law, file, value, shared.choices or parameter.choices)


def _check_beginnings(law: Legislation) -> None:
    """Whatever is read begins with the service: by one first date that was overwritten with a later one the whole of it
    would be no law until then, and nobody would be told.
    """
    begins = max(_begins(law.own), _begins(law.common))
    for name in law.taken:
        parameter, owner = law.parameters[name]
        if not parameter.optional and parameter.written and _written_first(parameter) > begins:
            file = law.common if owner == COMMON else law.own
            what = f"{name!r} begins on {_written_first(parameter)}, and {law.own.service} on {begins}: say what held"
            raise BadParameters(file.path, parameter.line, f"{what} from {begins} on too, or that it is `optional`")


def _check_taken(law: Legislation) -> None:
    """A name that is read and not stated, or stated and not read, is a typing error on one of the two sides."""
    for name, parameter in law.own.parameters.items():
        if name not in law.taken:
            missing = [taken for taken in law.taken if taken not in law.parameters]
            hint = _hint(name, missing or list(law.taken))
            raise BadParameters(law.own.path, parameter.line, f"nothing reads the parameter {name!r}{hint}")
    for name, kind in law.taken.items():
        if name not in law.parameters:
            _stated_nowhere(law, name)
        parameter, owner = law.parameters[name]
        if parameter.kind != kind:
            file = law.common if owner == COMMON else law.own
            raise BadParameters(file.path, parameter.line, f"{name!r} is read as {kind}, not as {parameter.kind}")
        unit = law.takes.units()[name]
        if parameter.unit != unit:
            file = law.common if owner == COMMON else law.own
            what = f"{name!r} is reckoned in {unit}, not in {parameter.unit}"
            raise BadParameters(file.path, parameter.line, what)
        nought = [one for values in parameter.written.values() for one in values if one.value == 0]
        if nought and name in law.takes.divides:
            file = law.common if owner == COMMON else law.own
            raise BadParameters(file.path, nought[0].line, f"the rule divides by {name!r}: it is more than 0")
        known = law.takes.rows.get(name)
        strange = [row for row in parameter.series if known is not None and row not in list(known)]
        if known is not None and strange:
            words = ", ".join(known)
            hint = _hint(str(strange[0]), [str(one) for one in known])
            what = f"{name!r} has no row {strange[0]!r}{hint}; the registers know {words}"
            raise BadParameters(law.own.path, parameter.lines[strange[0]], what)


def _stated_nowhere(law: Legislation, name: str) -> NoReturn:
    """Said where the misspelt name probably stands, else at the first line."""
    what = f"the parameter {name!r} is read and stated nowhere"
    close = get_close_matches(name, [one for one in law.own.parameters if one not in law.taken], n=1)
    line = law.own.parameters[close[0]].line if close else 1
    raise BadParameters(law.own.path, line, what + _hint(name, close))


def _check_texts(law: Legislation) -> None:
    """Every text that a rule says is there, and none is there that nothing says: it would show as a bare code."""
    said = law.takes.texts()
    for section in _SAID:
        for name in getattr(law.own, section):
            if name not in said:
                what = f"{section}: nothing says {name!r}{_hint(name, sorted(said))}"
                raise BadParameters(law.own.path, law.own.lines[f"{section}.{name}"], what)
    stated = {name for file in (law.own, law.common) for section in _SAID for name in getattr(file, section)}
    for name in sorted(said - stated):
        own = [name for section in _SAID for name in getattr(law.own, section)]
        raise BadParameters(law.own.path, 1, f"{name!r} is said and has no text{_hint(name, own)}")
    for section, name in ((section, name) for section in _SAID for name in sorted(said)):
        file = law.own if name in getattr(law.own, section) else law.common
        _check_named(law, file, section, name, getattr(file, section).get(name))
    _check_named(law, law.own, "names", "", law.own.names)
    grounded = said | law.common.parameters["payer"].choices
    for name, reference in law.own.grounds.items():
        line = law.own.lines[f"grounds.{name}"]
        if name not in grounded:
            what = f"grounds: {name!r} is no condition and no payer{_hint(name, sorted(grounded))}"
            raise BadParameters(law.own.path, line, what)
        if reference not in law.references:
            raise BadParameters(law.own.path, line, f"reference {reference!r} is not defined under references")
    named: set[str] = set()
    for parameter in law.own.parameters.values():
        rows = {str(row) for row in parameter.series} if parameter.kind == "table" else set()
        named |= rows | parameter.choices
        unnamed = sorted(rows - {*law.own.words, *law.common.words})
        if unnamed:
            what = f"the row {unnamed[0]!r} of {parameter.name!r} has no name under words"
            raise BadParameters(law.own.path, parameter.lines[unnamed[0]], what)
    for name in law.own.words:
        if name not in named:
            what = f"words: {name!r} is no row and no choice{_hint(name, sorted(named))}"
            raise BadParameters(law.own.path, law.own.lines[f"words.{name}"], what)


def check_signed(law: Legislation) -> None:
    """Who raises the mark of a value that nobody had checked signs it."""
    for file in (law.common, law.own):
        raised = raised_unsigned(file, listed_in(file.path.parent))
        if raised is not None:
            what = f"nobody had checked the value of {raised.since}, and it is marked {raised.mark}: who has checked it"
            raise BadParameters(
                file.path, raised.line, f"{what} says so: `signed: {{by: ..., on: ..., document: ...}}`"
            )


def check_used(law: Legislation) -> None:
    """A bracket that is looked up on no day is no law, whatever the list of parameters says."""
    periods = [law.at(day) for day in law.changes] if law.takes.used else []
    for name, bounds in law.takes.used.items():
        looked_up: set[int] = set()
        for one in periods:
            first, below = (int(one.single[bound].value) if bound else None for bound in bounds)
            begins, _ = one.brackets[name]
            for begin, following in zip_longest(begins, begins[1:]):
                if (below is None or begin < below) and (first is None or following is None or following > first):
                    looked_up.add(begin)
        parameter, owner = law.parameters[name]
        unused = [key for key in parameter.series if key not in looked_up]
        if unused:
            which = " and ".join(bound for bound in bounds if bound)
            what = f"nothing reads the bracket of {unused[0]} of {name!r} on any day: look at {which}"
            file = law.common if owner == COMMON else law.own
            raise BadParameters(file.path, parameter.lines[unused[0]], what)


def _check_named(law: Legislation, file: ParameterFile, section: str, name: str, text: Texts | None) -> None:
    """A text names only what its rule reads, a number on every day."""
    if text is None:
        return
    fault, numbers = fault_of(text), named_in(text.kk)
    for number in numbers:
        parameter, _ = law.parameters.get(number, (None, ""))
        if section == "figures" or law.taken.get(number) != "values" or parameter is None:
            fault = f"no number {number!r} can stand here{_hint(number, sorted(law.taken))}"
        elif parameter.unit in WORD_UNITS or parameter.optional:
            fault = f"{number!r} is no number on every day"
    if fault is not None:
        where = ": ".join(filter(None, (section, name)))
        raise BadParameters(file.path, file.lines[where.replace(": ", ".")], f"{where}: {fault}")


def _check_value(law: Legislation, file: ParameterFile, value: DatedValue, choices: frozenset[str]) -> None:
    if value.reference not in law.references:
        raise BadParameters(file.path, value.line, f"reference {value.reference!r} is not defined under references")
    fault = fault_of_signature(value, law.references[value.reference])
    if fault is not None:
        raise BadParameters(file.path, value.line, fault)
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
    for value in (value for values in parameter.written.values() for value in values):
        if value.since >= SAY_WHEN_KNOWN and value.stands_in is None and value.known_since is None:
            what = (
                f"{parameter.name!r} of {value.since.year}: give `known_since`, the day on which the law was published"
            )
            raise BadParameters(file.path, value.line, f"{what}; a forecast stays beside it in a list under the date")


def _hint(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _begins(file: ParameterFile) -> date:
    """The day on which most of its parameters begin."""
    begun = Counter(_written_first(one) for one in file.parameters.values() if not one.optional and one.written)
    return min(begun, key=lambda day: (-begun[day], day), default=date.min)


def _written_first(parameter: Parameter) -> date:
    """The day from which its file has a value, whenever that became known."""
    return min(value.since for values in parameter.written.values() for value in values)


def first(parameter: Parameter) -> date:
    """The day from which there is a value: of a table or brackets the earliest, for a row may be added later."""
    return min(values[0].since for values in parameter.series.values() if values)
