"""A bank's statement of our account, held against what was ordered: as the bank sends it, or from a file."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from activities.portions import portions
from adapters.bank_files import Debtor, Ours, read_statement
from benefits.days import ALMATY
from card import Card, bank_lines
from card.bank_lines import Stated


@dataclass(frozen=True)
class Booked:
    """What a statement of so many `lines` has changed; `lines` alone where all of it was known before."""

    lines: int
    changed: Stated


async def book(card: Card, debtor: Debtor, file: BinaryIO, day: date | None = None, *, over: bool = False) -> Booked:
    """Book a statement of the debtor's account. `day`: whose it is, if it was asked for, and whether that is over.

    The same again changes nothing, so one that was cut short by a failure is read once more. Raises FileRefused before
    anything is booked.
    """
    ours = Ours(frozenset({debtor.iban}), debtor.bic, datetime.now(ALMATY))
    statement = await asyncio.to_thread(read_statement, file, ours)
    source = statement.created_at.astimezone(ALMATY).date() if day is None else day
    changed = Stated()
    async for said in portions(statement.lines()):
        async with card.transaction() as session:
            changed += await bank_lines.stated(session, source, said)
    if day is not None and statement.last_page:
        sums = (statement.count, statement.debits, statement.credits)
        async with card.transaction() as session:
            await bank_lines.read_day(session, debtor.iban, day, *sums, whole=over)
    return Booked(statement.count, changed)
