"""No step acts for a case that is over by the Card: a workflow that was reset lives again what has ended.

Its yes would still be there, and the right may be another case's by now: it would be paid twice.
"""

from typing import Any

from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from card import Card, cases
from workflows.model import CASE_OVER, Step, StepInput

STILL_DONE = frozenset({Step.CLOSE, Step.DECIDE, Step.SETTLE})
"""What may be done for a case that is over: to write its end once more, and what somebody has decided."""


class OverCases(Interceptor):
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
        if isinstance(step, StepInput) and input.fn.__name__ not in STILL_DONE:
            async with self.card.statements() as session:
                ended = await cases.ending(session, step.case.ref)
            if ended is not None:
                raise ApplicationError(f"the case is over: {ended.outcome}", *ended, type=CASE_OVER, non_retryable=True)
        return await self.next.execute_activity(input)
