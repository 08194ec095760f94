"""The payment: looked up before it is repeated, never made twice, and a rejection spoils the account."""

import dataclasses
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import func, insert, select, update
from sqlmodel import col
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import all_activities
from activities.credit import NOBODYS_ACCOUNT, WE_MEND_IT_IN
from adapters.bank import ABOUT_US, Transfer, TransferState, TransferStatus
from adapters.errors import Refused
from card import accounts, cases, decisions, findings, money, payments, rights
from card.returns import take_back, take_up
from card.store import DatabaseError
from card.tables import Account, Assignment, Payment, table
from tests.activities.database import BY_FORCE, applied, ends_as, owed
from tests.activities.life import AMOUNT, Life
from tests.activities.people import ON, ibans_of, iin_of, mother
from workflows.model import Action, Attention, Case, CloseInput, CreditInput, Outcome, SettleInput, Step, StepInput


async def payment(life: Life, case: Case, n: int = 1, place: int = 0) -> CreditInput:
    """The n-th payment of the case, to the mother's first or second account; what it rests on is in the Card."""
    await life.agreed(case)
    async with life.card.transaction() as session:
        account = await accounts.know(session, case.person_id, ibans_of(1)[place], "bank")
        # What is credited has been assigned before: the books refuse anything else.
        await owed(session, case.key(Step.ASSIGN), case.ref, AMOUNT, money.About("budget", ON, ON))
    return CreditInput(case=case, n=n, key=case.key(Step.CREDIT, n), account_id=account.id, amount=AMOUNT)


async def intended(life: Life, arg: CreditInput) -> None:
    """What a worker leaves behind that is killed between *intended* and *done*."""
    async with life.card.transaction() as session:
        session.add(Payment(key=arg.key, case_ref=arg.case.ref, account_id=arg.account_id, amount=arg.amount))


def order(arg: CreditInput, **members: Any) -> Transfer:
    """The transfer as the step makes it."""
    usual = {"iban": ibans_of(1)[0], "iin": iin_of(1), "amount": AMOUNT, "purpose": arg.case.service}
    return Transfer.model_validate({**usual, "end_to_end_id": f"{arg.case.ref}-{arg.n}", **members})


async def name_of(life: Life, case: Case) -> str:
    """By which the bank will know the next payment of the case."""
    async with life.card.statements() as session:
        return str(await session.scalar(select(func.name_of_case_payment(case.ref))))


def dead(**says: Any) -> dict[str, Any]:
    """The mother, who has died."""
    usual = mother()
    return usual | {"person": usual["person"] | (says or {"died_on": "2025-03-15"})}


async def settled_at_the_bank(life: Life) -> list[dict[str, Any]]:
    books = (await life.outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]
    return [one for one in books if one["state"] == "settled"]


async def test_money_arrives_and_both_books_say_so(life: Life) -> None:
    arg = await payment(life, await life.open())
    done = await life.run(Step.CREDIT, arg)
    assert (done.settled, done.reason) == (True, None)
    (row,) = await life.rows(Payment, arg.case)
    assert (row.state, row.amount) == ("settled", AMOUNT)
    assert row.bank_reference
    assert row.finished_at
    (transfer,) = await settled_at_the_bank(life)
    assert (transfer["key"], transfer["amount"], transfer["iban"]) == (arg.key, "78798.00", ibans_of(1)[0])
    assert (await life.money(arg.case)).credited == AMOUNT


async def test_intended_and_never_called_is_paid_once(life: Life) -> None:
    arg = await payment(life, await life.open())
    await intended(life, arg)
    assert (await life.run(Step.CREDIT, arg)).settled
    assert await life.outside.calls("bank", arg.key) == (1, 1)


async def test_intended_and_called_is_found_and_not_paid_again(life: Life) -> None:
    arg = await payment(life, await life.open())
    await intended(life, arg)
    await life.outside.bank.transfer(arg.key, order(arg, end_to_end_id=await name_of(life, arg.case)))
    assert (await life.run(Step.CREDIT, arg)).settled
    assert await life.outside.calls("bank", arg.key) == (1, 1)
    assert len(await settled_at_the_bank(life)) == 1
    assert (await life.money(arg.case)).credited == AMOUNT


