"""The gateway as a test works with it: signed posts, cases that listen, questions that are open, and the relay."""

import asyncio
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr
from temporalio.client import Client, WorkflowHandle

from card import Card, messages
from card.tables import CaseRecord, IncomingMessage, OutgoingMessage
from desk.opening import Opening
from gateway.app import Parts, gateway_app
from gateway.relay import Relay
from gateway.signature import signed_headers
from runtime.settings import Settings
from tests.activities.centre import MemoryCentre
from tests.activities.database import ends_as
from tests.activities.people import iin_of, phone_of
from tests.gateway.ear import END, HEARD, Heard
from workflows.model import Case, Step

SECRETS = {
    "operator": "a secret of sixteen",
    "operator-2": "the other's of sixteen",
    "registry": "another secret of it",
    "registry-2": "one more secret of it",
}
OPERATOR_3 = Ed25519PrivateKey.from_private_bytes(b"the private key of an operator's")
OPERATORS = ("operator", "operator-2", "operator-3")
WEB_UI = "http://127.0.0.1:8233"
ON = date(2025, 3, 1)
_numbers = count(1)


def allowed(path: str) -> str:
    """A sender that may post to this path."""
    return "operator" if path.startswith("/v1/sms/") else "registry"


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Phones:
    """The mobile citizens database: everybody has the phone they are asked on, but those who have `moved`."""

    moved: set[int] = field(default_factory=set)

    async def phone(self, iin: str) -> str | None:
        n = next(n for n in range(1, 100) if iin_of(n) == iin)
        return phone_of(n + 1000) if n in self.moved else phone_of(n)


@dataclass
class House:
    """One gateway. `queue` is where its cases find a worker, unless a test wants none."""

    card: Card
    client: Client
    settings: Settings
    queue: str
    centre: MemoryCentre = field(default_factory=MemoryCentre)
    mobile: "Phones" = field(default_factory=lambda: Phones())

    def __post_init__(self) -> None:
        secrets = {sender: SecretStr(secret) for sender, secret in SECRETS.items()}
        self.settings = self.settings.model_copy(
            update={
                "gateway_secrets": secrets,
                "gateway_public_keys": {"operator-3": OPERATOR_3.public_key()},
                "gateway_sms_senders": OPERATORS,
                "codec_origins": (WEB_UI,),
            }
        )
        self.opening = Opening(self.card, self.client, self.queue)
        self.relay = self.another_relay()
        self.app = gateway_app(self.settings, Parts(self.card, self.client, self.opening, self.relay))
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://gateway")

    def another_relay(self) -> Relay:
        """A relay that knows of nothing: as after a restart."""
        return Relay(self.card, self.client, self.centre, self.opening, self.mobile)

    async def close(self) -> None:
        """Nothing goes on after the test."""
        for task in list(self.relay._tasks.values()):
            task.cancel()
        await asyncio.gather(*self.relay._tasks.values(), return_exceptions=True)
        await self.http.aclose()

    async def post(self, path: str, content: Any, sender: str | None = None) -> httpx.Response:
        """Post as this sender, or as one that may; signed now."""
        sender = sender or allowed(path)
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return await self.http.post(
            path, content=body, headers=signed_headers(sender, SECRETS[sender], "POST", path, body)
        )

    # --- cases -----------------------------------------------------------------------------------------------------

    async def open(self, n: int = 1, service: str = "multi-child") -> Case:
        """A case of the n-th mother that listens."""
        opened = await self.opening.open(service=service, iin=iin_of(n), on=ON, opened_by=f"test:{next(_numbers)}")
        return opened.case

    async def ask(
        self, case: Case, n: int = 1, *, expects: str = "consent", deadline: datetime | None = None, step_n: int = 1
    ) -> str:
        """The case asks the n-th mother's phone; the key of the question."""
        key = case.key(Step.OFFER, step_n)
        async with self.card.transaction() as session:
            await messages.ask(
                session,
                key=key,
                case_ref=case.ref,
                phone=phone_of(n),
                expects=expects,
                window_days=3,
                deadline=deadline or now() + timedelta(days=3),
            )
        return key

    async def number(self, case: Case) -> int:
        """The number under which the phone knows the case."""
        async with self.card.transaction() as session:
            question = await messages.last_question(session, case.ref)
        assert question is not None
        return question.number

    async def said(self, case: Case, key: str, parts: int = 1, n: int = 1) -> list[str]:
        """The question has gone out by SMS; the centre's ids of its parts."""
        ids = [f"{key}#{part}" for part in range(parts)]
        async with self.card.transaction() as session:
            message = OutgoingMessage(
                key=key,
                case_ref=case.ref,
                phone=phone_of(n),
                language="kk",
                kind="offer",
                text="?",
                parts=parts,
                paid_by="budget",
            )
            await messages.intend(session, message)
            await messages.mark_sent(session, key, ids, now())
        return ids

    def handle(self, case: Case) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(case.id)

    async def heard(self, case: Case) -> Heard:
        """What the case has been brought."""
        heard: Heard = await self.handle(case).query(HEARD, result_type=Heard)
        return heard

    async def end(self, case: Case, outcome: str = "lapsed") -> None:
        """The case is over; its questions may still be open, as in the moment before they are closed."""
        async with self.card.transaction() as session:
            await ends_as(session, case.ref, outcome)
            (await session.get_one(CaseRecord, case.ref)).outcome = outcome
        await self.handle(case).signal(END)
        await self.handle(case).result()

    # --- the relay -------------------------------------------------------------------------------------------------

    async def reply(self, text: str, n: int = 1, *, message_id: str | None = None, **more: Any) -> str:
        """An SMS of the n-th mother, through the SMS link; waits until the relay is done with it."""
        id_ = message_id or f"smpp:{next(_numbers)}"
        await self.relay.reply(id_, phone_of(n), text, more.pop("at", now()), **more)
        await self.brought()
        return id_

    async def brought(self, relay: Relay | None = None) -> None:
        """The relay has done what it was about."""
        async with asyncio.timeout(20):
            while tasks := list((relay or self.relay)._tasks.values()):
                await asyncio.wait(tasks)

    async def stored(self, message_id: str) -> IncomingMessage:
        async with self.card.transaction() as session:
            return await session.get_one(IncomingMessage, message_id)
