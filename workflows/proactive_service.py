"""One case, top to bottom: a right is found, offered, consented to, applied for, assigned and credited.

Decisions only. Every effect is an activity with its own key; every wait has a stored deadline; every end is a named
outcome. What cannot be done stays visible as NeedsAttention and waits for an operator: a case never fails.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime, timedelta
from decimal import Decimal

from temporalio import workflow

from workflows.case_in_sight import CaseEnds, CaseInSight, StepRefused
from workflows.model import (
    NO_ANSWER,
    WORKFLOW,
    Account,
    AccountAsked,
    AccountFound,
    Action,
    Answer,
    AskAccountInput,
    AssignInput,
    Attention,
    Case,
    CaseResult,
    Change,
    CheckAccountInput,
    ConsentInput,
    ConsentRecorded,
    Credited,
    CreditInput,
    Delivery,
    Detected,
    HearInput,
    Meaning,
    NoticeKind,
    Offered,
    OfferInput,
    Outcome,
    Policy,
    ReadReceiptInput,
    ReassessInput,
    Receipt,
    Registered,
    RegisterInput,
    Reply,
    Right,
    Ruling,
    SettleInput,
    Stage,
    Step,
    day_in_almaty,
    local,
    tenge,
)

OFFERS = 2
"""How often the question is sent if it does not arrive, a day apart."""

LAW_AWAITED = timedelta(days=1)
"""So often a case looks whether the law of its day has been entered."""

ANSWERS_TO_UNCLEAR = 3
"""So many times a person is told how to answer; after that the open window waits in silence."""

PAID_BEFORE = "Duplicate"
"""The type of a bank's refusal that says that it made this payment before."""

ACCOUNT_TRIES = 3
"""So many accounts of no use are answered by SMS; then an operator calls: an answering machine would go on for ever."""

NOTICE_OF = {
    Outcome.CREDITED: NoticeKind.PAID,
    Outcome.REFUSED_BY_PERSON: NoticeKind.REFUSED,
    Outcome.LATE_YES: NoticeKind.LATE,
    Outcome.REFUSED_BY_BODY: NoticeKind.BODY_REFUSED,
    Outcome.NO_ACCOUNT: NoticeKind.ACCOUNT_LAPSED,
    Outcome.MISSING_DOCUMENT: NoticeKind.DOCUMENT_LAPSED,
    Outcome.CLOSED_BY_OPERATOR: NoticeKind.STOPPED,
}
"""The endings of which the person is told; one that an operator made, only after the person was asked."""

SILENT = {
    Outcome.NO_RIGHT: "nothing was said to the person, and there is nothing to offer",
    Outcome.ALREADY_PAID: "nothing was said to the person, who has it",
    Outcome.ALREADY_OFFERED: "nothing was said to the person here; the other case speaks",
    Outcome.UNREACHABLE: "no message reaches the person",
    Outcome.LAPSED: "told when the window closed, with the way that stays open",
    Outcome.TOLD: "of a notice, which was the telling",
    Outcome.NOT_DUE: "of a notice: there was nothing to say",
}
"""The endings of which the person is not told, and why not."""

TOLD_SINCE = frozenset({Outcome.NO_ACCOUNT, Outcome.MISSING_DOCUMENT, Outcome.CLOSED_BY_OPERATOR})
"""Those that cases did not tell that began before `Change.TELL_ENDINGS`."""

UNASKED = frozenset({Outcome.CREDITED, Outcome.REFUSED_BY_BODY}) | TOLD_SINCE
"""Those that answer nothing the person has just said: they wait for the morning."""


