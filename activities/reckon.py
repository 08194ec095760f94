"""What runs is reckoned anew: fresh facts, the whole schedule from them, and what of the months paid is to come back.

Whatever may have happened, it is one step: facts known today, months as they are by them. A person is asked where the
law asks one, and nothing that was paid is demanded of anybody who was not told.
"""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities import speech
from activities.detect import facts_of, possible, remember
from activities.facts import Asked
from activities.portions import each
from activities.world import World
from benefits import BadFacts, Frequency, Grant, Reckoned, Right, Stretch
from benefits.decision import ZERO, Decision
from benefits.terms import ONE_DAY, next_month
from card import Session, cases, findings, overpayments, reckonings, rights, rulings, snapshots
from card.entitlements import Months
from card.overpayments import Part, Untold
from card.reckonings import Anew, DueRow
from card.store import DatabaseRefused
from card.tables import FactsSnapshot
from dialogue import MessageKind
from workflows.model import Case
from workflows.run_model import Look, RangeDone, RunStep

log = structlog.get_logger()

PEOPLE = 200
"""Entitlements that are looked at in one step: each asks several registers."""

BELIEVED = timedelta(days=366)
"""So long after the last month that was claimed the register is asked each month whether it still says of a death."""

NOT_RECKONED, ASKED = "months_not_reckoned", "months_are_asked"
IS_OVER, NOT_TOLD = "overpaid_and_over", "overpaid_not_told"
"""Kinds of findings: what only a person can say, of the case that granted what runs."""

RENEWAL = "renewal"
"""Why a right is looked at again that has run to its end."""

BY_A_PERSON = "a person has set the amount: what it comes to from next month on, and since when, a person says"
NO_CLAIM = "what its first case was decided by is not kept: a person says what it comes to"
_ASKED = "from {:%m.%Y} on: {}; until a person has found out it is paid as before"
_HAS_DIED = "{:f} tenge were paid after the person had died: a person decides; nothing is taken from anybody else"
_NO_PHONE = "{:f} tenge were paid too much, and the person cannot be told by SMS: tell them, and say when"
_OVER = "{:f} tenge were paid too much, and nothing runs from which to keep it back: a person decides"


class ReckonStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=RunStep.RECKON)
    async def pay_reckon(self, look: Look) -> RangeDone:
        """Reckon anew the next page of what is due for a look: its day has come, or the law is another."""
        monthly = (one.code for one in benefits.services(every=True) if one.frequency is Frequency.MONTHLY)
        laws = {code: benefits.law_of(code) for code in monthly}
        async with self.world.card.statements() as session:
            page = await reckonings.due(session, look.day, laws, look.after, PEOPLE)

        async def one(row: DueRow) -> None:
            await self._one(row, look.day, laws[row.service])

        await each(page, one)
        return RangeDone(after=page[-1].id if len(page) == PEOPLE else None)

    @activity.defn(name=RunStep.TELL)
    async def pay_tell(self, look: Look) -> RangeDone:
        """Tell whom was paid too much, by SMS; from when it may be kept back. Who cannot be told is a person's."""
        async with self.world.card.statements() as session:
            page = await overpayments.untold(session, look.after.int, PEOPLE)

        async def one(row: Untold) -> None:
            await self._tell(row, look.day)

        await each(page, one)
        return RangeDone(after=UUID(int=page[-1].id) if len(page) == PEOPLE else None)

    async def _tell(self, row: Untold, day: date) -> None:
        why = None
        if row.net <= ZERO:
            return  # the fund's part alone, or let go since: nothing is asked of the person
        to = await speech.listener(self.world, row.person_id) if row.died_on is None else None
        ends = benefits.may_contest_until(day)
        if to is None:
            why = _HAS_DIED if row.died_on is not None else _NO_PHONE
        else:
            case = Case(ref=row.case_ref, service=row.service, person_id=row.person_id, on=day)
            async with self.world.card.transaction() as session:
                message = await speech.intend(
                    session,
                    case=case,
                    key=f"overpaid/{row.id}",
                    kind=MessageKind.OVERPAID,
                    phone=to.phone,
                    language=to.language,
                    amount=row.net,
                    day=ends,
                )
            refused = await speech.say(self.world.card, self.world.sms, message, datetime.now(UTC))
            why = None if refused is None else f"{_NO_PHONE} ({refused})"
        async with self.world.card.transaction() as session:
            await _note(session, NOT_TOLD, row.case_ref, None if why is None else why.format(row.net))
            if why is None:
                await overpayments.told(session, row.id, day, ends + ONE_DAY)

    async def _one(self, row: DueRow, day: date, law: str) -> None:
        why: str | None = None
        try:
            async with self.world.card.statements() as session:
                grant = await _grant(session, row)
                names = await rights.names_of(session, row.right_id)
            case = Case(ref=row.case_ref, service=row.service, person_id=row.person_id, on=day)
            asked = await facts_of(self.world, case, day)
            if isinstance(grant, str):
                why = grant
                async with self.world.card.transaction() as session:
                    # Months that cannot be reckoned are paid as long as somebody lives: a death may be withdrawn.
                    await remember(session, case, asked)
            else:
                await self._write(row, grant, names, asked, day, law)
        except (BadFacts, DatabaseRefused) as wrong:
            why = f"by what the registers say now: {wrong}"
        except ApplicationError as refused:
            if not refused.non_retryable:
                raise
            why = refused.message
        async with self.world.card.transaction() as session:
            await _note(session, NOT_RECKONED, row.case_ref, why)
            if why is not None:
                log.error("reckon.not_reckoned", case=row.case_ref, why=why)
                await reckonings.put_off(session, row.id, next_month(day), law)

    async def _write(self, row: DueRow, grant: Grant, names: set[str], asked: Asked, day: date, law: str) -> None:
        case = Case(ref=row.case_ref, service=row.service, person_id=row.person_id, on=day)
        with possible():
            facts = benefits.readings(asked.mapping).facts
        async with self.world.card.transaction() as session:
            stood = await reckonings.stands(session, row.right_id, row.id)
            found = benefits.reckon(grant, facts, day, [_stretch(one) for one in stood], names)
            await remember(session, case, asked)
            months = [Months(one.first, one.last, one.gross, one.withheld) for one in found.stretches]
            anew = Anew(months, found.until, found.next_review, law, asked.mapping, day)
            await reckonings.write(session, row.id, stood, anew)
            await _settle(session, row.id, found, day)
            await _for_a_person(session, row, found, day, law, asked.person.died_on)
            if found.next_review is None and asked.person.died_on is None:
                # What is over may be due anew, as each quarter: a case looks, and asks the person.
                record = await cases.find(session, row.case_ref)
                right = await rights.of_case(session, record)
                await rights.look_on(session, record, day, RENEWAL, right=right)


