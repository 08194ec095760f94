"""Takes people out of what other bodies write: their reasons are shown to operators and sent by SMS.

Numbers that may be an IIN, a phone, a card or an account, addresses of e-mail, the names that the Card knows of the
person, and what looks like a name: a family name with a given name or with initials.
"""

import re
from collections.abc import Collection

MASK = "…"

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ue000-\uf8ff]")
"""What is no text: no database keeps it, and our own marks are among it."""

_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){10,30}\b")
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,3}\d){5,}")
_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{4}|\d{4}-\d{2}-\d{2}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
_LETTERS = "A-ZА-ЯЁӘҒҚҢӨҰҮҺІ"
_SMALL = "a-zа-яёәғқңөұүһі"
_WORD = rf"[{_LETTERS}][{_SMALL}]+(?:-[{_LETTERS}][{_SMALL}]+)?"
_INITIALS = re.compile(
    rf"\b{_WORD}\s+[{_LETTERS}]\.\s?(?:[{_LETTERS}]\.)?|\b[{_LETTERS}]\.\s?(?:[{_LETTERS}]\.)?\s?{_WORD}"
)
_SEVERAL = re.compile(rf"\b{_WORD}(?:\s+{_WORD})+")
_SHORTEST_NAME = 3
_LONGEST = 2000
"""Characters of another body's words that are worked on: whoever sends a program's dump shall not hold up everybody."""


def shortened(text: str, longest: int) -> str:
    """The text up to a gap between words: half a name or number is none that could be masked."""
    return text if len(text) <= longest else text[:longest].rsplit(" ", 1)[0]


def masked(text: str, names: Collection[str | None] = ()) -> str:
    """The text without people; dates and words stay. `names` are those that the Card knows of the person."""
    text = _CONTROL.sub(" ", shortened(text, _LONGEST))
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found.group())
        return f"\0{chr(0xE000 + len(kept) - 1)}\0"

    text = _DATE.sub(keep, text)
    for pattern in (_MAIL, _IBAN, _NUMBER, _INITIALS, _SEVERAL):
        text = pattern.sub(MASK, text)
    for name in names:
        if name and len(name) >= _SHORTEST_NAME:
            # With the endings that Russian and Kazakh give it, in the place of its last letter or after it.
            stem = name[:-1] if len(name) > _SHORTEST_NAME else name
            text = re.sub(rf"\b{re.escape(stem)}\w{{0,6}}", MASK, text, flags=re.IGNORECASE)
    text = re.sub(rf"{MASK}(?:[\s,]*{MASK})+", MASK, text)
    return re.sub("\0(.)\0", lambda found: kept[ord(found.group(1)) - 0xE000], text)
