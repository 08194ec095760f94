"""Payment runs for those who look after them: start one, stop it, look at it, decide what it asks; and the books."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    WorkflowFailureError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

import benefits
from activities.pay import RANGE
from activities.run_totals import not_due, plan_of, stage_of, totals_of
from benefits.days import day_of
from card import Card, bank_lines, books, reckonings, run_lines, runs
from card.books import Book
from card.run_tables import RunItem, RunRow
from card.runs import Group
from desk.errors import BadInput
from desk.looking import details
from workflows.model import who_and_why
from workflows.run_model import (
    DUE_WORKFLOW,
    FIRST,
    RECKON_SCHEDULE,
    RECKON_WORKFLOW,
    RUN_WORKFLOW,
    SCHEDULE,
    Run,
    RunMessage,
    RunPlan,
    RunTotals,
    Who,
    run_id,
)

AT_ONCE = date(2000, 1, 1)
"""The day from which what somebody has decided to pay again is tried: the next look of any run, played ones too."""

ZONE = "Asia/Almaty"
PERSONS_FIRST = 50
"""So many held payments are listed; their count and sum are of all."""


async def keep_schedule(client: Client, task_queue: str) -> None:
    """The run of each month starts by itself on its first day, in the country's time, and waits for its days; what runs
    is looked at every day, when people may be told. Who may make no schedules leaves it to who administers the
    namespace."""
    for name, workflow, days, hour in (
        (SCHEDULE, DUE_WORKFLOW, [ScheduleRange(1)], 6),
        (RECKON_SCHEDULE, RECKON_WORKFLOW, [ScheduleRange(1, 31)], 10),
    ):
        calendar = ScheduleCalendarSpec(day_of_month=days, hour=[ScheduleRange(hour)])
        await _keep(client, task_queue, name, workflow, ScheduleSpec(calendars=[calendar], time_zone_name=ZONE))


async def _keep(client: Client, task_queue: str, name: str, workflow: str, spec: ScheduleSpec) -> None:
    action = ScheduleActionStartWorkflow(workflow, id=f"{name}-due", task_queue=task_queue)
    policy = SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP)
    try:
        await client.create_schedule(name, Schedule(action=action, spec=spec, policy=policy))
    except ScheduleAlreadyRunningError:
        return
    except RPCError as refused:
        if refused.status not in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            raise


def month_of(text: str) -> date:
    """`2026-02`. Raises BadInput."""
    try:
        return datetime.strptime(text.strip().removeprefix("payment-run/"), "%Y-%m").replace(tzinfo=UTC).date()
    except ValueError:
        raise BadInput(f"month: {text!r} is no month; write it as 2026-02") from None


def _plan(month: date) -> RunPlan:
    try:
        return plan_of(month)
    except benefits.BadFacts as unknown:
        raise BadInput(f"month: {unknown}") from None


async def start(card: Card, client: Client, task_queue: str, month: date, *, played: bool = False) -> bool:
    """Start the run of the month, or find it running (False). Raises BadInput for one that is not due, or closed."""
    plan = _plan(month)
    first, today = plan.stages[0].day, day_of(datetime.now(UTC))
    if today < first:
        raise BadInput(f"month: the run of {month:%m.%Y} is not due before {first:%d.%m.%Y}")
    refused = not_due(month, plan, today, played=played)
    if refused is not None:
        raise BadInput(refused)
    async with card.statements() as session:
        known = await runs.known(session, month)
    running = await is_running(client, month)
    if not running:
        try:
            if known is not None:
                runs.goes_on(known, played=played)
        except runs.RunRefused as otherwise:
            raise BadInput(str(otherwise)) from None
        await client.start_workflow(
            RUN_WORKFLOW,
            Run(month=month, played=played),
            id=run_id(month),
            task_queue=task_queue,
            # The Card says what was done, so a run that was terminated goes on where it was.
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"the payment run of {month:%m.%Y}",
        )
    return not running


async def is_running(client: Client, month: date) -> bool:
    """Whether a workflow works on the month's run now."""
    try:
        described = await client.get_workflow_handle(run_id(month)).describe()
    except RPCError as gone:
        if gone.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return described.close_time is None


async def look_now(client: Client, run: str) -> None:
    """Let the run look at once, and not at its next hour. One on which nobody works looks when it goes on."""
    try:
        await client.get_workflow_handle(run).signal(RunMessage.LOOK)
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise


async def why_ended(client: Client, month: date) -> str | None:
    """Why the run's last workflow ended without closing it; None if it has closed it, or there was none."""
    try:
        await client.get_workflow_handle(run_id(month)).result()
    except WorkflowFailureError as failed:
        return str(failed.cause)
    return None


async def totals(card: Card, month: date) -> RunTotals:
    """Where the run of the month stands."""
    async with card.statements() as session:
        return await totals_of(session, month)


async def would_pay(card: Card, month: date) -> list[Group]:
    """What the run of the month would select now, by service, bank and region. Nothing is written. Raises BadInput."""
    plan = _plan(month)
    named = [region for stage in plan.stages for region in stage.regions]
    found: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for stage in plan.stages:
        of_day = stage_of(stage)
        after = FIRST
        while True:
            async with card.statements() as session:
                upto = await runs.page_ends(session, after, RANGE)
                if upto is None:
                    break
                for one in await runs.would_pay(session, month, of_day, named, after, upto):
                    count, total = found.get((one.service, one.bank, one.region), (0, Decimal(0)))
                    found[one.service, one.bank, one.region] = count + one.count, total + one.total
            after = upto
    return [Group(*name, *sums) for name, sums in sorted(found.items())]


