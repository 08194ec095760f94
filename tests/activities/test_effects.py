"""Registering, assigning and crediting through every fault of the other side: one effect, and the same answer."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from card.tables import Application, Assignment, LedgerEntry, Payment
from tests.activities.life import AMOUNT, Life
from workflows.model import Step

AGENCY = {Step.REGISTER: "emaket", Step.ASSIGN: "body", Step.CREDIT: "bank"}
RECORD: dict[Step, tuple[type[Any], str]] = {
    Step.REGISTER: (Application, "registered"),
    Step.ASSIGN: (Assignment, "assigned"),
    Step.CREDIT: (Payment, "settled"),
}
FAULTS: dict[str, dict[str, Any]] = {
    "500": {"fault": "status", "status": 500, "times": 2},
    "503": {"fault": "status", "status": 503, "times": 1},
    "504": {"fault": "status", "status": 504, "times": 2},
    "429": {"fault": "retry_later", "retry_after_seconds": 7, "times": 2},
    "dropped": {"fault": "down", "times": 2},
    "down": {"fault": "down", "how": "503", "times": 3},
    "twice": {"fault": "answer_twice", "times": 1},
    "lost answer": {"fault": "timeout_after_acting", "hold_seconds": 1.5, "times": 1},
}

each_effect = pytest.mark.parametrize("step", AGENCY)


@each_effect
@pytest.mark.parametrize("name", FAULTS)
async def test_one_effect_through_every_fault(life: Life, step: Step, name: str) -> None:
    case = await life.open()
    arg = await life.ready(step, case)
    await life.outside.fault(AGENCY[step], match={"method": "POST"}, **FAULTS[name])
    first = life.world(life.impatient) if name == "lost answer" else None
    result = await life.until_done(step, arg, first=first)
    assert (await life.outside.calls(AGENCY[step], arg.key))[1] == 1
    table, state = RECORD[step]
    assert [row.state for row in await life.rows(table, case)] == [state]
    booked = {Step.REGISTER: 0, Step.ASSIGN: 1, Step.CREDIT: 2}
    assert len(await life.rows(LedgerEntry, case)) == booked[step]
    assert await life.run(step, arg, attempt=9) == result


@each_effect
async def test_a_lost_answer_is_looked_up_and_not_called_for_again(life: Life, step: Step) -> None:
    arg = await life.ready(step, await life.open())
    await life.outside.fault(AGENCY[step], match={"method": "POST"}, **FAULTS["lost answer"])
    with pytest.raises(ApplicationError) as caught:
        await life.run(step, arg, 1, life.world(life.impatient))
    assert (caught.value.type, caught.value.non_retryable) == ("Unclear", False)
    await life.run(step, arg, 2)
    assert await life.outside.calls(AGENCY[step], arg.key) == (1, 1)


@each_effect
async def test_an_agency_that_cannot_be_asked_either_is_not_called_for_again(life: Life, step: Step) -> None:
    """After a lost answer the look-up fails too: not knowing is no reason to act."""
    arg = await life.ready(step, await life.open())
    lost, away = FAULTS["lost answer"], {"fault": "status", "status": 503, "times": 2}
    rules = [{"match": {"method": "POST"}, **lost}, {"match": {"method": "GET"}, **away}]
    await life.outside.admin(AGENCY[step], "PUT", "/admin/faults", {"rules": rules})
    with pytest.raises(ApplicationError):
        await life.run(step, arg, 1, life.world(life.impatient))
    for attempt in (2, 3):
        with pytest.raises(ApplicationError, match="503"):
            await life.run(step, arg, attempt)
    await life.run(step, arg, 4)
    assert await life.outside.calls(AGENCY[step], arg.key) == (1, 1)


@each_effect
async def test_how_long_to_wait_is_what_the_agency_said(life: Life, step: Step) -> None:
    arg = await life.ready(step, await life.open())
    await life.outside.fault(AGENCY[step], match={"method": "POST"}, **FAULTS["429"])
    with pytest.raises(ApplicationError) as caught:
        await life.run(step, arg)
    assert caught.value.next_retry_delay is not None
    assert 7 <= caught.value.next_retry_delay.total_seconds() <= 7 * 1.3


@each_effect
async def test_a_no_that_nobody_foresaw_goes_to_an_operator_without_its_words(life: Life, step: Step) -> None:
    """The reason is the body's own text and may name the person: the error says only code and route."""
    arg = await life.ready(step, await life.open())
    name = "Үлгібаева Айсұлу"
    await life.outside.fault(AGENCY[step], "refuse", match={"method": "POST"}, code="not_today", reason=name)
    with pytest.raises(ApplicationError) as caught:
        await life.run(step, arg)
    assert (caught.value.type, caught.value.non_retryable) == ("Refused", True)
    assert "not_today" in str(caught.value)
    assert (await life.money(arg.case)).credited == 0


async def test_forty_payments_through_a_bank_that_fails_at_random(life: Life) -> None:
    """Every second call goes wrong in one of five ways: each is credited once, and both books agree."""
    wrong: list[dict[str, Any]] = [
        {"fault": "status", "status": 500},
        {"fault": "down"},
        {"fault": "retry_later", "retry_after_seconds": 0},
        {"fault": "answer_twice"},
        {"fault": "latency", "seconds": 0.02},
    ]
    rules = [{**rule, "probability": 0.15} for rule in wrong]
    paid = [await life.ready(Step.CREDIT, await life.open()) for _ in range(40)]
    await life.outside.admin("bank", "PUT", "/admin/faults", {"rules": rules, "seed": 7})
    for arg in paid:
        await life.until_done(Step.CREDIT, arg)
    await life.outside.admin("bank", "DELETE", "/admin/faults")
    books = (await life.outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]
    assert sorted(one["key"] for one in books) == sorted(arg.key for arg in paid)
    assert {one["state"] for one in books} == {"settled"}
    for arg in paid:
        assert (await life.money(arg.case)).credited == AMOUNT
