"""What `reconcile FILE` says of a bank's statement."""

from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import typer

from cli.shell import FAILED, console, print_json, reach
from desk import BadInput, bank_statement
from runtime.world import debtor


def _opened(file: Path) -> BinaryIO:
    if file.exists() and not file.is_file():
        raise BadInput("file: a regular file (no directory, device or pipe)")
    try:
        return file.open("rb")
    except OSError as error:
        raise BadInput(f"file: a file that can be read ({error.strerror})") from error


def reconcile(file: Path, *, as_json: bool) -> None:
    """Book the statement and say what it has changed."""
    with _opened(file) as said:
        booked = reach(lambda here: bank_statement.reconcile(here.card, here.client, debtor(here.settings), said))
    changed = booked.changed
    if as_json:
        print_json({"lines": booked.lines, **asdict(changed)})
    else:
        console.print(
            f"{booked.lines} lines: {changed.booked} payments booked, {changed.returned} came back, "
            f"{changed.waiting} lines wait for a person"
        )
        if changed.waiting:
            console.print("`starter.py run MONTH` lists them, and `run MONTH --explained N` closes one")
    if changed.waiting:
        raise typer.Exit(FAILED)
