"""The words of answers, read from `words.yaml`, and how a typed word is found among them.

A word is folded before it is looked up: small letters, one script, drawn-out letters once, Kazakh letters as Russian.
Folding may not make another word of it: a Kazakh letter that was typed must stand in the listed word, a letter is drawn
out only at the end of a word or three times over, and words that fold to a listed one without being it are listed as
collisions.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import yaml

from dialogue.accounts import ACCOUNT_MARK

NUMBER: Final = "number"
PAUSE: Final = "pause"
SAYS: Final = "says"
"""A colon or a dash: what follows is what was said."""
QUESTION_MARK: Final = "question_mark"
UNKNOWN: Final = "unknown"
ACCOUNT_NUMBER: Final = "account_number"
BUILT_IN: Final = (ACCOUNT_NUMBER, NUMBER, PAUSE, SAYS, QUESTION_MARK, UNKNOWN)

HIGHEST_NUMBER: Final = 999
_COLLISION: Final = "collision"
_WORDS: Final = Path(__file__).parent / "words.yaml"
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|\S")
_SIGNS: Final = {
    **dict.fromkeys(".,;!…", PAUSE),
    **dict.fromkeys(":-–—", SAYS),
    "?": QUESTION_MARK,
    ACCOUNT_MARK: ACCOUNT_NUMBER,
}
_MEANINGLESS: Final = frozenset(')"«»„“”_*#•')
_INVISIBLE: Final = (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xAD, 0xFEFF, 0xFE0F)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
_APOSTROPHES: Final = "'`´ʼ’‘ʹ"
_PREPARE: Final[dict[int, str | None]] = {
    **dict.fromkeys((*_INVISIBLE, *_SKIN_TONES, *map(ord, _APOSTROPHES))),
    ord("№"): "#",  # which would become the word "no"
}
_NUMBER_SIGN: Final = re.compile(r"\bno\.\s*(?=\d)", re.IGNORECASE)
"""The English number sign, which is no refusal."""
_IN_BRACKETS: Final = re.compile(r"\((\s*\d+\s*)\)")
_SIGN_FIRST: Final = re.compile(r"^\s*[!.,;:…]")
_SIGN_LAST: Final = re.compile(r"[-–—]\s*$")
_AS_TYPED_WITHOUT: Final = str.maketrans("әіңғүұқөһıə", "аингуукохia")
_KAZAKH: Final = frozenset("әіңғүұқөһ")
_LATIN, _CYRILLIC = "aeiopcxykmthb", "аеиорсхукмтнв"
_TO_CYRILLIC: Final = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN: Final = str.maketrans(_CYRILLIC, _LATIN)


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


@dataclass(frozen=True)
class Reading:
    """`sections`: of each phrase its section of `words.yaml` or one that is built in, in order, pauses among them.
    `numbers`: the figures among them that may name a question.
    """

    sections: tuple[str, ...]
    numbers: tuple[int, ...]


def read(text: str) -> Reading:
    """The sections of the text's phrases, the longest phrase first."""
    found: list[str] = [UNKNOWN] if _SIGN_FIRST.search(text) or _SIGN_LAST.search(text) else []
    numbers: list[int] = []
    words = [word for word in words_of(text) if word.folded not in _MEANINGLESS]
    vocabulary, longest = _vocabulary()
    place = 0
    while place < len(words):
        for length in range(min(longest, len(words) - place), 0, -1):
            phrase = words[place : place + length]
            listed = vocabulary.get(tuple(word.folded for word in phrase))
            if listed is not None and listed.holds(phrase):
                found.append(listed.section)
                place += length
                break
        else:
            found.append(_section_of(words[place].folded))
            if found[-1] == NUMBER:
                numbers.append(int(words[place].folded))
            place += 1
    return Reading(tuple(found), tuple(numbers))


def _section_of(word: str) -> str:
    if word in _SIGNS:
        return _SIGNS[word]
    if word.isdecimal() and 1 <= int(word) <= HIGHEST_NUMBER and int(word) % 100:
        return NUMBER  # round hundreds are sums, or a hundred per cent
    return UNKNOWN


def words_of(text: str) -> list[_Word]:
    """The words and signs, folded."""
    known, collisions = known_words(), _collisions()
    found = []
    prepared = _IN_BRACKETS.sub(r" \1 ", _NUMBER_SIGN.sub("#", text))
    for typed in _TOKEN.findall(_small(prepared)):
        folded = _one_script(typed.translate(_AS_TYPED_WITHOUT))
        if _one_script(typed) in collisions:
            found.append(_Word(f"{_COLLISION} {folded}", typed))
            continue
        if folded not in known and (short := _short(folded)) in known:
            folded, typed = short, _short_as_typed(folded, typed)
        found.append(_Word(folded, typed))
    return found


def sections() -> dict[str, list[str]]:
    """`words.yaml`, as it stands."""
    listed: dict[str, list[str]] = yaml.load(_WORDS.read_text(encoding="utf-8"), Loader=_Once)  # noqa: S506
    return listed


@lru_cache(maxsize=1)
def known_words() -> frozenset[str]:
    """Each single word that is listed, folded."""
    return frozenset(word for phrase in _vocabulary()[0] for word in phrase)


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


_DRAWN_OUT: Final = re.compile(r"([^\W\d_])(?:\1{2,}|\1+$)")


def _short(word: str) -> str:
    """Undoes drawn-out letters ("дааа", "даа"); two alike inside a word are its spelling ("аллам")."""
    return _DRAWN_OUT.sub(r"\1", word)


def _short_as_typed(folded: str, typed: str) -> str:
    """The same of the word as typed. Of letters that fold alike the Kazakh one is kept: "ағаа" is an uncle too."""
    short, place = [], 0
    for run in _DRAWN_OUT.finditer(folded):
        short.append(typed[place : run.start()])
        short.append(max(typed[run.start() : run.end()], key=lambda letter: letter in _KAZAKH))
        place = run.end()
    return "".join([*short, typed[place:]])


@dataclass(frozen=True)
class _Listed:
    """A phrase of the vocabulary: its section, and how it is spelt."""

    section: str
    spellings: tuple[tuple[str, ...], ...]

    def holds(self, run: list[_Word]) -> bool:
        return any(
            all(word.is_spelt(spelling) for word, spelling in zip(run, spelt, strict=True)) for spelt in self.spellings
        )


class _Once(yaml.SafeLoader):
    """As the safe loader, but a section given twice is an error: YAML keeps the last one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"words.yaml:{node.start_mark.line + 1}: `{name}` is given twice")
        return super().construct_mapping(node, deep)


@lru_cache(maxsize=1)
def _collisions() -> frozenset[str]:
    return frozenset(_one_script(_small(word)) for word in sections()[_COLLISION])


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[dict[tuple[str, ...], _Listed], int]:
    vocabulary: dict[tuple[str, ...], _Listed] = {}
    for section, phrases in sections().items():
        if section == _COLLISION:
            continue
        for phrase in phrases:
            typed = tuple(_TOKEN.findall(_small(phrase)))
            words = tuple(_one_script(word.translate(_AS_TYPED_WITHOUT)) for word in typed)
            known = vocabulary.get(words)
            if known is not None and known.section != section:
                raise ValueError(f"words.yaml: `{phrase}` is both {known.section} and {section}")
            vocabulary[words] = _Listed(section, (*(known.spellings if known else ()), typed))
    return vocabulary, max(map(len, vocabulary))
