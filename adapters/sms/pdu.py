"""What stands in an SMPP 3.4 PDU, as far as Demeu reads and writes it: texts, parts, delivery receipts.

Reads deliver_sm with a reader of its own, because aiosmpplib's drops the link on what real SMS centres send: receipts
with letters in `err`, dates with seconds, 16-bit references, an emoji cut in two, unknown codings. No network here.
"""

import re
import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from aiosmpplib.codec import GSM7BitCodec

UDHI: Final = 0x40
"""esm_class: the body begins with a user data header."""

RECEIPT_CLASS: Final = 0x04
UCS_2: Final = 0x08
GSM_7: Final = 0x00

TLV_OUR_KEY: Final = 0x1501
"""Vendor TLV of submit_sm: `{key}#{part}`. A contracting operator sends each key once and repeats its answer."""

TLV_THEIR_ID: Final = 0x1502
"""Vendor TLV of deliver_sm: the operator's id of a person's SMS, the same however often it is delivered."""

_TLV_RECEIPTED_ID: Final = 0x001E
_TLV_SAR_REFERENCE: Final = 0x020C
_TLV_SAR_TOTAL: Final = 0x020E
_TLV_SAR_NUMBER: Final = 0x020F
_TLV_PAYLOAD: Final = 0x0424
_TLV_STATE: Final = 0x0427


class BadPdu(ValueError):
    """A PDU that cannot be read. Its content is not in the text: it is a person's message."""


class ReceiptState(StrEnum):
    """What became of an SMS (SMPP 3.4, 5.2.28)."""

    DELIVERED = "delivered"
    EXPIRED = "expired"
    DELETED = "deleted"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"
    ENROUTE = "enroute"
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"


_STATES: Final = {
    1: ReceiptState.ENROUTE,
    2: ReceiptState.DELIVERED,
    3: ReceiptState.EXPIRED,
    4: ReceiptState.DELETED,
    5: ReceiptState.UNDELIVERABLE,
    6: ReceiptState.ACCEPTED,
    7: ReceiptState.UNKNOWN,
    8: ReceiptState.REJECTED,
}
_WORDS: Final = {
    "DELIVRD": ReceiptState.DELIVERED,
    "EXPIRED": ReceiptState.EXPIRED,
    "DELETED": ReceiptState.DELETED,
    "UNDELIV": ReceiptState.UNDELIVERABLE,
    "REJECTD": ReceiptState.REJECTED,
    "ENROUTE": ReceiptState.ENROUTE,
    "ACCEPTD": ReceiptState.ACCEPTED,
}


@dataclass(frozen=True)
class Part:
    """Which part of a long message this is."""

    reference: int
    number: int
    total: int


@dataclass(frozen=True)
class Delivery:
    """A deliver_sm: a person's SMS, a part of one, or a receipt."""

    sequence: int
    source: str = field(repr=False)
    destination: str
    is_receipt: bool
    text: str = field(repr=False)
    """Decoded; half of an emoji may stand at an end, see `whole`."""
    part: Part | None
    tlvs: dict[int, bytes] = field(repr=False)

    @property
    def id(self) -> str | None:
        """The operator's id of the message, if it sends one."""
        value = self.tlvs.get(_TLV_RECEIPTED_ID) or self.tlvs.get(TLV_THEIR_ID)
        return _ascii(value) if value else None


def encode(parts: tuple[str, ...], reference: int) -> tuple[int, list[bytes]]:
    """Data coding and body of each part; several get a header with an 8-bit reference (3GPP TS 23.040, 9.2.3.24.1).

    Raises ValueError if a part is empty or does not fit, or if there are too many.
    """
    if not 1 <= len(parts) <= 255:
        raise ValueError("an SMS has 1 to 255 parts")
    gsm = all(GSM7BitCodec.is_gsm_text(part) for part in parts)
    codec = GSM7BitCodec.get_codec_info()
    bodies = [codec.encode(part)[0] if gsm else part.encode("utf-16-be") for part in parts]
    room = (160 if gsm else 140) if len(parts) == 1 else (153 if gsm else 134)
    for number, body in enumerate(bodies, 1):
        if not 1 <= len(body) <= room:
            raise ValueError(f"part {number} of an SMS has {len(body)} octets, allowed are 1 to {room}")
    if len(bodies) > 1:
        bodies = [bytes([5, 0, 3, reference, len(bodies), number]) + body for number, body in enumerate(bodies, 1)]
    return (GSM_7 if gsm else UCS_2), bodies


def read_delivery(pdu: bytes) -> Delivery:
    """Reads a deliver_sm. Raises BadPdu."""
    try:
        return _read(pdu)
    except (IndexError, struct.error, ValueError):
        raise BadPdu(f"unreadable deliver_sm of {len(pdu)} octets") from None


