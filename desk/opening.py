"""Opening a case: written into the Card first, then started in Temporal under its own id, however often it is tried."""

import contextlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import structlog
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryRequest
from temporalio.client import Client
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

import benefits
from activities.notice import workflow_of
from benefits.days import day_of
from card import Card, cases, entitlements, rights
from card.tables import CaseRecord
from runtime.codec import UnknownKey, codec_of
from workflows.model import NOTICE_WORKFLOW, WORKFLOW, Case, SearchAttributes, Stage

log = structlog.get_logger()


AHEAD = timedelta(days=31)
"""So far ahead a right may be asked about: a decision is reported before it holds, and 2099 is a typing error."""

AT_ONCE = 500
"""So many cases are started in one look, the oldest first; the next look starts the others."""


WAITS = timedelta(seconds=10)
"""A case that has not been started for so long is not just being started."""


@dataclass(frozen=True)
class Opened:
    """`new` is false when the same event had opened the case before."""

    case: Case
    new: bool


class ReferenceTaken(Exception):
    """Temporal knows another's case by this id: the Card is an older copy, or a stranger started it."""


class Opening:
    def __init__(self, card: Card, client: Client, task_queue: str) -> None:
        self.card = card
        self.client = client
        self.task_queue = task_queue

    async def open(self, *, service: str, iin: str, on: date, opened_by: str, by_event: bool = False) -> Opened:
        """Open a case of `service`, or a notice of that topic, for the person; the same `opened_by` opens it once.

        `by_event`: a registry told of it, so what is no right yet is looked at again for a while. Raises
        `benefits.UnknownService`, or `benefits.BadFacts` for a day of which the law is not known or that is too far
        ahead. If Temporal cannot be reached the case stays in the Card, and `start_pending` starts it later.
        """
        if on > day_of(datetime.now(UTC)) + AHEAD:
            raise benefits.BadFacts("on", f"not more than {AHEAD.days} days ahead")
        _described(service, on)
        async with self.card.transaction() as session:
            opened = await cases.open_case(
                session, service=service, iin=iin, opened_by=opened_by, on=on, by_event=by_event
            )
        case = _case(opened.case)
        if opened.case.started_at is None:
            case = await self._start_or_wait(case)
        return Opened(case, opened.new)

    async def heard_of(self, id: str, kind: str, iin: str, on: date | None, look_on: date) -> str | None:
        """Note an event of a registry; what runs to the person is due for a look from `look_on` on. Returns the field
        in which it differs from what first came under its id."""
        async with self.card.transaction() as session:
            known = await cases.heard_of(session, id, kind, iin, on)
            # What runs to them already is reckoned anew by the next look, whatever has happened.
            await entitlements.look_at_one(session, iin, look_on)
        for field, before, now in (("kind", known.kind, kind), ("person", known.iin, iin), ("day", known.on_day, on)):
            if before != now:
                return field
        return None

    async def look_again(self) -> int:
        """Open a case for each right, and each event, whose day to be looked at has come. Returns their number."""
        today = day_of(datetime.now(UTC))
        opened = []
        async with self.card.transaction() as session:
            for look in await rights.due(session, today, AT_ONCE):
                found = await cases.open_to_look(session, look, on=today)
                await rights.looked(session, look)
                opened.append(_case(found))
        for case in opened:
            await self._start_or_wait(case)
        return len(opened)

    async def _start_or_wait(self, case: Case) -> Case:
        """Start it, or leave it to `start_pending`. Returns the case that it is, as `_start_new`."""
        try:
            return await self._start_new(case)
        except RPCError as away:
            log.warning("opening.start_waits", case=case.id, error=away.status.name)
            return case

    async def _start_new(self, case: Case) -> Case:
        """Start a case that has not begun. Returns the case that it is: under another reference if that was taken."""
        try:
            await self._start(case)
        except ReferenceTaken:
            log.error("opening.reference_is_taken", case=case.id)
            async with self.card.transaction() as session:
                another = await cases.refer_anew(session, case.ref)
            return await self._start_new(_case(another))
        except benefits.UnknownService:
            log.error("opening.unknown_service", case=case.id)
        return case

    async def start_pending(self) -> int:
        """Start the cases that were recorded and not started, as after a crash in between. Returns their number."""
        async with self.card.statements() as session:
            waiting = [_case(row) for row in await cases.not_started(session, WAITS, AT_ONCE)]
        for case in waiting:
            await self._start_new(case)
        return len(waiting)

    async def begin_anew(self, row: CaseRecord) -> None:
        """Start a case again that the Card holds open and Temporal has no more: terminated, or lost with its history.

        Every effect has its key and the Card what was done under it, so nothing is asked, applied for or paid twice.
        """
        case = _case(row)
        log.warning("opening.begun_anew", case=case.id)
        with contextlib.suppress(ReferenceTaken):  # just started by a stranger: the next look of the reconciler says so
            await self._start(case, WorkflowIDReusePolicy.ALLOW_DUPLICATE)

    async def _start(self, case: Case, again: WorkflowIDReusePolicy = WorkflowIDReusePolicy.REJECT_DUPLICATE) -> None:
        workflow, name, details = _described(case.service, case.on)
        try:
            await self.client.start_workflow(
                workflow,
                case,
                id=case.id,
                task_queue=self.task_queue,
                id_reuse_policy=again,
                static_summary=f"{name}, case {case.ref}",
                static_details=f"{details}: {name}. Assessed for {case.on:%d.%m.%Y}.",
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(SearchAttributes.SERVICE, case.service),
                        SearchAttributePair(SearchAttributes.CASE_REF, case.ref),
                        SearchAttributePair(SearchAttributes.STAGE, Stage.DETECT),
                        SearchAttributePair(SearchAttributes.NEEDS_ATTENTION, False),
                    ]
                ),
            )
        except WorkflowAlreadyStartedError:
            # An earlier try started it and died before it could say so, and it may have ended since.
            if not await self._runs_for(case):
                raise ReferenceTaken from None
        async with self.card.statements() as session:
            await cases.started(session, case.ref, codec_of(self.client).current)

    async def _runs_for(self, case: Case) -> bool:
        """Whether what Temporal knows by the case's id was started with this case. True where that can't be read."""
        asked = GetWorkflowExecutionHistoryRequest(
            namespace=self.client.namespace, execution=WorkflowExecution(workflow_id=case.id), maximum_page_size=1
        )
        history = (await self.client.workflow_service.get_workflow_execution_history(asked)).history
        started = history.events[0].workflow_execution_started_event_attributes
        if started.workflow_type.name != workflow_of(case.service):
            return False
        here = WorkflowSerializationContext(namespace=self.client.namespace, workflow_id=case.id)
        try:
            (started_with,) = await self.client.data_converter.with_context(here).decode(started.input.payloads, [Case])
        except UnknownKey:
            return True
        except Exception:  # whatever it is, it is none of ours
            return False
        return bool(started_with == case)


def _described(code: str, on: date) -> tuple[str, str, str]:
    """The workflow of a service or notice, its name, and what its cases are about.

    Raises `benefits.UnknownService`, or `benefits.BadFacts` for a day of which the law is not known.
    """
    for topic in benefits.notice_topics(on):
        if topic.code == code:
            return NOTICE_WORKFLOW, topic.names.en, "To be told without consent"
    return WORKFLOW, benefits.service(code, on).names.en, "The right to"


def _case(row: CaseRecord) -> Case:
    return Case(ref=row.ref, service=row.service, person_id=row.person_id, on=row.assessed_on)
