"""Bank accounts of persons: which are known, and to which a payment came back."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import Account, table


async def know(session: AsyncSession, person_id: UUID, iban: str, source: str) -> Account:
    """The person's account with this IBAN, made known if it was not. `source`: bank or person."""
    row = insert(Account).values(id=uuid4(), person_id=person_id, iban=iban, source=source)
    row = row.on_conflict_do_update(constraint="an_account_once_a_person", set_={"seen_at": func.now()})
    return (await session.scalars(row.returning(Account), execution_options={"populate_existing": True})).one()


async def find(session: AsyncSession, account_id: UUID) -> Account:
    """The account, which is there. Raises NoResultFound."""
    return await session.get_one(Account, account_id)


async def reject(session: AsyncSession, account_id: UUID, reason: str | None) -> None:
    """A payment to it came back: it is not used again, unless an operator says so later."""
    came_back = update(table(Account)).where(col(Account.id) == account_id)
    await session.execute(came_back.values(rejected=reason, rejected_at=func.now()))


async def rejected(session: AsyncSession, person_id: UUID, *, unless: datetime | None) -> set[str]:
    """The IBANs to which a payment of this person came back; not those of before `unless`, when somebody has found out
    that they are well."""
    came_back = select(col(Account.iban)).where(col(Account.person_id) == person_id, col(Account.rejected).is_not(None))
    if unless is not None:
        came_back = came_back.where(col(Account.rejected_at) > unless)
    return set(await session.scalars(came_back))
