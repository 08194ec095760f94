"""Who asks why by SMS is told it from the decision that was kept, and no case hears of it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

import dialogue
from benefits import Decision, Right, assess
from benefits.facts import read_facts_file
from card import snapshots
from card.tables import Assignment, OutgoingMessage
from desk import BadInput
from desk.why import explained
from tests.activities.database import BY_FORCE, applied
from tests.activities.people import phone_of
from tests.gateway.house import House, now
from tests.law.casebook import FAMILIES
from workflows.model import Case, Step

ON = date(2025, 3, 1)
FAMILY = read_facts_file(FAMILIES / "five-children.yaml")
GRANTED = assess("multi-child", FAMILY, ON)
REFUSED = assess("disability", FAMILY, ON)
UNDECIDED = assess("targeted-assistance", FAMILY, ON)
AMOUNT = (
    "Есебі: көпбалалы отбасыға жәрдемақы, айына 78 798 теңге, соңғы күні 28.02.2030. Балалар саны бойынша мөлшер: "
    "20,04 АЕК; АЕК: 3 932 теңге. Негізі: Әлеуметтік кодекс. Келіспесеңіз: 1414, тегін."
)


async def _decided(house: House, case: Case, decision: Decision = GRANTED) -> None:
    async with house.card.transaction() as session:
        await snapshots.keep(session, case.key(Step.DETECT), case.ref, {}, decision.to_dict())


async def _asked(house: House, n: int = 1, decision: Decision = GRANTED) -> Case:
    case = await house.open(n, service=decision.code)
    await _decided(house, case, decision)
    await house.said(case, await house.ask(case, n), n=n)
    return case


async def _ruled(house: House, case: Case, **ruling: Any) -> None:
    async with house.card.transaction() as session:
        await applied(session, case.ref, f"E-{case.ref}")
        session.add(
            Assignment(
                key=case.key(Step.REGISTER),
                case_ref=case.ref,
                application_number=f"E-{case.ref}",
                computed=GRANTED.net,
                **ruling,
            )
        )


async def test_who_asks_why_is_told_the_amount_and_the_case_hears_nothing(house: House) -> None:
    case = await _asked(house)
    id_ = await house.reply("НЕГЕ")
    assert house.centre.to(phone_of(1)) == [AMOUNT]
    assert (await house.heard(case)).replies == []
    stored = await house.stored(id_)
    assert (stored.meaning, stored.set_aside) == ("unclear", None)
    assert stored.relayed_at
    answer = await house.reply("ИӘ")
    assert [reply.message_id for reply in (await house.heard(case)).replies] == [answer], "the question is still open"


async def test_in_russian_who_is_spoken_to_in_russian(house: House) -> None:
    await _asked(house)
    async with house.card.transaction() as session:
        await session.execute(update(OutgoingMessage).values(language="ru"))
    await house.reply("Почему?")
    (text,) = house.centre.to(phone_of(1))
    assert text.startswith("Расчёт: пособие многодетной семье, 78 798 тенге в месяц, по 28.02.2030.")


async def test_an_ended_case_is_explained_too(house: House) -> None:
    case = await _asked(house)
    await house.end(case)
    await house.reply("WHY")
    assert house.centre.to(phone_of(1)) == [AMOUNT]


async def test_of_several_the_one_that_is_numbered_else_the_last_that_was_told_of(house: House) -> None:
    granted = await _asked(house)
    await _asked(house, decision=REFUSED)
    await house.reply("НЕГЕ")
    await house.reply(f"НЕГЕ {await house.number(granted)}")
    second, first = house.centre.to(phone_of(1))
    assert first == AMOUNT
    assert second == (
        "Тағайындалмады: мүгедектік бойынша жәрдемақы. Себебі: Мүгедектік туралы шешім табылмады. Негізі: Әлеуметтік "
        "кодекс, 176–177-баптар. Шағым беру: 1414, тегін."
    )


async def test_what_the_body_refused_is_told_in_its_words(house: House) -> None:
    case = await _asked(house)
    await _ruled(house, case, state="refused", reason="Смотрите https://x.example: доход.")
    await house.reply("НЕГЕ")
    (text,) = house.centre.to(phone_of(1))
    assert "Себебі: Смотрите доход. Негізі: Әлеуметтік кодекс." in text


async def test_an_amount_that_a_body_has_ruled_is_not_explained_by_our_figures(house: House) -> None:
    case = await _asked(house)
    await _ruled(house, case, state="contested", amount=Decimal(70000), decision_number="D-1", decided_on=ON)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(Assignment).values(state="accepted"))
    await house.reply("НЕГЕ")
    (text,) = house.centre.to(phone_of(1))
    assert "айына 70 000 теңге, соңғы күні 28.02.2030. Негізі" in text


async def test_what_is_not_decided_is_said_to_be_so(house: House) -> None:
    assert UNDECIDED.right is Right.PERSON_DECIDES
    await _asked(house, decision=UNDECIDED)
    await house.reply("НЕГЕ")
    assert house.centre.to(phone_of(1))[0].startswith("Әлі шешілген жоқ: атаулы әлеуметтік көмек.")


async def test_with_nothing_to_explain_it_is_unclear_as_before(house: House) -> None:
    case = await house.open()
    await house.ask(case)
    id_ = await house.reply("НЕГЕ")
    assert [reply.message_id for reply in (await house.heard(case)).replies] == [id_], "the case asks again"
    assert not house.centre.said
    await house.reply("НЕГЕ", 2)
    assert house.centre.to(phone_of(2)) == [dialogue.compose(dialogue.MessageKind.NO_QUESTION, "kk")]


async def test_nothing_is_explained_to_a_number_with_a_new_owner(house: House) -> None:
    case = await _asked(house)
    await house.end(case)
    house.mobile.moved.add(1)
    await house.reply("НЕГЕ")
    assert house.centre.to(phone_of(1)) == [dialogue.compose(dialogue.MessageKind.NO_QUESTION, "kk")]


async def test_asking_why_comes_to_an_end_for_the_day(house: House) -> None:
    case = await _asked(house)
    for _ in range(5):
        await house.reply("НЕГЕ")
    assert house.centre.to(phone_of(1)) == [AMOUNT] * 3
    assert (await house.heard(case)).replies == []


# --- for the operator -------------------------------------------------------------------------------------------------


async def test_an_operator_reads_the_decision_that_was_kept(house: House) -> None:
    """Under the law of another day the amount would be another: nothing is asked anew."""
    case = await _asked(house)
    why = await explained(house.card, case.ref, "ru")
    assert "Размер: 78 798 тенге каждый месяц." in why.text.splitlines()
    assert "20,04 × 3 932 = 78 797,28 тенге" in why.text
    assert (why.ref, why.refused, why.looked_again) == (case.ref, None, None)
    assert abs((why.asked_at - now()).total_seconds()) < 60


async def test_an_operator_reads_what_the_body_said(house: House) -> None:
    case = await _asked(house)
    await _ruled(house, case, state="refused", reason="Доход выше")
    assert (await explained(house.card, case.ref, "en")).refused == "Доход выше"


async def test_a_case_without_a_decision_has_no_why(house: House) -> None:
    case = await house.open()
    with pytest.raises(BadInput, match=rf"^ref: of case {case.ref} no decision is kept"):
        await explained(house.card, case.ref, "en")
