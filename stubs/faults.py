"""Faults that can be switched on, as a list of rules: which calls they meet, what goes wrong, how often.

Rules live in memory: a restarted stub behaves. Latency adds to whatever else goes wrong; of the other faults the first
rule that meets a call decides. Nothing here touches storage or HTTP: the front acts on the rules it is given.
"""

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Match(_Strict):
    """Which calls: every member that is given must fit. `iin` is the person the call is about."""

    method: Literal["GET", "POST"] | None = None
    path_prefix: str | None = None
    iin: str | None = None
    key_prefix: str | None = None


class _Rule(_Strict):
    match: Match = Match()
    times: Annotated[int, Field(ge=1)] | None = None
    """How many calls it meets; None is every call until it is taken away."""
    probability: Annotated[float, Field(gt=0, le=1)] | None = None


class Latency(_Rule):
    """Wait before acting."""

    fault: Literal["latency"]
    seconds: Annotated[float, Field(gt=0)]


class Status(_Rule):
    """Answer with a server error instead of acting."""

    fault: Literal["status"]
    status: Literal[500, 502, 503, 504] = 500


class RetryLater(_Rule):
    """429 with Retry-After, without acting."""

    fault: Literal["retry_later"]
    retry_after_seconds: Annotated[int, Field(ge=0)] = 1


class TimeoutAfterActing(_Rule):
    """Act and commit, then hold the answer back for longer than the caller's deadline, but not for ever."""

    fault: Literal["timeout_after_acting"]
    hold_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0


class AnswerTwice(_Rule):
    """The call is carried out twice in a row, as when a queue delivers it doubly; the second answer goes out."""

    fault: Literal["answer_twice"]


class Refuse(_Rule):
    """Refuse as the body's own no: `extra` are further members of the problem, such as {"document": ...}."""

    fault: Literal["refuse"]
    status: Annotated[int, Field(ge=400, le=499)] = 422
    code: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")] = "rejected"
    reason: str = "Refused."
    extra: dict[str, Any] = {}


class Down(_Rule):
    """Down for `seconds` from the first call it meets, or for `times` calls: connection dropped, or 503."""

    fault: Literal["down"]
    seconds: Annotated[float, Field(gt=0)] | None = None
    how: Literal["drop", "503"] = "drop"


class Lost(_Rule):
    """A POST is answered as if it had been carried out, and nothing of it is left, not even its key."""

    fault: Literal["lost"]


class Statement(_Rule):
    """The bank's statement is wrong: a line doubled, one of nobody's, one booked in part, the file cut off, or its
    control sum another."""

    fault: Literal["statement"]
    how: Literal["doubled", "unknown", "partial", "cut_off", "wrong_sum"]


OtherFault = Status | RetryLater | TimeoutAfterActing | AnswerTwice | Refuse | Down | Lost | Statement
Rule = Annotated[Latency | OtherFault, Field(discriminator="fault")]


class RuleSet(_Strict):
    """The body of PUT /admin/faults; `seed` makes probabilities repeatable."""

    rules: tuple[Rule, ...]
    seed: int = 0


@dataclass(frozen=True)
class Call:
    """What a rule can see of a call. `iin` is asked for only when a rule wants it, because it may cost a look-up."""

    method: str
    path: str
    key: str | None
    iin: Callable[[], str | None]


@dataclass
class _Armed:
    rule: Rule
    owner: str | None
    met: int = 0
    until: float | None = None

    def meets(self, call: Call, chance: random.Random, now: float) -> bool:
        match = self.rule.match
        if match.method is not None and match.method != call.method:
            return False
        if match.path_prefix is not None and not call.path.startswith(match.path_prefix):
            return False
        if match.key_prefix is not None and not (call.key or "").startswith(match.key_prefix):
            return False
        if self.rule.times is not None and self.met >= self.rule.times:
            return False
        if self.until is not None and now >= self.until:
            return False
        if match.iin is not None and match.iin != call.iin():
            return False
        return self.rule.probability is None or chance.random() < self.rule.probability


@dataclass
class Faults:
    """The rules in force, those set by the administrator before those that came with a person of the cast."""

    _armed: list[_Armed] = field(default_factory=list)
    _chance: random.Random = field(default_factory=lambda: random.Random(0))

    def replace(self, rules: RuleSet) -> None:
        """Sets the administrator's rules anew; rules of the cast stay."""
        self._chance = random.Random(rules.seed)
        self._armed = [_Armed(rule, None) for rule in rules.rules] + [a for a in self._armed if a.owner is not None]

    def of_person(self, iin: str, rules: Iterable[Rule]) -> None:
        """Sets the rules for calls about one person anew."""
        self._armed = [armed for armed in self._armed if armed.owner != iin]
        for rule in rules:
            match = rule.match.model_copy(update={"iin": iin})
            self._armed.append(_Armed(rule.model_copy(update={"match": match}), iin))

    def clear(self) -> None:
        self._armed = []

    def listing(self) -> list[dict[str, Any]]:
        """The rules as they were given, each with how many calls it has `met`."""
        return [armed.rule.model_dump(mode="json") | {"met": armed.met} for armed in self._armed]

    def draw(self, call: Call) -> tuple[float, OtherFault | None]:
        """Seconds to wait, and what else goes wrong with this call; counts the rules that it used."""
        if not self._armed:
            return 0.0, None
        now = time.monotonic()
        wait, other = 0.0, None
        for armed in self._armed:
            if other is not None and not isinstance(armed.rule, Latency):
                continue
            if not armed.meets(call, self._chance, now):
                continue
            armed.met += 1
            if isinstance(armed.rule, Latency):
                wait += armed.rule.seconds
            else:
                other = armed.rule
                if isinstance(other, Down) and other.seconds is not None and armed.until is None:
                    armed.until = now + other.seconds
        return wait, other
