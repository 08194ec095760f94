"""One SQLite file per stub: the agency's own tables and the store of idempotency keys, in the same transactions.

Opened in WAL mode with synchronous=OFF: killing the stub loses nothing that was answered, only a power cut may, and a
stub is not worth an fsync per call. Calls are short and run on the event loop, one after another, so one connection
and no locks are enough; the file must not be shared by two processes.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KEYS = """
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, request_hash TEXT NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS arrivals (
    key TEXT PRIMARY KEY, arrivals INTEGER NOT NULL DEFAULT 0, replays INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class KeptAnswer:
    """The answer that a key got, and the hash of the request that got it."""

    request_hash: str
    status: int
    body: bytes


class Store:
    """The stub's storage. `schema` are the agency's own CREATE TABLE IF NOT EXISTS statements."""

    def __init__(self, path: Path | str, schema: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA temp_store=MEMORY;" + _KEYS + schema
        )

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done inside; not to be nested."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def do(self, sql: str, *values: Any) -> int:
        """Runs one statement and returns the row id that it made."""
        return self._connection.execute(sql, values).lastrowid or 0

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        return self._connection.execute(sql, values).fetchall()

    def forget(self) -> None:
        """Empties every table. Numbers already given are not given again (AUTOINCREMENT keeps its counter)."""
        tables = self.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        with self.transaction():
            for table in tables:
                self.do(f"DELETE FROM {table['name']}")  # noqa: S608 - names from our own schema

    def kept(self, key: str) -> KeptAnswer | None:
        """What was answered to this key."""
        row = self.one("SELECT request_hash, status, answer FROM keys WHERE key = ?", key)
        return None if row is None else KeptAnswer(row[0], row[1], row[2])

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Keeps the answer; to be called in the transaction of the effect."""
        self.do("INSERT INTO keys VALUES (?, ?, ?, ?)", key, answer.request_hash, answer.status, answer.body)

    def count_arrival(self, key: str) -> None:
        self.do(
            "INSERT INTO arrivals (key, arrivals) VALUES (?, 1) ON CONFLICT DO UPDATE SET arrivals = arrivals + 1", key
        )

    def count_replay(self, key: str) -> None:
        self.do("UPDATE arrivals SET replays = replays + 1 WHERE key = ?", key)

    def count_conflict(self, key: str) -> None:
        self.do("UPDATE arrivals SET conflicts = conflicts + 1 WHERE key = ?", key)

    def arrivals(self, key: str | None) -> list[sqlite3.Row]:
        """How often each key (or this one) arrived, was answered from the store, or was refused with 409."""
        sql = "SELECT key, arrivals, replays, conflicts FROM arrivals"
        return self.all(sql + " ORDER BY key") if key is None else self.all(sql + " WHERE key = ?", key)
