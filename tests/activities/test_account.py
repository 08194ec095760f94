"""The account: the person's own, open, in tenge, and none to which a payment has come back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.bank import BankAccount
from adapters.errors import Refused
from benefits.days import ALMATY
from card import accounts, messages
from card.tables import Account, OutgoingMessage, Question, RefusedAnswer
from tests.activities.life import Life
from tests.activities.people import SOMEBODYS, ibans_of, mother, phone_of
from workflows.model import NO_ANSWER, AccountFound, Case, CheckAccountInput, Step, StepInput

FIRST, SECOND = ibans_of(1)
THIRD = ibans_of(5)[0]
CARD_NUMBER = "4400 4301 2345 6789"


async def find(life: Life, case: Case, n: int = 1) -> AccountFound:
    found: AccountFound = await life.run(
        Step.FIND_ACCOUNT, StepInput(case=case, key=case.key(Step.FIND_ACCOUNT, n), n=n)
    )
    return found


async def check(life: Life, case: Case, text: str) -> AccountFound:
    await life.asked(case, expects="account")
    await life.heard("op:1", text)
    arg = CheckAccountInput(case=case, key=case.key(Step.CHECK_ACCOUNT), message_id="op:1")
    found: AccountFound = await life.run(Step.CHECK_ACCOUNT, arg)
    return found


async def iban_of(life: Life, found: AccountFound) -> tuple[str, str]:
    assert found.account is not None
    async with life.card.transaction() as session:
        account = await session.get_one(Account, found.account.id)
    assert found.account.tail == account.iban[-4:]
    return account.iban, account.source


async def reject(life: Life, case: Case, iban: str) -> None:
    async with life.card.transaction() as session:
        (await accounts.know(session, case.person_id, iban, "bank")).rejected = "AC04"


async def test_the_first_account_is_taken(life: Life) -> None:
    assert await iban_of(life, await find(life, await life.open())) == (FIRST, "bank")


@pytest.mark.parametrize(
    "first",
    [{"state": "blocked"}, {"state": "closed"}, {"currency": "USD"}],
    ids=lambda members: next(iter(members.values())),
)
async def test_an_account_that_cannot_be_credited_is_passed_over(life: Life, first: dict[str, str]) -> None:
    await life.settle(mother(accounts=[{"iban": FIRST, **first}, {"iban": SECOND}]))
    assert (await iban_of(life, await find(life, await life.open())))[0] == SECOND


async def test_an_account_to_which_a_payment_came_back_is_passed_over_for_good(life: Life) -> None:
    case, later = await life.open(), await life.open()
    await reject(life, case, FIRST)
    assert (await iban_of(life, await find(life, case, n=2)))[0] == SECOND
    assert (await iban_of(life, await find(life, later)))[0] == SECOND, "also in her next case"
    await reject(life, case, SECOND)
    assert await find(life, case, n=3) == AccountFound(reason="none_usable")


async def test_without_accounts_there_is_none(life: Life) -> None:
    await life.settle(mother(accounts=[]))
    assert await find(life, await life.open()) == AccountFound(reason="none_usable")


@pytest.mark.parametrize("fault", ["status", "down", "retry_later", "answer_twice"])
async def test_a_bank_that_fails_is_asked_again(life: Life, fault: str) -> None:
    case = await life.open()
    await life.outside.fault("bank", fault, times=2)
    found = await life.until_done(Step.FIND_ACCOUNT, StepInput(case=case, key=case.key(Step.FIND_ACCOUNT)))
    assert found.account is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ИӘ", "invalid"),
        (CARD_NUMBER, "invalid"),
        (FIRST[:-1] + "9", "invalid"),
        (f"{FIRST} {SECOND}", "invalid"),
        ("", "invalid"),
        (SOMEBODYS, "not_own"),
        (THIRD, "unknown"),
    ],
)
async def test_an_account_by_sms_that_is_not_usable_says_why(life: Life, text: str, reason: str) -> None:
    await life.settle(mother(), mother(9, accounts=[{"iban": SOMEBODYS}]))
    case = await life.open()
    assert await check(life, case, text) == AccountFound(reason=reason)
    async with life.card.transaction() as session:
        assert len(await messages.open_questions(session, phone_of(1))) == 1, "the question stays open"


@pytest.mark.parametrize("state", ["blocked", "closed"])
async def test_an_account_by_sms_in_a_state_that_takes_no_money(life: Life, state: str) -> None:
    await life.settle(mother(accounts=[{"iban": FIRST, "state": state}]))
    assert await check(life, await life.open(), FIRST) == AccountFound(reason=state)


async def test_an_account_by_sms_to_which_a_payment_came_back(life: Life) -> None:
    case = await life.open()
    await reject(life, case, FIRST)
    assert await check(life, case, FIRST) == AccountFound(reason="payment_came_back")


class CarelessBank:
    """A bank that lists accounts of others too, her own last."""

    async def accounts(self, iin: str) -> tuple[BankAccount, ...]:  # noqa: ARG002  (the port's name)
        listed = [(SOMEBODYS, False), (SECOND, True)]
        return tuple(BankAccount.model_validate({"iban": iban, "state": "open", "own": own}) for iban, own in listed)


async def test_an_account_in_another_name_is_passed_over(life: Life) -> None:
    case = await life.open()
    bank: Any = CarelessBank()
    arg = StepInput(case=case, key=case.key(Step.FIND_ACCOUNT))
    assert (await iban_of(life, await life.run(Step.FIND_ACCOUNT, arg, 1, life.world_with(bank=bank))))[0] == SECOND


class ForeignMoney:
    """A bank that says of an account that it is kept in another currency."""

    async def account(self, iin: str, iban: str) -> BankAccount:  # noqa: ARG002  (the port's names)
        return BankAccount.model_validate({"iban": iban, "state": "open", "currency": "USD", "own": True})


async def test_an_account_by_sms_in_another_currency_is_not_usable(life: Life) -> None:
    await life.asked(case := await life.open(), expects="account")
    await life.heard("op:1", FIRST)
    arg = CheckAccountInput(case=case, key=case.key(Step.CHECK_ACCOUNT), message_id="op:1")
    bank: Any = ForeignMoney()
    assert (await life.run(Step.CHECK_ACCOUNT, arg, 1, life.world_with(bank=bank))).account is None


@pytest.mark.parametrize("text", [FIRST, "кім бұл?"])
async def test_what_the_new_owner_of_her_number_writes_is_no_account_of_hers(life: Life, text: str) -> None:
    case = await life.open()
    await life.asked(case, expects="account")
    await life.heard("op:1", text)
    await life.settle(mother(phone="+77039999999"))
    arg = CheckAccountInput(case=case, key=case.key(Step.CHECK_ACCOUNT), message_id="op:1")
    assert await life.run(Step.CHECK_ACCOUNT, arg) == AccountFound(reason=NO_ANSWER, moved=True)
    assert len(await life.rows(RefusedAnswer, case)) == 1
    ask: Any = await life.ready(Step.ASK_ACCOUNT, case)
    assert (await life.run(Step.ASK_ACCOUNT, ask)).sent
    assert not (await life.run(Step.CHECK_ACCOUNT, arg)).moved, "she has been asked on her new one since"


@pytest.mark.parametrize("text", [FIRST, f"ИӘ {FIRST}", " ".join(FIRST[n : n + 4] for n in range(0, 20, 4)).lower()])
async def test_an_account_by_sms_is_taken_and_closes_the_question(life: Life, text: str) -> None:
    case = await life.open()
    assert await iban_of(life, await check(life, case, text)) == (FIRST, "person")
    async with life.card.transaction() as session:
        assert await messages.open_questions(session, phone_of(1)) == []


SIGNS = ["\u200b", "\u2060", "\u200e", "\ufeff", "\u2013", "\u2014", "\u2212", "\u00ad", "   ", ", ", ".", "\u00a0"]


@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
async def test_an_account_that_was_pasted_is_taken_whatever_stands_between_its_groups(life: Life, sign: str) -> None:
    pasted = sign.join(FIRST[n : n + 4] for n in range(0, 20, 4))
    assert await iban_of(life, await check(life, await life.open(), pasted)) == (FIRST, "person")


async def test_the_question_for_an_account_bears_its_own_time(life: Life) -> None:
    case = await life.open()
    asked = await life.run(Step.ASK_ACCOUNT, await life.ready(Step.ASK_ACCOUNT, case))
    assert (asked.sent, asked.deadline) == (True, datetime(2025, 3, 11, 23, 59, 59, tzinfo=ALMATY))
    (question,) = await life.rows(Question, case)
    assert (question.expects, question.deadline) == ("account", asked.deadline)
    assert "IBAN" in life.sms.to(phone_of(1))[0]


async def test_nobody_to_ask_for_an_account(life: Life) -> None:
    await life.settle(mother(phone=None))
    case = await life.open()
    assert not (await life.run(Step.ASK_ACCOUNT, await life.ready(Step.ASK_ACCOUNT, case))).sent
    await life.settle(mother())
    life.sms.failures = [(Refused("smsc", "ESME_RINVDSTADR", "submit_sm was rejected"), False)]
    assert not (await life.run(Step.ASK_ACCOUNT, await life.ready(Step.ASK_ACCOUNT, case))).sent
    assert [row.state for row in await life.rows(OutgoingMessage, case)] == ["failed"]


async def test_a_case_that_is_begun_anew_asks_for_an_account_anew(life: Life) -> None:
    """Its first life asked under the same key, and that window is over: the answer to the new question counts."""
    case = await life.open()
    ask: Any = await life.ready(Step.ASK_ACCOUNT, case)
    first = await life.run(Step.ASK_ACCOUNT, ask)
    assert await life.run(Step.ASK_ACCOUNT, ask, 2) == first, "an attempt that is made again asks nothing new"
    async with life.card.transaction() as session:
        await messages.close_questions(session, case.ref)
    later = ask.model_copy(update={"at": ask.at + timedelta(days=20)})
    again = await life.run(Step.ASK_ACCOUNT, later)
    assert again.deadline == first.deadline + timedelta(days=20)
    questions = sorted(await life.rows(Question, case), key=lambda question: question.opened_at)
    assert [question.closed_at is None for question in questions] == [False, True]
    assert len({message.key for message in await life.rows(OutgoingMessage, case)}) == 2
    assert len(life.sms.to(phone_of(1))) == 2
