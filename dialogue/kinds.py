"""The closed set of messages, the values that each needs, and what can be wrong with a value.

The words themselves are in `texts/`; a test holds the two together. Nothing here knows a case or a law.
"""

from enum import StrEnum
from typing import Final


class MessageKind(StrEnum):
    """Every message that Demeu sends. The value is the message's name in the Fluent files.

    Each costs the state an SMS and the person a moment: a step that goes on by itself is not told, an end always is.
    """

    OFFER = "offer"
    OFFER_MORE = "offer_more"
    """As the offer, to who has it already and whose family has changed: names what is paid now, and what would be."""
    REMINDER = "reminder"
    UNCLEAR = "unclear"
    REFUSED_CONFIRMED = "refused_confirmed"
    LATE = "late"
    LAPSED = "lapsed"
    ALREADY_ANSWERED = "already_answered"
    ASK_ACCOUNT = "ask_account"
    ACCOUNT_BAD = "account_bad"
    ACCOUNT_LAPSED = "account_lapsed"
    MISSING_DOCUMENT = "missing_document"
    DOCUMENT_LAPSED = "document_lapsed"
    STOPPED = "stopped"
    ASSIGNED_AND_PAID = "assigned_and_paid"
    BODY_REFUSED = "body_refused"
    AMOUNT_CHANGED = "amount_changed"
    CHANGE_GRANTED = "change_granted"
    """As `offer_more`, where the law asks for no new consent."""
    WHICH_QUESTION = "which_question"
    NO_QUESTION = "no_question"
    WHY_AMOUNT = "why_amount"
    """To who asks why: the reckoning in two or three figures of the law, the ground, and whom to ask who disagrees."""
    WHY_REFUSED = "why_refused"
    WHY_UNDECIDED = "why_undecided"
    OVERPAID = "overpaid"
    """What was paid too much is kept back, unless it is contested by the day."""
    PENSION_AGE_NEAR = "pension_age_near"
    PENSION_AGE_REACHED = "pension_age_reached"
    PENSION_CHANGED = "pension_changed"
    KANDAS_ENDS = "kandas_ends"
    KANDAS_EXTENDED = "kandas_extended"
    EMPLOYMENT_MEASURES = "employment_measures"


_NEEDS: Final[dict[MessageKind, frozenset[str]]] = {
    MessageKind.OFFER: frozenset({"service", "amount", "frequency", "until"}),
    MessageKind.OFFER_MORE: frozenset({"service", "amount", "amount_before", "frequency", "until"}),
    MessageKind.REMINDER: frozenset({"service", "amount", "frequency", "until"}),
    MessageKind.UNCLEAR: frozenset({"service", "until"}),
    MessageKind.REFUSED_CONFIRMED: frozenset({"service"}),
    MessageKind.LATE: frozenset({"service"}),
    MessageKind.LAPSED: frozenset({"service"}),
    MessageKind.ALREADY_ANSWERED: frozenset({"service"}),
    MessageKind.ASK_ACCOUNT: frozenset({"service", "until"}),
    MessageKind.ACCOUNT_BAD: frozenset({"service", "problem", "until"}),
    MessageKind.ACCOUNT_LAPSED: frozenset({"service"}),
    MessageKind.MISSING_DOCUMENT: frozenset({"service", "document", "until"}),
    MessageKind.DOCUMENT_LAPSED: frozenset({"service", "document"}),
    MessageKind.STOPPED: frozenset({"service"}),
    MessageKind.ASSIGNED_AND_PAID: frozenset({"service", "amount", "frequency", "last4"}),
    MessageKind.BODY_REFUSED: frozenset({"service", "reason"}),
    MessageKind.AMOUNT_CHANGED: frozenset({"service", "amount", "frequency"}),
    MessageKind.CHANGE_GRANTED: frozenset({"service", "amount", "amount_before", "frequency"}),
    MessageKind.WHICH_QUESTION: frozenset({"questions"}),
    MessageKind.NO_QUESTION: frozenset(),
    MessageKind.WHY_AMOUNT: frozenset({"service", "amount", "frequency", "figures", "ground"}),
    MessageKind.WHY_REFUSED: frozenset({"service", "why", "ground"}),
    MessageKind.WHY_UNDECIDED: frozenset({"service"}),
    MessageKind.OVERPAID: frozenset({"service", "amount", "day"}),
    MessageKind.PENSION_AGE_NEAR: frozenset({"day", "age"}),
    MessageKind.PENSION_AGE_REACHED: frozenset({"day", "age"}),
    MessageKind.PENSION_CHANGED: frozenset({"day", "amount", "amount_before"}),
    MessageKind.KANDAS_ENDS: frozenset({"day"}),
    MessageKind.KANDAS_EXTENDED: frozenset({"day"}),
    MessageKind.EMPLOYMENT_MEASURES: frozenset({"day", "measures"}),
}

VALUES: Final[frozenset[str]] = frozenset().union(*_NEEDS.values()) | {"number"}
"""Every name that `compose` knows. `number` is never needed: it is the question's number, where several are open."""


MEASURES: Final = (
    "job_placement",
    "training",
    "business_grant",
    "public_works",
    "social_job",
    "youth_practice",
    "silver_age",
)
"""The measures of employment that have a name in the texts, in the order in which they are told."""


WHY: Final = frozenset({MessageKind.WHY_AMOUNT, MessageKind.WHY_REFUSED, MessageKind.WHY_UNDECIDED})
"""What is told to who asks why."""


def needs(kind: MessageKind) -> frozenset[str]:
    """The names of the values without which this message cannot be written."""
    return _NEEDS[kind]


class WordingError(ValueError):
    """A message cannot be written. The text names kind, value and rule, never the value itself: it may be personal."""


class MissingValue(WordingError):
    """A value that the message needs was not given."""

    def __init__(self, kind: MessageKind, name: str) -> None:
        super().__init__(f"message {kind}: value `{name}` is missing")
        self.kind = kind
        self.name = name


class BadValue(WordingError):
    """A value breaks the rule for its name, or no message has a value of that name."""

    def __init__(self, kind: MessageKind, name: str, rule: str) -> None:
        super().__init__(f"message {kind}: value `{name}` {rule}")
        self.kind = kind
        self.name = name
        self.rule = rule


class MissingText(WordingError):
    """There is no text in this language, for this kind or this service."""
