"""Dated values and what is known of them: from when a value is in force, and from when it was known.

A value that became known later lies over those that were known before it, for the days that it is in force; where it
ends, what lay below holds again. So a law that changes backwards is written beside the old one, and both can be asked.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path

from benefits.terms import ONE_DAY
from benefits.texts import Texts

UNVERIFIED = "unverified"
FORECAST = "forecast"
"""Status of a value that was announced and is not law yet."""
ENDED = "ended"
"""Status of the last value of a law that has ended, while nobody has entered the next."""
LAW_OF_RIGHT = "right_arose"
"""A condition of the grant: it is read of the law of the day on which the right arose."""
LAW_OF_MONTH = "month"
"""It is read of the law of the month that is paid, as amounts are."""
LAWS_OF = (LAW_OF_RIGHT, LAW_OF_MONTH)
Key = int | str


@dataclass(frozen=True, slots=True)
class Signature:
    """Who held a value against the text of the law, on which day, and in which document."""

    by: str
    on: date
    document: str

    def to_dict(self) -> dict[str, str]:
        return {"by": self.by, "on": self.on.isoformat(), "document": self.document}


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A value from `since` to `until` (last day, None until the next value), with its legal ground and mark.

    `known_since`: the day from which it could be known; None from the beginning. `stands_in` is None for law in force;
    with `forecast` or `ended` the value shows what to expect and decides nothing.
    """

    since: date
    until: date | None
    value: Decimal | str | frozenset[str]
    reference: str
    mark: str
    line: int
    stands_in: str | None = None
    known_since: date | None = None
    signed: Signature | None = None
    confirmed: bool = False
    """Somebody has said why it is far from the value before it."""

    @property
    def status(self) -> str | None:
        return self.stands_in or (UNVERIFIED if self.mark == "U" else None)

    @property
    def known(self) -> date:
        return self.known_since or date.min


Series = dict[Key | None, tuple[DatedValue, ...]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: one series of values (`series[None]`), or one for each bracket (int) or row of a table (str).

    `kind` is "values", "brackets" or "table", as in the file. `written` holds all values of the file, `series` what
    holds on each day by what is known, with no two values for a day.
    """

    name: str
    label: Texts | None
    unit: str
    kind: str
    written: Series
    series: Series
    optional: bool
    line: int
    lines: dict[Key | None, int]
    """Of each bracket or row."""
    choices: frozenset[str] = frozenset()
    yearly: bool = False
    """A constant of a budget law: each of its values is law for a year at the most."""
    law_of: str | None = None
    """`LAW_OF_RIGHT` or `LAW_OF_MONTH`; None where the file does not say."""

    def as_known(self, day: date) -> "Parameter":
        """The parameter as it was known on the day."""
        return replace(self, series={key: in_sight(values, day, self.optional) for key, values in self.written.items()})


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
    resumes: dict[str, Texts] = field(default_factory=dict)
    questions: dict[str, Texts] = field(default_factory=dict)
    words: dict[str, Texts] = field(default_factory=dict)
    grounds: dict[str, str] = field(default_factory=dict)
    """Of a condition, or of the part of a payer, its own legal ground where it is not the file's."""
    law_of: str = LAW_OF_RIGHT
    """`LAW_OF_MONTH` where the right is looked at anew each month, and has no day on which it arose."""
    lines: dict[str, int] = field(default_factory=dict)
    """Of each named text, as `conditions.no_child`."""

    @property
    def learned(self) -> frozenset[date]:
        """The days on which something became known."""
        each = (values for parameter in self.parameters.values() for values in parameter.written.values())
        return frozenset(value.known_since for values in each for value in values if value.known_since)

    def as_known(self, day: date) -> "ParameterFile":
        """The file as it was known on the day."""
        return replace(self, parameters={name: one.as_known(day) for name, one in self.parameters.items()})


def in_sight(written: tuple[DatedValue, ...], day: date, optional: bool) -> tuple[DatedValue, ...]:
    """What holds by what was known on the day; of a law that ends the last value stays in sight, deciding nothing."""
    values = known_on(written, day)
    if optional or not values or values[-1].until is None:
        return values
    last = values[-1]
    assert last.until is not None  # noqa: S101 - said to mypy
    return (*values, replace(last, since=last.until + ONE_DAY, until=None, stands_in=ENDED))


def known_on(written: tuple[DatedValue, ...], day: date) -> tuple[DatedValue, ...]:
    """Of all values of a file those that hold, by what was known on the day, the earliest first, none over another."""
    known = [value for value in written if value.known <= day]
    if all(value.known_since is None for value in known):
        return tuple(known)
    ends = {id(value): _end(value, known) for value in known}
    turns = sorted({value.since for value in known} | {end + ONE_DAY for end in ends.values() if end != date.max})
    held: list[DatedValue] = []
    source: DatedValue | None = None  # of the last one held
    for turn, following in zip_longest(turns, turns[1:]):
        there = [value for value in known if value.since <= turn <= ends[id(value)]]
        if there:
            top = max(there, key=lambda value: value.known)
            until = following - ONE_DAY if following else None
            if held and source is top and held[-1].until == turn - ONE_DAY:
                held[-1] = replace(held[-1], until=until)
            else:
                held.append(replace(top, since=turn, until=until))
            source = top
    return tuple(held)


def _end(value: DatedValue, known: list[DatedValue]) -> date:
    """The last day of a value by itself: its own, or the day before the next of those that were known with it."""
    following = [one.since - ONE_DAY for one in known if one.since > value.since and one.known <= value.known]
    return min([value.until or date.max, *following])
