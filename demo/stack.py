"""`demo` and `up`: the embedded stack, with the demo's cast living in it."""

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import httpx
from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.table import Table

from card import Card
from card.books import Book
from demo.cast import read_cast
from demo.months import Months, Paid
from demo.outside import SKIPPED, Outside, total
from demo.play import Play, Run, unreached
from desk.looking import ATTENTION
from desk.opening import Opening
from desk.paying import read_books
from runtime.embedded.stack import EmbeddedStack
from workflows.model import ALMATY, Outcome, day_in_almaty, tenge

OF_THE_CALLER = "DEMEU_BENEFITS_DIRECTORY"


def _given() -> dict[str, str]:
    """What gateway and worker get beside what the stack makes: benefits from outside the checkout, if any are named."""
    folder = os.environ.get(OF_THE_CALLER)
    return {**SKIPPED, **({OF_THE_CALLER: os.path.abspath(folder)} if folder else {})}


ROOMY = 160
"""Columns in which a case and the longest story fit side by side."""

VIEWS = {
    "need a person": ATTENTION,
    "are overdue": "ExecutionStatus = 'Running' AND Attention = 'overdue'",
    "fail": "ExecutionStatus = 'Running' AND Attention = 'step_failing'",
    "stand still": "TemporalReportedProblems IS NOT NULL",
    "are due this week": "ExecutionStatus = 'Running' AND Deadline < '{week}'",
    "were paid today": "Outcome = 'credited' AND CloseTime > '{today}'",
}
"""The questions that operators ask every day, as queries of the Web UI."""


def views(web_ui: str, now: datetime | None = None) -> dict[str, str]:
    """A link of the Web UI for each of them; days are those of the country."""
    today = day_in_almaty(now or datetime.now(UTC))
    midnight = datetime.combine(today, datetime.min.time(), ALMATY)
    known = {"today": midnight.isoformat(), "week": (midnight + timedelta(days=7)).isoformat()}
    return {
        name: f"{web_ui}/namespaces/default/workflows?query={quote(query.format(**known))}"
        for name, query in VIEWS.items()
    }


async def demo(console: Console) -> int:
    """Play the cast on a fresh stack. Returns 0 if every case and the money are as expected."""
    begun = time.monotonic()
    with console.status("starting Temporal, PostgreSQL, the agencies, gateway and worker"):
        stack = EmbeddedStack(fresh=True, environment=SKIPPED)
        await stack.__aenter__()
    try:
        console.print(f"everything runs after {time.monotonic() - begun:.1f} s; Web UI {stack.web_ui_url}\n")
        card = Card(stack.database_url, pool_size=5)
        try:
            return await _play(console, stack, card, begun)
        finally:
            await card.close()
    finally:
        await stack.__aexit__(None, None, None)


async def _play(console: Console, stack: EmbeddedStack, card: Card, begun: float) -> int:
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        play = await _cast(stack, card, http)
        await play.settle_in()
        with Live(console=console, refresh_per_second=4, transient=True, get_renderable=lambda: _table(play.runs)):
            await play.play()
        _list(console, play.runs)
        months = Months(play.cast, card, play.client, play.outside, stack.settings.task_queue)
        with console.status("") as status:
            paid = await months.play(lambda month: status.update(f"paying {month:%m.%Y}"))
        _show_months(console, paid)
        (book,) = await read_books(card, None, None)
        bank = total([one for one in await play.outside.bank_books() if one["return_code"] is None])
    return _verdict(console, play.runs, paid, book, bank, time.monotonic() - begun)


def _show_months(console: Console, paid: Paid) -> None:
    """What the runs came to, and what each of the families got by which of them."""
    console.print("\n[bold]paid month by month[/]")
    for run in paid.runs:
        console.print(
            f"{run.month:%m.%Y}  {run.credited} of {run.selected} credited, {tenge(run.credited_sum)}; "
            f"{run.cancelled} cancelled, {run.carried} carried on"
        )
    for story, sums in paid.families.items():
        console.print(Padding(story, (0, 0, 0, 2)), style="dim", markup=False)
        console.print(f"    {_sums(sums)}")
        if any(paid.to_fund[story]):
            console.print(f"    to the pension fund {_sums(paid.to_fund[story])}")


def _sums(sums: Sequence[Decimal]) -> str:
    return ", ".join(tenge(one).removesuffix(" tenge") for one in sums)


