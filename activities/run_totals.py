"""Where a payment run stands: its days, its sums, and what of it waits for whom."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import benefits
from card import Session, bank_lines, run_lines, runs
from card.run_tables import RunLineState
from workflows.run_model import PERSON, RunPlan, RunStage, RunTotals, StageTotals, Waits


async def totals_of(session: Session, month: date) -> RunTotals:
    """Where the run of the month stands, and what of it waits for whom."""
    declared = await runs.totals(session, month)
    stands = await run_lines.progress(session, month)
    waits = await run_lines.waiting(session, month)
    items = await bank_lines.count_items(session)
    stages = []
    for number in sorted({one.stage for one in stands} | {number for number, _ in declared}):
        mine = [one for one in stands if one.stage == number]

        def count(*states: str, of: Sequence[run_lines.Progress] = tuple(mine)) -> int:
            return sum(one.count for one in of if one.state in states)

        settled = [one.total for one in mine if one.state == RunLineState.SETTLED]
        stages.append(
            StageTotals(
                stage=number,
                selected=sum(one.count for n, one in declared if n == number),
                selected_sum=sum((one.total for n, one in declared if n == number), Decimal(0)),
                ordered=count(RunLineState.ORDERED, RunLineState.REJECTED, RunLineState.RETURNED),
                credited=count(RunLineState.SETTLED),
                credited_sum=sum(settled, Decimal(0)),
                held=count(RunLineState.HELD),
                cancelled=count(RunLineState.CANCELLED),
            )
        )
    for_whom = {True: "the bank, on its day", False: PERSON}
    return RunTotals(
        stages=tuple(stages),
        waits=tuple(
            Waits(
                what=one.reason,
                for_whom=ACCOUNT_HOLDER if one.reason == runs.Held.ACCOUNT else for_whom[one.by_itself],
                count=one.count,
                total=one.total,
                since=one.since,
            )
            for one in waits
        ),
        items=items,
    )


ACCOUNT_HOLDER = "the person, who needs another account"


def plan_of(month: date) -> RunPlan:
    """The days of the month's run. Raises benefits.BadFacts for a month of which nothing is known."""
    paying = benefits.paying(month)
    stages = tuple(
        RunStage(number=n, day=one.day, regions=tuple(str(region) for region in one.regions), others=one.others)
        for n, one in enumerate(paying.days, 1)
    )
    return RunPlan(stages=stages, follow_days=paying.follow_days)


def not_due(month: date, plan: RunPlan, today: date, *, played: bool) -> str | None:
    """Why the run may not be opened on this day: it waits for its days itself from the first of its month on, and only
    days that are over may be passed over. None if it may."""
    if today < month:
        return f"month: the run of {month:%m.%Y} is not due before {plan.stages[0].day:%d.%m.%Y}"
    last = max(stage.day for stage in plan.stages)
    if played and today < last:
        return f"played: the run of {month:%m.%Y} has days to wait for until {last:%d.%m.%Y}; start it without"
    return None


def stage_of(stage: RunStage) -> runs.Stage:
    """The day of the run as the Card takes it. Raises benefits.BadFacts for a day of which nothing is known."""
    terms = benefits.recovering(stage.day.replace(day=1))
    return runs.Stage(stage.number, stage.day, stage.regions, stage.others, terms.share, terms.minimum)
