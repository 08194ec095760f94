"""Step *assign*: the deciding body answers; what it assigns is booked as payable once our amounts agree."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities.entitle import month_paid
from activities.world import World, not_yet, translated
from adapters.bodies import CaseFile, RulingState
from adapters.bodies import Ruling as Answer
from adapters.errors import BadAnswer
from adapters.in_a_row import RefusesAlike
from benefits.days import day_of
from benefits.decision import Decision
from benefits.terms import month_of
from card import Session, money, rights, rulings, snapshots
from card.tables import GRANTED, AssignmentState
from workflows.model import AssignInput, Case, Ruling, Step, StepInput, tenge


class AssignStep:
    def __init__(self, world: World) -> None:
        self.world = world
        self._refuses = RefusesAlike("body")

    @activity.defn(name=Step.ASSIGN)
    async def assign(self, step: AssignInput) -> Ruling:
        """Hand the file over once, ask for the ruling until it is there, and compare its amount with ours.

        While the body has not decided, the attempt fails as `NotYet` and the next asks again: a wait of days adds
        nothing to the history. From the second time on (`n`) the body is asked what it rules now.
        """
        case = step.case
        iin = await self.world.card.iin(case.person_id)
        file = CaseFile(
            application_number=step.application_number,
            service=case.service,
            iin=iin,
            computed_amount=step.amount,
            applied_on=step.applied_on,
        )
        with translated():
            known = activity.info().attempt > 1 or step.n > 1
            answer = await self.world.body.ruling(step.application_number) if known else None
            answer = answer or await self.world.body.submit(case.key(Step.ASSIGN), file)
            if answer.state == RulingState.ASSIGNED and not answer.amount:
                raise BadAnswer("body", "nothing_assigned", "a ruling that assigns 0 tenge")
            if answer.decided_on is not None and not _can_be(answer.decided_on):
                raise BadAnswer("body", "no_such_day", "a ruling of a day that cannot be")
            if answer.state != RulingState.PENDING:
                refused = answer.reason_code if answer.state == RulingState.REFUSED else None
                self._refuses.answered(case.service, case.ref, refused)
        if answer.state == RulingState.PENDING:
            raise not_yet("deciding body", self.world.ask_again)
        return await self._record(step, answer)

    async def _record(self, step: AssignInput, answer: Answer) -> Ruling:
        """Write the ruling down. What was recorded first under the key is what the case goes on with."""
        why = await self.world.without_people(step.case, (answer.reason or "").strip())
        async with self.world.card.transaction() as session:
            state, amount, reason = await rulings.record(
                session,
                key=step.key,
                case_ref=step.case.ref,
                application_number=step.application_number,
                computed=step.amount,
                amount=answer.amount if answer.state == RulingState.ASSIGNED else None,
                was=step.was,
                decision_number=answer.decision_number,
                decided_on=answer.decided_on,
                reason=why or answer.reason_code,
            )
            said = answer.amount if answer.state == RulingState.ASSIGNED else None
            if amount != said and (amount is not None or activity.info().attempt == 1):
                # Whoever wrote of money, and whenever: the body says otherwise. A refusal may have been recorded by an
                # attempt of ours that was cut off.
                ruled, says = tenge(amount or Decimal(0)), tenge(said or Decimal(0))
                text = f"by the Card the body assigned {ruled}, and it says {says}: find out which it is"
                raise ApplicationError(text, type="Refused", non_retryable=True)
            if state is AssignmentState.ASSIGNED and amount is not None:
                about, withheld = await _about(session, step.case, step.applied_on)
                if step.was is None:
                    await _once_a_month(session, step.case, about)
                await money.book_assigned(session, step.key, step.case.ref, amount - (step.was or 0), about)
                if withheld and step.was is None:
                    await money.book_withheld(session, step.key, step.case.ref, withheld, about)
        if state is AssignmentState.REFUSED or amount is None:
            return Ruling(assigned=False, reason=reason)
        return Ruling(assigned=True, amount=amount, differs=state not in GRANTED)

    @activity.defn(name=Step.ACCEPT_AMOUNT)
    async def accept_amount(self, step: StepInput) -> Ruling:
        """An operator has accepted the body's amount: it is payable from now on."""
        async with self.world.card.transaction() as session:
            assignment = await rulings.of_case(session, step.case.ref)
            if assignment is None or assignment.amount is None:
                raise ValueError("an assignment without amount cannot be accepted")
            new = assignment.amount - (assignment.was or 0)
            if new <= 0:
                raise ApplicationError(
                    f"{tenge(assignment.amount)} are no more than what runs: nothing is new to pay",
                    type="Refused",
                    non_retryable=True,
                )
            assignment.state = AssignmentState.ACCEPTED
            about, _ = await _about(session, step.case, assignment.decided_on or step.case.on)
            await money.book_assigned(session, assignment.key, step.case.ref, new, about)
            return Ruling(assigned=True, amount=assignment.amount)


async def _once_a_month(session: Session, case: Case, about: money.About) -> None:
    beside = await rights.assigned_beside(session, case.ref, about.period)
    if beside is not None:
        text = f"the right is the one that case {beside} has for this month: it is not assigned twice"
        raise ApplicationError(text, type="Refused", non_retryable=True)


def _can_be(day: date) -> bool:
    return date(2000, 1, 1) <= day <= day_of(datetime.now(UTC)) + timedelta(days=31)


async def _about(session: Session, case: Case, applied_on: date) -> tuple[money.About, Decimal]:
    """Whose money it is and the month that it is for; and what the law withholds of it.

    All are those of the decision that the amount was reckoned by: a service may have either payer, and of a right that
    is claimed late the last month is paid. `applied_on` counts where none was kept.
    """
    decided = await snapshots.last(session, case.ref)
    today = day_of(datetime.now(UTC))
    if decided is None:
        payer = benefits.service(case.service, case.on).payer
        return money.About(payer, month_of(applied_on), today), Decimal(0)
    decision = Decision.from_dict(decided.decision)
    return money.About(decision.payer, month_paid(decision), today), decision.withheld
