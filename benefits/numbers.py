"""Numbers as each language writes them, with the word that grammar wants after them, and put into a text of the law.

A text holds no number of the law itself: it names the parameter, as `{months_barred}`, or with the words that follow
it, as `{months_barred:месяц|месяца|месяцев}`: after one, few and many in Russian, after one and many in English.
"""

import re
from collections.abc import Mapping
from decimal import Decimal

from babel import Locale

from benefits.texts import LANGUAGES, Language, Texts

RATIO = "ratio"
_PERCENT = Texts("{number} %", "{number} %", "{number}%")
_DECIMALS_SHOWN = 4
_FORMS = {"one": 0, "few": 1, "other": 1, "many": 2}
"""The word by the number's plural category: https://cldr.unicode.org/index/cldr-spec/plural-rules"""
FORMS_OF = {"kk": 1, "ru": 3, "en": 2}
"""How many words a language chooses from."""
_PLACE = re.compile(r"\{([a-z_]+)(?::([^{}]*))?\}")


def show_number(number: Decimal, language: Language) -> str:
    """A number with spaces between thousands and the decimal mark of the language; ≈ if it has more decimals."""
    exact = round(number, _DECIMALS_SHOWN)
    about = "" if exact == number else "≈ "
    whole, _, part = f"{exact:,f}".rstrip("0").partition(".")
    mark = "." if language == "en" else ","
    return about + whole.replace(",", " ") + (mark + part if part else "")


def show_money(tenge: Decimal, language: Language) -> str:
    """A sum as `show_number` writes it, but tiyn always with both of their digits: 3 793.20."""
    text = show_number(tenge, language)
    return text + "0" if text[-2:-1] in (".", ",") else text


def show_percent(share: Decimal, language: Language) -> str:
    """A share of the whole: 45 %."""
    return _PERCENT[language].format(number=show_number(share * 100, language))


def form_of(number: Decimal, forms: int, language: Language) -> int:
    """Which of so many words follows the number: that after one, after few or after many."""
    return min(_FORMS[Locale(language).plural_form(number)], forms - 1)


def named_in(text: str) -> dict[str, int]:
    """The parameters that a text names, each with how many words it gives to choose from (0: none)."""
    return {name: len(forms.split("|")) if forms else 0 for name, forms in _PLACE.findall(text)}


def filled(texts: Texts, values: Mapping[str, tuple[Decimal, str]]) -> Texts:
    """The texts with the values, each given with its unit, in the place of their names. Raises KeyError."""
    return Texts(*(_filled(texts[language], values, language) for language in LANGUAGES))


def fault_of(texts: Texts) -> str | None:
    """What is wrong with the names of parameters in a text, or None: the three languages say the same numbers."""
    for language in LANGUAGES:
        if named_in(texts[language]).keys() != named_in(texts.kk).keys():
            return "the three languages name the same parameters"
        if set("{}") & set(_PLACE.sub("", texts[language])):
            return f"{language}: a parameter is named as {{least_children}}, with words as {{months:month|months}}"
        for name, forms in named_in(texts[language]).items():
            if forms not in (0, FORMS_OF[language]):
                return f"{language}: {FORMS_OF[language]} words follow {name!r}, not {forms}"
    return None


def _filled(text: str, values: Mapping[str, tuple[Decimal, str]], language: Language) -> str:
    def shown(place: re.Match[str]) -> str:
        number, unit = values[place[1]]
        said = show_percent(number, language) if unit == RATIO else show_number(number, language)
        forms = place[2].split("|") if place[2] else []
        return f"{said} {forms[form_of(number, len(forms), language)]}" if forms else said

    return _PLACE.sub(shown, text)
