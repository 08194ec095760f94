"""Registering and assigning: refusals are answers with their reason; what is assigned is booked once amounts agree."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from activities.world import ASKED_AGAIN
from adapters.bodies import Ruling as Answer
from benefits.days import ALMATY
from card.tables import Application, Assignment, Consent, LedgerEntry, Question
from tests.activities.life import AMOUNT, AT, Life
from tests.activities.people import ON, iin_of, mother
from workflows.model import (
    Action,
    AssignInput,
    Attention,
    ReassessInput,
    Registered,
    RegisterInput,
    Right,
    Ruling,
    Step,
    StepInput,
)

OTHER = Decimal("63030.00")


async def register(life: Life, **behaviour: Any) -> RegisterInput:
    await life.settle(mother(behaviour={"emaket": behaviour}))
    arg = await life.ready(Step.REGISTER, await life.open())
    assert isinstance(arg, RegisterInput)
    return arg


async def assign(life: Life, **behaviour: Any) -> AssignInput:
    await life.settle(mother(behaviour={"body": behaviour}))
    arg = await life.ready(Step.ASSIGN, await life.open())
    assert isinstance(arg, AssignInput)
    return arg


async def test_the_application_bears_the_day_of_consent_and_gets_its_number(life: Life) -> None:
    arg = await register(life)
    done = await life.run(Step.REGISTER, arg)
    (row,) = await life.rows(Application, arg.case)
    assert (row.number, row.state, row.applied_on) == (done.number, "registered", ON)


async def test_a_missing_document_is_named_and_a_new_key_registers_when_it_has_come(life: Life) -> None:
    arg = await register(life, missing_document="Туу туралы куәлік")
    done = await life.run(Step.REGISTER, arg)
    assert (done.number, done.missing_document) == (None, "Туу туралы куәлік")
    assert await life.run(Step.REGISTER, arg, 2) == done, "looked up by its key, the answer is the same"
    await life.settle(mother())
    again = arg.model_copy(update={"n": 2, "key": arg.case.key(Step.REGISTER, 2)})
    assert (await life.run(Step.REGISTER, again)).number
    rows = {row.key: row.state for row in await life.rows(Application, arg.case)}
    assert rows == {arg.key: "missing_document", again.key: "registered"}


@pytest.mark.parametrize("extra", [{}, {"document": ""}, {"document": None}, {"document": 5}])
async def test_a_document_that_is_not_named_is_a_document(life: Life, extra: dict[str, Any]) -> None:
    arg = await register(life)
    await life.outside.fault("emaket", "refuse", code="missing_document", reason="", extra=extra)
    assert (await life.run(Step.REGISTER, arg)).missing_document == "document"


@pytest.mark.parametrize("reason", ["The applicant is not insured.", "", " "])
async def test_a_rejection_carries_its_reason_or_at_least_its_code(life: Life, reason: str) -> None:
    arg = await register(life)
    await life.outside.fault("emaket", "refuse", code="rejected", reason=reason)
    done = await life.run(Step.REGISTER, arg)
    assert (done.number, done.refused) == (None, reason.strip() or "rejected")
    assert await life.run(Step.REGISTER, arg, 2) == done
    (row,) = await life.rows(Application, arg.case)
    assert row.state == "rejected"


async def test_what_is_assigned_is_owed_from_that_moment(life: Life) -> None:
    arg = await assign(life)
    assert await life.run(Step.ASSIGN, arg) == Ruling(assigned=True, amount=Decimal("78798.00"))
    (row,) = await life.rows(Assignment, arg.case)
    assert (row.state, row.computed, row.amount) == ("assigned", AMOUNT, AMOUNT)
    assert row.decision_number
    sums = await life.money(arg.case)
    assert (sums.assigned, sums.credited, sums.pending) == (AMOUNT, Decimal(0), AMOUNT)


async def test_another_amount_is_contested_and_owed_only_when_a_person_accepts_it(life: Life) -> None:
    arg = await assign(life, assign=str(OTHER))
    ruling = await life.run(Step.ASSIGN, arg)
    assert (ruling.assigned, ruling.differs, ruling.amount) == (True, True, OTHER)
    assert await life.run(Step.ASSIGN, arg, 2) == ruling
    assert await life.rows(LedgerEntry, arg.case) == []
    await life.decided(arg.case, Action.ACCEPT_AMOUNT, Attention.AMOUNTS_DIFFER)
    accept = StepInput(case=arg.case, key=arg.case.key(Step.ACCEPT_AMOUNT))
    for _ in range(2):
        assert await life.run(Step.ACCEPT_AMOUNT, accept) == Ruling(assigned=True, amount=OTHER)
    assert [row.state for row in await life.rows(Assignment, arg.case)] == ["accepted"]
    assert (await life.money(arg.case)).assigned == OTHER


async def test_a_ruling_that_its_body_has_corrected_stands_in_the_place_of_the_contested_one(life: Life) -> None:
    arg = await assign(life)
    wrong, right = {**ASSIGNED, "amount": "63030.00"}, {**ASSIGNED, "decision_number": "D-2"}
    body: Any = ChangingBody(wrong, right, wrong)
    world = life.world_with(body=body)
    assert (await life.run(Step.ASSIGN, arg, 1, world)).differs
    again = arg.model_copy(update={"n": 2, "key": arg.case.key(Step.ASSIGN, 2)})
    assert await life.run(Step.ASSIGN, again, 1, world) == Ruling(assigned=True, amount=AMOUNT)
    await life.run(Step.ASSIGN, arg, 2, world)  # an attempt that was given up long ago comes to its end
    rows = {row.key: (row.state, row.decision_number) for row in await life.rows(Assignment, arg.case)}
    assert rows == {arg.key: ("superseded", "D-1"), again.key: ("assigned", "D-2")}
    assert (await life.money(arg.case)).assigned == AMOUNT


async def test_a_tiyn_is_a_difference(life: Life) -> None:
    ruling = await life.run(Step.ASSIGN, await assign(life, assign="78798.01"))
    assert ruling.differs


async def test_a_refusal_is_kept_with_its_reason_and_nothing_is_owed(life: Life) -> None:
    arg = await assign(life, refuse={"code": "not_insured", "reason": "Not insured."})
    assert await life.run(Step.ASSIGN, arg) == Ruling(assigned=False, reason="Not insured.")
    (row,) = await life.rows(Assignment, arg.case)
    assert (row.state, row.reason, row.amount) == ("refused", "Not insured.", None)
    assert await life.rows(LedgerEntry, arg.case) == []


@pytest.mark.parametrize("reason", ["", "  "])
async def test_a_refusal_without_words_has_its_code(life: Life, reason: str) -> None:
    arg = await assign(life, refuse={"code": "not_insured", "reason": reason})
    assert (await life.run(Step.ASSIGN, arg)).reason == "not_insured"


async def test_a_body_that_has_not_decided_is_asked_again_and_gets_the_file_once(life: Life) -> None:
    arg = await assign(life, delay_seconds=60)
    for attempt in (1, 2, 3):
        with pytest.raises(ApplicationError) as caught:
            await life.run(Step.ASSIGN, arg, attempt)
        assert (caught.value.type, caught.value.next_retry_delay) == ("NotYet", timedelta(milliseconds=20))
        assert not caught.value.non_retryable
    assert await life.outside.calls("body", arg.key) == (1, 1)
    assert await life.rows(Assignment, arg.case) == []


class ChangingBody:
    """A body that answers something else each time it is asked."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)

    async def ruling(self, application_number: str) -> Answer:
        return Answer.model_validate({"application_number": application_number, **self.answers.pop(0)})

    async def submit(self, key: str, file: Any) -> Answer:  # noqa: ARG002  (the port's names)
        return await self.ruling(file.application_number)


