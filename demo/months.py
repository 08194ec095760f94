"""Plays the months of the cast when all cases are over: the run of each, and what became of it for each family."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import uuid4

from temporalio.client import Client, WorkflowExecutionStatus

from card import Card, statements
from demo.cast import Cast, Family, InMonth
from demo.outside import Outside
from demo.play import LOOK
from desk import paying
from workflows.model import Action, Message, Resolution, Resolved, SearchAttributes, workflow_id
from workflows.run_model import RunResult, run_id


@dataclass
class Paid:
    """The runs that were played, and what each has paid to each family that has months, and for it to the pension fund:
    tenge, in the runs' order."""

    runs: list[RunResult] = field(default_factory=list)
    families: dict[str, list[Decimal]] = field(default_factory=dict)
    to_fund: dict[str, list[Decimal]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Months:
    cast: Cast
    card: Card
    client: Client
    outside: Outside
    queue: str

    async def play(self, tell: Callable[[date], None]) -> Paid:
        """Run after run; `tell` is told which month is being paid."""
        done, families = Paid(), [family for family in self.cast.families if family.months]
        for name in sorted({month for family in families for month in family.months}):
            month = paying.month_of(name)
            tell(month)
            await self._becomes(families, name)
            await paying.start(self.card, self.client, self.queue, month, played=True)
            handle = self.client.get_workflow_handle(run_id(month), result_type=RunResult)
            done.runs.append(await handle.result())
            for family in families:
                await self._look(done, family, name)
        return done

    async def _becomes(self, families: list[Family], month: str) -> None:
        """What has become of the families before the run. What was said of one before holds no longer."""
        changed = [family.document | family.months[month].sections for family in families if month in family.months]
        await self.outside.settle_in(changed)
        await asyncio.gather(*(self._heard(family, month) for family in families if month in family.months))

    async def _heard(self, family: Family, month: str) -> None:
        """What the person says, and what a registry reports."""
        happened = family.months[month]
        if happened.says is not None:
            await self.outside.reply(str(family.phone), happened.says)
        if happened.event is not None:
            event = {"event_id": f"demo-{uuid4()}", "kind": happened.event, "iin": family.iin, "on": f"{month}-01"}
            taken = await self.outside.signed("registries", "/v1/registry/events", event)
            await asyncio.gather(*(self._over(workflow_id(one["service"], one["ref"])) for one in taken["cases"]))

    async def _over(self, id: str) -> None:
        """The run reckons anew what no case is at: who is asked whether what runs may fall closes it."""
        handle = self.client.get_workflow_handle(id)
        while (found := await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            if found.typed_search_attributes.get(SearchAttributes.NEEDS_ATTENTION):
                closed = Resolution(action=Action.CLOSE, by="demo", note="the run reckons it anew")
                await handle.execute_update(Message.RESOLVE, closed, result_type=Resolved)
            await asyncio.sleep(LOOK)

    async def _look(self, done: Paid, family: Family, month: str) -> None:
        async with self.card.statements() as session:
            lines = await statements.of_person(session, family.iin)
        run = paying.month_of(month)
        stands = [one for one in lines if one.run is not None and one.paid_on.replace(day=1) == run]
        stands = [one for one in stands if one.returned_on is None]
        wished = family.months.get(month, InMonth())
        for to_fund, sums, expected in ((False, done.families, wished.paid), (True, done.to_fund, wished.to_fund)):
            paid = sum((one.amount for one in stands if one.to_fund is to_fund), Decimal(0))
            sums.setdefault(family.story, []).append(paid)
            if paid != expected:
                where = "to the fund" if to_fund else "paid"
                done.wrong.append(f"{month} {where} {paid}, not {expected}: {family.story}")
