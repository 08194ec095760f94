"""A case never disappears: what the Card holds open and nothing works on is begun anew, or left to a person."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import delete, select
from sqlmodel import col
from structlog.testing import capture_logs
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import PauseActivityRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributePair

from benefits.days import day_of
from card import applications, findings
from card.cases import case_ref
from card.tables import Application, ApplicationState, CaseRecord, Consent, IncomingMessage, OutgoingMessage, table
from cli.cases import show, show_list
from desk import deciding, looking, reconcile, standstill
from desk.errors import BadInput
from desk.reconcile import Reconciler
from runtime.codec import EncryptionCodec, KeyRing
from tests.activities.database import BY_FORCE, ends_as
from tests.activities.people import phone_of
from tests.gateway.ear import DEAF, END, IDLE, STAGE, WORKS
from tests.gateway.house import ON, House, now
from workflows.model import NOTICE_WORKFLOW, WORKFLOW, Action, Case, Message, Receipt, Reply, SearchAttributes, Stage


async def _open_a_while_ago(house: House, n: int = 1) -> Case:
    case = await house.open(n)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).started_at = now() - timedelta(hours=1)
    return case


async def _brought(house: House, case: Case, key: str, id: str, text: str, meaning: str) -> None:
    """What she wrote to this question of the case has been brought to it."""
    at = now()
    said: dict[str, Any] = {"meaning": meaning, "question_key": key, "case_ref": case.ref, "relayed_at": at}
    async with house.card.transaction() as session:
        session.add(IncomingMessage(message_id=id, phone=phone_of(1), text=text, received_at=at, stored_at=at, **said))


def _reconciler(house: House) -> Reconciler:
    return Reconciler(house.card, house.client, house.opening)


async def _runs(house: House, case: Case) -> bool:
    return (await house.handle(case).describe()).status is WorkflowExecutionStatus.RUNNING


async def test_a_terminated_case_is_begun_anew_without_waiting_for_an_answer(house: House) -> None:
    case = await _open_a_while_ago(house)
    await house.handle(case).terminate("by mistake")
    assert await _reconciler(house).look() == 1
    assert await _runs(house, case)


async def test_a_case_that_temporal_never_heard_of_is_begun_anew(house: House) -> None:
    """As after a restore of Temporal from before the case, or when its history is gone."""
    case = await house.open()
    async with house.card.transaction() as session:
        row = await session.get_one(CaseRecord, case.ref)
        await session.execute(BY_FORCE)
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
    assert await _reconciler(house).look() == 1
    assert await _runs(house, case.model_copy(update={"ref": "9999-0001-7"}))


async def test_cases_that_run_or_are_over_are_left_alone(house: House) -> None:
    running, over = await _open_a_while_ago(house, 1), await _open_a_while_ago(house, 2)
    before = (await house.handle(running).describe()).run_id
    await house.end(over)
    assert await _reconciler(house).look() == 0
    assert (await house.handle(running).describe()).run_id == before
    assert not await _runs(house, over)


@pytest.mark.parametrize(("minutes", "ended"), [(2, False), (11, True), (None, True)])
async def test_a_workflow_that_outlives_its_case_is_found_and_ended(
    house: House, minutes: int | None, ended: bool
) -> None:
    """A row that was closed by hand had no day on which it was, and its workflow went on for ever, unseen."""
    case = await _open_a_while_ago(house)
    async with house.card.transaction() as session:
        await ends_as(session, case.ref, "lapsed")
        await session.execute(BY_FORCE)
        row = await session.get_one(CaseRecord, case.ref)
        row.outcome, row.closed_at = "lapsed", None if minutes is None else now() - timedelta(minutes=minutes)
    await _until_found(house, _reconciler(house), case, reconcile.OUTLIVES)
    async with asyncio.timeout(30):
        while await _runs(house, case) is ended:
            await asyncio.sleep(0.2)
    if not ended:
        await house.handle(case).terminate()
    async with asyncio.timeout(30):
        while case.ref in await _amiss(house, reconcile.OUTLIVES):
            await _reconciler(house).whole()
            await asyncio.sleep(0.2)


async def test_a_case_that_no_worker_can_go_on_with_is_put_before_a_person(house: House) -> None:
    """A signal that no key of ours opens fails its workflow task for ever, and the case can say nothing itself."""
    case = await _open_a_while_ago(house)
    converter = replace(house.client.data_converter, payload_codec=EncryptionCodec(KeyRing.generate("nobody")))
    stranger = Client(house.client.service_client, namespace=house.client.namespace, data_converter=converter)
    await stranger.get_workflow_handle(case.id).signal(Message.RECEIPT, Receipt(key="offer"))
    async with asyncio.timeout(60):
        while case.ref not in await _amiss(house, reconcile.STANDS_STILL):
            await asyncio.sleep(0.5)
            await _reconciler(house).look()
    await house.handle(case).terminate("nobody can open it")
    async with asyncio.timeout(30):
        while case.ref in await _amiss(house, reconcile.STANDS_STILL):
            await _reconciler(house).look()
            await asyncio.sleep(0.2)
    assert await _runs(house, case)


async def _amiss(house: House, kind: str) -> set[str]:
    async with house.card.transaction() as session:
        return {one.ref for one in await findings.listed(session) if one.kind == kind}


async def test_a_case_lost_after_its_application_is_begun_anew_too(house: House) -> None:
    """That nothing is done twice then is held where real workers run: tests/system/test_begun_anew.py."""
    case = await _open_a_while_ago(house)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        session.add(Application(key=f"{case.id}:register", case_ref=case.ref, applied_on=ON))
    await house.handle(case).terminate("by mistake")
    assert await _reconciler(house).look() == 1
    assert await _runs(house, case)


async def test_the_looks_go_round_all_open_cases(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can't be begun at the head of the list keeps nobody behind it waiting."""
    monkeypatch.setattr(reconcile, "AT_ONCE", 1)
    lost = [await _open_a_while_ago(house, n) for n in (1, 2, 3)]
    for case in lost:
        await house.handle(case).terminate("by mistake")
    looks = _reconciler(house)
    for _ in lost:
        await looks.look()
    assert all([await _runs(house, case) for case in lost])


