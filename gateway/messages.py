"""What senders may post, exactly: the shapes of the published OpenAPI. An unknown field is an error, with its name."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from adapters.phones import phone_number
from benefits.iin import BadIin, read_iin
from gateway.bodies import storable


class Posted(BaseModel):
    """Base of what is posted. Values are not repeated in errors: they may be personal."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _iin(text: str) -> str:
    try:
        read_iin(text)
    except BadIin as bad:
        raise ValueError(f"an IIN: {bad.rule}") from None
    return text


_PRINTABLE = re.compile(r"[\x21-\x7e]{1,128}")


def _id(text: str) -> str:
    if not _PRINTABLE.fullmatch(text):
        raise ValueError("1 to 128 printable ASCII characters without spaces")
    return text


_DIGITS: JsonDict = {"pattern": "^[0-9]{12}$"}


def _written(value: object) -> object:
    # A number would be taken for seconds since 1970, and a text of digits too.
    if value is not None and not (isinstance(value, str) and _DAY.match(value)):
        raise ValueError("a date or time as ISO 8601 writes it, as 2025-03-01T12:00:00+05:00")
    return value


def _kept(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


Phone = Annotated[str, AfterValidator(phone_number), Field(examples=["+77011234567"])]
Iin = Annotated[str, AfterValidator(_iin), Field(examples=["061211600012"], json_schema_extra=_DIGITS)]
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
"""Nothing that reaches us was said before: an older time is a fault of the sender's clock or code."""


def _not_of_old(at: datetime) -> datetime:
    if at < EARLIEST:
        raise ValueError("a time since 2020-01-01")
    return at


At = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_not_of_old)]
Day = Annotated[date, BeforeValidator(_written)]
Id = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"pattern": "^[!-~]{1,128}$"})]


class ReplyPosted(Posted):
    """An SMS from a person."""

    message_id: Id = Field(description="The operator's id of the message; a repetition under the same id is harmless.")
    phone: Phone
    text: Annotated[str, BeforeValidator(_kept)] = Field(max_length=2000)
    received_at: At = Field(description="When the operator received it: this time is held to the deadline.")


class FinalState(StrEnum):
    """What became of a part in the end; a centre that says more says it by SMPP."""

    DELIVERED = "delivered"
    EXPIRED = "expired"
    UNDELIVERABLE = "undeliverable"
    REJECTED = "rejected"


class ReceiptPosted(Posted):
    """A delivery receipt of one part of a message of ours."""

    smsc_message_id: Id
    state: FinalState
    at: At


class EventKind(StrEnum):
    """What a registry reports. Which cases it may open is said by the services and notices themselves."""

    BIRTH = "birth"
    ADOPTION = "adoption"
    DISABILITY = "disability"
    CHILD_DISABILITY = "child_disability"
    CAPACITY_LOSS = "capacity_loss"
    JOB_LOSS = "job_loss"
    DEATH = "death"
    AWARD = "award"
    INCOME = "income"
    PENSION = "pension"
    KANDAS = "kandas"


class EventPosted(Posted):
    """A change in a registry that may give a right, or that the person is to be told of."""

    event_id: Id = Field(description="The registry's id of the event; a repetition opens nothing new.")
    kind: EventKind
    iin: Iin = Field(
        description="Of the person whose right it may be: a parent, the person with disability, a survivor."
    )
    on: Day | None = Field(
        None,
        description="The day on which it happened; today if absent. An application is of the day on which it is made.",
    )


class Problem(BaseModel):
    """Why something was not taken (RFC 9457). It names fields and rules and shows no value: that may be personal."""

    title: str
    status: int
    code: str
    detail: str | None = None
    errors: dict[str, str] | None = Field(default=None, description="The broken rule of each field.")


class Taken(BaseModel):
    """The message is stored; `new` is false if it was before."""

    new: bool


class CaseOpened(BaseModel):
    service: str
    ref: str
    new: bool


class EventTaken(BaseModel):
    cases: list[CaseOpened]
