"""Opening, answering, resolving and looking at cases. What is printed holds no name, IIN, phone or IBAN."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
from pydantic import BaseModel
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select
from sqlmodel import col
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import (
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import FailureError
from temporalio.service import RPCError, RPCStatusCode

import benefits
from activities.calendar import day_of
from activities.masking import masked
from benefits import read_iin
from card import findings, money, snapshots
from card.cases import is_case_ref
from card.returns import RETURN_REASONS, NothingToReturn, take_back, take_up
from card.tables import CaseRecord, Decision, OutgoingMessage, Payment
from cli.connection import Running
from gateway.messages import phone_number
from gateway.reconcile import Reconciler
from runtime.codec import codec_of
from workflows.case_in_sight import NO_BREAK
from workflows.model import (
    ALMATY,
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
    zoned,
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
    if not text.strip():
        raise BadInput("text: at least one character")
    if not text.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BadInput("text: a text in UTF-8")
    async with httpx.AsyncClient(base_url=handset, timeout=10, trust_env=False) as client:
        answer = await client.post("/admin/reply", json={"phone": phone, "text": text})
    if answer.status_code >= 400:
        raise BadInput(f"phone, text: the SMS centre refused the message ({answer.status_code}): {answer.text[:200]}")
    taken: dict[str, Any] = answer.json()
    return taken


async def resolve(running: Running, ref: str, action: Action, note: str, by: str) -> dict[str, Any]:
    """Decide as the operator `by` on a case that needs a person. Raises BadInput if it waits for no such decision."""
    record = await _record(running, ref)
    handle = running.client.get_workflow_handle(workflow_id(record.service, record.ref))
    try:
        decision = Resolution(action=action, note=note, by=by)
        done: Resolved = await asyncio.wait_for(
            handle.execute_update(Message.RESOLVE, decision, result_type=Resolved), ANSWERS_WITHIN.total_seconds()
        )
    except TimeoutError:
        raise BadInput(
            f"no worker has answered for {ANSWERS_WITHIN.seconds} seconds; the decision may still reach the case: "
            f"look at `case {record.ref}` before you decide again"
        ) from None
    except WorkflowUpdateFailedError as refused:
        cause = refused.cause
        raise BadInput(cause.message if isinstance(cause, FailureError) else str(cause)) from refused
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            raise BadInput(f"ref: case {record.ref} is over") from failed
        raise
    return {"ref": record.ref, "stage": done.stage, "action": done.action}


async def returned(running: Running, ref: str, reason: str, account: str, note: str, by: str) -> dict[str, Any]:
    """Book that the credited money of a closed case has come back. Raises BadInput where nothing can have."""
    if reason not in RETURN_REASONS:
        known = ", ".join(RETURN_REASONS)
        raise BadInput(f"reason: {reason!r} is no reason for which a bank returns money (ISO 20022); one of {known}")
    record = await _record(running, ref)
    day = day_of(datetime.now(UTC))
    return await _open_again(running, record, partial(take_back, account=account, reason=reason, on=day), note, by)


async def pay_owed(running: Running, ref: str, note: str, by: str) -> dict[str, Any]:
    """Open a closed case again that owes money. Raises BadInput where it owes none, or it may be on its way."""
    return await _open_again(running, await _record(running, ref), take_up, note, by)


async def _open_again(
    running: Running, record: CaseRecord, owe: Callable[..., Awaitable[object]], note: str, by: str
) -> dict[str, Any]:
    """Let `owe` (`take_back` or `take_up`) open the case again; the sum is what is to be paid now."""
    if not by.strip():
        raise BadInput("by: say who decides")
    try:
        async with running.card.transaction() as session:
            await owe(session, record.ref, by=by.strip(), note=note.strip())
            sums = await money.money(session, record.ref)
    except NothingToReturn as nothing:
        raise BadInput(f"ref: {nothing}") from nothing
    return {"ref": record.ref, "amount": str(sums.pending)}


async def keys(running: Running) -> list[dict[str, Any]]:
    """The payload keys of the ring and of cases: how many open cases and retained histories need each."""
    needed = await Reconciler(running.card, running.client, running.opening).keys_needed()
    codec = codec_of(running.client)
    current, known = codec.current, codec.known
    return [
        {
            "key": one.key or "(kept since this version)",
            "here": "encrypts" if one.key == current else "decrypts" if one.key in known or not one.key else "missing",
            "open_cases": one.open,
            "retained_histories": one.retained,
            "last_closed": one.last_closed,
            "may_be_dropped": one.key in known and one.key != current and not one.open + one.retained,
        }
        for one in sorted(needed, key=lambda one: one.key or "")
    ]


def show_keys(console: Console, rows: list[dict[str, Any]]) -> None:
    console.print(_table("payload keys", rows))


async def reconcile(running: Running) -> tuple[int, list[findings.Found]]:
    """Hold Card and Temporal against each other now: how many cases were begun anew, and what waits for a person."""
    begun = await Reconciler(running.card, running.client, running.opening).whole()
    async with running.card.statements() as session:
        return begun, await findings.listed(session)


def show_findings(console: Console, begun: int, found: list[findings.Found]) -> None:
    console.print(f"{begun} lost cases begun anew; {len(found)} findings for a person")
    if found:
        rows = [{"since (UTC+5)": one.since, "case": one.ref, "kind": one.kind, "what": one.what} for one in found]
        console.print(_table("", rows))


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


ANSWERS_WITHIN = timedelta(seconds=20)
"""So long a case may take to hear a decision; without a worker it takes for ever."""


@dataclass(frozen=True)
class CaseView:
    """One case as `case` shows it. The Card comes first: `live` is empty where Temporal has the case no more."""

    head: dict[str, Any]
    live: dict[str, Any]
    details: str
    messages: list[dict[str, Any]]
    payments: list[dict[str, Any]]
    decisions: list[dict[str, Any]]

    def to_dict(self) -> dict[str, Any]:
        """For programs: times in ISO 8601 with their offset, the steps one by one."""
        head = {**_Head().model_dump(), **self.head, **self.live}
        tables = {"messages": self.messages, "payments": self.payments, "decisions": self.decisions}
        return {**head, "steps": steps_in(self.details), **tables}


async def look(running: Running, ref: str) -> CaseView:
    """Everything about one case that an operator may see without opening the person's record."""
    record = await _record(running, ref)
    handle = running.client.get_workflow_handle(workflow_id(record.service, record.ref))
    try:
        described = await handle.describe()
        live, text = {**_seen(described), **await _failing(running, described)}, await details(handle)
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise
        live, text = {}, ""
    async with running.card.transaction() as session:
        said = await session.scalars(
            select(OutgoingMessage)
            .where(col(OutgoingMessage.case_ref) == record.ref)
            .order_by(col(OutgoingMessage.intended_at))
        )
        paid = await session.scalars(select(Payment).where(col(Payment.case_ref) == record.ref))
        decided = await session.scalars(
            select(Decision).where(col(Decision.case_ref) == record.ref).order_by(col(Decision.at))
        )
        found = await snapshots.last(session, record.ref)
        sums = await money.money(session, record.ref)
        messages = [
            {"kind": m.kind, "state": m.state, "parts": m.parts, "sent": m.sent_at, "paid_by": m.paid_by} for m in said
        ]
        payments = [{"key": p.key, "amount": str(p.amount), "state": p.state, "reason": p.reason} for p in paid]
        decisions = [{"at": d.at, "by": d.by, "action": d.action, "why": d.why, "note": d.note} for d in decided]
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
    }
    if not live and record.outcome is None:
        live = {"stage": "lost" if record.started_at else "not started"}
    return CaseView(head, live, text, messages, payments, decisions)


