"""What comes in one moment is stored in one, and what cannot be stored is nobody else's fault."""

import asyncio
from collections.abc import Sequence

import pytest
from psycopg.errors import CheckViolation
from sqlalchemy.exc import IntegrityError

from card.store import DatabaseError, DatabaseRefused
from gateway.together import MOST, Together


class Store:
    """Takes numbers; below nought it refuses, and away it is as a whole while `away`."""

    def __init__(self) -> None:
        self.stored: list[int] = []
        self.calls: list[int] = []
        self.away = False

    async def __call__(self, numbers: Sequence[int]) -> None:
        self.calls.append(len(numbers))
        await asyncio.sleep(0.01)
        if self.away:
            raise ConnectionError
        if any(number < 0 for number in numbers):
            raise DatabaseRefused(IntegrityError("", {}, CheckViolation()))
        self.stored += numbers


async def test_what_comes_in_one_moment_is_stored_at_once() -> None:
    store = Store()
    together = Together(store)
    await asyncio.gather(*(together.add(number) for number in range(2 * MOST)))
    assert sorted(store.stored) == list(range(2 * MOST))
    assert len(store.calls) <= 3, "one for what comes alone, then the others"
    assert max(store.calls) <= MOST
    await together.add(-0)
    assert store.calls[-1] == 1


async def test_what_is_refused_spoils_no_other() -> None:
    store = Store()
    together = Together(store)
    said = await asyncio.gather(*(together.add(number) for number in (1, 2, -3, 4)), return_exceptions=True)
    assert [isinstance(one, DatabaseError) for one in said] == [False, False, True, False]
    assert sorted(store.stored) == [1, 2, 4]


async def test_whoever_waits_hears_of_an_outage_and_can_come_again() -> None:
    store = Store()
    store.away = True
    together = Together(store)
    said = await asyncio.gather(*(together.add(number) for number in range(5)), return_exceptions=True)
    assert [type(one) for one in said] == [ConnectionError] * 5
    assert len(store.calls) <= 2, "a store that is away gets no knock for each"
    store.away = False
    await together.add(7)
    assert store.stored == [7]


async def test_who_goes_away_holds_up_nobody() -> None:
    store = Store()
    together = Together(store)
    gone, stays = (asyncio.create_task(together.add(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    await stays
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert 2 in store.stored
