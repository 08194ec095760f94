"""A short text in the three languages in which a decision is explained. No text of its own lives here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["kk", "ru", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)


@dataclass(frozen=True, slots=True)
class Texts:
    """One text in Kazakh, Russian and English; `texts["kk"]` picks one."""

    kk: str
    ru: str
    en: str

    def __getitem__(self, language: str) -> str:
        if language not in LANGUAGES:
            raise KeyError(language)
        text: str = getattr(self, language)
        return text

    def to_dict(self) -> dict[str, str]:
        return {"kk": self.kk, "ru": self.ru, "en": self.en}

    @classmethod
    def from_dict(cls, texts: Mapping[str, str]) -> "Texts":
        return cls(texts["kk"], texts["ru"], texts["en"])

    @classmethod
    def same(cls, text: str) -> "Texts":
        """The same text in all three, for a code that has no translation."""
        return cls(text, text, text)
