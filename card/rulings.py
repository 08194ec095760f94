"""What the deciding bodies ruled, beside what we reckoned: one ruling of a case stands, the first under its key."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import Assignment, AssignmentState, table


class Recorded(NamedTuple):
    """A ruling as it stands in the Card. `amount` in tenge; None where the body refused."""

    state: AssignmentState
    amount: Decimal | None
    reason: str | None


async def record(
    session: AsyncSession,
    *,
    key: str,
    case_ref: str,
    application_number: str,
    computed: Decimal,
    amount: Decimal | None,
    was: Decimal | None,
    decision_number: str | None,
    decided_on: date | None,
    reason: str | None,
) -> Recorded:
    """Write a ruling down, and whether its amount is the one computed. What was recorded first under the key stands,
    in the place of one under another key that was contested."""
    rulings = table(Assignment)
    contested = (col(Assignment.case_ref) == case_ref) & (col(Assignment.state) == AssignmentState.CONTESTED)
    new = ~select(rulings.c.key).where(rulings.c.key == key).correlate(None).exists()
    await session.execute(update(rulings).where(contested, new).values(state=AssignmentState.SUPERSEDED))
    state = AssignmentState.REFUSED
    if amount is not None:
        state = AssignmentState.ASSIGNED if amount == computed else AssignmentState.CONTESTED
    row = insert(rulings).values(
        key=key,
        case_ref=case_ref,
        application_number=application_number,
        computed=computed,
        amount=amount,
        state=state,
        decision_number=decision_number,
        decided_on=decided_on,
        was=was,
        reason=reason,
    )
    # DO UPDATE, not DO NOTHING: only so does RETURNING give a ruling that is there already.
    row = row.on_conflict_do_update(index_elements=["key"], set_={"key": row.excluded.key})
    columns = row.returning(col(Assignment.state), col(Assignment.amount), col(Assignment.reason))
    stands, sum_, why = (await session.execute(columns)).one()
    return Recorded(AssignmentState(stands), sum_, why)


async def of_case(session: AsyncSession, case_ref: str) -> Assignment | None:
    """The ruling of the case that stands; None if its body has not ruled."""
    stands = col(Assignment.state) != AssignmentState.SUPERSEDED
    return (await session.scalars(select(Assignment).where(col(Assignment.case_ref) == case_ref, stands))).one_or_none()
