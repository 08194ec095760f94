"""A notice that an attempt gave up before it was cut off: whoever says it after all, nobody says it twice."""

import pytest
from temporalio.exceptions import ApplicationError

from adapters.errors import Refused
from card.tables import FactsSnapshot
from tests.activities.life import AT, Life
from tests.activities.people import kandas, phone_of
from workflows.model import Step, StepInput, TellInput


async def given_up(life: Life, no_phone: bool) -> TellInput:
    """The step has found nobody to tell, and Temporal has not heard of it."""
    arg = await life.ready(Step.TELL, await life.open_for(Step.TELL))
    assert isinstance(arg, TellInput)
    if no_phone:
        await life.settle(kandas() | {"phone": None})
    else:
        life.sms.failures = [(Refused("smsc", "ESME_RINVDSTADR", "submit_sm was rejected"), False)]
    assert not (await life.run(Step.TELL, arg)).sent
    await life.settle(kandas())
    return arg


async def found_by_another(life: Life) -> tuple[str | None, TellInput]:
    """What another case of the same person finds due, and what it would say."""
    case = await life.open_for(Step.TELL)
    found = await life.run(Step.DETECT_NOTICE, StepInput(case=case, key=case.key(Step.DETECT_NOTICE)))
    return found.kind or found.reason, TellInput(case=case, key=case.key(Step.TELL), at=AT)


@pytest.mark.parametrize("no_phone", [True, False])
async def test_the_next_attempt_says_it_and_no_later_case(life: Life, no_phone: bool) -> None:
    arg = await given_up(life, no_phone)
    assert (await life.run(Step.TELL, arg, attempt=2)).sent
    assert (await found_by_another(life))[0] == "said_before"
    assert len(life.sms.to(phone_of(1))) == 1


@pytest.mark.parametrize("no_phone", [True, False])
async def test_a_later_case_says_it_and_not_the_next_attempt(life: Life, no_phone: bool) -> None:
    arg = await given_up(life, no_phone)
    found, others = await found_by_another(life)
    assert found == "kandas_ends"
    assert (await life.run(Step.TELL, others)).sent
    said = await life.run(Step.TELL, arg, attempt=2)
    assert (said.sent, said.reason) == (False, "said_before")
    assert len(life.sms.to(phone_of(1))) == 1


async def test_a_notice_that_cannot_be_written_goes_to_an_operator(life: Life) -> None:
    """The snapshot of an older version lacks a value that the text needs: trying again would not help."""
    arg = await life.ready(Step.TELL, await life.open_for(Step.TELL))
    async with life.card.transaction() as session:
        snapshot = await session.get_one(FactsSnapshot, arg.case.key(Step.DETECT_NOTICE))
        snapshot.decision = {**snapshot.decision, "notice": {**snapshot.decision["notice"], "values": {}}}
    with pytest.raises(ApplicationError) as caught:
        await life.run(Step.TELL, arg)
    assert (caught.value.type, caught.value.non_retryable) == ("WordingError", True)
    assert not life.sms.heard
