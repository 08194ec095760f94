"""The doors through which the outside acts on an embedded stack: a person's handset, the stubs' own, the gateway's.

For the demo, the bench and the system tests. Nothing here is known to the engine.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx

from gateway.signature import signed_headers
from runtime.embedded.stack import EmbeddedStack
from runtime.settings import Agency, Endpoint

SKIPPED = {
    "DEMEU_GATEWAY_CLOCK_TOLERANCE_SECONDS": str(120 * 86_400),
    "DEMEU_GATEWAY_DAYS_ARE_SKIPPED": "true",
    "DEMEU_GATEWAY_EVENTS_PLAYED_DAYS": str(20 * 366),
}
"""For a stack in which days are skipped: a case's clock runs ahead of ours, and what it hears bears its own time. What
is played is of the cast's day, so that the amounts are the same whenever it is."""


@dataclass(frozen=True)
class Outside:
    """Where each door is. Raises httpx.HTTPStatusError when one is closed."""

    http: httpx.AsyncClient
    gateway: str
    handset: str
    agencies: dict[Agency, Endpoint]
    secrets: dict[str, str] = field(repr=False)
    """Gateway secrets by sender."""

    @classmethod
    def of(cls, stack: EmbeddedStack, http: httpx.AsyncClient) -> "Outside":
        settings = stack.settings
        return cls(
            http,
            stack.gateway_url,
            stack.handset_url,
            {agency: settings.agency(agency) for agency in Agency},
            {name: secret.get_secret_value() for name, secret in settings.gateway_secrets.items()},
        )

    async def settle_in(self, people: Sequence[dict[str, Any]]) -> None:
        """Tell every stub who lives here, and how it shall behave towards them."""
        await asyncio.gather(
            self._send("PUT", f"{self.handset}/admin/people", people),
            *(self.tell(agency, people) for agency in Agency),
        )

    async def tell(self, agency: Agency, people: Sequence[dict[str, Any]]) -> None:
        """Tell one agency about people."""
        await self._admin(agency, "PUT", "people", people)

    async def misbehave(self, agency: Agency, rules: Sequence[dict[str, Any]], seed: int = 0) -> None:
        """Switch faults on at an agency; no rules switch them off."""
        await self._admin(agency, "PUT", "faults", {"rules": rules, "seed": seed})

    async def sms_misbehaves(self, rules: Sequence[dict[str, Any]]) -> None:
        """Switch faults on at the SMS centre."""
        await self._send("PUT", f"{self.handset}/admin/faults", {"rules": rules})

    async def calls(self, agency: Agency) -> list[dict[str, Any]]:
        """How often each key arrived at an agency, and how many effects it had."""
        found: list[dict[str, Any]] = (await self._admin(agency, "GET", "calls"))["calls"]
        return found

    async def sms(self, phone: str | None = None) -> list[dict[str, Any]]:
        """The SMS on a handset, oldest first; on all handsets if none is named."""
        params = {"phone": phone} if phone else {}
        answer = await self.http.get(f"{self.handset}/admin/messages", params=params)
        answer.raise_for_status()
        return [message for message in answer.json()["messages"] if message["state"] == "delivered"]

    async def reply(self, phone: str, text: str) -> None:
        """Answer as the person, from the handset, through SMPP."""
        await self._send("POST", f"{self.handset}/admin/reply", {"phone": phone, "text": text})

    async def signed(self, sender: str, path: str, content: Any) -> Any:
        """Post to the gateway as one of its senders."""
        body = _json(content)
        headers = signed_headers(sender, self.secrets[sender], "POST", path, body)
        answer = await self.http.post(f"{self.gateway}{path}", content=body, headers=headers)
        answer.raise_for_status()
        return answer.json()

    async def bank_books(self) -> list[dict[str, Any]]:
        """What the bank itself says it has settled: the other side of our books."""
        bank = self.agencies[Agency.BANK]
        answer = await self.http.get(f"{bank.url}/bank/v1/books", headers=_bearer(bank))
        answer.raise_for_status()
        return [transfer for transfer in answer.json()["transfers"] if transfer["state"] == "settled"]

    async def _admin(self, agency: Agency, method: str, what: str, content: Any = None) -> Any:
        endpoint = self.agencies[agency]
        return await self._send(method, f"{endpoint.url}/admin/{what}", content, _bearer(endpoint))

    async def _send(self, method: str, url: str, content: Any = None, headers: dict[str, str] | None = None) -> Any:
        body = None if content is None else _json(content)
        answer = await self.http.request(method, url, content=body, headers=headers)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def total(transfers: Sequence[dict[str, Any]]) -> Decimal:
    """The sum of transfers, in tenge."""
    return sum((Decimal(one["amount"]) for one in transfers), Decimal(0))


def _bearer(endpoint: Endpoint) -> dict[str, str]:
    return {"Authorization": f"Bearer {endpoint.token.get_secret_value()}"} if endpoint.token else {}


def _json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False, default=str).encode()
