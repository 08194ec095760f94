"""What a terminal of 80 columns shows."""

from io import StringIO
from typing import Any

from rich.console import Console

import benefits
from cli.cases import show_list
from workflows.model import Attention, Outcome


def _row(service: str, outcome: str, *attention: str) -> dict[str, Any]:
    return {
        "ref": "4905-2530-0",
        "service": service,
        "outcome": outcome,
        "stage": "detect",
        "deadline": None,
        "attention": attention,
    }


def test_no_word_of_the_list_is_broken() -> None:
    rows = [_row(service.code, "closed_by_operator") for service in benefits.services()]
    rows += [_row("disabled-child-carer", outcome) for outcome in Outcome]
    rows += [_row("disabled-child-carer", "closed_by_operator", reason) for reason in Attention]
    told = StringIO()
    show_list(Console(file=told, width=80), rows)
    words = set(told.getvalue().split())
    assert all(len(line) <= 80 for line in told.getvalue().splitlines())
    for row in rows:
        said = {row["service"], row["outcome"], *" ".join(row["attention"]).replace("_", " ").split()}
        assert said <= words, said - words
