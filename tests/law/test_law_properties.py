"""What must hold for any family on any day, not only for the cases that somebody thought of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import benefits
from benefits import LANGUAGES, Decision, Facts, Right, assess, assess_each, awaits_law, explain, make_iin, schedule
from benefits.codes import DeceasedStatus, IncomeKind
from benefits.facts import Child, known_on, read_facts
from benefits.terms import add_months, age, birthday, month_number

AS_AT = date(2026, 6, 15)
MONEY = st.decimals(80_000, 2_000_000, places=2)
DECEASED = make_iin(date(1975, 5, 5), "male", 77)
CODES = [service.code for service in benefits.services(every=True)]
ANY_DAY = st.dates(date(2024, 1, 1), date(2027, 12, 31))
DAYS = ANY_DAY | st.dates(date(2026, 1, 1), AS_AT) | st.dates(date(2024, 1, 1), date(2024, 3, 31))


def _seldom(strategy: st.SearchStrategy[Any], usual: Any = None) -> st.SearchStrategy[Any]:
    """The usual value eight times in nine, so that what bars a right does not hide everything behind it."""
    return st.integers(0, 8).flatmap(lambda chance: strategy if chance == 8 else st.just(usual))


@st.composite
def families(draw: Callable[[Any], Any]) -> Facts:
    """Any family that the registries could describe, gathered on AS_AT."""
    mother = make_iin(draw(st.dates(date(1950, 1, 1), date(2008, 1, 1))), "female", 1)
    father = make_iin(draw(st.dates(date(1950, 1, 1), date(2008, 1, 1))), "male", 99)
    past = st.dates(date(2010, 1, 1), AS_AT)
    adults = [
        {
            "iin": mother,
            "citizenship": draw(st.sampled_from(["citizen", "kandas", "foreigner", "stateless"])),
            "permanent_resident": draw(_seldom(st.just(False), usual=True)),
            "region": draw(_seldom(st.sampled_from(["KZ-71", None]), usual="KZ-59")),
            "imprisoned_since": draw(_seldom(past)),
            "left_country_on": draw(_seldom(past)),
        },
        {"iin": father, "died_on": draw(_seldom(past))},
    ]
    children = []
    for number in range(draw(st.integers(0, 6) | st.integers(4, 10))):
        born = draw(st.dates(date(2012, 1, 1), AS_AT) | st.dates(date(2000, 1, 1), AS_AT))
        children.append(
            {
                "iin": make_iin(born, "male", number + 1),
                "mother_iin": draw(st.sampled_from([mother, mother, None])),
                "father_iin": father,
                "lives_with": draw(_seldom(st.sampled_from([father, None]), usual=mother)),
                "birth_order": draw(_seldom(st.none() | st.integers(1, 12), usual=20 + number)),
                "born_alive": draw(_seldom(st.just(False), usual=True)),
                "relation": draw(_seldom(st.sampled_from(["adopted", "guardianship", "step"]), usual="born")),
                "died_on": draw(_seldom(st.dates(born, AS_AT))),
                "full_time_student_until": draw(st.none() | st.dates(AS_AT, date(2030, 1, 1))),
                "birth_record": f"r{number}",
            }
        )
    disabled = [mother, *(child["iin"] for child in children if child["iin"])]
    disabilities = []
    for number, iin in enumerate(draw(st.lists(st.sampled_from(disabled), max_size=3))):
        born = benefits.read_iin(iin).birth_date or AS_AT
        start = draw(st.dates(max(born, date(2015, 1, 1)), AS_AT))
        disabilities.append(
            {
                "iin": iin,
                "number": f"D{number}",
                "group": draw(st.sampled_from(["I", "II", "III", "child"])),
                "cause": draw(st.sampled_from(["general", "childhood", "military", "radiation", "other"])),
                "from_date": start,
                "until": draw(st.none() | st.dates(start, date(2035, 1, 1))),
                "decided_on": start,
            }
        )
    payments = [
        {
            "service": draw(st.sampled_from(CODES)),
            "basis": draw(st.sampled_from(["r0", "D0", mother])),
            "from_date": draw(past),
            "state": draw(st.sampled_from(["paid", "paying"])),
        }
        for _ in range(draw(st.integers(0, 2)))
    ]
    return read_facts(
        {
            "as_at": AS_AT,
            "applicant": mother,
            "adults": adults,
            "children": children,
            "disabilities": disabilities,
            "payments": payments,
            **draw(_work_and_awards(mother)),
            **draw(_deaths(mother, [child["iin"] for child in children])),
        }
    )


@st.composite
def _work_and_awards(draw: Callable[[Any], Any], mother: str) -> dict[str, Any]:
    """Insurance, loss of capacity or job, awards and the household of the applicant, each perhaps absent."""
    recent = st.dates(date(2023, 1, 1), AS_AT)
    start, registered = draw(recent), draw(recent | st.dates(date(2025, 12, 1), AS_AT))
    awards = draw(
        st.lists(
            st.sampled_from(sorted(benefits.catalogue.benefit("awarded-mother").legislation.own.words)), max_size=2
        )
    )
    found: dict[str, Any] = {
        "awards": [
            {"iin": mother, "kind": kind, "awarded_on": draw(recent), "number": f"A{number}"}
            for number, kind in enumerate(awards)
        ],
        "insurances": [draw(_insurance(iin)) for iin in (mother, DECEASED) if draw(st.integers(0, 3))],
    }
    if draw(st.booleans()):
        found["capacity_losses"] = [
            {
                "iin": mother,
                "number": "C0",
                "degree": draw(st.decimals("0.2", "1", places=2)),
                "from_date": start,
                "until": draw(st.none() | st.dates(start, date(2030, 1, 1))),
                "decided_on": start,
            }
        ]
    if draw(st.booleans()):
        ended = draw(_seldom(st.dates(registered, AS_AT)))
        found["unemployments"] = [
            {"iin": mother, "number": "U0", "registered_on": registered, "deregistered_on": ended}
        ]
    if draw(st.booleans()):
        found["household"] = {
            "quarter": draw(_seldom(st.just(date(2026, 4, 1)), usual=date(2023, 10, 1))),
            "income": draw(_seldom(st.none() | MONEY, usual=draw(st.decimals(0, 120_000, places=2)))),
            "members": [mother],
            "imputed_spending": draw(_seldom(MONEY)),
            "consumer_credits": draw(_seldom(MONEY)),
            "able_bodied": draw(_seldom(st.just(1), usual=0)),
            "contract_breached_on": draw(_seldom(recent)),
        }
        if found["household"]["income"] is None:
            kinds = st.fixed_dictionaries({"kind": st.sampled_from(IncomeKind), "amount": MONEY})
            found["household"]["incomes"] = draw(st.lists(kinds, max_size=2))
    return found


@st.composite
def _insurance(draw: Callable[[Any], Any], iin: str) -> dict[str, Any]:
    first = draw(st.sampled_from([date(2020, 1, 1), date(2021, 6, 1), date(2024, 1, 1)]))
    months = draw(_seldom(st.sampled_from([None, 0]), usual=draw(st.integers(1, 400))))
    return {
        "iin": iin,
        "contribution_months": months,
        "counted_on": draw(st.dates(date(2023, 1, 1), date(2024, 6, 1))),
        "incomes": [
            {
                "from_month": first,
                "until_month": AS_AT,
                "amount": 0 if months == 0 else draw(_seldom(st.decimals(0, 80_000, places=2), usual=draw(MONEY))),
            }
        ],
        "job_loss_months_paid": draw(_seldom(st.integers(1, 12), usual=0)),
    }


@st.composite
def _deaths(draw: Callable[[Any], Any], mother: str, children: list[str]) -> dict[str, Any]:
    """A breadwinner who died and a burial, each perhaps absent."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        orphans = draw(st.booleans())
        kept = [
            {
                "iin": iin,
                "relation": draw(st.sampled_from(["child", "sibling", "grandchild"])),
                "full_orphan": orphans,
                "disabled_before_18": draw(st.booleans()),
            }
            for iin in children
        ]
        carer = {"iin": mother, "relation": "spouse", "cares_for": draw(st.dates(date(2022, 1, 1), AS_AT))}
        found["breadwinners"] = [
            {
                "iin": DECEASED,
                "died_on": draw(st.dates(date(2021, 1, 1), AS_AT)),
                "death_record": "R0",
                "dependants": draw(st.sampled_from([kept, [*kept, carer]])),
            }
        ]
    if draw(st.booleans()):
        found["burials"] = [
            {
                "death_record": "B0",
                "died_on": draw(st.dates(date(2021, 1, 1), AS_AT)),
                "status": draw(st.sampled_from(list(DeceasedStatus))),
                "buried_by": mother,
            }
        ]
    return found