async def listed(card: Card, most: int = 24) -> list[tuple[RunRow, RunTotals]]:
    """The newest runs with where they stand."""
    async with card.statements() as session:
        return [(one, await totals_of(session, one.month)) for one in await runs.listed(session, most)]


@dataclass(frozen=True)
class RunView:
    """One run: its row, where it stands, what was declared, its files, and what waits for a person."""

    run: RunRow
    totals: RunTotals
    declared: list[dict[str, Any]]
    files: list[dict[str, Any]]
    held: list[dict[str, Any]]
    items: list[RunItem]
    details: str
    changed: list[dict[str, Any]]
    """How many amounts of what runs are others than the month before, by service, and by how much."""


async def look(card: Card, client: Client | None, month: date) -> RunView:
    """Everything about one run. Raises BadInput."""
    async with card.statements() as session:
        run = await runs.known(session, month)
        if run is None:
            raise BadInput(f"ref: there is no run of {month:%m.%Y}; starter.py runs lists those that are")
        totals = await totals_of(session, month)
        declared = [
            {"stage": n, "kind": one.kind, "service": one.service, "bank": one.bank, "region": one.region}
            | {"count": one.count, "total": one.total}
            for n, one in await runs.totals(session, month)
        ]
        files = [
            {"file": one.key.partition(":")[2], "state": one.state, "count": one.count, "total": one.total}
            | {"day": one.execution_day, "reason": one.reason}
            for one in await run_lines.batches(session, month)
        ]
        held = [asdict(one) for one in await run_lines.held(session, month, PERSONS_FIRST)]
        items = list(await bank_lines.open_items(session, PERSONS_FIRST))
        changed = [one._asdict() for one in await reckonings.changed(session, month)]
    said = ""
    if client is not None and await is_running(client, month):
        said = await details(client.get_workflow_handle(run_id(month)))
    return RunView(run, totals, declared, files, held, items, said, changed)


async def tell(client: Client, month: date, what: RunMessage, by: str, note: str) -> str:
    """Stop the run, or let it go on. Raises BadInput."""
    objection = who_and_why(by, note)
    if objection is not None:
        raise BadInput(objection)
    if not await is_running(client, month):
        raise BadInput(f"ref: no workflow works on the run of {month:%m.%Y}; starter.py pay goes on with it")
    handle = client.get_workflow_handle(run_id(month))
    said: str = await handle.execute_update(what, Who(by=by, note=note), result_type=str)
    return said


async def decide(card: Card, what: str, number: int, by: str, note: str) -> str:
    """`explained` closes a line of a bank's file, `pay-again`, `not-due` decide on a held payment. Raises BadInput."""
    objection = who_and_why(by, note) or (None if note.strip() else "note: how they know")
    if objection is not None:
        raise BadInput(objection)
    async with card.transaction() as session:
        if what == "explained":
            done = await bank_lines.explained(session, number, by, note)
        else:
            day = AT_ONCE if what == "pay-again" else None
            done = await run_lines.decided(
                session, number, day, "held" if what == "pay-again" else "cancelled", by, note
            )
    if not done:
        raise BadInput(f"number: nothing with the number {number} waits for that")
    return f"{number}: {what}"


class OutOfBalance(Exception):
    """The books do not add up. One line that says where."""


async def read_books(card: Card, day: date | None, by: str | None) -> list[Book]:
    """The books at the end of a day: of all together last, before them by what was asked. Raises BadInput, and
    OutOfBalance where they do not add up, or the payments of runs come to something else than the ledger."""
    if by is not None and by not in books.BY:
        raise BadInput(f"by: one of {', '.join(books.BY)}")
    today = day_of(datetime.now(UTC))
    async with card.transaction() as session:
        parts = list(await books.by(session, by or "payer", day or today))
        whole = await books.whole(session, day or today)
    for one in (*parts, whole):
        if one.difference:
            raise OutOfBalance(f"books: {one.name or 'all'}: assigned differs by {one.difference} from where it went")
    if books.total(parts) != whole:
        raise OutOfBalance("books: the payments come to something else than the ledger")
    return [*(parts if by else ()), whole]


def to_dict(view: RunView) -> dict[str, Any]:
    """For programs: sums as strings, times with their offset."""
    return {
        **asdict_of(view.run, view.totals),
        "declared": view.declared,
        "files": view.files,
        "held": view.held,
        "items": [item.model_dump() for item in view.items],
        "changed": view.changed,
    }


def asdict_of(run: RunRow, totals: RunTotals) -> dict[str, Any]:
    """A run and where it stands, for programs."""
    return {**run.model_dump(), "ref": run_id(run.month), **totals.model_dump()}


def sums(totals: RunTotals) -> dict[str, Any]:
    """Over all stages."""
    stages: Sequence[Any] = totals.stages
    names = ("selected", "selected_sum", "ordered", "credited", "credited_sum", "held", "cancelled")
    return {name: sum((getattr(one, name) for one in stages), Decimal(0) if "sum" in name else 0) for name in names}
