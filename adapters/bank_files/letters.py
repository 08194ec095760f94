"""Text in the letters that a bank carries; what it does not is transliterated by `letters.yaml`, never dropped."""

import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import yaml

FILE: Final = Path(__file__).with_name("letters.yaml")
NO_LETTER: Final = "?"
"""What stands for a sign that no table has."""


class Alphabet(StrEnum):
    """The letters of a bank: Kazakh, Russian and Latin ones, or the Latin ones of SWIFT alone."""

    CYRILLIC = "cyrillic"
    LATIN = "latin"


@cache
def _tables() -> tuple[dict[Alphabet, frozenset[str]], dict[str, str]]:
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    latin = frozenset(read["latin"])
    carried = {Alphabet.LATIN: latin, Alphabet.CYRILLIC: latin | frozenset(read["cyrillic"])}
    return carried, {str(sign): str(stands) for table in ("letters", "signs") for sign, stands in read[table].items()}


def fit(text: str, alphabet: Alphabet) -> str:
    """The text in the alphabet's letters. It may be longer than it was, never shorter."""
    carried, table = _tables()
    allowed = carried[alphabet]
    whole = unicodedata.normalize("NFC", text)
    if allowed.issuperset(whole):
        return whole
    return "".join(sign if sign in allowed else _instead(sign, allowed, table) for sign in whole)


def _instead(sign: str, allowed: frozenset[str], table: dict[str, str]) -> str:
    if sign in table:
        return table[sign]
    if unicodedata.category(sign) in ("Zs", "Zl", "Zp", "Cc"):
        return " "
    parts = unicodedata.normalize("NFKD", sign)
    kept = "".join(table.get(part, part) for part in parts if not unicodedata.combining(part))
    return kept if kept and allowed.issuperset(kept) else NO_LETTER
