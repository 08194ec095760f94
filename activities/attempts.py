"""From what the law found to the right that a case is an attempt at: which one, whether it is still to be had, and what
of it is new. Looks at rights, their names and states in the Card; what the law says it takes as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

import benefits
from benefits.decision import Decision, Right
from card import cases, findings, rights
from card.tables import CaseRecord, RightRow, RightState
from workflows.model import Case, Outcome

YES = Right.YES
ALREADY_PAID = "already_paid"


@dataclass(frozen=True)
class Found:
    """The decision that a case goes on with. `ended`: it ends here. `was`: what runs until now, in tenge a month, where
    the family's circumstances have changed. `question`: what a person must decide about the right.
    """

    decision: Decision
    ended: Outcome | None = None
    was: Decimal | None = None
    question: str | None = None


def _ids(child: dict[str, Any]) -> set[str]:
    """The ids under which registers know a child."""
    return {one for one in (child.get("iin"), child.get("birth_record")) if one}


def names_of(basis: str, children: Iterable[dict[str, Any]]) -> set[str]:
    """Every id under which a register knows what this right rests on: a child by its record and by its number."""
    for child in children:
        if basis in _ids(child):
            return _ids(child)
    return {basis}


async def rename_payments(
    session: AsyncSession, service: str, payments: Iterable[dict[str, Any]], children: Iterable[dict[str, Any]]
) -> None:
    """A payment may be known under an id that the register has replaced since: it gets the one that holds now."""
    listed = list(payments)
    groups = await rights.other_names(session, service, {payment["basis"] for payment in listed})
    for payment in listed:
        for child in children:
            if _ids(child) & ({payment["basis"]} | groups.get(payment["basis"], set())):
                payment["basis"] = child.get("birth_record") or child.get("iin")


async def settle(
    session: AsyncSession,
    case: Case,
    facts: dict[str, Any],
    decisions: Sequence[Decision],
    unpaid: Sequence[Decision],
) -> Found:
    """The right that this case is about, and how the case ends if there is none left for it.

    One family may have several rights of one service (twins): this case takes the first that is to be had, and each
    other becomes a case of its own. `unpaid` are the same decisions as if nothing were paid: where our own books say
    what runs, they are held against it, and a family that has grown is offered the difference.
    """
    children = facts.get("children", ())
    await _open_parts(session, case, decisions)
    taken: Found | None = None
    mine: Found | None = None
    for right, paid in _to_be_had(decisions, unpaid):
        row = await _row(session, case.service, right, children)
        if paid and row.state != RightState.ENTITLED:
            # E-Maket pays it, and our books do not know for what: its word counts.
            continue
        found = await _standing(session, case, row, right)
        if found.ended is None and found.question is None:
            if mine is not None:
                await _another(session, case, row)
                continue
            if await _take(session, case, row, right) is None:
                mine = found
                continue
            found = Found(right, Outcome.ALREADY_OFFERED)
        taken = taken or found
    if mine is not None:
        return mine
    if taken is not None:
        return taken
    open_question = next((decision for decision in decisions if decision.right is Right.PERSON_DECIDES), None)
    if open_question is not None:
        return Found(open_question)
    failed = decisions[0]
    if failed.failed is not None and failed.failed.code == ALREADY_PAID:
        return Found(failed, Outcome.ALREADY_PAID)
    later = min((decision.start for decision in decisions if decision.start > case.on), default=None)
    if later is not None:
        (await session.get_one(CaseRecord, case.ref)).look_on = later
    return Found(failed, Outcome.NO_RIGHT)


OPEN_PART = "part_is_open"
"""Kind of finding: a right is granted as far as it is certain, and a person must find out about the rest."""


async def _open_parts(session: AsyncSession, case: Case, decisions: Sequence[Decision]) -> None:
    """Put before a person what is open beside a right that is certain; the case goes on with what is."""
    questions = [one.question for one in decisions if one.right is YES and one.question]
    if questions:
        await findings.note(session, OPEN_PART, {case.ref: "; ".join(questions)})


async def again(
    session: AsyncSession, case: Case, facts: dict[str, Any], decisions: Sequence[Decision], *, was: Decimal | None
) -> Found:
    """The decision about the right that this case is at, on another day. Nothing is taken up or let go."""
    record = await session.get_one(CaseRecord, case.ref)
    names = names_of(record.basis or "", facts.get("children", ()))
    if record.right_id is not None:
        names |= await rights.names_of(session, record.right_id)
    decision = next((decision for decision in decisions if decision.basis in names), None)
    if decision is None:
        # Another child's right is not this one's, whatever it is worth.
        none = next((decision for decision in decisions if decision.right is not YES), decisions[0])
        return Found(none, was=was, question="what the right rested on is no longer in the registries: what happened?")
    if decision.right is YES:
        record.amount, record.ground = decision.net, decision.ground
    return Found(decision, was=was)


def _to_be_had(decisions: Sequence[Decision], unpaid: Sequence[Decision]) -> Iterable[tuple[Decision, bool]]:
    """The rights, and those that would be rights if they were not paid already, marked so."""
    for decision, else_ in zip(decisions, unpaid, strict=True):
        paid = decision.failed is not None and decision.failed.code == ALREADY_PAID
        if decision.right is YES:
            yield decision, False
        elif paid and else_.right is YES and benefits.service(decision.code, decision.on).follows_changes:
            yield else_, True


async def _row(session: AsyncSession, service: str, right: Decision, children: Iterable[dict[str, Any]]) -> RightRow:
    assert right.basis is not None  # noqa: S101  (a right always rests on something)
    return await rights.known_as(session, service, names_of(right.basis, children))


async def _standing(session: AsyncSession, case: Case, row: RightRow, right: Decision) -> Found:
    """Whether the right is still to be had, by what the Card says of it."""
    match RightState(row.state):
        case RightState.SETTLED:
            return Found(right, Outcome.ALREADY_PAID)
        case RightState.CLAIMED:
            return Found(right, Outcome.ALREADY_OFFERED)
        case RightState.ENTITLED:
            return await _changed(session, row, right)
        case RightState.REFUSED:
            grown = right.ground != row.refused_ground and right.net > (row.refused_amount or 0)
            wait = timedelta(days=benefits.service(case.service, case.on).again_after_days[Outcome.REFUSED_BY_PERSON])
            return Found(right) if grown or case.on >= _day(row) + wait else Found(right, Outcome.ALREADY_OFFERED)
        case _:
            return Found(right)


def _day(row: RightRow) -> date:
    return row.since.date()


async def _changed(session: AsyncSession, row: RightRow, right: Decision) -> Found:
    """A right that runs: nothing is due unless the family has changed. Less than before is for a person to decide."""
    ground = row.ground
    if ground is None:
        snapshot = await rights.ground_of_old(session, row)
        ground = Decision.from_dict(snapshot.decision).ground if snapshot is not None else right.ground
    if ground == right.ground or row.amount is None or right.net == row.amount:
        return Found(right, Outcome.ALREADY_PAID)
    if right.net < row.amount:
        return Found(
            right, question=f"what runs falls from {row.amount:f} to {right.net:f} tenge: has the family changed?"
        )
    return Found(right, was=row.amount)


async def _take(session: AsyncSession, case: Case, row: RightRow, right: Decision) -> str | None:
    return await rights.take(session, case.ref, row, basis=right.basis or "", amount=right.net, ground=right.ground)


async def _another(session: AsyncSession, case: Case, row: RightRow) -> None:
    """A further right of the same family, as the second of twins: a case of its own, started by the gateway."""
    if await rights.is_attempted(session, row):
        return
    record = await session.get_one(CaseRecord, case.ref)
    await cases.open_for(
        session,
        service=case.service,
        person_id=case.person_id,
        opened_by=f"{record.opened_by}+{row.id}",
        on=case.on,
        root=record.root,
    )
