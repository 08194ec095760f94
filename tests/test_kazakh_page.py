"""The page for a reader whose language is Kazakh holds what we say now, and every sentence has its other language."""

from benefits.explain import _REASON
from tests.kazakh_page import PAGE, _sections, page


def test_the_page_is_the_one_that_the_texts_make() -> None:
    """If a change is meant: `python -m tests.kazakh_page`, and read what changed."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_row_is_in_both_languages_and_every_place_is_read() -> None:
    sections = dict(_sections())
    assert len(sections) >= 4 + 12 + 3
    assert all(kk.strip() and ru.strip() for rows in sections.values() for _, kk, ru in rows)
    assert ("reason", _REASON.kk, _REASON.ru) in sections["`benefits/explain.py`"]
    assert ("offer.hint", "Есебі: { $why_word }.", "Расчёт: { $why_word }.") in sections["SMS: `dialogue/texts/kk.ftl`"]
    assert ("burial benefit", "жерлеуге біржолғы төлем", "единовременная выплата на погребение") in sections[
        "SMS: `dialogue/texts/services`"
    ]
