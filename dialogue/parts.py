"""How a text is cut into the parts of an SMS, as the operator counts and the handset joins them.

3GPP TS 23.038 (alphabets) and 23.040 (parts). Counting only: no header is made and nothing is encoded here.
Joined again, the parts are the text, letter for letter.
"""

from collections.abc import Callable
from typing import Final

GSM_7: Final[frozenset[str]] = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet: one septet a character."""

GSM_7_EXTENSION: Final[frozenset[str]] = frozenset("^{}\\[~]|€\f")
"""Behind an escape: two septets a character, never cut apart."""

SINGLE_GSM_7, PART_GSM_7 = 160, 153
SINGLE_UCS_2, PART_UCS_2 = 70, 67
MOST_PARTS = 255


def segments(text: str) -> tuple[str, ...]:
    """The parts of the text; one Kazakh or Russian letter makes the whole message UCS-2 (70 or 67 characters a part).

    An empty text has no parts. Raises ValueError where even 255 parts are not enough.
    """
    if not text:
        return ()
    if all(letter in GSM_7 or letter in GSM_7_EXTENSION for letter in text):
        parts = _cut(text, lambda letter: 2 if letter in GSM_7_EXTENSION else 1, SINGLE_GSM_7, PART_GSM_7)
    else:
        parts = _cut(text, lambda letter: 2 if ord(letter) > 0xFFFF else 1, SINGLE_UCS_2, PART_UCS_2)
    if len(parts) > MOST_PARTS:
        raise ValueError(f"the text needs {len(parts)} parts, an SMS has at most {MOST_PARTS}")
    return parts


def _cut(text: str, weight: Callable[[str], int], single: int, part: int) -> tuple[str, ...]:
    if sum(map(weight, text)) <= single:
        return (text,)
    parts: list[str] = []
    start, room = 0, part
    for place, letter in enumerate(text):
        room -= weight(letter)
        if room < 0:
            parts.append(text[start:place])
            start, room = place, part - weight(letter)
    return (*parts, text[start:])
