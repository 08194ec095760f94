"""What a case makes of what reaches it as a person's answer: nothing is believed but the Card, and nobody is lost."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError, NoResultFound
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from card.store import DatabaseRefused
from tests.workflows.acting import AMOUNT, WINDOW, Script, account, found
from workflows.model import (
    NO_ANSWER,
    AccountAsked,
    AccountFound,
    Action,
    Answer,
    ConsentRecorded,
    Failing,
    Meaning,
    Message,
    NoticeKind,
    Offered,
    Outcome,
    Receipt,
    Reply,
    ReplyTaken,
    Right,
    Ruling,
    Stage,
    Step,
)

OnStage = Callable[..., Any]
DAY = timedelta(days=1)
APPLIED_ON, FAR = date(2025, 3, 2), datetime(2027, 1, 1, tzinfo=UTC)
OTHER = Decimal("86673")
NONE = AccountFound(reason="none_usable")


async def bring(case: Any, reply: Reply) -> None:
    await case.handle.execute_update(Message.REPLY, reply, id=str(uuid4()), result_type=ReplyTaken)


async def test_a_no_may_be_taken_back_until_the_window_closes(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.NO)
        await case.say(Meaning.NO)
        await case.called(Step.NOTIFY)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert case.script.told() == [NoticeKind.REFUSED, NoticeKind.PAID], "and is confirmed once"


async def test_a_message_that_the_card_does_not_know_changes_nothing(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await bring(case, Reply(message_id="smpp:nobody"))
        await case.called(Step.HEAR)
        assert not (await case.seen()).get("NeedsAttention")
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED, "and her real answer is still heard"
    assert len(case.script.of(Step.HEAR)) == 2


@pytest.mark.parametrize("after", [timedelta(0), 2 * WINDOW])
@pytest.mark.parametrize("meaning", list(Meaning))
async def test_what_an_update_claims_is_not_believed(on_stage: OnStage, meaning: Meaning, after: timedelta) -> None:
    """As older gateways sent it, and anybody can who reaches Temporal: in time or late, a yes or a no."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        at = await case.now() + after
        await bring(case, Reply(message_id="smpp:nobody", meaning=meaning, received_at=at))
        await case.called(Step.HEAR)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert case.script.told() == [NoticeKind.PAID]


async def test_a_yes_from_a_phone_that_is_no_longer_hers_is_none_and_she_is_asked_again(on_stage: OnStage) -> None:
    moved = Answer(refused="the phone is no longer tied to this person's IIN", moved=True)
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        case.script.written["smpp:1"] = moved
        await bring(case, Reply(message_id="smpp:1"))
        await case.pass_time(1.1 * DAY)
        await case.called(Step.OFFER, 2)
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_whose_phone_changes_while_an_account_is_waited_for_is_asked_on_the_new_one(on_stage: OnStage) -> None:
    """Whoever has the old number answered for her, was told that it was of no use, and she heard nothing."""
    moved = AccountFound(reason=NO_ANSWER, moved=True)
    async with on_stage(Script(find_account=[NONE], check_account=[moved, account("7777")])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASK_ACCOUNT)
        await case.say(Meaning.UNCLEAR)
        await case.called(Step.ASK_ACCOUNT, 2)
        await case.until(Stage.ACCOUNT)
        await case.say(Meaning.ACCOUNT)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert case.script.told() == [NoticeKind.PAID]


async def test_whose_phone_goes_on_changing_is_called_for_an_account(on_stage: OnStage) -> None:
    moved = AccountFound(reason=NO_ANSWER, moved=True)
    async with on_stage(Script(find_account=[NONE, account("0001")], check_account=[moved])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        for n in (1, 2):
            await case.called(Step.ASK_ACCOUNT, n)
            await case.say(Meaning.UNCLEAR)
        await case.until(Stage.ACCOUNT, attention=True)
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_accounts_of_no_use_are_answered_a_few_times_then_an_operator_calls(on_stage: OnStage) -> None:
    script = Script(find_account=[NONE, account("0001")], check_account=[AccountFound(reason="invalid")])
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASK_ACCOUNT)
        for _ in range(3):
            await case.say(Meaning.UNCLEAR)
        await case.until(Stage.ACCOUNT, attention=True)
        assert script.told() == [NoticeKind.ACCOUNT_BAD] * 2
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_an_account_that_comes_while_an_operator_is_to_call_is_used(on_stage: OnStage) -> None:
    """It was passed over, unseen, and the operator still read that none had come."""
    bad, good = AccountFound(reason="invalid"), account("0001")
    script = Script(find_account=[NONE], check_account=[bad, bad, bad, bad, good])
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASK_ACCOUNT)
        for _ in range(3):
            await case.say(Meaning.UNCLEAR)
        await case.until(Stage.ACCOUNT, attention=True)
        await case.say(Meaning.UNCLEAR)
        await case.called(Step.CHECK_ACCOUNT, 4)
        await case.until(Stage.ACCOUNT, attention=True)
        await case.say(Meaning.ACCOUNT)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_who_cannot_be_asked_for_an_account_by_sms_is_called_by_an_operator(on_stage: OnStage) -> None:
    script = Script(find_account=[NONE, account("0001")], ask_account=[AccountAsked(sent=False, deadline=FAR)])
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.ACCOUNT, attention=True)
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_a_case_that_was_begun_anew_does_not_ask_who_has_consented(on_stage: OnStage) -> None:
    consent = ConsentRecorded(applied_on=APPLIED_ON, due=FAR)
    async with on_stage(Script(offer=[Offered(sent=True, consent=consent)])) as case:
        assert (await case.result()).outcome is Outcome.CREDITED
    (registered,) = case.script.of(Step.REGISTER)
    assert registered.applied_on == APPLIED_ON


