"""Entitlements whose months are reckoned anew: which are due, what was claimed of them, and the months that now hold.

What is written is written whole: the months, what of the unsent is taken out, what is demanded back and no longer. A
run that selects what is owed waits meanwhile, and so does this for a run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.entitlements import Months
from card.owed import GONE, SELECTING
from card.reckoned_tables import Reckoning
from card.tables import Due, Entitlement, EntitlementAmount, table


class DueRow(NamedTuple):
    """An entitlement that is to be looked at: its first case is the claim."""

    id: UUID
    right_id: UUID
    person_id: UUID
    iin: str
    service: str
    since: date
    until: date | None
    case_ref: str
    """The case that granted it, or what runs of it now."""
    claimed_by: str


async def due(session: AsyncSession, day: date, laws: Mapping[str, str], after: UUID, most: int) -> Sequence[DueRow]:
    """The next page of those whose day has come, or that were reckoned by another law than `laws` (by service).

    One that a case is at waits for its end, and so does one of which a payment has failed and was not tried again.
    """
    sql = """
        SELECT e.id, e.right_id, e.person_id, p.iin, e.service, e.since, e.until, e.case_ref, coalesce((
                   SELECT d.case_ref FROM dues d WHERE d.entitlement_id = e.id AND d.case_ref IS NOT NULL
                    ORDER BY d.month, d.id LIMIT 1
               ), e.case_ref)
          FROM entitlements e
          JOIN unnest(CAST(:codes AS text[]), CAST(:laws AS text[])) AS now (code, law) ON now.code = e.service
          JOIN persons p ON p.id = e.person_id
          JOIN rights r ON r.id = e.right_id AND r.state = 'entitled'
         WHERE e.id > :after AND (e.next_review <= :day OR e.law IS DISTINCT FROM now.law)
           AND NOT EXISTS (
               SELECT FROM rights o JOIN cases c ON c.right_id = o.id
                WHERE r.id IN (o.id, o.same_as) AND c.outcome IS NULL
           )
           AND NOT EXISTS (
               SELECT FROM dues d JOIN run_lines l ON l.due_id = d.id AND l.state IN ('rejected', 'returned')
                WHERE d.entitlement_id = e.id
                  AND NOT EXISTS (SELECT FROM run_lines n WHERE n.due_id = l.due_id AND n.kind = l.kind AND n.n > l.n)
           )
         ORDER BY e.id LIMIT :most
    """
    given = {"day": day, "after": after, "most": most, "codes": list(laws), "laws": list(laws.values())}
    return [DueRow(*row) for row in (await session.execute(text(sql), given)).all()]


class Account(NamedTuple):
    """Of a month, tenge to the person and withheld: what was claimed and has not been cancelled, what is demanded."""

    month: date
    net: Decimal
    withheld: Decimal
    demanded_net: Decimal
    demanded_withheld: Decimal


async def _lock(session: AsyncSession, right_id: UUID) -> None:
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": SELECTING})
    await session.execute(text("SELECT FROM rights WHERE id = :right FOR UPDATE"), {"right": right_id})


async def stands(session: AsyncSession, right_id: UUID, entitlement: UUID) -> Sequence[Months]:
    """The months as they stand; nobody changes them until the transaction ends."""
    await _lock(session, right_id)
    rows = table(EntitlementAmount).c
    found = select(rows.first_month, rows.last_month, rows.gross, rows.withheld)
    found = found.where(rows.entitlement_id == entitlement).order_by(rows.first_month)
    return [Months(*row) for row in (await session.execute(found)).all()]


@dataclass(frozen=True)
class Anew:
    """What an entitlement comes to now."""

    months: Sequence[Months]
    until: date | None
    next_review: date | None
    law: str
    facts: dict[str, Any]
    day: date


async def write(session: AsyncSession, entitlement: UUID, stood: Sequence[Months], anew: Anew) -> None:
    """The months that hold now, and until when; what has not left of months that come to less does not leave."""
    kept = upsert(table(Reckoning)).values(entitlement_id=entitlement, day=anew.day, facts=anew.facts, until=anew.until)
    set_ = {"day": kept.excluded.day, "facts": kept.excluded.facts, "until": kept.excluded.until, "at": func.now()}
    await session.execute(kept.on_conflict_do_update(index_elements=["entitlement_id"], set_=set_))
    values = {"until": anew.until, "next_review": anew.next_review, "law": anew.law}
    await session.execute(update(table(Entitlement)).where(col(Entitlement.id) == entitlement).values(**values))
    if list(anew.months) != list(stood):
        rows = table(EntitlementAmount)
        await session.execute(delete(rows).where(rows.c.entitlement_id == entitlement))
        if anew.months:
            await session.execute(
                insert(rows),
                [
                    {
                        "entitlement_id": entitlement,
                        "first_month": one.first,
                        "last_month": one.last,
                        "gross": one.gross,
                        "withheld": one.withheld,
                    }
                    for one in anew.months
                ],
            )
    await session.execute(text(_NOT_DUE), {"entitlement": entitlement})


_NOT_DUE = f"""
    WITH kept AS (
        SELECT d.month, sum(d.gross - d.withheld) FILTER (WHERE l.id IS NULL) - coalesce((
                   SELECT sum(net) FROM overpaid_months WHERE entitlement_id = :entitlement AND month = d.month
               ), 0) AS net
          FROM dues d LEFT JOIN run_lines l ON l.due_id = d.id AND {GONE}
         WHERE d.entitlement_id = :entitlement GROUP BY d.month
    ), beyond AS (
        SELECT kept.month FROM kept LEFT JOIN entitlement_amounts a
            ON a.entitlement_id = :entitlement AND kept.month BETWEEN a.first_month AND a.last_month
         WHERE kept.net > coalesce(a.gross - a.withheld, 0)
    )
    UPDATE run_lines l SET state = 'cancelled', batch_key = NULL, changed_at = now(), again_on = NULL,
           reason = 'reckoned_anew'
      FROM dues d
     WHERE d.id = l.due_id AND d.entitlement_id = :entitlement AND d.case_ref IS NULL
       AND d.month IN (SELECT month FROM beyond)
       AND (l.state = 'held' OR l.state = 'ordered' AND EXISTS (
           SELECT FROM run_batches b WHERE b.key = l.batch_key AND b.state = 'open'
       ))
