"""What is paid and what is said of it, line by line: plain frozen records, and the two errors of the room.

Amounts are tenge to the tiyn. Errors name a line and a rule, never an IIN, an account or a name.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, Field

from adapters.records import Day, Iban, Iin, Money, Private, Record

CURRENCY: Final = "KZT"

Reference = Annotated[str, Field(pattern=r"^[A-Za-z0-9?:().,'+-]([A-Za-z0-9/?:().,'+ -]{0,33}[A-Za-z0-9/?:().,'+-])?$")]
"""A reference of ours, in the letters that every bank carries."""

Bin = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
"""Business identification number."""

Bic = Annotated[str, Field(pattern=r"^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$")]


class Order(Record):
    """One payment to a person. `end_to_end_id` is our reference, by which every later word of it is known;
    `purpose_code` the KNP, the country's code of what is paid."""

    end_to_end_id: Reference
    amount: Annotated[Money, Field(gt=0)]
    iban: Iban
    iin: Iin
    name: Annotated[str, Field(min_length=1, max_length=140, repr=False)]
    purpose_code: Annotated[str, Field(pattern=r"^[0-9]{3}$")]
    text: Annotated[str | None, Field(min_length=1, max_length=140, repr=False)] = None


class Debtor(Record):
    """Who pays, from which account at which bank."""

    name: Private
    bin: Bin
    iban: Iban
    bic: Bic


class Head(Record):
    """What a file declares of its payments: `count` and `total` are frozen before the first is written."""

    message_id: Reference
    created_at: AwareDatetime
    execution_day: Day
    debtor: Debtor
    count: Annotated[int, Field(ge=1)]
    total: Annotated[Money, Field(gt=0)]


def totals(orders: Iterable[Order]) -> tuple[int, Decimal]:
    """Count and sum, as a Head declares them."""
    count, total = 0, Decimal(0)
    for order in orders:
        count, total = count + 1, total + order.amount
    return count, total


class LineState(StrEnum):
    """What became of a payment, as far as a line says it."""

    PENDING = "pending"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"


class Waits(StrEnum):
    """Why a line waits for a person."""

    NO_REFERENCE = "no_reference"
    NO_AMOUNT = "no_amount"
    NO_REASON = "no_reason"
    DOUBLED = "doubled"
    PARTIAL = "partial"
    OTHER_SUM = "other_sum"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_CREDIT = "unknown_credit"
    REVERSED_CREDIT = "reversed_credit"
    UNKNOWN = "unknown"
    OTHER_AMOUNT = "other_amount"


WHY: Final[dict[Waits, str]] = {
    Waits.NO_REFERENCE: "names no payment of ours",
    Waits.NO_AMOUNT: "has no amount that can be read",
    Waits.NO_REASON: "was not paid, and has no reason",
    Waits.DOUBLED: "says again what an earlier line has said of this payment",
    Waits.PARTIAL: "books another amount than it says was ordered",
    Waits.OTHER_SUM: "belongs to an entry whose lines do not add up to it",
    Waits.UNKNOWN_STATUS: "has a status that nobody knows",
    Waits.UNKNOWN_CREDIT: "brings money, and is neither a return nor a reversal",
    Waits.REVERSED_CREDIT: "takes back what had come back",
    Waits.UNKNOWN: "is about a payment that was never ordered",
    Waits.OTHER_AMOUNT: "is about another amount than was ordered",
}
"""What an operator reads: "line 17 ..."."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one line says of one payment. `number` counts the lines of the file from 1.

    Where `waits` is None, state and end_to_end_id are there, and of what was booked the amount (a status report may
    leave it out); else they are as far as they could be read.
    """

    number: int
    state: LineState | None
    end_to_end_id: str | None
    amount: Decimal | None
    reason_code: str | None = None
    bank_reference: str | None = None
    booked_on: date | None = None
    waits: Waits | None = None
    name: str | None = field(default=None, repr=False)
    """This and the next: whom it names and what it says, for the person for whom it waits."""
    text: str | None = field(default=None, repr=False)

    def against(self, ordered: Decimal | None) -> Self:
        """The line held against the amount ordered under its end_to_end_id, None if none was: it waits where it does
        not agree. What waits already stays as it is."""
        if self.waits is not None or (ordered is not None and self.amount in (None, ordered)):
            return self
        return replace(self, waits=Waits.UNKNOWN if ordered is None else Waits.OTHER_AMOUNT)


@dataclass(frozen=True)
class Limits:
    """What is read at most of one file. 256 MiB are some 200 000 lines; a bank with more sends pages."""

    bytes: int = 256 * 1024 * 1024
    lines: int = 1_000_000


class Rule(StrEnum):
    """What a whole file can break."""

    XML = "xml"
    CUT_OFF = "cut_off"
    ENTITIES = "entities"
    ENCODING = "encoding"
    MESSAGE = "message"
    BYTES = "bytes"
    LINES = "lines"
    HEADER = "header"
    COUNT = "count"
    CONTROL_SUM = "control_sum"
    CURRENCY = "currency"
    ACCOUNT = "account"
    BANK = "bank"
    FUTURE = "future"
    OTHER_FILE = "other_file"


class FileRefused(Exception):
    """A file that is not read at all. `line` is that of its text (1 for a file written in one line)."""

    def __init__(self, rule: Rule, line: int, what: str) -> None:
        super().__init__(rule, line, what)
        self.rule, self.line, self.what = rule, line, what

    def __str__(self) -> str:
        return f"line {self.line}: {self.what} [{self.rule}]"


class BadBatch(ValueError):
    """Payments that are not written. `number` is the payment's place among them, 0 for all of them."""

    def __init__(self, number: int, what: str) -> None:
        super().__init__(f"payment {number}: {what}" if number else what)
        self.number, self.what = number, what
