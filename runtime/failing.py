"""Tells a case that a step of it has been failing for long: its workflow hears nothing of attempts by itself.

Costs nothing while steps succeed; of one that fails, the case is told by `FAILS_AFTER` and then once an hour.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.world import LONGEST_PAUSE
from workflows.model import FAILS_AFTER, Failing, Message, StepInput

AGAIN = timedelta(hours=1)
SLACK = timedelta(seconds=5)
"""Between the moment that one attempt expects the next for, and the one that the server writes down for it."""

WAITING = "NotYet"
"""Type of the error of a step that waits for a body's answer: no failure."""


def is_due(attempt: timedelta, next_attempt: timedelta, after: timedelta = FAILS_AFTER) -> bool:
    """Whether the case is told now: a mark is passed before anybody hears of the step again. Times since its first
    attempt. A body that asks to be left alone for an hour is told of at once, and not after the hour.
    """

    def marks(failing_for: timedelta) -> int:
        return 0 if failing_for < after else 1 + failing_for // AGAIN

    return marks(next_attempt) != marks(attempt - SLACK)


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
        info, since = activity.info(), activity.info().scheduled_time
        pause = (error.next_retry_delay if isinstance(error, ApplicationError) else None) or LONGEST_PAUSE
        begun, next_attempt = info.current_attempt_scheduled_time - since, datetime.now(UTC) + pause - since
        if info.workflow_id is None or not is_due(begun, next_attempt, self.after):
            return
        # Its text is ours where it is an ApplicationError; another's may quote what was being worked with.
        text = error.message if isinstance(error, ApplicationError) else type(error).__name__
        failing = Failing(key=step.key, since=since, attempts=info.attempt, error=text)
        handle = activity.client().get_workflow_handle(info.workflow_id, run_id=info.workflow_run_id)
        try:
            await handle.signal(Message.FAILING, failing)
        except RPCError:
            return  # the next hour tells it
