"""What is owed month by month: gaps that end, months in doubt, and that later events change nothing of a month."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import benefits
from benefits import Due, Facts, make_iin, owed
from benefits.codes import Cause, Citizenship, DependantRelation, Group
from benefits.facts import (
    Adult,
    Award,
    Breadwinner,
    CapacityLoss,
    Child,
    Dependant,
    Disability,
    Income,
    Insurance,
    KandasStatus,
    Pension,
    Unemployment,
    read_facts,
)
from benefits.terms import add_months, end_of_month, month_of
from tests.law.casebook import family_mapping

FIRST, LAST = date(2024, 1, 1), date(2026, 6, 30)
MOTHER, FATHER = make_iin(date(1990, 5, 5), "female", 1), make_iin(date(1985, 5, 5), "male", 2)
INSURED = tuple(
    Insurance(iin, 70, FIRST, (Income(date(2021, 1, 1), date(2026, 6, 1), Decimal(300_000)),))
    for iin in (MOTHER, FATHER)
)
CAUSES, GROUPS = [Cause.GENERAL, Cause.CHILDHOOD], [Group.I, Group.II, Group.III, Group.CHILD]

Life = list[tuple[date, Callable[[Facts], Facts]]]
"""What happens to a family, each with its day."""


def _facts(on: str, family: dict[str, Any]) -> Facts:
    return read_facts(family_mapping(family, on))


def _child(born: date, number: int) -> Child:
    iin = make_iin(born, "male", number)
    return Child(iin, born, "male", MOTHER, FATHER, True, number, lives_with=MOTHER, birth_record=f"r{number}")


def _dependants(children: tuple[Child, ...]) -> tuple[Dependant, ...]:
    return tuple(Dependant(one.iin or "", one.birth_date, DependantRelation.CHILD) for one in children)


@st.composite
def families(draw: Callable[[Any], Any]) -> Facts:
    """A family on the first day, of which much may be a right."""
    births = st.dates(date(2004, 1, 1), date(2008, 12, 31)) | st.dates(date(2016, 1, 1), FIRST)
    children = tuple(
        replace(_child(draw(births), number), full_time_student_until=draw(st.sampled_from([None, date(2028, 6, 30)])))
        for number in range(1, draw(st.integers(3, 6)) + 1)
    )
    began = draw(st.dates(date(2023, 7, 1), FIRST))
    mother = Adult(MOTHER, date(1990, 5, 5), "female", draw(st.sampled_from(list(Citizenship))))
    until = draw(st.none() | st.dates(date(2024, 3, 1), LAST))
    disabilities = tuple(
        Disability(iin, f"D{n}", draw(st.sampled_from(GROUPS)), draw(st.sampled_from(CAUSES)), began, until, began)
        for n, iin in enumerate((MOTHER, children[0].iin or "", children[-1].iin or ""))
    )
    return Facts(
        LAST,
        mother,
        (mother, Adult(FATHER, date(1985, 5, 5), "male")),
        children,
        disabilities,
        awards=(Award(MOTHER, "altyn_alka", began, "A0"),),
        insurances=INSURED,
        capacity_losses=(CapacityLoss(MOTHER, "C0", Decimal("0.5"), began, until, began),),
        unemployments=(Unemployment(MOTHER, "U0", draw(st.dates(date(2023, 10, 1), FIRST))),),
        breadwinners=(Breadwinner(make_iin(date(1980, 1, 1), "male", 9), began, "R0", _dependants(children)),),
        kandas_statuses=(KandasStatus(MOTHER, "K0", began, draw(st.dates(date(2024, 2, 1), LAST)), began),),
    )


def _of_the_mother(**changed: Any) -> Callable[[Facts], Facts]:
    def change(facts: Facts) -> Facts:
        mother = replace(facts.applicant, **changed)
        return replace(facts, applicant=mother, adults=(mother, *facts.adults[1:]))

    return change


def _of_a_child(number: int, **changed: Any) -> Callable[[Facts], Facts]:
    def change(facts: Facts) -> Facts:
        at = number % len(facts.children)
        children = [replace(one, **changed) if n == at else one for n, one in enumerate(facts.children)]
        return replace(facts, children=tuple(children))

    return change


def _study_ends(child: Child, day: date) -> Child:
    study = child.full_time_student_until
    return child if study is None else replace(child, full_time_student_until=min(study, day))


def _more(field: str, one: Any) -> Callable[[Facts], Facts]:
    def change(facts: Facts) -> Facts:
        more: dict[str, Any] = {field: (*getattr(facts, field), one)}
        return replace(facts, **more)

    return change


KINDS = 17


def _event(draw: Callable[[Any], Any], n: int, kind: int, day: date) -> Callable[[Facts], Facts]:
    number, until = draw(st.integers(0, 5)), draw(st.none() | st.dates(day, date(2027, 1, 1)))
    late = min(LAST, day + timedelta(draw(st.sampled_from([0, 100]))))
    degree, group, cause = Decimal("0.8"), draw(st.sampled_from(GROUPS)), draw(st.sampled_from(CAUSES))
    events: list[Callable[[Facts], Facts]] = [
        _more("children", _child(day, 20 + n)),
        _of_a_child(number, died_on=day),
        lambda facts: replace(facts, children=tuple(_study_ends(one, day) for one in facts.children)),
        _of_the_mother(imprisoned_since=day),
        _of_the_mother(left_country_on=day),
        _of_the_mother(missing_since=day),
        _of_the_mother(died_on=day),
        _of_the_mother(citizenship_lost_on=day),
        lambda facts: replace(facts, adults=(facts.adults[0], replace(facts.adults[1], died_on=day))),
        lambda facts: replace(
            facts, unemployments=(replace(facts.unemployments[0], deregistered_on=day), *facts.unemployments[1:])
        ),
        lambda facts: _more("breadwinners", Breadwinner(FATHER, day, f"R{n + 1}", _dependants(facts.children)))(facts),
        lambda facts: _more(
            "disabilities",
            Disability(facts.disabilities[number % 3].iin, f"D{9 + n}", group, cause, day, until, late),
        )(facts),
        _more("capacity_losses", CapacityLoss(MOTHER, f"C{n + 1}", degree, day, until, late)),
        _more("unemployments", Unemployment(MOTHER, f"U{n + 1}", day)),
        _more("pensions", Pension(MOTHER, f"P{n}", Decimal(1000), day, until, late)),
        _more("kandas_statuses", KandasStatus(MOTHER, f"K{n + 1}", day, until or LAST, late)),
        _more("awards", Award(MOTHER, "kumis_alka", day, f"A{n + 1}")),
    ]
    assert len(events) == KINDS
    return events[kind]


@st.composite
def lives(draw: Callable[[Any], Any]) -> Life:
    days = sorted(draw(st.lists(st.dates(FIRST + timedelta(1), LAST), min_size=1, max_size=5, unique=True)))
    # Each kind once: a register keeps one day of a person's imprisonment, and the last.
    kinds = draw(st.lists(st.integers(0, KINDS - 1), min_size=len(days), max_size=len(days), unique=True))
    return [(day, _event(draw, n, kind, day)) for n, (kind, day) in enumerate(zip(kinds, days, strict=True))]


def _lived(facts: Facts, life: Life, through: date) -> Facts:
    for day, event in life:
        if day <= through:
            facts = event(facts)
    return facts


RIGHTS = [
    ("multi-child", MOTHER),
    ("childcare", "r3"),
    ("job-loss", "U0"),
    ("capacity-loss", "C0"),
    ("breadwinner-loss", "R0"),
    ("disability", "D0"),
    ("disability", "D1"),
    ("disabled-child-carer", "D2"),
    ("awarded-mother", "A0"),
]


@pytest.mark.parametrize(("code", "basis"), RIGHTS, ids=[f"{code}-{basis[:2]}" for code, basis in RIGHTS])
@given(families(), lives(), st.dates(FIRST, LAST), st.integers(0, 29))
@settings(max_examples=60, deadline=None)
def test_what_happens_later_changes_nothing_of_a_month(
    code: str, basis: str, facts: Facts, life: Life, claimed_on: date, months: int
) -> None:
    """Known at the end of a month or learned years after it: the months up to it are the same."""
    through = end_of_month(add_months(FIRST, months))
    known_then, known_now = _lived(facts, life, through), _lived(facts, life, LAST)
    then = owed(code, known_then, claimed_on, basis=basis, through=through)
    now = owed(code, known_now, claimed_on, basis=basis, through=LAST)
    assert [one for one in now if one.month <= through] == list(then)
    assert [one.month for one in now] == [add_months(now[0].month, n) for n in range(len(now))] if now else True
    for one in now:
        assert (one.gross > 0) == (one.due is Due.OWED)
        assert one.reason is not None or one.due in (Due.OWED, Due.OVER)
        assert one.foreseen is None or one.due is Due.ASKED


def test_a_suspension_that_ends_goes_on() -> None:
    """The certificate ended on 31.03, the next began on 10.06: by L art. 27 March is paid, April to June are not."""
    statuses = [
        {"of": "mother", "number": "K-1", "from_date": "2025-01-01", "until": "2026-03-31", "decided_on": "2025-01-01"},
        {"of": "mother", "number": "K-2", "from_date": "2026-06-10", "until": "2027-06-09", "decided_on": "2026-06-10"},
    ]
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2025-01-01", "number": "A-1"}
    family = {"mother": {"born": "1985-05-05", "citizenship": "kandas"}, "awards": [award], "kandas_statuses": statuses}
    facts = _facts("2026-08-20", family)
    found = owed("awarded-mother", facts, date(2026, 2, 10), basis="A-1", through=date(2026, 8, 31))
    assert [str(one.due) for one in found] == ["owed"] * 2 + ["suspended"] * 3 + ["owed"] * 2
    assert {one.reason.code for one in found if one.reason} == {"kandas_expired"}


def test_the_month_of_a_death_or_of_leaving_is_paid_and_none_after() -> None:
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2025-01-01", "number": "A-1"}
    for field, due in (("died_on", Due.OVER), ("left_country_on", Due.NOT_A_RIGHT)):
        mother = {"born": "1985-05-05", field: "2026-04-01" if field == "died_on" else "2026-04-20"}
        facts = _facts("2026-08-20", {"mother": mother, "awards": [award]})
        found = owed("awarded-mother", facts, date(2026, 2, 10), basis="A-1", through=date(2026, 6, 30))
        assert [one.due for one in found] == [Due.OWED] * 3 + [due] * 2


@pytest.mark.parametrize("field", ["imprisoned_since", "left_country_on", "missing_since"])
def test_what_is_due_to_children_is_not_lost_by_the_parent_who_received_it(field: str) -> None:
    child = {"of": "woman born 2015-03-01", "birth_date": "2015-03-01", "relation": "child"}
    death = {"of": "man born 1975-05-05", "died_on": "2025-01-10", "death_record": "DR-1", "dependants": [child]}
    facts = _facts("2026-08-20", {"mother": {"born": "1985-05-05", field: "2026-04-20"}, "breadwinners": [death]})
    found = owed("breadwinner-loss", facts, date(2026, 3, 10), basis="DR-1", through=date(2026, 6, 30))
    assert [one.due for one in found][-4:] == [Due.OWED] * 2 + [Due.ASKED] * 2
    assert [one.reason.code for one in found if one.reason] == ["who_receives_it"] * 2


def test_what_a_person_decides_and_what_the_next_law_will_say_are_asked() -> None:
    award = {"of": "mother", "kind": "altyn_alka", "awarded_on": "2025-01-01", "number": "A-1"}
    facts = _facts("2026-11-20", {"mother": "1985-05-05", "awards": [award]})
    december, january = owed("awarded-mother", facts, date(2026, 12, 1), basis="A-1", through=date(2027, 1, 31))
    assert (december.due, december.gross, december.foreseen) == (Due.OWED, Decimal(32005), None)
    assert (january.due, january.gross, january.foreseen) == (Due.ASKED, Decimal(0), (Decimal(34085), Decimal(0)))
    assert january.reason is not None
    assert january.reason.code == "law_not_entered"
    assert january.to_dict()["foreseen"] == ["34085.00", "0.00"]


def test_months_before_the_known_law_are_asked_about_one_by_one() -> None:
    facts = _facts("2024-01-20", {"mother": "1985-05-05", "children": ["2023-05-10"]})
    found = owed("childcare", facts, date(2024, 1, 20), basis="birth record 1", through=date(2023, 8, 31))
    assert [str(one.due) for one in found] == ["asked", "asked", "owed", "owed"]
    assert found[0].month == date(2023, 5, 1)


def test_what_is_paid_once_is_owed_in_the_month_of_the_claim() -> None:
    facts = _facts("2025-03-10", {"mother": "1985-05-05", "children": ["2025-03-01"]})
    (once,) = owed("childbirth", facts, date(2025, 3, 10), basis="birth record 1", through=date(2025, 12, 31))
    assert (once.month, once.due, once.net) == (date(2025, 3, 1), Due.OWED, Decimal(149416))
    assert owed("childbirth", facts, date(2025, 3, 10), basis="birth record 1", through=date(2025, 2, 1)) == ()


def test_every_month_of_a_schedule_is_one_that_is_owed() -> None:
    facts = _facts("2025-12-20", {"mother": "1995-05-05", "children": ["2025-11-28"]})
    on = date(2025, 12, 20)
    listed = benefits.schedule("childcare", facts, on)
    months = owed("childcare", facts, on, basis=listed.decision.basis, through=date(2028, 11, 30))
    shown = [(one.month, one.gross or (one.foreseen or (None,))[0]) for one in months if one.due is not Due.OVER]
    assert shown == [(one.month, one.gross) for one in listed.months]
    assert month_of(on) in dict(shown)


def test_a_right_that_begins_within_a_month_is_owed_for_it() -> None:
    """The spouse reaches the pension age on 10.12: nobody counted before, and December is the first month."""
    spouse = {"of": "mother", "relation": "spouse", "sex": "female", "disabled": "false"}
    death = {"of": "man born 1960-05-05", "died_on": "2026-03-15", "death_record": "DR-1", "dependants": [spouse]}
    facts = _facts("2026-12-20", {"mother": "1965-12-10", "breadwinners": [death]})
    found = owed("breadwinner-loss", facts, date(2026, 12, 20), basis="DR-1", through=date(2026, 12, 31))
    assert [str(one.due) for one in found] == ["not_a_right"] * 9 + ["owed"]
    listed = benefits.schedule("breadwinner-loss", facts, date(2026, 12, 20)).months
    assert (listed[0].month, listed[0].gross) == (found[-1].month, found[-1].gross)
