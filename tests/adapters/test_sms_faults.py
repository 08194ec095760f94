"""Each fault of an SMS centre, switched on at the stub, and what our adapter makes of it."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from adapters.errors import AdapterError, BadAnswer, Refused, Unavailable, Unclear
from adapters.sms.port import OutgoingSms
from stubs.smsc import running
from tests.adapters.sms_link import PASSWORD, SOON, Link, a_phone, clients, linked, until

LONG = "ұзақ хабарлама " * 12


@pytest.fixture(scope="module")
async def shared() -> AsyncIterator[Link]:
    async with linked() as link:
        yield link


@pytest.fixture
async def link(shared: Link) -> AsyncIterator[Link]:
    yield shared
    await shared.http.delete("/admin/all")
    shared.sms.clear()
    shared.receipts.clear()
    assert await shared.sender.wait_bound(SOON)
    assert await shared.inbox.wait_bound(SOON)


@pytest.mark.parametrize(("queue_full", "code"), [(False, "throttled"), (True, "queue_full")])
async def test_throttled(link: Link, queue_full: bool, code: str) -> None:
    phone = a_phone()
    await link.faults({"fault": "throttle", "queue_full": queue_full, "times": 2, "match": {"phone": phone}})
    for _ in range(2):
        with pytest.raises(Unavailable) as raised:
            await link.send(phone, "Иә", key="k:throttle")
        assert raised.value.code == code
        assert raised.value.retry_after == timedelta(seconds=1)
    assert await link.send(phone, "Иә", key="k:throttle")
    assert (await link.calls("k:throttle"))["arrivals"] == 3


async def test_throttled_in_the_middle_of_a_long_message(link: Link) -> None:
    phone = a_phone()
    await link.faults({"fault": "throttle", "times": 1, "match": {"key_prefix": "k:long#2"}})
    with pytest.raises(Unavailable):
        await link.send(phone, LONG, key="k:long")
    assert (await link.on_handset(phone))["messages"][0]["state"] == "incomplete"
    ids = await link.send(phone, LONG, key="k:long")
    await until(lambda: len(link.states(*ids)) == 3)
    (message,) = (await link.on_handset(phone))["messages"]
    assert message["text"] == LONG
    assert [part["replays"] for part in (await link.calls("k:long"))["parts"]] == [1, 0, 0]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (0x0B, "ESME_RINVDSTADR", Refused),
        (0x01, "ESME_RINVMSGLEN", Refused),
        (0x0A, "ESME_RINVSRCADR", Unavailable),
        (0x50, "ESME_RINVDSTTON", Unavailable),
        (0xC1, "ESME_ROPTPARNOTALLWD", Unavailable),
        (0x45, "ESME_RSUBMITFAIL", Unavailable),
        (0x0401, "status_0x00000401", Unavailable),
        (0x0402, "ESME_RINVDSTADR", Refused),  # as the operator's manual says, and the setting
    ],
)
async def test_rejected_for_the_number_for_the_message_or_for_us(
    link: Link, status: int, code: str, kind: type[AdapterError]
) -> None:
    phone = a_phone()
    await link.faults({"fault": "reject", "status": status})
    with pytest.raises(kind) as raised:
        await link.send(phone, "Иә")
    assert raised.value.code == code
    assert phone not in str(raised.value)
    assert link.sender.bound
    assert (await link.on_handset(phone))["messages"] == []


async def test_an_operator_that_knows_no_number_any_more_has_lost_its_routes(link: Link) -> None:
    """Everybody was unreachable for a fortnight, by ten minutes of somebody's mistake."""
    await link.send(a_phone(), "Иә")
    await link.faults({"fault": "reject", "status": 0x0B})
    for _ in range(2):
        with pytest.raises(Refused):
            await link.send(a_phone(), "Иә")
    third = a_phone()
    for _ in range(2):
        with pytest.raises(Unavailable, match="3 numbers in a row"):
            await link.send(third, "Иә")
    await link.http.delete("/admin/faults")
    await link.send(third, "Иә")
    await link.faults({"fault": "reject", "status": 0x0B})
    with pytest.raises(Refused):
        await link.send(a_phone(), "Иә")


