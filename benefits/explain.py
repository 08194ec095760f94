"""Tells a citizen in Kazakh, Russian or English why a decision is as it is, step by step from its trace.

It adds nothing to the decision: each line is a parameter with its date and legal ground, or a figure with its
arithmetic. What nobody has checked against the law's text is marked in its line and counted at the end. A refusal names
its ground and the way of appeal. With the decision's schedule it tells what changes over the months, and the next look.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby

from benefits.catalogue import benefit
from benefits.dated import ENDED, FORECAST
from benefits.decision import ZERO, Decision, Frequency, Right, TraceKind, TraceLine
from benefits.evaluator import own_end
from benefits.future import Schedule
from benefits.in_words import Numbers, arithmetic, quantity, show_day, value_in_words, word
from benefits.legislation import Legislation
from benefits.numbers import show_money
from benefits.terms import ONE_DAY
from benefits.texts import Language, Texts

_RIGHT = {
    Right.YES: Texts("Құқық бар.", "Право есть.", "There is a right."),
    Right.NO: Texts("Құқық жоқ.", "Права нет.", "There is no right."),
    Right.PERSON_DECIDES: Texts("Бұл мәселені маман шешеді.", "Решит специалист.", "A person must decide this."),
}
_AS_OF = Texts("{day} күнгі жағдай бойынша", "на {day}", "as of {day}")
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
_OVER_TIME = Texts("Кезеңдер бойынша: {months}.", "По периодам: {months}.", "By period: {months}.")
_FROM_THEN = Texts("{day} бастап {money} теңге", "с {day} – {money} тенге", "from {day} {money} tenge")
_EXPECTED = Texts(
    "{then} (күтіледі, әлі заң емес)", "{then} (ожидается, ещё не закон)", "{then} (expected, not law yet)"
)
_ARREARS = Texts(
    "Өткен айлар үшін тиесілі: {money} теңге.",
    "За прошедшие месяцы причитается: {money} тенге.",
    "Owed for past months: {money} tenge.",
)
_NEXT_LOOK = Texts("Келесі рет қаралатын күн: {day}.", "Посмотрим снова {day}.", "We look at it again on {day}.")
_PERIOD = Texts("Мерзімі: {start} – {until}.", "Срок: с {start} по {until}.", "Period: from {start} to {until}.")
_OPEN_PERIOD = Texts("Мерзімі: {start} бастап.", "Срок: с {start}.", "Period: from {start}.")
_KNOWN_PERIOD = Texts(
    "Мерзімі: {start} бастап. Заңдағы мөлшерлер {until} дейін ғана белгілі, құқық ол күні тоқтамайды.",
    "Срок: с {start}. Размеры по закону известны только по {until}, право в этот день не кончается.",
    "Period: from {start}. The amounts of the law are known only to {until}; the right does not end on that day.",
)
_STOPS = Texts(
    "{day} бастап төленбейді. Себебі: {text}",
    "С {day} не выплачивается. Причина: {text}",
    "Not paid from {day}. Reason: {text}",
)
_SUSPENDS = Texts(
    "{day} бастап тоқтатыла тұрады. Себебі: {text}",
    "С {day} приостанавливается. Причина: {text}",
    "Suspended from {day}. Reason: {text}",
)
_PAYER = Texts("Төлейді: {payer}.", "Платит: {payer}.", "Paid by: {payer}.")
_ALSO_PAYER = Texts(
    "Төлейді: {payer}; кейбір айлар үшін төлейтін: {also}.",
    "Платит: {payer}; за некоторые месяцы также {also}.",
    "Paid by: {payer}; for some months also {also}.",
)
_SUSPENDED = Texts(
    "Құқық бар, бірақ {day} бастап тоқтатыла тұр.",
    "Право есть, но с {day} приостановлено.",
    "There is a right, and it is suspended from {day}.",
)
_REASON = Texts("Себебі: {text}", "Причина: {text}", "Reason: {text}")
_QUESTION = Texts("Сұрақ: {text}", "Вопрос: {text}", "Question: {text}")
_GROUND = Texts("Негізі: {ground}.", "Основание: {ground}.", "Ground: {ground}.")
_APPEAL = Texts("Келіспесеңіз: {how}.", "Если не согласны: {how}.", "If you disagree: {how}.")
_STEPS = Texts("Қалай есептелді:", "Как посчитано:", "How it was reckoned:")
_LOOKED_AT = Texts("Не қаралды:", "На что смотрели:", "What was looked at:")
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


def explain(decision: Decision, language: Language, schedule: Schedule | None = None) -> str:
    """The decision as a text of several lines, ending without a newline. `schedule` is that of this decision. Raises
    UnknownService for a code not in the law.
    """
    legislation = benefit(decision.code).legislation
    lines = [
        f"{_title(decision, legislation)[language]}, {_AS_OF[language].format(day=show_day(decision.on))}",
        _right(decision, language),
    ]
    lines += _answer(decision, schedule, legislation, language)
    numbers = Numbers.of(decision.trace)
    steps = [_step(line, numbers, decision.on, legislation, language) for line in decision.trace]
    if steps:
        lines.append((_STEPS if decision.right is Right.YES else _LOOKED_AT)[language])
        lines += [f"{number}. {step}" for number, step in enumerate(_without_repeats(steps), 1)]
    expected = {line.code for line in decision.trace if line.status in (FORECAST, ENDED)}
    if expected:
        lines.append(_NO_DECISION[language].format(number=len(expected)))
    unverified = {line.code for line in decision.unverified}
    if unverified:
        lines.append(_WARNING[language].format(number=len(unverified)))
    return "\n".join(lines)


def _title(decision: Decision, legislation: Legislation) -> Texts:
    """The name of the service, with the numbers by which this right was decided."""
    used = {
        line.code.partition(".")[2]: (line.value, line.unit)
        for line in decision.trace
        if line.kind is TraceKind.PARAMETER and isinstance(line.value, Decimal)
    }
    return legislation.title(legislation.at(max(decision.on, legislation.first_day)), used)


def _right(decision: Decision, language: Language) -> str:
    suspended = decision.suspended
    if suspended is None or decision.right is Right.YES:
        return _RIGHT[decision.right][language]
    return _SUSPENDED[language].format(day=show_day(suspended.since))


def _answer(decision: Decision, schedule: Schedule | None, legislation: Legislation, language: Language) -> list[str]:
    if decision.failed is not None:
        reason = _REASON[language].format(text=decision.failed.names[language])
        if decision.suspended is not None:
            return [reason, decision.suspended.resumes[language], *_refused(decision, legislation, language)]
        return [reason, *_refused(decision, legislation, language)]
    question = [] if decision.asked is None else [_QUESTION[language].format(text=decision.asked.names[language])]
    if decision.right is Right.PERSON_DECIDES:
        return question
    lines = [_AMOUNT[decision.frequency][language].format(money=show_money(decision.net, language))]
    if decision.withheld:
        money = {name: show_money(getattr(decision, name), language) for name in ("gross", "withheld", "net")}
        lines.append(_WITHHELD[language].format(**money))
    if schedule and schedule.arrears:
        owed = sum((month.net for month in schedule.arrears), ZERO)
        lines.append(_ARREARS[language].format(money=show_money(owed, language)))
    over_time = list(_over_time(schedule, language)) if schedule else []
    if len(over_time) > 1:
        lines.append(_OVER_TIME[language].format(months=", ".join(over_time)))
    if decision.frequency is Frequency.MONTHLY:
        lines += _period(decision, schedule, legislation, language)
    payers = [word(part.payer, legislation, language) for part in decision.parts]
    if len(payers) > 1:
        paid = [quantity(part.net, "tenge", language) for part in decision.parts]
        payers = [f"{payer} – {money}" for payer, money in zip(payers, paid, strict=True)]
    also = {payer for month in schedule.months for payer in month.payers} if schedule else set[str]()
    others = [word(payer, legislation, language) for payer in sorted(also - {part.payer for part in decision.parts})]
    paid_by = _ALSO_PAYER if others else _PAYER
    lines.append(paid_by[language].format(payer=", ".join(payers), also=", ".join(others)))
    if decision.suspended is not None:
        lines.append(_SUSPENDED[language].format(day=show_day(decision.suspended.since)))
        if decision.suspended.reason is not None:
            lines.append(_REASON[language].format(text=decision.suspended.reason.names[language]))
        lines.append(decision.suspended.resumes[language])
    if schedule and schedule.next_review:
        lines.append(_NEXT_LOOK[language].format(day=show_day(schedule.next_review)))
    return [*lines, *question]  # beside what is certain, what is open of the rest


def _period(
    decision: Decision, schedule: Schedule | None, legislation: Legislation, language: Language
) -> Iterator[str]:
    """From when until when is paid, by what is known, and what ends it where it does not end by itself."""
    until, stop = (schedule.until, schedule.stop) if schedule else (own_end(decision), None)
    last = until or decision.until
    period = _OPEN_PERIOD if last is None else _PERIOD if until else _KNOWN_PERIOD
    yield period[language].format(start=show_day(decision.start), until=show_day(last) if last else "")
    if stop is not None:
        says = _SUSPENDS if stop.suspends else _STOPS
        yield says[language].format(day=show_day(stop.since), text=stop.reason.names[language])
        if stop.suspends:
            yield legislation.text("resumes", stop.reason.code)[language]


def _refused(decision: Decision, legislation: Legislation, language: Language) -> list[str]:
    """On what ground there is no right, since when that is law, and what may be done about it."""
    assert decision.failed is not None  # noqa: S101 - said to mypy
    ground = legislation.ground(decision.failed.code)[language]
    since = _IN_FORCE[language].format(since=show_day(legislation.first_day))
    appeal = legislation.at(max(decision.on, legislation.first_day)).single["appeal"].line
    how, known = value_in_words(appeal, legislation, language), _known(appeal, legislation, language)
    return [
        _GROUND[language].format(ground=f"{ground} [{since}]"),
        _APPEAL[language].format(how=f"{how} [{known}]"),
    ]


def _over_time(schedule: Schedule, language: Language) -> Iterator[str]:
    """From which day how much is paid, for each stretch of months that are alike."""
    first = schedule.decision.start
    for (net, provisional), months in groupby(schedule.months, lambda month: (month.net, month.provisional)):
        day = max(first, next(months).month)
        then = _FROM_THEN[language].format(day=show_day(day), money=show_money(net, language))
        yield _EXPECTED[language].format(then=then) if provisional else then


def _step(line: TraceLine, numbers: Numbers, on: date, legislation: Legislation, language: Language) -> str:
    value = value_in_words(line, legislation, language)
    if line.kind is TraceKind.FIGURE:
        name = legislation.text("figures", line.code)[language]
        if not line.how:
            return f"{name}: {value}"
        return f"{name}: {arithmetic(line.how, numbers, line.unit, language)} = {value}"
    owner, _, rest = line.code.partition(".")
    name, _, key = rest.partition("[")
    label = legislation.label(name)[language] if name in legislation.parameters else f"{owner}.{name}"
    where = f" ({_row(name, key.removesuffix(']'), on, legislation, language)})" if key else ""
    return f"{label}{where}: {value} [{_known(line, legislation, language)}]"


def _known(line: TraceLine, legislation: Legislation, language: Language) -> str:
    """Since when a value holds, which text says it, and how well it is known."""
    ground = legislation.references.get(line.reference or "")
    notes = [since_when(line, language)] if line.since else []
    notes.append(ground[language] if ground else (line.ground or line.code.partition(".")[0]))
    known = _UNVERIFIED if line.unverified else _MARKS[line.mark or "C"]
    return "; ".join([*notes, (_NO_LAW if line.status in (FORECAST, ENDED) else known)[language]])


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
        return word(key, legislation, language)
    following = begins.index(int(key)) + 1
    if following == len(begins):
        return _FROM[language].format(number=key)
    last = begins[following] - 1
    return key if last == int(key) else f"{key}–{last}"


def _without_repeats(steps: list[str]) -> list[str]:
    return list(dict.fromkeys(steps))
