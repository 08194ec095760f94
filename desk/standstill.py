"""Cases that stand still and can say nothing for themselves: seen from outside, by what Temporal says of them.

Their own code fails, or cannot open what it was sent, which the server marks after a few attempts; a step was paused,
or moved to where none of our workers is; or a worker that is none of ours took their task and did nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecution, WorkflowHandle
from temporalio.service import RPCError

from workflows.model import NOTICE_WORKFLOW, WORKFLOW, SearchAttributes, Stage

AT_ONCE = 500
"""So many cases are looked at in one look, round and round; and a fifth as many of those that wait for a person."""

SIDE_BY_SIDE = 16

LONGEST_WAIT = timedelta(hours=2)
"""Between two attempts of a step: our own pauses are of two minutes, and a body may ask for ten."""

TAKEN_WITHIN = timedelta(minutes=10)
"""So long a worker may need to take a task, in a flood of them too."""

LATELY = timedelta(hours=36)
"""Longer ago no workflow that has ended is looked at: a Card that is restored is mostly yesterday's."""

NOTICED_WITHIN = timedelta(hours=1)
"""A case that has not noticed for so long that its term is over notices nothing."""

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

NOT_TAKEN = (
    "no worker has taken its next task: it is bound to workers that are not there (temporal workflow update-options), "
    "or none runs; terminate it, and it is begun anew"
)
NOT_NOTICED = (
    "its term is over and it has not noticed: somebody took its task and did nothing; terminate it, and it is begun "
    "anew"
)

_BY_THE_SERVER = {"TemporalReportedProblems": NO_WORKER, "TemporalPauseInfo": PAUSED}
"""Search attributes of the server's own."""

_RUNS = (
    f"ExecutionStatus = 'Running' AND WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}') "
    "AND (NeedsAttention IS NULL OR NeedsAttention = false)"
)
_FOR_A_PERSON = f"Stage IN ('{Stage.CONSENT}', '{Stage.LATE}', '{Stage.ACCOUNT}')"


class Round:
    """What a query finds, a page at a time, from the first to the last and from the first again.

    `{since}` in the query is a day and a half before the round begins.
    """

    def __init__(self, client: Client, query: str, most: int) -> None:
        self._client, self._query, self._most = client, query, most
        self._left: AsyncIterator[WorkflowExecution] | None = None
        self._seen: set[str] = set()
        self.still: dict[str, str] = {}
        """Why cases stand still, by reference: as they were when they were looked at last."""

    @property
    def goes_on(self) -> bool:
        """Whether there is something that was not looked at yet."""
        return self._left is not None

    def from_the_first(self) -> None:
        """What was not looked at yet is left out: the next page is the first."""
        self._left = None

    async def page(self) -> Sequence[WorkflowExecution]:
        """The next page. Raises RPCError if Temporal is away: the round begins again."""
        if self._left is None:
            since = (datetime.now(UTC) - LATELY).isoformat()
            self._seen, self._left = set(), self._client.list_workflows(self._query.format(since=since))
        page: list[WorkflowExecution] = []
        try:
            while len(page) < self._most:
                page.append(await anext(self._left))
        except StopAsyncIteration:
            self._left = None
        except RPCError:
            self._left = None
            raise
        self._seen |= {_ref(execution) for execution in page}
        if self._left is None:
            for ref in self.still.keys() - self._seen:
                del self.still[ref]
        return page


class Standstill:
    """`queue` is that of our workers."""

    def __init__(self, client: Client, queue: str) -> None:
        self._client = client
        self._queue = queue
        self._rounds = (
            Round(client, f"{_RUNS} AND NOT {_FOR_A_PERSON}", AT_ONCE),
            Round(client, f"{_RUNS} AND {_FOR_A_PERSON}", AT_ONCE // 5),
        )

    @property
    def goes_on(self) -> bool:
        """Whether a round has cases that were not looked at yet."""
        return any(one.goes_on for one in self._rounds)

    async def look(self) -> dict[str, str]:
        """Look at the next cases. Returns why each that is known to stand still does, by its reference."""
        for one in self._rounds:
            page = await one.page()
            for at in range(0, len(page), SIDE_BY_SIDE):
                some = page[at : at + SIDE_BY_SIDE]
                reasons = await asyncio.gather(*map(self._why, some))
                for execution, why in zip(some, reasons, strict=True):
                    one.still.pop(_ref(execution), None)
                    if why is not None:
                        one.still[_ref(execution)] = why
        busy, waiting = self._rounds
        return busy.still | waiting.still | await self._marked()

    async def _marked(self) -> dict[str, str]:
        """What one question finds of all cases."""
        long_over = (datetime.now(UTC) - NOTICED_WITHIN).isoformat()
        queries = {f"ExecutionStatus = 'Running' AND {name} IS NOT NULL": why for name, why in _BY_THE_SERVER.items()}
        queries = {f"{_RUNS} AND Deadline < '{long_over}'": NOT_NOTICED} | queries
        return {
            _ref(execution): why
            for query, why in queries.items()
            async for execution in self._client.list_workflows(query, limit=AT_ONCE)
        }

    async def _why(self, execution: WorkflowExecution) -> str | None:
        handle = self._client.get_workflow_handle(execution.id, run_id=execution.run_id)
        try:
            raw = (described := await handle.describe()).raw_description
            if any(self._is_moved(activity) for activity in raw.pending_activities):
                return MOVED
            if raw.HasField("pending_workflow_task"):
                since = raw.pending_workflow_task.original_scheduled_time.ToDatetime(tzinfo=UTC)
                return NOT_TAKEN if since < datetime.now(UTC) - TAKEN_WITHIN else None
            if raw.pending_activities or await _waits_for_a_time(handle, described.history_length):
                return None
            return NOTHING_UNDER_WAY
        except RPCError:
            return None  # it has just ended

    def _is_moved(self, activity: PendingActivityInfo) -> bool:
        elsewhere = activity.activity_options.task_queue.name not in ("", self._queue)
        far = datetime.now(UTC) + LONGEST_WAIT
        return elsewhere or (
            activity.HasField("next_attempt_schedule_time")
            and activity.next_attempt_schedule_time.ToDatetime(tzinfo=UTC) > far
        )


async def _waits_for_a_time(handle: WorkflowHandle[Any, Any], length: int) -> bool:
    """Whether a timer runs; or something has happened since the history had this length."""
    running: set[int] = set()
    async for event in handle.fetch_history_events():
        if event.event_id > length:
            return True
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            running.add(event.event_id)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            running.discard(event.timer_fired_event_attributes.started_event_id)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            running.discard(event.timer_canceled_event_attributes.started_event_id)
    return bool(running)


def _ref(execution: WorkflowExecution) -> str:
    return execution.typed_search_attributes.get(SearchAttributes.CASE_REF) or execution.id
