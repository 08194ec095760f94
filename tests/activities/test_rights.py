"""A right lives; a case is one attempt at it: what an ending makes of it, and when it is looked at again."""

import dataclasses
import importlib
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import delete, text
from sqlmodel import select

import benefits
from activities.close import FOR_GOOD, NOTHING_NEW
from benefits import make_iin
from benefits.days import day_of
from card import accounts, cases, findings, money, parts, rights
from card.tables import CaseRecord, Consent, Decision, FactsSnapshot, Look, RightRow, RightState, table
from tests.activities.database import BY_FORCE, ends_as, owed, served
from tests.activities.life import AMOUNT, AT, Life
from tests.activities.people import ON, child, ibans_of, iin_of, mother, phone_of
from workflows.model import (
    Action,
    Attention,
    Case,
    CloseInput,
    CreditInput,
    DecideInput,
    Detected,
    NoticeInput,
    NoticeKind,
    OfferInput,
    Outcome,
    ReassessInput,
    RegisterInput,
    Right,
    Step,
    StepInput,
)

TODAY = day_of(datetime.now(UTC))


async def detect(life: Life, case: Case) -> Detected:
    found: Detected = await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))
    return found


async def close(life: Life, case: Case, outcome: Outcome, reason: str | None = None) -> None:
    async with life.card.transaction() as session:
        await ends_as(session, case.ref, outcome)
    await life.run(Step.CLOSE, CloseInput(case=case, key=case.key(Step.CLOSE), outcome=outcome, reason=reason))


async def ended(life: Life, outcome: Outcome, service: str = "multi-child", n: int = 1) -> Case:
    """A case of the n-th mother's right that has ended so."""
    case = await life.open(n, service=service)
    assert (await detect(life, case)).ended is None
    await close(life, case, outcome)
    return case


async def the_right(life: Life) -> RightRow:
    async with life.card.transaction() as session:
        return (await session.scalars(select(RightRow))).one()


async def looks(life: Life) -> list[Look]:
    async with life.card.transaction() as session:
        return list(await session.scalars(select(Look)))


async def by_event(life: Life, service: str, by: str, on: date = ON) -> tuple[Case, bool]:
    async with life.card.transaction() as session:
        opened = await cases.open_case(session, service=service, iin=iin_of(1), opened_by=by, on=on, by_event=True)
    row = opened.case
    return Case(ref=row.ref, service=service, person_id=row.person_id, on=row.assessed_on), opened.new


# --- every ending -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - FOR_GOOD - NOTHING_NEW))
async def test_an_ending_without_the_money_is_not_the_end_of_the_right(life: Life, outcome: Outcome) -> None:
    await ended(life, outcome)
    days = benefits.service("multi-child", ON).again_after_days[outcome]
    (look,) = await looks(life)
    assert (look.day, look.why) == (TODAY + timedelta(days=days), outcome)
    again = await detect(life, await life.open())
    assert again.ended is (Outcome.ALREADY_OFFERED if outcome is Outcome.REFUSED_BY_PERSON else None)


@pytest.mark.parametrize("arrived", [True, False])
async def test_who_was_never_reached_has_not_been_silent(life: Life, arrived: bool) -> None:
    """The network turned everybody's questions down for days: the window ran out, and it cost each an offer."""
    case = await life.open()
    await detect(life, case)
    await life.asked(case)
    await life.said(case)
    async with life.card.transaction() as session:
        await parts.store_receipts(session, [parts.Received(case.key(Step.OFFER), delivered=arrived, at=AT)])
        await parts.match(session)
    await close(life, case, Outcome.LAPSED)
    days = benefits.service("multi-child", ON).again_after_days["lapsed" if arrived else "unreachable"]
    (look,) = await looks(life)
    assert look.day == TODAY + timedelta(days=days)
    assert (await the_right(life)).offers == arrived


@pytest.mark.parametrize("outcome", [Outcome.CREDITED, Outcome.ALREADY_PAID, Outcome.ALREADY_OFFERED])
async def test_what_is_served_is_not_looked_at_by_itself(life: Life, outcome: Outcome) -> None:
    await ended(life, outcome)
    assert await looks(life) == []


async def test_nobody_is_asked_for_ever(life: Life) -> None:
    most = benefits.service("multi-child", ON).most_offers
    for _ in range(most):
        await ended(life, Outcome.LAPSED)
    assert await looks(life) == []


async def test_a_case_in_which_money_was_assigned_is_never_offered_anew(life: Life) -> None:
    """The application stands and the money is owed: a second one would be a second assignment."""
    case = await life.open()
    await detect(life, case)
    await life.run(Step.ASSIGN, await life.ready(Step.ASSIGN, case))
    await close(life, case, Outcome.NO_ACCOUNT)
    assert (await the_right(life)).state == RightState.CLAIMED
    assert await looks(life) == []
    assert (await detect(life, await life.open())).ended is Outcome.ALREADY_OFFERED


async def test_two_cases_of_one_right_are_never_open_together(life: Life) -> None:
    first, second = await life.open(), await life.open()
    assert (await detect(life, first)).ended is None
    assert (await detect(life, second)).ended is Outcome.ALREADY_OFFERED
    await close(life, first, Outcome.UNREACHABLE)
    assert (await detect(life, await life.open())).ended is None


async def test_who_said_no_is_asked_again_when_the_family_has_grown(life: Life) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.REFUSED_BY_PERSON)
    await life.settle(mother(children=5))
    assert (await detect(life, await life.open())).ended is None


# --- a right that runs ------------------------------------------------------------------------------------------------


async def test_a_fifth_child_brings_the_difference(life: Life) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    right = await the_right(life)
    assert (right.state, right.amount) == (RightState.ENTITLED, Decimal("63030"))
    paying = {"service": "multi-child", "basis": iin_of(1), "from_date": "2025-01-01"}
    await life.settle(mother(children=5, payments=[paying]))
    case = await life.open()
    found = await detect(life, case)
    assert (found.ended, found.amount, found.was) == (None, Decimal("78798"), Decimal("63030"))
    arg: Any = await life.ready(Step.ASSIGN, case)
    await life.run(Step.ASSIGN, arg.model_copy(update={"was": found.was}))
    assert (await life.money(case)).assigned == Decimal("15768"), "the rest is being paid"
    await life.agreed(case)
    async with life.card.transaction() as session:
        account = await accounts.know(session, case.person_id, ibans_of(1)[0], "bank")
    pays = CreditInput(case=case, key=case.key(Step.CREDIT), account_id=account.id, amount=Decimal("15768"))
    await life.run(Step.CREDIT, pays)
    await close(life, case, Outcome.CREDITED)
    assert (await the_right(life)).amount == Decimal("78798")