async def test_a_workflow_without_a_row_is_put_before_a_person_until_it_is_gone(house: House) -> None:
    """As after a restore of the Card from before the case."""
    case = await house.open()
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(delete(table(CaseRecord)).where(col(CaseRecord.ref) == case.ref))
    looks = _reconciler(house)
    for _ in range(2):  # before anybody has looked, and after
        view = await looking.look(house.card, house.client, f"{case.service}/{case.ref}")
        shown = view.to_dict()
        assert [shown[name] for name in ("ref", "service", "assigned")] == [case.ref, case.service, None]
        assert [one["kind"] for one in shown["findings"]] == ["workflow_without_row"]
        printed = Console(width=200, record=True, file=StringIO())
        show(printed, view)
        assert "assigned" not in printed.export_text(), "nobody knows"
        assert await _found(house, looks, case) == ["workflow_without_row"]
    with pytest.raises(BadInput, match="no case"):
        await looking.look(house.card, house.client, case_ref(99_999_999))
    await house.handle(case).terminate("it is nobody's")
    async with asyncio.timeout(20):
        while await _is_listed_as_running(house, case):
            await asyncio.sleep(0.1)
    assert await _found(house, looks, case) == []


async def test_a_case_that_has_ended_and_that_the_card_has_forgotten_is_put_before_a_person(house: House) -> None:
    """It had been credited; the Card was restored from before, and nothing told that money had gone out."""
    case = await house.open()
    await house.end(case)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(delete(table(CaseRecord)).where(col(CaseRecord.ref) == case.ref))
    await _until_found(house, _reconciler(house), case, "forgotten_by_the_card")


