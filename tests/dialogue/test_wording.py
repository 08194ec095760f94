"""What Demeu says: every kind, in both languages, for every service that has texts."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fluent.runtime import FluentResource
from fluent.syntax import ast

import benefits
from benefits.catalogue import benefit
from dialogue import (
    BadValue,
    Meaning,
    MessageKind,
    MissingText,
    MissingValue,
    WordingError,
    compose,
    needs,
    segments,
    services,
    understand,
    wording,
)
from dialogue.kinds import MEASURES
from dialogue.wording import MOST_PARTS

TEXTS = Path(__file__).parents[2] / "dialogue/texts"
VALUES: dict[str, Any] = {
    "service": "childbirth",
    "amount": Decimal("149416.00"),
    "frequency": "once",
    "until": datetime(2025, 3, 5, 13, 0, tzinfo=UTC),
    "last4": "0100",
    "problem": "not_own",
    "document": "Справка о составе семьи",
    "reason": "Ребёнок не проживает с заявителем.",
    "questions": {1: "multi-child", 2: "childbirth"},
    "day": date(2026, 12, 31),
    "age": 63,
    "amount_before": Decimal("1234567.50"),
    "figures": ("Размер по числу детей: 20,04 МРП", "МРП: 3 932 тенге", "Минимальная заработная плата: 85 000 тенге"),
    "ground": "Социальный кодекс, ст. 118 и 171",
    "why": "Совместно проживающих несовершеннолетних детей или студентов очной формы до 23 лет меньше 4.",
    "measures": ("youth_practice", "training", "social_job", "public_works", "job_placement", "business_grant"),
}
EVERY = [(kind, language) for kind in MessageKind for language in ("kk", "ru")]
NOTICES = tuple(MessageKind)[tuple(MessageKind).index(MessageKind.PENSION_AGE_NEAR) :]
QUESTIONS = (MessageKind.OFFER, MessageKind.OFFER_MORE, MessageKind.REMINDER, MessageKind.UNCLEAR)


def say(kind: MessageKind, language: str = "ru", **values: Any) -> str:
    """The message with sample values, some of them replaced."""
    return compose(kind, language, **{name: VALUES[name] for name in needs(kind)} | values)


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_every_message_is_plain_and_safe(kind: MessageKind, language: str) -> None:
    for service in sorted(services()):
        text = say(kind, language, service=service, amount=Decimal("1234567.50"), number=987)
        assert not re.search(r"[\u00a0\u202f\u2009\u2066-\u2069\u200b-\u200f{}$]", text)
        assert not re.search(r"https?|www|\.kz|t\.me|://", text, re.I)
        assert "  " not in text
        assert len(segments(text)) <= MOST_PARTS, text


@pytest.mark.parametrize(("kind", "language"), EVERY)
def test_a_missing_value_is_named(kind: MessageKind, language: str) -> None:
    for name in needs(kind):
        for given in ({name: None}, None):
            values = {needed: VALUES[needed] for needed in needs(kind)} | (given or {})
            if given is None:
                del values[name]
            with pytest.raises(MissingValue, match=f"message {kind}: value `{name}` is missing"):
                compose(kind, language, **values)


def test_an_offer_in_kazakh() -> None:
    assert say(MessageKind.OFFER, "kk", service="multi-child", amount=Decimal("78798"), frequency="monthly") == (
        "Сізге тиесілі: көпбалалы отбасыға жәрдемақы, айына 78 798 теңге. Өтінішсіз рәсімдеуге келісесіз бе? "
        "Жауап: ИӘ не ЖОҚ, мерзімі 05.03.2025 18:00, тегін. Код, ақша сұрамаймыз, сілтеме жібермейміз. Тексеру: 1414. "
        "Есебі: НЕГЕ.\n"
        "Рус.: 78 798 тенге. Ответ: ДА или НЕТ."
    )


def test_an_offer_in_russian() -> None:
    assert say(MessageKind.OFFER, "ru", service="multi-child", amount=Decimal("78798"), frequency="monthly") == (
        "Вам положено: пособие многодетной семье, 78 798 тенге в месяц. Согласны оформить без заявления? Ответьте ДА "
        "или НЕТ до 05.03.2025 18:00, бесплатно. Кодов и денег не просим, ссылок не шлём. Проверить: 1414. "
        "Расчёт: ПОЧЕМУ.\n"
        "Қаз.: 78 798 теңге. Жауап: ИӘ не ЖОҚ."
    )


@pytest.mark.parametrize("kind", QUESTIONS)
@pytest.mark.parametrize(("language", "words"), [("kk", ("ИӘ", "ЖОҚ")), ("ru", ("ДА", "НЕТ"))])
def test_the_form_that_is_asked_for_is_understood(kind: MessageKind, language: str, words: tuple[str, str]) -> None:
    text = say(kind, language, number=987)
    for word, meaning in zip(words, (Meaning.YES, Meaning.NO), strict=True):
        assert f"{word} 987" in text
        assert understand(f"{word} 987").meaning is meaning
    assert understand(text).meaning is Meaning.UNCLEAR  # sent back as it is, it is no answer


def test_the_second_language_is_left_out_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\nҚаз.: " in say(MessageKind.OFFER)
    monkeypatch.setattr("dialogue.wording.MOST_PARTS", 3)
    assert "\n" not in say(MessageKind.OFFER)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_an_offer_says_that_one_may_ask_only_where_it_costs_nothing(
    language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With and without the line, an offer has as many parts, and its second language too."""
    hinted = {service: say(MessageKind.OFFER, language, service=service) for service in sorted(services())}
    word = {"kk": "Есебі: НЕГЕ.", "ru": "Расчёт: ПОЧЕМУ."}[language]
    assert 0 < sum(word in text for text in hinted.values()) < len(hinted)
    original = wording._write
    monkeypatch.setattr(wording, "_write", lambda *told: "" if told[-1] == "hint" else original(*told))
    for service, text in hinted.items():
        bare = say(MessageKind.OFFER, language, service=service)
        assert len(segments(text)) == len(segments(bare))
        assert text.count("\n") == bare.count("\n")


