"""The tables of what was reckoned anew: the facts on which a right's months rest, and what was paid too much of them.

What is demanded back is kept back from later months, a part of each (`Recovery`). The database books it by itself, and
keeps that nobody was paid more than a month comes to and what is demanded of it (migration 0031).
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from card.tables import _money, _one_of, _time


class Reckoning(SQLModel, table=True):
    """When the months of an entitlement were last reckoned anew, from which facts, and until when it runs by them."""

    __tablename__ = "reckonings"

    entitlement_id: UUID = Field(foreign_key="entitlements.id", primary_key=True)
    day: date
    facts: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    until: date | None = None
    at: datetime = _time(now=True)


class OverpaymentState(StrEnum):
    FOUND = "found"
    """Nobody has told the person yet."""
    TOLD = "told"
    """It may be contested until the day from which it is kept back."""
    CONTESTED = "contested"
    """A person decides; nothing is kept back meanwhile."""
    FORGIVEN = "forgiven"
    """A person has decided that it is not demanded."""


class Overpayment(SQLModel, table=True):
    """What was found on a day to have been paid too much of an entitlement, by its months."""

    __tablename__ = "overpayments"
    __table_args__ = (
        _one_of("state", *OverpaymentState),
        CheckConstraint("state <> 'told' OR from_day > told_on AND told_on IS NOT NULL", name="kept_back_from_a_day"),
        Index("overpayments_of", "entitlement_id", "id"),
        Index("overpayments_not_told", "id", postgresql_where=text("state = 'found'")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    entitlement_id: UUID = Field(foreign_key="entitlements.id")
    found_on: date
    state: str = OverpaymentState.FOUND
    told_on: date | None = None
    from_day: date | None = None
    """The first day on which it may be kept back."""
    decided_by: str | None = None
    note: str | None = None
    made_at: datetime = _time(now=True)


class OverpaidMonth(SQLModel, table=True):
    """What of a month is demanded back, tenge: of the person, and of what the pension fund has got. It only falls."""

    __tablename__ = "overpaid_months"
    __table_args__ = (
        CheckConstraint("net >= 0 AND withheld >= 0", name="nothing_negative"),
        CheckConstraint("month = date_trunc('month', month::timestamp)::date", name="a_whole_month"),
        Index("overpaid_months_of", "entitlement_id", "month"),
    )

    overpayment_id: int = Field(sa_type=BigInteger, foreign_key="overpayments.id", primary_key=True)
    month: date = Field(primary_key=True)
    entitlement_id: UUID = Field(foreign_key="entitlements.id")
    net: Decimal = _money()
    withheld: Decimal = _money()


class Recovery(SQLModel, table=True):
    """An instalment: what of a due was kept back for an overpayment. One of a due that was cancelled counts no more."""

    __tablename__ = "recoveries"
    __table_args__ = (
        CheckConstraint("net >= 0 AND withheld >= 0 AND net + withheld > 0", name="something_is_kept_back"),
        Index("recoveries_of_dues", "due_id"),
    )

    overpayment_id: int = Field(sa_type=BigInteger, foreign_key="overpayments.id", primary_key=True)
    due_id: int = Field(sa_type=BigInteger, foreign_key="dues.id", primary_key=True)
    net: Decimal = _money()
    withheld: Decimal = _money()
    made_at: datetime = _time(now=True)
