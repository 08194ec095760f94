"""Files to and from a bank: the port, and the same over HTTP.

It moves files and reads none: what one says is read by `read_report` and `read_statement`, from where it was written.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import BinaryIO, Protocol, runtime_checkable

from pydantic import AwareDatetime

from adapters.bank_files.records import Limits
from adapters.http import HttpSystem
from adapters.records import Name, Record

DEADLINE = timedelta(minutes=5)
"""For a whole file, either way."""


class FileReceipt(Record):
    """The bank has the file, and has said nothing of its payments yet."""

    key: Name
    file_reference: Name
    received_at: AwareDatetime


class Arrival(StrEnum):
    """Whether what was asked for is there: it was written, or comes later, or the bank knows of no such file."""

    WRITTEN = "written"
    NOT_YET = "not_yet"
    UNKNOWN = "unknown"


@runtime_checkable
class BankFiles(Protocol):
    """One bank that takes files. `into` is a file of ours, open to be written and read, of which nothing stays but
    what is written; it stands at its beginning afterwards."""

    async def send(self, key: str, file: BinaryIO) -> FileReceipt:
        """Hands a pain.001 over, once per key."""
        ...

    async def status(self, key: str, into: BinaryIO) -> Arrival:
        """The pain.002 on the file of this key. UNKNOWN: it was never taken, or is lost; the same key may be sent."""
        ...

    async def statement(self, iban: str, day: date, into: BinaryIO) -> bool:
        """The camt.054 of what was booked on our account on this day; False if there is none (yet)."""
        ...


class HttpBankFiles:
    """`BankFiles` over HTTP."""

    def __init__(self, system: HttpSystem, limits: Limits | None = None, deadline: timedelta = DEADLINE) -> None:
        self._system, self._most, self._deadline = system, (limits or Limits()).bytes, deadline

    async def send(self, key: str, file: BinaryIO) -> FileReceipt:
        return await self._system.send("/bank/v1/files", key, file, FileReceipt, deadline=self._deadline)

    async def status(self, key: str, into: BinaryIO) -> Arrival:
        absent = {"unknown_key": Arrival.UNKNOWN, "no_status_yet": Arrival.NOT_YET}
        missing = await self._system.fetch(
            "/bank/v1/files/by-key/{key}/status",
            into,
            absent=absent,
            most=self._most,
            path={"key": key},
            deadline=self._deadline,
        )
        return absent[missing] if missing else Arrival.WRITTEN

    async def statement(self, iban: str, day: date, into: BinaryIO) -> bool:
        missing = await self._system.fetch(
            "/bank/v1/accounts/{iban}/statements/{day}",
            into,
            absent={"no_statement"},
            most=self._most,
            path={"iban": iban, "day": day.isoformat()},
            deadline=self._deadline,
        )
        return missing is None