@given(families(), DAYS, st.sampled_from(CODES))
@settings(max_examples=300, deadline=None)
def test_valid_facts_always_give_a_sound_decision(facts: Facts, on: date, code: str) -> None:
    for decision in assess_each(code, facts, on):
        assert decision.gross >= 0
        assert decision.withheld >= 0
        assert decision.net == decision.gross - decision.withheld
        assert decision.gross == sum(part.gross for part in decision.parts)
        assert decision.gross == decision.gross.to_integral_value()
        assert decision.withheld == 0 or "fund" in decision.payer
        assert (decision.right is Right.YES) == (decision.gross > 0)
        assert (decision.right is Right.NO) == (decision.failed is not None)
        if decision.right is not Right.YES:  # beside a yes a further part may be open
            assert (decision.right is Right.PERSON_DECIDES) == (decision.asked is not None)
        assert decision.until is None or decision.until >= decision.start
        if decision.right is not Right.NO:
            assert decision.basis


@given(families(), DAYS, st.sampled_from(CODES))
@settings(max_examples=150, deadline=None)
def test_the_same_facts_and_day_give_the_same_decision_and_trace(facts: Facts, on: date, code: str) -> None:
    decision = assess(code, facts, on)
    assert assess(code, replace(facts), on) == decision
    assert assess(code, facts, on, trace=False) == decision._replace(trace=())


