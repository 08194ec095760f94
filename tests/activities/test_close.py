"""The end of a case in the Card, and what it leaves there."""

import pytest

from card import decisions
from tests.activities.life import Life
from workflows.model import CANCELLED, CloseInput, Outcome, Step


@pytest.mark.parametrize(
    ("outcome", "reason", "noted"),
    [
        (Outcome.CLOSED_BY_OPERATOR, CANCELLED, [("close", "nobody named")]),
        (Outcome.CLOSED_BY_OPERATOR, "a.omarova", []),
        (Outcome.NO_RIGHT, CANCELLED, []),
    ],
)
async def test_a_cancel_stands_among_what_was_decided(
    life: Life, outcome: Outcome, reason: str, noted: list[tuple[str, str]]
) -> None:
    """Temporal asks who cancels for no name: a case was closed, and nothing said that nobody had put theirs to it."""
    case = await life.open()
    ends = CloseInput(case=case, key=case.key(Step.CLOSE), outcome=outcome, reason=reason)
    for _ in range(2):
        await life.run(Step.CLOSE, ends)
    async with life.card.statements() as session:
        found = await decisions.of_case(session, case.ref)
    assert [(one.action, one.by) for one in found] == noted
