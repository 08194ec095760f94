"""What operators see of a case and do for it, and how a case runs its steps: what all workflows of a case share.

Search attributes, details and the summaries of timers all follow from one state (`_needs`, `_allowed`, `_show`): what
is shown is read from there. Nothing in here knows the order of the steps; that is `proactive_service`.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeUpdate
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

from workflows.approached import Approached, Signals
from workflows.model import (
    ALLOWED_ACTIONS,
    CANCELLED,
    CASE_OVER,
    MEANS,
    TOO_MANY,
    WITH_NOTE,
    Action,
    Attention,
    Case,
    CaseResult,
    Change,
    CloseInput,
    DecideInput,
    Failing,
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
    who_and_why,
    zoned,
)

T = TypeVar("T")

RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
"""No cap on attempts: a body that is down comes back, and the case waits for it in sight of the operators."""

CALL = timedelta(seconds=60)
"""The longest that one attempt of a step may take, with all its calls."""

ALIVE = timedelta(seconds=9)
"""A step that has not been heard of for so long has lost its worker, and goes to another."""


FARTHEST = timedelta(days=31)
"""Beyond that no window ends that a receipt has moved."""

LOOKED_AFTER = timedelta(days=30)
"""So long a timer runs that only tells, on the first screen of the Web UI, what an operator is waited for."""

NO_BREAK = "\u00a0"

MOST_WAITING = 50
"""So many answers wait in a case to be read; what comes then comes again."""


class CaseEnds(Exception):
    """A step ends the case. Never leaves the workflow."""

    def __init__(self, outcome: Outcome, reason: str | None = None, *, told: bool = False) -> None:
        self.outcome = outcome
        self.reason = reason
        self.told = told
        """Whether the person knows already."""


class StepRefused(Exception):
    """A step's final refusal, for a workflow that knows better than to try it again. Never leaves the workflow."""


@dataclass(frozen=True)
class Question:
    """What an operator has to decide."""

    why: Attention
    text: str
    since: datetime
    may_close: bool


class Base(TypedDict):
    """What every step is given."""

    case: Case
    key: str
    n: int