async def test_a_new_year_is_no_change_of_the_family(life: Life) -> None:
    """What is paid follows the law's figures by itself: nobody is offered their own allowance each January."""
    await ended(life, Outcome.CREDITED)
    async with life.card.transaction() as session:
        row = await cases.open_case(session, service="multi-child", iin=iin_of(1), opened_by="ny", on=date(2026, 1, 5))
    case = Case(ref=row.case.ref, service="multi-child", person_id=row.case.person_id, on=date(2026, 1, 5))
    assert (await detect(life, case)).ended is Outcome.ALREADY_PAID


async def test_less_than_what_runs_is_for_a_person_to_decide(life: Life) -> None:
    await life.settle(mother(children=5))
    await ended(life, Outcome.CREDITED)
    await life.settle(mother(children=4))
    found = await detect(life, await life.open())
    assert (found.right, found.ended) == (Right.PERSON_DECIDES, None)
    assert found.reason is not None
    assert "78798" in found.reason


async def test_a_change_that_is_declined_leaves_what_runs(life: Life) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await life.settle(mother(children=5))
    await ended(life, Outcome.REFUSED_BY_PERSON)
    right = await the_right(life)
    assert (right.state, right.amount) == (RightState.ENTITLED, Decimal("63030"))


async def test_a_right_granted_before_its_ground_was_kept_is_compared_by_its_snapshot(life: Life) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    async with life.card.transaction() as session:
        right = (await session.scalars(select(RightRow))).one()
        right.ground = None
        session.add(right)
    assert (await detect(life, await life.open())).ended is Outcome.ALREADY_PAID
    await life.settle(mother(children=5))
    assert (await detect(life, await life.open())).was == Decimal("63030")


# --- names ------------------------------------------------------------------------------------------------------------


def newborn(k: int, record: str | None, **more: Any) -> dict[str, Any]:
    return child(1, k, born=date(2025, 2, 10)) | {"birth_record": record} | more


async def test_a_child_whose_birth_record_is_renumbered_has_one_right(life: Life) -> None:
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-1")]})
    await ended(life, Outcome.CREDITED, "childbirth")
    paid = {"service": "childbirth", "basis": "ACT-1", "from_date": "2025-02-20", "state": "paid"}
    for payments in ([], [paid]):
        await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-99")], "payments": payments})
        assert (await detect(life, await life.open(service="childbirth"))).ended is Outcome.ALREADY_PAID
    async with life.card.transaction() as session:
        names = await rights.other_names(session, "childbirth", {"ACT-1"})
    assert {"ACT-1", "ACT-99"} < names["ACT-1"]


async def test_one_event_for_twins_opens_a_case_for_each(life: Life) -> None:
    twins = [newborn(k, f"ACT-{k}", birth_order=k + 1) for k in range(2)]
    await life.settle(mother(children=0) | {"children": twins})
    case, _ = await by_event(life, "childbirth", "zags:1:childbirth")
    assert (await detect(life, case)).ended is None
    assert (await detect(life, case)).ended is None, "an attempt that is made again opens no third"
    async with life.card.transaction() as session:
        rows = list(await session.scalars(select(CaseRecord)))
    assert len(rows) == 2
    (other,) = [row for row in rows if row.ref != case.ref]
    second = Case(ref=other.ref, service="childbirth", person_id=other.person_id, on=other.assessed_on)
    assert (await detect(life, second)).ended is None


async def _twins_paid(life: Life, service: str, *orders: int) -> None:
    """Both rights of twins are granted, with these orders of birth; their register has others from now on."""
    await life.settle(mother(children=0) | {"children": _twins(*orders[:2])})
    first = await life.open(service=service)
    assert (await detect(life, first)).ended is None
    (second,) = await _begun_beside(life, first)
    assert (await detect(life, second)).ended is None
    for case in (first, second):
        await close(life, case, Outcome.CREDITED)
    await life.settle(mother(children=0) | {"children": _twins(*orders[2:])})


def _twins(*orders: int) -> list[dict[str, Any]]:
    return [newborn(k, f"ACT-{k}", birth_order=order) for k, order in enumerate(orders)]


async def _begun_beside(life: Life, case: Case) -> list[Case]:
    async with life.card.transaction() as session:
        first = await cases.find(session, case.ref)
        begun = CaseRecord.opened_by.startswith(f"{first.opened_by}+")
        rows = list(await session.scalars(select(CaseRecord).where(begun)))
    return [Case(ref=row.ref, service=row.service, person_id=row.person_id, on=row.assessed_on) for row in rows]


@pytest.mark.parametrize(
    ("service", "orders", "asks"),
    [
        ("childbirth", (2, 3, 3, 4), "more was due"),
        ("childcare", (1, 3, 1, 2), "what runs falls"),
    ],
    ids=["more for the second once", "less for the second each month"],
)
async def test_a_question_about_the_second_twin_is_asked_whatever_is_known_of_the_first(
    life: Life, service: str, orders: tuple[int, ...], asks: str
) -> None:
    """The first is paid all that is due: the case ended as paid, and what was owed for the second was never seen."""
    await _twins_paid(life, service, *orders)
    found = await detect(life, await life.open(service=service))
    assert (found.right, found.ended) == (Right.PERSON_DECIDES, None)
    assert found.reason is not None
    assert asks in found.reason


async def test_what_falls_for_one_twin_is_asked_beside_what_rises_for_the_other(life: Life) -> None:
    """Their orders of birth were swapped: the rise was offered, and the fall was dropped in silence."""
    await _twins_paid(life, "childcare", 1, 2, 2, 1)
    case = await life.open(service="childcare")
    found = await detect(life, case)
    assert (found.right, found.was) == (Right.YES, Decimal("22648"))
    (other,) = await _begun_beside(life, case)
    beside = await detect(life, other)
    assert (beside.right, beside.ended) == (Right.PERSON_DECIDES, None)
    assert "what runs falls" in (beside.reason or "")
    assert len(await _begun_beside(life, case)) == 1
    assert await _begun_beside(life, other) == []


async def test_each_of_several_questions_comes_before_a_person(life: Life) -> None:
    """The case goes with one of them; the others were not even known when it was closed."""
    await _twins_paid(life, "childcare", 3, 4, 1, 2)
    case = await life.open(service="childcare")
    found = await detect(life, case)
    assert found.right is Right.PERSON_DECIDES
    async with life.card.transaction() as session:
        (other,) = await findings.listed(session)
    assert (other.kind, other.ref) == ("another_right_is_open", case.ref)
    assert "what runs falls" in other.what
    assert other.what != found.reason
    await life.settle(mother(children=0) | {"children": _twins(3, 4)})
    assert (await detect(life, case)).ended is Outcome.ALREADY_PAID
    async with life.card.transaction() as session:
        assert await findings.listed(session) == []


