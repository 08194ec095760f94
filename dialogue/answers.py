"""Understands a person's answer. A yes is consent with legal effect, so it may never be heard where it was not said.

Therefore the vocabulary is closed: an answer is yes only if each of its words is known, one means yes, and nothing
speaks against it: no refusal, no negation, no question mark, no strange word. All else is asked again. The words are in
`words.yaml`. Whose question it answers, and whether in time, is decided elsewhere.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

import yaml

from dialogue.accounts import find_account


class Meaning(StrEnum):
    """What an answer says."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Understanding:
    """`number` is the question's number, if one was given. `iban` is a well-formed account number.

    With `Meaning.ACCOUNT` and no iban the person meant an account number and mistyped it. A yes may carry an iban.
    """

    meaning: Meaning
    number: int | None = None
    iban: str | None = field(default=None, repr=False)


class _Label(StrEnum):
    YES = "yes"
    NO = "no"
    NEGATION = "negation"
    FILLER = "filler"
    UNKNOWN = "unknown"


LONGEST: Final = 1000
"""An answer longer than this (characters) is not read: nobody needs fifteen SMS to agree."""

HIGHEST_NUMBER: Final = 99
_WORDS: Final = Path(__file__).parent / "words.yaml"
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|\S")
_HARMLESS: Final = frozenset('.,!;:()[]"«»„“”-–—_/\\*#№…•+')
_INVISIBLE: Final = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xAD, 0xFEFF, 0xFE0F)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_APOSTROPHES: Final = "'`´ʼ’‘ʹ"
_PREPARE: Final[dict[int, str | None]] = {
    **dict.fromkeys((*_INVISIBLE, *_SKIN_TONES, *map(ord, _APOSTROPHES))),
    ord("№"): "#",  # which would become the word "no"
}
_AS_TYPED_WITHOUT: Final = str.maketrans("әіңғүұқөһıə", "аингуукохia")
_LATIN, _CYRILLIC = "aeiopcxykmthb", "аеиорсхукмтнв"
_TO_CYRILLIC: Final = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN: Final = str.maketrans(_CYRILLIC, _LATIN)


def understand(text: str) -> Understanding:
    """What the text says; never raises. See `Understanding`."""
    if len(text) > LONGEST:
        return Understanding(Meaning.UNCLEAR)
    account = find_account(text)
    tokens = _tokens(account.rest if account.meant else text)
    labels, numbers = _read(tokens)
    number = numbers[0] if len(numbers) == 1 else None
    against = labels & {_Label.NO, _Label.NEGATION}
    doubtful = _Label.UNKNOWN in labels or "?" in tokens or len(numbers) > 1
    yes = _Label.YES in labels and not against and not doubtful

    if account.meant:
        if against or len(account.ibans) > 1:
            return Understanding(Meaning.UNCLEAR, number)
        iban = account.ibans[0] if account.ibans else None
        return Understanding(Meaning.YES if yes and iban else Meaning.ACCOUNT, number, iban)
    if yes:
        return Understanding(Meaning.YES, number)
    if _Label.NO in labels and not doubtful and not labels & {_Label.YES, _Label.NEGATION}:
        return Understanding(Meaning.NO, number)
    return Understanding(Meaning.UNCLEAR, number)


def _read(tokens: list[str]) -> tuple[set[_Label], list[int]]:
    """Labels of all phrases, the longest first, and the numbers of questions."""
    vocabulary, longest = _vocabulary()
    labels: set[_Label] = set()
    numbers: list[int] = []
    if tokens and set(tokens) == {"+"}:
        return {_Label.YES}, numbers
    words = [token for token in tokens if token not in _HARMLESS]
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            label = vocabulary.get(tuple(words[place : place + length]))
            if label is not None:
                labels.add(label)
                place += length
                break
        else:
            word = words[place]
            if word.isdecimal() and 1 <= int(word) <= HIGHEST_NUMBER:
                numbers.append(int(word))
            else:
                labels.add(_Label.UNKNOWN)
            place += 1
    return labels, numbers


def _tokens(text: str) -> list[str]:
    known = _known_words()
    tokens = [_one_script(token) for token in _TOKEN.findall(_fold(text))]
    return [token if token in known else _short(token, known) for token in tokens]


def _fold(text: str) -> str:
    """Small letters without marks; Kazakh letters as their Russian neighbours, as people type without them."""
    small = unicodedata.normalize("NFKC", text.translate(_PREPARE)).casefold()
    bare = "".join(sign for sign in unicodedata.normalize("NFD", small) if unicodedata.category(sign) != "Mn")
    return bare.translate(_AS_TYPED_WITHOUT)


def _one_script(word: str) -> str:
    """A word of both scripts is of one, and some of its letters are look-alikes from the other keyboard."""
    if not any("Ѐ" <= letter <= "ӿ" for letter in word):
        return word
    cyrillic = word.translate(_TO_CYRILLIC)
    return word.translate(_TO_LATIN) if any("a" <= letter <= "z" for letter in cyrillic) else cyrillic


def _short(word: str, known: frozenset[str]) -> str:
    """Undoes drawn-out letters ("дааа"), but only where that gives a known word."""
    short = re.sub(r"([^\W\d_])\1+", r"\1", word)
    return short if short in known else word


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[dict[tuple[str, ...], _Label], int]:
    listed: dict[str, list[str]] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    vocabulary: dict[tuple[str, ...], _Label] = {}
    for name, phrases in listed.items():
        label = _Label(name)
        for phrase in phrases:
            words = tuple(_one_script(word) for word in _TOKEN.findall(_fold(phrase)))
            if vocabulary.setdefault(words, label) is not label:
                raise ValueError(f"words.yaml: `{phrase}` is both {vocabulary[words]} and {label}")
    return vocabulary, max(map(len, vocabulary))


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    return frozenset(word for phrase in _vocabulary()[0] for word in phrase)