ASSIGNED = {"state": "assigned", "amount": "78798.00", "decision_number": "D-1", "decided_on": "2025-03-05"}
REFUSED = {"state": "refused", "reason_code": "changed", "reason": "Changed its mind."}


async def test_the_case_goes_on_with_the_refusal_that_was_recorded(life: Life) -> None:
    """An attempt was cut off after its record; the next hears another answer. Books and case must say the same."""
    arg = await assign(life)
    body: Any = ChangingBody(REFUSED, ASSIGNED)
    world = life.world_with(body=body)
    ruling = await life.run(Step.ASSIGN, arg, 1, world)
    assert await life.run(Step.ASSIGN, arg, 2, world) == ruling
    assert (await life.money(arg.case)).assigned == ruling.amount


@pytest.mark.parametrize("then", [REFUSED, {"state": "assigned", "amount": "69330.00"}], ids=["no", "another"])
async def test_money_that_its_body_no_longer_confirms_waits_for_a_person(life: Life, then: dict[str, Any]) -> None:
    """A million that had been written beside the body's ruling, while it was waited for, was paid."""
    arg = await assign(life)
    body: Any = ChangingBody(ASSIGNED, {**ASSIGNED, **then}, ASSIGNED)
    world = life.world_with(body=body)
    ruling = await life.run(Step.ASSIGN, arg, 1, world)
    with pytest.raises(ApplicationError, match="find out which it is"):
        await life.run(Step.ASSIGN, arg, 2, world)
    assert await life.run(Step.ASSIGN, arg, 3, world) == ruling
    assert (await life.money(arg.case)).assigned == ruling.amount


