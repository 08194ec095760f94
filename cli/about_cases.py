"""The commands about cases: open one, answer, look, list, decide, and hold Card and Temporal against each other."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benefits.days import day_of
from cli import bank, cases, endings
from cli.connection import environment
from cli.shell import (
    FAILED,
    By,
    InLanguage,
    Json,
    Note,
    On,
    Ref,
    Service,
    app,
    console,
    day_given,
    iin_given,
    in_words,
    print_json,
    reach,
)
from desk import deciding, entitled, looking, why
from workflows.model import Action, Outcome, Stage


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
        iin = iin_given(iin_from)
        opened = reach(lambda here: cases.open_case(here, service, iin, day_given(on)))
        if as_json:
            print_json(opened)
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
            print_json(sent)
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
            told = reach(lambda here: why.explained(here.card, ref, language))
            if as_json:
                print_json(asdict(told))
            else:
                cases.show_why(console, told)
            return
        view = reach(lambda here: looking.look(here.card, here.client, ref))
        if as_json:
            print_json(view.to_dict())
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
        rows = reach(lambda here: looking.listed(here.card, here.client, service, stage, outcome, attention, limit))
        if as_json:
            print_json(rows)
        else:
            cases.show_list(console, rows)
            if attention:
                endings.warn_of_endings(console, day_of(datetime.now(UTC)))
                endings.warn_of_regions(console, day_of(datetime.now(UTC)))


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
            found = reach(lambda here: entitled.of_case(here.card, ref))
        else:
            iin = iin_given(iin_from)
            found = reach(lambda here: entitled.of_person(here.card, iin))
        if as_json:
            print_json([entitled.to_dict(one) for one in found])
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
        done = reach(lambda here: deciding.resolve(here.card, here.client, ref, action, note, by))
        if as_json:
            print_json({"ref": ref, "stage": done.stage, "action": done.action})
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
        sums = reach(lambda here: deciding.returned(here.card, ref, reason, account, note, by))
        if as_json:
            print_json({"ref": ref, "amount": str(sums.pending)})
        else:
            then = "it is opened again by itself" if deciding.pays_anew(reason) else "decide with pay-owed, or leave it"
            console.print(f"case {ref}: {sums.pending} tenge are owed again; {then}")


@app.command("pay-owed")
def pay_owed(ref: Ref, by: By, note: Note = "", as_json: Json = False) -> None:
    """Open a closed case again whose money was assigned and never paid: it looks for an account, and pays."""
    with in_words():
        sums = reach(lambda here: deciding.pay_owed(here.card, ref, note, by))
        if as_json:
            print_json({"ref": ref, "amount": str(sums.pending)})
        else:
            console.print(f"case {ref}: {sums.pending} tenge are owed; it is opened again by itself")


@app.command("begin-anew")
def begin_anew(ref: Ref, by: By, note: Note = "", as_json: Json = False) -> None:
    """Begin a case anew that the Card holds open though its workflow has ended, as after a restore of the Card."""
    with in_words():
        reach(lambda here: deciding.begin_anew(here.card, ref, note, by))
        if as_json:
            print_json({"ref": ref})
        else:
            console.print(f"case {ref}: it is begun anew within minutes; what was done under its keys is done no more")


@app.command()
def keys(as_json: Json = False) -> None:
    """List the payload keys, and how many cases and retained histories still need each."""
    with in_words():
        rows = reach(cases.keys)
        if as_json:
            print_json(rows)
        else:
            cases.show_keys(console, rows)


@app.command()
def reconcile(
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="A bank's statement, camt.054.001.08.")] = None,
    as_json: Json = False,
) -> None:
    """Book a bank's statement from a file; without one hold the Card and Temporal against each other: begin lost cases
    anew, list what only a person can put right.

    Exit code 1 if there is anything for a person.
    """
    with in_words():
        if file is not None:
            bank.reconcile(file, as_json=as_json)
            return
        begun, found = reach(cases.reconcile)
        if as_json:
            print_json({"begun": begun, "findings": [asdict(one) for one in found]})
        else:
            cases.show_findings(console, begun, found)
        raise typer.Exit(FAILED if found else 0)
