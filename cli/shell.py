"""What all commands share: the program and its options, errors in words, input that is read, output for programs."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from temporalio.service import RPCError

import benefits
from adapters.errors import AdapterError
from card.store import DatabaseError
from cli.connection import NothingRunning, Running, running
from desk import BadInput
from desk.paying import OutOfBalance
from runtime.settings import SettingsError
from runtime.temporal import TemporalUnreachable

ABOUT = """The command line of Demeu: start cases, act in them, look at them, ask the law, run the demo.

It works with the Demeu that the environment names (DEMEU_*, TEMPORAL_*), or else with the one that `make up` runs in
this folder. Bad input ends with one line that names the field and the rule, and exit code 2.
"""

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=ABOUT)
console = Console(highlight=False)
T = TypeVar("T")

BAD_INPUT, FAILED = 2, 1

Service = Annotated[str, typer.Argument(help="Code of the service, as multi-child.")]
Ref = Annotated[str, typer.Argument(help="Reference of the case, as 4827-1031-6.")]
Json = Annotated[bool, typer.Option("--json", help="JSON on standard output, for programs.")]
InLanguage = Annotated[benefits.Language, typer.Option("--language", help="Language: kk, ru or en.")]
By = Annotated[str, typer.Option("--by", envvar="DEMEU_OPERATOR", help="Who decides, as a.omarova; it is kept.")]
Note = Annotated[str, typer.Option("--note", help="Why, for the record; no personal data.")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="The day of the law, as 2025-03-01; else today.")]


NOT_STARTED: list[type[RuntimeError]] = []
"""How the embedded stack, where there is one, says that a part of it did not come up."""


@contextmanager
def in_words() -> Iterator[None]:
    """Errors as one line on standard error, with an exit code: 2 for what was typed, 1 for what does not work."""
    try:
        yield
    except (BadInput, benefits.BadFacts, benefits.UnknownService) as bad:
        _end(bad, BAD_INPUT)
    except benefits.BadIin as bad:
        _end(f"iin: {bad.rule}", BAD_INPUT)
    except (
        benefits.BadParameters,
        NothingRunning,
        SettingsError,
        TemporalUnreachable,
        AdapterError,
        DatabaseError,
        OutOfBalance,
    ) as failed:
        _end(failed, FAILED)
    except RPCError as failed:
        _end(f"Temporal: {failed.message}", FAILED)
    except RuntimeError as failed:
        if not isinstance(failed, tuple(NOT_STARTED)):
            raise
        _end(failed, FAILED)


def _end(why: object, code: int) -> None:
    sys.stderr.write(f"{why}\n")
    raise typer.Exit(code)


def reach(act: Callable[[Running], Awaitable[T]]) -> T:
    async def run() -> T:
        async with running() as here:
            return await act(here)

    return asyncio.run(run())


LONGEST_LINE = 200
"""An IIN has twelve digits; what does not end would fill the memory."""


def iin_given(file: Path | None) -> str:
    try:
        if file is not None:
            if file.exists() and not file.is_file():
                raise BadInput("iin-from: a regular file (no directory, device or pipe)")
            with file.open(encoding="utf-8") as lines:
                return lines.readline(LONGEST_LINE).strip()
        return typer.prompt("IIN", err=True).strip() if sys.stdin.isatty() else sys.stdin.readline(LONGEST_LINE).strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise BadInput(f"iin-from: a file that can be read ({why})") from error


def day_given(text: str | None) -> date | None:
    return None if text is None else date_given("on", text)


def date_given(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{field}: {text!r} is no date; write it as 2025-03-01") from None


def print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=_written) + "\n")


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
