"""A month, played on the real server, the real database and the bank's stub over HTTP."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from activities import paying_activities
from activities.booking import Booked
from activities.payer import Payer
from adapters.bank_files import Debtor
from card import Card, books
from desk import bank_statement, paying
from runtime.heartbeat import Heartbeat
from runtime.permanent import Permanent
from stubs.bank import PENSION_FUND
from tests.activities.life import Life
from tests.entitled_people import Entitled, settle
from workflows.payment_run import PaymentRun, PaymentRunDue
from workflows.run_model import RUN_WORKFLOW, Run, RunResult, run_id

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
DEBTOR = Debtor(name="Азаматтарға арналған үкімет", bin="160440007161", iban="KZ220700000000000001", bic="NBRKKZKX")
NET = Decimal("69330.00")
_numbers = count(1)

Works = Callable[[], AbstractAsyncContextManager[str]]


def worker_of(life: Life, client: Client) -> Works:
    """A worker for payment runs; gives its task queue."""
    queue = f"paying-{next(_numbers)}"
    payer = Payer(life.outside.bank_files, DEBTOR, PENSION_FUND)
    world = dataclasses.replace(life.bare_world(), payer=payer)

    @asynccontextmanager
    async def worker() -> AsyncIterator[str]:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[PaymentRun, PaymentRunDue],
            activities=paying_activities(world),
            interceptors=[Heartbeat(), Permanent()],
        ):
            yield queue

    return worker


@dataclasses.dataclass
class Runs:
    """Starts runs of their own ids: the server is shared."""

    client: Client
    works: Works
    life: Life

    async def play(self, month: date = JANUARY) -> RunResult:
        async with self.works() as queue:
            handle = await self.begin(queue, month)
            return await asyncio.wait_for(handle.result(), 60)

    async def begin(self, queue: str, month: date = JANUARY) -> WorkflowHandle[Any, RunResult]:
        run = Run(month=month, played=True)
        id_ = f"{run_id(month)}-{next(_numbers)}"
        return await self.client.start_workflow(RUN_WORKFLOW, run, id=id_, task_queue=queue, result_type=RunResult)

    async def settle(self, people: list[Entitled], *documents: dict[str, Any]) -> None:
        given = {one["iin"]: one for one in documents}
        await self.life.outside.cast(*(given.get(one.iin, one.document()) for one in people))
        async with self.life.card.transaction() as session:
            await settle(session, people)

    async def statement(self, day: date) -> bytes:
        """The bank's statement of a day, as it sends it."""
        into = BytesIO()
        assert await self.life.outside.bank_files.statement(DEBTOR.iban, day, into)
        return into.getvalue()

    async def reconcile(self, raw: bytes) -> Booked:
        """The same, come as a file."""
        return await bank_statement.reconcile(self.life.card, self.client, DEBTOR, BytesIO(raw))

    async def at_the_bank(self) -> Decimal:
        """What the bank's own books say it has paid for us, and what has not come back by the end of the month."""
        booked = (await self.life.outside.admin("bank", "GET", "/bank/v1/books"))["transfers"]
        return sum(
            (Decimal(one["amount"]) for one in booked if one["state"] == "settled" and not one["return_code"]),
            Decimal(0),
        )


async def whole(card: Card) -> books.Book:
    """All books, which add up."""
    for by in books.BY:
        found = await paying.read_books(card, None, by)
    return found[-1]
