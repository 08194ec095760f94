"""Reading and writing PDUs: what real SMS centres send beyond the book."""

import struct
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiosmpplib.codec import GSM7BitCodec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.sms.inbox import _phone
from adapters.sms.join import Joiner
from adapters.sms.pdu import BadPdu, Part, ReceiptState, encode, read_delivery, read_receipt, whole
from dialogue import segments
from dialogue.parts import GSM_7, GSM_7_EXTENSION
from stubs.smsc import alphabet

ALMATY = ZoneInfo("Asia/Almaty")
NOW = datetime(2025, 3, 5, 13, 30, 20, tzinfo=UTC)


def deliver_sm(
    body: bytes, *, esm_class: int = 0, coding: int = 0, tlvs: bytes = b"", source: bytes = b"77010000001"
) -> bytes:
    """A deliver_sm as it comes over the wire."""
    head = (
        b"\0\x01\x01" + source + b"\0\0\0" + b"1414\0" + bytes([esm_class, 0, 0]) + b"\0\0" + bytes([0, 0, coding, 0])
    )
    rest = head + bytes([len(body)]) + body + tlvs
    return struct.pack("!IIII", 16 + len(rest), 5, 0, 7) + rest


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack("!HH", tag, len(value)) + value


def receipt(said: str, tlvs: bytes = b"", esm_class: int = 0x04) -> bytes:
    return deliver_sm(said.encode(), esm_class=esm_class, tlvs=tlvs)


@pytest.mark.parametrize(
    ("said", "tlvs", "expected"),
    [
        (
            "id:a1 sub:001 dlvrd:001 submit date:2503051820 done date:2503051825 stat:DELIVRD err:000 text:",
            b"",
            ("a1", "delivered", "13:25:59"),
        ),
        ("id:a1 stat:DELIVRD done date:250305182530 err:0A1 Text:Сіз", b"", ("a1", "delivered", "13:25:30")),
        ("ID:A1 STAT:undeliv DONE DATE:2503051825 ERR:abc", b"", ("A1", "undeliverable", "13:25:59")),
        ("id:a1 stat:EXPIRED", b"", ("a1", "expired", "13:30:20")),
        ("id:a1 stat:REJECTD done date:9999999999", b"", ("a1", "rejected", "13:30:20")),
        ("id:a1 stat:DELIVRD done date:2503051840", b"", ("a1", "delivered", "13:30:20")),  # ahead of us
        ("id:a1 stat:DELIVRD done date:2001010000", b"", ("a1", "delivered", "13:30:20")),  # years ago
        ("id:a1 stat:DELIVRD done date:2503051830", b"", ("a1", "delivered", "13:30:20")),  # this very minute
        ("id:a1 stat:WHATEVR", b"", ("a1", "unknown", "13:30:20")),
        ("", tlv(0x1E, b"b2\0") + tlv(0x427, b"\x02"), ("b2", "delivered", "13:30:20")),
        ("id:a1 stat:ACCEPTD", tlv(0x1E, b"b2") + tlv(0x427, b"\x05"), ("b2", "undeliverable", "13:30:20")),
        ("id:a1 stat:DELIVRD", tlv(0x427, b"\x63"), ("a1", "delivered", "13:30:20")),
        ("id:a1 stat:DELIVRD", tlv(0x1403, b"\xff\xfe") + b"\x01", ("a1", "delivered", "13:30:20")),
    ],
)
def test_receipts(said: str, tlvs: bytes, expected: tuple[str, str, str]) -> None:
    delivery = read_delivery(receipt(said, tlvs))
    assert delivery.is_receipt
    message_id, state, at = read_receipt(delivery, ALMATY, NOW)
    assert (message_id, state, f"{at.astimezone(UTC):%H:%M:%S}") == expected
    assert isinstance(state, ReceiptState)


def test_a_receipt_without_an_id() -> None:
    with pytest.raises(BadPdu):
        read_receipt(read_delivery(receipt("stat:DELIVRD")), ALMATY, NOW)


@pytest.mark.parametrize(
    ("body", "coding", "text"),
    [
        ("Иә".encode("utf-16-be"), 8, "Иә"),
        ("Иә".encode("utf-16-be"), 0x18, "Иә"),  # with a message class
        ("Иә".encode("utf-16-be") + b"\0", 8, "Иә"),  # an octet too many
        (b"da", 0, "da"),
        (b"da", 0x10, "da"),
        (b"da", 0xF1, "da"),
        (b"da", 1, "da"),
        (b"d\xe9", 3, "dé"),
        ("да".encode("iso8859-5"), 6, "да"),
        (b"\x1b\x65 \x00", 0, "€ @"),
        (b"\xde\xad", 4, "?"),
        (b"\xde\xad", 0xF5, "?"),
        (b"\xde\xad", 0x0D, "?"),
        (b"", 0, ""),
        ("да\0\0".encode("utf-16-be"), 8, "да"),
        (b"\0da\0", 1, "da"),
        ("да ".encode("utf-16-be") + b"\xd8\x3d", 8, "да \ufffd"),  # half an emoji
        (b"\xde\x00" + "да".encode("utf-16-be"), 8, "\ufffdда"),  # its other half
    ],
)
def test_codings(body: bytes, coding: int, text: str) -> None:
    assert whole([read_delivery(deliver_sm(body, coding=coding)).text]) == text


