"""What operators decide: written down before the case goes on, and what follows from it for the money."""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.calendar import day_of
from activities.world import World
from card import decisions, money, payments
from card.tables import PaymentState
from workflows.model import Action, Attention, Credited, DecideInput, SettleInput, Step

DUPLICATE = "AM05"
"""ISO 20022: a payment with this end-to-end id has been credited already."""

PAID_BEFORE = frozenset({DUPLICATE, "DUPL"})
"""As banks say it: the money went out once, and another payment would go out too."""


class DecideStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.DECIDE)
    async def decide(self, step: DecideInput) -> None:
        async with self.world.card.statements() as session:
            await decisions.write(
                session,
                key=step.key,
                case_ref=step.case.ref,
                action=step.action,
                why=step.why,
                by=step.by,
                note=step.note,
                at=step.at,
            )

    @activity.defn(name=Step.SETTLE)
    async def settle(self, step: SettleInput) -> Credited:
        """A payment of which the bank says that it made it before: an operator knows whether it did.

        If so it is booked as credited; else it is over, and the money may go out under another key.
        """
        said = Action.CONFIRM_PAID if step.paid else Action.PAY_ANEW
        async with self.world.card.transaction() as session:
            decided = await decisions.last(
                session, step.case.ref, why=Attention.PAID_BEFORE, actions=(Action.CONFIRM_PAID, Action.PAY_ANEW)
            )
            if decided != said:
                raise ApplicationError("by the Card no operator has decided so", type="Refused", non_retryable=True)
            payment = await payments.locked(session, step.key)
            if payment.state == PaymentState.INTENDED:
                state = PaymentState.SETTLED if step.paid else PaymentState.REJECTED
                await payments.finish(session, step.key, state, reason=DUPLICATE)
                if step.paid:
                    day = day_of(datetime.now(UTC))
                    await money.book_credited(session, step.key, step.case.ref, payment.amount, day)
            # What was found out first stands.
            was_made = payment.state in (PaymentState.SETTLED, PaymentState.RETURNED)
            settled = was_made or (payment.state == PaymentState.INTENDED and step.paid)
        return Credited(settled=settled, reason=DUPLICATE)
