"""The books, in double entry: what was assigned, paid, withheld and returned. They never change a line;
`assigned == credited + pending` follows from how they are kept, and tests read it from here.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import LedgerAccount, LedgerEntry, table

ZERO = Decimal(0)


@dataclass(frozen=True)
class Money:
    """Tenge of one case or of all: what was assigned, what reached the account, what is still owed."""

    assigned: Decimal
    credited: Decimal
    pending: Decimal


@dataclass(frozen=True)
class About:
    """What an entry is about besides its sum: whose money, for which month (its first day), on which day it counts."""

    payer: str
    period: date
    value_date: date


class OtherEntry(ValueError):
    """Another sum, or other accounts, are booked under this key."""


async def book(
    session: AsyncSession,
    *,
    key: str,
    case_ref: str,
    debit: LedgerAccount,
    credit: LedgerAccount,
    amount: Decimal,
    about: About,
) -> None:
    """Enter `amount` tenge once under `key`; the same again changes nothing. Raises OtherEntry for another content.

    The database refuses what must never be: a credit beyond what was assigned to the case, an account that is none.
    """
    entered = await session.scalar(
        insert(table(LedgerEntry))
        .values(
            key=key,
            case_ref=case_ref,
            debit=debit,
            credit=credit,
            amount=amount,
            payer=about.payer,
            period=about.period,
            value_date=about.value_date,
        )
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(col(LedgerEntry.key))
    )
    if entered is None:
        there = await session.get_one(LedgerEntry, key)
        if (there.amount, there.debit, there.credit, there.case_ref) != (amount, debit, credit, case_ref):
            raise OtherEntry(f"{key}: another entry is booked under this key")


async def book_assigned(session: AsyncSession, key: str, case_ref: str, amount: Decimal, about: About) -> None:
    """What a body has assigned is payable from now on."""
    accounts = {"debit": LedgerAccount.ENTITLED, "credit": LedgerAccount.PAYABLE}
    await book(session, key=key, case_ref=case_ref, amount=amount, about=about, **accounts)


async def book_withheld(session: AsyncSession, key: str, case_ref: str, amount: Decimal, about: About) -> None:
    """The contributions kept back from what was assigned under the key: never payable to the person."""
    accounts = {"debit": LedgerAccount.ENTITLED, "credit": LedgerAccount.WITHHELD}
    await book(session, key=f"{key}:withheld", case_ref=case_ref, amount=amount, about=about, **accounts)


async def book_credited(session: AsyncSession, key: str, case_ref: str, amount: Decimal, value_date: date) -> None:
    """What was payable has reached the account: of the same payer and for the same month as it was assigned."""
    assigned = select(col(LedgerEntry.payer), col(LedgerEntry.period)).where(
        col(LedgerEntry.case_ref) == case_ref,
        col(LedgerEntry.debit) == LedgerAccount.ENTITLED,
        col(LedgerEntry.credit) == LedgerAccount.PAYABLE,
    )
    found = (await session.execute(assigned.order_by(col(LedgerEntry.booked_at)).limit(1))).first()
    payer, period = found or ("unknown", value_date.replace(day=1))
    accounts = {"debit": LedgerAccount.PAYABLE, "credit": LedgerAccount.PAID}
    about = About(payer, period, value_date)
    await book(session, key=key, case_ref=case_ref, amount=amount, about=about, **accounts)


async def month_of(session: AsyncSession, case_ref: str) -> date | None:
    """The month that was assigned to the case, by its first day."""
    assigned = select(col(LedgerEntry.period)).where(
        col(LedgerEntry.case_ref) == case_ref, col(LedgerEntry.debit) == LedgerAccount.ENTITLED
    )
    month: date | None = await session.scalar(assigned.order_by(col(LedgerEntry.booked_at)).limit(1))
    return month


async def book_returned(session: AsyncSession, key: str, case_ref: str, amount: Decimal, value_date: date) -> None:
    """What was credited under the payment's key has come back: payable again, of the same payer and month."""
    paid = await session.get_one(LedgerEntry, key)
    accounts = {"debit": LedgerAccount.PAID, "credit": LedgerAccount.PAYABLE}
    about = About(paid.payer, paid.period, value_date)
    await book(session, key=f"{key}:returned", case_ref=case_ref, amount=amount, about=about, **accounts)


async def withheld(session: AsyncSession, case_ref: str) -> Decimal:
    """The contributions kept back from what was assigned to the case. Tenge."""
    kept = select(func.coalesce(func.sum(col(LedgerEntry.amount)), ZERO)).where(
        col(LedgerEntry.case_ref) == case_ref, col(LedgerEntry.credit) == LedgerAccount.WITHHELD
    )
    return (await session.scalars(kept)).one()


async def money(session: AsyncSession, case_ref: str | None = None) -> Money:
    """The sums of one case, or of all cases if none is named."""
    amount = col(LedgerEntry.amount)
    debit, credit = col(LedgerEntry.debit), col(LedgerEntry.credit)

    def total(condition: ColumnElement[bool]) -> ColumnElement[Decimal]:
        return func.coalesce(func.sum(amount).filter(condition), ZERO)

    query = select(
        total((debit == LedgerAccount.ENTITLED) & (credit == LedgerAccount.PAYABLE)),
        total(credit == LedgerAccount.PAID) - total(debit == LedgerAccount.PAID),
        total(credit == LedgerAccount.PAYABLE) - total(debit == LedgerAccount.PAYABLE),
    )
    if case_ref is not None:
        query = query.where(col(LedgerEntry.case_ref) == case_ref)
    assigned, credited, pending = (await session.execute(query)).one()
    return Money(assigned=assigned, credited=credited, pending=pending)
