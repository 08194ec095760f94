"""What the registries are asked and what comes of it: nothing in vain, everybody once, as at the day of asking."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

import benefits
from activities.facts import Asked, ask_registries
from adapters.errors import Unavailable
from benefits import Right, make_iin
from benefits.days import day_of
from benefits.facts import READABLE, read_facts
from benefits.terms import quarter_before
from tests.activities.small_world import world_of
from tests.adapters.outside import Outside, outside_at, stubs_here

ON = date(2026, 11, 20)
MOTHER, FATHER = make_iin(date(1985, 3, 12), "female", 1), make_iin(date(1983, 7, 4), "male", 1)
GRANDMOTHER = make_iin(date(1955, 1, 1), "female", 1)
BORN = (date(2012, 1, 15), date(2014, 2, 15), date(2016, 3, 15), date(2019, 4, 15))
CHILDREN = tuple(make_iin(born, "female", n) for n, born in enumerate(BORN, 1))
GROWN = make_iin(date(2006, 5, 5), "female", 9)

ROUTES = {
    "adults": "/persons/v1/{iin}/household",
    "children": "/civil/v1/families/{iin}",
    "disabilities": "/disability/v1/{iin}",
    "awards": "/awards/v1/{iin}",
    "insurances": "/fund/v1/{iin}/insurance",
    "capacity_losses": "/fund/v1/{iin}/capacity-losses",
    "unemployments": "/labour/v1/{iin}",
    "breadwinners": "/deaths/v1/{iin}/breadwinners",
    "burials": "/deaths/v1/{iin}/burials",
    "household": "/assistance/v1/{iin}/household",
    "pensions": "/pensions/v1/{iin}",
    "kandas_statuses": "/kandas/v1/{iin}",
}
"""Which route of the registries answers for a field of the facts; payments are E-Maket's."""

OF_A_KANDAS = "kandas_statuses"
"""What nobody is asked of a citizen."""

READING = {service.code: service.reads for service in benefits.services(every=True)}
READING |= {topic.code: topic.reads for topic in benefits.notice_topics()}


def living(iin: str, sex: str, born: date, **sections: Any) -> dict[str, Any]:
    person = {"family_name": "Үлгі", "given_name": "Адам", "birth_date": born.isoformat(), "sex": sex}
    return {"iin": iin, "person": person} | sections


def child(n: int, **members: Any) -> dict[str, Any]:
    known = {"iin": CHILDREN[n], "birth_date": BORN[n].isoformat(), "sex": "female", "birth_order": n + 1}
    return known | {"father_iin": FATHER} | members


def mother(**sections: Any) -> dict[str, Any]:
    """A mother of four, of whom every registry holds something."""
    known = living(MOTHER, "female", date(1985, 3, 12))
    return (
        known
        | {
            "children": [child(n) for n in range(4)],
            "household": [FATHER],
            "awards": [{"number": "A-1", "kind": "kumis_alka", "awarded_on": "2020-01-01"}],
            "insurance": insured(30, 240_000),
            "capacity_losses": [
                {"number": "C-1", "degree": "0.5", "from_date": "2026-09-01", "decided_on": "2026-09-01"}
            ],
            "unemployment": [{"number": "U-1", "registered_on": "2026-11-02"}],
            "breadwinners": [
                {
                    "iin": GRANDMOTHER,
                    "died_on": "2026-10-10",
                    "death_record": "DR-1",
                    "dependants": [{"iin": CHILDREN[3], "birth_date": "2019-04-15", "relation": "grandchild"}],
                }
            ],
            "burials": [{"death_record": "DR-1", "died_on": "2026-10-10", "status": "pension"}],
            "assistance": {"members": [MOTHER, FATHER, *CHILDREN], "incomes": {"2026-07-01": "300000"}},
        }
        | sections
    )


def father(**sections: Any) -> dict[str, Any]:
    return living(FATHER, "male", date(1983, 7, 4)) | sections


def insured(months: int, income: int, counted_on: str = "2026-10-31") -> dict[str, Any]:
    incomes = [{"from_month": "2024-01-01", "until_month": "2026-10-01", "amount": str(income)}]
    return {"contribution_months": months, "counted_on": counted_on, "incomes": incomes}


@pytest.fixture(scope="module")
async def _registries(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outside]:
    async with stubs_here(tmp_path_factory.mktemp("registries")) as urls, outside_at(urls) as outside:
        yield outside


@pytest.fixture
async def registries(_registries: Outside) -> Outside:
    """The registries, with the family in them."""
    await _registries.forget()
    await _registries.cast(mother(), father())
    return _registries


async def asked(outside: Outside, service: str, iin: str = MOTHER, on: date = ON) -> Asked:
    return await ask_registries(world_of(outside), iin, READING[service], on, service)


async def decided(outside: Outside, service: str, iin: str = MOTHER, on: date = ON) -> benefits.Decision:
    """What the law says to what the registries say."""
    facts = read_facts((await asked(outside, service, iin, on)).mapping)
    return benefits.assess(service, facts, on)