async def test_a_case_older_in_the_card_than_its_workflow_is_begun_anew_when_somebody_says_so(house: House) -> None:
    case = await _open_a_while_ago(house)
    with pytest.raises(BadInput, match="nothing is begun anew"):
        await deciding.begin_anew(house.card, case.ref, "", "a.omarova")
    await house.handle(case).signal(END)  # its outcome was in the copy that is lost
    await house.handle(case).result()
    looks = _reconciler(house)
    await _until_found(house, looks, case, "completed_without_outcome")
    assert not await _runs(house, case)
    view = await looking.look(house.card, house.client, case.ref)
    assert (view.to_dict()["stage"], [one["what"] for one in view.head["findings"]]) == ("lost", [looking.ENDED])
    printed = Console(width=200, record=True, file=StringIO())
    show(printed, view)
    rows = await looking.listed(house.card, house.client, None, None, None, attention=True, limit=50)
    show_list(printed, rows)
    assert "by itself" not in printed.export_text()
    (row,) = [row for row in rows if row["ref"] == case.ref]
    assert (row["stage"], row["attention"]) == ("lost", ["completed_without_outcome"])
    await deciding.begin_anew(house.card, case.ref, "the Card was restored", "a.omarova")
    await _found(house, looks, case)
    assert await _runs(house, case)


async def test_who_decides_on_a_case_that_is_lost_is_told_that_it_comes_back(house: House) -> None:
    """It "is over", right after a terminate: and was begun anew a minute later."""
    case = await _open_a_while_ago(house)
    await house.handle(case).terminate("by mistake")
    decision = (house.card, house.client, case.ref, Action.CLOSE, "", "a.omarova")
    with pytest.raises(BadInput, match="is being begun anew"):
        await deciding.resolve(*decision)
    async with house.card.transaction() as session:
        await ends_as(session, case.ref, "lapsed")
        (await session.get_one(CaseRecord, case.ref)).outcome = "lapsed"
    with pytest.raises(BadInput, match="is over"):
        await deciding.resolve(*decision)


async def test_a_case_of_a_service_that_is_gone_is_put_before_a_person(house: House) -> None:
    case = await _open_a_while_ago(house)
    await house.handle(case).terminate("by mistake")
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).service = "gone"
    assert await _found(house, _reconciler(house), case) == ["cannot_begin"]
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).service = case.service
    assert await _found(house, _reconciler(house), case) == []
    assert await _runs(house, case)


async def test_what_was_intended_for_a_case_that_is_over_is_put_before_a_person(house: House) -> None:
    case = await _open_a_while_ago(house)
    async with house.card.transaction() as session:
        long_ago = now() - timedelta(hours=2)
        await session.execute(BY_FORCE)
        session.add(Application(key=f"{case.id}:register", case_ref=case.ref, applied_on=ON, intended_at=long_ago))
        await session.flush()
        assert await findings.listed(session) == [], "its case is at it"
        (await session.get_one(CaseRecord, case.ref)).outcome = "closed_by_operator"
        await session.flush()
        (found,) = await findings.listed(session)
    assert (found.kind, found.ref) == ("application_never_done", case.ref)


async def _found(house: House, looks: Reconciler, case: Case) -> list[str]:
    """Kinds of what is found about the case; other tests have workflows on the same server."""
    async with asyncio.timeout(30):
        await looks.whole()
    async with house.card.statements() as session:
        return [one.kind for one in await findings.listed(session) if one.ref == case.ref]


async def _is_listed_as_running(house: House, case: Case) -> bool:
    query = f"ExecutionStatus = 'Running' AND WorkflowId = '{case.id}'"
    return bool([found async for found in house.client.list_workflows(query)])


async def _until_found(house: House, looks: Reconciler, case: Case, kind: str) -> None:
    """Visibility lags a little."""
    async with asyncio.timeout(20):
        while kind not in await _found(house, looks, case):
            await asyncio.sleep(0.2)


