"""What changes for whom when the values of the law are others, and which values nobody has checked.

The changes are invented; the files of parameters stay as they are.
"""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

import benefits
from benefits import Answer, BadFacts, ForWhom, Right, UnknownService, for_whom, law_with, law_without_changes
from benefits.catalogue import benefit, instead, load
from benefits.facts import Facts, read_facts
from tests.law.another_law import begun_on, copy_of
from tests.law.casebook import family_mapping
from tests.law.test_law_ends import BEYOND, LAST

ON = date(2025, 3, 1)
NEW_YEAR, EVE = date(2025, 1, 1), date(2024, 12, 31)
RATE = "        2023-07-01: 20.04\n"
FIVE, FOUR = (["2012-03-01", "2013-03-01", "2014-03-01", "2015-03-01", "2016-03-01"][:number] for number in (5, 4))


def _family(children: list[str], **more: object) -> Facts:
    return read_facts(family_mapping({"mother": "1985-05-05", "children": children, **more}, ON.isoformat()))


FAMILIES = {"five": _family(FIVE), "four": _family(FOUR), "two": _family(FIVE[:2])}


def _shown(found: tuple[ForWhom, ...]) -> dict[tuple[str, str], tuple[object, ...]]:
    return {(one.family, one.code): (_side(one.before), _side(one.after), one.difference) for one in found}


def _side(answer: Answer | None) -> object:
    return None if answer is None else answer.net if answer.right is Right.YES else answer.right.value


def test_a_file_with_another_value_changes_what_hangs_on_it(tmp_path: Path) -> None:
    law = law_with(copy_of(tmp_path, "multi-child", (RATE, RATE.replace("20.04", "21"))))
    found = for_whom(FAMILIES, ON, before=load(), after=law)
    assert _shown(found) == {("five", "multi-child"): (78798, 82572, 3774)}
    (change,) = benefits.values_changed(law, ON)
    assert (change.code, change.on) == ("multi-child.rate[5]", date(2023, 7, 1))
    assert change.before is not None
    assert change.after is not None
    assert [str(one.line.value) for one in (change.before, change.after)] == ["20.04", "21"]
    assert found[0].to_dict() == {
        "family": "five",
        "code": "multi-child",
        "before": {"right": "yes", "net": "78798.00", "why": None, "open": None},
        "after": {"right": "yes", "net": "82572.00", "why": None, "open": None},
        "difference": "3774.00",
    }


def test_a_right_may_be_gained_and_lost(tmp_path: Path) -> None:
    least = "      2023-07-01: {value: 4, reference: published-amounts-2025, mark: S}\n"
    law = law_with(copy_of(tmp_path, "multi-child", (least, least.replace("value: 4", "value: 5"))))
    assert _shown(for_whom(FAMILIES, ON, before=load(), after=law)) == {("four", "multi-child"): (63030, "no", -63030)}
    (back,) = for_whom(FAMILIES, ON, before=law, after=load())
    assert back.difference == 63030
    assert back.before == Answer(Right.NO, why="too_few_children")


def test_the_common_file_stands_for_all_services(tmp_path: Path) -> None:
    law = law_with(copy_of(tmp_path, "common", ("2025-01-01: {value: 3932,", "2025-01-01: {value: 4000,")))
    assert law.keys() == load().keys()
    assert [one.code for one in benefits.values_changed(law, ON)] == ["common.mrp"]
    assert _shown(for_whom(FAMILIES, ON, before=load(), after=law)) == {
        ("five", "multi-child"): (78798, 80160, 1362),
        ("four", "multi-child"): (63030, 64120, 1090),
    }


def test_a_file_of_no_service_is_refused(tmp_path: Path) -> None:
    path = copy_of(tmp_path, "multi-child", ("service: multi-child", "service: tooth-fairy"))
    with pytest.raises(UnknownService):
        law_with(path)


def test_without_the_changes_what_was_in_force_goes_on_and_the_day_stays() -> None:
    law = law_without_changes(EVE, NEW_YEAR)
    found = _shown(for_whom(FAMILIES, ON, before=law, after=load()))
    assert found["five", "multi-child"] == (73988, 78798, 4810)
    mrp = law["multi-child"].legislation
    for day, value in (
        (date(2023, 12, 31), 3450),
        (EVE, 3692),
        (NEW_YEAR, 3692),
        (date(2025, 12, 31), 3692),
        (date(2026, 1, 1), 4325),
    ):
        entry = mrp.entry_on("mrp", day)
        assert entry is not None
        assert entry.value == value
    assert for_whom(FAMILIES, ON, before=law_without_changes(NEW_YEAR, ON), after=load()) == ()