async def _grant(session: Session, row: DueRow) -> Grant | str:
    """What the right was first claimed by; or why it cannot be reckoned."""
    ruling, snapshot = await rulings.of_case(session, row.claimed_by), await snapshots.last(session, row.claimed_by)
    now, of_now = await rulings.of_case(session, row.case_ref), await snapshots.last(session, row.case_ref)
    if ruling is None or snapshot is None or now is None or of_now is None:
        return NO_CLAIM
    for amount, kept in ((ruling.amount, snapshot), (now.amount, of_now)):
        if not _by_the_law(kept, amount):
            return BY_A_PERSON
    decision = Decision.from_dict(snapshot.decision)
    facts = benefits.readings(snapshot.facts).facts
    return Grant(row.service, decision.basis, decision.on, facts, row.since, row.until)


def _by_the_law(kept: FactsSnapshot, amount: object) -> bool:
    decision = Decision.from_dict(kept.decision)
    return decision.right is Right.YES and amount == decision.net


def _stretch(one: Months) -> Stretch:
    return Stretch(one.first, one.last, one.gross, one.withheld)


async def _settle(session: Session, entitlement: UUID, found: Reckoned, day: date) -> None:
    """What was paid too much of the months is demanded, and what was demanded too much is let go."""
    owed = benefits.by_month(found.stretches)
    accounts = {
        one.month: benefits.MonthAccount(
            owed.get(one.month, benefits.Sum()),
            benefits.Sum(one.net, one.withheld),
            benefits.Sum(one.demanded_net, one.demanded_withheld),
        )
        for one in await reckonings.accounts(session, entitlement)
    }
    demanded: list[Part] = []
    for one in benefits.differences(accounts):
        if one.lower:
            await overpayments.lower(session, entitlement, one.month, one.lower.net, one.lower.withheld)
        if one.demand:
            demanded.append(Part(one.month, one.demand.net, one.demand.withheld))
    await overpayments.demand(session, entitlement, day, demanded)


async def _note(session: Session, kind: str, ref: str, what: str | None) -> None:
    """Put it before a person, or take away what was."""
    await findings.gone(session, kind, [ref])
    if what is not None:
        await findings.note(session, kind, {ref: what})


async def _for_a_person(
    session: Session, row: DueRow, found: Reckoned, day: date, law: str, died_on: date | None
) -> None:
    """What the law asks of months that have come, and what nothing is left to keep back from."""
    asked = found.question(day)
    what = _ASKED.format(asked.month, asked.reason.names.en) if asked is not None and asked.reason is not None else None
    await _note(session, ASKED, row.case_ref, what)
    open_ = await overpayments.still_open(session, row.id)
    over = sum((one.net for one in open_), ZERO) if found.next_review is None else ZERO
    await _note(session, IS_OVER, row.case_ref, _OVER.format(over) if over else None)
    held_dead = died_on is not None and await reckonings.claimed_since(session, row.id, day - BELIEVED)
    if open_ or held_dead:
        # A payment that comes back may lower what is demanded, and a register may withdraw a death.
        await reckonings.put_off(session, row.id, min(found.next_review or date.max, next_month(day)), law)
