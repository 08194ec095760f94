"""What operators see of a case and do for it, and how a case runs its steps: what all workflows of a case share.

Search attributes, the table of steps in the Web UI, the operator's updates, retries without end. Nothing in here knows
the order of the steps; that is `proactive_service`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError

from workflows.model import (
    ALLOWED_ACTIONS,
    Action,
    Attention,
    Case,
    CaseResult,
    CloseInput,
    Message,
    NoticeInput,
    NoticeKind,
    Outcome,
    QuietHours,
    Receipt,
    Reply,
    ReplyTaken,
    Resolution,
    Resolved,
    SearchAttributes,
    Stage,
    Step,
    StepInput,
    local,
)

T = TypeVar("T")

RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
"""No cap on attempts: a body that is down comes back, and the case waits for it in sight of the operators."""

CALL = timedelta(seconds=60)
"""The longest that one attempt of a step may take, with all its calls."""

ALIVE = timedelta(seconds=9)
"""A step that has not been heard of for so long has lost its worker, and goes to another."""


NO_BREAK = "\u00a0"


class CaseEnds(Exception):
    """A step ends the case. Never leaves the workflow."""

    def __init__(self, outcome: Outcome, reason: str | None = None, *, told: bool = False) -> None:
        self.outcome = outcome
        self.reason = reason
        self.told = told
        """Whether the person knows already."""


class Base(TypedDict):
    """What every step is given."""

    case: Case
    key: str
    n: int


class CaseInSight:
    """A case that shows where it stands, hears the person and the operator, and runs steps until they are done."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.stage = Stage.DETECT
        self.waits_for = "the registries"
        self.deadline = workflow.now()
        self.region: str | None = None
        self.attention: Attention | None = None
        self.attention_text = ""
        self.outcome: Outcome | None = None
        self.listens = False
        """Whether the person has been asked something: from before the question goes out, for an answer may overtake
        the step that sent it."""
        self.replies: deque[Reply] = deque()
        self.receipt: Receipt | None = None
        self.asked_before: set[str] = set()
        """Keys of questions that did not arrive: their parts may fail for days."""
        self.resolution: Resolution | None = None
        self.cancelled = False
        self.closing = False
        """The outcome stands and is being written: no cancel can change it."""
        self.quiet_hours: QuietHours | None = None
        self.notices = 0
        self.questions = 0
        self.checks = 0
        self.answers = 0
        self._steps: list[str] = []
        self._until: datetime | None = None
        self._shown: dict[str, Any] = {SearchAttributes.STAGE.name: Stage.DETECT}
        self._describe()

    # --- what the person and the operator say ----------------------------------------------------------------------

    @workflow.update(name=Message.REPLY, description="A person has answered by SMS: the id of the message in the Card.")
    def reply(self, reply: Reply) -> ReplyTaken:
        if self.listens:
            self.replies.append(reply)
        return ReplyTaken(stage=self.stage, noted=self.listens)

    @workflow.signal(name=Message.RECEIPT, description="A delivery receipt of the question, from the SMS centre.")
    def hear_receipt(self, receipt: Receipt) -> None:
        if receipt.key in self.asked_before:
            return
        if self.stage in (Stage.OFFER, Stage.CONSENT, Stage.LATE):
            self.receipt = receipt

    @workflow.update(name=Message.RESOLVE, description="An operator decides on a case that needs a person.")
    def resolve(self, resolution: Resolution) -> Resolved:
        self.resolution = resolution
        return Resolved(stage=self.stage, action=resolution.action)

    @resolve.validator
    def _may_resolve(self, resolution: Resolution) -> None:
        allowed = ALLOWED_ACTIONS[self.attention] if self.attention else frozenset()
        if not allowed or self.resolution is not None:
            raise ApplicationError("this case waits for no decision of an operator", type="NothingToResolve")
        if resolution.action not in allowed:
            words = ", ".join(sorted(allowed))
            raise ApplicationError(f"action {resolution.action}: not possible here, use one of: {words}", type="Action")

    async def ask_operator(self, why: Attention, text: str, until: datetime | None = None) -> Resolution | None:
        """Show that the case needs a person and wait for the decision. None if `until` passes without one.

        Closing is possible everywhere, and ends the case here.
        """
        self.attention, self.attention_text = why, text
        self.note(f"needs a person: {text}")
        await self.enter(self.stage, "an operator's decision", until)
        decided = await self.wait(lambda: self.resolution is not None, until, f"an operator: {why}")
        resolution, self.resolution = self.resolution, None
        self.attention, self.attention_text = None, ""
        if not decided or resolution is None:
            return None
        self.note(f"operator: {resolution.action}{f' - {resolution.note}' if resolution.note else ''}")
        if resolution.action is Action.CLOSE:
            raise CaseEnds(Outcome.CLOSED_BY_OPERATOR, why)
        return resolution

    # --- running steps ---------------------------------------------------------------------------------------------

    def base(self, step: Step, n: int = 1) -> Base:
        return Base(case=self.case, key=self.case.key(step, n), n=n)

    def input(self, step: Step, n: int = 1) -> StepInput:
        return StepInput(**self.base(step, n))

    async def do(self, step: Step, arg: StepInput, result: type[T], summary: str) -> T:
        """Run a step until it is done. A final refusal is no failure of the case: an operator says how to go on."""

        async def attempts() -> T:
            done: T = await workflow.execute_activity(
                step,
                arg,
                result_type=result,
                start_to_close_timeout=CALL,
                heartbeat_timeout=ALIVE,
                retry_policy=RETRY,
                summary=summary,
            )
            return done

        return await self._until_done(attempts, summary)

    async def do_locally(self, step: Step, arg: StepInput, result: type[T]) -> T:
        """As `do`, for a step that only writes to our own database: one event instead of three."""

        async def attempts() -> T:
            done: T = await workflow.execute_local_activity(
                step, arg, result_type=result, start_to_close_timeout=CALL, retry_policy=RETRY, summary=step
            )
            return done

        return await self._until_done(attempts, f"write down: {step}")

    async def _until_done(self, attempts: Callable[[], Coroutine[Any, Any, T]], summary: str) -> T:
        while True:
            try:
                return await attempts()
            except (ActivityError, ApplicationError) as error:
                # A local activity's error comes as it is, another's as the cause of one that says nothing.
                cause = error.cause if isinstance(error, ActivityError) else error
                text = cause.message if isinstance(cause, ApplicationError) else str(cause)
                await self.ask_operator(Attention.STEP_REFUSED, f"{summary}: {text}")

    async def to_its_end(self, life: Coroutine[Any, Any, CaseResult]) -> CaseResult:
        """Live the case. Cancelling it means: close it at the next safe point, never in the middle of a step."""
        living = asyncio.create_task(life)
        try:
            result = await asyncio.shield(living)
        except asyncio.CancelledError:
            self.cancelled = True
            result = await living
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    async def write_end(self, end: CaseEnds) -> None:
        """The outcome is written, the questions closed."""
        closing = CloseInput(**self.base(Step.CLOSE), outcome=end.outcome, reason=end.reason)
        self.closing = True
        while True:
            # An operator who closes a case that cannot be closed means: try again.
            with suppress(CaseEnds):
                await self.do_locally(Step.CLOSE, closing, type(None))
                break
        self.note(f"closed: {end.outcome}{f' ({end.reason})' if end.reason else ''}")
        self.closed(end.outcome)

    async def _quiet_hours(self) -> None:
        """Nobody is woken: what goes out unasked waits for the morning."""
        if self.quiet_hours is not None:
            morning = self.quiet_hours.over(workflow.now())
            await self.wait(lambda: False, morning, "the end of the quiet hours")

    async def _tell(
        self,
        kind: NoticeKind,
        *,
        until: datetime | None = None,
        detail: str | None = None,
        amount: Decimal | None = None,
    ) -> None:
        """Send the person a message."""
        self.notices += 1
        told = self.base(Step.NOTIFY, self.notices)
        notice = NoticeInput(**told, kind=kind, until=until, detail=detail, amount=amount)
        await self.do(Step.NOTIFY, notice, type(None), f"tell the person: {kind}")

    async def wait(self, condition: Callable[[], bool], until: datetime | None, what: str) -> bool:
        """Wait for `condition`, at the longest `until`. False if the time passed first.

        A cancelled case ends here, at a place where nothing is under way.
        """
        left = None if until is None else until - workflow.now()
        summary = f"waits for {what}" + (f" until {local(self._until)}" if self._until else "")
        if left is not None and left <= timedelta(0):
            return condition()
        try:
            await workflow.wait_condition(
                lambda: condition() or (self.cancelled and not self.closing), timeout=left, timeout_summary=summary
            )
        except TimeoutError:
            return False
        if self.cancelled and not self.closing:
            raise CaseEnds(Outcome.CLOSED_BY_OPERATOR, "cancelled")
        return True

    async def mark_overdue(self, due: datetime) -> None:
        """Show the case as overdue once the legal term has passed, unless it waits for an operator already."""
        left = max(due - workflow.now(), timedelta(0))
        await workflow.sleep(left, summary="the legal term for the decision")
        if self.attention is None:
            self.attention = Attention.OVERDUE
            self.attention_text = f"the legal term ended {local(due)}"
            self._show()

    # --- what operators see ----------------------------------------------------------------------------------------

    async def enter(self, stage: Stage, waits_for: str, until: datetime | None = None) -> None:
        """Go to a stage, and say what it waits for and until when."""
        if self.cancelled and not self.closing:
            raise CaseEnds(Outcome.CLOSED_BY_OPERATOR, "cancelled")
        self.stage, self.waits_for, self._until = stage, waits_for, until
        self._show()

    def closed(self, outcome: Outcome) -> None:
        self.stage, self.waits_for, self._until, self.outcome = Stage.CLOSED, "", None, outcome
        self.attention = None
        self._show()

    def note(self, text: str) -> None:
        """Add a line to the table of steps: when, stage, what. Travels encrypted; amounts and dates, no people."""
        # No-break spaces keep the columns apart where the Web UI draws the table without any.
        when = local(workflow.now()).replace(" ", NO_BREAK)
        self._steps.append(f"| {when}{NO_BREAK * 2} | {self.stage}{NO_BREAK * 2} | {text} |")
        self._describe()

    def _show(self) -> None:
        """Bring search attributes and details up to date; only what changed is sent, in one event."""
        want: dict[Any, Any] = {
            SearchAttributes.STAGE: self.stage,
            SearchAttributes.OUTCOME: self.outcome,
            SearchAttributes.REGION: self.region,
            SearchAttributes.DEADLINE: self._until,
            SearchAttributes.NEEDS_ATTENTION: True if self.attention else None,
        }
        changed = {key: value for key, value in want.items() if self._shown.get(key.name) != value}
        updates: list[SearchAttributeUpdate[Any]] = [
            key.value_unset() if value is None else key.value_set(value) for key, value in changed.items()
        ]
        if updates:
            workflow.upsert_search_attributes(updates)
        self._shown.update({key.name: value for key, value in changed.items()})
        self._describe()

    def _describe(self) -> None:
        """The case in words, for the head of its page in the Web UI."""
        if self.outcome:
            head = f"**Closed: {self.outcome}**"
        else:
            until = f" until **{local(self._until)}**" if self._until else ""
            head = f"**Waits for {self.waits_for}**{until}"
        need = f"\n\n**Needs a person:** {self.attention_text}" if self.attention else ""
        table = "\n".join(("| when | stage | what |", "|---|---|---|", *self._steps)) if self._steps else ""
        workflow.set_current_details(f"{head}{need}\n\n{table}")
