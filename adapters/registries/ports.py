"""What can be asked of the registries: one Protocol each, the same for a stub and for the real one.

Each method is one call with one deadline and raises only `adapters.errors`; a look-up returns None only when the
registry itself says that it does not know.
"""

from datetime import date
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class PersonsRegistry(Protocol):
    """Persons registry (ГБД ФЛ)."""

    async def person(self, iin: str) -> PersonRecord:
        """The person, or Refused with code `unknown_person`."""
        ...

    async def household(self, iin: str) -> tuple[AdultRecord, ...]:
        """The adults who live together with this one, who is among them; or Refused `unknown_person`."""
        ...


@runtime_checkable
class CivilRegistry(Protocol):
    """Civil registry (ЗАГС)."""

    async def family(self, iin: str) -> FamilyRecord:
        """The adult's children; an empty family where the registry knows of none."""
        ...


@runtime_checkable
class DisabilityDatabase(Protocol):
    """Central disability database (ЦБДИ)."""

    async def decisions(self, iin: str) -> tuple[DisabilityRecord, ...]:
        """All decisions on the person, oldest first."""
        ...


@runtime_checkable
class LabourMarket(Protocol):
    """The Labour Market (Еңбек нарығы, enbek.kz)."""

    async def registrations(self, iin: str) -> tuple[UnemploymentRecord, ...]:
        """All registrations of the person as unemployed, oldest first."""
        ...


@runtime_checkable
class SocialInsurance(Protocol):
    """The State Social Insurance Fund (ГФСС) as a registry; as the body that decides it is a `DecidingBody`."""

    async def insurance(self, iin: str, on: date) -> InsuranceRecord | None:
        """The person's part in the insurance, counted as at the day `on`; None if no contribution was ever paid."""
        ...

    async def capacity_losses(self, iin: str) -> tuple[CapacityLossRecord, ...]:
        """All decisions on the person's loss of the capacity to work, oldest first."""
        ...


@runtime_checkable
class AwardsRegistry(Protocol):
    """Register of state awards."""

    async def awards(self, iin: str) -> tuple[AwardRecord, ...]:
        """The person's awards, oldest first."""
        ...


@runtime_checkable
class DeathsRegistry(Protocol):
    """Records of deaths and burials (ЗАГС)."""

    async def breadwinners(self, iin: str) -> tuple[BreadwinnerRecord, ...]:
        """Deaths that left this person, or those for whom the person acts, without a breadwinner, oldest first."""
        ...

    async def burials(self, iin: str) -> tuple[BurialRecord, ...]:
        """Burials that this person arranged, oldest first."""
        ...


@runtime_checkable
class AssistanceRegistry(Protocol):
    """Households as the local bodies keep them for targeted assistance."""

    async def household(self, iin: str, quarter: date) -> AssistanceHousehold | None:
        """The household with its income in the quarter that begins on this day; None if none is kept."""
        ...


@runtime_checkable
class PensionsRegistry(Protocol):
    """Pensions paid by the State Corporation."""

    async def pensions(self, iin: str) -> tuple[PensionRecord, ...]:
        """All decisions on the person's pension, oldest first."""
        ...


@runtime_checkable
class KandasRegistry(Protocol):
    """Register of kandas."""

    async def statuses(self, iin: str) -> tuple[KandasStatusRecord, ...]:
        """All decisions on the person's status, oldest first."""
        ...


@runtime_checkable
class MobileDatabase(Protocol):
    """Mobile citizens database (БМГ)."""

    async def phone(self, iin: str) -> str | None:
        """The phone tied to the IIN, in E.164, or None if there is none."""
        ...
