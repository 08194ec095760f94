"""Puts the parts of a person's long SMS together: by sender and reference, in bounded memory, with a time-out.

Parts come in any order, doubled, or not at all. Nothing is stored here: whoever uses this hands a whole message on
before its parts are acknowledged, and a message that stays incomplete is handed on with its gaps shown.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from adapters.sms.pdu import Delivery, whole

GAP: Final = " [...?] "
"""Stands where a part is missing. Its question mark keeps the rest from being taken for an answer."""

_Name = tuple[str, str, int, int]


@dataclass(eq=False)
class LongSms:
    """A message of several parts, as far as it has come."""

    name: _Name = field(repr=False)
    since: datetime
    parts: dict[int, Delivery] = field(default_factory=dict, repr=False)
    stored: asyncio.Event = field(default_factory=asyncio.Event)
    acknowledged: bool = False
    """A part of it was acknowledged already, so that it is only here."""

    @property
    def complete(self) -> bool:
        return len(self.parts) == self.name[3]

    @property
    def first(self) -> Delivery:
        """The first part that is here."""
        return self.parts[min(self.parts)]

    @property
    def text(self) -> str:
        texts = [self.parts[n].text if n in self.parts else GAP for n in range(1, self.name[3] + 1)]
        return whole(texts)


class Joiner:
    """The messages whose parts are still coming."""

    def __init__(self, most: int = 1000) -> None:
        self._most = most
        self._waiting: dict[_Name, LongSms] = {}

    def add(self, delivery: Delivery, now: datetime) -> LongSms:
        """The message this part belongs to, complete or not. A part that comes again replaces itself."""
        if delivery.part is None:
            raise ValueError("not a part of a message")
        name = (delivery.source, delivery.destination, delivery.part.reference, delivery.part.total)
        message = self._waiting.setdefault(name, LongSms(name, now))
        message.parts[delivery.part.number] = delivery
        return message

    def of_sender(self, message: LongSms) -> int:
        """How many messages of this one's sender are not whole yet."""
        return sum(name[0] == message.name[0] for name in self._waiting)

    def drop(self, message: LongSms) -> None:
        """Forgets the message: it was handed on."""
        if self._waiting.get(message.name) is message:
            del self._waiting[message.name]

    def overdue(self, since: datetime) -> list[LongSms]:
        """Messages begun before `since`, and the oldest ones beyond the bound of memory."""
        waiting = list(self._waiting.values())
        beyond = max(0, len(waiting) - self._most)
        return [message for place, message in enumerate(waiting) if place < beyond or message.since < since]

    def all(self) -> list[LongSms]:
        """Every message whose parts are still coming."""
        return list(self._waiting.values())
