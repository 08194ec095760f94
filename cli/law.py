"""`assess` and `benefits`: the law alone, on facts from a file. Asks no registry, changes nothing, prints no IIN in its
tables (JSON holds the basis of each right, which may be one).
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

import benefits
from benefits import (
    BadFacts,
    Claim,
    Decision,
    Facts,
    FamilyCard,
    Frequency,
    Language,
    Notice,
    Right,
    Schedule,
    Texts,
    read_facts_file,
)
from benefits.explain import show_day
from benefits.numbers import show_money
from benefits.terms import quarter_of

_FAMILY = Texts("Отбасының құқықтары, {day}", "Права семьи на {day}", "Rights of the family on {day}")
_NO_RIGHTS = Texts("Бұл күні құқық жоқ.", "На этот день прав нет.", "There is no right on this day.")
_TOGETHER = Texts(
    "Барлығы: ай сайын {monthly} теңге, бір рет {once} теңге.",
    "Всего: {monthly} тенге каждый месяц, {once} тенге один раз.",
    "Together: {monthly} tenge every month, {once} tenge once.",
)
_COLUMNS = (
    Texts("Қызмет", "Услуга", "Service"),
    Texts("Қолға, теңге", "На руки, тенге", "Net, tenge"),
    Texts("Жиілігі", "Как часто", "How often"),
    Texts("Басталуы", "С", "From"),
    Texts("Аяқталуы", "По", "Until"),
    Texts("Ересек", "Взрослый", "Adult"),
)
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
_NOTHING_ENDS = Texts("Бұл күнге дейін ештеңе аяқталмайды.", "До этого дня ничего не кончается.", "Nothing ends.")
_UNDECIDED_IN = Texts(
    "{name}, {quarter}: {of} өңірдің {number} өңірінде көрсеткіш енгізілмеген, онда адам шешеді.",
    "{name}, {quarter}: нет показателей по {number} из {of} регионов, там решает человек.",
    "{name}, {quarter}: no figures of {number} of {of} regions, a person decides there.",
)
_KNOWN_ON = Texts(
    "Заң {day} күні белгілі болған күйінде; кейін белгілі болғаны ескерілмейді.",
    "По закону, каким он был известен на {day}; ставшее известным позже не учтено.",
    "By the law as it was known on {day}, without what became known later.",
)
_KNOWN_SINCE = Texts("({day} белгілі)", "(известно с {day})", "(known {day})")
_SIGNED = Texts("Тексеріп, қол қойған:", "Сверили и подписали:", "Checked and signed:")
_GROUNDS = Texts("Негіздер", "Основания", "Grounds")
_NOTHING_CHANGED = Texts("Ештеңе өзгерген жоқ.", "Ничего не изменилось.", "Nothing changed.")
_UNVERIFIED = Texts(
    "U белгісі: заң мәтінімен салыстырылмаған мәндер саны – {number}.",
    "Знак U: значений, не сверенных с текстом закона, – {number}.",
    "Mark U: {number} values that nobody has checked against the text of the law.",
)
_OFTEN = {
    Frequency.ONCE: Texts("бір рет", "один раз", "once"),
    Frequency.MONTHLY: Texts("ай сайын", "каждый месяц", "monthly"),
}
_OTHERS = {
    Right.PERSON_DECIDES: Texts("Адам шешеді", "Решит человек", "A person must decide"),
    Right.NO: Texts("Құқық жоқ", "Права нет", "No right"),
}
_NOTICES = Texts("Хабарламалар", "Уведомления", "Notices")


@dataclass(frozen=True)
class Card:
    """The answer to a whole family, by the law as `known` on a day: its rights, and notices due to the applicant."""

    facts: Facts
    family: FamilyCard
    notices: tuple[Notice, ...]
    known: date | None = None

    def facts_of(self, claim: Claim) -> Facts:
        """The facts of the family as the adult of this claim would apply."""
        return replace(self.facts, applicant=self.facts.adults[claim.adult])

    def to_dict(self) -> dict[str, Any]:
        return {
            "on": self.family.on.isoformat(),
            "monthly": format(self.family.total(Frequency.MONTHLY), ".2f"),
            "once": format(self.family.total(Frequency.ONCE), ".2f"),
            "decisions": [
                {"adult": one.adult, **_with_months(self.facts_of(one), one.decision, self.known)}
                for one in self.family.claims
            ],
            "notices": [notice.to_dict() for notice in self.notices],
        }


def decided(service: str, facts: Path, on: date, known: date | None) -> list[dict[str, Any]]:
    """A decision on each right of this service that the applicant could have, by the law as `known` on a day, with its
    months. Raises BadFacts, UnknownService.
    """
    benefits.service(service)
    family = _read(facts)
    return [_with_months(family, one, known) for one in benefits.assess_each(service, family, on, known=known)]


def _with_months(facts: Facts, decision: Decision, known: date | None) -> dict[str, Any]:
    """The decision, and beside its own fields what `Schedule` says of its time: `months` (none unless the right is
    yes), whether they are `complete`, `next_review`, and of their net `total` the `arrears` for months before.
    """
    months = _schedule(facts, decision, known).to_dict()
    return {**decision.to_dict(), **{name: said for name, said in months.items() if name != "decision"}}


def _schedule(facts: Facts, decision: Decision, known: date | None) -> Schedule:
    return benefits.schedule(decision.code, facts, decision.on, basis=decision.basis, trace=False, known=known)


def card(facts: Path, on: date, known: date | None) -> Card:
    """All rights of a family, by the law as `known` on a day. Raises BadFacts."""
    family = _read(facts)
    notices = benefits.notices_due(family, on, known_law=known)
    return Card(family, benefits.assess_family(family, on, known=known), notices, known)


def say_known(console: Console, known: date | None, language: Language) -> None:
    """Says above an answer that it leaves out what became known of the law later."""
    if known is not None:
        console.print(fill(_KNOWN_ON[language].format(day=show_day(known)), console.width) + "\n", markup=False)


def explanations(
    service: str, facts: Path, on: date, known: date | None, language: Language
) -> Iterator[tuple[Decision, str]]:
    """Each decision of `decided`, explained with what its months will be. Raises as `decided`."""
    benefits.service(service)
    family = _read(facts)
    for decision in benefits.assess_each(service, family, on, known=known):
        yield decision, _explained(family, decision, known, language)


def show(console: Console, explained: Iterable[tuple[Decision, str]]) -> None:
    """Each decision with its reason: every parameter, its date and its ground, every figure."""
    for decision, text in explained:
        title, *lines = text.splitlines()
        console.print(f"{title} ({decision.code})", style="bold", markup=False)
        for line in lines:
            # A long step goes on under its text, not under its number.
            step = line[:1].isdigit()
            console.print(fill(line, console.width, subsequent_indent="    " * step), markup=False)
        console.print()


def _explained(facts: Facts, decision: Decision, known: date | None, language: Language) -> str:
    return benefits.explain(decision, language, _schedule(facts, decision, known))


def show_card(console: Console, found: Card, language: Language) -> None:
    """The rights with their amounts, what a person must decide, what there is no right to, and the explanations."""
    family = found.family
    console.print(f"[bold]{_FAMILY[language].format(day=show_day(family.on))}[/bold]")
    if family.rights:
        columns, rows = [one[language] for one in _COLUMNS], [_row(one, language) for one in family.rights]
        console.print(table(columns, rows, 0, right={1}))
        totals = {str(often): show_money(family.total(often), language) for often in Frequency}
        console.print(_TOGETHER[language].format(**totals))
    else:
        console.print(_NO_RIGHTS[language])
    told = {claim.decision.code for claim in family.rights}
    for right, heading in _OTHERS.items():
        others = [
            one.decision for one in family.claims if one.decision.right is right and one.decision.code not in told
        ]
        told |= {one.code for one in others}
        if others:
            console.print(f"\n[bold]{heading[language]}[/bold]")
        for text in dict.fromkeys(f"{_name(one, language)}: {_why(one, language)}" for one in others):
            console.print(fill(f"  {text}", console.width, subsequent_indent="    "), markup=False)
    if found.notices:
        console.print(f"\n[bold]{_NOTICES[language]}[/bold]")
    for notice in found.notices:
        kind, day = benefits.notice_topic(notice.code, notice.on).texts[notice.kind], notice.values["day"]
        console.print(f"  {kind[language]}, {show_day(day) if isinstance(day, date) else day}", markup=False)
    console.print()
    told_of = [claim for claim in family.claims if claim.decision.right is not Right.NO]
    show(
        console,
        ((one.decision, _explained(found.facts_of(one), one.decision, found.known, language)) for one in told_of),
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
            _OFTEN[Frequency(one["frequency"])][language],
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
        says = _AHEAD[language].format(says=ahead["says"], day=show_day(date.fromisoformat(ahead["day"])))
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


def table(columns: Iterable[str], rows: Iterable[Sequence[str]], *wrapped: int, right: Set[int] = frozenset()) -> Table:
    """A table of which only these columns, by number, may be broken into lines; sums keep to the right."""
    headed = (
        Column(column, no_wrap=number not in wrapped, overflow="fold", justify="right" if number in right else "left")
        for number, column in enumerate(columns)
    )
    table = Table(*headed, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*map(escape, row))  # what stands in brackets is a row's name, not markup
    return table


def _row(claim: Claim, language: Language) -> tuple[str, ...]:
    decision = claim.decision
    until = show_day(decision.until) if decision.until else "-"
    return (
        _name(decision, language),
        show_money(decision.net, language),
        _OFTEN[decision.frequency][language],
        show_day(decision.start),
        "-" if decision.frequency is Frequency.ONCE else until,
        str(claim.adult + 1),
    )


def _name(decision: Decision, language: Language) -> str:
    return benefits.service(decision.code, decision.on).names[language]


def _why(decision: Decision, language: Language) -> str:
    why = decision.failed or decision.asked
    return why.names[language] if why else ""


def with_added() -> None:
    """Add the benefits of DEMEU_BENEFITS_DIRECTORY, as gateway and worker do. Raises BadParameters."""
    folder = os.environ.get("DEMEU_BENEFITS_DIRECTORY")
    if folder:
        benefits.add_directory(Path(folder))


def _read(facts: Path) -> Facts:
    try:
        return read_facts_file(facts)
    except OSError as error:
        raise BadFacts("facts", "a file that can be read", error.strerror or "") from error
