"""From an SMS to its case: whose answer it is, in what order, once, and never lost while somebody is away."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import select, update
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

import dialogue
from activities.hearing import addressed
from adapters.errors import Unavailable
from benefits.days import day_of
from card import consents, findings, messages
from card.tables import Consent, IncomingMessage, OutgoingMessage, Question
from dialogue import Meaning
from gateway import relay as relay_module
from gateway.relay import FLOOD, MOST_ANSWERS, MOST_WAITING, Relay
from tests.activities.database import BY_FORCE
from tests.activities.people import ibans_of, phone_of
from tests.gateway.ear import Ear
from tests.gateway.house import House, now
from workflows.model import Meaning as Said
from workflows.model import Reply, Step
from workflows.run_model import asks_of_run

IBAN = ibans_of(1)[0]


def question(number: int, expects: str = "consent") -> Question:
    return Question(
        key=str(number), case_ref=str(number), phone=phone_of(1), number=number, expects=expects, window_days=3
    )


CONSENT_1, CONSENT_2, ACCOUNT_2, ACCOUNT_3 = question(1), question(2), question(2, "account"), question(3, "account")


@pytest.mark.parametrize(
    ("text", "open_", "meant"),
    [
        ("ИӘ", [], None),
        ("ИӘ", [CONSENT_1], 1),
        ("ИӘ", [CONSENT_2], 2),
        ("ИӘ 1", [CONSENT_1], 1),
        ("ИӘ 2", [CONSENT_1], None),
        ("ИӘ 1", [CONSENT_2], None),
        ("ИӘ", [CONSENT_1, CONSENT_2], None),
        ("ИӘ 1", [CONSENT_1, CONSENT_2], 1),
        ("2 ЖОҚ", [CONSENT_1, CONSENT_2], 2),
        ("ИӘ 7", [CONSENT_1, CONSENT_2], None),
        ("не знаю", [CONSENT_1], 1),
        ("не знаю", [CONSENT_1, CONSENT_2], None),
        ("не понимаю что это 3", [CONSENT_1], 1),
        ("не понимаю что это 3", [CONSENT_1, CONSENT_2], None),
        (IBAN, [ACCOUNT_2], 2),
        (IBAN, [CONSENT_1, ACCOUNT_2], 2),
        (IBAN, [ACCOUNT_2, ACCOUNT_3], None),
        (f"3 {IBAN}", [ACCOUNT_2, ACCOUNT_3], 3),
        (IBAN, [CONSENT_1], 1),
        (IBAN, [], None),
        ("ИӘ", [CONSENT_1, ACCOUNT_2], None),
    ],
)
def test_whose_answer_it_is(text: str, open_: list[Question], meant: int | None) -> None:
    found = addressed(dialogue.understand(text), open_)
    assert (found.question.number if found.question else None) == meant


async def test_an_answer_reaches_its_case_as_an_id_and_belongs_to_its_question(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    at = now() - timedelta(seconds=3)
    id_ = await house.reply("ИӘ", at=at)
    assert (await house.heard(case)).replies == [Reply(message_id=id_)], "what it says, the case reads from the Card"
    stored = await house.stored(id_)
    assert (stored.meaning, stored.case_ref, stored.question_key) == ("yes", case.ref, case.key(Step.OFFER))
    assert stored.relayed_at
    assert not house.centre.said, "the case itself answers"


async def test_an_sms_with_gaps_is_never_a_yes(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    id_ = await house.reply("ИӘ", complete=False)
    assert len((await house.heard(case)).replies) == 1
    assert (await house.stored(id_)).meaning == "unclear"


async def test_a_numbered_answer_reaches_the_question_of_that_number(house: House) -> None:
    first, second = await house.open(), await house.open(service="childbirth")
    await house.ask(first)
    await house.ask(second)
    no, yes = [
        await house.reply(f"{word} {await house.number(case)}") for word, case in (("ЖОҚ", second), ("ИӘ", first))
    ]
    assert [reply.message_id for reply in (await house.heard(first)).replies] == [yes]
    assert [reply.message_id for reply in (await house.heard(second)).replies] == [no]


async def test_what_a_payment_run_has_asked_is_kept_for_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case is over, and the run reads the answer in the Card; once it asks no more, the person is told so."""
    told: list[str] = []

    async def look_now(_: object, run: str) -> None:
        told.append(run)

    monkeypatch.setattr(relay_module, "look_now", look_now)
    case = await house.open()
    await house.end(case, "credited")
    key = asks_of_run(date(2026, 1, 1), case.ref)
    async with house.card.transaction() as session:
        until, phone = now() + timedelta(days=10), phone_of(1)
        await messages.ask(
            session, key=key, case_ref=case.ref, phone=phone, expects="account", window_days=10, deadline=until
        )
    id_ = await house.reply(IBAN)
    stored = await house.stored(id_)
    assert (stored.question_key, stored.set_aside) == (key, None)
    assert stored.relayed_at is not None
    assert (told, house.centre.to(phone_of(1))) == (["payment-run/2026-01"], [])
    async with house.card.transaction() as session:
        assert await messages.answers_to(session, key) == [id_]
        await messages.close_questions(session, case.ref)
    await house.reply(IBAN)
    assert (len(told), len(house.centre.to(phone_of(1)))) == (1, 1)


