"""The contract of a bank in files: one effect a key, each transfer as a single one, statements by day, and what goes
wrong with them."""

import time
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from typing import Any

import httpx
import pytest

from adapters.bank import TransferState
from adapters.bank_files import (
    Arrival,
    FileRefused,
    Limits,
    Line,
    LineState,
    Ours,
    Rule,
    Waits,
    read_report,
    read_statement,
)
from adapters.bank_files.client import HttpBankFiles
from adapters.bank_files.status_report import FileState
from adapters.errors import BadAnswer, Refused, Unavailable, Unclear
from adapters.http import HttpSystem
from stubs.bank import OURS as SINGLES
from tests.adapters.bank_files.files import BIC, DAY, PAYER, as_classes, broken_rules, head, initiation, order
from tests.adapters.outside import AIGUL, DAULET, DAULETS, FIRST, SECOND, Outside, aigul, ajar, daulet, transfer

KEY = "run/2026-01:bank-1"
NOW = datetime.now(timezone(timedelta(hours=5)))
OURS = Ours(frozenset({PAYER}), BIC, NOW)
HERS = order(1, iban=FIRST, iin=AIGUL)
HIS = order(2, iban=DAULETS, iin=DAULET, amount="0.01", name="Дәулет «Ұлы»")


async def send(outside: Outside, *orders: Any, key: str = KEY, **members: Any) -> None:
    receipt = await outside.bank_files.send(key, BytesIO(initiation(list(orders), **members)))
    assert (receipt.key, receipt.file_reference[:3]) == (key, "BF-")


async def reported(outside: Outside, *orders: Any, key: str = KEY) -> list[Line]:
    into = BytesIO()
    assert await outside.bank_files.status(key, into) is Arrival.WRITTEN
    as_classes(into.getvalue(), "pain.002.001.10")
    return list(read_report(into, head(orders), NOW).lines())


async def booked(outside: Outside, day: date = DAY, iban: str = PAYER) -> list[Line]:
    into = BytesIO()
    assert await outside.bank_files.statement(iban, day, into)
    assert broken_rules(into.getvalue(), "camt.054.001.08") == []
    return list(read_statement(into, Ours(frozenset({iban}), BIC, NOW)).lines())


async def test_a_file_is_paid_reported_and_booked(outside: Outside) -> None:
    await outside.cast(aigul(), daulet())
    await send(outside, HERS, HIS)
    assert [(one.state, one.amount, one.waits) for one in await reported(outside, HERS, HIS)] == [
        (LineState.SETTLED, Decimal("78798.00"), None),
        (LineState.SETTLED, Decimal("0.01"), None),
    ]
    lines = await booked(outside)
    assert [(one.end_to_end_id, one.state, one.amount, one.booked_on) for one in lines] == [
        (HERS.end_to_end_id, LineState.SETTLED, Decimal("78798.00"), DAY),
        (HIS.end_to_end_id, LineState.SETTLED, Decimal("0.01"), DAY),
    ]
    assert [one.name for one in lines] == ["Үлгіқызы Айгүл", "Дәулет 'Ұлы'"]


async def test_one_key_one_file(outside: Outside) -> None:
    await outside.cast(aigul())
    raw = initiation([HERS])
    first = await outside.bank_files.send(KEY, BytesIO(raw))
    assert await outside.bank_files.send(KEY, BytesIO(raw)) == first
    with pytest.raises(Unclear) as caught:
        await outside.bank_files.send(KEY, BytesIO(initiation([order(9)])))
    assert caught.value.code == "key_reused"
    assert len(await booked(outside)) == 1
    assert await outside.calls("bank", KEY) == (3, 1)


async def test_what_was_paid_is_not_paid_again_whatever_the_file(outside: Outside) -> None:
    await outside.cast(aigul())
    await send(outside, HERS)
    await send(outside, HERS, key="again", message_id="RUN-2")
    into = BytesIO()
    assert await outside.bank_files.status("again", into) is Arrival.WRITTEN
    report = read_report(into, head([HERS], message_id="RUN-2"), NOW)
    assert [one.reason_code for one in report.lines()] == ["AM05"]
    assert len(await booked(outside)) == 1


