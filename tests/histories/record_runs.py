"""Records histories of payment runs: `python -m tests.histories.record_runs`, after a change that is meant."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from desk.looking import details
from runtime.embedded.servers import temporal_server
from runtime.plugin import demeu_plugin
from tests.histories.record import FOLDER, RING
from workflows.model import SearchAttributes
from workflows.payment_run import PaymentRun, PaymentRunDue
from workflows.run_model import (
    DUE_WORKFLOW,
    PERSON,
    RUN_WORKFLOW,
    Cured,
    FileAnswer,
    Files,
    RangeDone,
    Run,
    RunMessage,
    RunPlan,
    RunResult,
    RunStage,
    RunStep,
    RunTotals,
    StageTotals,
    StatementRead,
    Waits,
    run_id,
)

NEWEST = FOLDER / "2026-11-29-payment-runs"
JANUARY = date(2026, 1, 1)
NET = Decimal("69330.00")
PLAN = RunPlan(
    stages=(
        RunStage(number=1, day=date(2026, 1, 5), regions=("KZ-71",), others=False),
        RunStage(number=2, day=date(2026, 1, 6), regions=(), others=True),
    ),
    follow_days=10,
)
FILE = f"{run_id(JANUARY)}:s1:125:1"
REFUSED = ApplicationError("what a file declares stays", type="DatabaseRefused", non_retryable=True)


def stands(*, ordered: int = 0, credited: int = 2, held: int = 0, items: int = 0) -> RunTotals:
    """So many payments are under way, credited, and wait for a person."""
    one = StageTotals(
        stage=1, selected=2, selected_sum=2 * NET, ordered=ordered, credited=credited, credited_sum=credited * NET
    )
    waits = (Waits(what="MS03", for_whom=PERSON, count=held, total=held * NET),) if held else ()
    return RunTotals(stages=(one.model_copy(update={"held": held}),), waits=waits, items=items)


@dataclass
class Answers:
    """What each step answers in turn; the last again and again."""

    given: dict[RunStep, Sequence[Any]] = field(default_factory=dict)
    asked: dict[RunStep, int] = field(default_factory=dict)

    def of(self, step: RunStep) -> Any:
        usual: dict[RunStep, Any] = {
            RunStep.OPEN: PLAN,
            RunStep.SELECT: RangeDone(after=None),
            RunStep.FREEZE: stands(ordered=2, credited=0),
            RunStep.CHECK: RangeDone(after=None),
            RunStep.SEAL: Files(keys=(FILE,)),
            RunStep.SEND: None,
            RunStep.ANSWER: FileAnswer(),
            RunStep.STATEMENT: StatementRead(days=1, lines=2),
            RunStep.CURE: Cured(parts=(), unanswered=()),
            RunStep.TOTALS: stands(),
            RunStep.CLOSE: RunResult(
                month=JANUARY, selected=2, credited=2, cancelled=0, carried=0, credited_sum=2 * NET
            ),
        }
        answers = self.given.get(step, (usual[step],))
        n = self.asked[step] = self.asked.get(step, 0) + 1
        answer = answers[min(n, len(answers)) - 1]
        if isinstance(answer, ApplicationError):
            raise answer
        return answer

    def activities(self) -> list[Callable[..., Any]]:
        """In the place of the real ones."""

        def made(step: RunStep) -> Callable[..., Any]:
            @activity.defn(name=step)
            async def answers(_: Any) -> Any:
                return self.of(step)

            return answers

        return [made(step) for step in RunStep]


Act = Callable[[WorkflowHandle[Any, Any], TimeSkipper], Awaitable[None]]


async def _says(handle: WorkflowHandle[Any, Any], words: str) -> None:
    while words not in await details(handle):
        await asyncio.sleep(0.05)


async def waits(_: WorkflowHandle[Any, Any], __: TimeSkipper) -> None:
    """It ends by itself."""


async def is_stopped(handle: WorkflowHandle[Any, Any], _: TimeSkipper) -> None:
    await handle.execute_update(RunMessage.STOP, {"by": "a.omarova", "note": "the bank asked"})
    await _says(handle, "Stopped by")
    await handle.execute_update(RunMessage.GO_ON, {"by": "a.omarova"})


async def is_helped(handle: WorkflowHandle[Any, Any], _: TimeSkipper) -> None:
    await _says(handle, "Waits for a person")
    await handle.execute_update(RunMessage.GO_ON, {"by": "a.omarova", "note": "mended"})


async def is_told_to_look(handle: WorkflowHandle[Any, Any], skipper: TimeSkipper) -> None:
    await _says(handle, "waits for the bank's statements")
    await handle.signal(RunMessage.LOOK)
    await asyncio.sleep(0.3)
    await _says(handle, "waits for the bank's statements")
    await skipper.fast_forward(handle, timedelta(hours=7))


def ways() -> dict[str, tuple[Run, Answers, Act]]:
    """Every way that is recorded: name, what it starts with, what the steps answer, what is done."""
    played = Run(month=JANUARY, played=True)
    again = Cured(parts=("r1", "q1"), unanswered=(FILE,))
    no = ApplicationError("away", type="Refused", non_retryable=True)
    after = UUID(int=7)
    return {
        "run-in-peace": (played, Answers({RunStep.SELECT: (RangeDone(after=after), RangeDone(after=None))}), waits),
        "run-cured": (
            played,
            Answers(
                {
                    RunStep.ANSWER: (FileAnswer(rejected=1), FileAnswer(reason="AM10")),
                    RunStep.CURE: (again, Cured(parts=(), unanswered=())),
                    RunStep.TOTALS: (*[stands(ordered=1, credited=1)] * 3, stands()),
                    RunStep.STATEMENT: (StatementRead(refused=("05.01.2026, line 1",)), StatementRead(days=1, lines=2)),
                }
            ),
            waits,
        ),
        "run-stopped": (played, Answers({RunStep.SEND: (no, None)}), is_stopped),
        "run-refused": (
            played,
            Answers(
                {RunStep.SEAL: (REFUSED, Files(keys=(FILE,))), RunStep.TOTALS: (stands(credited=1, held=1, items=2),)}
            ),
            is_helped,
        ),
        "run-followed": (
            Run(month=JANUARY),
            Answers({RunStep.TOTALS: (*[stands(ordered=1, credited=1)] * 4, stands())}),
            is_told_to_look,
        ),
        "run-due": (Run(month=JANUARY), Answers(), waits),
    }


async def record(folder: Path) -> None:
    """Play everything on a server of its own and write the histories into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        async with temporal_server(Path(scratch), search_attributes=SearchAttributes.ALL) as server:
            client = await Client.connect(server.address, plugins=[demeu_plugin(RING, strict=True)])
            for name, (run, answers, act) in ways().items():
                due = name == "run-due"
                async with Worker(
                    client, task_queue=name, workflows=[PaymentRun, PaymentRunDue], activities=answers.activities()
                ):
                    given = [] if due else [run]
                    kind, id_ = (DUE_WORKFLOW, f"{DUE_WORKFLOW}-{name}") if due else (RUN_WORKFLOW, run_id(run.month))
                    handle: WorkflowHandle[Any, Any] = await client.start_workflow(
                        kind, args=given, id=id_, task_queue=name
                    )
                    await act(handle, TimeSkipper(client))
                    said = await handle.result()
                (folder / f"{name}.json").write_text((await handle.fetch_history()).to_json())
                sys.stdout.write(f"{name}: {said}\n")


if __name__ == "__main__":
    asyncio.run(record(FOLDER / sys.argv[1] if sys.argv[1:] else NEWEST))
