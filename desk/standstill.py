"""Cases that stand still and can say nothing for themselves: seen from outside, by what Temporal says of them.

Their own code fails, or cannot open what it was sent, which the server marks after a few attempts; a step was paused,
or moved to where none of our workers is; or a worker that is none of ours took their task and did nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from workflows.model import WORKFLOW, SearchAttributes, Stage

AT_ONCE = 500
"""So many cases are looked at in one look, round and round."""

SIDE_BY_SIDE = 16

LONGEST_WAIT = timedelta(hours=2)
"""Between two attempts of a step: our own pauses are of two minutes, and a body may ask for an hour."""

NO_WORKER = (
    "no worker can go on with it, and its log says why; once that is mended it goes on by itself. What cannot be "
    "mended (a message that nobody can open): terminate it, and it is begun anew"
)
PAUSED = "a step of it was paused, and it waits until somebody unpauses it (temporal activity unpause)"
NOTHING_UNDER_WAY = (
    "nothing is under way in it: somebody took its task and did nothing; terminate it, and it is begun anew"
)
MOVED = (
    "a step of it was given other options, and none of our workers takes it soon: temporal activity update-options "
    "--restore-original-options, or terminate it, and it is begun anew"
)

_BY_THE_SERVER = {"TemporalReportedProblems": NO_WORKER, "TemporalPauseInfo": PAUSED}
"""Search attributes of the server's own."""

_ASKING = (Stage.DETECT, Stage.ASSIGN)
"""Stages in which somebody outside is asked, so something must be under way."""
_WAITING = (Stage.CONSENT, Stage.LATE)
"""Stages in which a person is waited for, by a term that the Card has too."""


class Standstill:
    """`queue` is that of our workers."""

    def __init__(self, client: Client, queue: str) -> None:
        self._client = client
        self._queue = queue
        self._round: AsyncIterator[WorkflowExecution] | None = None
        self._seen: set[str] = set()
        self._still: dict[str, str] = {}
        self._idle: dict[str, int] = {}
        """Workflows in which nothing was under way at the last look, with the length of their history then."""

    @property
    def goes_on(self) -> bool:
        """Whether the round has cases that were not looked at yet."""
        return self._round is not None

    async def look(self) -> dict[str, str]:
        """Look at the next cases. Returns why each that is known to stand still does, by its reference."""
        page = await self._next_page()
        for at in range(0, len(page), SIDE_BY_SIDE):
            some = page[at : at + SIDE_BY_SIDE]
            for execution, why in zip(some, await asyncio.gather(*map(self._why, some)), strict=True):
                ref = _ref(execution)
                self._seen.add(ref)
                if why is None:
                    self._still.pop(ref, None)
                else:
                    self._still[ref] = why
        if not self.goes_on:
            self._still = {ref: why for ref, why in self._still.items() if ref in self._seen}
        return self._still | await self._marked()

    async def _marked(self) -> dict[str, str]:
        return {
            _ref(execution): why
            for problem, why in _BY_THE_SERVER.items()
            async for execution in self._client.list_workflows(
                f"ExecutionStatus = 'Running' AND {problem} IS NOT NULL", limit=AT_ONCE
            )
        }

    async def _next_page(self) -> Sequence[WorkflowExecution]:
        if self._round is None:
            stages = ", ".join(f"'{stage}'" for stage in _WAITING)
            self._seen, self._round = (
                set(),
                self._client.list_workflows(
                    f"ExecutionStatus = 'Running' AND WorkflowType = '{WORKFLOW}' AND Stage NOT IN ({stages}) "
                    "AND (NeedsAttention IS NULL OR NeedsAttention = false)"
                ),
            )
        page: list[WorkflowExecution] = []
        try:
            while len(page) < AT_ONCE:
                page.append(await anext(self._round))
        except StopAsyncIteration:
            self._round = None
        except RPCError:
            self._round = None
            raise
        return page

    async def _why(self, execution: WorkflowExecution) -> str | None:
        handle = self._client.get_workflow_handle(execution.id, run_id=execution.run_id)
        try:
            described = await handle.describe()
        except RPCError:
            return None  # it has just ended
        raw = described.raw_description
        if any(self._is_moved(activity) for activity in raw.pending_activities):
            return MOVED
        if execution.typed_search_attributes.get(SearchAttributes.STAGE) not in _ASKING:
            return None
        if raw.pending_activities or raw.HasField("pending_workflow_task"):
            self._idle.pop(execution.id, None)
            return None
        before, self._idle[execution.id] = self._idle.get(execution.id), described.history_length
        return NOTHING_UNDER_WAY if before == described.history_length else None

    def _is_moved(self, activity: PendingActivityInfo) -> bool:
        elsewhere = activity.activity_options.task_queue.name not in ("", self._queue)
        far = datetime.now(UTC) + LONGEST_WAIT
        return elsewhere or (
            activity.HasField("next_attempt_schedule_time")
            and activity.next_attempt_schedule_time.ToDatetime(tzinfo=UTC) > far
        )


def _ref(execution: WorkflowExecution) -> str:
    return execution.typed_search_attributes.get(SearchAttributes.CASE_REF) or execution.id
