"""The tables of payment runs: a month's run, its stages, the files that leave, each payment, what waits for a person.

A payment is a line of a due (`card.tables.Due`), which claims the month; a second try is another line of the same due.
The database keeps the books of runs from the turns of their lines (migration 0026): nobody books them.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Sequence, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from card.tables import _money, _one_of, _time

Sequence("run_entries", metadata=SQLModel.metadata)


class RunState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class RunRow(SQLModel, table=True):
    """The run of a month, by its first day. `played`: for demonstrations, its days pass without waiting."""

    __tablename__ = "runs"
    __table_args__ = (
        _one_of("state", *RunState),
        CheckConstraint("month = date_trunc('month', month::timestamp)::date", name="a_whole_month"),
    )

    month: date = Field(primary_key=True)
    played: bool = False
    state: str = RunState.OPEN
    opened_at: datetime = _time(now=True)
    closed_at: datetime | None = _time(nullable=True)


class StageState(StrEnum):
    SELECTING = "selecting"
    FROZEN = "frozen"
    """Its totals were declared: nothing is added any more."""


class RunStage(SQLModel, table=True):
    """The regions that are paid on a day. Its number counts from 1."""

    __tablename__ = "run_stages"
    __table_args__ = (UniqueConstraint("month", "number", name="a_stage_once"), _one_of("state", *StageState))

    id: int | None = Field(default=None, primary_key=True)
    month: date = Field(foreign_key="runs.month")
    number: int
    day: date
    state: str = StageState.SELECTING
    frozen_at: datetime | None = _time(nullable=True)


class LineKind(StrEnum):
    BENEFIT = "benefit"
    """To the person."""
    PENSION = "pension"
    """The contribution kept back from it, to the pension fund."""


class RunTotal(SQLModel, table=True):
    """A control total, declared before the first payment of its stage leaves."""

    __tablename__ = "run_totals"

    stage_id: int = Field(foreign_key="run_stages.id", primary_key=True)
    kind: str = Field(primary_key=True)
    service: str = Field(primary_key=True)
    bank: str = Field(primary_key=True)
    region: str = Field(primary_key=True)
    count: int
    total: Decimal = _money()


class BatchState(StrEnum):
    OPEN = "open"
    SEALED = "sealed"
    """Count and sum are declared, and it has not surely left."""
    SENT = "sent"
    ANSWERED = "answered"


class RunBatch(SQLModel, table=True):
    """A file to a bank. `part`: `s1` of the first stage, `p1` its contributions, `r2`, `q2` the second round again."""

    __tablename__ = "run_batches"
    __table_args__ = (
        UniqueConstraint("month", "part", "bank", "number", name="a_batch_once"),
        _one_of("state", *BatchState),
        _one_of("kind", *LineKind),
    )

    key: str = Field(primary_key=True)
    month: date = Field(foreign_key="runs.month")
    part: str
    kind: str
    bank: str
    number: int
    state: str = BatchState.OPEN
    lines: int
    """So many were put into it; fewer are in it where some were taken out before it left."""
    count: int | None = None
    total: Decimal | None = _money(nullable=True)
    execution_day: date | None = None
    reason: str | None = None
    """Why the bank has rejected it whole."""
    made_at: datetime = _time(now=True)
    sent_at: datetime | None = _time(nullable=True)
    answered_at: datetime | None = _time(nullable=True)


class RunLineState(StrEnum):
    ORDERED = "ordered"
    """In a file, and nothing else is known."""
    HELD = "held"
    """In no file: it waits for what `reason` says."""
    CANCELLED = "cancelled"
    """It turned out not to be due before it left."""
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"


class RunLine(SQLModel, table=True):
    """A payment: one try to pay a due. A due has at most one that is neither rejected nor returned."""

    __tablename__ = "run_lines"
    __table_args__ = (
        UniqueConstraint("due_id", "kind", "n", name="an_attempt_once"),
        _one_of("state", *RunLineState),
        _one_of("kind", *LineKind),
        CheckConstraint("amount > 0", name="something_is_paid"),
        CheckConstraint("(state IN ('held', 'cancelled')) = (batch_key IS NULL)", name="in_a_batch_or_not"),
        Index(
            "one_live_line_a_due",
            "due_id",
            "kind",
            unique=True,
            postgresql_where=text("state NOT IN ('rejected', 'returned')"),
        ),
        Index("lines_that_wait", "id", postgresql_where=text("state IN ('held', 'rejected', 'returned')")),
        Index("lines_by_end_to_end_id", "end_to_end_id", "id"),
        Index("lines_cancelled", "due_id", postgresql_where=text("state = 'cancelled'")),
        Index("lines_of_a_stage", "stage_id", "id"),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    due_id: int = Field(sa_type=BigInteger, foreign_key="dues.id")
    stage_id: int = Field(foreign_key="run_stages.id")
    """The stage in whose books it is."""
    kind: str
    n: int
    end_to_end_id: str
    amount: Decimal = _money()
    account_id: UUID | None = Field(default=None, foreign_key="accounts.id")
    bank: str
    """The bank's code in the account's number; empty where no account is known."""
    batch_key: str | None = Field(default=None, foreign_key="run_batches.key", index=True)
    state: str
    reason: str | None = None
    """The bank's code (ISO 20022), or what a held one waits for (`card.runs.Held`)."""
    again_on: date | None = None
    """The day from which it is tried again; None where a person decides."""
    bank_reference: str | None = None
    settled_on: date | None = None
    return_reference: str | None = None
    decided_by: str | None = None
    """Who has decided last what becomes of it, where a person had to; with `note`, why."""
    note: str | None = None
    made_at: datetime = _time(now=True)
    settled_at: datetime | None = _time(nullable=True)
    changed_at: datetime | None = _time(nullable=True)
    """When it was cancelled, rejected or returned."""


class RunTurn(SQLModel, table=True):
    """A payment was cancelled, or (not `cancelled`) revived. The database notes it: it may go both ways often."""

    __tablename__ = "run_turns"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    line_id: int = Field(sa_type=BigInteger, foreign_key="run_lines.id", index=True)
    cancelled: bool
    at: datetime = _time(now=True)


class RunItem(SQLModel, table=True):
    """A line of a bank's file that agrees with no payment of ours, or not with what is known of it: for a person."""

    __tablename__ = "run_items"
    __table_args__ = (
        UniqueConstraint(
            "source",
            "why",
            "end_to_end_id",
            "bank_reference",
            "amount",
            name="an_item_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("items_open", "id", postgresql_where=text("closed_at IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    source: str
    """The file that it stands in: a statement by its day, a report by its batch."""
    number: int
    why: str
    line_id: int | None = Field(default=None, sa_type=BigInteger, foreign_key="run_lines.id")
    end_to_end_id: str | None = None
    amount: Decimal | None = _money(nullable=True)
    bank_reference: str | None = None
    booked_on: date | None = None
    found_at: datetime = _time(now=True)
    closed_at: datetime | None = _time(nullable=True)
    closed_by: str | None = None
    note: str | None = None


class StatementDay(SQLModel, table=True):
    """A day's statement of an account of ours that was read. `whole`: the day was over when it was."""

    __tablename__ = "statement_days"

    iban: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    whole: bool
    count: int
    debits: Decimal = _money()
    credits: Decimal = _money()
    read_at: datetime = _time(now=True)
