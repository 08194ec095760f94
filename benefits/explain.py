"""Tells a citizen in Kazakh, Russian or English why a decision is as it is, step by step from its trace.

It adds nothing to the decision: each line is a parameter with its date and legal ground, or a figure with its
arithmetic. What nobody has checked against the law's text is marked in its line and counted at the end.
"""

from datetime import date
from decimal import Decimal

from benefits.catalogue import benefit
from benefits.decision import Decision, Frequency, Right, TraceKind, TraceLine
from benefits.legislation import COMMON, Legislation
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
_UNVERIFIED = Texts("ТЕКСЕРІЛМЕГЕН", "НЕ ПРОВЕРЕНО", "NOT VERIFIED")
_WARNING = Texts(
    "Назар аударыңыз: заң мәтінімен салыстырып тексерілмеген мәндер саны – {number}.",
    "Внимание: значений, не сверенных с текстом закона, – {number}.",
    "Note: values not checked against the text of the law: {number}.",
)
_MARKS = {
    "S": Texts("ресми құжатта жарияланған", "напечатано в официальном документе", "printed in an official document"),
    "P": Texts("жарияланған дереккөзде бар", "найдено в опубликованном источнике", "found in a published source"),
    "C": Texts(
        "жарияланған деректерден есептелген", "вычислено из опубликованных данных", "computed from published data"
    ),
}
_WORDS = {
    "budget": Texts("мемлекеттік бюджет", "государственный бюджет", "the state budget"),
    "fund": Texts(
        "Мемлекеттік әлеуметтік сақтандыру қоры",
        "Государственный фонд социального страхования",
        "the State Social Insurance Fund",
    ),
    "up": Texts("бүтін теңгеге дейін жоғары", "вверх до целого тенге", "up to a whole tenge"),
    "half_up": Texts("жақын бүтін теңгеге дейін", "до ближайшего целого тенге", "to the nearest whole tenge"),
    "permanent": Texts("тұрақты тұру", "постоянное проживание", "permanent residence"),
    "right_arose": Texts("құқық туған күн", "день возникновения права", "the day on which the right arose"),
    "application": Texts("өтініш берілген күн", "день обращения", "the day of application"),
    "pm": Texts("ең төмен күнкөріс деңгейінің үлесі", "доля прожиточного минимума", "a share of PM"),
    "larger": Texts("екі үлестің үлкені", "большая из двух долей", "the larger of the shares of median income and PM"),
    "citizen": Texts("азамат", "гражданин", "citizen"),
    "kandas": Texts("қандас", "кандас", "kandas"),
    "foreigner": Texts("шетелдік", "иностранец", "foreigner"),
}
_UNITS = {
    "tenge": Texts("теңге", "тенге", "tenge"),
    "MRP": Texts("АЕК", "МРП", "MRP"),
    "PM": Texts("ең төмен күнкөріс деңгейі", "прожиточного минимума", "PM"),
    "MZP": Texts("ең төмен жалақы", "минимальной зарплаты", "MZP"),
    "days": Texts("күн", "дн.", "days"),
    "working_days": Texts("жұмыс күні", "рабочих дн.", "working days"),
    "months": Texts("ай", "мес.", "months"),
    "years": Texts("жас", "лет", "years"),
    "people": Texts("адам", "чел.", "people"),
}
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
    lines += _answer(decision, language)
    steps = [_step(line, found.legislation, language) for line in decision.trace]
    if steps:
        lines.append(_STEPS[language])
        lines += [f"{number}. {step}" for number, step in enumerate(_without_repeats(steps), 1)]
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
    text = f"{exact:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    whole, _, part = text.partition(".")
    mark = "." if language == "en" else ","
    return about + whole.replace(",", " ") + (mark + part if part else "")


def _answer(decision: Decision, language: Language) -> list[str]:
    if decision.failed is not None:
        return [_REASON[language].format(text=decision.failed.names[language])]
    if decision.asked is not None:
        return [_QUESTION[language].format(text=decision.asked.names[language])]
    lines = [_AMOUNT[decision.frequency][language].format(money=show_number(decision.net, language))]
    if decision.withheld:
        money = {name: show_number(getattr(decision, name), language) for name in ("gross", "withheld", "net")}
        lines.append(_WITHHELD[language].format(**money))
    if decision.frequency is Frequency.MONTHLY:
        until = decision.until
        period = _OPEN_PERIOD if until is None else _PERIOD
        lines.append(period[language].format(start=show_day(decision.start), until=show_day(until) if until else ""))
    payers = ", ".join(_word(payer, language) for payer in decision.payer.split("+"))
    return [*lines, _PAYER[language].format(payer=payers)]


def _step(line: TraceLine, legislation: Legislation, language: Language) -> str:
    value = _value(line, language)
    if line.kind is TraceKind.FIGURE:
        name = legislation.text("figures", line.code)[language]
        return f"{name}: {_arithmetic(line.how, language)} = {value}" if line.how else f"{name}: {value}"
    owner, _, rest = line.code.partition(".")
    name, _, key = rest.partition("[")
    label = legislation.label(name)[language] if name in legislation.parameters else line.code
    where = f" ({key.rstrip(']')})" if key else ""
    ground = legislation.references.get(line.reference or "")
    notes = [_IN_FORCE[language].format(since=show_day(line.since))] if line.since else []
    notes.append(ground[language] if ground else (line.ground or owner or COMMON))
    notes.append(_UNVERIFIED[language] if line.unverified else _MARKS[line.mark or "C"][language])
    return f"{label}{where}: {value} [{'; '.join(notes)}]"


def _value(line: TraceLine, language: Language) -> str:
    if isinstance(line.value, str):
        if line.unit == "date":
            return show_day(date.fromisoformat(line.value))
        return ", ".join(_word(word, language) for word in line.value.split())
    unit = _UNITS.get(line.unit)
    return show_number(line.value, language) + (f" {unit[language]}" if unit else "")


def _arithmetic(how: str, language: Language) -> str:
    """The arithmetic with its numbers written as the language writes them."""
    shown = []
    for token in how.split(" "):
        bare = token.strip("()")
        try:
            shown.append(token.replace(bare, show_number(Decimal(bare), language)) if bare else token)
        except ArithmeticError:
            shown.append(token)
    return " ".join(shown).replace("( ", "(").replace(" )", ")")


def _word(word: str, language: Language) -> str:
    return _WORDS[word][language] if word in _WORDS else word


def _without_repeats(steps: list[str]) -> list[str]:
    return list(dict.fromkeys(steps))
