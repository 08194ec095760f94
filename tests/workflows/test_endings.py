"""Every ending of the picture in the design, on a real server with the clock of the case skipped."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.workflows.acting import AMOUNT, POLICY, WINDOW, Script, account, found
from workflows.model import (
    AccountFound,
    Action,
    Credited,
    Meaning,
    NoticeKind,
    Offered,
    Outcome,
    QuietHours,
    Registered,
    Right,
    Ruling,
    Stage,
    Step,
)
from workflows.proactive_service import NOTICE_OF, SILENT

OnStage = Callable[..., Any]
DAY = timedelta(days=1)


async def test_a_yes_in_time_leads_to_the_money(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        assert (await case.say(Meaning.YES)).noted
        result = await case.result()
    assert result.outcome is Outcome.CREDITED
    assert (result.assigned, result.credited, result.pending) == (AMOUNT, AMOUNT, Decimal(0))
    assert case.script.outcome() is Outcome.CREDITED
    assert case.script.told() == [NoticeKind.PAID]
    assert [step for step, _ in case.script.calls] == [
        Step.DETECT,
        Step.OFFER,
        Step.HEAR,
        Step.FIND_ACCOUNT,
        Step.REGISTER,
        Step.ASSIGN,
        Step.CREDIT,
        Step.NOTIFY,
        Step.CLOSE,
    ]


@pytest.mark.parametrize("ended", [Outcome.NO_RIGHT, Outcome.ALREADY_PAID, Outcome.ALREADY_OFFERED])
async def test_without_a_right_to_offer_the_case_ends_unheard(on_stage: OnStage, ended: Outcome) -> None:
    script = Script(detect=[found(right=Right.NO, ended=ended, reason="children")])
    async with on_stage(script) as case:
        result = await case.result()
    assert (result.outcome, result.reason, result.stage) == (ended, "children", Stage.DETECT)
    assert not script.of(Step.OFFER)
    assert not script.told()


async def test_what_the_law_leaves_open_is_decided_by_a_person(on_stage: OnStage) -> None:
    script = Script(detect=[found(right=Right.PERSON_DECIDES, amount=None, reason="which cause?"), found()])
    async with on_stage(script) as case:
        await case.until(Stage.DETECT, attention=True)
        await case.resolve(Action.RETRY)
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert len(script.of(Step.DETECT)) == 2


async def test_a_law_that_is_not_entered_yet_is_looked_for_every_day(on_stage: OnStage) -> None:
    awaits = found(right=Right.PERSON_DECIDES, amount=None, reason="not entered yet", awaits_law=True)
    async with on_stage(Script(detect=[awaits, awaits, found()])) as case:
        for n in (1, 2):
            await case.called(Step.DETECT, n)
            await case.until(Stage.DETECT, attention=True)
            assert (await case.seen())["Attention"] == ["law_undecided"]
            await case.pass_time(1.01 * DAY)
        await case.until(Stage.CONSENT)
        assert not (await case.seen()).get("NeedsAttention")
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_a_yes_beyond_the_law_waits_for_it(on_stage: OnStage) -> None:
    """Found in the last days of a law, consented to after them: nothing is registered before the next is entered."""
    awaits = found(right=Right.PERSON_DECIDES, amount=None, reason="not entered yet", awaits_law=True)
    raised = found(amount=AMOUNT + 1)
    script = Script(
        reassess=[awaits, raised],
        assign=[Ruling(assigned=True, amount=AMOUNT + 1)],
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.pass_time(DAY)
        await case.say(Meaning.YES)
        await case.until(Stage.CONSENT, attention=True)
        assert not script.of(Step.REGISTER)
        await case.pass_time(1.01 * DAY)
        result = await case.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, AMOUNT + 1)
    assert NoticeKind.AMOUNT_CHANGED in script.told()


async def test_no_phone_is_unreachable(on_stage: OnStage) -> None:
    async with on_stage(Script(offer=[Offered(sent=False, reason="no_phone")])) as case:
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.UNREACHABLE, "no_phone")


async def test_a_question_that_never_arrives_is_sent_twice_then_unreachable(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.receipt(None)
        await case.pass_time(1.1 * DAY)
        await case.called(Step.OFFER, 2)
        await case.until(Stage.CONSENT)
        await case.receipt(None)
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.UNREACHABLE, "not_delivered")
    keys = [step.key for step in case.script.of(Step.OFFER)]
    assert keys[1] == f"{keys[0]}:2"


async def test_a_no_is_confirmed_at_once_and_ends_the_case_with_the_window(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.NO)
        await case.called(Step.NOTIFY)
        assert (await case.seen())["Stage"] == Stage.CONSENT, "it may be taken back"
        await case.pass_time(WINDOW + DAY)
        result = await case.result()
    assert result.outcome is Outcome.REFUSED_BY_PERSON
    assert case.script.told() == [NoticeKind.REFUSED]
    assert not case.script.of(Step.REGISTER)


async def test_silence_lapses_with_one_reminder(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.pass_time(WINDOW + DAY)
        await case.until(Stage.LATE)
        await case.pass_time(31 * DAY)
        result = await case.result()
    assert result.outcome is Outcome.LAPSED
    assert case.script.told() == [NoticeKind.REMINDER, NoticeKind.LAPSED]


async def test_a_yes_after_the_deadline_is_its_own_outcome_and_is_answered(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.pass_time(WINDOW + DAY)
        await case.until(Stage.LATE)
        assert (await case.say(Meaning.YES)).noted
        result = await case.result()
    assert result.outcome is Outcome.LATE_YES
    assert case.script.told()[-1] is NoticeKind.LATE
    assert not case.script.of(Step.REGISTER)


async def test_the_stored_deadline_decides_not_the_branch_that_woke_up(on_stage: OnStage) -> None:
    """A yes received in time reaches the case after the window has closed: it counts. Received late, it does not."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        asked = await case.now()
        await case.pass_time(WINDOW + DAY)
        await case.until(Stage.LATE)
        await case.say(Meaning.YES, at=asked + WINDOW - timedelta(seconds=1))
        assert (await case.result()).outcome is Outcome.CREDITED
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES, at=await case.now() + WINDOW + timedelta(seconds=5))
        assert (await case.result()).outcome is Outcome.LATE_YES


