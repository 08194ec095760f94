"""The outside world of the contract tests, empty at the start of each."""

import json
import os
from collections.abc import AsyncIterator, Mapping

import pytest

from tests.adapters.outside import Outside, outside_at, stubs_here

_ELSEWHERE = os.environ.get("DEMEU_CONTRACT_URLS")


@pytest.fixture(scope="session", params=["stubs", *(["elsewhere"] if _ELSEWHERE else [])])
async def urls(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Mapping[str, str]]:
    """Where the agencies are."""
    if request.param == "elsewhere":
        yield json.loads(_ELSEWHERE or "{}")
        return
    async with stubs_here(tmp_path_factory.mktemp("stubs")) as here:
        yield here


@pytest.fixture(scope="session")
async def _connected(urls: Mapping[str, str]) -> AsyncIterator[Outside]:
    async with outside_at(urls) as outside:
        yield outside


@pytest.fixture
async def outside(_connected: Outside) -> Outside:
    """The agencies and our ports to them; nobody known, nothing done, no faults."""
    await _connected.forget()
    return _connected
