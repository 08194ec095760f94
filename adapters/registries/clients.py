"""The registries over HTTP, one class each; each method is one call of the wire contract.

They translate names and check that an answer is about what was asked. They hold no state but the connection pool that
they are given, and the same class serves a stub and the real registry.
"""

from datetime import date

from adapters.http import HttpSystem
from adapters.in_a_row import KnowsPeople
from adapters.records import Iin, Phone, Record
from adapters.registries.records import (
    AdultRecord,
    AssistanceHousehold,
    AwardRecord,
    BreadwinnerRecord,
    BurialRecord,
    CapacityLossRecord,
    DisabilityRecord,
    FamilyRecord,
    InsuranceRecord,
    KandasStatusRecord,
    PensionRecord,
    PersonRecord,
    UnemploymentRecord,
)


class DisabilityDecisions(Record):
    iin: Iin
    decisions: tuple[DisabilityRecord, ...]


class Adults(Record):
    iin: Iin
    adults: tuple[AdultRecord, ...]


class PhoneOf(Record):
    iin: Iin
    phone: Phone


class HttpPersonsRegistry:
    """`PersonsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def person(self, iin: str) -> PersonRecord:
        return await self._system.ask("/persons/v1/{iin}", PersonRecord, path={"iin": iin})

    async def household(self, iin: str) -> tuple[AdultRecord, ...]:
        return (await self._system.ask("/persons/v1/{iin}/household", Adults, path={"iin": iin})).adults


class HttpCivilRegistry:
    """`CivilRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def family(self, iin: str) -> FamilyRecord:
        return await self._system.ask("/civil/v1/families/{iin}", FamilyRecord, path={"iin": iin})


class HttpDisabilityDatabase:
    """`DisabilityDatabase` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def decisions(self, iin: str) -> tuple[DisabilityRecord, ...]:
        found = await self._system.ask("/disability/v1/{iin}", DisabilityDecisions, path={"iin": iin})
        return tuple(sorted(found.decisions, key=lambda decision: decision.decided_on or date.min))


class HttpMobileDatabase:
    """`MobileDatabase` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system
        self._people = KnowsPeople(system.name, "phone")

    async def phone(self, iin: str) -> str | None:
        """Raises Unavailable too where it knows nobody's phone any more: as when it was emptied, or loaded in part."""
        found = await self._system.look_up("/mobile/v1/{iin}", PhoneOf, unknown="no_phone", path={"iin": iin})
        self._people.answered(iin, known=found is not None)
        if found is None:
            return None
        return found.phone


class Registrations(Record):
    iin: Iin
    registrations: tuple[UnemploymentRecord, ...]


class Awards(Record):
    iin: Iin
    awards: tuple[AwardRecord, ...]


class Breadwinners(Record):
    iin: Iin
    breadwinners: tuple[BreadwinnerRecord, ...]


class Burials(Record):
    iin: Iin
    burials: tuple[BurialRecord, ...]


class Pensions(Record):
    iin: Iin
    pensions: tuple[PensionRecord, ...]


class Statuses(Record):
    iin: Iin
    statuses: tuple[KandasStatusRecord, ...]


class HttpLabourMarket:
    """`LabourMarket` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def registrations(self, iin: str) -> tuple[UnemploymentRecord, ...]:
        found = await self._system.ask("/labour/v1/{iin}", Registrations, path={"iin": iin})
        return tuple(sorted(found.registrations, key=lambda one: one.registered_on or date.min))


class HttpSocialInsurance:
    """`SocialInsurance` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def insurance(self, iin: str, on: date) -> InsuranceRecord | None:
        return await self._system.look_up(
            "/fund/v1/{iin}/insurance",
            InsuranceRecord,
            unknown="not_insured",
            path={"iin": iin},
            query={"on": on.isoformat()},
        )

    async def capacity_losses(self, iin: str) -> tuple[CapacityLossRecord, ...]:
        found = await self._system.ask("/fund/v1/{iin}/capacity-losses", CapacityLossDecisions, path={"iin": iin})
        return tuple(sorted(found.decisions, key=lambda one: one.decided_on or date.min))


class HttpAwardsRegistry:
    """`AwardsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def awards(self, iin: str) -> tuple[AwardRecord, ...]:
        found = await self._system.ask("/awards/v1/{iin}", Awards, path={"iin": iin})
        return tuple(sorted(found.awards, key=lambda one: one.awarded_on or date.min))


class HttpDeathsRegistry:
    """`DeathsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def breadwinners(self, iin: str) -> tuple[BreadwinnerRecord, ...]:
        found = await self._system.ask("/deaths/v1/{iin}/breadwinners", Breadwinners, path={"iin": iin})
        return tuple(sorted(found.breadwinners, key=lambda one: one.died_on or date.min))

    async def burials(self, iin: str) -> tuple[BurialRecord, ...]:
        found = await self._system.ask("/deaths/v1/{iin}/burials", Burials, path={"iin": iin})
        return tuple(sorted(found.burials, key=lambda one: one.died_on or date.min))


class HttpAssistanceRegistry:
    """`AssistanceRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def household(self, iin: str, quarter: date) -> AssistanceHousehold | None:
        return await self._system.look_up(
            "/assistance/v1/{iin}/household",
            AssistanceHousehold,
            unknown="no_household",
            path={"iin": iin},
            query={"quarter": quarter.isoformat()},
        )


class HttpPensionsRegistry:
    """`PensionsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def pensions(self, iin: str) -> tuple[PensionRecord, ...]:
        found = await self._system.ask("/pensions/v1/{iin}", Pensions, path={"iin": iin})
        return tuple(sorted(found.pensions, key=lambda one: one.decided_on or date.min))


class HttpKandasRegistry:
    """`KandasRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def statuses(self, iin: str) -> tuple[KandasStatusRecord, ...]:
        found = await self._system.ask("/kandas/v1/{iin}", Statuses, path={"iin": iin})
        return tuple(sorted(found.statuses, key=lambda one: one.decided_on or date.min))


class CapacityLossDecisions(Record):
    iin: Iin
    decisions: tuple[CapacityLossRecord, ...]
