"""Applications at E-Maket: intended before the call, and how they came out."""

from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.tables import Application, ApplicationState, table


async def intend(session: AsyncSession, key: str, case_ref: str, applied_on: date) -> bool:
    """Write an application down before it is made. False if it was intended before: it may have been made."""
    row = insert(table(Application)).values(key=key, case_ref=case_ref, applied_on=applied_on)
    row = row.on_conflict_do_nothing(index_elements=["key"])
    return await session.scalar(row.returning(col(Application.key))) is not None


async def finish(
    session: AsyncSession, key: str, state: ApplicationState, *, number: str | None = None, detail: str | None = None
) -> None:
    """Write down how it came out: its number, or what is missing or wrong."""
    done = update(table(Application)).where(col(Application.key) == key)
    await session.execute(done.values(state=state, number=number, detail=detail, finished_at=func.now()))


async def standing(session: AsyncSession, case_ref: str) -> Application | None:
    """The application of the case that E-Maket has taken, or may have taken; None if there is none that counts."""
    stands = col(Application.state).in_((ApplicationState.INTENDED, ApplicationState.REGISTERED))
    found = select(Application).where(col(Application.case_ref) == case_ref, stands)
    found = found.order_by(col(Application.state) == ApplicationState.INTENDED, col(Application.intended_at).desc())
    return (await session.scalars(found.limit(1))).first()


async def is_there(session: AsyncSession, case_ref: str) -> bool:
    """Whether an application of this case has gone out, or was about to."""
    found = await session.scalar(select(col(Application.key)).where(col(Application.case_ref) == case_ref).limit(1))
    return found is not None
