"""What a person was paid, by cases and by runs, payment by payment, and what of it came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True)
class Line:
    """A payment that the bank has booked. Tenge; `month` is the one that it is of, `tail` the end of the account's
    number, None of the pension fund's. `run`: the first day of the month whose run has paid it, None by a case.
    """

    paid_on: date
    service: str
    case_ref: str
    month: date
    amount: Decimal
    is_difference: bool
    tail: str | None
    run: date | None
    returned_on: date | None
    reason: str | None
    """The bank's code of the return (ISO 20022)."""

    @property
    def to_fund(self) -> bool:
        """Kept back from the person, and paid to the pension fund for them."""
        return self.tail is None


_LINES = """
    WITH whose AS (SELECT id FROM persons WHERE iin = :iin)
    SELECT l.value_date AS paid_on, c.service, c.ref, l.period, l.amount, coalesce(r.was IS NOT NULL, false),
           right(a.iban, 4), NULL::date, back.value_date, CASE WHEN back.key IS NOT NULL THEN p.reason END
      FROM cases c
      JOIN ledger l ON l.case_ref = c.ref AND l.credit = 'paid'
      JOIN payments p ON p.key = l.key
      JOIN accounts a ON a.id = p.account_id
      LEFT JOIN ledger back ON back.key = l.key || '\\:returned'
      LEFT JOIN assignments r ON r.case_ref = c.ref AND r.state <> 'superseded'
     WHERE c.person_id = (SELECT id FROM whose)
    UNION ALL
    SELECT l.settled_on, e.service, e.case_ref, d.month, l.amount, d.is_difference, right(a.iban, 4), s.month,
           CASE WHEN l.state = 'returned' THEN (l.changed_at AT TIME ZONE 'Asia/Almaty')::date END,
           CASE WHEN l.state = 'returned' THEN l.reason END
      FROM entitlements e
      JOIN dues d ON d.entitlement_id = e.id
      JOIN run_lines l ON l.due_id = d.id AND l.state IN ('settled', 'returned')
      JOIN run_stages s ON s.id = l.stage_id
      LEFT JOIN accounts a ON a.id = l.account_id
     WHERE e.person_id = (SELECT id FROM whose)
     ORDER BY 1, 4, 2, 5 DESC
"""


async def of_person(session: AsyncSession, iin: str) -> Sequence[Line]:
    """All that reached the accounts of the person with this IIN, and the pension fund for them, the oldest first."""
    return [Line(*row) for row in (await session.execute(text(_LINES), {"iin": iin})).all()]