async def test_a_doubled_sms_is_one_reply(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    at = now()
    for _ in range(3):
        await house.reply("ИӘ", message_id="smpp:7", at=at)
    await asyncio.gather(*(house.reply("ИӘ", message_id="smpp:8", at=at) for _ in range(5)))
    assert [reply.message_id for reply in (await house.heard(case)).replies] == ["smpp:7", "smpp:8"]


async def test_two_gateways_at_once_bring_it_once(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    other = house.another_relay()
    at = now()
    await asyncio.gather(
        house.relay.reply("smpp:9", phone_of(1), "ИӘ", at), other.reply("smpp:9", phone_of(1), "ИӘ", at)
    )
    await house.brought()
    await house.brought(other)
    assert len((await house.heard(case)).replies) == 1


# --- nobody asked, or several did -------------------------------------------------------------------------------------


async def test_an_id_that_comes_again_is_another_message(house: House) -> None:
    """An operator's counter began anew: her yes had the id of somebody else's thanks, and was swallowed."""
    case = await house.open()
    await house.ask(case)
    await house.reply("спасибо", 2, message_id="smpp:7")
    assert await house.relay.reply("smpp:7", phone_of(1), "ИӘ", now())
    assert not await house.relay.reply("smpp:7", phone_of(1), "ИӘ", now()), "a doubled delivery of the second"
    assert not await house.relay.reply("smpp:7", phone_of(2), "спасибо", now()), "and of the first"
    await house.brought()
    (heard,) = (await house.heard(case)).replies
    assert (await house.stored(heard.message_id)).text == "ИӘ"
    await house.reply("ИӘ", message_id="smpp:8", at=now() - timedelta(days=40))
    assert await house.relay.reply("smpp:8", phone_of(1), "ИӘ", now()), "the same word a month later is another"
    await house.brought()


async def test_with_several_questions_open_the_person_is_asked_which(house: House) -> None:
    first, second = await house.open(), await house.open(service="childbirth")
    await house.ask(first)
    await house.ask(second)
    await house.reply("ИӘ")
    assert (await house.heard(first)).replies == (await house.heard(second)).replies == []
    (text,) = house.centre.to(phone_of(1))
    assert f"{await house.number(first)} - " in text
    assert f"{await house.number(second)} - " in text
    await house.reply(f"ИӘ {await house.number(second)}")
    assert len((await house.heard(second)).replies) == 1


async def test_no_case_is_named_to_a_phone_that_has_another_owner_now(house: House) -> None:
    """She wrote from the number that the one before her was asked on: what that one was offered is not hers to read."""
    for service in ("multi-child", "childbirth"):
        await house.ask(await house.open(service=service))
    over = await house.open(2)
    await house.ask(over, 2)
    await house.end(over)
    house.mobile.moved |= {1, 2}
    await house.reply("ИӘ")
    await house.reply("ИӘ", n=2)
    for n in (1, 2):
        (text,) = house.centre.to(phone_of(n))
        assert text == dialogue.compose(dialogue.MessageKind.NO_QUESTION, "kk")


@pytest.mark.parametrize("text", ["ИӘ 2", "ЖОҚ 7"])
async def test_a_number_that_is_none_of_the_open_ones_is_asked_after(house: House, text: str) -> None:
    """To be told that nothing is asked would cost the person the right that waits for the answer."""
    case = await house.open()
    await house.ask(case)
    await house.reply(text)
    assert (await house.heard(case)).replies == []
    (told,) = house.centre.to(phone_of(1))
    assert f"{await house.number(case)} - " in told


async def test_asking_which_comes_to_an_end(house: House) -> None:
    """Or two machines would write to each other for ever, at the state's cost."""
    for service in ("multi-child", "childbirth"):
        await house.ask(await house.open(service=service))
    for _ in range(6):
        await house.reply("ИӘ")
    assert len(house.centre.to(phone_of(1))) == 3


async def test_who_was_asked_nothing_is_told_so_once_a_day(house: House) -> None:
    await house.reply("ИӘ")
    await house.reply("ИӘ")
    await house.reply("ИӘ", n=2)
    assert (len(house.centre.to(phone_of(1))), len(house.centre.to(phone_of(2)))) == (1, 1)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(OutgoingMessage).values(intended_at=now() - timedelta(hours=25)))
    await house.reply("ИӘ")
    assert len(house.centre.to(phone_of(1))) == 2


async def test_five_sms_at_once_to_nobody_are_answered_once(house: House) -> None:
    for n in range(5):
        await house.relay.reply(f"smpp:at once {n}", phone_of(1), "ИӘ", now())
    await house.brought()
    assert len(house.centre.to(phone_of(1))) == 1


async def test_an_answer_to_a_case_that_is_over_is_answered_all_the_same(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    await house.end(case)
    id_ = await house.reply("ИӘ")
    assert len(house.centre.to(phone_of(1))) == 1
    assert (await house.stored(id_)).relayed_at


# --- somebody is away -----------------------------------------------------------------------------------------------


async def test_what_a_gateway_left_behind_is_brought_on_by_the_next(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    async with house.card.transaction() as session:
        left = IncomingMessage(message_id="smpp:left", phone=phone_of(1), text="ИӘ", received_at=now())
        await messages.store_incoming(session, left)
    another = house.another_relay()
    await another.sweep()
    await house.brought(another)
    assert [reply.message_id for reply in (await house.heard(case)).replies] == ["smpp:left"]
    await another.sweep()
    await house.brought(another)
    assert len((await house.heard(case)).replies) == 1


async def test_killed_after_the_case_has_taken_it_it_is_brought_again_harmlessly(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    id_ = await house.reply("ИӘ")
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(IncomingMessage, id_)).relayed_at = None
    await house.relay.sweep()
    await house.brought()
    assert len((await house.heard(case)).replies) == 1
    assert (await house.stored(id_)).relayed_at


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "TAKE", timedelta(seconds=0.4))
    monkeypatch.setattr(relay_module, "SWEEP", 0.05)


async def test_while_no_worker_runs_an_answer_waits_and_is_brought_once(lonely: House, impatient: None) -> None:
    case = await lonely.open()
    await lonely.ask(case)
    running = asyncio.create_task(lonely.relay.run())
    try:
        with structlog.testing.capture_logs() as logged:
            await lonely.relay.reply("smpp:early", phone_of(1), "ИӘ", now())
            await asyncio.sleep(1.2)
        # Not of the reconciler, which finds workflows of other tests.
        of_relay = {(line["event"], line["log_level"]) for line in logged if line["event"].startswith("relay.")}
        assert of_relay == {("relay.reply_waits", "warning")}
        assert (await lonely.stored("smpp:early")).relayed_at is None
        async with Worker(lonely.client, task_queue=lonely.queue, workflows=[Ear]), asyncio.timeout(10):
            while (await lonely.stored("smpp:early")).relayed_at is None:
                await asyncio.sleep(0.05)
            assert [reply.message_id for reply in (await lonely.heard(case)).replies] == ["smpp:early"]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_the_relay_ends_at_once_though_an_answer_waits(lonely: House) -> None:
    await lonely.ask(await lonely.open())
    running = asyncio.create_task(lonely.relay.run())
    await lonely.relay.reply("smpp:waits", phone_of(1), "ИӘ", now())
    await asyncio.sleep(0.3)
    running.cancel()
    async with asyncio.timeout(2):
        await asyncio.gather(running, return_exceptions=True)
    assert not lonely.relay._tasks


async def test_answers_of_a_phone_come_in_the_order_in_which_they_were_received(lonely: House, impatient: None) -> None:
    """While nobody could take them: the first word counts, so it may not be overtaken by the second."""
    case = await lonely.open()
    await lonely.ask(case)
    texts = ["ИӘ", "ЖОҚ", "не знаю", "ЖОҚ", "ИӘ", "ЖОҚ"]
    # The ids sort against the time, as those of an operator may.
    for n, text in enumerate(texts):
        await lonely.relay.reply(f"smpp:{9 - n}", phone_of(1), text, now())
    await lonely.brought()
    async with Worker(lonely.client, task_queue=lonely.queue, workflows=[Ear]), asyncio.timeout(10):
        while len((await lonely.heard(case)).replies) < len(texts):
            await lonely.relay.sweep()
            await lonely.brought()
        order = [reply.message_id for reply in (await lonely.heard(case)).replies]
    assert order == [f"smpp:{9 - n}" for n in range(len(texts))]


async def test_one_that_cannot_be_brought_holds_up_nobody_else(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "SWEEP", 0.02)
    cases = [await house.open(n) for n in (1, 2)]
    for n, case in enumerate(cases, 1):
        await house.ask(case, n)
    understand = dialogue.understand

    def stumbles(text: str) -> Any:
        if text == "poison":
            raise KeyError(text)
        return understand(text)

    monkeypatch.setattr(dialogue, "understand", stumbles)
    await house.reply("poison")
    await house.reply("ИӘ")
    await house.reply("ИӘ", n=2)
    assert [len((await house.heard(case)).replies) for case in cases] == [1, 1]


async def test_an_sms_centre_that_is_away_is_no_reason_to_lose_the_answer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "SWEEP", 0.02)
    house.centre.failures = [(Unavailable("smsc", "not_bound", "no session with the SMS centre"), False)] * 2
    with structlog.testing.capture_logs() as logged:
        id_ = await house.reply("ИӘ")
    assert [(line["event"], line["log_level"]) for line in logged] == [("relay.reply_waits", "warning")]
    assert (await house.stored(id_)).relayed_at is None
    for _ in range(2):
        await house.relay.sweep()
        await house.brought()
    assert (await house.stored(id_)).relayed_at
    assert len(house.centre.to(phone_of(1))) == 1


async def test_understanding_is_the_dialogues_alone() -> None:
    assert {meaning.value for meaning in Meaning} == {meaning.value for meaning in Said}


async def test_what_was_said_before_the_question_does_not_answer_it(house: House) -> None:
    """An old yes that comes late is not a yes to what was asked since."""
    case = await house.open()
    await house.ask(case)
    await house.reply("ИӘ", at=now() - timedelta(minutes=16))
    await house.brought()
    assert not (await house.heard(case)).replies


async def test_a_minute_that_an_operator_cuts_off_costs_nobody_the_answer(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    await house.reply("ИӘ", at=now() - timedelta(seconds=85))
    assert len((await house.heard(case)).replies) == 1


async def test_how_far_an_operators_clock_lags_is_a_setting(house: House) -> None:
    """Another question was put to this phone before, so a longer lag must be known."""
    first, case = await house.open(), await house.open(service="childbirth")
    await house.ask(first)
    await house.end(first)
    async with house.card.transaction() as session:
        await messages.close_questions(session, first.ref)
    await house.ask(case)
    at = now() - timedelta(minutes=4)
    await house.reply("ИӘ", at=at, message_id="smpp:slow-1")
    assert not (await house.heard(case)).replies
    slow = Relay(
        house.card, house.client, house.centre, house.opening, house.mobile, lags={"slow": timedelta(minutes=5)}
    )
    await slow.reply("slow:1", phone_of(1), "ИӘ", at)
    await house.brought(slow)
    assert [reply.message_id for reply in (await house.heard(case)).replies] == ["slow:1"]


# --- what was said belongs to its question ----------------------------------------------------------------------------


async def test_a_yes_is_brought_though_its_question_has_been_closed_meanwhile(lonely: House, impatient: None) -> None:
    """The worker wrote the consent down, Temporal died before the case knew, and the question is closed."""
    case = await lonely.open()
    await lonely.ask(case)
    await lonely.relay.reply("smpp:yes", phone_of(1), "ИӘ", now())
    await lonely.brought()
    assert (await lonely.stored("smpp:yes")).question_key == case.key(Step.OFFER)
    async with lonely.card.transaction() as session:
        await messages.close_questions(session, case.ref)
    async with Worker(lonely.client, task_queue=lonely.queue, workflows=[Ear]), asyncio.timeout(20):
        while (await lonely.stored("smpp:yes")).relayed_at is None:
            await lonely.relay.sweep()
            await lonely.brought()
        assert [reply.message_id for reply in (await lonely.heard(case)).replies] == ["smpp:yes"]
    assert not lonely.centre.said, "nobody is told that there is no question"


async def test_a_case_that_temporal_has_lost_is_begun_anew_for_the_answer(house: House, impatient: None) -> None:
    """After a terminate the Card still says that the case lives; her yes was answered with `no question`."""
    case = await house.open()
    await house.ask(case)
    await house.handle(case).terminate("by mistake")
    await house.relay.reply("smpp:yes", phone_of(1), "ИӘ", now())
    async with asyncio.timeout(20):
        while (await house.stored("smpp:yes")).relayed_at is None:
            await house.relay.sweep()
            await house.brought()
    assert [reply.message_id for reply in (await house.heard(case)).replies] == ["smpp:yes"]
    assert not house.centre.said


@pytest.mark.parametrize(
    ("outcome", "before", "told"),
    [
        ("credited", True, "already_answered"),
        ("lapsed", False, "late"),
        ("late_yes", False, "late"),
        ("closed_by_operator", False, "stopped"),
        ("closed_by_operator", True, "already_answered"),
    ],
)
async def test_who_answers_when_all_is_over_is_told_the_truth_about_the_answer_before(
    house: House, outcome: str, before: bool, told: str
) -> None:
    case = await house.open()
    key = await house.ask(case)
    await house.said(case, key)
    await house.end(case, outcome)
    async with house.card.transaction() as session:
        await messages.close_questions(session, case.ref)
        if before:
            sms = IncomingMessage(
                message_id="smpp:before", phone=phone_of(1), text="ИӘ", received_at=now(), relayed_at=now()
            )
            session.add(sms)
            await session.flush()
            yes = Consent(
                key=f"{key}:yes",
                case_ref=case.ref,
                given=True,
                question_key=key,
                message_id=sms.message_id,
                received_at=sms.received_at,
                applied_on=day_of(sms.received_at),
            )
            await consents.record(session, yes)
    await house.reply(f"ИӘ {await house.number(case)}")
    (said,) = house.centre.said.values()
    assert said.key.startswith("answer/")
    async with house.card.transaction() as session:
        assert (await session.get_one(OutgoingMessage, said.key)).kind == told


# --- a flood ----------------------------------------------------------------------------------------------------------


async def test_a_flood_from_one_phone_keeps_the_first_words_and_touches_no_other(
    lonely: House, impatient: None
) -> None:
    case = await lonely.open()
    await lonely.ask(case)
    for n in range(3 * MOST_WAITING):
        await lonely.relay.reply(f"smpp:{n}", phone_of(1), "ИӘ" if n == 0 else "?", now())
    async with lonely.card.transaction() as session:
        rows = {row.message_id: row for row in await session.scalars(select(IncomingMessage))}
    assert len(rows) == 3 * MOST_WAITING, "everything is kept"
    assert sum(row.set_aside is None for row in rows.values()) == MOST_WAITING
    assert rows["smpp:0"].set_aside is None
    other = await lonely.open(2)
    await lonely.ask(other, 2)
    async with Worker(lonely.client, task_queue=lonely.queue, workflows=[Ear]), asyncio.timeout(20):
        await lonely.relay.reply("smpp:other", phone_of(2), "ИӘ", now())
        while (await lonely.stored("smpp:other")).relayed_at is None or (
            await lonely.stored("smpp:0")
        ).relayed_at is None:
            await lonely.relay.sweep()
            await lonely.brought()
        assert (await lonely.heard(case)).replies[0].message_id == "smpp:0"
        assert [reply.message_id for reply in (await lonely.heard(other)).replies] == ["smpp:other"]


async def test_a_plain_word_is_heard_after_a_flood_of_others(lonely: House, impatient: None) -> None:
    """Thirty words within two seconds, her yes the last of them: it was listed for operators, and she heard nothing."""
    case = await lonely.open()
    await lonely.ask(case)
    said = ["?"] * (MOST_WAITING + 9) + ["ИӘ"] * 3 + ["ЖОҚ", f"ИӘ {IBAN}", "?"]
    for n, words in enumerate(said):
        await lonely.relay.reply(f"smpp:{n}", phone_of(1), words, now())
    async with lonely.card.transaction() as session:
        rows = [row for row in await session.scalars(select(IncomingMessage)) if row.set_aside is None]
    kept = sorted((row.text for row in rows), key=said.index)
    assert kept == ["?"] * MOST_WAITING + ["ИӘ", "ЖОҚ", f"ИӘ {IBAN}"], "each once"
    async with Worker(lonely.client, task_queue=lonely.queue, workflows=[Ear]), asyncio.timeout(30):
        while (await lonely.stored(f"smpp:{MOST_WAITING + 9}")).relayed_at is None:
            await lonely.relay.sweep()
            await lonely.brought()
        assert f"smpp:{MOST_WAITING + 9}" in [reply.message_id for reply in (await lonely.heard(case)).replies]


async def test_a_flood_of_plain_words_is_one_too(lonely: House, impatient: None) -> None:
    case = await lonely.open()
    await lonely.ask(case)
    number = await lonely.number(case)
    for n in range(3 * MOST_WAITING):
        await lonely.relay.reply(f"smpp:{n}", phone_of(1), f"ИӘ {n or number}", now())
    async with lonely.card.transaction() as session:
        rows = [row for row in await session.scalars(select(IncomingMessage)) if row.set_aside is None]
    assert len(rows) == 2 * MOST_WAITING


async def test_what_was_written_too_early_for_the_question_is_asked_about(house: House) -> None:
    """By the operator's clock it was said ten minutes before: she is asked which she means, not told there is none."""
    case = await house.open()
    await house.ask(case)
    await house.reply("ИӘ", at=now() - timedelta(minutes=10))
    assert (await house.heard(case)).replies == []
    async with house.card.statements() as session:
        (told,) = [one.kind for one in await session.scalars(select(OutgoingMessage))]
    assert told == "which_question"
    await house.reply("ИӘ")
    assert len((await house.heard(case)).replies) == 1


async def test_a_case_is_brought_so_many_answers_and_no_more(house: House) -> None:
    """Temporal takes two thousand updates of a case and no more: her real answer would be one too many."""
    case = await house.open()
    await house.ask(case)
    for _ in range(MOST_ANSWERS + 3):
        last = await house.reply("не знаю")
    assert len((await house.heard(case)).replies) == MOST_ANSWERS
    assert (await house.stored(last)).set_aside == FLOOD
    plain = await house.reply("ДА")
    assert (await house.stored(plain)).set_aside is None, "a plain word is heard after any number of others"
    assert (await house.heard(case)).replies[-1].message_id == plain


async def test_a_plain_answer_that_was_set_aside_is_put_before_a_person(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    yes, other = await house.reply("ДА"), await house.reply("не знаю")
    async with house.card.transaction() as session:
        for said, meaning in ((yes, "yes"), (other, "unclear")):
            await messages.set_aside(session, said, "the case did not take it", meaning)
    async with house.card.statements() as session:
        (found,) = await findings.listed(session)
    assert (found.kind, found.ref) == ("answer_set_aside", case.ref)
    assert "the case did not take it" in found.what


@pytest.mark.parametrize("odd", ["a\x01b", "a\u00a0b", "9" * 300, "\u202e1"])
async def test_a_message_with_an_odd_id_is_heard_once(house: House, odd: str) -> None:
    case = await house.open()
    await house.ask(case)
    at = now()
    assert await house.relay.reply(f"smpp:{odd}", phone_of(1), "ДА", at)
    assert not await house.relay.reply(f"smpp:{odd}", phone_of(1), "ДА", at)
    await house.relay.sweep()
    await house.brought()
    (heard,) = (await house.heard(case)).replies
    assert heard.message_id.startswith("smpp:")
    assert (await house.stored(heard.message_id)).set_aside is None


async def test_what_cannot_be_brought_is_set_aside_with_its_reason(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await house.open()
    await house.ask(case)

    def stumbles(_: str) -> Any:
        raise KeyError

    with monkeypatch.context() as broken:
        broken.setattr(dialogue, "understand", stumbles)
        id_ = await house.reply("ИӘ")
    stored = await house.stored(id_)
    assert (stored.set_aside, stored.relayed_at is not None) == ("KeyError", True)


@pytest.mark.parametrize("text", ["да \ud83d", "\udc00", "ИӘ \ud83d\ude00 \ud83d", "\0"])
async def test_what_a_person_wrote_is_never_lost_for_its_encoding(house: House, text: str) -> None:
    id_ = await house.reply(text)
    kept = (await house.stored(id_)).text
    assert "\ufffd" in kept
    assert kept.count("\U0001f600") == text.count("\ud83d\ude00")


@pytest.mark.parametrize("status", [RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.INVALID_ARGUMENT])
async def test_nothing_that_temporal_says_loses_an_answer(
    house: House, impatient: None, monkeypatch: pytest.MonkeyPatch, status: RPCStatusCode
) -> None:
    """`Workflow Task in failed state` is what a restarted worker leaves for a moment."""
    case = await house.open()
    await house.ask(case)
    real, failures = house.relay._update, [RPCError("not now", status, b"")] * 3

    async def stumbles(*given: Any) -> None:
        if failures:
            raise failures.pop()
        await real(*given)

    monkeypatch.setattr(house.relay, "_update", stumbles)
    await house.relay.reply("smpp:yes", phone_of(1), "ИӘ", now())
    async with asyncio.timeout(20):
        while (await house.stored("smpp:yes")).relayed_at is None:
            await house.relay.sweep()
            await house.brought()
    assert (await house.stored("smpp:yes")).set_aside is None
    assert len((await house.heard(case)).replies) == 1
