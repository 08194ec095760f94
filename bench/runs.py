"""A month paid: select, files, post (what the bank has taken), reconcile (what it has booked), against the floor.

The floor is the same rows by one COPY and one UPDATE on the same server, in the same run. The bank is a process of its
own whose time does not count, and so is what it says: reports and statements of the files that it got.
"""

import asyncio
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, cast

import psutil
from sqlalchemy import text

from activities.booking import book
from activities.pay import PayStep
from activities.payer import Payer
from activities.world import World
from adapters.bank_files import Arrival, Debtor, FileReceipt
from card import Card
from desk.paying import read_books
from runtime.embedded.servers import Database, postgres
from runtime.migrate import migrate_database
from stubs.iso20022 import Entry, Status, read_batch, write_report, write_statement
from tests.activities.database import BY_FORCE
from workflows.run_model import FIRST, FileInput, Range, RangeDone, Run, SealInput

AIM = 5_000
"""Payments a second in all, on two cores."""

JANUARY, NET = date(2026, 1, 1), Decimal("69330.00")
DEBTOR = Debtor(name="Қор", bin="160440007161", iban="KZ220700000000000001", bic="NBRKKZKX")
FUND = "KZ330090000000000001"

POPULATION = (
    "CREATE TEMP TABLE n AS SELECT n, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,"
    " 'case-' || n AS ref, (ARRAY['KZ-71', 'KZ-10', 'KZ-31', 'KZ-47'])[1 + n % 4] AS region"
    " FROM generate_series(1, :size) n",
    "INSERT INTO persons (id, iin, family_name, given_name, language, region)"
    " SELECT id, lpad(n::text, 12, '0'), 'Үлгіқызы', 'Айгүл', 'kk', region FROM n",
    "INSERT INTO rights (id, service, state, offers, refusals) SELECT id, 'multi-child', 'entitled', 0, 0 FROM n",
    "INSERT INTO cases"
    " (ref, service, person_id, basis, right_id, opened_by, look, assessed_on, amount, outcome, settled)"
    " SELECT ref, 'multi-child', id, 'b' || n, id, ref, 0, '2025-12-01', 69330, 'credited', true FROM n",
    "INSERT INTO accounts (id, person_id, iban, source)"
    " SELECT id, id, 'KZ00125' || lpad(n::text, 13, '0'), 'bank' FROM n",
    "INSERT INTO ledger (key, case_ref, debit, credit, amount, payer, period, value_date)"
    " SELECT ref, ref, 'entitled', 'payable', 69330, 'budget', '2025-12-01', '2025-12-01' FROM n",
    "INSERT INTO entitlements (id, right_id, case_ref, person_id, service, since)"
    " SELECT id, id, ref, id, 'multi-child', '2025-12-01' FROM n",
    "INSERT INTO entitlement_amounts (entitlement_id, first_month, last_month, gross, withheld)"
    " SELECT id, '2025-12-01', '2026-12-01', 69330, 0 FROM n",
    "INSERT INTO dues (entitlement_id, month, case_ref, is_difference, gross, withheld)"
    " SELECT id, '2025-12-01', ref, false, 69330, 0 FROM n",
)


class Bank:
    """Where files go and reports come from: a folder, in which another process writes what the bank says."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Path] = {}

    async def send(self, key: str, file: BinaryIO) -> FileReceipt:
        self.files[key] = self.folder / f"{len(self.files)}.xml"
        with self.files[key].open("wb") as into:
            shutil.copyfileobj(file, into)
        return FileReceipt(key=key, file_reference=key, received_at=datetime.now(UTC))

    async def status(self, key: str, into: BinaryIO) -> Arrival:
        if key not in self.files:
            return Arrival.UNKNOWN
        with self.files[key].with_suffix(".report").open("rb") as said:
            shutil.copyfileobj(said, into)
        into.seek(0)
        return Arrival.WRITTEN

    async def statement(self, *_: object) -> bool:
        return False


def answer(file: Path) -> int:
    """In the bank's process: what became of a file's payments, and the page of the statement that books them."""
    batch, now = read_batch(file.read_bytes()), datetime.now(UTC)
    states = (
        Status(one.end_to_end_id, "ACSC", one.amount, f"BR-{file.stem}-{n}") for n, one in enumerate(batch.wishes)
    )
    file.with_suffix(".report").write_bytes(write_report(f"R-{file.stem}", now, batch, "ACSC", None, states))
    entries = (
        Entry(one.end_to_end_id, Decimal(one.amount), f"BR-{file.stem}-{n}", batch.day.isoformat(), one.name)
        for n, one in enumerate(batch.wishes)
    )
    page = write_statement(f"N-{file.stem}", now, DEBTOR.iban, DEBTOR.bic, entries)
    file.with_suffix(".statement").write_bytes(page)
    return len(batch.wishes)


class Clock:
    """Seconds by what was done, and the most memory that this process held meanwhile."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.begun = self.most = self._memory()

    @staticmethod
    def _memory() -> float:
        return float(psutil.Process().memory_info().rss) / 2**20

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self.seconds[what] = self.seconds.get(what, 0.0) + time.perf_counter() - begun
        self.most = max(self.most, self._memory())