async def _cast(stack: EmbeddedStack, card: Card, http: httpx.AsyncClient) -> Play:
    client = await stack.client()
    opening = Opening(card, client, stack.settings.task_queue)
    return Play(read_cast(), client, opening, Outside.of(stack, http))


def _list(console: Console, runs: list[Run]) -> None:
    """Each case with its story in full, beside it where there is room, else beneath."""
    if console.width >= ROOMY:
        console.print(_table(runs))
        return
    for run in runs:
        mark, ends = _end(run)
        console.print(f"{mark} [bold]{run.ref}[/]  {run.played.service}, {ends}")
        console.print(Padding(run.family.story, (0, 0, 0, 2)), style="dim", markup=False)


def _table(runs: list[Run]) -> Table:
    """A line for each case, so that they fit the screen while they are played."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    for column in ("", "case", "service", "ends as"):
        table.add_column(column, no_wrap=True)
    table.add_column("family", no_wrap=True, overflow="ellipsis", ratio=1)
    for run in runs:
        mark, ends = _end(run)
        table.add_row(mark, run.ref, run.played.service, ends, run.family.story)
    return table


def _end(run: Run) -> tuple[str, str]:
    """Whether it is as expected, and how it ends; what was expected takes room only where it is not what came."""
    reached = run.result.outcome if run.result else "failed" if run.error else "…"
    mark = "[green]✓[/]" if run.as_expected else "[red]✗[/]" if run.result or run.error else " "
    return mark, reached if run.as_expected or reached == "…" else f"{reached}, not {run.played.expected}"


def _verdict(console: Console, runs: list[Run], paid: Paid, book: Book, bank: Decimal, seconds: float) -> int:
    wrong = [run for run in runs if not run.as_expected]
    missing = unreached(runs)
    balanced = book.difference == 0 and book.credited + book.remitted == bank
    console.print()
    for difference in paid.wrong:
        console.print(f"[red]✗[/] {difference}")
    for run in wrong:
        console.print(f"[red]✗[/] {run.ref} {run.family.story}: {run.error or run.result}")
    reached = f"{len(Outcome) - len(missing)} of {len(Outcome)} outcomes reached"
    console.print(f"{len(runs)} cases, {len(runs) - len(wrong)} as expected; {reached}")
    if missing:
        console.print(f"[red]✗[/] not reached: {', '.join(sorted(missing))}")
    console.print(
        f"assigned {tenge(book.assigned)} = credited {tenge(book.credited)} + pending {tenge(book.pending)} "
        f"+ withheld {tenge(book.withheld)} + recovered {tenge(book.recovered)} + cancelled {tenge(book.cancelled)}"
    )
    console.print(
        f"credited, and {tenge(book.remitted)} to the pension fund: {tenge(book.credited + book.remitted)}; "
        f"the bank's own books say {tenge(bank)}"
    )
    good = not wrong and not missing and not paid.wrong and balanced
    console.print(f"{'[green]✓ all as expected[/]' if good else '[red]✗ not as expected[/]'}, {seconds:.0f} seconds")
    return 0 if good else 1


async def up(console: Console) -> None:
    """Keep the stack running until Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, stop.set)
    console.print("starting Temporal, PostgreSQL, the agencies, gateway and worker ...")
    async with EmbeddedStack(environment=_given()) as stack:
        card = Card(stack.database_url, pool_size=2)
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            play = await _cast(stack, card, http)
            await play.settle_in()
        await card.close()
        yours = play.cast.families[-1]
        listed = "\n".join(f"    {name}\n      {url}" for name, url in views(stack.web_ui_url).items())
        console.print(
            f"""
  Web UI     {stack.web_ui_url}   cases, as operators see them
  handset    {stack.handset_url}   SMS, as people see them
  gateway    {stack.gateway_url}/docs   replies, receipts, registry events
  metrics    {stack.metrics_url}
  logs       {stack.data / "logs"}

  cases that
{listed}

Live a case from both sides, in another terminal:
  echo {yours.iin} | .venv/bin/python starter.py open multi-child
  then answer on {stack.handset_url}/phone/{yours.phone}, or:
  .venv/bin/python starter.py reply {yours.phone} "Иә"

Ctrl-C stops everything that was started here.""",
            soft_wrap=True,  # a link that is broken into lines cannot be followed
        )
        waiting = {asyncio.create_task(stop.wait()), asyncio.create_task(stack.wait())}
        done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        console.print("stopping ...")
        for task in done:
            task.result()
