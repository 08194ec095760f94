"""The door to the database: one engine a process, short sessions, one transaction each.

A session must be closed before anybody outside is called; `Card.transaction` is a context manager for that reason.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import psycopg
from opentelemetry.trace import Tracer
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound, ResourceClosedError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col

from card.connections import pool, trace_statements
from card.migrate import NEWEST
from card.tables import CaseRecord, Person

_MOST_IINS = 20_000

NoSuchRow, SeveralRows = NoResultFound, MultipleResultsFound
"""What is raised where exactly one row must be."""

Session = AsyncSession
"""What a transaction's functions are given: callers hand it on, and know nothing else of the database's library."""


PASSING = {
    "08": "the connection broke",
    "25": "the server takes no writes now, or a transaction was left open",
    "40": "another transaction was in the way: serialization, deadlock",
    "53": "no room: connections, memory, disk",
    "55": "somebody holds the lock",
    "57": "an operator stopped it, or it is starting",
    "58": "the disk or the system under it",
    "XX": "a fault inside PostgreSQL",
}
"""Classes of SQLSTATE after which the same statement may succeed later, and why. Of all others it never will."""


MEANS = {
    "a_month_is_due_once": "another case has been credited this month of the right: take that one back first, or close",
    "an_answer_once": "this message has been taken as an answer of this case already",
    "applications_number_key": "E-Maket has given this application the number of another person's or case's: ask "
    "E-Maket which it is; once it names another number, `retry`",
    "one_live_payment_a_case": "another payment of this case is on its way: wait for what the bank says of it",
    "one_open_case_a_right": "another case of the same right is open: let it end first",
    "one_ruling_stands": "another ruling of this case stands: find out at the deciding body which of them holds",
    "one_yes_a_case": "the person has said yes to this case already",
    "one_yes_a_message": "this message is the yes to another case: ask the person again",
}
"""What the rules mean that another body's word or an operator can break, and what to do then."""

_OURS = ("23001", "23514")
"""SQLSTATEs that our triggers raise, in words of ours that name rules and never a row."""


class DatabaseError(Exception):
    """The database was away, or another was in the way: it may go well later. Names the error and the rule only.

    Temporal keeps the text of errors and workers log it, so PostgreSQL's own, which quotes rows, must not get that far.
    """

    def __init__(self, error: DBAPIError) -> None:
        diagnosis = getattr(error.orig, "diag", None)
        named = [
            getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name")
        ]
        words = MEANS.get(named[-1] or "")
        if words is None and named[0] in _OURS and named[-1] is None:
            words = getattr(diagnosis, "message_primary", None)
        text = " ".join(["database:", type(error.orig).__name__, *filter(None, named)])
        super().__init__(f"{words} ({text})" if words else text)


class DatabaseRefused(DatabaseError):
    """The database refused for good: a row that is not there, a rule that is broken, a value that cannot be."""


class TakesNoWrites(Exception):
    """The server answers, and is not the one to work with."""


class OldMigration(Exception):
    """The database was not migrated for this version."""


def _translation(error: DBAPIError) -> DatabaseError:
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:
        # The driver's own: it has lost the server, or it was given or has read what cannot be.
        passes = isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError)
    else:
        passes = state[:2] in PASSING
    return DatabaseError(error) if passes else DatabaseRefused(error)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _translation(error) from None


class Card:
    """The Digital Family Card in one database."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.engine: AsyncEngine = pool(url, pool_size)
        self._iins: dict[UUID, str] = {}
        self._by_statement = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def trace(self, tracer: Tracer) -> None:
        """A span for each statement from now on."""
        trace_statements(self.engine, tracer)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or not done at all if an error leaves the block.

        Raises DatabaseError in place of the driver's own errors.
        """
        async with self._session(self.engine) as session, session.begin():
            yield session

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[AsyncSession]:
        """A session whose statements each commit by themselves: for reading, and where each is complete alone.

        Spares two round trips beside `transaction`, and a case has dozens. Raises DatabaseError.
        """
        async with self._session(self._by_statement) as session:
            yield session

    @asynccontextmanager
    async def _session(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        with _named():
            async with AsyncSession(engine, expire_on_commit=False) as session:
                try:
                    yield session
                except (asyncio.CancelledError, ResourceClosedError):
                    # Cut off in the middle of an answer, or given another's: nobody works with this connection again.
                    await asyncio.shield(session.invalidate())
                    raise

    async def iin(self, person_id: UUID) -> str:
        """The IIN of a known person. It never changes, so it is read once and kept; most steps need it."""
        known = self._iins.get(person_id)
        if known is None:
            async with self.statements() as session:
                known = (await session.scalars(select(col(Person.iin)).where(col(Person.id) == person_id))).one()
            if len(self._iins) >= _MOST_IINS:
                self._iins.clear()
            self._iins[person_id] = known
        return known

    async def codec_keys(self) -> frozenset[str]:
        """The payload keys that open cases were started under."""
        keys = select(col(CaseRecord.codec_key)).where(col(CaseRecord.outcome).is_(None)).distinct()
        async with self.statements() as session:
            return frozenset(key for key in await session.scalars(keys) if key is not None)

    async def ready(self) -> bool:
        """Whether the database does what is needed: it answers, takes writes, and has every migration of this version.

        Raises TakesNoWrites or OldMigration. A newer migration is fine: it is there before the newer programs are.
        """
        asked = text(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean, "
            "(SELECT version_num FROM alembic_version)"
        )
        async with self.statements() as session:
            read_only, version = (await session.execute(asked)).one()
        if read_only:
            # Nobody posts to a gateway that is not ready, so no error would ever tell the pool.
            await self.engine.dispose()
            raise TakesNoWrites("this PostgreSQL takes no writes: a standby, or set to read only")
        if version < NEWEST:
            raise OldMigration(f"the database is of migration {version}, {NEWEST} is needed: python -m runtime.migrate")
        return True

    async def close(self) -> None:
        await self.engine.dispose()
