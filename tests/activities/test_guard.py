"""A step is done for a case as the Card has it, whatever the workflow that asks for it calls itself."""

import dataclasses
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from card import cases
from runtime.guard import NOT_THIS_CASE, Guard
from tests.activities.life import Life
from workflows.model import CASE_OVER, NOTICE_WORKFLOW, WORKFLOW, Case, Step, StepInput


class Done(ActivityInboundInterceptor):
    """In the place of the step: it notes that it was done."""

    def __init__(self) -> None:
        self.times = 0

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        self.times += len(input.args)


async def _asked(
    life: Life, case: Case, *, workflow: str | None, step: Step = Step.DETECT, kind: str = WORKFLOW
) -> int:
    """How often the step is done that this workflow asks for."""

    async def fn(_: StepInput) -> None: ...

    fn.__name__ = step
    done = Done()
    guarded = Guard(life.card).intercept_activity(done)
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, workflow_id=workflow, workflow_type=kind)
    given = StepInput(case=case, key=case.key(step))

    async def ask() -> None:
        await guarded.execute_activity(ExecuteActivityInput(fn=fn, args=[given], executor=None, headers={}))

    await environment.run(ask)
    return done.times


async def test_a_step_of_the_case_that_the_card_has_is_done(life: Life) -> None:
    case = await life.open()
    assert await _asked(life, case, workflow=case.id) == 1


@pytest.mark.parametrize("claims", ["workflow", "none", "person", "service", "day", "ref"])
@pytest.mark.parametrize("step", [Step.DETECT, Step.CLOSE, Step.CREDIT, Step.DECIDE])
async def test_what_calls_itself_a_case_and_is_not_does_nothing(life: Life, claims: str, step: Step) -> None:
    """A stranger who reached Temporal's port closed anybody's case, and had a stranger's yes recorded as hers."""
    case, other = await life.open(), await life.open(2)
    workflow: str | None = case.id
    match claims:
        case "workflow":
            workflow = "evil/1"
        case "none":
            workflow = None  # an activity that no workflow asks for
        case "person":
            case = case.model_copy(update={"person_id": other.person_id})
        case "service":
            case = case.model_copy(update={"service": "childbirth"})
            workflow = case.id
        case "day":
            case = case.model_copy(update={"on": case.on + timedelta(days=400)})
        case "ref":
            case = case.model_copy(update={"ref": "0000-0000-0", "person_id": uuid4()})
            workflow = case.id
    with pytest.raises(ApplicationError) as refused:
        await _asked(life, case, workflow=workflow, step=step)
    assert (refused.value.type, refused.value.non_retryable) == (NOT_THIS_CASE, True)


@pytest.mark.parametrize(("service", "other"), [("multi-child", NOTICE_WORKFLOW), ("kandas", WORKFLOW)])
@pytest.mark.parametrize("step", [Step.DETECT, Step.CLOSE])
async def test_a_workflow_of_another_kind_does_nothing_for_a_case(
    life: Life, service: str, other: str, step: Step
) -> None:
    """A notice under the name of a right took her yes and dropped it, and a cancel of it closed the case untold."""
    case = await life.open(service=service)
    (own,) = {WORKFLOW, NOTICE_WORKFLOW} - {other}
    assert await _asked(life, case, workflow=case.id, kind=own, step=step) == 1
    with pytest.raises(ApplicationError) as refused:
        await _asked(life, case, workflow=case.id, kind=other, step=step)
    assert refused.value.type == NOT_THIS_CASE


async def test_a_case_that_is_over_is_only_closed_and_decided_on(life: Life) -> None:
    case = await life.open()
    async with life.card.transaction() as session:
        await cases.close(session, case.ref, "no_right", "why")
    assert await _asked(life, case, workflow=case.id, step=Step.CLOSE) == 1
    with pytest.raises(ApplicationError) as refused:
        await _asked(life, case, workflow=case.id, step=Step.CREDIT)
    assert (refused.value.type, list(refused.value.details)) == (CASE_OVER, ["no_right", "why"])