async def _failing(running: Running, described: WorkflowExecutionDescription) -> dict[str, Any]:
    """The step that another body is asked in now, if it was tried before: how often, and the last failure."""
    for pending in described.raw_description.pending_activities:
        if pending.attempt > 1:
            last = await running.client.data_converter.decode_failure(pending.last_failure)
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


def show(console: Console, view: CaseView) -> None:
    head, live = view.head, view.live
    state = head["outcome"] or live.get("stage")
    console.print(f"[bold]{head['service']}  {head['ref']}[/bold]  {state}")
    if view.details:
        console.print(Markdown(view.details))
    else:
        opened, closed = (zoned(at) if at else "" for at in (head["opened"], head["closed"]))
        console.print(f"opened {opened}" + (f", closed {closed}" if closed else ""))
        if head["reason"]:
            console.print(f"reason: {head['reason']}", markup=False)
        if head["outcome"] is None:
            lost = live.get("stage") in ("lost", "not started")
            console.print(
                "no workflow works on it now; it is begun anew by itself within minutes"
                if lost
                else "no worker answers now, so the case itself cannot say where it stands"
            )
    if live.get("attempts"):
        console.print(f"step {live['step']}: {live['attempts']} attempts, the last: {live['last_error']}", markup=False)
    console.print(
        f"assigned {tenge(Decimal(head['assigned']))}, credited {tenge(Decimal(head['credited']))}, "
        f"pending {tenge(Decimal(head['pending']))}"
    )
    for title, rows in (("SMS", view.messages), ("payments", view.payments), ("decisions", view.decisions)):
        if rows:
            console.print(_table(title, rows))


