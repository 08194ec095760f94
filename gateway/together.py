"""Things that come one by one and are stored together: a message of seven parts brings seven receipts in one moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from card.store import DatabaseRefused

MOST = 100
"""So many things at most go into one transaction."""

_Thing = TypeVar("_Thing")


class Together(Generic[_Thing]):
    """Stores what comes while a storing is under way with the next one; what comes alone waits for nobody."""

    def __init__(self, store: Callable[[Sequence[_Thing]], Awaitable[None]]) -> None:
        self._store = store
        self._waiting: list[tuple[_Thing, asyncio.Future[None]]] = []
        self._work: asyncio.Task[None] | None = None

    async def add(self, thing: _Thing) -> None:
        """Returns when it is stored. Raises what `store` raises; what the database refuses spoils nothing else."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, stored))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._work_off(), name="stored together")
        await stored

    async def _work_off(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            await self._store_all(batch)

    async def _store_all(self, batch: Sequence[tuple[_Thing, asyncio.Future[None]]]) -> None:
        failed: Exception | None = None
        try:
            await self._store([thing for thing, _ in batch])
        except Exception as error:
            if isinstance(error, DatabaseRefused) and len(batch) > 1:
                for one in batch:
                    await self._store_all([one])
                return
            failed = error
        for _, stored in batch:
            if stored.done():
                continue  # who waited has gone
            if failed is None:
                stored.set_result(None)
            else:
                stored.set_exception(failed)
