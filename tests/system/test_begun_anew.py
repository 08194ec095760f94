"""A case that is terminated or reset at any stage, and begun anew, comes to the same end: asked, applied, paid once."""

import asyncio
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client

from card import Card, cases
from card.money import money
from card.returns import NothingToReturn, take_back
from card.tables import CaseRecord, Look, Payment, table
from demo.outside import Outside
from desk.opening import Opening
from desk.reconcile import Reconciler
from runtime.embedded.stack import EmbeddedStack
from runtime.settings import Agency
from tests.activities.database import BY_FORCE
from tests.activities.people import ibans_of, iin_of, mother, phone_of
from tests.system.people import ON
from workflows.model import Case, CaseResult, Outcome, Stage

SLOW = {
    Stage.CONSENT: {},
    Stage.ASSIGN: {"body": {"delay_seconds": 4}},
    Stage.CREDIT: {"bank": {"settle_seconds": 4}},
}
"""What makes a case stay at a stage for a while."""


async def _at(client: Client, case: Case, stage: Stage) -> None:
    async with asyncio.timeout(60):
        while True:
            described = await client.get_workflow_handle(case.id).describe()
            seen = {pair.key.name: pair.value for pair in described.typed_search_attributes}
            if seen.get("Stage") == stage:
                return
            await asyncio.sleep(0.1)


async def _asked(outside: Outside, n: int) -> None:
    await _told(outside, n, 1)


async def _told(outside: Outside, n: int, least: int) -> int:
    """How many SMS the phone has, once there are as many as this: a handset joins the parts after they were sent."""
    async with asyncio.timeout(60):
        while (told := len(await outside.sms(phone_of(n)))) < least:
            await asyncio.sleep(0.1)
    return told


@pytest.mark.parametrize(("n", "stage"), list(enumerate(SLOW, 301)), ids=str)
async def test_a_terminated_case_is_begun_anew_and_pays_once(
    stack: EmbeddedStack, card: Card, outside: Outside, opening: Opening, n: int, stage: Stage
) -> None:
    await outside.settle_in([mother(n, behaviour=SLOW[stage])])
    client = await stack.client()
    case = (await opening.open(service="multi-child", iin=iin_of(n), on=ON, opened_by=f"anew:{n}")).case
    await _asked(outside, n)
    if stage is not Stage.CONSENT:
        await outside.reply(phone_of(n), "ИӘ")
    await _at(client, case, stage)
    await client.get_workflow_handle(case.id).terminate("by mistake")
    async with card.statements() as session:
        await opening.begin_anew(await cases.find(session, case.ref))
    if stage is Stage.CONSENT:
        await _at(client, case, Stage.CONSENT)
        await outside.reply(phone_of(n), "ИӘ")
    await _credited_once(card, outside, client, case, n)


async def test_money_that_comes_back_is_owed_and_goes_to_another_account(
    stack: EmbeddedStack, card: Card, outside: Outside, opening: Opening
) -> None:
    n = 330
    client = await stack.client()
    case = await _has_been_credited(card, outside, opening, client, n)
    told = await _told(outside, n, 2)
    said: dict[str, Any] = {"account": ibans_of(n)[0][-4:], "reason": "AC04", "by": "a.omarova", "note": ""}
    with pytest.raises(NothingToReturn, match="ends otherwise"):
        async with card.transaction() as session:
            await take_back(session, case.ref, on=ON, **said | {"account": "0000"})
    back = {"bank": {"returns": {"code": "AC04", "after_days": 0, "earlier_too": True}}}
    await outside.settle_in([mother(n, behaviour=back)])
    await outside.settle_in([mother(n)])
    async with card.transaction() as session:
        await take_back(session, case.ref, on=ON, **said)
    async with card.statements() as session:
        books = await money(session, case.ref)
        assert (books.credited, books.pending) == (Decimal(0), books.assigned)
        record = await cases.find(session, case.ref)
        assert record.outcome is None
    with pytest.raises(NothingToReturn):
        async with card.transaction() as session:
            await take_back(session, case.ref, on=ON, **said)
    # As the gateway does by itself: a workflow that has completed, and a case that was opened again after it.
    async with card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(table(CaseRecord)).values(started_at=func.now() - timedelta(hours=1)))
    assert await Reconciler(card, client, opening).whole() == 1
    async with asyncio.timeout(90):
        result: CaseResult = await client.get_workflow_handle(case.id, result_type=CaseResult).result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, books.assigned)
    async with card.statements() as session:
        books = await money(session, case.ref)
        assert books.assigned == books.credited
        rows = await session.scalars(
            select(Payment).where(col(Payment.case_ref) == case.ref).order_by(col(Payment.key))
        )
        first, second = rows.all()
    assert (first.state, first.reason, second.state) == ("returned", "AC04", "settled")
    assert first.account_id != second.account_id
    assert await _told(outside, n, told + 1) == told + 1, "she is told of the other account, and nothing else again"
    assert second.account_id is not None


