"""Payments: intended before the bank is called, and what became of them. The books are in `card.money`."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import rights
from card.tables import Account, CaseRecord, Payment, PaymentState, table


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
    """Write a payment of `amount` tenge down before it is made. False if it was intended before: it may be made."""
    row = insert(table(Payment)).values(
        key=key,
        case_ref=case_ref,
        account_id=account_id,
        amount=amount,
        end_to_end_id=await _end_to_end_id(session, case_ref),
    )
    row = row.on_conflict_do_nothing(index_elements=["key"])
    return await session.scalar(row.returning(col(Payment.key))) is not None


async def _end_to_end_id(session: AsyncSession, case_ref: str) -> str | None:
    """The how-manieth payment of the right this is, under a name that the right has whatever the Card has forgotten.

    A case that was begun anew in a restored Card makes the payment that the bank knows, and no second one. What was
    turned down reached nobody and does not count: the next try bears its name, or after a restore that name would be
    free where the money went out under the next.
    """
    right = await rights.of_case(session, await session.get_one(CaseRecord, case_ref))
    if right is None:
        return None
    bases = select(col(CaseRecord.basis)).where(rights.all_of(right), col(CaseRecord.basis).is_not(None))
    basis = await session.scalar(bases.order_by(col(CaseRecord.opened_at), col(CaseRecord.ref)).limit(1))
    reached = select(col(Payment.end_to_end_id)).join(CaseRecord, col(CaseRecord.ref) == col(Payment.case_ref))
    reached = reached.where(rights.all_of(right), col(Payment.state).in_((PaymentState.SETTLED, PaymentState.RETURNED)))
    before = (await session.scalars(reached)).all()
    last = max((int(name.rpartition("-")[2]) for name in before if name is not None), default=0)
    name = sha256(f"{right.service}|{basis}".encode()).hexdigest()[:24]
    return f"{name}-{max(last, len(before)) + 1}"


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
    """The one payment of the case that reached an account, and has not come back."""
    reached = select(col(Payment.amount), col(Account.iban)).join(Account, col(Account.id) == col(Payment.account_id))
    reached = reached.where(col(Payment.case_ref) == case_ref, col(Payment.state) == PaymentState.SETTLED)
    found = (await session.execute(reached)).one_or_none()
    return Paid(*found) if found is not None else None


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
