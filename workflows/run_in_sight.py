"""What operators see of a payment run and do with it, and how it does its steps until they are done."""

import asyncio
import builtins
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError

from workflows.approached import Approached, Signals
from workflows.model import ALMATY, SearchAttributes, local, tenge, who_and_why
from workflows.run_model import (
    NOT_NOW,
    PERSON,
    RUN_ATTENTION,
    SHOWN_NEED,
    Phase,
    Place,
    Run,
    RunMessage,
    RunResult,
    RunStep,
    RunTotals,
    Who,
)

T = TypeVar("T")

RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=2))
ATTEMPT = timedelta(minutes=30)
"""The longest that one attempt of a step may take: a file of twenty thousand payments at a slow bank."""

ALIVE = timedelta(seconds=9)
FILES_AT_ONCE = 4
BEGINS_AT = timedelta(hours=9)
"""When a day of the run begins, after midnight in Almaty."""

MOST_NOTES = 40


class RunInSight(Approached):
    """A run that shows where it stands, can be stopped, and does its steps until they are done."""

    def __init__(self, run: Run) -> None:
        self.month, self.played = run.month, run.played
        # Only the run itself says where it is, when it leaves a history behind: whoever starts one begins at the first.
        place = run.place if workflow.info().continued_run_id else Place()
        self.stage, self.phase, self.after, self.round = place.stage, place.phase, place.after, place.round
        self.last_sent, self.followed = place.last_sent, place.followed
        self.stopped_by = place.stopped_by
        self.notes = list(place.notes)
        self.totals = RunTotals()
        self.unsettled = 1
        self._doing = "begins"
        self._question: str | None = None
        self.told_to_look = False
        self._result: RunResult | None = None
        self._describe()

    # --- what operators do -----------------------------------------------------------------------------------------

    @workflow.update(name=RunMessage.STOP, description="Stop after the step that is under way; nothing is lost.")
    async def stop(self, who: Who) -> str:
        self.stopped_by = who.by
        self.note(f"stopped by {who.by}{f': {who.note}' if who.note else ''}")
        return "stops after the step that is under way"

    @workflow.update(name=RunMessage.GO_ON, description="Go on: after a stop, or with a step that was refused.")
    async def go_on(self, who: Who) -> str:
        self.stopped_by, self._question = None, None
        self._show_need()
        self.note(f"goes on, by {who.by}{f': {who.note}' if who.note else ''}")
        return "goes on"

    @stop.validator
    @go_on.validator
    def _who(self, who: Who) -> None:
        objection = who_and_why(who.by, who.note)
        if objection is not None:
            raise ApplicationError(objection, type="By")

    def signals(self) -> Signals:
        return {RunMessage.LOOK: (None, self.look)}

    def look(self) -> None:
        """Look at the bank's files now."""
        self.told_to_look = True

    # --- how steps are done ----------------------------------------------------------------------------------------

    async def do(self, step: RunStep, arg: Any, result: type[T], summary: str) -> T:
        """A step, until it is done. What is refused for good waits for a person, who mends it and lets the run go on;
        a month that is closed ends the run."""
        while True:
            await self._unless_stopped()
            self._doing = summary
            try:
                done: T = await workflow.execute_activity(
                    step,
                    arg,
                    result_type=result,
                    start_to_close_timeout=ATTEMPT,
                    heartbeat_timeout=ALIVE,
                    retry_policy=RETRY,
                    summary=summary,
                )
                return done
            except ActivityError as error:
                refused = error.cause
                if isinstance(refused, ApplicationError) and refused.type == NOT_NOW:
                    raise ApplicationError(refused.message, type=NOT_NOW, non_retryable=True) from None
                await self._ask(f"{summary}: {_said(refused)}")

    async def try_(
        self, step: RunStep, arg: Any, summary: str, within: timedelta, result: type[T] | None = None
    ) -> Any:
        """A step on which nothing hangs but one file: tried for so long, and then later. None if it was not done."""
        await self._unless_stopped()
        self._doing = summary
        try:
            done = await workflow.execute_activity(
                step,
                arg,
                result_type=result,
                start_to_close_timeout=ATTEMPT,
                schedule_to_close_timeout=within,
                heartbeat_timeout=ALIVE,
                retry_policy=RETRY,
                summary=summary,
            )
        except ActivityError as error:
            why = "no answer yet" if isinstance(error.cause, TimeoutError) else _said(error.cause)
            self.note(f"{summary}: {why}; it is tried again when the run looks")
            return None
        return True if result is None else done

    async def each(self, keys: Sequence[str], act: Callable[[str], Awaitable[None]]) -> None:
        """A few at once; one that waits holds up no other."""
        gate = asyncio.Semaphore(FILES_AT_ONCE)

        async def one(key: str) -> None:
            async with gate:
                await act(key)

        await asyncio.gather(*(one(key) for key in keys))

    async def breathe(self) -> None:
        """Between two steps: a long history is left behind."""
        if not workflow.info().is_continue_as_new_suggested():
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        place = Place(
            stage=self.stage,
            phase=self.phase,
            after=self.after,
            round=self.round,
            last_sent=self.last_sent,
            followed=self.followed,
            stopped_by=self.stopped_by,
            notes=tuple(self.notes),
        )
        workflow.continue_as_new(Run(month=self.month, played=self.played, place=place))

    async def until(self, day: date, what: str) -> None:
        """Wait for the morning of a day in Almaty."""
        morning = datetime(day.year, day.month, day.day, tzinfo=ALMATY) + BEGINS_AT
        left = morning - workflow.now()
        if left <= timedelta(0):
            return
        self._doing = f"waits for {what}, {day:%d.%m.%Y}"
        self._describe()
        await workflow.sleep(left, summary=self._doing)

    async def or_told_to_look(self, span: timedelta, ends: date) -> None:
        """Wait until it is time to look, or somebody says so."""
        self._doing = f"waits for the bank's statements; followed until {ends:%d.%m.%Y}"
        self._describe()
        try:
            await workflow.wait_condition(lambda: self.told_to_look, timeout=span, timeout_summary=self._doing)
        except builtins.TimeoutError:
            return

    async def _unless_stopped(self) -> None:
        if self.stopped_by is not None:
            self._describe()
            await workflow.wait_condition(lambda: self.stopped_by is None)

    async def _ask(self, question: str) -> None:
        self._question = question
        self._show_need()
        self.note(f"waits for a person: {question}")
        await workflow.wait_condition(lambda: self._question is None)

    # --- what operators see ----------------------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """A line of what has happened. Sums and days, no people."""
        text = " ".join(text.split()).replace("|", "/")
        self.notes = [*self.notes, f"| {local(workflow.now())} | {text} |"][-MOST_NOTES:]
        self._describe()

    def show(self, totals: RunTotals) -> None:
        self.totals, self.unsettled = totals, totals.unsettled
        self._show_need()
        self._describe()

    def _show_need(self) -> None:
        """Whether it needs a person, where operators and the alarm look for cases that do."""
        shown = workflow.info().typed_search_attributes.get(SearchAttributes.NEEDS_ATTENTION) or False
        needs = self._question is not None or self.totals.needs_a_person
        if needs == shown or not workflow.patched(SHOWN_NEED):
            return
        workflow.upsert_search_attributes(
            [
                SearchAttributes.NEEDS_ATTENTION.value_set(True),
                SearchAttributes.ATTENTION.value_set([RUN_ATTENTION]),
            ]
            if needs
            else [SearchAttributes.NEEDS_ATTENTION.value_unset(), SearchAttributes.ATTENTION.value_unset()]
        )

    def closed(self, result: RunResult) -> None:
        self._result, self.phase = result, Phase.CLOSED
        self.note(f"closed: {result.credited} credited, {result.cancelled} cancelled, {result.carried} carried on")

    def _describe(self) -> None:
        """The run in words, for the head of its page in the Web UI."""
        if self._result is not None:
            head = [f"**Closed: {tenge(self._result.credited_sum)} credited**"]
        elif self.stopped_by is not None:
            head = [f"**Stopped by {self.stopped_by}**: update `go_on` lets it go on"]
        elif self._question is not None:
            head = [f"**Waits for a person**: {self._question}. Update `go_on` does the step again"]
        else:
            head = [
                f"**{self.phase}, stage {self.stage}**: {self._doing}"
                if self.phase is not Phase.FOLLOW
                else f"**{self.phase}**: {self._doing}"
            ]
        stages = [
            f"| {one.stage} | {one.selected} | {tenge(one.selected_sum)} | {one.ordered} | {one.credited} | "
            f"{tenge(one.credited_sum)} | {one.held} | {one.cancelled} |"
            for one in self.totals.stages
        ]
        if stages:
            heads = "| stage | declared | sum | under way | credited | sum | held | cancelled |"
            head.append("\n".join((heads, "|---|---|---|---|---|---|---|---|", *stages)))
        waits = [
            f"- {one.count} payments, {tenge(one.total)}: {one.what}, for {one.for_whom}"
            f"{f', since {local(one.since)}' if one.since else ''}"
            for one in self.totals.waits
        ]
        if self.totals.items:
            waits.append(
                f"- {self.totals.items} lines of the bank's files, for {PERSON}: `starter.py run {self.month:%Y-%m}`"
            )
        if waits:
            head.append("\n".join(("**What waits for whom**", *waits)))
        if self.notes:
            head.append("\n".join(("| when (UTC+5) | what |", "|---|---|", *self.notes)))
        workflow.set_current_details("\n\n".join(head).replace("[", "\\["))


def _said(refused: BaseException | None) -> str:
    return refused.message if isinstance(refused, ApplicationError) else str(refused)
