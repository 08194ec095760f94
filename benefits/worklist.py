"""The values of the law that nobody has checked against its text, each with file and line, and those that were signed.
And days of files that cannot have come yet.

A work list for lawyers. A value leaves it when its mark is no longer U, and `signed` says by whom, when, from what.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benefits.catalogue import PARAMETERS, load, region_tables
from benefits.dated import DatedValue, Parameter, Signature
from benefits.endings import shown
from benefits.legislation import Legislation
from benefits.notices.due import laws
from benefits.regions import FILE as REGIONS
from benefits.texts import Texts

BEGINS = "begins"
"""What `Ahead` says of a service that is no law yet: nobody has a right to it before that day."""
FARTHEST = timedelta(days=3660)
"""No law is written for a day so far ahead."""


@dataclass(frozen=True, slots=True)
class ToCheck:
    """A value with mark U, or a signed one. `code` is e.g. `multi-child.rate[5]`; `file` as the folder of parameters
    names it.
    """

    code: str
    file: str
    line: int
    label: Texts
    since: date
    value: str
    unit: str
    reference: str
    signed: Signature | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "label": self.label.to_dict(),
            "since": self.since.isoformat(),
            "value": self.value,
            "unit": self.unit,
            "reference": self.reference,
            "signed": self.signed.to_dict() if self.signed else None,
        }


def work_list() -> tuple[ToCheck, ...]:
    """Every value of every file with mark U, and every signed one, in the order of files and lines."""
    by_region = region_tables()
    labels = {name: one.label for law in _laws() for name, one in law.common.parameters.items()}
    found = [
        ToCheck(
            code=code,
            file=_file(path, parameter, by_region),
            line=value.line,
            label=parameter.label or labels.get(parameter.name) or Texts.same(parameter.name),
            since=value.since,
            value=shown(value),
            unit=parameter.unit,
            reference=value.reference,
            signed=value.signed,
        )
        for path, code, parameter, value in _written()
        if value.mark == "U" or value.signed
    ]
    return tuple(sorted(found, key=lambda one: (one.file, one.line)))


@dataclass(frozen=True, slots=True)
class Ahead:
    """A day in a file that cannot have come yet: `says` names it, as `known_since` or `signed.on`."""

    code: str
    file: str
    line: int
    says: str
    day: date

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "file": self.file,
            "line": self.line,
            "says": self.says,
            "day": self.day.isoformat(),
        }


def ahead_of(today: date) -> tuple[Ahead, ...]:
    """Every day that lies after today and says what has happened, every value that begins more than `FARTHEST` after
    it, and the first day of each service that has not begun: slips of the hand, or a law to come. In the order of files
    and lines.
    """
    found = []
    by_region = region_tables()
    for path, code, parameter, value in _written():
        said = {"known_since": value.known_since, "signed.on": value.signed.on if value.signed else None}
        wrong = [(says, day) for says, day in said.items() if day is not None and day > today]
        if value.since > today + FARTHEST:
            wrong.append(("the first day", value.since))
        found += [Ahead(code, _file(path, parameter, by_region), value.line, says, day) for says, day in wrong]
    for law in (law for law in _laws() if law.first_day > today):
        begins = min(one.line for one in law.own.parameters.values())
        found.append(Ahead(law.own.service, _name(law.own.path), begins, BEGINS, law.first_day))
    return tuple(sorted(found, key=lambda one: (one.file, one.line)))


def _laws() -> list[Legislation]:
    return [*(one.legislation for one in load().values()), *laws().values()]


def _written() -> Iterator[tuple[Path, str, Parameter, DatedValue]]:
    """Every value of every file, with its file and its code."""
    files = {file.path: file for law in _laws() for file in (law.common, law.own)}
    for path, file in files.items():
        for parameter in file.parameters.values():
            for key, values in parameter.written.items():
                code = f"{file.service}.{parameter.name}" + ("" if key is None else f"[{key}]")
                yield from ((path, code, parameter, value) for value in values)


def _file(path: Path, parameter: Parameter, by_region: tuple[str, ...]) -> str:
    """The file that holds the values of a parameter."""
    return REGIONS if parameter.name in by_region else _name(path)


def _name(path: Path) -> str:
    return path.relative_to(PARAMETERS).as_posix() if path.is_relative_to(PARAMETERS) else path.name
