"""Offer, notices and the question for an account: said once, in the same words, to the phone that is the person's."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.exceptions import ApplicationError

from activities.speech import ANSWERS_A_DAY
from adapters.errors import Refused, Unavailable, Unclear
from benefits.days import ALMATY, window_closes
from card import messages, money, parts, payments
from card.tables import Account, CaseRecord, MessageState, OutgoingMessage, PaymentState, Question
from tests.activities.database import BY_FORCE, owed
from tests.activities.life import AMOUNT, AT, Life
from tests.activities.people import ON, ibans_of, mother, phone_of
from workflows.model import Delivery, NoticeInput, NoticeKind, OfferInput, ReadReceiptInput, Step, StepInput

CLOSES = datetime(2025, 3, 4, 23, 59, 59, tzinfo=ALMATY)
UNTIL = datetime(2025, 3, 4, 18, 59, 59, tzinfo=UTC)


async def offer(life: Life) -> OfferInput:
    arg = await life.ready(Step.OFFER, await life.open())
    assert isinstance(arg, OfferInput)
    return arg


async def test_the_question_names_amount_and_time_and_counts_until_the_end_of_the_third_day(life: Life) -> None:
    arg = await offer(life)
    offered = await life.run(Step.OFFER, arg)
    assert (offered.sent, offered.deadline) == (True, CLOSES)
    (text,) = life.sms.to(phone_of(1))
    assert "78 798" in text
    assert "04.03.2025 23:59" in text
    (row,) = await life.rows(OutgoingMessage, arg.case)
    assert (row.state, row.sent_at, row.paid_by, row.language) == (MessageState.SENT, AT, "budget", "kk")
    assert row.parts == len(life.sms.said[arg.key].parts)
    (question,) = await life.rows(Question, arg.case)
    assert (question.deadline, question.expects, question.closed_at) == (CLOSES, "consent", None)


async def test_in_russian_to_who_speaks_russian(life: Life) -> None:
    person = mother()
    await life.settle(person | {"person": person["person"] | {"language": "ru"}})
    case = await life.open()
    await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))
    await life.run(Step.OFFER, await life.ready(Step.OFFER, case))
    assert life.sms.to(phone_of(1))[0].startswith("Вам")


async def test_without_a_phone_nothing_is_said_and_no_question_is_open(life: Life) -> None:
    await life.settle(mother(phone=None))
    arg = await offer(life)
    offered = await life.run(Step.OFFER, arg)
    assert (offered.sent, offered.reason) == (False, "no_phone")
    assert await life.rows(Question, arg.case) == []
    assert not life.sms.heard


async def test_a_phone_that_the_centre_refuses_is_unreachable_with_its_code(life: Life) -> None:
    arg = await offer(life)
    life.sms.failures = [(Refused("smsc", "ESME_RINVDSTADR", "submit_sm was rejected"), False)]
    offered = await life.run(Step.OFFER, arg)
    assert (offered.sent, offered.reason) == (False, "ESME_RINVDSTADR")
    (row,) = await life.rows(OutgoingMessage, arg.case)
    assert row.state == MessageState.FAILED


@pytest.mark.parametrize(("failure", "acted"), [("not_bound", False), ("throttled", False), ("no_answer", True)])
async def test_a_centre_that_fails_is_asked_again_and_the_words_stay(life: Life, failure: str, acted: bool) -> None:
    arg = await offer(life)
    error = Unclear if acted else Unavailable
    life.sms.failures = [(error("smsc", failure, "submit_sm"), acted)] * 2
    with pytest.raises(ApplicationError) as caught:
        await life.run(Step.OFFER, arg)
    assert not caught.value.non_retryable
    (row,) = await life.rows(OutgoingMessage, arg.case)
    assert row.state == MessageState.INTENDED
    # Meanwhile the person has another phone and the registry another language: what was intended first is said.
    await life.settle(mother(phone="+77039999999"))
    later = arg.model_copy(update={"amount": Decimal("1")})
    assert (await life.until_done(Step.OFFER, later, start=2)).deadline == CLOSES
    assert life.sms.to("+77039999999") == []
    assert len(life.sms.to(phone_of(1))) == 1
    assert "78 798" in life.sms.to(phone_of(1))[0]
    assert life.sms.heard[arg.key] == 3


async def test_receipts_that_came_first_find_their_message(life: Life) -> None:
    """The centre reports the delivery before we have stored what it answered."""
    arg = await offer(life)
    life.sms.failures = [(Unclear("smsc", "no_answer", "submit_sm"), True)]
    with pytest.raises(ApplicationError):
        await life.run(Step.OFFER, arg)
    async with life.card.transaction() as session:
        for part in life.sms.ids(arg.key):
            await parts.store_receipts(session, [parts.Received(part, delivered=True, at=AT + timedelta(minutes=1))])
    await life.run(Step.OFFER, arg, 2)
    async with life.card.transaction() as session:
        await parts.match(session)
        delivery = await parts.delivery_of(session, arg.key)
    assert delivery is not None
    assert (delivery.delivered, delivery.at) == (True, AT + timedelta(minutes=1))


async def test_an_id_that_the_operator_gives_to_two_parts_is_an_error_that_somebody_sees(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await offer(life), await offer(life)
    await life.run(Step.OFFER, first)
    assert not caplog.records
    ids = life.sms.ids(first.key)
    life.sms.said.clear()  # its counter starts anew
    await life.run(Step.OFFER, second)
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert all(id_ in record.getMessage() for id_ in ids)
    (row,) = await life.rows(OutgoingMessage, second.case)
    assert row.state == MessageState.SENT, "the person has been asked, and the window is counted from the sending"


async def test_a_second_question_to_the_same_phone_bears_its_number(life: Life) -> None:
    await life.run(Step.OFFER, await offer(life))
    second = await offer(life)
    await life.run(Step.OFFER, second)
    first_text, second_text = life.sms.to(phone_of(1))
    (question,) = await life.rows(Question, second.case)
    assert "ИӘ не ЖОҚ" in first_text
    assert f"ИӘ {question.number}" in second_text
    assert f"ЖОҚ {question.number}" in second_text


async def test_a_question_that_did_not_arrive_is_asked_anew_under_the_next_key(life: Life) -> None:
    arg = await offer(life)
    await life.run(Step.OFFER, arg)
    at = AT + timedelta(days=1)
    again = arg.model_copy(update={"n": 2, "key": arg.case.key(Step.OFFER, 2), "at": at})
    assert (await life.run(Step.OFFER, again)).deadline == CLOSES + timedelta(days=1)
    first, second = sorted(await life.rows(Question, arg.case), key=lambda question: question.key)
    assert (first.closed_at is None, second.closed_at is None) == (False, True)


@pytest.mark.parametrize("fault", ["status", "down", "retry_later"])
async def test_a_mobile_database_that_fails_is_asked_again(life: Life, fault: str) -> None:
    arg = await offer(life)
    await life.outside.fault("registries", fault, match={"path_prefix": "/mobile"}, times=2)
    assert (await life.until_done(Step.OFFER, arg)).sent


async def notice(life: Life, kind: NoticeKind, detail: str | None = None) -> NoticeInput:
    """A notice of a case that has gone as far as any: asked, reckoned, and paid."""
    case = await life.open()
    await life.agreed(case)
    async with life.card.transaction() as session:
        (await session.get_one(CaseRecord, case.ref)).amount = AMOUNT
        account = Account(person_id=case.person_id, iban=ibans_of(1)[0], source="bank")
        session.add(account)
        await session.flush()
        await owed(session, case.key(Step.ASSIGN), case.ref, AMOUNT, money.About("budget", ON, ON))
        await payments.intend(session, case.key(Step.CREDIT), case.ref, account.id, AMOUNT)
        credited = case.key(Step.CREDIT)
        await payments.finish(session, credited, PaymentState.SETTLED, reason=None, bank_reference="BR-1")
        await money.book_credited(session, case.key(Step.CREDIT), case.ref, AMOUNT, ON)
    told: dict[str, Any] = {"until": UNTIL, "detail": detail, "amount": AMOUNT}
    return NoticeInput(case=case, key=case.key(Step.NOTIFY), kind=kind, **told)


@pytest.mark.parametrize("kind", list(NoticeKind))
async def test_every_notice_can_be_said(life: Life, kind: NoticeKind) -> None:
    arg = await notice(life, kind, "not_own" if kind is NoticeKind.ACCOUNT_BAD else "Құжат жоқ")
    await life.run(Step.NOTIFY, arg)
    (text,) = life.sms.to(phone_of(1))
    assert ibans_of(1)[0] not in text
    if kind is NoticeKind.PAID:
        assert ibans_of(1)[0][-4:] in text


@pytest.mark.parametrize("kind", [NoticeKind.BODY_REFUSED, NoticeKind.MISSING_DOCUMENT, NoticeKind.DOCUMENT_LAPSED])
@pytest.mark.parametrize("words", ["", "   ", None, "\n", "https://example.kz/pay", "я" * 2000, "\u200b"])
async def test_whatever_another_body_wrote_the_case_is_not_held_up(
    life: Life, kind: NoticeKind, words: str | None
) -> None:
    await life.run(Step.NOTIFY, await notice(life, kind, words))
    (text,) = life.sms.to(phone_of(1))
    assert "example.kz" not in text


async def test_a_notice_that_the_centre_refuses_does_not_hold_up_the_case(life: Life) -> None:
    arg = await notice(life, NoticeKind.LAPSED)
    life.sms.failures = [(Refused("smsc", "ESME_RINVDSTADR", "submit_sm was rejected"), False)]
    await life.run(Step.NOTIFY, arg)
    (row,) = [one for one in await life.rows(OutgoingMessage, arg.case) if one.key == f"{arg.key}:{arg.kind}"]
    assert row.state == MessageState.FAILED


async def test_a_notice_goes_to_the_phone_that_is_hers_now(life: Life) -> None:
    """The one that was asked may have a new owner, who is told nothing."""
    arg = await notice(life, NoticeKind.LAPSED)
    await life.settle(mother(phone="+77039999999"))
    await life.run(Step.NOTIFY, arg)
    assert (len(life.sms.to(phone_of(1))), len(life.sms.to("+77039999999"))) == (0, 1)


@pytest.mark.parametrize("kind", [NoticeKind.REMINDER, NoticeKind.UNCLEAR, NoticeKind.ACCOUNT_BAD])
async def test_what_is_about_a_question_goes_to_no_other_phone_than_it(life: Life, kind: NoticeKind) -> None:
    arg = await notice(life, kind)
    await life.settle(mother(phone="+77039999999"))
    await life.run(Step.NOTIFY, arg)
    assert not life.sms.heard


async def test_a_case_that_was_begun_anew_says_what_its_first_life_did_not(life: Life) -> None:
    """Its notices are counted anew: under the key of a reminder the money is told of."""
    arg = await notice(life, NoticeKind.REMINDER)
    paid = arg.model_copy(update={"kind": NoticeKind.PAID})
    for step in (arg, paid, paid, arg):
        await life.run(Step.NOTIFY, step)
    said = {row.kind for row in await life.rows(OutgoingMessage, arg.case)}
    assert said - {"offer"} == {NoticeKind.REMINDER, NoticeKind.PAID}
    assert len(life.sms.to(phone_of(1))) == 2, "each once"


async def test_what_a_restored_card_has_forgotten_keeps_no_other_word_from_being_said(life: Life) -> None:
    """The second ending bore the key of the first, which the SMS centre knew with other words, and refused for good."""
    arg = await notice(life, NoticeKind.STOPPED)
    await life.run(Step.NOTIFY, arg)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        for forgotten in ("message_parts WHERE message_key", "messages WHERE key"):
            await session.execute(text(f"DELETE FROM {forgotten} LIKE '%notify%'"))  # noqa: S608  (our own)
    await life.run(Step.NOTIFY, arg.model_copy(update={"kind": NoticeKind.PAID}))
    assert len(life.sms.to(phone_of(1))) == 2


async def test_who_has_no_phone_any_more_is_told_nothing(life: Life) -> None:
    arg = await notice(life, NoticeKind.LAPSED)
    await life.settle(mother(phone=None))
    await life.run(Step.NOTIFY, arg)
    assert not life.sms.heard


async def test_a_phone_is_answered_so_often_a_day_and_no_more(life: Life) -> None:
    """An answering machine writes back to each of our answers."""
    arg = await notice(life, NoticeKind.UNCLEAR)
    for n in range(1, 3 * ANSWERS_A_DAY):
        await life.run(Step.NOTIFY, arg.model_copy(update={"key": arg.case.key(Step.NOTIFY, n), "n": n}))
    assert len(life.sms.to(phone_of(1))) == ANSWERS_A_DAY


async def test_a_message_that_cannot_be_written_goes_to_an_operator(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where all are open, a question has no number that a person could answer with: trying again would not help."""
    monkeypatch.setattr(messages, "NUMBERS", (997, 998, 999))
    async with life.card.transaction() as session:
        for n in range(3):
            case = await life.open()
            await messages.ask(
                session,
                key=f"question {n}",
                case_ref=case.ref,
                phone=phone_of(1),
                expects="consent",
                window_days=3,
                deadline=AT,
            )
    arg = await offer(life)
    with pytest.raises(ApplicationError) as caught:
        await life.run(Step.OFFER, arg)
    assert (caught.value.type, caught.value.non_retryable) == ("WordingError", True)
    assert not life.sms.heard


