"""A case never disappears: what the Card holds open and nothing works on is begun anew, or left to a person."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete
from sqlmodel import col
from temporalio.client import Client, WorkflowExecutionStatus

from card import findings
from card.tables import Application, CaseRecord, table
from desk import reconcile
from desk.reconcile import Reconciler
from runtime.codec import EncryptionCodec, KeyRing
from tests.activities.database import BY_FORCE
from tests.gateway.desk import ON, Desk, now
from workflows.model import Case, Message, Receipt


async def _open_a_while_ago(desk: Desk, n: int = 1) -> Case:
    case = await desk.open(n)
    async with desk.card.transaction() as session:
        (await session.get_one(CaseRecord, case.ref)).started_at = now() - timedelta(hours=1)
    return case


def _reconciler(desk: Desk) -> Reconciler:
    return Reconciler(desk.card, desk.client, desk.opening)


async def _runs(desk: Desk, case: Case) -> bool:
    return (await desk.handle(case).describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_terminated_case_is_begun_anew_without_waiting_for_an_answer(desk: Desk) -> None:
    case = await _open_a_while_ago(desk)
    await desk.handle(case).terminate("by mistake")
    assert await _reconciler(desk).look() == 1
    assert await _runs(desk, case)


async def test_a_case_that_temporal_never_heard_of_is_begun_anew(desk: Desk) -> None:
    """As after a restore of Temporal from before the case, or when its history is gone."""
    case = await desk.open()
    async with desk.card.transaction() as session:
        row = await session.get_one(CaseRecord, case.ref)
        session.add(
            CaseRecord(
                ref="9999-0001-7",
                service=row.service,
                person_id=row.person_id,
                opened_by="test:lost",
                assessed_on=ON,
                started_at=now() - timedelta(hours=1),
            )
        )
    assert await _reconciler(desk).look() == 1
    assert await _runs(desk, case.model_copy(update={"ref": "9999-0001-7"}))


async def test_cases_that_run_or_are_over_are_left_alone(desk: Desk) -> None:
    running, over = await _open_a_while_ago(desk, 1), await _open_a_while_ago(desk, 2)
    before = (await desk.handle(running).describe()).run_id
    await desk.end(over)
    assert await _reconciler(desk).look() == 0
    assert (await desk.handle(running).describe()).run_id == before
    assert not await _runs(desk, over)


async def test_a_case_that_no_worker_can_go_on_with_is_put_before_a_person(desk: Desk) -> None:
    """A signal that no key of ours opens fails its workflow task for ever, and the case can say nothing itself."""
    case = await _open_a_while_ago(desk)
    converter = replace(desk.client.data_converter, payload_codec=EncryptionCodec(KeyRing.generate("nobody")))
    stranger = Client(desk.client.service_client, namespace=desk.client.namespace, data_converter=converter)
    await stranger.get_workflow_handle(case.id).signal(Message.RECEIPT, Receipt(key="offer"))
    async with asyncio.timeout(60):
        while case.ref not in await _amiss(desk, reconcile.STANDS_STILL):
            await asyncio.sleep(0.5)
            await _reconciler(desk).look()
    await desk.handle(case).terminate("nobody can open it")
    async with asyncio.timeout(30):
        while case.ref in await _amiss(desk, reconcile.STANDS_STILL):
            await _reconciler(desk).look()
            await asyncio.sleep(0.2)
    assert await _runs(desk, case)


async def _amiss(desk: Desk, kind: str) -> set[str]:
    async with desk.card.transaction() as session:
        return {one.ref for one in await findings.listed(session) if one.kind == kind}


async def test_a_case_lost_after_its_application_is_begun_anew_too(desk: Desk) -> None:
    """That nothing is done twice then is held where real workers run: tests/system/test_begun_anew.py."""
    case = await _open_a_while_ago(desk)
    async with desk.card.transaction() as session:
        session.add(Application(key=f"{case.id}:register", case_ref=case.ref, applied_on=ON))
    await desk.handle(case).terminate("by mistake")
    assert await _reconciler(desk).look() == 1
    assert await _runs(desk, case)


async def test_the_looks_go_round_all_open_cases(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be begun at the head of the list keeps nobody behind it waiting."""
    monkeypatch.setattr(reconcile, "AT_ONCE", 1)
    lost = [await _open_a_while_ago(desk, n) for n in (1, 2, 3)]
    for case in lost:
        await desk.handle(case).terminate("by mistake")
    looks = _reconciler(desk)
    for _ in lost:
        await looks.look()
    assert all([await _runs(desk, case) for case in lost])


async def test_a_workflow_without_a_row_is_put_before_a_person_until_it_is_gone(desk: Desk) -> None:
    """As after a restore of the Card from before the case."""
    case = await desk.open()
    async with desk.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(delete(table(CaseRecord)).where(col(CaseRecord.ref) == case.ref))
    looks = _reconciler(desk)
    assert await _found(desk, looks, case) == ["workflow_without_row"]
    await desk.handle(case).terminate("it is nobody's")
    async with asyncio.timeout(20):
        while await _is_listed_as_running(desk, case):
            await asyncio.sleep(0.1)
    assert await _found(desk, looks, case) == []


async def test_a_case_of_a_service_that_is_gone_is_put_before_a_person(desk: Desk) -> None:
    case = await _open_a_while_ago(desk)
    await desk.handle(case).terminate("by mistake")
    async with desk.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).service = "gone"
    assert await _found(desk, _reconciler(desk), case) == ["cannot_begin"]
    async with desk.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).service = case.service
    assert await _found(desk, _reconciler(desk), case) == []
    assert await _runs(desk, case)


async def test_what_was_intended_for_a_case_that_is_over_is_put_before_a_person(desk: Desk) -> None:
    case = await _open_a_while_ago(desk)
    async with desk.card.transaction() as session:
        long_ago = now() - timedelta(hours=2)
        session.add(Application(key=f"{case.id}:register", case_ref=case.ref, applied_on=ON, intended_at=long_ago))
        await session.flush()
        assert await findings.listed(session) == [], "its case is at it"
        (await session.get_one(CaseRecord, case.ref)).outcome = "closed_by_operator"
        await session.flush()
        (found,) = await findings.listed(session)
    assert (found.kind, found.ref) == ("application_never_done", case.ref)


async def _found(desk: Desk, looks: Reconciler, case: Case) -> list[str]:
    """Kinds of what is found about the case; other tests have workflows on the same server."""
    async with asyncio.timeout(30):
        await looks.whole()
    async with desk.card.statements() as session:
        return [one.kind for one in await findings.listed(session) if one.ref == case.ref]


async def _is_listed_as_running(desk: Desk, case: Case) -> bool:
    query = f"ExecutionStatus = 'Running' AND WorkflowId = '{case.id}'"
    return bool([found async for found in desk.client.list_workflows(query)])


async def test_the_sweep_looks(desk: Desk) -> None:
    case = await _open_a_while_ago(desk)
    await desk.handle(case).terminate("by mistake")
    await desk.relay.sweep()
    assert await _runs(desk, case)
