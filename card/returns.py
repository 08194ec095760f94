"""Money that comes back from the bank after it was credited: taken back in the books, and owed again."""

from datetime import UTC, date, datetime
from uuid import uuid4

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card import accounts, findings, money, payments, rights, rulings
from card.tables import Account, CaseRecord, Decision, Payment, PaymentState, RightRow, RightState, table

RETURNED, TAKEN_UP, BEGUN_ANEW = "returned", "taken-up", "begun-anew"
REOPENS = (RETURNED, TAKEN_UP, BEGUN_ANEW)
"""Decisions after which a case is begun anew whose workflow has ended by itself."""


class NothingToReturn(ValueError):
    """The case has no credited payment to that account that could come back, or owes nothing."""


async def take_back(
    session: AsyncSession, ref: str, *, account: str, reason: str, by: str, note: str, on: date, anew: bool = True
) -> str:
    """Book that the credited payment of a closed case has come back.

    `anew`: the account was at fault, so it is not used again, and the case is opened again and pays; else what came
    back is owed until somebody decides. `account` are the last four characters of the account's IBAN, so that another
    case is not taken for it. `reason` is the bank's code (ISO 20022), `by` who says so. Returns the payment's key.
    """
    case = await session.get_one(CaseRecord, ref, with_for_update=True, populate_existing=True)
    settled = select(Payment).where(col(Payment.case_ref) == ref, col(Payment.state) == PaymentState.SETTLED)
    rows = (await session.scalars(settled.order_by(col(Payment.intended_at).desc()).with_for_update())).all()
    if not rows or case.outcome is None:
        raise NothingToReturn("the case is not over, or nothing was credited for it")
    # Of two the later one comes back first: the other went out in another life of the Card.
    ibans = {row.key: (await session.get_one(Account, row.account_id)).iban for row in rows}
    paid = next((row for row in rows if ibans[row.key][-4:] == account), None)
    if paid is None:
        raise NothingToReturn("its money went to an account that ends otherwise: is it this case?")
    await _decide(session, ref, f"{paid.key}:{RETURNED}", RETURNED, reason, by, note)
    await payments.finish(session, paid.key, PaymentState.RETURNED, reason=reason)
    await money.book_returned(session, paid.key, ref, paid.amount, on)
    if anew:
        await accounts.reject(session, paid.account_id, reason)
        await _open_again(session, case)
    return paid.key


async def take_up(session: AsyncSession, ref: str, *, by: str, note: str) -> None:
    """Open a closed case again that owes money: assigned, and not known to be paid."""
    case = await session.get_one(CaseRecord, ref, with_for_update=True, populate_existing=True)
    # Of one that was intended and never known to be made, the case asks the bank first, under the same key.
    owed = (await money.money(session, ref)).pending
    if case.outcome is None or not owed:
        raise NothingToReturn("the case is not over, or owes nothing")
    decided = select(func.count()).where(col(Decision.case_ref) == ref, col(Decision.action) == TAKEN_UP)
    number = (await session.execute(decided)).scalar_one() + 1
    await _decide(session, ref, f"{ref}:{TAKEN_UP}:{number}", TAKEN_UP, f"{owed} tenge are owed", by, note)
    await _open_again(session, case)


async def begin_anew(session: AsyncSession, ref: str, *, by: str, note: str) -> None:
    """Let a case that the Card holds open be begun anew, though its workflow has ended: the Card is the older of both.

    What was done under its keys is done no second time. Raises NothingToReturn where nothing is known of that.
    """
    found = await findings.of_case(session, ref)
    if not any(one.kind == findings.COMPLETED for one in found):
        raise NothingToReturn("the Card is not older than its workflow, as far as is known: nothing is begun anew")
    await _decide(session, ref, f"{ref}:{BEGUN_ANEW}:{uuid4()}", BEGUN_ANEW, findings.COMPLETED, by, note)


async def reopened_at(session: AsyncSession, ref: str) -> datetime | None:
    """When the case was last opened again by a decision; None if it never was."""
    written = func.coalesce(col(Decision.written_at), col(Decision.at))
    when = select(func.max(written)).where(col(Decision.case_ref) == ref, col(Decision.action).in_(REOPENS))
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
    ruling = await rulings.of_case(session, case.ref)
    was = ruling.was if ruling is not None else None
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
