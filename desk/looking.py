"""Looking at cases: one with everything about it, or many. The Card comes first, and Temporal is asked for the rest."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

from activities.entitle import with_arrears
from activities.masking import masked
from card import Card, cases, decisions, entitlements, findings, messages, money, payments, returns, snapshots
from card.cases import is_case_ref
from card.tables import CaseRecord
from desk.errors import BadInput
from workflows.case_in_sight import NO_BREAK
from workflows.model import ALMATY, NOTICE_WORKFLOW, WORKFLOW, Outcome, SearchAttributes, Stage, workflow_id

PAGE = 200
"""So many cases are asked of Temporal in one query."""


async def record_of(card: Card, ref: str) -> CaseRecord:
    """The case with this reference, also where it was typed without dashes or with its service. Raises BadInput."""
    record = await _known(card, ref)
    if record is None:
        raise _no_case(ref)
    return record


async def _known(card: Card, ref: str) -> CaseRecord | None:
    async with card.statements() as session:
        return await cases.known(session, _written(ref))


def _written(ref: str) -> str:
    """The reference as the Card writes it. Raises BadInput."""
    bare = ref.rsplit("/", 1)[-1]
    digits = bare.replace("-", "")
    if not is_case_ref(bare):
        raise BadInput(f"ref: {ref!r} is no case reference; the last digit checks the others, as in 4827-1031-6")
    return f"{digits[:4]}-{digits[4:8]}-{digits[8]}"


def _no_case(ref: str) -> BadInput:
    return BadInput(f"ref: no case {ref.rsplit('/', 1)[-1]}")


@dataclass(frozen=True)
class CaseView:
    """One case. The Card comes first: `live` is empty where Temporal has the case no more."""

    head: dict[str, Any]
    live: dict[str, Any]
    details: str
    messages: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    decisions: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """For programs: times in ISO 8601 with their offset, the steps one by one."""
        head = {**Head().model_dump(), **self.head, **self.live}
        tables = {"messages": self.messages, "payments": self.payments, "decisions": self.decisions}
        return {**head, "steps": steps_in(self.details), **tables}


class Head(BaseModel):
    """What a list shows of a case, whether Temporal still has it or not."""

    ref: str = ""
    service: str = ""
    stage: str | None = None
    outcome: str | None = None
    opened: datetime | None = None
    region: str | None = None
    deadline: datetime | None = None
    needs_attention: bool = False
    attention: list[str] = []

    @classmethod
    def of(cls, case: CaseRecord) -> "Head":
        stage = Stage.CLOSED if case.outcome else None
        return cls(ref=case.ref, service=case.service, stage=stage, outcome=case.outcome, opened=case.opened_at)


async def look(card: Card, client: Client, ref: str) -> CaseView:
    """Everything about one case that an operator may see without opening the person's record. Raises BadInput."""
    record = await _known(card, ref)
    if record is None:
        return await _without_a_row(card, client, ref)
    handle = client.get_workflow_handle(workflow_id(record.service, record.ref))
    try:
        described = await handle.describe()
        live, text = {**_seen(described), **await _failing(client, described)}, await details(handle)
        runs_on, ended = _runs(described), described.close_time
        completed = described.status is WorkflowExecutionStatus.COMPLETED
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise
        live, text, runs_on, completed, ended = {}, "", False, False, None
    async with card.transaction() as session:
        said = await messages.of_case(session, record.ref)
        paid = await payments.of_case(session, record.ref)
        decided = await decisions.of_case(session, record.ref)
        found = await snapshots.last(session, record.ref)
        sums = await money.money(session, record.ref)
        amiss = await findings.of_case(session, record.ref)
        runs = await with_arrears(session, await entitlements.of_case(session, record.ref))
        reopened = await returns.reopened_at(session, record.ref)
    noted = [{"kind": one.kind, "what": one.what, "since": one.found_at} for one in amiss]
    if record.outcome is None and not runs_on:
        # The Card first: what the workflow says of its end was in a copy that is lost.
        live, text = {"stage": LOST if record.started_at else "not started"}, ""
        if completed and ended is not None and (reopened is None or reopened <= ended):
            noted = noted or [{"kind": findings.COMPLETED, "what": ENDED, "since": ended}]
    head = {
        "ref": record.ref,
        "service": record.service,
        "outcome": record.outcome,
        "reason": masked(record.reason) if record.reason else None,
        "opened": record.opened_at,
        "closed": record.closed_at,
        "assigned": str(sums.assigned),
        "credited": str(sums.credited),
        "pending": str(sums.pending),
        "law": found.decision["right"] if found else None,
        "owed": [{"from": m.first, "to": m.last, "net": str(m.net)} for one in runs for m in one.owed],
        "findings": noted,
    }
    return CaseView(
        head,
        live,
        text,
        [{"kind": m.kind, "state": m.state, "parts": m.parts, "sent": m.sent_at, "paid_by": m.paid_by} for m in said],
        [{"key": p.key, "amount": str(p.amount), "state": p.state, "reason": p.reason} for p in paid],
        [{"at": d.at, "by": d.by, "action": d.action, "why": d.why, "note": d.note} for d in decided],
    )


