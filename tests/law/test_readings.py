"""Registers with errors: what hangs on a broken field is asked, and nothing else; nothing is guessed."""

import copy
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import benefits
from benefits import BadFacts, Right, make_iin, readings
from benefits.facts import Adult, Child
from benefits.facts.unreadable import NotReadable, Unreadable, is_known
from benefits.readings import MOST, assess_readings
from benefits.yaml_file import read_yaml

ON = date(2026, 6, 1)
MOTHER, FATHER = make_iin(date(1990, 1, 1), "female", 1), make_iin(date(1989, 1, 1), "male", 1)
BORN = [date(2012, 1, 1), date(2014, 1, 1), date(2016, 1, 1), date(2018, 1, 1), date(2026, 5, 1)]
FAMILIES = sorted((Path(__file__).parent / "families").glob("*.yaml"))

Json = dict[str, Any]


def family(children: int = 5, **sections: Any) -> Json:
    listed = [
        {
            "iin": make_iin(born, "female", n),
            "birth_date": born.isoformat(),
            "sex": "female",
            "mother_iin": MOTHER,
            "father_iin": FATHER,
            "lives_with": MOTHER,
            "birth_order": n,
            "birth_record": f"ACT-{n}",
        }
        for n, born in enumerate(BORN[-children:], 1)
    ]
    known = {"as_at": ON.isoformat(), "applicant": MOTHER, "adults": [{"iin": MOTHER}, {"iin": FATHER}]}
    return known | {"children": listed} | sections


def answers(mapping: Json, code: str) -> dict[str | None, Right]:
    return {one.basis: one.right for one in assess_readings(code, readings(mapping), ON)}


def last(mapping: Json, **wrong: Any) -> Json:
    mapping["children"][-1] |= wrong
    return mapping


@pytest.mark.parametrize("path", FAMILIES, ids=lambda path: path.stem)
def test_good_records_have_one_reading_and_the_laws_own_answer(path: Path) -> None:
    read = readings(read_yaml(path))
    assert read.doubts == {}
    assert read.ways == (benefits.read_facts_file(path),)
    day = read.facts.as_at
    for service in benefits.services(every=True):
        assert assess_readings(service.code, read, day) == benefits.assess_each(service.code, read.facts, day)


def test_a_doubt_about_the_newborn_leaves_the_familys_right_alone() -> None:
    """Its order hangs on the digits; that there are five children does not."""
    mapping = last(family(), birth_order=None)
    mapping["children"][-1]["unreadable"] = ["birth_order"]
    assert answers(mapping, "multi-child") == {MOTHER: Right.YES}
    assert answers(mapping, "childbirth")["ACT-5"] is Right.PERSON_DECIDES


def test_a_doubt_about_one_child_leaves_the_others_alone() -> None:
    mapping = family()
    mapping["children"][-2] |= {"iin": make_iin(date(2026, 5, 2), "female", 9), "birth_date": "2026-05-02"}
    mapping["children"][-1] |= {"born_alive": None, "unreadable": ["born_alive"]}
    found = answers(mapping, "childbirth")
    assert {found["ACT-4"], found["ACT-5"]} == {Right.PERSON_DECIDES}, "the order of one hangs on the other"
    assert answers(mapping, "childcare").keys() >= {"ACT-4", "ACT-5"}


def test_the_question_names_field_and_rule_in_each_language_and_no_value() -> None:
    mapping = last(family(4), birth_date="2001-05-01")
    (decision,) = assess_readings("multi-child", readings(mapping), ON)
    assert decision.right is Right.PERSON_DECIDES
    assert decision.asked is not None
    for language in benefits.LANGUAGES:
        assert "children[3].birth_date: the birth date that the IIN holds" in decision.asked.names[language]
        assert "2001" not in decision.asked.names[language]
    assert decision.net == 0
    assert decision.parts == ()


def test_a_birth_date_on_which_nothing_hangs_is_not_asked_about() -> None:
    assert answers(last(family(), birth_date="2026-05-02"), "multi-child") == {MOTHER: Right.YES}


def test_a_foreign_parent_has_a_number() -> None:
    foreign = next(f"9001010{n:04d}{digit}" for n in range(99) for digit in [_digit(f"9001010{n:04d}")] if digit)
    mapping = last(family(), father_iin=foreign)
    read = readings(mapping)
    assert (len(read.ways), read.doubts) == (1, {})
    assert read.facts.children[-1].father_iin == foreign


def _digit(eleven: str) -> int | None:
    from benefits.iin import check_digit

    return check_digit(eleven)


