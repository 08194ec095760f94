"""What an assessment answers: the right, the money, the period, and the trace that proves it.

Decisions are values: frozen, comparable, and written to and read from JSON without loss (money and figures as strings).
They hold no names of people; `basis` may hold an identifier of a register and so belongs only into the database and
encrypted payloads.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from benefits.texts import Texts

ZERO = Decimal(0)


class Right(StrEnum):
    YES = "yes"
    NO = "no"
    PERSON_DECIDES = "person_decides"


class Frequency(StrEnum):
    ONCE = "once"
    MONTHLY = "monthly"


class TraceKind(StrEnum):
    PARAMETER = "parameter"
    FIGURE = "figure"


UNITS_IN_WORDS = frozenset({"choice", "codes", "date"})
"""Units whose value is a word, several words, or an ISO date; the value of every other unit is a Decimal."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of the law that failed, or a question that a person must answer: a code and its text."""

    code: str
    names: Texts

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "names": self.names.to_dict()}

    @classmethod
    def from_dict(cls, condition: Mapping[str, Any]) -> "Condition":
        return cls(condition["code"], Texts.from_dict(condition["names"]))


@dataclass(frozen=True, slots=True)
class Suspension:
    """A right that exists and is not paid since the day `since`; `resumes` says what brings it back, and `look_on` when
    it is looked at again at the latest. `reason` is what suspends it; decisions of before do not tell it.
    """

    since: date
    look_on: date
    resumes: Texts
    reason: Condition | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "since": self.since.isoformat(),
            "look_on": self.look_on.isoformat(),
            "resumes": self.resumes.to_dict(),
            "reason": self.reason.to_dict() if self.reason else None,
        }

    @classmethod
    def from_dict(cls, one: Mapping[str, Any]) -> "Suspension":
        since, look_on = (date.fromisoformat(one[name]) for name in ("since", "look_on"))
        reason = one.get("reason")
        return cls(since, look_on, Texts.from_dict(one["resumes"]), Condition.from_dict(reason) if reason else None)


class TraceLine(NamedTuple):
    """One step of the reckoning: a dated parameter that was used, or a figure that was reckoned.

    `code` is e.g. `common.mrp`, `multi-child.rate[5]`, or the code of a figure. `since` is the day from which the
    value is in force; `reference` the key of its legal ground, `ground` its English text; `mark` S, P, C or U as in
    law.md; `status` "unverified" for a U; `how` the arithmetic of a figure, free of any language.
    """

    kind: TraceKind
    code: str
    value: Decimal | str
    unit: str
    since: date | None = None
    reference: str | None = None
    ground: str | None = None
    mark: str | None = None
    status: str | None = None
    how: str | None = None

    @property
    def unverified(self) -> bool:
        return self.status == "unverified"

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "code": self.code,
            "value": self.value if isinstance(self.value, str) else format(self.value, "f"),
            "unit": self.unit,
            "since": _iso(self.since),
            "reference": self.reference,
            "ground": self.ground,
            "mark": self.mark,
            "status": self.status,
            "how": self.how,
        }

    @classmethod
    def from_dict(cls, line: Mapping[str, Any]) -> "TraceLine":
        return cls(
            kind=TraceKind(line["kind"]),
            code=line["code"],
            value=line["value"] if line["unit"] in UNITS_IN_WORDS else Decimal(line["value"]),
            unit=line["unit"],
            since=_day(line["since"]),
            reference=line["reference"],
            ground=line["ground"],
            mark=line["mark"],
            status=line["status"],
            how=line["how"],
        )


class Part(NamedTuple):
    """A part of the money with its own payer (breadwinner-loss has two; most benefits one). All money in tenge."""

    code: str
    payer: str
    gross: Decimal
    withheld: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.withheld

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "payer": self.payer,
            "gross": _money(self.gross),
            "withheld": _money(self.withheld),
            "net": _money(self.net),
        }

    @classmethod
    def from_dict(cls, part: Mapping[str, Any]) -> "Part":
        return cls(part["code"], part["payer"], Decimal(part["gross"]), Decimal(part["withheld"]))


