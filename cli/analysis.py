"""`benefits` for analysts and lawyers: what changes for whom, which decided cases differ, and what is still to check.

It prints no identifier of a person: example families are called by their file, cases by their reference.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from textwrap import fill
from typing import Any

from rich.console import Console

import benefits
from benefits import Facts, ForWhom, Language, Right, Texts
from benefits.in_words import show_day
from benefits.numbers import show_money
from cli.parameters import print_signature, show_changes
from cli.tables import table
from desk import BadInput

EXAMPLES = Path(__file__).parents[1] / "tests" / "law" / "families"
"""The example families of a checkout; an installation without tests has none, and names its own folder."""

_FOR_WHOM = Texts(
    "Мысал отбасылар үшін, {day}:", "Для семей-примеров, на {day}:", "For the example families, on {day}:"
)
_NOBODY = Texts(
    "Мысал отбасылардың ешқайсысы үшін өзгермейді.",
    "Ни для одной семьи-примера ничего не меняется.",
    "Nothing changes for any example family.",
)
_NO_EXAMPLES = Texts(
    "Мысал отбасылар жоқ: қалтасын --families арқылы көрсетіңіз.",
    "Семей-примеров здесь нет: укажите их папку через --families.",
    "There are no example families here: name their folder with --families.",
)
_FAMILY_COLUMNS = (
    Texts("Отбасы", "Семья", "Family"),
    Texts("Қызмет", "Услуга", "Service"),
    Texts("Бұрын", "Было", "Before"),
    Texts("Кейін", "Стало", "After"),
    Texts("Айырма", "Разница", "Difference"),
)
_CASE_COLUMNS = (
    Texts("Іс", "Дело", "Case"),
    Texts("Қызмет", "Услуга", "Service"),
    Texts("Айлар", "Месяцы", "Months"),
    Texts("Сонда", "Тогда", "Then"),
    Texts("Қазір", "Теперь", "Now"),
    Texts("Барлығы", "Всего", "Total"),
)
_CHECK_COLUMNS = (
    Texts("Қайда", "Где", "Where"),
    Texts("Параметр", "Параметр", "Parameter"),
    Texts("Мәні", "Значение", "Value"),
    Texts("Басталуы", "С", "Since"),
)
_RIGHT = {
    Right.NO: Texts("құқық жоқ", "нет права", "no right"),
    Right.PERSON_DECIDES: Texts("адам шешеді", "решит человек", "a person"),
}
_CASES = Texts(
    "Қазіргі белгілі заң бойынша басқаша шешілетін істер:",
    "Дела, которые по закону, известному теперь, решились бы иначе:",
    "Cases that would be decided otherwise by the law as it is known now:",
)
_TOTALS = (
    ("looked_at", Texts("қаралған іс", "дел просмотрено", "cases looked at")),
    ("differ", Texts("басқаша шешілер еді", "решились бы иначе", "would be decided otherwise")),
    ("more", Texts("көбірек", "больше", "with more")),
    ("less", Texts("азырақ", "меньше", "with less")),
    ("mixed", Texts("айларға қарай әртүрлі", "по месяцам по-разному", "otherwise in some months than in others")),
    ("right_gained", Texts("құқық пайда болады", "право появилось бы", "with a right where there was none")),
    ("right_lost", Texts("құқық болмас еді", "права не было бы", "without a right where there was one")),
    ("question", Texts("адам шешеді", "решит человек", "for a person to decide, then or now; not in the sums")),
    ("difference", Texts("айырма, теңге", "разница, тенге", "difference in tenge")),
    ("of_credited", Texts("соның ішінде төленген істер", "из них по выплаченным делам", "of it in credited cases")),
    (
        "not_by_what_became_known",
        Texts(
            "кейін белгілі болғаннан емес (*)",
            "не из-за ставшего известным позже (*)",
            "not by what became known later: a value or a rule was changed in place (*)",
        ),
    ),
    ("unread", Texts("енді оқылмайтын іс", "дел, которые больше не читаются", "whose facts can be read no more")),
)
_UNREAD = Texts("Оқылмайды: {refs}", "Не читаются: {refs}", "Cannot be read: {refs}")
_UNVERIFIED = Texts(
    "Тексерілмеген мәндер: {number}", "Не сверенных значений: {number}", "Values that nobody has checked: {number}"
)
_SIGNED = Texts("Қол қойылған мәндер:", "Подписанные значения:", "Signed values:")


def families_in(folder: Path | None) -> dict[str, Facts]:
    """The families of a folder by the names of their files; without a folder the examples of the checkout, if there
    are any. Raises BadInput, BadFacts.
    """
    there = folder or EXAMPLES
    if not there.is_dir():
        if folder is None:
            return {}
        raise BadInput(f"families: a folder with facts of families, one YAML or JSON file each ({folder} is none)")
    files = sorted(file for file in there.iterdir() if file.suffix in (".yaml", ".yml", ".json"))
    if not files:
        raise BadInput(f"families: a folder with facts of families, one YAML or JSON file each ({there} has none)")
    return {file.stem: benefits.read_facts_file(file) for file in files}


def changed_for(families: Mapping[str, Facts], code: str | None, first: date, last: date) -> dict[str, Any]:
    """What the changes after `first` until `last` are to the families, all else being as on `last`."""
    before = benefits.law_without_changes(first, last)
    found = benefits.for_whom(families, last, before=before, after=benefits.load())
    return _listed(families, [one for one in found if code in (None, one.code)])


def what_if(path: Path, families: Mapping[str, Facts], on: date) -> dict[str, Any]:
    """What another file of parameters changes on a day, and for whom. Raises BadInput, BadParameters, BadFacts."""
    try:
        law = benefits.law_with(path)
    except OSError as error:
        raise BadInput(f"with: a file of parameters that can be read ({error.strerror})") from error
    changes = [change.to_dict() for change in benefits.values_changed(law, on)]
    found = benefits.for_whom(families, on, before=benefits.load(), after=law)
    return {"changes": changes, "families": _listed(families, found)}


def _listed(families: Mapping[str, Facts], found: Iterable[ForWhom]) -> dict[str, Any]:
    return {"looked_at": len(families), "changed": [one.to_dict() for one in found]}


def show_changed(console: Console, found: Mapping[str, Any], language: Language, on: date) -> None:
    """The values that differ, and one row for each right of a family that comes out otherwise."""
    show_changes(console, found["changes"], language)
    listed = found["families"]["changed"]
    if not listed:
        if found["changes"]:
            console.print("\n" + (_NOBODY if found["families"]["looked_at"] else _NO_EXAMPLES)[language])
        return
    console.print(f"\n[bold]{_FOR_WHOM[language].format(day=show_day(on))}[/bold]")
    rows = (
        (
            one["family"],
            one["code"],
            _answer(one["before"], language),
            _answer(one["after"], language),
            _signed(one["difference"], language),
        )
        for one in listed
    )
    console.print(table([one[language] for one in _FAMILY_COLUMNS], rows, 0, 1, 2, 3, right={2, 3, 4}))


def show_cases(console: Console, found: Mapping[str, Any], language: Language) -> None:
    """One row for each case and run of months with the same amounts, and the totals."""
    console.print(f"\n[bold]{_CASES[language]}[/bold]")
    rows = (
        (
            one["ref"],
            one["service"],
            _months(one["first_month"], one["last_month"]),
            _answer(one["then"], language),
            _answer(one["now"], language),
            _signed(one["difference"], language) + ("" if one["as_known"] else "*"),
        )
        for one in found["cases"]
    )
    if found["cases"]:
        console.print(table([one[language] for one in _CASE_COLUMNS], rows, 3, 4, right={3, 4, 5}))
    totals = found["totals"]
    for name, text in _TOTALS:
        value = totals[name]
        if name in ("looked_at", "differ") or Decimal(value):
            shown = str(value) if isinstance(value, int) else _signed(value, language)
            console.print(fill(f"{shown:>12}  {text[language]}", console.width, subsequent_indent=" " * 14))
    if found["unread"]:
        unread = _UNREAD[language].format(refs=", ".join(found["unread"]))
        console.print(fill(unread, console.width, subsequent_indent="  ", break_on_hyphens=False), markup=False)


def work_list(code: str | None) -> dict[str, list[dict[str, Any]]]:
    """The values with mark U, and the signed ones, of all files or of one service. Raises UnknownService."""
    if code is not None:
        benefits.service(code)
    found = [one for one in benefits.work_list() if code is None or one.code.startswith(f"{code}.")]
    return {
        "unverified": [one.to_dict() for one in found if one.signed is None],
        "signed": [one.to_dict() for one in found if one.signed is not None],
    }


def show_work_list(console: Console, found: Mapping[str, Any], language: Language) -> None:
    """One row for each value nobody has checked, with its place; then what was signed, by whom and from what."""
    unverified = found["unverified"]
    if unverified:
        rows = ((*_place(one), one["value"], one["since"]) for one in unverified)
        console.print(table([one[language] for one in _CHECK_COLUMNS], rows, 0, 1, 2))
    console.print(f"\n[bold]{_UNVERIFIED[language].format(number=len(unverified))}[/bold]")
    if found["signed"]:
        console.print(f"\n[bold]{_SIGNED[language]}[/bold]")
    for one in found["signed"]:
        print_signature(console, " ".join(_place(one)), one["signed"])


def _place(one: Mapping[str, Any]) -> tuple[str, str]:
    return f"{one['file']}:{one['line']}", str(one["code"]).partition(".")[2]


def _months(first: str, last: str) -> str:
    if first == last:
        return first
    return f"{first}–{last[5:]}" if first[:4] == last[:4] else f"{first}–\n{last}"


def _answer(answer: Mapping[str, Any] | None, language: Language) -> str:
    if answer is None:
        return "-"
    right = Right(answer["right"])
    if right is not Right.YES:
        return _RIGHT[right][language]
    return show_money(Decimal(answer["net"]), language) + (" + ?" if answer["open"] else "")


def _signed(difference: str | None, language: Language) -> str:
    if difference is None:
        return "?"
    amount = Decimal(difference)
    return ("+" if amount > 0 else "-" if amount < 0 else "") + show_money(abs(amount), language)
