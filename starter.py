"""The command line of Demeu: start cases, act in them, look at them, ask the law, run the demo.

It works with the Demeu that the environment names (DEMEU_*, TEMPORAL_*), or else with the one that `make up` runs in
this folder. Bad input ends with one line that names the field and the rule, and exit code 2.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the rest is imported, Ctrl-C ends it without a word

import asyncio
import sys
from importlib.util import find_spec

import structlog
import typer

from cli import about_cases, about_law, overpaid, pay, statement
from cli.shell import NOT_STARTED, app, console, in_words
from runtime.program import end

__all__ = ["about_cases", "about_law", "app", "console", "main", "overpaid", "pay", "statement"]

if find_spec("demo") is not None:  # the production image has neither the demo nor an embedded stack
    from demo import stack
    from runtime.embedded.processes import StartError

    NOT_STARTED.append(StartError)

    @app.command()
    def demo() -> None:
        """Play every ending of a case with the demo's families, on the real parts. Exit code 0: all is as expected."""
        with in_words():
            raise typer.Exit(asyncio.run(stack.demo(console)))

    @app.command()
    def up() -> None:
        """Start the whole of Demeu here, on the data of the last demo, and keep it until Ctrl-C."""
        with in_words():
            asyncio.run(stack.up(console))


def main() -> int:
    """Run the command of the command line; its exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What a program reads stands on standard output alone.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        app()
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        return 130
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)
    return 0


if __name__ == "__main__":
    end(main())
