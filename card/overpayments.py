"""What was paid too much: demanded, told, contested, kept back from later months, or let go."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.owed import OPEN
from card.reckoned_tables import OverpaidMonth, Overpayment, OverpaymentState
from card.tables import table


class Part(NamedTuple):
    """Of a month, tenge."""

    month: date
    net: Decimal
    withheld: Decimal


async def demand(session: AsyncSession, entitlement: UUID, day: date, months: Sequence[Part]) -> None:
    """So much was paid too much of these months: it is demanded back, once the person has been told."""
    if not months:
        return
    made = insert(table(Overpayment)).values(entitlement_id=entitlement, found_on=day, state="found")
    number = await session.scalar(made.returning(col(Overpayment.id)))
    rows = [{"overpayment_id": number, "entitlement_id": entitlement, **one._asdict()} for one in months]
    await session.execute(insert(table(OverpaidMonth)), rows)


async def lower(session: AsyncSession, entitlement: UUID, month: date, net: Decimal, withheld: Decimal) -> None:
    """So much of what is demanded of the month was due after all. What has come back already is owed instead."""
    sql = f"""
        WITH still AS ({OPEN} WHERE o.entitlement_id = :entitlement), of_month AS (
            SELECT still.id, least(m.net, greatest(still.net, 0)) AS net,
                   least(m.withheld, greatest(still.withheld, 0)) AS withheld
              FROM still JOIN overpaid_months m ON m.overpayment_id = still.id AND m.month = :month
        ), less AS (
            SELECT id, least(net, greatest(CAST(:net AS numeric) - coalesce(sum(net) OVER later, 0), 0)) AS net,
                   least(withheld, greatest(CAST(:withheld AS numeric) - coalesce(sum(withheld) OVER later, 0), 0))
                       AS withheld
              FROM of_month WINDOW later AS (ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        )
        UPDATE overpaid_months m SET net = m.net - less.net, withheld = m.withheld - less.withheld
          FROM less WHERE m.overpayment_id = less.id AND m.month = :month
    """  # noqa: S608  (our own)
    given = {"entitlement": entitlement, "month": month, "net": net, "withheld": withheld}
    await session.execute(text(sql), given)


class Untold(NamedTuple):
    """An overpayment of which nobody has been told. `net` tenge are open of it."""

    id: int
    person_id: UUID
    service: str
    case_ref: str
    died_on: date | None
    net: Decimal


async def untold(session: AsyncSession, after: int, most: int) -> Sequence[Untold]:
    """The next of them, in the order of their numbers."""
    sql = f"""
        SELECT o.id, e.person_id, e.service, e.case_ref, p.died_on, o.net
          FROM ({OPEN} WHERE o.state = 'found' AND o.id > :after ORDER BY o.id LIMIT :most) o
          JOIN entitlements e ON e.id = o.entitlement_id JOIN persons p ON p.id = e.person_id ORDER BY o.id
    """  # noqa: S608  (our own)
    return [Untold(*row) for row in (await session.execute(text(sql), {"after": after, "most": most})).all()]


async def told(
    session: AsyncSession, number: int, day: date, from_day: date, by: str | None = None, note: str | None = None
) -> bool:
    """The person has been told on this day, if they had not; it is kept back from `from_day` on. `by`: who has told
    them, where no SMS did."""
    mine = (col(Overpayment.id) == number, col(Overpayment.state) == OverpaymentState.FOUND)
    values: dict[str, Any] = {"state": OverpaymentState.TOLD, "told_on": day, "from_day": from_day}
    values |= {"decided_by": by, "note": note}
    turned = update(table(Overpayment)).where(*mine).values(**values).returning(col(Overpayment.id))
    return await session.scalar(turned) is not None


class Open(NamedTuple):
    """An overpayment with what has not come back of it, tenge."""

    id: int
    entitlement_id: UUID
    state: str
    from_day: date | None
    net: Decimal
    withheld: Decimal


async def still_open(session: AsyncSession, entitlement: UUID) -> Sequence[Open]:
    """What of this entitlement was paid too much and has not come back, the oldest first."""
    sql = f"SELECT * FROM ({OPEN} WHERE o.entitlement_id = :of) o WHERE net > 0 OR withheld > 0 ORDER BY id"  # noqa: S608
    return [Open(*row) for row in (await session.execute(text(sql), {"of": entitlement})).all()]


class Listed(NamedTuple):
    """An overpayment for whoever decides on it: of which months, and what of it is open, tenge."""

    id: int
    case_ref: str
    service: str
    found_on: date
    state: str
    told_on: date | None
    from_day: date | None
    first_month: date
    last_month: date
    total: Decimal
    net: Decimal
    withheld: Decimal
    decided_by: str | None
    note: str | None


async def listed(session: AsyncSession, most: int) -> Sequence[Listed]:
    """What has not come back, the oldest first."""
    sql = f"""
        SELECT o.id, e.case_ref, e.service, p.found_on, p.state, p.told_on, p.from_day, m.first, m.last, m.total, o.net,
               o.withheld, p.decided_by, p.note
          FROM ({OPEN}) o JOIN overpayments p ON p.id = o.id JOIN entitlements e ON e.id = o.entitlement_id
         CROSS JOIN LATERAL (
             SELECT min(month) AS first, max(month) AS last, sum(net) AS total
               FROM overpaid_months WHERE overpayment_id = o.id
         ) m
         WHERE o.net > 0 OR o.withheld > 0 ORDER BY o.id LIMIT :most
    """  # noqa: S608  (our own)
    return [Listed(*row) for row in (await session.execute(text(sql), {"most": most})).all()]


async def decided(
    session: AsyncSession, number: int, state: OverpaymentState, from_day: date | None, by: str, note: str
) -> bool:
    """What somebody has decided of an overpayment. False if there is none, or it is so already."""
    mine = (col(Overpayment.id) == number, col(Overpayment.state) != state)
    values: dict[str, Any] = {"state": state, "decided_by": by, "note": note}
    values |= {} if from_day is None else {"from_day": from_day}
    turned = update(table(Overpayment)).where(*mine).values(**values).returning(col(Overpayment.id))
    return await session.scalar(turned) is not None
