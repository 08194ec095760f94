"""The three notices without consent: every case that lawyers wrote, and what must hold for all of them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import benefits
from benefits import BadFacts, Facts, Notice, UnknownService, make_iin, notices_due
from benefits.facts import READABLE, KandasStatus, known_on, read_facts
from benefits.notices.notice import VALUES
from tests.law.casebook import family_mapping

HERE = Path(__file__).parent / "notices"
TOPICS = benefits.notice_topics()
CODES = [topic.code for topic in TOPICS]


def _cases() -> list[Any]:
    return [
        pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}")
        for path in sorted(HERE.glob("*.yaml"))
        for case in _read(path)
    ]


def _read(path: Path) -> list[dict[str, Any]]:
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - texts only
    assert content["notice"] == path.stem
    cases: list[dict[str, Any]] = content["cases"]
    return cases


def _facts(case: Mapping[str, Any]) -> Facts:
    return read_facts(family_mapping(case["family"], case.get("as_at", case["on"]), case.get("applicant")))


def _as_written(notice: Notice) -> dict[str, Any]:
    values = {name: str(value) for name, value in notice.to_dict()["values"].items() if name != "measures"}
    amounts = {name: format(Decimal(value), "f") for name, value in values.items() if name.startswith("amount")}
    lists = {name: list(value) for name, value in notice.values.items() if isinstance(value, tuple)}
    return {"kind": notice.kind, "basis": notice.basis, **values, **amounts, **lists}


def _as_expected(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{Decimal(value):.2f}" if name.startswith("amount") else value for name, value in expected.items()}


@pytest.mark.parametrize(("code", "case"), _cases())
def test_case(code: str, case: Mapping[str, Any]) -> None:
    facts, on = _facts(case), date.fromisoformat(case["on"])
    found = notices_due(facts, on, code=code)
    assert [_as_written(one) for one in found] == [_as_expected(one) for one in case["expect"]]
    assert [Notice.from_dict(json.loads(json.dumps(one.to_dict()))) for one in found] == list(found)
    assert all(isinstance(one.to_dict()["values"].get("measures", []), list) for one in found)
    assert notices_due(facts, on, code=code, trace=False) == tuple(replace(one, trace=()) for one in found)
    for one in found:
        assert one.code == code
        assert one.on == on
        assert one.kind in benefits.notice_topic(code, on).kinds
        assert set(one.values) <= VALUES
        assert one.unverified, "the terms of notices are nobody's law yet, and say so"


@pytest.mark.parametrize(("code", "case"), _cases())
def test_a_notice_reads_no_more_than_it_says(code: str, case: Mapping[str, Any]) -> None:
    facts, on = _facts(case), date.fromisoformat(case["on"])
    unread: dict[str, Any] = dict.fromkeys(READABLE - benefits.notice_topic(code).reads - {"adults", "household"}, ())
    less = replace(facts, household=None, adults=(facts.applicant,), **unread)
    assert notices_due(less, on, code=code) == notices_due(facts, on, code=code)


@pytest.mark.parametrize("code", CODES)
def test_each_topic_has_cases_with_and_without_a_notice_and_of_every_kind(code: str) -> None:
    cases = _read(HERE / f"{code}.yaml")
    assert sum(1 for case in cases if case["expect"]) >= 5
    assert any(not case["expect"] for case in cases)
    topic = benefits.notice_topic(code)
    assert {one["kind"] for case in cases for one in case["expect"]} == set(topic.kinds)
    assert set(topic.kinds) <= set(topic.texts)
    assert topic.events


def test_the_topics_as_in_force_on_a_day() -> None:
    assert benefits.notice_topics(date(2025, 1, 1)) == TOPICS
    assert [(topic.code, topic.names.en) for topic in TOPICS] == [
        ("pension", "Notice of a pension"),
        ("kandas", "Notice of the status of a kandas"),
        ("employment", "Notice of measures of employment"),
    ]
    assert all(topic.ground.kk for topic in TOPICS)
    assert [sorted(topic.events) for topic in TOPICS] == [["pension"], ["kandas"], ["job_loss"]]
    with pytest.raises(BadFacts, match="not before the first parameter"):
        benefits.notice_topics(date(2022, 12, 31))


def test_every_measure_has_a_name() -> None:
    topic = benefits.notice_topic("employment")
    family = {"mother": "1980-05-05", "unemployments": [{"of": "mother", "number": "U", "registered_on": "2025-03-01"}]}
    (found,) = notices_due(_facts({"family": family, "on": "2025-03-01"}), date(2025, 3, 1), code="employment")
    measures = found.values["measures"]
    assert isinstance(measures, tuple)
    assert set(measures) <= set(topic.texts)


def test_all_notices_of_a_person_at_once() -> None:
    """A kandas who is unemployed shortly before the pension age: three topics, three notices, each with its basis."""
    on = date(2025, 5, 1)
    mother = make_iin(date(1964, 5, 5), "female", 1)
    facts = read_facts(
        {
            "as_at": on,
            "applicant": mother,
            "adults": [{"iin": mother, "citizenship": "kandas"}],
            "unemployments": [{"iin": mother, "number": "U-1", "registered_on": on}],
        }
    )
    status = KandasStatus(mother, "K-1", on - timedelta(days=300), on + timedelta(days=10), on - timedelta(days=300))
    found = notices_due(replace(facts, kandas_statuses=(status,)), on)
    assert [one.code for one in found] == ["pension", "kandas", "employment"]
    assert len({(one.code, one.basis) for one in found}) == 3


def test_what_is_decided_later_is_not_told_yet() -> None:
    decided = date(2025, 5, 20)
    mother = make_iin(date(1985, 5, 5), "female", 1)
    status = {"iin": mother, "number": "K-1", "from_date": "2025-05-20", "until": "2025-06-01", "decided_on": decided}
    adult = {"iin": mother, "citizenship": "kandas"}
    facts = read_facts({"as_at": decided, "applicant": mother, "adults": [adult], "kandas_statuses": [status]})
    assert notices_due(facts, decided, code="kandas")
    assert not notices_due(facts, decided - timedelta(days=1), code="kandas")


@pytest.mark.parametrize(
    ("record", "field", "rule"),
    [
        ({"pensions": [{"amount": "-1"}]}, "pensions[0].amount", "money is not negative"),
        ({"pensions": [{"decided_on": "2025-05-02"}]}, "pensions[0].decided_on", "not in the future"),
        ({"pensions": [{"until": "2019-12-31"}]}, "pensions[0].until", "not before the beginning of the period"),
        ({"pensions": [{}, {}]}, "pensions.number", "given only once"),
        ({"kandas_statuses": [{"until": None}]}, "kandas_statuses[0].until", "required"),
        ({"kandas_statuses": [{"iin": "061211600012"}]}, "kandas_statuses[0].iin", "a member of the family"),
        ({"kandas_statuses": [{"decided_on": "2025-05-02"}]}, "kandas_statuses[0].decided_on", "not in the future"),
        ({"kandas_statuses": [{}, {}]}, "kandas_statuses.number", "given only once"),
    ],
)
def test_bad_facts_name_field_and_rule(record: dict[str, list[dict[str, Any]]], field: str, rule: str) -> None:
    mother = make_iin(date(1964, 5, 5), "female", 1)
    usual = {"iin": mother, "number": "N", "from_date": "2020-01-01", "until": "2025-12-31", "decided_on": "2020-01-01"}
    more = {"pensions": {"amount": "100000"}, "kandas_statuses": {}}
    given = {name: [{**usual, **more[name], **one} for one in records] for name, records in record.items()}
    with pytest.raises(BadFacts) as caught:
        read_facts({"as_at": "2025-05-01", "applicant": mother, "adults": [{"iin": mother}], **given})
    assert (caught.value.field, caught.value.rule) == (field, rule)


@st.composite
def _persons(draw: Callable[[Any], Any]) -> Facts:
    """Somebody near the pension age with any pensions, statuses and registrations, perhaps none."""
    as_at = date(2026, 6, 15)
    iin = make_iin(draw(st.dates(date(1960, 1, 1), date(1995, 1, 1))), draw(st.sampled_from(["female", "male"])), 1)
    past = st.dates(date(2026, 1, 1), as_at)
    numbers = range(draw(st.integers(0, 3)))
    money = st.decimals(50_000, 400_000, places=2)
    return read_facts(
        {
            "as_at": as_at,
            "applicant": iin,
            "adults": [{"iin": iin, "citizenship": draw(st.sampled_from(["citizen", "kandas"]))}],
            "pensions": [
                {
                    "iin": iin,
                    "number": f"P{n}",
                    "amount": draw(money),
                    "from_date": draw(past),
                    "decided_on": draw(past),
                }
                for n in numbers
            ],
            "kandas_statuses": [
                {
                    "iin": iin,
                    "number": f"K{n}",
                    "from_date": date(2025, 1, 1),
                    "until": draw(st.dates(date(2026, 1, 1), date(2027, 1, 1))),
                    "decided_on": draw(past),
                }
                for n in numbers
            ],
            "unemployments": [{"iin": iin, "number": f"U{n}", "registered_on": draw(past)} for n in numbers],
        }
    )


@given(_persons(), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
@settings(max_examples=200, deadline=None)
def test_notices_of_anybody_are_sound(facts: Facts, on: date) -> None:
    found = notices_due(facts, on)
    assert found == notices_due(known_on(facts, on), on)
    assert len({one.code for one in found}) == len(found), "one notice of a topic at a time"
    for one in found:
        assert one.basis
        assert Notice.from_dict(one.to_dict()) == one


def test_an_unknown_topic_and_a_day_before_the_law_are_refused() -> None:
    facts = _facts({"family": {"mother": "1964-05-05"}, "on": "2025-05-05"})
    with pytest.raises(UnknownService, match="unknown service 'weather'; one of pension, kandas, employment"):
        notices_due(facts, date(2025, 5, 5), code="weather")
    with pytest.raises(BadFacts, match="not before the first parameter"):
        notices_due(facts, date(2022, 12, 31), code="pension")
    with pytest.raises(BadFacts, match="not before the applicant's birth"):
        notices_due(facts, date(1964, 5, 4))
