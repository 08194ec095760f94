"""From what the law found to the right that a case is an attempt at: which one, whether it is still to be had, and what
of it is new. Looks at rights, their names and states in the Card; what the law says it takes as it is.

Where a register has given a child another number, and nothing that is on record ties the two together, a person says
whether it is the same child: a guess would pay twice, or not at all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import benefits
from activities import renumbered
from activities.renumbered import names_of, own_names
from benefits.days import day_of
from benefits.decision import Decision, Right
from benefits.facts import BadFacts
from benefits.terms import month_of, next_month
from card import Session, cases, entitlements, findings, rights
from card.tables import CaseRecord, RightRow, RightState
from workflows.model import Action, Case, Outcome

YES = Right.YES
ALREADY_PAID = "already_paid"


@dataclass(frozen=True)
class Found:
    """The decision that a case goes on with. `ended`: it ends here. `was`: what runs until now, in tenge a month, where
    the family's circumstances have changed. `question`: what a person must decide about the right; `same_right` if it
    is whether what is paid under another number is this right, `may_be_due` if it is whether the right is due to this
    person, and all else is clear.
    """

    decision: Decision
    ended: Outcome | None = None
    was: Decimal | None = None
    question: str | None = None
    same_right: bool = False
    may_be_due: bool = False


async def settle(
    session: Session,
    case: Case,
    facts: dict[str, Any],
    decisions: Sequence[Decision],
    unpaid: Sequence[Decision],
) -> Found:
    """The right that this case is about, and how the case ends if there is none left for it.

    One family may have several rights of one service (twins): this case takes the first that is to be had, and each
    other, and each open question about another, becomes a case of its own. Where none is, it goes with one question,
    and the others are put before a person beside it. `unpaid` are the same decisions as if
    nothing were paid: where our own books say what runs, they are held against it, and a family that has grown is
    offered the difference.
    """
    await _open_parts(session, case, decisions)
    record = await cases.in_hand(session, case.ref)
    # A decision that holds from a later day, as one that renews what runs, is looked at then, however this case ends.
    # So is a right that is suspended, whether or not an event tells that what stands in its way is gone.
    days = [decision.suspended.look_on if decision.suspended else decision.start for decision in decisions]
    later = min((day for day in days if day > case.on), default=None)
    record.look_on = later or record.look_on
    taken: Found | None = None
    mine: Found | None = None
    answer = await renumbered.said(session, case, None)
    asked: list[tuple[Found, RightRow | None]] = []
    for right, paid in _to_be_had(decisions, unpaid):
        names = await own_names(session, case, right, facts, answer)
        answer = None if names.answered else answer
        if names.question is not None:
            asked.append((Found(right, question=names.question, same_right=True), None))
            continue
        row = await rights.known_as(session, case.service, names.all)
        if paid and row.state != RightState.ENTITLED:
            # E-Maket pays it, and our books do not know for what: its word counts, unless the family has grown since.
            if renumbered.has_grown(case, facts):
                asked.append((Found(right, question=renumbered.GROWN), row))
            continue
        found = await _standing(session, case, row, right, facts)
        if found.ended is None and found.question is None and row.state != RightState.ENTITLED:
            row, found = await _under_another_number(session, case, row, right, facts, names.all)
        if found.question is not None:
            asked.append((found, row))
            continue
        at_it: str | None = None
        if found.ended is None:
            if mine is not None:
                await _another(session, case, row)
                continue
            at_it = await _take(session, case, row, right)
            if at_it is None:
                mine = found
                continue
            found = Found(right, Outcome.ALREADY_OFFERED)
        if found.ended is not None and await renumbered.is_held_by_another(session, case, row, right, facts):
            found = await _held(session, case, row, right)
            if found.ended is None and found.question is None and at_it is None:
                if mine is not None:
                    await _another(session, case, row)
                    continue
                at_it = await _take(session, case, row, right)
                mine = found if at_it is None else None
                continue
            if found.question is not None:
                asked.append((found, None))
                continue
        if at_it is not None:
            await _tell_of_change(session, case, at_it, right)
        taken = taken or found
    for question in decisions:
        if question.right is not Right.PERSON_DECIDES:
            continue
        about = await _asked_about(session, case, question, facts)
        if about is not None and about.state in (RightState.CLAIMED, RightState.SETTLED):
            found = await _standing(session, case, about, question, facts)
            if found.question is None:
                taken = taken or found
                continue
            asked.append((found, about))
        else:
            asked.append((Found(question), about))
    await findings.settled(session, OPEN_BESIDE, case.service, case.person_id)
    if mine is not None:
        left = [one for one, about in asked if not await _another(session, case, about)]
        await _note_beside(session, case, left)
        await _look_for_what_was_told(session, case, record)
        return mine
    if asked:
        # A question claims nothing: should its answer come by itself, another case may go on with the right.
        await rights.let_go(session, case.ref)
        begun_for = (found for found, about in asked if record.opened_by.endswith(_beside(about)))
        first = next(begun_for, asked[0][0])
        await _note_beside(session, case, [one for one, _ in asked if _question(one) != _question(first)])
        return first
    if taken is not None:
        return taken
    await rights.let_go(session, case.ref)
    failed = next((decision for decision in decisions if decision.suspended), decisions[0])
    if failed.failed is not None and failed.failed.code == ALREADY_PAID:
        return Found(failed, Outcome.ALREADY_PAID)
    return Found(failed, Outcome.NO_RIGHT)


LAST_LOOKS = 3
"""With this number the looks begin after an event that did find something: one soon, and the last of all."""


async def _look_for_what_was_told(session: Session, case: Case, record: CaseRecord) -> None:
    """An event may overtake its registry: the right that is found may be another, the first twin's or last year's."""
    days = benefits.service(case.service, case.on).again_after_days.get("found")
    if record.root is None or record.look > LAST_LOOKS or days is None:
        return
    day = max(day_of(datetime.now(UTC)), case.on) + timedelta(days=days)
    await rights.look_on(session, record, day, "found", n=max(record.look + 1, LAST_LOOKS))


async def _asked_about(session: Session, case: Case, question: Decision, facts: dict[str, Any]) -> RightRow | None:
    """The right that a question of the law is about; None if it is about none in particular."""
    if question.basis is None:
        return None
    names = await own_names(session, case, question, facts)
    return await rights.known_as(session, case.service, names.all) if names.question is None else None


OPEN_PART = "part_is_open"
"""Kind of finding: a right is granted as far as it is certain, and a person must find out about the rest."""


async def _open_parts(session: Session, case: Case, decisions: Sequence[Decision]) -> None:
    """Put before a person what is open beside a right that is certain; the case goes on with what is. What was open
    before, in this case or an earlier one, is decided where the law asks it no more."""
    questions = [one.question for one in decisions if one.right is YES and one.question]
    await findings.settled(session, OPEN_PART, case.service, case.person_id, but=case.ref if questions else None)
    if questions:
        await findings.note(session, OPEN_PART, {case.ref: "; ".join(questions)})


OPEN_BESIDE = "another_right_is_open"
"""Kind of finding: what a person must decide of another right of the family than the one that the case goes on with."""


async def _note_beside(session: Session, case: Case, questions: Iterable[Found]) -> None:
    texts = dict.fromkeys(filter(None, map(_question, questions)))
    if texts:
        await findings.note(session, OPEN_BESIDE, {case.ref: "; ".join(texts)})


def _question(found: Found) -> str | None:
    return found.question or found.decision.question


async def again(
    session: Session, case: Case, facts: dict[str, Any], decisions: Sequence[Decision], *, was: Decimal | None
) -> Found:
    """The decision about the right that this case is at, on another day. Nothing is taken up or let go."""
    await _open_parts(session, case, decisions)
    record = await cases.in_hand(session, case.ref)
    died_on = next((one.get("died_on") for one in facts["adults"] if one["iin"] == facts["applicant"]), None)
    if died_on is not None:
        # The law goes by the day of application; whose the money is that somebody did not live to see, it says
        # elsewhere.
        first = next((decision for decision in decisions if decision.right is not YES), decisions[0])
        return Found(first, was=was, question=f"the person died on {died_on}: is it due, and to whom?")
    names = names_of(record.basis or "", facts)
    right = await rights.of_case(session, record)
    if right is not None:
        names |= await rights.names_of(session, right.id)
    decision = next((decision for decision in decisions if decision.basis in names), None)
    if decision is None:
        decision, question = await _under_its_new_number(session, case, names, facts, decisions)
        if question is not None:
            return Found(question[0], was=was, question=question[1], same_right=True)
    if decision is None:
        # Another child's right is not this one's, whatever it is worth.
        none = next((decision for decision in decisions if decision.right is not YES), decisions[0])
        gone = "what the right rested on is no longer in the registries"
        heir = await renumbered.heir(session, case, names, facts, decisions)
        if heir is None:
            return Found(none, was=was, question=f"{gone}: what happened?")
        if await renumbered.said(session, case, None) is not Action.SAME_RIGHT:
            what = f"{gone}; another record of the same day is: is it the same right?"
            return Found(none, was=was, question=what, same_right=True)
        await rights.known_as(session, case.service, names | (await own_names(session, case, heir, facts)).all)
        decision = heir
    if decision.right is YES:
        record.amount, record.ground = decision.net, decision.ground
    return Found(decision, was=was)


async def _under_its_new_number(
    session: Session, case: Case, names: set[str], facts: dict[str, Any], decisions: Sequence[Decision]
) -> tuple[Decision | None, tuple[Decision, str] | None]:
    """The decision about the right of these names, whose record has another number now and is tied to it by the next:
    a child by its IIN. Else what a person must say about it."""
    answer = await renumbered.said(session, case, None)
    for decision in decisions:
        if names.isdisjoint(names_of(decision.basis or "", facts)):
            continue
        own = await own_names(session, case, decision, facts, answer)
        if own.question is not None:
            return None, (decision, own.question)
        if not names.isdisjoint(own.all):
            await rights.known_as(session, case.service, names | own.all)
            return decision, None
    return None, None


def _to_be_had(decisions: Sequence[Decision], unpaid: Sequence[Decision]) -> Iterable[tuple[Decision, bool]]:
    """The rights, and those that would be rights if they were not paid already, marked so."""
    for decision, else_ in zip(decisions, unpaid, strict=True):
        paid = decision.failed is not None and decision.failed.code == ALREADY_PAID
        if decision.right is YES:
            yield decision, False
        elif paid and else_.right is YES and benefits.service(decision.code, decision.on).follows_changes:
            yield else_, True


async def _under_another_number(
    session: Session, case: Case, row: RightRow, right: Decision, facts: dict[str, Any], own: set[str]
) -> tuple[RightRow, Found]:
    """Whether something that is paid under a number that is gone may be this right, and what a person said of it."""
    others = await renumbered.others(session, case, right.basis or "", facts)
    if not others:
        return row, Found(right)
    match await renumbered.said(session, case, row):
        case Action.ANOTHER_RIGHT:
            return row, Found(right)
        case Action.SAME_RIGHT:
            row = await rights.known_as(session, case.service, own | others[0].names)
            return row, Found(right, Outcome.ALREADY_PAID) if others[0].paid else await _standing(
                session, case, row, right, facts
            )
    return row, Found(right, question=renumbered.QUESTION, same_right=True)


async def _standing(session: Session, case: Case, row: RightRow, right: Decision, facts: dict[str, Any]) -> Found:
    """Whether the right is still to be had, by what the Card says of it."""
    match RightState(row.state):
        case RightState.SETTLED:
            return await _settled(session, case, row, right)
        case RightState.CLAIMED:
            return Found(right, Outcome.ALREADY_OFFERED)
        case RightState.ENTITLED if await entitlements.is_over(session, row, case.on):
            return Found(right)
        case RightState.ENTITLED:
            ended = renumbered.ended_on(case, right.basis or "", facts)
            if ended is not None and await renumbered.is_said_due(session, case, row, date.fromisoformat(ended)):
                return Found(right)
            if ended is not None:
                question = f"what ran has ended at E-Maket on {ended}: is it due anew?"
                return Found(right, question=question, may_be_due=True)
            await _look_when_free(session, case, row)
            return await _changed(session, case, row, right)
        case RightState.REFUSED:
            if not await rights.has_refused(session, row, case.person_id):
                return Found(right)  # one parent's no is not the other's
            grown = right.ground != row.refused_ground and right.net > (row.refused_amount or 0)
            wait = timedelta(days=benefits.service(case.service, case.on).again_after_days[Outcome.REFUSED_BY_PERSON])
            return Found(right) if grown or case.on >= _day(row) + wait else Found(right, Outcome.ALREADY_OFFERED)
        case _:
            return Found(right)


async def _held(session: Session, case: Case, row: RightRow, right: Decision) -> Found:
    """Somebody else has it by the Card. What runs may pass to this person, when an operator says so, from the first
    month that the other has not been paid; what is paid once, or asked about, is not to be reckoned."""
    if row.state != RightState.ENTITLED:
        return Found(right, question=renumbered.HELD)
    if not await renumbered.is_said_due(session, case, row):
        return Found(right, question=renumbered.HELD, may_be_due=True)
    if await rights.assigned_for(session, row, month_of(case.on), but=case.ref) is None:
        return Found(right)
    await _look_next_month(session, case)
    return Found(right, Outcome.ALREADY_PAID)


async def _look_when_free(session: Session, case: Case, row: RightRow) -> None:
    """Whose holder has died in this month is paid for it, and to be had from the next."""
    if await entitlements.is_over(session, row, next_month(case.on)):
        await _look_next_month(session, case)


async def _look_next_month(session: Session, case: Case) -> None:
    record = await cases.in_hand(session, case.ref)
    record.look_on = min(record.look_on or next_month(case.on), next_month(case.on))


def _day(row: RightRow) -> date:
    return row.since.date()


async def _settled(session: Session, case: Case, row: RightRow, right: Decision) -> Found:
    """A right that was paid once: that more was due, by what its register has corrected since, is for a person."""
    if row.ground in (None, "", right.ground) or row.amount is None:
        return Found(right, Outcome.ALREADY_PAID)
    snapshot = await rights.ground_of_old(session, row)
    paid = _by_the_law_of(case, snapshot.facts, row.ground or "", row.amount) if snapshot is not None else row.amount
    if right.net <= paid:
        return Found(right, Outcome.ALREADY_PAID)
    return Found(
        right, question=f"{row.amount:f} tenge were paid, and by what the registries say now more was due: is it?"
    )


async def _changed(session: Session, case: Case, row: RightRow, right: Decision) -> Found:
    """A right that runs: nothing is due unless the family has changed. Less than before is for a person to decide."""
    ground = row.ground
    snapshot = await rights.ground_of_old(session, row)
    if ground is None:
        ground = Decision.from_dict(snapshot.decision).ground if snapshot is not None else right.ground
    if ground == right.ground or row.amount is None:
        return Found(right, Outcome.ALREADY_PAID)
    runs = row.amount if snapshot is None else _by_the_law_of(case, snapshot.facts, ground, row.amount)
    if right.net == runs:
        return Found(right, Outcome.ALREADY_PAID)
    if right.net < runs:
        return Found(right, question=f"what runs falls from {runs:f} to {right.net:f} tenge: has the family changed?")
    return Found(right, was=runs)


def _by_the_law_of(case: Case, facts: dict[str, Any], ground: str, amount: Decimal) -> Decimal:
    """What was granted as `amount` is now: the figures of the law change with each year, and what runs with them."""
    on = case.on.isoformat()
    then = {**facts, "as_at": max(str(facts.get("as_at", on)), on), "payments": []}
    try:
        decisions = benefits.assess_readings(case.service, benefits.readings(then), case.on)
    except BadFacts:
        return amount
    return next((one.net for one in decisions if one.right is YES and one.ground == ground), amount)


async def _take(session: Session, case: Case, row: RightRow, right: Decision) -> str | None:
    return await rights.take(session, case.ref, row, basis=right.basis or "", amount=right.net, ground=right.ground)


async def _tell_of_change(session: Session, case: Case, at_it: str, right: Decision) -> None:
    """The open case was begun on other grounds, as before a child was born: the right is looked at when it ends."""
    other = await cases.in_hand(session, at_it)
    if other.ground != right.ground:
        other.look_on = min(other.look_on or case.on, case.on)


async def _another(session: Session, case: Case, row: RightRow | None) -> bool:
    """A further right of the same family, as the second of twins, or a question beside one that is clear: a case of
    its own, started by the gateway. `row` is None where the question is about no right in particular. False where an
    open case is at that right already.
    """
    if row is not None and await rights.is_attempted(session, row):
        return False
    record = await cases.in_hand(session, case.ref)
    await cases.open_for(
        session,
        service=case.service,
        person_id=case.person_id,
        opened_by=f"{record.opened_by}{_beside(row)}",
        on=case.on,
        root=record.root,
    )
    return True


def _beside(row: RightRow | None) -> str:
    """How `opened_by` ends of a case that another has begun for this right."""
    return f"+{row.id if row is not None else 'question'}"
