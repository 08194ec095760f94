"""Cases that wait for weeks must go on under tomorrow's code: recorded histories of every ending are replayed."""

import base64
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from runtime.codec import ENCODING
from runtime.plugin import demeu_plugin
from tests.histories import record_runs
from tests.histories.record import FOLDER, NEWEST, RING, notices, plays
from workflows.model import WORKFLOW, Account, Case, CaseResult, NoticeKind, Outcome, Policy
from workflows.notice import ProactiveNotice
from workflows.payment_run import PaymentRun, PaymentRunDue
from workflows.proactive_service import ProactiveService
from workflows.run_model import RUN_WORKFLOW, Phase, Run, RunResult, RunStage

RECORDED = sorted(FOLDER.rglob("*.json"))


def of(file: Path) -> str:
    """The way, and the version whose code recorded it."""
    return str(file.relative_to(FOLDER).with_suffix(""))


def history(file: Path) -> WorkflowHistory:
    """Under its own id, to which its payloads are bound; of the oldest histories, whose are not, the id is not kept."""
    content = file.read_text()
    started = json.loads(content)["events"][0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started.get("workflowId", file.stem), content)


def test_every_ending_is_recorded() -> None:
    ways = {**plays(), **notices()}
    assert {file.stem for file in NEWEST.glob("*.json")} == set(ways)
    assert {outcome for outcome, _, _ in ways.values()} == set(Outcome)


def test_every_way_of_a_payment_run_is_recorded() -> None:
    assert {file.stem for file in record_runs.NEWEST.glob("*.json")} == set(record_runs.ways())


@workflow.defn(name=RUN_WORKFLOW, sandboxed=False)
class Hasty(PaymentRun):
    """A run that asks nobody who lives: a change that would strand running ones."""

    @workflow.init
    def __init__(self, run: Run) -> None:
        super().__init__(run)

    @workflow.run
    async def run(self, run: Run) -> RunResult:
        return await super().run(run)

    async def _check(self, stage: RunStage) -> None:  # noqa: ARG002  (as the real one)
        self.phase = Phase.SEND


@pytest.mark.parametrize("name", [name for name in record_runs.ways() if name != "run-due"])
async def test_a_change_that_would_strand_runs_is_caught(name: str) -> None:
    with pytest.raises(workflow.NondeterminismError):
        await replayer(Hasty).replay_workflow(history(record_runs.NEWEST / f"{name}.json"))


def replayer(*workflows: type) -> Replayer:
    """The one replayer of these tests: what proves that it can fail is what the recorded cases go through."""
    return Replayer(workflows=list(workflows), plugins=[demeu_plugin(RING, strict=True)], namespace="default")


@pytest.mark.parametrize("file", RECORDED, ids=of)
async def test_a_recorded_case_goes_on_under_this_code(file: Path) -> None:
    await replayer(ProactiveService, ProactiveNotice, PaymentRun, PaymentRunDue).replay_workflow(history(file))


async def without_an_account(case: ProactiveService, policy: Policy) -> Account:
    """A step is left out."""
    return Account(id=case.case.person_id, tail="0000")


async def with_one_step_more(case: ProactiveService, policy: Policy) -> Account:
    """The person is told something in between."""
    await case._tell(NoticeKind.UNCLEAR)
    return await ProactiveService._account(case, policy)


async def with_a_wait(case: ProactiveService, policy: Policy) -> Account:
    """A timer runs before the account is looked for."""
    await workflow.sleep(60)
    return await ProactiveService._account(case, policy)


Step = Callable[[ProactiveService, Policy], Awaitable[Account]]


@workflow.defn(name=WORKFLOW, sandboxed=False)
class Changed(ProactiveService):
    """The workflow with another step `account`: a change that would strand running cases."""

    planted: ClassVar[Step]

    @workflow.init
    def __init__(self, case: Case) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: Case) -> CaseResult:
        return await super().run(case)

    async def _account(self, policy: Policy) -> Account:
        return await Changed.planted(self, policy)


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("credited*.json")), ids=of)
@pytest.mark.parametrize("account", [without_an_account, with_one_step_more, with_a_wait])
async def test_a_change_that_would_strand_cases_is_caught(
    account: Step, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Changed, "planted", staticmethod(account), raising=False)
    with pytest.raises(workflow.NondeterminismError):
        await replayer(Changed).replay_workflow(history(file))


@pytest.mark.parametrize("file", RECORDED, ids=of)
def test_nothing_of_a_case_is_stored_in_the_clear(file: Path) -> None:
    """Every payload and failure of the history is encrypted; what is not names no person."""
    for payload in _payloads(json.loads(file.read_text())):
        assert payload["metadata"]["encoding"] in SEALED, payload
    assert "birth certificate" not in file.read_text()
    assert "which cause?" not in file.read_text()


SEALED = {
    base64.b64encode(ENCODING).decode(),
    # Temporal's own: how many attempts a local activity took, names of SDK flags; never ours.
    base64.b64encode(b"json/plain").decode(),
}


def _payloads(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "metadata" in node and isinstance(node["metadata"], dict) and "encoding" in node["metadata"]:
            yield node
        for name, value in node.items():
            if name != "indexedFields":  # search attributes are in the clear by design, and name nobody
                yield from _payloads(value)
    elif isinstance(node, list):
        for value in node:
            yield from _payloads(value)
