"""Whoever changes the law signs what they have checked, and the text that was read is the one that is cited."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from benefits import BadParameters
from benefits.catalogue import PARAMETERS, benefit, read_legislation
from benefits.languages import fault_of_language
from benefits.legislation import TERMS
from benefits.parameter_file import read_parameter_file
from benefits.signing import listed_in, written
from benefits.texts import Texts
from benefits.what_if import law_with
from tests.law.another_law import copy_of

RATE = "        2023-07-01: 20.04\n"
BY = "by: A. Omarova, on: 2026-03-01"
U_ROUNDING = "{value: up, reference: no-text-found, mark: U, status: unverified}"


@pytest.mark.parametrize("folder", [PARAMETERS, PARAMETERS / "notices"], ids=lambda folder: folder.name)
def test_the_list_is_that_of_the_files(folder: Path) -> None:
    assert (folder / "unverified.csv").read_text(encoding="utf-8") == written(folder), "python -m benefits.signing"
    assert ("common.mzp", date(2017, 1, 1)) in listed_in(PARAMETERS)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("Social Code of 20.04.2023", None),
        ("Социальный кодекс от 20.04.2023, ст. 77", None),
        ("the Code", None),
        ("Law No 286-VI of 26.12.2019", "cites another document: Amounts published"),
        ("Amounts published in November 2024", "cites another document: Amounts published"),
    ],
)
def test_the_document_is_the_one_that_is_cited(tmp_path: Path, document: str, says: str | None) -> None:
    cited = "published-amounts-2025" if says else "social-code"
    signed = f"{{value: 20.04, mark: P, reference: {cited}, signed: {{{BY}, document: '{document}'}}}}"
    copy = copy_of(tmp_path, "multi-child", (RATE, RATE.replace("20.04", signed)))
    if says is None:
        assert law_with(copy)
        return
    with pytest.raises(BadParameters, match=rf"^multi-child\.yaml:\d+: signed from .*{says}"):
        law_with(copy)


@pytest.mark.parametrize(
    ("document", "fails"), [("Code of 20.04.2023, art. 24", False), ("Code of 20.04.2023, article 25", True)]
)
def test_the_article_is_the_one_that_is_cited(tmp_path: Path, document: str, fails: bool) -> None:
    old = "{value: yes, reference: social-code-24, mark: S}"
    copy = copy_of(tmp_path, "childcare", (old, old.replace("S}", f"S, signed: {{{BY}, document: '{document}'}}}}")))
    if not fails:
        assert law_with(copy)
        return
    with pytest.raises(BadParameters, match=r"cites another article: Social Code of 20.04.2023, art. 24"):
        law_with(copy)


def test_what_has_no_text_is_signed_from_none(tmp_path: Path) -> None:
    signed = U_ROUNDING.replace("U, status: unverified", f"P, signed: {{{BY}, document: the Code}}")
    with pytest.raises(BadParameters, match="signed, and reference 'no-text-found' says that there is no text"):
        law_with(copy_of(tmp_path, "childcare", (U_ROUNDING, signed)))


@pytest.mark.parametrize("signed", [False, True])
def test_a_mark_that_rises_is_signed(tmp_path: Path, signed: bool) -> None:
    """It rose by two letters, and nobody knew who had checked the value."""
    folder = tmp_path / "parameters"
    shutil.copytree(PARAMETERS, folder)
    path = folder / "childcare.yaml"
    by = f", signed: {{{BY}, document: Social Code of 20.04.2023}}" if signed else ""
    text = path.read_text().replace(U_ROUNDING, f"{{value: up, reference: social-code, mark: P{by}}}")
    assert text != path.read_text()
    path.write_text(text)

    def read() -> object:
        common = read_parameter_file(folder / "common.yaml")
        return read_legislation(path, common, benefit("childcare").rule.takes | TERMS)

    if signed:
        assert read()
        return
    with pytest.raises(BadParameters, match=r"^childcare\.yaml:\d+: nobody had checked .* it is marked P: who has"):
        read()


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("day", "known"), [("2023-07-01", "known_since: 2026-02-01, "), ("2026-02-01", "")])
def test_the_same_value_entered_anew_is_signed_too(tmp_path: Path, day: str, known: str, signed: bool) -> None:
    """With a known_since, or for a later day, the mark rose and nobody had checked the value."""
    folder = tmp_path / "parameters"
    shutil.copytree(PARAMETERS, folder)
    path, by = folder / "childcare.yaml", f", signed: {{{BY}, document: Social Code of 20.04.2023}}" if signed else ""
    old = f"2023-07-01: {U_ROUNDING}"
    anew = f"{{value: up, {known}reference: social-code, mark: P{by}}}"
    margin = "\n      "
    both = f"2023-07-01:{margin}  - {U_ROUNDING}{margin}  - {anew}" if known else f"{old}{margin}{day}: {anew}"
    text = path.read_text().replace(old, both)
    assert text != path.read_text()
    path.write_text(text)

    def read() -> object:
        common = read_parameter_file(folder / "common.yaml")
        return read_legislation(path, common, benefit("childcare").rule.takes | TERMS)

    if signed:
        assert read()
        return
    with pytest.raises(BadParameters, match=r"nobody had checked .* it is marked P: who has"):
        read()


@pytest.mark.parametrize(
    ("code", "old", "new", "what"),
    [
        (
            "targeted-assistance",
            "    unit: months\n",
            "    unit: months\n    law_of: right_arose\n",
            r"law_of of 'months_barred': the file says law_of: month at its head",
        ),
        ("common", "until: 2026-12-31}", "until: 2026-12-13}", r"2026-12-13 is no end of a month: if it is meant, say"),
        ("childcare", "en: Age of the child in months", "en: Возраст ребёнка", r"en: a text in Latin letters stands"),
        ("childcare", "kk: Бала тірі тумаған.", "kk: Ребёнок не родился живым.", "kk: this is the Russian text"),
        ("childcare", "ru: Ребёнок не родился живым.", "ru: Бала тірі тумаған.", "ru: a text in Russian stands here"),
        ("childcare", "kk: Бала тірі тумаған.", "kk: The child was not.", "kk: a text in Cyrillic letters stands here"),
    ],
    ids=["law_of", "until", "en", "kk", "ru", "kk in Latin letters"],
)
def test_what_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, code: str, old: str, new: str, what: str
) -> None:
    copy = copy_of(tmp_path, code, (old, new))
    with pytest.raises(BadParameters, match=rf"^{code}\.yaml:\d+: .*{what}"):
        law_with(copy)


@pytest.mark.parametrize(
    ("kk", "ru", "fails"),
    [
        ("Табыс алынатын айлар саны", "Число месяцев дохода", False),
        ("Размер пособия по числу детей", "Размер", True),
        ("Павлодар облысы", "Павлодарская область", False),
        ("Ұлытау облысы", "область Ұлытау", False),
        ("Число детей", "Число детей", True),
        ("теңге", "тенге", False),
    ],
)
def test_only_what_is_plainly_of_another_language_is_refused(kk: str, ru: str, fails: bool) -> None:
    assert (fault_of_language(Texts(kk, ru, "x")) is not None) is fails
