"""The command line of Demeu: start cases, act in them, look at them, ask the law, run the demo.

It works with the Demeu that the environment names (DEMEU_*, TEMPORAL_*), or else with the one that `make up` runs in
this folder. Bad input ends with one line that names the field and the rule, and exit code 2.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_DFL)  # while the rest is imported, Ctrl-C ends it without a word

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from rich.console import Console
from temporalio.service import RPCError

import benefits
from adapters.errors import AdapterError
from benefits.days import day_of
from card.store import DatabaseError
from cli import analysis, cases, law, regions
from cli.connection import NothingRunning, Running, environment, running
from desk import BadInput, deciding, entitled, looking, redeciding, why
from runtime.program import end
from runtime.settings import SettingsError
from runtime.temporal import TemporalUnreachable
from workflows.model import Action, Outcome, Stage

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
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
    ) as failed:
        _end(failed, FAILED)
    except RPCError as failed:
        _end(f"Temporal: {failed.message}", FAILED)
    except RuntimeError as failed:
        if not isinstance(failed, NOT_STARTED):
            raise
        _end(failed, FAILED)


def _end(why: object, code: int) -> None:
    sys.stderr.write(f"{why}\n")
    raise typer.Exit(code)


def _with(act: Callable[[Running], Awaitable[T]]) -> T:
    async def run() -> T:
        async with running() as here:
            return await act(here)

    return asyncio.run(run())


LONGEST_LINE = 200
"""An IIN has twelve digits; what does not end would fill the memory."""


def _iin(file: Path | None) -> str:
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


def _day(text: str | None) -> date | None:
    return None if text is None else _date("on", text)


def _date(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{field}: {text!r} is no date; write it as 2025-03-01") from None


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=_written) + "\n")


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


NOT_STARTED: tuple[type[RuntimeError], ...] = ()
"""How the embedded stack says that a part of it did not come up."""

if find_spec("demo") is not None:  # the production image has neither the demo nor an embedded stack
    from demo import stack
    from runtime.embedded.processes import StartError

    NOT_STARTED = (StartError,)

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


@app.command("open")
def open_(
    service: Service,
    iin_from: Annotated[
        Path | None,
        typer.Option("--iin-from", help="File that holds the IIN; else it is asked for, or read from a pipe."),
    ] = None,
    on: On = None,
    as_json: Json = False,
) -> None:
    """Open a case of a service, or a notice, for a person.

    The IIN is no argument: arguments stand in the shell's history and in the list of processes.
    """
    with in_words():
        iin = _iin(iin_from)
        opened = _with(lambda here: cases.open_case(here, service, iin, _day(on)))
        if as_json:
            _print_json(opened)
        else:
            console.print(f"case {opened['ref']} of {service} opened; follow it with: starter.py case {opened['ref']}")


@app.command()
def reply(
    phone: Annotated[str, typer.Argument(help="The person's phone, as +77011234567.")],
    text: Annotated[str, typer.Argument(help="What the person writes to 1414.")],
    as_json: Json = False,
) -> None:
    """Answer as the citizen, by SMS through the SMS centre (the stub's handset)."""
    with in_words():
        sent = asyncio.run(cases.reply(cases.handset(environment()), phone, text))
        if as_json:
            _print_json(sent)
        else:
            console.print("sent to 1414")


@app.command()
def case(
    ref: Ref,
    why_: Annotated[
        bool, typer.Option("--why", help="Why it is decided so: the decision that was kept, explained.")
    ] = False,
    language: InLanguage = "en",
    as_json: Json = False,
) -> None:
    """Show one case: where it stands, what it waits for, its messages and its money; with --why the reason."""
    with in_words():
        if why_:
            told = _with(lambda here: why.explained(here.card, ref, language))
            if as_json:
                _print_json(asdict(told))
            else:
                cases.show_why(console, told)
            return
        view = _with(lambda here: looking.look(here.card, here.client, ref))
        if as_json:
            _print_json(view.to_dict())
        else:
            cases.show(console, view)


@app.command("cases")
def cases_(
    service: Annotated[str | None, typer.Option(help="Only cases of this service.")] = None,
    stage: Annotated[Stage | None, typer.Option(help="Only cases at this stage.")] = None,
    outcome: Annotated[Outcome | None, typer.Option(help="Only cases that ended so.")] = None,
    attention: Annotated[bool, typer.Option("--attention", help="Only cases that need a person.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At the most so many.")] = 50,
    as_json: Json = False,
) -> None:
    """List cases, newest first."""
    with in_words():
        if service is not None:
            cases.check_code(service)
        rows = _with(lambda here: looking.listed(here.card, here.client, service, stage, outcome, attention, limit))
        if as_json:
            _print_json(rows)
        else:
            cases.show_list(console, rows)
            if attention:
                law.warn_of_endings(console, day_of(datetime.now(UTC)))
                law.warn_of_regions(console, day_of(datetime.now(UTC)))


@app.command()
def entitlements(
    ref: Annotated[str | None, typer.Argument(help="Case reference; without one, all of a person's.")] = None,
    iin_from: Annotated[
        Path | None,
        typer.Option("--iin-from", help="File that holds the IIN; else it is asked for, or read from a pipe."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what runs month by month: the months with their amounts, what was paid of them, and the next look."""
    with in_words():
        if ref is not None:
            found = _with(lambda here: entitled.of_case(here.card, ref))
        else:
            iin = _iin(iin_from)
            found = _with(lambda here: entitled.of_person(here.card, iin))
        if as_json:
            _print_json([entitled.to_dict(one) for one in found])
        else:
            cases.show_entitled(console, found)


@app.command()
def resolve(
    ref: Ref,
    action: Annotated[Action, typer.Argument(help="What was decided.")],
    by: By,
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Decide as an operator on a case that needs a person."""
    with in_words():
        done = _with(lambda here: deciding.resolve(here.card, here.client, ref, action, note, by))
        if as_json:
            _print_json({"ref": ref, "stage": done.stage, "action": done.action})
        else:
            console.print(f"case {ref}: {done.action}")


@app.command()
def returned(
    ref: Ref,
    reason: Annotated[str, typer.Argument(help="The bank's code (ISO 20022), as AC04: account closed.")],
    by: By,
    account: Annotated[str, typer.Option("--account", help="Last four characters of the IBAN it had gone to.")],
    note: Note = "",
    as_json: Json = False,
) -> None:
    """Book that the credited money of a closed case has come back from the bank; the case pays anew by itself."""
    with in_words():
        sums = _with(lambda here: deciding.returned(here.card, ref, reason, account, note, by))
        if as_json:
            _print_json({"ref": ref, "amount": str(sums.pending)})
        else:
            then = "it is opened again by itself" if deciding.pays_anew(reason) else "decide with pay-owed, or leave it"
            console.print(f"case {ref}: {sums.pending} tenge are owed again; {then}")


@app.command("pay-owed")
def pay_owed(ref: Ref, by: By, note: Note = "", as_json: Json = False) -> None:
    """Open a closed case again whose money was assigned and never paid: it looks for an account, and pays."""
    with in_words():
        sums = _with(lambda here: deciding.pay_owed(here.card, ref, note, by))
        if as_json:
            _print_json({"ref": ref, "amount": str(sums.pending)})
        else:
            console.print(f"case {ref}: {sums.pending} tenge are owed; it is opened again by itself")


@app.command("begin-anew")
def begin_anew(ref: Ref, by: By, note: Note = "", as_json: Json = False) -> None:
    """Begin a case anew that the Card holds open though its workflow has ended, as after a restore of the Card."""
    with in_words():
        _with(lambda here: deciding.begin_anew(here.card, ref, note, by))
        if as_json:
            _print_json({"ref": ref})
        else:
            console.print(f"case {ref}: it is begun anew within minutes; what was done under its keys is done no more")


@app.command()
def keys(as_json: Json = False) -> None:
    """List the payload keys, and how many cases and retained histories still need each."""
    with in_words():
        rows = _with(cases.keys)
        if as_json:
            _print_json(rows)
        else:
            cases.show_keys(console, rows)


@app.command()
def reconcile(as_json: Json = False) -> None:
    """Hold the Card and Temporal against each other: begin lost cases anew, list what only a person can put right.

    Exit code 1 if there is anything for a person.
    """
    with in_words():
        begun, found = _with(cases.reconcile)
        if as_json:
            _print_json({"begun": begun, "findings": [asdict(one) for one in found]})
        else:
            cases.show_findings(console, begun, found)
        raise typer.Exit(FAILED if found else 0)


@app.command()
def assess(
    service: Annotated[
        str | None, typer.Argument(help="Code of the service; without one, all rights of the family.")
    ] = None,
    *,
    facts: Annotated[Path, typer.Option(help="Facts of the family, YAML or JSON; examples in tests/law/families.")],
    on: On = None,
    known: Annotated[
        str | None, typer.Option(metavar="DAY", help="By the law as it was known on a day: an old decision as made.")
    ] = None,
    language: InLanguage = "en",
    as_json: Json = False,
) -> None:
    """Ask the law alone: right or not, amount, period, and every parameter with its date and ground.

    Without a service: all rights of the whole family. Exit code 0 when the law has decided, 2 for facts that cannot be.
    """
    with in_words():
        day = _day(on) or day_of(datetime.now(UTC))
        known_on = None if known is None else _date("known", known)
        law.with_added()
        if service is None:
            found = law.card(facts, day, known_on)
            if as_json:
                _print_json(found.to_dict())
            else:
                law.say_known(console, known_on, language)
                law.show_card(console, found, language)
            return
        if as_json:
            _print_json(law.decided(service, facts, day, known_on))
        else:
            law.say_known(console, known_on, language)
            law.show(console, law.explanations(service, facts, day, known_on, language))


@app.command("benefits")
def benefits_(
    code: Annotated[str | None, typer.Argument(help="Code of a service; without one, all services.")] = None,
    on: On = None,
    changes: Annotated[
        tuple[str, str] | None, typer.Option(metavar="FROM TO", help="What changed between two days, and for whom.")
    ] = None,
    check: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="What of the law ends before a day, and which regions have no figures on it."),
    ] = None,
    import_lines: Annotated[
        Path | None, typer.Option(help="Take the ministry's figures by region and quarter from this CSV.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Of --import-lines: also lines that say otherwise than one that is there.")
    ] = False,
    far: Annotated[
        bool,
        typer.Option("--far", help="Of --import-lines: also figures far from all others."),
    ] = False,
    instead: Annotated[
        Path | None, typer.Option("--with", help="What another file of parameters would change, and for whom.")
    ] = None,
    families: Annotated[
        Path | None, typer.Option(help="Folder with facts of families, for --changes and --with; else the examples.")
    ] = None,
    in_cases: Annotated[
        bool, typer.Option("--cases", help="With --changes: decided cases that the law known now decides otherwise.")
    ] = False,
    unverified: Annotated[
        bool, typer.Option("--unverified", help="Every value that nobody has checked, with its file and line.")
    ] = False,
    language: InLanguage = "en",
    as_json: Json = False,
) -> None:
    """List the services; of one its parameters in force on a day; what changed between two days; or what ends.

    With --import-lines it takes figures of regions into the law: all lines of the file, or none and exit code 2.
    """
    with in_words():
        day = _day(on)
        if changes is not None and day is not None:
            raise BadInput("on: --changes names its two days itself; leave --on out")
        if check is not None and (code, on, changes) != (None, None, None):
            raise BadInput("check: looks at all services and names its day itself; leave the rest out")
        if import_lines is not None and (code, on, changes, check) != (None, None, None, None):
            raise BadInput("import-lines: only takes lines; leave the rest out")
        if replace and import_lines is None:
            raise BadInput("replace: goes with --import-lines alone")
        if far and import_lines is None:
            raise BadInput("far: goes with --import-lines alone")
        asked = {
            "changes": changes,
            "check": check,
            "with": instead,
            "unverified": unverified or None,
            "import-lines": import_lines,
        }
        chosen = [name for name, given in asked.items() if given is not None]
        if len(chosen) > 1:
            raise BadInput(f"{chosen[1]}: not together with --{chosen[0]}; ask one after the other")
        if in_cases and changes is None:
            raise BadInput("cases: of which months? give --changes FROM TO beside it")
        if families is not None and changes is None and instead is None:
            raise BadInput("families: for what changes between two days or with a file; give --changes or --with")
        if instead is not None and code is not None:
            raise BadInput("with: the file itself says of which service it is; leave the code out")
        if unverified and day is not None:
            raise BadInput("unverified: lists the values of every day; leave --on out")
        if import_lines is not None:
            law.with_added()
            found = regions.import_lines(import_lines, replace, far, day_of(datetime.now(UTC)))
            if as_json:
                _print_json(found.to_dict())
            else:
                regions.show(console, found)
            return
        if changes is not None:
            first, last = (_date("changes", text) for text in changes)
            if last < first:
                raise BadInput("changes: FROM is later than TO; write the earlier day first")
            _changes(code, first, last, families, in_cases, language, as_json)
            return
        law.with_added()
        listed: Any
        show: Callable[[Console, Any, benefits.Language], None]
        if check is not None:
            listed, show = law.endings_listed(_date("check", check), day_of(datetime.now(UTC))), law.show_endings
        elif unverified:
            listed, show = analysis.work_list(code), analysis.show_work_list
        elif instead is not None:
            today = day or day_of(datetime.now(UTC))
            listed = analysis.what_if(instead, analysis.families_in(families), today)
            show = partial(analysis.show_changed, on=today)
        elif code is not None:
            listed, show = law.parameters_listed(code, day or day_of(datetime.now(UTC))), law.show_parameters
        else:
            listed, show = law.services_listed(day), law.show_services
        if as_json:
            _print_json(listed)
        else:
            show(console, listed, language)


def _changes(
    code: str | None,
    first: date,
    last: date,
    families: Path | None,
    in_cases: bool,
    language: benefits.Language,
    as_json: bool,
) -> None:
    """What changed between two days, for whom of the families, and in which decided cases."""
    cases_ = None
    if in_cases:
        cases_ = _with(lambda here: redeciding.review(here.card, code, first, last)).to_dict()
    else:
        law.with_added()  # as the running Demeu has done otherwise
    changed = law.changes_listed(code, first, last)
    listed = {
        "changes": changed,
        "families": analysis.changed_for(analysis.families_in(families), code, first, last),
    }
    if as_json:
        _print_json(listed if cases_ is None else {**listed, "cases": cases_})
        return
    analysis.show_changed(console, listed, language, on=last)
    if cases_ is not None:
        analysis.show_cases(console, cases_, language)


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
