"""Another account for somebody whose own takes no payment: the banks are asked, and then the person, by SMS.

A run does it at each of its looks, and asks once. The question stands under the case that granted the right, now over:
what the person writes is read in the Card, and whoever stores it tells the run to look.
"""

from datetime import UTC, date, datetime

import structlog
from temporalio.exceptions import ApplicationError

import benefits
from activities.account import AccountStep, first_usable
from activities.notify import NotifyStep
from activities.world import World
from card import accounts, messages
from card.run_lines import Accountless
from card.tables import Question
from workflows.model import NO_ANSWER, AskAccountInput, Case, CheckAccountInput, NoticeInput, NoticeKind
from workflows.run_model import asks_of_run, is_of_run

log = structlog.get_logger()


class AnotherAccount:
    def __init__(self, world: World) -> None:
        self.world = world
        self._account, self._notify = AccountStep(world), NotifyStep(world)

    async def find(self, one: Accountless, run: date) -> None:
        """Make an account known that is theirs, open, and was not turned down, if there is one by now; else the person
        is asked. What the SMS centre or a register cannot do now holds up nobody else: the next look does it."""
        if await self._at_the_banks(one):
            return
        case = Case(ref=one.case_ref, service=one.service, person_id=one.id, on=one.assessed_on)
        try:
            await self._of_the_person(case, asks_of_run(run, case.ref))
        except ApplicationError as failed:
            log.warning("another_account.later", case=case.ref, why=failed.type)

    async def _at_the_banks(self, one: Accountless) -> bool:
        async with self.world.card.statements() as session:
            rejected = await accounts.rejected(session, one.id, unless=None)
        iban = await first_usable(self.world, one.iin, rejected)
        if iban is not None:
            async with self.world.card.transaction() as session:
                await accounts.know(session, one.id, iban, "bank")
        return iban is not None

    async def _of_the_person(self, case: Case, key: str) -> None:
        async with self.world.card.statements() as session:
            asked = await messages.last_question(session, case.ref)
        if asked is not None and is_of_run(asked.key) and asked.closed_at is None:
            if await self._answered(case, asked) or asked.deadline > datetime.now(UTC):
                return
            async with self.world.card.transaction() as session:
                await messages.close_questions(session, case.ref)
        if asked is None or asked.key != key:
            await self._ask(case, key)

    async def _answered(self, case: Case, asked: Question) -> bool:
        """Whether an answer names an account that can be used; of any other the person is told what is wrong."""
        async with self.world.card.statements() as session:
            said = await messages.answers_to(session, asked.key)
        for message_id in said:
            key = f"{asked.key}:{message_id}"
            found = await self._account.check_account(CheckAccountInput(case=case, key=key, message_id=message_id))
            if found.account is not None:
                return True
            if found.reason != NO_ANSWER:
                kind, until = NoticeKind.ACCOUNT_BAD, asked.deadline
                await self._notify.notify(NoticeInput(case=case, key=key, kind=kind, until=until, detail=found.reason))
        return False

    async def _ask(self, case: Case, key: str) -> None:
        """Not in the quiet hours: there are other looks."""
        now, quiet = datetime.now(UTC), self.world.quiet_hours
        if quiet is None or quiet.over(now) == now:
            days = benefits.service(case.service).account_days
            await self._account.ask_account(AskAccountInput(case=case, key=key, at=now, days=days))
