"""Tells a step that fails for good from one that may succeed later, so that no step is tried for ever unseen.

What an adapter or a step means as final, it says itself. Here is the rest: what the database refuses, and faults of our
own code. Another try would fail alike until somebody has mended it, so an operator sees the case, and retries then.
"""

from typing import Any

from pydantic import ValidationError
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from card.store import DatabaseRefused, NoSuchRow, SeveralRows

FOR_GOOD: dict[type[Exception], str] = {
    DatabaseRefused: "the database refuses it",
    NoSuchRow: "a row that must be there is not",
    SeveralRows: "a row is there more than once",
    ValidationError: "a value has another shape than agreed",
    AssertionError: "something is so that cannot be",
    ArithmeticError: "a fault in our code",
    AttributeError: "a fault in our code",
    LookupError: "a fault in our code",
    NameError: "a fault in our code",
    TypeError: "a fault in our code",
    ValueError: "a fault in our code",
}
"""Errors after which the same step fails again, and why. All others pass: somebody was away."""


class Permanent(Interceptor):
    """For every activity, whether it runs as a local one or not."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Told(next)


class _Told(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        try:
            return await self.next.execute_activity(input)
        except tuple(FOR_GOOD) as error:
            why = next(why for kind, why in FOR_GOOD.items() if isinstance(error, kind))
            # The error's own text may quote what was being worked with: it goes to the worker's log, not to Temporal.
            named = str(error) if isinstance(error, DatabaseRefused) else type(error).__name__
            raise ApplicationError(f"{why} [{named}]", type=type(error).__name__, non_retryable=True) from None
