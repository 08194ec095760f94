"""The run of a month: what is selected and frozen stage by stage, and put into files. All of it set by set, in SQL.

What a month still owes is `OWED`: what it comes to, less what was claimed of it. Everything here may be done again:
what was done stays as it is. The books follow by themselves (migration 0026).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from card.owed import KEPT_BACK, OF_STAGE, OWED, SELECTING
from card.run_tables import RunBatch, RunRow, RunStage, RunState, RunTotal, StageState
from card.tables import Entitlement, table

MOST_IN_A_FILE = 20_000
"""Payments: a file is made and read whole in memory for a moment, some tens of megabytes."""


class Held:
    """What a held payment waits for, beside the bank's codes of `adapters/reasons.yaml`."""

    ACCOUNT = "account_needed"
    NAME = "name_needed"
    OPERATOR = "operator"


class RunRefused(ValueError):
    """The Card has the month's run otherwise than whoever wants to go on with it."""


class RunClosed(RunRefused):
    """The month's run is over: it pays nothing more."""

    def __init__(self, run: RunRow) -> None:
        super().__init__(
            f"month: the run of {run.month:%m.%Y} was closed on {run.closed_at:%d.%m.%Y}; it pays nothing more"
        )


class BegunOtherwise(RunRefused):
    """A run waits for its days to its end, or passes them over from its beginning."""

    def __init__(self, run: RunRow) -> None:
        how = "passes its days over" if run.played else "waits for its days"
        super().__init__(f"played: the run of {run.month:%m.%Y} was begun as one that {how}; go on with it as such")


class NotDeclared(RunRefused):
    """A stage of the run was never declared: whoever is owed something there would not be paid with this month."""

    def __init__(self, month: date, stages: Sequence[int]) -> None:
        named = ", ".join(map(str, stages))
        super().__init__(f"stage: {named} of the run of {month:%m.%Y} was not declared; start the run again")


@dataclass(frozen=True)
class Stage:
    """Regions and their day. `others`: also everybody of whom no region is known, or one that no stage names.

    `share` of a month is kept back for overpayments at the most, and no less than `minimum` tenge go out.
    """

    number: int
    day: date
    regions: tuple[str, ...]
    others: bool
    share: Decimal = Decimal(0)
    minimum: Decimal = Decimal(0)


ACCOUNT = """
    LEFT JOIN LATERAL (
        SELECT id, iban FROM accounts WHERE person_id = {person} AND rejected IS NULL ORDER BY seen_at DESC, id LIMIT 1
    ) account ON true
"""
"""The account in their own name that was seen last, and that no bank has turned down."""

NUMBERED = """
    last AS (
        SELECT DISTINCT ON (bank) bank, number, lines, state FROM run_batches
         WHERE month = :run AND part = :part ORDER BY bank, number DESC
    ), placed AS (
        SELECT wanted.*, coalesce(last.number + (last.lines >= :most OR last.state <> 'open')::int, 1) AS number
          FROM wanted LEFT JOIN last USING (bank)
    ), named AS (
        SELECT placed.*, :prefix || bank || ':' || number AS key FROM placed
    ), batches AS (
        INSERT INTO run_batches (key, month, part, kind, bank, number, state, lines)
        SELECT key, :run, :part, :kind, bank, number, 'open', count(*) FROM named WHERE ready GROUP BY key, bank, number
        ON CONFLICT (key) DO UPDATE SET lines = run_batches.lines + excluded.lines
    )
"""

_SELECT = f"""
    WITH {OWED}, {KEPT_BACK}, claims AS (
        INSERT INTO dues (entitlement_id, month, stage_id, is_difference, gross, withheld, payer, region)
        SELECT id, month, :stage, before > 0, net + withheld, withheld, coalesce(payer, 'unknown'), region
          FROM owed LEFT JOIN LATERAL (
              SELECT payer FROM ledger l WHERE l.case_ref = owed.case_ref AND l.debit = 'entitled' LIMIT 1
          ) whose ON true
        ON CONFLICT DO NOTHING
        RETURNING id AS due_id, entitlement_id, month
    ), instalments AS (
        INSERT INTO recoveries (overpayment_id, due_id, net, withheld)
        SELECT k.overpayment_id, c.due_id, k.net, k.withheld
          FROM kept_back k JOIN claims c ON c.entitlement_id = k.id AND c.month = k.month
         WHERE k.net > 0 OR k.withheld > 0
    ), wanted AS (
        SELECT c.due_id, o.amount, account.id AS account_id,
               coalesce(substr(account.iban, 5, 3), '') AS bank, account.id IS NOT NULL AS ready,
               name_of_payment(o.right_id, o.service, o.month, o.before + 1) AS name
          FROM claims c JOIN paid_out o ON o.id = c.entitlement_id AND o.month = c.month
          {ACCOUNT.format(person="o.person_id")}
         WHERE o.amount > 0
    ), {NUMBERED}
    INSERT INTO run_lines (due_id, stage_id, kind, n, end_to_end_id, amount, account_id, bank, batch_key, state, reason,
                           again_on)
    SELECT due_id, :stage, :kind, 1, name, amount, account_id, bank, CASE WHEN ready THEN key END,
           CASE WHEN ready THEN 'ordered' ELSE 'held' END, CASE WHEN NOT ready THEN '{Held.ACCOUNT}' END,
           CASE WHEN NOT ready THEN :day END
      FROM named
"""  # noqa: S608  (our own)

