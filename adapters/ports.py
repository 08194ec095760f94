"""What Demeu can ask of the outside world: one Protocol per system, the same for a stub and for the real body.

Each method is one call with one deadline and raises only `adapters.errors`. Methods with a `key` have an effect and may
be repeated under the same key; a look-up returns None only when the body itself says that it does not know.
"""

from datetime import date
from typing import Protocol, runtime_checkable

from adapters.records import (
    AdultRecord,
    Application,
    BankAccount,
    CaseFile,
    DisabilityRecord,
    ExistingPayment,
    FamilyRecord,
    OutgoingSms,
    PersonRecord,
    Registration,
    Ruling,
    SentPart,
    Transfer,
    TransferStatus,
)
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


@runtime_checkable
class EMaket(Protocol):
    """E-Maket of the State Corporation: applications and payments."""

    async def payments(self, iin: str, service: str) -> tuple[ExistingPayment, ...]:
        """What the person already gets or got under this service."""
        ...

    async def register(self, key: str, application: Application) -> Registration:
        """Registers the application; Refused `missing_document` (extra: document) or `rejected` otherwise."""
        ...

    async def registration(self, key: str) -> Registration | None:
        """What `register` under this key led to (it may raise the same Refused), None if it never arrived."""
        ...


@runtime_checkable
class DecidingBody(Protocol):
    """The Fund, the State Corporation or a local executive body: whoever decides on the service."""

    async def submit(self, key: str, file: CaseFile) -> Ruling:
        """Hands the file over; the ruling is usually pending at first."""
        ...

    async def ruling(self, application_number: str) -> Ruling | None:
        """Where the file stands, None if the body never got it."""
        ...


@runtime_checkable
class Bank(Protocol):
    """Second-tier banks, as one interface."""

    async def accounts(self, iin: str) -> tuple[BankAccount, ...]:
        """The person's own accounts, in whatever state."""
        ...

    async def account(self, iin: str, iban: str) -> BankAccount | None:
        """The account as far as this person may know (`own`), None if no bank has it."""
        ...

    async def transfer(self, key: str, transfer: Transfer) -> TransferStatus:
        """Credits the account once per key; a rejected transfer is an answer, not an error."""
        ...

    async def transfer_status(self, key: str) -> TransferStatus | None:
        """Where the transfer of this key stands, None if it never arrived."""
        ...


@runtime_checkable
class SmsCentre(Protocol):
    """The operator's SMS centre behind 1414."""

    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        """Hands all parts over; one entry per part, in order."""
        ...
