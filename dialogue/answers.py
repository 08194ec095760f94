"""Understands a person's answer. A yes is consent with legal effect, so it may never be heard where it was not said.

Therefore an answer is a yes or a no only if the grammar of plain answers accounts for every word of it (`grammar.py`;
its words stand in `words.yaml`). All else is asked again, also a no that is not plain. Whose question it answers, and
whether in time, is decided elsewhere.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from dialogue.accounts import find_account
from dialogue.grammar import Shape, fits, holds
from dialogue.vocabulary import read


class Meaning(StrEnum):
    """What an answer says."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Understanding:
    """`number` is the question's number, if one was given. `iban` is a well-formed account number. `asks_why`: it is no
    answer, but asks for the reason of the amount or the refusal; its meaning is unclear.

    With `Meaning.ACCOUNT` and no iban the person meant an account number and mistyped it. A yes may carry an iban.
    """

    meaning: Meaning
    number: int | None = None
    iban: str | None = field(default=None, repr=False)
    asks_why: bool = False


LONGEST: Final = 1000
"""An answer longer than this (characters) is not read: nobody needs fifteen SMS to agree."""

_STRUCK: Final = re.compile("[\u0335-\u0338\u20d2\u20d3\u20e5]")
"""Marks that strike a letter through: what was struck out is not said."""
_SAYS_YES: Final = frozenset(
    {"yes", "da", "agree", "agreed", "order", "sure", "alone", "alone_first", "act", "bare", "sign"}
)
_DECLINES: Final = frozenset({"decline", "decline_myself", "decline_alone", "against"})
_SAYS_NO: Final = frozenset({"no", "no_sign", "bare_no", "refusal", "negation"}) | _DECLINES


def understand(text: str) -> Understanding:
    """What the text says; never raises. See `Understanding`."""
    if len(text) > LONGEST or _STRUCK.search(text):
        return Understanding(Meaning.UNCLEAR)
    account = find_account(text)
    reading = read(account.rest if account.meant else text)
    number = reading.numbers[0] if len(reading.numbers) == 1 else None
    said = frozenset(reading.sections)
    readable = len(reading.numbers) < 2 and not ("plus" in said and reading.numbers)
    readable = readable and not holds(Shape.AMISS, reading.sections)

    if account.meant:
        if said & _SAYS_NO or len(account.ibans) > 1:
            return Understanding(Meaning.UNCLEAR, number)
        iban = account.ibans[0] if account.ibans else None
        yes = readable and iban and fits(Shape.YES_WITH_ACCOUNT, reading.sections)
        return Understanding(Meaning.YES if yes else Meaning.ACCOUNT, number, iban)
    if readable and fits(Shape.YES, reading.sections):
        return Understanding(Meaning.YES, number)
    if readable and fits(Shape.NO, reading.sections):
        return Understanding(Meaning.NO, number)
    asks_why = "why" in said and not said & (_SAYS_YES | _SAYS_NO | {"doubt"})
    return Understanding(Meaning.UNCLEAR, number, asks_why=asks_why)