_CONTRIBUTIONS = f"""
    WITH wanted AS (
        SELECT d.id AS due_id, d.withheld - kept.back AS amount, :fund AS bank, true AS ready,
               'P' || name_of_payment(e.right_id, e.service, d.month, (
                   SELECT count(*) FROM dues o
                    WHERE o.entitlement_id = d.entitlement_id AND o.month = d.month AND o.id <= d.id
               )) AS name
          FROM entitlements e
          JOIN persons p ON p.id = e.person_id
          JOIN dues d ON d.entitlement_id = e.id
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(withheld), 0) AS back FROM recoveries WHERE due_id = d.id
         ) kept
         WHERE e.id > :after AND e.id <= :upto AND {OF_STAGE} AND d.withheld > kept.back
           AND (d.stage_id = :stage OR d.case_ref IS NOT NULL AND d.month <= :run)
           AND NOT EXISTS (SELECT FROM run_lines l WHERE l.due_id = d.id AND l.kind = :kind)
    ), {NUMBERED}
    INSERT INTO run_lines (due_id, stage_id, kind, n, end_to_end_id, amount, bank, batch_key, state)
    SELECT due_id, :stage, :kind, 1, name, amount, bank, key, 'ordered' FROM named
"""  # noqa: S608  (our own)
"""What was withheld, by a run or by the case that paid the first month, and is on no way to the pension fund yet."""


async def open_run(session: AsyncSession, month: date, stages: Sequence[Stage], *, played: bool) -> None:
    """The run of the month, with its stages; one that is there stays as it is. Raises RunRefused."""
    await session.execute(insert(table(RunRow)).values(month=month, played=played).on_conflict_do_nothing())
    goes_on(await session.get_one(RunRow, month, with_for_update=True), played=played)
    rows = [{"month": month, "number": one.number, "day": one.day, "state": StageState.SELECTING} for one in stages]
    made = insert(table(RunStage)).values(rows)
    await session.execute(made.on_conflict_do_nothing(constraint="a_stage_once"))


def goes_on(run: RunRow, *, played: bool) -> None:
    """Raises RunRefused where the run cannot go on so."""
    if run.state == RunState.CLOSED:
        raise RunClosed(run)
    if run.played != played:
        raise BegunOtherwise(run)


async def known(session: AsyncSession, month: date) -> RunRow | None:
    return await session.get(RunRow, month)


async def listed(session: AsyncSession, most: int) -> Sequence[RunRow]:
    """The newest runs."""
    return (await session.scalars(select(RunRow).order_by(col(RunRow.month).desc()).limit(most))).all()


async def stage(session: AsyncSession, month: date, number: int, *, locked: bool = False) -> RunStage:
    """The stage of the run, which is there; `locked`: no range is selected beside. Raises NoResultFound."""
    found = select(RunStage).where(col(RunStage.month) == month, col(RunStage.number) == number)
    return (await session.scalars(found.with_for_update() if locked else found.with_for_update(read=True))).one()


async def page_ends(session: AsyncSession, after: UUID, most: int) -> UUID | None:
    """The last entitlement of the next page after this one, in the order of their ids; None behind the last of all."""
    page = select(col(Entitlement.id)).where(col(Entitlement.id) > after).order_by(col(Entitlement.id)).limit(most)
    ids = page.subquery()
    last = await session.scalar(select(ids.c.id).order_by(ids.c.id.desc()).limit(1))
    return None if last is None else UUID(str(last))


def _of(stage: Stage, named: Sequence[str], after: UUID, upto: UUID) -> dict[str, Any]:
    return {
        "regions": list(stage.regions),
        "others": stage.others,
        "day": stage.day,
        "share": stage.share,
        "minimum": stage.minimum,
        "named": list(named),
        "after": after,
        "upto": upto,
    }


async def select_range(
    session: AsyncSession, month: date, stage_: Stage, named: Sequence[str], after: UUID, upto: UUID, fund: str
) -> None:
    """Claim what these entitlements are owed up to the month, and order its payment. `named`: the regions of all
    stages; `fund`: the pension fund's bank. After the stage was frozen nothing happens."""
    row = await stage(session, month, stage_.number)
    if row.state != StageState.SELECTING:
        return
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SELECTING})
    common = {**_of(stage_, named, after, upto), "stage": row.id, "run": month, "most": MOST_IN_A_FILE}
    ref = f"payment-run/{month:%Y-%m}"
    for sql, part, kind in ((_SELECT, "s", "benefit"), (_CONTRIBUTIONS, "p", "pension")):
        name = f"{part}{row.number}"
        given = {**common, "part": name, "prefix": f"{ref}:{name}:", "kind": kind}
        given |= {"month": month} if part == "s" else {"fund": fund}
        await session.execute(text(sql), given)


