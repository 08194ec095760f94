"""Tells a citizen in Kazakh, Russian or English why a decision is as it is, step by step from its trace.

It adds nothing to the decision: each line is a parameter with its date and legal ground, or a figure with its
arithmetic. What nobody has checked against the law's text is marked in its line and counted at the end.
"""

from datetime import date
from decimal import Decimal

from babel import Locale

from benefits.catalogue import benefit
from benefits.decision import Decision, Frequency, Right, TraceKind, TraceLine
from benefits.legislation import Legislation
from benefits.parameter_file import ENDED, FORECAST
from benefits.terms import ONE_DAY
from benefits.texts import Language, Texts

_RIGHT = {
    Right.YES: Texts("Құқық бар.", "Право есть.", "There is a right."),
    Right.NO: Texts("Құқық жоқ.", "Права нет.", "There is no right."),
    Right.PERSON_DECIDES: Texts(
        "Бұл мәселені адам шешуі керек.", "Решить должен человек.", "A person must decide this."
    ),
}
_AS_OF = Texts("{day} жағдай бойынша", "на {day}", "as of {day}")
_AMOUNT = {
    Frequency.ONCE: Texts(
        "Мөлшері: {money} теңге, бір рет.", "Размер: {money} тенге, один раз.", "Amount: {money} tenge, once."
    ),
    Frequency.MONTHLY: Texts(
        "Мөлшері: ай сайын {money} теңге.", "Размер: {money} тенге каждый месяц.", "Amount: {money} tenge every month."
    ),
}
_WITHHELD = Texts(
    "Есептелгені {gross} теңге, ұсталатыны {withheld} теңге, қолға {net} теңге.",
    "Начислено {gross} тенге, удерживается {withheld} тенге, на руки {net} тенге.",
    "Gross {gross} tenge, withheld {withheld} tenge, net {net} tenge.",
)
_PERIOD = Texts("Мерзімі: {start} – {until}.", "Срок: с {start} по {until}.", "Period: from {start} to {until}.")
_OPEN_PERIOD = Texts("Мерзімі: {start} бастап.", "Срок: с {start}.", "Period: from {start}.")
_PAYER = Texts("Төлейтін: {payer}.", "Платит: {payer}.", "Paid by: {payer}.")
_REASON = Texts("Себебі: {text}", "Причина: {text}", "Reason: {text}")
_QUESTION = Texts("Сұрақ: {text}", "Вопрос: {text}", "Question: {text}")
_STEPS = Texts("Қалай есептелді:", "Как посчитано:", "How it was reckoned:")
_IN_FORCE = Texts("{since} бастап қолданыста", "действует с {since}", "in force from {since}")
_FORECAST_FOR = Texts("{since} күніне болжам", "прогноз на {since}", "forecast for {since}")
_ENDED_ON = Texts("{day} дейін қолданыста болған", "действовало по {day}", "was in force until {day}")
_NO_LAW = Texts("ӘЛІ ЗАҢ ЕМЕС", "ЭТО ЕЩЁ НЕ ЗАКОН", "NOT LAW YET")
_NO_DECISION = Texts(
    "Назар аударыңыз: бұл күнге әлі енгізілмеген мәндер саны – {number}. Жоғарыдағы сандар болжам ғана.",
    "Внимание: значений, ещё не внесённых на этот день, – {number}. Суммы выше лишь предположительные.",
    "Note: values not entered yet for this day: {number}. The figures above are only what may be expected.",
)
_UNVERIFIED = Texts("ТЕКСЕРІЛМЕГЕН", "НЕ ПРОВЕРЕНО", "NOT VERIFIED")
_WARNING = Texts(
    "Назар аударыңыз: заң мәтінімен салыстырып тексерілмеген мәндер саны – {number}.",
    "Внимание: значений, не сверенных с текстом закона, – {number}.",
    "Note: values not checked against the text of the law: {number}.",
)
_FROM = Texts("{number} және одан көп", "от {number}", "from {number}")
_MARKS = {
    "S": Texts("ресми құжатта жарияланған", "напечатано в официальном документе", "printed in an official document"),
    "P": Texts("жарияланған дереккөзде бар", "найдено в опубликованном источнике", "found in a published source"),
    "C": Texts(
        "жарияланған деректерден есептелген", "вычислено из опубликованных данных", "computed from published data"
    ),
}
_UNITS = {
    "tenge": (Texts("теңге", "тенге", "tenge"),),
    "MRP": (Texts("АЕК", "МРП", "MRP"),),
    "PM": (Texts("ең төмен күнкөріс деңгейі", "ПМ", "PM"),),
    "MZP": (Texts("ең төмен жалақы", "МЗП", "MZP"),),
    "days": (Texts("күн", "день", "day"), Texts("күн", "дня", "days"), Texts("күн", "дней", "days")),
    "working_days": (
        Texts("жұмыс күні", "рабочий день", "working day"),
        Texts("жұмыс күні", "рабочих дня", "working days"),
        Texts("жұмыс күні", "рабочих дней", "working days"),
    ),
    "months": (Texts("ай", "месяц", "month"), Texts("ай", "месяца", "months"), Texts("ай", "месяцев", "months")),
    "years": (Texts("жас", "год", "year"), Texts("жас", "года", "years"), Texts("жас", "лет", "years")),
    "age": (Texts("жас", "год", "year"), Texts("жас", "года", "years"), Texts("жас", "лет", "years")),
    "people": (
        Texts("адам", "человек", "person"),
        Texts("адам", "человека", "people"),
        Texts("адам", "человек", "people"),
    ),
    "times": (Texts("рет", "раз", "time"), Texts("рет", "раза", "times"), Texts("рет", "раз", "times")),
}
"""The word after one (1, 21), after few (2, 1.5) and after many (5, 11); one word alone never changes."""
_FORMS = {"one": 0, "few": 1, "other": 1, "many": 2}
"""The word by the number's plural category: https://cldr.unicode.org/index/cldr-spec/plural-rules"""
_DECIMALS_SHOWN = 4


