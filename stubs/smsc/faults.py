"""What can go wrong at the SMS centre: rules by phone and key, as in the other stubs, with an operator's own faults.

Rules live in memory: a restarted centre behaves. Latency adds to whatever else goes wrong; of the other faults the
first rule that meets a message decides.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(ge=0, le=86400)]
ReceiptWord = Literal["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "REJECTD", "ACCEPTD", "ENROUTE", "UNKNOWN"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Match(_Strict):
    """Which messages: every member that is given must fit. `phone` is the person's, E.164."""

    phone: str | None = None
    key_prefix: str | None = None


class _Rule(_Strict):
    match: Match = Match()
    times: Annotated[int, Field(ge=1)] | None = None
    """How many it meets; None is every one until it is taken away."""


class Latency(_Rule):
    """Wait before acting on a submit_sm."""

    fault: Literal["latency"]
    seconds: Seconds


class Throttle(_Rule):
    """Not now: ESME_RTHROTTLED, or ESME_RMSGQFUL with `queue_full`."""

    fault: Literal["throttle"]
    queue_full: bool = False


class Reject(_Rule):
    """No: any command status, by default ESME_RINVDSTADR."""

    fault: Literal["reject"]
    status: Annotated[int, Field(ge=1, le=0xFFFF)] = 0x0B


class TimeoutAfterActing(_Rule):
    """Act, then cut the connection before the answer is out; or never answer, with `silent`."""

    fault: Literal["timeout_after_acting"]
    silent: bool = False


class NoReceipt(_Rule):
    """The message reaches the handset, no receipt is ever sent."""

    fault: Literal["no_receipt"]


class OtherReceipt(_Rule):
    """The receipt says something else than delivered; then the message does not reach the handset either."""

    fault: Literal["receipt"]
    state: ReceiptWord
    after_seconds: Seconds | None = None


class ReceiptTwice(_Rule):
    """The receipt comes twice."""

    fault: Literal["receipt_twice"]


class ReplyTwice(_Rule):
    """A person's SMS comes twice, under the same id."""

    fault: Literal["reply_twice"]


class Down(_Rule):
    """The whole centre is gone for so many seconds from now on: sessions broken, no new ones."""

    fault: Literal["down"]
    seconds: Annotated[float, Field(gt=0, le=600)]


Rule = Annotated[
    Latency | Throttle | Reject | TimeoutAfterActing | NoReceipt | OtherReceipt | ReceiptTwice | ReplyTwice | Down,
    Field(discriminator="fault"),
]


class RuleSet(_Strict):
    """The body of PUT /admin/faults."""

    rules: tuple[Rule, ...]


class SmsBehaviour(_Strict):
    """`behaviour.sms` of a person document: what becomes of every message to this phone, and faults for it alone."""

    receipt: ReceiptWord | Literal["none"] = "DELIVRD"
    receipt_after_seconds: Seconds | None = None
    faults: tuple[Rule, ...] = ()


_Kind = TypeVar("_Kind", bound=_Rule)


@dataclass
class _Armed:
    rule: Rule
    phone: str | None
    """Whose behaviour it is; None for the administrator's."""
    met: int = 0

    def meets(self, phone: str, key: str | None) -> bool:
        match = self.rule.match
        if self.rule.times is not None and self.met >= self.rule.times:
            return False
        if self.phone not in (None, phone) or match.phone not in (None, phone):
            return False
        return match.key_prefix is None or (key or "").startswith(match.key_prefix)


@dataclass
class Faults:
    """The rules in force: the administrator's before those that came with a person."""

    _armed: list[_Armed] = field(default_factory=list)

    def replace(self, rules: RuleSet) -> None:
        """Sets the administrator's rules anew."""
        self._armed = [_Armed(rule, None) for rule in rules.rules] + [a for a in self._armed if a.phone is not None]

    def of_phone(self, phone: str, rules: Iterable[Rule]) -> None:
        """Sets the rules that came with a person anew."""
        self._armed = [armed for armed in self._armed if armed.phone != phone]
        self._armed += [_Armed(rule, phone) for rule in rules]

    def clear(self) -> None:
        """No rule is in force any more."""
        self._armed = []

    def listing(self) -> list[dict[str, Any]]:
        """The rules as they were given, each with how many messages it has `met`."""
        return [armed.rule.model_dump(mode="json") | {"met": armed.met} for armed in self._armed]

    def latency(self, phone: str, key: str | None) -> float:
        """Seconds to wait, of all rules that meet this message."""
        total = 0.0
        for armed in self._armed:
            if isinstance(armed.rule, Latency) and armed.meets(phone, key):
                armed.met += 1
                total += armed.rule.seconds
        return total

    def draw(self, phone: str, key: str | None, *kinds: type[_Kind]) -> _Kind | None:
        """The first rule of these kinds that meets this message; it is counted."""
        for armed in self._armed:
            if isinstance(armed.rule, kinds) and armed.meets(phone, key):
                armed.met += 1
                return armed.rule
        return None
