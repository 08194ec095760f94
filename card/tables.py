"""The tables of the Card. UNIQUE constraints carry the promises; each says which.

Personal data lives here and nowhere else in the clear. Money is NUMERIC tenge; times are aware. Table models never
travel through Temporal: messages of `workflows.model` do.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Table,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _one_of(column: str, *words: str) -> CheckConstraint:
    """A closed set, kept by the database too: whatever writes there, nonsense is refused."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"a_known_{column}")


OUTCOMES = (
    *("credited", "no_right", "already_paid", "already_offered", "unreachable", "refused_by_person", "lapsed"),
    *("late_yes", "no_account", "missing_document", "refused_by_body", "closed_by_operator", "told", "not_due"),
)
"""How a case may end, as `workflows.model.Outcome` has it: a test holds the two equal."""


def _time(*, nullable: bool = False, now: bool = False, index: bool = False) -> Any:
    return Field(
        default=None,
        sa_column=Column(
            DateTime(timezone=True), nullable=nullable, index=index, server_default=func.now() if now else None
        ),
    )


def _money(*, nullable: bool = False) -> Any:
    return Field(default=None, sa_column=Column(Numeric(14, 2), nullable=nullable))


def _json() -> Any:
    return Field(sa_column=Column(JSONB, nullable=False))


LANGUAGES = ("kk", "ru")


