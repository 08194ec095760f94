"""What Demeu and the other bodies say to each other: frozen models, one per message of the wire contract.

Unknown members of an answer are ignored, so that a body may add to its answers; everything that is read is checked.
Personal data is kept out of `repr`, because a record may end up in a message about something else. No rules of law.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
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


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"


class Citizenship(StrEnum):
    CITIZEN = "citizen"
    KANDAS = "kandas"
    FOREIGNER = "foreigner"
    STATELESS = "stateless"


class Language(StrEnum):
    KAZAKH = "kk"
    RUSSIAN = "ru"


class Relation(StrEnum):
    """What a child is to the adult whose family was asked for."""

    BORN = "born"
    ADOPTED = "adopted"
    GUARDIANSHIP = "guardianship"
    STEP = "step"


class DisabilityGroup(StrEnum):
    FIRST = "I"
    SECOND = "II"
    THIRD = "III"
    CHILD = "child"


class DisabilityCause(StrEnum):
    GENERAL = "general"
    CHILDHOOD = "childhood"
    MILITARY = "military"
    RADIATION = "radiation"
    OTHER = "other"


class PaymentState(StrEnum):
    PAID = "paid"
    PAYING = "paying"


class RulingState(StrEnum):
    PENDING = "pending"
    ASSIGNED = "assigned"
    REFUSED = "refused"


class AccountState(StrEnum):
    OPEN = "open"
    BLOCKED = "blocked"
    CLOSED = "closed"


class TransferState(StrEnum):
    SETTLED = "settled"
    PENDING = "pending"
    REJECTED = "rejected"


class AdultRecord(RegisterRecord):
    """An adult in the persons registry (ГБД ФЛ), without the name: all that is told of those who live with somebody."""

    iin: OptionalIin
    birth_date: Annotated[Day | None, Field(repr=False)]
    sex: Sex | None
    citizenship: Citizenship | None
    permanent_resident: bool | None
    region: Annotated[str, Field(pattern=r"^KZ-[0-9A-Z]{1,3}$")] | None
    """ISO 3166-2."""
    died_on: Day | None = None
    imprisoned_since: Day | None = None
    left_country_on: Day | None = None


class PersonRecord(AdultRecord):
    """A person in the persons registry (ГБД ФЛ), who is asked for by the IIN."""

    iin: Iin
    family_name: OptionalPrivate
    given_name: OptionalPrivate
    patronymic: Annotated[str | None, Field(repr=False)] = None
    language: Language | None


class ChildRecord(RegisterRecord):
    """A child of an adult in the civil registry (ЗАГС); stillborn, or born abroad, perhaps without an IIN."""

    iin: OptionalIin = None
    birth_date: Annotated[Day | None, Field(repr=False)]
    sex: Sex | None
    mother_iin: OptionalIin = None
    father_iin: OptionalIin = None
    born_alive: bool | None
    birth_order: Annotated[int, Field(ge=1)] | None = None
    """Which child of the mother; None where the registry does not know."""
    relation: Relation | None
    lives_with: OptionalIin = None
    """IIN of the adult with whom the child lives."""
    died_on: Day | None = None
    full_time_student_until: Day | None = None
    birth_record: Name | None
    """Number of the civil record; carries no personal data and may identify a right."""
    taken_on: Day | None = None
    """Day of adoption or guardianship."""
    carer_iin: OptionalIin = None
    """Who cares for the child, where that is another than the adult with whom it lives."""
    counted_elsewhere: bool | None = False
    """Whether a stepchild counts in the family of another parent."""


class FamilyRecord(Record):
    """The children of one adult; an empty tuple if there are none."""

    iin: Iin
    children: tuple[ChildRecord, ...]


class DisabilityRecord(RegisterRecord):
    """One decision in the disability database (ЦБДИ)."""

    number: Name | None
    group: DisabilityGroup | None
    cause: DisabilityCause | None
    from_date: Day | None
    until: Day | None = None
    decided_on: Day | None


class ExistingPayment(RegisterRecord):
    """What E-Maket already pays, or has paid once, for one right."""

    service: Name | None
    basis: Name | None
    from_date: Day | None
    until: Day | None = None
    state: PaymentState | None


class Application(Record):
    """An application for E-Maket; `applied_on` is the day the consent was received (Asia/Almaty)."""

    case_ref: Name
    service: Name
    iin: Iin
    applied_on: Day
    computed_amount: Money
    consent_ref: Name
    account_ref: Annotated[str | None, Field(min_length=1, repr=False)] = None


class Registration(Record):
    """E-Maket's number for an application."""

    number: Name
    registered_at: AwareDatetime


class CaseFile(Record):
    """What the deciding body gets to decide on."""

    application_number: Name
    service: Name
    iin: Iin
    computed_amount: Money
    applied_on: Day


class Ruling(Record):
    """The answer so far. Assigned carries amount, number and day; refused carries a reason and its code."""

    application_number: Name
    state: RulingState
    amount: Money | None = None
    decision_number: Name | None = None
    decided_on: Day | None = None
    reason_code: Name | None = None
    reason: Annotated[str | None, Field(repr=False)] = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.state is RulingState.ASSIGNED and None in (self.amount, self.decision_number, self.decided_on):
            raise ValueError("an assigned ruling needs amount, decision_number and decided_on")
        if self.state is RulingState.REFUSED and None in (self.reason_code, self.reason):
            raise ValueError("a refused ruling needs reason_code and reason")
        return self


class BankAccount(Record):
    """An account as the bank describes it; `own` says whether it is in the name of the person asked about."""

    iban: Iban
    bank: str | None = None
    currency: str = "KZT"
    state: AccountState
    own: bool = True


class Transfer(Record):
    """A credit transfer to a person's account."""

    iban: Iban
    iin: Iin
    amount: Money
    currency: str = "KZT"
    purpose: Name
    end_to_end_id: Name


class TransferStatus(Record):
    """Where a transfer stands; reason codes are ISO 20022 (AC04 closed, AC06 blocked, BE01 not the owner)."""

    key: Name
    state: TransferState
    bank_reference: Name
    reason_code: Name | None = None
    reason: Annotated[str | None, Field(repr=False)] = None
    iban: OptionalIban = None
    """This and the next two: what the bank repeats of the transfer, if it does; then it is what was asked for."""
    amount: Money | None = None
    end_to_end_id: Name | None = None

    def contradicts(self, transfer: Transfer) -> str | None:
        """The member in which it is about another transfer than this one; None if it may be about it."""
        for member in ("iban", "amount", "end_to_end_id"):
            if getattr(self, member) not in (None, getattr(transfer, member)):
                return member
        return None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.state is TransferState.REJECTED and self.reason_code is None:
            raise ValueError("a rejected transfer needs reason_code")
        return self


class OutgoingSms(Record):
    """One message to one phone, already cut into the parts that the handset joins again."""

    key: Name
    phone: Phone
    parts: Annotated[tuple[str, ...], Field(min_length=1, repr=False)]


class SentPart(Record):
    """A part that the SMS centre took over; `number` counts from 1, its id is what receipts will name."""

    number: Annotated[int, Field(ge=1)]
    smsc_message_id: Name
    operator: Name = "smsc"
    """Whose centre it is: the id is its own."""
