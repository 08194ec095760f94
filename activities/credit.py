"""Step *credit*: the money goes to the bank account, once, under one key. The most careful of the steps."""

import logging
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.consent import granted_key
from activities.world import World, not_yet, translated
from adapters.bank import ABOUT_THE_ACCOUNT, ABOUT_US, Transfer, TransferState, TransferStatus
from adapters.errors import BadAnswer, Refused
from adapters.in_a_row import InARow
from benefits.days import day_of
from card import Session, accounts, cases, consents, decisions, money, payments, rights
from card.payments import PAID_BEFORE
from card.tables import Account, Decision, Payment, PaymentState
from workflows.model import Action, Attention, Credited, CreditInput, Step, tenge

NOBODYS_ACCOUNT = 5
"""People in a row whose accounts a bank turns down, and nobody's is credited between them: that is the bank's fault."""

WE_MEND_IT_IN = timedelta(minutes=15)
LONGEST_MENDING = timedelta(hours=4)
"""What the account that we pay from lacks is mended for all: so long each payment waits, doubled each time."""

log = logging.getLogger(__name__)


class CreditStep:
    def __init__(self, world: World) -> None:
        self.world = world
        self._turned_down = InARow(NOBODYS_ACCOUNT)
        self._we_are_at_fault = False

    @activity.defn(name=Step.CREDIT)
    async def credit(self, step: CreditInput) -> Credited:
        """Pay, and book what was paid.

        If the payment was intended before, an earlier attempt may have reached the bank: the bank is asked by key
        first, and only if it never heard of the key is the transfer made again, under the same key. Raises `Duplicate`
        for an operator where the bank says that it paid before and cannot say how, and `Refused` where another case
        has paid what turned out to be the same right, the person has died since it was assigned, or the Card says
        otherwise: what is owed, agreed to, hers.
        """
        case = step.case
        iin = await self.world.card.iin(case.person_id)
        async with self.world.card.statements() as session:
            before = await payments.known(session, step.key)
            asks = before.state == PaymentState.INTENDED if before else await _objection(session, step) is None
        dead = await self._is_dead(iin) if asks else None
        async with self.world.card.transaction() as session:
            known = await payments.known(session, step.key)
            objection = None if known is not None else await _objection(session, step) or dead
            if objection is None:
                new = await payments.intend(session, step.key, case.ref, step.account_id, step.amount)
                # What stands in the row decides, whatever account a case that was begun anew has found since.
                payment = await payments.find(session, step.key)
                account = await accounts.find(session, payment.account_id)
                iban, objection = account.iban, _not_this(payment, account, step)
        if objection is not None:
            raise await self._refused(step.key, objection)
        if payment.state != PaymentState.INTENDED:
            return Credited(settled=payment.state == PaymentState.SETTLED, reason=payment.reason)
        credited_once = payment.end_to_end_id or f"{case.ref}-{step.n}"
        transfer = Transfer(iban=iban, iin=iin, amount=step.amount, purpose=case.service, end_to_end_id=credited_once)
        with translated():
            status = await self._what_became_of_it(step.key) if not new else None
            if status is None and dead is not None:
                # It was intended while she lived, and another attempt may still reach the bank: it is not over.
                raise ApplicationError(dead, type="Unknown", non_retryable=True)
            if status is None and step.n > 1:
                await self._none_is_made(step)
            status = status or await self.world.bank.transfer(step.key, transfer)
            other = status.contradicts(transfer)
            if other is not None:
                raise BadAnswer("bank", "other_subject", f"the answer's {other} is not the one of the transfer")
        if status.state == TransferState.PENDING:
            raise not_yet("bank", self.world.ask_again)
        if status.reason_code in PAID_BEFORE:
            # The bank paid this before and has forgotten the key. Another account would be paid a second time.
            raise ApplicationError(
                f"bank: says that this payment was made before [{status.reason_code}]",
                type="Duplicate",
                non_retryable=True,
            )
        about_the_account = self._is_about_the_account(status, iin)
        async with self.world.card.transaction() as session:
            await _finish(session, step, status)
            if about_the_account:
                await accounts.reject(session, payment.account_id, status.reason_code)
        self._tell_of_us(status)
        if status.state in NOT_THERE and status.reason_code in ABOUT_US:
            # The next attempt says that it was turned down, and the case pays anew, to the same account.
            raise _waits_for_us(step.n, status.reason_code)
        if status.state in NOT_THERE and not about_the_account:
            # As for want of cover on our side: no fault of the account, which the next payment may go to.
            raise _refused(f"bank: rejected the payment, and not for the account [{status.reason_code}]")
        return Credited(settled=status.state == TransferState.SETTLED, reason=status.reason_code)

    async def _none_is_made(self, step: CreditInput) -> None:
        """Raises where a payment that the Card holds for turned down, or come back, is none to the bank: it paid, or
        still may, and another under the next key would pay a second time.

        What came back, a bank may not tell: then an operator finds out, before anything is paid again.
        """
        async with self.world.card.statements() as session:
            made = await payments.of_case(session, step.case.ref)
            anew = await decisions.last(
                session, step.case.ref, why=Attention.PAID_BEFORE, actions=(Action.PAY_ANEW, Action.CONFIRM_PAID)
            )
        for one in made:
            if one.key == step.key or not _is_over(one, anew):
                continue
            before = await self._what_became_of_it(one.key)
            if before is None or before.state in NOT_THERE:
                continue
            text = f"the bank holds an earlier payment of this case for {before.state}, and the Card for {one.state}"
            if one.state == PaymentState.RETURNED:
                raise ApplicationError(f"{text}: has it come back?", type="Duplicate", non_retryable=True)
            raise ApplicationError(f"{text}. {LEARNS_AGAIN}", type="Unknown", non_retryable=True)

    async def _is_dead(self, iin: str) -> str | None:
        """What an operator is asked where the person did not live to see the money, or nobody can read whether."""
        with translated():
            person = await self.world.registries.persons.person(iin)
        if "died_on" in person.unreadable:
            return "the register of persons says of the person's death what cannot be read: do they live?"
        if person.died_on is None:
            return None
        return f"the person died on {person.died_on}: what was assigned up to that month is due, and to whom?"

    def _is_about_the_account(self, status: TransferStatus, iin: str) -> bool:
        """Whether the bank has turned this account down. One that turns everybody's down is out of order."""
        if status.state not in NOT_THERE:
            self._turned_down.over()
            return False
        return status.reason_code in ABOUT_THE_ACCOUNT and not self._turned_down.one_more(iin)

    def _tell_of_us(self, status: TransferStatus) -> None:
        """One line in the log, however many wait."""
        if status.state == TransferState.SETTLED and self._we_are_at_fault:
            self._we_are_at_fault = False
            log.warning("bank: takes payments from our account again")
        elif status.reason_code in ABOUT_US and not self._we_are_at_fault:
            self._we_are_at_fault = True
            log.warning("bank: pays nothing from our account [%s]: payments wait", status.reason_code)

    async def _refused(self, key: str, objection: str) -> ApplicationError:
        """Nothing is paid. Where the bank knows the payment nevertheless, the money may have moved: no clear no."""
        with translated():
            made = await self._what_became_of_it(key)
        if made is None:
            return _refused(objection)
        text = f"{objection}; but the bank has this payment: the Card is an older copy. {LEARNS_AGAIN}"
        return ApplicationError(text, type="Unknown", non_retryable=True)

    async def _what_became_of_it(self, key: str) -> TransferStatus | None:
        """What the bank knows of a payment that may have been made. That it will not say is no answer: the money may
        have moved, and the case cannot end before somebody knows."""
        try:
            return await self.world.bank.transfer_status(key)
        except Refused as refused:
            raise ApplicationError(
                f"the bank does not say what became of the payment: {refused}", type="Unknown", non_retryable=True
            ) from None


