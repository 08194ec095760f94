"""The parameters of a service as in force on a day, and what changed between two days: for those who read the law.

It only shows what the parameter files hold; nothing here decides.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from benefits.catalogue import benefit, load
from benefits.dated import Signature
from benefits.decision import TraceLine
from benefits.in_words import value_in_words
from benefits.legislation import Entry, Legislation
from benefits.texts import LANGUAGES, Texts


@dataclass(frozen=True, slots=True)
class ListedParameter:
    """A value in force, with its label, legal ground and the value in words, in three languages."""

    line: TraceLine
    label: Texts
    ground: Texts
    words: Texts
    known_since: date | None
    signed: Signature | None

    def to_dict(self) -> dict[str, Any]:
        texts = {"label": self.label, "ground": self.ground, "words": self.words}
        return {
            **self.line.to_dict(),
            **{name: text.to_dict() for name, text in texts.items()},
            "known_since": self.known_since.isoformat() if self.known_since else None,
            "signed": self.signed.to_dict() if self.signed else None,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A parameter whose value differs on the day `on` from the day before; None where it has no value."""

    code: str
    on: date
    label: Texts
    before: ListedParameter | None
    after: ListedParameter | None

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "on": self.on.isoformat(),
            "label": self.label.to_dict(),
            "before": self.before.to_dict() if self.before else None,
            "after": self.after.to_dict() if self.after else None,
        }


def parameters_on(code: str, on: date) -> tuple[ListedParameter, ...]:
    """The parameters of the service in force on the day that its rule, or the steps of its cases, read; its own first.

    Raises UnknownService, and BadFacts for a day before the first parameter.
    """
    legislation = benefit(code).legislation
    listed = _by_code(legislation, on)
    return tuple(listed[name] for name in sorted(listed, key=lambda name: not name.startswith(f"{code}.")))


def changes_between(code: str, first: date, last: date) -> tuple[Change, ...]:
    """Every change after `first` until `last`, each with its day; of a service that begins between them, everything.
    Raises as `parameters_on`.
    """
    legislation = benefit(code).legislation
    known_from = min(one.legislation.first_day for one in load().values())
    begins = known_from <= first < legislation.first_day <= last
    before = {} if begins else _by_code(legislation, first)
    changes: list[Change] = []
    for day in (day for day in legislation.changes if first < day <= last):
        after = _by_code(legislation, day)
        changes += _differing(legislation, day, before, after)
        before = after
    return tuple(sorted(changes, key=lambda change: (change.code, change.on)))


def differences(one: Legislation, other: Legislation, on: date) -> tuple[Change, ...]:
    """What differs on a day between two laws of one service, each with the day from which it is in force. Raises
    BadFacts for a day before the first parameter.
    """
    found = _differing(one, on, _by_code(one, on), _by_code(other, on))
    return tuple(
        replace(change, on=side.line.since or on) for change in found if (side := change.after or change.before)
    )


def _differing(
    legislation: Legislation, on: date, before: dict[str, ListedParameter], after: dict[str, ListedParameter]
) -> list[Change]:
    return [
        Change(found, on, legislation.label(_name(found)), before.get(found), after.get(found))
        for found in sorted(before.keys() | after.keys())
        if _value(before.get(found)) != _value(after.get(found))
    ]


def _by_code(legislation: Legislation, on: date) -> dict[str, ListedParameter]:
    return {
        entry.line.code: _listed(legislation, entry)
        for entry in legislation.at(on).entries()
        if _name(entry.line.code) in legislation.taken
    }


def _listed(legislation: Legislation, entry: Entry) -> ListedParameter:
    line = entry.line
    words = Texts(*(value_in_words(line, legislation, language) for language in LANGUAGES))
    ground = legislation.references[line.reference or ""]
    label, dated = legislation.label(_name(line.code)), entry.dated
    return ListedParameter(line, label, ground, words, dated.known_since, dated.signed)


def _value(listed: ListedParameter | None) -> object:
    return None if listed is None else (listed.line.value, listed.line.unit)


def _name(code: str) -> str:
    """The bare name in `service.name[key]`."""
    return code.partition(".")[2].partition("[")[0]
