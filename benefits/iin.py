"""The individual identification number (IIN) of Kazakhstan: reading, checking and making one.

No library knows this number, so it is ours. The module knows nothing of registries: that a number is well formed does
not mean that anybody bears it. It never puts the number into an error text, because an error may reach a log.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

Sex = Literal["female", "male"]

_FIRST_WEIGHTS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_LENGTH = 12
_CENTURY_DIGITS = range(7)
_FOREIGNER = 0
_NEVER_ISSUED = 10


class BadIin(ValueError):
    """A number that cannot be an IIN; `rule` names the broken rule, the text never holds the number."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"not an IIN: {rule}")
        self.rule = rule


@dataclass(frozen=True, slots=True)
class IinContent:
    """What an IIN says of its bearer: the date of birth and the sex registered at issue.

    Both None for a foreigner's (seventh digit 0), which tells neither the century nor the sex.
    """

    birth_date: date | None
    sex: Sex | None


def check_digit(first_eleven: str) -> int | None:
    """The twelfth digit for the first eleven, or None for a combination that is never issued. The same for a BIN."""
    digits = [int(character) for character in first_eleven]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if remainder != _NEVER_ISSUED:
            return remainder
    return None


@lru_cache(maxsize=65536)
def read_iin(text: str) -> IinContent:
    """The date of birth and sex in a well-formed IIN.

    Raises BadIin: 12 digits, a calendar date in the first six, a seventh digit 0-6, the check digit.
    """
    if len(text) != _LENGTH or not (text.isascii() and text.isdigit()):
        raise BadIin("12 digits")
    century_digit = int(text[6])
    if century_digit not in _CENTURY_DIGITS:
        raise BadIin("7th digit from 0 to 6")
    # Of a foreigner only month and day are looked at: 2000 has every day that any year of the two centuries has.
    century = 2000 if century_digit == _FOREIGNER else 1800 + 100 * ((century_digit - 1) // 2)
    try:
        birth_date = date(century + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise BadIin("first 6 digits are a date of birth YYMMDD") from None
    if check_digit(text[:11]) != int(text[11]):
        raise BadIin("check digit")
    if century_digit == _FOREIGNER:
        return IinContent(None, None)
    return IinContent(birth_date, "male" if century_digit % 2 else "female")


def is_iin(text: str) -> bool:
    """Whether the text is a well-formed IIN."""
    try:
        read_iin(text)
    except BadIin:
        return False
    return True


def make_iin(birth_date: date, sex: Sex, serial: int) -> str:
    """An invented IIN for tests and casts: the `serial`-th (from 1) that can be issued for this day and sex.

    Different serials give different numbers. Raises ValueError for a birth year outside 1800-2099 or a serial that the
    four digits cannot hold.
    """
    if not 1800 <= birth_date.year <= 2099:
        raise ValueError("an IIN exists for births from 1800 to 2099")
    century_digit = 2 * (birth_date.year // 100 - 18) + (1 if sex == "male" else 2)
    head = f"{birth_date:%y%m%d}{century_digit}"
    found = 0
    for number in range(1, 10_000):
        digit = check_digit(f"{head}{number:04d}")
        if digit is None:
            continue
        found += 1
        if found == serial:
            return f"{head}{number:04d}{digit}"
    raise ValueError("the serial must be from 1 and fit into four digits")
