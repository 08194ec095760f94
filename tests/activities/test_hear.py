"""What counts as consent: what the Card says that this person wrote, about this question, in time; nothing else."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, update
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError

import dialogue
from activities import World
from card import consents, messages
from card.tables import CaseRecord, Consent, IncomingMessage, OutgoingMessage, Question, RefusedAnswer, table
from tests.activities.database import BY_FORCE
from tests.activities.life import AT, Life
from tests.activities.people import mother, phone_of
from workflows.model import Answer, Case, ConsentInput, HearInput, Meaning, OfferInput, Reply, Step

DEADLINE = AT + timedelta(days=3)


async def hear(
    life: Life, case: Case, message_id: str = "op:1", deadline: datetime = DEADLINE, world: World | None = None
) -> Answer:
    step = HearInput(case=case, key=case.key(Step.HEAR), message_id=message_id, deadline=deadline)
    answer: Answer = await life.run(Step.HEAR, step, world=world)
    return answer


async def asked(life: Life, n: int = 1) -> Case:
    case = await life.open_for(Step.OFFER, n)
    await life.asked(case, n)
    await life.said(case, n)
    return case


async def number_of(life: Life, case: Case) -> int:
    """The number under which the phone knows the case."""
    number: int = (await life.rows(Question, case))[-1].number
    return number


async def noted(life: Life, case: Case) -> list[str]:
    """What an auditor finds."""
    return [row.reason for row in await life.rows(RefusedAnswer, case)]


async def given(life: Life, case: Case) -> list[bool]:
    return [row.given for row in await life.rows(Consent, case)]


async def test_a_yes_is_recorded_and_filed_under_its_case(life: Life) -> None:
    case = await asked(life)
    await life.heard("op:1", "ИӘ")
    answer = await hear(life, case)
    assert (answer.meaning, answer.received_at, answer.refused) == (Meaning.YES, AT, None)
    assert answer.consent is not None
    async with life.card.transaction() as session:
        message = await session.get_one(IncomingMessage, "op:1")
        assert (message.case_ref, message.question_key) == (case.ref, case.key(Step.OFFER))
        assert await messages.open_questions(session, phone_of(1)) == []
    assert await given(life, case) == [True]


async def test_a_message_that_never_came_is_no_answer(life: Life) -> None:
    case = await asked(life)
    answer = await hear(life, case, "op:invented")
    assert answer.refused == "no such message has reached us"
    assert (await given(life, case), await noted(life, case)) == ([], [answer.refused])


async def test_another_persons_yes_is_no_answer(life: Life) -> None:
    await life.settle(mother(1), mother(2))
    case, other = await asked(life), await asked(life, 2)
    await life.heard("op:1", "ИӘ", 2)
    assert (await hear(life, case)).refused == "it belongs to another case"
    assert (await hear(life, other)).consent is not None
    await life.heard("op:2", "ИӘ", 3)
    assert (await hear(life, case, "op:2")).refused is not None
    assert (await given(life, case), len(await noted(life, case))) == ([], 2)


async def test_one_yes_is_no_answer_to_two_questions(life: Life) -> None:
    first = await asked(life)
    await life.heard("op:1", "ИӘ")
    assert (await hear(life, first)).consent is not None
    second = await asked(life)
    assert (await hear(life, second)).refused == "it belongs to another case"


@pytest.mark.parametrize("text", ["ИӘ", "ЖОҚ"])
async def test_what_was_said_while_two_waited_is_no_answer_when_one_has_closed(life: Life, text: str) -> None:
    """A yes that was asked "which one?" became a consent to the other question as soon as the first was answered."""
    first, second = await asked(life), await asked(life)
    await life.heard("op:1", text)
    await life.heard("op:2", f"ИӘ {await number_of(life, first)}")
    assert (await hear(life, first, "op:2")).consent is not None
    assert (await hear(life, second, "op:1")).refused is not None
    assert await given(life, second) == []


async def lags(life: Life, lag: timedelta, n: int = 3, operator: str = "op") -> None:
    """So many others have written within the hour, and their operator's clock was behind ours by so much."""
    async with life.card.transaction() as session:
        for other in range(2, n + 2):
            at = datetime.now(UTC) - lag
            id_ = f"{operator}:of-{other}"
            await messages.store_incoming(
                session, IncomingMessage(message_id=id_, phone=phone_of(other), text="?", received_at=at)
            )


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("before", "lag", "counts"),
    [(10 * MINUTE, 11 * MINUTE, True), (10 * MINUTE, 5 * MINUTE, False), (20 * MINUTE, 25 * MINUTE, False)],
)
async def test_what_was_written_before_the_question_is_no_answer(
    life: Life, before: timedelta, lag: timedelta, counts: bool
) -> None:
    """An operator's clock lags, by minutes at the most: by no more than the quickest of its messages shows."""
    case = await asked(life)
    await lags(life, lag)
    async with life.card.transaction() as session:
        at = AT - timedelta(hours=1) - before
        message = IncomingMessage(message_id="op:1", phone=phone_of(1), text="ИӘ", received_at=at, stored_at=AT)
        await session.execute(BY_FORCE)  # it came on the day of the cast
        await messages.store_incoming(session, message)
    assert ((await hear(life, case)).consent is not None) is counts


