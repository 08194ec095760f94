"""`assess` and `benefits`: the law alone, on facts from a file. Asks no registry, changes nothing, prints no IIN in its
tables (JSON holds the basis of each right, which may be one).
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.console import Console

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
from benefits.in_words import show_day
from benefits.numbers import show_money
from cli.tables import OFTEN, table

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


_KNOWN_ON = Texts(
    "Заң {day} күні белгілі болған күйінде; кейін белгілі болғаны ескерілмейді.",
    "По закону, каким он был известен на {day}; ставшее известным позже не учтено.",
    "By the law as it was known on {day}, without what became known later.",
)


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


def _row(claim: Claim, language: Language) -> tuple[str, ...]:
    decision = claim.decision
    until = show_day(decision.until) if decision.until else "-"
    return (
        _name(decision, language),
        show_money(decision.net, language),
        OFTEN[decision.frequency][language],
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
