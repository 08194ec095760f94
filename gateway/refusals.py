"""What was refused: each counted, and said in one line without content; a flood of them leaves few lines."""

from collections import Counter
from collections.abc import Callable

import structlog

from gateway.rates import Rates

LINES_A_SECOND = 1.0
LINES_AT_ONCE = 20
"""Of one reason and sender so many lines are written; the next one says how many were not."""

Count = Callable[[dict[str, str]], None]

log = structlog.get_logger()


class Refusals:
    """`count` is told every refusal, as labels for the metrics: status, reason, sender, route."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._lines = Rates(LINES_A_SECOND, LINES_AT_ONCE)
        self._unsaid: Counter[str] = Counter()

    def note(self, status: int, reason: str, *, sender: str = "", route: str = "") -> None:
        """Nothing of this may come from the caller as it stands: a known sender's name, a route of ours, our reason."""
        said = {"status": str(status), "reason": reason, "sender": sender or "unknown", "route": route or "other"}
        self._count(said)
        # Not by route: the lines of one reason and sender are bounded, wherever it knocks.
        name = f"{reason} {said['sender']}"
        if self._lines.wait(name):
            self._unsaid[name] += 1
        else:
            log.warning("gateway.refused", **said | {"status": status, "unsaid": self._unsaid.pop(name, 0)})