def explain(decision: Decision, language: Language) -> str:
    """The decision as a text of several lines, ending without a newline. Raises UnknownService for a code not in
    the law.
    """
    found = benefit(decision.code)
    lines = [
        f"{found.legislation.own.names[language]}, {_AS_OF[language].format(day=show_day(decision.on))}",
        _RIGHT[decision.right][language],
    ]
    lines += _answer(decision, found.legislation, language)
    legislation = found.legislation
    steps = [_step(line, decision.on, legislation, language) for line in decision.trace]
    if steps:
        lines.append(_STEPS[language])
        lines += [f"{number}. {step}" for number, step in enumerate(_without_repeats(steps), 1)]
    expected = {line.code for line in decision.trace if line.status in (FORECAST, ENDED)}
    if expected:
        lines.append(_NO_DECISION[language].format(number=len(expected)))
    unverified = {line.code for line in decision.unverified}
    if unverified:
        lines.append(_WARNING[language].format(number=len(unverified)))
    return "\n".join(lines)


def show_day(day: date) -> str:
    """A date as people here write it: 01.03.2025."""
    return f"{day:%d.%m.%Y}"


def show_number(number: Decimal, language: Language) -> str:
    """A number with spaces between thousands and the decimal mark of the language; ≈ if it has more decimals."""
    exact = round(number, _DECIMALS_SHOWN)
    about = "" if exact == number else "≈ "
    whole, _, part = f"{exact:,f}".rstrip("0").partition(".")
    mark = "." if language == "en" else ","
    return about + whole.replace(",", " ") + (mark + part if part else "")


def show_money(tenge: Decimal, language: Language) -> str:
    """A sum as `show_number` writes it, but tiyn always with both of their digits: 3 793.20."""
    text = show_number(tenge, language)
    return text + "0" if text[-2:-1] in (".", ",") else text


