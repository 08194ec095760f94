"""Words that two rooms keep, because neither may import the other, and that mean the same: held equal here."""

import ast
from enum import StrEnum
from pathlib import Path

import pytest

import adapters.bodies
import adapters.registries.records as records
import benefits.codes
import benefits.decision
import card.tables
import dialogue.answers
import workflows.model
from adapters.bank import TransferState
from adapters.bank_files.records import LineState

ROOT = Path(__file__).parents[1]
ROOMS = ("activities", "adapters", "benefits", "card", "desk", "dialogue", "gateway", "runtime", "workflows")
PAIRS: list[tuple[type[StrEnum], type[StrEnum]]] = [
    (records.Citizenship, benefits.codes.Citizenship),
    (records.Relation, benefits.codes.Relation),
    (records.DisabilityGroup, benefits.codes.Group),
    (records.DisabilityCause, benefits.codes.Cause),
    (records.DependantRelation, benefits.codes.DependantRelation),
    (records.DeceasedStatus, benefits.codes.DeceasedStatus),
    (records.IncomeKind, benefits.codes.IncomeKind),
    (adapters.bodies.PaymentState, benefits.codes.PaymentState),
    (benefits.decision.Right, workflows.model.Right),
    (dialogue.answers.Meaning, workflows.model.Meaning),
]
OTHER_THINGS: set[type[StrEnum]] = {card.tables.PaymentState, TransferState, LineState}
"""Of the same name or words, and about something else: what became of a payment of ours; what a bank answers of one
transfer, and what a line of its files says, which may learn a word that the other does not know."""


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=[one.__name__ for one, _ in PAIRS])
def test_two_rooms_mean_the_same(one: type[StrEnum], other: type[StrEnum]) -> None:
    assert {word.value for word in one} == {word.value for word in other}


def test_no_pair_is_left_out() -> None:
    """Closed sets of one name, or of the same words, in two rooms."""
    known = {f"{kind.__module__}.{kind.__name__}" for pair in PAIRS for kind in pair}
    known |= {f"{kind.__module__}.{kind.__name__}" for kind in OTHER_THINGS}
    by_name: dict[str, set[str]] = {}
    by_words: dict[frozenset[str], set[str]] = {}
    for file in (file for room in ROOMS for file in (ROOT / room).rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and "StrEnum" in map(ast.unparse, node.bases):
                words = frozenset(ast.unparse(one.value) for one in node.body if isinstance(one, ast.Assign))
                by_name.setdefault(node.name, set()).add(f"{module}.{node.name}")
                by_words.setdefault(words, set()).add(f"{module}.{node.name}")
    double = [one for one in (*by_name.values(), *by_words.values()) if len(one) > 1]
    assert not [one for one in double if not one <= known]