@pytest.mark.parametrize("number", ["000000000000", "111111111111", "123", "900101700123"])
def test_a_number_that_is_none_may_be_anybodys(number: str) -> None:
    """The father is asked for: is the child whose father nobody can read his?"""
    mapping = last(family(1), father_iin=number, lives_with=None) | {"applicant": FATHER}
    assert answers(mapping, "childbirth") == {"ACT-1": Right.PERSON_DECIDES}
    assert answers(mapping | {"applicant": MOTHER}, "childbirth") == {"ACT-1": Right.YES}


def test_a_record_listed_twice_is_one() -> None:
    mapping = family(4)
    mapping["children"].append(copy.deepcopy(mapping["children"][-1]))
    assert answers(mapping, "multi-child") == {MOTHER: Right.YES}
    assert readings(mapping).doubts == {}


def test_two_records_that_cannot_both_be_are_asked_about_where_it_matters() -> None:
    twice = family(4)
    twice["children"].append(copy.deepcopy(twice["children"][-1]) | {"iin": make_iin(BORN[-1], "female", 99)})
    assert answers(twice, "multi-child") == {MOTHER: Right.PERSON_DECIDES}, "four children or five: two amounts"
    few = family(1)
    few["children"].append(copy.deepcopy(few["children"][-1]) | {"iin": make_iin(BORN[-1], "female", 99)})
    assert answers(few, "multi-child") == {MOTHER: Right.NO}


def test_an_adult_whose_number_is_none_is_left_out_and_the_children_with_him_are_asked_about() -> None:
    mapping = last(family(4), lives_with="000000000000")
    mapping["adults"][1]["iin"] = "000000000000"
    assert answers(mapping, "multi-child") == {MOTHER: Right.PERSON_DECIDES}


def test_a_number_of_a_decision_given_twice_is_either() -> None:
    decision = {"iin": MOTHER, "number": "D-1", "group": "II", "cause": "general", "from_date": "2026-01-01"}
    decisions = [decision | {"decided_on": "2026-01-02"}, decision | {"decided_on": "2026-01-02", "group": "III"}]
    assert Right.PERSON_DECIDES in answers(family(disabilities=decisions), "disability").values()
    same = family(disabilities=[decisions[0], dict(decisions[0])])
    assert list(answers(same, "disability").values()) == [Right.YES]


def test_worse_than_so_many_ways_the_list_is_not_read_and_the_rest_is() -> None:
    board = {"iin": MOTHER, "number": "D-1", "group": "II", "cause": "general", "from_date": "2026-01-01"}
    mapping = family(disabilities=[board | {"decided_on": "2026-01-02"}])
    for child in mapping["children"]:
        child["unreadable"] = ["born_alive", "counted_elsewhere"]
    assert 4 ** len(mapping["children"]) > MOST
    assert list(answers(mapping, "multi-child").values()) == [Right.PERSON_DECIDES]
    assert list(answers(mapping, "awarded-mother").values()) == [Right.NO], "it looks at no child"


@pytest.mark.parametrize("broken", [{"adults": "none"}, {"applicant": "000000000000"}, {"children": [7]}, {"odd": 1}])
def test_what_no_field_can_mend_is_refused_as_a_whole(broken: Json) -> None:
    with pytest.raises(BadFacts):
        readings(family() | broken)


def test_a_twin_under_the_others_record_keeps_its_right() -> None:
    """One of them is paid under the record that both have: the other was lost without a word."""
    mapping = family()
    twin = copy.deepcopy(mapping["children"][-1]) | {"iin": make_iin(BORN[-1], "female", 99), "birth_order": 6}
    mapping["children"].append(twin)
    mapping["payments"] = [{"service": "childbirth", "basis": "ACT-5", "from_date": "2026-05-03", "state": "paid"}]
    assert Right.PERSON_DECIDES in answers(mapping, "childbirth").values()


@pytest.mark.parametrize("number", ["000000000000", MOTHER])
def test_a_spouse_under_a_wrong_number_may_be_whom_the_children_name(number: str) -> None:
    mapping = family(4)
    for child in mapping["children"]:
        child["lives_with"] = FATHER
    assert answers(mapping, "multi-child") == {MOTHER: Right.YES}
    mapping["adults"][1] = {"iin": number, "birth_date": "1989-01-01", "sex": "male"}
    assert Right.PERSON_DECIDES in answers(mapping, "multi-child").values()


def test_two_with_one_number_may_be_two() -> None:
    mapping = family(4)
    mapping["children"][-1] |= {"iin": mapping["children"][-2]["iin"], "birth_record": None}
    assert Right.PERSON_DECIDES in answers(mapping, "multi-child").values(), "three or four"