async def test_an_operator_that_takes_no_message_any_more_is_out_of_order(link: Link) -> None:
    """Each case stood before an operator, and not one went on by itself when it was mended."""
    await link.send(a_phone(), "Иә")
    await link.faults({"fault": "reject", "status": 0x01})
    for n in range(2):
        with pytest.raises(Refused):
            await link.send(a_phone(), "Иә", key=f"k:odd-{n}")
    with pytest.raises(Unavailable, match="3 messages in a row"):
        await link.send(a_phone(), "Иә", key="k:odd-3")
    await link.http.delete("/admin/faults")
    await link.send(a_phone(), "Иә", key="k:odd-3")


async def test_an_operator_that_has_lost_one_network_knows_the_others(link: Link) -> None:
    await link.faults({"fault": "reject", "status": 0x0B, "match": {"phone": "+77780000001"}})
    await link.faults(
        *({"fault": "reject", "status": 0x0B, "match": {"phone": f"+7778000000{n}"}} for n in range(4)),
    )
    for n in range(2):
        with pytest.raises(Refused):
            await link.send(f"+7778000000{n}", "Иә")
        await link.send(a_phone(), "Иә")
    with pytest.raises(Unavailable, match="3 numbers in a row"):
        await link.send("+77780000002", "Иә")
    await link.send(a_phone(), "Иә")
    await link.http.delete("/admin/faults")
    await link.send("+77780000002", "Иә")


async def test_a_system_error_is_worth_another_try(link: Link) -> None:
    await link.faults({"fault": "reject", "status": 0x08, "times": 1})
    with pytest.raises(Unavailable, match="system_error"):
        await link.send(a_phone(), "Иә")


async def test_the_key_with_another_text(link: Link) -> None:
    phone = a_phone()
    await link.send(phone, "Иә", key="k:reused")
    with pytest.raises(Refused, match="ESME_RINVOPTPARAMVAL"):
        await link.send(phone, "Жоқ", key="k:reused")
    assert (await link.calls("k:reused"))["conflicts"] == 1
    assert [message["text"] for message in (await link.on_handset(phone))["messages"]] == ["Иә"]


async def test_the_connection_is_cut_after_acting(link: Link) -> None:
    phone = a_phone()
    await link.faults({"fault": "timeout_after_acting", "times": 1, "match": {"phone": phone}})
    with pytest.raises(Unclear, match="not answered"):
        await link.send(phone, "Иә", key="k:cut")
    assert (await link.calls("k:cut"))["arrivals"] == 1
    assert await link.sender.wait_bound(SOON)
    ids = await link.send(phone, "Иә", key="k:cut")
    await until(lambda: link.states(*ids) == ["delivered"])
    assert len((await link.on_handset(phone))["messages"]) == 1
    assert (await link.calls("k:cut"))["replays"] == 1


async def test_no_answer_in_time(link: Link) -> None:
    phone = a_phone()
    await link.faults({"fault": "timeout_after_acting", "silent": True, "times": 1})
    begun = time.monotonic()
    with pytest.raises(Unclear):
        await link.send(phone, "Иә", key="k:silent")
    assert 0.5 < time.monotonic() - begun < 2
    assert link.sender.bound
    assert await link.send(phone, "Иә", key="k:silent")
    assert len((await link.on_handset(phone))["messages"]) == 1


async def test_a_late_answer_disturbs_nobody(link: Link) -> None:
    late, other = a_phone(), a_phone()
    await link.faults({"fault": "latency", "seconds": 0.9, "match": {"phone": late}, "times": 1})
    with pytest.raises(Unclear):
        await link.send(late, "Иә", key="k:late")
    sent = [await link.send(other, f"Иә {n}") for n in range(20)]
    await asyncio.sleep(0.5)
    sent += [await link.send(other, f"Жоқ {n}") for n in range(5)]
    assert len(set(sent)) == 25
    await until(lambda: len(link.receipts) == 26)


