"""Money that comes back from the bank after it was credited: taken back in the books, and owed again."""

from datetime import UTC, date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import money
from card.tables import Account, Assignment, CaseRecord, Decision, Payment, RightRow, RightState, table

RETURNED = "returned"


class NothingToReturn(ValueError):
    """The case has no credited payment that could come back, or another case of its right is open."""


async def take_back(session: AsyncSession, ref: str, *, reason: str, by: str, note: str, on: date) -> str:
    """Book that the credited payment of a closed case has come back, and open the case again: it pays anew.

    The account is not used again. `reason` is the bank's code (ISO 20022), `by` who says so. Returns the payment's key.
    Whoever reconciles Card and Temporal begins the case anew; what was consented, applied for and assigned stands.
    """
    case = await session.get_one(CaseRecord, ref, with_for_update=True, populate_existing=True)
    paid = (
        await session.scalars(
            select(Payment).where(col(Payment.case_ref) == ref, col(Payment.state) == "settled").with_for_update()
        )
    ).one_or_none()
    if paid is None or case.outcome is None:
        raise NothingToReturn("the case is not over, or nothing was credited for it")
    session.add(
        Decision(
            key=f"{paid.key}:{RETURNED}",
            case_ref=ref,
            action=RETURNED,
            why=reason,
            by=by,
            note=note,
            at=datetime.now(UTC),
        )
    )
    await session.flush()
    await money.book_returned(session, paid.key, ref, paid.amount, on)
    await session.execute(
        update(table(Payment))
        .where(col(Payment.key) == paid.key)
        .values(state=RETURNED, reason=reason, finished_at=func.now())
    )
    await session.execute(update(table(Account)).where(col(Account.id) == paid.account_id).values(rejected=reason))
    await _open_again(session, case)
    return paid.key


async def _open_again(session: AsyncSession, case: CaseRecord) -> None:
    try:
        async with session.begin_nested():
            await session.execute(
                update(table(CaseRecord))
                .where(col(CaseRecord.ref) == case.ref)
                .values(outcome=None, reason=None, closed_at=None, settled=False)
            )
    except IntegrityError:
        raise NothingToReturn("another case of the same right is open: let it end first") from None
    if case.right_id is None:
        return
    was = await session.scalar(select(col(Assignment.was)).where(col(Assignment.case_ref) == case.ref))
    # As it stood before this case: nothing, or what ran until then, of which this case brings the difference.
    before = (
        {"state": RightState.FOUND, "amount": None}
        if was is None
        else {"state": RightState.ENTITLED, "amount": was, "ground": ""}
    )
    await session.execute(update(table(RightRow)).where(col(RightRow.id) == case.right_id).values(**before))
