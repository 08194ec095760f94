"""The words of a case: stages, outcomes, messages and registered names, shared by workflows, activities and gateway.

It is the one module of ours that a workflow file imports, so it may import only pydantic and Temporal's own types.
Messages travel encrypted, but carry ids and amounts, not people: no IIN, name, phone or IBAN belongs here. They evolve
additively, with defaults, because cases that started under an older version wait for weeks. Money is Decimal tenge.
"""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from temporalio.common import SearchAttributeKey

WORKFLOW = "ProactiveService"
NOTICE_WORKFLOW = "ProactiveNotice"

CASE_OVER = "CaseOver"
"""The type of a step's refusal to act for a case that has ended by the Card; its details are outcome and reason."""

TOO_MANY = "TooMany"
"""The type of a refusal of an answer because many wait: it is to be brought again."""

NO_ANSWER = "no_answer"
"""Why a message holds no account: it answers no such question of this case."""

ALMATY = timezone(timedelta(hours=5), "UTC+5")
"""For display only, and inside workflows, where the tz database is out of reach; activities use Asia/Almaty."""


class Stage(StrEnum):
    """Where a case stands; the value of the search attribute `Stage`."""

    DETECT = "detect"
    OFFER = "offer"
    CONSENT = "consent"
    LATE = "late"
    """The window has closed without an answer; a late yes is still noticed and answered."""
    ACCOUNT = "account"
    REGISTER = "register"
    ASSIGN = "assign"
    CREDIT = "credit"
    TELL = "tell"
    """A notice goes out; nothing is asked."""
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a case ended; the value of the search attribute `Outcome`. The list is closed: no case ends otherwise."""

    CREDITED = "credited"
    NO_RIGHT = "no_right"
    ALREADY_PAID = "already_paid"
    ALREADY_OFFERED = "already_offered"
    UNREACHABLE = "unreachable"
    REFUSED_BY_PERSON = "refused_by_person"
    LAPSED = "lapsed"
    LATE_YES = "late_yes"
    NO_ACCOUNT = "no_account"
    MISSING_DOCUMENT = "missing_document"
    REFUSED_BY_BODY = "refused_by_body"
    CLOSED_BY_OPERATOR = "closed_by_operator"
    TOLD = "told"
    """Of a notice: said."""
    NOT_DUE = "not_due"
    """Of a notice: there is nothing to say, or it was said before."""


class Step(StrEnum):
    """Names of the activities, as registered with Temporal. Renaming one strands running cases."""

    DETECT = "detect"
    OFFER = "offer"
    HEAR = "hear"
    REASSESS = "reassess"
    RECORD_CONSENT = "record_consent"
    """Superseded by `hear`, for cases that had read a reply before."""
    READ_RECEIPT = "read_receipt"
    """What the Card says of the delivery of a question, whatever the signal claims that told of it."""
    NOTIFY = "notify"
    ASK_ACCOUNT = "ask_account"
    FIND_ACCOUNT = "find_account"
    CHECK_ACCOUNT = "check_account"
    REGISTER = "register"
    ASSIGN = "assign"
    ACCEPT_AMOUNT = "accept_amount"
    CREDIT = "credit"
    CLOSE = "close"
    DETECT_NOTICE = "detect_notice"
    TELL = "tell"
    DECIDE = "decide"
    """An operator's decision is written down, before the case goes on."""
    SETTLE = "settle"
    """What an operator found out about a payment that the bank says it made before."""


class Message(StrEnum):
    """Names of the updates and signals of a case."""

    REPLY = "reply"
    RESOLVE = "resolve"
    RECEIPT = "receipt"
    FAILING = "failing"


