"""A person's statement: what was paid, when, and why that much."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import benefits
from adapters.reasons import REASONS
from benefits import BadFacts, Decision, Language, Right, read_iin
from card import Card, snapshots, statements
from card.statements import Line
from card.tables import FactsSnapshot


@dataclass(frozen=True)
class Explained:
    """A payment, the name of its service, and the figures and the ground of the law that its amount follows from: none
    where the law alone does not give it, as where a difference was paid, or a body has set it. `came_back`: why."""

    line: Line
    service: str
    figures: tuple[str, ...]
    ground: str | None
    came_back: str | None


@dataclass(frozen=True)
class Statement:
    """Net tenge that reached the person and has not come back, and what the pension fund got for them."""

    payments: tuple[Explained, ...]

    @property
    def paid(self) -> Decimal:
        return self._sum(to_fund=False)

    @property
    def to_fund(self) -> Decimal:
        return self._sum(to_fund=True)

    def _sum(self, *, to_fund: bool) -> Decimal:
        kept = (one.line for one in self.payments if one.line.returned_on is None)
        return sum((line.amount for line in kept if line.to_fund == to_fund), Decimal(0))


async def of_person(card: Card, iin: str, language: Language) -> Statement:
    """All that was ever paid to the person with this IIN. Raises BadIin."""
    read_iin(iin)
    async with card.statements() as session:
        lines = await statements.of_person(session, iin)
        kept = {ref: await snapshots.last(session, ref) for ref in {one.case_ref for one in lines}}
    return Statement(tuple(_explained(one, kept[one.case_ref], language) for one in lines))


def _explained(line: Line, kept: FactsSnapshot | None, language: Language) -> Explained:
    decision = None if kept is None or line.to_fund else _of_month(line, kept)
    return Explained(
        line=line,
        service=benefits.service(line.service).names[language],
        figures=() if decision is None else benefits.main_figures(decision, language),
        ground=None if decision is None else benefits.ground_in_brief(decision, language),
        came_back=None if line.returned_on is None else _meaning(line.reason or "NARR", language),
    )


def _meaning(code: str, language: Language) -> str:
    """The bank's reason in words; of a code that has none, the code."""
    return REASONS[code].meaning[language] if code in REASONS else code


def _of_month(line: Line, kept: FactsSnapshot) -> Decision | None:
    """What the law gives for the month by the facts that were kept; None where it gives another amount."""
    decided = Decision.from_dict(kept.decision)
    days = [decided.on, max(line.month, decided.start)]
    for day in dict.fromkeys(days):
        decision = decided if day == decided.on else _asked_again(line.service, kept, decided, day)
        if decision is not None and decision.right is Right.YES and decision.net == line.amount:
            return decision
    return None


def _asked_again(code: str, kept: FactsSnapshot, decided: Decision, day: date) -> Decision | None:
    try:
        return benefits.assess(code, benefits.readings(kept.facts).facts, day, basis=decided.basis)
    except BadFacts:
        return None


def to_dict(statement: Statement) -> dict[str, Any]:
    """For programs: days in ISO 8601, sums in tenge as strings."""
    return {
        "payments": [
            {
                "paid_on": one.line.paid_on,
                "service": one.line.service,
                "name": one.service,
                "month": f"{one.line.month:%Y-%m}",
                "amount": str(one.line.amount),
                "difference": one.line.is_difference,
                "to": "pension_fund" if one.line.to_fund else "account",
                "account": one.line.tail,
                "case": one.line.case_ref,
                "run": None if one.line.run is None else f"{one.line.run:%Y-%m}",
                "figures": one.figures,
                "ground": one.ground,
                "returned_on": one.line.returned_on,
                "reason": one.line.reason,
                "came_back": one.came_back,
            }
            for one in statement.payments
        ],
        "paid": str(statement.paid),
        "to_pension_fund": str(statement.to_fund),
    }
