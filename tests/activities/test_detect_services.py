"""Every service and notice on the families of the demo: the right amount, the terms of its parameters, told once."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

import benefits
from activities.consent import ConsentStep
from activities.detect import DetectStep
from activities.notice import NoticeStep
from activities.offer import OfferStep
from benefits.days import ALMATY, term_ends, window_closes
from card import Card, cases, messages
from card.tables import CaseRecord, FactsSnapshot, IncomingMessage, OutgoingMessage
from demo.cast import Family, Played, read_cast
from tests.activities.database import BY_FORCE, sent
from tests.activities.small_world import Told, world_of
from tests.adapters.outside import Outside
from workflows.model import (
    Case,
    ConsentInput,
    Detected,
    Meaning,
    OfferInput,
    Outcome,
    Reply,
    Right,
    Step,
    StepInput,
    TellInput,
)

CAST = read_cast()
SERVICES = sorted({one.service for family in CAST.families for one in family.cases if one.expected is Outcome.CREDITED})
"""The services of which the demo has a case that is paid."""
FROM_THE_FUND = {"capacity-loss", "job-loss", "childcare"}
"""Of the cast, those from whose payment the pension contribution is withheld."""

_numbers = count(1)
AT = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def of_the_cast(code: str, outcome: Outcome) -> tuple[Family, Played]:
    """The last family of the cast with a case of this service that ends so."""
    played = [
        (family, one)
        for family in CAST.families
        for one in family.cases
        if (one.service, one.expected) == (code, outcome) and not family.document.get("behaviour")
    ]
    return played[-1]


@pytest.fixture
async def agencies(agencies: Outside) -> Outside:
    """The agencies, with the demo's families in them."""
    await agencies.cast(*json.loads(json.dumps(CAST.documents, default=str)))
    return agencies


async def opened(card: Card, code: str, iin: str, on: date, by: str = "test:1") -> Case:
    async with card.transaction() as session:
        row = (await cases.open_case(session, service=code, iin=iin, opened_by=by, on=on)).case
    return Case(ref=row.ref, service=code, person_id=row.person_id, on=row.assessed_on)


async def run(step: Any, arg: StepInput) -> Any:
    return await ActivityEnvironment().run(step, arg)


def given(case: Case, step: Step) -> dict[str, Any]:
    return {"case": case, "key": case.key(step)}


async def detected(agencies: Outside, card: Card, code: str) -> tuple[Case, Detected, Played]:
    family, played = of_the_cast(code, Outcome.CREDITED)
    case = await opened(card, code, family.iin, played.assessed_on or CAST.on)
    step = DetectStep(world_of(agencies, card)).detect
    return case, await run(step, StepInput(**given(case, Step.DETECT))), played


@pytest.mark.parametrize("code", SERVICES)
async def test_the_net_amount_is_offered_and_gross_and_withheld_are_kept(
    agencies: Outside, families: Card, code: str
) -> None:
    case, found, played = await detected(agencies, families, code)
    assert (found.right, found.amount, found.ended) == (Right.YES, played.amount, None)
    async with families.transaction() as session:
        decision = (await session.get_one(FactsSnapshot, case.key(Step.DETECT))).decision
        record = await session.get_one(CaseRecord, case.ref)
    gross, withheld, net = (Decimal(decision[name]) for name in ("gross", "withheld", "net"))
    assert gross - withheld == net == found.amount == record.amount
    assert bool(withheld) is (code in FROM_THE_FUND)
    assert record.basis == decision["basis"]