@workflow.defn(name=WORKFLOW)
class ProactiveService(CaseInSight):
    """A case of one service for one person. What operators see of it, and do, is in `CaseInSight`."""

    @workflow.init
    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.offered = workflow.now()
        """When the question went out."""
        self.found_on = day_in_almaty(workflow.now())
        """The day on which the right was found: the law is applied again for as many days later as have passed."""
        self.was: Decimal | None = None
        """What runs already, in tenge a month: the difference is what this case brings."""
        self.said_yes = False
        """From here on the person counts on it: however the case ends, they are told."""
        self.declined = False
        """The person has said no, and may take it back."""
        self.told_no = False
        self.assigned = Decimal(0)
        self.credited = Decimal(0)
        self.looks = 0

    @workflow.run
    async def run(self, case: Case) -> CaseResult:  # noqa: ARG002  (init has taken it)
        return await self.to_its_end(self._live())

    async def _live(self) -> CaseResult:
        try:
            amount, policy = await self._detect()
            consent = await self._consent(amount, policy)
            if workflow.patched(Change.ONE_STATE):
                self.due = consent.due
            async with self._overdue_after(consent.due):
                amount = await self._reassess(amount, consent)
                account = await self._account(policy)
                amount, number = await self._register(amount, consent, policy)
                assigned = await self._assign(amount, consent.applied_on, number)
                await self._credit(assigned, account, policy)
            end = CaseEnds(Outcome.CREDITED)
        except CaseEnds as ends:
            end = ends
        return await self._close(end)

    async def _detect(self) -> tuple[Decimal, Policy]:
        """The law is applied to fresh facts. Without a right, or with one that is served already, the case ends."""
        n = 0
        while True:
            n += 1
            found = await self.do(Step.DETECT, self.input(Step.DETECT, n), Detected, "apply the law to fresh facts")
            self.region = found.region
            self.money_at_stake = self.money_at_stake or found.at_stake
            if found.ended is not None:
                raise CaseEnds(found.ended, found.reason)
            if found.right is Right.YES and found.amount is not None and found.policy is not None:
                self.quiet_hours = found.policy.quiet_hours
                self.was, self.found_on = found.was, day_in_almaty(workflow.now())
                running = f", {tenge(found.was)} until now" if found.was else ""
                self.note(
                    f"right found: {tenge(found.amount)}{'' if found.frequency == 'once' else ' a month'}{running}"
                )
                if found.reason:
                    self.note(f"a further part is open, for a person to find out: {found.reason}")
                return found.amount, found.policy
            await self._undecided(found, found.reason or "the law leaves the answer open")

    async def _consent(self, amount: Decimal, policy: Policy) -> ConsentRecorded:
        """The question goes out until it arrives; a yes within the window is the consent, its day the application's."""
        self.listens = True
        for n in range(1, OFFERS + 1):
            offered = await self._offer(n, amount)
            if offered.consent is not None:
                day = f"{offered.consent.applied_on:%d.%m.%Y}"
                known = "granted without asking, by the yes to the right itself" if offered.granted else "given before"
                self.note(f"consent of {day}: {known}")
                return self._consented(offered.consent)
            consent = await self._answer(n, policy, declined=offered.declined)
            if consent is not None:
                return self._consented(consent)
            self.note("the question did not arrive")
            self.asked_before.add(self.case.key(Step.OFFER, n))
            if n < OFFERS:
                again = workflow.now() + timedelta(days=1)
                if workflow.patched(Change.SHOWN_WAIT):
                    await self.enter(Stage.OFFER, "a day to send again", again)
                await self.wait(lambda: bool(self.replies), again, "a day to send again")
        raise CaseEnds(Outcome.UNREACHABLE, "not_delivered")

    def _consented(self, consent: ConsentRecorded) -> ConsentRecorded:
        self.listens = False
        self.found_on = consent.found_on or self.found_on
        self.said_yes = True
        return consent

    async def _offer(self, n: int, amount: Decimal) -> Offered:
        """The question goes out by SMS, outside the quiet hours; reminders count from there."""
        await self._quiet_hours()
        await self.enter(Stage.OFFER, "the SMS centre")
        if n > 1 and workflow.patched(Change.ONE_VERDICT):
            self.receipt = None  # what is still said of the question before says nothing of this one
        self.offered = workflow.now()
        question = OfferInput(**self.base(Step.OFFER, n), amount=amount, was=self.was, at=self.offered)
        offered = await self.do(Step.OFFER, question, Offered, "ask for consent by SMS")
        if offered.consent is None:
            if not offered.sent or offered.deadline is None:
                raise CaseEnds(Outcome.UNREACHABLE, offered.reason)
            self.deadline = offered.deadline
            self.note(f"question sent; answers count until {local(offered.deadline)}")
        return offered

    async def _answer(self, n: int, policy: Policy, *, declined: bool = False) -> ConsentRecorded | None:
        """The window, open until the stored deadline, which decides whatever wakes us first.

        A yes that was *received* in time counts even if it reaches us late; one received later is its own outcome and
        is answered. A no may be taken back within the window. None if the question did not arrive.
        """
        await self.enter(Stage.CONSENT, "the person's answer", self.deadline)
        remind_at = self.offered + timedelta(days=policy.reminder_after_days) if policy.reminder_after_days else None
        remind_at = None if declined else remind_at
        self.declined = self.told_no = declined
        unclear = 0
        while True:
            listened_until = self.deadline + timedelta(days=policy.late_reply_days)
            wake = listened_until if self.stage is Stage.LATE else min(self.deadline, remind_at or self.deadline)
            ends = listened_until if self.stage is Stage.LATE else self.deadline
            await self.wait(lambda: bool(self.replies or self.receipt), wake, self.waits_for, ends=ends)
            while self.replies:
                reply = self.replies.popleft()
                answer = await self._hear(reply)
                if answer.moved:
                    self.note("the phone that answered is no longer the person's")
                    return None
                if answer.refused is not None or answer.received_at is None:
                    self.note(f"a message does not count: {answer.refused}")
                elif answer.meaning is Meaning.YES and answer.received_at > self.deadline:
                    raise CaseEnds(Outcome.LATE_YES)
                elif answer.meaning is Meaning.YES:
                    return await self._said(reply, answer)
                elif answer.meaning is Meaning.NO:
                    await self._said(reply, answer)
                    if self.stage is Stage.LATE or not workflow.patched(Change.TAKE_BACK):
                        raise CaseEnds(Outcome.REFUSED_BY_PERSON)
                    if not declined:
                        declined, remind_at = True, None
                        self.declined = True
                        await self.enter(Stage.CONSENT, "a change of mind, after a no", self.deadline)
                        await self._tell(NoticeKind.REFUSED, until=self.deadline)
                        self.told_no = True
                else:
                    unclear += 1
                    self.note("unclear answer")
                    if unclear <= ANSWERS_TO_UNCLEAR and self.stage is Stage.CONSENT:
                        await self._tell(NoticeKind.UNCLEAR, until=self.deadline)
            if self.receipt is not None:
                receipt, self.receipt = self.receipt, None
                delivery = await self._delivery(receipt, n)
                if delivery.judged and delivery.deadline is None:
                    return None
                if delivery.deadline is not None and delivery.deadline > self.deadline:
                    self.deadline = delivery.deadline
                    await self.enter(Stage.CONSENT, "the person's answer", self.deadline)
                    self.note(f"delivered; answers count until {local(self.deadline)}")
            now = workflow.now()
            if self.stage is Stage.LATE and now >= wake:
                raise CaseEnds(Outcome.LAPSED)
            if self.stage is Stage.CONSENT and now >= self.deadline:
                if declined:
                    raise CaseEnds(Outcome.REFUSED_BY_PERSON, told=True)
                # The right is not lost by silence: the person is told that an ordinary application stays possible.
                self.note("window closed without an answer")
                await self.enter(Stage.LATE, "a late answer", listened_until)
                await self._quiet_hours()
                await self._tell(NoticeKind.LAPSED)
            elif remind_at is not None and now >= remind_at:
                remind_at = None
                await self._quiet_hours()
                await self._tell(NoticeKind.REMINDER, until=self.deadline)

    async def _delivery(self, receipt: Receipt, n: int) -> Delivery:
        """What the Card says of the n-th question, now that a receipt is said to have come."""
        if not workflow.patched(Change.READ_RECEIPT):
            return Delivery(judged=True, deadline=receipt.deadline)
        self.receipts += 1
        about = self.case.key(Step.OFFER, n)
        question = ReadReceiptInput(**self.base(Step.READ_RECEIPT, self.receipts), question_key=about)
        return await self.do_locally(Step.READ_RECEIPT, question, Delivery)

    async def _hear(self, reply: Reply) -> Answer:
        """What the Card says that the person wrote. What the update claims counts only where it did once before."""
        if reply.meaning is not None and reply.received_at is not None and not workflow.patched(Change.HEAR):
            return Answer(meaning=reply.meaning, received_at=reply.received_at)
        self.answers += 1
        message = HearInput(**self.base(Step.HEAR, self.answers), message_id=reply.message_id, deadline=self.deadline)
        return await self.do(Step.HEAR, message, Answer, "read the person's answer")

    async def _said(self, reply: Reply, answer: Answer) -> ConsentRecorded:
        """A yes or no is written down: by the step that read it, or else now."""
        assert answer.received_at is not None  # noqa: S101  (what was read has its time)
        self.note(f"the person said {answer.meaning}, {local(answer.received_at)}")
        if answer.consent is not None:
            return answer.consent
        self.listens = False
        recorded = ConsentInput(**self.base(Step.RECORD_CONSENT), reply=reply, given=answer.meaning is Meaning.YES)
        return await self.do_locally(Step.RECORD_CONSENT, recorded, ConsentRecorded)

    async def _reassess(self, amount: Decimal, consent: ConsentRecorded) -> Decimal:
        """The law is applied again for the day of application: a year, a birthday or a death may lie in between."""
        if consent.applied_on <= self.found_on or not workflow.patched(Change.REASSESS):
            return amount
        return await self._look_again(amount, consent)

    def _day_of_application(self, consent: ConsentRecorded) -> date:
        """As the case reckons days: as long after its own day as the application is after the finding."""
        return self.case.on + max(consent.applied_on - self.found_on, timedelta(0))

    async def _look_again(self, amount: Decimal, consent: ConsentRecorded) -> Decimal:
        """The amount by the registries of now; an operator is asked while the law says anything but yes."""
        while True:
            self.looks += 1
            on = self._day_of_application(consent)
            again = ReassessInput(**self.base(Step.REASSESS, self.looks), on=on, was=self.was)
            found = await self.do(Step.REASSESS, again, Detected, "apply the law for the day of application")
            if found.right is Right.YES and found.amount is not None:
                break
            why = found.reason or "the law leaves the answer open"
            await self._undecided(found, f"on the day of application: {why}")
        if found.amount != amount:
            self.note(f"on {consent.applied_on:%d.%m.%Y} the law gives {tenge(found.amount)}, not {tenge(amount)}")
            await self._tell(NoticeKind.AMOUNT_CHANGED, amount=found.amount)
        return found.amount

    async def _undecided(self, found: Detected, why: str) -> None:
        """An operator is asked what the law leaves open; a law that is not entered yet is looked for every day."""
        about = Attention.IS_IT_DUE if found.may_be_due else Attention.LAW_UNDECIDED
        about = Attention.SAME_RIGHT if found.same_right else about
        waited_for = self.waits_for
        again = workflow.now() + LAW_AWAITED if found.awaits_law else None
        await self.ask_operator(about, why, again)
        if again is not None:
            await self.enter(self.stage, waited_for)

    async def _account(self, policy: Policy) -> Account:
        """Banks are asked for the person's own account; without one the person is asked, and has time to answer."""
        await self.enter(Stage.ACCOUNT, "the banks")
        known = self.input(Step.FIND_ACCOUNT, self.questions + 1)
        found = await self.do(Step.FIND_ACCOUNT, known, AccountFound, "ask the banks for the person's own account")
        account = found.account or await self._account_from_person(policy)
        self.note(f"account ending in {account.tail}")
        return account

    async def _account_from_person(self, policy: Policy) -> Account:
        """The person is asked by SMS. A few answers that are of no use, or no phone, and an operator calls them."""
        while True:
            account = await self._account_by_sms(policy)
            tries = 0
            while account is None:
                self.listens = tries < ACCOUNT_TRIES and workflow.patched(Change.ACCOUNT_HEARD)
                text = "no account that can be used came by SMS: call the person"
                answered = (lambda: bool(self.replies)) if self.listens else None
                if await self.ask_operator(Attention.ACCOUNT_NEEDED, text, answered=answered) is not None:
                    break
                tries += 1
                account = (await self._sent_account()).account
            self.listens = False
            if account is not None:
                return account
            found = await self.do(
                Step.FIND_ACCOUNT,
                self.input(Step.FIND_ACCOUNT, self.questions + 1),
                AccountFound,
                "ask the banks for the person's own account",
            )
            if found.account is not None:
                return found.account

    async def _account_by_sms(self, policy: Policy, n: int = 1) -> Account | None:
        await self._quiet_hours()
        self.questions += 1
        self.replies.clear()  # what came after the yes and before this question answers nothing
        self.listens = True
        question = AskAccountInput(
            **self.base(Step.ASK_ACCOUNT, self.questions), at=workflow.now(), days=policy.account_days
        )
        asked = await self.do(Step.ASK_ACCOUNT, question, AccountAsked, "ask the person for an account by SMS")
        if not asked.sent and workflow.patched(Change.ACCOUNT_TRIES):
            self.note("the person could not be asked for an account")
            return None
        await self.enter(Stage.ACCOUNT, "the person's bank account", asked.deadline)
        tries = 0
        while await self.wait(lambda: bool(self.replies), asked.deadline, self.waits_for):
            found = await self._sent_account()
            if found.account is not None:
                self.listens = False
                return found.account
            if found.moved and workflow.patched(Change.ACCOUNT_MOVED):
                self.note("the phone that answered is no longer the person's")
                self.listens = False
                return await self._account_by_sms(policy, n + 1) if n < OFFERS else None
            self.note(f"account not usable: {found.reason}")
            if found.reason == NO_ANSWER:
                continue
            tries += 1
            if tries >= ACCOUNT_TRIES and workflow.patched(Change.ACCOUNT_TRIES):
                self.listens = False
                return None
            await self._tell(NoticeKind.ACCOUNT_BAD, until=asked.deadline, detail=found.reason)
        raise CaseEnds(Outcome.NO_ACCOUNT)

    async def _sent_account(self) -> AccountFound:
        """What the person has sent, looked at by the banks."""
        reply = self.replies.popleft()
        self.checks += 1
        answer = CheckAccountInput(**self.base(Step.CHECK_ACCOUNT, self.checks), message_id=reply.message_id)
        return await self.do(Step.CHECK_ACCOUNT, answer, AccountFound, "check the account the person sent")

    async def _register(self, amount: Decimal, consent: ConsentRecorded, policy: Policy) -> tuple[Decimal, str]:
        """E-Maket takes the application, dated with the day of consent; a missing document has its own time to come.

        What has changed since the right was found, while an answer, an account or a document was waited for, is looked
        at before it is applied for. Returns the amount applied for and the application's number.
        """
        applied_on, n = consent.applied_on, 0
        until: datetime | None = None
        while True:
            n += 1
            await self.enter(Stage.REGISTER, "E-Maket")
            application = RegisterInput(
                **self.base(Step.REGISTER, n),
                applied_on=applied_on,
                amount=amount,
                was=self.was,
                on=self._day_of_application(consent),
            )
            answer = await self.do(Step.REGISTER, application, Registered, "register the application in E-Maket")
            if answer.number is not None:
                self.note(f"application {answer.number} of {applied_on:%d.%m.%Y}")
                return amount, answer.number
            if answer.changed:
                self.note("what the right rests on has changed")
                amount = await self._look_again(amount, consent)
                continue
            if answer.missing_document is None:
                raise CaseEnds(Outcome.REFUSED_BY_BODY, answer.refused)
            if until is None:
                until = workflow.now() + timedelta(days=policy.document_days)
                await self._quiet_hours()
                await self._tell(NoticeKind.MISSING_DOCUMENT, until=until, detail=answer.missing_document)
            supplied = await self.ask_operator(Attention.DOCUMENT_MISSING, answer.missing_document, until)
            if supplied is None:
                raise CaseEnds(Outcome.MISSING_DOCUMENT, answer.missing_document)

    async def _assign(self, amount: Decimal, applied_on: date, number: str) -> Decimal:
        """The deciding body answers; if its amount is not ours, a person decides before any money moves: to pay it, or
        to ask again once the body has put it right."""
        n = 0
        while True:
            n += 1
            await self.enter(Stage.ASSIGN, "the deciding body")
            file = AssignInput(
                **self.base(Step.ASSIGN, n),
                application_number=number,
                applied_on=applied_on,
                amount=amount,
                was=self.was,
            )
            ruling = await self.do(Step.ASSIGN, file, Ruling, "ask the deciding body for its decision")
            if not ruling.assigned:
                raise CaseEnds(Outcome.REFUSED_BY_BODY, ruling.reason)
            if not ruling.differs:
                break
            text = f"the body assigned {tenge(ruling.amount)}, the law gives {tenge(amount)}"
            decision = await self.ask_operator(Attention.AMOUNTS_DIFFER, text)
            if decision is None or decision.action == Action.RETRY:
                continue
            accept = self.input(Step.ACCEPT_AMOUNT)
            ruling = await self.do(Step.ACCEPT_AMOUNT, accept, Ruling, "accept the body's amount")
            break
        self.assigned = ruling.amount - (self.was or 0)
        running = f", {tenge(self.assigned)} more than until now" if self.was else ""
        self.note(f"assigned {tenge(ruling.amount)}{running}")
        return self.assigned

    async def _credit(self, amount: Decimal, account: Account, policy: Policy) -> None:
        """The money goes to the account, once; a rejected payment asks for another account and goes out anew."""
        n = 0
        while True:
            n += 1
            await self.enter(Stage.CREDIT, "the bank")
            transfer = CreditInput(**self.base(Step.CREDIT, n), account_id=account.id, amount=amount)
            payment = await self._pay(transfer)
            if payment is None:
                continue
            if payment.settled:
                paid = amount if payment.part is None else payment.part
                self.credited += paid
                self.note(f"credited {tenge(paid)}")
                if payment.part is None:
                    return
                amount -= paid
                self.note(f"that was paid before; {tenge(amount)} are left to pay")
                continue
            self.note(f"payment rejected: {payment.reason}")
            account = await self._account(policy)

    async def _pay(self, transfer: CreditInput) -> Credited | None:
        """One transfer. Where the bank says that it made it before, an operator finds out; None to pay anew."""
        while True:
            try:
                return await self.do(
                    Step.CREDIT, transfer, Credited, "credit the money to the account", refusals={PAID_BEFORE}
                )
            except StepRefused as refused:
                decision = await self.ask_operator(Attention.PAID_BEFORE, str(refused), may_close=False)
            if decision is None or decision.action == Action.RETRY:
                continue
            paid = decision.action == Action.CONFIRM_PAID
            found = SettleInput(case=self.case, key=transfer.key, n=transfer.n, paid=paid)
            settled = await self.do_locally(Step.SETTLE, found, Credited)
            self.money_at_stake = False
            return settled if paid or settled.settled else None

    async def _close(self, end: CaseEnds) -> CaseResult:
        """The person is told, the outcome written, the questions closed."""
        reached = self.stage
        stopped = end.outcome is Outcome.CLOSED_BY_OPERATOR
        if stopped and self.declined and not self.said_yes and workflow.patched(Change.WITHDRAWN):
            end = CaseEnds(Outcome.REFUSED_BY_PERSON, end.reason, told=self.told_no)
        asked = stopped and self.listens and not self.said_yes and workflow.patched(Change.LAST_WORD)
        if self._tells(end):
            self.listens = asked
            # Whatever becomes of the message, and whoever cancels meanwhile: the outcome stands.
            with suppress(CaseEnds):
                if end.outcome in UNASKED:
                    await self._quiet_hours()
                end = await self._last_word(end)
                await self._tell(NOTICE_OF[end.outcome], detail=end.reason)
        if asked:
            end = await self._last_word(end)
            self.listens = False
        await self.write_end(end)
        return CaseResult(
            ref=self.case.ref,
            outcome=end.outcome,
            stage=reached,
            reason=end.reason,
            assigned=self.assigned,
            credited=self.credited,
            pending=self.assigned - self.credited,
        )

    async def _last_word(self, end: CaseEnds) -> CaseEnds:
        """What the person says while the case is being closed: a no stays a no. A yes is a person's to look at."""
        while self.replies and self.listens:
            self.closing = True
            self.answers += 1
            message = HearInput(
                **self.base(Step.HEAR, self.answers),
                message_id=self.replies.popleft().message_id,
                deadline=self.deadline,
                closing=True,
            )
            answer = await self.do(Step.HEAR, message, Answer, "read what the person said last")
            if answer.refused is None and answer.meaning is Meaning.NO:
                self.note("the person said no")
                end = CaseEnds(Outcome.REFUSED_BY_PERSON, end.reason, told=True)
        return end

    def _tells(self, end: CaseEnds) -> bool:
        """Whether the person is still to be told of this end. From here on it stands, whoever cancels meanwhile."""
        if end.told or end.outcome not in NOTICE_OF:
            return False
        if self.due is not None:
            self.closing = True
        if end.outcome not in TOLD_SINCE:
            return True
        # Who has been asked is told that the question is withdrawn: they may answer it any moment.
        asked = self.listens and self.stage is Stage.CONSENT and workflow.patched(Change.WITHDRAWN)
        if not (self.said_yes or asked) or not workflow.patched(Change.TELL_ENDINGS):
            return False
        self.listens = False
        self.closing = True
        self.waits_for, self._until = "the hour to tell the person how it ended", None
        self._show()
        return True

    @asynccontextmanager
    async def _overdue_after(self, due: datetime) -> AsyncIterator[None]:
        """The legal term runs: a case that is not decided and paid by its end is shown as overdue, and goes on."""
        timer = asyncio.create_task(self.mark_overdue(due))
        try:
            yield
        finally:
            timer.cancel()
