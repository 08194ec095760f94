"""A law that changes backwards: two values for the same days, told apart by the day from which each was known.

The changes are invented; the files of parameters stay as they are.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import benefits
from benefits import BadParameters, Decision, Redecided, Right, assess, redecide, schedule
from benefits.catalogue import PARAMETERS, benefit
from benefits.dated import DatedValue, known_on
from benefits.facts import read_facts
from benefits.parameter_file import read_parameter_file
from tests.law.another_law import another_law
from tests.law.casebook import family_mapping

ON = date(2025, 3, 1)
KNOWN = date(2025, 6, 10)
BEFORE, AFTER = date(2025, 6, 9), date(2025, 6, 10)
FIVE = {"mother": "1985-05-05", "children": [f"{year}-03-01" for year in range(2012, 2017)]}
OLD, NEW = Decimal("78798"), Decimal("82572")  # 20.04 and 21 times 3 932 tenge
RATE = "        2023-07-01: 20.04\n"


def _rate(since: str, until: str = "") -> tuple[str, str]:
    end = f", until: {until}, confirmed: invented" if until else ""
    return RATE, f"{RATE}        {since}: {{value: 21, known_since: {KNOWN}{end}}}\n"


@pytest.fixture
def backwards(tmp_path: Path) -> Iterator[None]:
    """From 1 January 2025 five children are worth 21 MRP, as became known in June."""
    with another_law(tmp_path, "multi-child", _rate("2025-01-01")):
        yield


def _mapping(**more: Any) -> dict[str, Any]:
    return family_mapping({**FIVE, **more}, ON.isoformat())


def _decided(known: date | None = None, on: date = ON) -> Decision:
    return assess("multi-child", read_facts(_mapping()), on, known=known)


def test_an_old_decision_comes_out_as_it_was_made_to_the_tiyn(tmp_path: Path) -> None:
    as_made = _decided()
    with another_law(tmp_path, "multi-child", _rate("2025-01-01")):
        assert _decided().net == NEW
        assert _decided(AFTER).net == NEW
        assert _decided(BEFORE) == as_made, "figure and trace"
        assert _decided(BEFORE).to_dict() == as_made.to_dict()
        assert benefits.explain(_decided(BEFORE), "kk") == benefits.explain(as_made, "kk")
        assert "20.04 MRP" not in benefits.explain(_decided(), "en")


def test_every_way_to_ask_knows_as_of_a_day(backwards: None) -> None:
    facts = read_facts(_mapping())
    (each,) = benefits.assess_each("multi-child", facts, ON, known=BEFORE)
    (read,) = benefits.assess_readings("multi-child", benefits.readings(_mapping()), ON, known=BEFORE)
    family = benefits.assess_family(facts, ON, known=BEFORE)
    months = schedule("multi-child", facts, ON, months=2, known=BEFORE).months
    assert each.net == read.net == family.total(benefits.Frequency.MONTHLY) == months[1].net == OLD
    assert schedule("multi-child", facts, ON, months=2).months[1].net == NEW


def test_a_value_of_the_same_day_takes_the_place_of_the_first(tmp_path: Path) -> None:
    both = f"        2023-07-01:\n          - 20.04\n          - {{value: 21, known_since: {KNOWN}}}\n"
    with another_law(tmp_path, "multi-child", (RATE, both)):
        assert (_decided().net, _decided(BEFORE).net) == (NEW, OLD)
        line = next(one for one in _decided().trace if one.code == "multi-child.rate[5]")
        assert (line.since, line.mark) == (date(2023, 7, 1), "S")


def test_after_a_value_with_an_end_the_earlier_one_holds_again(tmp_path: Path) -> None:
    with another_law(tmp_path, "multi-child", _rate("2025-02-01", "2025-04-30")):
        days = [date(2025, 1, 31), date(2025, 2, 1), date(2025, 4, 30), date(2025, 5, 1), date(2025, 12, 31)]
        assert [_decided(on=day).net for day in days] == [OLD, NEW, NEW, OLD, OLD]
        assert all(_decided(BEFORE, day).net == OLD for day in days)
        facts = read_facts(_mapping())
        assert [month.net for month in schedule("multi-child", facts, ON, months=4).months] == [NEW, NEW, OLD, OLD]


def _series(tmp_path: Path, values: str, *, optional: bool = False) -> Any:
    path = tmp_path / "gift.yaml"
    more = "    optional: true\n" if optional else ""
    path.write_text(
        "service: gift\nnames: {kk: a, ru: b, en: c}\nparameters:\n  rate:\n    unit: MRP\n    reference: law\n"
        f"    mark: P\n{more}    values:\n{values}",
        encoding="utf-8",
    )
    return read_parameter_file(path).parameters["rate"]


THREE = """\
      2024-01-01: 1
      2024-03-01: {value: 2, known_since: 2024-06-01}
      2025-01-01: {value: 3, known_since: 2023-12-01}
