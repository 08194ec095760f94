"""The commands of payment runs: `pay`, `runs`, `run`, `books`. What they do is in `desk.paying`."""

import asyncio
import time
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.live import Live
from rich.text import Text

from cli.connection import Running
from cli.shell import By, Json, Note, app, console, date_given, in_words, print_json, reach
from cli.tables import table, titled
from desk import BadInput, paying
from desk.looking import details
from desk.paying import RunView
from workflows.model import tenge, zoned
from workflows.run_model import RunMessage, RunTotals, run_id

EVERY = 0.5
"""Seconds between two looks at a run that is followed."""

WAITS = "waits for"
"""What a run says of itself that goes on by itself on another day, or needs a person."""

Month = Annotated[str, typer.Option("--month", metavar="MONTH", help="The month to be paid, as 2026-02.")]
OfRun = Annotated[str, typer.Argument(help="The run, as 2026-02 or payment-run/2026-02.")]
Number = Annotated[int | None, typer.Option(help="Decide on the item or held payment with this number.")]


@app.command()
def pay(
    month: Month,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="What it would pay; nothing is written.")] = False,
    played: Annotated[
        bool, typer.Option("--played", help="For demonstrations: its days pass without waiting.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Pay a month to everybody to whom something runs, and show how far it is. A run that was begun goes on."""
    with in_words():
        which = paying.month_of(month)
        if dry_run:
            groups = reach(lambda here: paying.would_pay(here.card, which))
            if as_json:
                print_json([asdict(one) for one in groups])
            else:
                _show_groups(groups)
            return
        totals, waits = reach(lambda here: _pay(here, which, played, quiet=as_json))
        if as_json:
            print_json({"ref": run_id(which), "waits": waits, **totals.model_dump()})
        else:
            console.print(_progress(totals, None))
            console.print(waits or f"the run of {which:%m.%Y} is closed", markup=False)


_UNDER_WAY = ("ordered", "held")
"""What `run REF` shows of a month: beside the others it fits no terminal."""


@app.command()
def runs(as_json: Json = False) -> None:
    """List the payment runs, newest first."""
    with in_words():
        found = reach(lambda here: paying.listed(here.card))
        if as_json:
            print_json([paying.asdict_of(*one) for one in found])
            return
        rows = [
            {"run": f"{run.month:%Y-%m}", "state": run.state}
            | {name: _number(value) for name, value in paying.sums(totals).items() if name not in _UNDER_WAY}
            for run, totals in found
        ]
        if not rows:
            console.print("no runs")
            return
        console.print("[bold]payment runs[/bold]")
        console.print(
            table(
                [name.replace("_", " ") for name in rows[0]],
                (list(row.values()) for row in rows),
                right={2, 3, 4, 5, 6},
            )
        )


@app.command()
def run(
    ref: OfRun,
    stop: Annotated[bool, typer.Option("--stop", help="Stop it after the step that is under way.")] = False,
    go_on: Annotated[bool, typer.Option("--go-on", help="Let it go on, or do a refused step again.")] = False,
    explained: Number = None,
    pay_again: Number = None,
    not_due: Number = None,
    by: By = "",
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Show a run: totals, files, what waits for whom; or decide on what waits for a person."""
    with in_words():
        month = paying.month_of(ref)
        decided = {"explained": explained, "pay-again": pay_again, "not-due": not_due}
        chosen = [(what, number) for what, number in decided.items() if number is not None]
        if len(chosen) + stop + go_on > 1:
            raise BadInput("run: one decision at a time")
        if stop or go_on:
            what = RunMessage.STOP if stop else RunMessage.GO_ON
            said = reach(lambda here: paying.tell(here.client, month, what, by, note))
        elif chosen:
            said = reach(lambda here: paying.decide(here.card, *chosen[0], by, note))
        else:
            view = reach(lambda here: paying.look(here.card, here.client, month))
            if as_json:
                print_json(paying.to_dict(view))
            else:
                _show_run(view)
            return
        if as_json:
            print_json({"ref": run_id(month), "said": said})
        else:
            console.print(said, markup=False)


@app.command()
def books(
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="At the end of this day, as 2026-02-28.")
    ] = None,
    by: Annotated[str | None, typer.Option("--by", help="By benefit, payer, region or month.")] = None,
    as_json: Json = False,
) -> None:
    """The books: assigned = credited + pending + withheld + recovered + cancelled. Exit code 1 where they do not
    add up."""
    with in_words():
        day = None if as_of is None else date_given("as-of", as_of)
        found = reach(lambda here: paying.read_books(here.card, day, by))
        if as_json:
            print_json([asdict(one) for one in found])
            return
        rows = [
            {(by or "books"): one.name or "all"}
            | {name: _number(value) for name, value in asdict(one).items() if name != "name"}
            for one in found
        ]
        console.print(titled("", rows))


async def _pay(here: Running, month: date, played: bool, *, quiet: bool) -> tuple[RunTotals, str | None]:
    """Start the run and follow it until it is closed, or waits. Returns where it stands, and what it waits for."""
    await paying.start(here.card, here.client, here.settings.task_queue, month, played=played)
    handle, begun = here.client.get_workflow_handle(run_id(month)), time.monotonic()
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            totals = await paying.totals(here.card, month)
            if not quiet:
                live.update(_progress(totals, time.monotonic() - begun), refresh=True)
            if not await paying.is_running(here.client, month):
                return await paying.totals(here.card, month), await paying.why_ended(here.client, month)
            said = _first_line(await details(handle))
            if WAITS in said.lower() or said.startswith("Stopped"):
                return totals, said
            await asyncio.sleep(EVERY)


def _progress(totals: RunTotals, seconds: float | None) -> Group:
    """Where a run stands; with `seconds` since it began, also how fast it goes and what is left."""
    rows = [{name: _number(value) for name, value in one.model_dump().items()} for one in totals.stages]
    parts: list[Any] = [titled("", rows)] if rows else []
    if seconds is not None:
        sums = paying.sums(totals)
        done = sums["credited"] + sums["cancelled"]
        left = sums["selected"] - done
        parts.append(Text(f"{done} done, {done / max(seconds, 0.1):.0f} a second, {left} left"))
    for one in totals.waits:
        since = f", since {zoned(one.since)}" if one.since else ""
        parts.append(Text(f"{one.count} payments, {tenge(one.total)}: {one.what}, for {one.for_whom}{since}"))
    if totals.items:
        parts.append(Text(f"{totals.items} lines of the bank's files, for a person"))
    return Group(*parts)


def _show_groups(groups: list[Any]) -> None:
    rows = [{name: _number(value) for name, value in asdict(one).items()} for one in groups]
    console.print(titled("would be paid; nothing was written", rows) if rows else "nothing would be paid")
    if rows:
        total = sum((one.total for one in groups), Decimal(0))
        console.print(f"{sum(one.count for one in groups)} payments, {tenge(total)}")


def _show_run(view: RunView) -> None:
    closed = f", closed {zoned(view.run.closed_at)}" if view.run.closed_at else ""
    console.print(
        f"[bold]{run_id(view.run.month)}[/bold]  {view.run.state}, opened {zoned(view.run.opened_at)}{closed}"
    )
    if view.details:
        console.print(_first_line(view.details), markup=False)
    console.print(_progress(view.totals, None))
    tables = (("amounts that changed", view.changed), ("files", view.files), ("held payments", view.held))
    for title, rows in tables:
        if rows:
            console.print(titled(title, [{name: _number(value) for name, value in row.items()} for row in rows]))
    if view.items:
        items = [
            {"number": one.id, "in": one.source, "line": one.number, "why": one.why, "amount": _number(one.amount)}
            for one in view.items
        ]
        console.print(titled("lines of the bank's files", items))


def _first_line(details: str) -> str:
    """What the run says of itself first, without the marks of the Web UI."""
    return details.split("\n", 1)[0].replace("**", "").replace("\\", "")


def _number(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return tenge(value).removesuffix(" tenge")
    if isinstance(value, datetime):
        return zoned(value)
    return f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value)
