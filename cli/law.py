"""`assess`: the law alone, on facts from a file. Asks no registry, changes nothing."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rich.console import Console

import benefits
from benefits import Decision, Facts, Language
from cli.cases import BadInput


def decide(service: str, facts: Path, on: date) -> tuple[Decision, ...]:
    """A decision on each right of this service the family could have. Raises BadFacts, UnknownService, BadInput."""
    benefits.service(service)
    try:
        known = Facts.from_file(facts)
    except OSError as error:
        raise BadInput(f"facts: {facts}: {error.strerror}") from None
    return benefits.assess_each(service, known, on)


def show(console: Console, decisions: Sequence[Decision], language: Language) -> None:
    """Each decision with its reason: every parameter, its date and its ground, every figure."""
    for decision in decisions:
        name = getattr(benefits.service(decision.code, decision.on).names, language)
        console.print(f"[bold]{name}[/bold]  ({decision.code})")
        console.print(benefits.explain(decision, language), markup=False)
        console.print()
