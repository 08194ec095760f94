"""Texts take their numbers from the parameters in force: none stands in a text as a literal, in digits or in words."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import dialogue
from benefits import BadParameters, Right, assess, explain
from benefits.catalogue import PARAMETERS, load
from benefits.dated import ParameterFile
from benefits.facts import read_facts
from benefits.numbers import filled, named_in
from benefits.parameter_file import read_parameter_file
from benefits.texts import LANGUAGES, Texts
from tests.law.another_law import another_law
from tests.law.casebook import family_mapping

SAID = Path(dialogue.__file__).parent / "texts" / "services"
FILES = [read_parameter_file(path) for path in sorted(PARAMETERS.rglob("*.yaml"))]

# Not "one", which is an article or a pronoun too, nor the Kazakh for ninety, which is a quarter as well.
IN_WORDS = {
    "kk": (
        r"(екі|үш|төрт|бес|алты|жеті|сегіз|тоғыз|он|жиырма|отыз|қырық|елу|алпыс|жетпіс|сексен|жүз|жарым)"
        r"(еу|еуден|еуі|дан|ден|тан|тен|нан|нен|ға|ге|қа|ке)?"
    ),
    "ru": (
        r"дв[аеух]+|тр[иёе]х?|трём|четыр[её]х?|четырьмя|пят[ьи]|шест[ьи]|сем[ьи]|восьми|восемь|"
        r"девят[ьи]|десят[ьи]|[а-я]+надцат[ьи]|двадцат[ьи]|тридцат[ьи]|сорока?|[а-я]+десят|сто|полтора|полутора"
    ),
    "en": (
        r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[a-z]+teen|twenty|thirty|forty|fifty|half|"
        r"hundred"
    ),
}
NUMBER = {
    language: re.compile(rf"\b(?:[0-9][0-9.,]*|{words})\b", re.IGNORECASE) for language, words in IN_WORDS.items()
}

NO_PARAMETER = {
    "full_orphan_unknown": "both parents",
    "larger": "the two shares that are named beside it",
    "as_the_law_says": "1414, whom to call",
}
"""Texts in which a number word is no number of a parameter, and what it is."""


def _texts(file: ParameterFile) -> Iterator[tuple[str, Texts]]:
    yield "names", file.names
    for section in ("figures", "conditions", "resumes", "questions", "words"):
        yield from getattr(file, section).items()
    yield from ((name, one.label) for name, one in file.parameters.items() if one.label is not None)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.service)
def test_no_number_stands_in_a_text(file: ParameterFile) -> None:
    found = {
        (name, language): NUMBER[language].findall(re.sub(r"\{[^}]*\}", "", text[language]))
        for name, text in _texts(file)
        for language in LANGUAGES
        if name not in NO_PARAMETER
    }
    assert {key: numbers for key, numbers in found.items() if numbers} == {}


@pytest.mark.parametrize("path", sorted(SAID.glob("*.ftl")), ids=lambda path: path.stem)
def test_no_number_of_the_law_stands_in_an_sms(path: Path) -> None:
    """Whatever age the law said, the SMS said a year and a half; the message itself tells until when it is paid."""
    language = path.stem.rpartition(".")[2]
    assert NUMBER[language].findall(path.read_text(encoding="utf-8")) == []


def test_nothing_is_excused_that_holds_no_number() -> None:
    texts = {name: text for file in FILES for name, text in _texts(file)}
    needless = {
        name
        for name in NO_PARAMETER
        if name not in texts or not any(NUMBER[language].search(texts[name][language]) for language in LANGUAGES)
    }
    assert needless == set()


def test_the_number_of_the_year_stands_in_the_refusal(tmp_path: Path) -> None:
    """Fewer than three from 2025 on, as it was fewer than four before; to the day."""
    old = "      2023-07-01: {value: 4, reference: published-amounts-2025, mark: S}\n"
    new = old + "      2025-01-01: {value: 3, reference: published-amounts-2025, mark: S}\n"
    facts = read_facts(family_mapping({"mother": "1990-01-01", "children": ["2020-01-01"]}, "2024-06-01"))
    with another_law(tmp_path, "multi-child", (old, new)):
        for day, least in ((date(2024, 12, 31), "4"), (date(2025, 1, 1), "3")):
            decision = assess("multi-child", facts, day)
            assert decision.right is Right.NO
            assert decision.failed is not None
            assert f"Fewer than {least} children" in decision.failed.names.en
            assert f"меньше {least}." in decision.failed.names.ru
            assert f"балалар {least} баладан аз" in decision.failed.names.kk
            assert f"до 23 лет меньше {least}." in explain(decision, "ru")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", ("1 ай", "1 месяц", "1 month")),
        ("2", ("2 ай", "2 месяца", "2 months")),
        ("11", ("11 ай", "11 месяцев", "11 months")),
        ("21", ("21 ай", "21 месяц", "21 months")),
    ],
)
def test_the_word_follows_the_number(number: str, words: tuple[str, ...]) -> None:
    text = Texts("{term} ай", "{term:месяц|месяца|месяцев}", "{term:month|months}")
    assert tuple(filled(text, {"term": (Decimal(number), "months")}).to_dict().values()) == words


def test_a_share_is_named_as_a_percentage() -> None:
    text = Texts("{least}", "{least}", "{least}")
    assert filled(text, {"least": (Decimal("0.30"), "ratio")}) == Texts("30 %", "30 %", "30%")


FAULTS = [
    ("{least_children} бала", "бала", "the three languages name the same parameters"),
    ("меньше {least_children}", "меньше {least_children:год|лет}", "ru: 3 words follow 'least_children', not 2"),
    ("меньше {least_children}", "меньше {least children}", "the three languages name the same parameters"),
    ("меньше {least_children}", "меньше {least_children} {", "ru: a parameter is named as {least_children}"),
    ("Fewer than {least_children:child|children}", "Fewer than four", "the three languages name the same parameters"),
]


@pytest.mark.parametrize(("old", "new", "what"), FAULTS, ids=[new for _, new, _ in FAULTS])
def test_a_wrong_name_of_a_parameter_is_found_when_the_files_are_read(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    where = r"^multi-child.yaml:\d+: conditions: too_few_children: "
    with pytest.raises(BadParameters, match=where + re.escape(what)), another_law(tmp_path, "multi-child", (old, new)):
        pass


def test_a_text_names_only_numbers_that_its_rule_reads(tmp_path: Path) -> None:
    for name, what in (
        ("leest_children", "did you mean 'least_children'"),
        ("rate", "'rate'"),
        ("rounding", "no number"),
    ):
        changes = [("{least_children", f"{{{name}")] * 3
        with pytest.raises(BadParameters, match=what), another_law(tmp_path, "multi-child", *changes):
            pass


def test_every_text_with_a_number_is_filled_on_every_day_of_its_law() -> None:
    for benefit in load().values():
        law = benefit.legislation
        for section in ("conditions", "questions", "resumes"):
            for name in law.takes.texts() & {*getattr(law.own, section), *getattr(law.common, section)}:
                for day in law.changes if named_in(law.text(section, name).kk) else ():
                    assert "{" not in law.said(section, name, law.at(day)).kk
