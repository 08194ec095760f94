"""Other bodies' words are shown and sent without people."""

import pytest

from activities.masking import MASK, masked

NAMES = ("Үлгібаева", "Айсұлу", "Мысалқызы")


@pytest.mark.parametrize(
    "text",
    [
        "Отказано: Ахметова А.С., ИИН 061211600012, уже получает",
        "Счёт KZ48 125K ZT50 0410 0100 закрыт",
        "звонить +7 (701) 123-45-67 или 8 701 123 45 67",
        "писать на a.akhmetova@example.kz",
        "А. Ахметова не предоставила справку",
        "Айсұлу Үлгібаева тұрақты тұрмайды",
        "у Үлгібаевой другой доход",
        "ЖСН 061211-600012",
        "карта 4400 4301 2345 6789",
    ],
)
def test_no_person_is_left(text: str) -> None:
    left = masked(text, NAMES)
    assert MASK in left
    for secret in ("061211", "Ахметов", "KZ48", "701", "example", "Үлгібаев", "Айсұлу", "4400", "600012", "6789"):
        assert secret not in left


@pytest.mark.parametrize(
    "text",
    [
        "children do not live together",
        "нет справки о составе семьи от 01.12.2026",
        "доход 78 798 тенге выше черты",
        "решение № 15 от 2026-11-27",
        "",
    ],
)
def test_what_is_about_nobody_stays(text: str) -> None:
    assert masked(text, NAMES) == text


def test_what_is_no_text_is_taken_out() -> None:
    """A ruling with a NUL in its reason could not be written down, however often it was tried."""
    assert masked("\0a\0 нет, 01.02.2025\ud83d\ue000").split() == ["a", "нет,", "01.02.2025"]


def test_a_programs_dump_is_cut_before_it_is_worked_on_and_no_name_with_it() -> None:
    """A worker looked for names and links in a hundred thousand signs for minutes, and did nothing else."""
    assert len(masked("A1" * 500_000)) <= 2000
    name = "Айгүл"
    told = masked("нет " * 498 + "от " + name * 2000, NAMES)
    assert told.endswith("нет от")
