"""A Card of its own for each test, empty, and a way to put the people and cases into it that a guard is tried on."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from itertools import count

import pytest
from sqlalchemy import text

from benefits import make_iin
from card import Card, cases
from card.tables import CaseRecord

ON = date(2025, 3, 1)


@dataclass
class Cards:
    """The Card, and cases opened in it."""

    card: Card
    numbers: "count[int]"

    async def open(self, *, service: str = "multi-child", opened_by: str | None = None, n: int = 1) -> CaseRecord:
        """A case of the n-th person; each call opens another unless `opened_by` says what opened it."""
        iin = make_iin(date(1985, 3, 12), "female", n)
        by = opened_by or f"event-{next(self.numbers)}"
        async with self.card.transaction() as session:
            return (await cases.open_case(session, service=service, iin=iin, opened_by=by, on=ON)).case

    async def without_payments(self) -> None:
        """The books alone, where a test asks what they cover: an entry needs no payment."""
        async with self.card.transaction() as session:
            await session.execute(text("ALTER TABLE ledger DISABLE TRIGGER ledger_follows_payments"))


@pytest.fixture
async def cards(database_url: str) -> AsyncIterator[Cards]:
    card = Card(database_url)
    yield Cards(card, count(1))
    await card.close()