async def test_a_reset_of_a_credited_case_pays_and_tells_nothing_twice(
    stack: EmbeddedStack, card: Card, outside: Outside, opening: Opening
) -> None:
    n = 320
    client = await stack.client()
    case = await _has_been_credited(card, outside, opening, client, n)
    told = await _told(outside, n, 2)
    await _reset(client, case)
    async with asyncio.timeout(90):
        again: CaseResult = await client.get_workflow_handle(case.id, result_type=CaseResult).result()
    assert again.outcome is Outcome.CREDITED, "as the Card says"
    async with card.statements() as session:
        assert (await cases.find(session, case.ref)).outcome == Outcome.CREDITED, "the first ending stands"
    await _paid_once(card, outside, case, n)
    assert len(await outside.sms(phone_of(n))) == told


@pytest.mark.parametrize("stage", [Stage.CONSENT, Stage.ASSIGN], ids=str)
async def test_a_reset_of_a_closed_case_does_nothing_and_its_right_is_another_cases(
    stack: EmbeddedStack, card: Card, outside: Outside, opening: Opening, stage: Stage
) -> None:
    """Cancelled after her yes, reset, and opened again: the reset run found the yes and paid, and the new one too."""
    n = 340 if stage is Stage.CONSENT else 341
    client = await stack.client()
    await outside.settle_in([mother(n, behaviour=SLOW[stage])])
    case = (await opening.open(service="multi-child", iin=iin_of(n), on=ON, opened_by=f"anew:{n}")).case
    await _asked(outside, n)
    if stage is Stage.ASSIGN:
        await outside.reply(phone_of(n), "ИӘ")
    await _at(client, case, stage)
    handle = client.get_workflow_handle(case.id, result_type=CaseResult)
    await handle.cancel()
    async with asyncio.timeout(90):
        assert (await handle.result()).outcome is Outcome.CLOSED_BY_OPERATOR
    async with card.statements() as session:
        looks = (await session.scalars(select(col(Look.day)))).all()
    told = await _told(outside, n, 2)
    await _reset(client, case)
    async with asyncio.timeout(90):
        again: CaseResult = await client.get_workflow_handle(case.id, result_type=CaseResult).result()
    assert again.outcome is Outcome.CLOSED_BY_OPERATOR
    assert [one for one in await outside.bank_books() if case.ref in one["key"]] == []
    assert len(await outside.sms(phone_of(n))) == told
    async with card.statements() as session:
        assert (await session.scalars(select(col(Look.day)))).all() == looks, "its next look stands"


async def _reset(client: Client, case: Case) -> None:
    await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id=case.id),
            reason="an operator's mistake",
            workflow_task_finish_event_id=4,
            request_id=f"reset {case.ref}",
        )
    )


async def _has_been_credited(card: Card, outside: Outside, opening: Opening, client: Client, n: int) -> Case:
    await outside.settle_in([mother(n)])
    case = (await opening.open(service="multi-child", iin=iin_of(n), on=ON, opened_by=f"anew:{n}")).case
    await _asked(outside, n)
    await outside.reply(phone_of(n), "ИӘ")
    await _credited_once(card, outside, client, case, n)
    return case


async def _credited_once(card: Card, outside: Outside, client: Client, case: Case, n: int) -> None:
    async with asyncio.timeout(90):
        result: CaseResult = await client.get_workflow_handle(case.id, result_type=CaseResult).result()
    assert result.outcome is Outcome.CREDITED
    assert (result.credited, result.pending) == (result.assigned, Decimal(0))
    await _paid_once(card, outside, case, n)


async def _paid_once(card: Card, outside: Outside, case: Case, n: int) -> None:
    transfers = [one for one in await outside.bank_books() if case.ref in one["key"]]
    assert len(transfers) == 1
    async with card.statements() as session:
        books = await money(session, case.ref)
    assert books.assigned == books.credited > 0
    said = Counter(message["key"] for message in await outside.sms(phone_of(n)))
    assert set(said.values()) == {1}
    for agency in (Agency.EMAKET, Agency.BODY, Agency.BANK):
        calls = [call for call in await outside.calls(agency) if case.ref in call["key"]]
        assert all(call["effects"] <= 1 and call["conflicts"] == 0 for call in calls), agency
