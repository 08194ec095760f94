"""What Demeu and the other bodies say to each other: frozen models, one per message of the wire contract.

Unknown members of an answer are ignored, so that a body may add to its answers; everything that is read is checked.
Personal data is kept out of `repr`, because a record may end up in a message about something else. No rules of law."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    model_serializer,
    model_validator,
)


def _exact(value: object) -> object:
    if isinstance(value, float | bool):
        raise ValueError("money is a decimal string, never a binary float")
    return value


Money = Annotated[
    Decimal,
    BeforeValidator(_exact),
    Field(ge=0, max_digits=16, decimal_places=2),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
]
"""Tenge, to the tiyn. Decimal in memory, a string such as "78798.00" on the wire."""


def _day(value: object) -> object:
    if not isinstance(value, str | date) or isinstance(value, datetime):
        raise ValueError("a day is written as 2025-03-01")  # a number would be read as seconds since 1970
    return value


Day = Annotated[date, BeforeValidator(_day)]
"""A day, ISO 8601 on the wire."""

NO_DAY = date(1900, 1, 1)
"""Registers fill in this day, or one before it, where they have none."""


def _of_death(day: date, info: ValidationInfo) -> date:
    born = info.data.get("birth_date") or NO_DAY
    if not max(born, NO_DAY + timedelta(days=1)) <= day <= datetime.now(UTC).date() + timedelta(days=1):
        raise ValueError("nobody has died before the birth, or on a day to come")
    return day


DeathDay = Annotated[Day, AfterValidator(_of_death)]
"""A day of death. One that cannot be is none that can be read: a person finds out, and nobody's money ends by it."""

Iin = Annotated[str, Field(pattern=r"^[0-9]{12}$", repr=False)]
"""Individual identification number, 12 digits. The check digit is the registry's business, not the wire's."""

OptionalIin = Annotated[str | None, Field(pattern=r"^[0-9]{12}$", repr=False)]

Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", repr=False)]
"""Telephone number in E.164, such as +77011234567."""

Iban = Annotated[str, Field(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$", repr=False)]

OptionalIban = Annotated[str | None, Field(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$", repr=False)]

Private = Annotated[str, Field(min_length=1, repr=False)]
"""Text that names or describes a person."""

OptionalPrivate = Annotated[str | None, Field(min_length=1, repr=False)]

Name = Annotated[str, Field(min_length=1)]


class Record(BaseModel):
    """Base of all messages: frozen, unknown members ignored, no input echoed in validation errors."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


NO_TEXT = "\ufffd"
"""What stands where a register's text could not be read."""


class RegisterRecord(Record):
    """What a register holds of somebody. Registers hold errors: a field that cannot be read is None, and `unreadable`
    names it, so that it stands in the way of nothing but what hangs on it.

    Every field that can be missed is declared with None; one that is not (by what else should the record be known?)
    refuses the whole answer, as in any other record.
    """

    unreadable: tuple[str, ...] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _as_it_stands(cls, data: Any, read: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return read(data)
        fields = [name for name in cls.model_fields if name != "unreadable"]
        # Where no record is at all, in a list of them, nothing of it can be read; the others can.
        given = data if isinstance(data, dict) else dict.fromkeys(fields)
        broken = [name for name in fields if isinstance(text := given.get(name), str) and NO_TEXT in text]
        unread = {*broken, *(() if isinstance(data, dict) else fields)}
        try:
            return read({**given, **dict.fromkeys(unread), "unreadable": sorted(unread)} if unread else given)
        except ValidationError as wrong:
            unread |= {str(error["loc"][0]) for error in wrong.errors() if error["loc"]}
            return read({**given, **dict.fromkeys(unread), "unreadable": sorted(unread)})

    @model_serializer(mode="wrap")
    def _without_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        if not self.unreadable:
            written.pop("unreadable", None)
        return written
