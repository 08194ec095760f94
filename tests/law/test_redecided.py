"""Old decisions of families with several rights, with questions, with suspensions and of long ago, against the law as
known now.

The changes are invented; the files of parameters stay as they are.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from benefits import Decision, Right, assess, assess_each, readings, redecide
from benefits.facts import read_facts
from benefits.readings import assess_readings
from tests.law.another_law import another_law
from tests.law.casebook import family_mapping

ON = date(2025, 3, 1)
KNOWN = date(2025, 6, 10)
SPAN = (date(2025, 1, 1), date(2025, 6, 30))
FIVE = {"mother": "1985-05-05", "children": [f"{year}-03-01" for year in range(2012, 2017)]}
RATE = "        2023-07-01: 20.04\n"
NEW = Decimal("82572")  # 21 times 3 932 tenge
TWINS = {"mother": "1990-05-05", "children": ["2025-01-20", "2025-01-20"]}


def _mapping() -> dict[str, Any]:
    return family_mapping(FIVE, ON.isoformat())


def _decided() -> Decision:
    return assess("multi-child", read_facts(_mapping()), ON)


def test_a_question_that_a_law_has_answered_since_is_told_and_not_added(tmp_path: Path) -> None:
    """The rate had ended, and the next became known in June: until then a person decided, and no month was unpaid."""
    ended = "        2023-07-01: {value: 20.04, until: 2024-12-31}\n"
    entered = f"{ended}        2025-01-01: {{value: 21, known_since: {KNOWN}}}\n"
    with another_law(tmp_path, "multi-child", (RATE, ended)):
        asked = _decided()
    assert asked.right is Right.PERSON_DECIDES
    with another_law(tmp_path, "multi-child", (RATE, entered)):
        (one,) = redecide(_mapping(), asked, ON, *SPAN)
    assert (one.then.right, one.now.right, one.now.net) == (Right.PERSON_DECIDES, Right.YES, NEW)
    assert (one.first, one.last, one.difference, one.as_known) == (ON, ON, None, True)


def test_what_is_paid_once_is_told_where_it_differs_and_only_there(tmp_path: Path) -> None:
    family = family_mapping({"mother": "1990-05-05", "children": ["2025-01-20"]}, ON.isoformat())
    decided = assess("childbirth", read_facts(family), ON)
    rates = {
        birth_order: f"      {birth_order}:\n        2023-07-01: {rate}\n" for birth_order, rate in ((1, 38), (4, 63))
    }
    with another_law(tmp_path, "childbirth", _raised(rates[4])):
        assert redecide(family, decided, ON, *SPAN) == (), "the rate of another child"
    with another_law(tmp_path, "childbirth", _raised(rates[1])):
        (one,) = redecide(family, decided, ON, *SPAN)
        assert (one.first, one.months, one.difference) == (ON, 1, Decimal(2 * 3932))
        assert redecide(family, decided, ON, date(2025, 4, 1), SPAN[1]) == ()


def _raised(rate: str) -> tuple[str, str]:
    """Two MRP more from January on, as became known in June."""
    more = int(rate.rsplit(" ", 1)[1]) + 2
    return rate, f"{rate}        2025-01-01: {{value: {more}, known_since: {KNOWN}}}\n"


def _childcare_rate(birth_order: int) -> tuple[str, str]:
    rates = {1: "5.76", 2: "6.81"}
    rate = f"      {birth_order}:\n        2023-07-01: {rates[birth_order]}\n"
    return rate, f"{rate}        2025-02-01: {{value: 9, known_since: {KNOWN}}}\n"


@pytest.mark.parametrize("changed", [1, 2])
def test_of_several_rights_each_is_held_against_itself(tmp_path: Path, changed: int) -> None:
    facts = family_mapping(TWINS, ON.isoformat())
    decided = {one.basis: one for one in assess_each("childcare", read_facts(facts), ON)}
    assert set(decided) == {"birth record 1", "birth record 2"}
    with another_law(tmp_path, "childcare", _childcare_rate(changed)):
        for number in (1, 2):
            was = decided[f"birth record {number}"]
            told = [(one.first, one.last, one.now.net) for one in redecide(facts, was, ON, *SPAN)]
            # 9 times 3 932 tenge
            assert told == ([(date(2025, 2, 1), date(2025, 6, 1), Decimal(35388))] if number == changed else [])


def test_a_right_whose_ground_has_another_number_now_is_held_against_the_best_there_is(tmp_path: Path) -> None:
    facts = family_mapping(TWINS, ON.isoformat())
    first, _ = assess_each("childcare", read_facts(facts), ON)
    gone = first._replace(basis="of a register of before")
    assert redecide(facts, gone, ON, *SPAN) == ()


def test_a_question_asked_again_is_no_difference_and_another_question_is() -> None:
    facts = {**_mapping(), "unreadable": ["children"]}
    (asked,) = assess_readings("multi-child", readings(facts), ON)
    assert asked.asked is not None
    assert redecide(facts, asked, ON, *SPAN) == ()
    other = asked._replace(asked=replace(asked.asked, code="another"))
    (told,) = redecide(facts, other, ON, *SPAN)
    assert (told.then.why, told.now.why, told.difference) == ("another", asked.asked.code, None)


def test_what_is_suspended_now_and_was_refused_is_told(tmp_path: Path) -> None:
    """A re-examination is awaited for a year; as was known before June, for half a year."""
    on = date(2025, 6, 5)
    until = {"from_date": "2023-12-01", "until": "2024-11-30", "decided_on": "2023-11-20"}
    disability = {"of": "mother", "number": "D-1", "group": "II", "cause": "general", **until}
    facts = family_mapping({"mother": "1980-05-05", "disabilities": [disability]}, on.isoformat())
    awaited = "\n  re_examination_awaited:\n    unit: months\n    values:\n      2023-07-01:\n"
    awaited += "        - {value: 6, reference: operating-rule, mark: C}\n"
    known = f"{awaited}        - {{value: 12, known_since: {KNOWN}, reference: operating-rule, mark: C}}\n"
    with another_law(tmp_path, "disability", ("\nparameters:\n", f"\nparameters:{awaited}")):
        refused = assess("disability", read_facts(facts), on)
    assert (refused.right, refused.suspended) == (Right.NO, None)
    with another_law(tmp_path, "disability", ("\nparameters:\n", f"\nparameters:{known}")):
        suspended = assess("disability", read_facts(facts), on)
        assert suspended.suspended is not None
        (told,) = redecide(facts, refused, on, *SPAN)
        assert (told.first, told.difference, told.as_known) == (date(2025, 6, 1), Decimal(0), True)
        assert redecide(facts, suspended, on, *SPAN) == ()
    with another_law(tmp_path, "disability", ("\nparameters:\n", f"\nparameters:{awaited}")):
        assert len(redecide(facts, suspended, on, *SPAN)) == 1


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2025, 3, 1), date(2025, 3, 1), 1),
        (date(2025, 3, 31), date(2025, 3, 31), 1),
        (date(2025, 2, 1), date(2025, 2, 28), 0),
        (date(2025, 4, 1), date(2025, 4, 30), 0),
    ],
)
def test_what_is_paid_once_concerns_its_month(tmp_path: Path, first: date, last: date, told: int) -> None:
    facts = family_mapping({"mother": "1990-05-05", "children": ["2025-01-20"]}, ON.isoformat())
    decided = assess("childbirth", read_facts(facts), ON)
    with another_law(tmp_path, "childbirth", _raised("      1:\n        2023-07-01: 38\n")):
        assert len(redecide(facts, decided, ON, first, last)) == told


@pytest.mark.parametrize(
    ("eldest", "first", "last", "told"),
    [
        ("2007-06-02", date(2024, 1, 1), date(2025, 3, 1), 1),
        ("2007-06-02", date(2024, 1, 1), date(2025, 2, 28), 0),
        ("2007-06-02", date(2025, 6, 5), date(2025, 6, 30), 1),
        ("2007-06-01", date(2025, 6, 5), date(2025, 6, 30), 0),
    ],
)
def test_what_was_changed_in_place_concerns_the_months_of_the_right(
    tmp_path: Path, eldest: str, first: date, last: date, told: int
) -> None:
    """It ends the day before the eldest of four is eighteen."""
    family = {"mother": "1985-05-05", "children": [eldest, "2012-03-01", "2013-03-01", "2014-03-01"]}
    facts = family_mapping(family, ON.isoformat())
    decided = assess("multi-child", read_facts(facts), ON)
    with another_law(tmp_path, "multi-child", ("        2023-07-01: 16.03\n", "        2023-07-01: 17\n")):
        assert len(redecide(facts, decided, ON, first, last)) == told


def test_the_last_month_asked_about_counts_whole(tmp_path: Path) -> None:
    changed = (RATE, f"{RATE}        2025-01-01: {{value: 21, known_since: {KNOWN}}}\n")
    with another_law(tmp_path, "multi-child", changed):
        (one,) = redecide(_mapping(), _decided_before(), ON, SPAN[0], date(2025, 6, 1))
        assert (one.first, one.last) == (date(2025, 3, 1), date(2025, 6, 1))


def test_a_right_of_more_than_three_years_ago_is_compared_to_its_last_month(tmp_path: Path) -> None:
    on = date(2023, 7, 10)
    family = {"mother": "1985-05-05", "children": [f"{year}-03-01" for year in range(2014, 2019)]}
    facts = family_mapping(family, on.isoformat())
    decided = assess("multi-child", read_facts(facts), on)
    changed = (RATE, f"{RATE}        2026-10-01: {{value: 21, known_since: 2026-11-20}}\n")
    with another_law(tmp_path, "multi-child", changed):
        (one,) = redecide(facts, decided, on, on, date(2026, 12, 31))
        assert (one.first, one.last) == (date(2026, 10, 1), date(2026, 12, 1))


def _decided_before() -> Decision:
    return assess("multi-child", read_facts(_mapping()), ON, known=date(2025, 6, 9))
