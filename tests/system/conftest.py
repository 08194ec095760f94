"""The whole of Demeu as it runs anywhere: every part a process of its own, on real servers, for one test module."""

from collections.abc import AsyncIterator

import httpx
import pytest

from card import Card
from demo.outside import SKIPPED, Outside
from desk.opening import Opening
from runtime.embedded.stack import EmbeddedStack

# Short deadlines and polls, so that faults cost seconds; nothing else differs from `make up`.
QUICK = {**SKIPPED, "DEMEU_CALL_SECONDS": "1.5", "DEMEU_RULING_POLL_SECONDS": "0.2"}


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    folder = tmp_path_factory.mktemp("stack")
    async with EmbeddedStack(folder, fresh=True, durable=False, preferred_ports=False, environment=QUICK) as stack:
        yield stack


@pytest.fixture(scope="module")
async def card(stack: EmbeddedStack) -> AsyncIterator[Card]:
    card = Card(stack.database_url, pool_size=10)
    yield card
    await card.close()


@pytest.fixture(scope="module")
async def outside(stack: EmbeddedStack) -> AsyncIterator[Outside]:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        yield Outside.of(stack, http)


@pytest.fixture(scope="module")
async def opening(stack: EmbeddedStack, card: Card) -> Opening:
    return Opening(card, await stack.client(), stack.settings.task_queue)