class Change(StrEnum):
    """Changes of what a case does, by which cases that began before them go on as they began (`workflow.patched`).

    Asked where the ways part, not at the start: a running case then takes the new way in what it has not yet reached.
    """

    HEAR = "hear"
    """A reply's meaning is read from the Card, not from the update that brings it."""
    REASSESS = "reassess"
    """The law is applied again for the day of application, where that is later than the day on which it was found."""
    ONE_VERDICT = "one-verdict"
    """What is said of the delivery of an earlier question is no verdict on the next one."""
    TAKE_BACK = "take-back"
    """A no may be taken back until the window closes."""
    TELL_ENDINGS = "tell-endings"
    """A case that ends after the person's yes for want of an account or a document, or by an operator, tells them."""
    READ_RECEIPT = "read-receipt"
    """Whether a question arrived, and when, is read from the Card, not from the signal that tells of it."""
    SHOWN_WAIT = "shown-wait"
    """A case that waits to send its question again shows that, not the answer that it cannot have."""
    ACCOUNT_TRIES = "account-tries"
    """An account that cannot be used is asked for again a few times, then an operator is; and one who has no phone is
    not asked by SMS."""
    ONE_STATE = "one-state"
    """All that operators see follows from one state: the legal term is the deadline from the consent on, being overdue
    stands beside another reason, a decision is gone from the screen once it is made, and is a row in the Card."""
    WITHDRAWN = "withdrawn"
    """Who was asked and whose case is closed then is told so; what they had said is heard, and a no stays a no."""
    ACCOUNT_HEARD = "account-heard"
    """Who sends an account while an operator is asked to call them is heard: it was passed over, unseen."""
    ACCOUNT_MOVED = "account-moved"
    """Whose phone has changed since they were asked for an account is asked on the new one."""
    LAST_WORD = "last-word"
    """A no that comes while a case is being closed by an operator is heard like one that came before."""
    LASTING_DECISION = "lasting-decision"
    """A decision is written down once the server has it for good: of two dozen at one moment, those that were refused
    in the end had been written too."""


class Attention(StrEnum):
    """Why a case needs a person."""

    LAW_UNDECIDED = "law_undecided"
    SAME_RIGHT = "same_right"
    """Something is paid under another name that may be this right: an old number, another parent, an older decision."""
    IS_IT_DUE = "is_it_due"
    """What ran has ended by E-Maket, or runs for another: whether it is due to this person is for somebody to say."""
    AMOUNTS_DIFFER = "amounts_differ"
    DOCUMENT_MISSING = "document_missing"
    STEP_REFUSED = "step_refused"
    ACCOUNT_NEEDED = "account_needed"
    PAID_BEFORE = "paid_before"
    """The bank says that it made this payment before, and cannot say how."""
    STEP_FAILING = "step_failing"
    """A step has been failing for `FAILS_AFTER`, and is tried again and again."""
    OVERDUE = "overdue"
    """The legal term has passed. A state beside any of the others."""


CANCELLED = "cancelled"
"""The reason of a case that was closed because its workflow was cancelled in Temporal."""


class Action(StrEnum):
    """What an operator can do for a case that needs a person."""

    RETRY = "retry"
    ACCEPT_AMOUNT = "accept-amount"
    DOCUMENT_SUPPLIED = "document-supplied"
    CONFIRM_PAID = "confirm-paid"
    PAY_ANEW = "pay-anew"
    SAME_RIGHT = "same-right"
    ANOTHER_RIGHT = "another-right"
    IS_DUE = "is-due"
    NOTE = "note"
    CLOSE = "close"


MEANS = {
    Action.RETRY: "do the step again",
    Action.ACCEPT_AMOUNT: "pay what the body assigned",
    Action.DOCUMENT_SUPPLIED: "apply again, with the document",
    Action.CONFIRM_PAID: "the bank has shown that the money reached the account; say in the note how",
    Action.PAY_ANEW: "the bank has shown that no money left; say in the note how",
    Action.SAME_RIGHT: "it is this right: the same child, death or children, or a decision whose place this one takes",
    Action.ANOTHER_RIGHT: "it is another one's; this right is to be had beside it",
    Action.IS_DUE: "it is due to this person: go on with what the law gives",
    Action.NOTE: "write a remark down; the case goes on as it does",
    Action.CLOSE: "end the case",
}
"""What each does, in the words of the screen."""

WITH_NOTE = frozenset({Action.CONFIRM_PAID, Action.PAY_ANEW, Action.NOTE})
"""Those that say nothing without a note."""

FAILS_AFTER = timedelta(minutes=15)
"""So long a step may fail before the case needs a person: bodies restart, networks break for a while."""

