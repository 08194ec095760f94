"""What a credited case makes of a monthly right: an entitlement with its months, as far as the law is known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import structlog

import benefits
from benefits import BadFacts, Schedule
from benefits.decision import Decision
from benefits.terms import month_of, next_month
from card import Card, Session, cases, entitlements, money, rights, rulings, snapshots
from card.entitlements import Entitled, Months, Terms
from card.store import DatabaseRefused
from card.tables import Assignment, CaseRecord, FactsSnapshot

log = structlog.get_logger()

FIRST = UUID(int=0)
"""Before the first right of all."""


async def entitle(session: Session, case: CaseRecord) -> None:
    """Write down what runs from now on, by the facts and the day that the case was decided by.

    Where a person, and not the law, has set the amount, it runs for the month that was paid, and is looked at before
    the next: nothing is guessed of what nobody has reckoned.
    """
    right = await rights.of_case(session, case)
    ruling = await rulings.of_case(session, case.ref)
    snapshot = await snapshots.last(session, case.ref)
    if right is None or ruling is None or snapshot is None:
        return
    decision = Decision.from_dict(snapshot.decision)
    schedule = _schedule(case, snapshot, decision, ruling)
    month = month_paid(decision)
    booked = await money.money(session, case.ref)
    withheld = await money.withheld(session, case.ref)
    paid = Months(month, month, booked.credited + withheld, withheld)
    is_difference = ruling.was is not None
    law = benefits.law_of(case.service)
    if schedule is None:
        amount = ruling.amount if is_difference and ruling.amount is not None else paid.gross
        only = Months(month, month, amount, withheld)
        terms = Terms(decision.start, decision.until, [only], next_month(month), paid, is_difference, law)
    else:
        months = [Months(one.first, one.last, one.gross, one.withheld) for one in schedule.stretches]
        if is_difference:
            # What ran before the change is what was owed then.
            months = [_from(month, one) for one in months if one.last >= month]
        terms = Terms(decision.start, decision.until, months, schedule.next_review, paid, is_difference, law)
    await entitlements.grant(session, case, right, terms)


async def with_arrears(session: Session, found: Sequence[Entitled]) -> Sequence[Entitled]:
    """What is owed also of months before a change was claimed: the law gave more for them than ran. Nothing pays it by
    itself: whoever looks decides."""
    return [replace(one, owed=(*one.owed, *await _arrears(session, one))) for one in found]


async def _arrears(session: Session, one: Entitled) -> list[Months]:
    ruling, snapshot = await rulings.of_case(session, one.case_ref), await snapshots.last(session, one.case_ref)
    if ruling is None or ruling.was is None or snapshot is None:
        return []
    decision = Decision.from_dict(snapshot.decision)
    schedule = _schedule(await cases.find(session, one.case_ref), snapshot, decision, ruling)
    last = month_of(month_paid(decision) - timedelta(days=1))
    more = [
        Months(first, until, law.gross - ran.gross, law.withheld - ran.withheld)
        for law in (schedule.stretches if schedule is not None else ())
        for ran in one.months
        if (first := max(law.first, ran.first)) <= (until := min(law.last, ran.last, last))
    ]
    return [months for months in more if months.net > 0]


def month_paid(decision: Decision) -> date:
    """The first day of the month that a case pays of a right: that of the claim, or the right's last before it."""
    return month_of(decision.on if decision.until is None else min(decision.on, decision.until))


async def entitle_missing(card: Card, after: UUID, most: int) -> UUID:
    """Write down the months of rights that run since before months were kept, of the next page after this right.

    Returns the last right of the page, from which the next goes on; the first of all after the last page.
    """
    monthly = [one.code for one in benefits.services(every=True) if one.frequency is benefits.Frequency.MONTHLY]
    async with card.statements() as session:
        page = await entitlements.missing(session, monthly, after, most)
    for right_id, ref in page:
        try:
            async with card.transaction() as session:
                await entitle(session, await cases.find(session, ref))
        except DatabaseRefused as refused:
            log.error("entitle.refused", case=ref, right=str(right_id), why=str(refused))
    return page[-1][0] if len(page) == most else FIRST


def _schedule(case: CaseRecord, snapshot: FactsSnapshot, decision: Decision, ruling: Assignment) -> Schedule | None:
    """The months by the law; None where the law has not decided, or the body has assigned another amount."""
    if decision.right is not benefits.Right.YES or ruling.amount != decision.net:
        return None
    try:
        facts = benefits.readings(snapshot.facts).facts
        schedule = benefits.schedule(case.service, facts, decision.on, basis=decision.basis, trace=False)
    except BadFacts:
        return None
    # The law itself may have been entered anew since: then what was decided stands, and is looked at.
    return schedule if schedule.decision.net == decision.net and schedule.months else None


def _from(month: date, one: Months) -> Months:
    return Months(max(month, one.first), one.last, one.gross, one.withheld)
