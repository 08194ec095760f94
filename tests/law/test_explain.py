"""What a citizen and an analyst read: the explanation in three languages."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benefits import Decision, Facts, assess, changes_between, explain, parameters_on, schedule, services
from benefits.brief import ground_in_brief
from benefits.catalogue import benefit
from benefits.decision import TraceKind, TraceLine
from benefits.facts import read_facts, read_facts_file
from benefits.legislation import Legislation
from benefits.texts import Language, Texts
from tests.law.another_law import another_law
from tests.law.casebook import FAMILIES, family_mapping
from tests.law.explanations import APPROVED, KNOWN, LANGUAGES, explanations
from tests.law.test_law_ends import BEYOND, LAST

ON = date(2025, 3, 1)
NOT_EXPLAINED = {"decider", "events", "frequency", "offered"}
"""Parameters that no rule asks for: no trace holds them."""


@pytest.fixture(scope="module")
def five_children() -> Facts:
    return read_facts_file(FAMILIES / "five-children.yaml")


@pytest.mark.parametrize(
    ("language", "pieces"),
    [
        (
            "en",
            ["There is a right", "78 798 tenge every month", "20.04 MRP", "3 932 tenge", "20.04 × 3 932 = 78 797.28"],
        ),
        ("ru", ["Право есть", "78 798 тенге каждый месяц", "20,04 МРП", "3 932 тенге", "20,04 × 3 932 = 78 797,28"]),
        ("kk", ["Құқық бар", "78 798 теңге", "20,04 АЕК", "3 932 теңге", "20,04 × 3 932 = 78 797,28"]),
    ],
)
def test_five_children_are_explained(five_children: Facts, language: str, pieces: list[str]) -> None:
    text = explain(assess("multi-child", five_children, ON), language)  # type: ignore[arg-type]
    for piece in pieces:
        assert piece in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_explanation_is_the_approved_one(language: Language) -> None:
    """If a change is meant: `python -m tests.law.explanations`, and read what changed."""
    assert explanations(language) == (APPROVED / f"{language}.txt").read_text(encoding="utf-8")


def _words_of(legislation: Legislation) -> set[str]:
    """The words that an explanation may show: the rows of tables, and the choices that rules look at."""
    parameters = [one for name, (one, _) in legislation.parameters.items() if name not in NOT_EXPLAINED]
    rows = {str(key) for one in parameters if one.kind == "table" for key in one.series}
    values = [value.value for one in parameters for series in one.series.values() for value in series]
    chosen = {word for value in values if isinstance(value, str) for word in value.split("+")}
    return rows.union(chosen, *(value for value in values if isinstance(value, frozenset)))


@pytest.mark.parametrize("code", [service.code for service in services(every=True)])
def test_no_explanation_shows_a_bare_code(code: str) -> None:
    legislation = benefit(code).legislation
    assert _words_of(legislation)
    assert [word for word in _words_of(legislation) if legislation.text("words", word) == Texts.same(word)] == []


@pytest.mark.parametrize(
    ("number", "unit", "shown"),
    [
        ("1", "months", "1 ай | 1 месяц | 1 month"),
        ("2", "months", "2 ай | 2 месяца | 2 months"),
        ("21", "years", "21 жас | 21 год | 21 years"),
        ("11", "years", "11 жас | 11 лет | 11 years"),
        ("1.5", "MZP", "1,5 × ең төмен жалақы | 1,5 МЗП | 1.5 MZP"),
        ("5", "working_days", "5 жұмыс күні | 5 рабочих дней | 5 working days"),
        ("3793.2", "tenge", "3 793,20 теңге | 3 793,20 тенге | 3 793.20 tenge"),
        ("3793.00", "tenge", "3 793 теңге | 3 793 тенге | 3 793 tenge"),
        ("73870.3125", "tenge", "73 870,3125 теңге | 73 870,3125 тенге | 73 870.3125 tenge"),
        ("0.45", "ratio", "45 % | 45 % | 45%"),
        ("1.065", "ratio", "106,5 % | 106,5 % | 106.5%"),
        ("0.3333333", "ratio", "≈ 33,3333 % | ≈ 33,3333 % | ≈ 33.3333%"),
        ("1234567", "children", "1 234 567 | 1 234 567 | 1 234 567"),
    ],
)
def test_a_figure_is_written_as_the_language_writes_it(number: str, unit: str, shown: str) -> None:
    figure = TraceLine(TraceKind.FIGURE, "exact", Decimal(number), unit)
    decision = assess("burial", read_facts_file(FAMILIES / "five-children.yaml"), ON)._replace(trace=(figure,))
    lines = [explain(decision, language).splitlines()[-1] for language in LANGUAGES]
    assert " | ".join(line.partition(": ")[2] for line in lines) == shown


def test_a_decision_under_an_older_law_is_explained_by_what_its_trace_holds(five_children: Facts) -> None:
    """Parameters, legal grounds and words come and go; what was decided by them must stay readable."""
    decision = assess("multi-child", five_children, ON)
    gone = [
        TraceLine(TraceKind.PARAMETER, "multi-child.gone[9]", Decimal(2), "MRP", None, "gone", "Law of 1999", "S"),
        TraceLine(TraceKind.PARAMETER, "multi-child.rate[3]", Decimal(2), "MRP", ON, mark="U", status="unverified"),
        TraceLine(TraceKind.FIGURE, "gone", Decimal(2), "bushels"),
    ]
    assert explain(decision._replace(trace=tuple(gone)), "en").splitlines()[-4:-1] == [
        "1. multi-child.gone (9): 2 MRP [Law of 1999; printed in an official document]",
        "2. Rate by number of children (3): 2 MRP [in force from 01.03.2025; multi-child; NOT VERIFIED]",
        "3. gone: 2",
    ]
    for language in LANGUAGES:
        assert explain(decision._replace(trace=tuple(gone)), language).splitlines()[-2] == "3. gone: 2"


def test_a_right_without_a_known_end_says_so(five_children: Facts) -> None:
    decision = assess("multi-child", five_children, ON)._replace(until=None)
    assert "Period: from 01.03.2025." in explain(decision, "en").splitlines()


def test_a_language_that_is_not_one_of_the_three_is_named() -> None:
    with pytest.raises(KeyError, match="de"):
        Texts("a", "b", "c")["de"]


def test_the_parameter_shows_its_date_and_ground(five_children: Facts) -> None:
    lines = explain(assess("multi-child", five_children, ON), "en").splitlines()
    (mrp,) = [line for line in lines if "(MRP)" in line]
    assert "in force from 01.01.2025" in mrp
    assert "Law on the republican budget for 2025–2027" in mrp


def test_what_nobody_has_verified_is_marked(five_children: Facts) -> None:
    decision = assess("multi-child", five_children, ON)
    assert [line.code for line in decision.unverified] == [
        "common.residence",
        "multi-child.rounding",
        "common.paid_from",
    ]
    assert explain(decision, "en").count("NOT VERIFIED") == 3
    assert explain(decision, "ru").count("НЕ ПРОВЕРЕНО") == 3
    assert explain(decision, "kk").count("ТЕКСЕРІЛМЕГЕН") == 3
    assert explain(decision, "en").endswith("values not checked against the text of the law: 3.")


def test_a_refusal_tells_its_reason_and_a_doubt_its_question(five_children: Facts) -> None:
    assert "Причина: Решения об инвалидности не найдено." in explain(assess("disability", five_children, ON), "ru")
    unknown = read_facts_file(FAMILIES / "birth-order-unknown.yaml")
    decision = assess("childbirth", unknown, unknown.as_at)
    assert decision.question == "The register does not hold the birth order. Which child of the mother is it?"
    assert decision.question in explain(decision, "en")


def test_a_refusal_names_its_ground_and_the_way_of_appeal(five_children: Facts) -> None:
    lines = explain(assess("disability", five_children, ON), "en").splitlines()
    assert lines[3] == "Ground: Social Code of 20.04.2023, art. 176–177 [in force from 01.07.2023]."
    assert lines[4] == (
        "If you disagree: the decision may be appealed in the way that the law lays down; 1414 says where, free of "
        "charge [in force from 01.07.2023; No text of the law was found; NOT VERIFIED]."
    )
    assert "What was looked at:" in lines
    by_the_fund = explain(assess("job-loss", five_children, ON), "en")
    assert "art. 118 and 171 (before it Law 286-VI, art. 19); NOT VERIFIED]." in by_the_fund


def test_a_rate_of_a_constant_is_no_percentage() -> None:
    """Half a minimum wage is told as the law tells it, beside a degree of loss of the same size."""
    family = read_facts_file(FAMILIES / "capacity-and-job-lost.yaml")
    decision = assess("capacity-loss", family, family.as_at)
    text = explain(decision, "ru")
    assert "0,5 × 85 000" in text
    assert "× 50 % ×" in text
    assert "50 % × 85 000" not in text


def test_the_ground_is_that_of_the_part() -> None:
    """The allowance from the budget was refused, and granted, by articles on the Fund alone."""
    lost = read_facts_file(FAMILIES / "breadwinner-lost.yaml")
    nobody = assess("breadwinner-loss", replace(lost, breadwinners=()), lost.as_at)
    assert "Ground: Social Code of 20.04.2023 [in force from 01.07.2023]." in explain(nobody, "en").splitlines()
    assert ground_in_brief(nobody, "en") == "Social Code"
    both = assess("breadwinner-loss", lost, lost.as_at)
    assert ground_in_brief(both, "en") == "Social Code, art. 118 and 171"
    by_the_budget = both._replace(parts=tuple(part for part in both.parts if part.payer == "budget"))
    assert ground_in_brief(by_the_budget, "en") == "Social Code"


def test_the_amount_is_told_by_the_periods_in_which_it_differs() -> None:
    newborn = read_facts_file(FAMILIES / "newborn.yaml")
    months = schedule("childcare", newborn, newborn.as_at)
    told = "с 12.03.2025 – 26 777 тенге, с 01.01.2026 – 29 453 тенге."
    assert f"По периодам: {told}" in explain(months.decision, "ru", months).splitlines()
    assert "Посмотрим снова 01.01.2026." in explain(months.decision, "ru", months).splitlines()
    assert told not in explain(months.decision, "ru")
    assert "снова" not in explain(months.decision, "ru")


def test_the_months_that_are_owed_are_told_as_a_sum() -> None:
    lost = read_facts_file(FAMILIES / "breadwinner-lost.yaml")
    months = schedule("childcare", lost, lost.as_at)
    owed = sum(month.net for month in months.arrears)
    assert owed > 0
    assert f"Owed for past months: {owed:,.0f} tenge.".replace(",", " ") in explain(months.decision, "en", months)
    assert "Owed" not in explain(months.decision, "en")
    newborn = read_facts_file(FAMILIES / "newborn.yaml")
    begun = schedule("childcare", newborn, newborn.as_at)
    assert "Owed" not in explain(begun.decision, "en", begun)


def test_months_whose_law_is_not_made_are_told_as_expected(five_children: Facts) -> None:
    months = schedule("multi-child", five_children, ON, known=KNOWN)
    assert "с 01.01.2027 – 92 305 тенге (ожидается, ещё не закон)" in explain(months.decision, "ru", months)


def test_an_amount_that_never_changes_is_told_once() -> None:
    poor = read_facts_file(FAMILIES / "poor-household.yaml")
    months = schedule("targeted-assistance", poor, poor.as_at)
    assert "By period" not in explain(months.decision, "en", months)
    once = schedule("childbirth", read_facts_file(FAMILIES / "newborn.yaml"), date(2025, 3, 20))
    assert "By period" not in explain(once.decision, "en", once)
    assert "We look at it again" not in explain(once.decision, "en", once)


def test_shares_stand_in_the_arithmetic_as_percentages_and_counts_as_numbers() -> None:
    lost = read_facts_file(FAMILIES / "breadwinner-lost.yaml")
    text = explain(assess("breadwinner-loss", lost, lost.as_at), "ru")
    assert "(320 000 – 0,5 × 85 000) × 60 % × 80 % × 104 % = 138 528 тенге" in text
    assert "100 % + 2 % × 2 = 104 %" in text
    share = TraceLine(TraceKind.PARAMETER, "common.participation[60]", Decimal("1.0"), "ratio", ON, "gone", "x", "P")
    sum_ = TraceLine(TraceKind.FIGURE, "exact", Decimal(10), "tenge", how="10 × 1")
    decision = assess("burial", lost, lost.as_at)._replace(trace=(share, sum_))
    assert explain(decision, "ru").splitlines()[-1].endswith(": 10 × 1 = 10 тенге")


def test_no_explanation_holds_an_iin(five_children: Facts) -> None:
    text = explain(assess("multi-child", five_children, ON), "kk")
    iins = [adult.iin for adult in five_children.adults] + [child.iin or "" for child in five_children.children]
    assert all(iins)
    assert not any(iin in text for iin in iins)


def test_a_change_of_a_parameter_as_json() -> None:
    (mrp,) = [
        one for one in changes_between("burial", date(2024, 12, 31), date(2025, 1, 1)) if one.code == "common.mrp"
    ]
    written = mrp.to_dict()
    assert (written["code"], written["label"]["en"]) == ("common.mrp", "Monthly calculation index (MRP)")
    assert (written["before"]["value"], written["after"]["value"]) == ("3692", "3932")
    listed = parameters_on("burial", date(2025, 1, 1))[0].to_dict()
    assert (listed["code"], listed["label"]["en"]) == ("burial.payer", "Paid by")
    assert listed["ground"]["en"] == "Social Code of 20.04.2023, art. 242"


@pytest.mark.parametrize(
    ("language", "suspended"),
    [
        ("kk", "Құқық бар, бірақ 01.03.2025 бастап тоқтатыла тұр."),
        ("ru", "Право есть, но с 01.03.2025 приостановлено."),
        ("en", "There is a right, and it is suspended from 01.03.2025."),
    ],
)
def test_a_suspended_right_is_explained_with_what_brings_it_back_and_how_to_appeal(
    five_children: Facts, language: Language, suspended: str
) -> None:
    mother = {"born": "1995-05-05", "missing_since": "2025-02-10"}
    facts = read_facts(family_mapping({"mother": mother, "children": ["2025-03-02"]}, "2025-03-05"))
    decision = assess("childcare", facts, date(2025, 3, 5))
    assert decision.suspended is not None
    lines = explain(decision, language).split("\n")
    assert lines[1] == suspended
    assert lines[3] == decision.suspended.resumes[language]
    refused = explain(assess("childcare", five_children, date(2025, 3, 5)), language).split("\n")
    assert lines[5] == refused[4], "the way of appeal is that of a refusal"


ENDED = "        2023-07-01: {value: 20.04, until: 2024-12-31}\n"
FORECAST = f"{ENDED}        2025-01-01: {{value: 21, forecast: true}}\n"


@pytest.mark.parametrize(
    ("language", "law", "said"),
    [
        ("kk", ENDED, "31.12.2024 дейін қолданыста болған"),
        ("ru", ENDED, "действовало по 31.12.2024"),
        ("en", ENDED, "was in force until 31.12.2024"),
        ("kk", FORECAST, "01.01.2025 күніне болжам"),
        ("ru", FORECAST, "прогноз на 01.01.2025"),
        ("en", FORECAST, "forecast for 01.01.2025"),
    ],
)
def test_a_value_that_is_no_law_says_since_when_and_all_of_them_are_counted(
    five_children: Facts, tmp_path: Path, language: Language, law: str, said: str
) -> None:
    with another_law(tmp_path, "multi-child", ("        2023-07-01: 20.04\n", law)):
        text = explain(assess("multi-child", five_children, ON), language)
    assert said in text
    counted = {
        "kk": "енгізілмеген мәндер саны – 1.",
        "ru": "на этот день, – 1.",
        "en": "not entered yet for this day: 1.",
    }
    assert counted[language] in text


PRISON = {"mother": {"born": "1990-05-05", "imprisoned_since": "2025-11-10"}, "children": ["2025-10-20"]}
EXPIRES = {"number": "K-1", "from_date": "2024-01-01", "until": "2026-02-10", "decided_on": "2024-01-01"}
KANDAS: dict[str, Any] = {
    "mother": {"born": "1990-05-05", "citizenship": "kandas"},
    "children": ["2025-10-20"],
    "kandas_statuses": [{"of": "mother", **EXPIRES}],
}
KEPT = {"dependants": [{"of": "woman born 2015-03-01", "relation": "child"}]}
PARENTS: dict[str, Any] = {
    "grandmother": "1950-05-05",
    "breadwinners": [
        {"of": "man born 1975-05-05", "died_on": "2025-03-10", "death_record": "DR-1", **KEPT},
        {"of": "woman born 1978-05-05", "died_on": "2025-06-10", "death_record": "DR-2", **KEPT},
    ],
    "insurances": [
        {
            "of": "man born 1975-05-05",
            "contribution_months": "60",
            "counted_on": "2025-03-01",
            "incomes": [{"from_month": "2022-01", "until_month": "2025-03", "amount": "300000"}],
        }
    ],
}
WHAT_IS_KNOWN = [
    (
        ("childcare", "2025-11-20", PRISON, None),
        "20.10.2025 – 30.11.2025. 01.12.2025 бастап төленбейді. Себебі: Өтініш беруші бас бостандығынан",
        "с 20.10.2025 по 30.11.2025. С 01.12.2025 не выплачивается. Причина: Заявитель отбывает",
        "from 20.10.2025 to 30.11.2025. Not paid from 01.12.2025. Reason: The applicant is serving",
    ),
    (
        ("childcare", "2025-11-20", KANDAS, None),
        "20.10.2025 – 28.02.2026. 01.03.2026 бастап тоқтатыла тұрады. Себебі: Қандас куәлігінің мерзімі өткен.",
        "по 28.02.2026. С 01.03.2026 приостанавливается. Причина: Срок удостоверения кандаса истёк.",
        "to 28.02.2026. Suspended from 01.03.2026. Reason: The kandas certificate has expired.",
    ),
    (
        ("childcare", "2026-03-20", KANDAS, None),
        "01.03.2026 бастап тоқтатыла тұр. Себебі: Қандас куәлігінің мерзімі өткен. Куәліктің мерзімі ұзартылса",
        "с 01.03.2026 приостановлено. Причина: Срок удостоверения кандаса истёк. Выплата возобновится",
        "suspended from 01.03.2026. Reason: The kandas certificate has expired. It is paid again once",
    ),
    (
        ("childcare", BEYOND.isoformat(), {"mother": "1990-05-05", "children": [f"{LAST.year}-10-20"]}, None),
        f"бастап. Заңдағы мөлшерлер {LAST:%d.%m.%Y} дейін ғана белгілі, құқық ол күні тоқтамайды.",
        f"Размеры по закону известны только по {LAST:%d.%m.%Y}, право в этот день не кончается.",
        f"The amounts of the law are known only to {LAST:%d.%m.%Y}; the right does not end on that day.",
    ),
    (
        ("breadwinner-loss", "2025-07-20", PARENTS, "DR-1"),
        "Төлейді: Мемлекеттік әлеуметтік сақтандыру қоры; кейбір айлар үшін төлейтін: мемлекеттік бюджет.",
        "Платит: Государственный фонд социального страхования; за некоторые месяцы также государственный бюджет.",
        "Paid by: the State Social Insurance Fund; for some months also the state budget.",
    ),
]


@pytest.mark.parametrize(
    ("asked", "kk", "ru", "en"), WHAT_IS_KNOWN, ids=["prison", "kandas ahead", "kandas past", "the law", "both parents"]
)
def test_what_is_known_of_the_end_and_of_the_payer_is_said(
    asked: tuple[str, str, dict[str, Any], str | None], kk: str, ru: str, en: str
) -> None:
    """It said a period to the child's age of what is stopped within the month, or to the end of the known law, and left
    out why it is suspended, and the payer of the months before a second death.
    """
    code, day, family, basis = asked
    facts, on = read_facts(family_mapping(family, day)), date.fromisoformat(day)
    months = schedule(code, facts, on, basis=basis)
    for language, said in (("kk", kk), ("ru", ru), ("en", en)):
        assert said in " ".join(explain(months.decision, language, months).splitlines())  # type: ignore[arg-type]


def test_a_suspension_that_told_no_reason_is_still_read() -> None:
    facts, on = read_facts(family_mapping(KANDAS, "2026-03-20")), date(2026, 3, 20)
    decision = schedule("childcare", facts, on).decision
    kept = decision.to_dict()
    assert Decision.from_dict(kept) == decision
    del kept["suspended"]["reason"]
    assert "There is a right, and it is suspended" in explain(Decision.from_dict(kept), "en")
