"""Texts on the radio side: GSM 7 and UCS-2, cutting a reply into parts, reading the parts of a message.

The stub's own code on purpose: a fault in the adapter's coding must show against it, not cancel out.
"""

import struct
from dataclasses import dataclass
from typing import Literal

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
_ESCAPED = {letter: code for code, letter in _EXTENSION.items()}

UCS_2 = 8
Form = Literal["udh", "udh16", "sar", "payload"]
"""How a long reply is carried: a header with an 8- or 16-bit reference, SAR parameters, or whole in message_payload."""


class Unreadable(ValueError):
    """A body that is no text of an SMS."""


@dataclass(frozen=True)
class Piece:
    """The text of one submit_sm and its place in a long message (1 of 1 for a short one)."""

    text: str
    number: int = 1
    total: int = 1
    reference: int = 0


def read(esm_class: int, coding: int, body: bytes) -> Piece:
    """Reads a submit_sm body. Raises Unreadable for what no handset could show."""
    number, total, reference = 1, 1, 0
    if esm_class & 0x40:
        header, body = body[1 : 1 + body[0]], body[1 + body[0] :]
        if header[:2] == b"\x00\x03" and len(header) == 5:
            reference, total, number = header[2:5]
        else:
            raise Unreadable("only headers with an 8-bit reference are known")
        if not 1 <= number <= total:
            raise Unreadable("a part outside of its message")
    room = 134 if total > 1 else 140
    if coding == UCS_2:
        if len(body) > room or len(body) % 2:
            raise Unreadable("a UCS-2 body of an impossible length")
        try:
            return Piece(body.decode("utf-16-be"), number, total, reference)
        except UnicodeDecodeError:
            raise Unreadable("half of a character") from None
    if coding == 0:
        if len(body) > (153 if total > 1 else 160):
            raise Unreadable("a GSM 7 body of an impossible length")
        return Piece(_from_gsm(body), number, total, reference)
    raise Unreadable("a coding that this centre does not take")


def _from_gsm(body: bytes) -> str:
    text, escaped = "", False
    for code in body:
        if code > 0x7F:
            raise Unreadable("an octet outside of GSM 7")
        if escaped:
            text += _EXTENSION.get(code, " ")
            escaped = False
        elif code == 0x1B:
            escaped = True
        else:
            text += _BASIC[code]
    return text


@dataclass(frozen=True)
class Pdu:
    """One deliver_sm of a reply: body and what goes with it."""

    coding: int
    esm_class: int
    body: bytes
    tlvs: tuple[tuple[int, bytes], ...] = ()


def write(text: str, reference: int, form: Form = "udh") -> list[Pdu]:
    """The deliver_sm that carry a reply, as a handset would cut it: by code units, even through an emoji."""
    gsm = all(letter in _BASIC or letter in _ESCAPED for letter in text) and "\x1b" not in text
    coding = 0 if gsm else UCS_2
    body = _to_gsm(text) if gsm else text.encode("utf-16-be")
    if form == "payload":
        return [Pdu(coding, 0, b"", ((0x0424, body),))]
    if len(body) <= (160 if gsm else 140):
        return [Pdu(coding, 0, body)]
    step = 153 if gsm else (132 if form == "udh16" else 134)
    bodies = _cut_gsm(body, step) if gsm else [body[at : at + step] for at in range(0, len(body), step)]
    total = len(bodies)
    pdus = []
    for number, piece in enumerate(bodies, 1):
        if form == "udh":
            pdus.append(Pdu(coding, 0x40, bytes([5, 0, 3, reference & 0xFF, total, number]) + piece))
        elif form == "udh16":
            pdus.append(Pdu(coding, 0x40, bytes([6, 8, 4]) + struct.pack("!HBB", reference, total, number) + piece))
        else:
            sar = ((0x020C, struct.pack("!H", reference)), (0x020E, bytes([total])), (0x020F, bytes([number])))
            pdus.append(Pdu(coding, 0, piece, sar))
    return pdus


def _to_gsm(text: str) -> bytes:
    return b"".join(bytes([0x1B, _ESCAPED[x]]) if x in _ESCAPED else bytes([_BASIC.index(x)]) for x in text)


def _cut_gsm(body: bytes, step: int) -> list[bytes]:
    pieces = []
    while body:
        size = step - 1 if len(body) > step and body[step - 1] == 0x1B else step
        pieces.append(body[:size])
        body = body[size:]
    return pieces
