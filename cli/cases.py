"""Opening, answering, resolving and looking at cases. What is printed holds no name, IIN, phone or IBAN."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from sqlalchemy import select
from sqlmodel import col
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowExecution, WorkflowHandle, WorkflowQueryFailedError, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

import benefits
from activities.calendar import day_of
from benefits import read_iin
from card import money
from card.cases import is_case_ref
from card.tables import CaseRecord, FactsSnapshot, OutgoingMessage, Payment
from cli.connection import Running
from gateway.messages import phone_number
from workflows.model import (
    NOTICE_WORKFLOW,
    WORKFLOW,
    Action,
    Message,
    Outcome,
    Resolution,
    Resolved,
    SearchAttributes,
    Stage,
    local,
    tenge,
    workflow_id,
)


class BadInput(ValueError):
    """What was typed cannot be right. The text names the field and the rule."""


async def open_case(running: Running, service: str, iin: str, on: date | None) -> dict[str, Any]:
    """Open a case; each call is a new wish, so each has its own key. Raises BadIin, UnknownService."""
    read_iin(iin)
    day = on or day_of(datetime.now(UTC))
    opened = await running.opening.open(service=service, iin=iin, on=day, opened_by=f"starter:{uuid4()}")
    return {"ref": opened.case.ref, "service": service, "workflow_id": opened.case.id, "on": day.isoformat()}


def check_code(code: str) -> None:
    """Raises UnknownService for what is neither a service nor a topic of notices."""
    if code not in {topic.code for topic in benefits.notice_topics()}:
        benefits.service(code)


async def reply(handset: str, phone: str, text: str) -> dict[str, Any]:
    """Answer as the person, through the SMS centre's handset. For the stub only: production has no such door."""
    try:
        phone = phone_number(phone)
    except ValueError as bad:
        raise BadInput(f"phone: {bad}") from None
    async with httpx.AsyncClient(base_url=handset, timeout=10, trust_env=False) as client:
        answer = await client.post("/admin/reply", json={"phone": phone, "text": text})
    if answer.status_code >= 400:
        raise BadInput(f"phone, text: the SMS centre refused the message ({answer.status_code}): {answer.text[:200]}")
    taken: dict[str, Any] = answer.json()
    return taken


async def resolve(running: Running, ref: str, action: Action, note: str) -> dict[str, Any]:
    """Decide as an operator on a case that needs a person. Raises BadInput if it waits for no such decision."""
    record = await _record(running, ref)
    handle = running.client.get_workflow_handle(workflow_id(record.service, record.ref))
    try:
        done: Resolved = await handle.execute_update(
            Message.RESOLVE, Resolution(action=action, note=note), result_type=Resolved
        )
    except WorkflowUpdateFailedError as refused:
        raise BadInput(f"action: {refused.cause}") from refused
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            raise BadInput(f"ref: case {record.ref} is over") from failed
        raise
    return {"ref": record.ref, "stage": done.stage, "action": done.action}


async def _record(running: Running, ref: str) -> CaseRecord:
    bare = ref.rsplit("/", 1)[-1]
    digits = bare.replace("-", "")
    if not is_case_ref(bare):
        raise BadInput(f"ref: {ref!r} is no case reference; the last digit checks the others, as in 4827-1031-6")
    async with running.card.transaction() as session:
        record = await session.get(CaseRecord, f"{digits[:4]}-{digits[4:8]}-{digits[8]}")
    if record is None:
        raise BadInput(f"ref: no case {bare}")
    return record


@dataclass(frozen=True)
class CaseView:
    """One case as `case` shows it."""

    head: dict[str, Any]
    details: str
    messages: list[dict[str, Any]]
    payments: list[dict[str, Any]]


