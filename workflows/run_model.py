"""The words of a payment run, shared by its workflow, its activities and the desk. As `workflows.model`: pure, evolved
additively, and nobody in it, but sums, days and keys of files.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from workflows.model import Wire

RUN_WORKFLOW = "PaymentRun"
DUE_WORKFLOW = "PaymentRunDue"
"""What the schedule starts each month: it starts the run of the month, under the run's own id."""

RECKON_WORKFLOW = "EntitlementsReckonedAnew"
"""What the schedule starts each day: it looks at what runs, where something may have changed."""

SCHEDULE = "payment-run"
RECKON_SCHEDULE = "entitlements-reckoned-anew"

FIRST = UUID(int=0)
"""Before the first of all."""

NOT_NOW = "NotNow"
"""The type of the refusal of a run: its month is closed. Not tried again."""


def run_id(month: date) -> str:
    """`payment-run/{month}`, for example `payment-run/2026-02`: the workflow's id, and the run's reference."""
    return f"payment-run/{month:%Y-%m}"


def asks_of_run(month: date, ref: str) -> str:
    """The key under which the run of a month asks the person of this case for another account."""
    return f"{run_id(month)}:{ref}:account"


def is_of_run(question_key: str) -> bool:
    """Whether a run has put this question, and not a case."""
    return question_key.startswith(f"{SCHEDULE}/")


def run_of(question_key: str) -> str:
    """The id of the run that has put the question."""
    return question_key.partition(":")[0]


class RunStep(StrEnum):
    """Names of the activities, as registered with Temporal."""

    OPEN = "pay_open"
    SELECT = "pay_select"
    FREEZE = "pay_freeze"
    CHECK = "pay_check"
    SEAL = "pay_seal"
    SEND = "pay_send"
    ANSWER = "pay_answer"
    STATEMENT = "pay_statement"
    CURE = "pay_cure"
    CLOSE = "pay_close"
    TOTALS = "pay_totals"
    RECKON = "pay_reckon"
    TELL = "pay_tell"


class RunMessage(StrEnum):
    """Names of the updates and signals of a run."""

    STOP = "stop"
    GO_ON = "go_on"
    LOOK = "look"


class Phase(StrEnum):
    """What a run does."""

    SELECT = "select"
    CHECK = "check"
    SEND = "send"
    FOLLOW = "follow"
    CLOSED = "closed"


class RunStage(Wire):
    """The how-manieth day of the run, from 1."""

    number: int
    day: date
    regions: tuple[str, ...]
    others: bool


class RunPlan(Wire):
    stages: tuple[RunStage, ...]
    follow_days: int


class Place(Wire):
    """Where a run is, for its next history: all of it could be found out again, this spares the way."""

    stage: int = 1
    phase: Phase = Phase.SELECT
    after: UUID = FIRST
    round: int = 0
    last_sent: date | None = None
    followed: date | None = None
    """The day of a played run's last look."""
    stopped_by: str | None = None
    notes: tuple[str, ...] = ()


class Run(Wire):
    """What a run starts with. `played`: for demonstrations, its days pass without waiting."""

    month: date
    played: bool = False
    place: Place = Place()

    @property
    def ref(self) -> str:
        return run_id(self.month)


class Range(Wire):
    """A range of the stage's entitlements, or people, from after this id on."""

    month: date
    stage: RunStage
    named: tuple[str, ...] = ()
    """The regions of all stages."""
    after: UUID = FIRST


class RangeDone(Wire):
    """`after`: where the next begins; None behind the last."""

    after: UUID | None


class Look(Wire):
    """The entitlements, or overpayments, that are to be looked at on this day, from after this one on."""

    day: date
    after: UUID = FIRST
    """As a UUID too of an overpayment: its number."""


class SealInput(Wire):
    month: date
    parts: tuple[str, ...]
    execution_day: date


class Files(Wire):
    keys: tuple[str, ...]


class FileInput(Wire):
    key: str


class FileAnswer(Wire):
    """Of a file: `rejected` payments, or why all of it was."""

    rejected: int = 0
    reason: str | None = None


class StatementInput(Wire):
    """The statements of our account up to this day, from the first that may have more to say."""

    until: date


class StatementRead(Wire):
    """`refused`: days whose statement is no statement, each with the line and the rule; nothing of it was booked."""

    days: int = 0
    lines: int = 0
    refused: tuple[str, ...] = ()


class CureInput(Wire):
    month: date
    round: int
    day: date


class Cured(Wire):
    """The parts that are to be sealed, and the files that nobody has answered."""

    parts: tuple[str, ...]
    unanswered: tuple[str, ...]


class StageTotals(Wire):
    """Where the payments of a stage stand: counts and tenge, to people and to the pension fund."""

    stage: int
    selected: int = 0
    selected_sum: Decimal = Decimal(0)
    ordered: int = 0
    credited: int = 0
    credited_sum: Decimal = Decimal(0)
    held: int = 0
    cancelled: int = 0


class Waits(Wire):
    """What waits for whom: so many payments, of so many tenge."""

    what: str
    for_whom: str
    count: int
    total: Decimal
    since: datetime | None = None
    """Since when the oldest of them."""


class RunTotals(Wire):
    stages: tuple[StageTotals, ...] = ()
    waits: tuple[Waits, ...] = ()
    items: int = 0
    """Lines of statements and reports that wait for a person."""

    @property
    def needs_a_person(self) -> bool:
        return bool(self.items) or any(one.for_whom == PERSON for one in self.waits)

    @property
    def unsettled(self) -> int:
        """Payments of which more may be heard without anybody's doing."""
        return sum(one.ordered for one in self.stages) + sum(one.count for one in self.waits if one.for_whom != PERSON)


PERSON = "a person"

RUN_ATTENTION = "payment_run"
"""Why a run needs a person, beside `workflows.model.Attention` of cases; which payments or lines, it says itself."""

SHOWN_NEED = "needs-attention"
"""The change of code since which a run shows it: one that was begun before goes on as it was."""


class RunResult(Wire):
    """How a run ended. `carried`: payments that are still owed, and go out with the next."""

    month: date
    selected: int
    credited: int
    cancelled: int
    carried: int
    credited_sum: Decimal


class Who(Wire):
    by: str
    note: str = ""