class CaseInSight(Approached):
    """A case that shows where it stands, hears the person and the operator, and runs steps until they are done."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.stage = Stage.DETECT
        self.waits_for = "the registries"
        self.deadline = workflow.now()
        self.region: str | None = None
        self.question: Question | None = None
        self.overdue = False
        self.failing: Failing | None = None
        self.due: datetime | None = None
        """The end of the legal term, once it runs."""
        self.outcome: Outcome | None = None
        self.listens = False
        """Whether the person has been asked something: from before the question goes out, for an answer may overtake
        the step that sent it."""
        self.replies: deque[Reply] = deque()
        self.receipt: Receipt | None = None
        self.asked_before: set[str] = set()
        """Keys of questions that did not arrive: their parts may fail for days."""
        self.resolution: Resolution | None = None
        self.money_at_stake = False
        """A transfer may have left: from before the bank is asked until somebody has said what became of it."""
        self.stopped: str | None = None
        """Why the case ends at the next safe point: it was cancelled, or an operator has closed it."""
        self.closing = False
        """The outcome stands and is being written: no cancel can change it."""
        self.quiet_hours: QuietHours | None = None
        self.notices = 0
        self.questions = 0
        self.checks = 0
        self.answers = 0
        self.receipts = 0
        self._steps: list[str] = []
        self._until: datetime | None = None
        self._waiting: tuple[str, datetime | None] | None = None
        """What is waited for now, and until when, where that is not what the stage waits for."""
        self._deciding = False
        self._running: tuple[Step, str, workflow.ActivityHandle[Any], datetime] | None = None
        """The step that another body is asked in, its key, and since when."""
        self._shown: dict[str, Any] = {SearchAttributes.STAGE.name: Stage.DETECT}
        self._describe()

    # --- what the person and the operator say ----------------------------------------------------------------------

    @workflow.update(name=Message.REPLY, description="A person has answered by SMS: the id of the message in the Card.")
    def reply(self, reply: Reply) -> ReplyTaken:
        if self.listens:
            self.replies.append(reply)
        return ReplyTaken(stage=self.stage, noted=self.listens)

    @reply.validator
    def _may_reply(self, reply: Reply) -> None:
        """An id that can be none would stand before what the person really wrote, and a flood of them too."""
        if not 0 < len(reply.message_id) <= 200 or not reply.message_id.isprintable():
            raise ApplicationError("message_id: the id of a message, up to 200 characters", type="Reply")
        if len(self.replies) >= MOST_WAITING:
            raise ApplicationError(f"{MOST_WAITING} answers wait to be read", type=TOO_MANY)

    def signals(self) -> Signals:
        """A delivery receipt of the question, from the SMS centre; a step that fails for long, from its worker."""
        return {Message.RECEIPT: (Receipt, self.hear_receipt), Message.FAILING: (Failing, self.hear_of_failing)}

    def hear_receipt(self, receipt: Receipt) -> None:
        if receipt.key in self.asked_before or not self._is_likely(receipt.deadline):
            return
        if self.stage in (Stage.OFFER, Stage.CONSENT, Stage.LATE):
            self.receipt = receipt

    def _is_likely(self, deadline: datetime | None) -> bool:
        """Whether a receipt can have moved the window there: later than it was, and not by weeks."""
        if deadline is None:
            return True
        if not _is_sane(deadline) or deadline > workflow.now() + FARTHEST:
            return False
        return self.stage is not Stage.CONSENT or deadline > self.deadline

    def hear_of_failing(self, failing: Failing) -> None:
        if self._running is None or self._running[1] != failing.key or not _is_sane(failing.since):
            return
        self.failing = failing
        if self.stopped is not None:
            self._let_go()
        self._show()

    @workflow.update(name=Message.RESOLVE, description='An operator decides: {"action": ..., "by": ..., "note": ...}')
    async def resolve(self, resolution: Resolution) -> Resolved:
        """The decision is written down first, with who made it; then the case goes on."""
        action, asked = Action(resolution.action), self.question
        if workflow.patched(Change.ONE_STATE):
            self._deciding = True
            try:
                await self._write_down(action, resolution)
            finally:
                self._deciding = False
        if action is Action.NOTE:
            self.note(f"{resolution.by}: {resolution.note}")
        elif action is Action.CLOSE and not self._may_close():
            raise ApplicationError("too late: the case went on, and money may be on its way", type="NothingToResolve")
        elif asked is not None and self.question is asked:
            self.resolution = resolution
        elif action is Action.CLOSE:
            self.note(_decided(resolution))
            self.stop(", ".join(self._needs()) or action)
        else:
            raise ApplicationError("too late: the case went on meanwhile", type="NothingToResolve")
        return Resolved(stage=self.stage, action=action)

    @resolve.validator
    def _may_resolve(self, resolution: Resolution) -> None:
        """A refusal is told in clear: it names fields and rules, and nothing that was sent."""
        allowed = self._allowed()
        if not allowed or self.resolution is not None or self._deciding:
            raise ApplicationError("this case waits for no decision of an operator", type="NothingToResolve")
        if resolution.action not in allowed:
            words = ", ".join(sorted(allowed))
            raise ApplicationError(f"action: not possible here; one of: {words}", type="Action")
        objection = who_and_why(resolution.by, resolution.note)
        if objection is not None:
            raise ApplicationError(objection, type="By")
        if resolution.action in WITH_NOTE and not resolution.note.strip():
            raise ApplicationError(f"note: {resolution.action} says nothing without one", type="Note")

    async def _write_down(self, action: Action, resolution: Resolution) -> None:
        # Under the update's own id: a case that was begun anew counts from one again, and its decisions are others.
        update = workflow.current_update_info()
        key = f"{self.case.key(Step.DECIDE)}:{update.id if update else workflow.uuid4()}"
        decision = DecideInput(
            case=self.case,
            key=key,
            action=action,
            why=", ".join(self._needs()),
            by=resolution.by.strip(),
            note=resolution.note.strip(),
            at=workflow.now(),
        )
        call: dict[str, Any] = {"start_to_close_timeout": CALL, "retry_policy": RETRY, "summary": "write down: decide"}
        if workflow.patched(Change.LASTING_DECISION):
            await workflow.execute_activity(Step.DECIDE, decision, heartbeat_timeout=ALIVE, **call)
        else:
            await workflow.execute_local_activity(Step.DECIDE, decision, **call)

    async def ask_operator(
        self,
        why: Attention,
        text: str,
        until: datetime | None = None,
        *,
        may_close: bool = True,
        answered: Callable[[], bool] | None = None,
    ) -> Resolution | None:
        """Show that the case needs a person and wait for the decision. None if `until` passes without one, or it is
        `answered` by what has come meanwhile.

        Closing is possible wherever no money is on its way, and ends the case here.
        """
        in_sight = workflow.patched(Change.ONE_STATE)
        self.question = Question(why, text, workflow.now(), may_close)
        self.note(f"needs a person: {text}")
        before = self.waits_for
        await self.enter(self.stage, "an operator's decision", until)
        waiting = f"an operator ({why}). Update resolve: {self._input()}"
        try:
            while True:
                woken = until if until is not None or not in_sight else workflow.now() + LOOKED_AFTER
                if (
                    await self.wait(
                        lambda: self.resolution is not None or (answered is not None and answered()),
                        woken,
                        waiting,
                        told=until is not None,
                    )
                    or until is not None
                ):
                    break
            # A decision that came in time is being written down.
            await workflow.wait_condition(lambda: not self._deciding)
        finally:
            resolution, self.resolution, self.question = self.resolution, None, None
        if until is None:
            self.waits_for = before  # the same step, tried again
        if in_sight:
            self._show()
        else:
            self.overdue = False
        if resolution is None:
            return None
        self.note(_decided(resolution))
        if resolution.action == Action.CLOSE:
            raise CaseEnds(Outcome.CLOSED_BY_OPERATOR, why)
        return resolution

    def stop(self, why: str) -> None:
        """End the case at the next safe point: not in a step that is well, and not with money on its way."""
        if self.closing or self.stopped is not None:
            return
        self.stopped = why
        self.note(f"to be ended ({why}) at the next safe point")
        self._let_go()

    def _let_go(self) -> None:
        """Leave the step alone that keeps the case from ending: one that fails, or waits for somebody's answer."""
        if self._running is None or self.closing or not workflow.patched(Change.ONE_STATE):
            return
        step, _, handle, since = self._running
        long = step is Step.ASSIGN or self.failing is not None or workflow.now() - since > CALL
        if long and step is not Step.CREDIT:
            handle.cancel()

    # --- running steps ---------------------------------------------------------------------------------------------

    def base(self, step: Step, n: int = 1) -> Base:
        return Base(case=self.case, key=self.case.key(step, n), n=n)

    def input(self, step: Step, n: int = 1) -> StepInput:
        return StepInput(**self.base(step, n))

    async def do(
        self, step: Step, arg: StepInput, result: type[T], summary: str, *, refusals: Collection[str] = ()
    ) -> T:
        """Run a step until it is done. A final refusal is no failure of the case: an operator says how to go on.

        One whose type is among `refusals` is raised as `StepRefused`.
        """
        while True:
            handle = workflow.start_activity(
                step,
                arg,
                result_type=result,
                start_to_close_timeout=CALL,
                heartbeat_timeout=ALIVE,
                retry_policy=RETRY,
                summary=summary,
            )
            self._running = (step, arg.key, handle, workflow.now())
            self.money_at_stake = self.money_at_stake or step is Step.CREDIT
            self._describe()
            try:
                done: T = await handle
                if step is Step.CREDIT:
                    self.money_at_stake = False
                return done
            except ActivityError as error:
                if self.stopped is not None and isinstance(error.cause, CancelledError):
                    raise CaseEnds(Outcome.CLOSED_BY_OPERATOR, self.stopped) from error
                refused = error.cause
            finally:
                self._running = None
                if self.failing is not None:
                    self.failing = None
                    self._show()
            kind = refused.type if isinstance(refused, ApplicationError) else None
            self._unless_over(refused)
            if kind in refusals:
                raise StepRefused(str(refused))
            if step is Step.CREDIT and kind == "Refused":
                self.money_at_stake = False  # a clear no moves nothing; any other failure leaves it open
            await self._refused(summary, refused)

    async def do_locally(self, step: Step, arg: StepInput, result: type[T]) -> T:
        """As `do`, for a step that only writes to our own database: one event instead of three."""
        while True:
            try:
                done: T = await workflow.execute_local_activity(
                    step, arg, result_type=result, start_to_close_timeout=CALL, retry_policy=RETRY, summary=step
                )
                return done
            except (ActivityError, ApplicationError) as error:
                # A local activity's error comes as it is, or as the cause of one that says nothing.
                refused = error.cause if isinstance(error, ActivityError) else error
            self._unless_over(refused)
            await self._refused(f"write down: {step}", refused, may_close=step is not Step.CLOSE)

    def _unless_over(self, refused: BaseException | None) -> None:
        """A workflow that was reset lives again what has ended: it ends as the Card says, and says nothing more."""
        if isinstance(refused, ApplicationError) and refused.type == CASE_OVER:
            outcome, reason = refused.details
            self.money_at_stake = False
            self.note("the case is over, by the Card: this run was begun by a reset")
            raise CaseEnds(Outcome(outcome), reason, told=True)

    async def _refused(self, summary: str, refused: BaseException | None, *, may_close: bool = True) -> None:
        text = refused.message if isinstance(refused, ApplicationError) else str(refused)
        await self.ask_operator(Attention.STEP_REFUSED, f"{summary}: {text}", may_close=may_close)

    async def to_its_end(self, life: Coroutine[Any, Any, CaseResult]) -> CaseResult:
        """Live the case. Cancelling it means: close it at the next safe point, never in the middle of a step."""
        living = asyncio.create_task(life)
        try:
            result = await asyncio.shield(living)
        except asyncio.CancelledError:
            self.stop(CANCELLED)
            result = await living
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    async def write_end(self, end: CaseEnds) -> None:
        """The outcome is written, the questions closed."""
        closing = CloseInput(**self.base(Step.CLOSE), outcome=end.outcome, reason=end.reason)
        self.closing = True
        await self.do_locally(Step.CLOSE, closing, type(None))
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

    async def wait(
        self,
        condition: Callable[[], bool],
        until: datetime | None,
        what: str,
        *,
        told: bool = True,
        ends: datetime | None = None,
    ) -> bool:
        """Wait for `condition`, at the longest `until`. False if the time passed first.

        `told`: whether the timer's summary and the details name what is waited for and its end, or `ends` where the
        timer only wakes the case before that.
        A cancelled case ends here, at a place where nothing is under way.
        """
        left = None if until is None else until - workflow.now()
        end = ends or until
        summary = f"waits for {what}" + (f" until {zoned(end)}" if told and end is not None else "")
        if left is not None and left <= timedelta(0):
            return condition()
        self._waiting = (what, end) if told else None
        self._describe()
        try:
            await workflow.wait_condition(
                lambda: condition() or self._is_stopped(), timeout=left, timeout_summary=summary
            )
        except TimeoutError:
            return False
        finally:
            self._waiting = None
        # What has come before the case was closed is heard before it ends.
        if not (self._is_stopped() and condition() and workflow.patched(Change.WITHDRAWN)):
            self._unless_stopped()
        return True

    def _is_stopped(self) -> bool:
        """Whether the case ends here. With money on its way it does not, whoever has cancelled or closed it."""
        return self.stopped is not None and not self.closing and not self.money_at_stake

    def _unless_stopped(self) -> None:
        if self.stopped is not None and self._is_stopped():
            raise CaseEnds(Outcome.CLOSED_BY_OPERATOR, self.stopped)

    async def mark_overdue(self, due: datetime) -> None:
        """Show the case as overdue once the legal term has passed, beside whatever else it needs a person for."""
        left = max(due - workflow.now(), timedelta(0))
        await workflow.sleep(left, summary=f"the legal term for the decision, {zoned(due)}")
        if self.question is None or workflow.patched(Change.ONE_STATE):
            self.overdue = True
            self._show()

    # --- what operators see ----------------------------------------------------------------------------------------

    def _needs(self) -> list[Attention]:
        """Why the case needs a person, the most pressing first; empty if it needs none."""
        if self.outcome is not None:
            return []
        needs = [self.question.why] if self.question is not None else []
        if self.failing is not None:
            needs.append(Attention.STEP_FAILING)
        if self.overdue and not self.closing:
            needs.append(Attention.OVERDUE)
        return needs

    def _allowed(self) -> frozenset[Action]:
        """What an operator may decide now."""
        needs = self._needs()
        if not needs:
            return frozenset()
        allowed = ALLOWED_ACTIONS[needs[0]] | {Action.NOTE}
        return allowed if self._may_close() else allowed - {Action.CLOSE}

    def _may_close(self) -> bool:
        """Whether no money is on its way, and the case is not about to end already."""
        if self.money_at_stake or (self.stopped is not None and not self.closing):
            return False
        return self.question is None or self.question.may_close

    def _input(self) -> str:
        """The exact input of the update `resolve` for the likeliest action, and the others."""
        first, *others = sorted(self._allowed(), key=lambda action: (action in (Action.CLOSE, Action.NOTE), action))
        example = f'{{"action": "{first}", "by": "who", "note": "why"}}'
        return f"{example} (or {', '.join(others)})" if others else example

    async def enter(self, stage: Stage, waits_for: str, until: datetime | None = None) -> None:
        """Go to a stage, and say what it waits for and until when."""
        self._unless_stopped()
        self.stage, self.waits_for, self._until = stage, waits_for, until
        self._show()

    def closed(self, outcome: Outcome) -> None:
        self.stage, self.waits_for, self._until, self.outcome = Stage.CLOSED, "", None, outcome
        self._show()

    def note(self, text: str) -> None:
        """Add a line to the table of steps: when, stage, what. Travels encrypted; amounts and dates, no people."""
        # No-break spaces keep the columns apart where the Web UI draws the table without any.
        when = local(workflow.now()).replace(" ", NO_BREAK)
        text = " ".join(text.split()).replace("|", "/").replace("**", "")  # a remark is one cell, and no heading
        self._steps.append(f"| {when}{NO_BREAK * 2} | {self.stage}{NO_BREAK * 2} | {text} |")
        self._describe()

    def _show(self) -> None:
        """Bring search attributes and details up to date; only what changed is sent, in one event."""
        needs = self._needs()
        want: dict[Any, Any] = {
            SearchAttributes.STAGE: self.stage,
            SearchAttributes.OUTCOME: self.outcome,
            SearchAttributes.REGION: self.region,
            SearchAttributes.DEADLINE: self._until if self.due is None or self.outcome else self.due,
            SearchAttributes.NEEDS_ATTENTION: True if needs else None,
        }
        if (needs or SearchAttributes.ATTENTION.name in self._shown) and workflow.patched(Change.ONE_STATE):
            want[SearchAttributes.ATTENTION] = [str(why) for why in needs] or None
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
            head = [f"**Closed: {self.outcome}**"]
        else:
            waits_for, ends = self._waiting or (self.waits_for, self._until)
            until = f" until **{zoned(ends)}**" if ends else ""
            head = [f"**Waits for {waits_for}**{until}"]
            if self.due is not None:
                head.append(f"Legal term: **{zoned(self.due)}**" + (", **overdue**" if self.overdue else ""))
            if self.failing is not None:
                since, failing = zoned(self.failing.since), self.failing
                head.append(f"**Fails since {since}**, {failing.attempts} attempts; the last: {failing.error}")
            if self.question is not None:
                head.append(f"**Needs a person** since {zoned(self.question.since)}: {self.question.text}")
            if self.stopped is not None and not self.closing:
                head.append(f"**To be ended ({self.stopped})** at the next safe point")
            head += self._what_can_be_done()
        table = "\n".join(("| when (UTC+5) | stage | what |", "|---|---|---|", *self._steps)) if self._steps else ""
        # Somebody's words may stand in it: no link is made of them.
        workflow.set_current_details("\n\n".join([*head, table]).replace("[", "\\["))

    def _what_can_be_done(self) -> list[str]:
        allowed = self._allowed()
        if not allowed:
            return []
        lines = [f"- `{action}`: {MEANS[action]}" for action in sorted(allowed)]
        if Action.CLOSE not in allowed and self.stopped is None:
            why = "the case is ending" if self.closing else "money may be on its way; the bank's answer is waited for"
            lines.append(f"- not `close`: {why}")
        how = f"Update `resolve`: `{self._input()}`; or `starter.py resolve {self.case.ref} ACTION --by WHO --note WHY`"
        return ["\n".join(lines), how]


def _is_sane(at: datetime) -> bool:
    """Whether a time that somebody sent can be reckoned with: it has a zone, and is of this time."""
    return at.tzinfo is not None and 2000 < at.year < 3000


def _decided(resolution: Resolution) -> str:
    by = resolution.by.strip() or "operator"
    return f"{by}: {resolution.action}{f' - {resolution.note}' if resolution.note else ''}"
