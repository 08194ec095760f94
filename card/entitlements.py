"""Entitlements: what a monthly right comes to, month by month, and which of its months were paid by which case.

A right has one entitlement for good. Its amounts are stretches of months of one amount, as far as the law is known; a
case that grants the right, or a change of it, writes those from its own first month on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from card import money, rights
from card.run_tables import LineKind, RunLine, RunLineState, RunStage
from card.tables import CaseRecord, Due, Entitlement, EntitlementAmount, Person, RightName, RightRow, RightState, table

OldRight = aliased(RightRow)
"""The row under which a case was begun, which may have turned out to be another's."""


@dataclass(frozen=True)
class Months:
    """Months from `first` to `last` (first days, both included) of one amount a month. Tenge."""

    first: date
    last: date
    gross: Decimal
    withheld: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.withheld


@dataclass(frozen=True)
class Terms:
    """What a case grants: the first and the last day of the right (None without a known end), the months as far as the
    law is known, when it is looked at again, and the month that the case itself has paid of it.
    """

    since: date
    until: date | None
    months: Sequence[Months]
    next_review: date | None
    paid: Months
    is_difference: bool
    """The case has paid the difference to what ran before."""
    law: str | None = None
    """By which law the months were reckoned (`benefits.law_of`)."""


async def grant(session: AsyncSession, case: CaseRecord, right: RightRow, terms: Terms) -> None:
    """Make the right an entitlement, or change what runs of it, on these terms.

    What runs before the first month of the terms stays as it is. The same again changes nothing.
    """
    values = {
        "case_ref": case.ref,
        "person_id": case.person_id,
        "until": terms.until,
        "next_review": terms.next_review,
        # A change was reckoned from its own first month on: what it means for those before is still to be seen.
        "law": None if terms.is_difference else terms.law,
    }
    row = insert(table(Entitlement)).values(
        id=uuid4(), right_id=right.id, service=case.service, since=terms.since, **values
    )
    row = row.on_conflict_do_update(index_elements=["right_id"], set_=values)
    written = row.returning(col(Entitlement.id), col(Entitlement.since))
    entitlement, since = (await session.execute(written)).one()
    amounts = table(EntitlementAmount)
    # The first day of a right stays, whatever a later case of it has found.
    months = [replace(one, first=max(one.first, since.replace(day=1))) for one in terms.months]
    months = [one for one in months if one.first <= one.last]
    if months:
        await _make_room(session, entitlement, months[0].first)
        await session.execute(
            insert(amounts),
            [
                {
                    "entitlement_id": entitlement,
                    "first_month": one.first,
                    "last_month": one.last,
                    "gross": one.gross,
                    "withheld": one.withheld,
                }
                for one in months
            ],
        )
    due = insert(table(Due)).values(
        entitlement_id=entitlement,
        month=terms.paid.first,
        case_ref=case.ref,
        is_difference=terms.is_difference,
        gross=terms.paid.gross,
        withheld=terms.paid.withheld,
    )
    await session.execute(due.on_conflict_do_nothing(index_elements=["entitlement_id", "month", "case_ref"]))


async def _make_room(session: AsyncSession, entitlement: UUID, first: date) -> None:
    """Nothing is written of the months from this one on."""
    amounts = table(EntitlementAmount)
    mine = amounts.c.entitlement_id == entitlement
    await session.execute(delete(amounts).where(mine, amounts.c.first_month >= first))
    ends = (first - timedelta(days=1)).replace(day=1)
    await session.execute(update(amounts).where(mine, amounts.c.last_month >= first).values(last_month=ends))


@dataclass(frozen=True)
class Paid:
    """What a case, or the run of a month (by its first day), has paid of a month. Tenge. `credited` by the books: false
    where it came back, or has not left, and is owed."""

    month: date
    case_ref: str | None
    gross: Decimal
    withheld: Decimal
    credited: bool = True
    run: date | None = None

    @property
    def net(self) -> Decimal:
        return self.gross - self.withheld


@dataclass(frozen=True)
class Entitled:
    """An entitlement as it stands. `state` is that of its right: it runs while that is entitled."""

    service: str
    case_ref: str
    state: RightState
    since: date
    until: date | None
    next_review: date | None
    months: tuple[Months, ...]
    paid: tuple[Paid, ...]
    """What cases have paid of months, and has not come back."""
    owed: tuple[Months, ...] = ()
    """Months that were over before the right was first claimed, and what came back from a bank."""


async def of_case(session: AsyncSession, ref: str) -> Sequence[Entitled]:
    """The entitlement of the right that this case is about, if there is one."""
    case = await session.get(CaseRecord, ref)
    right = await rights.of_case(session, case) if case is not None else None
    if right is None:
        return ()
    return await _shown(session, select(Entitlement).where(col(Entitlement.right_id) == right.id))


async def of_person(session: AsyncSession, iin: str) -> Sequence[Entitled]:
    """The entitlements of the person with this IIN, the newest first."""
    theirs = (
        select(Entitlement).join(Person, col(Person.id) == col(Entitlement.person_id)).where(col(Person.iin) == iin)
    )
    return await _shown(session, theirs.order_by(col(Entitlement.since).desc()))


async def _shown(session: AsyncSession, query: Select[Entitlement]) -> Sequence[Entitled]:
    found = (await session.scalars(query)).all()
    return [await _as_it_stands(session, one) for one in found]