async def test_a_pending_payment_is_asked_after_and_not_repeated(life: Life) -> None:
    await life.settle(mother(behaviour={"bank": {"settle_seconds": 0.3}}))
    arg = await payment(life, await life.open())
    for attempt in (1, 2):
        with pytest.raises(ApplicationError) as caught:
            await life.run(Step.CREDIT, arg, attempt)
        assert (caught.value.type, caught.value.non_retryable) == ("NotYet", False)
        assert caught.value.next_retry_delay == timedelta(milliseconds=20)
    assert (await life.money(arg.case)).credited == 0, "nothing is booked before it has arrived"
    await life.outside.admin("bank", "PUT", "/admin/people", [mother()])
    for attempt in range(3, 100):
        try:
            assert (await life.run(Step.CREDIT, arg, attempt)).settled
            break
        except ApplicationError:
            continue
    assert await life.outside.calls("bank", arg.key) == (1, 1)


@pytest.mark.parametrize(("at_transfer", "code"), [("closed", "AC04"), ("blocked", "AC06")])
async def test_a_rejected_payment_spoils_the_account_and_the_next_goes_elsewhere(
    life: Life, at_transfer: str, code: str
) -> None:
    first, second = ibans_of(1)
    await life.settle(mother(accounts=[{"iban": first, "at_transfer": at_transfer}, {"iban": second}]))
    case = await life.open()
    arg = await payment(life, case)
    done = await life.run(Step.CREDIT, arg)
    assert (done.settled, done.reason) == (False, code)
    assert await life.run(Step.CREDIT, arg, 2) == done
    async with life.card.transaction() as session:
        assert (await session.get_one(Account, arg.account_id)).rejected == code
    assert (await life.money(case)).credited == 0
    other = await payment(life, case, n=2, place=1)
    assert (await life.run(Step.CREDIT, other)).settled
    rows = {row.key: row.state for row in await life.rows(Payment, case)}
    assert rows == {arg.key: "rejected", other.key: "settled"}
    assert len(await settled_at_the_bank(life)) == 1
    assert (await life.money(case)).credited == AMOUNT


async def test_what_was_turned_down_uses_up_no_name_of_the_right_at_the_bank(life: Life) -> None:
    """A Card that was restored to before both begins with the first name again: it must be that of the paid one."""
    first, second = ibans_of(1)
    await life.settle(mother(accounts=[{"iban": first, "at_transfer": "closed"}, {"iban": second}]))
    case = await life.open()
    await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))
    for n, place, settled in ((1, 0, False), (2, 1, True)):
        assert (await life.run(Step.CREDIT, await payment(life, case, n=n, place=place))).settled is settled
    turned_down, paid = sorted(await life.rows(Payment, case), key=lambda row: row.key)
    assert paid.end_to_end_id is not None
    assert paid.end_to_end_id == turned_down.end_to_end_id
    assert paid.end_to_end_id.endswith("-1")


async def test_a_payment_that_the_bank_calls_a_repetition_is_never_made_to_another_account(life: Life) -> None:
    """The bank has forgotten the key but not the money (AM05): it went out, so no account is bad and nothing is owed.

    A second payment, under another number, would be paid: only a person may say how to go on.
    """
    case = await life.open()
    arg = await payment(life, case)
    name = await name_of(life, case)
    await life.outside.bank.transfer("a key of before", order(arg, end_to_end_id=name))
    for attempt in (1, 2):
        with pytest.raises(ApplicationError) as caught:
            await life.run(Step.CREDIT, arg, attempt)
        assert caught.value.non_retryable
        assert "AM05" in str(caught.value)
    async with life.card.transaction() as session:
        assert (await session.get_one(Account, arg.account_id)).rejected is None
    assert [row.state for row in await life.rows(Payment, case)] == ["intended"], "it blocks a second payment"
    assert len(await settled_at_the_bank(life)) == 1


async def _difference(life: Life, amount: Decimal, was: Decimal) -> CreditInput:
    """A case of the right that runs, which brings what a body has assigned beyond that."""
    case = await life.open()
    async with life.card.transaction() as session:
        right = await rights.known_as(session, case.service, {iin_of(1)})
        await rights.take(session, case.ref, right, basis=iin_of(1), amount=amount, ground=None)
    await life.agreed(case)
    key = case.key(Step.ASSIGN)
    ruling = {"application_number": f"EM-{case.ref}", "computed": amount, "amount": amount, "was": was}
    async with life.card.transaction() as session:
        to = await accounts.know(session, case.person_id, ibans_of(1)[0], "bank")
        await applied(session, case.ref, f"EM-{case.ref}")
        row = insert(table(Assignment)).values(key=key, case_ref=case.ref, state="assigned", **ruling)
        await session.execute(row)
        await money.book_assigned(session, key, case.ref, amount - was, money.About("budget", ON, ON))
    return CreditInput(case=case, key=case.key(Step.CREDIT), account_id=to.id, amount=amount - was)


