"""The Card against Temporal: an open case that no workflow works on is begun anew, whatever took the workflow away.

A terminate by mistake, a lost history or a Temporal restored from yesterday leave a row that waits for nobody. To end a
case an operator closes or cancels it; a terminate is a mistake or an emergency, and the case comes back after it.

Every effect has its key and the Card what was done under it: a case that is begun anew asks, applies and pays nothing a
second time, at whatever step it was lost.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

import structlog
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

import benefits
from card import Card, cases
from card.tables import CaseRecord
from gateway.opening import Opening
from workflows.model import workflow_id

log = structlog.get_logger()

PERIOD = timedelta(minutes=1)
"""Between two looks: a case that was terminated by mistake is missed for about so long where few are open."""

AT_ONCE = 500
"""So many open cases are held against Temporal in one look, in the order of their references, round and round."""

OVER = frozenset(
    {
        WorkflowExecutionStatus.TERMINATED,
        WorkflowExecutionStatus.FAILED,
        WorkflowExecutionStatus.TIMED_OUT,
        WorkflowExecutionStatus.CANCELED,
    }
)
"""How a workflow ends that has not written its outcome."""


class Reconciler:
    def __init__(self, card: Card, client: Client, opening: Opening) -> None:
        self.card = card
        self.client = client
        self.opening = opening
        self._after = ""
        self._next = 0.0

    async def when_due(self) -> None:
        """One look, if the last was long enough ago."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PERIOD.total_seconds()
            await self.look()

    async def look(self) -> int:
        """Begin anew the open cases of the next page that nothing works on. Returns their number.

        What Temporal says of one case stops no other. Raises RPCError if Temporal is away: the page comes again.
        """
        async with self.card.statements() as session:
            page = await cases.open_after(session, self._after, AT_ONCE)
        begun = 0
        for case in await self._not_seen_running(page):
            begun += await self._begin_anew_if_lost(case)
        self._after = page[-1].ref if len(page) == AT_ONCE else ""
        return begun

    async def _not_seen_running(self, page: Sequence[CaseRecord]) -> list[CaseRecord]:
        """Those that visibility, which lags a little, does not list as running: one question for many cases."""
        if not page:
            return []
        ids = ", ".join(f"'{workflow_id(case.service, case.ref)}'" for case in page)
        running = {
            found.id
            async for found in self.client.list_workflows(f"ExecutionStatus = 'Running' AND WorkflowId IN ({ids})")
        }
        return [case for case in page if workflow_id(case.service, case.ref) not in running]

    async def _begin_anew_if_lost(self, case: CaseRecord) -> bool:
        id_ = workflow_id(case.service, case.ref)
        try:
            status = (await self.client.get_workflow_handle(id_).describe()).status
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            status = None
        if status is WorkflowExecutionStatus.COMPLETED:
            # A workflow writes its outcome before it completes: the Card is older than what it says (a restore).
            async with self.card.statements() as session:
                if not await cases.is_over(session, case.ref):
                    log.error("reconcile.completed_without_outcome", case=id_)
            return False
        if status is not None and status not in OVER:
            return False
        async with self.card.statements() as session:
            if await cases.is_over(session, case.ref):
                return False
        try:
            await self.opening.begin_anew(case)
        except (benefits.UnknownService, benefits.BadFacts) as error:
            log.error("reconcile.cannot_begin", case=id_, error=type(error).__name__)
            return False
        return True
