"""What operators decide: written down before the case goes on, and what follows from it for the money."""

from datetime import UTC, datetime
from decimal import Decimal

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.world import World, translated
from adapters.bank import TransferState, TransferStatus
from adapters.errors import Refused
from benefits.days import day_of
from card import Session, decisions, money, payments
from card.payments import DUPLICATE
from card.tables import Payment, PaymentState
from workflows.model import Action, Attention, Credited, DecideInput, SettleInput, Step


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

        If so it is booked as credited, as far as the bank says that it went: the rest is still to be paid. Else it is
        over, and the money may go out under another key and name. Before it is over the bank is asked once more, by key
        and by name: what it has made, or has in hand, is not made anew, whoever says so. After a restore it was made
        under another case's key.
        """
        before = await self._made_before(step.key)
        paid = step.paid or _is_made(await self._made_under(step.key)) or _is_made(before)
        said = Action.CONFIRM_PAID if step.paid else Action.PAY_ANEW
        async with self.world.card.transaction() as session:
            decided = await decisions.last(
                session, step.case.ref, why=Attention.PAID_BEFORE, actions=(Action.CONFIRM_PAID, Action.PAY_ANEW)
            )
            if decided is None or decided.action != said:
                raise ApplicationError("by the Card no operator has decided so", type="Refused", non_retryable=True)
            payment = await payments.locked(session, step.key)
            part = await _part(session, payment, before)
            if part is not None:
                return Credited(settled=True, reason=DUPLICATE, part=part)
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

    async def _made_before(self, key: str) -> TransferStatus | None:
        """What the bank has credited under the name of this payment; None where it does not say."""
        async with self.world.card.statements() as session:
            name = (await payments.find(session, key)).end_to_end_id
        if name is None:
            return None
        with translated():
            try:
                return await self.world.bank.credited_as(name)
            except Refused:
                return None  # a bank need not know its payments by this name; then the operator's word stands

    async def _made_under(self, key: str) -> TransferStatus | None:
        """What the bank knows of a payment under this key. Raises `Unknown` for an operator where it does not say."""
        with translated():
            try:
                return await self.world.bank.transfer_status(key)
            except Refused as refused:
                text = f"the bank does not say what became of the payment: {refused}"
                raise ApplicationError(text, type="Unknown", non_retryable=True) from None


def _is_made(status: TransferStatus | None) -> bool:
    """Whether the bank has made it. Raises `Unknown` for an operator where it has it in hand."""
    if status is not None and status.state == TransferState.PENDING:
        text = "the bank has this payment in hand: it is not made anew; ask again when the bank has decided"
        raise ApplicationError(text, type="Unknown", non_retryable=True)
    return status is not None and status.state == TransferState.SETTLED


async def _part(session: Session, payment: Payment, before: TransferStatus | None) -> Decimal | None:
    """How much of the payment had been paid, and is booked, where that is less than all of it."""
    known = await payments.in_the_place_of(session, payment.key)
    if known is not None:
        return known.amount
    if payment.state != PaymentState.INTENDED or before is None or before.amount is None:
        return None
    if before.state is not TransferState.SETTLED or before.amount >= payment.amount:
        return None
    day = day_of(datetime.now(UTC))
    await payments.put_in_its_place(session, payment, before.amount, before.bank_reference, day)
    return before.amount