async def test_slow_is_not_late(link: Link) -> None:
    await link.faults({"fault": "latency", "seconds": 0.3})
    assert len(await link.send(a_phone(), LONG)) == 3


async def test_no_receipt(link: Link) -> None:
    phone = a_phone()
    await link.faults({"fault": "no_receipt", "match": {"phone": phone}})
    ids = await link.send(phone, LONG)
    other = await link.send(a_phone(), "Иә")
    await until(lambda: link.states(*other))
    await asyncio.sleep(0.1)
    assert link.states(*ids) == []
    assert (await link.on_handset(phone))["messages"][0]["state"] == "delivered"


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("UNDELIV", "undeliverable"),
        ("EXPIRED", "expired"),
        ("REJECTD", "rejected"),
        ("DELETED", "deleted"),
        ("ENROUTE", "enroute"),
    ],
)
async def test_other_receipts(link: Link, state: str, read: str) -> None:
    phone = a_phone()
    await link.people(
        {"iin": "ignored", "phone": phone, "person": None, "behaviour": {"sms": {"receipt": state}, "bank": {}}}
    )
    ids = await link.send(phone, LONG)
    await until(lambda: link.states(*ids) == [read] * 3)
    assert link.receipts[0].final == (read != "enroute")
    assert (await link.on_handset(phone))["messages"][0]["state"] == (read if read != "enroute" else "accepted")


async def test_a_receipt_that_takes_its_time(link: Link) -> None:
    phone = a_phone()
    await link.people({"phone": phone, "behaviour": {"sms": {"receipt_after_seconds": 0.5}}})
    ids = await link.send(phone, "Иә")
    await asyncio.sleep(0.25)
    assert link.states(*ids) == []
    await until(lambda: link.states(*ids) == ["delivered"])


async def test_a_doubled_receipt(link: Link) -> None:
    await link.faults({"fault": "receipt_twice", "times": 1})
    ids = await link.send(a_phone(), LONG)
    await until(lambda: len(link.states(*ids)) == 6)


async def test_a_receipt_that_could_not_be_stored_comes_again(link: Link) -> None:
    link.refuse_next = 2
    ids = await link.send(a_phone(), "Иә")
    await until(lambda: link.states(*ids) == ["delivered"])
    assert link.refuse_next == 0


async def test_a_doubled_reply_has_one_id(link: Link) -> None:
    phone = a_phone()
    await link.faults({"fault": "reply_twice", "match": {"phone": phone}})
    external_id = await link.reply(phone, "да")
    await until(lambda: len(link.from_(phone)) == 2)
    assert {sms.external_id for sms in link.from_(phone)} == {external_id}


async def test_the_centre_is_down_for_a_while(link: Link) -> None:
    phone = a_phone()
    first = await link.send(phone, "Иә", key="k:down")
    await link.faults({"fault": "down", "seconds": 1.0})
    await link.reply(phone, "да")
    await until(lambda: not link.sender.bound)
    with pytest.raises(Unavailable, match="not_bound"):
        await link.send(phone, "Иә", key="k:down")
    assert await link.sender.wait_bound(timedelta(seconds=8))
    assert await link.send(phone, "Иә", key="k:down") == first
    await until(lambda: link.from_(phone), within=8)


async def test_messages_under_way_when_the_centre_goes_are_unclear_or_not_sent(link: Link) -> None:
    await link.faults({"fault": "latency", "seconds": 0.4})
    sending = [asyncio.create_task(link.send(a_phone(), "Иә")) for _ in range(50)]
    await asyncio.sleep(0.1)
    await link.centre.wire.down(0.3)
    results = await asyncio.gather(*sending, return_exceptions=True)
    assert {type(result) for result in results} <= {Unclear, Unavailable}
    assert sum(isinstance(result, Unclear) for result in results) >= 32
    assert await link.sender.wait_bound(timedelta(seconds=8))