class Person(SQLModel, table=True):
    """A person as the registry of persons last described them."""

    __tablename__ = "persons"
    __table_args__ = (_one_of("language", *LANGUAGES), _one_of("sex", "female", "male"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    iin: str = Field(max_length=12, unique=True)
    family_name: str | None = None
    given_name: str | None = None
    patronymic: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    language: str = "kk"
    region: str | None = None
    died_on: date | None = None
    seen_at: datetime = _time(now=True)


class Family(SQLModel, table=True):
    """A family, named by the adult for whom the registries described it."""

    __tablename__ = "families"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    head_id: UUID = Field(foreign_key="persons.id", unique=True)
    seen_at: datetime = _time(now=True)


class Member(SQLModel, table=True):
    """A person's place in a family."""

    __tablename__ = "members"

    family_id: UUID = Field(foreign_key="families.id", primary_key=True)
    person_id: UUID = Field(foreign_key="persons.id", primary_key=True, index=True)
    relation: str


class RightState(StrEnum):
    """Where a right stands."""

    FOUND = "found"
    """The law says yes; no case of it has ended yet."""
    OFFERED = "offered"
    """A case of it has ended without it: silence, nobody reached, a document missing, an operator. Still to be had."""
    REFUSED = "refused"
    CLAIMED = "claimed"
    """Assigned, and not paid: the money is owed, and an operator's business."""
    ENTITLED = "entitled"
    """It runs, month by month."""
    SETTLED = "settled"
    """Paid once and for all, or, of a notice, told."""


class RightRow(SQLModel, table=True):
    """A right of a family or person, one row for good, whatever becomes of the cases that are attempts at it."""

    __tablename__ = "rights"
    __table_args__ = (
        _one_of("state", *RightState),
        CheckConstraint(
            "amount >= 0 AND refused_amount >= 0 AND offers >= 0 AND refusals >= 0", name="nothing_negative"
        ),
        CheckConstraint("amount <> 'NaN' AND refused_amount <> 'NaN'", name="a_number"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    service: str
    state: str = RightState.FOUND
    since: datetime = _time(now=True)
    why: str | None = None
    """How the last case of it ended."""
    amount: Decimal | None = _money(nullable=True)
    """What runs, in tenge a month, or was paid once."""
    ground: str | None = None
    """What the running amount hangs on: rows of the law and counts, as `Decision.ground`."""
    offers: int = 0
    """How often it was offered in vain."""
    refusals: int = 0
    refused_amount: Decimal | None = _money(nullable=True)
    refused_ground: str | None = None
    same_as: UUID | None = Field(default=None, foreign_key="rights.id", index=True)
    """The right that this one turned out to be; nothing is known under this row any more but its old cases."""


class RightName(SQLModel, table=True):
    """An id that a right has or had: a child by its IIN and by each birth record. No two rights have the same."""

    __tablename__ = "right_names"

    service: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    right_id: UUID = Field(foreign_key="rights.id", index=True)


class Look(SQLModel, table=True):
    """A day on which something is looked at again: a right, or what was no right yet when an event told of it."""

    __tablename__ = "looks"

    root: str = Field(primary_key=True)
    """What it goes back to: `right:{id}:{person}`, or the key of what opened the first case."""
    right_id: UUID | None = Field(default=None, foreign_key="rights.id", index=True)
    service: str
    person_id: UUID = Field(foreign_key="persons.id")
    day: date = Field(index=True)
    why: str
    n: int = 0
    """How many looks there were before."""


class CaseRecord(SQLModel, table=True):
    """A case: one attempt at a right. A right has any number over the years, and at most one that is open.

    The right is known once the law has been applied; until then, and in a case without a right, it is NULL and
    blocks nobody. `opened_by` is the key of what opened the case, so that a doubled event opens it once.
    """

    __tablename__ = "cases"
    __table_args__ = (
        _one_of("outcome", *OUTCOMES),
        CheckConstraint("amount >= 0", name="nothing_negative"),
        CheckConstraint("amount <> 'NaN'", name="a_number"),
        Index("one_open_case_a_right", "right_id", unique=True, postgresql_where=text("outcome IS NULL")),
        Index("cases_of_a_right", "right_id"),
        Index("not_yet_started", "opened_at", postgresql_where=text("started_at IS NULL")),
        Index("open_cases", "ref", postgresql_where=text("outcome IS NULL")),
        Index("cases_by_their_end", "closed_at"),
        Index("newest_cases", text("opened_at DESC"), "ref"),
        Index("closed_by_operators", "closed_at", postgresql_where=text("outcome = 'closed_by_operator'")),
    )

    ref: str = Field(primary_key=True)
    service: str
    person_id: UUID = Field(foreign_key="persons.id", index=True)
    basis: str | None = None
    """The id of what the right rests on, as the register had it then."""
    right_id: UUID | None = Field(default=None, foreign_key="rights.id")
    ground: str | None = None
    """What the amount hangs on, as `Decision.ground`."""
    opened_by: str = Field(unique=True)
    root: str | None = None
    """The event that this goes back to, if one does: `opened_by` of the first case."""
    look: int = 0
    """The how-manieth look after that event this is."""
    look_on: date | None = None
    """Where the law says *not yet*: the day from which the right holds."""
    opened_at: datetime = _time(now=True)
    started_at: datetime | None = _time(nullable=True)
    """When Temporal took the case over; NULL says that the start must be tried again."""
    codec_key: str | None = None
    """Id of the payload key it was started under; NULL of cases from before it was kept."""
    assessed_on: date
    amount: Decimal | None = _money(nullable=True)
    outcome: str | None = None
    reason: str | None = None
    closed_at: datetime | None = _time(nullable=True)
    settled: bool = False
    """What the ending makes of its right has been written down."""


class FactsSnapshot(SQLModel, table=True):
    """What was known when the law was applied, and what it said: facts, parameters and trace."""

    __tablename__ = "facts_snapshots"

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref", index=True)
    taken_at: datetime = _time(now=True)
    facts: dict[str, Any] = _json()
    decision: dict[str, Any] = _json()


class MessageState(StrEnum):
    INTENDED = "intended"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class OutgoingMessage(SQLModel, table=True):
    """An SMS to a person, under its key; `paid_by` is the body that bears its cost, never the citizen."""

    __tablename__ = "messages"
    __table_args__ = (
        _one_of("state", *MessageState),
        _one_of("language", *LANGUAGES),
        Index("messages_to_a_phone", "phone", "intended_at"),
        Index("messages_not_known_to_be_sent", "intended_at", postgresql_where=text("state = 'intended'")),
    )

    key: str = Field(primary_key=True)
    case_ref: str | None = Field(default=None, foreign_key="cases.ref", index=True)
    phone: str
    language: str
    kind: str
    text: str
    parts: int
    paid_by: str
    state: str = MessageState.INTENDED
    intended_at: datetime = _time(now=True)
    sent_at: datetime | None = _time(nullable=True)
    finished_at: datetime | None = _time(nullable=True)


class MessagePart(SQLModel, table=True):
    """A part of an SMS, under the name that the SMS centre gave it."""

    __tablename__ = "message_parts"
    __table_args__ = (
        ForeignKeyConstraint(["message_key"], ["messages.key"]),
        Index("parts_by_reading", "operator", "reading", "sent_at"),
    )

    operator: str = Field(primary_key=True)
    """Whose centre it is: ids are each operator's own, and come again when its counter starts anew."""
    smsc_message_id: str = Field(primary_key=True)
    message_key: str = Field(primary_key=True, index=True)
    number: int
    reading: str
    """The id as `card.parts.reading` has it."""
    sent_at: datetime = _time(now=True)


class DeliveryReceipt(SQLModel, table=True):
    """A receipt, as the centre named it: it may come before we have stored to which part it belongs."""

    __tablename__ = "receipts"
    __table_args__ = (
        Index("not_yet_told", "at", postgresql_where=text("told_at IS NULL")),
        Index("receipts_by_reading", "operator", "reading", "stored_at"),
        Index(
            "one_receipt_a_part",
            *("message_key", "operator", "part"),
            unique=True,
            postgresql_where=text("message_key IS NOT NULL"),
        ),
        Index("of_no_part_yet", "stored_at", postgresql_where=text("message_key IS NULL AND told_at IS NULL")),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    operator: str
    smsc_message_id: str
    """As the receipt spells it, which may be another spelling than that of the part."""
    reading: str
    delivered: bool
    at: datetime = _time()
    stored_at: datetime = _time(now=True)
    message_key: str | None = None
    """The message that it is about, with `part`, once that is known."""
    part: str | None = None
    told_at: datetime | None = _time(nullable=True)
    """When it was acted upon: told to its case, or, of no part of ours, to the operators."""


class Question(SQLModel, table=True):
    """What a case is waiting to hear from a phone; several may be open, so each has a number that can be answered."""

    __tablename__ = "questions"
    __table_args__ = (
        _one_of("expects", "consent", "account"),
        Index("one_open_number_a_phone", "phone", "number", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("questions_of_a_phone", "phone", "opened_at"),
    )

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref", index=True)
    phone: str
    number: int
    expects: str
    window_days: int
    opened_at: datetime = _time(now=True)
    deadline: datetime = _time()
    closed_at: datetime | None = _time(nullable=True)


class IncomingMessage(SQLModel, table=True):
    """An SMS from a person, kept before it is acknowledged; the operator's message id makes a doubled one harmless."""

    __tablename__ = "incoming"
    __table_args__ = (
        # Looked at every second, and but for a handful all are done.
        Index("not_yet_brought", "phone", "received_at", postgresql_where=text("relayed_at IS NULL")),
        Index("set_aside_replies", "stored_at", postgresql_where=text("set_aside IS NOT NULL")),
        Index("replies_of_late", "stored_at"),
        CheckConstraint("received_at BETWEEN '2000-01-01' AND '2200-01-01'", name="a_sane_time"),
        _one_of("meaning", "yes", "no", "unclear", "account"),
    )

    message_id: str = Field(primary_key=True)
    phone: str
    text: str
    complete: bool = True
    """False if parts of a long SMS never came."""
    received_at: datetime = _time()
    question_key: str | None = Field(default=None, foreign_key="questions.key", index=True)
    """The question that it answers, for good once it has been looked at, whether that is open or closed."""
    case_ref: str | None = Field(default=None, foreign_key="cases.ref", index=True)
    meaning: str | None = None
    stored_at: datetime = _time(now=True)
    relayed_at: datetime | None = _time(nullable=True)
    set_aside: str | None = None
    """Why nobody was brought it: what cannot be brought on holds up nothing."""


class Consent(SQLModel, table=True):
    """A person's yes or no, with the message it was given in and the question it answers. A case has one yes."""

    __tablename__ = "consents"
    __table_args__ = (
        UniqueConstraint("case_ref", "message_id", name="an_answer_once"),
        Index("one_yes_a_case", "case_ref", unique=True, postgresql_where=text("given")),
        Index("one_yes_a_message", "message_id", unique=True, postgresql_where=text("given")),
    )

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref")
    given: bool
    question_key: str = Field(foreign_key="questions.key")
    message_id: str = Field(foreign_key="incoming.message_id")
    received_at: datetime = _time()
    applied_on: date


class Decision(SQLModel, table=True):
    """What an operator has decided on a case, written down before the case went on. Stays for good."""

    __tablename__ = "decisions"

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref", index=True)
    action: str
    why: str
    """What the case needed a person for."""
    by: str
    note: str
    at: datetime = _time()
    written_at: datetime | None = _time(nullable=True)
    """By the database's own clock; NULL of decisions from before it was kept."""


class Finding(SQLModel, table=True):
    """Something amiss between Card and Temporal that only a person can put right. Goes when it is right again."""

    __tablename__ = "findings"

    kind: str = Field(primary_key=True)
    ref: str = Field(primary_key=True)
    what: str
    found_at: datetime = _time(now=True)


class RefusedAnswer(SQLModel, table=True):
    """A message that was brought to a case as an answer and is none: for an auditor, who asks who tried."""

    __tablename__ = "refused_answers"
    __table_args__ = (UniqueConstraint("case_ref", "message_id", "reason", name="a_refusal_once"),)

    id: int | None = Field(default=None, primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref")
    message_id: str
    """As it was named: there may be no such message."""
    reason: str
    at: datetime = _time(now=True)


class ApplicationState(StrEnum):
    INTENDED = "intended"
    REGISTERED = "registered"
    MISSING_DOCUMENT = "missing_document"
    REJECTED = "rejected"


class Application(SQLModel, table=True):
    """An application at E-Maket: intended before the call, registered or turned down after."""

    __tablename__ = "applications"
    __table_args__ = (
        _one_of("state", *ApplicationState),
        Index("applications_not_known_to_be_made", "intended_at", postgresql_where=text("state = 'intended'")),
    )

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref", index=True)
    applied_on: date
    number: str | None = Field(default=None, unique=True)
    state: str = ApplicationState.INTENDED
    detail: str | None = None
    intended_at: datetime = _time(now=True)
    finished_at: datetime | None = _time(nullable=True)


class AssignmentState(StrEnum):
    ASSIGNED = "assigned"
    CONTESTED = "contested"
    """Its amount is another than ours: a person decides."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    """It was contested, and the body was asked again."""


GRANTED = (AssignmentState.ASSIGNED, AssignmentState.ACCEPTED)


class Assignment(SQLModel, table=True):
    """The ruling of the deciding body beside our own computation."""

    __tablename__ = "assignments"
    __table_args__ = (
        CheckConstraint("computed >= 0 AND amount >= 0 AND was >= 0", name="nothing_negative"),
        CheckConstraint("computed <> 'NaN' AND amount <> 'NaN' AND was <> 'NaN'", name="a_number"),
        CheckConstraint("was > 0", name="a_difference_to_something"),
        CheckConstraint("amount <= 100000000", name="an_amount_of_this_world"),
        _one_of("state", *AssignmentState),
        Index("one_ruling_stands", "case_ref", unique=True, postgresql_where=text("state <> 'superseded'")),
    )

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref")
    application_number: str
    computed: Decimal = _money()
    amount: Decimal | None = _money(nullable=True)
    was: Decimal | None = _money(nullable=True)
    """What ran before: the difference is what is new, and what is booked."""
    state: str
    decision_number: str | None = None
    reason: str | None = None
    decided_on: date | None = None
    ruled_at: datetime | None = _time(nullable=True)
    """When it was written down; NULL of rulings from before that was kept."""


class Account(SQLModel, table=True):
    """A bank account of a person. `rejected` says that a payment to it came back, and why; `rejected_at`, when."""

    __tablename__ = "accounts"
    __table_args__ = (
        _one_of("source", "bank", "person"),
        UniqueConstraint("person_id", "iban", name="an_account_once_a_person"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="persons.id")
    iban: str
    source: str
    rejected: str | None = None
    rejected_at: datetime | None = _time(nullable=True)
    seen_at: datetime = _time(now=True)


class PaymentState(StrEnum):
    INTENDED = "intended"
    SETTLED = "settled"
    REJECTED = "rejected"
    RETURNED = "returned"


class Payment(SQLModel, table=True):
    """A transfer: intended before the call, settled or rejected after, or returned by the bank after it was settled.

    The database refuses one of more than is payable, or to an account that is not the person's, and to change it.
    A case has at most one that is intended.
    """

    __tablename__ = "payments"
    __table_args__ = (
        _one_of("state", *PaymentState),
        CheckConstraint("amount > 0", name="something_is_paid"),
        CheckConstraint("amount <= 100000000", name="an_amount_of_this_world"),
        CheckConstraint("amount <> 'NaN'", name="a_number"),
        Index(
            "one_live_payment_a_case",
            "case_ref",
            unique=True,
            postgresql_where=text("state = 'intended'"),
        ),
        Index("payments_not_known_to_be_made", "intended_at", postgresql_where=text("state = 'intended'")),
        Index("payments_by_end_to_end_id", "end_to_end_id"),
        Index("payments_by_bank_reference", "bank_reference", postgresql_where=text("bank_reference IS NOT NULL")),
    )

    key: str = Field(primary_key=True)
    case_ref: str = Field(foreign_key="cases.ref", index=True)
    account_id: UUID = Field(foreign_key="accounts.id")
    amount: Decimal = _money()
    end_to_end_id: str | None = None
    """By which the bank credits it once: of the right, so that a Card restored from yesterday pays nothing again. The
    database gives it (`name_of_case_payment`). None of payments from before that was kept, which go by their case's
    reference."""
    state: str = PaymentState.INTENDED
    reason: str | None = None
    bank_reference: str | None = None
    intended_at: datetime = _time(now=True)
    finished_at: datetime | None = _time(nullable=True)


class Entitlement(SQLModel, table=True):
    """What a monthly right comes to: one row for good. It runs while its right is entitled."""

    __tablename__ = "entitlements"
    __table_args__ = (CheckConstraint("until >= since", name="a_period"), Index("reviews", "next_review"))

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    right_id: UUID = Field(foreign_key="rights.id", unique=True)
    case_ref: str = Field(foreign_key="cases.ref", index=True)
    """The case that granted it, or what runs of it now."""
    person_id: UUID = Field(foreign_key="persons.id", index=True)
    service: str
    since: date
    """The first day of the right: months before the application are owed too."""
    until: date | None = None
    """The last day of the right; None without a known end."""
    next_review: date | None = None
    law: str | None = None
    """By which law its months were reckoned (`benefits.law_of`); None where they are to be reckoned anew."""


class EntitlementAmount(SQLModel, table=True):
    """Months of an entitlement of one amount, by their first days, both included. No month has two amounts."""

    __tablename__ = "entitlement_amounts"
    __table_args__ = (
        CheckConstraint("last_month >= first_month", name="months_in_their_order"),
        CheckConstraint(
            "first_month = date_trunc('month', first_month::timestamp)::date "
            "AND last_month = date_trunc('month', last_month::timestamp)::date",
            name="whole_months",
        ),
        CheckConstraint("gross > 0 AND withheld >= 0 AND withheld < gross", name="something_is_due"),
        CheckConstraint("gross <= 100000000", name="an_amount_of_this_world"),
    )

    entitlement_id: UUID = Field(foreign_key="entitlements.id", primary_key=True)
    first_month: date = Field(primary_key=True)
    last_month: date
    gross: Decimal = _money()
    withheld: Decimal = _money()


class Due(SQLModel, table=True):
    """What is due of a month, claimed once for good: the month itself, or a difference to what ran.

    A case's is credited when it is written; of a run's, its lines say what became of it (`card.run_tables.RunLine`).
    """

    __tablename__ = "dues"
    __table_args__ = (
        UniqueConstraint("entitlement_id", "month", "case_ref", name="a_month_once_a_case"),
        CheckConstraint("(case_ref IS NULL) <> (stage_id IS NULL)", name="by_a_case_or_a_run"),
        CheckConstraint("month = date_trunc('month', month::timestamp)::date", name="a_whole_month"),
        CheckConstraint("gross > 0 AND withheld >= 0 AND withheld <= gross", name="something_is_due"),
        CheckConstraint("gross <= 100000000", name="an_amount_of_this_world"),
        Index(
            "a_month_is_due_once", "entitlement_id", "month", unique=True, postgresql_where=text("NOT is_difference")
        ),
    )

    entitlement_id: UUID = Field(foreign_key="entitlements.id")
    month: date
    case_ref: str | None = Field(default=None, foreign_key="cases.ref")
    is_difference: bool = False
    gross: Decimal = _money()
    withheld: Decimal = _money()
    id: int | None = Field(default=None, sa_column=Column(BigInteger, primary_key=True))
    stage_id: int | None = Field(default=None, foreign_key="run_stages.id")
    """The stage of a run that pays it, in place of a case."""
    payer: str | None = None
    """Whose money it is; with `region`, of a run's alone."""
    region: str | None = None


class RegistryEvent(SQLModel, table=True):
    """What a registry has reported under an id. The same id with another content is refused."""

    __tablename__ = "events"

    id: str = Field(primary_key=True)
    """`{sender}:{event_id}`."""
    kind: str
    iin: str
    on_day: date | None = None
    """As it was posted; None where the day was left to us."""
    at: datetime = _time(now=True)


class SeenRequest(SQLModel, table=True):
    """A signed request that is being served or was accepted, until its time is too old to be accepted again."""

    __tablename__ = "seen_requests"

    signature: str = Field(primary_key=True)
    seen_at: datetime = _time(now=True, index=True)
    accepted_at: datetime | None = _time(nullable=True)


class LedgerAccount(StrEnum):
    """The accounts of the books. Assigning raises what is payable; crediting moves it to what is paid."""

    ENTITLED = "entitled"
    PAYABLE = "payable"
    PAID = "paid"
    WITHHELD = "withheld"
    """Contributions kept back from what was assigned: paid to the person by nobody, owed to the pension fund."""
    REMITTED = "remitted"
    """Contributions that the pension fund has got."""
    CANCELLED = "cancelled"
    """What turned out, before it was paid, not to be due."""
    RECOVERED = "recovered"
    """What was kept back, because it had been paid too much before."""


class LedgerAccountRow(SQLModel, table=True):
    """An account of the books, in one currency. Where it may not go negative, no case takes out more than it put in."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (CheckConstraint("currency = 'KZT'", name="tenge"),)

    code: str = Field(primary_key=True)
    currency: str = "KZT"
    may_go_negative: bool


class LedgerEntry(SQLModel, table=True):
    """A double entry: the same amount leaves one account and enters another, once under its key, and stays.

    The database refuses to change or remove an entry, an account that is none, what no body has assigned, and to credit
    beyond that.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("amount > 0", name="positive"),
        CheckConstraint("amount <> 'NaN'", name="a_number"),
        CheckConstraint(
            "(debit, credit) IN (('entitled', 'payable'), ('entitled', 'withheld'), ('payable', 'paid'), "
            "('paid', 'payable')) OR stage_id IS NOT NULL AND (debit, credit) IN (('entitled', 'payable'), "
            "('entitled', 'withheld'), ('payable', 'paid'), ('paid', 'payable'), ('payable', 'cancelled'), "
            "('cancelled', 'payable'), ('withheld', 'cancelled'), ('cancelled', 'withheld'), "
            "('withheld', 'remitted'), ('remitted', 'withheld'), ('payable', 'recovered'), ('withheld', 'recovered'), "
            "('recovered', 'cancelled'), ('cancelled', 'recovered'))",
            name="a_way_that_money_goes",
        ),
        CheckConstraint("(case_ref IS NULL) <> (stage_id IS NULL)", name="by_a_case_or_a_run"),
        CheckConstraint("isfinite(period) AND isfinite(value_date)", name="days_of_ours"),
        CheckConstraint("value_date >= '2000-01-01'", name="a_day_of_this_world"),
        CheckConstraint("debit <> credit", name="two_sides"),
        CheckConstraint("payer IN ('budget', 'fund', 'fund+budget', 'unknown')", name="a_known_payer"),
        CheckConstraint("period = date_trunc('month', period::timestamp)::date", name="a_whole_month"),
    )

    key: str = Field(primary_key=True)
    case_ref: str | None = Field(default=None, foreign_key="cases.ref", index=True)
    debit: str = Field(foreign_key="ledger_accounts.code")
    credit: str = Field(foreign_key="ledger_accounts.code")
    amount: Decimal = _money()
    payer: str
    """Whose money it is; `unknown` of entries from before it was kept."""
    period: date
    """The month that it is for, by its first day."""
    value_date: date
    booked_at: datetime = _time(now=True)
    stage_id: int | None = Field(default=None, foreign_key="run_stages.id", index=True)
    """The stage of a run whose payments have moved it, in place of a case: one entry for many."""


def table(rows: type[SQLModel]) -> Table:
    """The table of a model, for statements: an INSERT or UPDATE through the model itself costs twice as much."""
    found: Table = rows.__table__  # type: ignore[attr-defined]
    return found
