"""Answers as people write them, and what must never be heard in any text."""

import re
import time
from itertools import product
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogue import Meaning, Understanding, understand
from dialogue.answers import LONGEST
from dialogue.grammar import Shape
from dialogue.vocabulary import known_words, words_of

ROOT = Path(__file__).parents[2]
TRAPS = yaml.safe_load((Path(__file__).parent / "traps.yaml").read_text(encoding="utf-8"))
TABLE = yaml.safe_load((Path(__file__).parent / "answers.yaml").read_text(encoding="utf-8"))
ANSWERS = [(expected, str(text)) for expected, rows in TABLE.items() for row in rows for text in row]
TRAPPED = [
    (kind, *row)
    for kind, table in TRAPS.items()
    for row in ((k, text) for k, rows in table.items() for row in rows for text in row)
]
LISTED = yaml.safe_load((ROOT / "dialogue/words.yaml").read_text(encoding="utf-8"))


def test_the_table_is_worth_reading() -> None:
    assert len(ANSWERS) > 600
    assert len({text for _, text in ANSWERS}) == len(ANSWERS)


@pytest.mark.parametrize(("expected", "text"), ANSWERS)
def test_an_answer(expected: str, text: str) -> None:
    understood = understand(text)
    meaning, _, number = expected.partition(" ")
    assert understood.meaning == Meaning(meaning)
    if meaning != "unclear":
        assert understood.number == (int(number) if number else None)
    assert understood.iban is None


@pytest.mark.parametrize(("kind", "expected", "text"), TRAPPED)
def test_a_trap(kind: str, expected: str, text: str) -> None:
    meaning, _, number = expected.partition(" ")
    understood = understand(text)
    assert understood.meaning == Meaning(meaning), kind
    if meaning != "unclear":
        assert understood.number == (int(number) if number else None)


def test_the_traps_are_worth_reading() -> None:
    assert len(TRAPPED) > 450
    assert len({text for *_, text in TRAPPED}) == len(TRAPPED)


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("R 2", 2), ("да? 3", 3), ("1 2", None), ("0", None)])
def test_an_unclear_answer_keeps_its_number(text: str, number: int | None) -> None:
    assert understand(text) == Understanding(Meaning.UNCLEAR, number)


@pytest.mark.parametrize(
    "text",
    [
        *("НЕГЕ", "неге?", "Неліктен", "нелiктен", "nege", "не үшін?", "Қалай есептелді?", "НЕГЕ 2", "рахмет, неге"),
        *("ПОЧЕМУ", "почему??", "Почему так мало", "а почему мне столько", "pochemu", "За что?", "как посчитали"),
        *("why", "Why?", "WHY 2"),
    ],
)
def test_who_asks_why_is_heard_and_has_answered_nothing(text: str) -> None:
    understood = understand(text)
    assert understood.asks_why
    assert understood.meaning is Meaning.UNCLEAR
    assert understood.number == (2 if "2" in text else None)


@pytest.mark.parametrize("text", ["", "да", "нет", "что это?", "да, почему нет", "почему нет", "не знаю почему", "1"])
def test_who_says_something_else_does_not_ask_why(text: str) -> None:
    assert not understand(text).asks_why


def test_too_long_an_answer_is_not_read() -> None:
    assert understand("да " * 300).meaning is Meaning.YES
    assert understand("да " * 400).meaning is Meaning.UNCLEAR


SAYS_YES = {"yes", "da", "agree", "agreed", "order", "sure", "alone", "alone_first", "act", "bare", "sign", "plus"}
SAYS_NO = {"no", "no_sign", "decline", "decline_myself", "decline_alone", "bare_no", "refusal", "against"}
NOTHING_ELSE = {"thanks", "thanks_kk", "greeting", "greeting_kk", "letter", "answer", "answer_kk", "my_answer"}
REFUSALS = st.sampled_from([phrase for section in sorted({*SAYS_NO, "negation"}) for phrase in LISTED[section]])
ANY_WORD = st.sampled_from([phrase for phrases in LISTED.values() for phrase in phrases])
SOME_WORDS = st.lists(st.one_of(ANY_WORD, st.text(max_size=12)), max_size=6)
GAP = st.sampled_from([" ", ", ", ". ", "\n", " - ", "! "])


def _as_typed(text: str, how: int) -> str:
    return (text, text.upper(), text.title(), text.replace("қ", "к").replace("і", "и").replace("ә", "а"))[how]


