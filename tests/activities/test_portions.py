"""A long file is read in portions beside everything else."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from activities import portions
from adapters.bank_files import Line


async def test_a_file_is_read_in_one_thread_however_many_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document that two threads have parsed ended the worker when it was freed."""
    monkeypatch.setattr(portions, "LINES", 1)
    readers = set()

    def lines() -> Iterator[Line]:
        for number in range(10):
            readers.add(threading.get_ident())
            yield Line(number, None, None, None, None, None, None, None, None)

    async for _ in portions.portions(lines()):
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.005) for _ in range(4)))
    assert len(readers) == 1
