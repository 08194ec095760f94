"""The door to the database: one engine a process, short sessions, one transaction each.

A session must be closed before anybody outside is called; `Card.transaction` is a context manager for that reason.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

import psycopg
from sqlalchemy import URL, event, make_url, select, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlmodel import col

from card.tables import Person


def async_url(url: str) -> str:
    """The same database address with the driver we use: psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme.startswith("postgres") else url


def _without_prepare(url: str) -> tuple[URL, dict[str, int | None]]:
    """The address without `prepare_threshold`, and that as the driver wants it: `None` prepares nothing.

    Behind a pooler that gives one session to several clients, prepared statements of one meet those of another.
    """
    address = make_url(url)
    given = address.query.get("prepare_threshold")
    if given is None:
        return address, {}
    threshold = None if str(given).lower() in ("none", "") else int(str(given))
    return address.difference_update_query(["prepare_threshold"]), {"prepare_threshold": threshold}


_ELSEWHERE = ("08", "25006", "57P01", "57P02", "57P03")
"""SQLSTATEs that say: this server is not, or no longer, the one to write to."""


def _leave_who_cannot_write(context: ExceptionContext) -> None:
    """After a fail-over open connections can read and not write: the pool leaves them all, and connects anew."""
    state = getattr(context.original_exception, "sqlstate", None) or ""
    if state.startswith(_ELSEWHERE):
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = True


_MOST_IINS = 20_000


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


class DatabaseError(Exception):
    """The database was away, or another was in the way: it may go well later. Names the error and the constraint only.

    Temporal keeps the text of errors and workers log it, so PostgreSQL's own, which quotes rows, must not get that far.
    """

    def __init__(self, error: DBAPIError) -> None:
        diagnosis = getattr(error.orig, "diag", None)
        named = (
            getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name")
        )
        super().__init__(" ".join(["database:", type(error.orig).__name__, *filter(None, named)]))


class DatabaseRefused(DatabaseError):
    """The database refused for good: a row that is not there, a rule that is broken, a value that cannot be."""


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
        # No ping before use: a connection that broke fails one attempt of a step, and steps are tried again.
        address, prepare = _without_prepare(async_url(url))
        self.engine: AsyncEngine = create_async_engine(
            address, pool_size=pool_size, max_overflow=0, hide_parameters=True, connect_args=prepare
        )
        event.listen(self.engine.sync_engine, "handle_error", _leave_who_cannot_write)
        self._iins: dict[UUID, str] = {}
        self._by_statement = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or not done at all if an error leaves the block.

        Raises DatabaseError in place of the driver's own errors.
        """
        with _named():
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[AsyncSession]:
        """A session whose statements each commit by themselves: for reading, and where each is complete alone.

        Spares two round trips beside `transaction`, and a case has dozens. Raises DatabaseError.
        """
        with _named():
            async with AsyncSession(self._by_statement, expire_on_commit=False) as session:
                yield session

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

    async def ready(self) -> bool:
        """Whether the database answers and takes what is written: a standby that was the primary does not."""
        async with self.statements() as session:
            return bool((await session.execute(text("SHOW transaction_read_only"))).scalar_one() == "off")

    async def close(self) -> None:
        await self.engine.dispose()
