"""A world for the steps that ask and tell: the registries' ports, and an SMS centre that only remembers."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from activities.world import World
from adapters.errors import Refused
from adapters.sms.port import OutgoingSms, SentPart
from card import Card
from tests.adapters.outside import Outside


@dataclass
class Told:
    """Remembers what was said to whom; refuses where it is told to."""

    refuses: str | None = None
    said: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        if self.refuses is not None:
            raise Refused("smsc", self.refuses, "refused")
        self.said.append((sms.phone, "".join(sms.parts)))
        return tuple(SentPart(number=n, smsc_message_id=f"{sms.key}/{n}") for n, _ in enumerate(sms.parts, 1))


def world_of(outside: Outside, card: Card | None = None, sms: Told | None = None) -> World:
    """For asking alone there need be neither a database nor an SMS centre."""
    return World(
        card=cast(Any, card),
        registries=outside.registries,
        emaket=outside.emaket,
        body=outside.body,
        bank=outside.bank,
        sms=cast(Any, sms),
        quiet_hours=None,
        ask_again=timedelta(),
    )
