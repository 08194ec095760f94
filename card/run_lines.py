"""The payments of runs: looked at again before they leave, written into files, tried anew, and counted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.run_tables import BatchState, RunBatch, RunLine
from card.runs import ACCOUNT, MOST_IN_A_FILE, NUMBERED, Held
from card.tables import Person, table


class Payee(NamedTuple):
    id: UUID
    iin: str


async def payees(session: AsyncSession, month: date, number: int, after: UUID, most: int) -> Sequence[Payee]:
    """The next page of who is paid by the stage, in the order of their ids."""
    sql = """
        SELECT DISTINCT p.id, p.iin FROM run_stages s
          JOIN run_lines l ON l.stage_id = s.id AND l.state IN ('ordered', 'held')
          JOIN dues d ON d.id = l.due_id
          JOIN entitlements e ON e.id = d.entitlement_id
          JOIN persons p ON p.id = e.person_id
         WHERE s.month = :month AND s.number = :number AND p.id > :after
         ORDER BY p.id LIMIT :most
    """
    found = await session.execute(text(sql), {"month": month, "number": number, "after": after, "most": most})
    return [Payee(*row) for row in found.all()]


async def died(session: AsyncSession, deaths: Collection[tuple[UUID, date]]) -> list[UUID]:
    """The register says that these people have died, and when. Returns those of whom it was not known."""
    new: list[UUID] = []
    for person, day in deaths:
        mine = (col(Person.id) == person, col(Person.died_on).is_distinct_from(day))
        turned = update(table(Person)).where(*mine).values(died_on=day).returning(col(Person.id))
        new += await session.scalars(turned)
    return new


async def doubt(session: AsyncSession, month: date, people: Collection[UUID], why: str) -> None:
    """Hold what these people are to be paid by what has not left yet: a person decides."""
    sql = """
        UPDATE run_lines l SET state = 'held', batch_key = NULL, reason = :why, again_on = NULL
          FROM run_batches b, dues d, entitlements e
         WHERE b.key = l.batch_key AND b.state = 'open' AND b.month = :month AND l.state = 'ordered'
           AND d.id = l.due_id AND e.id = d.entitlement_id AND e.person_id = ANY(:people)
    """
    if people:
        await session.execute(text(sql), {"month": month, "people": list(people), "why": why})


_TAKEN_OUT = """
    UPDATE run_lines l SET state = 'cancelled', batch_key = NULL, changed_at = now(), again_on = NULL,
           reason = CASE WHEN r.state <> 'entitled' THEN 'right_ended' ELSE 'died' END
      FROM dues d, entitlements e, persons p, rights r
     WHERE d.id = l.due_id AND e.id = d.entitlement_id AND p.id = e.person_id AND r.id = e.right_id
       AND (l.state = 'held' OR l.state = 'ordered' AND EXISTS (
           SELECT FROM run_batches b WHERE b.key = l.batch_key AND b.state = 'open'
       ))
       AND l.stage_id IN (SELECT id FROM run_stages WHERE month = :month)
       AND d.case_ref IS NULL
       AND (r.state <> 'entitled' OR date_trunc('month', p.died_on::timestamp) < d.month)
"""
_ACCOUNT_GONE = f"""
    UPDATE run_lines l SET state = 'held', batch_key = NULL, account_id = NULL, bank = '', reason = '{Held.ACCOUNT}',
           again_on = :day
      FROM accounts a, run_batches b
     WHERE a.id = l.account_id AND a.rejected IS NOT NULL AND l.state = 'ordered' AND b.key = l.batch_key
       AND b.state = 'open' AND l.stage_id IN (SELECT id FROM run_stages WHERE month = :month)
"""  # noqa: S608  (our own)
_NAMELESS = f"""
    UPDATE run_lines l SET state = 'held', batch_key = NULL, reason = '{Held.NAME}', again_on = NULL
      FROM run_batches b, dues d, entitlements e, persons p
     WHERE b.key = l.batch_key AND b.state = 'open' AND b.month = :month AND l.state = 'ordered'
       AND d.id = l.due_id AND e.id = d.entitlement_id AND p.id = e.person_id
       AND coalesce(trim(concat(p.family_name, p.given_name)), '') = ''
"""  # noqa: S608  (our own)


_UNDECIDED = f"""
    UPDATE run_lines l SET state = 'held', batch_key = NULL, reason = '{Held.OPERATOR}', again_on = NULL
      FROM run_items i JOIN run_lines odd ON odd.id = i.line_id
     WHERE i.closed_at IS NULL AND odd.due_id = l.due_id AND odd.kind = l.kind AND odd.n <= l.n AND l.decided_by IS NULL
       AND (l.state = 'held' AND l.again_on IS NOT NULL OR l.state = 'ordered' AND EXISTS (
           SELECT FROM run_batches b WHERE b.key = l.batch_key AND b.state = 'open'
       ))
