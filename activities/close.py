"""The end of a case in the Card: its outcome, written once, and nothing more expected of the person."""

from temporalio import activity

from activities.world import World
from card import cases
from workflows.model import CloseInput, Step


class CloseStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.CLOSE)
    async def close(self, step: CloseInput) -> None:
        async with self.world.card.transaction() as session:
            await cases.close(session, step.case.ref, step.outcome, step.reason)