async def test_a_case_in_which_nothing_is_under_way_is_put_before_a_person(house: House) -> None:
    """A worker that is none of ours took its task and answered with nothing: it stood at `detect`, for good, unseen."""
    case = await _open_a_while_ago(house)
    await house.handle(case).signal(IDLE, True)  # and asks nobody
    await _until_found(house, _reconciler(house), case, "case_stands_still")


FOREIGN: dict[str, dict[str, Any]] = {
    "for other workers": {"task_queue": "nowhere"},
    "of another type": {"workflow": "Proactive"},
    "a notice, of a right": {"workflow": NOTICE_WORKFLOW},
    "without its reference": {"search_attributes": None},
    "in a thousand hours": {"start_delay": timedelta(hours=1000)},
}


@pytest.mark.parametrize("members", FOREIGN.values(), ids=FOREIGN)
async def test_a_workflow_that_was_not_started_for_the_case_is_put_before_a_person(
    house: House, members: dict[str, Any]
) -> None:
    """Somebody started it again by hand: it bore the case's name, and worked on nothing."""
    case = await _open_a_while_ago(house)
    said = (await house.handle(case).describe()).typed_search_attributes
    await house.handle(case).terminate("by a stranger")
    own: dict[str, Any] = {"workflow": WORKFLOW, "task_queue": house.opening.task_queue, "search_attributes": said}
    await house.client.start_workflow(arg=case, id=case.id, **own | members)
    looks = _reconciler(house)
    await _until_found(house, looks, case, "workflow_elsewhere")
    await house.handle(case).terminate("by an operator")
    async with asyncio.timeout(20):
        while await _found(house, looks, case):
            await asyncio.sleep(0.2)
    assert await _runs(house, case)


async def test_a_step_that_was_moved_to_no_worker_of_ours_is_put_before_a_person(house: House) -> None:
    case = await _open_a_while_ago(house)
    await house.handle(case).signal(WORKS)
    await _until_found(house, _reconciler(house), case, "case_stands_still")


