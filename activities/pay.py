"""The steps of a payment run: what the Card selects, who lives, the files, and what the bank says of them.

Each may be done again, after a kill at any point: what is done is found done. No session is open while a bank or a
register is asked.
"""

import asyncio
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import BinaryIO

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities.another_account import AnotherAccount
from activities.booking import book
from activities.payer import NOT_SET, Payer
from activities.portions import each, portions
from activities.run_totals import not_due, plan_of, stage_of, totals_of
from activities.world import World, not_yet, translated
from adapters.bank_files import Arrival, FileRefused, read_report, write_initiation
from adapters.bank_files.status_report import FileState
from adapters.errors import BadAnswer, Refused
from adapters.reasons import REASONS
from benefits.days import ALMATY, day_of
from card import bank_lines, entitlements, run_lines, runs
from card.bank_lines import Cures
from card.run_lines import Payee
from card.run_tables import BatchState, LineKind
from workflows.run_model import (
    FIRST,
    NOT_NOW,
    Cured,
    CureInput,
    FileAnswer,
    FileInput,
    Files,
    Range,
    RangeDone,
    Run,
    RunPlan,
    RunResult,
    RunStep,
    RunTotals,
    SealInput,
    StatementInput,
    StatementRead,
)

RANGE = 5_000
"""Entitlements that are selected in one transaction: a second or so."""

PEOPLE = 500
LONGEST_BACK = timedelta(days=62)
"""So far back statements are read that nobody has read whole: money comes back weeks later."""

DEATH_UNCLEAR = "death_unclear"
CURES = {code: Cures(one.cure, one.after_days, one.times) for code, one in REASONS.items()}


