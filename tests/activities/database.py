"""One Card for many tests: emptied before each, which is much faster than making a database for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from card import Card, money
from card.tables import Assignment, table
from runtime.servers import Database


@asynccontextmanager
async def card_of_its_own(server: Database, name: str, template: str) -> AsyncIterator[tuple[Card, str]]:
    """A database of this name with the newest shape, for as long as the block lasts: its Card and its address."""
    url = await server.create(name, template=template)
    card = Card(url)
    try:
        yield card, url
    finally:
        await card.close()
        await server.drop(name)


async def empty(card: Card) -> None:
    """Every row of every table is gone."""
    tables = [table.name for table in reversed(SQLModel.metadata.sorted_tables) if table.name != "ledger_accounts"]
    async with card.transaction() as session:
        # The superuser of the tests may pass by the triggers that keep the books.
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for name in tables:
            await session.execute(text(f"DELETE FROM {name}"))  # noqa: S608  (our own tables)


async def owed(session: AsyncSession, key: str, case_ref: str, amount: Decimal, about: money.About) -> None:
    """A body has assigned so much to the case, and it is in the books."""
    ruling = {"application_number": f"EM-{case_ref}", "computed": amount, "amount": amount, "state": "assigned"}
    row = insert(table(Assignment)).values(key=key, case_ref=case_ref, **ruling)
    await session.execute(row.on_conflict_do_nothing())
    await money.book_assigned(session, key, case_ref, amount, about)
