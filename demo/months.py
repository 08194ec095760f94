"""Plays the months of the cast when all cases are over: the run of each, and what became of it for each family."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from temporalio.client import Client

from card import Card, statements
from demo.cast import Cast, Family
from demo.outside import Outside
from desk import paying
from workflows.run_model import RunResult, run_id


@dataclass
class Paid:
    """The runs that were played, and what each has paid to each family that has months: tenge, in the runs' order."""

    runs: list[RunResult] = field(default_factory=list)
    families: dict[str, list[Decimal]] = field(default_factory=dict)
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
        for family in families:
            said = family.months[month].says if month in family.months else None
            if said is not None:
                await self.outside.reply(str(family.phone), said)

    async def _look(self, done: Paid, family: Family, month: str) -> None:
        async with self.card.statements() as session:
            lines = await statements.of_person(session, family.iin)
        run = paying.month_of(month)
        by_runs = (one for one in lines if one.run is not None and one.paid_on.replace(day=1) == run)
        paid = sum((one.amount for one in by_runs if one.returned_on is None and not one.to_fund), Decimal(0))
        done.families.setdefault(family.story, []).append(paid)
        expected = family.months[month].paid if month in family.months else Decimal(0)
        if paid != expected:
            done.wrong.append(f"{month} paid {paid}, not {expected}: {family.story}")
