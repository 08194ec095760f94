"""The second-tier banks as one service: a person's accounts, credit transfers, and the bank's own books.

A transfer goes through only to an open account in the person's own name; anything else is rejected with an ISO 20022
reason code, and a rejection is an entry in the books too. One end-to-end id is credited at most once, whatever the key.
"""

import sqlite3
import time
from datetime import date, datetime, timedelta, timezone
from typing import Any, Literal

from stubs.agency import (
    AboutPerson,
    Agency,
    Answer,
    Effect,
    FileEffect,
    Money,
    Params,
    Problem,
    Read,
    Text,
    answer,
    need,
    need_iin,
)
from stubs.cast import BankBehaviour, Person, Return

REASONS = {
    "AC01": "No such account.",
    "AC04": "The account is closed.",
    "AC06": "The account is blocked.",
    "AM05": "This end-to-end id has been credited already.",
    "BE01": "The account is not in this person's name.",
}


OURS = "KZ750000000000000000"
"""The account from which single transfers are paid."""

PENSION_FUND = "KZ330090000000000001"
"""The account to which pension contributions go: it takes them for everybody."""

ZONE = timezone(timedelta(hours=5))
"""Where the banks count their days."""


class Transfer(AboutPerson):
    """POST /bank/v1/transfers."""

    iban: Text
    amount: Money
    currency: Literal["KZT"]
    purpose: Text
    end_to_end_id: Text


