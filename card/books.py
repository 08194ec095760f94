"""The books of all that was assigned, by cases and by runs, on any past day: they add up, or it is said where not.

`assigned = credited + pending + withheld + recovered + cancelled`. Entries never change, and their time is the
database's own, so a day that is over is closed: nothing can be booked in it any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BY = {"benefit": "service", "payer": "payer", "region": "region", "month": "month"}


@dataclass(frozen=True)
class Book:
    """Tenge. `withheld` is what was kept back for the pension fund, of which `remitted` has left; `name` is what the
    sums are of, empty of all together."""

    name: str
    assigned: Decimal
    credited: Decimal
    pending: Decimal
    withheld: Decimal
    remitted: Decimal
    recovered: Decimal
    cancelled: Decimal

    @property
    def difference(self) -> Decimal:
        """What does not add up; zero, or something is wrong."""
        return self.assigned - (self.credited + self.pending + self.withheld + self.recovered + self.cancelled)


_DAY = "((booked_at AT TIME ZONE 'Asia/Almaty')::date <= :day)"
_ENTRIES = f"""
    entries AS (
        SELECT coalesce(c.service, '') AS service, l.payer, coalesce(p.region, '*') AS region,
               to_char(l.period, 'YYYY-MM') AS month, l.debit, l.credit, l.amount
          FROM ledger l JOIN cases c ON c.ref = l.case_ref JOIN persons p ON p.id = c.person_id
         WHERE {_DAY}
        UNION ALL
        SELECT e.service, coalesce(d.payer, 'unknown'), coalesce(d.region, '*'), to_char(d.month, 'YYYY-MM'),
               t.debit, t.credit, sum(t.amount)
          FROM dues d JOIN entitlements e ON e.id = d.entitlement_id
          JOIN turns t ON t.due_id = d.id
         GROUP BY 1, 2, 3, 4, 5, 6
    )
"""  # noqa: S608  (our own)
_TURNS = """
    days AS (
        SELECT d.id, d.gross, d.withheld FROM dues d JOIN run_stages s ON s.id = d.stage_id
    ), lines AS (
        SELECT l.*, (l.settled_at AT TIME ZONE 'Asia/Almaty')::date AS settled_day,
               (l.changed_at AT TIME ZONE 'Asia/Almaty')::date AS changed_day,
               CASE kind WHEN 'benefit' THEN 'payable' ELSE 'withheld' END AS owed,
               CASE kind WHEN 'benefit' THEN 'paid' ELSE 'remitted' END AS gone
          FROM run_lines l
    ), begun AS (
        SELECT l.due_id, min((l.made_at AT TIME ZONE 'Asia/Almaty')::date) AS day FROM run_lines l GROUP BY 1
    ), kept_back AS (
        SELECT r.due_id, v.owed, (r.made_at AT TIME ZONE 'Asia/Almaty')::date AS day,
               CASE v.owed WHEN 'payable' THEN r.net ELSE r.withheld END AS amount
          FROM recoveries r CROSS JOIN (VALUES ('payable'), ('withheld')) v (owed)
    ), turns AS (
        SELECT d.id AS due_id, 'entitled' AS debit, 'payable' AS credit, d.gross - d.withheld AS amount
          FROM days d JOIN begun b ON b.due_id = d.id WHERE b.day <= :day
        UNION ALL
        SELECT d.id, 'entitled', 'withheld', d.withheld
          FROM days d JOIN begun b ON b.due_id = d.id WHERE d.withheld > 0 AND b.day <= :day
        UNION ALL
        SELECT due_id, owed, gone, amount FROM lines WHERE settled_day <= :day
        UNION ALL
        SELECT due_id, gone, owed, amount FROM lines WHERE state = 'returned' AND changed_day <= :day
        UNION ALL
        SELECT l.due_id, CASE WHEN t.cancelled THEN l.owed ELSE 'cancelled' END,
               CASE WHEN t.cancelled THEN 'cancelled' ELSE l.owed END, l.amount
          FROM run_turns t JOIN lines l ON l.id = t.line_id WHERE (t.at AT TIME ZONE 'Asia/Almaty')::date <= :day
        UNION ALL
        SELECT due_id, owed, 'recovered', amount FROM kept_back WHERE day <= :day AND amount > 0
        UNION ALL
        SELECT k.due_id, CASE WHEN t.cancelled THEN 'recovered' ELSE 'cancelled' END,
               CASE WHEN t.cancelled THEN 'cancelled' ELSE 'recovered' END, k.amount
          FROM kept_back k JOIN lines l ON l.due_id = k.due_id AND l.kind = 'benefit'
          JOIN run_turns t ON t.line_id = l.id
         WHERE (t.at AT TIME ZONE 'Asia/Almaty')::date <= :day AND k.amount > 0
    )
"""
_SUMS = """
    coalesce(sum(amount) FILTER (WHERE debit = 'entitled'), 0),
    coalesce(sum(amount) FILTER (WHERE credit = 'paid'), 0) - coalesce(sum(amount) FILTER (WHERE debit = 'paid'), 0),
    coalesce(sum(amount) FILTER (WHERE credit = 'payable'), 0)
        - coalesce(sum(amount) FILTER (WHERE debit = 'payable'), 0),
    coalesce(sum(amount) FILTER (WHERE credit = 'withheld' AND debit <> 'remitted'), 0)
        - coalesce(sum(amount) FILTER (WHERE debit = 'withheld' AND credit <> 'remitted'), 0),
    coalesce(sum(amount) FILTER (WHERE credit = 'remitted'), 0)
        - coalesce(sum(amount) FILTER (WHERE debit = 'remitted'), 0),
    coalesce(sum(amount) FILTER (WHERE credit = 'recovered'), 0)
        - coalesce(sum(amount) FILTER (WHERE debit = 'recovered'), 0),
    coalesce(sum(amount) FILTER (WHERE credit = 'cancelled'), 0)
        - coalesce(sum(amount) FILTER (WHERE debit = 'cancelled'), 0)
"""


async def whole(session: AsyncSession, day: date) -> Book:
    """All entries of the ledger up to the end of this day in Almaty."""
    sql = f"SELECT '', {_SUMS} FROM ledger WHERE {_DAY}"  # noqa: S608  (our own)
    return Book(*(await session.execute(text(sql), {"day": day})).one())


async def by(session: AsyncSession, what: str, day: date) -> Sequence[Book]:
    """The same by benefit, payer, region or month (`BY`), of cases from the ledger and of runs from each payment:
    together they come to the ledger, which was kept beside."""
    column = BY[what]
    sql = f"WITH {_TURNS}, {_ENTRIES} SELECT {column}, {_SUMS} FROM entries GROUP BY 1 ORDER BY 1"  # noqa: S608  (ours)
    return [Book(*row) for row in (await session.execute(text(sql), {"day": day})).all()]


def total(books: Sequence[Book]) -> Book:
    """The sum of books."""
    zero = Decimal(0)
    names = ("assigned", "credited", "pending", "withheld", "remitted", "recovered", "cancelled")
    return Book("", *(sum((getattr(one, name) for one in books), zero) for name in names))
