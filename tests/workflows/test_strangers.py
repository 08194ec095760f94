"""Nobody who reaches Temporal's port stops a case or a run: what is none of ours is dropped, or refused in clear."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from desk.looking import details
from tests.workflows.acting import Script
from workflows.model import Meaning, Message, Outcome, Ruling, Stage
from workflows.payment_run import PaymentRun
from workflows.run_model import RUN_WORKFLOW, Run, RunMessage, RunStep, Who

Start = Callable[..., Any]
Stood = Callable[[], AbstractAsyncContextManager[WorkflowHandle[Any, Any]]]

OF_A_CASE = (Message.RECEIPT, Message.FAILING, Message.REPLY, "no-such-signal", "__temporal_none")
ODD: list[list[Any]] = [[], [None], [b"\x00\xff"], ["text"], [7], [{"key": 1}], [{"key": "x"}, {"key": "x"}], [{}] * 30]

REFUSED = {
    Message.REPLY: 'the input cannot be read; it is {"message_id": "..."}',
    Message.RESOLVE: 'the input cannot be read; it is {"action": "...", "by": "...", "note": "..."}',
    RunMessage.STOP: 'the input cannot be read; it is {"by": "...", "note": "..."}',
    RunMessage.GO_ON: 'the input cannot be read; it is {"by": "...", "note": "..."}',
}


@pytest.fixture
def stood(temporal_client: Client) -> Stood:
    """A run that waits for a person, and ends with the month closed once it is let go on."""

    @asynccontextmanager
    async def start() -> AsyncIterator[WorkflowHandle[Any, Any]]:
        asked: list[str] = []

        @activity.defn(name=RunStep.OPEN)
        async def opens(run: Run) -> None:
            asked.append(run.ref)
            kind = "Refused" if len(asked) == 1 else "NotNow"
            raise ApplicationError("the month is closed", type=kind, non_retryable=True)

        queue = f"strangers-{uuid4()}"
        async with Worker(temporal_client, task_queue=queue, workflows=[PaymentRun], activities=[opens]):
            run = Run(month=date(2026, 1, 1))
            handle = await temporal_client.start_workflow(RUN_WORKFLOW, run, id=queue, task_queue=queue)
            await _shows(handle, "Waits for a person")
            yield handle
            await handle.execute_update(RunMessage.GO_ON, Who(by="a.omarova"))
            with pytest.raises(Exception, match="Workflow execution failed"):
                await asyncio.wait_for(handle.result(), 30)

    return start


async def _shows(handle: WorkflowHandle[Any, Any], words: str) -> str:
    async with asyncio.timeout(30):
        while words not in (told := await details(handle)):
            await asyncio.sleep(0.05)
    return told


async def _refused(handle: WorkflowHandle[Any, Any], update: str, given: list[Any]) -> str:
    """What is read without our keys."""
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(update, args=given)
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.failure is not None
    assert not cause.failure.HasField("encoded_attributes")
    return cause.failure.message


async def test_no_signal_stops_a_case(on_stage: Start) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        for name in OF_A_CASE:
            for sent in ODD:
                await case.handle.signal(name, args=sent)
        told = await _shows(case.handle, "a signal was dropped")
        assert told.count("a signal was dropped") == 1, "a flood pushes nothing out of sight"
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_no_signal_stops_a_run(stood: Stood) -> None:
    async with stood() as run:
        for name in (RunMessage.LOOK, RunMessage.STOP, "no-such-signal"):
            for sent in ODD:
                await run.signal(name, args=sent)
        await _shows(run, "a signal was dropped")


async def test_every_misshapen_update_of_a_case_is_refused_in_clear(on_stage: Start) -> None:
    differs = Ruling(assigned=True, differs=True)
    async with on_stage(Script(assign=[differs])) as case:
        await case.until(Stage.CONSENT)
        for given in ODD:
            assert await _refused(case.handle, Message.REPLY, given) == REFUSED[Message.REPLY], given
        long = await _refused(case.handle, Message.REPLY, [{"message_id": "x" * 300}])
        assert long == "message_id: the id of a message, up to 200 characters"
        unknown = await _refused(case.handle, "x" * 300, [{}])
        assert unknown == "there is no such update; there are go_on, reply, resolve, stop"
        await case.say(Meaning.YES)
        await case.until(Stage.ASSIGN, attention=True)
        for given in (*ODD, [{"action": "close"}, {}]):
            if given != [{"key": 1}]:  # read as a decision that names no action
                assert await _refused(case.handle, Message.RESOLVE, given) == REFUSED[Message.RESOLVE], given
        await case.resolve("close")
        assert (await case.result()).outcome is Outcome.CLOSED_BY_OPERATOR


async def test_every_misshapen_update_of_a_run_is_refused_in_clear(stood: Stood) -> None:
    async with stood() as run:
        for update in (RunMessage.STOP, RunMessage.GO_ON):
            for given in ODD:
                assert await _refused(run, update, given) == REFUSED[update], given
            assert await _refused(run, update, [{"by": "x" * 300}]) == "by, note: at most 100 and 1000 characters"
            assert await _refused(run, update, [{"by": " "}]) == 'by: say who decides, as {"by": "a.omarova"}'