NOT_THERE = frozenset({TransferState.REJECTED, TransferState.RETURNED})
"""Where the money of a transfer is not with the person."""


def _is_over(payment: Payment, anew: Decision | None) -> bool:
    """Whether the Card says that this payment is not with the person, and nobody has looked into that since."""
    if payment.state == PaymentState.REJECTED:
        return payment.reason not in PAID_BEFORE
    if payment.state != PaymentState.RETURNED:
        return False
    return anew is None or payment.finished_at is None or (anew.written_at or anew.at) < payment.finished_at


LEARNS_AGAIN = "Terminate this run: the case is begun anew, and learns what was done under its keys"


async def _objection(session: Session, step: CreditInput) -> str | None:
    """Why this is not paid. What the case claims counts for nothing: the Card says what a body assigned, and by whose
    yes."""
    beside = await rights.paid_beside(session, step.case.ref)
    if beside is not None:
        return f"the right turned out to be the one that case {beside} has paid: it is not paid twice"
    pending = (await money.money(session, step.case.ref)).pending
    if step.amount != pending:
        return f"{tenge(step.amount)} are to be paid, and by the Card {tenge(pending)} are owed"
    if not await consents.is_agreed(session, step.case.ref, granted_key(step.case)):
        return "by the Card nobody has said yes to this"
    account = await accounts.find(session, step.account_id)
    if account.person_id != (await cases.find(session, step.case.ref)).person_id:
        return "the account is another person's"
    return None


def _not_this(payment: Payment, account: Account, step: CreditInput) -> str | None:
    """Why what stands under the key is not the payment that the case makes, whoever has written it there."""
    if payment.case_ref != step.case.ref or account.person_id != step.case.person_id:
        return "by the Card the payment under this key is another case's, or to another person"
    if payment.amount != step.amount:
        return f"{tenge(step.amount)} are to be paid, and by the Card {tenge(payment.amount)} under this key"
    return None


def _refused(why: str) -> ApplicationError:
    return ApplicationError(why, type="Refused", non_retryable=True)


def _waits_for_us(n: int, code: str | None) -> ApplicationError:
    return ApplicationError(
        f"bank: pays nothing from our account, and not for the person's [{code}]: paid again by itself",
        type="Unavailable",
        next_retry_delay=min(WE_MEND_IT_IN * 2 ** min(n - 1, 10), LONGEST_MENDING),
        category=ApplicationErrorCategory.BENIGN,
    )


async def _finish(session: Session, step: CreditInput, status: TransferStatus) -> None:
    state = PaymentState.SETTLED if status.state == TransferState.SETTLED else PaymentState.REJECTED
    await payments.finish(session, step.key, state, reason=status.reason_code, bank_reference=status.bank_reference)
    if state is PaymentState.SETTLED:
        await money.book_credited(session, step.key, step.case.ref, step.amount, day_of(datetime.now(UTC)))
