"""What operators decide: written down before the case goes on, and what follows from it for the money."""

from datetime import UTC, datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.world import World, translated
from adapters.bank import TransferState
from adapters.errors import Refused
from benefits.days import day_of
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

        If so it is booked as credited; else it is over, and the money may go out under another key. Before it is over
        the bank is asked once more: what it has made, or has in hand, is not made anew, whoever says so.
        """
        paid = step.paid or await self._is_made(step.key)
        said = Action.CONFIRM_PAID if step.paid else Action.PAY_ANEW
        async with self.world.card.transaction() as session:
            decided = await decisions.last(
                session, step.case.ref, why=Attention.PAID_BEFORE, actions=(Action.CONFIRM_PAID, Action.PAY_ANEW)
            )
            if decided is None or decided.action != said:
                raise ApplicationError("by the Card no operator has decided so", type="Refused", non_retryable=True)
            payment = await payments.locked(session, step.key)
            if payment.state == PaymentState.INTENDED:
                state = PaymentState.SETTLED if paid else PaymentState.REJECTED
                await payments.finish(session, step.key, state, reason=DUPLICATE)
                if paid:
                    day = day_of(datetime.now(UTC))
                    await money.book_credited(session, step.key, step.case.ref, payment.amount, day)
            # What was found out first stands.
            was_made = payment.state in (PaymentState.SETTLED, PaymentState.RETURNED)
            settled = was_made or (payment.state == PaymentState.INTENDED and paid)
        return Credited(settled=settled, reason=DUPLICATE)

    async def _is_made(self, key: str) -> bool:
        """Whether the bank knows a payment under this key as made. Raises `Unknown` for an operator where it has it in
        hand, or does not say."""
        with translated():
            try:
                status = await self.world.bank.transfer_status(key)
            except Refused as refused:
                text = f"the bank does not say what became of the payment: {refused}"
                raise ApplicationError(text, type="Unknown", non_retryable=True) from None
        if status is not None and status.state == TransferState.PENDING:
            text = "the bank has this payment in hand: it is not made anew; ask again when the bank has decided"
            raise ApplicationError(text, type="Unknown", non_retryable=True)
        return status is not None and status.state == TransferState.SETTLED
