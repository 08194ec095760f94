"""SMS over real SMPP between our adapter and an independent SMS centre: sending, receipts, replies, the link itself."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.errors import Refused, Unavailable
from adapters.sms import IncomingSms, ReceiptState, SmppCentre, SmppInbox
from adapters.sms.port import OutgoingSms, SmsCentre
from dialogue import segments
from stubs.smsc import alphabet, running
from stubs.smsc.centre import _deliver_sm
from tests.adapters.sms_link import PASSWORD, SOON, Link, a_phone, clients, linked, until

KAZAKH = "Сізге тиесілі: көпбалалы отбасыға жәрдемақы, айына 78 798 теңге. Әә Іі Ңң Ғғ Үү Ұұ Ққ Өө Һһ. "


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
    shared.refuse_next = 0


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Иә", 1),
        ("Demeu", 1),
        ("€{}[]~^|\\ @£ÇΔ", 1),
        ("a" * 161, 2),
        ("€" * 200, 3),
        (KAZAKH, 2),
        (KAZAKH * 3, 5),
        ("👍" * 100, 4),
        ("я" * 66 + "👍👎 жоқ", 2),
        ("line one\nline two ә", 1),
    ],
)
async def test_a_text_arrives_as_it_was_written(link: Link, text: str, parts: int) -> None:
    phone = a_phone()
    ids = await link.send(phone, text)
    assert len(ids) == len(set(ids)) == parts
    await until(lambda: len(link.states(*ids)) == parts)
    assert link.states(*ids) == ["delivered"] * parts
    (message,) = (await link.on_handset(phone))["messages"]
    assert message["text"] == text
    assert (message["state"], message["source"], message["total"]) == ("delivered", "1414", parts)
    assert [part["smsc_message_id"] for part in message["parts"]] == list(ids)


async def test_receipts_carry_an_aware_time_that_is_not_in_the_future(link: Link) -> None:
    before = datetime.now(UTC).replace(microsecond=0)  # a receipt tells no fractions of a second
    await link.send(a_phone(), "Иә")
    await until(lambda: link.receipts)
    receipt = link.receipts[0]
    assert receipt.state is ReceiptState.DELIVERED
    assert receipt.final
    assert before <= receipt.at <= datetime.now(UTC)


async def test_many_messages_at_once(link: Link) -> None:
    phones = [a_phone() for _ in range(100)]
    sent = await asyncio.gather(*(link.send(phone, KAZAKH) for phone in phones))
    ids = [message_id for ids in sent for message_id in ids]
    assert len(set(ids)) == 200
    await until(lambda: len(link.receipts) == 200)
    for phone in phones[::25]:
        assert (await link.on_handset(phone))["messages"][0]["text"] == KAZAKH


async def test_the_same_key_is_sent_once(link: Link) -> None:
    phone = a_phone()
    first = await link.send(phone, KAZAKH, key="multi-child/1:offer")
    again = await link.send(phone, KAZAKH, key="multi-child/1:offer")
    assert first == again
    await until(lambda: len(link.receipts) == 2)
    assert len((await link.on_handset(phone))["messages"]) == 1
    call = await link.calls("multi-child/1:offer")
    assert (call["arrivals"], call["replays"], call["effects"]) == (2, 1, 1)


async def test_two_long_messages_to_one_phone_do_not_mix(link: Link) -> None:
    phone = a_phone()
    texts = [f"{n}: {KAZAKH}" for n in range(20)]
    await asyncio.gather(*(link.send(phone, text) for text in texts))
    await until(lambda: len(link.receipts) == 40)
    shown = [message["text"] for message in (await link.on_handset(phone))["messages"]]
    assert sorted(shown) == sorted(texts)
    references = link.centre.book.store.all("SELECT DISTINCT reference FROM messages")
    assert len(references) > 10  # a centre or handset that knows no keys goes by these


async def test_a_reply(link: Link) -> None:
    phone = a_phone()
    external_id = await link.reply(phone, "Иә, келісемін")
    await until(lambda: link.from_(phone))
    (sms,) = link.from_(phone)
    assert (sms.external_id, sms.text, sms.complete) == (external_id, "Иә, келісемін", True)
    assert timedelta(0) <= datetime.now(UTC) - sms.received_at < timedelta(seconds=5)
    await _acknowledged(link, phone)


@pytest.mark.parametrize("form", ["udh", "udh16", "sar", "payload"])
@pytest.mark.parametrize("text", ["ұзақ жауап 👍 " * 20, "long answer {€} " * 20, "👍" * 70, "x" + "👍" * 70])
async def test_a_long_reply_is_put_together(link: Link, form: str, text: str) -> None:
    phone = a_phone()
    external_id = await link.reply(phone, text, form=form)
    await until(lambda: link.from_(phone))
    (sms,) = link.from_(phone)
    assert (sms.external_id, sms.text, sms.complete) == (external_id, text, True)
    await _acknowledged(link, phone)


async def test_long_replies_of_several_people_at_once(link: Link) -> None:
    said = {a_phone(): f"{n} " + "ұзақ жауап " * 12 for n in range(30)}
    await asyncio.gather(*(link.reply(phone, text) for phone, text in said.items()))
    await until(lambda: len(link.sms) == 30)
    assert {sms.phone: sms.text for sms in link.sms} == said


async def test_a_reply_is_acknowledged_only_when_it_is_stored(link: Link) -> None:
    phone = a_phone()
    link.refuse_next = 2
    external_id = await link.reply(phone, "да")
    await until(lambda: link.refuse_next == 0)
    assert (await link.on_handset(phone))["replies"][0]["acknowledged_at"] is None
    await until(lambda: link.from_(phone))
    assert [sms.external_id for sms in link.from_(phone)] == [external_id]
    await _acknowledged(link, phone)


async def test_a_long_reply_that_could_not_be_stored_comes_again_whole(link: Link) -> None:
    phone = a_phone()
    text = "ұзақ жауап " * 20
    link.refuse_next = 2
    await link.reply(phone, text)
    await until(lambda: link.from_(phone))
    assert [(sms.text, sms.complete) for sms in link.from_(phone)] == [(text, True)]
    await _acknowledged(link, phone)


async def test_without_an_operators_id_one_is_made_that_tells_nothing(link: Link) -> None:
    phone = a_phone()
    for text in ("да", "да", "нет"):
        await link.reply(phone, text, external_id="")
    await until(lambda: len(link.from_(phone)) == 3)
    by_text = {
        (sms.text, sms.external_id)
        for sms in link.from_(phone)
        if sms.received_at.minute == link.sms[0].received_at.minute
    }
    assert len(by_text) <= 2
    assert len({external_id for _, external_id in by_text}) == len(by_text)
    assert not any(phone[1:] in external_id for _, external_id in by_text)


async def test_a_sender_that_is_no_phone_is_dropped(link: Link) -> None:
    delivery = {"destination_addr": "1414", "source_addr": "Kaspi", "short_message": b"OTP".hex(), "tlvs": []}
    link.centre.book.plan_delivery(delivery)
    link.centre.book.plan_delivery({**delivery, "source_addr": "87010000099"})
    await link.reply(a_phone(), "да")
    await until(lambda: len(link.sms) == 2)
    assert link.from_("+77010000099")
    await until(lambda: not link.centre.book.store.all("SELECT id FROM outbox"))


async def test_an_unreadable_delivery_is_refused_and_does_not_break_the_link(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    bad = {"destination_addr": "1414", "source_addr": "77010000098", "esm_class": 0x04, "short_message": b"?".hex()}
    link.centre.book.plan_delivery({**bad, "tlvs": []})
    phone = a_phone()
    await link.reply(phone, "да")
    await until(lambda: link.from_(phone))
    assert "without the id" in caplog.text


async def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    phone = a_phone()
    async with linked() as link:
        link.refuse_next = 1
        await link.send(phone, KAZAKH)
        await link.reply(phone, "құпия сөз " * 20)
        await link.faults({"fault": "reject"})
        with pytest.raises(Refused) as raised:
            await link.send(phone, KAZAKH)
        await until(lambda: link.from_(phone))
        shown = repr(link.sms) + repr(link.receipts) + repr(raised.value)
    printed = "".join(capsys.readouterr())
    assert printed == ""  # the library has a log of its own
    assert "it will come again" in caplog.text
    for secret in (phone[1:], "құпия", "көпбалалы", PASSWORD, "құпия".encode("utf-16-be").hex()):
        assert secret not in caplog.text + shown


@pytest.mark.parametrize(
    ("system_id", "password", "named"),
    [
        ("demeu", "123456789", "password"),
        ("demeu", "", "password"),
        ("d" * 16, "x", "system_id"),
        ("demeu", "құпия", "password"),
    ],
)
def test_credentials_that_smpp_cannot_carry(system_id: str, password: str, named: str) -> None:
    with pytest.raises(ValueError, match=f"SMPP {named} must have"):
        SmppCentre("127.0.0.1", 1, system_id, password)


async def test_parts_that_are_no_sms_are_refused_before_anything_is_sent(link: Link) -> None:
    for parts in (("я" * 71,), ("a" * 161,), ("я" * 68, "я"), ("ok", "")):
        with pytest.raises(ValueError, match="part"):
            await link.sender.send(OutgoingSms(key="k", phone=a_phone(), parts=parts))
    assert (await link.calls("k"))["arrivals"] == 0


async def test_the_wrong_password_does_not_bind() -> None:
    async with (
        running(password="other") as (centre, _),
        SmppCentre("127.0.0.1", centre.smpp_port, "demeu", PASSWORD) as sender,
    ):
        assert not await sender.wait_bound(timedelta(seconds=0.4))
        with pytest.raises(Unavailable, match="no session"):
            await sender.send(OutgoingSms(key="k", phone=a_phone(), parts=("x",)))


async def test_nobody_there_and_then_somebody() -> None:
    async with running() as (centre, _):
        port = centre.smpp_port
    async with SmppCentre("127.0.0.1", port, "demeu", PASSWORD) as sender:
        assert isinstance(sender, SmsCentre)
        assert not sender.bound
        with pytest.raises(Unavailable):
            await sender.send(OutgoingSms(key="k", phone=a_phone(), parts=("x",)))
        async with running(smpp_port=port) as (centre, _):
            assert await sender.wait_bound(SOON)
            assert await sender.send(OutgoingSms(key="k", phone=a_phone(), parts=("x",)))


async def test_a_restarted_centre_is_found_again_and_has_forgotten_nothing(tmp_path: Any) -> None:
    taken: list[IncomingSms] = []

    async def take(sms: IncomingSms) -> None:
        taken.append(sms)

    phone = a_phone()
    sms = OutgoingSms(key="multi-child/1:offer", phone=phone, parts=segments(KAZAKH))
    async with running(tmp_path, password=PASSWORD) as (centre, _):
        port = centre.smpp_port
        sender, inbox = clients(port, take)
        await sender.start()
        assert await sender.wait_bound(SOON)
        first = await sender.send(sms)
        centre.reply(phone, "да", None, "udh")  # nobody is there to take it
    await until(lambda: not sender.bound)
    async with inbox, running(tmp_path, smpp_port=port, password=PASSWORD) as (centre, _):
        assert await sender.wait_bound(timedelta(seconds=8))
        assert await sender.send(sms) == first
        await until(lambda: taken, within=8)
        assert [(got.phone, got.text) for got in taken] == [(phone, "да")]
        await until(lambda: not centre.book.store.all("SELECT id FROM outbox"))
        (message,) = centre.book.store.all("SELECT text, state FROM messages")
        assert tuple(message) == (KAZAKH, "delivered")
        await sender.stop()


async def test_an_incomplete_reply_is_handed_on_with_its_gap() -> None:
    async with linked(join_within=timedelta(seconds=0.8)) as link:
        phone = a_phone()
        await link.faults()
        link.centre.reply(phone, "да " * 60, None, "udh")
        rows = link.centre.book.store.all("SELECT id FROM outbox ORDER BY id")
        assert len(rows) == 3
        link.centre.book.store.do("DELETE FROM outbox WHERE id = ?", rows[1]["id"])
        await until(lambda: link.from_(phone))
        (sms,) = link.from_(phone)
        assert not sms.complete
        assert sms.text.count("[...?]") == 1
        assert sms.text.startswith("да да")
        assert sms.text.endswith("да ")


async def test_one_phone_that_ends_no_message_keeps_nobody_else_waiting() -> None:
    """First parts alone, sixteen a second from one phone, held every place of the receiver: a yes came 40 s late."""
    lone, other = a_phone(), a_phone()
    async with linked(hold=timedelta(seconds=2)) as link:
        for reference in range(200):
            first, *_ = alphabet.write("я" * 100, reference, "udh16")
            link.centre.book.plan_delivery(_deliver_sm(lone, "1414", first))
        link.centre._wake.set()
        await asyncio.sleep(0.5)
        await link.reply(other, "Иә")
        await until(lambda: link.from_(other), within=1.5)
        assert not link.from_(lone), "their other parts may still come"
        whole = "я" * 100
        await link.reply(lone, whole, form="udh16")
        await until(lambda: link.from_(lone))
        assert [sms.text for sms in link.from_(lone)] == [whole]


async def test_parts_that_only_we_have_are_handed_on_when_we_stop() -> None:
    taken: list[IncomingSms] = []

    async def take(sms: IncomingSms) -> None:
        taken.append(sms)

    async with running(password=PASSWORD) as (centre, _):
        _, inbox = clients(centre.smpp_port, take, hold=timedelta(seconds=0.05))
        async with inbox:
            assert await inbox.wait_bound(SOON)
            centre.reply("+77010000097", "да " * 40, None, "udh")
            rows = centre.book.store.all("SELECT id FROM outbox ORDER BY id")
            centre.book.store.do("DELETE FROM outbox WHERE id = ?", rows[0]["id"])
            await until(lambda: not centre.book.store.all("SELECT id FROM outbox"))
            assert not taken
    assert [(sms.complete, sms.text.startswith(" [...?] ")) for sms in taken] == [(False, True)]


async def test_stopping_waits_for_what_is_being_stored() -> None:
    stored: list[str] = []

    async def slow(sms: IncomingSms) -> None:
        await asyncio.sleep(0.4)
        stored.append(sms.text)

    async with running(password=PASSWORD) as (centre, _):
        _, inbox = clients(centre.smpp_port, slow)
        await inbox.start()
        assert await inbox.wait_bound(SOON)
        centre.reply("+77010000096", "да", None, "udh")
        await asyncio.sleep(0.2)
        await inbox.stop()
        assert stored == ["да"]
        await until(lambda: not centre.book.store.all("SELECT id FROM outbox"))


async def test_stopping_without_a_centre_is_quick() -> None:
    async def nothing(_: Any) -> None: ...

    inbox = SmppInbox("127.0.0.1", 1, "demeu", PASSWORD, on_sms=nothing, on_receipt=nothing)
    async with asyncio.timeout(2):
        await inbox.start()
        await asyncio.sleep(0.05)
        await inbox.stop()
        await inbox.stop()


async def _acknowledged(link: Link, phone: str) -> None:
    async with asyncio.timeout(5):
        while any(r["acknowledged_at"] is None for r in (await link.on_handset(phone))["replies"]):
            await asyncio.sleep(0.02)