async def _runs(life: Life) -> None:
    case = await life.open()
    async with life.card.transaction() as session:
        right = await rights.known_as(session, case.service, {iin_of(1)})
        await rights.take(session, case.ref, right, basis=iin_of(1), amount=AMOUNT, ground=None)
        await ends_as(session, case.ref, "credited")
        await cases.close(session, case.ref, "credited", None)


@pytest.mark.parametrize("both", [False, True], ids=["one", "both"])
async def test_of_a_difference_that_was_paid_in_part_before_the_rest_is_still_to_be_paid(
    life: Life, both: bool
) -> None:
    """Restored, and grown twice: 34 687 were booked where 17 343 had been paid, and the rest could never be; or, where
    that had been paid too, went out a second time."""
    await _runs(life)
    arg = await _difference(life, AMOUNT + 34687, AMOUNT)
    name = await name_of(life, arg.case)
    forgotten = order(arg, end_to_end_id=name, amount=Decimal(17343))
    await life.outside.bank.transfer("multi-child/another:credit", forgotten)
    with pytest.raises(ApplicationError, match="AM05"):
        await life.run(Step.CREDIT, arg)
    await life.decided(arg.case, Action.CONFIRM_PAID, Attention.PAID_BEFORE)
    for _ in range(2):
        found = await life.run(Step.SETTLE, SettleInput(case=arg.case, key=arg.key, paid=True))
        assert (found.settled, found.part) == (True, Decimal(17343))
    assert await life.money(arg.case) == money.Money(Decimal(34687), Decimal(17343), Decimal(17344))
    rest = arg.model_copy(update={"n": 2, "key": arg.case.key(Step.CREDIT, 2), "amount": Decimal(17344)})
    if both:
        name = await name_of(life, arg.case)
        forgotten = order(arg, end_to_end_id=name, amount=Decimal(17344))
        await life.outside.bank.transfer("multi-child/a-third:credit", forgotten)
        with pytest.raises(ApplicationError, match="AM05"):
            await life.run(Step.CREDIT, rest)
        await life.decided(arg.case, Action.CONFIRM_PAID, Attention.PAID_BEFORE)
        found = await life.run(Step.SETTLE, SettleInput(case=arg.case, key=rest.key, paid=True))
        assert (found.settled, found.part) == (True, None)
    else:
        assert (await life.run(Step.CREDIT, rest)).settled
    assert (await life.money(arg.case)).pending == 0
    async with life.card.transaction() as session:
        assert (await payments.paid(session, arg.case.ref) or [0])[0] == Decimal(34687)


async def _forgotten(life: Life, amount: Decimal = AMOUNT) -> CreditInput:
    """A payment that a case made of which a restored Card knows nothing, and an operator who has it paid anew."""
    arg = await payment(life, await life.open())
    name = await name_of(life, arg.case)
    await life.outside.bank.transfer("a key of before", order(arg, end_to_end_id=name, amount=amount))
    with pytest.raises(ApplicationError, match="AM05"):
        await life.run(Step.CREDIT, arg)
    await life.decided(arg.case, Action.PAY_ANEW, Attention.PAID_BEFORE)
    return arg


async def test_what_somebody_has_found_unpaid_goes_out_under_another_name(life: Life) -> None:
    """AM05 for ever: the payment that was made anew bore the name that the bank calls used."""
    back = {"code": "AC04", "after_days": 0}
    await life.settle(mother(behaviour={"bank": {"returns": back}}))
    arg = await _forgotten(life)
    await life.settle(mother())
    assert not (await life.run(Step.SETTLE, SettleInput(case=arg.case, key=arg.key, paid=False))).settled
    assert (await life.run(Step.CREDIT, await payment(life, arg.case, n=2))).settled


@pytest.mark.parametrize("amount", [AMOUNT, AMOUNT - 10], ids=["all of it", "a part"])
async def test_what_the_bank_has_made_under_another_key_is_not_made_anew(life: Life, amount: Decimal) -> None:
    """After a restore the payment had another case's key, and an operator's `pay-anew` paid it a second time."""
    arg = await _forgotten(life, amount)
    found = await life.run(Step.SETTLE, SettleInput(case=arg.case, key=arg.key, paid=False))
    assert (found.settled, found.part) == (True, None if amount == AMOUNT else amount)
    assert await life.money(arg.case) == money.Money(AMOUNT, amount, AMOUNT - amount)


