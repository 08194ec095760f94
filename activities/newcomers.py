"""Whom the register of persons does not know yet: an event may overtake it, as of a newborn or a new kandas.

Nothing is wrong there for a person to see. The case ends without a right, and what the event told of is looked at again
on the days that dated parameters name (`again_after_days`), ever more rarely; only after the last an operator is asked.
"""

from collections.abc import Mapping

from temporalio.exceptions import ApplicationError

from activities.world import World
from adapters.errors import Refused
from card import cases
from workflows.model import Case, Outcome

UNKNOWN_PERSON = "unknown_person"
"""As the register says it, and as the reason of the case's end."""


def next_look(again_after_days: Mapping[str, int], look: int) -> int | None:
    """In how many days what an event told of is looked at again after so many looks; None after the last."""
    return again_after_days.get(f"{Outcome.NO_RIGHT}_{look + 1}")


def is_unknown(refused: ApplicationError) -> bool:
    """Whether a step failed because the register does not know the person."""
    cause = refused.__cause__
    return isinstance(cause, Refused) and cause.code == UNKNOWN_PERSON


async def is_awaited(world: World, case: Case, again_after_days: Mapping[str, int]) -> bool:
    """Whether an event opened the case, it is about no right yet, and its person is to be looked for again."""
    async with world.card.statements() as session:
        record = await cases.find(session, case.ref)
    told = record.root is not None and record.right_id is None
    return told and next_look(again_after_days, record.look) is not None
