"""Writes a message: the Fluent text of its kind and language, the benefit's name, and the values, all made plain.

Each benefit brings its own `texts/services/{code}.{language}.ftl`; nothing else changes when one is added, and such a
file may also reword a message for its benefit. Plain means: ordinary spaces, no invisible marks, never a link.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from fluent.runtime import FluentBundle, FluentResource

from dialogue.kinds import MEASURES, VALUES, BadValue, MessageKind, MissingText, MissingValue, needs
from dialogue.parts import segments
from dialogue.vocabulary import HIGHEST_NUMBER

ALMATY: Final = ZoneInfo("Asia/Almaty")
MOST_PARTS: Final = 4
"""A message gets its line in the second language only while the whole stays within this many parts."""

LONGEST_FOREIGN: Final = 90
"""Characters of text from another body (a reason, a document's name) that we repeat in an SMS."""

LONGEST_REASON: Final = 110
"""Characters of the reason for a no: as long as the law's own."""

_TEXTS: Final = Path(__file__).parent / "texts"
_OTHER: Final = {"kk": "ru", "ru": "kk"}
_CODE: Final = re.compile(r"[a-z][a-z0-9-]*")
_LINK: Final = re.compile(
    r"\S*(?:://|www\.|t\.me|wa\.me)\S*|\b[\w-]+(?:\.[\w-]+)*\.(?:kz|ru|com|org|net|info|me|ly|app|қаз|рф)\b\S*", re.I
)
_SPACES: Final = re.compile(r"[^\S\n]+")
_INVISIBLE: Final[dict[int, str | None]] = dict.fromkeys(
    (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xAD, 0xFEFF)
)


_folders: list[Path] = [_TEXTS / "services"]


def services() -> frozenset[str]:
    """Codes of the services that have texts in both languages."""
    found = [
        {path.name.removesuffix(f".{language}.ftl") for folder in _folders for path in folder.glob(f"*.{language}.ftl")}
        for language in _OTHER
    ]
    return frozenset(found[0] & found[1])


def add_texts(folder: Path) -> None:
    """Take the texts of further services from a folder: `CODE.kk.ftl` and `CODE.ru.ftl` for each."""
    if folder not in _folders:
        _folders.append(folder)
        _bundle.cache_clear()


def compose(kind: MessageKind, language: str, **values: object) -> str:
    """The text of a message, ready to be cut into parts.

    `language` is "kk" or "ru". Values: `service` a code; `amount` in tenge, Decimal; `frequency` "once" or "monthly";
    `until` an aware datetime or a date; `number` of the question, where the person has several; `last4` characters of
    the account; `problem` with an account ("invalid", "not_own", "blocked", "closed", "unknown"; any other word means
    that the bank rejected the money); `document`, `reason` another
    body's words; `questions` a mapping from number to service code; `day` a date; `age` whole years; `amount_before` as
    `amount`; `measures` codes of measures of employment; `figures` of the law, as texts, the most important first: of
    these as many are told as fit; `why` the reason for a no; `ground` the law's text. None counts as not given; a value
    that this kind does not use is left aside. Raises MissingValue, BadValue or MissingText, all WordingError.
    """
    if language not in _OTHER:
        raise MissingText(f"message {kind}: no texts in language `{language}`, only in kk and ru")
    given = {name: value for name, value in values.items() if value is not None}
    for name in sorted(needs(kind) - given.keys()):
        raise MissingValue(kind, name)
    for name in sorted(given.keys() - VALUES):
        raise BadValue(kind, name, "belongs to no message")
    text = _write(kind, language, given)
    while len(segments(text)) > MOST_PARTS and given.get("figures"):
        given["figures"] = _texts(kind, "figures", given["figures"])[:-1]
        text = _write(kind, language, given)
    brief = _write(kind, _OTHER[language], given, "brief")
    second = f"\n{brief}" if brief and len(segments(f"{text}\n{brief}")) <= MOST_PARTS else ""
    hint = _write(kind, language, given, "hint")
    with_hint = f"{text} {hint}{second}"
    if hint and len(segments(with_hint)) == len(segments(text + second)):
        return with_hint  # it costs the state nothing more
    return text + second


def _write(kind: MessageKind, language: str, given: Mapping[str, object], attribute: str | None = None) -> str:
    bundle = _bundle(language, str(given["service"]) if "service" in needs(kind) else None)
    if not bundle.has_message(kind.value):
        raise MissingText(f"message {kind}: no text in language `{language}`")
    message = bundle.get_message(kind.value)
    pattern = message.attributes.get(attribute) if attribute else message.value
    if pattern is None:
        return ""
    arguments: dict[str, object] = {
        name: _SHOW[name](kind, name, value) for name, value in given.items() if name in _SHOW
    }
    first, last = _numbers(kind, given)
    arguments["yes"] = _line(bundle, "yes") + first
    arguments["no"] = _line(bundle, "no") + last
    arguments["why_word"] = _line(bundle, "why") + first
    arguments["open"] = "yes" if "until" in arguments else "no"
    if "questions" in arguments:
        listed = _list(kind, language, given["questions"])
        arguments |= {"questions": listed, "several": "yes" if "\n" in listed else "no"}
    if "measures" in arguments:
        codes = str(arguments["measures"]).split()
        arguments["measures"] = ", ".join(_line(bundle, "measure", {"code": code}) for code in codes)
    arguments["money"] = _line(bundle, "money", arguments) if "amount" in arguments else ""
    text, errors = bundle.format_pattern(pattern, arguments)
    if errors:
        raise MissingText(f"message {kind}, language `{language}`: {'; '.join(map(str, errors))}")
    return _plain(str(text))


@lru_cache(maxsize=128)
def _bundle(language: str, service: str | None) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=False)
    bundle.add_resource(FluentResource((_TEXTS / f"{language}.ftl").read_text(encoding="utf-8")))
    if service is not None:
        paths = [folder / f"{service}.{language}.ftl" for folder in _folders]
        path = next((path for path in paths if path.is_file()), None)
        if path is None or not _CODE.fullmatch(service):
            raise MissingText(f"no texts of the service in language `{language}`: services/CODE.{language}.ftl")
        bundle.add_resource(FluentResource(path.read_text(encoding="utf-8")), allow_overrides=True)
    return bundle


