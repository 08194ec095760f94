"""The outside world as the contract tests see it: the ports, and a hand on whoever stands behind them.

Answers go over real HTTP. By default the stubs run inside the test process; with DEMEU_CONTRACT_URLS (a JSON object of
agency and base URL) the same tests run against systems elsewhere that have the same /admin routes.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from adapters.bank import Bank, HttpBank, Transfer
from adapters.bank_files import BankFiles, HttpBankFiles
from adapters.bodies import Application, CaseFile, DecidingBody, EMaket, HttpDecidingBody, HttpEMaket
from adapters.gate import Gate
from adapters.http import HttpSystem
from adapters.registries import Registries
from stubs import serve

TOKEN = "a-token-for-tests"
AGENCIES = ("registries", "emaket", "body", "bank")

AIGUL = "850312450017"
DAULET = "830704350025"
CHILD = "180905650034"
STRANGER = "700101300041"
FIRST = "KZ120000000000000001"
SECOND = "KZ120000000000000002"
DAULETS = "KZ120000000000000003"
PHONE = "+77010000017"
KEY = "multi-child/0000-1042-7:register"


def ajar(system: str) -> Gate:
    """A gate that never shuts: for tests of what one call after the other meets. The gate has its own."""
    return Gate(system, shuts_after=1_000_000)


def aigul(**sections: Any) -> dict[str, Any]:
    """The person document of a mother; sections given here take the place of the usual ones."""
    return {
        "iin": AIGUL,
        "person": {
            "family_name": "Үлгіқызы",
            "given_name": "Айгүл",
            "birth_date": "1985-03-12",
            "sex": "female",
            "language": "kk",
            "region": "KZ-71",
        },
        "children": [{"iin": CHILD, "birth_date": "2018-09-05", "sex": "female", "birth_order": 1}],
        "phone": PHONE,
        "accounts": [{"iban": FIRST, "bank": "First Bank"}, {"iban": SECOND, "bank": "Second Bank"}],
    } | sections


def daulet(**sections: Any) -> dict[str, Any]:
    """The person document of a man with an account."""
    return {"iin": DAULET, "accounts": [{"iban": DAULETS}]} | sections


def application(**members: Any) -> Application:
    """An application of the mother's."""
    return Application.model_validate(
        {
            "case_ref": "0000-1042-7",
            "service": "multi-child",
            "iin": AIGUL,
            "applied_on": date(2025, 3, 1),
            "computed_amount": Decimal("78798"),
            "consent_ref": "consent-1",
        }
        | members
    )


def case_file(number: str = "EM-1", **members: Any) -> CaseFile:
    """The file of the mother's application."""
    return CaseFile.model_validate(
        {
            "application_number": number,
            "service": "multi-child",
            "iin": AIGUL,
            "computed_amount": Decimal("78798"),
            "applied_on": date(2025, 3, 1),
        }
        | members
    )


def transfer(**members: Any) -> Transfer:
    """A payment to the mother's first account."""
    return Transfer.model_validate(
        {
            "iban": FIRST,
            "iin": AIGUL,
            "amount": Decimal("78798.00"),
            "purpose": "multi-child 2025-03",
            "end_to_end_id": "0000-1042-7-1",
        }
        | members
    )


@dataclass
class Outside:
    """Ports, and what the administrator of an agency can do."""

    registries: Registries
    emaket: EMaket
    body: DecidingBody
    bank: Bank
    bank_files: BankFiles
    systems: Mapping[str, HttpSystem]
    admins: Mapping[str, httpx.AsyncClient]

    async def admin(self, agency: str, method: str, path: str, json: Any = None) -> Any:
        """A call of the administrator's; anything but success is a failed test."""
        answer = await self.admins[agency].request(method, path, json=json)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def forget(self) -> None:
        """Every agency as on its first day."""
        for agency in self.admins:
            await self.admin(agency, "DELETE", "/admin/all")

    async def cast(self, *people: dict[str, Any]) -> None:
        """Gives every agency the same list of person documents."""
        for agency in self.admins:
            await self.admin(agency, "PUT", "/admin/people", list(people))

    async def fault(self, agency: str, fault: str, *, match: Mapping[str, str] | None = None, **params: Any) -> None:
        """Switches on one fault, in place of any other."""
        rule = {"match": dict(match or {}), "fault": fault, **params}
        await self.admin(agency, "PUT", "/admin/faults", {"rules": [rule]})

    async def calls(self, agency: str, key: str) -> tuple[int, int]:
        """How often the key arrived, and how many effects it had."""
        (found,) = (await self.admin(agency, "GET", f"/admin/calls?key={key}"))["calls"]
        return found["arrivals"], found["effects"]

    async def arrival(self, agency: str, key: str) -> None:
        """Waits until a call with this key has arrived."""
        while await self.calls(agency, key) == (0, 0):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def stubs_here(data: Path) -> AsyncIterator[dict[str, str]]:
    """The stubs in this process, each on a port of its own: agency and base URL."""
    async with AsyncExitStack() as running:
        urls = {}
        for name in AGENCIES:
            agency = serve.agency(name, data, delay=0.0)
            running.callback(agency.store.close)
            urls[name] = await running.enter_async_context(serve.serving(serve.front(agency, TOKEN).app))
        yield urls


@asynccontextmanager
async def outside_at(urls: Mapping[str, str], deadline: timedelta = timedelta(seconds=5)) -> AsyncIterator[Outside]:
    """The ports over HTTP at these addresses; `deadline` is that of every call."""
    async with AsyncExitStack() as open_:
        system = {
            name: await open_.enter_async_context(
                HttpSystem(name, url, token=TOKEN, deadline=deadline, gate=ajar(name))
            )
            for name, url in urls.items()
        }
        headers = {"Authorization": f"Bearer {TOKEN}"}
        admins = {
            name: await open_.enter_async_context(httpx.AsyncClient(base_url=url, headers=headers, trust_env=False))
            for name, url in urls.items()
        }
        yield Outside(
            registries=Registries.over(system["registries"]),
            emaket=HttpEMaket(system["emaket"]),
            body=HttpDecidingBody(system["body"]),
            bank=HttpBank(system["bank"]),
            bank_files=HttpBankFiles(system["bank"], deadline=timedelta(seconds=30)),
            systems=system,
            admins=admins,
        )
