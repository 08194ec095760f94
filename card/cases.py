"""The record of cases: opening one for a person, claiming the right it is about, closing it with an outcome."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.messages import close_questions
from card.tables import CASE_NUMBERS, CaseRecord, table
from card.tables import Person as PersonRow

_PRIME = 99_999_989
_SPREAD = 61_803_399


def case_ref(number: int) -> str:
    """The speakable reference of the case with this number: eight digits and a check digit, `4827-1031-6`.

    Neighbouring numbers give references far apart, so that a slip of the tongue meets no other case; the ninth digit
    (Luhn) catches every single wrong digit and most exchanged neighbours.
    """
    if not 0 < number < _PRIME:
        raise ValueError(f"case number {number}: must lie between 1 and {_PRIME - 1}")
    digits = f"{number * _SPREAD % _PRIME:08d}"
    return f"{digits[:4]}-{digits[4:]}-{_luhn(digits)}"


def is_case_ref(ref: str) -> bool:
    """Whether `ref` has the form of a case reference and its check digit is right."""
    digits = ref.replace("-", "")
    return len(digits) == 9 and digits.isascii() and digits.isdigit() and digits[8] == _luhn(digits[:8])


def _luhn(digits: str) -> str:
    doubled = (int(d) * 2 if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


@dataclass(frozen=True)
class Opened:
    case: CaseRecord
    new: bool


async def open_case(session: AsyncSession, *, service: str, iin: str, opened_by: str, on: date) -> Opened:
    """Record a case of `service` for the person with this IIN; the same `opened_by` gives the same case again."""
    person_id = await person_by_iin(session, iin)
    number = (await session.execute(select(CASE_NUMBERS.next_value()))).scalar_one()
    added = await session.execute(
        insert(table(CaseRecord))
        .values(ref=case_ref(number), service=service, person_id=person_id, opened_by=opened_by, assessed_on=on)
        .on_conflict_do_nothing(index_elements=["opened_by"])
        .returning(col(CaseRecord.ref))
    )
    new = added.scalar_one_or_none() is not None
    case = (await session.scalars(select(CaseRecord).where(col(CaseRecord.opened_by) == opened_by))).one()
    return Opened(case=case, new=new)


async def person_by_iin(session: AsyncSession, iin: str) -> UUID:
    """The id of the person with this IIN, made known if they were not."""
    row = insert(table(PersonRow)).values(id=uuid4(), iin=iin)
    # DO UPDATE, not DO NOTHING: only so does RETURNING give the id of a person known already.
    row = row.on_conflict_do_update(index_elements=["iin"], set_={"iin": row.excluded.iin})
    found = await session.scalars(row.returning(col(PersonRow.id)))
    return found.one()


async def started(session: AsyncSession, ref: str) -> None:
    """Note that Temporal has taken the case over."""
    await session.execute(update(table(CaseRecord)).where(col(CaseRecord.ref) == ref).values(started_at=func.now()))


async def claim_right(session: AsyncSession, ref: str, basis: str, amount: Decimal | None) -> CaseRecord | None:
    """Make this case the one about its right. Returns the case that has the right already, or None if it is now ours.

    Two cases that come at the same moment are decided by the UNIQUE constraint: a savepoint keeps the loser's
    transaction usable.
    """
    try:
        async with session.begin_nested():
            await session.execute(
                update(table(CaseRecord)).where(col(CaseRecord.ref) == ref).values(basis=basis, amount=amount)
            )
    except IntegrityError:
        mine = await session.get_one(CaseRecord, ref)
        return (
            await session.scalars(
                select(CaseRecord).where(
                    col(CaseRecord.service) == mine.service,
                    col(CaseRecord.basis) == basis,
                )
            )
        ).one()
    return None


async def close(session: AsyncSession, ref: str, outcome: str, reason: str | None) -> None:
    """Write how the case ended and close its questions; the first ending stands."""
    await session.execute(
        update(table(CaseRecord))
        .where(col(CaseRecord.ref) == ref, col(CaseRecord.outcome).is_(None))
        .values(outcome=outcome, reason=reason, closed_at=func.now())
    )
    await close_questions(session, ref)


async def find(session: AsyncSession, ref: str) -> CaseRecord:
    """The case with this reference, which is there. Raises NoResultFound."""
    return await session.get_one(CaseRecord, ref, populate_existing=True)


async def is_over(session: AsyncSession, ref: str) -> bool:
    """Whether the case has ended, by the Card."""
    outcome = await session.scalar(select(col(CaseRecord.outcome)).where(col(CaseRecord.ref) == ref))
    return outcome is not None


async def services_of(session: AsyncSession, refs: Collection[str]) -> dict[str, str]:
    """The service of each of these cases."""
    named = select(col(CaseRecord.ref), col(CaseRecord.service)).where(col(CaseRecord.ref).in_(refs))
    rows = (await session.execute(named)).all()
    return {row[0]: row[1] for row in rows}
