"""Tells a case that a step of it has been failing for long: its workflow hears nothing of attempts by itself.

Costs nothing while steps succeed; of one that fails, the case is told after `FAILS_AFTER` and then once an hour.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from workflows.model import FAILS_AFTER, Failing, Message, StepInput

AGAIN = timedelta(hours=1)
BETWEEN = timedelta(minutes=3)
"""At the most so long after the attempt before this one was made: the longest pause, with its jitter."""

WAITING = "NotYet"
"""Type of the error of a step that waits for a body's answer: no failure."""


class FailingSteps(Interceptor):
    """For every activity that other bodies are asked in; a local one is over before it could fail for long."""

    def __init__(self, after: timedelta = FAILS_AFTER) -> None:
        self.after = after

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Telling(next, self.after)


class _Telling(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, after: timedelta) -> None:
        super().__init__(next)
        self.after = after

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self.next.execute_activity(input)
        except Exception as error:
            step = input.args[0] if input.args else None
            if isinstance(step, StepInput) and not activity.info().is_local:
                await self._tell(step, error)
            raise

    async def _tell(self, step: StepInput, error: Exception) -> None:
        if isinstance(error, ApplicationError) and (error.non_retryable or error.type == WAITING):
            return
        info, now = activity.info(), datetime.now(UTC)
        since, before = info.scheduled_time, info.current_attempt_scheduled_time - BETWEEN
        if self._mark(now - since) == self._mark(before - since) or info.workflow_id is None:
            return
        # Its text is ours where it is an ApplicationError; another's may quote what was being worked with.
        text = error.message if isinstance(error, ApplicationError) else type(error).__name__
        failing = Failing(key=step.key, since=since, attempts=info.attempt, error=text)
        handle = activity.client().get_workflow_handle(info.workflow_id, run_id=info.workflow_run_id)
        try:
            await handle.signal(Message.FAILING, failing)
        except RPCError:
            return  # the next hour tells it

    def _mark(self, failed_for: timedelta) -> int:
        """How often the case should have been told by now."""
        return 0 if failed_for < self.after else 1 + failed_for // AGAIN
