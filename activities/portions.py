"""What is long is asked, and read, in portions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from adapters.bank_files import Line
from card.bank_lines import Said

S = TypeVar("S")
T = TypeVar("T")

ASKED_AT_ONCE = 16
"""Questions to a register or a bank at once, of one range."""

LINES = 5_000
"""Lines of a bank's file that are held against ours in one transaction."""


async def each(page: Sequence[S], ask: Callable[[S], Awaitable[T]]) -> list[T]:
    gate = asyncio.Semaphore(ASKED_AT_ONCE)

    async def one(asked: S) -> T:
        async with gate:
            return await ask(asked)

    return list(await asyncio.gather(*(one(asked) for asked in page)))


async def portions(lines: Iterator[Line]) -> AsyncIterator[list[Said]]:
    """The lines of a file in portions; they are read in a thread, for a long file is a second of work.

    All of them in one: libxml2 keeps names in a dictionary of the thread, and a document whose names are of two of them
    ends the whole process when it is freed.
    """
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as its_own:
        while chunk := await loop.run_in_executor(its_own, lambda: list(islice(lines, LINES))):
            yield [
                Said(
                    number=one.number,
                    state=one.state,
                    end_to_end_id=one.end_to_end_id,
                    amount=one.amount,
                    reason=one.reason_code,
                    reference=one.bank_reference,
                    booked_on=one.booked_on,
                    waits=one.waits,
                )
                for one in chunk
            ]
