"""A step acts for a case as the Card has it: for the person and service of its row, and while that is open.

Whoever reaches Temporal's port can start a workflow that calls itself anybody's case, and a workflow that was reset
lives again what has ended. Either would write another's ending, take a stranger's yes, or pay what has been paid.
"""

from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.notice import workflow_of
from card import Card, cases
from card.tables import CaseRecord
from workflows.model import CASE_OVER, Case, Step, StepInput

STILL_DONE = frozenset({Step.CLOSE, Step.DECIDE, Step.SETTLE})
"""What may be done for a case that is over: to write its end once more, and what somebody has decided."""

NOT_THIS_CASE = "NotThisCase"


class Guard(Interceptor):
    """For every activity, whether it runs as a local one or not."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Asking(next, self.card)


class _Asking(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, card: Card) -> None:
        super().__init__(next)
        self.card = card

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        step = input.args[0] if input.args else None
        if isinstance(step, StepInput):
            async with self.card.statements() as session:
                row = await cases.known(session, step.case.ref)
            if row is None or not _is_it(row, step.case):
                raise ApplicationError(
                    "by the Card this workflow works on no such case: it was not started here; terminate it",
                    type=NOT_THIS_CASE,
                    non_retryable=True,
                )
            if row.outcome is not None and input.fn.__name__ not in STILL_DONE:
                over = f"the case is over: {row.outcome}"
                raise ApplicationError(over, row.outcome, row.reason, type=CASE_OVER, non_retryable=True)
        return await self.next.execute_activity(input)


def _is_it(row: CaseRecord, case: Case) -> bool:
    """Whether the workflow that this step belongs to is the one of this row, and says of it what the row says."""
    said = (case.service, case.person_id, case.on)
    if activity.info().workflow_id != case.id or said != (row.service, row.person_id, row.assessed_on):
        return False
    # A notice under the name of a right asks nobody and pays nothing, and would close it.
    return activity.info().workflow_type == workflow_of(row.service)