@pytest.mark.parametrize(("n", "operator"), [(0, "op"), (2, "op"), (3, "another")])
async def test_a_clock_of_which_nothing_is_known_does_not_lag(life: Life, n: int, operator: str) -> None:
    """A yes to something else that a slow network brought after the question became a consent to it."""
    case = await asked(life)
    await lags(life, 11 * MINUTE, n, operator)
    async with life.card.transaction() as session:
        at = AT - timedelta(hours=1) - 10 * MINUTE
        await messages.store_incoming(
            session, IncomingMessage(message_id="op:1", phone=phone_of(1), text="ИӘ", received_at=at)
        )
    assert (await hear(life, case)).consent is None


@pytest.mark.parametrize("text", ["ИӘ", "жоқ"])
async def test_while_a_case_is_being_closed_a_no_is_kept_and_a_yes_is_no_consent(life: Life, text: str) -> None:
    case = await asked(life)
    await life.heard("op:1", text)
    step = HearInput(case=case, key=case.key(Step.HEAR), message_id="op:1", deadline=DEADLINE, closing=True)
    answer: Answer = await life.run(Step.HEAR, step)
    assert (answer.refused is None) is (text == "жоқ")
    assert await given(life, case) == ([False] if text == "жоқ" else [])


@pytest.mark.parametrize(
    ("before", "counts"),
    [(timedelta(seconds=59), True), (timedelta(seconds=80), False), (timedelta(minutes=10), False)],
)
async def test_with_another_question_in_mind_the_clocks_lag_is_short(
    life: Life, before: timedelta, counts: bool
) -> None:
    first, case, now = await asked(life), await asked(life), datetime.now(UTC)
    opened, closed = now - timedelta(hours=1), now - timedelta(minutes=50)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)  # all of it an hour ago
        await session.execute(update(table(Question)).values(opened_at=opened))
        of_first = update(table(Question)).where(col(Question.case_ref) == first.ref)
        await session.execute(of_first.values(closed_at=closed))
        message = IncomingMessage(message_id="op:1", phone=phone_of(1), text="ИӘ", received_at=opened - before)
        await messages.store_incoming(session, message)
    assert ((await hear(life, case, deadline=now + timedelta(days=3))).consent is not None) is counts


@pytest.mark.parametrize("text", ["не знаю", "сәлем", "", "ИӘ?"])
async def test_what_was_stored_as_unclear_is_no_yes_whoever_brings_it(life: Life, text: str) -> None:
    case = await asked(life)
    await life.heard("op:1", text)
    answer = await hear(life, case)
    assert (answer.meaning, answer.consent) == (Meaning.UNCLEAR, None)
    claimed = Reply(message_id="op:1", meaning=Meaning.YES, received_at=AT)
    with pytest.raises(ApplicationError) as refused:
        await life.run(
            Step.RECORD_CONSENT,
            ConsentInput(case=case, key=case.key(Step.RECORD_CONSENT), reply=claimed, given=True),
        )
    assert refused.value.non_retryable
    assert await given(life, case) == []


async def test_a_yes_after_the_window_is_none_and_says_when_it_came(life: Life) -> None:
    case = await asked(life)
    await life.heard("op:1", "ИӘ")
    answer = await hear(life, case, deadline=AT - timedelta(seconds=1))
    assert (answer.meaning, answer.received_at, answer.consent) == (Meaning.YES, AT, None)
    assert await given(life, case) == []


@pytest.mark.parametrize("text", ["да", "жоқ", "кто это?"])
async def test_an_answer_from_a_number_that_has_changed_its_owner_is_none(life: Life, text: str) -> None:
    case = await asked(life)
    await life.heard("op:1", text)
    await life.settle(mother(phone="+77039999999"))
    answer = await hear(life, case)
    assert (answer.moved, answer.consent) == (True, None)
    assert (await given(life, case), len(await noted(life, case))) == ([], 1)


async def test_who_has_her_old_number_says_nothing_against_the_question_on_her_new_one(life: Life) -> None:
    """The second word from the old number ended her case as unreachable, a moment after she herself was asked."""
    case = await asked(life)
    for n in (1, 2):
        await life.heard(f"op:{n}", "ИӘ")
    await life.settle(mother(phone="+77039999999"))
    assert (await hear(life, case, "op:1")).moved
    again = OfferInput(case=case, key=case.key(Step.OFFER, 2), n=2, amount=Decimal(78798), at=AT + timedelta(days=1))
    assert (await life.run(Step.OFFER, again)).sent
    second = await hear(life, case, "op:2")
    assert (second.moved, second.consent, second.refused is not None) == (False, None, True)