ALLOWED_ACTIONS: dict[Attention, frozenset[Action]] = {
    Attention.LAW_UNDECIDED: frozenset({Action.RETRY, Action.CLOSE}),
    Attention.SAME_RIGHT: frozenset({Action.SAME_RIGHT, Action.ANOTHER_RIGHT, Action.RETRY, Action.CLOSE}),
    Attention.IS_IT_DUE: frozenset({Action.IS_DUE, Action.RETRY, Action.CLOSE}),
    Attention.AMOUNTS_DIFFER: frozenset({Action.ACCEPT_AMOUNT, Action.RETRY, Action.CLOSE}),
    Attention.DOCUMENT_MISSING: frozenset({Action.DOCUMENT_SUPPLIED, Action.CLOSE}),
    Attention.STEP_REFUSED: frozenset({Action.RETRY, Action.CLOSE}),
    Attention.ACCOUNT_NEEDED: frozenset({Action.RETRY, Action.CLOSE}),
    Attention.PAID_BEFORE: frozenset({Action.RETRY, Action.CONFIRM_PAID, Action.PAY_ANEW}),
    Attention.STEP_FAILING: frozenset({Action.CLOSE}),
    Attention.OVERDUE: frozenset({Action.CLOSE}),
}
"""What can be decided, beside a note. A case whose money is on its way cannot be closed, whatever the reason."""


class Meaning(StrEnum):
    """What a person's SMS was understood to say."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"
    ACCOUNT = "account"


class Right(StrEnum):
    YES = "yes"
    NO = "no"
    PERSON_DECIDES = "person_decides"


def tenge(amount: Decimal) -> str:
    """`78 798 tenge`; tiyn only where there are any."""
    text = f"{amount:,.2f}".removesuffix(".00").replace(",", " ")
    return f"{text} tenge"


def local(at: datetime) -> str:
    """A time as operators read it, in the one zone of the country (UTC+5 since 1.03.2024)."""
    return f"{at.astimezone(ALMATY):%d.%m.%Y %H:%M}"


def zoned(at: datetime) -> str:
    """The same with its zone, for where no heading names it: the Web UI writes other times beside it in its own."""
    return f"{local(at)} {ALMATY.tzname(None)}"


def day_in_almaty(at: datetime) -> date:
    """The day of the country on which this moment falls (UTC+5 since 1.03.2024)."""
    return at.astimezone(ALMATY).date()


class SearchAttributes:
    """The typed search attributes: the one registry of their names. Clear text for ever: nothing personal."""

    SERVICE = SearchAttributeKey.for_keyword("Service")
    STAGE = SearchAttributeKey.for_keyword("Stage")
    OUTCOME = SearchAttributeKey.for_keyword("Outcome")
    REGION = SearchAttributeKey.for_keyword("Region")
    CASE_REF = SearchAttributeKey.for_keyword("CaseRef")
    DEADLINE = SearchAttributeKey.for_datetime("Deadline")
    """What has to happen by when: the end of the answer's window, and from the consent on the legal term."""
    NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")
    ATTENTION = SearchAttributeKey.for_keyword_list("Attention")
    """Why it needs a person: one or several of `Attention`."""

    ALL = (SERVICE, STAGE, OUTCOME, REGION, CASE_REF, DEADLINE, NEEDS_ATTENTION, ATTENTION)


def workflow_id(service: str, ref: str) -> str:
    """`{service}/{case_ref}`, for example `multi-child/4827-1031-6`."""
    return f"{service}/{ref}"


class Wire(BaseModel):
    """A message: frozen, silent about fields that a newer version added, and about what was wrong in a broken one."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Case(Wire):
    """What a case starts with."""

    ref: str
    service: str
    person_id: UUID
    on: date
    """The day for which the right is assessed, in Asia/Almaty."""

    @property
    def id(self) -> str:
        return workflow_id(self.service, self.ref)

    def key(self, step: Step, n: int = 1) -> str:
        """The idempotency key of an effect: the case, the step and, from the second time on, its number."""
        return f"{self.id}:{step}" if n == 1 else f"{self.id}:{step}:{n}"


class QuietHours(Wire):
    """The part of the day in which nobody is woken: minutes after local midnight, over midnight if `start > end`."""

    start: int
    end: int
    utc_offset: int = 300
    """Minutes east of UTC; one zone, UTC+5, since 1.03.2024."""

    def over(self, now: datetime) -> datetime:
        """The earliest time from `now` on at which a message may go out."""
        local = now + timedelta(minutes=self.utc_offset)
        minute = local.hour * 60 + local.minute
        quiet = self.start <= minute < self.end if self.start < self.end else minute >= self.start or minute < self.end
        if not quiet:
            return now
        until = local.replace(hour=self.end // 60, minute=self.end % 60, second=0, microsecond=0)
        if until <= local:
            until += timedelta(days=1)
        return until - timedelta(minutes=self.utc_offset)


class Policy(Wire):
    """The dated terms of the service, in days, as the law's parameters had them on the day of the case."""

    reminder_after_days: int | None = None
    late_reply_days: int
    account_days: int
    document_days: int
    quiet_hours: QuietHours | None = None


