"""`statement`: what a person was paid, when, and why that much. What is printed holds no name, IIN or IBAN."""

from pathlib import Path
from textwrap import fill
from typing import Annotated

import typer

from benefits import Language, Texts
from benefits.in_words import show_day
from benefits.numbers import show_money
from cli.shell import InLanguage, Json, app, console, iin_given, in_words, print_json, reach
from desk import statement as statements
from desk.statement import Explained, Statement

_NOTHING = Texts("Ештеңе төленбеген.", "Ничего не выплачено.", "Nothing was paid.")
_PAID = Texts("{day}  {money} теңге", "{day}  {money} тенге", "{day}  {money} tenge")
_OF = Texts("{service}, {month} үшін", "{service}, за {month}", "{service}, for {month}")
_MORE = Texts("қосымша төлем", "доплата", "a difference")
_TO_ACCOUNT = Texts(
    "нөмірі {tail} деп бітетін шотқа", "на счёт, оканчивающийся на {tail}", "to the account ending in {tail}"
)
_TO_FUND = Texts(
    "ұсталған зейнетақы жарнасы, зейнетақы қорына",
    "удержанный пенсионный взнос, в пенсионный фонд",
    "the contribution kept back, to the pension fund",
)
_WHY = Texts(
    "Неге мұнша: {figures}. {ground}.", "Почему столько: {figures}. {ground}.", "Why so much: {figures}. {ground}."
)
_BY_CASE = Texts(
    "Неге мұнша: {case} ісі бойынша шешімді қараңыз.",
    "Почему столько: смотрите решение по делу {case}.",
    "Why so much: see the decision in case {case}.",
)
_BACK = Texts("{day} күні қайтып келді: {why}.", "{day} деньги вернулись: {why}.", "It came back on {day}: {why}.")
_TOTAL = Texts("Барлығы: {money} теңге.", "Всего: {money} тенге.", "In all: {money} tenge.")
_TOTAL_FUND = Texts(
    "Зейнетақы қорына: {money} теңге.", "В пенсионный фонд: {money} тенге.", "To the pension fund: {money} tenge."
)


@app.command()
def statement(
    iin_from: Annotated[
        Path | None,
        typer.Option("--iin-from", help="File that holds the IIN; else it is asked for, or read from a pipe."),
    ] = None,
    language: InLanguage = "en",
    as_json: Json = False,
) -> None:
    """Show what a person was paid, when, and why that much; what came back stands there with the bank's reason."""
    with in_words():
        iin = iin_given(iin_from)
        found = reach(lambda here: statements.of_person(here.card, iin, language))
        if as_json:
            print_json(statements.to_dict(found))
        else:
            _show(found, language)


def _show(found: Statement, language: Language) -> None:
    if not found.payments:
        console.print(_NOTHING[language])
        return
    for one in found.payments:
        first, *others = _said(one, language)
        console.print(first, markup=False)
        for line in others:
            indent = "            "
            console.print(fill(line, console.width, initial_indent=indent, subsequent_indent=indent), markup=False)
    console.print(_TOTAL[language].format(money=show_money(found.paid, language)))
    if found.to_fund:
        console.print(_TOTAL_FUND[language].format(money=show_money(found.to_fund, language)))


def _said(one: Explained, language: Language) -> list[str]:
    """A payment in lines: the sum, what it is of, where it went, why that much, and whether it came back."""
    line = one.line
    lines = [
        _PAID[language].format(day=show_day(line.paid_on), money=show_money(line.amount, language)),
        _OF[language].format(service=one.service, month=f"{line.month:%m.%Y}"),
        _TO_FUND[language] if line.to_fund else _TO_ACCOUNT[language].format(tail=line.tail),
    ]
    if line.is_difference:
        lines[1] += f", {_MORE[language]}"
    if one.figures:
        lines.append(_WHY[language].format(figures="; ".join(one.figures), ground=one.ground))
    elif not line.to_fund:
        lines.append(_BY_CASE[language].format(case=line.case_ref))
    if line.returned_on is not None:
        lines.append(_BACK[language].format(day=show_day(line.returned_on), why=one.came_back))
    return lines
