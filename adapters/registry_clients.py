"""The ports of the registries that few services ask, over HTTP; on the same terms as `adapters.clients`."""

from datetime import date

from adapters.http import HttpSystem, about
from adapters.records import Iin, Record
from adapters.registry_records import (
    AssistanceHousehold,
    AwardRecord,
    BreadwinnerRecord,
    BurialRecord,
    CapacityLossRecord,
    InsuranceRecord,
    KandasStatusRecord,
    PensionRecord,
    UnemploymentRecord,
)


class Registrations(Record):
    iin: Iin
    registrations: tuple[UnemploymentRecord, ...]


class Decisions(Record):
    iin: Iin
    decisions: tuple[CapacityLossRecord, ...]


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
    """`adapters.ports.LabourMarket` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def registrations(self, iin: str) -> tuple[UnemploymentRecord, ...]:
        found = await self._system.ask("/labour/v1/{iin}", Registrations, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.registrations, key=lambda one: one.registered_on or date.min))


class HttpSocialInsurance:
    """`adapters.ports.SocialInsurance` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def insurance(self, iin: str, on: date) -> InsuranceRecord | None:
        found = await self._system.look_up(
            "/fund/v1/{iin}/insurance",
            InsuranceRecord,
            unknown="not_insured",
            path={"iin": iin},
            query={"on": on.isoformat()},
        )
        if found is not None:
            about(self._system.name, iin, found.iin, "iin")
        return found

    async def capacity_losses(self, iin: str) -> tuple[CapacityLossRecord, ...]:
        found = await self._system.ask("/fund/v1/{iin}/capacity-losses", Decisions, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.decisions, key=lambda one: one.decided_on or date.min))


class HttpAwardsRegistry:
    """`adapters.ports.AwardsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def awards(self, iin: str) -> tuple[AwardRecord, ...]:
        found = await self._system.ask("/awards/v1/{iin}", Awards, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.awards, key=lambda one: one.awarded_on or date.min))


class HttpDeathsRegistry:
    """`adapters.ports.DeathsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def breadwinners(self, iin: str) -> tuple[BreadwinnerRecord, ...]:
        found = await self._system.ask("/deaths/v1/{iin}/breadwinners", Breadwinners, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.breadwinners, key=lambda one: one.died_on or date.min))

    async def burials(self, iin: str) -> tuple[BurialRecord, ...]:
        found = await self._system.ask("/deaths/v1/{iin}/burials", Burials, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.burials, key=lambda one: one.died_on or date.min))


class HttpAssistanceRegistry:
    """`adapters.ports.AssistanceRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def household(self, iin: str, quarter: date) -> AssistanceHousehold | None:
        found = await self._system.look_up(
            "/assistance/v1/{iin}/household",
            AssistanceHousehold,
            unknown="no_household",
            path={"iin": iin},
            query={"quarter": quarter.isoformat()},
        )
        if found is not None:
            about(self._system.name, iin, found.iin, "iin")
            about(self._system.name, quarter.isoformat(), found.quarter.isoformat(), "quarter")
        return found


class HttpPensionsRegistry:
    """`adapters.ports.PensionsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def pensions(self, iin: str) -> tuple[PensionRecord, ...]:
        found = await self._system.ask("/pensions/v1/{iin}", Pensions, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.pensions, key=lambda one: one.decided_on or date.min))


class HttpKandasRegistry:
    """`adapters.ports.KandasRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def statuses(self, iin: str) -> tuple[KandasStatusRecord, ...]:
        found = await self._system.ask("/kandas/v1/{iin}", Statuses, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.statuses, key=lambda one: one.decided_on or date.min))