class StepInput(Wire):
    """The input of every activity: the case, the key of the effect, and what the step needs beside."""

    case: Case
    n: int = 1
    key: str


class Detected(Wire):
    right: Right
    ended: Outcome | None = None
    """Set when the case ends here: no right, already paid, already offered."""
    reason: str | None = None
    """The failed condition's code, or the question a person must answer."""
    amount: Decimal | None = None
    """The computed amount in tenge, once or a month: net, for that is what the body's is compared with and credited."""
    was: Decimal | None = None
    """What runs until now, in tenge a month: the family's circumstances have changed, and the difference is due."""
    same_right: bool = False
    """The question is whether what is paid under another number is this right."""
    may_be_due: bool = False
    """The question is whether the right is due to this person: with a yes the case goes on with what the law gives."""
    awaits_law: bool = False
    """The question is answered by whoever enters the law of that day: the case looks again by itself."""
    at_stake: bool = False
    """An earlier life of the case may have paid already: it cannot end before the bank has said so."""
    frequency: str = "once"
    region: str | None = None
    policy: Policy | None = None


class ReassessInput(StepInput):
    on: date
    """The day of application."""
    was: Decimal | None = None


class OfferInput(StepInput):
    amount: Decimal
    was: Decimal | None = None
    """What runs until now, of a right whose circumstances have changed."""
    at: datetime
    """When the question goes out, by the clock of the case; the window runs from here if no receipt comes."""


class Offered(Wire):
    """`sent` is false when the person has no phone or the SMS centre refuses it."""

    sent: bool
    reason: str | None = None
    deadline: datetime | None = None
    consent: "ConsentRecorded | None" = None
    """The yes that the Card holds already, of a case that was begun anew: nothing is asked."""
    granted: bool = False
    """That yes was to the right itself, and the law's parameters grant its changes without another."""
    declined: bool = False
    """The Card holds a no already; it may still be taken back."""


class Receipt(Wire):
    """A delivery receipt of the offer, from the SMS centre."""

    key: str
    deadline: datetime | None = None
    """The end of the window, counted from the delivery; None if the question did not arrive."""


class Reply(Wire):
    """A person has answered: the message that says so in the database. Nothing else here is believed."""

    message_id: str
    meaning: Meaning | None = None
    """As an older gateway sent it; read by cases that began before the Card was asked (`Change.HEAR`)."""
    received_at: datetime | None = None


class ReplyTaken(Wire):
    stage: Stage
    noted: bool
    """False if the case waits for no answer now; the reply is recorded and changes nothing."""


class ReadReceiptInput(StepInput):
    question_key: str


class Delivery(Wire):
    """What became of a question. `judged`: the Card holds its receipts; without a deadline it did not arrive."""

    judged: bool
    deadline: datetime | None = None


class HearInput(StepInput):
    message_id: str
    deadline: datetime
    """The end of the window, as the case has it."""
    closing: bool = False
    """The case is being closed by an operator: a no still counts, and what is a yes is no consent any more."""


class ConsentInput(StepInput):
    reply: Reply
    given: bool


class ConsentRecorded(Wire):
    applied_on: date
    """The day on which the consent was received, in Asia/Almaty: the day of application."""
    due: datetime
    """The end of the legal term for the decision, in working days of the public calendar."""
    found_on: date | None = None
    """Of a consent that was given before the case was begun anew: the day on which the right was first found."""


class Answer(Wire):
    """What a person's message says, by the Card; `refused` says why it is no answer to what this case asked."""

    meaning: Meaning = Meaning.UNCLEAR
    received_at: datetime | None = None
    consent: ConsentRecorded | None = None
    """Set when a yes within the window, or a no, has been recorded."""
    refused: str | None = None
    moved: bool = False
    """The phone that answered is no longer the person's."""


class NoticeKind(StrEnum):
    """The messages a case sends after the offer; the wording is in `dialogue`."""

    REMINDER = "reminder"
    UNCLEAR = "unclear"
    LAPSED = "lapsed"
    LATE = "late"
    REFUSED = "refused_confirmed"
    ACCOUNT_BAD = "account_bad"
    MISSING_DOCUMENT = "missing_document"
    DOCUMENT_LAPSED = "document_lapsed"
    ACCOUNT_LAPSED = "account_lapsed"
    STOPPED = "stopped"
    AMOUNT_CHANGED = "amount_changed"
    PAID = "assigned_and_paid"
    BODY_REFUSED = "body_refused"


