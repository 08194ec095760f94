"""How many cases and runs need a person, by what for, and since when the one that waits longest does: for an alarm.

Nothing says since when a case needs somebody but the case itself, so that the age counts from when this process saw it
first; after a restart it is counted anew.
"""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from temporalio.client import Client

from workflows.model import NOTICE_WORKFLOW, WORKFLOW, SearchAttributes
from workflows.run_model import RUN_WORKFLOW

PERIOD = timedelta(minutes=1)
AT_MOST = 1_000
"""So many cases are looked at; more is an alarm of its own."""

WAITING = (
    f"ExecutionStatus = 'Running' AND WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}', '{RUN_WORKFLOW}') "
    "AND NeedsAttention = true"
)


class Attentions:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.tell: Callable[[str, int, float], None] = lambda _attention, _cases, _seconds: None
        """Is told, for each reason: how many cases, and for how many seconds the first of them has waited."""
        self._since: dict[str, float] = {}
        self._told: set[str] = set()
        self._next = 0.0

    async def when_due(self) -> None:
        """One look, if the last was long enough ago."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PERIOD.total_seconds()
            await self.look(time.monotonic())

    async def look(self, now: float) -> None:
        """Count what waits. `now`: seconds of a clock that never goes back."""
        number: Counter[str] = Counter()
        oldest: dict[str, float] = {}
        still: dict[str, float] = {}
        async for found in self.client.list_workflows(WAITING, limit=AT_MOST):
            still[found.id] = self._since.get(found.id, now)
            for why in found.typed_search_attributes.get(SearchAttributes.ATTENTION) or ("unknown",):
                number[why] += 1
                oldest[why] = max(oldest.get(why, 0.0), now - still[found.id])
        self._since = still
        for why in self._told | set(number):
            self.tell(why, number[why], oldest.get(why, 0.0))
        self._told |= set(number)