async def freeze(session: AsyncSession, month: date, number: int) -> None:
    """Declare the control totals of a stage: from here on nothing is added to it."""
    row = await stage(session, month, number, locked=True)
    if row.state == StageState.FROZEN:
        return
    sums = """
        INSERT INTO run_totals (stage_id, kind, service, bank, region, count, total)
        SELECT l.stage_id, l.kind, e.service, l.bank, coalesce(d.region, '*'), count(*), sum(l.amount)
          FROM run_lines l JOIN dues d ON d.id = l.due_id JOIN entitlements e ON e.id = d.entitlement_id
         WHERE l.stage_id = :stage GROUP BY 1, 2, 3, 4, 5
    """
    await session.execute(text(sums), {"stage": row.id})
    await session.execute(
        update(table(RunStage)).where(col(RunStage.id) == row.id).values(state=StageState.FROZEN, frozen_at=func.now())
    )


async def totals(session: AsyncSession, month: date) -> Sequence[tuple[int, RunTotal]]:
    """The declared control totals, each with the number of its stage."""
    found = select(col(RunStage.number), RunTotal).join(RunTotal, col(RunTotal.stage_id) == col(RunStage.id))
    found = found.where(col(RunStage.month) == month)
    found = found.order_by(col(RunStage.number), col(RunTotal.kind), col(RunTotal.service), col(RunTotal.region))
    return [(row[0], row[1]) for row in (await session.execute(found)).all()]


@dataclass(frozen=True)
class Group:
    """So many payments of so many tenge."""

    service: str
    bank: str
    region: str
    count: int
    total: Decimal


async def would_pay(
    session: AsyncSession, month: date, stage_: Stage, named: Sequence[str], after: UUID, upto: UUID
) -> Sequence[Group]:
    """What a run of the month would select of these entitlements now; nothing is written."""
    sql = f"""
        WITH {OWED}, {KEPT_BACK}
        SELECT service, coalesce(substr(account.iban, 5, 3), '') AS bank, region, count(*), sum(amount)
          FROM paid_out {ACCOUNT.format(person="paid_out.person_id")} WHERE amount > 0 GROUP BY 1, 2, 3
    """  # noqa: S608  (our own)
    given = {**_of(stage_, named, after, upto), "month": month}
    return [Group(*row) for row in (await session.execute(text(sql), given)).all()]


async def seal(session: AsyncSession, month: date, part: str, execution_day: date) -> Sequence[str]:
    """Declare count and sum of the part's files: they are ready to leave. Returns the keys of those with payments."""
    sql = """
        UPDATE run_batches b SET state = 'sealed', execution_day = :day, count = l.count, total = l.total
          FROM (
              SELECT o.key, count(r.id) AS count, coalesce(sum(r.amount), 0) AS total
                FROM run_batches o LEFT JOIN run_lines r ON r.batch_key = o.key
               WHERE o.month = :month AND o.part = :part AND o.state = 'open' GROUP BY o.key
          ) l
         WHERE l.key = b.key
    """
    await session.execute(text(sql), {"month": month, "part": part, "day": execution_day})
    mine = select(col(RunBatch.key)).where(col(RunBatch.month) == month, col(RunBatch.part) == part)
    return (await session.scalars(mine.where(col(RunBatch.count) > 0).order_by(col(RunBatch.key)))).all()


async def unanswered(session: AsyncSession) -> Sequence[str]:
    """The files, of whichever run, that were declared and of which the bank has not said all it knows."""
    open_ = col(RunBatch.state).in_(("sealed", "sent"))
    found = select(col(RunBatch.key)).where(open_, col(RunBatch.count) > 0)
    return (await session.scalars(found.order_by(col(RunBatch.key)))).all()


async def first_day(session: AsyncSession) -> date | None:
    """The first day on which anything was to be paid by any run."""
    day: date | None = await session.scalar(select(func.min(col(RunBatch.execution_day))))
    return day


async def close(session: AsyncSession, month: date, stages: Collection[int]) -> None:
    """The run is over for good, once these stages were declared. What of it is owed still goes out with the next.
    Raises NotDeclared."""
    declared = select(col(RunStage.number)).where(col(RunStage.month) == month, col(RunStage.frozen_at).is_not(None))
    missing = set(stages) - set((await session.scalars(declared)).all())
    if missing:
        raise NotDeclared(month, sorted(missing))
    mine = (col(RunRow.month) == month, col(RunRow.state) == RunState.OPEN)
    await session.execute(update(table(RunRow)).where(*mine).values(state=RunState.CLOSED, closed_at=func.now()))
