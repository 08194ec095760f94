"""Payments: intended before the bank is called, and what became of them. The books are in `card.money`."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import money
from card.tables import Account, Payment, PaymentState, table

DUPLICATE = "AM05"
"""ISO 20022: a payment with this end-to-end id has been credited already."""

PAID_BEFORE = frozenset({DUPLICATE, "DUPL"})
"""As banks say it: the money went out once, and another payment would go out too."""


async def known(session: AsyncSession, key: str) -> Payment | None:
    """The payment under this key; None if none was intended."""
    return await session.get(Payment, key)


async def find(session: AsyncSession, key: str) -> Payment:
    """The payment under this key, which is there. Raises NoResultFound."""
    return await session.get_one(Payment, key)


async def locked(session: AsyncSession, key: str) -> Payment:
    """The payment under this key, which is there, locked until the transaction ends. Raises NoResultFound."""
    return await session.get_one(Payment, key, with_for_update=True)


async def intend(session: AsyncSession, key: str, case_ref: str, account_id: UUID, amount: Decimal) -> bool:
    """Write a payment of `amount` tenge down before it is made. False if it was intended before: it may be made.

    What the bank knows it by the database gives: whoever writes could give another right's name, or a fresh one.
    """
    row = insert(table(Payment)).values(key=key, case_ref=case_ref, account_id=account_id, amount=amount)
    row = row.on_conflict_do_nothing(index_elements=["key"])
    return await session.scalar(row.returning(col(Payment.key))) is not None


async def finish(
    session: AsyncSession, key: str, state: PaymentState, *, reason: str | None, bank_reference: str | None = None
) -> None:
    """Write down what became of it; `reason` is the bank's code (ISO 20022)."""
    values: dict[str, str | None] = {"state": state, "reason": reason}
    if bank_reference is not None:
        values["bank_reference"] = bank_reference
    await session.execute(
        update(table(Payment)).where(col(Payment.key) == key).values(**values, finished_at=func.now())
    )


async def may_be_on_its_way(session: AsyncSession, case_ref: str) -> bool:
    """Whether a payment of the case was intended, and it is not known what became of it."""
    intended = select(col(Payment.key)).where(
        col(Payment.case_ref) == case_ref, col(Payment.state) == PaymentState.INTENDED
    )
    return await session.scalar(intended.limit(1)) is not None


async def of_case(session: AsyncSession, case_ref: str) -> Sequence[Payment]:
    """All payments of the case, the first intended first."""
    found = select(Payment).where(col(Payment.case_ref) == case_ref).order_by(col(Payment.intended_at))
    return (await session.scalars(found)).all()


class Paid(NamedTuple):
    """What reached an account: tenge, and the IBAN."""

    amount: Decimal
    iban: str


async def paid(session: AsyncSession, case_ref: str) -> Paid | None:
    """What of the case has reached an account, the last one, and has not come back."""
    reached = select(col(Payment.amount), col(Account.iban)).join(Account, col(Account.id) == col(Payment.account_id))
    reached = reached.where(col(Payment.case_ref) == case_ref, col(Payment.state) == PaymentState.SETTLED)
    found = (await session.execute(reached.order_by(col(Payment.intended_at)))).all()
    return Paid(sum((row[0] for row in found), Decimal(0)), found[-1][1]) if found else None


async def put_in_its_place(session: AsyncSession, payment: Payment, amount: Decimal, reference: str, day: date) -> None:
    """Only so much of a payment has reached an account, and before it: that is settled, and it is turned down.

    The same again changes nothing. `reference` is the bank's.
    """
    await finish(session, payment.key, PaymentState.REJECTED, reason=DUPLICATE)
    key = f"{payment.key}:{BEFORE}"
    row = insert(table(Payment)).values(
        key=key,
        case_ref=payment.case_ref,
        account_id=payment.account_id,
        amount=amount,
        end_to_end_id=payment.end_to_end_id,
    )
    await session.execute(row.on_conflict_do_nothing(index_elements=["key"]))
    await finish(session, key, PaymentState.SETTLED, reason=DUPLICATE, bank_reference=reference)
    await money.book_credited(session, key, payment.case_ref, amount, day)


async def in_the_place_of(session: AsyncSession, key: str) -> Payment | None:
    """What had been paid before, in the place of the payment under this key."""
    return await session.get(Payment, f"{key}:{BEFORE}")


BEFORE = "before"


async def paid_since(session: AsyncSession, case_ref: str, moment: datetime) -> str | None:
    """The key of the payment that reached an account, if it was intended after that moment."""
    key: str | None = await session.scalar(
        select(col(Payment.key)).where(
            col(Payment.case_ref) == case_ref,
            col(Payment.state) == PaymentState.SETTLED,
            col(Payment.intended_at) > moment,
        )
    )
    return key