def _read(pdu: bytes) -> Delivery:
    sequence: int = struct.unpack_from("!I", pdu, 12)[0]
    _, at = _c_string(pdu, 16)
    source, at = _c_string(pdu, at + 2)
    destination, at = _c_string(pdu, at + 2)
    esm_class = pdu[at]
    _, at = _c_string(pdu, at + 3)
    _, at = _c_string(pdu, at)
    coding, length = pdu[at + 2], pdu[at + 4]
    at += 5
    body = pdu[at : at + length]
    if len(body) != length:
        raise ValueError
    tlvs = _tlvs(pdu[at + length :])
    body = body or tlvs.get(_TLV_PAYLOAD, b"")
    part = None
    if esm_class & UDHI:
        header, body = body[1 : 1 + body[0]], body[1 + body[0] :]
        part = _part_of(header)
    elif _TLV_SAR_REFERENCE in tlvs:
        part = Part(*(int.from_bytes(tlvs[tag]) for tag in (_TLV_SAR_REFERENCE, _TLV_SAR_NUMBER, _TLV_SAR_TOTAL)))
    if part is not None and (part.total < 2 or not 1 <= part.number <= part.total):
        part = None
    is_receipt = esm_class & 0x3C == RECEIPT_CLASS
    return Delivery(sequence, source, destination, is_receipt, _decode(coding, body), part, tlvs)


def _c_string(pdu: bytes, at: int) -> tuple[str, int]:
    end = pdu.index(0, at)
    return _ascii(pdu[at:end]), end + 1


def _ascii(value: bytes) -> str:
    return value.replace(b"\0", b"").decode("ascii", "backslashreplace")


def _tlvs(rest: bytes) -> dict[int, bytes]:
    found = {}
    while len(rest) >= 4:
        tag, length = struct.unpack_from("!HH", rest)
        found[tag] = rest[4 : 4 + length]
        rest = rest[4 + length :]
    return found


def _part_of(header: bytes) -> Part | None:
    while len(header) >= 2:
        name, length = header[0], header[1]
        value = header[2 : 2 + length]
        if name == 0x00 and length == 3:
            return Part(value[0], value[2], value[1])
        if name == 0x08 and length == 4:
            return Part(int.from_bytes(value[:2]), value[3], value[2])
        header = header[2 + length :]
    return None


def _decode(coding: int, body: bytes) -> str:
    """The text; what cannot be decoded shows as "?", so that nobody takes it for an answer."""
    if coding < 0xF0 and coding & 0x0C == UCS_2:  # with or without message class
        return body[: len(body) // 2 * 2].decode("utf-16-be", "surrogatepass")
    if coding in (1, 3):
        return body.decode("latin-1")
    if coding == 6:
        return body.decode("iso8859-5", "replace")
    if coding == GSM_7 or (coding >= 0x10 and not coding & 0x04):
        text: str = GSM7BitCodec.get_codec_info().decode(bytes(octet & 0x7F for octet in body), "replace")[0]
        return text
    return "?"


def whole(texts: list[str]) -> str:
    """Parts put together; an emoji that was cut between two of them is one again. No NUL: PostgreSQL takes none."""
    joined = "".join(texts).replace("\0", "")
    return joined.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "replace")


def read_receipt(delivery: Delivery, zone: tzinfo, now: datetime) -> tuple[str, ReceiptState, datetime]:
    """The centre's message id, what became of the message, and when. Raises BadPdu if there is no id.

    `zone` is the centre's clock. Its dates are often cut to the minute; the end of that minute is taken, but never a
    time after `now`, so that no window opens before the person had the message.
    """
    said = delivery.text
    named = re.search(r"\bid:(\S+)", said, re.I)
    message_id = delivery.id or (named[1] if named else None)
    if message_id is None:
        raise BadPdu("a delivery receipt without the id of a message")
    word = re.search(r"\bstat:([A-Z]+)", said, re.I)
    state = _WORDS.get(word[1].upper(), ReceiptState.UNKNOWN) if word else ReceiptState.UNKNOWN
    if delivery.tlvs.get(_TLV_STATE):
        state = _STATES.get(delivery.tlvs[_TLV_STATE][0], state)
    return message_id, state, _done_at(said, zone, now)


def _done_at(said: str, zone: tzinfo, now: datetime) -> datetime:
    done = re.search(r"\bdone date:(\d{10})(\d\d)?(?!\d)", said, re.I)
    if done is None:
        return now
    try:
        at = datetime.strptime(f"{done[1]}{done[2] or '59'}", "%y%m%d%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return now
    return min(at.astimezone(now.tzinfo), now) if now - at < timedelta(days=366) else now