def test_as_many_figures_are_told_as_fit() -> None:
    few, many = ("Размер: 20 МРП",), tuple(f"Очень длинное название показателя номер {n}: 1 МРП" for n in range(6))
    assert f"{few[0]}. Основание" in say(MessageKind.WHY_AMOUNT, figures=few)
    assert "в месяц. Основание" in say(MessageKind.WHY_AMOUNT, figures=(), frequency="monthly")
    text = say(MessageKind.WHY_AMOUNT, figures=many)
    assert len(segments(text)) == MOST_PARTS
    told = [one for one in many if one in text]
    assert told == list(many[: len(told)])
    assert 0 < len(told) < len(many)
    assert len(segments(text.replace(told[-1], f"{told[-1]}; {many[len(told)]}"))) > MOST_PARTS


def test_what_is_paid_until_a_day_says_which() -> None:
    assert ", по 31.12.2026. " in say(MessageKind.WHY_AMOUNT, until=date(2026, 12, 31))
    assert "149 416 тенге. " in say(MessageKind.WHY_AMOUNT, until=None)


def test_words_of_another_body_are_cut_before_they_are_looked_through() -> None:
    """Whoever sent a program's dump as a reason held up everybody's SMS for minutes."""
    assert len(say(MessageKind.BODY_REFUSED, reason="aZ09" * 100_000)) < 600


def test_the_laws_own_reason_for_a_no_is_told_whole() -> None:
    laws = [benefit(service.code).legislation for service in benefits.services(every=True)]
    reasons = [
        law.said("conditions", code, law.at(date.max))[language]
        for law in laws
        for code in law.own.conditions
        for language in ("kk", "ru")
    ]
    assert max(map(len, reasons)) <= wording.LONGEST_REASON
    assert VALUES["why"] in say(MessageKind.WHY_REFUSED) + "."


def test_open_questions_are_numbered() -> None:
    text = say(MessageKind.WHICH_QUESTION, "ru", questions={387: "disability", 104: "multi-child"})
    assert "104 - пособие многодетной семье\n387 - государственное пособие по инвалидности\n" in text
    assert "ДА 104 или НЕТ 387" in text
    assert "ИӘ 104 не ЖОҚ 387" in text


def test_a_single_open_question_is_not_said_to_be_several() -> None:
    """Who answers the one by a number that is none was told of several."""
    text = say(MessageKind.WHICH_QUESTION, "ru", questions={387: "disability"})
    assert "один вопрос:\n387 - государственное пособие по инвалидности\n" in text
    assert "Ответьте с его номером: ДА 387 или НЕТ 387." in text
    assert "несколько" in say(MessageKind.WHICH_QUESTION, "ru", questions={104: "multi-child", 387: "disability"})