def test_message_payload() -> None:
    body = ("ұзақ " * 100).encode("utf-16-be")
    assert read_delivery(deliver_sm(b"", coding=8, tlvs=tlv(0x424, body))).text == "ұзақ " * 100


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (b"\x05\x00\x03\x2a\x03\x02", Part(42, 2, 3)),
        (b"\x06\x08\x04\x01\x2a\x03\x02", Part(298, 2, 3)),
        (b"\x0b\x05\x04\x00\x00\x00\x00\x00\x03\x2a\x03\x02", Part(42, 2, 3)),  # behind the ports
        (b"\x06\x05\x04\x00\x00\x00\x00", None),
        (b"\x05\x00\x03\x2a\x01\x01", None),  # one part of one
        (b"\x05\x00\x03\x2a\x02\x03", None),  # the third of two
        (b"\x00", None),
    ],
)
def test_headers(header: bytes, part: Part | None) -> None:
    delivery = read_delivery(deliver_sm(header + b"da", esm_class=0x40))
    assert (delivery.part, delivery.text) == (part, "da")


@given(st.binary(max_size=120), st.binary(max_size=40), st.integers(0, 255), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_any_delivery_is_read_or_refused(body: bytes, tlvs: bytes, esm_class: int, coding: int) -> None:
    try:
        delivery = read_delivery(deliver_sm(body, esm_class=esm_class, coding=coding, tlvs=tlvs))
        at = read_receipt(delivery, ALMATY, NOW)[2] if delivery.is_receipt else NOW
    except BadPdu:
        return
    assert isinstance(whole([delivery.text]), str)
    assert at <= NOW


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_octets_are_read_or_refused(body: bytes) -> None:
    try:
        read_delivery(struct.pack("!IIII", 16 + len(body), 5, 0, 1) + body)
    except BadPdu:
        return


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=500))
@settings(max_examples=200, deadline=None)
def test_what_the_adapter_writes_the_centre_reads(text: str) -> None:
    coding, bodies = encode(segments(text), 42)
    pieces = [alphabet.read(0x40 if len(bodies) > 1 else 0, coding, body) for body in bodies]
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.number for piece in pieces] == list(range(1, len(pieces) + 1))
    assert {(piece.total, piece.reference) for piece in pieces} == {(len(pieces), 42 if len(pieces) > 1 else 0)}


def test_both_sides_and_the_library_have_the_same_alphabet() -> None:
    for letter in map(chr, range(0x20, 0x2100)):
        assert GSM7BitCodec.is_gsm_text(letter) == (letter in GSM_7 or letter in GSM_7_EXTENSION), letter


@pytest.mark.parametrize(
    ("source", "phone"),
    [
        ("77010000001", "+77010000001"),
        ("+77010000001", "+77010000001"),
        ("87010000001", "+77010000001"),
        ("7010000001", "+77010000001"),
        ("996555123456", "+996555123456"),
        ("1414", None),
        ("Kaspi", None),
        ("", None),
        ("007701", None),
    ],
)
def test_senders(source: str, phone: str | None) -> None:
    assert _phone(source) == phone


def part(number: int, total: int, text: str = "x", reference: int = 1, source: bytes = b"77010000001") -> bytes:
    header = bytes([5, 0, 3, reference, total, number])
    return deliver_sm(header + text.encode("utf-16-be"), esm_class=0x40, coding=8, source=source)


def test_parts_in_any_order_and_twice() -> None:
    joiner = Joiner()
    for number, text in ((3, "c"), (1, "a"), (3, "c")):
        message = joiner.add(read_delivery(part(number, 3, text)), NOW)
        assert not message.complete
    assert not joiner.add(read_delivery(part(2, 3, "z", source=b"77010000002")), NOW).complete
    message = joiner.add(read_delivery(part(2, 3, "b")), NOW)
    assert message.complete
    assert message.text == "abc"
    joiner.drop(message)
    assert len(joiner.all()) == 1


def test_memory_is_bounded() -> None:
    joiner = Joiner(most=3)
    messages = [joiner.add(read_delivery(part(1, 2, reference=n)), NOW) for n in range(5)]
    assert joiner.overdue(NOW - timedelta(minutes=2)) == messages[:2]
    assert joiner.overdue(NOW + timedelta(seconds=1)) == messages
    assert "77010000001" not in repr(messages)
