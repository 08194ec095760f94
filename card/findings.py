"""What was found amiss and only a person can put right; and what was begun, and nobody will end."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from card.tables import (
    Application,
    ApplicationState,
    Assignment,
    AssignmentState,
    CaseRecord,
    Consent,
    Finding,
    IncomingMessage,
    LedgerAccount,
    LedgerEntry,
    OutgoingMessage,
    Payment,
    Question,
    table,
)

COMPLETED = "completed_without_outcome"
"""Kind of finding: a case that is open by the Card, and whose workflow has ended by itself."""

LONG_AGO = func.now() - func.make_interval(0, 0, 0, 0, 1)
"""An hour: a step under way is done or tried again long before."""


def _is(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """The word itself stands in the statement: only so is the index of the few rows that have it sure to be taken."""
    return column == literal(word, literal_execute=True)


WEEKS = timedelta(days=30)
"""So long somebody may still do something about it."""


AFTER_THE_STOP = {
    "yes": "the person said yes, and the case was closed: open it again (starter.py open), or call them",
    "no": "the person said no, and the case was closed: the right is looked at again as if nobody had answered",
}
"""What an answer to a case is to whoever looks at it that an operator had closed."""


@dataclass(frozen=True)
class Found:
    """`kind` of what is amiss, the case (or workflow) it is about, and since when it is known."""

    kind: str
    ref: str
    what: str
    since: datetime


async def note(session: AsyncSession, kind: str, found: Mapping[str, str]) -> Sequence[str]:
    """Note findings of a kind: what is amiss by ref. Returns the refs that were not noted before."""
    if not found:
        return []
    rows = insert(table(Finding)).values([{"kind": kind, "ref": ref, "what": what} for ref, what in found.items()])
    added = await session.scalars(rows.on_conflict_do_nothing().returning(col(Finding.ref)))
    return added.all()


async def gone(session: AsyncSession, kind: str, refs: Collection[str]) -> None:
    """What was amiss with these is no more."""
    await session.execute(delete(table(Finding)).where(col(Finding.kind) == kind, col(Finding.ref).in_(refs)))


async def settled(session: AsyncSession, kind: str, service: str, person_id: UUID, *, but: str | None = None) -> None:
    """What was open of this service for the person has been looked at anew; `but` a case in which it still is."""
    theirs = select(col(CaseRecord.ref)).where(
        col(CaseRecord.person_id) == person_id, col(CaseRecord.service) == service
    )
    if but is not None:
        theirs = theirs.where(col(CaseRecord.ref) != but)
    await session.execute(delete(table(Finding)).where(col(Finding.kind) == kind, col(Finding.ref).in_(theirs)))


async def only(session: AsyncSession, kind: str, refs: Collection[str]) -> None:
    """Everything has been looked at: of this kind, no more is amiss than these."""
    await session.execute(delete(table(Finding)).where(col(Finding.kind) == kind, col(Finding.ref).not_in(refs)))


async def listed(session: AsyncSession) -> list[Found]:
    """Everything that waits for a person, the oldest first."""
    noted = [Found(one.kind, one.ref, one.what, one.found_at) for one in await session.scalars(select(Finding))]
    derived = [*await _never_done(session), *await _owed(session), *await _set_aside(session)]
    derived += [*await _after_the_stop(session), *await _goes_on(session)]
    return sorted([*noted, *derived], key=lambda found: found.since)


async def of_case(session: AsyncSession, ref: str) -> Sequence[Finding]:
    """What was noted as amiss with this case."""
    return (await session.scalars(select(Finding).where(col(Finding.ref) == ref).order_by(col(Finding.found_at)))).all()


async def _owed(session: AsyncSession) -> list[Found]:
    """Cases that are over and owe money: assigned, and not paid. No case of the right will be opened by itself."""
    entry = table(LedgerEntry).c
    owed = func.sum(case((entry.credit == LedgerAccount.PAYABLE, entry.amount), else_=0)) - func.sum(
        case((entry.debit == LedgerAccount.PAYABLE, entry.amount), else_=0)
    )
    query = (
        select(entry.case_ref, owed, func.max(col(CaseRecord.closed_at)))
        .join(table(CaseRecord), col(CaseRecord.ref) == entry.case_ref)
        .where(col(CaseRecord.outcome).is_not(None))
        .group_by(entry.case_ref)
        .having(owed > 0)
        .limit(500)
    )
    what = "{:f} tenge are owed: starter.py pay-owed, once it is known to which account"
    return [
        Found("money_is_owed", ref, what.format(sum_), at) for ref, sum_, at in (await session.execute(query)).all()
    ]


async def _set_aside(session: AsyncSession) -> list[Found]:
    """Open questions to whose phone something plain was answered, or what nobody could read, that reached no case."""
    message, asked = table(IncomingMessage).c, table(Question).c
    oldest = select(func.min(col(Question.opened_at))).where(col(Question.closed_at).is_(None)).scalar_subquery()
    query = (
        select(asked.case_ref, func.max(message.set_aside), func.min(message.stored_at))
        .join(table(Question), (asked.phone == message.phone) & (asked.opened_at <= message.stored_at))
        .where(message.set_aside.is_not(None), message.stored_at >= oldest, asked.closed_at.is_(None))
        .where(message.meaning.in_(("yes", "no")) | message.meaning.is_(None))
        .group_by(asked.case_ref)
        .limit(500)
    )
    what = "an answer did not reach the case ({}): ask the person to send it again"
    return [
        Found("answer_set_aside", ref, what.format(reason), at)
        for ref, reason, at in (await session.execute(query)).all()
    ]


async def _after_the_stop(session: AsyncSession) -> list[Found]:
    """A yes or no within its window to a question whose case had been closed by an operator, or was that moment."""
    message, asked, of, later = table(IncomingMessage).c, table(Question).c, table(CaseRecord).c, aliased(CaseRecord)
    anew = select(col(later.ref)).where(
        col(later.person_id) == of.person_id,
        col(later.service) == of.service,
        col(later.opened_at) > of.closed_at,
    )
    kept = select(col(Consent.key)).where(
        col(Consent.case_ref) == of.ref, col(Consent.given) | (col(Consent.message_id) == message.message_id)
    )
    query = (
        select(of.ref, message.meaning, func.min(message.stored_at))
        .join(table(Question), asked.case_ref == of.ref)
        .join(table(IncomingMessage), message.question_key == asked.key)
        .where(_is(of.outcome, "closed_by_operator"), of.closed_at > func.now() - WEEKS)
        .where(message.meaning.in_(AFTER_THE_STOP), asked.expects == "consent", message.received_at <= asked.deadline)
        .where(~anew.exists(), ~kept.exists())
        .group_by(of.ref, message.meaning)
        .limit(500)
    )
    return [
        Found(f"{meaning}_to_a_closed_case", ref, AFTER_THE_STOP[meaning], at)
        for ref, meaning, at in (await session.execute(query)).all()
    ]


async def _goes_on(session: AsyncSession) -> list[Found]:
    """An application of a case that an operator has closed, which nobody has decided on that the case knows of."""
    of, ruled = table(CaseRecord).c, table(Assignment).c
    standing = col(Application.state) == ApplicationState.REGISTERED
    stands = ruled.state != literal(str(AssignmentState.SUPERSEDED), literal_execute=True)  # so its index is taken
    query = (
        select(of.ref, col(Application.number), of.closed_at)
        .join(table(Application), (col(Application.case_ref) == of.ref) & standing)
        .where(_is(of.outcome, "closed_by_operator"), of.closed_at > func.now() - WEEKS)
        .where(~select(ruled.key).where(ruled.case_ref == of.ref, stands).exists())
        .limit(500)
    )
    what = (
        "E-Maket has application {} of this case, which was closed: have it taken back there; what it rules and pays "
        "now, no case is told"
    )
    return [
        Found("application_goes_on", ref, what.format(number), at)
        for ref, number, at in (await session.execute(query)).all()
    ]


async def _never_done(session: AsyncSession) -> list[Found]:
    """What was intended for a case that is over, and is not known to be done: no workflow will look at it again."""
    found = []
    for kind, rows in (("message", OutgoingMessage), ("application", Application), ("payment", Payment)):
        intended = table(rows).c
        query = (
            select(intended.case_ref, intended.key, intended.intended_at)
            .join(table(CaseRecord), col(CaseRecord.ref) == intended.case_ref)
            .where(
                _is(intended.state, "intended"), intended.intended_at < LONG_AGO, col(CaseRecord.outcome).is_not(None)
            )
            .order_by(intended.intended_at)
            .limit(500)
        )
        for ref, key, since in (await session.execute(query)).all():
            found.append(Found(f"{kind}_never_done", ref, f"{key} was intended, and the case is over", since))
    return found
