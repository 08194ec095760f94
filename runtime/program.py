"""How our long-running programs begin and end: settings, log, run until SIGTERM, leave with an honest exit code.

At the end everything is closed, so the interpreter is not taken apart as well: native threads of Temporal's and of the
SMPP simulator may still be about to call into Python, and a good ending would look like a crash.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Never

from benefits import BadParameters
from runtime.benefits import add_benefits
from runtime.settings import Settings, SettingsError, load_settings
from runtime.telemetry import configure_logging
from runtime.temporal import NotPrepared, TemporalUnreachable


def program(run: Callable[[Settings], Awaitable[None]]) -> Never:
    """Run a part of Demeu with the settings of the environment. What stops it at the start is said in one line."""
    try:
        settings = load_settings()
        configure_logging(settings.log_level)
        add_benefits(settings)
        asyncio.run(_run(run, settings))
    except (SettingsError, TemporalUnreachable, NotPrepared, BadParameters) as error:
        sys.stderr.write(f"{error}\n")
        end(1)
    end(0)


async def _run(run: Callable[[Settings], Awaitable[None]], settings: Settings) -> None:
    await run(settings)


def end(code: int) -> Never:
    """Leave the process with this exit code, what was printed being written out."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
