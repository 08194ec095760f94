"""The parameters of a service as in force on a day, and what changed between two days: for those who read the law.

It only shows what the parameter files hold; nothing here decides.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from benefits.catalogue import benefit, load
from benefits.decision import TraceLine
from benefits.legislation import Legislation
from benefits.texts import Texts


@dataclass(frozen=True, slots=True)
class ListedParameter:
    """A value in force, with its label and legal ground in three languages."""

    line: TraceLine
    label: Texts
    ground: Texts

    def to_dict(self) -> dict[str, Any]:
        return {**self.line.to_dict(), "label": self.label.to_dict(), "ground": self.ground.to_dict()}


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter whose value differs between two days; None where it has no value."""

    code: str
    label: Texts
    before: TraceLine | None
    after: TraceLine | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "label": self.label.to_dict(),
            "before": self.before.to_dict() if self.before else None,
            "after": self.after.to_dict() if self.after else None,
        }


def parameters_on(code: str, on: date) -> tuple[ListedParameter, ...]:
    """The parameters of the service in force on the day that its rule, or the steps of its cases, read; its own first.

    Raises UnknownService, and BadFacts for a day before the first parameter.
    """
    legislation = benefit(code).legislation
    read = [line for line in legislation.at(on).lines() if _name(line.code) in legislation.taken]
    lines = sorted(read, key=lambda line: not line.code.startswith(f"{code}."))
    return tuple(
        ListedParameter(line, legislation.label(_name(line.code)), legislation.references[line.reference or ""])
        for line in lines
    )


def changes_between(code: str, first: date, last: date) -> tuple[Change, ...]:
    """What differs on `last` from `first`; of a service that begins between them, everything. Raises as
    `parameters_on`.
    """
    legislation = benefit(code).legislation
    known_from = min(one.legislation.first_day for one in load().values())
    begins = known_from <= first < legislation.first_day <= last
    before, after = {} if begins else _by_code(legislation, first), _by_code(legislation, last)
    return tuple(
        Change(found, legislation.label(_name(found)), before.get(found), after.get(found))
        for found in sorted(before.keys() | after.keys())
        if _value(before.get(found)) != _value(after.get(found))
    )


def _by_code(legislation: Legislation, on: date) -> dict[str, TraceLine]:
    return {line.code: line for line in legislation.at(on).lines() if _name(line.code) in legislation.taken}


def _value(line: TraceLine | None) -> object:
    return None if line is None else (line.value, line.unit)


def _name(code: str) -> str:
    """The bare name in `service.name[key]`."""
    return code.partition(".")[2].partition("[")[0]
