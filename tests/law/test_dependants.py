"""Dependants as registers hold them: with fields that are missing, empty, broken, or of an older answer."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from benefits import Right, assess, make_iin, read_facts, readings
from benefits.iin import check_digit
from benefits.readings import assess_readings

ON = date(2025, 3, 5)
APPLICANT = make_iin(date(1980, 5, 5), "female", 1)
KEPT = make_iin(date(2015, 3, 1), "female", 1)
FATHER = make_iin(date(1975, 5, 5), "male", 1)
FOREIGN = next(
    f"{head}{digit}"
    for head in (f"62030{day}0{serial:04d}" for day in range(1, 6) for serial in range(1, 20))
    if (digit := check_digit(head)) is not None
)
"""A number that tells neither birth date nor sex."""


def family(*dependants: Mapping[str, Any]) -> dict[str, Any]:
    death = {"iin": FATHER, "died_on": "2025-02-10", "death_record": "DR-1", "dependants": [*dependants]}
    return {"as_at": ON.isoformat(), "applicant": APPLICANT, "adults": [{"iin": APPLICANT}], "breadwinners": [death]}


def test_what_a_record_does_not_say_is_not_known() -> None:
    (kept,) = read_facts(family({"iin": KEPT, "relation": "child"})).breadwinners[0].dependants
    assert (kept.disabled_before_18, kept.full_orphan, kept.sex) == (None, None, "female")
    assert (kept.disabled, kept.disabled_until, kept.able_bodied_parents, kept.gets_alimony, kept.works) == (None,) * 5


@pytest.mark.parametrize(
    ("sex", "born", "right"),
    [
        ("female", "1964-03-05", Right.YES),
        ("female", "1964-03-06", Right.NO),
        (None, "1964-03-06", Right.NO),
        (None, "1964-03-05", Right.PERSON_DECIDES),
        (None, "1962-03-06", Right.PERSON_DECIDES),
        (None, "1962-03-05", Right.YES),
        ("male", "1962-03-06", Right.NO),
    ],
)
def test_the_pension_age_of_one_whose_sex_is_not_known(sex: str | None, born: str, right: Right) -> None:
    kept = {"iin": FOREIGN, "birth_date": born, "relation": "spouse", "sex": sex, "disabled": False}
    decision = assess("breadwinner-loss", read_facts(family(kept)), ON)
    assert decision.right is right
    if right is Right.PERSON_DECIDES:
        assert decision.asked is not None
        assert decision.asked.code == "is_the_dependant_unable"


@pytest.mark.parametrize(
    ("until", "right"), [(None, Right.YES), ("2025-03-05", Right.YES), ("2025-03-04", Right.PERSON_DECIDES)]
)
def test_a_disability_counts_for_its_term_whatever_the_sex(until: str | None, right: Right) -> None:
    """Between the pension ages of women and of men only the end hangs on the sex, while the disability lasts."""
    kept = {"iin": FOREIGN, "birth_date": "1963-03-05", "relation": "spouse", "sex": None}
    decision = assess("breadwinner-loss", read_facts(family(kept | {"disabled": True, "disabled_until": until})), ON)
    assert decision.right is right
    assert decision.until == (date.fromisoformat(until) if until and right is Right.YES else None)


SIBLING = {"iin": KEPT, "relation": "sibling", "able_bodied_parents": False}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("able_bodied_parents", Right.PERSON_DECIDES),
        ("gets_alimony", Right.YES),
        ("works", Right.YES),
        ("disabled", Right.YES),
        ("disabled_until", Right.YES),
        ("sex", Right.YES),
    ],
)
def test_a_broken_field_is_asked_about_where_the_answer_hangs_on_it(field: str, expected: Right) -> None:
    read = readings(family(SIBLING | {"gets_alimony": None} | {field: "perhaps"}))
    (decision,) = assess_readings("breadwinner-loss", read, ON)
    assert decision.right is expected
