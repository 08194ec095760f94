"""The adapter and the stub of the SMS centre, joined by real SMPP on the loopback; for the tests beside this file."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.sms import IncomingSms, Receipt, SmppCentre, SmppInbox
from adapters.sms.port import OutgoingSms
from dialogue import segments
from stubs.smsc import Centre, running
from tests.adapters.outside import ajar

PASSWORD = "secret"
SOON = timedelta(seconds=20)
_numbers = itertools.count(1)


def a_phone() -> str:
    """A number that no other test uses."""
    return f"+7701{next(_numbers):07d}"


async def until(true: Callable[[], Any], within: float = 20.0) -> None:
    """Waits for a condition; a test that waits in vain fails here."""
    async with asyncio.timeout(within):
        while not true():
            await asyncio.sleep(0.01)


@dataclass
class Link:
    """Both ends, and what the receiver has taken."""

    centre: Centre
    http: httpx.AsyncClient
    sender: SmppCentre
    inbox: SmppInbox
    sms: list[IncomingSms] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    refuse_next: int = 0
    """So many times the receiver fails to store what comes."""

    async def take(self, kind: list[Any], thing: Any) -> None:
        """Stores, unless it is told to fail."""
        if self.refuse_next:
            self.refuse_next -= 1
            raise RuntimeError("the database is away")
        kind.append(thing)

    async def send(self, phone: str, text: str, key: str = "") -> tuple[str, ...]:
        """Sends as an activity would; the centre's message ids."""
        sms = OutgoingSms(key=key or f"multi-child/{next(_numbers)}:offer", phone=phone, parts=segments(text))
        return tuple(part.smsc_message_id for part in await self.sender.send(sms))

    async def faults(self, *rules: dict[str, Any]) -> None:
        """Switches faults on."""
        (await self.http.put("/admin/faults", json={"rules": rules})).raise_for_status()

    async def people(self, *people: dict[str, Any]) -> None:
        """Tells the centre of the cast."""
        (await self.http.put("/admin/people", json=people)).raise_for_status()

    async def reply(self, phone: str, text: str, **more: Any) -> str:
        """Writes as the citizen; the external id."""
        answer = await self.http.post("/admin/reply", json={"phone": phone, "text": text, **more})
        external_id: str = answer.raise_for_status().json()["external_id"]
        return external_id

    async def on_handset(self, phone: str) -> dict[str, Any]:
        """Everything the centre knows of a phone."""
        found: dict[str, Any] = (await self.http.get("/admin/messages", params={"phone": phone})).json()
        return found

    async def calls(self, key: str) -> dict[str, Any]:
        """How often a key arrived and what it did."""
        (call,) = (await self.http.get("/admin/calls", params={"key": key})).json()["calls"]
        found: dict[str, Any] = call
        return found

    def from_(self, phone: str) -> list[IncomingSms]:
        """What the receiver has taken of this phone."""
        return [sms for sms in self.sms if sms.phone == phone]

    def states(self, *ids: str) -> list[str]:
        """The receipts for these message ids."""
        return [str(receipt.state) for receipt in self.receipts if receipt.smsc_message_id in ids]


def clients(port: int, take_sms: Callable[[IncomingSms], Awaitable[None]], **more: Any) -> tuple[SmppCentre, SmppInbox]:
    """A transmitter and a receiver with short patience."""

    async def ignore(_: Receipt) -> None: ...

    usual: dict[str, Any] = {
        "answer_within": timedelta(seconds=0.6),
        "gate": ajar("smsc"),
        "about_the_number": (0x402,),
    }
    sender = SmppCentre("127.0.0.1", port, "demeu", PASSWORD, **usual)
    inbox = SmppInbox(
        "127.0.0.1",
        port,
        "demeu",
        PASSWORD,
        on_sms=take_sms,
        on_receipt=more.pop("on_receipt", ignore),
        hold=more.pop("hold", timedelta(seconds=0.3)),
        **more,
    )
    return sender, inbox


@asynccontextmanager
async def linked(data: Path | str = ":memory:", **more: Any) -> AsyncIterator[Link]:
    """A centre, a transmitter and a receiver, bound."""
    async with running(data, password=PASSWORD) as (centre, url), httpx.AsyncClient(base_url=url) as http:
        made: list[Link] = []

        async def on_sms(sms: IncomingSms) -> None:
            await made[0].take(made[0].sms, sms)

        async def on_receipt(receipt: Receipt) -> None:
            await made[0].take(made[0].receipts, receipt)

        sender, inbox = clients(centre.smpp_port, on_sms, on_receipt=on_receipt, **more)
        made.append(Link(centre, http, sender, inbox))
        async with sender, inbox:
            assert await sender.wait_bound(SOON)
            assert await inbox.wait_bound(SOON)
            yield made[0]