@pytest.mark.parametrize(
    "wrong",
    [
        {"iin": None, "birth_record": None},
        {"sex": "F"},
        {"father_iin": "000000000000"},
        {"full_time_student_until": "9999-12-31"},
    ],
    ids=str,
)
def test_the_same_error_in_every_record_stops_no_family(wrong: Json) -> None:
    """What no rule of a service looks at, or what no way of reading changes, is in nobody's way."""
    mapping = family(4)
    for child in mapping["children"]:
        child |= wrong
    found = answers(mapping, "multi-child")
    if "full_time_student_until" in wrong:
        assert set(found.values()) == {Right.PERSON_DECIDES}
    else:
        assert found == {MOTHER: Right.YES}


def test_a_list_that_could_not_be_asked_for_is_asked_about_where_it_is_read() -> None:
    mapping = family(unreadable=["disabilities"])
    assert answers(mapping, "disability") == {None: Right.PERSON_DECIDES}
    assert answers(mapping, "multi-child") == {MOTHER: Right.YES}


def test_a_child_of_whom_nobody_says_who_cares_is_asked_about() -> None:
    assert answers(last(family(1), lives_with=None), "childcare") == {"ACT-1": Right.PERSON_DECIDES}


def test_a_decision_without_a_number_names_no_right() -> None:
    board = {"iin": MOTHER, "number": None, "unreadable": ["number"], "group": "II", "cause": "general"}
    mapping = family(disabilities=[board | {"from_date": "2026-01-01", "decided_on": "2026-01-02"}])
    (decision,) = assess_readings("disability", readings(mapping), ON)
    assert (decision.right, decision.basis) == (Right.PERSON_DECIDES, None)
    assert decision.to_dict()


def test_a_value_that_cannot_be_read_can_not_be_used_either() -> None:
    value: Any = Unreadable("children[0].died_on")
    uses: list[Callable[[], Any]] = [
        lambda: value == 1,
        lambda: value < date.max,
        lambda: date.max > value,
        lambda: bool(value),
        lambda: hash(value),
        lambda: value.year,
        lambda: 2 * value,
        lambda: value in {1},
        lambda: list(value),
        lambda: f"{value}",
    ]
    for use in uses:
        with pytest.raises(NotReadable, match=r"children\[0\]\.died_on"):
            use()
    assert not is_known(value)
    assert "children" in repr(value)


FIELDS = {
    section: [field.name for field in fields(shape) if (section, field.name) != ("adults", "iin")]
    for section, shape in (("children", Child), ("adults", Adult))
}


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_one_broken_field_never_stops_a_family_and_never_makes_a_right(data: st.DataObject) -> None:
    """A right of the good records stays a right or is asked about; what is no right does not become one."""
    section = data.draw(st.sampled_from(sorted(FIELDS)))
    index = data.draw(st.integers(0, 4 if section == "children" else 1))
    name = data.draw(st.sampled_from(FIELDS[section]))
    good, broken = family(), family()
    broken[section][index].pop(name, None)
    broken[section][index]["unreadable"] = [name]
    read = readings(broken)
    for service in benefits.services(every=True):
        truth = {one.basis: one for one in benefits.assess_each(service.code, benefits.read_facts(good), ON)}
        said = assess_readings(service.code, read, ON)
        assert said
        entitled = {basis for basis, one in truth.items() if one.right is Right.YES}
        if entitled and not any(one.right is not Right.NO for one in said):
            pytest.fail(f"{service.code} lost a right for want of {section}[{index}].{name}")
        for one in said:
            if one.right is Right.YES:
                same = truth.get(one.basis) or next(iter(truth.values()))
                assert (one.net, same.right) == (same.net, Right.YES)


@pytest.mark.parametrize(("children", "right"), [(4, Right.PERSON_DECIDES), (3, Right.NO), (5, Right.YES)])
def test_a_child_listed_once_more_as_it_was_before_it_had_a_number_may_be_one_or_two(
    children: int, right: Right
) -> None:
    """Three children, one of them twice, were paid as four; where both ways say the same it is no question."""
    mapping = family(children - 1)
    again = {**mapping["children"][0], "iin": None, "birth_record": "ACT-OLD"}
    mapping["children"].append(again)
    assert set(answers(mapping, "multi-child").values()) == {right if children != 5 else Right.PERSON_DECIDES}
    twins = [*mapping["children"][:-1], {**again, "birth_order": 9}]
    assert not readings(mapping | {"children": twins}).doubts