@given(SOME_WORDS, st.sampled_from(LISTED["why"]), SOME_WORDS, GAP)
@settings(max_examples=200, deadline=None)
def test_no_text_that_asks_why_is_an_answer(before: list[str], word: str, after: list[str], gap: str) -> None:
    assert understand(gap.join([*before, word, *after])).meaning not in (Meaning.YES, Meaning.NO)


@given(SOME_WORDS, REFUSALS, SOME_WORDS, GAP, st.integers(0, 3))
@settings(max_examples=400, deadline=None)
def test_no_text_with_a_refusal_is_a_yes(before: list[str], refusal: str, after: list[str], gap: str, how: int) -> None:
    text = gap.join([*before, _as_typed(refusal, how), *after])
    assert understand(text).meaning is not Meaning.YES


@given(
    st.lists(ANY_WORD, max_size=6),
    st.sampled_from(["?", "？", "؟", " если ", " но ", " наверное ", " қашан ", " may be "]),
)
@settings(max_examples=200, deadline=None)
def test_no_question_or_condition_is_a_yes(words: list[str], doubt: str) -> None:
    assert understand(" ".join(words) + doubt).meaning not in (Meaning.YES, Meaning.NO)


@given(st.lists(ANY_WORD, max_size=6), st.text("абвгдежзиклмнопрстуфхцчшщьыэюя", min_size=5, max_size=9))
@settings(max_examples=200, deadline=None)
def test_a_strange_word_is_never_a_yes(words: list[str], strange: str) -> None:
    known = words_of(strange)[0].folded in known_words()
    assert known or understand(" ".join([*words, strange])).meaning is Meaning.UNCLEAR


@given(st.text(max_size=400))
@settings(max_examples=500, deadline=None)
def test_never_raises(text: str) -> None:
    understood = understand(text)
    assert understood.number is None or 1 <= understood.number <= 999


@given(st.text(st.characters(categories=["Cs", "Co", "Cn", "Mn", "Cf", "Cc", "Nd"]), max_size=60))
@settings(max_examples=300, deadline=None)
def test_never_raises_on_broken_characters(text: str) -> None:
    assert understand(text).meaning is not Meaning.YES


def test_each_word_is_heard_as_listed() -> None:
    for section, phrases in LISTED.items():
        wanted = "yes" if section in SAYS_YES else "no" if section in SAYS_NO else "unclear"
        assert {phrase: understand(phrase).meaning for phrase in phrases} == dict.fromkeys(phrases, Meaning(wanted))


@pytest.mark.parametrize("section", sorted(set(LISTED) - SAYS_YES - NOTHING_ELSE))
def test_a_yes_behind_other_words_asks_to_be_told_so(section: str) -> None:
    for phrase, gap, word in product(LISTED[section], (" ", ", ", " - "), ("да", "иә", "yes", "Ия!")):
        assert understand(f"{phrase}{gap}{word}").meaning is not Meaning.YES, (phrase, gap, word)
        assert understand(f"Сәлеметсіз бе, {phrase}{gap}{word} рахмет").meaning is not Meaning.YES, (phrase, gap, word)


@pytest.mark.parametrize("section", sorted(set(LISTED) - SAYS_NO - NOTHING_ELSE))
def test_a_no_beside_other_words_says_that_there_is_none(section: str) -> None:
    for phrase, gap, word in product(LISTED[section], (" ", ", ", " - "), ("жоқ", "нет", "joq")):
        assert understand(f"{phrase}{gap}{word}").meaning is not Meaning.NO, (phrase, gap, word)


def test_folding_makes_no_other_word() -> None:
    for word in LISTED["collision"]:
        for typed in (
            word,
            word.title(),
            word.upper(),
            f"{word}, рахмет",
            f"{word} да",
            f"иә {word}",
            f"{word} керек емес",
        ):
            assert understand(typed).meaning is Meaning.UNCLEAR, typed


def test_every_rule_is_of_listed_sections() -> None:
    names = {name for rule in Shape for name in re.findall(r"[a-z]\w*", rule.value)}
    assert names <= {*LISTED, "number", "account_number"}
    assert names | {"negation", "doubt", "why", "collision"} >= set(LISTED)


def test_the_longest_answer_is_read_at_once() -> None:
    for part in (
        "нет спасибо ",
        "не надо это пособие мне ",
        "мне не хочу я ",
        "да спасибо ",
        "алуға мен ",
        "здравствуйте ",
        "👍, ",
    ):
        started = time.perf_counter()
        understand((part * 500)[: LONGEST - 9] + " надо да")
        assert time.perf_counter() - started < 1, part