async def test_an_answer_without_an_id_is_a_broken_contract(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    take = link.centre.book.take_part

    def nameless(*values: Any) -> Any:
        accepted = take(*values)
        object.__setattr__(accepted, "smsc_message_id", "")
        return accepted

    monkeypatch.setattr(link.centre.book, "take_part", nameless)
    with pytest.raises(BadAnswer, match="without a message id"):
        await link.send(a_phone(), "Иә")


async def test_a_receiver_that_dies_loses_nothing() -> None:
    taken: list[str] = []
    blocked = asyncio.Event()

    async def stuck(_: Any) -> None:
        await blocked.wait()

    async def take(sms: Any) -> None:
        taken.append(sms.text)

    async with running(password=PASSWORD) as (centre, _):
        _, first = clients(centre.smpp_port, stuck)
        await first.start()
        assert await first.wait_bound(SOON)
        centre.reply("+77010000095", "да", None, "udh")
        await asyncio.sleep(0.1)
        await centre.wire.down(0.2)  # the first receiver had it and never acknowledged
        blocked.set()
        await first.stop()
        _, second = clients(centre.smpp_port, take)
        async with second:
            await until(lambda: taken == ["да"], within=8)
            await until(lambda: not centre.book.store.all("SELECT id FROM outbox"))


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        ("POST", "/admin/reply", {"phone": "87011234567", "text": "да"}, "phone"),
        ("POST", "/admin/reply", {"phone": "+77011234567", "text": ""}, "text"),
        ("POST", "/admin/reply", {"phone": "+77011234567", "text": "да", "colour": "red"}, "colour"),
        ("PUT", "/admin/faults", {"rules": [{"fault": "latency"}]}, "seconds"),
        ("PUT", "/admin/faults", {"rules": [{"fault": "sabotage"}]}, "rules.0"),
        ("PUT", "/admin/people", [{"phone": "x"}], "0.phone"),
        ("PUT", "/admin/people", [{"phone": "+77011234567", "behaviour": {"sms": {"recipe": 1}}}], "recipe"),
        ("POST", "/admin/reply", None, "body"),
    ],
)
async def test_bad_orders_name_field_and_rule(link: Link, method: str, path: str, body: Any, named: str) -> None:
    answer = await link.http.request(method, path, json=body)
    assert answer.status_code == (400 if body is None else 422)
    assert answer.headers["content-type"] == "application/problem+json"
    assert named in answer.json()["detail"]


async def test_rules_are_listed_with_how_many_they_met(link: Link) -> None:
    await link.faults({"fault": "reject", "times": 1}, {"fault": "no_receipt"})
    with pytest.raises(Refused):
        await link.sender.send(OutgoingSms(key="k", phone=a_phone(), parts=("x",)))
    rules = (await link.http.get("/admin/faults")).json()["rules"]
    assert [(rule["fault"], rule["met"]) for rule in rules] == [("reject", 1), ("no_receipt", 0)]
    assert (await link.http.delete("/admin/faults")).status_code == 204
    assert (await link.http.get("/admin/faults")).json() == {"rules": []}


@pytest.mark.parametrize(
    "path", ["/phone/87011234567", "/phone/+7x", "/pages/handset.py", "/pages/../web.py", "/nothing"]
)
async def test_pages_that_are_not_there(link: Link, path: str) -> None:
    assert (await link.http.get(path)).status_code == 404


async def test_the_page_may_load_nothing_from_elsewhere(link: Link) -> None:
    for path in ("/", "/phone/+77011234567", "/pages/handset.js", "/pages/handset.css"):
        answer = await link.http.get(path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http://" not in answer.text.replace("http://www.w3.org", "")
        assert "https://" not in answer.text
        assert "innerHTML" not in answer.text