async def test_the_receipt_moves_the_window(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        deadline = await case.now() + 2 * WINDOW
        await case.receipt(deadline)
        await case.pass_time(WINDOW + DAY)
        assert (await case.seen())["Stage"] == Stage.CONSENT
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_a_receipt_that_the_card_does_not_hold_says_nothing(on_stage: OnStage) -> None:
    """Whoever reaches Temporal can send a signal: two that said "not delivered" made a person unreachable."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        window = (await case.seen())["Deadline"]
        await case.receipt(None, forged=True)
        await case.receipt(window + DAY, forged=True)
        await case.called(Step.READ_RECEIPT)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert {read.question_key for read in case.script.of(Step.READ_RECEIPT)} == {case.script.of(Step.OFFER)[0].key}
    assert len(case.script.of(Step.OFFER)) == 1


async def test_an_unclear_answer_is_asked_again_but_not_for_ever(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        for _ in range(5):
            await case.say(Meaning.UNCLEAR)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert case.script.told() == [NoticeKind.UNCLEAR] * 3 + [NoticeKind.PAID]


async def test_a_doubled_reply_is_one_reply(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        at = await case.now()
        first = await case.say(Meaning.YES, at=at, message_id="operator-1")
        assert await case.say(Meaning.YES, at=at, message_id="operator-1") == first
        await case.result()
        assert await case.say(Meaning.YES, at=at, message_id="operator-1") == first, "even after the case has closed"
    assert len(case.script.of(Step.HEAR)) == 1


async def test_no_account_in_time(on_stage: OnStage) -> None:
    async with on_stage(Script(find_account=[AccountFound(reason="none")])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASK_ACCOUNT)
        await case.until(Stage.ACCOUNT)
        await case.pass_time(11 * DAY)
        assert (await case.result()).outcome is Outcome.NO_ACCOUNT
    assert case.script.told() == [NoticeKind.ACCOUNT_LAPSED]


async def test_an_account_by_sms_is_checked_until_one_is_good(on_stage: OnStage) -> None:
    script = Script(
        find_account=[AccountFound(reason="none")],
        check_account=[AccountFound(reason="not_own"), account("7777")],
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASK_ACCOUNT)
        await case.until(Stage.ACCOUNT)
        await case.say(Meaning.ACCOUNT)
        await case.say(Meaning.ACCOUNT)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert script.told() == [NoticeKind.ACCOUNT_BAD, NoticeKind.PAID]


async def test_an_account_that_comes_before_the_question_has_been_noted_as_sent_is_heard(on_stage: OnStage) -> None:
    """The SMS has gone out, the answer is quicker than the step that sent it."""
    sent, answered = asyncio.Event(), asyncio.Event()

    async def slow_step() -> str:
        sent.set()
        await answered.wait()
        return "window"

    async with on_stage(Script(find_account=[AccountFound(reason="none")], ask_account=[slow_step])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await sent.wait()
        assert (await case.say(Meaning.ACCOUNT)).noted
        answered.set()
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_a_missing_document_may_come_or_not(on_stage: OnStage) -> None:
    missing = Registered(missing_document="birth certificate")
    script = Script(register=[missing, Registered(number="M-2")])
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.REGISTER, attention=True)
        await case.resolve(Action.DOCUMENT_SUPPLIED)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert [step.key.rsplit(":", 1)[1] for step in script.of(Step.REGISTER)] == ["register", "2"]
    async with on_stage(Script(register=[missing])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.REGISTER, attention=True)
        await case.pass_time(31 * DAY)
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.MISSING_DOCUMENT, "birth certificate")
    notices = case.script.of(Step.NOTIFY)
    assert [notice.kind for notice in notices] == [NoticeKind.MISSING_DOCUMENT, NoticeKind.DOCUMENT_LAPSED]
    assert notices[-1].detail == "birth certificate"


@pytest.mark.parametrize(
    "script",
    [
        Script(register=[Registered(refused="not insured")]),
        Script(assign=[Ruling(assigned=False, reason="not insured")]),
    ],
    ids=["by E-Maket", "by the deciding body"],
)
async def test_refused_by_the_body_with_its_reason(on_stage: OnStage, script: Script) -> None:
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.REFUSED_BY_BODY, "not insured")
    assert script.told() == [NoticeKind.BODY_REFUSED]
    assert not script.of(Step.CREDIT)


async def test_amounts_that_differ_wait_for_a_person(on_stage: OnStage) -> None:
    other = Decimal("63030")
    script = Script(
        assign=[Ruling(assigned=True, amount=other, differs=True)], accept_amount=[Ruling(assigned=True, amount=other)]
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.ASSIGN, attention=True)
        assert not script.of(Step.CREDIT), "no money before a person has decided"
        await case.resolve(Action.ACCEPT_AMOUNT)
        result = await case.result()
    assert (result.outcome, result.assigned, result.credited) == (Outcome.CREDITED, other, other)


async def test_a_body_is_asked_again_once_it_has_put_its_amount_right(on_stage: OnStage) -> None:
    wrong = Ruling(assigned=True, amount=Decimal("63030.00"), differs=True)
    script = Script(assign=[wrong, wrong, Ruling(assigned=True, amount=AMOUNT)])
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        for _ in range(2):
            await case.until(Stage.ASSIGN, attention=True)
            await case.resolve(Action.RETRY)
        result = await case.result()
    assert (result.outcome, result.assigned, result.credited) == (Outcome.CREDITED, AMOUNT, AMOUNT)
    assert [step.n for step in script.of(Step.ASSIGN)] == [1, 2, 3]
    assert not script.of(Step.ACCEPT_AMOUNT)


async def test_what_has_changed_before_it_was_applied_for_is_looked_at_again(on_stage: OnStage) -> None:
    more = Decimal("86673.00")
    script = Script(
        register=[Registered(changed=True), Registered(number="EM-1")],
        reassess=[found(amount=more)],
        assign=[Ruling(assigned=True, amount=more)],
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        result = await case.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, more)
    assert [(step.n, step.amount) for step in script.of(Step.REGISTER)] == [(1, AMOUNT), (2, more)]
    assert NoticeKind.AMOUNT_CHANGED in script.told()


async def test_an_operator_may_close(on_stage: OnStage) -> None:
    async with on_stage(Script(assign=[Ruling(assigned=True, amount=Decimal(1), differs=True)])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.ASSIGN, attention=True)
        with pytest.raises(WorkflowUpdateFailedError):
            await case.resolve(Action.DOCUMENT_SUPPLIED)
        await case.resolve(Action.CLOSE)
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.CLOSED_BY_OPERATOR, "amounts_differ")
    assert result.assigned == 0
    assert case.script.told() == [NoticeKind.STOPPED], "after her yes the person counts on it"


async def test_a_rejected_payment_goes_to_another_account(on_stage: OnStage) -> None:
    script = Script(
        find_account=[account("0001"), account("0002")],
        credit=[Credited(settled=False, reason="AC04"), Credited(settled=True)],
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
    first, second = script.of(Step.CREDIT)
    assert first.account_id != second.account_id
    assert second.key == f"{first.key}:2"


async def test_assigned_money_without_an_account_stays_owed(on_stage: OnStage) -> None:
    script = Script(
        find_account=[account("0001"), AccountFound(reason="none")], credit=[Credited(settled=False, reason="AC04")]
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASK_ACCOUNT)
        await case.until(Stage.ACCOUNT)
        await case.pass_time(11 * DAY)
        result = await case.result()
    assert result.outcome is Outcome.NO_ACCOUNT
    assert (result.assigned, result.credited, result.pending) == (AMOUNT, Decimal(0), AMOUNT)


async def test_a_final_refusal_of_a_step_waits_for_an_operator(on_stage: OnStage) -> None:
    script = Script(
        register=[ApplicationError("contract broken", type="BadAnswer", non_retryable=True), Registered(number="M-1")]
    )
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.REGISTER, attention=True)
        await case.resolve(Action.RETRY)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_a_body_that_overruns_its_term_shows_as_overdue(on_stage: OnStage) -> None:
    not_yet = ApplicationError("not yet", next_retry_delay=timedelta(seconds=0.05))
    script = Script(assign=[not_yet, not_yet, Ruling(assigned=True, amount=AMOUNT)], working_days=timedelta(0))
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.ASSIGN, attention=True)
        assert (await case.result()).outcome is Outcome.CREDITED
        assert not (await case.seen()).get("NeedsAttention")


async def test_cancelling_closes_at_a_safe_point(on_stage: OnStage) -> None:
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.handle.cancel()
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.CLOSED_BY_OPERATOR, "cancelled")
    assert case.script.outcome() is Outcome.CLOSED_BY_OPERATOR


async def test_nobody_is_woken_to_be_told_that_the_money_is_there(on_stage: OnStage) -> None:
    """Quiet all day but one minute: the question and the good news wait, the money does not."""
    quiet = POLICY.model_copy(update={"quiet_hours": QuietHours(start=1, end=0)})
    async with on_stage(Script(detect=[found(policy=quiet)])) as case:
        await case.until(Stage.DETECT)
        await case.pass_time(DAY)
        await case.until(Stage.CONSENT)
        (asked,) = case.script.of(Step.OFFER)
        assert f"{asked.at + timedelta(hours=5):%H:%M}" == "00:00", "in the one minute that is not quiet"
        await case.say(Meaning.YES)
        await case.called(Step.CREDIT)
        assert not case.script.told()
        await case.pass_time(DAY)
        assert (await case.result()).outcome is Outcome.CREDITED
    assert case.script.told() == [NoticeKind.PAID]


async def test_the_outcome_stands_whatever_becomes_of_the_last_message(on_stage: OnStage) -> None:
    """An operator who closes a message that cannot be said does not undo the payment."""
    refused = ApplicationError("cannot be said", type="WordingError", non_retryable=True)
    async with on_stage(Script(notify=[refused])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.CREDIT, attention=True)
        await case.resolve(Action.CLOSE)
        result = await case.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, AMOUNT)
    assert case.script.outcome() is Outcome.CREDITED


def test_every_ending_tells_the_person_or_says_why_not() -> None:
    assert NOTICE_OF.keys() | SILENT.keys() == set(Outcome)
    assert not NOTICE_OF.keys() & SILENT.keys()
    assert all(SILENT.values())


async def test_a_case_that_is_cancelled_after_a_yes_tells_the_person_in_the_morning(on_stage: OnStage) -> None:
    """Quiet all day but one minute; the outcome stands from the cancel on."""
    quiet = POLICY.model_copy(update={"quiet_hours": QuietHours(start=1, end=0)})
    differs = Ruling(assigned=True, amount=Decimal(1), differs=True)
    async with on_stage(Script(detect=[found(policy=quiet)], assign=[differs])) as case:
        await case.until(Stage.DETECT)
        await case.pass_time(DAY)
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.ASSIGN, attention=True)
        await case.handle.cancel()
        await case.until(Stage.ASSIGN, attention=False)
        assert not case.script.told()
        await case.pass_time(DAY)
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.CLOSED_BY_OPERATOR, "cancelled")
    assert case.script.told() == [NoticeKind.STOPPED]


async def test_who_has_been_asked_is_told_that_the_case_is_closed(on_stage: OnStage) -> None:
    """She was told that her answer counts until a day: a yes before it met "no question for you"."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.handle.cancel()
        assert (await case.result()).outcome is Outcome.CLOSED_BY_OPERATOR
    assert case.script.told() == [NoticeKind.STOPPED]


async def test_a_case_that_is_closed_before_anybody_was_asked_says_nothing(on_stage: OnStage) -> None:
    undecided = found(right=Right.PERSON_DECIDES, amount=None, reason="which cause?")
    async with on_stage(Script(detect=[undecided])) as case:
        await case.until(Stage.DETECT, attention=True)
        await case.handle.cancel()
        assert (await case.result()).outcome is Outcome.CLOSED_BY_OPERATOR
    assert not case.script.told()


async def test_a_no_stays_a_no_though_the_case_is_closed(on_stage: OnStage) -> None:
    """She was told that her no is taken; a cancel made of it that nobody had been asked, and she was asked again."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.NO)
        await case.called(Step.NOTIFY)
        await case.handle.cancel()
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.REFUSED_BY_PERSON, "cancelled")
    assert case.script.told() == [NoticeKind.REFUSED], "once"


async def test_what_was_said_before_a_case_was_closed_is_heard(on_stage: OnStage) -> None:
    """Both come in one task of the workflow: the worker was away."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        async with case.away():
            said = asyncio.create_task(case.say(Meaning.YES))
            await asyncio.sleep(0.5)
            await case.handle.cancel()
        await said
        result = await case.result()
    assert result.outcome is Outcome.CLOSED_BY_OPERATOR
    assert len(case.script.of(Step.HEAR)) == 1
    assert case.script.told() == [NoticeKind.STOPPED]


@pytest.mark.parametrize("meaning", [Meaning.YES, Meaning.NO])
async def test_a_no_that_comes_while_a_case_is_being_closed_is_heard(on_stage: OnStage, meaning: Meaning) -> None:
    """It waited for the morning to tell her that it was closed, was deaf, and asked her again within weeks."""
    quiet = POLICY.model_copy(update={"quiet_hours": QuietHours(start=1, end=0)})
    async with on_stage(Script(detect=[found(policy=quiet)])) as case:
        await case.until(Stage.DETECT)
        await case.pass_time(DAY)
        await case.until(Stage.CONSENT)
        await case.pass_time(timedelta(hours=1))
        await case.handle.cancel()
        await asyncio.sleep(1)  # the cancel is taken in a task of its own, before what she says
        assert (await case.say(meaning)).noted
        await case.pass_time(DAY)
        result = await case.result()
    (heard,) = case.script.of(Step.HEAR)
    assert heard.closing
    no = meaning is Meaning.NO
    assert result.outcome is (Outcome.REFUSED_BY_PERSON if no else Outcome.CLOSED_BY_OPERATOR)
    assert case.script.told() == [NoticeKind.REFUSED if no else NoticeKind.STOPPED]