@pytest.mark.parametrize("language", ["kk", "ru"])
@pytest.mark.parametrize("kind", [MessageKind.OFFER_MORE, MessageKind.CHANGE_GRANTED, MessageKind.AMOUNT_CHANGED])
def test_no_cause_is_told_that_need_not_be_one(kind: MessageKind, language: str) -> None:
    """The Fund's answer had changed the sum, and the family was said to have changed; or the day of consent."""
    text = say(kind, language)
    assert not re.search("семь|отбас|согласия|келісім бер", text)
    assert re.search("пересчитана|қайта есептелді", text)


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("78798", "78 798 тенге"), ("78798.00", "78 798 тенге"), ("1234567.5", "1 234 567,50 тенге"), ("0", "0 тенге")],
)
def test_amounts(amount: str, shown: str) -> None:
    assert f", {shown}. Деньги" in say(MessageKind.ASSIGNED_AND_PAID, amount=Decimal(amount))


def test_times_are_those_of_almaty() -> None:
    assert "06.03.2025 04:59" in say(MessageKind.ASK_ACCOUNT, until=datetime(2025, 3, 5, 23, 59, tzinfo=UTC))
    assert "06.02.2024 05:59" in say(
        MessageKind.ASK_ACCOUNT, until=datetime(2024, 2, 5, 23, 59, tzinfo=UTC)
    )  # UTC+6 then
    assert "Срок: 05.03.2025. " in say(MessageKind.ASK_ACCOUNT, until=date(2025, 3, 5))


@pytest.mark.parametrize(
    ("kind", "name", "value", "rule"),
    [
        (MessageKind.OFFER, "amount", 78798.0, "must be a Decimal"),
        (MessageKind.OFFER, "amount", Decimal("NaN"), "must be a Decimal"),
        (MessageKind.OFFER, "amount", Decimal("-1"), "must be a Decimal"),
        (MessageKind.OFFER, "amount", Decimal("0.001"), "finer than a tiyn"),
        (MessageKind.OFFER, "until", datetime(2025, 3, 5, 18), "aware"),  # noqa: DTZ001 - naive on purpose
        (MessageKind.OFFER, "until", "05.03.2025", "aware"),
        (MessageKind.OFFER, "frequency", "weekly", "once or monthly"),
        (MessageKind.OFFER, "number", 0, "from 1 to 999"),
        (MessageKind.OFFER, "number", True, "from 1 to 999"),
        (MessageKind.OFFER, "amonut", Decimal(1), "belongs to no message"),
        (MessageKind.ASSIGNED_AND_PAID, "last4", "KZ86125KZT5004100100", "last four"),
        (MessageKind.BODY_REFUSED, "reason", " ", "must be a text"),
        (MessageKind.ACCOUNT_BAD, "problem", "EM 1\nДА", "one word"),
        (MessageKind.PENSION_AGE_NEAR, "age", "63", "whole number of years"),
        (MessageKind.EMPLOYMENT_MEASURES, "measures", ("lottery",), "must be some of job_placement"),
        (MessageKind.EMPLOYMENT_MEASURES, "measures", (), "must be some of job_placement"),
        (MessageKind.WHY_AMOUNT, "figures", "20,04 МРП", "must be a list of texts"),
        (MessageKind.WHY_AMOUNT, "figures", (" ",), "must be a list of texts"),
        (MessageKind.WHICH_QUESTION, "questions", {}, "must map"),
        (MessageKind.WHICH_QUESTION, "questions", {0: "childbirth"}, "from 1 to 999"),
    ],
)
def test_a_bad_value_is_named_with_its_rule_and_not_shown(
    kind: MessageKind, name: str, value: object, rule: str
) -> None:
    with pytest.raises(BadValue, match=rule) as raised:
        say(kind, "ru", **{name: value})
    assert raised.value.name == name
    assert "KZ86" not in str(raised.value)


@pytest.mark.parametrize("service", ["", "..", "no-such", "../services/childbirth"])
def test_a_service_without_texts(service: str) -> None:
    with pytest.raises(MissingText):
        say(MessageKind.LATE, service=service)


