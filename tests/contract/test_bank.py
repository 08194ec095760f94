"""The contract of a bank: whose accounts, one credit a key, one credit an end-to-end id, and its reasons for a no."""

import asyncio
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from adapters.bank import AccountState, HttpBank, Transfer, TransferState, TransferStatus
from adapters.errors import AdapterError, Refused, Unclear
from adapters.http import HttpSystem
from tests.contract.conftest import needs

pytestmark = pytest.mark.contract
New = Callable[[str], str]
NOBODYS = "KZ999999999999999999"
TAKEN = (TransferState.SETTLED, TransferState.PENDING)


def wish(person: Mapping[str, str], new: New, **members: str) -> Transfer:
    known = {"iban": person["iban"], "iin": person["iin"], "amount": "1.00", "purpose": "contract"}
    return Transfer.model_validate(known | {"end_to_end_id": new("e2e")} | members)


async def test_the_persons_own_accounts(bank: HttpBank, person: Mapping[str, str]) -> None:
    own = {account.iban: account for account in await bank.accounts(person["iin"])}
    assert own[person["iban"]].state is AccountState.OPEN
    assert all(account.own for account in own.values())


async def test_an_account_is_known_with_whose_it_is(bank: HttpBank, person: Mapping[str, str]) -> None:
    found = await bank.account(person["iin"], person["iban"])
    assert found is not None
    assert (found.iban, found.own, found.state) == (person["iban"], True, AccountState.OPEN)
    assert await bank.account(person["iin"], NOBODYS) is None


async def test_an_account_of_another_is_not_the_persons(bank: HttpBank, person: Mapping[str, str]) -> None:
    needs(person, "strangers_iban")
    found = await bank.account(person["iin"], person["strangers_iban"])
    assert found is not None
    assert not found.own


async def test_a_transfer_is_made_once_and_found_by_its_key(
    bank: HttpBank, person: Mapping[str, str], new: New
) -> None:
    key, transfer = new("credit"), wish(person, new)
    assert await bank.transfer_status(key) is None
    first = await bank.transfer(key, transfer)
    assert first.state in TAKEN
    again, found = await bank.transfer(key, transfer), await bank.transfer_status(key)
    assert found is not None
    assert first.bank_reference == again.bank_reference == found.bank_reference
    assert {again.state, found.state} <= set(TAKEN)
    other = transfer.model_copy(update={"amount": Decimal("2.00")})
    with pytest.raises(Unclear) as caught:
        await bank.transfer(key, other)
    assert caught.value.code == "key_reused"
    doubled = await bank.transfer(new("credit"), transfer)
    assert (doubled.state, doubled.reason_code) == (TransferState.REJECTED, "AM05"), "the end-to-end id was credited"


async def test_at_once_it_is_made_once(bank: HttpBank, person: Mapping[str, str], new: New) -> None:
    key, transfer = new("credit"), wish(person, new)
    answers = await asyncio.gather(*(bank.transfer(key, transfer) for _ in range(8)), return_exceptions=True)
    made = [answer for answer in answers if isinstance(answer, TransferStatus)]
    unclear = [answer for answer in answers if isinstance(answer, Unclear) and answer.code == "in_progress"]
    assert made
    assert len(made) + len(unclear) == len(answers)
    assert len({answer.bank_reference for answer in made}) == 1


@pytest.mark.parametrize(
    ("account", "code"), [("closed_iban", "AC04"), ("strangers_iban", "BE01"), ("nobodys", "AC01")]
)
async def test_what_cannot_be_credited_is_rejected_with_its_reason(
    bank: HttpBank, person: Mapping[str, str], new: New, account: str, code: str
) -> None:
    person = {**person, "nobodys": NOBODYS}
    needs(person, account)
    key = new("credit")
    status = await bank.transfer(key, wish(person, new, iban=person[account]))
    assert (status.key, status.state, status.reason_code) == (key, TransferState.REJECTED, code)
    assert await bank.transfer_status(key) == status


async def test_without_a_token_nothing_is_told(
    urls: Mapping[str, str], system: Callable[[str], HttpSystem], person: Mapping[str, str]
) -> None:
    system("bank")
    async with HttpSystem("bank", urls["bank"], token="no-such-token") as stranger:
        with pytest.raises(AdapterError) as caught:
            await HttpBank(stranger).accounts(person["iin"])
    assert not isinstance(caught.value, Refused)
