"""The commands `assess` and `benefits`: the law alone, and the registers of nobody."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import benefits
from benefits.days import day_of
from cli import analysis, endings, law, parameters, regions
from cli.shell import InLanguage, Json, On, app, console, date_given, day_given, in_words, print_json, reach
from desk import BadInput, redeciding


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
        day = day_given(on) or day_of(datetime.now(UTC))
        known_on = None if known is None else date_given("known", known)
        law.with_added()
        if service is None:
            found = law.card(facts, day, known_on)
            if as_json:
                print_json(found.to_dict())
            else:
                law.say_known(console, known_on, language)
                law.show_card(console, found, language)
            return
        if as_json:
            print_json(law.decided(service, facts, day, known_on))
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
        day = day_given(on)
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
                print_json(found.to_dict())
            else:
                regions.show(console, found)
            return
        if changes is not None:
            first, last = (date_given("changes", text) for text in changes)
            if last < first:
                raise BadInput("changes: FROM is later than TO; write the earlier day first")
            _changes(code, first, last, families, in_cases, language, as_json)
            return
        law.with_added()
        listed: Any
        show: Callable[[Console, Any, benefits.Language], None]
        if check is not None:
            listed, show = (
                endings.endings_listed(date_given("check", check), day_of(datetime.now(UTC))),
                endings.show_endings,
            )
        elif unverified:
            listed, show = analysis.work_list(code), analysis.show_work_list
        elif instead is not None:
            today = day or day_of(datetime.now(UTC))
            listed = analysis.what_if(instead, analysis.families_in(families), today)
            show = partial(analysis.show_changed, on=today)
        elif code is not None:
            listed, show = (
                parameters.parameters_listed(code, day or day_of(datetime.now(UTC))),
                parameters.show_parameters,
            )
        else:
            listed, show = parameters.services_listed(day), parameters.show_services
        if as_json:
            print_json(listed)
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
        cases_ = reach(lambda here: redeciding.review(here.card, code, first, last)).to_dict()
    else:
        law.with_added()  # as the running Demeu has done otherwise
    changed = parameters.changes_listed(code, first, last)
    listed = {
        "changes": changed,
        "families": analysis.changed_for(analysis.families_in(families), code, first, last),
    }
    if as_json:
        print_json(listed if cases_ is None else {**listed, "cases": cases_})
        return
    analysis.show_changed(console, listed, language, on=last)
    if cases_ is not None:
        analysis.show_cases(console, cases_, language)
