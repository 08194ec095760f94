"""The bank's stub in files: takes a pain.001 under a key, answers with its pain.002, and gives out a day's camt.054.

Each transfer of a file goes the way of a single one, into the same books. A transfer is booked on the day that its file
asks for, whatever day it is, so that a demonstration may play months in a minute.
"""

import sqlite3
import time
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from stubs.agency import Answer, Effect, FileEffect, Params, Problem, Read, answer, invalid, need
from stubs.bank import ZONE, Bank, Transfer
from stubs.iso20022 import (
    Batch,
    Entry,
    NoSuchFile,
    Status,
    doubled,
    in_part,
    read_batch,
    with_a_strangers,
    write_report,
    write_statement,
)

XML = "application/xml"
SPOILED = {"doubled": doubled, "unknown": with_a_strangers, "partial": in_part}


class BankWithFiles(Bank):
    """Setting `status_seconds`: how long the answer to a file takes."""

    schema = (
        Bank.schema
        + """
    CREATE TABLE IF NOT EXISTS files (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, message_id TEXT NOT NULL, count TEXT NOT NULL,
        control_sum TEXT NOT NULL, day TEXT NOT NULL, payer TEXT NOT NULL, bic TEXT NOT NULL, answered_at REAL NOT NULL,
        reason_code TEXT
    );
    CREATE INDEX IF NOT EXISTS files_message ON files (message_id);
    CREATE INDEX IF NOT EXISTS files_payer ON files (payer, id);
    CREATE TABLE IF NOT EXISTS in_files (
        file INTEGER NOT NULL, number INTEGER NOT NULL, transfer INTEGER UNIQUE, end_to_end_id TEXT NOT NULL,
        amount TEXT NOT NULL, name TEXT NOT NULL, reason_code TEXT, PRIMARY KEY (file, number)
    ) WITHOUT ROWID;
    """
    )

    def reads(self) -> tuple[Read, ...]:
        return (
            *super().reads(),
            Read("/bank/v1/files/by-key/{key:path}/status", self._report),
            Read("/bank/v1/accounts/{iban}/statements/{day}", self._statement, spoil=self._spoiled),
        )

    def effects(self) -> tuple[Effect | FileEffect, ...]:
        return (*super().effects(), FileEffect("/bank/v1/files", _batch, self._take))

    def effects_by_key(self) -> dict[str, int]:
        files = self.store.all("SELECT key, count(*) FROM files GROUP BY key")
        return super().effects_by_key() | {row[0]: row[1] for row in files}

    def _take(self, key: str, batch: Batch) -> Answer:
        no = self._objection_to_file(batch)
        file = self.store.do(
            "INSERT INTO files (key, message_id, count, control_sum, day, payer, bic, answered_at, reason_code)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(key, batch.message_id, batch.count, batch.control_sum, batch.day.isoformat(), batch.payer, batch.bic),
            *(time.time() + self.settings["status_seconds"], no),
        )
        for number, wish in enumerate(() if no else batch.wishes, 1):
            made, wrong = None, None
            try:
                made = self.credit(f"{key}#{number}", Transfer.model_validate(vars(wish)), batch.payer, batch.day)
            except ValidationError as error:
                wrong = _code_of(error)
            self.store.do(
                "INSERT INTO in_files VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(file, number, made, wish.end_to_end_id, wish.amount, wish.name, wrong),
            )
        received = datetime.now(ZONE).isoformat(timespec="seconds")
        return answer(201, {"key": key, "file_reference": f"BF-{file:06d}", "received_at": received})

    def _objection_to_file(self, batch: Batch) -> str | None:
        """Why the file is rejected whole: a code of ISO 20022."""
        if self.store.one("SELECT 1 FROM files WHERE message_id = ? AND reason_code IS NULL", batch.message_id):
            return "DU01"
        if batch.count != str(len(batch.wishes)):
            return "AM18"
        try:
            total = sum((Decimal(wish.amount) for wish in batch.wishes), Decimal(0))
            return None if total == Decimal(batch.control_sum) else "AM10"
        except InvalidOperation:
            return "AM12"

    def _report(self, params: Params) -> Answer:
        file = self.store.one("SELECT * FROM files WHERE key = ?", need(params, "key"))
        if file is None:
            raise Problem(404, "unknown_key", "No file with this key has arrived.")
        if time.time() < file["answered_at"]:
            raise Problem(404, "no_status_yet", "The file is being worked on.")
        states = list(self._states_of(file["id"]))
        at = _not_after(date.fromisoformat(file["day"]), hours=12)
        about = Batch(file["message_id"], file["count"], file["control_sum"], at.date(), "", "", ())
        group = "RJCT" if file["reason_code"] else _group(states)
        message_id = f"PSR-{file['id']}-{int(time.time())}"
        raw = write_report(message_id, at, about, group, file["reason_code"], states)
        return Answer(200, raw, media_type=XML)

    def _states_of(self, file: int) -> list[Status]:
        now = time.time()
        rows = self.store.all(
            "SELECT f.end_to_end_id, f.amount, f.number, f.reason_code AS broken, t.id, t.settles_at, t.reason_code"
            " FROM in_files f LEFT JOIN transfers t ON t.id = f.transfer WHERE f.file = ? ORDER BY f.number",
            file,
        )
        return [
            Status(row["end_to_end_id"], _code(row, now), row["amount"], f"BR-{row['id'] or 0:09d}", _no(row))
            for row in rows
        ]

    def _entries(self, iban: str, day: str) -> list[Entry]:
        now = time.time()
        rows = self.store.all(
            "SELECT b.*, t.amount, t.end_to_end_id, t.settles_at, f.name FROM bookings b"
            " JOIN transfers t ON t.id = b.id LEFT JOIN in_files f ON f.transfer = b.id"
            " WHERE b.payer = ? AND (b.day = ? OR b.returned_on = ?)"
            " ORDER BY b.id",
            *(iban, day, day),
        )
        entries = []
        for row in rows:
            about = (row["end_to_end_id"], Decimal(row["amount"]))
            name, pending = row["name"] or "", now < row["settles_at"]
            if row["day"] == day:
                entries.append(Entry(*about, f"BR-{row['id']:09d}", day, name, pending=pending))
            if row["returned_on"] == day:
                code = row["return_code"]
                entries.append(Entry(*about, f"BR-{row['id']:09d}-R", day, name, back=True, reason=code))
        return entries

    def _statement(self, params: Params) -> Answer:
        return self._spoiled(params, "")

    def _spoiled(self, params: Params, how: str) -> Answer:
        iban, day = need(params, "iban"), need(params, "day")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            raise invalid("day", "a day as 2026-01-05") from None
        entries = self._entries(iban, day)
        if not entries and on >= datetime.now(ZONE).date():
            raise Problem(404, "no_statement", "Nothing is booked on this day yet.")
        entries = SPOILED.get(how, list)(entries)
        file = self.store.one("SELECT bic FROM files WHERE payer = ? ORDER BY id DESC LIMIT 1", iban)
        raw = write_statement(
            f"NTF-{day}-{len(entries)}",
            _not_after(on, hours=18),
            iban,
            None if file is None else file["bic"],
            entries,
            1 if how == "wrong_sum" else 0,
        )
        return Answer(200, raw[: len(raw) * 2 // 3] if how == "cut_off" else raw, media_type=XML)


def _batch(raw: bytes) -> Batch:
    try:
        return read_batch(raw)
    except NoSuchFile as wrong:
        raise invalid("file", str(wrong)) from None


def _code_of(error: ValidationError) -> str:
    """The reason code of what no transfer can be made of."""
    fields = {fault["loc"][0] for fault in error.errors() if fault["loc"]}
    codes: dict[Any, str] = {"iban": "AC01", "amount": "AM12", "currency": "AM03", "iin": "BE01"}
    return next((codes[field] for field in codes if field in fields), "FF01")


def _no(row: sqlite3.Row) -> str | None:
    """Why a transfer was not made."""
    no: str | None = row["broken"] or row["reason_code"]
    return no


def _code(row: sqlite3.Row, now: float) -> str:
    if _no(row) is not None:
        return "RJCT"
    return "PDNG" if now < row["settles_at"] else "ACSC"


def _group(states: list[Status]) -> str:
    codes = Counter(state.code for state in states)
    return next(iter(codes)) if len(codes) == 1 else "PART"


def _not_after(day: date, hours: int) -> datetime:
    """When the bank has written of a day: on that day, were it past, and never in a time to come."""
    then = datetime.combine(day, datetime.min.time(), ZONE) + timedelta(hours=hours)
    return min(datetime.now(ZONE), then)
