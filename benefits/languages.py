"""Whether a text is plainly of another language than the one it stands under: by its letters, and by nothing finer.

Kazakh has letters that Russian has not, and every longer Kazakh sentence holds some of them; a Russian text may hold a
Kazakh name. Of a word or two nobody can tell.
"""

import re

from benefits.texts import Texts

_KAZAKH = re.compile("[әғқңөұүһі]", re.IGNORECASE)
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_RUSSIAN = re.compile("ё", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_PLACE = re.compile(r"\{[^}]*\}")
_LEAST_WORDS = 5
"""A Kazakh text of so many words without one Kazakh letter is none."""


def fault_of_language(texts: Texts) -> str | None:
    """The language under which a text of another stands, and what shows it; None where nothing does."""
    kk, ru, en = (_WORD.findall(_PLACE.sub("", texts[language])) for language in ("kk", "ru", "en"))
    kazakh_in_ru = sum(bool(_KAZAKH.search(word)) for word in ru)
    if any(map(_CYRILLIC.search, en)):
        return "en: a text in Latin letters stands here"
    for language, words in (("kk", kk), ("ru", ru)):
        if len(words) > 1 and not any(map(_CYRILLIC.search, words)):
            return f"{language}: a text in Cyrillic letters stands here"
    if len(ru) > 1 and 2 * kazakh_in_ru > len(ru):
        return "ru: a text in Russian stands here, and these letters are Kazakh"
    if len(kk) > 1 and (kk == ru or any(map(_RUSSIAN.search, kk))):
        return "kk: this is the Russian text"
    if len(kk) >= _LEAST_WORDS and not any(map(_KAZAKH.search, kk)):
        return "kk: a text in Kazakh stands here, which has letters of its own"
    return None
