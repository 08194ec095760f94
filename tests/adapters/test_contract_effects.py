"""The contract of what E-Maket, the deciding body and the bank do: numbers, decisions, credits, and their refusals."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.bank import AccountState, TransferState
from adapters.bodies import RulingState
from adapters.errors import Refused
from tests.adapters.outside import (
    AIGUL,
    DAULETS,
    FIRST,
    KEY,
    SECOND,
    Outside,
    aigul,
    application,
    case_file,
    daulet,
    transfer,
)


async def test_emaket_numbers_applications(outside: Outside) -> None:
    await outside.cast(aigul())
    first = await outside.emaket.register("case-1:register", application())
    second = await outside.emaket.register("case-2:register", application(case_ref="0000-1043-8"))
    assert first.number != second.number
    assert abs(datetime.now(UTC) - first.registered_at) < timedelta(minutes=1)
    assert await outside.emaket.registration("case-1:register") == first
    assert await outside.emaket.registration("case-3:register") is None


async def test_emaket_names_the_missing_document(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"emaket": {"missing_document": "birth_certificate"}}))
    with pytest.raises(Refused) as caught:
        await outside.emaket.register(KEY, application())
    assert (caught.value.code, caught.value.extra) == ("missing_document", {"document": "birth_certificate"})
    with pytest.raises(Refused) as looked_up:
        await outside.emaket.registration(KEY)
    assert looked_up.value.code == "missing_document"
    assert await outside.calls("emaket", KEY) == (1, 0)


async def test_a_supplied_document_needs_a_new_key(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"emaket": {"missing_document": "birth_certificate"}}))
    with pytest.raises(Refused):
        await outside.emaket.register(KEY, application())
    await outside.cast(aigul())
    with pytest.raises(Refused):
        await outside.emaket.register(KEY, application())
    assert (await outside.emaket.register(f"{KEY}:2", application())).number


async def test_emaket_rejects_with_a_reason(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"emaket": {"reject": "Not in this region."}}))
    with pytest.raises(Refused) as caught:
        await outside.emaket.register(KEY, application())
    assert (caught.value.code, caught.value.reason) == ("rejected", "Not in this region.")


async def test_the_body_assigns_the_computed_amount(outside: Outside) -> None:
    await outside.cast(aigul())
    ruling = await outside.body.submit("case-1:assign", case_file("EM/1"))
    assert (ruling.state, ruling.amount) == (RulingState.ASSIGNED, Decimal("78798.00"))
    assert ruling.decision_number
    assert ruling.decided_on is not None
    assert ruling.decided_on >= date(2025, 3, 1)
    assert await outside.body.ruling("EM/1") == ruling
    assert await outside.body.ruling("EM/2") is None


async def test_the_body_decides_after_its_delay(outside: Outside) -> None:
    await outside.admin("body", "PUT", "/admin/settings", {"delay_seconds": 0.1})
    await outside.cast(aigul())
    assert (await outside.body.submit("case-1:assign", case_file())).state is RulingState.PENDING
    pending = await outside.body.ruling("EM-1")
    assert pending is not None
    assert (pending.state, pending.amount, pending.decision_number) == (RulingState.PENDING, None, None)
    await asyncio.sleep(0.12)
    decided = await outside.body.ruling("EM-1")
    assert decided is not None
    assert decided.state is RulingState.ASSIGNED


async def test_the_body_takes_its_time_for_one_person(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"body": {"delay_seconds": 3600}}))
    assert (await outside.body.submit("case-1:assign", case_file())).state is RulingState.PENDING


async def test_the_body_refuses_with_a_reason(outside: Outside) -> None:
    no = {"code": "income", "reason": "Income is above the line."}
    await outside.cast(aigul(behaviour={"body": {"refuse": no}}))
    ruling = await outside.body.submit("case-1:assign", case_file())
    assert (ruling.state, ruling.amount) == (RulingState.REFUSED, None)
    assert (ruling.reason_code, ruling.reason) == ("income", "Income is above the line.")


async def test_the_body_assigns_another_amount(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"body": {"assign": "63030.00"}}))
    assert (await outside.body.submit("case-1:assign", case_file())).amount == Decimal("63030.00")


async def test_one_file_per_application_number_whatever_the_key(outside: Outside) -> None:
    await outside.cast(aigul())
    first = await outside.body.submit("case-1:assign", case_file())
    assert await outside.body.submit("case-1:assign:2", case_file()) == first
    assert await outside.calls("body", "case-1:assign:2") == (1, 0)
    with pytest.raises(Refused) as caught:
        await outside.body.submit("case-1:assign:3", case_file(computed_amount=Decimal(1)))
    assert caught.value.code == "other_file"


async def test_the_bank_credits_and_keeps_its_books(outside: Outside) -> None:
    await outside.cast(aigul())
    status = await outside.bank.transfer("case-1:credit", transfer())
    assert (status.key, status.state, status.reason_code) == ("case-1:credit", TransferState.SETTLED, None)
    assert await outside.bank.transfer_status("case-1:credit") == status
    assert await outside.bank.transfer_status("case-2:credit") is None
    (entry,) = (await outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]
    assert {name: entry[name] for name in ("key", "iban", "amount", "state")} == {
        "key": "case-1:credit",
        "iban": FIRST,
        "amount": "78798.00",
        "state": "settled",
    }


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ({"iban": FIRST, "state": "closed"}, "AC04"),
        ({"iban": FIRST, "state": "blocked"}, "AC06"),
        ({"iban": FIRST, "at_transfer": "closed"}, "AC04"),
        ({"iban": FIRST, "at_transfer": "blocked"}, "AC06"),
        ({"iban": SECOND}, "AC01"),
    ],
)
async def test_the_bank_rejects_accounts_that_cannot_take_money(
    outside: Outside, account: dict[str, str], code: str
) -> None:
    await outside.cast(aigul(accounts=[account]))
    status = await outside.bank.transfer("case-1:credit", transfer())
    assert (status.state, status.reason_code) == (TransferState.REJECTED, code)
    assert status.reason


async def test_the_bank_rejects_an_account_of_another_person(outside: Outside) -> None:
    await outside.cast(aigul(), daulet())
    status = await outside.bank.transfer("case-1:credit", transfer(iban=DAULETS))
    assert (status.state, status.reason_code) == (TransferState.REJECTED, "BE01")


async def test_an_account_closed_at_the_transfer_stays_closed_and_the_second_takes_the_money(outside: Outside) -> None:
    await outside.cast(aigul(accounts=[{"iban": FIRST, "at_transfer": "closed"}, {"iban": SECOND}]))
    assert [account.state for account in await outside.bank.accounts(AIGUL)] == [AccountState.OPEN, AccountState.OPEN]
    assert (await outside.bank.transfer("case-1:credit", transfer())).state is TransferState.REJECTED
    assert [account.state for account in await outside.bank.accounts(AIGUL)] == [AccountState.CLOSED, AccountState.OPEN]
    again = await outside.bank.transfer("case-1:credit:2", transfer(iban=SECOND))
    assert again.state is TransferState.SETTLED


async def test_one_end_to_end_id_is_credited_once_whatever_the_key(outside: Outside) -> None:
    await outside.cast(aigul())
    assert (await outside.bank.transfer("case-1:credit", transfer())).state is TransferState.SETTLED
    doubled = await outside.bank.transfer("case-1:credit:2", transfer())
    assert (doubled.state, doubled.reason_code) == (TransferState.REJECTED, "AM05")
    made = await outside.bank.credited_as(transfer().end_to_end_id)
    assert made is not None
    assert (made.key, made.amount) == ("case-1:credit", transfer().amount)
    assert await outside.bank.credited_as("nobody's") is None


async def test_a_pending_transfer_settles(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"bank": {"settle_seconds": 0.1}}))
    assert (await outside.bank.transfer("case-1:credit", transfer())).state is TransferState.PENDING
    await asyncio.sleep(0.12)
    status = await outside.bank.transfer_status("case-1:credit")
    assert status is not None
    assert status.state is TransferState.SETTLED


async def test_the_bank_rejects_a_person_with_a_reason(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"bank": {"reject": {"code": "RR04", "reason": "Regulatory reason."}}}))
    status = await outside.bank.transfer("case-1:credit", transfer())
    assert (status.state, status.reason_code, status.reason) == (TransferState.REJECTED, "RR04", "Regulatory reason.")
