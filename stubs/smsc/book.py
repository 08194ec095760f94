"""What the centre keeps: messages and their parts, replies, and what is still to be delivered to the receiver.

One SQLite file, through `stubs.store`. A key has one effect: the same part under the same key is the same part, with
the same message id; under the same key with another content it is refused.
"""

import hashlib
import json
import sqlite3
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stubs.smsc.alphabet import Piece
from stubs.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS phones (phone TEXT PRIMARY KEY, behaviour TEXT NOT NULL DEFAULT '{}') WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE, phone TEXT NOT NULL, source TEXT NOT NULL,
    reference INTEGER NOT NULL, total INTEGER NOT NULL, plan TEXT NOT NULL, text TEXT, state TEXT NOT NULL,
    accepted_at TEXT NOT NULL, finished_at TEXT
);
CREATE INDEX IF NOT EXISTS messages_phone ON messages (phone);
CREATE TABLE IF NOT EXISTS parts (
    smsc_message_id TEXT PRIMARY KEY, message INTEGER NOT NULL, number INTEGER NOT NULL, key TEXT UNIQUE,
    digest TEXT NOT NULL, text TEXT NOT NULL, accepted_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parts_message ON parts (message);
CREATE TABLE IF NOT EXISTS replies (
    id INTEGER PRIMARY KEY AUTOINCREMENT, external_id TEXT NOT NULL, phone TEXT NOT NULL, text TEXT NOT NULL,
    sent_at TEXT NOT NULL, waiting INTEGER NOT NULL, acknowledged_at TEXT
);
CREATE INDEX IF NOT EXISTS replies_phone ON replies (phone);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    reply INTEGER, deliver TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (due);
"""

FINISHED = {
    "DELIVRD": "delivered",
    "EXPIRED": "expired",
    "DELETED": "deleted",
    "UNDELIV": "undeliverable",
    "REJECTD": "rejected",
}


class KeyReused(Exception):
    """A part came under a known key with another content."""


@dataclass(frozen=True)
class Plan:
    """What shall become of a message: the word of its receipts (None for no receipt), when, and how often."""

    receipt: str | None = "DELIVRD"
    after_seconds: float = 0.05
    times: int = 1

    @property
    def outcome(self) -> str:
        """State of the message when it is over; without a receipt it has arrived all the same."""
        return FINISHED.get(self.receipt or "DELIVRD", "accepted")


@dataclass(frozen=True)
class Accepted:
    """A part that was taken. `new` is false if its key was known: nothing more is to be done then."""

    smsc_message_id: str
    new: bool
    plan: Plan
    message: int
    complete: bool


class Book:
    """The centre's storage, in `data`/smsc.sqlite, or in memory for ":memory:"."""

    def __init__(self, data: Path | str) -> None:
        self.store = Store(data if data == ":memory:" else Path(data) / "smsc.sqlite", _SCHEMA)

    def close(self) -> None:
        """Closes the file."""
        self.store.close()

    def take_part(self, phone: str, source: str, key: str | None, piece: Piece, plan: Plan) -> Accepted:
        """Stores a part and finds its message. `plan` counts if the part begins one. Raises KeyReused."""
        digest = hashlib.sha256(f"{phone}\0{piece}".encode()).hexdigest()
        with self.store.transaction():
            if key is not None:
                known = self.store.one("SELECT * FROM parts WHERE key = ?", key)
                if known is not None:
                    if known["digest"] != digest:
                        raise KeyReused
                    return Accepted(known["smsc_message_id"], False, plan, known["message"], False)
            message = self._message_of(phone, source, key, piece, plan)
            made = uuid.uuid4().hex[:16]
            self.store.do(
                "INSERT INTO parts VALUES (?, ?, ?, ?, ?, ?, ?)",
                *(made, message["id"], piece.number, key, digest, piece.text, _now()),
            )
            texts = self.store.all("SELECT text FROM parts WHERE message = ? ORDER BY number", message["id"])
            complete = len(texts) == message["total"]
            if complete:
                whole = "".join(row["text"] for row in texts)
                self.store.do("UPDATE messages SET text = ?, state = 'accepted' WHERE id = ?", whole, message["id"])
            return Accepted(made, True, Plan(**json.loads(message["plan"])), message["id"], complete)

    def _message_of(self, phone: str, source: str, key: str | None, piece: Piece, plan: Plan) -> sqlite3.Row:
        base = key.rpartition("#")[0] or key if key is not None else None
        if base is not None:
            found = self.store.one("SELECT * FROM messages WHERE key = ?", base)
        else:
            found = self.store.one(
                "SELECT * FROM messages WHERE key IS NULL AND phone = ? AND reference = ? AND total = ?"
                " AND text IS NULL ORDER BY id DESC",
                *(phone, piece.reference, piece.total),
            )
        if found is not None:
            if (found["phone"], found["reference"], found["total"]) != (phone, piece.reference, piece.total):
                raise KeyReused
            return found
        made = self.store.do(
            "INSERT INTO messages (key, phone, source, reference, total, plan, state, accepted_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'incomplete', ?)",
            *(base, phone, source, piece.reference, piece.total, json.dumps(vars(plan)), _now()),
        )
        row = self.store.one("SELECT * FROM messages WHERE id = ?", made)
        assert row is not None  # noqa: S101 - just inserted
        return row

    def unfinished(self) -> list[tuple[int, Plan]]:
        """Messages that are complete and have not reached their end: an earlier process took them."""
        rows = self.store.all("SELECT id, plan FROM messages WHERE state = 'accepted' AND finished_at IS NULL")
        return [(row["id"], Plan(**json.loads(row["plan"]))) for row in rows]

    def finish(self, message: int, state: str) -> None:
        """The message reached the handset, or never will."""
        self.store.do("UPDATE messages SET state = ?, finished_at = ? WHERE id = ?", state, _now(), message)

    def plan_delivery(self, deliver: dict[str, Any], after: float = 0.0, reply: int | None = None) -> None:
        """Puts a deliver_sm (arguments as JSON) on the list of what the receiver must get."""
        due = time.time() + after
        self.store.do("INSERT INTO outbox (due, reply, deliver) VALUES (?, ?, ?)", due, reply, json.dumps(deliver))

    def due(self, limit: int, without: set[int]) -> list[sqlite3.Row]:
        """What should go out now, the longest due first."""
        rows = self.store.all(
            "SELECT * FROM outbox WHERE due <= ? ORDER BY due LIMIT ?", time.time(), limit + len(without)
        )
        return [row for row in rows if row["id"] not in without][:limit]

    def next_due(self, without: set[int]) -> float | None:
        """Seconds until something is due, None if nothing is waiting."""
        for row in self.store.all("SELECT id, due FROM outbox ORDER BY due LIMIT ?", len(without) + 1):
            if row["id"] not in without:
                return max(0.0, float(row["due"]) - time.time())
        return None

    def postpone(self, delivery: int, seconds: float) -> None:
        """It was not acknowledged: again later."""
        self.store.do(
            "UPDATE outbox SET due = ?, attempts = attempts + 1 WHERE id = ?", time.time() + seconds, delivery
        )

    def delivered(self, delivery: int, reply: int | None) -> None:
        """It was acknowledged; a reply is, once all its parts are."""
        with self.store.transaction():
            self.store.do("DELETE FROM outbox WHERE id = ?", delivery)
            if reply is not None:
                self.store.do(
                    "UPDATE replies SET waiting = waiting - 1,"
                    " acknowledged_at = CASE WHEN waiting = 1 THEN ? ELSE acknowledged_at END WHERE id = ?",
                    *(_now(), reply),
                )

    def keep_reply(self, external_id: str, phone: str, text: str, deliveries: int) -> int:
        """Stores what the person wrote."""
        return self.store.do(
            "INSERT INTO replies (external_id, phone, text, sent_at, waiting) VALUES (?, ?, ?, ?, ?)",
            *(external_id, phone, text, _now(), deliveries),
        )

    def keep_phone(self, phone: str, behaviour: str) -> None:
        """A phone of the cast, with how messages to it behave (JSON)."""
        self.store.do(
            "INSERT INTO phones VALUES (?, ?) ON CONFLICT DO UPDATE SET behaviour = excluded.behaviour",
            phone,
            behaviour,
        )

    def behaviour(self, phone: str) -> str | None:
        """The behaviour that came with the phone (JSON)."""
        row = self.store.one("SELECT behaviour FROM phones WHERE phone = ?", phone)
        return None if row is None else str(row["behaviour"])


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