async def measure(size: int) -> None:
    """Print payments a second of each part and of all, memory, and the ratios to the aim and the floor."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        async with postgres(folder) as database:
            await migrate_database(await database.create("runs"))
            card = Card(database.url("runs"), pool_size=4)
            async with card.transaction() as session:
                await session.execute(BY_FORCE)
                for sql in POPULATION:
                    await session.execute(text(sql), {"size": size} if ":size" in sql else {})
            async with await database.connect("runs") as connection:
                await connection.set_autocommit(True)
                await connection.execute("VACUUM ANALYZE")
            clock = await _paid(card, folder)
            (whole,) = await read_books(card, None, None)
            assert whole.credited == size * NET, whole
            await card.close()
            floor = await _floor(database, size)
    spent = sum(clock.seconds.values())
    split = ", ".join(f"{what} {size / seconds:,.0f}" for what, seconds in clock.seconds.items())
    print(f"a month of {size:,} payments: {size / spent:,.0f} a second in all; {split}")
    print(f"a month: memory grows by {clock.most - clock.begun:.0f} MB")
    print(f"ratio: {floor / spent:.2f} paid-month-against-copy-and-update")
    print(f"ratio: {size / spent / AIM:.2f} paid-month-against-the-aim-of-{AIM}-a-second")


async def _paid(card: Card, folder: Path) -> Clock:
    bank = Bank(folder)
    nobody = dict.fromkeys(("registries", "emaket", "body", "bank", "sms", "quiet_hours", "ask_again"), cast(Any, None))
    step, clock = PayStep(World(card=card, payer=Payer(bank, DEBTOR, FUND), **nobody)), Clock()
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as its_own:
        plan = await step.pay_open(Run(month=JANUARY, played=True))
        named = tuple(region for one in plan.stages for region in one.regions)
        for stage in plan.stages:
            with clock.of("select"):
                done = RangeDone(after=FIRST)
                while done.after is not None:
                    done = await step.pay_select(Range(month=JANUARY, stage=stage, named=named, after=done.after))
                await step.pay_freeze(Range(month=JANUARY, stage=stage))
            with clock.of("files"):
                parts = (f"s{stage.number}", f"p{stage.number}")
                files = await step.pay_seal(SealInput(month=JANUARY, parts=parts, execution_day=stage.day))
                for key in files.keys:
                    await step.pay_send(FileInput(key=key))
            for key in files.keys:
                await loop.run_in_executor(its_own, partial(answer, bank.files[key]))
            with clock.of("post"):
                for key in files.keys:
                    await step.pay_answer(FileInput(key=key))
            with clock.of("reconcile"):
                for key in files.keys:
                    with bank.files[key].with_suffix(".statement").open("rb") as page:
                        await book(card, DEBTOR, page)
    return clock


async def _floor(database: Database, size: int) -> float:
    """Seconds for the same rows by one COPY and one UPDATE."""
    columns = "due_id, stage_id, kind, n, end_to_end_id, amount, account_id, bank, batch_key, state"
    async with await database.connect("runs") as connection:
        made = await connection.execute(f"SELECT {columns} FROM run_lines".encode())  # noqa: S608  (our own)
        rows = await made.fetchall()
        assert len(rows) == size
        await connection.execute("CREATE TABLE floor (LIKE run_lines)")
        await connection.execute("ALTER TABLE floor ALTER id DROP NOT NULL, ALTER made_at SET DEFAULT now()")
        begun = time.perf_counter()
        async with connection.cursor().copy(f"COPY floor ({columns}) FROM STDIN".encode()) as copy:
            for row in rows:
                await copy.write_row(row)
        await connection.execute(
            "UPDATE floor SET state = 'settled', settled_on = '2026-01-05', settled_at = now(), bank_reference = 'B'"
        )
        await connection.commit()
        return time.perf_counter() - begun


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if sys.argv[1:] else 1_000_000))
