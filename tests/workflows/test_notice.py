"""Every ending of a notice, on a real server: told, not due, unreachable, and what needs an operator."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from tests.workflows.acting import Script
from workflows.model import (
    NOTICE_WORKFLOW,
    Action,
    Meaning,
    NoticeFound,
    Outcome,
    QuietHours,
    Stage,
    Step,
    Told,
)

OnStage = Callable[..., Any]


async def test_what_is_due_is_told_and_nothing_is_asked(on_stage: OnStage) -> None:
    async with on_stage(Script(), NOTICE_WORKFLOW) as notice:
        result = await notice.result()
        seen = await notice.seen()
    assert (result.outcome, result.stage, result.assigned, result.credited) == (Outcome.TOLD, Stage.TELL, 0, 0)
    assert [step for step, _ in notice.script.calls] == [Step.DETECT_NOTICE, Step.TELL, Step.CLOSE]
    assert notice.script.outcome() is Outcome.TOLD
    assert (seen["Stage"], seen["Outcome"], seen["Region"]) == (Stage.CLOSED, Outcome.TOLD, "KZ-71")


async def test_what_is_not_due_is_not_told(on_stage: OnStage) -> None:
    script = Script(detect_notice=[NoticeFound(reason="said_before")])
    async with on_stage(script, NOTICE_WORKFLOW) as notice:
        result = await notice.result()
    assert (result.outcome, result.reason, result.stage) == (Outcome.NOT_DUE, "said_before", Stage.DETECT)
    assert not script.of(Step.TELL)


@pytest.mark.parametrize("reason", ["no_phone", "rejected"])
async def test_nobody_there_to_be_told(on_stage: OnStage, reason: str) -> None:
    script = Script(tell=[Told(sent=False, reason=reason)])
    async with on_stage(script, NOTICE_WORKFLOW) as notice:
        result = await notice.result()
    assert (result.outcome, result.reason) == (Outcome.UNREACHABLE, reason)
    assert script.outcome() is Outcome.UNREACHABLE


async def test_nobody_is_woken(on_stage: OnStage) -> None:
    """The whole day but its last minute is quiet: the notice waits for that minute, on the case's clock."""
    quiet = QuietHours(start=0, end=23 * 60 + 59)
    script = Script(detect_notice=[NoticeFound(kind="kandas_ends", quiet_hours=quiet)])
    async with on_stage(script, NOTICE_WORKFLOW) as notice:
        await notice.called(Step.DETECT_NOTICE)
        await notice.pass_time(timedelta(days=1))
        assert (await notice.result()).outcome is Outcome.TOLD
    (told,) = script.of(Step.TELL)
    assert quiet.over(told.at) == told.at


async def test_contradicting_registries_are_for_an_operator(on_stage: OnStage) -> None:
    contradiction = ApplicationError("the registries contradict", type="BadFacts", non_retryable=True)
    script = Script(detect_notice=[contradiction, NoticeFound(kind="kandas_ends")])
    async with on_stage(script, NOTICE_WORKFLOW) as notice:
        await notice.until(Stage.DETECT, attention=True)
        await notice.resolve(Action.RETRY)
        assert (await notice.result()).outcome is Outcome.TOLD


async def test_an_operator_may_close_it(on_stage: OnStage) -> None:
    contradiction = ApplicationError("the registries contradict", type="BadFacts", non_retryable=True)
    async with on_stage(Script(detect_notice=[contradiction]), NOTICE_WORKFLOW) as notice:
        await notice.until(Stage.DETECT, attention=True)
        await notice.resolve(Action.CLOSE)
        assert (await notice.result()).outcome is Outcome.CLOSED_BY_OPERATOR


async def test_cancelling_closes_it(on_stage: OnStage) -> None:
    quiet = QuietHours(start=0, end=23 * 60 + 59)
    script = Script(detect_notice=[NoticeFound(kind="kandas_ends", quiet_hours=quiet)])
    async with on_stage(script, NOTICE_WORKFLOW) as notice:
        await notice.called(Step.DETECT_NOTICE)
        await notice.handle.cancel()
        result = await notice.result()
    assert (result.outcome, result.reason) == (Outcome.CLOSED_BY_OPERATOR, "cancelled")
    assert not script.of(Step.TELL)


async def test_an_answer_to_a_notice_is_not_waited_for(on_stage: OnStage) -> None:
    quiet = QuietHours(start=0, end=23 * 60 + 59)
    script = Script(detect_notice=[NoticeFound(kind="kandas_ends", quiet_hours=quiet)])
    async with on_stage(script, NOTICE_WORKFLOW) as notice:
        await notice.called(Step.DETECT_NOTICE)
        assert not (await notice.say(Meaning.YES)).noted
        await notice.handle.cancel()
        await notice.result()
