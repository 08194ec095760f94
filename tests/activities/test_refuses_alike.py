"""A body that refuses everybody alike, for a fault of its own, ends nobody's case."""

from itertools import count
from typing import cast

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.assign import AssignStep
from activities.register import RegisterStep
from adapters.in_a_row import REFUSED_ALIKE
from tests.activities.life import Life
from tests.activities.people import mother
from workflows.model import AssignInput, RegisterInput, Step


async def test_a_body_that_refuses_everybody_alike_ends_nobodys_case(life: Life) -> None:
    """It was a fault of its own, and everybody waited 180 days."""
    people = range(1, REFUSED_ALIKE + 3)
    await life.settle(*(mother(n) for n in people))
    numbers = count(1)
    steps = RegisterStep(life.world_with())
    for n in people:
        await life.outside.fault("emaket", "refuse", code="rejected", reason=f"Услуга {next(numbers)} не найдена")
        arg = cast(RegisterInput, await life.ready(Step.REGISTER, await life.open(n), n))
        if n < REFUSED_ALIKE:
            assert (await ActivityEnvironment().run(steps.register, arg)).refused
        else:
            with pytest.raises(ApplicationError, match="with the same reason") as held:
                await ActivityEnvironment().run(steps.register, arg)
            assert not held.value.non_retryable


async def test_nor_does_a_deciding_body_that_does(life: Life) -> None:
    people = range(1, REFUSED_ALIKE + 2)
    refuses = {"body": {"refuse": {"code": "internal", "reason": "Ошибка справочника"}}}
    await life.settle(*(mother(n, behaviour=refuses) for n in people))
    steps = AssignStep(life.world_with())
    for n in people:
        arg = cast(AssignInput, await life.ready(Step.ASSIGN, await life.open(n), n))
        if n < REFUSED_ALIKE:
            assert not (await ActivityEnvironment().run(steps.assign, arg)).assigned
        else:
            with pytest.raises(ApplicationError, match="with the same reason") as held:
                await ActivityEnvironment().run(steps.assign, arg)
            assert not held.value.non_retryable