async def test_a_ruling_in_the_card_that_its_body_has_not_made_is_not_gone_on_with(life: Life) -> None:
    """A row of nine millions that was there before the body was asked was booked and paid."""
    arg = await assign(life)
    async with life.card.transaction() as session:
        forged: dict[str, Any] = {"computed": AMOUNT * 99, "amount": AMOUNT * 99, "state": "assigned"}
        session.add(Assignment(key=arg.key, case_ref=arg.case.ref, application_number=arg.application_number, **forged))
    with pytest.raises(ApplicationError, match="and it says 78 798 tenge") as refused:
        await life.run(Step.ASSIGN, arg)
    assert (refused.value.type, refused.value.non_retryable) == ("Refused", True)
    assert await life.rows(LedgerEntry, arg.case) == []


async def test_nothing_is_assigned_is_for_a_person_to_look_at(life: Life) -> None:
    """A decision of 0 tenge is no ruling that a case could go on with, nor one that could be booked."""
    arg = await assign(life)
    body: Any = ChangingBody(ASSIGNED | {"amount": "0.00"})
    with pytest.raises(ApplicationError) as caught:
        await life.run(Step.ASSIGN, arg, ASKED_AGAIN, life.world_with(body=body))
    assert (caught.value.type, caught.value.non_retryable) == ("BadAnswer", True)
    assert await life.rows(Assignment, arg.case) == []


async def test_the_consent_is_written_with_its_question_and_the_term_counts_working_days(life: Life) -> None:
    case = await life.open()
    arg = await life.ready(Step.RECORD_CONSENT, case)
    recorded = await life.run(Step.RECORD_CONSENT, arg)
    (row,) = await life.rows(Consent, case)
    assert (row.given, row.question_key, row.applied_on) == (True, case.key(Step.OFFER), ON)
    (question,) = await life.rows(Question, case)
    assert question.closed_at is not None
    assert recorded.applied_on == ON == AT.date()
    # Saturday 1 March; 10 and 21 to 25 March are holidays in 2025.
    assert recorded.due.tzinfo is ALMATY
    assert recorded.due.date() > date(2025, 3, 10)


async def applied_for_later(life: Life) -> RegisterInput:
    """The right is found and agreed to, and some time has passed since."""
    await life.settle(mother())
    case = await life.open()
    await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))
    await life.agreed(case)
    return RegisterInput(case=case, key=case.key(Step.REGISTER), applied_on=ON, amount=AMOUNT, on=ON)


PAID_MEANWHILE = {"service": "multi-child", "basis": iin_of(1), "from_date": "2025-03-01", "state": "paying"}


@pytest.mark.parametrize(
    ("then", "says"),
    [
        ({"payments": [PAID_MEANWHILE]}, "already_paid"),
        ({"person": mother()["person"] | {"died_on": "2025-03-20"}}, "the person died on 2025-03-20"),
        ({"person": mother()["person"] | {"died_on": "2025-03-01"}}, "died"),
        ({"children": []}, "too_few_children"),
    ],
    ids=["paid otherwise", "died after the yes", "died before it", "the register has corrected itself"],
)
async def test_what_has_changed_since_the_right_was_found_is_seen_before_it_is_applied_for(
    life: Life, then: dict[str, Any], says: str
) -> None:
    """The same day, or while an account was waited for: the dead were paid, and who had been paid otherwise."""
    arg = await applied_for_later(life)
    await life.settle(mother() | then)
    for attempt in (1, 2):
        assert await life.run(Step.REGISTER, arg, attempt) == Registered(changed=True)
    assert await life.rows(Application, arg.case) == []
    looked = ReassessInput(case=arg.case, key=arg.case.key(Step.REASSESS), on=ON)
    found = await life.run(Step.REASSESS, looked)
    assert found.right is not Right.YES
    assert says in found.reason


async def test_what_is_as_it_was_is_applied_for(life: Life) -> None:
    arg = await applied_for_later(life)
    assert (await life.run(Step.REGISTER, arg)).number
    await life.settle(mother() | {"payments": [PAID_MEANWHILE]})
    assert (await life.run(Step.REGISTER, arg, 2)).number, "what this very application has led to changes nothing"


async def test_a_case_that_is_begun_anew_finds_its_application_under_whatever_key(life: Life) -> None:
    """The document had come and the application stood: the case that was terminated asked for the document again."""
    arg = await register(life, missing_document="Туу туралы куәлік")
    assert (await life.run(Step.REGISTER, arg)).missing_document
    await life.settle(mother())
    done = await life.run(Step.REGISTER, arg.model_copy(update={"n": 2, "key": arg.case.key(Step.REGISTER, 2)}))
    assert done.number
    assert await life.run(Step.REGISTER, arg) == done


async def test_nothing_is_applied_for_without_a_yes_in_the_card(life: Life) -> None:
    """Whatever the case was told: a stranger at Temporal's port once answered for the step that asks."""
    case = await life.open()
    form = RegisterInput(case=case, key=case.key(Step.REGISTER), applied_on=ON, amount=AMOUNT)
    with pytest.raises(ApplicationError, match="nobody has said yes") as refused:
        await life.run(Step.REGISTER, form)
    assert (refused.value.type, refused.value.non_retryable) == ("Refused", True)
    assert await life.rows(Application, case) == []
