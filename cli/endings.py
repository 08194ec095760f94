"""`benefits --check`, and what lists of cases warn of: what of the law ends, and regions without figures."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from textwrap import fill
from typing import Any

from rich.console import Console

import benefits
from benefits import Language, Texts
from benefits.in_words import show_day
from benefits.terms import quarter_of
from benefits.worklist import BEGINS
from cli.tables import table

_ENDING_COLUMNS = (
    Texts("Параметр", "Параметр", "Parameter"),
    Texts("Мәні", "Значение", "Value"),
    Texts("Соңғы күні", "Последний день", "Last day"),
    Texts("Болжам", "Прогноз", "Forecast"),
    Texts("Қызметтер", "Услуги", "Services"),
)


_AHEAD = Texts(
    "{says}: {day} әлі келген жоқ; күнді түзетіңіз",
    "{says}: {day} ещё не наступило; исправьте день",
    "{says}: {day} has not come yet; mend the day",
)


_BEGINS = Texts(
    "{day} басталады; оған дейін құқық ешкімде жоқ. Ерте басталған болса, күнді түзетіңіз",
    "начнётся {day}; до этого дня права нет ни у кого. Если началось раньше, исправьте день",
    "begins on {day}; nobody has the right before it. If it began earlier, mend the day",
)


_NOTHING_ENDS = Texts("Бұл күнге дейін ештеңе аяқталмайды.", "До этого дня ничего не кончается.", "Nothing ends.")


_UNDECIDED_IN = Texts(
    "{name}, {quarter}: {of} өңірдің {number} өңірінде көрсеткіш енгізілмеген, онда адам шешеді.",
    "{name}, {quarter}: нет показателей по {number} из {of} регионов, там решает человек.",
    "{name}, {quarter}: no figures of {number} of {of} regions, a person decides there.",
)


def endings_listed(before: date, today: date) -> dict[str, Any]:
    """Every value of the law that ends before the day with no law after it, and the regions without figures on it. And
    what the files say of days after today that cannot be known yet.
    """
    return {
        "ahead": [one.to_dict() for one in benefits.ahead_of(today)],
        "ends": [one.to_dict() for one in benefits.endings(before)],
        "undecided_in": [one.to_dict() for one in benefits.undecided_in(before) if one.regions],
    }


def show_endings(console: Console, listed: Mapping[str, Any], language: Language) -> None:
    """One row for each value: until when it is law, what is announced after it, and how many services read it. Then the
    regions in which a person decides for want of figures.
    """
    for ahead in listed["ahead"]:
        says = (_BEGINS if ahead["says"] == BEGINS else _AHEAD)[language].format(
            says=ahead["says"], day=show_day(date.fromisoformat(ahead["day"]))
        )
        text = f"{ahead['file']}:{ahead['line']}: {ahead['code']}: {says}"
        lines = fill(text, console.width, subsequent_indent="  ", break_on_hyphens=False)
        console.print(lines, style="bold", markup=False)
    columns = ("", *(one[language] for one in _ENDING_COLUMNS))
    rows = (
        (
            one["code"],
            one["label"][language],
            one["value"] or "-",
            show_day(date.fromisoformat(one["last"])),
            one["forecast"] or "-",
            str(len(one["services"])),
        )
        for one in listed["ends"]
    )
    console.print(table(columns, rows, 1, right={2, 4, 5}) if listed["ends"] else _NOTHING_ENDS[language])
    for one in listed["undecided_in"]:
        said = {"name": one["names"][language], "quarter": one["quarter"], "of": one["of"]}
        console.print("\n" + _UNDECIDED_IN[language].format(number=len(one["regions"]), **said), markup=False)
        for code, names in one["regions"].items():
            console.print(f"  {code}  {names[language]}", markup=False)


def warn_of_regions(console: Console, on: date) -> None:
    """One line for this quarter and one for the next when it is near, if regions have no figures for it."""
    for day in dict.fromkeys(quarter_of(day) for day in (on, on + benefits.WARNED_OF_QUARTER)):
        for one in (one for one in benefits.undecided_in(day) if one.regions):
            console.print(
                f"{one.names['en']}: no figures of {len(one.regions)} of {one.of} regions for the quarter from "
                f"{show_day(day)}; a person decides there (benefits --check {day}).",
                style="bold",
                markup=False,
            )


def warn_of_endings(console: Console, on: date) -> None:
    """A line for each day on which values of the law end soon, or have ended: every case that needs them waits then."""
    for last, ending in groupby(benefits.endings(on + benefits.WARNED), lambda one: one.last):
        which = ", ".join(one.code for one in ending)
        console.print(
            f"The law {'ended' if last < on else 'ends'} on {show_day(last)} for {which}: enter what follows it, or "
            f"cases of later days wait (benefits --check {on + benefits.WARNED}).",
            style="bold",
            markup=False,
        )
