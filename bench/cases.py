"""The whole case, on everything real, against a bare Temporal workflow: in turn, on one server, in one run."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx
import psutil
from sqlalchemy import text
from temporalio.client import Client

from bench.bare import ACTIVITIES, LOCAL_ACTIVITIES, QUEUE, Bare
from card import Card
from demo.crowd import crowd
from demo.outside import Outside
from desk.opening import Opening
from runtime.embedded.stack import EmbeddedStack, Part
from workflows.model import CaseResult, Outcome

ON = date(2026, 11, 20)


@dataclass(frozen=True)
class Batch:
    """One batch: how many a second, and the history events of one."""

    per_second: float
    events: int


class Cpu:
    """Which part spends how much processor time on a case: says why a ratio is what it is."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self._stack = stack
        self._spent: dict[str, float] = {}
        self._begun: dict[str, float] = {}
        self._cases = 0

    def start(self) -> None:
        self._begun = self._read()

    def stop(self, cases: int) -> None:
        self._cases += cases
        for part, seconds in self._read().items():
            self._spent[part] = self._spent.get(part, 0.0) + seconds - self._begun[part]

    def per_case(self) -> str:
        return ", ".join(f"{part} {seconds / self._cases * 1000:.0f} ms" for part, seconds in self._spent.items())

    def _read(self) -> dict[str, float]:
        spent = {}
        for part in Part:
            process = psutil.Process(self._stack.process(part).pid)
            times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
            spent[part.value] = sum(one.user + one.system for one in times)
        return spent


async def measure(size: int, rounds: int) -> None:
    """Print cases per second, history events and latency, each figure with its ratio."""
    with TemporaryDirectory() as folder:
        async with EmbeddedStack(Path(folder), fresh=True, durable=False, preferred_ports=False) as stack:
            card = Card(stack.database_url, pool_size=10)
            async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
                outside = Outside.of(stack, http)
                people = crowd(size * (rounds + 1))
                await outside.settle_in(people)
                bare_client = await Client.connect(stack.temporal_address)
                opening = Opening(card, await stack.client(), stack.settings.task_queue)
                worker = await _bare_worker(stack)
                try:
                    parts = [people[n * size : (n + 1) * size] for n in range(rounds + 1)]
                    await _whole(opening, card, outside, parts[0])  # the first is not counted: caches are cold
                    await _bare(bare_client, size)
                    pairs, spent = [], Cpu(stack)
                    for part in parts[1:]:
                        spent.start()
                        whole = await _whole(opening, card, outside, part)
                        spent.stop(len(part))
                        pairs.append((whole, await _bare(bare_client, size)))
                finally:
                    worker.terminate()
                    await worker.wait()
                _report(pairs, await _latency(card), size)
                print(f"CPU of a whole case: {spent.per_case()}")
            await card.close()


async def _bare_worker(stack: EmbeddedStack) -> asyncio.subprocess.Process:
    env = {**os.environ, "TEMPORAL_ADDRESS": stack.temporal_address}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.bare", env=env)


async def _whole(opening: Opening, card: Card, outside: Outside, people: list[dict[str, Any]]) -> Batch:
    begun = time.monotonic()
    answering = asyncio.create_task(_say_yes(card, outside, {person["phone"] for person in people}))
    opened = await asyncio.gather(
        *(opening.open(service="multi-child", iin=p["iin"], on=ON, opened_by=f"bench:{p['iin']}") for p in people)
    )
    handles = [opening.client.get_workflow_handle(one.case.id, result_type=CaseResult) for one in opened]
    results = await asyncio.gather(*(handle.result() for handle in handles))
    seconds = time.monotonic() - begun
    await answering
    if {result.outcome for result in results} != {Outcome.CREDITED}:
        raise RuntimeError("a case of the bench did not end credited")
    return Batch(len(people) / seconds, (await handles[0].describe()).history_length)


async def _say_yes(card: Card, outside: Outside, phones: set[str]) -> None:
    """Each phone answers as soon as it has been asked."""
    left = set(phones)
    while left:
        async with card.transaction() as session:
            asked = await session.scalars(
                text("SELECT q.phone FROM questions q JOIN messages m ON m.key = q.key WHERE m.state <> 'intended'")
            )
            ready = left & set(asked)
        left -= ready
        await asyncio.gather(*(outside.reply(phone, "Иә") for phone in ready))
        await asyncio.sleep(0.1)


async def _bare(client: Client, size: int) -> Batch:
    begun = time.monotonic()
    handles = await asyncio.gather(
        *(client.start_workflow(Bare.run, id=f"bare/{uuid4()}", task_queue=QUEUE) for _ in range(size))
    )
    await asyncio.gather(*(handle.execute_update(Bare.answer) for handle in handles))
    await asyncio.gather(*(handle.result() for handle in handles))
    return Batch(size / (time.monotonic() - begun), (await handles[0].describe()).history_length)


async def _latency(card: Card) -> tuple[float, float]:
    """p50 and p99, in seconds, from the reply's arrival to the money on the account."""
    async with card.transaction() as session:
        row = (
            await session.execute(
                text("""
                    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY s),
                           percentile_cont(0.99) WITHIN GROUP (ORDER BY s)
                    FROM (SELECT extract(epoch FROM p.finished_at - i.received_at) AS s
                          FROM payments p JOIN incoming i ON i.case_ref = p.case_ref) AS spans
                """)
            )
        ).one()
    return float(row[0]), float(row[1])


def _report(pairs: list[tuple[Batch, Batch]], latency: tuple[float, float], size: int) -> None:
    whole = median(pair[0].per_second for pair in pairs)
    bare = median(pair[1].per_second for pair in pairs)
    speed = median(pair[0].per_second / pair[1].per_second for pair in pairs)
    events, bare_events = pairs[-1][0].events, pairs[-1][1].events
    steps = ACTIVITIES + LOCAL_ACTIVITIES
    print(f"whole case: {whole:.1f} a second, batches of {size}; bare workflow of {steps} activities: {bare:.1f}")
    print(f"ratio: {speed:.2f} whole-case-against-bare-workflow (cases per second, median of {len(pairs)} pairs)")
    print(f"history events: {events} a credited case, {bare_events} the bare workflow")
    print(f"ratio: {events / bare_events:.2f} history-events-of-a-case-against-bare-workflow")
    p50, p99 = latency
    print(f"from reply to credited, all at once: p50 {p50:.2f} s, p99 {p99:.2f} s")
    print(f"ratio: {p99 / p50:.2f} p99-against-p50-from-reply-to-credited")
