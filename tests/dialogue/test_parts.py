"""Cutting a text into SMS parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogue import segments
from dialogue.parts import GSM_7, GSM_7_EXTENSION


@pytest.mark.parametrize(
    ("text", "lengths"),
    [
        ("", []),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 307, [153, 153, 1]),
        ("€" * 80, [80]),
        ("€" * 81, [76, 5]),
        ("a" * 159 + "€", [152 + 1, 7]),
        ("a" * 152 + "€" + "a" * 10, [152, 11]),  # the escape is not left behind
        ("я" * 70, [70]),
        ("я" * 71, [67, 4]),
        ("я" * 268, [67, 67, 67, 67]),
        ("a" * 70 + "ә", [67, 4]),
        ("👍" * 35, [35]),
        ("👍" * 36, [33, 3]),
        ("я" * 66 + "👍" + "я" * 4, [66, 5]),  # a surrogate pair is not cut
    ],
)
def test_lengths(text: str, lengths: list[int]) -> None:
    assert [len(part) for part in segments(text)] == lengths


def test_an_endless_text_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 255"):
        segments("я" * (67 * 255 + 1))


@given(st.text(st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("€~яә👍a")), max_size=600))
def test_nothing_is_lost_and_each_part_fits(text: str) -> None:
    parts = segments(text)
    assert "".join(parts) == text
    gsm = set(text) <= GSM_7 | GSM_7_EXTENSION
    for part in parts:
        size = (
            len(part) + sum(letter in GSM_7_EXTENSION for letter in part) if gsm else len(part.encode("utf-16-be")) // 2
        )
        assert 0 < size <= ((160 if gsm else 70) if len(parts) == 1 else (153 if gsm else 67))