def test_a_service_that_begins_between_the_days_is_there_only_after(tmp_path: Path) -> None:
    with instead(begun_on(tmp_path, "multi-child", "2025-01-01")):
        law = law_without_changes(EVE, NEW_YEAR)
        assert load().keys() - law.keys() == {"multi-child"}
        found = _shown(for_whom({"five": FAMILIES["five"]}, ON, before=law, after=load()))
        assert found["five", "multi-child"] == (None, 78798, 78798)
        assert law_without_changes(NEW_YEAR, ON).keys() == load().keys()


def test_where_a_person_decides_there_is_no_difference() -> None:
    """Of the day after the last for which the law is entered."""
    law = law_without_changes(LAST, BEYOND)
    born = [f"{LAST.year - 9}-03-01"] * 5
    five = read_facts(family_mapping({"mother": "1985-05-05", "children": born}, BEYOND.isoformat()))
    found = _shown(for_whom({"five": five}, BEYOND, before=law, after=load()))
    assert found["five", "multi-child"] == (benefits.assess("multi-child", five, LAST).net, "person_decides", None)


def test_a_part_that_is_open_is_not_counted_as_nothing(tmp_path: Path) -> None:
    """The Fund's part was asked about after the change, and the family was said to lose it."""
    death = {
        "of": "man born 1975-05-05",
        "died_on": "2025-03-10",
        "death_record": "DR-1",
        "dependants": [{"of": "woman born 2015-03-01", "relation": "child"}],
    }
    incomes = [{"from_month": "2022-01", "until_month": "2025-03", "amount": "50000"}]
    insurance = {"of": death["of"], "contribution_months": "60", "counted_on": "2025-03-01", "incomes": incomes}
    family = {"mother": "1980-05-05", "breadwinners": [death], "insurances": [insurance]}
    lost = {"lost": read_facts(family_mapping(family, "2025-03-20"))}
    copy = copy_of(tmp_path, "common", ("{value: 0.5, reference", "{value: 0.9, reference"))
    (one,) = for_whom(lost, date(2025, 3, 20), before=load(), after=law_with(copy))
    assert one.before is not None
    assert one.after is not None
    assert (one.before.open, one.after.open, one.difference) == (None, "income_below_the_deduction", None)
    assert one.before.net > one.after.net > 0
    assert one.to_dict()["after"]["open"] == "income_below_the_deduction"
    both = ForWhom("x", "y", Answer(Right.YES, Decimal(5), open="a"), Answer(Right.YES, Decimal(7), open="a"))
    assert both.difference == 2, "what is open is so by both"


def test_each_of_several_rights_is_compared_with_itself(tmp_path: Path) -> None:
    """Two newborns: the order of birth tells them apart, and only the fourth child's amount is another."""
    twins = {"twins": _family([*FIVE[:2], "2025-02-10", "2025-02-10"])}
    law = law_without_changes(EVE, NEW_YEAR)
    rows = [one for one in for_whom(twins, ON, before=law, after=load()) if one.code == "childbirth"]
    assert [(_side(one.before), _side(one.after)) for one in rows] == [(140296, 149416), (232596, 247716)]


def test_a_family_that_is_not_born_is_left_out_and_a_day_before_the_law_is_refused(tmp_path: Path) -> None:
    young = {"young": read_facts(family_mapping({"mother": "2025-01-01", "children": []}, ON.isoformat()))}
    law = law_without_changes(date(2023, 12, 31), date(2024, 1, 1))
    assert for_whom(young, date(2024, 1, 1), before=law, after=load()) == ()
    paid = copy_of(tmp_path, "multi-child", (RATE, RATE.replace("20.04", "21")))
    both = for_whom({**young, "five": FAMILIES["five"]}, date(2024, 1, 1), before=load(), after=law_with(paid))
    assert [one.family for one in both] == ["five"], "who comes after them is not"
    with pytest.raises(BadFacts):
        for_whom(FAMILIES, date(2022, 1, 1), before=load(), after=load())


