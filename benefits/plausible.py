"""What nobody means who writes a value of the law: beyond all measure, far from the one before it, or on a day of
another century.

A rule of this module says in words what is wrong, or nothing. None of it is law: the bounds only stop a slip of the
hand, and what is far and yet true is confirmed in the file.
"""

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise

CONSTANTS = ("MRP", "PM", "MZP")
"""The constants of the year, in which an amount is stated."""
AMOUNT_UNITS = ("tenge", *CONSTANTS, "ratio")
COUNT_UNITS = ("days", "working_days", "months", "years", "children", "people", "times")
AGE = "age"
"""A unit of years that may be halves, as the pension age."""
LARGEST = {
    "years": 150,
    "age": 150,
    "months": 1800,
    "days": 3660,
    "working_days": 3660,
    "children": 30,
    "people": 100,
    "times": 100,
    "tenge": 100_000_000,
    "MRP": 200,
    "PM": 50,
    "MZP": 50,
    "ratio": 2,
}
"""Beyond these a value is a typing error; no calendar reckons with a longer term."""
NUMBER = re.compile(r"(0|[1-9][0-9]*)(\.[0-9]+)?")
"""As lawyers write a number: `2e3` and `023` are slips of the hand."""
SPAN = Decimal(2)
"""A value is at most so many times the one before it, or of the bracket below, unless its parameter says otherwise."""
BRACKET_SPAN = Decimal(4)
"""A bracket begins at most at so many times the number at which the one below begins."""
FIRST_KNOWN = date(2023, 4, 20)
"""The day of the Social Code: no value can have become known, or been signed, before there was a law to read."""
FIRST_SINCE, LAST_SINCE = date(2000, 1, 1), date(2100, 1, 1)
_LEAST_LETTERS = 3


def fault_of_number(text: str, unit: str) -> str | None:
    """What is wrong with a number as it was written, by its unit."""
    if not NUMBER.fullmatch(text):
        return f"not a number from zero, as 1200 or 1.5: {text!r}"
    number = Decimal(text)
    if unit in COUNT_UNITS and number != number.to_integral_value():
        return f"a number of {unit} is whole, not {text!r}"
    if unit == AGE and number * 2 != (number * 2).to_integral_value():
        return f"an age is a number of years or half years, not {text!r}"
    if unit == "working_days" and not number:
        return "a term has at least one working day"
    if number > LARGEST.get(unit, number):
        return f"at most {LARGEST[unit]} {unit}, not {text!r}"
    return None


def is_far(before: Decimal, after: Decimal, unit: str, span: Decimal) -> bool:
    """Whether one value is likelier a slip than news after the other; a count may always change by one."""
    if unit in (*COUNT_UNITS, AGE) and abs(after - before) <= 1:
        return False
    low, high = sorted((before, after))
    return high > low * span


def fault_of_brackets(keys: list[int]) -> tuple[int, str] | None:
    """The bracket that is out of its place, and why: they are written from the lowest on, none far from the other."""
    for below, key in pairwise(keys):
        if key <= below:
            return key, f"brackets rise: that of {key} stands after that of {below}"
        if below and is_far(Decimal(below), Decimal(key), "children", BRACKET_SPAN):
            return key, f"the bracket of {key} begins more than {BRACKET_SPAN} times as high as that of {below}"
    return None


def names_nobody(text: str) -> bool:
    """Whether a text that should name a person, a document or a source is a mere dash."""
    return sum(letter.isalpha() for letter in text) < _LEAST_LETTERS