async def test_a_task_that_no_worker_takes_is_put_before_a_person(
    lonely: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger had bound the case to workers that are not there: her yes was heard by nobody, unseen."""
    monkeypatch.setattr(standstill, "TAKEN_WITHIN", timedelta(0))
    case = await _open_a_while_ago(lonely)
    await _until_found(lonely, _reconciler(lonely), case, "case_stands_still")


@pytest.mark.parametrize("stage", [Stage.OFFER, Stage.CONSENT])
async def test_a_case_in_which_no_timer_runs_is_put_before_a_person(house: House, stage: Stage) -> None:
    """A stranger took its task when the offer had gone out, and answered with nothing: no window would ever close."""
    case = await _open_a_while_ago(house)
    await house.handle(case).signal(STAGE, stage)
    await house.handle(case).signal(IDLE, True)
    await house.ask(case)
    looks = _reconciler(house)
    await _until_found(house, looks, case, "case_stands_still")
    await house.handle(case).signal(IDLE, False)
    async with asyncio.timeout(20):
        while await _found(house, looks, case):
            await asyncio.sleep(0.2)


async def test_a_case_that_has_not_noticed_the_end_of_its_term_is_put_before_a_person(house: House) -> None:
    case = await _open_a_while_ago(house)
    said = (await house.handle(case).describe()).typed_search_attributes
    await house.handle(case).terminate("by a stranger")
    said = said.updated(SearchAttributePair(SearchAttributes.DEADLINE, now() - timedelta(days=1)))
    queue = house.opening.task_queue
    await house.client.start_workflow(WORKFLOW, case, id=case.id, task_queue=queue, search_attributes=said)
    await _until_found(house, _reconciler(house), case, "case_stands_still")


async def test_a_step_that_was_paused_is_put_before_a_person(house: House) -> None:
    """A button in the Web UI; the case showed nothing of it, and no term runs before the consent."""
    case = await _open_a_while_ago(house)
    await house.handle(case).signal(WORKS)
    async with asyncio.timeout(20):
        while not (await house.handle(case).describe()).raw_description.pending_activities:
            await asyncio.sleep(0.1)
    paused = PauseActivityRequest(
        namespace=house.client.namespace, execution=WorkflowExecution(workflow_id=case.id), id="1"
    )
    await house.client.workflow_service.pause_activity(paused)
    await _until_found(house, _reconciler(house), case, "case_stands_still")
    async with house.card.statements() as session:
        assert any("paused" in one.what for one in await findings.listed(session) if one.ref == case.ref)


async def _agreed(house: House, case: Case) -> None:
    """By the Card she has said yes to the case."""
    key = await house.ask(case)
    await house.said(case, key)
    async with house.card.transaction() as session:
        at = now()
        session.add(IncomingMessage(message_id="m-1", phone=phone_of(1), text="Иә", received_at=at, stored_at=at))
        await session.flush()
        session.add(
            Consent(
                key="c",
                case_ref=case.ref,
                given=True,
                question_key=key,
                message_id="m-1",
                received_at=at,
                applied_on=day_of(at),
            )
        )


async def test_a_yes_that_nobody_takes_now_holds_up_no_look(lonely: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a worker the update is accepted by nobody: the look ended in an error, and so did every later one."""
    monkeypatch.setattr(reconcile, "TAKEN_WITHIN", timedelta(seconds=0.5))
    case = await _open_a_while_ago(lonely)
    await _agreed(lonely, case)
    said = (await lonely.handle(case).describe()).typed_search_attributes
    await lonely.handle(case).terminate("by mistake")
    said = said.updated(SearchAttributePair(SearchAttributes.STAGE, Stage.CONSENT))
    queue = lonely.opening.task_queue
    await lonely.client.start_workflow(WORKFLOW, case, id=case.id, task_queue=queue, search_attributes=said)
    async with asyncio.timeout(20):
        while not await _is_listed_as_running(lonely, case):
            await asyncio.sleep(0.1)
    with capture_logs() as logs:
        await _reconciler(lonely).whole()
    assert {line["case"] for line in logs if line["event"] == "reconcile.answer_brought_again"} == {case.ref}


async def test_what_a_case_was_told_before_it_was_begun_anew_is_brought_again(house: House) -> None:
    """She said yes while a registry was down, and the case was terminated before it had heard: it waited in silence."""
    case = await _open_a_while_ago(house)
    key = await house.ask(case)
    await _brought(house, case, key, "m-2", "Иә", "yes")
    await house.handle(case).signal(STAGE, Stage.CONSENT)
    looks = _reconciler(house)
    await _found(house, looks, case)
    assert (await house.heard(case)).replies == [], "it was brought to this run"
    await house.handle(case).terminate("by mistake")
    await _found(house, looks, case)
    assert await _runs(house, case)
    await house.handle(case).signal(STAGE, Stage.CONSENT)
    async with asyncio.timeout(20):
        while not (await house.heard(case)).replies:
            await _found(house, looks, case)
    for _ in range(2):
        await _found(house, looks, case)
    assert [reply.message_id for reply in (await house.heard(case)).replies] == ["m-2"], "and once"


async def test_an_account_that_was_sent_to_a_run_that_is_gone_is_brought_to_the_next(house: House) -> None:
    """Her IBAN was being checked while the bank was away, and the case was begun anew: it waited for one in silence."""
    case = await _open_a_while_ago(house)
    key = await house.ask(case, expects="account")
    await _brought(house, case, key, "m-3", "KZ", "account")
    await house.handle(case).signal(STAGE, Stage.ACCOUNT)
    looks = _reconciler(house)
    await _found(house, looks, case)
    assert (await house.heard(case)).replies == [], "it was brought to this run"
    await house.handle(case).terminate("by mistake")
    await _found(house, looks, case)
    assert await _runs(house, case)
    await house.handle(case).signal(DEAF, True)  # the banks are asked first: it listens only once she is asked
    await house.handle(case).signal(STAGE, Stage.ACCOUNT)
    for _ in range(3):
        await _found(house, looks, case)
    assert (await house.heard(case)).replies == []
    await house.handle(case).signal(DEAF, False)
    async with asyncio.timeout(20):
        while not (await house.heard(case)).replies:
            await _found(house, looks, case)
    for _ in range(2):
        await _found(house, looks, case)
    assert [reply.message_id for reply in (await house.heard(case)).replies] == ["m-3"], "and once"


async def test_a_no_to_a_case_that_was_closed_that_moment_is_kept_in_sight(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    await house.end(case, "closed_by_operator")
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).closed_at = now()
    await house.reply("ЖОҚ")
    async with house.card.statements() as session:
        (found,) = await findings.listed(session)
    assert (found.kind, found.ref) == ("no_to_a_closed_case", case.ref)


async def test_a_yes_to_a_case_that_was_closed_that_moment_is_put_before_a_person(house: House) -> None:
    """She heard "no question for you", within the days that she had been given, and nobody saw it."""
    case = await house.open()
    await house.ask(case)
    await house.end(case, "closed_by_operator")
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).closed_at = now()
    await house.reply("ДА")
    said = list(house.centre.said.values())
    assert [one.key.startswith("answer/") for one in said] == [True]
    async with house.card.statements() as session:
        (told,) = [one.kind for one in await session.scalars(select(OutgoingMessage))]
        (found,) = await findings.listed(session)
    assert told == "stopped"
    assert (found.kind, found.ref) == ("yes_to_a_closed_case", case.ref)
    await house.open()
    async with house.card.statements() as session:
        assert await findings.listed(session) == []


