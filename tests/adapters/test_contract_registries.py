"""The contract of the registries that few services ask: households, work, insurance, awards, deaths, pensions."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from adapters.errors import Refused
from adapters.registries.records import (
    AssistanceHousehold,
    Citizenship,
    DeceasedStatus,
    DependantRelation,
    IncomeKind,
    Sex,
)
from benefits import codes
from tests.adapters.outside import AIGUL, CHILD, DAULET, STRANGER, Outside, aigul, daulet

GRANDMOTHER = "550101400011"
INSURED: dict[str, Any] = {
    "contribution_months": 30,
    "counted_on": "2025-02-28",
    "incomes": [{"from_month": "2023-03-01", "until_month": "2025-02-01", "amount": "225000.50"}],
    "job_loss_months_paid": 1,
}
DEATH: dict[str, Any] = {
    "iin": DAULET,
    "died_on": "2025-03-10",
    "death_record": "DR-77",
    "dependants": [
        {"iin": CHILD, "birth_date": "2018-09-05"},
        {"iin": AIGUL, "birth_date": "1985-03-12", "relation": "spouse", "cares_for": "2023-09-30", "works": False},
    ],
}
ASSISTED: dict[str, Any] = {
    "members": [AIGUL, CHILD],
    "able_bodied": 1,
    "contract_signed_on": "2024-02-05",
    "incomes": {"2023-10-01": "300000", "2024-01-01": "0"},
}


def living(iin: str, sex: str, **person: Any) -> dict[str, Any]:
    """A document with hardly more than the entry in the persons registry."""
    born = f"19{iin[:2]}-{iin[2:4]}-{iin[4:6]}"
    named = {"family_name": "Үлгі", "given_name": "Адам", "birth_date": born, "sex": sex}
    return {"iin": iin, "person": named | person}


async def test_whoever_lives_together_sees_the_same_adults(outside: Outside) -> None:
    father = daulet() | living(DAULET, "male", died_on="2025-03-10")
    grandmother = living(GRANDMOTHER, "female", citizenship="kandas", region="KZ-59")
    await outside.cast(aigul(household=[DAULET, GRANDMOTHER]), father, grandmother)
    adults = await outside.registries.persons.household(AIGUL)
    assert {adult.iin for adult in adults} == {AIGUL, DAULET, GRANDMOTHER}
    assert (
        await outside.registries.persons.household(DAULET)
        == adults
        == await outside.registries.persons.household(GRANDMOTHER)
    )
    by_iin = {adult.iin: adult for adult in adults}
    assert (by_iin[GRANDMOTHER].citizenship, by_iin[GRANDMOTHER].region) == (Citizenship.KANDAS, "KZ-59")
    assert (by_iin[DAULET].sex, by_iin[DAULET].died_on) == (Sex.MALE, date(2025, 3, 10))


async def test_the_names_of_a_household_are_not_told(outside: Outside) -> None:
    await outside.cast(aigul(household=[DAULET]), daulet() | living(DAULET, "male"))
    told = await outside.admin("registries", "GET", f"/persons/v1/{AIGUL}/household")
    assert not {name for adult in told["adults"] for name in adult} & {"family_name", "given_name", "language"}


async def test_a_household_of_one_and_of_nobody(outside: Outside) -> None:
    await outside.cast(aigul())
    assert [adult.iin for adult in await outside.registries.persons.household(AIGUL)] == [AIGUL]
    with pytest.raises(Refused) as caught:
        await outside.registries.persons.household(STRANGER)
    assert caught.value.code == "unknown_person"


async def test_who_moved_out_is_not_of_the_household(outside: Outside) -> None:
    await outside.cast(aigul(household=[DAULET]), daulet() | living(DAULET, "male"))
    await outside.cast(aigul())
    assert [adult.iin for adult in await outside.registries.persons.household(DAULET)] == [DAULET]


async def test_a_child_taken_in_and_cared_for_by_another(outside: Outside) -> None:
    child = {
        "iin": CHILD,
        "birth_date": "2018-09-05",
        "sex": "female",
        "relation": "adopted",
        "taken_on": "2024-05-01",
        "carer_iin": DAULET,
        "carer_since": "2024-06-01",
        "lives_with_since": "2024-07-01",
        "lived_with_before": DAULET,
        "state_care_since": "2024-02-01",
        "left_state_care_on": "2024-05-01",
    }
    await outside.cast(aigul(children=[child]))
    (found,) = (await outside.registries.civil.family(AIGUL)).children
    assert (found.taken_on, found.carer_iin, found.counted_elsewhere) == (date(2024, 5, 1), DAULET, False)
    assert (found.carer_since, found.lives_with_since, found.lived_with_before) == (
        date(2024, 6, 1),
        date(2024, 7, 1),
        DAULET,
    )
    assert (found.state_care_since, found.left_state_care_on) == (date(2024, 2, 1), date(2024, 5, 1))


async def test_what_is_over_has_its_day(outside: Outside) -> None:
    over = {"released_on": "2024-05-01", "returned_on": "2024-06-01", "found_on": "2024-07-01"}
    person = aigul()
    await outside.cast(person | {"person": person["person"] | over})
    found = await outside.registries.persons.person(AIGUL)
    assert found is not None
    days = (found.released_on, found.returned_on, found.found_on)
    assert [str(day) for day in days] == list(over.values())


async def test_registrations_as_unemployed_come_oldest_first(outside: Outside) -> None:
    now = {"number": "U-2", "registered_on": "2025-03-03"}
    before = {"number": "U-1", "registered_on": "2020-03-03", "deregistered_on": "2020-06-01"}
    await outside.cast(aigul(unemployment=[now, before]))
    first, second = await outside.registries.labour.registrations(AIGUL)
    assert (first.number, first.deregistered_on) == ("U-1", date(2020, 6, 1))
    assert (second.number, second.registered_on, second.deregistered_on) == ("U-2", date(2025, 3, 3), None)
    assert await outside.registries.labour.registrations(STRANGER) == ()


async def test_the_fund_counts_as_at_the_day_asked_about(outside: Outside) -> None:
    await outside.cast(aigul(insurance=INSURED))
    counted = await outside.registries.fund.insurance(AIGUL, date(2025, 3, 5))
    assert counted is not None
    assert (counted.iin, counted.contribution_months, counted.counted_on) == (AIGUL, 30, date(2025, 2, 28))
    assert counted.job_loss_months_paid == 1
    (income,) = counted.incomes or ()
    assert (income.from_month, income.until_month) == (date(2023, 3, 1), date(2025, 2, 1))
    assert income.amount == Decimal("225000.50")
    earlier = await outside.registries.fund.insurance(AIGUL, date(2025, 2, 27))
    assert earlier is not None
    assert (earlier.contribution_months, earlier.counted_on) == (None, date(2025, 2, 27))


async def test_who_never_paid_a_contribution_is_not_insured(outside: Outside) -> None:
    await outside.cast(aigul())
    assert await outside.registries.fund.insurance(AIGUL, date(2025, 3, 5)) is None


async def test_decisions_on_the_capacity_to_work(outside: Outside) -> None:
    decision = {"number": "C-1", "degree": "0.50", "from_date": "2025-02-20", "decided_on": "2025-02-21"}
    await outside.cast(aigul(capacity_losses=[decision]))
    (found,) = await outside.registries.fund.capacity_losses(AIGUL)
    assert (found.number, found.degree, found.until) == ("C-1", Decimal("0.50"), None)
    assert await outside.registries.fund.capacity_losses(STRANGER) == ()


async def test_awards(outside: Outside) -> None:
    award = {"number": "A-1", "kind": "altyn_alka", "awarded_on": "2010-12-16"}
    await outside.cast(aigul(awards=[award]))
    (found,) = await outside.registries.awards.awards(AIGUL)
    assert (found.number, found.kind, found.awarded_on) == ("A-1", "altyn_alka", date(2010, 12, 16))
    assert await outside.registries.awards.awards(STRANGER) == ()


async def test_a_death_is_seen_by_everyone_who_was_kept(outside: Outside) -> None:
    await outside.cast(aigul(breadwinners=[DEATH]))
    (found,) = await outside.registries.deaths.breadwinners(AIGUL)
    assert (found.iin, found.died_on, found.death_record) == (DAULET, date(2025, 3, 10), "DR-77")
    child, widow = found.dependants or ()
    assert (child.relation, child.full_orphan, child.cares_for) == (DependantRelation.CHILD, False, None)
    assert (widow.relation, widow.cares_for) == (DependantRelation.SPOUSE, date(2023, 9, 30))
    assert (widow.works, widow.disabled, child.works) == (False, None, None)
    assert await outside.registries.deaths.breadwinners(CHILD) == (found,)
    assert await outside.registries.deaths.breadwinners(STRANGER) == ()


async def test_a_burial_is_known_of_who_arranged_it(outside: Outside) -> None:
    burial = {"death_record": "DR-77", "died_on": "2025-03-10", "status": "pension"}
    await outside.cast(aigul(burials=[burial]))
    (found,) = await outside.registries.deaths.burials(AIGUL)
    assert (found.death_record, found.died_on, found.buried_by) == ("DR-77", date(2025, 3, 10), AIGUL)
    assert found.status is DeceasedStatus.PENSION
    assert await outside.registries.deaths.burials(DAULET) == ()


async def test_a_household_for_assistance_with_the_income_of_one_quarter(outside: Outside) -> None:
    await outside.cast(aigul(assistance=ASSISTED))
    found = await outside.registries.assistance.household(AIGUL, date(2023, 10, 1))
    assert found is not None
    assert (found.quarter, found.income, found.members) == (date(2023, 10, 1), Decimal(300000), (AIGUL, CHILD))
    assert (found.able_bodied, found.contract_signed_on) == (1, date(2024, 2, 5))
    of_the_child = await outside.registries.assistance.household(CHILD, date(2024, 1, 1))
    assert of_the_child is not None
    assert of_the_child.income == 0
    unknown = await outside.registries.assistance.household(AIGUL, date(2024, 4, 1))
    assert unknown is not None
    assert unknown.income is None
    assert await outside.registries.assistance.household(STRANGER, date(2023, 10, 1)) is None


async def test_a_household_with_the_kinds_of_its_income(outside: Outside) -> None:
    incomes = {"2025-07-01": {"wage": "250000", "scholarship": "50000.50"}}
    await outside.cast(aigul(assistance=ASSISTED | {"incomes": incomes, "consumer_credits": "0"}))
    found = await outside.registries.assistance.household(AIGUL, date(2025, 7, 1))
    assert found is not None
    assert found.incomes is not None
    kinds = {"wage": Decimal(250000), "scholarship": Decimal("50000.50")}
    assert {one.kind: one.amount for one in found.incomes} == kinds
    assert (found.income, found.imputed_spending, found.consumer_credits) == (Decimal("300000.50"), None, Decimal(0))


def test_a_household_in_the_shape_of_before_has_no_kinds_and_one_broken_kind_is_named() -> None:
    before = {"iin": AIGUL, "quarter": "2025-07-01", "income": "5.00", "members": [AIGUL]}
    old = AssistanceHousehold.model_validate(before)
    assert (old.incomes, old.imputed_spending, old.consumer_credits, old.unreadable) == ((), None, None, ())
    new = AssistanceHousehold.model_validate(before | {"incomes": [{"kind": "royalty", "amount": "5.00"}]})
    assert new.incomes is not None
    assert (new.incomes[0].kind, new.incomes[0].amount, new.incomes[0].unreadable) == (None, Decimal(5), ("kind",))


def test_the_kinds_of_income_of_registry_and_law_are_the_same() -> None:
    assert {*IncomeKind} == {*codes.IncomeKind}


async def test_a_quarter_begins_on_its_first_day(outside: Outside) -> None:
    with pytest.raises(Refused) as caught:
        await outside.registries.assistance.household(AIGUL, date(2023, 10, 2))
    assert caught.value.extra["errors"] == [{"field": "quarter", "rule": "the first day of a quarter"}]


async def test_decisions_on_a_pension(outside: Outside) -> None:
    raised = {"number": "P-2", "amount": "110000", "from_date": "2026-01-01", "decided_on": "2025-12-20"}
    first = {"number": "P-1", "amount": "100000.50", "from_date": "2025-01-01", "decided_on": "2024-12-20"}
    await outside.cast(aigul(pensions=[raised, first]))
    before, after = await outside.registries.pensions.pensions(AIGUL)
    assert (before.number, before.amount, before.until) == ("P-1", Decimal("100000.50"), None)
    assert (after.number, after.from_date) == ("P-2", date(2026, 1, 1))
    assert await outside.registries.pensions.pensions(STRANGER) == ()


async def test_decisions_on_the_status_of_a_kandas(outside: Outside) -> None:
    status = {"number": "K-1", "from_date": "2025-01-01", "until": "2026-01-01", "decided_on": "2024-12-20"}
    await outside.cast(aigul(kandas=[status]))
    (found,) = await outside.registries.kandas.statuses(AIGUL)
    assert (found.number, found.until) == ("K-1", date(2026, 1, 1))
    assert await outside.registries.kandas.statuses(STRANGER) == ()


async def test_the_registries_count_what_they_are_asked(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.registries.persons.person(AIGUL)
    await outside.registries.awards.awards(AIGUL)
    await outside.registries.awards.awards(DAULET)
    counted = (await outside.admin("registries", "GET", "/admin/reads"))["reads"]
    assert counted == {"/persons/v1/{iin}": 1, "/awards/v1/{iin}": 2}
