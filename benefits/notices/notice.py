"""What a notice is: its topic, which one of the topic, the values it has to tell, and the parameters it rests on.

Values, not words. `basis` may hold the number of a register and so belongs only into the database and encrypted
payloads.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from benefits.assessment import Assessment
from benefits.decision import TraceLine
from benefits.takes import Takes
from benefits.texts import Texts

Value = date | Decimal | int | tuple[str, ...]

_READ: dict[str, Callable[[Any], Value]] = {
    "day": date.fromisoformat,
    "age": int,
    "amount": Decimal,
    "amount_before": Decimal,
    "measures": tuple,
}
VALUES = frozenset(_READ)
"""Every name among a notice's values: `day` a date, `age` in years, amounts in tenge a month, `measures` codes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that is due on a day. `code` is its topic, `kind` which one of it.

    `basis` names what is told: a second notice of the same code and person with the same basis tells nothing new and
    must not be sent.
    """

    code: str
    kind: str
    on: date
    basis: str
    values: Mapping[str, Value]
    trace: tuple[TraceLine, ...] = ()

    @property
    def unverified(self) -> tuple[TraceLine, ...]:
        """The parameters in the trace that nobody has checked against the law's text."""
        return tuple(line for line in self.trace if line.unverified)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: dates ISO, money as strings with two decimals. `from_dict` gives back an equal notice."""
        return {
            "code": self.code,
            "kind": self.kind,
            "on": self.on.isoformat(),
            "basis": self.basis,
            "values": {name: _written(value) for name, value in self.values.items()},
            "trace": [line.to_dict() for line in self.trace],
        }

    @classmethod
    def from_dict(cls, notice: Mapping[str, Any]) -> "Notice":
        return cls(
            code=notice["code"],
            kind=notice["kind"],
            on=date.fromisoformat(notice["on"]),
            basis=notice["basis"],
            values={name: _READ[name](value) for name, value in notice["values"].items()},
            trace=tuple(TraceLine.from_dict(line) for line in notice["trace"]),
        )


@dataclass(frozen=True, slots=True)
class Due:
    """What a rule found to be told."""

    kind: str
    basis: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """A topic's law: `due` says what is to be told on the day; `reads` names the fields of Facts that it looks into
    besides the applicant, `takes` the parameters that it reads; `kinds` all that it may find.
    """

    code: str
    due: Callable[[Assessment], Sequence[Due]]
    kinds: tuple[str, ...]
    reads: frozenset[str]
    takes: Takes


@dataclass(frozen=True, slots=True)
class NoticeTopic:
    """What the steps of a notice need to know of its topic. `events`: what a registry may report that makes one due.

    `texts` holds the names of the kinds and of the codes among the values, for operators and analysts.
    `again_after_days`: when what an event told of is looked at again, by how it ended.
    """

    code: str
    names: Texts
    ground: Texts
    kinds: tuple[str, ...]
    reads: frozenset[str]
    events: frozenset[str]
    texts: Mapping[str, Texts]
    again_after_days: Mapping[str, int]


def _written(value: Value) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, ".2f")
    return list(value) if isinstance(value, tuple) else value