def _line(bundle: FluentBundle, name: str, arguments: dict[str, object] | None = None) -> str:
    pattern = bundle.get_message(name).value
    if pattern is None:
        raise MissingText(f"`{name}` has no text")
    return str(bundle.format_pattern(pattern, arguments)[0])


def _numbers(kind: MessageKind, given: Mapping[str, object]) -> tuple[str, str]:
    """What follows the words yes and no in the form of the answer: nothing, the question's number, or two examples."""
    if kind is MessageKind.WHICH_QUESTION and isinstance(given["questions"], Mapping) and given["questions"]:
        return f" {min(given['questions'])}", f" {max(given['questions'])}"
    if "number" in given:
        number = _number(kind, "number", given["number"])
        return f" {number}", f" {number}"
    return "", ""


def _list(kind: MessageKind, language: str, value: object) -> str:
    if not isinstance(value, Mapping) or not value:
        raise BadValue(kind, "questions", "must map the number of each open question to its service")
    return "\n".join(
        f"{_number(kind, 'questions', number)} - {_line(_bundle(language, str(value[number])), 'benefit')}"
        for number in sorted(value)
    )


def _number(kind: MessageKind, name: str, value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= HIGHEST_NUMBER:
        raise BadValue(kind, name, f"must be a whole number from 1 to {HIGHEST_NUMBER}")
    return str(value)


def _amount(kind: MessageKind, name: str, value: object) -> str:
    if not isinstance(value, Decimal) or not value.is_finite() or value < 0:
        raise BadValue(kind, name, "must be a Decimal of tenge, not negative")
    if value != value.quantize(Decimal("0.01")):
        raise BadValue(kind, name, "must not be finer than a tiyn")
    return f"{value:,.2f}".removesuffix(".00").replace(",", " ").replace(".", ",")


def _moment(kind: MessageKind, name: str, value: object) -> str:
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise BadValue(kind, name, "must be an aware datetime")
        return f"{value.astimezone(ALMATY):%d.%m.%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d.%m.%Y}"
    raise BadValue(kind, name, "must be an aware datetime or a date")


def _age(kind: MessageKind, name: str, value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 150:
        raise BadValue(kind, name, "must be a whole number of years")
    return str(value)


def _measures(kind: MessageKind, name: str, value: object) -> str:
    """The codes in the order of telling, one after another."""
    if not isinstance(value, list | tuple) or not value or not set(value) <= set(MEASURES):
        raise BadValue(kind, name, f"must be some of {', '.join(MEASURES)}")
    return " ".join(code for code in MEASURES if code in value)


def _frequency(kind: MessageKind, name: str, value: object) -> str:
    if value not in ("once", "monthly"):
        raise BadValue(kind, name, "must be once or monthly")
    return str(value)


def _last4(kind: MessageKind, name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z0-9]{4}", value):
        raise BadValue(kind, name, "must be the last four characters of the account, never more")
    return value


def _word(kind: MessageKind, name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[\w./-]{1,40}", value):
        raise BadValue(kind, name, "must be one word of at most 40 letters, digits and . / -")
    return str(value)


def _texts(kind: MessageKind, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one.strip() for one in value):
        raise BadValue(kind, name, "must be a list of texts")
    return tuple(value)


def _figures(kind: MessageKind, name: str, value: object) -> str:
    """One sentence with all of them and a space after it; nothing where there are none."""
    shown = "; ".join(_plain(_LINK.sub("", one)) for one in _texts(kind, name, value))
    return f"{shown}. " if shown else ""


def _reason(kind: MessageKind, name: str, value: object) -> str:
    return _foreign(kind, name, value, LONGEST_REASON)


def _foreign(kind: MessageKind, name: str, value: object, longest: int = LONGEST_FOREIGN) -> str:
    """Another body's words, made safe: one line, no link, not too long, without its own full stop."""
    if not isinstance(value, str) or not value.strip():
        raise BadValue(kind, name, "must be a text")
    # What is far longer than can be said is cut before it is looked through: that takes the square of its length.
    words = value[: 10 * longest]
    text = _plain(_LINK.sub("", "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in words)))
    text = text.rstrip(" .,;:")
    if len(text) > longest:
        text = text[:longest].rsplit(" ", 1)[0].rstrip(" .,;:") + "..."
    return text or "-"


_SHOW: Final[Mapping[str, Callable[[MessageKind, str, object], str]]] = {
    "amount": _amount,
    "amount_before": _amount,
    "frequency": _frequency,
    "day": _moment,
    "age": _age,
    "measures": _measures,
    "until": _moment,
    "last4": _last4,
    "problem": _word,
    "document": _foreign,
    "reason": _foreign,
    "why": _reason,
    "ground": _foreign,
    "figures": _figures,
    "questions": lambda _kind, _name, _value: "",
}


def _plain(text: str) -> str:
    """Ordinary spaces and no invisible marks: each would cost room, and some handsets show them as boxes."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_INVISIBLE)).strip()
