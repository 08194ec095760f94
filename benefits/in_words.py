"""Values in words, as people write them in each language: a quantity with its unit, an arithmetic, a day.

It knows of a decision only its trace; `benefits.explain` makes the sentences.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from benefits.decision import TraceKind, TraceLine
from benefits.legislation import Legislation
from benefits.numbers import RATIO, form_of, show_money, show_number, show_percent
from benefits.plausible import CONSTANTS
from benefits.texts import Language, Texts

_UNITS = {
    "tenge": (Texts("теңге", "тенге", "tenge"),),
    "MRP": (Texts("АЕК", "МРП", "MRP"),),
    "PM": (Texts("× ең төмен күнкөріс деңгейі", "ПМ", "PM"),),
    "MZP": (Texts("× ең төмен жалақы", "МЗП", "MZP"),),
    "days": (Texts("күн", "день", "day"), Texts("күн", "дня", "days"), Texts("күн", "дней", "days")),
    "working_days": (
        Texts("жұмыс күні", "рабочий день", "working day"),
        Texts("жұмыс күні", "рабочих дня", "working days"),
        Texts("жұмыс күні", "рабочих дней", "working days"),
    ),
    "months": (Texts("ай", "месяц", "month"), Texts("ай", "месяца", "months"), Texts("ай", "месяцев", "months")),
    "years": (Texts("жас", "год", "year"), Texts("жас", "года", "years"), Texts("жас", "лет", "years")),
    "age": (Texts("жас", "год", "year"), Texts("жас", "года", "years"), Texts("жас", "лет", "years")),
    "people": (
        Texts("адам", "человек", "person"),
        Texts("адам", "человека", "people"),
        Texts("адам", "человек", "people"),
    ),
    "times": (Texts("рет", "раз", "time"), Texts("рет", "раза", "times"), Texts("рет", "раз", "times")),
}
"""The word after one (1, 21), after few (2, 1.5) and after many (5, 11); one word alone never changes."""


def show_day(day: date) -> str:
    """A date as people here write it: 01.03.2025."""
    return f"{day:%d.%m.%Y}"


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a trace by what they are: shares are told as percentages, rates of a constant are not."""

    ratios: Set[Decimal]
    rates: Set[Decimal]
    constants: Set[Decimal]

    @classmethod
    def of(cls, trace: Sequence[TraceLine]) -> "Numbers":
        numbers = [(line.value, line.unit, line.kind) for line in trace if isinstance(line.value, Decimal)]
        stated = [(value, unit) for value, unit, kind in numbers if kind is TraceKind.PARAMETER]
        return cls(
            ratios=frozenset(value for value, unit, _ in numbers if unit == RATIO),
            rates=frozenset(value for value, unit in stated if unit in CONSTANTS),
            constants=frozenset(value for value, unit in stated if unit == "tenge"),
        )

    def is_share(self, pieces: Sequence[str], at: int, unit: str) -> bool:
        """Whether the number in this place of an arithmetic is a share. Beside a sum of money a whole number may be a
        count, and a number before a constant is a rate of it, both of the same size as a share.
        """
        number = Decimal(pieces[at])
        if number not in self.ratios or (unit != RATIO and number == int(number)):
            return False
        of = pieces[at + 2] if pieces[at + 1 : at + 2] == ["×"] else ""
        return not (number in self.rates and of[:1].isdigit() and Decimal(of) in self.constants)


def value_in_words(line: TraceLine, legislation: Legislation, language: Language) -> str:
    """The value of a line with its unit, as people write it: `20,04 МРП`, `from the budget`, `01.03.2025`."""
    if isinstance(line.value, str):
        if line.unit == "date":
            return show_day(date.fromisoformat(line.value))
        return ", ".join(word(code, legislation, language) for code in line.value.split())
    return quantity(line.value, line.unit, language)


def quantity(number: Decimal, unit: str, language: Language) -> str:
    """A number with its unit, as grammar wants it: 1 month, 24 months; a share of the whole as 45 %."""
    if unit == RATIO:
        return show_percent(number, language)
    shown = show_money(number, language) if unit == "tenge" else show_number(number, language)
    forms = _UNITS.get(unit)
    if forms is None:
        return shown
    return f"{shown} {forms[form_of(number, len(forms), language)][language]}"


def arithmetic(how: str, numbers: Numbers, unit: str, language: Language) -> str:
    """The arithmetic with its numbers written as the language writes them, those that are shares as percentages."""
    shown = []
    pieces = how.split(" ")
    for at, piece in enumerate(pieces):
        if not piece[0].isdigit():
            shown.append("–" if piece == "-" else piece)
        elif numbers.is_share(pieces, at, unit):
            shown.append(show_percent(Decimal(piece), language))
        else:
            shown.append(show_number(Decimal(piece), language))
    return " ".join(shown).replace("( ", "(").replace(" )", ")")


def word(code: str, legislation: Legislation, language: Language) -> str:
    return legislation.text("words", code)[language]
