"""`benefits`: the services, what is in force of one, and what changes between two days, as tables."""

from collections.abc import Mapping, Sequence
from datetime import date
from textwrap import fill
from typing import Any

from rich.console import Console

import benefits
from benefits import (
    Frequency,
    Language,
    Texts,
)
from benefits.in_words import show_day
from cli.tables import OFTEN, table

_SERVICE_COLUMNS = (
    Texts("Қызмет", "Услуга", "Service"),
    Texts("Төлейді", "Платит", "Paid by"),
    Texts("Жиілігі", "Как часто", "How often"),
    Texts("Келісім күні", "Дней на согласие", "Consent days"),
    Texts("Жұмыс күні", "Рабочих дней", "Working days"),
)


_PARAMETER_COLUMNS = (
    Texts("Параметр", "Параметр", "Parameter"),
    Texts("Мәні", "Значение", "Value"),
    Texts("Басталуы", "С", "Since"),
    Texts("Белгі", "Знак", "Mark"),
    Texts("Негіз", "Основание", "Ground"),
)


_CHANGE_COLUMNS = (
    Texts("Параметр", "Параметр", "Parameter"),
    Texts("Бұрын", "Было", "Before"),
    Texts("Кейін", "Стало", "After"),
    Texts("Басталуы", "С", "Since"),
)


_STANDS_IN = {
    "forecast": Texts("болжам", "прогноз", "forecast"),
    "ended": Texts("аяқталған", "истекло", "ended"),
}


_KNOWN_SINCE = Texts("({day} белгілі)", "(известно с {day})", "(known {day})")


_SIGNED = Texts("Тексеріп, қол қойған:", "Сверили и подписали:", "Checked and signed:")


_GROUNDS = Texts("Негіздер", "Основания", "Grounds")


_NOTHING_CHANGED = Texts("Ештеңе өзгерген жоқ.", "Ничего не изменилось.", "Nothing changed.")


_UNVERIFIED = Texts(
    "U белгісі: заң мәтінімен салыстырылмаған мәндер саны – {number}.",
    "Знак U: значений, не сверенных с текстом закона, – {number}.",
    "Mark U: {number} values that nobody has checked against the text of the law.",
)


def services_listed(on: date | None) -> list[dict[str, Any]]:
    """Every service with what the steps of a case need of it."""
    return [
        {
            "code": one.code,
            "names": one.names.to_dict(),
            "ground": one.ground.to_dict(),
            "payer": one.payer,
            "decider": one.decider,
            "frequency": str(one.frequency),
            "offered": one.offered,
            "consent_window_days": one.consent_window_days,
            "term_working_days": one.term_working_days,
            "events": sorted(one.events),
            "reads": sorted(one.reads),
        }
        for one in benefits.services(on, every=True)
    ]


def show_services(console: Console, listed: Sequence[Mapping[str, Any]], language: Language) -> None:
    """One row for each service."""
    columns = ("", *(one[language] for one in _SERVICE_COLUMNS))
    rows = (
        (
            one["code"],
            one["names"][language],
            one["payer"],
            OFTEN[Frequency(one["frequency"])][language],
            str(one["consent_window_days"]),
            str(one["term_working_days"]),
        )
        for one in listed
    )
    console.print(table(columns, rows, 1, 2, 4, 5))


def parameters_listed(code: str, on: date) -> list[dict[str, Any]]:
    """The parameters of a service in force on the day. Raises UnknownService, BadFacts."""
    return [one.to_dict() for one in benefits.parameters_on(code, on)]


def show_parameters(console: Console, listed: Sequence[Mapping[str, Any]], language: Language) -> None:
    """One row for each value in force: its own first, then those of all services. Grounds stand below, each once."""
    grounds = list(dict.fromkeys(one["ground"][language] for one in listed))
    columns = ("", *(one[language] for one in _PARAMETER_COLUMNS))
    rows = (
        (
            one["code"].partition(".")[2],
            one["label"][language],
            one["words"][language],
            _since(one, one["since"], language),
            _STANDS_IN[one["status"]][language] if one["status"] in _STANDS_IN else one["mark"],
            str(grounds.index(one["ground"][language]) + 1),
        )
        for one in listed
    )
    console.print(table(columns, rows, 0, 1, 2, right={5}))
    console.print(f"\n[bold]{_GROUNDS[language]}[/bold]")
    for number, ground in enumerate(grounds, 1):
        console.print(fill(f"{number:>3}  {ground}", console.width, subsequent_indent="     "), markup=False)
    signed = [one for one in listed if one["signed"]]
    if signed:
        console.print(f"\n[bold]{_SIGNED[language]}[/bold]")
    for one in signed:
        print_signature(console, one["code"].partition(".")[2], one["signed"])
    unverified = sum(1 for one in listed if one["status"] == "unverified")
    if unverified:
        console.print("\n" + _UNVERIFIED[language].format(number=unverified))


def print_signature(console: Console, what: str, signed: Mapping[str, str]) -> None:
    """A value, and who held it against the law's text, when, and in which document."""
    day = show_day(date.fromisoformat(signed["on"]))
    text = f"  {what}: {signed['by']}, {day}, {signed['document']}"
    console.print(fill(text, console.width, subsequent_indent="    "), markup=False)


def _since(one: Mapping[str, Any] | None, since: str, language: Language) -> str:
    """From when a value is in force, and from when it was known if not from the beginning."""
    known = one["known_since"] if one else None
    return since if known is None else f"{since}\n{_KNOWN_SINCE[language].format(day=known)}"


def changes_listed(code: str | None, first: date, last: date) -> list[dict[str, Any]]:
    """Every change after `first` until `last`, of one service or of all; what all share once. Raises UnknownService,
    BadFacts.
    """
    codes = [code] if code else [one.code for one in benefits.services(last, every=True)]
    all_of = (change for one in codes for change in benefits.changes_between(one, first, last))
    found = {(change.code, change.on): change.to_dict() for change in all_of}
    return [found[key] for key in sorted(found, key=lambda key: (not key[0].startswith("common."), key))]


def show_changes(console: Console, listed: Sequence[Mapping[str, Any]], language: Language) -> None:
    """One row for each parameter that differs; a dash where it has no value."""
    columns = ("", *(one[language] for one in _CHANGE_COLUMNS))
    rows = (
        (
            one["code"],
            one["label"][language],
            *(one[side]["words"][language] if one[side] else "-" for side in ("before", "after")),
            _since(one["after"], one["on"], language),
        )
        for one in listed
    )
    console.print(table(columns, rows, 0, 1, 2, 3) if listed else _NOTHING_CHANGED[language])