LOST = "lost"
"""Where a case stands that the Card holds open, and on which no workflow works."""

ENDED = (
    "its workflow has ended, and the Card is older than that (a restore): "
    "starter.py begin-anew lets it find out again what was done"
)
NO_ROW = "the Card has no such case: see what `reconcile` says of it, and docs/operators.md"


async def _without_a_row(card: Card, client: Client, ref: str) -> CaseView:
    """A case that only Temporal knows, as after a restore of the Card: what its newest workflow says of itself.

    What was said and paid is not known. Raises BadInput where there is none.
    """
    named = f"{SearchAttributes.CASE_REF.name} = '{_written(ref)}'"
    of_ours = f"WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}') AND {named}"
    found = await anext(client.list_workflows(of_ours), None)
    if found is None:
        raise _no_case(ref)
    handle = client.get_workflow_handle(found.id, run_id=found.run_id)
    described = await handle.describe()
    async with card.statements() as session:
        amiss = await findings.of_case(session, _written(ref))
    seen = described.typed_search_attributes
    head = {
        "ref": _written(ref),
        "service": seen.get(SearchAttributes.SERVICE) or found.id.rpartition("/")[0],
        "outcome": seen.get(SearchAttributes.OUTCOME),
        "reason": None,
        "opened": described.start_time,
        "closed": described.close_time,
        **dict.fromkeys(("assigned", "credited", "pending", "law", "owed")),
        "findings": [{"kind": one.kind, "what": one.what, "since": one.found_at} for one in amiss]
        or [{"kind": "workflow_without_row", "what": NO_ROW, "since": described.start_time}],
    }
    live = {**_seen(described), **await _failing(client, described)}
    return CaseView(head, live, await details(handle), [], [], [])


async def _failing(client: Client, described: WorkflowExecutionDescription) -> dict[str, Any]:
    """The step that another body is asked in now, if it was tried before: how often, and the last failure."""
    for pending in described.raw_description.pending_activities:
        if pending.attempt > 1:
            last = await client.data_converter.decode_failure(pending.last_failure)
            text = last.message if isinstance(last, FailureError) else str(last)
            return {"step": pending.activity_type.name, "attempts": pending.attempt, "last_error": text}
    return {}


async def details(handle: WorkflowHandle[Any, Any]) -> str:
    """The case's own words about where it stands; empty if no worker is there to say them."""
    try:
        metadata = await handle.query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata, rpc_timeout=timedelta(seconds=5)
        )
    except (RPCError, WorkflowQueryFailedError):
        return ""
    return str(metadata.current_details)


def steps_in(text: str) -> list[dict[str, Any]]:
    """The lines of the case's own table of steps: when (with its offset), stage and what."""
    found = []
    for line in text.splitlines():
        cells = [cell.replace(NO_BREAK, " ").strip() for cell in line.strip("|").split("|", 2)]
        with suppress(ValueError, IndexError):
            at = datetime.strptime(cells[0], "%d.%m.%Y %H:%M").replace(tzinfo=ALMATY)
            found.append({"at": at, "stage": cells[1], "what": cells[2].replace("\\[", "[")})
    return found