class Decision(NamedTuple):
    """The answer of the law to one case on one day.

    `on` is the day of application that was assumed. `failed` is set when the right is "no", and `suspended` besides if
    it exists and `failed` only stands in its way for a time. `asked` is set when a person must decide; beside a "yes"
    it is about a further part that is open, and the money is certain. `basis` names the one right (a birth record, a
    decision number, for a family its parent) and is None when there is nothing that a right could rest on. Money in
    tenge, per month or once; zero unless the right is "yes". `start` and `until` are the first and the last day of the
    right, both included; `until` None means no known end. `payer` is "budget", "fund" or "fund+budget"; `decider`
    "corporation", "fund" or "local".
    """

    code: str
    on: date
    right: Right
    failed: Condition | None
    asked: Condition | None
    basis: str | None
    gross: Decimal
    withheld: Decimal
    net: Decimal
    frequency: Frequency
    start: date
    until: date | None
    payer: str
    decider: str
    parts: tuple[Part, ...] = ()
    trace: tuple[TraceLine, ...] = ()
    suspended: Suspension | None = None

    @property
    def ground(self) -> str:
        """What the amount hangs on besides the figures of the law's own year: rows, brackets, counts of people.

        Two decisions of one right with the same ground differ by the law alone, as after a 1 January; with another
        ground something has happened in the family. Empty without a trace.
        """
        rows = (line.code for line in self.trace if line.kind is TraceKind.PARAMETER and line.code.endswith("]"))
        counts = (
            f"{line.code}={line.value}"
            for line in self.trace
            if line.kind is TraceKind.FIGURE and line.unit in ("children", "people")
        )
        return " ".join(sorted({row for row in rows if not row.startswith("common.")} | set(counts)))

    @property
    def question(self) -> str | None:
        """The question that a person must answer, in English; `asked.names` has all three languages."""
        return None if self.asked is None else self.asked.names.en

    @property
    def unverified(self) -> tuple[TraceLine, ...]:
        """The parameters in the trace that nobody has checked against the law's text."""
        return tuple(line for line in self.trace if line.unverified)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: dates ISO, money as strings with two decimals. `from_dict` gives back an equal decision."""
        return {
            "code": self.code,
            "on": self.on.isoformat(),
            "right": str(self.right),
            "failed": self.failed.to_dict() if self.failed else None,
            "suspended": self.suspended.to_dict() if self.suspended else None,
            "asked": self.asked.to_dict() if self.asked else None,
            "question": self.question,
            "basis": self.basis,
            "gross": _money(self.gross),
            "withheld": _money(self.withheld),
            "net": _money(self.net),
            "frequency": str(self.frequency),
            "start": self.start.isoformat(),
            "until": _iso(self.until),
            "payer": self.payer,
            "decider": self.decider,
            "parts": [part.to_dict() for part in self.parts],
            "trace": [line.to_dict() for line in self.trace],
        }

    @classmethod
    def from_dict(cls, decision: Mapping[str, Any]) -> "Decision":
        failed, asked = decision["failed"], decision["asked"]
        suspended = decision.get("suspended")  # decisions of before do not know it
        return cls(
            code=decision["code"],
            on=date.fromisoformat(decision["on"]),
            right=Right(decision["right"]),
            failed=Condition.from_dict(failed) if failed else None,
            asked=Condition.from_dict(asked) if asked else None,
            basis=decision["basis"],
            gross=Decimal(decision["gross"]),
            withheld=Decimal(decision["withheld"]),
            net=Decimal(decision["net"]),
            frequency=Frequency(decision["frequency"]),
            start=date.fromisoformat(decision["start"]),
            until=_day(decision["until"]),
            payer=decision["payer"],
            decider=decision["decider"],
            parts=tuple(Part.from_dict(part) for part in decision["parts"]),
            trace=tuple(TraceLine.from_dict(line) for line in decision["trace"]),
            suspended=Suspension.from_dict(suspended) if suspended else None,
        )


def _money(amount: Decimal) -> str:
    return format(amount, ".2f")


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
