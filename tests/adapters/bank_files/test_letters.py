"""Letters that a bank does not carry are written in those that it does: by a whole table, and never dropped."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bank_files import Alphabet, fit
from adapters.bank_files.letters import _tables

KAZAKH = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ"


def test_the_table_has_every_letter_and_writes_it_in_letters_that_pass() -> None:
    carried, table = _tables()
    for letter in KAZAKH + KAZAKH.lower():
        assert letter in carried[Alphabet.CYRILLIC]
        assert table[letter]
    assert len(KAZAKH) == 42, "the Kazakh alphabet, which has the Russian one in it"
    for sign, stands in table.items():
        assert stands, sign
        assert carried[Alphabet.LATIN].issuperset(stands), sign


@pytest.mark.parametrize(
    ("text", "alphabet", "fitted"),
    [
        ("Әбішқызы Үлгі", Alphabet.CYRILLIC, "Әбішқызы Үлгі"),
        ("Әбішқызы Үлгі", Alphabet.LATIN, "Abishqyzy Ulgi"),
        ("ҚОҢЫР қоңыр", Alphabet.LATIN, "QONgYR qongyr"),
        ("Щёлочь Объезд", Alphabet.LATIN, "Shcheloch' Obieezd"),
        ("«Ұлы»—№ 7", Alphabet.CYRILLIC, "'Ұлы'-No 7"),
        ("Ünal Şimşek\tÇ", Alphabet.CYRILLIC, "Unal Simsek C"),
        ("и\u0306", Alphabet.CYRILLIC, "й"),
        ("王 😀", Alphabet.CYRILLIC, "? ?"),
    ],
)
def test_as_it_is_written(text: str, alphabet: Alphabet, fitted: str) -> None:
    assert fit(text, alphabet) == fitted


@given(st.text(), st.sampled_from(Alphabet))
def test_nothing_is_dropped_and_nothing_else_passes(text: str, alphabet: Alphabet) -> None:
    carried, _ = _tables()
    fitted = fit(text, alphabet)
    assert carried[alphabet].issuperset(fitted)
    assert len(fitted) >= len(unicodedata.normalize("NFC", text))
    assert fit(fitted, alphabet) == fitted