async def listed(
    card: Card,
    client: Client,
    service: str | None,
    stage: Stage | None,
    outcome: Outcome | None,
    attention: bool,
    limit: int,
) -> list[dict[str, Any]]:
    """Cases and notices, newest first: those of the Card, with what Temporal sees of them.

    `stage` and `attention` are Temporal's to know, so these ask it first.
    """
    seen: dict[str, WorkflowExecution] = {}
    if stage or attention:
        seen = await _in_sight(client, _conditions(service, stage, outcome, attention), limit)
    async with card.statements() as session:
        refs = seen if stage or attention else None
        found = list(await cases.newest(session, limit, service=service, outcome=outcome, refs=refs))
        noted: dict[str, str] = {}
    if attention and stage is None:  # also those that cannot say so themselves
        async with card.statements() as session:
            noted = {one.ref: one.kind for one in await findings.listed(session) if one.ref not in seen}
            found += await cases.newest(session, limit, service=service, outcome=outcome, refs=noted)
    for page in _pages([case.ref for case in found if case.ref not in seen]):
        named = ", ".join(f"'{ref}'" for ref in page)
        seen |= await _in_sight(client, [f"{SearchAttributes.CASE_REF.name} IN ({named})"], limit)
    return [_row(case, seen.get(case.ref), noted.get(case.ref)) for case in found]


def _row(case: CaseRecord, seen: WorkflowExecution | None, noted: str | None) -> dict[str, Any]:
    """The Card first: a case that it holds open is not closed, whatever a workflow that has ended says of it."""
    row = {**Head.of(case).model_dump(), **(_seen(seen) if seen is not None else {})}
    if case.outcome is None and (seen is None or not _runs(seen)):
        row["stage"] = LOST if seen is not None else "not in sight"
    if noted is not None:
        row |= {"needs_attention": True, "attention": [noted]}
    return row


ATTENTION = f"{SearchAttributes.NEEDS_ATTENTION.name} = true AND ExecutionStatus = 'Running'"
"""What needs a person: a run that was terminated in its need keeps saying so, and its case goes on in another."""


def _conditions(service: str | None, stage: Stage | None, outcome: Outcome | None, attention: bool) -> list[str]:
    wanted = {SearchAttributes.SERVICE: service, SearchAttributes.STAGE: stage, SearchAttributes.OUTCOME: outcome}
    conditions = [f"{key.name} = '{value}'" for key, value in wanted.items() if value]
    return [*conditions, ATTENTION] if attention else conditions


async def _in_sight(client: Client, conditions: list[str], limit: int) -> dict[str, WorkflowExecution]:
    """The newest workflow that Temporal sees of each case, by its reference."""
    query = " AND ".join([f"WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}')", *conditions])
    found: dict[str, WorkflowExecution] = {}
    async for execution in client.list_workflows(query, limit=limit):
        ref = execution.typed_search_attributes.get(SearchAttributes.CASE_REF)
        if ref is not None and ref not in found:  # the newest run of a case that was begun anew
            found[ref] = execution
    return found


def _runs(execution: WorkflowExecution) -> bool:
    return execution.status is WorkflowExecutionStatus.RUNNING


def _seen(execution: WorkflowExecution) -> dict[str, Any]:
    """What search attributes say of a case; who the case is, and how it ended, the Card says."""
    seen = execution.typed_search_attributes
    attention = seen.get(SearchAttributes.ATTENTION) or []
    return {
        "stage": seen.get(SearchAttributes.STAGE),
        "region": seen.get(SearchAttributes.REGION),
        "deadline": seen.get(SearchAttributes.DEADLINE),
        "needs_attention": bool(seen.get(SearchAttributes.NEEDS_ATTENTION)),
        "attention": list(attention),
    }


def _pages(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(refs), PAGE):
        yield refs[start : start + PAGE]
