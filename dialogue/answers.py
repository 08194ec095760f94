"""Understands a person's answer. A yes is consent with legal effect, so it may never be heard where it was not said.

Therefore the vocabulary is closed and whole answers are weighed: an answer is yes only if each of its words is known,
one means yes *in this company*, and nothing speaks against it: no refusal, no negation, no doubt, no question mark, no
strange word. All else is asked again, also a no that is not plain. The words are in `words.yaml`. Whose question it
answers, and whether in time, is decided elsewhere.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

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
    """`number` is the question's number, if one was given. `iban` is a well-formed account number. `asks_why`: it is no
    answer, but asks for the reason of the amount or the refusal; its meaning is unclear.

    With `Meaning.ACCOUNT` and no iban the person meant an account number and mistyped it. A yes may carry an iban.
    """

    meaning: Meaning
    number: int | None = None
    iban: str | None = field(default=None, repr=False)
    asks_why: bool = False


class _Label(StrEnum):
    YES = "yes"
    YES_ALONE = "yes_alone"
    YES_TO = "yes_to"
    NO = "no"
    NO_ALONE = "no_alone"
    REFUSAL = "refusal"
    NEGATION = "negation"
    DOUBT = "doubt"
    WHY = "why"
    THANKS = "thanks"
    SPEAKER = "speaker"
    ANSWER = "answer"
    FILLER = "filler"
    QUESTION = "question"
    ACCOUNT = "account"
    NUMBER = "number"
    UNKNOWN = "unknown"


_SAYS_YES: Final = frozenset({_Label.YES, _Label.YES_ALONE, _Label.YES_TO})
_SAYS_NO: Final = frozenset({_Label.NO, _Label.NO_ALONE, _Label.REFUSAL})
_OF_SOMETHING_ELSE: Final = frozenset({_Label.ACCOUNT, _Label.ANSWER})
_BESIDE_A_REFUSAL: Final = frozenset({_Label.THANKS, _Label.SPEAKER, _Label.ANSWER, _Label.NUMBER})
_TOO: Final = "too"
_TAG: Final = "tag"
_DA: Final = ("да", "da")
_BESIDE_YES_ALONE: Final = _SAYS_YES | {_Label.THANKS}
_BESIDE_NO_ALONE: Final = _SAYS_NO | {_Label.THANKS, _Label.SPEAKER, _Label.ANSWER}


LONGEST: Final = 1000
"""An answer longer than this (characters) is not read: nobody needs fifteen SMS to agree."""

HIGHEST_NUMBER: Final = 99
_WORDS: Final = Path(__file__).parent / "words.yaml"
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|\S")
_HARMLESS: Final = frozenset('.,!;:()[]"«»„“”-–—_/\\*#№…•+')
_INVISIBLE: Final = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xAD, 0xFEFF, 0xFE0F)
_STRUCK: Final = re.compile("[\u0335-\u0338\u20d2\u20d3\u20e5]")
"""Marks that strike a letter through: what was struck out is not said."""
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_APOSTROPHES: Final = "'`´ʼ’‘ʹ"
_PREPARE: Final[dict[int, str | None]] = {
    **dict.fromkeys((*_INVISIBLE, *_SKIN_TONES, *map(ord, _APOSTROPHES))),
    ord("№"): "#",  # which would become the word "no"
}
_AS_TYPED_WITHOUT: Final = str.maketrans("әіңғүұқөһıə", "аингуукохia")
_KAZAKH: Final = frozenset("әіңғүұқөһ")
_LATIN, _CYRILLIC = "aeiopcxykmthb", "аеиорсхукмтнв"
_TO_CYRILLIC: Final = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN: Final = str.maketrans(_CYRILLIC, _LATIN)


def understand(text: str) -> Understanding:
    """What the text says; never raises. See `Understanding`."""
    if len(text) > LONGEST or _STRUCK.search(text):
        return Understanding(Meaning.UNCLEAR)
    account = find_account(text)
    tokens = _tokens(account.rest if account.meant else text)
    labels, numbers = _read(tokens)
    number = numbers[0] if len(numbers) == 1 else None
    asked_back = any(token.folded == "?" for token in tokens)
    doubtful = bool(labels & {_Label.UNKNOWN, _Label.DOUBT, _Label.WHY}) or asked_back or len(numbers) > 1
    against = labels & (_SAYS_NO | {_Label.NEGATION})
    plainly_yes = (
        _Label.YES in labels
        or (_Label.YES_TO in labels and not labels & _OF_SOMETHING_ELSE)
        or (_Label.YES_ALONE in labels and labels <= _BESIDE_YES_ALONE)
    )
    refuses = bool(labels & {_Label.NO, _Label.REFUSAL}) and not labels & _OF_SOMETHING_ELSE
    plainly_no = refuses or (_Label.NO_ALONE in labels and labels <= _BESIDE_NO_ALONE)
    yes = plainly_yes and not against and not doubtful

    if account.meant:
        if against or len(account.ibans) > 1:
            return Understanding(Meaning.UNCLEAR, number)
        iban = account.ibans[0] if account.ibans else None
        return Understanding(Meaning.YES if yes and iban else Meaning.ACCOUNT, number, iban)
    if yes:
        return Understanding(Meaning.YES, number)
    if plainly_no and not doubtful and not labels & (_SAYS_YES | {_Label.NEGATION}):
        return Understanding(Meaning.NO, number)
    asks_why = _Label.WHY in labels and not labels & (_SAYS_YES | _SAYS_NO | {_Label.NEGATION, _Label.DOUBT})
    return Understanding(Meaning.UNCLEAR, number, asks_why=asks_why)


@dataclass(frozen=True)
class _Word:
    """A word for looking up, and as it was typed: with its Kazakh letters."""

    folded: str
    typed: str

    def is_spelt(self, listed: str) -> bool:
        """Whether each Kazakh letter that was typed stands in the listed word too: `аға` is not `ага`."""
        latin = not any("Ѐ" <= letter <= "ӿ" for letter in self.folded)
        if latin or len(self.typed) != len(listed) or not any(letter in _KAZAKH for letter in self.typed):
            return True
        return all(mine == theirs for mine, theirs in zip(self.typed, listed, strict=True) if mine in _KAZAKH)


def _read(tokens: list[_Word]) -> tuple[set[_Label], list[int]]:
    """Labels of all phrases, the longest first, and the numbers of questions."""
    vocabulary, longest = _vocabulary()
    labels: list[_Label] = []
    numbers: list[int] = []
    if tokens and {token.folded for token in tokens} == {"+"}:
        return {_Label.YES}, numbers
    words = [token for token in tokens if token.folded not in _HARMLESS]
    # Right after some words, with nothing between them, "да" is the Kazakh "too".
    too = _words_in(_TOO)
    said_too = [word for before, word in pairwise(tokens) if before.folded in too and word.folded in _DA]
    tags = _words_in(_TAG)
    said_too += [word for before, word in pairwise(words) if before.folded in tags and word.folded in _DA]
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            phrase = words[place : place + length]
            listed = vocabulary.get(tuple(word.folded for word in phrase))
            if listed is not None and any(
                all(word.is_spelt(spelling) for word, spelling in zip(phrase, spelt, strict=True))
                for spelt in listed.spellings
            ):
                labels.append(_Label.DOUBT if any(phrase[0] is word for word in said_too) else listed.label)
                place += length
                break
        else:
            word = words[place].folded
            if word.isdecimal() and 1 <= int(word) <= HIGHEST_NUMBER:
                numbers.append(int(word))
                labels.append(_Label.NUMBER)
            else:
                labels.append(_Label.UNKNOWN)
            place += 1
    out_of_place = {_Label.DOUBT} if any(_is_out_of_place(labels, at) for at in range(len(labels))) else set()
    return {*labels, *out_of_place} - {_Label.NUMBER, _Label.QUESTION}, numbers


def _is_out_of_place(labels: list[_Label], at: int) -> bool:
    """Whether the word there says what it seems to say only somewhere else in an answer."""
    following = labels[at + 1 : at + 2]
    match labels[at]:
        case _Label.REFUSAL:
            others = [(place, label) for place, label in enumerate(labels) if label not in _BESIDE_A_REFUSAL]
            return any(place > at or label is not _Label.NO_ALONE for place, label in others if place != at)
        case _Label.QUESTION:
            return _Label.NUMBER not in (*labels[max(at - 1, 0) : at], *following)
    return False


def _tokens(text: str) -> list[_Word]:
    known = _known_words()
    found = []
    for typed in _TOKEN.findall(_small(text)):
        folded = _one_script(typed.translate(_AS_TYPED_WITHOUT))
        if folded not in known and (short := _short(folded)) in known:
            folded, typed = short, _short_as_typed(folded, typed)
        found.append(_Word(folded, typed))
    return found


def _small(text: str) -> str:
    """Small letters without marks, the Kazakh ones kept."""
    small = unicodedata.normalize("NFKC", text.translate(_PREPARE)).casefold()
    parts = unicodedata.normalize("NFD", small)
    bare = "".join(sign for sign in parts if unicodedata.category(sign) != "Mn")
    return bare.replace("ə", "ә")


def _one_script(word: str) -> str:
    """A word of both scripts is of one, and some of its letters are look-alikes from the other keyboard."""
    if not any("Ѐ" <= letter <= "ӿ" for letter in word):
        return word
    cyrillic = word.translate(_TO_CYRILLIC)
    return word.translate(_TO_LATIN) if any("a" <= letter <= "z" for letter in cyrillic) else cyrillic


def _short(word: str) -> str:
    """Undoes drawn-out letters ("дааа")."""
    return re.sub(r"([^\W\d_])\1+", r"\1", word)


def _short_as_typed(folded: str, typed: str) -> str:
    """The same of the word as typed. Of letters that fold alike the Kazakh one is kept: "агға" is an uncle too."""
    runs = re.finditer(r"([^\W\d_])\1*", folded)
    return "".join(max(typed[run.start() : run.end()], key=lambda letter: letter in _KAZAKH) for run in runs)


@dataclass(frozen=True)
class _Listed:
    """A phrase of the vocabulary: its label, and how it is spelt."""

    label: _Label
    spellings: tuple[tuple[str, ...], ...]


class _Once(yaml.SafeLoader):
    """As the safe loader, but a section given twice is an error: YAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"words.yaml:{node.start_mark.line + 1}: `{name}` is given twice")
        return super().construct_mapping(node, deep)


def _sections() -> dict[str, list[str]]:
    listed: dict[str, list[str]] = yaml.load(_WORDS.read_text(encoding="utf-8"), Loader=_Once)  # noqa: S506
    return listed


@lru_cache(maxsize=2)
def _words_in(section: str) -> frozenset[str]:
    return frozenset(_one_script(_small(word).translate(_AS_TYPED_WITHOUT)) for word in _sections()[section])


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[dict[tuple[str, ...], _Listed], int]:
    listed = _sections()
    vocabulary: dict[tuple[str, ...], _Listed] = {}
    for name, phrases in listed.items():
        if name in (_TOO, _TAG):
            continue
        label = _Label(name)
        for phrase in phrases:
            typed = tuple(_TOKEN.findall(_small(phrase)))
            words = tuple(_one_script(word.translate(_AS_TYPED_WITHOUT)) for word in typed)
            known = vocabulary.get(words)
            if known is not None and known.label is not label:
                raise ValueError(f"words.yaml: `{phrase}` is both {known.label} and {label}")
            vocabulary[words] = _Listed(label, (*(known.spellings if known else ()), typed))
    return vocabulary, max(map(len, vocabulary))


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    return frozenset(word for phrase in _vocabulary()[0] for word in phrase)
