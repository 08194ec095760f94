"""Whose system is tried: the stubs here, or what `make contract BANK=URL ...` names; no way in but the contract."""

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from adapters.bank import HttpBank
from adapters.bodies import HttpDecidingBody, HttpEMaket
from adapters.contract import BODIES
from adapters.http import HttpSystem
from tests.adapters.outside import AIGUL, DAULETS, FIRST, SECOND, TOKEN, aigul, ajar, daulet, outside_at, stubs_here

THEIRS = {body: url for body in BODIES if (url := os.environ.get(f"DEMEU_CONTRACT_{body.upper()}"))}
PERSON: dict[str, str] = {
    "iin": AIGUL,
    "iban": FIRST,
    "closed_iban": SECOND,
    "strangers_iban": DAULETS,
    "service": "multi-child",
}
PAYER = {"name": "Қор", "bin": "000140000014", "iban": "KZ750000000000000000", "bic": "NBRKKZKX"}


@pytest.fixture(scope="session")
async def urls(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, str]]:
    """Where each body is that is tried."""
    if THEIRS:
        yield THEIRS
        return
    async with stubs_here(tmp_path_factory.mktemp("contract")) as here:
        async with outside_at(here) as ours:
            accounts = [{"iban": FIRST}, {"iban": SECOND, "state": "closed"}]
            await ours.cast(aigul(accounts=accounts), daulet())
        yield here


@pytest.fixture(scope="session")
def person() -> dict[str, Any]:
    """The one person whom the system knows."""
    file = os.environ.get("DEMEU_CONTRACT_PERSON")
    return json.loads(Path(file).read_text()) if file else {**PERSON, "payer": PAYER}


@pytest.fixture
def token() -> str:
    return os.environ.get("DEMEU_CONTRACT_TOKEN", TOKEN if not THEIRS else "")


@pytest.fixture
async def system(urls: Mapping[str, str], token: str) -> AsyncIterator[Callable[[str], HttpSystem]]:
    """Our way to a body; a test about one that is not tried is skipped."""
    opened: list[HttpSystem] = []

    def open_(body: str) -> HttpSystem:
        if body not in urls:
            pytest.skip(f"{body}: no address given")
        opened.append(HttpSystem(body, urls[body], token=token, deadline=timedelta(seconds=10), gate=ajar(body)))
        return opened[-1]

    yield open_
    for one in opened:
        await one.aclose()


@pytest.fixture
def bank(system: Callable[[str], HttpSystem]) -> HttpBank:
    return HttpBank(system("bank"))


@pytest.fixture
def emaket(system: Callable[[str], HttpSystem]) -> HttpEMaket:
    return HttpEMaket(system("emaket"))


@pytest.fixture
def body(system: Callable[[str], HttpSystem]) -> HttpDecidingBody:
    return HttpDecidingBody(system("body"))


@pytest.fixture
def new() -> Callable[[str], str]:
    """A key, number or reference that was never used before."""
    return lambda what: f"contract/{uuid4()}:{what}"


def needs(person: Mapping[str, Any], *names: str) -> None:
    """Skip what the given person has nothing for."""
    missing = [name for name in names if not person.get(name)]
    if missing:
        pytest.skip(f"the person has no {', '.join(missing)}")
