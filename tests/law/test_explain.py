"""What a citizen and an analyst read: the explanation in three languages."""

from datetime import date

import pytest

from benefits import Facts, assess, changes_between, explain, parameters_on
from tests.law.casebook import FAMILIES

ON = date(2025, 3, 1)


@pytest.fixture(scope="module")
def five_children() -> Facts:
    return Facts.from_file(FAMILIES / "five-children.yaml")


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
    unknown = Facts.from_file(FAMILIES / "birth-order-unknown.yaml")
    decision = assess("childbirth", unknown, unknown.as_at)
    assert decision.question == "The register does not hold the birth order. Which child of the mother is it?"
    assert decision.question in explain(decision, "en")


def test_no_explanation_holds_an_iin(five_children: Facts) -> None:
    text = explain(assess("multi-child", five_children, ON), "kk")
    iins = [adult.iin for adult in five_children.adults] + [child.iin for child in five_children.children]
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