def test_the_law_comes_back_after_another_was_asked() -> None:
    there = benefit("multi-child")
    with instead(load()):
        assert benefit("multi-child") is there
    with pytest.raises(RuntimeError), instead({}):
        raise RuntimeError
    assert benefit("multi-child") is there


def test_the_work_list_names_file_line_and_value_and_leaves_out_what_is_checked() -> None:
    found = benefits.work_list()
    (decider,) = [one for one in found if one.code == "multi-child.decider"]
    assert (decider.file, decider.value, decider.unit, decider.since) == (
        "multi-child.yaml",
        "corporation",
        "choice",
        date(2023, 7, 1),
    )
    assert decider.label.en == "Decided by"
    assert decider.to_dict()["signed"] is None
    codes = {one.code for one in found}
    assert "multi-child.rate[5]" not in codes
    assert len({(one.file, one.line) for one in found}) == len(found), "what all share is listed once"
    assert list(found) == sorted(found, key=lambda one: (one.file, one.line))
    assert any(one.file.startswith("notices/") for one in found)


def test_figures_of_regions_stay_beside_a_file_that_is_tried(tmp_path: Path) -> None:
    law, quarter = law_with(copy_of(tmp_path, "targeted-assistance")), date(2024, 1, 1)
    there, tried = (side["targeted-assistance"].legislation.at(quarter).tables for side in (load(), law))
    assert [name for name in benefits.region_tables() if there[name]]
    assert {name: rows.keys() for name, rows in tried.items()} == {name: rows.keys() for name, rows in there.items()}
    assert benefits.values_changed(law, quarter) == ()
    in_csv = [
        one for one in benefits.work_list() if one.code.partition(".")[2].split("[")[0] in benefits.region_tables()
    ]
    assert {one.file for one in in_csv} <= {"regions.csv"}


def test_what_a_law_does_not_hold_or_a_person_decides_is_written_as_nothing() -> None:
    asked = ForWhom("one", "multi-child", Answer(Right.PERSON_DECIDES, why="x"), None)
    assert asked.to_dict() == {
        "family": "one",
        "code": "multi-child",
        "before": {"right": "person_decides", "net": "0.00", "why": "x", "open": None},
        "after": None,
        "difference": None,
    }
    assert ForWhom("one", "multi-child", None, Answer(Right.NO)).to_dict()["before"] is None


def test_a_yes_that_asks_something_says_what_and_no_why() -> None:
    """Four children are certain, and of the fifth the home is not known."""
    children = [*FIVE[:4], {"born": FIVE[4], "lives_with": "unknown"}]
    family = read_facts(family_mapping({"mother": "1985-05-05", "children": children}, ON.isoformat()))
    decision = benefits.assess("multi-child", family, ON)
    assert decision.asked is not None
    assert Answer.of(decision) == Answer(Right.YES, decision.net, open=decision.asked.code)


def test_the_values_that_services_share_come_first(tmp_path: Path) -> None:
    award = law_with(copy_of(tmp_path, "awarded-mother", ("2023-07-01: 6.40", "2023-07-01: 7")))["awarded-mother"]
    law = {**law_without_changes(EVE, NEW_YEAR), "awarded-mother": award}
    codes = [one.code for one in benefits.values_changed(law, ON)]
    shared = [code for code in codes if code.startswith("common.")]
    assert shared == sorted(shared)
    assert codes == shared + sorted(set(codes) - set(shared))
    assert shared


def test_a_wage_that_goes_on_ends_before_the_next_begins() -> None:
    """Else a month of income would count twice."""
    spans = law_without_changes(EVE, NEW_YEAR)["capacity-loss"].legislation.spans("mzp")
    assert len(spans) > 2
    assert all(later.first == one.last + 1 for one, later in pairwise(spans))


def test_who_is_born_on_the_day_is_asked_for() -> None:
    decided = {"number": "D-1", "group": "child", "cause": "childhood", "from_date": ON, "decided_on": ON}
    newborn = {"mother": ON.isoformat(), "disabilities": [{"of": "mother", **decided}]}
    facts = read_facts(family_mapping(newborn, ON.isoformat()))
    found = for_whom({"newborn": facts}, ON, before=law_without_changes(EVE, NEW_YEAR), after=load())
    assert [one.code for one in found] == ["disability"]