async def test_what_the_bank_has_in_hand_under_another_key_is_not_made_anew(life: Life) -> None:
    await life.settle(mother(behaviour={"bank": {"settle_seconds": 60}}))
    arg = await _forgotten(life)
    with pytest.raises(ApplicationError, match="in hand"):
        await life.run(Step.SETTLE, SettleInput(case=arg.case, key=arg.key, paid=False))


async def test_differences_bear_the_name_of_what_they_come_on_top_of(life: Life) -> None:
    """With a counter the second difference had the name of the one that the Card had forgotten."""
    await _runs(life)
    arg = await _difference(life, AMOUNT + 100, AMOUNT)
    assert (await life.run(Step.CREDIT, arg)).settled
    async with life.card.transaction() as session:
        await cases.close(session, arg.case.ref, "credited", None)
    more = await _difference(life, AMOUNT + 300, AMOUNT + 100)
    assert (await life.run(Step.CREDIT, more)).settled
    names = [row.end_to_end_id for case in (arg.case, more.case) for row in await life.rows(Payment, case)]
    assert len({str(name).rpartition("-")[0] for name in names}) == 2


async def test_two_rights_with_one_number_have_two_names_at_the_bank(life: Life) -> None:
    """A register uses a number twice: the second child's payment was a repetition of the first's."""
    names = set()
    for n, name in ((1, "R-1"), (2, "R-1/another")):
        case = await life.open(n)
        async with life.card.transaction() as session:
            right = await rights.known_as(session, case.service, {name})
            await rights.take(session, case.ref, right, basis="R-1", amount=AMOUNT, ground=None)
        names.add(await name_of(life, case))
    assert len(names) == 2


async def test_a_case_is_never_paid_a_second_time_under_another_number(life: Life) -> None:
    case = await life.open()
    assert (await life.run(Step.CREDIT, await payment(life, case))).settled
    with pytest.raises(ApplicationError, match="0 tenge are owed"):
        await life.run(Step.CREDIT, await payment(life, case, n=2, place=1))
    assert len(await settled_at_the_bank(life)) == 1


async def test_a_rejection_without_more_than_a_code_is_an_answer_too(life: Life) -> None:
    await life.settle(mother(behaviour={"bank": {"reject": {"code": "AG01", "reason": ""}}}))
    done = await life.run(Step.CREDIT, await payment(life, await life.open()))
    assert (done.settled, done.reason) == (False, "AG01")


async def test_the_account_of_the_input_decides_whatever_was_found_meanwhile(life: Life) -> None:
    """An attempt after a restart pays to the account that the case decided on."""
    case = await life.open()
    arg = await payment(life, case)
    await intended(life, arg)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(Account).where(col(Account.id) == arg.account_id).values(source="person"))
    await payment(life, case, n=2, place=1)
    await life.run(Step.CREDIT, arg, 2)
    (transfer,) = await settled_at_the_bank(life)
    assert transfer["iban"] == ibans_of(1)[0]


async def test_what_stands_in_the_row_decides_for_a_case_that_is_begun_anew(life: Life) -> None:
    """Rejected by the first account, lost, begun anew: the second, which nothing was sent to, was spoiled."""
    closed, second = (
        {"iban": iban, "state": state} for iban, state in zip(ibans_of(1), ("closed", "open"), strict=True)
    )
    await life.settle(mother(accounts=[closed, second]))
    case = await life.open()
    first = await payment(life, case)
    assert (await life.run(Step.CREDIT, first)).reason == "AC04"
    anew = await payment(life, case, place=1)
    again = await life.run(Step.CREDIT, anew)
    assert (again.settled, again.reason) == (False, "AC04")
    async with life.card.transaction() as session:
        assert (await session.get_one(Account, anew.account_id)).rejected is None
    assert (await life.run(Step.CREDIT, await payment(life, case, n=2, place=1))).settled


async def test_of_rights_that_turned_out_to_be_one_only_one_case_pays(life: Life) -> None:
    """Both were taken before it was known. Whichever comes to the bank second waits for a person."""
    first, second = await life.open(), await life.open()
    async with life.card.transaction() as session:
        for name, case in (("old", first), ("new", second)):
            right = await rights.known_as(session, case.service, {name})
            await rights.take(session, case.ref, right, basis=name, amount=AMOUNT, ground=None)
    paid, refused = await payment(life, first), await payment(life, second)
    async with life.card.transaction() as session:
        await rights.known_as(session, first.service, {"old", "new"})
    assert (await life.run(Step.CREDIT, paid)).settled
    with pytest.raises(ApplicationError, match=f"case {first.ref} has paid") as error:
        await life.run(Step.CREDIT, refused)
    assert (error.value.type, error.value.non_retryable) == ("Refused", True)
    assert await life.rows(Payment, second) == []
    assert (await life.run(Step.CREDIT, paid)).settled, "the case that has paid is not held up by the other"


