"""An SMS centre in memory that honours our key, as the port promises, and fails when it is told to."""

from collections import Counter
from dataclasses import dataclass, field

from adapters.errors import AdapterError
from adapters.sms.port import OutgoingSms, SentPart


@dataclass
class MemoryCentre:
    """`heard` counts calls by key; `said` holds what went out, once a key."""

    heard: Counter[str] = field(default_factory=Counter)
    said: dict[str, OutgoingSms] = field(default_factory=dict)
    failures: list[tuple[AdapterError, bool]] = field(default_factory=list)
    """What goes wrong with the next calls; True: after the message has gone out."""

    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        self.heard[sms.key] += 1
        failure, acts = self.failures.pop(0) if self.failures else (None, True)
        if acts:
            assert self.said.setdefault(sms.key, sms) == sms, "other words under the same key"
        if failure is not None:
            raise failure
        place = list(self.said).index(sms.key)
        return tuple(
            SentPart(number=n, smsc_message_id=f"{place:04d}-{n}") for n, _ in enumerate(self.said[sms.key].parts, 1)
        )

    def to(self, phone: str) -> list[str]:
        """The texts on this phone, in order."""
        return ["".join(sms.parts) for sms in self.said.values() if sms.phone == phone]

    def ids(self, key: str) -> list[str]:
        """The ids of the parts of a message that went out."""
        place = list(self.said).index(key)
        return [f"{place:04d}-{n}" for n, _ in enumerate(self.said[key].parts, 1)]