async def reads(outside: Outside, agency: str = "registries") -> dict[str, int]:
    """How often each route was asked, counted where the questions arrive."""
    counted: dict[str, int] = (await outside.admin(agency, "GET", "/admin/reads"))["reads"]
    return counted


# --- data minimisation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", READING)
async def test_a_registry_that_the_law_does_not_read_is_not_asked(registries: Outside, code: str) -> None:
    facts = read_facts((await asked(registries, code)).mapping)
    expected = {"/persons/v1/{iin}"} | {ROUTES[name] for name in READING[code] - {"payments", OF_A_KANDAS}}
    assert set(await reads(registries)) == expected
    assert set(await reads(registries, "emaket")) == ({"/emaket/v1/payments"} if "payments" in READING[code] else set())
    for name in READABLE - READING[code] - {"adults"}:
        assert not getattr(facts, name), f"{name} is known and not read"


async def test_of_a_kandas_the_status_is_asked(registries: Outside) -> None:
    person = mother()
    await registries.cast(person | {"person": person["person"] | {"citizenship": "kandas"}})
    await asked(registries, "multi-child")
    assert ROUTES[OF_A_KANDAS] in await reads(registries)


def test_every_field_of_the_facts_has_a_registry() -> None:
    assert set(ROUTES) | {"payments"} == READABLE


async def test_names_stay_behind(registries: Outside) -> None:
    for code in READING:
        assert "Үлгі" not in str((await asked(registries, code)).mapping)


async def test_the_insurance_asked_about_is_the_breadwinners(registries: Outside) -> None:
    await registries.cast(
        mother(breadwinners=[{"iin": FATHER, "died_on": "2026-10-10", "death_record": "DR-2", "dependants": []}]),
        father(insurance=insured(84, 320_000)),
    )
    mapping = (await asked(registries, "breadwinner-loss")).mapping
    assert [one["iin"] for one in mapping["insurances"]] == [FATHER]
    assert (await reads(registries))["/fund/v1/{iin}/insurance"] == 1


async def test_disability_is_asked_about_living_minors_only(registries: Outside) -> None:
    children = [child(0), child(1, died_on="2026-01-01"), child(2)]
    grown = {"iin": GROWN, "birth_date": "2006-05-05", "sex": "female"}
    decision = {"number": "D-1", "group": "child", "from_date": "2026-01-01", "decided_on": "2026-01-02"}
    await registries.cast(mother(children=[*children, grown]), {"iin": CHILDREN[2], "disability": [decision]})
    mapping = (await asked(registries, "disabled-child-carer")).mapping
    assert [one["iin"] for one in mapping["disabilities"]] == [CHILDREN[2]]
    assert (await reads(registries))["/disability/v1/{iin}"] == 3, "the mother and two children"


async def test_what_can_be_asked_at_once_is_asked_at_once(registries: Outside) -> None:
    meeting = asyncio.Barrier(3)
    world = world_of(registries)

    def met(port: Any, name: str) -> Any:
        call = getattr(port, name)

        class Meeting:
            def __getattr__(self, other: str) -> Any:
                async def at_once(*given: Any) -> Any:
                    await meeting.wait()
                    return await call(*given)

                return at_once if other == name else getattr(port, other)

        return Meeting()

    asked_at_once = {"persons": "person", "civil": "family", "deaths": "breadwinners"}
    ports = {name: met(getattr(world.registries, name), call) for name, call in asked_at_once.items()}
    world = replace(world, registries=replace(world.registries, **ports))
    async with asyncio.timeout(5):
        await ask_registries(world, MOTHER, frozenset({"children", "breadwinners"}), ON)


async def test_a_registry_that_is_down_is_said_so(registries: Outside) -> None:
    await registries.fault("registries", "down", how="503", match={"path_prefix": "/fund"})
    with pytest.raises(Unavailable):
        await asked(registries, "job-loss")


# --- the household --------------------------------------------------------------------------------------------------


async def test_a_child_that_lives_with_the_spouse_lives_in_the_family(registries: Outside) -> None:
    elsewhere = [child(0), child(1), child(2), child(3, lives_with=FATHER)]
    await registries.cast(mother(children=elsewhere), father())
    assert (await decided(registries, "multi-child")).right is Right.YES
    await registries.cast(mother(children=elsewhere, household=[]), father())
    assert (await decided(registries, "multi-child")).right is Right.NO


async def test_both_parents_have_one_right(registries: Outside) -> None:
    mothers, fathers = await decided(registries, "multi-child"), await decided(registries, "multi-child", FATHER)
    assert (mothers.right, mothers.basis) == (fathers.right, fathers.basis) == (Right.YES, MOTHER)


async def test_a_payment_to_the_spouse_is_the_familys(registries: Outside) -> None:
    payment = {"service": "multi-child", "basis": MOTHER, "from_date": "2025-01-01"}
    await registries.cast(father(payments=[payment]))
    decision = await decided(registries, "multi-child")
    assert decision.failed is not None
    assert decision.failed.code == "already_paid"