async def look(running: Running, ref: str) -> CaseView:
    """Everything about one case that an operator may see without opening the person's record."""
    record = await _record(running, ref)
    handle = running.client.get_workflow_handle(workflow_id(record.service, record.ref))
    described = await handle.describe()
    metadata = await details(handle)
    async with running.card.transaction() as session:
        said = await session.scalars(
            select(OutgoingMessage)
            .where(col(OutgoingMessage.case_ref) == record.ref)
            .order_by(col(OutgoingMessage.intended_at))
        )
        paid = await session.scalars(select(Payment).where(col(Payment.case_ref) == record.ref))
        decided = await session.scalars(
            select(FactsSnapshot).where(col(FactsSnapshot.case_ref) == record.ref).order_by(col(FactsSnapshot.taken_at))
        )
        sums = await money.money(session, record.ref)
        messages = [
            {"kind": m.kind, "state": m.state, "parts": m.parts, "sent": _at(m.sent_at), "paid_by": m.paid_by}
            for m in said
        ]
        payments = [{"key": p.key, "amount": str(p.amount), "state": p.state, "reason": p.reason} for p in paid]
        law = [snapshot.decision for snapshot in decided]
    head = {
        **_row(described),
        "opened": _at(record.opened_at),
        "closed": _at(record.closed_at),
        "reason": record.reason,
        "assigned": str(sums.assigned),
        "credited": str(sums.credited),
        "pending": str(sums.pending),
        "law": law[-1]["right"] if law else None,
    }
    return CaseView(head, metadata, messages, payments)


async def details(handle: WorkflowHandle[Any, Any]) -> str:
    """The case's own words about where it stands; empty if no worker is there to say them."""
    try:
        metadata = await handle.query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata, rpc_timeout=timedelta(seconds=5)
        )
    except (RPCError, WorkflowQueryFailedError):
        return ""
    return str(metadata.current_details)


def show(console: Console, view: CaseView) -> None:
    head = view.head
    console.print(f"[bold]{head['service']}  {head['ref']}[/bold]  {head['outcome'] or head['stage']}")
    if view.details:
        console.print(Markdown(view.details))
    console.print(
        f"assigned {tenge(Decimal(head['assigned']))}, credited {tenge(Decimal(head['credited']))}, "
        f"pending {tenge(Decimal(head['pending']))}"
    )
    if view.messages:
        console.print(_table("SMS", view.messages))
    if view.payments:
        console.print(_table("payments", view.payments))


async def listed(
    running: Running, service: str | None, stage: Stage | None, outcome: Outcome | None, attention: bool, limit: int
) -> list[dict[str, Any]]:
    """Cases and notices as Temporal's visibility knows them, newest first."""
    wanted = [f"WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}')"]
    if service:
        wanted.append(f"{SearchAttributes.SERVICE.name} = '{service}'")
    if stage:
        wanted.append(f"{SearchAttributes.STAGE.name} = '{stage}'")
    if outcome:
        wanted.append(f"{SearchAttributes.OUTCOME.name} = '{outcome}'")
    if attention:
        wanted.append(f"{SearchAttributes.NEEDS_ATTENTION.name} = true")
    return [_row(found) async for found in running.client.list_workflows(" AND ".join(wanted), limit=limit)]


def show_list(console: Console, rows: list[dict[str, Any]]) -> None:
    console.print(_table("cases", rows) if rows else "no cases")


def _row(execution: WorkflowExecution) -> dict[str, Any]:
    seen = {pair.key.name: pair.value for pair in execution.typed_search_attributes}
    deadline = seen.get(SearchAttributes.DEADLINE.name)
    return {
        "ref": seen.get(SearchAttributes.CASE_REF.name),
        "service": seen.get(SearchAttributes.SERVICE.name),
        "stage": seen.get(SearchAttributes.STAGE.name),
        "outcome": seen.get(SearchAttributes.OUTCOME.name),
        "region": seen.get(SearchAttributes.REGION.name),
        "deadline": local(deadline) if deadline else None,
        "needs_attention": bool(seen.get(SearchAttributes.NEEDS_ATTENTION.name)),
    }


def _at(at: datetime | None) -> str | None:
    return local(at) if at else None


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name.replace("_", " "))
    for row in rows:
        table.add_row(*("" if value in (None, False) else str(value) for value in row.values()))
    return table