def test_a_language_without_texts() -> None:
    with pytest.raises(WordingError, match="`en`"):
        say(MessageKind.LATE, "en")


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Смотрите https://kaspi.example/pay?x=1 и оплатите", "Причина: Смотрите и оплатите. Если"),
        ("на сайте egov.kz/services или WWW.x.y", "Причина: на сайте или. Если"),
        ("a\nb\tc.", "Причина: a b c. Если"),
        ("{ $amount } { benefit }", "Причина: { $amount } { benefit }. Если"),
        ("слово " * 40, "слово слово... Если"),
        ("www.x.kz", "Причина: -. Если"),
    ],
)
def test_other_bodies_words_are_made_safe(theirs: str, ours: str) -> None:
    assert ours.removesuffix(" Если") in say(MessageKind.BODY_REFUSED, reason=theirs)


def test_an_unknown_problem_with_an_account_is_the_banks_no() -> None:
    assert say(MessageKind.ACCOUNT_BAD, problem="AC99").startswith("Банк не принял")
    assert say(MessageKind.ACCOUNT_BAD, "kk", problem="blocked").startswith("Бұл шот бұғатталған.")


def test_values_that_a_kind_does_not_use_are_left_aside() -> None:
    assert say(MessageKind.LATE, until=VALUES["until"], reason=None) == say(MessageKind.LATE)


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_the_files_hold_exactly_the_kinds(language: str) -> None:
    resource = FluentResource((TEXTS / f"{language}.ftl").read_text(encoding="utf-8"))
    assert not [entry for entry in resource.body if isinstance(entry, ast.Junk)]
    named = {entry.id.name for entry in resource.body if isinstance(entry, ast.Message)}
    assert named == {kind.value for kind in MessageKind} | {"yes", "no", "why", "money", "measure"}


def test_each_service_has_both_languages() -> None:
    files = {path.name for path in (TEXTS / "services").iterdir()}
    assert files == {f"{service}.{language}.ftl" for service in services() for language in ("kk", "ru")}


def test_every_service_and_notice_of_the_law_has_words() -> None:
    assert services() == {service.code for service in benefits.services(every=True)}
    told = {kind for topic in benefits.notice_topics() for kind in topic.kinds}
    assert told == {kind.value for kind in NOTICES}
    measures = {code for topic in benefits.notice_topics() for code in topic.texts} - told
    assert measures == set(MEASURES)


@pytest.mark.parametrize("kind", NOTICES)
@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_notice_asks_for_nothing(kind: MessageKind, language: str) -> None:
    text = say(kind, language)
    assert "1414" in text
    assert not re.search(r"\b(ИӘ|ЖОҚ|ДА|НЕТ)\b", text)
    assert "31.12.2026" in text
    assert understand(text).meaning is Meaning.UNCLEAR


def test_a_notice_of_measures_names_each_once_in_a_fixed_order() -> None:
    told = say(MessageKind.EMPLOYMENT_MEASURES, measures=("silver_age", "training"))
    assert "Вам могут помочь: обучение, программа Серебряный возраст. " in told


def test_a_notice_of_a_changed_pension() -> None:
    values = {"amount": Decimal("110000.5"), "amount_before": Decimal(100_000), "day": date(2026, 1, 1)}
    assert say(MessageKind.PENSION_CHANGED, "kk", **values).startswith(
        "Зейнетақыңыз өзгерді: айына 110 000,50 теңге, бұрын 100 000 теңге болған. Жаңа мөлшер басталатын күн: "
        "01.01.2026."
    )


@pytest.mark.parametrize(
    ("language", "until", "said"),
    [
        ("ru", date(2031, 5, 4), "Право действует по 04.05.2031. Вопросы"),
        ("kk", date(2031, 5, 4), "Құқық мерзімі: 04.05.2031 дейін. Сұрақтар"),
        ("ru", None, "1003. Вопросы"),
        ("kk", None, "шотыңызға аударылды. Сұрақтар"),
    ],
)
def test_who_is_paid_every_month_hears_how_long(language: str, until: date | None, said: str) -> None:
    paid = {"service": "multi-child", "amount": Decimal(69330), "frequency": "monthly", "last4": "1003"}
    assert said in compose(MessageKind.ASSIGNED_AND_PAID, language, **paid, until=until)
