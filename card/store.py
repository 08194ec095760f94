"""The door to the database: one engine a process, short sessions, one transaction each.

A session must be closed before anybody outside is called; `Card.transaction` is a context manager for that reason.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine


def async_url(url: str) -> str:
    """The same database address with the driver we use: psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme.startswith("postgres") else url


class DatabaseError(Exception):
    """The database refused or was away. Names the error, the constraint and nobody: its own text quotes rows.

    Temporal keeps the text of errors and workers log it, so PostgreSQL's must not get that far.
    """

    def __init__(self, error: DBAPIError) -> None:
        diagnosis = getattr(error.orig, "diag", None)
        named = (
            getattr(diagnosis, name, None) for name in ("sqlstate", "table_name", "column_name", "constraint_name")
        )
        super().__init__(" ".join(["database:", type(error.orig).__name__, *filter(None, named)]))


class Card:
    """The Digital Family Card in one database."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.engine: AsyncEngine = create_async_engine(
            async_url(url), pool_size=pool_size, max_overflow=0, pool_pre_ping=True, hide_parameters=True
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end, or not done at all if an error leaves the block.

        Raises DatabaseError in place of the driver's own errors.
        """
        try:
            async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except DBAPIError as error:
            raise DatabaseError(error) from None

    async def ready(self) -> bool:
        """Whether the database answers."""
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))
        return True

    async def close(self) -> None:
        await self.engine.dispose()