async def test_what_rises_for_one_twin_leaves_the_questions_of_the_others_to_a_case_each(life: Life) -> None:
    triplets = [newborn(k, f"ACT-{k}", birth_order=k + 1) for k in range(3)]
    await life.settle(mother(children=0) | {"children": triplets})
    first = await life.open(service="childcare")
    await detect(life, first)
    others = await _begun_beside(life, first)
    for case in others:
        await detect(life, case)
    for case in (first, *others):
        await close(life, case, Outcome.CREDITED)
    turned = [one | {"birth_order": order} for one, order in zip(triplets, (4, 1, 2), strict=True)]
    await life.settle(mother(children=0) | {"children": turned})
    case = await life.open(service="childcare")
    assert (await detect(life, case)).right is Right.YES
    asked = {(await detect(life, one)).reason for one in await _begun_beside(life, case)}
    assert len(asked) == 2
    assert all("what runs falls" in (reason or "") for reason in asked)


NAMELESS: dict[str, Any] = {"iin": None, "mother_iin": iin_of(1)}
"""A child without an IIN, born abroad: nothing ties its records together but the day."""


async def decided(life: Life, case: Case, action: Action) -> None:
    """What an operator says where a right may be one that is paid under another number."""
    decision = DecideInput(
        case=case,
        key=f"{case.key(Step.DECIDE)}:{action}",
        action=action,
        why=Attention.SAME_RIGHT,
        by="a.omarova",
        note="",
        at=datetime.now(UTC),
    )
    await life.run(Step.DECIDE, decision)


@pytest.mark.parametrize("in_books", [True, False], ids=["paid by us", "paid by E-Maket"])
async def test_a_child_without_a_number_whose_record_is_renumbered_is_for_a_person_to_know(
    life: Life, in_books: bool
) -> None:
    """It may be the one that is paid, or its twin: a guess would pay twice, or take a right away."""
    if in_books:
        await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-1", **NAMELESS)]})
        await ended(life, Outcome.CREDITED, "childbirth")
    paid = {"service": "childbirth", "basis": "ACT-1", "from_date": "2025-02-20", "state": "paid"}
    payments = [] if in_books else [paid]
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-99", **NAMELESS)], "payments": payments})
    for action, ends in ((Action.ANOTHER_RIGHT, None), (Action.SAME_RIGHT, Outcome.ALREADY_PAID)):
        case = await life.open(service="childbirth")
        found = await detect(life, case)
        assert (found.ended, found.right, found.same_right) == (None, Right.PERSON_DECIDES, True)
        await decided(life, case, action)
        assert (await detect(life, case)).ended is ends
        if ends is None:
            await close(life, case, Outcome.LAPSED)
            later = await life.open(service="childbirth")
            assert (await detect(life, later)).ended is None, "that it is another's is known for good"
            await close(life, later, Outcome.LAPSED)
            async with life.card.transaction() as session:
                await session.execute(text("ALTER TABLE decisions DISABLE TRIGGER decisions_stay"))
                await session.execute(text("DELETE FROM decisions"))
                await session.execute(text("ALTER TABLE decisions ENABLE TRIGGER decisions_stay"))
    assert (await detect(life, await life.open(service="childbirth"))).ended is Outcome.ALREADY_PAID


@pytest.mark.parametrize(
    "payment",
    [
        {"service": "childbirth", "from_date": "2021-06-01", "state": "paid"},
        {"service": "childcare", "from_date": "2025-02-20", "state": "paying"},
    ],
    ids=["older than the child", "of another service"],
)
async def test_what_cannot_be_for_this_child_is_no_question(life: Life, payment: dict[str, Any]) -> None:
    paid = {"basis": "ACT-1", **payment}
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-99")], "payments": [paid]})
    assert (await detect(life, await life.open(service="childbirth"))).right is Right.YES


async def test_a_burial_whose_record_is_renumbered_is_not_paid_twice(life: Life) -> None:
    burial = {"died_on": "2025-02-10", "status": "pension"}
    await life.settle(mother(burials=[{"death_record": "DR-1", **burial}]))
    await ended(life, Outcome.CREDITED, "burial")
    await life.settle(mother(burials=[{"death_record": "DR-2", **burial}]))
    found = await detect(life, await life.open(service="burial"))
    assert (found.right, found.same_right) == (Right.PERSON_DECIDES, True)


async def test_what_a_right_rested_on_may_be_renumbered_before_the_yes(life: Life) -> None:
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-1", **NAMELESS)]})
    case = await life.open(service="childbirth")
    assert (await detect(life, case)).ended is None
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-99", **NAMELESS)]})
    again = ReassessInput(case=case, key=case.key(Step.REASSESS), on=ON + timedelta(days=2))
    found = await life.run(Step.REASSESS, again)
    assert (found.right, found.same_right) == (Right.PERSON_DECIDES, True)
    await decided(life, case, Action.SAME_RIGHT)
    found = await life.run(Step.REASSESS, again)
    assert (found.right, found.same_right) == (Right.YES, False)


async def test_a_record_that_is_renumbered_before_the_yes_keeps_its_child(life: Life) -> None:
    """The IIN tells that it is the same: the case stood still, and only another event brought it on."""
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-1")]})
    case = await life.open(service="childbirth")
    assert (await detect(life, case)).ended is None
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-99")]})
    again = ReassessInput(case=case, key=case.key(Step.REASSESS), on=ON + timedelta(days=2))
    found = await life.run(Step.REASSESS, again)
    assert (found.right, found.same_right) == (Right.YES, False)
    async with life.card.transaction() as session:
        assert "ACT-99" in (await rights.other_names(session, "childbirth", {"ACT-1"}))["ACT-1"]
    await life.settle(mother(children=0) | {"children": [newborn(1, "ACT-100")]})
    assert (await life.run(Step.REASSESS, again)).right is Right.PERSON_DECIDES, "another child's right is not its"


async def test_rights_that_turn_out_to_be_one_are_one(life: Life) -> None:
    """A child is known by its record, and another right by an IIN; the register then gives both to one child."""
    await life.settle(mother(children=0) | {"children": [newborn(0, "ACT-1", **NAMELESS)]})
    await ended(life, Outcome.CREDITED, "childbirth")
    second = newborn(1, "ACT-1")
    case = await life.open(service="childbirth")
    async with life.card.transaction() as session:
        other = await rights.known_as(session, "childbirth", {second["iin"]})
        await rights.take(session, case.ref, other, basis=second["iin"], amount=Decimal(1), ground=None)
    await life.settle(mother(children=0) | {"children": [second]})
    assert (await detect(life, await life.open(service="childbirth"))).ended is Outcome.ALREADY_PAID
    async with life.card.transaction() as session:
        paid, merged = sorted(await session.scalars(select(RightRow)), key=lambda row: row.same_as is not None)
        assert (paid.state, merged.same_as) == (RightState.SETTLED, paid.id)
        assert await rights.names_of(session, paid.id) == {"ACT-1", second["iin"]}
        assert await rights.is_attempted(session, paid), "the open case of the other is an attempt at this one"


