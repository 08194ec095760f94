"""The Card against Temporal: an open case that no workflow works on is begun anew, whatever took the workflow away.

A terminate by mistake, a lost history or a Temporal restored from yesterday leave a row that waits for nobody. To end a
case an operator closes or cancels it; a terminate is a mistake or an emergency, and the case comes back after it.

Every effect has its key and the Card what was done under it: a case that is begun anew asks, applies and pays nothing a
second time, at whatever step it was lost.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from math import inf
from uuid import uuid4

import structlog
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, DescribeTaskQueueRequest
from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowExecution,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
)
from temporalio.service import RPCError, RPCStatusCode

import benefits
from activities.entitle import FIRST, entitle_missing
from activities.notice import workflow_of
from benefits.days import day_of
from benefits.terms import next_quarter
from card import Card, cases, consents, findings, messages, returns
from card.cases import KeyNeeded
from card.findings import COMPLETED
from card.tables import CaseRecord
from desk.looking import ENDED
from desk.opening import Opening
from desk.standstill import AT_ONCE, Round, Standstill
from runtime.codec import codec_of
from workflows.model import (
    NOTICE_WORKFLOW,
    WORKFLOW,
    Message,
    Reply,
    ReplyTaken,
    SearchAttributes,
    Stage,
    workflow_id,
)

log = structlog.get_logger()

PERIOD = timedelta(minutes=1)
"""Between two looks: a case that was terminated by mistake is missed for about so long where few are open."""

ENDS_WITHIN = timedelta(minutes=10)
"""So long a workflow may take to end after its outcome is written."""

ENDS_MOSTLY_WITHIN = timedelta(minutes=1)
"""Who still runs then is shown to whoever looks."""

HEARS_WITHIN = 600.0
"""Seconds in which a case that was brought an answer again has heard it, as far as it ever will; then once more."""

TAKEN_WITHIN = timedelta(seconds=10)
"""So long a case may take to take what is brought to it; without a worker it takes for ever."""

CANNOT_BEGIN, NO_ROW, FORGOTTEN = "cannot_begin", "workflow_without_row", "forgotten_by_the_card"
STANDS_STILL, ELSEWHERE, NOT_ASKED = "case_stands_still", "workflow_elsewhere", "question_forgotten"
OUTLIVES = "workflow_outlives_its_case"
"""Kinds of findings: what only a person can put right."""

_ELSEWHERE = "its workflow is none that was started for it ({}): terminate it, and it is begun anew"

_NOT_ASKED = (
    "it waits for the answer to a question that the Card, an older copy, knows nothing of: terminate it, and it is "
    "begun anew and asks again"
)
_OUTLIVES = (
    f"its case is over, by the Card, and its workflow runs: it can do nothing more, and is terminated "
    f"{ENDS_WITHIN.seconds // 60} minutes after the end; if the case should go on, see why it was closed"
)
_FORGOTTEN = (
    "workflow {} ended, and the Card has no such case: it is an older copy, and knows nothing of what was said and "
    "paid there. The bank makes no payment of a right twice that it has credited; whoever it was for may be asked again"
)
_RUNNING = f"ExecutionStatus = 'Running' AND WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}')"
_ENDED = f"ExecutionStatus = 'Completed' AND WorkflowType = '{WORKFLOW}' AND CloseTime > '{{since}}'"

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
        self.tell_key: Callable[[str, int], None] = lambda _key, _n: None
        """Is told how many cases need each payload key; the gateway puts its metric here."""
        self.tell_law: Callable[[str, int], None] = lambda _parameter, _days: None
        """Is told for how many days each value is still law that has no law after it; likewise."""
        self.tell_regions: Callable[[str, str, int], None] = lambda _service, _quarter, _n: None
        """Is told in how many regions a service has no figures, in the present and in the coming quarter; likewise."""
        self.card = card
        self.client = client
        self.opening = opening
        self._after = ""
        self._next = 0.0
        self._running = Round(client, _RUNNING, AT_ONCE)
        self._without_row: set[str] = set()
        self._outlives: set[str] = set()
        self._ended = Round(client, _ENDED, AT_ONCE)
        self._entitled = FIRST
        self._standstill = Standstill(client, opening.task_queue)
        self._brought: dict[tuple[str, str], float] = {}
        """When a case was brought an answer again while it listened for one."""
        self._amiss: dict[str, set[str]] = {kind: set() for kind in (COMPLETED, CANNOT_BEGIN, ELSEWHERE)}
        """What was found of each kind since the first case was looked at."""

    async def when_due(self) -> None:
        """One look, if the last was long enough ago."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + PERIOD.total_seconds()
            await self.look()

    async def look(self) -> int:
        """Begin anew the open cases of the next page that nothing works on. Returns their number.

        What cannot be begun, and workflows of which the Card has no row, are put before a person. What Temporal says of
        one case stops no other. Raises RPCError if Temporal is away: the page comes again.
        """
        async with self.card.statements() as session:
            page = await cases.open_after(session, self._after, AT_ONCE)
        begun = 0
        amiss: dict[str, dict[str, str]] = {kind: {} for kind in self._amiss}
        for case in await self._not_seen_running(page, amiss):
            begun += await self._begin_anew_if_lost(case, amiss)
        await self._put_before_a_person(amiss, [case.ref for case in page])
        for kind, found in amiss.items():
            self._amiss[kind] |= set(found)
        self._after = page[-1].ref if len(page) == AT_ONCE else ""
        if not self._after:
            async with self.card.statements() as session:
                for kind, refs in self._amiss.items():
                    await findings.only(session, kind, refs)
                    refs.clear()
        await self._look_for_workflows_without_a_row()
        await self._look_for_what_the_card_has_forgotten()
        await self._look_for_cases_that_stand_still()
        self._entitled = await entitle_missing(self.card, self._entitled, AT_ONCE)
        if not self._after:
            for needed in await self.keys_needed():
                self.tell_key(needed.key or "unknown", needed.open + needed.retained)
            today = day_of(datetime.now(UTC))
            for ending in benefits.endings(today + benefits.WARNED):
                self.tell_law(ending.code, (ending.last - today).days + 1)
            for name, day in (("present", today), ("coming", next_quarter(today))):
                for one in benefits.undecided_in(day):
                    self.tell_regions(one.service, name, len(one.regions))
        return begun

    async def keys_needed(self) -> list[KeyNeeded]:
        """Which payload keys open cases, and histories that Temporal still has, were started under.

        A key of the ring that nothing needs is there with zeros.
        """
        asked = DescribeNamespaceRequest(namespace=self.client.namespace)
        described = await self.client.workflow_service.describe_namespace(asked)
        retention = described.config.workflow_execution_retention_ttl.ToTimedelta()
        async with self.card.statements() as session:
            needed = await cases.keys_needed(session, retention)
        counted = {one.key for one in needed}
        return [*needed, *(KeyNeeded(key, 0, 0, None) for key in codec_of(self.client).known if key not in counted)]

    async def whole(self) -> int:
        """Look at everything once, from the first case to the last. Returns how many cases were begun anew."""
        self._after = ""
        self._running.from_the_first()
        begun = await self.look()
        while self._after or self._running.goes_on or self._ended.goes_on or self._standstill.goes_on:
            begun += await self.look()
        return begun

    async def _put_before_a_person(self, amiss: dict[str, dict[str, str]], looked_at: Sequence[str]) -> None:
        """Note what is amiss, and that what was so before is no more."""
        async with self.card.transaction() as session:
            for kind, found in amiss.items():
                await findings.gone(session, kind, set(looked_at) - set(found))
                for ref in await findings.note(session, kind, found):
                    log.error(f"reconcile.{kind}", case=ref)

    async def _look_for_workflows_without_a_row(self) -> None:
        """The next page of running workflows, held against the Card: one older than they are has no rows of them."""
        if not self._running.goes_on:
            self._without_row, self._outlives = set(), set()
        page: dict[str, str] = {}
        waiting: dict[str, datetime] = {}
        for_account: dict[str, datetime] = {}
        for execution in await self._running.page():
            page[execution.id] = ref = execution.id.rpartition("/")[2]
            if execution.typed_search_attributes.get(SearchAttributes.STAGE) in (Stage.CONSENT, Stage.LATE):
                waiting[ref] = execution.start_time
            elif execution.typed_search_attributes.get(SearchAttributes.STAGE) == Stage.ACCOUNT:
                for_account[ref] = execution.start_time
        async with self.card.statements() as session:
            known = await cases.services_of(session, set(page.values()))
        # Also one that calls itself a case which the Card has, and is not the one that was started for it.
        own = {ref: id_ for id_, ref in page.items() if ref in known and workflow_id(known[ref], ref) == id_}
        without = {
            ref if ref and ref not in known else id_: (
                f"workflow {id_} runs, and the Card has no such case: terminate it, unless the Card is an older copy"
            )
            for id_, ref in page.items()
            if own.get(ref) != id_
        }
        self._without_row |= set(without)
        await self._end_what_is_over(own)
        of_own = {ref: since for ref, since in waiting.items() if ref in own}
        await self._bring_again(own, of_own, {ref: since for ref, since in for_account.items() if ref in own})
        await self._put_before_a_person({NOT_ASKED: await self._not_asked(of_own)}, list(page.values()))
        await self._put_before_a_person({NO_ROW: without}, [*page, *page.values()])
        if not self._running.goes_on:
            async with self.card.statements() as session:
                await findings.only(session, NO_ROW, self._without_row)
                await findings.only(session, OUTLIVES, self._outlives)

    async def _look_for_what_the_card_has_forgotten(self) -> None:
        """Cases that have ended lately and are none by the Card: it was restored, and knows nothing of them."""
        page = {execution.id: execution.id.rpartition("/")[2] for execution in await self._ended.page()}
        async with self.card.statements() as session:
            known = await cases.services_of(session, set(page.values()))
        self._ended.still |= {ref: _FORGOTTEN.format(id_) for id_, ref in page.items() if ref not in known}
        await self._put_before_a_person({FORGOTTEN: self._ended.still}, [])
        async with self.card.statements() as session:
            await findings.only(session, FORGOTTEN, self._ended.still)

    async def _end_what_is_over(self, running: dict[str, str]) -> None:
        """A workflow that was reset into waiting for an answer, or whose row somebody has closed, waits for nobody: its
        case has ended, by the Card."""
        async with self.card.statements() as session:
            outlives = await cases.over_for(session, list(running), ENDS_MOSTLY_WITHIN)
            over = await cases.over_for(session, list(running), ENDS_WITHIN)
        self._outlives |= set(outlives)
        await self._put_before_a_person({OUTLIVES: dict.fromkeys(outlives, _OUTLIVES)}, list(running))
        for ref in over:
            log.warning("reconcile.ended_by_the_card", case=ref)
            with suppress(RPCError):  # it has just ended by itself
                await self.client.get_workflow_handle(running[ref]).terminate("its case is over, by the Card")

    async def _not_asked(self, waiting: dict[str, datetime]) -> dict[str, str]:
        """Cases that wait for the answer to a question of which the Card, an older copy, knows nothing."""
        async with self.card.statements() as session:
            asked = await messages.asked_by(session, list(waiting))
        return dict.fromkeys(waiting.keys() - asked, _NOT_ASKED)

    async def _bring_again(
        self, own: dict[str, str], waiting: dict[str, datetime], for_account: dict[str, datetime]
    ) -> None:
        """A case that was reset, or begun anew while it could not hear, has lost what she said, and would end as if
        she had said nothing. `waiting`: cases that wait for an answer, and since when they run; `for_account`: those
        that have their yes and wait, or may be about to, for an account."""
        async with self.card.statements() as session:
            again = await consents.given_of(session, list(waiting))
            for ref, said in (await consents.last_said(session, list(waiting))).items():
                if said.brought_at is not None and said.brought_at < waiting[ref]:
                    again.setdefault(ref, said.message_id)
            for ref, said in (await consents.last_account(session, list(for_account))).items():
                if said.brought_at is not None and said.brought_at < for_account[ref]:
                    again[ref] = said.message_id
        for ref, message_id in again.items():
            if time.monotonic() - self._brought.get((ref, message_id), -inf) < HEARS_WITHIN:
                continue
            log.warning("reconcile.answer_brought_again", case=ref)
            handle = self.client.get_workflow_handle(own[ref])
            try:
                taken = await handle.execute_update(
                    Message.REPLY,
                    Reply(message_id=message_id),
                    id=f"again-{uuid4()}",  # under one that could be known a stranger would have been heard before us
                    result_type=ReplyTaken,
                    rpc_timeout=TAKEN_WITHIN,
                )
                if taken.noted:  # else it has not asked yet
                    self._brought[ref, message_id] = time.monotonic()
            except (RPCError, WorkflowUpdateFailedError):
                continue  # it has just ended, or has more to read than it takes
            except RPCTimeoutOrCancelledError:
                # The client says the same when nobody takes it, as without a worker, and when we ourselves are ended.
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError from None

    async def _look_for_cases_that_stand_still(self) -> None:
        """It is over by itself when a worker can go on."""
        still = await self._standstill.look()
        await self._put_before_a_person({STANDS_STILL: still}, [])
        async with self.card.statements() as session:
            await findings.only(session, STANDS_STILL, still)

    async def _reopened_since(self, case: CaseRecord, ended: datetime | None) -> bool:
        """Whether somebody has opened the case again after its workflow had ended: its money came back, or is owed."""
        async with self.card.statements() as session:
            reopened = await returns.reopened_at(session, case.ref)
        return reopened is not None and ended is not None and reopened > ended

    async def _not_seen_running(self, page: Sequence[CaseRecord], amiss: dict[str, dict[str, str]]) -> list[CaseRecord]:
        """Those that visibility, which lags a little, does not list as running: one question for many cases.

        What runs under the id of a case, and was not started for it, is amiss: nobody works on the case.
        """
        if not page:
            return []
        of = {workflow_id(case.service, case.ref): case for case in page}
        ids = ", ".join(f"'{id_}'" for id_ in of)
        running = set()
        has_workers = await self._has_workers()
        async for found in self.client.list_workflows(f"ExecutionStatus = 'Running' AND WorkflowId IN ({ids})"):
            running.add(found.id)
            wrong = self._foreign(found, of[found.id], has_workers=has_workers)
            if wrong is not None:
                amiss[ELSEWHERE][of[found.id].ref] = _ELSEWHERE.format(wrong)
        return [case for id_, case in of.items() if id_ not in running]

    async def _has_workers(self) -> bool:
        asked = DescribeTaskQueueRequest(
            namespace=self.client.namespace,
            task_queue=TaskQueue(name=self.opening.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        return bool((await self.client.workflow_service.describe_task_queue(asked)).pollers)

    def _foreign(self, running: WorkflowExecution, case: CaseRecord, *, has_workers: bool) -> str | None:
        """In what it differs from what is started for the case; None where it doesn't. Where our own queue has no
        workers, it may be ours that is wrong."""
        if running.workflow_type != workflow_of(case.service):
            return f"of type {running.workflow_type[:60]}"
        if running.task_queue != self.opening.task_queue and has_workers:
            return f"for the workers of queue {running.task_queue[:60]}"
        if running.typed_search_attributes.get(SearchAttributes.CASE_REF) != case.ref:
            return "without its reference"
        if (running.execution_time or running.start_time) > datetime.now(UTC) + ENDS_WITHIN:
            return "beginning later"
        return None

    async def _begin_anew_if_lost(self, case: CaseRecord, amiss: dict[str, dict[str, str]]) -> bool:
        id_ = workflow_id(case.service, case.ref)
        try:
            described = await self.client.get_workflow_handle(id_).describe()
            status, ended = described.status, described.close_time
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            status, ended = None, None
        if status is WorkflowExecutionStatus.COMPLETED and not await self._reopened_since(case, ended):
            # A workflow writes its outcome before it completes: the Card is older than what it says (a restore).
            async with self.card.statements() as session:
                if not await cases.is_over(session, case.ref):
                    amiss[COMPLETED][case.ref] = ENDED
            return False
        if status is not None and status not in OVER and status is not WorkflowExecutionStatus.COMPLETED:
            return False
        async with self.card.statements() as session:
            if await cases.is_over(session, case.ref):
                return False
        try:
            await self.opening.begin_anew(case)
        except (benefits.UnknownService, benefits.BadFacts) as error:
            amiss[CANNOT_BEGIN][case.ref] = f"it is lost and cannot be begun anew: {type(error).__name__}"
            return False
        return True
