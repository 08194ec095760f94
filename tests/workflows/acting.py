"""Activities that act out a script, for tests of the workflow's decisions: no database, no network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from temporalio import activity

from workflows.model import (
    Account,
    AccountAsked,
    AccountFound,
    Answer,
    AskAccountInput,
    AssignInput,
    CheckAccountInput,
    CloseInput,
    ConsentInput,
    ConsentRecorded,
    Credited,
    CreditInput,
    DecideInput,
    Delivery,
    Detected,
    HearInput,
    Meaning,
    NoticeFound,
    NoticeInput,
    NoticeKind,
    Offered,
    OfferInput,
    Outcome,
    Policy,
    ReadReceiptInput,
    ReassessInput,
    Registered,
    RegisterInput,
    Right,
    Ruling,
    SettleInput,
    Step,
    StepInput,
    TellInput,
    Told,
    day_in_almaty,
)

AMOUNT = Decimal("78798")
WINDOW = timedelta(days=3)
POLICY = Policy(reminder_after_days=2, late_reply_days=30, account_days=10, document_days=30)


def account(tail: str = "0100") -> AccountFound:
    return AccountFound(account=Account(id=uuid4(), tail=tail))


def found(**changed: Any) -> Detected:
    right = Detected(right=Right.YES, amount=AMOUNT, frequency="monthly", region="KZ-71", policy=POLICY)
    return right.model_copy(update=changed)


@dataclass
class Script:
    """What each step answers, call by call; the last answer of a step is repeated. An exception is raised."""

    detect: Sequence[Any] = field(default_factory=lambda: [found()])
    reassess: Sequence[Any] = field(default_factory=lambda: [found()])
    offer: Sequence[Any] = ("window",)
    find_account: Sequence[Any] = field(default_factory=lambda: [account()])
    ask_account: Sequence[Any] = ("window",)
    check_account: Sequence[Any] = field(default_factory=lambda: [account("7777")])
    register: Sequence[Any] = field(default_factory=lambda: [Registered(number="M-1")])
    assign: Sequence[Any] = field(default_factory=lambda: [Ruling(assigned=True, amount=AMOUNT)])
    accept_amount: Sequence[Any] = field(default_factory=lambda: [Ruling(assigned=True, amount=AMOUNT)])
    credit: Sequence[Any] = field(default_factory=lambda: [Credited(settled=True)])
    part: Decimal | None = None
    """How much of what was paid before, where it is not all."""
    detect_notice: Sequence[Any] = field(default_factory=lambda: [NoticeFound(kind="kandas_ends", region="KZ-71")])
    tell: Sequence[Any] = field(default_factory=lambda: [Told(sent=True)])
    notify: Sequence[Any] = (None,)
    close: Sequence[Any] = (None,)
    working_days: timedelta = timedelta(days=10)

    delivery: Delivery = field(default_factory=lambda: Delivery(judged=False))
    """What the Card holds of the receipts of the question."""
    written: dict[str, Answer] = field(default_factory=dict)
    """What the Card holds of what the person wrote, by the message's id."""
    calls: list[tuple[Step, StepInput]] = field(default_factory=list)

    def of(self, step: Step, case_ref: str | None = None) -> list[Any]:
        return [arg for name, arg in self.calls if name is step and case_ref in (None, arg.case.ref)]

    def told(self) -> list[NoticeKind]:
        return [arg.kind for arg in self.of(Step.NOTIFY)]

    def outcome(self) -> Outcome:
        closed: list[CloseInput] = self.of(Step.CLOSE)
        assert len(closed) == 1, "a case is closed once"
        return closed[0].outcome

    def _consent(self, received_at: datetime) -> ConsentRecorded:
        return ConsentRecorded(applied_on=day_in_almaty(received_at), due=received_at + self.working_days)

    def _next(self, step: Step, arg: StepInput) -> Any:
        answers: Sequence[Any] = getattr(self, step)
        n = len(self.of(step))
        self.calls.append((step, arg))
        answer = answers[min(n, len(answers) - 1)]
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def activities(self) -> list[Callable[..., Any]]:
        @activity.defn(name=Step.DETECT)
        async def detect(arg: StepInput) -> Detected:
            answer: Detected = self._next(Step.DETECT, arg)
            return answer

        @activity.defn(name=Step.REASSESS)
        async def reassess(arg: ReassessInput) -> Detected:
            answer: Detected = self._next(Step.REASSESS, arg)
            return answer

        @activity.defn(name=Step.OFFER)
        async def offer(arg: OfferInput) -> Offered:
            answer = self._next(Step.OFFER, arg)
            return Offered(sent=True, deadline=arg.at + WINDOW) if answer == "window" else answer

        @activity.defn(name=Step.RECORD_CONSENT)
        async def record_consent(arg: ConsentInput) -> ConsentRecorded:
            self.calls.append((Step.RECORD_CONSENT, arg))
            assert arg.reply.received_at is not None
            return self._consent(arg.reply.received_at)

        @activity.defn(name=Step.HEAR)
        async def hear(arg: HearInput) -> Answer:
            self.calls.append((Step.HEAR, arg))
            answer = self.written.get(arg.message_id, Answer(refused="no such message has reached us"))
            clear = answer.meaning is Meaning.NO or (answer.meaning is Meaning.YES and not answer.refused)
            if not clear or answer.received_at is None:
                return answer
            if answer.meaning is Meaning.YES and answer.received_at > arg.deadline:
                return answer
            return answer.model_copy(update={"consent": self._consent(answer.received_at)})

        @activity.defn(name=Step.READ_RECEIPT)
        async def read_receipt(arg: ReadReceiptInput) -> Delivery:
            self.calls.append((Step.READ_RECEIPT, arg))
            return self.delivery

        @activity.defn(name=Step.FIND_ACCOUNT)
        async def find_account(arg: StepInput) -> AccountFound:
            answer: AccountFound = self._next(Step.FIND_ACCOUNT, arg)
            return answer

        @activity.defn(name=Step.ASK_ACCOUNT)
        async def ask_account(arg: AskAccountInput) -> AccountAsked:
            answer = self._next(Step.ASK_ACCOUNT, arg)
            if callable(answer):
                answer = await answer()
            return AccountAsked(sent=True, deadline=arg.at + timedelta(days=arg.days)) if answer == "window" else answer

        @activity.defn(name=Step.CHECK_ACCOUNT)
        async def check_account(arg: CheckAccountInput) -> AccountFound:
            answer: AccountFound = self._next(Step.CHECK_ACCOUNT, arg)
            return answer

        @activity.defn(name=Step.REGISTER)
        async def register(arg: RegisterInput) -> Registered:
            answer: Registered = self._next(Step.REGISTER, arg)
            return answer

        @activity.defn(name=Step.ASSIGN)
        async def assign(arg: AssignInput) -> Ruling:
            answer: Ruling = self._next(Step.ASSIGN, arg)
            return answer

        @activity.defn(name=Step.ACCEPT_AMOUNT)
        async def accept_amount(arg: StepInput) -> Ruling:
            answer: Ruling = self._next(Step.ACCEPT_AMOUNT, arg)
            return answer

        @activity.defn(name=Step.CREDIT)
        async def credit(arg: CreditInput) -> Credited:
            answer: Credited = self._next(Step.CREDIT, arg)
            return answer

        @activity.defn(name=Step.DECIDE)
        async def decide(arg: DecideInput) -> None:
            self.calls.append((Step.DECIDE, arg))

        @activity.defn(name=Step.SETTLE)
        async def settle(arg: SettleInput) -> Credited:
            self.calls.append((Step.SETTLE, arg))
            return Credited(settled=arg.paid, part=self.part)

        @activity.defn(name=Step.NOTIFY)
        async def notify(arg: NoticeInput) -> None:
            self._next(Step.NOTIFY, arg)

        @activity.defn(name=Step.CLOSE)
        async def close(arg: CloseInput) -> None:
            self._next(Step.CLOSE, arg)

        @activity.defn(name=Step.DETECT_NOTICE)
        async def detect_notice(arg: StepInput) -> NoticeFound:
            answer: NoticeFound = self._next(Step.DETECT_NOTICE, arg)
            return answer

        @activity.defn(name=Step.TELL)
        async def tell(arg: TellInput) -> Told:
            answer: Told = self._next(Step.TELL, arg)
            return answer

        return [
            detect,
            reassess,
            offer,
            hear,
            read_receipt,
            record_consent,
            find_account,
            ask_account,
            check_account,
            register,
            assign,
            accept_amount,
            credit,
            decide,
            settle,
            notify,
            close,
            detect_notice,
            tell,
        ]