async def test_a_right_is_assigned_once_for_a_month(life: Life) -> None:
    """From the program's own role a second case of a right that was paid had its own yes, ruling and payment."""
    first, second = await life.open(), await life.open()
    async with life.card.transaction() as session:
        right = await rights.known_as(session, first.service, {"mother"})
        await rights.take(session, first.ref, right, basis="mother", amount=AMOUNT, ground=None)
    await payment(life, first)
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await cases.find(session, first.ref)).outcome = "lapsed"
        await session.flush()
        await rights.take(session, second.ref, right, basis="mother", amount=AMOUNT, ground=None)
    with pytest.raises(DatabaseError, match="CheckViolation"):
        await payment(life, second)
    await life.agreed(second)
    with pytest.raises(ApplicationError, match=f"case {first.ref} has for this month") as refused:
        await life.run(Step.ASSIGN, await life.ready(Step.ASSIGN, second))
    assert refused.value.non_retryable


async def test_what_the_case_claims_moves_no_money(life: Life) -> None:
    """The amount, the yes and the account are the Card's: an answer that was forged on the way paid nine millions."""
    arg = await payment(life, await life.open())
    theirs = await life.open(2)
    async with life.card.transaction() as session:
        other = await accounts.know(session, theirs.person_id, ibans_of(2)[0], "bank")
    unasked = await life.open(3)
    async with life.card.transaction() as session:
        to = await accounts.know(session, unasked.person_id, ibans_of(3)[0], "bank")
        about = money.About("budget", ON, ON)
        await owed(session, unasked.key(Step.ASSIGN), unasked.ref, AMOUNT, about, agreed=False)
    for forged, says in (
        (arg.model_copy(update={"amount": AMOUNT * 100}), "are owed"),
        (arg.model_copy(update={"account_id": other.id}), "another person's"),
        (
            CreditInput(case=unasked, key=unasked.key(Step.CREDIT), account_id=to.id, amount=AMOUNT),
            "nobody has said yes",
        ),
    ):
        with pytest.raises(ApplicationError, match=says) as refused:
            await life.run(Step.CREDIT, forged)
        assert (refused.value.type, refused.value.non_retryable) == ("Refused", True)
    assert await settled_at_the_bank(life) == []


async def test_no_payment_is_settled_by_a_decision_that_nobody_made(life: Life) -> None:
    arg = await payment(life, await life.open())
    await intended(life, arg)
    for paid in (True, False):
        with pytest.raises(ApplicationError, match="no operator has decided so"):
            await life.run(Step.SETTLE, SettleInput(case=arg.case, key=arg.key, paid=paid))
    (row,) = await life.rows(Payment, arg.case)
    assert row.state == "intended"


async def test_what_the_bank_has_made_or_has_in_hand_is_not_made_anew_whoever_decides(life: Life) -> None:
    """A forged "it was paid before" and a forged decision paid a second time, and would an honest operator's."""
    arg = await payment(life, await life.open())
    await intended(life, arg)
    anew = SettleInput(case=arg.case, key=arg.key, paid=False)
    async with life.card.transaction() as session:
        decided = {"action": Action.PAY_ANEW, "why": Attention.PAID_BEFORE, "by": "a.omarova", "note": "no money left"}
        await decisions.write(session, key="d", case_ref=arg.case.ref, at=datetime.now(UTC), **decided)
    await life.settle(mother(behaviour={"bank": {"settle_seconds": 60}}))
    await life.outside.bank.transfer(arg.key, order(arg, end_to_end_id=await name_of(life, arg.case)))
    with pytest.raises(ApplicationError, match="in hand") as waits:
        await life.run(Step.SETTLE, anew)
    assert (waits.value.type, waits.value.non_retryable) == ("Unknown", True)
    (row,) = await life.rows(Payment, arg.case)
    assert row.state == "intended"

    class Made:
        async def transfer_status(self, key: str) -> TransferStatus:
            return TransferStatus(key=key, state=TransferState.SETTLED, bank_reference="B-1")

        async def credited_as(self, _name: str) -> None:
            return None

    world = dataclasses.replace(life.world(), bank=cast(Any, Made()))
    assert (await life.run(Step.SETTLE, anew, world=world)).settled
    assert (await life.money(arg.case)).credited == AMOUNT