async def test_a_no_may_be_followed_by_a_yes_and_a_yes_by_nothing(life: Life) -> None:
    case = await asked(life)
    for n, text in enumerate(("ЖОҚ", "ИӘ", "ЖОҚ", "ИӘ"), 1):
        await life.heard(f"op:{n}", text)
    answers = [await hear(life, case, f"op:{n}") for n in (1, 2)]
    assert [answer.meaning for answer in answers] == [Meaning.NO, Meaning.YES]
    assert await given(life, case) == [False, True]
    later = [await hear(life, case, f"op:{n}") for n in (3, 4)]
    assert {answer.consent for answer in later if answer.refused is None} <= {answers[1].consent}
    async with life.card.transaction() as session:
        yes = await consents.given(session, case.ref)
    assert yes is not None
    assert yes.message_id == "op:2"


async def test_the_answer_that_was_cut_off_after_its_commit_is_heard_again_as_it_was(life: Life) -> None:
    """The worker has written the yes down and died, and Temporal was away: the case asks for the same message again."""
    case = await asked(life)
    await life.heard("op:1", "ИӘ")
    first = await hear(life, case)
    async with life.card.transaction() as session:
        for question in await session.scalars(select(Question)):
            assert question.closed_at is not None
    assert await hear(life, case) == first


async def test_two_answers_at_the_same_instant_are_one_consent(life: Life) -> None:
    case = await asked(life)
    for n in range(5):
        await life.heard(f"op:{n}", "ИӘ")
    answers = await asyncio.gather(*(hear(life, case, f"op:{n}", world=life.bare_world()) for n in range(5)))
    assert len({answer.consent for answer in answers if answer.consent}) == 1
    assert await given(life, case) == [True]


async def test_the_number_of_a_question_means_no_other_case_for_weeks(life: Life) -> None:
    """`да 1`, meant to take back `нет 1`, once consented to another case."""
    first = await asked(life)
    await life.heard("op:1", f"нет {await number_of(life, first)}")
    assert (await hear(life, first)).meaning is Meaning.NO
    async with life.card.transaction() as session:
        await messages.close_questions(session, first.ref)
    second = await asked(life)
    mine, other = await number_of(life, first), await number_of(life, second)
    assert mine != other
    await life.heard("op:2", f"да {mine}")
    assert (await hear(life, second, "op:2")).refused == "it belongs to another case"


async def test_a_restored_card_gives_no_number_again(life: Life) -> None:
    """`да 2`, meant for a question of which the copy knew nothing, once consented to another service."""
    await asked(life)
    lost = await asked(life)
    number = await number_of(life, lost)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        for row, ref in ((OutgoingMessage, "case_ref"), (Question, "case_ref"), (CaseRecord, "ref")):
            await session.execute(delete(table(row)).where(table(row).c[ref] == lost.ref))
    later = await asked(life)
    assert await number_of(life, later) != number
    await life.heard("op:1", f"да {number}")
    assert (await hear(life, later)).consent is None
    assert await noted(life, later) == ["it answers no question that was put to this phone before it was written"]


async def test_a_yes_stays_while_the_mobile_database_knows_no_phone(life: Life) -> None:
    """It was loaded in part for six seconds, and her yes was thrown away as another's."""
    case = await asked(life)
    await life.heard("op:1", "да")
    known = mother()
    await life.settle({**known, "phone": None})
    with pytest.raises(ApplicationError, match="no phone of who was asked"):
        await hear(life, case, "op:1")
    assert await noted(life, case) == []
    await life.settle(known)
    assert (await hear(life, case, "op:1")).consent is not None


async def test_a_question_that_a_restored_card_has_forgotten_is_asked_anew_under_its_number(life: Life) -> None:
    case = await asked(life)
    number = await number_of(life, case)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        for row in (OutgoingMessage, Question):
            await session.execute(delete(table(row)))
    await life.run(Step.OFFER, OfferInput(case=case, key=case.key(Step.OFFER), amount=Decimal(78798), at=AT))
    assert await number_of(life, case) == number


def test_every_number_can_be_told_and_is_understood() -> None:
    for number in messages.NUMBERS:
        question = {number: "childbirth"}
        assert f"ДА {number}" in dialogue.compose(dialogue.MessageKind.WHICH_QUESTION, "ru", questions=question)
        assert dialogue.understand(f"да {number}") == dialogue.Understanding(dialogue.Meaning.YES, number)


async def test_a_number_is_given_again_when_nobody_can_mean_the_old_question(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "NUMBERS", (207,))
    first = await asked(life)
    async with life.card.transaction() as session:
        (question,) = await session.scalars(select(Question))
        await session.execute(BY_FORCE)
        question.closed_at = datetime.now(UTC) - timedelta(days=61)
        session.add(question)
    await asked(life)
    async with life.card.transaction() as session:
        assert [one.number for one in await session.scalars(select(Question))] == [207, 207]
    assert first.ref


async def test_a_case_that_is_begun_anew_knows_the_no_and_the_window_of_its_earlier_life(life: Life) -> None:
    case = await asked(life)
    await life.heard("op:1", "жоқ")
    await hear(life, case)
    later = OfferInput(case=case, key=case.key(Step.OFFER), amount=Decimal(78798), at=AT + timedelta(days=9))
    offered = await life.run(Step.OFFER, later)
    async with life.card.transaction() as session:
        stored = (await session.get_one(Question, case.key(Step.OFFER))).deadline
    assert (offered.declined, offered.deadline) == (True, stored)
    assert stored < later.at