async def test_the_books_are_one_with_those_of_single_transfers(outside: Outside) -> None:
    await outside.cast(aigul(), daulet())
    await send(outside, HERS)
    doubled = await outside.bank.transfer("single", transfer(end_to_end_id=HERS.end_to_end_id))
    assert (doubled.state, doubled.reason_code) == (TransferState.REJECTED, "AM05")
    assert (await outside.bank.transfer("other", transfer(end_to_end_id="E-2"))).state is TransferState.SETTLED
    await send(outside, order(3, end_to_end_id="E-2", iban=FIRST, iin=AIGUL), key="late", message_id="RUN-2")
    books = (await outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]
    assert [(one["end_to_end_id"], one["state"], one["reason_code"]) for one in books] == [
        (HERS.end_to_end_id, "settled", None),
        (HERS.end_to_end_id, "rejected", "AM05"),
        ("E-2", "settled", None),
        ("E-2", "rejected", "AM05"),
    ]
    (single,) = (
        await booked(outside, NOW.date(), SINGLES + "") if SINGLES != PAYER else await booked(outside, NOW.date())
    )
    assert single.end_to_end_id == "E-2"


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ({"iban": FIRST, "state": "closed"}, "AC04"),
        ({"iban": FIRST, "state": "blocked"}, "AC06"),
        ({"iban": FIRST, "at_transfer": "closed"}, "AC04"),
        ({"iban": SECOND}, "AC01"),
    ],
)
async def test_the_same_rules_as_for_single_transfers(outside: Outside, account: dict[str, str], code: str) -> None:
    await outside.cast(aigul(accounts=[account]), daulet())
    anothers = order(3, iban=DAULETS, iin=AIGUL)
    await send(outside, HERS, HIS, anothers)
    found = await reported(outside, HERS, HIS, anothers)
    assert [(one.state, one.reason_code) for one in found] == [
        (LineState.REJECTED, code),
        (LineState.SETTLED, None),
        (LineState.REJECTED, "BE01"),
    ]
    assert [one.end_to_end_id for one in await booked(outside)] == [HIS.end_to_end_id]


async def test_what_is_pending_is_settled_later(outside: Outside) -> None:
    await outside.cast(aigul(behaviour={"bank": {"settle_seconds": 60}}))
    await send(outside, HERS)
    assert [one.state for one in await reported(outside, HERS)] == [LineState.PENDING]
    assert [one.state for one in await booked(outside)] == [LineState.PENDING]


@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [(b"<CtrlSum>78798.00", b"<CtrlSum>78798.01", "AM10"), (b"<NbOfTxs>1<", b"<NbOfTxs>2<", "AM18")],
)
async def test_a_file_that_does_not_add_up_is_rejected_whole(
    outside: Outside, was: bytes, becomes: bytes, code: str
) -> None:
    await outside.cast(aigul())
    await outside.bank_files.send(KEY, BytesIO(initiation([HERS]).replace(was, becomes)))
    into = BytesIO()
    assert await outside.bank_files.status(KEY, into) is Arrival.WRITTEN
    sent = head([HERS], **({"total": "78798.01"} if code == "AM10" else {"count": 2}))
    report = read_report(into, sent, NOW)
    assert (report.state, report.reason_code, report.count) == (FileState.REJECTED, code, 0)
    assert not (await outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]


async def test_a_message_id_is_taken_once(outside: Outside) -> None:
    await outside.cast(aigul(), daulet())
    await send(outside, HERS)
    await send(outside, HIS, key="another")
    into = BytesIO()
    assert await outside.bank_files.status("another", into) is Arrival.WRITTEN
    assert read_report(into, head([HIS]), NOW).reason_code == "DU01"


