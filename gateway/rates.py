"""How often somebody may come: so many a second on the average, with a burst of some seconds' worth."""

import time
from collections import OrderedDict

BURST_SECONDS = 10
"""What was not used of this many seconds may come at once: senders repeat after an outage, and that is welcome."""

MOST = 10_000
"""So many names are remembered; the one that came longest ago is forgotten first, and begins with a full burst."""


class Rates:
    """A bucket for each name that refills at `rate` a second."""

    def __init__(self, rate: float, burst: float | None = None) -> None:
        self._rate = rate
        self._burst = max(1.0, rate * BURST_SECONDS if burst is None else burst)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, name: str, now: float | None = None) -> float:
        """Take one from the bucket of `name`: 0.0 if there was one, else the seconds until there is."""
        now = time.monotonic() if now is None else now
        left, at = self._left.pop(name, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        taken = left >= 1
        self._left[name] = (left - 1 if taken else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._rate
