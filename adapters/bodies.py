"""E-Maket and the deciding bodies: what is said to them, what can be asked of them, and both over HTTP.

Methods with a `key` have an effect and may be repeated under the same key.
"""

from enum import StrEnum
from typing import Annotated, Protocol, Self, runtime_checkable

from pydantic import AwareDatetime, Field, model_validator

from adapters.http import HttpSystem
from adapters.records import Day, Iin, Money, Name, Record, RegisterRecord


class PaymentState(StrEnum):
    PAID = "paid"
    PAYING = "paying"


class RulingState(StrEnum):
    PENDING = "pending"
    ASSIGNED = "assigned"
    REFUSED = "refused"


class ExistingPayment(RegisterRecord):
    """What E-Maket already pays, or has paid once, for one right."""

    service: Name | None
    basis: Name | None
    from_date: Day | None
    until: Day | None = None
    state: PaymentState | None


class Application(Record):
    """An application for E-Maket; `applied_on` is the day the consent was received (Asia/Almaty)."""

    case_ref: Name
    service: Name
    iin: Iin
    applied_on: Day
    computed_amount: Money
    consent_ref: Name
    account_ref: Annotated[str | None, Field(min_length=1, repr=False)] = None


class Registration(Record):
    """E-Maket's number for an application."""

    number: Name
    registered_at: AwareDatetime


class CaseFile(Record):
    """What the deciding body gets to decide on."""

    application_number: Name
    service: Name
    iin: Iin
    computed_amount: Money
    applied_on: Day


class Ruling(Record):
    """The answer so far. Assigned carries amount, number and day; refused carries a reason and its code."""

    application_number: Name
    state: RulingState
    amount: Money | None = None
    decision_number: Name | None = None
    decided_on: Day | None = None
    reason_code: Name | None = None
    reason: Annotated[str | None, Field(repr=False)] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.state is RulingState.ASSIGNED and None in (self.amount, self.decision_number, self.decided_on):
            raise ValueError("an assigned ruling needs amount, decision_number and decided_on")
        if self.state is RulingState.REFUSED and None in (self.reason_code, self.reason):
            raise ValueError("a refused ruling needs reason_code and reason")
        return self


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


class Payments(Record):
    payments: tuple[ExistingPayment, ...]


_NOT_REGISTERED = ("missing_document", "rejected")


class HttpEMaket:
    """`EMaket` over HTTP."""

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
    """`DecidingBody` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system

    async def submit(self, key: str, file: CaseFile) -> Ruling:
        return await self._system.act("/body/v1/files", key, file, Ruling)

    async def ruling(self, application_number: str) -> Ruling | None:
        return await self._system.look_up(
            "/body/v1/files/{application_number}",
            Ruling,
            unknown="unknown_file",
            path={"application_number": application_number},
        )
