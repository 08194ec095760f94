"""Money that comes back from the bank after it was credited: taken back in the books, and owed again."""

from datetime import UTC, date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import money, rights
from card.tables import Account, Assignment, CaseRecord, Decision, Payment, RightRow, RightState, table

RETURNED, TAKEN_UP = "returned", "taken-up"
REOPENS = (RETURNED, TAKEN_UP)
"""Decisions after which a closed case is begun anew."""


class NothingToReturn(ValueError):
    """The case has no credited payment to that account that could come back, or owes nothing."""


async def take_back(session: AsyncSession, ref: str, *, account: str, reason: str, by: str, note: str, on: date) -> str:
    """Book that the credited payment of a closed case has come back, and open the case again: it pays anew.

    `account` are the last four characters of the account's IBAN, so that another case is not taken for it. The account
    is not used again. `reason` is the bank's code (ISO 20022), `by` who says so. Returns the payment's key.
    """
    case = await session.get_one(CaseRecord, ref, with_for_update=True, populate_existing=True)
    paid = (
        await session.scalars(
            select(Payment).where(col(Payment.case_ref) == ref, col(Payment.state) == "settled").with_for_update()
        )
    ).one_or_none()
    if paid is None or case.outcome is None:
        raise NothingToReturn("the case is not over, or nothing was credited for it")
    if (await session.get_one(Account, paid.account_id)).iban[-4:] != account:
        raise NothingToReturn("its money went to an account that ends otherwise: is it this case?")
    await _decide(session, ref, f"{paid.key}:{RETURNED}", RETURNED, reason, by, note)
    await money.book_returned(session, paid.key, ref, paid.amount, on)
    await session.execute(
        update(table(Payment))
        .where(col(Payment.key) == paid.key)
        .values(state=RETURNED, reason=reason, finished_at=func.now())
    )
    await session.execute(update(table(Account)).where(col(Account.id) == paid.account_id).values(rejected=reason))
    await _open_again(session, case)
    return paid.key


async def take_up(session: AsyncSession, ref: str, *, by: str, note: str) -> None:
    """Open a closed case again that owes money: assigned, and neither paid nor on its way."""
    case = await session.get_one(CaseRecord, ref, with_for_update=True, populate_existing=True)
    live = col(Payment.state).in_(("intended", "settled"))
    on_its_way = await session.scalar(select(col(Payment.key)).where(col(Payment.case_ref) == ref, live).limit(1))
    owed = (await money.money(session, ref)).pending
    if case.outcome is None or on_its_way is not None or not owed:
        raise NothingToReturn("the case is not over, owes nothing, or a payment of it may still be on its way")
    decided = select(func.count()).where(col(Decision.case_ref) == ref, col(Decision.action) == TAKEN_UP)
    number = (await session.execute(decided)).scalar_one() + 1
    await _decide(session, ref, f"{ref}:{TAKEN_UP}:{number}", TAKEN_UP, f"{owed} tenge are owed", by, note)
    await _open_again(session, case)


async def reopened_at(session: AsyncSession, ref: str) -> datetime | None:
    """When the case was last opened again by a decision; None if it never was."""
    when = select(func.max(col(Decision.at))).where(col(Decision.case_ref) == ref, col(Decision.action).in_(REOPENS))
    found: datetime | None = await session.scalar(when)
    return found


async def _decide(session: AsyncSession, ref: str, key: str, action: str, why: str, by: str, note: str) -> None:
    session.add(Decision(key=key, case_ref=ref, action=action, why=why, by=by, note=note, at=datetime.now(UTC)))
    await session.flush()


async def _open_again(session: AsyncSession, case: CaseRecord) -> None:
    if await _is_outdated(session, case):
        raise NothingToReturn("the right has changed since, by a newer case: take that one back first")
    try:
        async with session.begin_nested():
            await session.execute(
                update(table(CaseRecord))
                .where(col(CaseRecord.ref) == case.ref)
                .values(outcome=None, reason=None, closed_at=None, settled=False)
            )
    except IntegrityError:
        raise NothingToReturn("another case of the same right is open: let it end first") from None
    right = await rights.of_case(session, case)
    if right is None:
        return
    was = await session.scalar(select(col(Assignment.was)).where(col(Assignment.case_ref) == case.ref))
    # As it stood before this case: nothing, or what ran until then, of which this case brings the difference.
    before = (
        {"state": RightState.FOUND, "amount": None}
        if was is None
        else {"state": RightState.ENTITLED, "amount": was, "ground": ""}
    )
    await session.execute(update(table(RightRow)).where(col(RightRow.id) == right.id).values(**before))


async def _is_outdated(session: AsyncSession, case: CaseRecord) -> bool:
    """Whether a later case of the same right was paid: what runs now is that one's."""
    right = await rights.of_case(session, case)
    if right is None or case.closed_at is None:
        return False
    later = select(col(CaseRecord.ref)).where(
        rights.all_of(right),
        col(CaseRecord.outcome) == "credited",
        col(CaseRecord.closed_at) > case.closed_at,
    )
    return await session.scalar(later.limit(1)) is not None
