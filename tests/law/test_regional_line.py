"""The poverty line from a region's figures: the ministry has still to supply them, so here they are invented."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benefits import BadFacts, Facts, Right, add_directory, assess, awaits_law, remove_directory, undecided_in
from benefits.catalogue import PARAMETERS
from benefits.codes import Region
from benefits.facts import read_facts
from benefits.readings import assess_readings, readings
from benefits.redecided import redecide
from benefits.regions import quarter_name
from benefits.terms import quarter_before
from tests.law.casebook import family_mapping

CODE = "assistance-in-a-region"
MODULE = f"""
from dataclasses import replace
from benefits.rules.targeted_assistance import RULE as OWN
RULE = replace(OWN, code="{CODE}")
"""
LINES = """parameter,region,quarter,value,source,mark
region_pm,KZ-19,2024-Q3,44000,regional-line,C
region_pm,KZ-19,2024-Q4,45000,regional-line,C
region_pm,KZ-19,2025-Q1,46000,regional-line,C
region_pm,KZ-19,2025-Q4,47000,regional-line,C
region_median_income,KZ-19,2024-Q4,100000,Letter of the ministry,C
region_median_income,KZ-19,2025-Q1,80000,Letter of the ministry,C
poverty_line,KZ-19,2025-Q3,40000,Letter of the ministry,C
poverty_line,KZ-19,2025-Q4,40000,Letter of the ministry,C
"""


@pytest.fixture(autouse=True)
def _region(tmp_path: Path) -> Iterator[None]:
    text = (PARAMETERS / "targeted-assistance.yaml").read_text(encoding="utf-8")
    text = text.replace("service: targeted-assistance", f"service: {CODE}")
    (tmp_path / f"{CODE}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "regions.csv").write_text(LINES, encoding="utf-8")
    (tmp_path / "region.py").write_text(MODULE)
    add_directory(tmp_path)
    yield
    remove_directory(tmp_path)


@pytest.mark.parametrize(
    ("on", "income_quarter", "line"),
    [
        (date(2024, 12, 31), "2024-07-01", Decimal(30800)),  # 70 % of the PM of the third quarter, no median then
        (date(2025, 1, 1), "2024-10-01", Decimal(35000)),  # 35 % of the median is more than 70 % of PM: 31 500
        (date(2025, 4, 1), "2025-01-01", Decimal(32200)),  # 70 % of PM is more than 35 % of the median: 28 000
    ],
)
def test_the_line_is_that_of_the_quarter_before(on: date, income_quarter: str, line: Decimal) -> None:
    decision = assess(CODE, _facts(on, income_quarter), on)
    assert decision.right is Right.YES
    assert [found.value for found in decision.trace if found.code == "line"] == [line]
    figures = [one for one in decision.trace if one.code.endswith("[KZ-19]")]
    grounds = {"C": {"Notice of the poverty line of the region", "Letter of the ministry"}}
    assert all(one.ground in grounds[one.mark or ""] and one.since == quarter_before(on) for one in figures)
    assert len(figures) == 1 + (on.year == 2025)
    assert decision.net == line * 2 - 20000


@pytest.mark.parametrize("on", [date(2024, 2, 10), date(2024, 11, 1), date(2025, 2, 1), date(2026, 1, 1)])
def test_the_regions_listed_are_those_whose_line_is_asked_about(on: date) -> None:
    """What operators are told is what the law does, in every region, with the figures of the folder too."""
    for listed in undecided_in(on):
        assert listed.service in ("targeted-assistance", CODE)
        for region in Region:
            decision = assess(listed.service, _facts(on, quarter_before(on).isoformat(), region), on)
            asked = decision.asked is not None and decision.asked.code == "poverty_line_unknown"
            assert asked == (region in listed.regions), region
    own = next(one for one in undecided_in(date(2025, 4, 1)) if one.service == "targeted-assistance")
    assert "KZ-19" not in own.regions, "the figures of a folder are those of our own benefits too"
    told = own.to_dict()
    assert (told["service"], told["names"]["en"], told["quarter"]) == (own.service, own.names.en, "2025-Q2")
    assert (len(own.regions), told["of"]) == (len(told["regions"]), 20) == (19, 20)


def test_without_the_folder_its_figures_are_gone(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "regions.csv").write_text(LINES.replace("KZ-19", "KZ-75"))
    add_directory(tmp_path / "more")
    (with_it,) = (one for one in undecided_in(date(2025, 4, 1)) if one.service == "targeted-assistance")
    remove_directory(tmp_path / "more")
    (without,) = (one for one in undecided_in(date(2025, 4, 1)) if one.service == "targeted-assistance")
    assert ("KZ-75" in with_it.regions, "KZ-75" in without.regions) == (False, True)
    assert "KZ-19" not in {*with_it.regions, *without.regions}


def test_without_the_median_of_the_quarter_a_person_decides() -> None:
    decision = assess(CODE, _facts(date(2026, 1, 1), "2025-10-01"), date(2026, 1, 1))
    assert decision.asked is not None
    assert decision.asked.code == "poverty_line_unknown"
    assert awaits_law(decision), "it looks again every day by itself"
    elsewhere = assess(CODE, _facts(date(2026, 1, 1), "2025-10-01", "KZ-ALM"), date(2026, 1, 1))
    assert elsewhere.asked is not None
    assert (elsewhere.asked.code, awaits_law(elsewhere)) == ("region_unknown", False)


# --- since September 2025: what counts, and what counts against -------------------------------------------------------

ON = date(2025, 10, 10)
NONE = {"imputed_spending": "0", "consumer_credits": "0"}
SUM = "kinds_of_income_unknown"
LEFT_OUT = ("multi_child_allowance", "award_allowance", "child_disability", "scholarship")


def _kinds(**amounts: object) -> dict[str, Any]:
    return {"income": None, "incomes": [{"kind": kind, "amount": str(amount)} for kind, amount in amounts.items()]}


@pytest.mark.parametrize(
    ("household", "right", "condition", "net"),
    [
        (_kinds(wage=60000, scholarship=30000), Right.YES, None, 60000),
        (_kinds(wage=60000, pension=30000), Right.YES, None, 50000),
        (_kinds(**dict.fromkeys(LEFT_OUT, 99000)), Right.YES, None, 80000),
        (_kinds(wage=239999, scholarship=1000), Right.YES, None, 1),
        (_kinds(wage=240000, scholarship=1000), Right.PERSON_DECIDES, "income_equals_the_line", 0),
        (_kinds(wage=240001), Right.NO, "income_above_the_line", 0),
        (_kinds(other=240001), Right.NO, "income_above_the_line", 0),
        ({"income": "60000"}, Right.YES, SUM, 60000),
        ({"income": "0"}, Right.YES, None, 80000),
        ({"income": "239999"}, Right.YES, SUM, 1),
        ({"income": "240000"}, Right.PERSON_DECIDES, SUM, 0),
        ({"income": "900000"}, Right.PERSON_DECIDES, SUM, 0),
        ({"income": None}, Right.PERSON_DECIDES, "income_of_the_quarter_unknown", 0),
    ],
)
def test_incomes_that_do_not_count_are_left_out_and_a_sum_is_asked_about_where_it_matters(
    household: dict[str, Any], right: Right, condition: str | None, net: int
) -> None:
    """Of a sum so much is certain as it gives without anything left out; a sum above the line is no refusal."""
    facts = _household(ON, **NONE, **household)
    decision = assess(CODE, facts, ON)
    why = decision.failed or decision.asked
    assert (decision.right, why.code if why else None, decision.net) == (right, condition, Decimal(net))
    assert facts.household is not None
    assert decision.basis == f"{min(facts.household.members)}/{quarter_name(ON)}", "whatever is asked of it"


@pytest.mark.parametrize(
    ("known", "decided"),
    [
        ({}, False),
        ({"imputed_spending": "0"}, False),
        ({"consumer_credits": "0"}, False),
        ({"imputed_spending": "0.01", "consumer_credits": "0"}, False),
        ({"imputed_spending": "0", "consumer_credits": "300000"}, False),
        (NONE, True),
    ],
)
def test_spending_and_credits_are_asked_about_unless_it_is_known_that_there_are_none(
    known: dict[str, Any], decided: bool
) -> None:
    decision = assess(CODE, _household(ON, **known, **_kinds(wage=60000)), ON)
    assert (decision.right is Right.YES) is decided
    assert decision.basis is not None
    assert decided or (decision.asked is not None and decision.asked.code == "spending_or_credits")
    refused = assess(CODE, _household(ON, **known, **_kinds(wage=240001)), ON)
    assert refused.right is Right.NO, "what only counts against a family changes no refusal"


@pytest.mark.parametrize(("on", "asked"), [(date(2025, 8, 31), None), (date(2025, 9, 1), "spending_or_credits")])
def test_until_september_2025_nothing_of_it_is_asked(on: date, asked: str | None) -> None:
    decision = assess(CODE, _household(on, income="60000"), on)
    assert (decision.asked and decision.asked.code) == asked


@pytest.mark.parametrize(
    ("incomes", "unread", "right"),
    [
        ([{"kind": None, "unreadable": ["kind"], "amount": "60000"}], [], Right.PERSON_DECIDES),
        ([{"kind": "royalty", "amount": "60000"}], [], Right.PERSON_DECIDES),
        ([{"kind": "scholarship", "amount": None, "unreadable": ["amount"]}], [], Right.YES),
        ([{"kind": "wage", "amount": None, "unreadable": ["amount"]}], [], Right.PERSON_DECIDES),
        ([{"kind": "wage", "amount": "60000"}], ["income"], Right.YES),
        ([{"kind": "wage", "amount": "60000"}], ["imputed_spending"], Right.PERSON_DECIDES),
        (None, ["incomes"], Right.PERSON_DECIDES),
        ([{"kind": None, "unreadable": ["kind"], "amount": "1"}] * 3, [], Right.PERSON_DECIDES),
    ],
)
def test_a_broken_field_of_the_household_is_asked_about_where_the_answer_hangs_on_it(
    incomes: Any, unread: list[str], right: Right
) -> None:
    broken = {**NONE, "income": None, "incomes": incomes, **dict.fromkeys(unread), "unreadable": unread}
    read = readings(_mapping(ON, **broken))
    assert {one.right for one in assess_readings(CODE, read, ON)} == {right}
    (neighbour,) = assess_readings("multi-child", read, ON)
    assert neighbour.failed is not None, "nothing else hangs on it"


def test_a_sum_beside_its_kinds_that_is_another_is_asked_about() -> None:
    household = {**NONE, **_kinds(wage=60000), "income": "50000"}
    with pytest.raises(BadFacts, match=r"household\.income: the sum of incomes"):
        _household(ON, **household)
    (decision,) = assess_readings(CODE, readings(_mapping(ON, **household)), ON)
    assert decision.right is Right.PERSON_DECIDES


def _household(on: date, **household: Any) -> Facts:
    return read_facts(_mapping(on, **household))


def _mapping(on: date, **household: Any) -> dict[str, Any]:
    known = {"quarter": quarter_before(on).isoformat(), "members": ["mother", "child 1"], **household}
    family = {"mother": {"born": "1985-05-05", "region": "KZ-19"}, "children": ["2012-01-01"], "household": known}
    return family_mapping(family, on.isoformat())


def _facts(on: date, income_quarter: str, region: str = "KZ-19") -> Facts:
    household = {"quarter": income_quarter, "income": "60000", "members": ["mother", "child 1"]}
    family = {"mother": {"born": "1985-05-05", "region": region}, "children": ["2012-01-01"], "household": household}
    return read_facts(family_mapping(family, on.isoformat()))


def test_a_share_that_is_not_stated_yet_is_asked_about(tmp_path: Path) -> None:
    """The case stopped in the middle, where the law went by the median before its share had a value."""
    path, on = tmp_path / f"{CODE}.yaml", date(2025, 1, 1)
    remove_directory(tmp_path)
    path.write_text(path.read_text().replace("2025-01-01: {value: 0.35,", "2026-01-01: {value: 0.35,"))
    add_directory(tmp_path)
    decision = assess(CODE, _facts(on, "2024-10-01"), on)
    assert (decision.right, decision.asked and decision.asked.code) == (Right.PERSON_DECIDES, "law_of_that_day_unknown")


def test_a_decision_is_that_of_the_figure_that_was_known(tmp_path: Path) -> None:
    """The ministry corrects the line of a quarter: the decided case is found, with the difference, and explained."""
    remove_directory(tmp_path)
    on, corrected = date(2025, 7, 1), "poverty_line,KZ-19,2025-Q3,45000,Letter No 8,C,2025-08-20"
    head, *lines = LINES.splitlines()
    text = "\n".join((f"{head},known_since", *(f"{line}," for line in lines), corrected, ""))
    (tmp_path / "regions.csv").write_text(text)
    add_directory(tmp_path)
    family = {
        "mother": {"born": "1980-05-05", "region": "KZ-19"},
        "household": {"quarter": "2025-04-01", "income": "60000", "members": ["mother"], "able_bodied": "0"}
        | {"incomes": [{"kind": "wage", "amount": "60000"}]},
    }
    mapping = family_mapping(family, on.isoformat())
    then = assess(CODE, read_facts(mapping), on, known=date(2025, 7, 1))
    now = assess(CODE, read_facts(mapping), on)
    assert (then.right, then.net, now.net) == (Right.YES, Decimal(20000), Decimal(25000))
    assert [line.ground for line in now.trace if line.value == 45000] == ["Letter No 8"]
    found = redecide(mapping, then, date(2025, 7, 1), on, date(2025, 9, 30))
    assert [(one.months, one.difference, one.as_known) for one in found] == [(2, Decimal(10000), True)], (
        "since September spending counts too"
    )