def _answer(decision: Decision, legislation: Legislation, language: Language) -> list[str]:
    if decision.failed is not None:
        return [_REASON[language].format(text=decision.failed.names[language])]
    question = [] if decision.asked is None else [_QUESTION[language].format(text=decision.asked.names[language])]
    if decision.right is Right.PERSON_DECIDES:
        return question
    lines = [_AMOUNT[decision.frequency][language].format(money=show_money(decision.net, language))]
    if decision.withheld:
        money = {name: show_money(getattr(decision, name), language) for name in ("gross", "withheld", "net")}
        lines.append(_WITHHELD[language].format(**money))
    if decision.frequency is Frequency.MONTHLY:
        until = decision.until
        period = _OPEN_PERIOD if until is None else _PERIOD
        lines.append(period[language].format(start=show_day(decision.start), until=show_day(until) if until else ""))
    payers = [_word(part.payer, legislation, language) for part in decision.parts]
    if len(payers) > 1:
        paid = [_quantity(part.net, "tenge", language) for part in decision.parts]
        payers = [f"{payer} – {money}" for payer, money in zip(payers, paid, strict=True)]
    # Beside what is certain, what is open of the rest.
    return [*lines, _PAYER[language].format(payer=", ".join(payers)), *question]


def _step(line: TraceLine, on: date, legislation: Legislation, language: Language) -> str:
    value = value_in_words(line, legislation, language)
    if line.kind is TraceKind.FIGURE:
        name = legislation.text("figures", line.code)[language]
        return f"{name}: {_arithmetic(line.how, language)} = {value}" if line.how else f"{name}: {value}"
    owner, _, rest = line.code.partition(".")
    name, _, key = rest.partition("[")
    label = legislation.label(name)[language] if name in legislation.parameters else f"{owner}.{name}"
    where = f" ({_row(name, key.removesuffix(']'), on, legislation, language)})" if key else ""
    ground = legislation.references.get(line.reference or "")
    notes = [since_when(line, language)] if line.since else []
    notes.append(ground[language] if ground else (line.ground or owner))
    known = _UNVERIFIED if line.unverified else _MARKS[line.mark or "C"]
    notes.append((_NO_LAW if line.status in (FORECAST, ENDED) else known)[language])
    return f"{label}{where}: {value} [{'; '.join(notes)}]"


def since_when(line: TraceLine, language: Language) -> str:
    """From which day a value is law; of one that is not, for which day it is announced, or until when it was."""
    assert line.since is not None  # noqa: S101  (every parameter has its day)
    if line.status == ENDED:
        return _ENDED_ON[language].format(day=show_day(line.since - ONE_DAY))
    return (_FORECAST_FOR if line.status == FORECAST else _IN_FORCE)[language].format(since=show_day(line.since))


def _row(name: str, key: str, on: date, legislation: Legislation, language: Language) -> str:
    """The row of a table in words; of brackets the numbers that fall into the one that begins here: 1–3, 4, from 60."""
    begins, _ = legislation.at(on).brackets.get(name, ([], []))
    if not key.isdecimal() or int(key) not in begins:
        return _word(key, legislation, language)
    following = begins.index(int(key)) + 1
    if following == len(begins):
        return _FROM[language].format(number=key)
    last = begins[following] - 1
    return key if last == int(key) else f"{key}–{last}"


def value_in_words(line: TraceLine, legislation: Legislation, language: Language) -> str:
    """The value of a line with its unit, as people write it: `20,04 МРП`, `from the budget`, `01.03.2025`."""
    if isinstance(line.value, str):
        if line.unit == "date":
            return show_day(date.fromisoformat(line.value))
        return ", ".join(_word(word, legislation, language) for word in line.value.split())
    return _quantity(line.value, line.unit, language)


def _quantity(number: Decimal, unit: str, language: Language) -> str:
    """A number with its unit, as grammar wants it: 1 month, 24 months."""
    shown = show_money(number, language) if unit == "tenge" else show_number(number, language)
    forms = _UNITS.get(unit)
    if forms is None:
        return shown
    category = Locale(language).plural_form(number)
    return f"{shown} {forms[min(_FORMS[category], len(forms) - 1)][language]}"


def _arithmetic(how: str, language: Language) -> str:
    """The arithmetic with its numbers written as the language writes them."""
    shown = [
        show_number(Decimal(piece), language) if piece[0].isdigit() else "–" if piece == "-" else piece
        for piece in how.split(" ")
    ]
    return " ".join(shown).replace("( ", "(").replace(" )", ")")


def _word(word: str, legislation: Legislation, language: Language) -> str:
    return legislation.text("words", word)[language]


def _without_repeats(steps: list[str]) -> list[str]:
    return list(dict.fromkeys(steps))
