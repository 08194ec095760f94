"""The banks, as one interface: accounts and transfers, what is said of them, and all of it over HTTP.

Methods with a `key` have an effect and may be repeated under the same key. Reasons are codes of ISO 20022,
ExternalStatusReason1Code.
"""

import logging
from enum import StrEnum
from typing import Annotated, Any, Final, Protocol, Self, cast, runtime_checkable

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator, model_validator

from adapters.http import HttpSystem
from adapters.in_a_row import KnowsPeople
from adapters.reasons import REASONS, Cure, cure_of
from adapters.records import Iban, Iin, Money, Name, OptionalIban, Record

log = logging.getLogger(__name__)

ABOUT_THE_ACCOUNT: Final = frozenset(code for code in REASONS if cure_of(code) is Cure.ANOTHER_ACCOUNT)
"""The account, or whose it is: another may be paid, this one not. All other codes are about the payment, about us, or
say nothing: an account that nothing is known against is not barred for them, and an operator looks."""

ABOUT_US: Final = frozenset(code for code, reason in REASONS.items() if reason.ours)
"""The account that we pay from, and who we are: everybody's payments fail alike until it is mended."""


class AccountState(StrEnum):
    OPEN = "open"
    BLOCKED = "blocked"
    CLOSED = "closed"


class TransferState(StrEnum):
    SETTLED = "settled"
    PENDING = "pending"
    REJECTED = "rejected"
    RETURNED = "returned"
    """It was settled, and has come back: the person does not have it."""


class BankAccount(Record):
    """An account as the bank describes it; `own` says whether it is in the name of the person asked about."""

    iban: Iban
    bank: str | None = None
    currency: str = "KZT"
    state: AccountState
    own: bool = True

    @property
    def takes_payments(self) -> bool:
        """Whether it is the person's own, open, and in tenge."""
        return self.own and self.currency == "KZT" and self.state == AccountState.OPEN


class Transfer(Record):
    """A credit transfer to a person's account."""

    iban: Iban
    iin: Iin
    amount: Money
    currency: str = "KZT"
    purpose: Name
    end_to_end_id: Name


class TransferStatus(Record):
    """Where a transfer stands; reason codes are ISO 20022 (AC04 closed, AC06 blocked, BE01 not the owner)."""

    key: Name
    state: TransferState
    bank_reference: Name
    reason_code: Name | None = None
    reason: Annotated[str | None, Field(repr=False)] = None
    iban: OptionalIban = None
    """This and the next two: what the bank repeats of the transfer, if it does; then it is what was asked for."""
    amount: Money | None = None
    end_to_end_id: Name | None = None

    def contradicts(self, transfer: Transfer) -> str | None:
        """The member in which it is about another transfer than this one; None if it may be about it."""
        for member in ("iban", "amount", "end_to_end_id"):
            if getattr(self, member) not in (None, getattr(transfer, member)):
                return member
        return None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.state is TransferState.REJECTED and self.reason_code is None:
            raise ValueError("a rejected transfer needs reason_code")
        return self


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

    async def credited_as(self, end_to_end_id: str) -> TransferStatus | None:
        """The transfer that was credited under this id, under whatever key; None if none was, or nobody says."""
        ...


class Accounts(Record):
    """A bank's list. An account that cannot be read stands in the way of none of the others; where none can be, the
    bank has not answered."""

    accounts: tuple[BankAccount, ...]

    @field_validator("accounts", mode="wrap")
    @classmethod
    def _those_that_can_be_read(cls, listed: Any, read: ValidatorFunctionWrapHandler) -> tuple[BankAccount, ...]:
        try:
            return cast(tuple[BankAccount, ...], read(listed))
        except ValidationError as wrong:
            broken = {error["loc"][0] for error in wrong.errors() if error["loc"]}
            if not isinstance(listed, list) or len(broken) >= len(listed):
                raise
            log.warning(
                "bank: %d of %d accounts of a list cannot be read, and are passed over", len(broken), len(listed)
            )
            return cast(tuple[BankAccount, ...], read([one for n, one in enumerate(listed) if n not in broken]))


class HttpBank:
    """`Bank` over HTTP."""

    def __init__(self, system: HttpSystem) -> None:
        self._system = system
        self._people = KnowsPeople(system.name, "account")

    async def accounts(self, iin: str) -> tuple[BankAccount, ...]:
        """Raises Unavailable too where it knows nobody's accounts any more: everybody would be asked for theirs."""
        found = (await self._system.ask("/bank/v1/accounts", Accounts, query={"iin": iin})).accounts
        self._people.answered(iin, known=bool(found))
        return found

    async def account(self, iin: str, iban: str) -> BankAccount | None:
        return await self._system.look_up(
            "/bank/v1/accounts/{iban}", BankAccount, unknown="unknown_account", path={"iban": iban}, query={"iin": iin}
        )

    async def transfer(self, key: str, transfer: Transfer) -> TransferStatus:
        return await self._system.act("/bank/v1/transfers", key, transfer, TransferStatus)

    async def transfer_status(self, key: str) -> TransferStatus | None:
        return await self._system.look_up(
            "/bank/v1/transfers/by-key/{key}", TransferStatus, unknown="unknown_key", path={"key": key}
        )

    async def credited_as(self, end_to_end_id: str) -> TransferStatus | None:
        return await self._system.look_up(
            "/bank/v1/transfers/by-end-to-end-id/{end_to_end_id}",
            TransferStatus,
            unknown="unknown_end_to_end_id",
            path={"end_to_end_id": end_to_end_id},
            refusals=("unknown_key", "not_found"),  # as of a bank that does not offer it
        )