async def test_a_bank_that_will_not_say_what_became_of_a_payment_has_not_said_no(life: Life) -> None:
    """It had paid, and refused the question: the case was closed, and she was told to apply in the ordinary way."""
    arg = await payment(life, await life.open())
    await intended(life, arg)

    class Refusing:
        async def transfer_status(self, key: str) -> None:
            raise Refused("bank", "forbidden", f"about {key[:0]}it")

    world = dataclasses.replace(life.world(), bank=cast(Any, Refusing()))
    with pytest.raises(ApplicationError, match="does not say what became of the payment") as unknown:
        await life.run(Step.CREDIT, arg, world=world)
    assert (unknown.value.type, unknown.value.non_retryable) == ("Unknown", True)
    (row,) = await life.rows(Payment, arg.case)
    assert row.state == "intended"


async def test_no_case_ends_as_credited_that_owes(life: Life) -> None:
    """As a run that was reset into its last moment after its money had come back."""
    arg = await payment(life, await life.open())
    ends = CloseInput(case=arg.case, key=arg.case.key(Step.CLOSE), outcome=Outcome.CREDITED, reason=None)
    with pytest.raises(ApplicationError, match="are still owed"):
        await life.run(Step.CLOSE, ends)
    await life.run(Step.CREDIT, arg)
    await life.run(Step.CLOSE, ends)


async def test_no_case_ends_while_its_payment_may_be_on_its_way(life: Life) -> None:
    """A run that was begun anew, or reset, knew nothing of it: it was cancelled, and the bank had paid."""
    case = await life.open()
    found = await life.run(Step.DETECT, await life.ready(Step.DETECT, case))
    assert not found.at_stake
    arg = await payment(life, case)
    await intended(life, arg)
    again = await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))
    assert again.at_stake
    ends = CloseInput(case=case, key=case.key(Step.CLOSE), outcome=Outcome.CLOSED_BY_OPERATOR, reason="cancelled")
    with pytest.raises(ApplicationError, match="a payment may be on its way"):
        await life.run(Step.CLOSE, ends)
    await life.run(Step.CREDIT, arg)
    assert not (await life.run(Step.DETECT, StepInput(case=case, key=case.key(Step.DETECT)))).at_stake


@pytest.mark.parametrize("asking", [True, False], ids=["asked", "acted"])
async def test_a_bank_that_speaks_of_another_transfer_has_credited_nothing(life: Life, asking: bool) -> None:
    """It said settled, of one tenge to somebody else, and the case was credited."""
    arg = await payment(life, await life.open())
    if asking:
        await intended(life, arg)

    class Mistaken:
        async def transfer_status(self, key: str) -> TransferStatus:
            return TransferStatus(key=key, state=TransferState.SETTLED, bank_reference="B-1", amount=Decimal("1.00"))

        async def transfer(self, key: str, _: Transfer) -> TransferStatus:
            return await self.transfer_status(key)

    world = dataclasses.replace(life.world(), bank=cast(Any, Mistaken()))
    with pytest.raises(ApplicationError, match="the answer's amount is not the one") as wrong:
        await life.run(Step.CREDIT, arg, world=world)
    assert wrong.value.type == "BadAnswer"
    assert (await life.money(arg.case)).credited == 0


async def test_a_rejection_that_is_not_about_the_account_bars_no_account(life: Life) -> None:
    odd = {"reject": {"code": "AM09", "reason": "not the amount that was agreed"}}
    await life.settle(mother(behaviour={"bank": odd}))
    arg = await payment(life, await life.open())
    with pytest.raises(ApplicationError, match=r"not for the account \[AM09\]") as refused:
        await life.run(Step.CREDIT, arg)
    assert (refused.value.type, refused.value.non_retryable) == ("Refused", True)
    async with life.card.transaction() as session:
        assert (await accounts.find(session, arg.account_id)).rejected is None
    assert (await life.run(Step.CREDIT, arg)).reason == "AM09", "after the operator's retry another payment is made"