class NoticeInput(StepInput):
    kind: NoticeKind
    until: datetime | None = None
    detail: str | None = None
    amount: Decimal | None = None


class AskAccountInput(StepInput):
    at: datetime
    days: int


class AccountAsked(Wire):
    sent: bool
    deadline: datetime


class Account(Wire):
    id: UUID
    tail: str
    """The last four characters of the IBAN, enough for an operator on the telephone."""


class AccountFound(Wire):
    account: Account | None = None
    reason: str | None = None
    moved: bool = False
    """The phone that answered is no longer the person's."""


class CheckAccountInput(StepInput):
    message_id: str


class RegisterInput(StepInput):
    applied_on: date
    amount: Decimal
    was: Decimal | None = None
    on: date | None = None
    """The day for which the right was assessed last: before anything is applied for, it is looked at once more."""


class Registered(Wire):
    number: str | None = None
    missing_document: str | None = None
    refused: str | None = None
    changed: bool = False
    """Nothing was applied for: the registries do not say any more what the right rests on."""


class AssignInput(StepInput):
    application_number: str
    applied_on: date
    amount: Decimal
    was: Decimal | None = None
    """What runs already: the body assigns the whole amount, and the difference is what is new."""


class Ruling(Wire):
    assigned: bool
    amount: Decimal = Decimal(0)
    differs: bool = False
    reason: str | None = None


class CreditInput(StepInput):
    account_id: UUID
    amount: Decimal


class Credited(Wire):
    settled: bool
    reason: str | None = None
    part: Decimal | None = None
    """Only so much had been paid before: the rest is still to be paid."""


class CloseInput(StepInput):
    outcome: Outcome
    reason: str | None = None


_OF_SOMEBODY = re.compile(
    r"(?<![0-9])[0-9](?:[ -]?[0-9]){11}(?![0-9])"
    r"|\+?[78][ (-]{0,2}7[0-9]{2}[ )-]{0,2}[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2}"
    r"|KZ[0-9]{2}"
)
"""An IIN, a mobile phone, the beginning of an account."""


def who_and_why(by: str, note: str) -> str | None:
    """What is wrong with a name and a note that are kept for good and shown to every operator; None if nothing is."""
    if not by.strip():
        return 'by: say who decides, as {"by": "a.omarova"}'
    if len(by) > 100 or len(note) > 1000:
        return "by, note: at most 100 and 1000 characters"
    if not by.isprintable() or not "".join(note.split("\n")).isprintable():
        return "by, note: a sign that no text has"
    if not any(sign.isalnum() for sign in by):
        return "by: a name has letters"
    if _OF_SOMEBODY.search(by) or _OF_SOMEBODY.search(note):
        return "by, note: no number of a person, phone or account; everybody who looks at the case reads it"
    return None


class Resolution(Wire):
    """An operator's decision on a case that needs a person.

    Read as it comes, so that what is wrong with it can be said in words: the case checks it.
    """

    action: str = ""
    """One of `Action`."""
    note: str = ""
    by: str = ""
    """Who decides."""


class DecideInput(StepInput):
    action: Action
    why: str
    """What the case needed a person for: one or several of `Attention`."""
    by: str
    note: str
    at: datetime


class SettleInput(StepInput):
    """`key` is the payment's."""

    paid: bool


class Failing(Wire):
    """A step that has failed for long, and is tried again and again."""

    key: str
    since: datetime
    attempts: int
    error: str
    """Of the last attempt."""


class Resolved(Wire):
    stage: Stage
    action: Action


class CaseResult(Wire):
    """How a case ended, and its money in tenge: `assigned == credited + pending`, always."""

    ref: str
    outcome: Outcome
    stage: Stage
    """The last stage reached before closing."""
    reason: str | None = None
    assigned: Decimal = Decimal(0)
    credited: Decimal = Decimal(0)
    pending: Decimal = Decimal(0)


class NoticeFound(Wire):
    """Whether a notice is due; what it says stays in the database."""

    kind: str | None = None
    """Which notice, by the law's code; None if there is nothing to say."""
    reason: str | None = None
    region: str | None = None
    quiet_hours: QuietHours | None = None


class TellInput(StepInput):
    at: datetime
    """When the notice goes out, by the clock of the case."""


class Told(Wire):
    """`sent` is false when the person has no phone or the SMS centre refuses it."""

    sent: bool
    reason: str | None = None