class PayStep:
    def __init__(self, world: World) -> None:
        self.world = world

    def _payer(self) -> Payer:
        if self.world.payer is None:
            raise ApplicationError(NOT_SET, type="NotSet", non_retryable=True)
        return self.world.payer

    @activity.defn(name=RunStep.OPEN)
    async def pay_open(self, run: Run) -> RunPlan:
        """The run and its days, by the parameters of the month. One that is closed or not due, or of which the Card
        says otherwise, is refused for good: whoever reaches Temporal's port can start a run of any month."""
        self._payer()
        plan = plan_of(run.month)
        refused = not_due(run.month, plan, day_of(datetime.now(UTC)), played=run.played)
        if refused is not None:
            raise ApplicationError(refused, type=NOT_NOW, non_retryable=True)
        try:
            async with self.world.card.transaction() as session:
                await runs.open_run(session, run.month, [stage_of(one) for one in plan.stages], played=run.played)
        except runs.RunRefused as otherwise:
            raise ApplicationError(str(otherwise), type=NOT_NOW, non_retryable=True) from None
        return plan

    @activity.defn(name=RunStep.SELECT)
    async def pay_select(self, range_: Range) -> RangeDone:
        """Claim and order what the next range of entitlements is owed."""
        async with self.world.card.transaction() as session:
            upto = await runs.page_ends(session, range_.after, RANGE)
            if upto is not None:
                fund = bank_of(self._payer().fund_iban)
                stage = stage_of(range_.stage)
                await runs.select_range(session, range_.month, stage, range_.named, range_.after, upto, fund)
        return RangeDone(after=upto)

    @activity.defn(name=RunStep.FREEZE)
    async def pay_freeze(self, range_: Range) -> RunTotals:
        """Declare the control totals."""
        async with self.world.card.transaction() as session:
            await runs.freeze(session, range_.month, range_.stage.number)
        return await self._totals(range_.month)

    @activity.defn(name=RunStep.CHECK)
    async def pay_check(self, range_: Range) -> RangeDone:
        """Ask the register of the next people whether they live; of whom it cannot be read, a person decides."""
        async with self.world.card.statements() as session:
            page = await run_lines.payees(session, range_.month, range_.stage.number, range_.after, PEOPLE)
        found = await each(page, self._died_on)
        deaths = [(one.id, day) for one, day in zip(page, found, strict=True) if isinstance(day, date)]
        unclear = [one.id for one, day in zip(page, found, strict=True) if day is DEATH_UNCLEAR]
        async with self.world.card.transaction() as session:
            # What was paid for the months after is looked at by itself.
            await entitlements.look_at(session, await run_lines.died(session, deaths), range_.stage.day)
            await run_lines.doubt(session, range_.month, unclear, DEATH_UNCLEAR)
        return RangeDone(after=page[-1].id if len(page) == PEOPLE else None)

    async def _died_on(self, one: Payee) -> date | str | None:
        try:
            with translated():
                person = await self.world.registries.persons.person(one.iin)
        except ApplicationError as failed:
            if failed.non_retryable and isinstance(failed.__cause__, Refused | BadAnswer):
                return DEATH_UNCLEAR
            raise
        return DEATH_UNCLEAR if "died_on" in person.unreadable else person.died_on

    @activity.defn(name=RunStep.SEAL)
    async def pay_seal(self, step: SealInput) -> Files:
        """Take out what is not due any more, and declare the files."""
        keys: list[str] = []
        async with self.world.card.transaction() as session:
            await run_lines.look_again(session, step.month, step.execution_day)
            for part in step.parts:
                keys += await runs.seal(session, step.month, part, step.execution_day)
        return Files(keys=tuple(keys))

    @activity.defn(name=RunStep.SEND)
    async def pay_send(self, step: FileInput) -> None:
        """Hand the file over, once: what may have left is asked after first, and goes again under the same key alone
        if the bank has never heard of it."""
        payer = self._payer()
        async with self.world.card.statements() as session:
            batch = await run_lines.batch(session, step.key)
        if batch.state != BatchState.SEALED:
            return
        with tempfile.TemporaryFile() as file, translated():
            if await payer.files.status(step.key, file) is Arrival.UNKNOWN:
                await self._write(payer, step.key, file)
                await payer.files.send(step.key, file)
        async with self.world.card.transaction() as session:
            await run_lines.sent(session, step.key)

    async def _write(self, payer: Payer, key: str, file: BinaryIO) -> None:
        async with self.world.card.statements() as session:
            batch = await run_lines.batch(session, key)
            rows = await run_lines.orders(session, key)
        paying = benefits.paying(batch.month)
        purpose = paying.contribution_purpose_code if batch.kind == LineKind.PENSION else paying.purpose_code
        orders = (payer.order(row, purpose) for row in rows)
        file.seek(0)
        file.truncate()
        await asyncio.to_thread(write_initiation, payer.head(batch), orders, file, payer.alphabet)
        file.seek(0)

    @activity.defn(name=RunStep.ANSWER)
    async def pay_answer(self, step: FileInput) -> FileAnswer:
        """What the bank says of the file. One that it has lost is handed over again."""
        payer = self._payer()
        async with self.world.card.statements() as session:
            batch = await run_lines.batch(session, step.key)
        if batch.state != BatchState.SENT:
            return FileAnswer(reason=batch.reason)
        with tempfile.TemporaryFile() as file, translated():
            arrival = await payer.files.status(step.key, file)
            if arrival is Arrival.UNKNOWN:
                await self._write(payer, step.key, file)
                await payer.files.send(step.key, file)
            if arrival is not Arrival.WRITTEN:
                raise not_yet("bank", self.world.ask_again)
            try:
                report = await asyncio.to_thread(read_report, file, payer.head(batch), datetime.now(ALMATY))
            except FileRefused as refused:
                raise ApplicationError(f"the status report is none: {refused}", type="FileRefused") from None
            whole = report.state is FileState.REJECTED and report.count == 0
            async for lines in portions(report.lines()):
                async with self.world.card.transaction() as session:
                    await bank_lines.reported(session, step.key, lines)
        async with self.world.card.transaction() as session:
            if whole:
                await bank_lines.rejected_whole(session, step.key, report.reason_code)
            await run_lines.answered(session, step.key, report.reason_code if whole else None)
        return FileAnswer(reason=report.reason_code if whole else None)

    @activity.defn(name=RunStep.STATEMENT)
    async def pay_statement(self, step: StatementInput) -> StatementRead:
        """Read the statements of every day that may have more to say. One that is none is refused whole, and stops no
        other; the same one again changes nothing."""
        payer = self._payer()
        async with self.world.card.statements() as session:
            first = await runs.first_day(session)
            since = max(first, step.until - LONGEST_BACK) if first is not None else step.until
            known = await bank_lines.days_read(session, payer.debtor.iban, since)
        days, lines, refused = 0, 0, []
        for day in (since + timedelta(days=n) for n in range((step.until - since).days + 1)):
            if day in known:
                continue
            with tempfile.TemporaryFile() as file:
                with translated():
                    there = await payer.files.statement(payer.debtor.iban, day, file)
                if there:
                    try:
                        lines += (await book(self.world.card, payer.debtor, file, day, over=day < step.until)).lines
                        days += 1
                    except FileRefused as wrong:
                        refused.append(f"{day:%d.%m.%Y}, {wrong}")
        return StatementRead(days=days, lines=lines, refused=tuple(refused))

    @activity.defn(name=RunStep.CURE)
    async def pay_cure(self, step: CureInput) -> Cured:
        """Each payment that failed gets its next try: at once, later, at another account, or by a person."""
        async with self.world.card.transaction() as session:
            await bank_lines.cure(session, CURES, step.day)
        after = FIRST
        while True:
            async with self.world.card.statements() as session:
                page = await run_lines.without_account(session, step.day, after, PEOPLE)
            await each(page, partial(AnotherAccount(self.world).find, run=step.month))
            if len(page) < PEOPLE:
                break
            after = page[-1].id
        async with self.world.card.transaction() as session:
            parts = await run_lines.order_again(session, step.month, step.round, step.day)
            unanswered = await runs.unanswered(session)
        return Cured(parts=parts, unanswered=tuple(unanswered))

    @activity.defn(name=RunStep.TOTALS)
    async def pay_totals(self, range_: Range) -> RunTotals:
        """Where the run stands."""
        return await self._totals(range_.month)

    @activity.defn(name=RunStep.CLOSE)
    async def pay_close(self, range_: Range) -> RunResult:
        """The run is over; what of it is owed goes out with the next. Not before every stage was declared."""
        stages = [one.number for one in plan_of(range_.month).stages]
        try:
            async with self.world.card.transaction() as session:
                await runs.close(session, range_.month, stages)
        except runs.NotDeclared as skipped:
            raise ApplicationError(str(skipped), type=NOT_NOW, non_retryable=True) from None
        totals = await self._totals(range_.month)
        return RunResult(
            month=range_.month,
            selected=sum(one.selected for one in totals.stages),
            credited=sum(one.credited for one in totals.stages),
            cancelled=sum(one.cancelled for one in totals.stages),
            carried=sum(one.held + one.ordered for one in totals.stages),
            credited_sum=sum((one.credited_sum for one in totals.stages), Decimal(0)),
        )

    async def _totals(self, month: date) -> RunTotals:
        async with self.world.card.statements() as session:
            return await totals_of(session, month)


def bank_of(iban: str) -> str:
    """The bank's code in a Kazakh account number."""
    return iban[4:7]
