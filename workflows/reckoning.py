"""What runs is looked at every day, where something may have changed: reckoned anew, and who was paid too much is told.

Decisions only. Whatever was looked at is due no more, so that this may be killed, stopped and started again anywhere.
"""

from datetime import date, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

from workflows.model import day_in_almaty
from workflows.run_model import RECKON_WORKFLOW, Look, RangeDone, RunStep

RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
ATTEMPT = timedelta(minutes=30)
ALIVE = timedelta(seconds=9)


@workflow.defn(name=RECKON_WORKFLOW)
class EntitlementsReckonedAnew:
    @workflow.run
    async def run(self) -> str:
        day = day_in_almaty(workflow.now())
        for step, summary in ((RunStep.RECKON, "reckon anew"), (RunStep.TELL, "tell of overpayments")):
            await self._through(step, day, summary)
        return f"looked at what was due on {day:%d.%m.%Y}"

    async def _through(self, step: RunStep, day: date, summary: str) -> None:
        look = Look(day=day)
        while True:
            done = await workflow.execute_activity(
                step,
                look,
                result_type=RangeDone,
                start_to_close_timeout=ATTEMPT,
                heartbeat_timeout=ALIVE,
                retry_policy=RETRY,
                summary=summary,
            )
            if done.after is None:
                return
            look = Look(day=day, after=done.after)
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new()
