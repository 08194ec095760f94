"""The contract of the registries: the person is known, a stranger is not, and every list may be empty."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import date
from typing import Any

import pytest

from adapters.errors import Refused
from adapters.http import HttpSystem
from adapters.registries.clients import (
    HttpAssistanceRegistry,
    HttpAwardsRegistry,
    HttpCivilRegistry,
    HttpDeathsRegistry,
    HttpDisabilityDatabase,
    HttpKandasRegistry,
    HttpLabourMarket,
    HttpMobileDatabase,
    HttpPensionsRegistry,
    HttpPersonsRegistry,
    HttpSocialInsurance,
)

pytestmark = pytest.mark.contract
STRANGER = "700101300041"

Ask = Callable[[HttpSystem, str], Awaitable[Any]]
LISTS: dict[str, Ask] = {
    "children": lambda system, iin: HttpCivilRegistry(system).family(iin),
    "disability": lambda system, iin: HttpDisabilityDatabase(system).decisions(iin),
    "unemployment": lambda system, iin: HttpLabourMarket(system).registrations(iin),
    "capacity losses": lambda system, iin: HttpSocialInsurance(system).capacity_losses(iin),
    "awards": lambda system, iin: HttpAwardsRegistry(system).awards(iin),
    "breadwinners": lambda system, iin: HttpDeathsRegistry(system).breadwinners(iin),
    "burials": lambda system, iin: HttpDeathsRegistry(system).burials(iin),
    "pensions": lambda system, iin: HttpPensionsRegistry(system).pensions(iin),
    "kandas": lambda system, iin: HttpKandasRegistry(system).statuses(iin),
}
MAY_BE_NONE: dict[str, Ask] = {
    "phone": lambda system, iin: HttpMobileDatabase(system).phone(iin),
    "insurance": lambda system, iin: HttpSocialInsurance(system).insurance(iin, date(2026, 11, 1)),
    "household": lambda system, iin: HttpAssistanceRegistry(system).household(iin, date(2026, 7, 1)),
}


@pytest.fixture
def registries(system: Callable[[str], HttpSystem]) -> HttpSystem:
    return system("registries")


async def test_the_person_is_known_and_readable(registries: HttpSystem, person: Mapping[str, str]) -> None:
    found = await HttpPersonsRegistry(registries).person(person["iin"])
    assert (found.iin, found.unreadable) == (person["iin"], ())
    together = await HttpPersonsRegistry(registries).household(person["iin"])
    assert person["iin"] in {adult.iin for adult in together}
    assert all(not adult.unreadable for adult in together)


async def test_a_stranger_is_refused(registries: HttpSystem) -> None:
    with pytest.raises(Refused) as caught:
        await HttpPersonsRegistry(registries).person(STRANGER)
    assert caught.value.code == "unknown_person"


@pytest.mark.parametrize("name", LISTS)
async def test_what_is_listed_is_readable_and_may_be_nothing(
    registries: HttpSystem, person: Mapping[str, str], name: str
) -> None:
    for iin in (person["iin"], STRANGER):
        found = await LISTS[name](registries, iin)
        records: Iterable[Any] = getattr(found, "children", found) or ()
        assert not any(record.unreadable for record in records), json.dumps([record.unreadable for record in records])


@pytest.mark.parametrize("name", MAY_BE_NONE)
async def test_what_there_is_none_of_is_none(registries: HttpSystem, person: Mapping[str, str], name: str) -> None:
    await MAY_BE_NONE[name](registries, person["iin"])
    assert await MAY_BE_NONE[name](registries, STRANGER) is None