REFUSED = DatabaseRefused(DBAPIError("INSERT", {}, Exception("a foreign key")))


@pytest.mark.parametrize("error", [REFUSED, NoResultFound(), KeyError("x")], ids=lambda error: type(error).__name__)
async def test_a_step_that_only_writes_turns_to_an_operator_too(on_stage: OnStage, error: Exception) -> None:
    """It was tried again without end and without a word."""
    undecided = found(right=Right.NO, ended=Outcome.NO_RIGHT, reason="children")
    script = Script(detect=[undecided], close=[error, None])
    async with on_stage(script) as case:
        await case.until(Stage.DETECT, attention=True)
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.NO_RIGHT


async def test_a_case_that_cannot_be_written_as_closed_can_only_be_tried_again(on_stage: OnStage) -> None:
    undecided = found(right=Right.NO, ended=Outcome.NO_RIGHT, reason="children")
    script = Script(detect=[undecided], close=[REFUSED, None])
    async with on_stage(script) as case:
        await case.until(Stage.DETECT, attention=True)
        await case.handle.cancel()
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await case.resolve(Action.CLOSE)
        assert "action: not possible here; one of: note, retry" in str(refused.value.cause)
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.NO_RIGHT


# --- the day that counts ----------------------------------------------------------------------------------------------


async def test_when_the_day_of_application_is_later_its_law_counts_and_the_person_is_told(on_stage: OnStage) -> None:
    script = Script(reassess=[found(amount=OTHER)], assign=[Ruling(assigned=True, amount=OTHER)])
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.pass_time(DAY)
        await case.say(Meaning.YES)
        result = await case.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, OTHER)
    (registered,) = script.of(Step.REGISTER)
    assert registered.amount == OTHER
    assert script.told() == [NoticeKind.AMOUNT_CHANGED, NoticeKind.PAID]


async def test_a_right_that_is_gone_by_the_day_of_application_is_for_an_operator(on_stage: OnStage) -> None:
    gone = found(right=Right.NO, amount=None, reason="too_few_children")
    async with on_stage(Script(reassess=[gone, found()])) as case:
        await case.until(Stage.CONSENT)
        await case.pass_time(DAY)
        await case.say(Meaning.YES)
        await case.until(Stage.CONSENT, attention=True)
        assert not case.script.of(Step.REGISTER)
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_of_a_change_only_the_difference_is_credited(on_stage: OnStage) -> None:
    more = found(was=Decimal("63030"))
    async with on_stage(Script(detect=[more], reassess=[more])) as case:
        await case.until(Stage.CONSENT)
        await case.pass_time(DAY)
        await case.say(Meaning.YES)
        result = await case.result()
    assert (result.assigned, result.credited) == (AMOUNT - Decimal("63030"), AMOUNT - Decimal("63030"))
    (assigned,), (credited,) = case.script.of(Step.ASSIGN), case.script.of(Step.CREDIT)
    assert (assigned.amount, assigned.was, credited.amount) == (AMOUNT, Decimal("63030"), Decimal("15768"))


async def test_what_is_said_of_the_first_question_is_no_verdict_on_the_second(on_stage: OnStage) -> None:
    """Its parts fail seconds apart, or days: each was taken for news."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        (offer,) = case.script.of(Step.OFFER)
        await case.receipt(None, key=offer.key)
        await case.receipt(None, key=offer.key)
        await case.pass_time(1.1 * DAY)
        await case.called(Step.OFFER, 2)
        await case.until(Stage.CONSENT)
        await case.receipt(None, key=offer.key)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_no_signal_that_makes_no_sense_stops_a_case(on_stage: OnStage) -> None:
    """Without its argument, or at a time that cannot be shown: each failed the case's own code for ever, unseen."""
    odd = datetime.fromisoformat("0001-01-01T00:00:00+23:59")
    async with on_stage(Script(assign=[ApplicationError("not yet", type="NotYet")])) as case:
        await case.until(Stage.CONSENT)
        for signal in (Message.RECEIPT, Message.FAILING):
            await case.handle.signal(signal)
        await case.handle.signal(Message.RECEIPT, Receipt(key="x", deadline=odd))
        await case.say(Meaning.YES)
        await case.until(Stage.ASSIGN)
        async with asyncio.timeout(20):
            while not case.script.of(Step.ASSIGN):
                await asyncio.sleep(0.05)
        step = case.script.of(Step.ASSIGN)[0]
        for since in (odd, datetime.max.replace(tzinfo=UTC)):
            await case.handle.signal(Message.FAILING, Failing(key=step.key, since=since, attempts=3, error="x"))
        await case.pass_time(timedelta(minutes=5))
        assert (await case.seen())["Stage"] == Stage.ASSIGN
        await case.handle.cancel()
        assert (await case.result()).outcome is Outcome.CLOSED_BY_OPERATOR


@pytest.mark.parametrize("id_", ["", "a\0b", "x" * 201])
async def test_an_id_that_is_none_does_not_stand_before_the_answer(on_stage: OnStage, id_: str) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        with pytest.raises(WorkflowUpdateFailedError):
            await case.handle.execute_update(Message.REPLY, Reply(message_id=id_))
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
