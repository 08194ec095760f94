"""What Demeu says to a person by SMS, in Kazakh and Russian, and how the person's answers are understood.

Pure functions of text: no clock, no storage, no sending. Texts are Fluent files in `texts/`; the words of answers are
in `words.yaml`, so that both can be read and changed without Python. How and why: `dialogue/README.md`.
"""

from dialogue.accounts import find_account
from dialogue.answers import Meaning, Understanding, understand
from dialogue.kinds import WHY, BadValue, MessageKind, MissingText, MissingValue, WordingError, needs
from dialogue.parts import segments
from dialogue.wording import add_texts, compose, services

__all__ = [
    "WHY",
    "BadValue",
    "Meaning",
    "MessageKind",
    "MissingText",
    "MissingValue",
    "Understanding",
    "WordingError",
    "add_texts",
    "compose",
    "find_account",
    "needs",
    "segments",
    "services",
    "understand",
]
