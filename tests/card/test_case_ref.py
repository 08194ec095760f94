"""The speakable reference: no two numbers share one, and a slip of the tongue is heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card.cases import case_ref, is_case_ref

LAST = 99_999_999
numbers = st.integers(min_value=0, max_value=LAST)
places = st.sampled_from([0, 1, 2, 3, 5, 6, 7, 8, 10])


def test_the_form_that_is_spoken() -> None:
    assert case_ref(48271031) == "4827-1031-6"
    assert case_ref(1) == "0000-0001-8"
    assert all(is_case_ref(case_ref(n)) for n in (0, 1, LAST))


@given(numbers, numbers)
def test_two_numbers_never_share_a_reference(one: int, other: int) -> None:
    assert (case_ref(one) == case_ref(other)) == (one == other)


@given(numbers, places, st.integers(min_value=1, max_value=9))
def test_every_single_wrong_digit_is_caught(number: int, place: int, shift: int) -> None:
    ref = case_ref(number)
    wrong = (int(ref[place]) + shift) % 10
    assert not is_case_ref(f"{ref[:place]}{wrong}{ref[place + 1 :]}")


@given(numbers, st.integers(min_value=0, max_value=7))
def test_exchanged_neighbours_are_caught_but_for_nought_and_nine(number: int, place: int) -> None:
    digits = case_ref(number).replace("-", "")
    pair = digits[place : place + 2]
    swapped = digits[:place] + pair[::-1] + digits[place + 2 :]
    assert is_case_ref(swapped) == (pair[0] == pair[1] or set(pair) == {"0", "9"})


@given(st.text(max_size=12) | st.text(alphabet="0123456789²٣-", min_size=9, max_size=11))
def test_anything_may_be_asked(text: str) -> None:
    """An operator types what a person says; whatever it is, the answer is yes or no."""
    if is_case_ref(text):
        assert len(digits := text.replace("-", "")) == 9
        assert digits.isascii()


@pytest.mark.parametrize("number", [-1, LAST + 1])
def test_the_numbers_end(number: int) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        case_ref(number)