"""  # noqa: S608  (our own)
"""While a person has to find out what a bank has said of a payment, no further try of the same leaves: it may have
been paid. Whoever finds out says of the try, too, whether it is due."""


async def look_again(session: AsyncSession, month: date, day: date) -> None:
    """Take out of what has not left yet what is not due any more, and hold what cannot be paid: whose right has ended,
    who has died before the month, whose account a bank has turned down, who has no name, of what a person has to find
    out whether it was paid."""
    await session.execute(text(_TAKEN_OUT), {"month": month})
    await session.execute(text(_ACCOUNT_GONE), {"month": month, "day": day})
    await session.execute(text(_NAMELESS), {"month": month})
    await session.execute(text(_UNDECIDED))


@dataclass(frozen=True)
class Order:
    """A payment as it stands in a file."""

    end_to_end_id: str
    amount: Decimal
    iban: str | None
    """None to the pension fund."""
    iin: str
    name: str
    service: str
    month: date


async def batch(session: AsyncSession, key: str) -> RunBatch:
    """The file, which is there. Raises NoResultFound."""
    return await session.get_one(RunBatch, key)


async def orders(session: AsyncSession, key: str) -> Sequence[Order]:
    """The payments of a file, always in the same order."""
    sql = """
        SELECT l.end_to_end_id, l.amount, a.iban, p.iin,
               trim(concat_ws(' ', p.family_name, p.given_name, p.patronymic)), e.service, d.month
          FROM run_lines l
          JOIN dues d ON d.id = l.due_id
          JOIN entitlements e ON e.id = d.entitlement_id
          JOIN persons p ON p.id = e.person_id
          LEFT JOIN accounts a ON a.id = l.account_id
         WHERE l.batch_key = :key ORDER BY l.id
    """
    return [Order(*row) for row in (await session.execute(text(sql), {"key": key})).all()]


async def sent(session: AsyncSession, key: str) -> None:
    """The bank has the file."""
    mine = (col(RunBatch.key) == key, col(RunBatch.state) == BatchState.SEALED)
    await session.execute(update(table(RunBatch)).where(*mine).values(state=BatchState.SENT, sent_at=func.now()))


async def answered(session: AsyncSession, key: str, reason: str | None) -> None:
    """The bank has said of the file what it has to say; `reason`, if it has rejected it whole."""
    mine = (col(RunBatch.key) == key, col(RunBatch.state) == BatchState.SENT)
    values: dict[str, Any] = {"state": BatchState.ANSWERED, "answered_at": func.now(), "reason": reason}
    await session.execute(update(table(RunBatch)).where(*mine).values(**values))


class Accountless(NamedTuple):
    """Somebody without an account, and the case that granted what is to be paid."""

    id: UUID
    iin: str
    case_ref: str
    service: str
    assessed_on: date


async def without_account(session: AsyncSession, day: date, after: UUID, most: int) -> Sequence[Accountless]:
    """Who is to be paid, lives, and has no account that is known and well, from the next one on."""
    sql = f"""
        SELECT DISTINCT ON (p.id) p.id, p.iin, c.ref, c.service, c.assessed_on FROM run_lines l
          JOIN dues d ON d.id = l.due_id
          JOIN entitlements e ON e.id = d.entitlement_id
          JOIN persons p ON p.id = e.person_id
          JOIN cases c ON c.ref = e.case_ref
         WHERE l.state = 'held' AND l.kind = 'benefit' AND l.reason = '{Held.ACCOUNT}' AND l.again_on <= :day
           AND p.id > :after AND p.died_on IS NULL
           AND NOT EXISTS (SELECT FROM accounts a WHERE a.person_id = p.id AND a.rejected IS NULL)
         ORDER BY p.id, l.id LIMIT :most
    """  # noqa: S608  (our own)
    found = await session.execute(text(sql), {"day": day, "after": after, "most": most})
    return [Accountless(*row) for row in found.all()]


_AGAIN = f"""
    WITH wanted AS (
        SELECT l.id, coalesce(account.id, l.account_id) AS account_id,
               CASE WHEN l.kind = 'pension' THEN l.bank ELSE substr(account.iban, 5, 3) END AS bank, true AS ready
          FROM run_lines l
          JOIN dues d ON d.id = l.due_id
          JOIN entitlements e ON e.id = d.entitlement_id
          {ACCOUNT.format(person="e.person_id")}
         WHERE l.state = 'held' AND l.kind = :kind AND l.again_on <= :day
           AND (l.kind = 'pension' OR account.id IS NOT NULL)
         ORDER BY l.id
           FOR UPDATE OF l
    ), {NUMBERED}
    UPDATE run_lines l SET state = 'ordered', batch_key = named.key, account_id = named.account_id, bank = named.bank,
           reason = NULL, again_on = NULL
      FROM named WHERE named.id = l.id
