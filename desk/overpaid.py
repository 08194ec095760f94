"""What was paid too much and has not come back: listed, and decided on by those who look after it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import benefits
from benefits.days import day_of
from benefits.terms import ONE_DAY
from card import Card, overpayments
from card.overpayments import Listed
from card.reckoned_tables import OverpaymentState
from card.store import DatabaseRefused
from desk.errors import BadInput
from workflows.model import who_and_why

MOST = 500

DECISIONS = {
    "contested": OverpaymentState.CONTESTED,
    "stands": OverpaymentState.TOLD,
    "forgiven": OverpaymentState.FORGIVEN,
    "told": OverpaymentState.TOLD,
}
"""What somebody says of an overpayment, and what it is then. `told` is said of whom no SMS reaches: the days in which
it may be contested begin; `stands`, of what was contested: it is kept back from tomorrow on."""


async def listed(card: Card) -> Sequence[Listed]:
    """What has not come back, the oldest first."""
    async with card.statements() as session:
        return await overpayments.listed(session, MOST)


async def decide(card: Card, what: str, number: int, by: str, note: str) -> str:
    """Decide on an overpayment (`DECISIONS`). Raises BadInput."""
    objection = who_and_why(by, note) or (None if note.strip() else "note: why it is decided so is needed")
    if objection is not None:
        raise BadInput(objection)
    today = day_of(datetime.now(UTC))
    try:
        async with card.transaction() as session:
            if what == "told":
                done = await overpayments.told(
                    session, number, today, benefits.may_contest_until(today) + ONE_DAY, by, note
                )
            else:
                from_day = today + ONE_DAY if what == "stands" else None
                done = await overpayments.decided(session, number, DECISIONS[what], from_day, by, note)
    except DatabaseRefused as refused:
        raise BadInput(f"number: of {number} nobody can say so now: {refused}") from None
    if not done:
        raise BadInput(
            f"number: no overpayment with the number {number} waits for that; starter.py overpaid lists them"
        )
    return f"{number}: {what}"


def to_dict(one: Listed) -> dict[str, Any]:
    """For programs: sums as strings. Tenge."""
    sums = {name: str(getattr(one, name)) for name in ("total", "net", "withheld")}
    return {**one._asdict(), **sums}