@pytest.mark.parametrize("code", SERVICES)
async def test_the_terms_are_those_of_the_services_parameters(agencies: Outside, families: Card, code: str) -> None:
    case, found, _ = await detected(agencies, families, code)
    service = benefits.service(code, case.on)
    assert found.policy is not None
    assert found.frequency == service.frequency
    assert (found.policy.account_days, found.policy.document_days) == (service.account_days, service.document_days)
    assert (found.policy.reminder_after_days, found.policy.late_reply_days) == (
        service.reminder_after_days,
        service.late_reply_days,
    )
    async with families.transaction() as session:
        question = await messages.ask(
            session,
            key=case.key(Step.OFFER),
            case_ref=case.ref,
            phone="+77015550000",
            expects="consent",
            window_days=service.consent_window_days,
            deadline=window_closes(AT, service.consent_window_days),
        )
        await session.execute(BY_FORCE)
        question.opened_at = AT - timedelta(hours=1)
        session.add(question)
        await sent(session, question.key, case.ref, "+77015550000")
        answer = IncomingMessage(message_id="op:1", phone="+77015550000", text="Иә", received_at=AT, stored_at=AT)
        await messages.store_incoming(session, answer)
    reply = Reply(message_id="op:1", meaning=Meaning.YES, received_at=AT)
    consent = ConsentInput(**given(case, Step.RECORD_CONSENT), reply=reply, given=True)
    recorded = await run(ConsentStep(world_of(agencies, families)).record_consent, consent)
    term = benefits.service(code, date(2026, 11, 20)).term_working_days
    assert (recorded.applied_on, recorded.due) == (date(2026, 11, 20), term_ends(date(2026, 11, 20), term))


@pytest.mark.parametrize("days", [None, 1, 7])
@pytest.mark.parametrize("code", SERVICES)
async def test_the_offer_says_until_when(
    agencies: Outside, families: Card, code: str, days: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, found, _ = await detected(agencies, families, code)
    service = benefits.service(code, case.on)
    if days is not None:
        service = replace(service, consent_window_days=days)
        monkeypatch.setattr("activities.offer.benefits.service", lambda *_: service)
    sms = Told()
    assert found.amount is not None
    offer = OfferInput(**given(case, Step.OFFER), amount=found.amount, at=AT)
    asked = await run(OfferStep(world_of(agencies, families, sms)).offer, offer)
    assert asked.deadline == window_closes(AT, service.consent_window_days)
    ((_, text),) = sms.said
    last_day = AT.astimezone(ALMATY).date() + timedelta(days=service.consent_window_days)
    assert f"{last_day:%d.%m.%Y} 23:59" in text
    async with families.transaction() as session:
        assert (await session.get_one(OutgoingMessage, case.key(Step.OFFER))).paid_by == service.payer


async def test_what_the_law_leaves_open_is_asked_with_its_question(agencies: Outside, families: Card) -> None:
    family, _ = of_the_cast("targeted-assistance", Outcome.CLOSED_BY_OPERATOR)
    case = await opened(families, "targeted-assistance", family.iin, CAST.on)
    found = await run(DetectStep(world_of(agencies, families)).detect, StepInput(**given(case, Step.DETECT)))
    assert (found.right, found.amount) == (Right.PERSON_DECIDES, None)
    assert "poverty line" in found.reason


async def test_a_member_of_the_household_whom_no_register_knows_is_asked_about(
    agencies: Outside, families: Card
) -> None:
    family, _ = of_the_cast("targeted-assistance", Outcome.CREDITED)
    stranger = benefits.make_iin(date(1980, 1, 1), "female", 77)
    document = json.loads(json.dumps(family.document, default=str))
    document["assistance"]["members"].append(stranger)
    await agencies.cast(document)
    case = await opened(families, "targeted-assistance", family.iin, date(2024, 2, 10))
    found = await run(DetectStep(world_of(agencies, families)).detect, StepInput(**given(case, Step.DETECT)))
    assert found.right is Right.PERSON_DECIDES
    assert "household.members[" in found.reason
    assert stranger not in found.reason


async def test_a_day_before_the_law_is_for_an_operator(agencies: Outside, families: Card) -> None:
    family, _ = of_the_cast("awarded-mother", Outcome.CREDITED)
    case = await opened(families, "awarded-mother", family.iin, date(1999, 1, 1))
    with pytest.raises(ApplicationError) as caught:
        await run(DetectStep(world_of(agencies, families)).detect, StepInput(**given(case, Step.DETECT)))
    assert (caught.value.type, caught.value.non_retryable) == ("BadFacts", True)


# --- notices --------------------------------------------------------------------------------------------------------


async def told(agencies: Outside, card: Card, case: Case, sms: Told) -> tuple[Any, Any]:
    """What the two steps of a notice say, the second only if the first finds it due."""
    step = NoticeStep(world_of(agencies, card, sms))
    found = await run(step.detect_notice, StepInput(**given(case, Step.DETECT_NOTICE)))
    if found.kind is None:
        return found, None
    return found, await run(step.tell, TellInput(**given(case, Step.TELL), at=AT))


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("pension", "pension_age_near", "пенсионного возраста: 05.12.2026, полных лет: 61."),
        ("kandas", "kandas_ends", "Қандас мәртебеңіздің соңғы күні: 10.12.2026."),
        ("employment", "employment_measures", "по безработице с 02.11.2026. Вам могут помочь: трудоустройство, "),
    ],
)
async def test_a_notice_is_found_due_and_told(
    agencies: Outside, families: Card, code: str, kind: str, words: str
) -> None:
    family, _ = of_the_cast(code, Outcome.TOLD)
    case = await opened(families, code, family.iin, CAST.on)
    sms = Told()
    found, said = await told(agencies, families, case, sms)
    assert (found.kind, said.sent) == (kind, True)
    ((phone, text),) = sms.said
    assert phone == family.phone
    assert words in text


