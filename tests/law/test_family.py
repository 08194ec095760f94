"""The whole card of a family: every adult asks for every service, and each right is there once."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

import benefits
from benefits import Decision, Facts, Frequency, Right, assess_all, assess_each, assess_family
from benefits.facts import read_facts, read_facts_file
from tests.law.casebook import FAMILIES, family_mapping
from tests.law.test_law_properties import DAYS, families

ON = date(2025, 3, 20)


def _facts(family: dict[str, Any], on: date = ON, applicant: str | None = None) -> Facts:
    return read_facts(family_mapping(family, on.isoformat(), applicant))


OURS = {"burial", "childbirth", "childcare", "disability", "multi-child"}
"""The services that these tests are about: another may come and be these families' too."""


def _rights(facts: Facts, on: date = ON) -> list[tuple[str, int, Decimal]]:
    found = [(one.decision.code, one.adult, one.decision.net) for one in assess_family(facts, on).rights]
    return [one for one in found if one[0] in OURS]


def test_what_both_parents_may_claim_is_one_right_of_the_applicant() -> None:
    family = {"mother": "1988-05-05", "father": "1986-09-12", "children": ["2025-03-12"]}
    assert _rights(_facts(family)) == [("childbirth", 0, Decimal(149416)), ("childcare", 0, Decimal(22648))]
    assert _rights(_facts(family, applicant="father")) == [
        ("childbirth", 1, Decimal(149416)),
        ("childcare", 1, Decimal(22648)),
    ]


def test_a_right_that_only_the_other_parent_has_stands() -> None:
    """A stateless mother must be asked about; the father, a citizen, need not."""
    family = {
        "mother": {"born": "1988-05-05", "citizenship": "stateless"},
        "father": "1986-09-12",
        "children": ["2025-03-12"],
    }
    assert ("childbirth", 1, Decimal(149416)) in _rights(_facts(family))


def test_rights_of_other_adults_of_their_own_belong_to_the_family() -> None:
    board = {"group": "II", "cause": "general", "from_date": "2025-03-01", "until": "2027-02-28"}
    family = {
        "mother": "1988-05-05",
        "father": "1986-09-12",
        "disabilities": [{"of": "father", "number": "D-1", "decided_on": "2025-03-01", **board}],
    }
    assert _rights(_facts(family)) == [("disability", 1, Decimal(81362))]


def test_an_adult_counts_from_the_day_of_birth() -> None:
    """An adult who is born on the day is nobody's child here, but may have a right of their own."""
    board = {"group": "child", "cause": "general", "from_date": "2025-03-20"}
    family = {
        "mother": "1988-05-05",
        "father": "2025-03-20",
        "disabilities": [{"of": "father", "number": "D-1", "decided_on": "2025-03-20", **board}],
    }
    assert [code for code, adult, _ in _rights(_facts(family)) if adult == 1] == ["disability"]
    assert _rights(_facts(family, date(2025, 3, 21)), date(2025, 3, 19)) == []


def test_a_family_without_a_mother_has_one_right_for_the_family() -> None:
    children = [{"born": f"20{year}-03-02", "mother_iin": "woman born 1980-01-01"} for year in (10, 12, 14, 16)]
    family = {"father": "1986-09-12", "grandmother": "1960-01-01", "children": children}
    assert _rights(_facts(family)) == [("multi-child", 0, Decimal(63030))]


def test_adults_born_later_ask_for_nothing() -> None:
    facts = _facts({"mother": "1988-05-05", "father": "1970-01-01", "children": ["2025-03-12"]})
    child = facts.children[0]
    grown = replace(facts.adults[1], iin=child.iin or "", birth_date=date(2025, 3, 20))
    assert assess_family(replace(facts, adults=(facts.applicant, grown)), date(2025, 3, 19)).rights


def test_twins_are_two_rights_and_only_what_has_a_ground_is_told() -> None:
    facts = _facts({"mother": "1988-05-05", "father": "1986-09-12", "children": ["2025-03-12", "2025-03-12"]})
    card = assess_family(facts, ON)
    bases = [one.decision.basis for one in card.claims if one.decision.code == "childbirth"]
    assert bases == ["birth record 1", "birth record 2"]
    assert [one.decision.basis for one in card.claims if one.decision.code == "childcare"] == bases
    assert [one.decision.basis for one in card.claims if one.decision.code == "burial"] == [None]


def test_what_is_paid_once_and_what_each_month_are_totalled_apart() -> None:
    facts = _facts({"mother": "1988-05-05", "children": ["2025-03-12"]})
    card = assess_family(facts, ON)
    assert (card.total(Frequency.ONCE), card.total(Frequency.MONTHLY)) == (Decimal(149416), Decimal(22648))
    assert card.on == ON
    nothing = assess_family(_facts({"mother": "1988-05-05"}), ON)
    assert (nothing.rights, nothing.total(Frequency.MONTHLY)) == ((), Decimal(0))
    assert all(one.decision.trace for one in card.claims)
    assert not any(one.decision.trace for one in assess_family(facts, ON, trace=False).claims)


@pytest.mark.parametrize("path", sorted(FAMILIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_card_of_an_example_holds_the_applicants_rights_and_the_totals(path: Any) -> None:
    facts = read_facts_file(path)
    card = assess_family(facts, facts.as_at)
    rights = [one.decision for one in card.rights]
    assert [one for one in assess_all(facts, facts.as_at) if one.right is Right.YES] == rights
    assert sum(one.net for one in rights) == card.total(Frequency.ONCE) + card.total(Frequency.MONTHLY)
    assert {one.decision.code for one in card.claims} == {one.code for one in benefits.services(every=True)}


@given(families(), DAYS)
@settings(max_examples=60, deadline=None)
def test_a_family_has_no_right_twice_and_none_that_no_adult_has(facts: Facts, on: date) -> None:
    card = assess_family(facts, on, trace=False)
    grounds = [(one.decision.code, one.decision.basis) for one in card.claims]
    assert len(set(grounds)) == len(grounds)
    for one in card.rights:
        asked = replace(facts, applicant=facts.adults[one.adult])
        assert one.decision in assess_each(one.decision.code, asked, on, trace=False)
    of_applicant: set[tuple[str, str | None]] = {
        (one.code, one.basis) for one in _yes(assess_all(facts, on, trace=False))
    }
    assert of_applicant <= {(one.decision.code, one.decision.basis) for one in card.rights}


def _yes(decisions: tuple[Decision, ...]) -> list[Decision]:
    return [one for one in decisions if one.right is Right.YES]