"""  # noqa: S608  (our own)


async def order_again(session: AsyncSession, month: date, round_: int, day: date) -> tuple[str, str]:
    """Put into files what is to be tried again by this day, of whichever run, and can be. Returns their parts."""
    await session.execute(text(_UNDECIDED))
    parts = (f"r{round_}", f"q{round_}")
    for part, kind in zip(parts, ("benefit", "pension"), strict=True):
        given = {"run": month, "part": part, "prefix": f"payment-run/{month:%Y-%m}:{part}:", "kind": kind}
        await session.execute(text(_AGAIN), {**given, "most": MOST_IN_A_FILE, "day": day})
    return parts


async def decided(session: AsyncSession, line_id: int, day: date | None, state: str, by: str, note: str) -> bool:
    """What somebody has decided: a held payment is tried again from the day on, or (`cancelled`) is not due.

    A cancelled one may be held again. False if it is in no state for that.
    """
    stands = col(RunLine.state).in_(("held", "cancelled") if state == "held" else ("held",))
    turned = update(table(RunLine)).where(col(RunLine.id) == line_id, stands)
    values: dict[str, Any] = {"state": state, "again_on": day, "changed_at": func.now()}
    values |= {"decided_by": by, "note": note}
    return await session.scalar(turned.values(**values).returning(col(RunLine.id))) is not None


@dataclass(frozen=True)
class Waiting:
    """Payments that wait for the same: so many, of so many tenge, the oldest since when."""

    kind: str
    reason: str
    by_itself: bool
    count: int
    total: Decimal
    since: datetime


async def waiting(session: AsyncSession, month: date | None = None) -> Sequence[Waiting]:
    """What is held, by what it waits for; of the dues of one run, or of all."""
    sql = """
        SELECT l.kind, coalesce(l.reason, ''), l.again_on IS NOT NULL, count(*), sum(l.amount), min(l.made_at)
          FROM run_lines l JOIN run_stages s ON s.id = l.stage_id
         WHERE l.state = 'held' AND (CAST(:month AS date) IS NULL OR s.month = CAST(:month AS date))
         GROUP BY 1, 2, 3 ORDER BY 6, 1, 2
    """
    return [Waiting(*row) for row in (await session.execute(text(sql), {"month": month})).all()]


@dataclass(frozen=True)
class HeldLine:
    """One held payment, for the person who decides on it."""

    id: int
    kind: str
    service: str
    month: date
    amount: Decimal
    reason: str
    since: datetime


async def held(session: AsyncSession, month: date, most: int) -> Sequence[HeldLine]:
    """What of the run's dues waits for a person, the oldest first."""
    sql = """
        SELECT l.id, l.kind, e.service, d.month, l.amount, coalesce(l.reason, ''), l.made_at
          FROM run_lines l JOIN run_stages s ON s.id = l.stage_id
          JOIN dues d ON d.id = l.due_id JOIN entitlements e ON e.id = d.entitlement_id
         WHERE l.state = 'held' AND s.month = :month ORDER BY l.made_at, l.id LIMIT :most
    """
    return [HeldLine(*row) for row in (await session.execute(text(sql), {"month": month, "most": most})).all()]


@dataclass(frozen=True)
class Progress:
    """Where a stage's payments stand, by kind and state. Of a due only its last try counts."""

    stage: int
    kind: str
    state: str
    count: int
    total: Decimal


async def progress(session: AsyncSession, month: date) -> Sequence[Progress]:
    """What became of the dues of the run's stages."""
    sql = """
        SELECT s.number, l.kind, l.state, count(*), sum(l.amount) FROM run_stages s
          JOIN run_lines l ON l.stage_id = s.id
         WHERE s.month = :month AND NOT (l.state IN ('rejected', 'returned') AND EXISTS (
               SELECT FROM run_lines n WHERE n.due_id = l.due_id AND n.kind = l.kind AND n.n > l.n))
         GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    return [Progress(*row) for row in (await session.execute(text(sql), {"month": month})).all()]


async def batches(session: AsyncSession, month: date) -> Sequence[RunBatch]:
    """The files of the run, in the order in which they were made."""
    found = select(RunBatch).where(col(RunBatch.month) == month).order_by(col(RunBatch.made_at), col(RunBatch.key))
    return (await session.scalars(found)).all()
