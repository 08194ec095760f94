"""Late knowledge costs nobody anything: whatever is learned however late, the sum of all payments, arrears and demands
is what a machine that knew from the start would have paid, month by month."""

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benefits import Facts, Right, assess
from benefits.decision import ZERO
from benefits.facts import read_facts
from benefits.owed import Due
from benefits.paying import Recovering, recovering
from benefits.reckoned import Difference, Grant, MonthAccount, Sum, differences, law_of, reckon
from tests.law.another_law import another_law
from tests.law.casebook import family_mapping
from tests.law.lives import Event, Machine, play
from tests.law.test_owed import FIRST, LAST, RIGHTS, Life, families, lives

NOTHING = Sum()
LIVES = 600 if os.environ.get("DEMEU_SOAK") else 25
"""Of each right."""


@st.composite
def late(draw: Callable[[Any], Any], life: Life) -> list[Event]:
    """Each event with the day on which it is learned of: at once, or up to two years later."""
    days = (draw(st.sampled_from([0, 0, 10, 40, 100, 300, 700])) for _ in life)
    return [
        Event(day, min(LAST, day + timedelta(days=late_by)), change)
        for (day, change), late_by in zip(life, days, strict=True)
    ]


@pytest.mark.parametrize(("code", "basis"), RIGHTS, ids=[f"{code}-{basis[:2]}" for code, basis in RIGHTS])
@given(st.data(), families(), lives(), st.dates(FIRST, FIRST + timedelta(200)))
@settings(max_examples=LIVES, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_learned_late_comes_to_the_same(
    code: str, basis: str, data: st.DataObject, facts: Facts, life: Life, claimed_on: date
) -> None:
    events = data.draw(late(life))
    grant = claim_of(code, basis, replace(facts, as_at=LAST), claimed_on)
    at_once = play(grant, facts, [replace(one, learned=one.happens) for one in events], LAST)
    learned = play(grant, facts, events, LAST)
    assert learned.reckoned is not None
    # What a person must decide is left as it stood, and so is another thing to each of them.
    asked = {one.month for one in learned.reckoned.asked}
    for month in {*learned.claimed, *at_once.claimed, *learned.owed} - asked:
        if month <= LAST:
            assert learned.kept(month) == at_once.kept(month) == learned.owed.get(month, Sum())
    for machine in (learned, at_once):
        balanced(machine)


def claim_of(code: str, basis: str, facts: Facts, claimed_on: date) -> Grant:
    decision = assess(code, facts, claimed_on, basis=basis, trace=False)
    start = decision.start if decision.right is Right.YES else claimed_on
    return Grant(code, basis, claimed_on, facts, start, decision.until if decision.right is Right.YES else None)


def balanced(machine: Machine) -> None:
    """assigned = credited + recovered, and of what is demanded nothing is forgotten."""
    assigned = sum((one.net for one in machine.claimed.values()), ZERO)
    recovered = sum((one.recovered.net for one in machine.demands), ZERO)
    open_ = sum((one.open.net for one in machine.demands), ZERO)
    demanded = sum((machine.demanded(month).net for month in machine.claimed), ZERO)
    assert assigned == machine.left + recovered
    assert demanded == recovered + open_
    for one in machine.demands:
        assert one.open.net >= 0
        assert one.open.withheld >= 0
    for month, claimed in machine.claimed.items():
        assert claimed.net >= 0
        assert claimed.withheld >= 0
        assert machine.kept(month).net >= 0


def test_parts_of_a_month_are_demanded_and_let_go_each_by_itself() -> None:
    month = date(2026, 1, 1)

    def found(owed: Sum, claimed: Sum, demanded: Sum = NOTHING) -> tuple[Difference, ...]:
        return differences({month: MonthAccount(owed, claimed, demanded)})

    ten, four = Sum(Decimal(10), Decimal(1)), Sum(Decimal(4), Decimal(2))
    assert found(ten, ten) == ()
    assert found(ten, four) == (Difference(month, Sum(ZERO, Decimal(1)), Sum()),), "its arrears are the next run's"
    assert found(four, ten) == (Difference(month, Sum(Decimal(6), ZERO), Sum()),)
    assert found(ten, ten, four) == (Difference(month, Sum(), four),)
    assert found(Sum(), ten, four) == (Difference(month, Sum(Decimal(6), ZERO), Sum(ZERO, Decimal(1))),)


def test_an_instalment_is_a_share_and_leaves_the_minimum() -> None:
    terms = Recovering(30, Decimal("0.25"), Decimal(25_000))
    assert terms.kept_back(Decimal(69_330), Decimal(1_000_000)) == 17_332
    assert terms.kept_back(Decimal(69_330), Decimal(500)) == 500
    assert terms.kept_back(Decimal(27_000), Decimal(500_000)) == 2_000
    assert terms.kept_back(Decimal(20_000), Decimal(500_000)) == 0
    assert recovering(date(2026, 2, 1)) == Recovering(30, Decimal("0.25"), Decimal("25425.5"))


def award(on: str, **more: Any) -> tuple[Grant, Facts]:
    award_ = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2025-01-01", "number": "A-1"}
    facts = read_facts(family_mapping({"mother": {"born": "1985-05-05"} | more, "awards": [award_]}, on))
    return Grant("awarded-mother", "A-1", date(2025, 11, 10), facts, date(2025, 11, 10), None), facts


def test_a_january_needs_no_hand() -> None:
    grant, facts = award("2026-01-02")
    found = reckon(grant, facts, date(2026, 1, 2))
    assert [(one.first, one.last, one.gross) for one in found.stretches] == [
        (date(2025, 11, 1), date(2025, 12, 1), Decimal(29_097)),
        (date(2026, 1, 1), date(2026, 12, 1), Decimal(32_005)),
    ]
    assert {one.due for one in found.asked} == {Due.ASKED}, "of 2027 there is no law yet"
    assert (found.until, found.next_review) == (None, date(2027, 1, 1))


def test_a_month_without_law_is_looked_at_again_the_next_day() -> None:
    grant, facts = award("2027-01-04")
    assert reckon(grant, facts, date(2027, 1, 4)).next_review == date(2027, 1, 5)


def test_a_death_ends_it_with_its_month_and_leaving_the_country_with_its_own() -> None:
    grant, facts = award("2026-08-20", died_on="2026-04-10")
    found = reckon(grant, facts, date(2026, 8, 20))
    assert (found.until, found.next_review, found.stretches[-1].last) == (date(2026, 4, 30), None, date(2026, 4, 1))
    grant, facts = award("2026-08-20", left_country_on="2026-04-10")
    found = reckon(grant, facts, date(2026, 8, 20))
    assert (found.until, found.next_review, found.stretches[-1].last) == (None, date(2026, 9, 1), date(2026, 4, 1))
    assert reckon(grant, facts, date(2027, 6, 2)).next_review is None, "who comes back after years claims anew"


def test_what_a_person_must_decide_stays_as_it_stood() -> None:
    grant, facts = award("2026-02-02")
    stood = reckon(grant, facts, date(2026, 2, 2)).stretches
    unclear = replace(facts, awards=(replace(facts.awards[0], kind="another"),))
    found = reckon(grant, unclear, date(2026, 2, 2), stood)
    assert found.asked[0].month == date(2025, 11, 1)
    assert found.stretches == stood
    assert found.next_review == date(2026, 3, 1)


def test_a_law_is_known_by_its_values_and_one_that_changed_backwards_makes_all_months_anew(tmp_path: Path) -> None:
    grant, facts = award("2026-02-02")
    before, stood = law_of("awarded-mother"), reckon(grant, facts, date(2026, 2, 2)).stretches
    assert law_of("awarded-mother") == before != law_of("multi-child")
    with another_law(tmp_path, "awarded-mother", ("2023-07-01: 7.40", "2023-07-01: 7.50")):
        assert law_of("awarded-mother") != before
        found = reckon(grant, facts, date(2026, 2, 2), stood).stretches
    assert [one.gross for one in found] == [Decimal(29_490), Decimal(32_438)]