async def test_an_application_of_a_case_that_was_closed_is_put_before_a_person(house: House) -> None:
    """E-Maket went on with it, and paid; the Card showed nothing, and another application went out."""
    case = await house.open()
    key = f"{case.id}:register"
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await applications.intend(session, key, case.ref, date(2025, 3, 1))
        await applications.finish(session, key, ApplicationState.REGISTERED, number="EM-000000070")
    await house.end(case, "closed_by_operator")
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).closed_at = now()
    async with house.card.statements() as session:
        (found,) = await findings.listed(session)
    assert (found.kind, found.ref) == ("application_goes_on", case.ref)
    assert "EM-000000070" in found.what


async def test_a_question_that_the_card_has_forgotten_is_put_before_a_person(house: House) -> None:
    """She answered it, and was told that nobody had asked her."""
    case = await _open_a_while_ago(house)
    await house.handle(case).signal(STAGE, Stage.CONSENT)
    await _until_found(house, _reconciler(house), case, "question_forgotten")


async def test_a_yes_that_a_reset_has_taken_from_its_case_is_brought_again(house: House) -> None:
    """By the Card she had agreed, and money was owed; the case waited for her answer, and would have lapsed."""
    case = await _open_a_while_ago(house)
    await _agreed(house, case)
    looks = _reconciler(house)
    await looks.look()
    assert (await house.heard(case)).replies == []
    await house.handle(case).signal(STAGE, Stage.CONSENT)
    for id_ in ("again-m-1", "again1-m-1"):  # as a stranger guessed it, and was heard in her place
        await house.handle(case).execute_update(Message.REPLY, Reply(message_id="junk"), id=id_)
    async with asyncio.timeout(20):
        while "m-1" not in {reply.message_id for reply in (await house.heard(case)).replies}:
            await looks.look()
            await asyncio.sleep(0.2)


async def test_the_sweep_looks(house: House) -> None:
    case = await _open_a_while_ago(house)
    await house.handle(case).terminate("by mistake")
    await house.relay.sweep()
    assert await _runs(house, case)
