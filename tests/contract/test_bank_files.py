"""The contract of a bank in files: one effect a key, a report on the file, a statement of the day that adds up."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.bank_files import (
    Arrival,
    Debtor,
    Head,
    HttpBankFiles,
    LineState,
    Order,
    Ours,
    read_report,
    read_statement,
    write_initiation,
)
from adapters.bank_files.status_report import FileState
from adapters.errors import Unclear
from adapters.http import HttpSystem
from tests.contract.conftest import needs

pytestmark = pytest.mark.contract
TAKEN = (LineState.SETTLED, LineState.PENDING)


@pytest.fixture
def payer(person: Mapping[str, Any]) -> Debtor:
    needs(person, "payer")
    return Debtor.model_validate(person["payer"])


async def test_a_file_is_paid_once_and_told_of(
    payer: Debtor, person: Mapping[str, Any], system: Callable[[str], HttpSystem], new: Callable[[str], str]
) -> None:
    bank, key, now = HttpBankFiles(system("bank")), new("file"), datetime.now(ZoneInfo("Asia/Almaty"))
    known = {"iban": person["iban"], "iin": person["iin"], "name": "Үлгіқызы Айгүл", "purpose_code": "042"}
    name = key[9:36].strip("-:")
    orders = [Order.model_validate(known | {"amount": "1.00", "end_to_end_id": f"{name}-{n}"}) for n in range(2)]
    sent = Head(message_id=name, created_at=now, execution_day=now.date(), debtor=payer, count=2, total=Decimal(2))
    file, into = BytesIO(), BytesIO()
    write_initiation(sent, orders, file)

    assert await bank.status(key, into) is Arrival.UNKNOWN
    receipt = await bank.send(key, file)
    assert await bank.send(key, file) == receipt
    with pytest.raises(Unclear) as caught:
        await bank.send(key, BytesIO(file.getvalue().replace(b">1.00<", b">1.01<")))
    assert caught.value.code == "key_reused"

    if await bank.status(key, into) is not Arrival.WRITTEN:
        pytest.skip("its report is not there at once: nothing is said of it")
    report = read_report(into, sent, now)
    said = {line.end_to_end_id: line for line in report.lines()}
    for order in orders:
        line = said.get(order.end_to_end_id)
        if line is None:
            assert report.state in (FileState.SETTLED, FileState.PENDING)
        else:
            assert (line.waits, line.state in TAKEN) == (None, True)

    if not await bank.statement(payer.iban, now.date(), into):
        pytest.skip("nothing is booked yet: nothing is said of it")
    statement = read_statement(into, Ours(frozenset({payer.iban}), payer.bic, now))
    booked = [line for line in statement.lines() if line.end_to_end_id in said]
    assert all((line.waits, line.amount) == (None, orders[0].amount) for line in booked)