@pytest.mark.parametrize("code", sorted(ABOUT_US))
async def test_a_fault_of_the_account_that_we_pay_from_is_waited_for(
    life: Life, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The person's own account was barred for it, and they were asked for another; where ours was empty for ten
    minutes, each case stood before an operator."""
    await life.settle(mother(behaviour={"bank": {"reject": {"code": code, "reason": ""}}}))
    arg = await payment(life, await life.open())
    with pytest.raises(ApplicationError, match=rf"from our account.*\[{code}\]") as waits:
        await life.run(Step.CREDIT, arg)
    assert (waits.value.type, waits.value.non_retryable) == ("Unavailable", False)
    assert waits.value.next_retry_delay == WE_MEND_IT_IN
    assert len([one for one in caplog.messages if "payments wait" in one]) == 1
    again = await life.run(Step.CREDIT, arg, 2)
    assert (again.settled, again.reason) == (False, code)
    async with life.card.transaction() as session:
        assert (await accounts.find(session, arg.account_id)).rejected is None
    await life.settle(mother(accounts=[]))
    asked = StepInput(case=arg.case, key=arg.case.key(Step.FIND_ACCOUNT))
    found = await life.run(Step.FIND_ACCOUNT, asked)
    assert found.account is not None, "one that no bank lists is asked for once"
    assert found.account.id == arg.account_id
    await life.settle(mother())
    assert (await life.run(Step.CREDIT, await payment(life, arg.case, n=2))).settled


async def test_a_bank_that_turns_everybodys_account_down_bars_no_further_one(life: Life) -> None:
    """For a quarter of an hour it said "closed" of each: good accounts were barred, and others asked for."""
    closed = {"bank": {"reject": {"code": "AC04", "reason": "closed"}}}
    many = range(1, NOBODYS_ACCOUNT + 1)
    await life.settle(*(mother(n, behaviour=closed) for n in many))
    arguments = [await life.ready(Step.CREDIT, await life.open(n), n) for n in many]
    world = life.world()
    (credit,) = [one for one in all_activities(world) if one.__name__ == Step.CREDIT]
    *first, last = arguments
    for arg in first:
        assert not (await ActivityEnvironment().run(credit, arg)).settled
    with pytest.raises(ApplicationError, match=r"not for the account \[AC04\]"):
        await ActivityEnvironment().run(credit, last)
    async with life.card.transaction() as session:
        rejected = [(await accounts.find(session, cast(CreditInput, arg).account_id)).rejected for arg in arguments]
    assert rejected == ["AC04"] * len(first) + [None]


async def test_what_came_back_for_no_fault_of_the_account_waits_for_a_decision(life: Life) -> None:
    """Paid twice, or to somebody who has died: it was sent out again, to another account, within minutes."""
    arg = await payment(life, await life.open())
    await life.run(Step.CREDIT, arg)
    ends = CloseInput(case=arg.case, key=arg.case.key(Step.CLOSE), outcome=Outcome.CREDITED, reason=None)
    await life.run(Step.CLOSE, ends)
    said: dict[str, Any] = {"by": "a.omarova", "note": ""}
    async with life.card.transaction() as session:
        tail = ibans_of(1)[0][-4:]
        await take_back(session, arg.case.ref, account=tail, reason="MD07", on=ON, anew=False, **said)
    async with life.card.statements() as session:
        assert (await cases.find(session, arg.case.ref)).outcome == Outcome.CREDITED
        assert (await accounts.find(session, arg.account_id)).rejected is None
        assert "money_is_owed" in {one.kind for one in await findings.listed(session)}
    async with life.card.transaction() as session:
        await take_up(session, arg.case.ref, **said)
    async with life.card.statements() as session:
        assert (await cases.find(session, arg.case.ref)).outcome is None


async def _came_back(life: Life, arg: CreditInput, *, at_the_bank: bool) -> CreditInput:
    """Credited, and entered as come back, as it has `at_the_bank` or has not. The payment to the next account."""
    assert (await life.run(Step.CREDIT, arg)).settled
    ends = CloseInput(case=arg.case, key=arg.case.key(Step.CLOSE), outcome=Outcome.CREDITED, reason=None)
    await life.run(Step.CLOSE, ends)
    if at_the_bank:
        back = {"code": "AC04", "after_days": 0, "earlier_too": True}
        await life.settle(mother(behaviour={"bank": {"returns": back}}))
        await life.settle(mother())
    said: dict[str, Any] = {"account": ibans_of(1)[0][-4:], "reason": "AC04", "by": "a.omarova", "note": ""}
    async with life.card.transaction() as session:
        await take_back(session, arg.case.ref, on=ON, **said)
    async with life.card.transaction() as session:
        to = await accounts.know(session, arg.case.person_id, ibans_of(1)[1], "bank")
    return arg.model_copy(update={"n": 2, "key": arg.case.key(Step.CREDIT, 2), "account_id": to.id})


async def test_what_came_back_by_the_bank_too_is_paid_again(life: Life) -> None:
    again = await _came_back(life, await payment(life, await life.open()), at_the_bank=True)
    assert (await life.run(Step.CREDIT, again)).settled
    assert await life.money(again.case) == money.Money(AMOUNT, AMOUNT, Decimal(0))


@pytest.mark.parametrize("found", [Action.CONFIRM_PAID, Action.PAY_ANEW])
async def test_what_the_bank_holds_for_paid_is_not_paid_again_until_somebody_has_found_out(
    life: Life, found: Action
) -> None:
    """A return that nobody had seen was entered, and the money went out a second time."""
    again = await _came_back(life, await payment(life, await life.open()), at_the_bank=False)
    for attempt in (1, 2):
        with pytest.raises(
            ApplicationError, match="for settled, and the Card for returned: has it come back"
        ) as caught:
            await life.run(Step.CREDIT, again, attempt)
        assert (caught.value.type, caught.value.non_retryable) == ("Duplicate", True)
    assert len(await settled_at_the_bank(life)) == 1
    await life.decided(again.case, found, Attention.PAID_BEFORE)
    paid = found is Action.CONFIRM_PAID
    settled = await life.run(Step.SETTLE, SettleInput(case=again.case, key=again.key, paid=paid))
    assert settled.settled is paid
    if not paid:
        third = again.model_copy(update={"n": 3, "key": again.case.key(Step.CREDIT, 3)})
        assert (await life.run(Step.CREDIT, third)).settled
    assert len(await settled_at_the_bank(life)) == (1 if paid else 2)
    assert await life.money(again.case) == money.Money(AMOUNT, AMOUNT, Decimal(0))


async def test_a_duplicate_by_its_other_code_is_paid_by_no_other_account(life: Life) -> None:
    """DUPL: the bank had booked it; another account was asked for, and a second transfer went out."""
    await life.settle(mother(behaviour={"bank": {"reject": {"code": "DUPL", "reason": "duplicate"}}}))
    arg = await payment(life, await life.open())
    with pytest.raises(ApplicationError, match=r"made before \[DUPL\]") as said:
        await life.run(Step.CREDIT, arg)
    assert (said.value.type, said.value.non_retryable) == ("Duplicate", True)
    (row,) = await life.rows(Payment, arg.case)
    assert row.state == "intended"


@pytest.mark.parametrize("says", [{}, {"wrongly": {"died_on": "9999-99-99"}}], ids=["known", "cannot be read"])
async def test_who_has_died_since_it_was_assigned_is_paid_nothing_unseen(life: Life, says: dict[str, Any]) -> None:
    """What is due up to the month of death went to an account that nobody alive could use."""
    arg = await payment(life, await life.open())
    await life.settle(dead(**says))
    for _ in range(2):
        with pytest.raises(ApplicationError, match=r"the person died on 2025-03-15|do they live") as caught:
            await life.run(Step.CREDIT, arg)
        assert (caught.value.type, caught.value.non_retryable) == ("Refused", True)
    assert (await life.rows(Payment, arg.case), await settled_at_the_bank(life)) == ([], [])
    assert (await life.money(arg.case)).pending == AMOUNT, "it stays owed"
    await life.settle(mother())
    assert (await life.run(Step.CREDIT, arg)).settled, "a register's error is mended"


async def test_what_was_intended_for_who_has_died_is_asked_after_and_not_sent(life: Life) -> None:
    arg = await payment(life, await life.open())
    await intended(life, arg)
    await life.settle(dead())
    with pytest.raises(ApplicationError, match="the person died") as caught:
        await life.run(Step.CREDIT, arg, 2)
    assert caught.value.type == "Unknown", "it may still reach the bank: the case cannot end"
    assert await settled_at_the_bank(life) == []
    await life.outside.bank.transfer(arg.key, order(arg, end_to_end_id=await name_of(life, arg.case)))
    assert (await life.run(Step.CREDIT, arg, 3)).settled, "what the bank has made is made"


async def test_what_another_case_has_written_under_the_key_is_not_paid(life: Life) -> None:
    """Who could write to the database wrote a payment of 0.01 there: the whole was paid under it, and then again."""
    case = await life.open()
    step = await life.ready(Step.CREDIT, case)
    other = await life.open(2)
    async with life.card.transaction() as session:
        account = await accounts.know(session, other.person_id, ibans_of(1)[0], "bank")
        await session.execute(BY_FORCE)
        session.add(Payment(key=step.key, case_ref=other.ref, account_id=account.id, amount=Decimal("0.01")))
    with pytest.raises(ApplicationError, match="another case's"):
        await life.run(Step.CREDIT, step)
    assert (await life.outside.admin("bank", "GET", "/bank/v1/books"))["transfers"] == []
