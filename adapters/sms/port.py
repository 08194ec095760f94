"""What is handed to an operator's SMS centre: a message, cut into its parts, to one phone."""

from typing import Annotated, Protocol, runtime_checkable

from pydantic import Field

from adapters.records import Name, Phone, Record


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


@runtime_checkable
class SmsCentre(Protocol):
    """The operator's SMS centre behind 1414."""

    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        """Hands all parts over; one entry per part, in order."""
        ...