"""  # noqa: S608  (our own)
"""Whole: what is still owed of such a month goes out with the next run."""


async def accounts(session: AsyncSession, entitlement: UUID) -> Sequence[Account]:
    """Every month of which something was claimed."""
    sql = f"""
        SELECT d.month, coalesce(sum(d.gross - d.withheld) FILTER (WHERE l.id IS NULL), 0),
               coalesce(sum(d.withheld) FILTER (WHERE l.id IS NULL), 0), max(b.net), max(b.withheld)
          FROM dues d LEFT JOIN run_lines l ON l.due_id = d.id AND {GONE} AND l.decided_by IS NULL
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(net), 0) AS net, coalesce(sum(withheld), 0) AS withheld
               FROM overpaid_months WHERE entitlement_id = :entitlement AND month = d.month
         ) b
         WHERE d.entitlement_id = :entitlement GROUP BY d.month ORDER BY d.month
    """  # noqa: S608  (our own)
    return [Account(*row) for row in (await session.execute(text(sql), {"entitlement": entitlement})).all()]


async def claimed_since(session: AsyncSession, entitlement: UUID, day: date) -> bool:
    """Whether anything was claimed of a month from this day on, paid or not."""
    mine = (col(Due.entitlement_id) == entitlement, col(Due.month) >= day)
    return await session.scalar(select(col(Due.id)).where(*mine).limit(1)) is not None


async def put_off(session: AsyncSession, entitlement: UUID, day: date, law: str) -> None:
    """It is looked at again on this day, by whatever law."""
    mine = col(Entitlement.id) == entitlement
    await session.execute(update(table(Entitlement)).where(mine).values(next_review=day, law=law))


class Changed(NamedTuple):
    """Of a service: how many amounts of a month are others than those of the month before, and by how much, tenge."""

    service: str
    amounts: int
    more: Decimal
    less: Decimal


async def changed(session: AsyncSession, month: date) -> Sequence[Changed]:
    """What changes with this month (its first day) of all that runs before and after."""
    sql = """
        SELECT e.service, count(*), coalesce(sum(greatest(now.gross - was.gross, 0)), 0),
               coalesce(sum(greatest(was.gross - now.gross, 0)), 0)
          FROM entitlement_amounts now
          JOIN entitlement_amounts was ON was.entitlement_id = now.entitlement_id
           AND was.last_month = (CAST(:month AS date) - interval '1 month')::date
          JOIN entitlements e ON e.id = now.entitlement_id
         WHERE now.first_month = :month AND now.gross <> was.gross
         GROUP BY 1 ORDER BY 1
    """
    return [Changed(*row) for row in (await session.execute(text(sql), {"month": month})).all()]
