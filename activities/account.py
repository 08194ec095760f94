"""Step *account*: the person's own bank account, from the banks or, failing that, from the person by SMS."""

from collections.abc import Collection

from temporalio import activity

from activities import hearing, speech
from activities.world import World, translated
from adapters.bank import ABOUT_US, AccountState
from card import Session, accounts, decisions, messages, payments
from dialogue import MessageKind
from workflows.model import (
    NO_ANSWER,
    Account,
    AccountAsked,
    AccountFound,
    Action,
    AskAccountInput,
    Attention,
    Case,
    CheckAccountInput,
    Step,
    StepInput,
)


class AccountStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.FIND_ACCOUNT)
    async def find_account(self, step: StepInput) -> AccountFound:
        """The first open tenge account in the person's own name to which no payment has come back."""
        person_id = step.case.person_id
        async with self.world.card.statements() as session:
            rejected = await _rejected(session, step.case)
        iin = await self.world.card.iin(person_id)
        iban = await first_usable(self.world, iin, rejected) or await self._of_the_last(step.case)
        if iban is None or iban in rejected:
            return AccountFound(reason="none_usable")
        return await self._found(step, iban, "bank")

    async def _of_the_last(self, case: Case) -> str | None:
        """The account of the last payment, where that failed for ours: the bank need not list what she has named."""
        async with self.world.card.statements() as session:
            made = await payments.of_case(session, case.ref)
            if not made or made[-1].reason not in ABOUT_US:
                return None
            return (await accounts.find(session, made[-1].account_id)).iban

    @activity.defn(name=Step.ASK_ACCOUNT)
    async def ask_account(self, step: AskAccountInput) -> AccountAsked:
        """Ask the person by SMS for an account of their own; the answer counts until the returned deadline."""
        asked = await speech.ask(
            self.world, step, at=step.at, expects="account", kind=MessageKind.ASK_ACCOUNT, days=step.days
        )
        return AccountAsked(sent=asked.refused is None, deadline=asked.deadline)

    @activity.defn(name=Step.CHECK_ACCOUNT)
    async def check_account(self, step: CheckAccountInput) -> AccountFound:
        """Whether the account in the person's SMS exists, is theirs, open, in tenge. The reason says what is wrong.

        A message that answers no such question of this case, by the Card, is `NO_ANSWER`; so is one from a phone that
        is no longer hers, whatever it says.
        """
        person_id = step.case.person_id
        async with self.world.card.transaction() as session:
            heard = await hearing.hear(session, step.message_id)
            if heard is None or heard.objection(step.case, "account") is not None:
                return AccountFound(reason=NO_ANSWER)
            rejected = await _rejected(session, step.case)
        if not await hearing.still_hers(self.world, step.case, heard.message.phone):
            moved = await hearing.refuse_moved(self.world.card, step.case, heard.message)
            return AccountFound(reason=NO_ANSWER, moved=moved)
        said = heard.said
        if said.iban is None:
            return AccountFound(reason="invalid")
        if said.iban in rejected:
            return AccountFound(reason="payment_came_back")
        iin = await self.world.card.iin(person_id)
        with translated():
            account = await self.world.bank.account(iin, said.iban)
        if account is None:
            return AccountFound(reason="unknown")
        if not account.own:
            return AccountFound(reason="not_own")
        if account.state != AccountState.OPEN:
            return AccountFound(reason=str(account.state))
        if account.currency != "KZT":
            return AccountFound(reason="currency")
        return await self._found(step, account.iban, "person")

    async def _found(self, step: StepInput, iban: str, source: str) -> AccountFound:
        async with self.world.card.transaction() as session:
            known = await accounts.know(session, step.case.person_id, iban, source)
            if source == "person":
                await messages.close_questions(session, step.case.ref)
        return AccountFound(account=Account(id=known.id, tail=iban[-4:]))


async def first_usable(world: World, iin: str, rejected: Collection[str]) -> str | None:
    """The first account in the person's own name that the banks list, that takes payments and was not turned down."""
    with translated():
        listed = await world.bank.accounts(iin)
    return next((a.iban for a in listed if a.takes_payments and a.iban not in rejected), None)


async def _rejected(session: Session, case: Case) -> set[str]:
    """The accounts that payments came back from. A bank may have been wrong: an operator who calls, and tries again,
    says that they are well now."""
    well = await decisions.last(session, case.ref, why=Attention.ACCOUNT_NEEDED, actions=(Action.RETRY,))
    return await accounts.rejected(
        session, case.person_id, unless=(well.written_at or well.at) if well is not None else None
    )
