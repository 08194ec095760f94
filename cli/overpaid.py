"""The command about what was paid too much: `overpaid`. What it does is in `desk.overpaid`."""

from typing import Annotated

import typer

from cli.shell import By, Json, Note, app, console, in_words, print_json, reach
from cli.tables import table
from desk import BadInput, overpaid
from workflows.model import tenge

Number = Annotated[int | None, typer.Option(help="Decide on the overpayment with this number.")]


@app.command("overpaid")
def overpaid_(
    contested: Number = None,
    stands: Number = None,
    forgiven: Number = None,
    told: Number = None,
    by: By = "",
    note: Note = "",
    as_json: Json = False,
) -> None:
    """List what was paid too much and has not come back; or decide: contested (nothing is kept back meanwhile), stands
    after all, forgiven, or told in another way than by SMS."""
    with in_words():
        decided = {"contested": contested, "stands": stands, "forgiven": forgiven, "told": told}
        chosen = [(what, number) for what, number in decided.items() if number is not None]
        if len(chosen) > 1:
            raise BadInput("overpaid: one decision at a time")
        if chosen:
            said = reach(lambda here: overpaid.decide(here.card, *chosen[0], by, note))
            if as_json:
                print_json({"said": said})
            else:
                console.print(said, markup=False)
            return
        found = reach(lambda here: overpaid.listed(here.card))
        if as_json:
            print_json([overpaid.to_dict(one) for one in found])
            return
        rows = (
            [
                str(one.id),
                one.case_ref,
                one.service,
                f"{one.first_month:%m.%Y}-{one.last_month:%m.%Y}",
                tenge(one.net).removesuffix(" tenge"),
                one.state,
                "" if one.from_day is None else f"{one.from_day:%d.%m.%Y}",
            ]
            for one in found
        )
        heads = ("number", "case", "service", "months", "open", "state", "from")
        console.print(table(heads, rows, 2, right={4}) if found else "nothing that was paid too much is open")