async def test_what_was_granted_twice_before_it_was_known_is_put_before_a_person(life: Life) -> None:
    for record in ("ACT-1", "ACT-2"):
        await life.settle(mother(children=0) | {"children": [newborn(0, record, iin=None)]})
        case = await life.open(service="childbirth")
        if record == "ACT-2":
            await decided(life, case, Action.ANOTHER_RIGHT)
        assert (await detect(life, case)).ended is None
        await close(life, case, Outcome.CREDITED)
    async with life.card.transaction() as session:
        await rights.known_as(session, "childbirth", {"ACT-1", "ACT-2"})
        assert [one.kind for one in await findings.listed(session)] == [rights.GRANTED_TWICE]


async def test_a_question_beside_a_right_that_is_clear_is_a_case_of_its_own(life: Life) -> None:
    """Of twins one has two birth orders on record: its sister's right does not wait for the answer, nor hide it."""
    clear = newborn(0, "ACT-1", birth_order=1)
    open_ = newborn(1, "ACT-2", birth_order=None)
    await life.settle(mother(children=0) | {"children": [clear, open_]})
    case, _ = await by_event(life, "childbirth", "zags:1:childbirth")
    for _ in range(2):
        assert (await detect(life, case)).right is Right.YES
    async with life.card.transaction() as session:
        (other,) = [row for row in await session.scalars(select(CaseRecord)) if row.ref != case.ref]
    second = Case(ref=other.ref, service="childbirth", person_id=other.person_id, on=other.assessed_on)
    found = await detect(life, second)
    assert (found.ended, found.right) == (None, Right.PERSON_DECIDES)
    await life.settle(mother(children=0) | {"children": [clear, open_ | {"birth_order": 2}]})
    assert (await detect(life, second)).right is Right.YES


# --- a change that needs no new yes -----------------------------------------------------------------------------------