class Bank(Agency):
    """The banks. Setting `settle_seconds`: how long a transfer is pending before it is settled."""

    name = "bank"
    books = "transfers"
    schema = """
    CREATE TABLE IF NOT EXISTS people (iin TEXT PRIMARY KEY, behaviour TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS accounts (
        iban TEXT PRIMARY KEY, iin TEXT NOT NULL, place INTEGER NOT NULL, bank TEXT NOT NULL, currency TEXT NOT NULL,
        state TEXT NOT NULL, at_transfer TEXT
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS accounts_of ON accounts (iin, place);
    CREATE TABLE IF NOT EXISTS transfers (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, iban TEXT NOT NULL, iin TEXT NOT NULL,
        amount TEXT NOT NULL, purpose TEXT NOT NULL, end_to_end_id TEXT NOT NULL, settles_at REAL NOT NULL,
        reason_code TEXT, reason TEXT
    );
    CREATE INDEX IF NOT EXISTS transfers_key ON transfers (key);
    CREATE INDEX IF NOT EXISTS transfers_end_to_end ON transfers (end_to_end_id);
    CREATE TABLE IF NOT EXISTS bookings (
        id INTEGER PRIMARY KEY, payer TEXT NOT NULL, day TEXT NOT NULL, returned_on TEXT, return_code TEXT
    );
    CREATE INDEX IF NOT EXISTS bookings_day ON bookings (payer, day);
    CREATE INDEX IF NOT EXISTS bookings_returned ON bookings (payer, returned_on);
    """

    def reads(self) -> tuple[Read, ...]:
        return (
            Read("/bank/v1/accounts", self._accounts),
            Read("/bank/v1/accounts/{iban}", self._account),
            Read("/bank/v1/transfers/by-key/{key:path}", self._by_key, self._iin_of_key),
            Read("/bank/v1/transfers/by-end-to-end-id/{name:path}", self._by_name),
            Read("/bank/v1/books", self._books),
        )

    def effects(self) -> tuple[Effect | FileEffect, ...]:
        return (Effect("/bank/v1/transfers", Transfer, self._transfer),)

    def faults_for(self, person: Person) -> tuple[Any, ...]:
        return person.behaviour.bank.faults

    def keep_person(self, person: Person) -> None:
        self.store.do("DELETE FROM accounts WHERE iin = ?", person.iin)
        for place, account in enumerate(person.accounts):
            self.store.do(
                "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(account.iban, person.iin, place, account.bank, account.currency, account.state, account.at_transfer),
            )
        if person.behaviour.bank.returns is not None and person.behaviour.bank.returns.earlier_too:
            self._send_back(person.iin, person.behaviour.bank.returns)
        behaviour = person.behaviour.bank.model_copy(update={"faults": ()})
        self.store.do("INSERT OR REPLACE INTO people VALUES (?, ?)", person.iin, behaviour.model_dump_json())

    def _send_back(self, iin: str, wish: Return) -> None:
        """What was credited before comes back too, so many days after it was booked."""
        sql = "SELECT b.id, b.day FROM bookings b JOIN transfers t USING (id) WHERE t.iin = ? AND b.returned_on IS NULL"
        for row in self.store.all(sql, iin):
            on = date.fromisoformat(row["day"]) + timedelta(days=wish.after_days)
            back = "UPDATE bookings SET returned_on = ?, return_code = ? WHERE id = ?"
            self.store.do(back, on.isoformat(), wish.code, row["id"])

    def _accounts(self, params: Params) -> Answer:
        rows = self.store.all(
            "SELECT iban, bank, currency, state FROM accounts WHERE iin = ? ORDER BY place", need_iin(params)
        )
        return answer(200, {"accounts": [dict(row) for row in rows]})

    def _account(self, params: Params) -> Answer:
        iin, iban = need_iin(params), need(params, "iban")
        row = self.store.one("SELECT iin, state FROM accounts WHERE iban = ?", iban)
        if row is None:
            raise Problem(404, "unknown_account", "No bank has this account.")
        return answer(200, {"iban": iban, "own": row["iin"] == iin, "state": row["state"]})

    def _transfer(self, key: str, transfer: Transfer) -> Answer:
        self.credit(key, transfer, OURS, datetime.now(ZONE).date())
        return answer(201, self._states("WHERE key = ?", key)[0])

    def credit(self, key: str, transfer: Transfer, payer: str, day: date) -> int:
        """Credits the account or says in the books why not; returns the number of the row. What is credited is booked
        on this day on the payer's account, and returned later if the person's document says so."""
        row = self.store.one("SELECT behaviour FROM people WHERE iin = ?", transfer.iin)
        wish = BankBehaviour() if row is None else BankBehaviour.model_validate_json(row[0])
        no = self._objection(transfer, wish)
        settle = self.settings["settle_seconds"] if wish.settle_seconds is None else wish.settle_seconds
        made = self.store.do(
            "INSERT INTO transfers (key, iban, iin, amount, purpose, end_to_end_id, settles_at, reason_code, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(key, transfer.iban, transfer.iin, f"{transfer.amount:.2f}", transfer.purpose, transfer.end_to_end_id),
            *(time.time() + settle, *(no or (None, None))),
        )
        if no is None:
            back = None if wish.returns is None else (day + timedelta(days=wish.returns.after_days)).isoformat()
            code = None if wish.returns is None else wish.returns.code
            self.store.do("INSERT INTO bookings VALUES (?, ?, ?, ?, ?)", made, payer, day.isoformat(), back, code)
        return made

    def _objection(self, transfer: Transfer, wish: BankBehaviour) -> tuple[str, str] | None:
        """Why the money cannot be credited: an ISO 20022 code and its words."""
        account = self.store.one("SELECT iin, state, at_transfer FROM accounts WHERE iban = ?", transfer.iban)
        code: str | None = None
        if transfer.iban == PENSION_FUND:
            return ("AM05", REASONS["AM05"]) if self._credited(transfer.end_to_end_id) else None
        if account is None:
            code = "AC01"
        elif account["iin"] != transfer.iin:
            code = "BE01"
        elif self._credited(transfer.end_to_end_id):
            code = "AM05"
        elif wish.reject is not None:
            return wish.reject.code, wish.reject.reason
        else:
            state = account["at_transfer"] or account["state"]
            if state != account["state"]:
                self.store.do("UPDATE accounts SET state = ? WHERE iban = ?", state, transfer.iban)
            code = {"closed": "AC04", "blocked": "AC06"}.get(state)
        return None if code is None else (code, REASONS[code])

    def _credited(self, end_to_end_id: str) -> bool:
        sql = "SELECT 1 FROM transfers WHERE end_to_end_id = ? AND reason_code IS NULL"
        return self.store.one(sql, end_to_end_id) is not None

    def _states(self, where: str = "", *values: str) -> list[dict[str, Any]]:
        now, today = time.time(), datetime.now(ZONE).date().isoformat()
        sql = (
            "SELECT t.*, b.return_code AS back FROM transfers t"
            " LEFT JOIN bookings b ON b.id = t.id AND b.returned_on <= ?"
        )
        return [
            {
                "key": row["key"],
                "state": "rejected"
                if row["reason_code"]
                else "returned"
                if row["back"]
                else "pending"
                if now < row["settles_at"]
                else "settled",
                "bank_reference": f"BR-{row['id']:09d}",
                "reason_code": row["reason_code"] or row["back"],
                "reason": row["reason"],
                "iban": row["iban"],
                "amount": row["amount"],
                "end_to_end_id": row["end_to_end_id"],
            }
            for row in self.store.all(f"{sql} {where} ORDER BY t.id", today, *values)
        ]

    def _by_key(self, params: Params) -> Answer:
        key = need(params, "key")
        found = self._states("WHERE key = ?", key)
        return answer(200, found[0]) if found else self.kept_or_unknown(key)

    def _by_name(self, params: Params) -> Answer:
        found = self._states("WHERE end_to_end_id = ? AND reason_code IS NULL", need(params, "name"))
        if not found:
            raise Problem(404, "unknown_end_to_end_id", "Nothing was credited under this id.")
        return answer(200, found[0])

    def _books(self, params: Params) -> Answer:  # noqa: ARG002 - the books are shown whole
        booked = {row["id"]: row for row in self.store.all("SELECT * FROM bookings")}
        return answer(200, {"transfers": [one | _booking(booked.get(_row(one))) for one in self._states()]})

    def _iin_of_key(self, params: Params) -> str | None:
        row = self.store.one("SELECT iin FROM transfers WHERE key = ?", params.get("key"))
        return None if row is None else row["iin"]


def _row(state: dict[str, Any]) -> int:
    return int(state["bank_reference"].removeprefix("BR-"))


def _booking(row: sqlite3.Row | None) -> dict[str, Any]:
    """What the books say besides of what was credited."""
    return {name: None if row is None else row[name] for name in ("day", "returned_on", "return_code")}
