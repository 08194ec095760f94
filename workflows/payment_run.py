"""The run of a month, top to bottom: each day is selected, declared, looked at again, sent, and followed to the end.

Decisions only. What was done is in the Card, set by set under the guards of the database: a run that was killed,
stopped or started twice goes on where it was, and pays nothing twice. Payments are ranges of rows, never workflows.
"""

from datetime import date, timedelta

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError

from workflows.model import day_in_almaty, tenge
from workflows.run_in_sight import RunInSight
from workflows.run_model import (
    DUE_WORKFLOW,
    FIRST,
    RUN_WORKFLOW,
    Cured,
    CureInput,
    FileAnswer,
    FileInput,
    Files,
    Look,
    Phase,
    Range,
    RangeDone,
    Run,
    RunPlan,
    RunResult,
    RunStage,
    RunStep,
    RunTotals,
    SealInput,
    StatementInput,
    StatementRead,
    run_id,
)

LOOKS_EVERY = timedelta(hours=6)
"""So often a run that is followed asks the bank what has become of its payments, unless it is told to look now."""

AWAITED = timedelta(hours=2)
"""So long a stage waits for a bank that is away or has not answered: others are not held up, and it is asked again."""

ONE_DAY = timedelta(days=1)


@workflow.defn(name=RUN_WORKFLOW)
class PaymentRun(RunInSight):
    """The run of one month. What operators see of it, and do, is in `RunInSight`."""

    @workflow.init
    def __init__(self, run: Run) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: Run) -> RunResult:
        plan = await self.do(RunStep.OPEN, run, RunPlan, "open the run")
        for stage in plan.stages:
            if stage.number < self.stage:
                continue
            await self._day(stage)
            await self._select(plan, stage)
            await self._check(stage)
            await self._send(stage)
            self.stage, self.phase, self.after = stage.number + 1, Phase.SELECT, FIRST
            await self.breathe()
        self.phase = Phase.FOLLOW
        await self._follow(plan)
        return await self._close()

    def day_of_run(self, planned: date) -> date:
        """A played run lives on the days that were planned; any other on the country's."""
        return planned if self.played else max(planned, day_in_almaty(workflow.now()))

    async def _day(self, stage: RunStage) -> None:
        """The day of the stage's regions has come."""
        if not self.played:
            await self.until(stage.day, f"day {stage.number} of the run")

    async def _select(self, plan: RunPlan, stage: RunStage) -> None:
        """What is owed and claimed by nobody, range by range; then its sums are declared, and nothing is added."""
        if self.phase is not Phase.SELECT:
            return
        named = tuple(region for one in plan.stages for region in one.regions)
        await self._reckon(stage)
        while True:
            range_ = Range(month=self.month, stage=stage, named=named, after=self.after)
            done = await self.do(RunStep.SELECT, range_, RangeDone, f"select, stage {stage.number}")
            if done.after is None:
                break
            self.after = done.after
            await self.breathe()
        totals = await self.do(
            RunStep.FREEZE,
            Range(month=self.month, stage=stage),
            RunTotals,
            f"declare the totals of stage {stage.number}",
        )
        self.show(totals)
        mine = next((one for one in totals.stages if one.stage == stage.number), None)
        if mine is not None:
            self.note(f"stage {stage.number} declared: {mine.selected} payments, {tenge(mine.selected_sum)}")
        self.phase, self.after = Phase.CHECK, FIRST

    async def _reckon(self, stage: RunStage) -> None:
        """What is due for a look is reckoned anew first, and who was paid too much is told: nothing is selected by what
        is known to be otherwise."""
        if not workflow.patched("reckons-anew"):
            return
        day = self.day_of_run(stage.day)
        for step, summary in ((RunStep.RECKON, "reckon anew"), (RunStep.TELL, "tell of overpayments")):
            look = Look(day=day)
            while True:
                done = await self.do(step, look, RangeDone, f"{summary}, stage {stage.number}")
                if done.after is None:
                    break
                look = Look(day=day, after=done.after)
                await self.breathe()

    async def _check(self, stage: RunStage) -> None:
        """Just before paying the register is asked who lives."""
        if self.phase is not Phase.CHECK:
            return
        while True:
            people = Range(month=self.month, stage=stage, after=self.after)
            done = await self.do(RunStep.CHECK, people, RangeDone, f"ask who lives, stage {stage.number}")
            if done.after is None:
                break
            self.after = done.after
            await self.breathe()
        self.phase, self.after = Phase.SEND, FIRST

    async def _send(self, stage: RunStage) -> None:
        await self._out((f"s{stage.number}", f"p{stage.number}"), self.day_of_run(stage.day))

    async def _out(self, parts: tuple[str, ...], day: date) -> None:
        """The files of these parts are declared, leave, and the bank says what it has taken."""
        declared = SealInput(month=self.month, parts=parts, execution_day=day)
        files = await self.do(RunStep.SEAL, declared, Files, f"declare the files {', '.join(parts)}")
        if files.keys:
            self.last_sent = max(day, self.last_sent or day)
            await self.each(files.keys, self._file)
        self.show(await self._totals())

    async def _file(self, key: str) -> None:
        """One file: sent, and asked after. A bank that does not answer in time is asked again when the run looks."""
        name = key.partition(":")[2]
        if not await self.try_(RunStep.SEND, FileInput(key=key), f"send {name}", AWAITED):
            return
        answer = await self.try_(RunStep.ANSWER, FileInput(key=key), f"read the status of {name}", AWAITED, FileAnswer)
        if answer is not None and answer.reason is not None:
            self.note(f"{name}: the bank has rejected the whole file [{answer.reason}]")

    async def _follow(self, plan: RunPlan) -> None:
        """Statements are read, and what failed is cured, until nothing more comes by itself or the days are over."""
        begins = self.last_sent or self.day_of_run(plan.stages[-1].day)
        day = self.followed or begins
        while True:
            day = self.followed = self.day_of_run(day)
            self.told_to_look = False  # what is said from here on is looked at in the next round
            await self._look(day)
            ends = (self.last_sent or begins) + timedelta(days=plan.follow_days)
            if self.unsettled == 0 or day >= ends:
                return
            await self.breathe()
            if self.played:
                day += ONE_DAY
            else:
                await self.or_told_to_look(LOOKS_EVERY, ends)

    async def _look(self, day: date) -> None:
        """What the bank has booked since, and what of it is paid once more."""
        await self._statements(day)
        after = await self._cure(day)
        if after.parts:
            await self._out(after.parts, day)
            await self._statements(day)
        self.show(await self._totals())

    async def _statements(self, day: date) -> None:
        read = await self.do(RunStep.STATEMENT, StatementInput(until=day), StatementRead, "read the statements")
        for refused in read.refused:
            self.note(f"a statement is none: {refused}")

    async def _cure(self, day: date) -> Cured:
        self.round += 1
        cure = CureInput(month=self.month, round=self.round, day=day)
        cured = await self.do(RunStep.CURE, cure, Cured, f"cure what failed, round {self.round}")
        await self.each(cured.unanswered, self._file)
        return cured

    async def _totals(self) -> RunTotals:
        return await self.do(RunStep.TOTALS, Range(month=self.month, stage=NO_STAGE), RunTotals, "count")

    async def _close(self) -> RunResult:
        result = await self.do(RunStep.CLOSE, Range(month=self.month, stage=NO_STAGE), RunResult, "close the run")
        self.closed(result)
        return result


NO_STAGE = RunStage(number=0, day=date(2000, 1, 1), regions=(), others=False)


@workflow.defn(name=DUE_WORKFLOW)
class PaymentRunDue:
    """Starts the run of the month that has begun; one that somebody has started already goes on as it is."""

    @workflow.run
    async def run(self) -> str:
        month = day_in_almaty(workflow.now()).replace(day=1)
        try:
            await workflow.start_child_workflow(
                RUN_WORKFLOW,
                Run(month=month),
                id=run_id(month),
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"the payment run of {month:%m.%Y}",
            )
        except WorkflowAlreadyStartedError:
            return f"{run_id(month)} runs already"
        return f"{run_id(month)} was started"