async def _as_it_stands(session: AsyncSession, one: Entitlement) -> Entitled:
    of = select(EntitlementAmount).where(col(EntitlementAmount.entitlement_id) == one.id)
    rows = await session.scalars(of.order_by(col(EntitlementAmount.first_month)))
    months = tuple(Months(row.first_month, row.last_month, row.gross, row.withheld) for row in rows)
    paid = [
        Paid(
            due.month,
            due.case_ref,
            due.gross,
            due.withheld,
            settled if due.case_ref is None else (await money.money(session, due.case_ref)).credited > 0,
            run,
        )
        for due, run, settled in (await session.execute(_claims(one.id))).all()
    ]
    came_back = [Months(row.month, row.month, row.gross, row.withheld) for row in paid if not row.credited]
    return Entitled(
        service=one.service,
        case_ref=one.case_ref,
        state=RightState((await session.get_one(RightRow, one.right_id)).state),
        since=one.since,
        until=one.until,
        next_review=one.next_review,
        months=months,
        paid=tuple(row for row in paid if row.credited),
        owed=(*_before(min((row.month for row in paid), default=None), months), *came_back),
    )


def _before(first_paid: date | None, months: Collection[Months]) -> list[Months]:
    """The months before that which the first claim has paid: over when it was made, and owed by the law."""
    if first_paid is None:
        return []
    last = (first_paid - timedelta(days=1)).replace(day=1)
    return [replace(one, last=min(one.last, last)) for one in months if one.first <= last]


def _claims(entitlement: UUID) -> Select[Due, date | None, bool]:
    """What cases have paid of it and runs have claimed, with the run and whether the bank has booked it. What turned
    out not to be due is none."""
    line = (col(RunLine.due_id) == col(Due.id), col(RunLine.kind) == LineKind.BENEFIT)
    reached = select(col(RunLine.id)).where(*line, col(RunLine.state) == RunLineState.SETTLED).exists()
    cancelled = select(col(RunLine.id)).where(*line, col(RunLine.state) == RunLineState.CANCELLED).exists()
    found = select(Due, col(RunStage.month), reached).outerjoin(RunStage, col(RunStage.id) == col(Due.stage_id))
    found = found.where(col(Due.entitlement_id) == entitlement, ~cancelled)
    return found.order_by(col(Due.month), col(Due.id))


async def is_over(session: AsyncSession, right: RightRow, on: date) -> bool:
    """Whether what ran of the right has ended before the day: on its own last day, or with the month in which its
    holder died."""
    died = func.date_trunc("month", col(Person.died_on)) < on.replace(day=1)
    ended = (
        select(col(Entitlement.id))
        .join(Person, col(Person.id) == col(Entitlement.person_id))
        .where(col(Entitlement.right_id) == right.id, (col(Entitlement.until) < on) | died)
    )
    return await session.scalar(ended) is not None


async def holders(
    session: AsyncSession, service: str, names: Collection[str], *, but: UUID
) -> Sequence[tuple[UUID, str]]:
    """Who else has what runs under these names, and is not known to have died: id and IIN."""
    named = select(col(RightName.right_id)).where(col(RightName.service) == service, col(RightName.name).in_(names))
    theirs = (
        select(col(Person.id), col(Person.iin))
        .join(Entitlement, col(Entitlement.person_id) == col(Person.id))
        .join(RightRow, col(RightRow.id) == col(Entitlement.right_id))
        .where(col(RightRow.id).in_(named), col(RightRow.state) == RightState.ENTITLED)
        .where(col(Person.id) != but, col(Person.died_on).is_(None))
    )
    return [(row[0], row[1]) for row in (await session.execute(theirs)).all()]


async def missing(
    session: AsyncSession, monthly: Collection[str], after: UUID, most: int
) -> Sequence[tuple[UUID, str]]:
    """Rights of these services that run and have no entitlement yet, from the one after this on in the order of their
    ids; each with its last credited case."""
    has = select(col(Entitlement.id)).where(col(Entitlement.right_id) == col(RightRow.id)).exists()
    same = col(RightRow.id).in_((col(OldRight.id), col(OldRight.same_as)))
    page = (
        select(col(RightRow.id), col(CaseRecord.ref))
        .select_from(CaseRecord)
        .join(OldRight, col(OldRight.id) == col(CaseRecord.right_id))
        .join(RightRow, same)
        .where(col(RightRow.state) == RightState.ENTITLED, col(RightRow.same_as).is_(None), ~has)
        .where(col(RightRow.service).in_(monthly), col(CaseRecord.outcome) == "credited", col(RightRow.id) > after)
        .ext(distinct_on(col(RightRow.id)))
        .order_by(col(RightRow.id), col(CaseRecord.closed_at).desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in (await session.execute(page)).all()]


async def look_at(session: AsyncSession, people: Collection[UUID], day: date) -> None:
    """Something was learned of these people: what runs to them is looked at from this day on."""
    mine = (col(Entitlement.person_id).in_(people), col(Entitlement.next_review).is_distinct_from(day))
    if people:
        await session.execute(update(table(Entitlement)).where(*mine).values(next_review=day))


async def look_at_one(session: AsyncSession, iin: str, day: date) -> None:
    """The same of the person with this IIN."""
    person = await session.scalar(select(col(Person.id)).where(col(Person.iin) == iin))
    await look_at(session, [] if person is None else [person], day)