async def test_a_notice_is_told_once_to_a_person(agencies: Outside, families: Card) -> None:
    family, _ = of_the_cast("pension", Outcome.TOLD)
    sms = Told()
    case = await opened(families, "pension", family.iin, CAST.on)
    await told(agencies, families, case, sms)
    # An attempt that was cut off is made again: the same words under the same key, and no second SMS.
    await told(agencies, families, case, sms)
    again = await opened(families, "pension", family.iin, CAST.on, by="test:2")
    found, _ = await told(agencies, families, again, sms)
    assert (found.kind, found.reason, len(sms.said)) == (None, "said_before", 1)


async def test_the_same_notice_is_told_to_everybody(agencies: Outside, families: Card) -> None:
    """`pension_age` is the basis of everyone's notice: it names it for one person only."""
    family, _ = of_the_cast("pension", Outcome.TOLD)
    other = benefits.make_iin(date(1965, 12, 6), "female", 5)
    named = family.document["person"] | {"birth_date": "1965-12-06"}
    await agencies.cast(json.loads(json.dumps({"iin": other, "person": named, "phone": "+77015559999"}, default=str)))
    sms = Told()
    for n, iin in enumerate((family.iin, other)):
        await told(agencies, families, await opened(families, "pension", iin, CAST.on, by=f"test:{n}"), sms)
    assert {phone for phone, _ in sms.said} == {family.phone, "+77015559999"}


async def test_a_notice_without_a_right_to_it(agencies: Outside, families: Card) -> None:
    family, _ = of_the_cast("burial", Outcome.CREDITED)
    found, _ = await told(agencies, families, await opened(families, "pension", family.iin, CAST.on), Told())
    assert (found.kind, found.reason) == (None, "nothing_to_say")


@pytest.mark.parametrize("phone", [None, "+77015558888"])
async def test_a_notice_that_reached_nobody_may_be_told_later(
    agencies: Outside, families: Card, phone: str | None
) -> None:
    family, _ = of_the_cast("kandas", Outcome.UNREACHABLE)
    document = json.loads(json.dumps(family.document, default=str))
    await agencies.cast(document | {"phone": phone})
    first = await opened(families, "kandas", family.iin, CAST.on)
    found, said = await told(agencies, families, first, Told(refuses="ESME_RINVDSTADR"))
    assert found.kind == "kandas_extended"
    assert (said.sent, said.reason) == (False, "ESME_RINVDSTADR" if phone else "no_phone")
    await agencies.cast(document | {"phone": "+77015557777"})
    sms = Told()
    _, said = await told(agencies, families, await opened(families, "kandas", family.iin, CAST.on, by="test:2"), sms)
    assert said.sent
    assert sms.said[0][1].startswith("Қандас мәртебеңіз ұзартылды, соңғы күні: 31.10.2027.")