"""


@pytest.mark.parametrize(
    ("values", "known", "held"),
    [
        (THREE, "2023-01-01", [("2024-01-01", None, 1)]),
        (THREE, "2024-05-31", [("2024-01-01", "2024-12-31", 1), ("2025-01-01", None, 3)]),
        (
            THREE,
            "2024-06-01",
            [("2024-01-01", "2024-02-29", 1), ("2024-03-01", "2024-12-31", 2), ("2025-01-01", None, 3)],
        ),
        (
            "      2024-01-01: {value: 1, until: 2024-12-31}\n"
            "      2024-03-01: {value: 2, until: 2024-04-30, known_since: 2024-06-01}\n"
            "      2025-01-01: 3\n",
            "2024-06-01",
            [
                ("2024-01-01", "2024-02-29", 1),
                ("2024-03-01", "2024-04-30", 2),
                ("2024-05-01", "2024-12-31", 1),
                ("2025-01-01", None, 3),
            ],
        ),
        (  # a correction of the correction: what nobody knew in between stays askable
            "      2024-01-01:\n        - 1\n        - {value: 2, known_since: 2024-06-01}\n"
            "        - {value: 4, known_since: 2024-09-01, until: 2024-03-31}\n",
            "2024-09-01",
            [("2024-01-01", "2024-03-31", 4), ("2024-04-01", None, 2)],
        ),
        (  # known as late, and nothing of it beyond the next value that was known with it
            "      2024-01-01: 1\n      2024-02-01: {value: 2, known_since: 2024-06-01}\n      2024-04-01: 3\n"
            "      2024-05-01: {value: 4, known_since: 2024-06-01}\n",
            "2024-06-01",
            [
                ("2024-01-01", "2024-01-31", 1),
                ("2024-02-01", "2024-03-31", 2),
                ("2024-04-01", "2024-04-30", 3),
                ("2024-05-01", None, 4),
            ],
        ),
    ],
)
def test_of_two_values_for_a_day_the_later_known_one_holds(
    tmp_path: Path, values: str, known: str, held: list[tuple[str, str | None, int]]
) -> None:
    written = _series(tmp_path, values).written[None]
    found: list[Any] = [
        (one.since.isoformat(), one.until and one.until.isoformat(), one.value)
        for one in known_on(written, date.fromisoformat(known))
    ]
    assert found == held


def test_a_forecast_gives_way_to_the_law_and_is_kept_for_who_asks_as_of_then(tmp_path: Path) -> None:
    values = (
        "      2024-01-01: {value: 1, until: 2024-12-31}\n      2025-01-01:\n        - {value: 2, forecast: true}\n"
        "        - {value: 3, known_since: 2024-12-05}\n"
    )
    rate = _series(tmp_path, values)
    assert [(one.value, one.stands_in) for one in rate.series[None]] == [(1, None), (3, None)]
    before = rate.as_known(date(2024, 12, 4)).series[None]
    assert [(one.value, one.stands_in) for one in before] == [(1, None), (2, "forecast")]


FAULTS = [
    ("2024-01-01: [1, 2]", 9, "overlapping values: 2024-01-01 does not come after 2024-01-01; of two for one day"),
    (
        "2024-01-01: [{value: 1, known_since: 2024-05-01}, {value: 2, known_since: 2024-05-01}]",
        9,
        "overlapping values: 2024-01-01 does not come after 2024-01-01; of two for one day",
    ),
    (
        "2024-01-01: {value: 1, until: 2024-12-31}\n      2024-03-01: 2",
        10,
        "overlapping values: 2024-03-01 lies within the value of 2024-01-01",
    ),
    (
        "2024-01-01: {value: 1, until: 2024-12-31}\n"
        "      2024-03-01: {value: 2, until: 2024-04-30, known_since: 2024-06-01}\n      2024-04-01: 3",
        11,
        "overlapping values: 2024-04-01 lies within the value of 2024-01-01",
    ),
    (
        "2024-01-01: {value: 1, known_since: 2024-02-01}",
        9,
        "nothing was known of 'rate' before 2024-02-01: one value has no known_since",
    ),
    (
        "2024-01-01: {value: 1, until: 2024-12-31}\n      2025-02-01: {value: 2, known_since: 2024-06-01}",
        10,
        "no value between 2024-12-31 and 2025-02-01",
    ),
    (  # the forecast was taken out; it named the line of the next one, and a gap where none was meant
        "2024-01-01: {value: 1, until: 2024-12-31}\n"
        "      2025-01-01: {value: 2, known_since: 2024-12-05, until: 2025-12-31}\n"
        "      2026-01-01: {value: 2, forecast: true}",
        10,
        "before 2024-12-05 nothing was known of 2025-01-01: leave what stood here, as a forecast, and write",
    ),
    (
        "2024-01-01: {value: 1, until: 2024-12-31}\n"
        "      2025-01-01: {value: 2, known_since: 2024-12-05, until: 2025-12-31}\n      2026-01-01: 2",
        11,
        "give `known_since`: what comes before 2026-01-01 became known on 2024-12-05",
    ),
    ("2024-01-01: {value: 1, known_since: soon}", 9, "not a date: 'soon'"),
    (
        "2024-01-01: {value: 1, forecast: true}\n      2025-01-01: {value: 2, known_since: 2024-06-01}",
        10,
        "law in force after a forecast: take the forecast of 2024-01-01 out",
    ),
]


@pytest.mark.parametrize(("values", "line", "what"), FAULTS)
def test_what_known_since_does_not_tell_apart_is_an_error(tmp_path: Path, values: str, line: int, what: str) -> None:
    with pytest.raises(BadParameters) as caught:
        _series(tmp_path, f"      {values}\n")
    assert str(caught.value).startswith(f"gift.yaml:{line}: {what}")


def test_a_parameter_that_may_have_gaps_may_have_been_unknown(tmp_path: Path) -> None:
    rate = _series(tmp_path, "      2024-01-01: {value: 1, known_since: 2024-02-01}\n", optional=True)
    assert rate.as_known(date(2024, 1, 31)).series == {None: ()}
    assert [one.value for one in rate.as_known(date(2024, 2, 1)).series[None]] == [1]


def test_without_known_since_the_law_is_one_and_the_same() -> None:
    there = benefit("multi-child")
    learned = there.legislation.own.learned | there.legislation.common.learned
    assert there.as_known(max(learned, default=date(2023, 7, 1))) is there


def test_the_law_as_known_is_made_once_for_all_days_between(backwards: None) -> None:
    there = benefit("multi-child")
    assert there.as_known(BEFORE) is there.as_known(date(2023, 7, 1))
    assert there.as_known(BEFORE) is not there
    assert there.as_known(max([AFTER, *there.legislation.common.learned])) is there


# --- old decisions against the law as it is known now --------------------------------------------------------------

SPAN = (date(2025, 1, 1), date(2025, 6, 30))


def _differences(decided: Decision, **more: Any) -> list[tuple[str, str, Decimal | None]]:
    found = redecide(_mapping(**more), decided, ON, *SPAN)
    return [(f"{one.first:%m}-{one.last:%m}", one.now.right.value, one.difference) for one in found]


def test_what_was_decided_and_would_be_now_is_told_by_months(tmp_path: Path) -> None:
    decided = _decided()
    assert redecide(_mapping(), decided, ON, *SPAN) == ()
    with another_law(tmp_path, "multi-child", _rate("2025-01-01")):
        (one,) = redecide(_mapping(), decided, ON, *SPAN)
        assert (one.then.net, one.now.net, one.months, one.as_known) == (OLD, NEW, 4, True)
        assert one.difference == 4 * (NEW - OLD)
        assert redecide(_mapping(), decided, AFTER, *SPAN)[0].as_known is False, "known by then, and not applied"
        assert redecide(_mapping(), _decided(), AFTER, *SPAN) == ()


def test_a_change_that_begins_after_the_decision_is_told_too(tmp_path: Path) -> None:
    decided = _decided()
    with another_law(tmp_path, "multi-child", _rate("2025-04-10", "2025-05-20")):
        assert _differences(decided) == [("05-05", "yes", NEW - OLD)]


def test_a_right_that_is_lost_or_gained_counts_each_month(tmp_path: Path) -> None:
    six = f"{{value: 6, known_since: {KNOWN}, reference: published-amounts-2025, mark: S}}"
    least = "      2023-07-01: {value: 4, reference: published-amounts-2025, mark: S}\n"
    decided = _decided()
    with another_law(tmp_path, "multi-child", (least, f"{least}      2025-02-01: {six}\n")):
        assert _differences(decided) == [("03-06", "no", -4 * OLD)]
    four = {"mother": "1985-05-05", "children": FIVE["children"][:4]}
    facts = family_mapping(four, ON.isoformat())
    with another_law(tmp_path, "multi-child", (least, least.replace("value: 4", "value: 5"))):
        refused = assess("multi-child", read_facts(facts), ON)
    assert refused.right is Right.NO
    fewer = six.replace("value: 6", "value: 4")
    both = f"      2023-07-01:\n        -{least.split(':', 1)[1].replace('value: 4', 'value: 5')}        - {fewer}\n"
    with another_law(tmp_path, "multi-child", (least, both)):
        (gained,) = redecide(facts, refused, ON, *SPAN)
        assert (gained.then.right, gained.then.why, gained.now.right) == (Right.NO, "too_few_children", Right.YES)
        assert (gained.months, gained.difference) == (4, 4 * Decimal("63030"))


def test_a_case_that_becomes_a_question_is_told_and_not_added(tmp_path: Path) -> None:
    facts = _mapping()
    decided = _decided()
    facts["unreadable"] = ["children"]
    with another_law(tmp_path, "multi-child", _rate("2025-01-01")):
        (one,) = redecide(facts, decided, ON, *SPAN)
        assert (one.now.right, one.now.why, one.difference) == (Right.PERSON_DECIDES, "record_unclear", None)
        assert one.as_known is False
        (later,) = redecide(facts, decided, ON, date(2025, 5, 1), date(2025, 6, 30))
        assert (later, later.first) == (one, ON), "decided before these months, and running in them"
        assert redecide(facts, decided, ON, date(2024, 5, 1), date(2025, 2, 28)) == ()


def test_a_value_that_was_changed_in_place_is_not_what_became_known(tmp_path: Path) -> None:
    decided = _decided()
    with another_law(tmp_path, "multi-child", (RATE, RATE.replace("20.04", "21"))):
        (one,) = redecide(_mapping(), decided, ON, *SPAN)
        assert isinstance(one, Redecided)
        assert (one.first, one.last, one.difference, one.as_known) == (ON, ON, NEW - OLD, False)


def test_months_outside_the_span_are_left_out(tmp_path: Path) -> None:
    decided = _decided()
    with another_law(tmp_path, "multi-child", _rate("2025-01-01")):
        (one,) = redecide(_mapping(), decided, ON, date(2025, 5, 15), date(2025, 5, 20))
        assert (one.first, one.last) == (date(2025, 5, 1), date(2025, 5, 1))
        assert redecide(_mapping(), decided, ON, date(2024, 1, 1), date(2024, 12, 31)) == ()


def test_what_is_paid_already_was_decided_on_as_if_nothing_were(tmp_path: Path) -> None:
    paid = {"payments": [{"service": "multi-child", "basis": _decided().basis, "from_date": "2024-01-01"}]}
    with another_law(tmp_path, "multi-child", _rate("2025-01-01")):
        assert _differences(_decided(BEFORE), **paid) == [("03-06", "yes", 4 * (NEW - OLD))]


def test_arrears_of_months_before_the_claim_are_compared_too(tmp_path: Path) -> None:
    """Childcare claimed in June for a child of January: the months from January on are owed, and cost more now."""
    june, family = date(2025, 6, 5), {"mother": "1990-05-05", "children": ["2025-01-20"]}
    facts = family_mapping(family, june.isoformat())
    decided = assess("childcare", read_facts(facts), june)
    assert decided.start == date(2025, 1, 20)
    rate = next(line for line in decided.trace if line.code == "childcare.rate[1]")
    text = (PARAMETERS / "childcare.yaml").read_text(encoding="utf-8")
    old = re.search(rf"\n( +{rate.since}: (\{{value: )?{rate.value:f}[^\n]*\n)", text)
    assert old is not None
    known = "{value: 7, known_since: 2025-07-01, until: 2025-03-31, reference: published-amounts-2025, mark: S}"
    with another_law(tmp_path, "childcare", (old.group(1), f"{old.group(1)}        2025-02-01: {known}\n")):
        (one,) = redecide(facts, decided, june, date(2025, 1, 1), date(2025, 6, 30))
        assert (one.first, one.last) == (date(2025, 2, 1), date(2025, 3, 1))
        assert one.now.net == Decimal("27524")  # 7 x 3 932


@pytest.mark.parametrize("decided_on", [date(2023, 8, 1), date(2024, 8, 1)], ids=str)
@pytest.mark.parametrize(("first", "difference"), [(date(2026, 7, 1), "34600"), (date(2026, 9, 1), "20760")], ids=str)
def test_all_months_asked_about_count_however_old_the_decision(
    tmp_path: Path, decided_on: date, first: date, difference: str
) -> None:
    """From 2023 on without an end: the months beyond the three years of a schedule were left out in silence."""
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2023-07-10", "number": "A-1"}
    facts = family_mapping({"mother": "1980-01-01", "awards": [award]}, decided_on.isoformat())
    decided = assess("awarded-mother", read_facts(facts), decided_on)
    text = (PARAMETERS / "awarded-mother.yaml").read_text(encoding="utf-8")
    old = re.search(r"      altyn_alka:\n(.*\n)", text)
    assert old is not None
    later = "        2026-07-01: {value: 9, known_since: 2026-11-01}\n"
    with another_law(tmp_path, "awarded-mother", (old[1], old[1] + later)):
        (one,) = redecide(facts, decided, decided_on, first, date(2026, 11, 30))
    assert (one.first, one.last, one.difference) == (first, date(2026, 11, 1), Decimal(difference))


FLOW = "[1, {value: 1.5, known_since: 2024-06-01, until: 2024-08-31}, {value: 2, known_since: 2024-09-01}]"
BLOCK = """
        - 1
        - value: 1.5
          known_since: 2024-06-01
          until: 2024-08-31
        - {value: 2, known_since: 2024-09-01}"""


@pytest.mark.parametrize("later", ["", "\n      2025-01-01: {value: 3, known_since: 2024-07-01}"])
def test_on_a_line_or_in_blocks_the_law_is_the_same(tmp_path: Path, later: str) -> None:
    flow = _series(tmp_path, f"      2024-01-01: {FLOW}{later}\n")
    block = _series(tmp_path, f"      2024-01-01:{BLOCK}{later}\n")
    braces = _series(tmp_path, f"      {{2024-01-01: {FLOW}{later.replace(chr(10), ',')}}}\n")
    for day in (date(2024, month, 15) for month in range(1, 13)):
        told = [
            [(one.since, one.until, one.value) for one in each.as_known(day).series[None]]
            for each in (flow, block, braces)
        ]
        assert told[0] == told[1] == told[2]


def test_two_values_on_one_line_are_two() -> None:
    """The one that was known later ends, and the earlier one holds again: it went on for ever."""
    early = DatedValue(date(2025, 1, 1), None, Decimal(20), "x", "C", line=7)
    late = DatedValue(
        date(2025, 1, 1), date(2025, 12, 31), Decimal(21), "x", "C", line=7, known_since=date(2025, 6, 10)
    )
    held = known_on((early, late), date.max)
    assert [(one.since, one.until, one.value) for one in held] == [
        (date(2025, 1, 1), date(2025, 12, 31), Decimal(21)),
        (date(2026, 1, 1), None, Decimal(20)),
    ]


def test_of_two_values_that_both_became_known_later_the_latest_holds() -> None:
    first = DatedValue(date(2025, 1, 1), None, Decimal(20), "x", "C", line=7, known_since=date(2025, 6, 10))
    second = DatedValue(date(2025, 1, 1), None, Decimal(21), "x", "C", line=8, known_since=date(2025, 6, 20))
    assert [one.value for one in known_on((first, second), date.max)] == [21]
    assert [one.value for one in known_on((first, second), date(2025, 6, 19))] == [20]