async def listed(
    running: Running, service: str | None, stage: Stage | None, outcome: Outcome | None, attention: bool, limit: int
) -> list[dict[str, Any]]:
    """Cases and notices, newest first: those of the Card, with what Temporal sees of them.

    `stage` and `attention` are Temporal's to know, so these ask it first.
    """
    rows = select(CaseRecord).order_by(col(CaseRecord.opened_at).desc(), col(CaseRecord.ref)).limit(limit)
    if service:
        rows = rows.where(col(CaseRecord.service) == service)
    if outcome:
        rows = rows.where(col(CaseRecord.outcome) == outcome)
    seen: dict[str, dict[str, Any]] = {}
    if stage or attention:
        seen = await _in_sight(running, _conditions(service, stage, outcome, attention), limit)
        rows = rows.where(col(CaseRecord.ref).in_(seen))
    async with running.card.statements() as session:
        found = (await session.scalars(rows)).all()
    for page in batched([case.ref for case in found if case.ref not in seen], 200):
        refs = ", ".join(f"'{ref}'" for ref in page)
        seen |= await _in_sight(running, [f"{SearchAttributes.CASE_REF.name} IN ({refs})"], limit)
    return [{**_Head.of(case).model_dump(), **seen.get(case.ref, {})} for case in found]


def _conditions(service: str | None, stage: Stage | None, outcome: Outcome | None, attention: bool) -> list[str]:
    wanted = {SearchAttributes.SERVICE: service, SearchAttributes.STAGE: stage, SearchAttributes.OUTCOME: outcome}
    conditions = [f"{key.name} = '{value}'" for key, value in wanted.items() if value]
    return [*conditions, f"{SearchAttributes.NEEDS_ATTENTION.name} = true"] if attention else conditions


async def _in_sight(running: Running, conditions: list[str], limit: int) -> dict[str, dict[str, Any]]:
    """What Temporal sees of cases, by their reference."""
    query = " AND ".join([f"WorkflowType IN ('{WORKFLOW}', '{NOTICE_WORKFLOW}')", *conditions])
    found: dict[str, dict[str, Any]] = {}
    async for execution in running.client.list_workflows(query, limit=limit):
        ref = execution.typed_search_attributes.get(SearchAttributes.CASE_REF)
        if ref is not None and ref not in found:  # the newest run of a case that was begun anew
            found[ref] = _seen(execution)
    return found


def show_list(console: Console, rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print("no cases")
        return
    shown = [
        {
            "case": row["ref"],
            "service": row["service"],
            "state": row["outcome"] or row["stage"],
            "until (UTC+5)": row["deadline"],
            "needs a person": ", ".join(row["attention"]),
        }
        for row in rows
    ]
    console.print(_table("cases", shown))


class _Head(BaseModel):
    """What is listed of a case, in the order in which it is listed."""

    ref: str = ""
    service: str = ""
    stage: str | None = None
    outcome: str | None = None
    region: str | None = None
    opened: datetime | None = None
    deadline: datetime | None = None
    needs_attention: bool = False
    attention: list[str] = []

    @classmethod
    def of(cls, case: CaseRecord) -> "_Head":
        stage = Stage.CLOSED if case.outcome else None
        return cls(ref=case.ref, service=case.service, stage=stage, outcome=case.outcome, opened=case.opened_at)


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


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    return table


def _cell(value: Any) -> str:
    if value is None or value is False:
        return ""
    return local(value) if isinstance(value, datetime) else escape(str(value))


def batched(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
