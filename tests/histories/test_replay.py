"""Cases that wait for weeks must go on under tomorrow's code: recorded histories of every ending are replayed."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from runtime.codec import ENCODING
from runtime.plugin import demeu_plugin
from tests.histories.record import FOLDER, RING, notices, plays
from workflows.model import WORKFLOW, Account, Case, CaseResult, Outcome, Policy
from workflows.notice import ProactiveNotice
from workflows.proactive_service import ProactiveService

RECORDED = sorted(FOLDER.glob("*.json"))


def history(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, file.read_text())


def test_every_ending_is_recorded() -> None:
    ways = {**plays(), **notices()}
    assert {file.stem for file in RECORDED} == set(ways)
    assert {outcome for outcome, _, _ in ways.values()} == set(Outcome)


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
async def test_a_recorded_case_goes_on_under_this_code(file: Path) -> None:
    workflows = [ProactiveService, ProactiveNotice]
    replayer = Replayer(workflows=workflows, plugins=[demeu_plugin(RING, strict=True)])
    await replayer.replay_workflow(history(file))


@workflow.defn(name=WORKFLOW, sandboxed=False)
class WithoutAnAccount(ProactiveService):
    """A change that would strand running cases: a step is left out."""

    @workflow.init
    def __init__(self, case: Case) -> None:
        super().__init__(case)

    @workflow.run
    async def run(self, case: Case) -> CaseResult:
        return await super().run(case)

    async def _account(self, policy: Policy) -> Account:  # noqa: ARG002
        return Account(id=self.case.person_id, tail="0000")


async def test_a_change_that_would_strand_cases_is_caught() -> None:
    replayer = Replayer(workflows=[WithoutAnAccount], plugins=[demeu_plugin(RING)])
    with pytest.raises(workflow.NondeterminismError):
        await replayer.replay_workflow(history(FOLDER / "credited.json"))


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
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