OURS = ["ESME_RINVSRCADR", "ESME_RSUBMITFAIL", "ESME_RINVSYSID", "ESME_RBINDFAIL", "status_0x00000403"]


@pytest.mark.parametrize("status", OURS)
async def test_what_is_wrong_with_us_makes_nobody_unreachable(life: Life, status: str) -> None:
    """A ten-minute mistake at the operator once barred everybody who was offered something in it."""
    arg = await offer(life)
    life.sms.failures = [(Refused("smsc", status, "submit_sm was rejected", reason=status), False)]
    with pytest.raises(ApplicationError) as waits:
        await life.run(Step.OFFER, arg)
    assert not waits.value.non_retryable, "it goes on by itself"
    assert (await life.run(Step.OFFER, arg, attempt=2)).sent


async def test_a_message_that_is_none_is_for_an_operator(life: Life) -> None:
    arg = await offer(life)
    life.sms.failures = [(Refused("smsc", "ESME_RINVMSGLEN", "submit_sm was rejected"), False)]
    with pytest.raises(ApplicationError) as seen:
        await life.run(Step.OFFER, arg)
    assert seen.value.non_retryable


@pytest.mark.parametrize("delivered", [True, False])
async def test_what_became_of_a_question_is_what_the_card_holds(life: Life, delivered: bool) -> None:
    case, other = await life.open(), await life.open(2)
    arg = await life.ready(Step.READ_RECEIPT, case)
    assert (await life.run(Step.READ_RECEIPT, arg)) == Delivery(judged=False), "nothing is known yet"
    at = AT + timedelta(days=1)
    async with life.card.transaction() as session:
        await parts.store_receipts(session, [parts.Received(case.key(Step.OFFER), delivered=delivered, at=at)])
        await parts.match(session)
    read = await life.run(Step.READ_RECEIPT, arg)
    assert read == Delivery(judged=True, deadline=window_closes(at, 3) if delivered else None)
    of_another = ReadReceiptInput(case=other, key=other.key(Step.READ_RECEIPT), question_key=case.key(Step.OFFER))
    assert not (await life.run(Step.READ_RECEIPT, of_another)).judged