@given(families(), DAYS, st.sampled_from(CODES))
@settings(max_examples=150, deadline=None)
def test_a_decision_survives_json_and_can_be_explained(facts: Facts, on: date, code: str) -> None:
    decision = assess(code, facts, on)
    assert Decision.from_dict(decision.to_dict()) == decision
    for language in LANGUAGES:
        assert explain(decision, language)


@given(families(), DAYS, st.sampled_from(CODES))
@settings(max_examples=150, deadline=None)
def test_a_decision_uses_no_fact_known_later(facts: Facts, on: date, code: str) -> None:
    assert assess(code, facts, on) == assess(code, known_on(facts, on), on)


@given(families(), DAYS)
@settings(max_examples=150, deadline=None)
def test_one_more_child_never_means_less(facts: Facts, on: date) -> None:
    before = assess("multi-child", facts, on)
    born = date(2023, 7, 1)
    mother = facts.applicant.iin
    child = Child(make_iin(born, "female", 99), born, "female", mother_iin=mother, lives_with=mother)
    after = assess("multi-child", replace(facts, children=(*facts.children, child)), on)
    if before.right is Right.YES:
        assert after.right is Right.YES
        assert after.gross > before.gross


@given(families(), DAYS, st.sampled_from(["multi-child", "childbirth", "disability"]))
@settings(max_examples=150, deadline=None)
def test_rounding_up_adds_less_than_a_tenge_and_takes_nothing(facts: Facts, on: date, code: str) -> None:
    decision = assess(code, facts, on)
    exact = [line.value for line in decision.trace if line.code == "exact"]
    if decision.right is Right.YES:
        assert isinstance(exact[-1], Decimal)
        assert 0 <= decision.gross - exact[-1] < 1
        assert decision.gross == exact[-1].to_integral_value(ROUND_CEILING)


@given(families(), DAYS, st.sampled_from(["multi-child", "disability"]))
@settings(max_examples=150, deadline=None)
def test_the_last_day_of_a_right_is_its_last(facts: Facts, on: date, code: str) -> None:
    decision = assess(code, facts, on)
    if decision.right is Right.YES and decision.until is not None and on >= AS_AT:
        last = assess(code, facts, decision.until, basis=decision.basis)
        assert last.right is Right.YES or awaits_law(last)
        next_day = decision.until + timedelta(days=1)
        assert assess(code, facts, next_day, basis=decision.basis).right is not Right.YES


@given(families(), DAYS, st.sampled_from(CODES))
@settings(max_examples=150, deadline=None)
def test_a_schedule_is_months_in_a_row_that_add_up(facts: Facts, on: date, code: str) -> None:
    found = schedule(code, facts, on, months=30)
    assert found.decision == assess(code, facts, on)
    assert bool(found.months) == (found.decision.right is Right.YES)
    assert found.total == sum(month.net for month in found.months)
    for earlier, later in pairwise(found.months):
        assert later.month == add_months(earlier.month, 1)
    assert all(month.gross > 0 and 0 <= month.withheld < month.gross for month in found.months)
    if found.months and found.decision.frequency == "monthly":
        until = found.decision.until
        assert until is None or month_number(found.months[-1].month) <= month_number(until)
        asked = found.decision.asked
        goes_on = found.decision.suspended is not None or (asked is not None and asked.code == "law_not_entered")
        is_over = until is not None and until < on and not goes_on
        assert found.next_review is None if is_over else found.next_review is not None and found.next_review > on


@given(st.dates(date(1900, 1, 1), date(2030, 1, 1)), st.integers(0, 120))
def test_somebody_is_so_old_from_the_birthday_on(born: date, years: int) -> None:
    day = birthday(born, years)
    assert age(born, day) == years
    assert age(born, day - timedelta(days=1)) == years - 1


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 600))
def test_months_later_lie_so_many_months_later(day: date, months: int) -> None:
    assert month_number(add_months(day, months)) - month_number(day) == months


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2024, 8, 31), 18, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2025, 1, 31), -2, date(2024, 11, 30)),
    ],
)
def test_a_term_that_would_end_on_a_missing_day_ends_with_the_month(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected
