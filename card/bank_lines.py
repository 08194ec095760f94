"""What banks say of payments of runs, line by line, held against what was ordered: all at once, in SQL.

What agrees moves the payment on; what does not is an item that waits for a person, and stops nothing. The same said
again changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.run_tables import RunItem, StatementDay
from card.runs import Held
from card.tables import table

SUSPICIOUS = 5
"""A file to so many accounts, all of which are turned down: that is the bank's fault, not theirs."""


@dataclass(frozen=True)
class Said:
    """One line of a bank's file. `state`: pending, settled, rejected or returned; `waits`: why it could not be read."""

    number: int
    state: str | None
    end_to_end_id: str | None
    amount: Decimal | None
    reason: str | None
    reference: str | None
    booked_on: date | None
    waits: str | None


_TYPES = ("int", "text", "text", "numeric", "text", "text", "date", "text")
_COLUMNS = ("number", "state", "e2e", "amount", "reason", "reference", "booked_on", "waits")
_GIVEN = ", ".join(f"CAST(:{name}s AS {type_}[])" for name, type_ in zip(_COLUMNS, _TYPES, strict=True))
_SAID = f"said AS (SELECT * FROM unnest({_GIVEN}) AS said ({', '.join(_COLUMNS)}))"  # noqa: S608  (our own)
_ITEM = """
    INSERT INTO run_items (source, number, why, line_id, end_to_end_id, amount, bank_reference, booked_on)
    SELECT {source}, number, why, id, left(e2e, 35), amount, left(reference, 35), booked_on
      FROM odd WHERE why IS NOT NULL
    ON CONFLICT DO NOTHING
"""
_OF_DAY = "'statement ' || to_char(coalesce(booked_on, CAST(:day AS date)), 'YYYY-MM-DD')"
"""The day's statement, whichever way it came and however often: an item stands in it once."""

_REPORTED = f"""
    WITH {_SAID}, hit AS (
        SELECT said.*, l.id, l.amount AS ordered, l.state AS was
          FROM said LEFT JOIN run_lines l ON l.end_to_end_id = said.e2e AND l.batch_key = :batch
    ), turned AS (
        UPDATE run_lines l SET state = 'rejected', reason = hit.reason, bank_reference = hit.reference,
               changed_at = now()
          FROM hit
         WHERE hit.id = l.id AND hit.waits IS NULL AND hit.state = 'rejected' AND l.state = 'ordered'
           AND coalesce(hit.amount, hit.ordered) = hit.ordered
    ), odd AS (
        SELECT hit.*, CASE WHEN waits IS NOT NULL THEN waits
                           WHEN id IS NULL THEN 'unknown'
                           WHEN amount <> ordered THEN 'other_amount'
                           WHEN state = 'rejected' AND was IN ('settled', 'returned') THEN 'rejected_though_booked'
                      END AS why
          FROM hit
    )
    {_ITEM.format(source=":source")}
"""  # noqa: S608  (our own)

_HIT = """
    hit AS (
        SELECT said.*, l.id, l.amount AS ordered, l.state AS was, l.bank_reference AS known,
               l.return_reference AS known_return, p.state AS of_case
          FROM said
          LEFT JOIN LATERAL (
              SELECT * FROM run_lines r WHERE r.end_to_end_id = said.e2e
               ORDER BY r.end_to_end_id DESC, r.id DESC LIMIT 1
          ) l ON true
          LEFT JOIN payments p ON l.id IS NULL AND p.end_to_end_id = said.e2e AND p.amount = said.amount
           AND p.state <> 'rejected'
    )
"""
_LEFT = f"""
    WITH {_SAID}
    UPDATE run_batches SET state = 'sent', sent_at = now() WHERE state = 'sealed' AND key IN (
        SELECT l.batch_key FROM said JOIN run_lines l ON l.end_to_end_id = said.e2e
         WHERE said.state IN ('settled', 'returned')
    )
"""  # noqa: S608  (our own)
"""What the bank has booked has left, whatever we know of it."""

_BOOKED = f"""
    WITH {_SAID}, {_HIT}
    UPDATE run_lines l SET state = 'settled', bank_reference = hit.reference, reason = NULL,
           settled_on = hit.booked_on, settled_at = now()
      FROM hit
     WHERE hit.id = l.id AND hit.waits IS NULL AND hit.state = 'settled' AND l.state = 'ordered'
       AND hit.amount = hit.ordered
"""  # noqa: S608  (our own)
_ODD = f"""
    WITH {_SAID}, {_HIT}, odd AS (
        SELECT hit.*, CASE
                   WHEN waits IS NOT NULL THEN waits
                   WHEN state = 'pending' THEN NULL
                   WHEN id IS NULL AND of_case IS NULL THEN 'unknown'
                   WHEN id IS NULL AND state = 'returned' AND of_case <> 'returned' THEN 'returned_to_a_case'
                   WHEN id IS NULL THEN NULL
                   WHEN amount <> ordered THEN 'other_amount'
                   WHEN state = 'settled' AND was NOT IN ('settled', 'returned') THEN 'booked_though_not_ordered'
                   WHEN state = 'settled' AND known IS DISTINCT FROM reference THEN 'booked_again'
                   WHEN state = 'returned' AND was NOT IN ('settled', 'returned') THEN 'returned_though_not_booked'
                   WHEN state = 'returned' AND was = 'returned' AND known_return IS DISTINCT FROM reference
                       THEN 'returned_again'
               END AS why
          FROM hit
    )
    {_ITEM.format(source=_OF_DAY)}
"""  # noqa: S608  (our own)
_RETURNED = f"""
    WITH {_SAID}, {_HIT}
    UPDATE run_lines l SET state = 'returned', reason = hit.reason, return_reference = hit.reference,
           changed_at = now()
      FROM hit
     WHERE hit.id = l.id AND hit.waits IS NULL AND hit.state = 'returned' AND l.state = 'settled'
       AND hit.amount = hit.ordered
"""  # noqa: S608  (our own)


def _arrays(lines: Sequence[Said]) -> dict[str, Any]:
    by_column = zip(*(astuple(one) for one in lines), strict=True)
    return {f"{name}s": list(values) for name, values in zip(_COLUMNS, by_column, strict=True)}


async def reported(session: AsyncSession, batch_key: str, lines: Sequence[Said]) -> None:
    """What a bank's report says of payments of this file: what was rejected has reached nobody."""
    if lines:
        await session.execute(text(_REPORTED), {**_arrays(lines), "batch": batch_key, "source": f"report {batch_key}"})


async def rejected_whole(session: AsyncSession, batch_key: str, reason: str | None) -> None:
    """The bank has taken nothing of the file."""
    sql = """
        UPDATE run_lines SET state = 'rejected', reason = :reason, changed_at = now()
         WHERE batch_key = :batch AND state = 'ordered'
    """
    await session.execute(text(sql), {"batch": batch_key, "reason": reason})


@dataclass(frozen=True)
class Stated:
    """What lines of a statement have changed: so many payments booked and returned, so many lines for a person."""

    booked: int = 0
    returned: int = 0
    waiting: int = 0

    def __add__(self, other: "Stated") -> "Stated":
        return Stated(*(one + another for one, another in zip(astuple(self), astuple(other), strict=True)))


async def stated(session: AsyncSession, day: date, lines: Sequence[Said]) -> Stated:
    """What a bank's statement has booked. A payment and its return may stand in the same one. `day`: whose it is, for
    the lines that name none."""
    if not lines:
        return Stated()
    given = _arrays(lines)
    await session.execute(text(_LEFT), given)
    booked = await _changed(session, _BOOKED, given)
    waiting = await _changed(session, _ODD, {**given, "day": day})
    return Stated(booked, await _changed(session, _RETURNED, given), waiting)


async def _changed(session: AsyncSession, sql: str, given: Mapping[str, Any]) -> int:
    """How many rows a statement has changed."""
    changed: CursorResult[Any] = await session.execute(text(sql), given)  # type: ignore[assignment]
    return changed.rowcount


class Cures(NamedTuple):
    """What a code's payments do next: another_account, pay_again (`after_days` later, at most `times`), or a person."""

    cure: str
    after_days: int | None
    times: int | None


_TRIES = f"""
    WITH cures AS (
        SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:cures AS text[]), CAST(:afters AS int[]),
                             CAST(:timess AS int[])) AS cures (code, cure, after_days, times)
    ), untried AS (
        SELECT * FROM run_lines l WHERE l.state IN ('rejected', 'returned')
           AND NOT EXISTS (SELECT FROM run_lines n WHERE n.due_id = l.due_id AND n.kind = l.kind AND n.n > l.n)
    ), turned_down AS (
        SELECT l.batch_key, count(*) AS lines, count(DISTINCT l.account_id) AS accounts
          FROM run_lines l JOIN cures c ON c.code = l.reason AND c.cure = 'another_account'
         WHERE l.state = 'rejected' AND l.batch_key IN (SELECT batch_key FROM untried)
         GROUP BY 1
    ), failed AS (
        SELECT l.*, c.after_days, CASE
                   WHEN l.kind = 'pension' OR c.cure IS NULL THEN 'operator'
                   WHEN c.cure = 'another_account' AND t.accounts >= {SUSPICIOUS} AND t.lines = b.count THEN 'operator'
                   WHEN c.cure = 'pay_again' AND (
                       SELECT count(*) FROM run_lines o WHERE o.due_id = l.due_id AND o.kind = l.kind
                          AND o.reason = l.reason
                   ) > c.times THEN 'operator'
                   ELSE c.cure
               END AS cure
          FROM untried l
          JOIN run_batches b ON b.key = l.batch_key
          LEFT JOIN cures c ON c.code = l.reason
          LEFT JOIN turned_down t ON t.batch_key = l.batch_key
    ), useless AS (
        UPDATE accounts a SET rejected = failed.reason, rejected_at = now()
          FROM failed WHERE a.id = failed.account_id AND failed.cure = 'another_account' AND a.rejected IS NULL
    )
    INSERT INTO run_lines (due_id, stage_id, kind, n, end_to_end_id, amount, account_id, bank, state, reason, again_on)
    SELECT due_id, stage_id, kind, n + 1,
           CASE WHEN state = 'rejected' THEN end_to_end_id
                ELSE regexp_replace(end_to_end_id, 'R[0-9]+$', '') || 'R' || (
                    SELECT count(*) FROM run_lines r
                     WHERE r.due_id = failed.due_id AND r.kind = failed.kind AND r.state = 'returned'
                ) END,
           amount, CASE WHEN cure = 'another_account' THEN NULL ELSE account_id END,
           CASE WHEN cure = 'another_account' THEN '' ELSE bank END, 'held',
           CASE WHEN cure = 'another_account' THEN '{Held.ACCOUNT}' ELSE coalesce(reason, '{Held.OPERATOR}') END,
           CASE cure WHEN 'another_account' THEN CAST(:day AS date)
                     WHEN 'pay_again' THEN CAST(:day AS date) + after_days END
      FROM failed
    ON CONFLICT DO NOTHING
"""  # noqa: S608  (our own)
"""What was turned down reached nobody and keeps its name at the bank, which credits a name once; what came back has
another."""


async def cure(session: AsyncSession, reasons: Mapping[str, Cures], day: date) -> None:
    """Each payment that was rejected or has come back is tried again under the same due, by the cure of its reason."""
    given: dict[str, Any] = {
        "codes": list(reasons),
        "cures": [one.cure for one in reasons.values()],
        "afters": [one.after_days for one in reasons.values()],
        "timess": [one.times for one in reasons.values()],
        "day": day,
    }
    await session.execute(text(_TRIES), given)


async def read_day(
    session: AsyncSession, iban: str, day: date, count: int, debits: Decimal, credits: Decimal, *, whole: bool
) -> None:
    """The statement of this day was read to its end."""
    values: dict[str, Any] = {"whole": whole, "count": count, "debits": debits, "credits": credits}
    row = insert(table(StatementDay)).values(iban=iban, day=day, **values)
    await session.execute(
        row.on_conflict_do_update(index_elements=["iban", "day"], set_={**values, "read_at": func.now()})
    )


async def days_read(session: AsyncSession, iban: str, since: date) -> set[date]:
    """The days from this one on of which nothing more can come: they were over when their statement was read."""
    whole = select(col(StatementDay.day)).where(col(StatementDay.iban) == iban, col(StatementDay.day) >= since)
    return set(await session.scalars(whole.where(col(StatementDay.whole))))


async def open_items(session: AsyncSession, most: int) -> Sequence[RunItem]:
    """What waits for a person, the oldest first."""
    found = select(RunItem).where(col(RunItem.closed_at).is_(None)).order_by(col(RunItem.id)).limit(most)
    return (await session.scalars(found)).all()


async def count_items(session: AsyncSession) -> int:
    found = select(func.count()).select_from(RunItem).where(col(RunItem.closed_at).is_(None))
    return (await session.scalars(found)).one()


async def explained(session: AsyncSession, item_id: int, by: str, note: str) -> bool:
    """Somebody has found out what the item is. False if there is none that is open."""
    mine = update(table(RunItem)).where(col(RunItem.id) == item_id, col(RunItem.closed_at).is_(None))
    done = mine.values(closed_at=func.now(), closed_by=by, note=note).returning(col(RunItem.id))
    return await session.scalar(done) is not None