async def test_a_grown_up_child_at_home_is_not_a_member_twice(registries: Outside) -> None:
    grown = {"iin": GROWN, "birth_date": "2006-05-05", "sex": "female", "full_time_student_until": "2027-06-30"}
    await registries.cast(
        mother(children=[child(n) for n in range(3)] + [grown], household=[FATHER, GROWN]),
        living(GROWN, "female", date(2006, 5, 5)),
    )
    mapping = (await asked(registries, "multi-child")).mapping
    assert [adult["iin"] for adult in mapping["adults"]] == [MOTHER, FATHER]
    assert (await decided(registries, "multi-child")).right is Right.YES


async def test_a_mother_who_is_her_own_child_is_a_contradiction(registries: Outside) -> None:
    herself = {"iin": MOTHER, "birth_date": "1985-03-12", "sex": "female"}
    await registries.cast(mother(children=[child(0), herself]))
    mapping = (await asked(registries, "multi-child")).mapping
    with pytest.raises(benefits.BadFacts, match="a member only once"):
        read_facts(mapping)
    (decision,) = benefits.assess_readings("multi-child", benefits.readings(mapping), ON)
    assert decision.right is Right.NO, "one child or two: too few"


async def test_assistance_knows_the_children_of_every_member(registries: Outside) -> None:
    his = child(3, mother_iin=None, father_iin=FATHER, lives_with=FATHER)
    await registries.cast(
        mother(children=[child(0)], assistance={"members": [MOTHER, FATHER, CHILDREN[0], CHILDREN[3]]}),
        father(children=[his]),
    )
    facts = read_facts((await asked(registries, "targeted-assistance")).mapping)
    assert {one.iin for one in facts.children} == {CHILDREN[0], CHILDREN[3]}


async def test_assistance_knows_the_kinds_of_income(registries: Outside) -> None:
    incomes = {"2026-07-01": {"wage": "200000", "multi_child_allowance": "69000"}}
    kept = {"members": [MOTHER, FATHER, *CHILDREN], "incomes": incomes, "consumer_credits": "0"}
    await registries.cast(mother(assistance=kept), father())
    household = read_facts((await asked(registries, "targeted-assistance")).mapping).household
    assert household is not None
    assert [(one.kind.value, one.amount) for one in household.incomes] == [
        ("wage", Decimal(200000)), ("multi_child_allowance", Decimal(69000)),
    ]  # fmt: skip
    assert (household.imputed_spending, household.consumer_credits) == (None, Decimal(0))


async def test_a_grandmother_at_home_does_not_make_the_mother_a_child(registries: Outside) -> None:
    grandmother = living(GRANDMOTHER, "female", date(1955, 1, 1))
    daughter = {"iin": MOTHER, "birth_date": "1985-03-12", "sex": "female"}
    await registries.cast(
        mother(household=[GRANDMOTHER], assistance={"members": [MOTHER, GRANDMOTHER]}),
        grandmother | {"children": [daughter]},
    )
    facts = read_facts((await asked(registries, "targeted-assistance")).mapping)
    assert {one.iin for one in facts.adults} == {MOTHER, GRANDMOTHER}
    assert {one.iin for one in facts.children} == set(CHILDREN)


# --- the day --------------------------------------------------------------------------------------------------------


async def test_a_case_for_a_past_day_is_decided_by_what_was_known_then(registries: Outside) -> None:
    """Later events are in the facts, are no contradiction, and change nothing."""
    newborn = {"iin": make_iin(date(2026, 10, 28), "female", 7), "birth_date": "2026-10-28", "sex": "female"}
    await registries.cast(mother(children=[child(n) for n in range(4)] + [newborn]), father(), {"iin": GROWN})
    past = date(2025, 3, 1)
    found = await asked(registries, "multi-child", on=past)
    assert found.mapping["as_at"] == day_of(datetime.now(UTC)).isoformat()
    decision = benefits.assess("multi-child", read_facts(found.mapping), past)
    assert (decision.right, decision.net) == (Right.YES, Decimal(63_030))
    assert (await decided(registries, "multi-child")).net == Decimal(86_673)


async def test_a_case_for_a_coming_day_is_as_at_that_day(registries: Outside) -> None:
    coming = day_of(datetime.now(UTC)) + timedelta(days=40)
    assert (await asked(registries, "awarded-mother", on=coming)).mapping["as_at"] == coming.isoformat()


async def test_the_fund_is_asked_as_at_the_day(registries: Outside) -> None:
    counted = (await decided(registries, "job-loss")).right
    await registries.cast(mother(insurance=insured(30, 240_000, counted_on="2026-11-21")))
    assert (counted, (await decided(registries, "job-loss")).right) == (Right.YES, Right.PERSON_DECIDES)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2024, 1, 1), date(2023, 10, 1)),
        (date(2024, 3, 31), date(2023, 10, 1)),
        (date(2024, 4, 1), date(2024, 1, 1)),
        (date(2026, 11, 20), date(2026, 7, 1)),
        (date(2026, 12, 31), date(2026, 7, 1)),
    ],
)
def test_the_quarter_whose_income_counts(day: date, quarter: date) -> None:
    assert quarter_before(day) == quarter
