"""The ports over HTTP, one class per system; each method is one call of the wire contract.

They translate names and check that an answer is about what was asked. They hold no state but the connection pool that
they are given, and the same class serves a stub and the real body.
"""

from datetime import date

from adapters.errors import Unavailable
from adapters.http import HttpSystem, about
from adapters.in_a_row import InARow
from adapters.records import (
    AdultRecord,
    Application,
    BankAccount,
    CaseFile,
    DisabilityRecord,
    ExistingPayment,
    FamilyRecord,
    Iin,
    PersonRecord,
    Phone,
    Record,
    Registration,
    Ruling,
    Transfer,
    TransferStatus,
)


class Decisions(Record):
    iin: Iin
    decisions: tuple[DisabilityRecord, ...]


class Adults(Record):
    iin: Iin
    adults: tuple[AdultRecord, ...]


class PhoneOf(Record):
    iin: Iin
    phone: Phone


class Payments(Record):
    payments: tuple[ExistingPayment, ...]


class Accounts(Record):
    accounts: tuple[BankAccount, ...]


class HttpPersonsRegistry:
    """`adapters.ports.PersonsRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def person(self, iin: str) -> PersonRecord:
        found = await self._system.ask("/persons/v1/{iin}", PersonRecord, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return found

    async def household(self, iin: str) -> tuple[AdultRecord, ...]:
        found = await self._system.ask("/persons/v1/{iin}/household", Adults, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return found.adults


class HttpCivilRegistry:
    """`adapters.ports.CivilRegistry` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def family(self, iin: str) -> FamilyRecord:
        found = await self._system.ask("/civil/v1/families/{iin}", FamilyRecord, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return found


class HttpDisabilityDatabase:
    """`adapters.ports.DisabilityDatabase` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def decisions(self, iin: str) -> tuple[DisabilityRecord, ...]:
        found = await self._system.ask("/disability/v1/{iin}", Decisions, path={"iin": iin})
        about(self._system.name, iin, found.iin, "iin")
        return tuple(sorted(found.decisions, key=lambda decision: decision.decided_on or date.min))


NOBODY_HAS_A_PHONE = 10
"""People in a row: were every fifth without a phone, this would be chance once in ten million."""


class HttpMobileDatabase:
    """`adapters.ports.MobileDatabase` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system
        self._without = InARow(NOBODY_HAS_A_PHONE)

    async def phone(self, iin: str) -> str | None:
        """Raises Unavailable too where it knows nobody's phone any more: as when it was emptied, or loaded in part."""
        found = await self._system.look_up("/mobile/v1/{iin}", PhoneOf, unknown="no_phone", path={"iin": iin})
        if found is None:
            if self._without.one_more(iin):
                what = f"knows no phone of {NOBODY_HAS_A_PHONE} people in a row"
                raise Unavailable(self._system.name, "nobody_known", what)
            return None
        self._without.over()
        about(self._system.name, iin, found.iin, "iin")
        return found.phone


_NOT_REGISTERED = ("missing_document", "rejected")


class HttpEMaket:
    """`adapters.ports.EMaket` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def payments(self, iin: str, service: str) -> tuple[ExistingPayment, ...]:
        query = {"iin": iin, "service": service}
        return (await self._system.ask("/emaket/v1/payments", Payments, query=query)).payments

    async def register(self, key: str, application: Application) -> Registration:
        return await self._system.act(
            "/emaket/v1/applications", key, application, Registration, refusals=_NOT_REGISTERED
        )

    async def registration(self, key: str) -> Registration | None:
        return await self._system.look_up(
            "/emaket/v1/applications/by-key/{key}",
            Registration,
            unknown="unknown_key",
            path={"key": key},
            refusals=_NOT_REGISTERED,
        )


class HttpDecidingBody:
    """`adapters.ports.DecidingBody` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def submit(self, key: str, file: CaseFile) -> Ruling:
        ruling = await self._system.act("/body/v1/files", key, file, Ruling)
        about(self._system.name, file.application_number, ruling.application_number, "application_number")
        return ruling

    async def ruling(self, application_number: str) -> Ruling | None:
        ruling = await self._system.look_up(
            "/body/v1/files/{application_number}",
            Ruling,
            unknown="unknown_file",
            path={"application_number": application_number},
        )
        if ruling is not None:
            about(self._system.name, application_number, ruling.application_number, "application_number")
        return ruling


class HttpBank:
    """`adapters.ports.Bank` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def accounts(self, iin: str) -> tuple[BankAccount, ...]:
        return (await self._system.ask("/bank/v1/accounts", Accounts, query={"iin": iin})).accounts

    async def account(self, iin: str, iban: str) -> BankAccount | None:
        found = await self._system.look_up(
            "/bank/v1/accounts/{iban}", BankAccount, unknown="unknown_account", path={"iban": iban}, query={"iin": iin}
        )
        if found is not None:
            about(self._system.name, iban, found.iban, "iban")
        return found

    async def transfer(self, key: str, transfer: Transfer) -> TransferStatus:
        status = await self._system.act("/bank/v1/transfers", key, transfer, TransferStatus)
        about(self._system.name, key, status.key, "key")
        return status

    async def transfer_status(self, key: str) -> TransferStatus | None:
        status = await self._system.look_up(
            "/bank/v1/transfers/by-key/{key}", TransferStatus, unknown="unknown_key", path={"key": key}
        )
        if status is not None:
            about(self._system.name, key, status.key, "key")
        return status