@pytest.mark.parametrize("raw", [b"no XML", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
async def test_what_is_no_file_is_refused(outside: Outside, raw: bytes) -> None:
    with pytest.raises(Refused) as caught:
        await outside.bank_files.send(KEY, BytesIO(raw))
    assert caught.value.code == "invalid_request"


async def test_a_file_that_is_lost_may_be_sent_again_under_its_key(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.fault("bank", "lost", match={"path_prefix": "/bank/v1/files"}, times=1)
    await send(outside, HERS)
    into = BytesIO(b"what stood here before")
    assert await outside.bank_files.status(KEY, into) is Arrival.UNKNOWN
    assert into.getvalue() == b""
    await send(outside, HERS)
    assert [one.state for one in await reported(outside, HERS)] == [LineState.SETTLED]


async def test_a_status_may_come_late(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.admin("bank", "PUT", "/admin/settings", {"status_seconds": 60})
    await send(outside, HERS)
    assert await outside.bank_files.status(KEY, BytesIO()) is Arrival.NOT_YET


@pytest.mark.parametrize(
    ("how", "waits"), [("doubled", {3: "doubled"}), ("unknown", {3: "unknown"}), ("partial", {1: "partial"})]
)
async def test_a_wrong_line_stops_no_statement(outside: Outside, how: str, waits: dict[int, str]) -> None:
    await outside.cast(aigul(), daulet())
    await send(outside, HERS, HIS)
    await outside.fault("bank", "statement", how=how, times=1)
    ordered = {one.end_to_end_id: one.amount for one in (HERS, HIS)}
    lines = [one.against(ordered.get(one.end_to_end_id or "")) for one in await booked(outside)]
    assert {one.number: one.waits for one in lines if one.waits} == {n: Waits(why) for n, why in waits.items()}
    assert [one.waits for one in await booked(outside)] == [None, None]


@pytest.mark.parametrize(("how", "rule"), [("cut_off", Rule.CUT_OFF), ("wrong_sum", Rule.CONTROL_SUM)])
async def test_a_broken_statement_is_refused_and_the_next_one_read(outside: Outside, how: str, rule: Rule) -> None:
    await outside.cast(aigul())
    await send(outside, HERS)
    await outside.fault("bank", "statement", how=how, times=1)
    into = BytesIO()
    assert await outside.bank_files.statement(PAYER, DAY, into)
    with pytest.raises(FileRefused) as caught:
        read_statement(into, OURS)
    assert caught.value.rule is rule
    assert len(await booked(outside)) == 1


async def test_money_comes_back_weeks_later(outside: Outside) -> None:
    back = {"bank": {"returns": {"code": "AC04", "after_days": 21}}}
    await outside.cast(aigul(behaviour=back))
    await send(outside, HERS)
    assert [one.state for one in await booked(outside)] == [LineState.SETTLED]
    (line,) = await booked(outside, DAY + timedelta(days=21))
    assert (line.state, line.reason_code, line.amount, line.waits) == (LineState.RETURNED, "AC04", HERS.amount, None)
    (entry,) = (await outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]
    assert (entry["day"], entry["returned_on"], entry["return_code"]) == ("2026-01-05", "2026-01-26", "AC04")


async def test_a_day_without_bookings(outside: Outside) -> None:
    assert await booked(outside, DAY) == []
    into = BytesIO(b"old")
    assert not await outside.bank_files.statement(PAYER, NOW.date() + timedelta(days=1), into)
    assert into.getvalue() == b""


async def test_1002_payments_of_which_30_percent_come_back(outside: Outside) -> None:
    people = [
        {"iin": f"{number:012d}", "accounts": [{"iban": f"KZ12{number:016d}"}]}
        | ({"behaviour": {"bank": {"returns": {"code": "MS03", "after_days": 14}}}} if number % 10 < 3 else {})
        for number in range(1, 1003)
    ]
    await outside.cast(*people)
    orders = [order(number, amount=f"{number}.{number % 100:02d}") for number in range(1, 1003)]
    await send(outside, *orders)
    assert Counter(one.state for one in await reported(outside, *orders)) == {LineState.SETTLED: 1002}
    ordered = {one.end_to_end_id: one.amount for one in orders}
    lines = await booked(outside) + await booked(outside, DAY + timedelta(days=14))
    assert all(one.against(ordered[one.end_to_end_id or ""]).waits is None for one in lines)
    assert Counter(one.state for one in lines) == {LineState.SETTLED: 1002, LineState.RETURNED: 302}


async def test_5000_transfers_go_through_in_a_few_seconds(outside: Outside) -> None:
    await outside.admin(
        "bank",
        "PUT",
        "/admin/people",
        [{"iin": f"{number:012d}", "accounts": [{"iban": f"KZ12{number:016d}"}]} for number in range(1, 5001)],
    )
    orders = [order(number) for number in range(1, 5001)]
    started = time.monotonic()
    await send(outside, *orders)
    assert len(await reported(outside, *orders)) == len(await booked(outside)) == 5000
    assert time.monotonic() - started < 20


def answering(**answer: Any) -> HttpSystem:
    transport = httpx.MockTransport(lambda _: httpx.Response(**answer))
    return HttpSystem("bank", "http://bank", transport=transport, gate=ajar("bank"))


PROBLEM = {"Content-Type": "application/problem+json"}


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ({"status_code": 200, "html": "<p>Works are going on"}, Unavailable, "no_xml"),
        ({"status_code": 200, "json": {}}, Unavailable, "no_xml"),
        ({"status_code": 404, "html": "no such page"}, Unavailable, "status_404"),
        ({"status_code": 404, "json": {"code": "no_such_route"}, "headers": PROBLEM}, Refused, "no_such_route"),
        ({"status_code": 503}, Unavailable, "status_503"),
        ({"status_code": 200, "content": b"x" * 101, "headers": {"Content-Type": "text/xml"}}, BadAnswer, "too_long"),
        (
            {"status_code": 200, "content": b"x", "headers": {"Content-Type": "text/xml", "Content-Encoding": "gzip"}},
            Unavailable,
            None,
        ),
    ],
)
async def test_what_is_no_file_leaves_nothing(answer: dict[str, Any], error: type[Exception], code: str | None) -> None:
    async with answering(**answer) as system:
        into = BytesIO(b"old")
        with pytest.raises(error) as caught:
            await HttpBankFiles(system, Limits(bytes=100)).statement(PAYER, DAY, into)
        assert code in (None, caught.value.code)  # type: ignore[attr-defined]
        assert into.getvalue() == b""
        assert PAYER not in str(caught.value)


async def test_the_answer_must_be_about_the_file_that_was_sent() -> None:
    receipt = {"key": "other", "file_reference": "BF-1", "received_at": "2026-01-05T09:00:00+05:00"}
    async with answering(status_code=201, json=receipt) as system:
        with pytest.raises(BadAnswer):
            await HttpBankFiles(system).send(KEY, BytesIO(b"<a/>"))