async def test_a_change_is_granted_without_asking_where_a_dated_parameter_says_so(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    await life.settle(mother(children=4))
    first = await life.open()
    assert (await detect(life, first)).ended is None
    await life.run(Step.HEAR, await life.ready(Step.HEAR, first))
    await close(life, first, Outcome.CREDITED)
    await life.settle(mother(children=5))
    case = await life.open()
    found = await detect(life, case)
    offer = OfferInput(case=case, key=case.key(Step.OFFER), amount=found.amount or AMOUNT, was=found.was, at=AT)
    service = benefits.service("multi-child", ON)
    monkeypatch.setattr(benefits, "service", lambda *_: dataclasses.replace(service, grants_changes=True))
    offered = await life.run(Step.OFFER, offer)
    assert (offered.granted, offered.consent.applied_on) == (True, TODAY)
    assert await life.run(Step.OFFER, offer) == offered, "a second attempt grants nothing anew"
    assert len(life.sms.to(phone_of(1))) == 1
    assert "63 030" in life.sms.to(phone_of(1))[0]
    assert "78 798" in life.sms.to(phone_of(1))[0]
    (decision,) = await life.rows(Decision, case)
    assert (decision.action, first.ref in decision.note) == ("granted-unasked", True)
    await life.run(
        Step.REGISTER, RegisterInput(case=case, key=case.key(Step.REGISTER), applied_on=TODAY, amount=AMOUNT)
    )
    notice = NoticeInput(case=case, key=case.key(Step.NOTIFY), kind=NoticeKind.STOPPED)
    await life.run(Step.NOTIFY, notice)
    assert len(life.sms.to(phone_of(1))) == 2, "it is told its end though it was asked nothing"


async def test_nothing_is_granted_unasked_to_who_never_said_yes(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """As of what was granted before a yes was kept."""
    await life.settle(mother(children=4))
    before = await life.open()
    await detect(life, before)
    async with life.card.transaction() as session:
        await served(session, before.ref)
        await session.execute(BY_FORCE)
        await session.execute(delete(Consent))
    await close(life, before, Outcome.CREDITED)
    await life.settle(mother(children=5))
    case = await life.open()
    found = await detect(life, case)
    service = benefits.service("multi-child", ON)
    monkeypatch.setattr(benefits, "service", lambda *_: dataclasses.replace(service, grants_changes=True))
    offer = OfferInput(case=case, key=case.key(Step.OFFER), amount=found.amount or AMOUNT, was=found.was, at=AT)
    offered = await life.run(Step.OFFER, offer)
    assert (offered.granted, offered.consent) == (False, None)
    assert offered.deadline is not None


# --- not yet ----------------------------------------------------------------------------------------------------------


async def test_a_decision_for_a_later_day_is_looked_at_on_that_day(life: Life) -> None:
    decision = {"number": "M-1", "group": "II", "from_date": "2027-04-01", "decided_on": "2025-02-20"}
    await life.settle(mother(disability=[decision]))
    case = await life.open(service="disability")
    found = await detect(life, case)
    assert (found.ended, found.reason) == (Outcome.NO_RIGHT, "not_yet_in_force")
    await close(life, case, Outcome.NO_RIGHT, "not_yet_in_force")
    (look,) = await looks(life)
    assert look.day == date(2027, 4, 1)


@pytest.mark.parametrize("paid_by_us", [True, False], ids=["by us", "by E-Maket"])
async def test_a_renewal_that_holds_from_a_later_day_is_looked_at_then(life: Life, paid_by_us: bool) -> None:
    """It is decided before the old term ends: while that runs, the case that its event opens ends at once."""
    usual = {"group": "II", "cause": "general", "decided_on": "2025-02-01"}
    old = usual | {"number": "M-1", "from_date": "2025-02-01", "until": "2025-12-15"}
    await life.settle(mother(disability=[old]))
    payments = []
    if paid_by_us:
        await ended(life, Outcome.CREDITED, "disability")
    else:
        payments = [{"service": "disability", "basis": "M-1", "from_date": "2025-02-01"}]
    new = usual | {"number": "M-2", "from_date": "2025-12-16"}
    await life.settle(mother(disability=[old, new], payments=payments))
    case, _ = await by_event(life, "disability", "mse:2:disability")
    found = await detect(life, case)
    assert found.ended is not None
    await close(life, case, found.ended)
    assert [look.day for look in await looks(life)] == [date(2025, 12, 16)]


async def test_a_child_that_is_born_while_the_case_is_open_is_looked_at_when_it_ends(life: Life) -> None:
    await life.settle(mother(children=4))
    first = await life.open()
    assert (await detect(life, first)).ended is None
    same = await life.open()
    assert (await detect(life, same)).ended is Outcome.ALREADY_OFFERED
    await life.settle(mother(children=5))
    second, _ = await by_event(life, "multi-child", "zags:5:birth")
    assert (await detect(life, second)).ended is Outcome.ALREADY_OFFERED
    await close(life, second, Outcome.ALREADY_OFFERED)
    (later,) = await looks(life)
    assert (later.root, later.day) == ("zags:5:birth", TODAY + timedelta(days=1)), "the event may overtake its registry"
    await close(life, first, Outcome.CREDITED)
    (look,) = [look for look in await looks(life) if look.root != later.root]
    assert look.day <= TODAY
    third = await life.open()
    assert (await detect(life, third)).was == Decimal("63030")


MISTAKEN: dict[Outcome, dict[str, Any]] = {
    Outcome.NO_RIGHT: {"children": 2},
    Outcome.ALREADY_PAID: {"payments": [{"service": "multi-child", "basis": "X-1", "from_date": "2024-01-01"}]},
}


@pytest.mark.parametrize("outcome", MISTAKEN)
async def test_a_look_at_a_right_that_a_register_denies_for_a_day_is_not_the_last(life: Life, outcome: Outcome) -> None:
    """Somebody's typing error at E-Maket: it was paid, by its word, and nobody ever looked again."""
    await ended(life, Outcome.UNREACHABLE)
    (look,) = await looks(life)
    async with life.card.transaction() as session:
        opened = await cases.open_for(
            session, service=look.service, person_id=look.person_id, opened_by=f"{look.root}@{look.day}", on=ON
        )
        await rights.looked(session, look)
    row = opened.case
    case = Case(ref=row.ref, service=row.service, person_id=row.person_id, on=row.assessed_on)
    await life.settle(mother(**MISTAKEN[outcome]))
    assert (await detect(life, case)).ended is outcome
    await close(life, case, outcome)
    assert len(await looks(life)) == 1


async def test_the_other_parents_no_takes_no_look_from_a_mother_who_was_not_reached(life: Life) -> None:
    born = newborn(0, "ACT-1", father_iin=iin_of(2))
    await life.settle(mother(children=0) | {"children": [born]}, mother(2, children=0) | {"children": [born]})
    await ended(life, Outcome.UNREACHABLE, "childbirth")
    (hers,) = await looks(life)
    theirs = await life.open(2, "childbirth")
    assert (await detect(life, theirs)).ended is None
    await close(life, theirs, Outcome.REFUSED_BY_PERSON)
    assert {one.person_id for one in await looks(life)} == {hers.person_id, theirs.person_id}


async def test_an_event_that_overtakes_its_registry_is_looked_at_again_for_a_while(life: Life) -> None:
    await life.settle(mother(children=3))
    days = []
    case, _ = await by_event(life, "multi-child", "zags:1:multi-child")
    while True:
        assert (await detect(life, case)).ended is Outcome.NO_RIGHT
        await close(life, case, Outcome.NO_RIGHT)
        found = await looks(life)
        if not found:
            break
        (look,) = found
        days.append((look.day - TODAY).days)
        async with life.card.transaction() as session:
            opened = await cases.open_for(
                session,
                service=look.service,
                person_id=look.person_id,
                opened_by=f"{look.root}@{len(days)}",
                on=ON,
                root=look.root,
                look=look.n,
            )
            await rights.looked(session, look)
        case = Case(ref=opened.case.ref, service=look.service, person_id=look.person_id, on=ON)
    assert days == [1, 2, 7, 20]


async def test_a_case_opened_by_hand_says_no_once(life: Life) -> None:
    await life.settle(mother(children=3))
    case = await life.open()
    await detect(life, case)
    await close(life, case, Outcome.NO_RIGHT)
    assert await looks(life) == []


async def test_the_same_event_on_a_later_day_looks_again_where_there_was_no_right(life: Life) -> None:
    await life.settle(mother(children=3))
    case, _ = await by_event(life, "multi-child", "zags:7:multi-child")
    await detect(life, case)
    await close(life, case, Outcome.NO_RIGHT)
    same, new = await by_event(life, "multi-child", "zags:7:multi-child")
    assert (same.ref, new) == (case.ref, False)
    later, new = await by_event(life, "multi-child", "zags:7:multi-child", ON + timedelta(days=3))
    assert new
    assert later.ref != case.ref


async def test_an_event_with_a_day_of_its_own_looks_again_when_it_is_repeated_later(life: Life) -> None:
    """It cannot name another day, for it is the same event: it was taken, and opened nothing ever again."""
    await life.settle(mother(children=3))
    case, _ = await by_event(life, "multi-child", "zags:8:multi-child")
    await detect(life, case)
    await close(life, case, Outcome.NO_RIGHT)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await cases.in_hand(session, case.ref)).closed_at = datetime.now(UTC) - timedelta(days=40)
    later, new = await by_event(life, "multi-child", "zags:8:multi-child")
    assert (new, later.ref != case.ref, later.on) == (True, True, case.on)


# --- the day that counts ----------------------------------------------------------------------------------------------


async def test_the_amount_is_of_the_day_of_application(life: Life) -> None:
    """Found on 31 December, consented on 1 January."""
    async with life.card.transaction() as session:
        row = (
            await cases.open_case(session, service="multi-child", iin=iin_of(1), opened_by="ny", on=date(2025, 12, 31))
        ).case
    case = Case(ref=row.ref, service="multi-child", person_id=row.person_id, on=date(2025, 12, 31))
    assert (await detect(life, case)).amount == Decimal("78798")
    again: Detected = await life.run(
        Step.REASSESS,
        ReassessInput(case=case, key=case.key(Step.REASSESS), on=date(2026, 1, 1)),
    )
    assert (again.right, again.amount) == (Right.YES, Decimal("86673"))


async def test_another_childs_right_is_not_this_ones_on_the_day_of_application(life: Life) -> None:
    twins = [newborn(k, f"ACT-{k}", birth_order=k + 1) for k in range(2)]
    await life.settle(mother(children=0) | {"children": twins[:1]})
    case = await life.open(service="childbirth")
    assert (await detect(life, case)).ended is None
    await life.settle(mother(children=0) | {"children": twins[1:]})
    again = ReassessInput(case=case, key=case.key(Step.REASSESS), on=ON + timedelta(days=1))
    found: Detected = await life.run(Step.REASSESS, again)
    assert (found.right, found.reason is not None) == (Right.PERSON_DECIDES, True)


async def test_a_change_that_nobody_answered_is_looked_at_again(life: Life) -> None:
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await life.settle(mother(children=5))
    await ended(life, Outcome.LAPSED)
    (look,) = await looks(life)
    assert look.why == "lapsed"
    assert (await detect(life, await life.open())).was == Decimal("63030")


async def test_a_right_that_ended_before_rights_were_rows_is_looked_at_again(life: Life) -> None:
    """As migration 0010 plans it, over a database as 0003 left it."""
    await life.settle(mother())
    case = await ended(life, Outcome.LAPSED)
    planned = importlib.import_module("card.migrations.versions.0010_rights_that_ended_before").PLANNED
    async with life.card.transaction() as session:
        await session.execute(delete(table(Look)))
        await session.execute(text(planned))
    (look,) = await looks(life)
    assert (look.service, look.why, look.person_id) == ("multi-child", Outcome.LAPSED, case.person_id)
    assert timedelta(0) < look.day - TODAY <= timedelta(days=31)


async def test_who_is_not_reached_uses_up_no_offer(life: Life) -> None:
    await life.settle(mother(phone=None))
    for _ in range(5):
        await ended(life, Outcome.UNREACHABLE)
        (look,) = await looks(life)
        assert look.right_id is not None, "a new phone is found at the next look"
    assert (await the_right(life)).offers == 0


async def test_what_is_certain_is_granted_and_what_is_open_is_put_before_a_person(life: Life) -> None:
    """A breadwinner whose income the Fund does not know for all months: the budget's part hangs on none of it."""
    insurance = {"contribution_months": 24, "counted_on": "2025-02-10", "incomes": []}
    deceased = make_iin(date(1975, 5, 5), "male", 1)
    orphan = child(1, 0)
    death: dict[str, Any] = {"iin": deceased, "died_on": "2025-02-10", "death_record": "DR-1"}
    death["dependants"] = [{"iin": orphan["iin"], "birth_date": orphan["birth_date"]}]
    await life.settle(mother(children=1, breadwinners=[death]), {"iin": deceased, "insurance": insurance})
    case = await life.open(service="breadwinner-loss")
    found = await detect(life, case)
    assert (found.right, found.amount) == (Right.YES, Decimal(42530))
    assert found.reason == "The income of some months is not known. What was it in those months?"
    async with life.card.transaction() as session:
        (open_,) = await findings.listed(session)
    assert (open_.kind, open_.ref, open_.what) == ("part_is_open", case.ref, found.reason)
    await close(life, case, Outcome.LAPSED)
    paid = {"from_month": "2023-02-01", "until_month": "2025-02-01", "amount": "200000"}
    await life.settle({"iin": deceased, "insurance": insurance | {"incomes": [paid]}})
    found = await detect(life, await life.open(service="breadwinner-loss"))
    assert (found.right, found.reason) == (Right.YES, None)
    async with life.card.transaction() as session:
        assert [one.kind for one in await findings.listed(session)] == [], "what is decided waits for nobody"


async def test_the_months_of_a_lost_job_are_owed_however_late_the_yes_comes(life: Life) -> None:
    """Found in the last month that is paid, asked for in the one after it."""
    work = {"from_month": "2022-01-01", "until_month": "2025-02-01", "amount": "200000"}
    insurance = {"contribution_months": 7, "counted_on": "2025-02-28", "incomes": [work]}
    lost = [{"number": "U-1", "registered_on": "2025-03-01"}]
    await life.settle(mother(children=0, insurance=insurance, unemployment=lost))
    case = await life.open(service="job-loss", on=date(2025, 3, 31))
    found = await detect(life, case)
    assert found.right is Right.YES
    arg = ReassessInput(case=case, key=case.key(Step.REASSESS), on=date(2025, 4, 2))
    assert (await life.run(Step.REASSESS, arg)).amount == found.amount


# --- one right under two names ----------------------------------------------------------------------------------------


async def _asked(life: Life, service: str, n: int = 1) -> Detected:
    found = await detect(life, await life.open(n, service=service))
    assert found.right is Right.PERSON_DECIDES, found
    return found


async def test_the_same_children_carry_one_right_whoever_asks(life: Life) -> None:
    """A mother's number was corrected, or the children moved to their father: each had a second allowance, silently."""
    four = [child(1, k) for k in range(4)]
    await life.settle(mother(children=0) | {"children": four})
    await ended(life, Outcome.CREDITED)
    await life.settle(mother(2, children=0) | {"children": four})
    assert (await _asked(life, "multi-child", 2)).same_right
    theirs = await life.open(2)
    await decided(life, theirs, Action.SAME_RIGHT)
    assert (await detect(life, theirs)).ended is Outcome.ALREADY_PAID


async def test_children_who_live_elsewhere_are_no_question(life: Life) -> None:
    """Both parents are listed with them; only where they live do they count."""
    four = [child(1, k) for k in range(4)]
    await life.settle(mother(children=0) | {"children": four})
    await ended(life, Outcome.CREDITED)
    elsewhere = [one | {"lives_with": iin_of(1)} for one in four]
    own = [child(2, k) for k in range(4)]
    await life.settle(mother(2, children=0) | {"children": [*elsewhere, *own]})
    assert (await detect(life, await life.open(2))).right is Right.YES


async def test_a_birth_date_that_is_corrected_with_its_number_is_a_question(life: Life) -> None:
    """The IIN holds the day, so both change at once: childbirth was paid a second time."""
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-6")]})
    await ended(life, Outcome.CREDITED, "childbirth")
    corrected = child(1, 3, born=date(2025, 2, 21), birth_record="R-7")
    await life.settle(mother(children=0) | {"children": [corrected]})
    assert (await _asked(life, "childbirth")).same_right


@pytest.mark.parametrize("unread", ["at first", "later"])
async def test_a_birth_date_that_cannot_be_read_makes_no_second_child(life: Life, unread: str) -> None:
    """Renumbered in the same days, the child was paid for twice."""
    known, renumbered = newborn(0, "R-8"), child(1, 3, born=date(2025, 2, 20), birth_record="R-9")
    nothing = {"birth_date": None}
    await life.settle(mother(children=0) | {"children": [known]})
    await ended(life, Outcome.CREDITED, "childbirth")
    if unread == "at first":
        async with life.card.transaction() as session:
            await session.execute(BY_FORCE)
            (snapshot,) = await session.scalars(select(FactsSnapshot))
            snapshot.facts = snapshot.facts | {"children": [snapshot.facts["children"][0] | nothing]}
    changed = renumbered | ({"wrongly": nothing} if unread == "later" else {})
    await life.settle(mother(children=0) | {"children": [changed]})
    assert (await _asked(life, "childbirth")).same_right


async def test_a_record_that_moves_from_one_twin_to_the_other_takes_no_right_away(life: Life) -> None:
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-1")]})
    await ended(life, Outcome.CREDITED, "childbirth")
    twins = [newborn(0, "R-2"), newborn(1, "R-1")]
    await life.settle(mother(children=0) | {"children": twins})
    case = await life.open(service="childbirth")
    found = await detect(life, case)
    assert found.same_right
    assert "record R-2" in (found.reason or "")
    await decided(life, case, Action.SAME_RIGHT)
    assert "record R-1" in ((await detect(life, case)).reason or ""), "that one is paid, and the other is asked about"


@pytest.mark.parametrize("number", ["D-1", "D-2"], ids=["renumbered", "a newer one beside it"])
async def test_a_person_has_one_decision_that_runs(life: Life, number: str) -> None:
    """A newer decision takes the older one's place: both were paid in full, month by month."""
    first = {"number": "D-1", "group": "III", "cause": "general", "from_date": "2024-05-01", "decided_on": "2024-05-01"}
    await life.settle(mother(disability=[first]))
    await ended(life, Outcome.CREDITED, "disability")
    newer = {"number": "D-9", "group": "I", "cause": "general", "from_date": "2025-02-20", "decided_on": "2025-02-20"}
    listed = [newer] if number == "D-1" else [first, newer]
    await life.settle(mother(disability=listed))
    assert (await _asked(life, "disability")).same_right


async def test_a_family_that_was_paid_before_we_were_and_has_grown_is_a_question(life: Life) -> None:
    paid = {"service": "multi-child", "basis": iin_of(1), "from_date": "2018-01-01", "state": "paying"}
    await life.settle(mother(children=5) | {"payments": [paid]})
    assert not (await _asked(life, "multi-child")).same_right
    await life.settle(mother(children=5) | {"payments": [paid | {"from_date": "2024-01-01"}]})
    assert (await detect(life, await life.open())).ended is Outcome.ALREADY_PAID


async def test_what_runs_is_reckoned_by_the_law_of_today_before_the_difference_is(life: Life) -> None:
    """63 030 of 2025 are 69 330 in 2026: the difference for a fifth child was 6 300 too much."""
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    await life.settle(mother(children=5))
    async with life.card.transaction() as session:
        opened = await cases.open_case(
            session, service="multi-child", iin=iin_of(1), opened_by="zags:9", on=date(2026, 3, 1)
        )
    row = opened.case
    found = await detect(life, Case(ref=row.ref, service=row.service, person_id=row.person_id, on=row.assessed_on))
    assert (found.was, found.amount) == (Decimal("69330"), Decimal("86673"))


# --- numbers that several have ----------------------------------------------------------------------------------------


async def _is_offered(life: Life, case: Case) -> bool:
    found = await detect(life, case)
    return (found.right, found.ended) == (Right.YES, None)


def of_another(**members: Any) -> dict[str, Any]:
    """A newborn of the second mother."""
    return child(2, 0, born=date(2025, 2, 17)) | members


async def test_a_record_number_that_is_used_twice_makes_no_two_children_one(life: Life) -> None:
    """Offices count anew each year, and write what they do not know as 0: the second family heard nothing, for good."""
    await life.settle(mother(children=0) | {"children": [newborn(0, "0")]})
    await ended(life, Outcome.CREDITED, "childbirth")
    for number in ("0", "R-22"):
        await life.settle(mother(2, children=0) | {"children": [of_another(birth_record=number)]})
        case = await life.open(2, service="childbirth")
        found = await detect(life, case)
        assert (found.right, found.ended) == (Right.YES, None)
        await close(life, case, Outcome.LAPSED if number == "0" else Outcome.CREDITED)
    assert (await detect(life, await life.open(2, service="childbirth"))).ended is Outcome.ALREADY_PAID
    async with life.card.transaction() as session:
        assert len((await session.scalars(select(RightRow))).all()) == 2


async def test_the_number_of_anothers_child_written_by_mistake_is_a_question_until_it_is_put_right(life: Life) -> None:
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-1")]})
    await ended(life, Outcome.CREDITED, "childbirth")
    wrong = of_another(birth_record="R-2") | {"iin": newborn(0, "R-1")["iin"]}
    await life.settle(mother(2, children=0) | {"children": [wrong]})
    case = await life.open(2, service="childbirth")
    found = await detect(life, case)
    assert (found.right, found.same_right) == (Right.PERSON_DECIDES, True)
    await life.settle(mother(2, children=0) | {"children": [of_another(birth_record="R-2")]})
    assert await _is_offered(life, case)


async def test_two_people_may_have_a_decision_of_one_number(life: Life) -> None:
    decision = {"number": "15", "group": "III", "cause": "general", "from_date": "2024-05-01"}
    await life.settle(mother(disability=[decision | {"decided_on": "2024-05-01"}]))
    await ended(life, Outcome.CREDITED, "disability")
    theirs = decision | {"from_date": "2024-06-01", "decided_on": "2024-06-01"}
    await life.settle(mother(2, disability=[theirs]))
    for _ in range(2):
        case = await life.open(2, service="disability")
        assert await _is_offered(life, case)
        await close(life, case, Outcome.LAPSED)


async def test_the_other_parent_is_asked_about_though_they_live_apart(life: Life) -> None:
    """Without an IIN, and with a new number: the father was paid for the child that the mother had been paid for."""
    unnumbered = newborn(0, "R-1") | {"iin": None}
    await life.settle(mother(children=0) | {"children": [unnumbered]})
    await ended(life, Outcome.CREDITED, "childbirth")
    theirs = unnumbered | {"birth_record": "R-2", "mother_iin": iin_of(1), "father_iin": iin_of(2)}
    await life.settle(mother(2, children=0) | {"children": [theirs]})
    assert (await _asked(life, "childbirth", 2)).same_right


async def test_a_no_of_one_parent_is_not_the_others(life: Life) -> None:
    both = newborn(0, "R-1") | {"mother_iin": iin_of(1), "father_iin": iin_of(2)}
    await life.settle(mother(children=0) | {"children": [both]}, mother(2, children=0) | {"children": [both]})
    await ended(life, Outcome.REFUSED_BY_PERSON, "childbirth")
    assert (await detect(life, await life.open(service="childbirth"))).ended is Outcome.ALREADY_OFFERED
    assert await _is_offered(life, await life.open(2, service="childbirth"))


@pytest.mark.parametrize("paid", [True, False])
async def test_a_child_that_was_listed_under_another_mother_is_a_question(life: Life, paid: bool) -> None:
    wrong = newborn(0, "R-1")
    await life.settle(mother(children=0) | {"children": [wrong]})
    theirs = await life.open(service="childbirth")
    assert await _is_offered(life, theirs)
    if paid:
        await close(life, theirs, Outcome.CREDITED)
    await life.settle(mother(children=0), mother(2, children=0) | {"children": [wrong]})
    case = await life.open(2, service="childbirth")
    found = await detect(life, case)
    assert (found.right, "another person has it" in (found.reason or "")) == (Right.PERSON_DECIDES, True)
    if not paid:
        await close(life, theirs, Outcome.CLOSED_BY_OPERATOR)
        assert await _is_offered(life, case)


async def test_twins_whose_numbers_were_exchanged_at_first_have_their_rights(life: Life) -> None:
    """Nothing had been granted: the wrong pair was known for good, and an operator had no way out."""
    one, two = newborn(0, "R-1"), newborn(1, "R-2")
    swapped = [one | {"birth_record": "R-2"}, two | {"birth_record": "R-1"}]
    await life.settle(mother(children=0) | {"children": swapped})
    await ended(life, Outcome.UNREACHABLE, "childbirth")
    await life.settle(mother(children=0) | {"children": [one, two]})
    for _ in range(2):
        case = await life.open(service="childbirth")
        assert await _is_offered(life, case)
        await close(life, case, Outcome.CREDITED)
    assert (await detect(life, await life.open(service="childbirth"))).ended is Outcome.ALREADY_PAID


async def test_a_case_whose_right_turned_out_to_be_served_can_end(life: Life) -> None:
    """Whatever ended it, the database refused: the right of the other case was to be had again."""
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-1")]})
    await ended(life, Outcome.CREDITED, "childbirth")
    case = await life.open(2, service="childbirth")
    await life.settle(mother(2, children=0) | {"children": [of_another(birth_record="R-2")]})
    assert await _is_offered(life, case)
    async with life.card.transaction() as session:
        await rights.known_as(session, "childbirth", {"R-1", "R-2"})
    await close(life, case, Outcome.LAPSED)
    async with life.card.transaction() as session:
        states = await session.scalars(select(RightRow.state).where(RightRow.same_as == None))  # noqa: E711
        assert list(states) == [RightState.SETTLED]


@pytest.mark.parametrize("gone", [True, False], ids=["gone from the register", "paid by another case"])
async def test_a_case_that_owes_ends_by_no_register(life: Life, gone: bool) -> None:
    """Begun anew it stood still: it was to let go of the right that money had been booked for."""
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-1")]})
    case = await life.open(service="childbirth")
    assert await _is_offered(life, case)
    async with life.card.transaction() as session:
        amount = (await cases.find(session, case.ref)).amount or Decimal(0)
        await owed(session, "assigned", case.ref, amount, money.About("budget", ON.replace(day=1), ON))
    if gone:
        await life.settle(mother(children=0))
    else:
        await life.settle(mother(2, children=0) | {"children": [of_another(birth_record="R-2")]})
        await ended(life, Outcome.CREDITED, "childbirth", n=2)
        async with life.card.transaction() as session:
            await rights.known_as(session, "childbirth", {"R-1", "R-2"})
    found = await detect(life, case)
    assert (found.ended, found.right) == (None, Right.PERSON_DECIDES if gone else Right.YES)
    assert ("no longer in the registries" in (found.reason or "")) is gone


async def test_what_ran_and_has_ended_is_a_question_when_it_is_due_again(life: Life) -> None:
    """The eldest grew up, the payment ended, a child was born: four again, and "already paid"."""
    await life.settle(mother(children=4))
    await ended(life, Outcome.CREDITED)
    ran = {"service": "multi-child", "basis": iin_of(1), "from_date": "2024-01-01", "state": "paying"}
    await life.settle(mother(children=4) | {"payments": [ran]})
    assert (await detect(life, await life.open())).ended is Outcome.ALREADY_PAID
    await life.settle(mother(children=4) | {"payments": [ran | {"until": "2025-01-31"}]})
    case = await life.open()
    found = await detect(life, case)
    assert (found.right, found.may_be_due) == (Right.PERSON_DECIDES, True)
    assert "ended at E-Maket on 2025-01-31" in (found.reason or "")
    await life.decided(case, Action.IS_DUE, Attention.IS_IT_DUE)
    found = await detect(life, case)
    assert (found.right, found.ended, found.was) == (Right.YES, None, None)
    await close(life, case, Outcome.LAPSED)
    next_ = await life.open(on=date(2025, 4, 1))
    found = await detect(life, next_)
    assert (found.right, found.ended) == (Right.YES, None), "who has said so once is not asked again"
    await close(life, next_, Outcome.CREDITED)
    await life.settle(mother(children=4) | {"payments": [ran | {"until": "2025-04-30"}]})
    assert (await detect(life, await life.open(on=date(2025, 5, 1)))).may_be_due, (
        "what was paid since, and has ended, is another question"
    )


async def test_who_cares_for_a_child_now_is_not_told_that_it_is_paid(life: Life) -> None:
    both = newborn(0, "R-1") | {"mother_iin": iin_of(1), "father_iin": iin_of(2)}
    await life.settle(mother(children=0) | {"children": [both]})
    await ended(life, Outcome.CREDITED, "childcare")
    await life.settle(mother(2, children=0) | {"children": [both | {"carer_iin": iin_of(2)}]})
    case = await life.open(2, service="childcare")
    found = await detect(life, case)
    assert (found.right, found.may_be_due) == (Right.PERSON_DECIDES, True)
    assert "another person has it" in (found.reason or "")
    await life.decided(case, Action.IS_DUE, Attention.IS_IT_DUE)
    assert (await detect(life, case)).ended is Outcome.ALREADY_PAID, "this month is the mother's"
    async with life.card.transaction() as session:
        assert (await cases.find(session, case.ref)).look_on == date(2025, 4, 1)
    await close(life, case, Outcome.ALREADY_PAID)
    case = await life.open(2, service="childcare", on=date(2025, 4, 1))
    found = await detect(life, case)
    assert (found.right, found.ended) == (Right.YES, None), "who has said so once is not asked again"
    async with life.card.transaction() as session:
        assert (await cases.find(session, case.ref)).look_on is None
    await close(life, case, Outcome.CREDITED)


async def test_what_is_paid_once_to_another_is_no_question_that_a_yes_answers(life: Life) -> None:
    """A second payment of it is nothing that could be reckoned."""
    theirs = newborn(0, "R-1") | {"mother_iin": iin_of(1)}
    await life.settle(mother(children=0) | {"children": [theirs]})
    await ended(life, Outcome.CREDITED, "childbirth")
    moved = theirs | {"mother_iin": iin_of(2), "carer_iin": iin_of(2)}
    await life.settle(mother(2, children=0) | {"children": [moved]})
    assert not (await _asked(life, "childbirth", 2)).may_be_due


async def test_more_that_was_due_by_a_corrected_register_is_a_question(life: Life) -> None:
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-1", birth_order=1)]})
    await ended(life, Outcome.CREDITED, "childbirth")
    await life.settle(mother(children=0) | {"children": [newborn(0, "R-1", birth_order=4)]})
    assert "more was due" in ((await _asked(life, "childbirth")).reason or "")
