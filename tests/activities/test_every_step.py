"""What holds for every step alike: done twice it has one effect, killed anywhere it is finished, and no connection of
the database is held while somebody outside is called.
"""

import asyncio
import dataclasses
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from card import Card, rights
from card.tables import (
    Application,
    Assignment,
    CaseRecord,
    Consent,
    Decision,
    FactsSnapshot,
    LedgerEntry,
    OutgoingMessage,
    Payment,
    Question,
)
from tests.activities.database import BY_FORCE
from tests.activities.life import Fate, Killed, Life, watched
from tests.activities.people import mother
from workflows.model import Case, Step, StepInput

MOMENTS = 60
"""More than any step has."""

EVERY = list(Step)
AGENCY = {Step.REGISTER: "emaket", Step.ASSIGN: "body", Step.CREDIT: "bank"}
SPEAKING = {Step.OFFER, Step.NOTIFY, Step.ASK_ACCOUNT, Step.TELL}
CLAIMING = {Step.DETECT, Step.DETECT_NOTICE, Step.TELL}
"""After these the right, or the notice, is this case's and no other's."""

WRITING_ONLY = {Step.RECORD_CONSENT, Step.READ_RECEIPT, Step.ACCEPT_AMOUNT, Step.CLOSE, Step.DECIDE, Step.SETTLE}
LEAVES: dict[Step, dict[type[Any], int]] = {
    Step.DETECT: {FactsSnapshot: 1},
    Step.OFFER: {Question: 1, OutgoingMessage: 1},
    Step.HEAR: {Consent: 1},
    Step.RECORD_CONSENT: {Consent: 1},
    Step.NOTIFY: {OutgoingMessage: 1},
    Step.ASK_ACCOUNT: {Question: 1, OutgoingMessage: 1},
    Step.REGISTER: {Application: 1},
    Step.ASSIGN: {Assignment: 1, LedgerEntry: 1},
    Step.ACCEPT_AMOUNT: {Assignment: 1, LedgerEntry: 1},
    Step.CREDIT: {Payment: 1, LedgerEntry: 2},
    Step.DECIDE: {Decision: 1},
    Step.SETTLE: {Payment: 1, LedgerEntry: 2},
    Step.DETECT_NOTICE: {FactsSnapshot: 1},
    Step.TELL: {OutgoingMessage: 1},
}
FINISHED: dict[type[Any], set[str]] = {
    OutgoingMessage: {"sent"},
    Application: {"registered"},
    Assignment: {"assigned", "accepted"},
    Payment: {"settled"},
}

each_step = pytest.mark.parametrize("step", EVERY)


async def had_one_effect(life: Life, step: Step, arg: StepInput) -> None:
    """At the agency, on the handset and in the Card."""
    if step in AGENCY:
        assert (await life.outside.calls(AGENCY[step], arg.key))[1] == 1
    assert len(life.sms.said) == (step in SPEAKING)
    for table, number in LEAVES.get(step, {}).items():
        rows = await life.rows(table, arg.case)
        assert len(rows) == number
        assert table not in FINISHED or {row.state for row in rows} <= FINISHED[table]
    if step in CLAIMING:
        async with life.card.transaction() as session:
            assert (await session.get_one(CaseRecord, arg.case.ref)).basis is not None


@each_step
async def test_done_twice_under_one_key_has_one_effect(life: Life, step: Step) -> None:
    arg = await life.ready(step, await life.open_for(step))
    first = await life.run(step, arg)
    assert await life.run(step, arg, attempt=2) == first
    assert await life.run(step, arg) == first, "also as a new activity, as after an operator's retry"
    await had_one_effect(life, step, arg)


@each_step
async def test_twice_at_the_same_moment_has_one_effect(life: Life, step: Step) -> None:
    """An attempt that Temporal has given up may still be under way when the next begins."""
    arg = await life.ready(step, await life.open_for(step))
    at_once = dataclasses.replace(life.world(), **vars(life.bare_world()))
    await asyncio.gather(*(life.run(step, arg, attempt, at_once) for attempt in (1, 2)), return_exceptions=True)
    await life.until_done(step, arg, start=3)
    await had_one_effect(life, step, arg)


@each_step
async def test_killed_at_any_moment_it_is_finished_by_the_next_attempt(life: Life, step: Step) -> None:
    """Before each statement to the database, and before and after each call outside, one after the other."""
    for moment in range(1, MOMENTS):
        case = await life.open_for(step)
        arg = await life.ready(step, case)
        with Fate(life.card, life.world(), moment) as mortal:
            try:
                await life.run(step, arg, 1, mortal)
            except Killed:
                pass
            else:
                break
        result = await life.until_done(step, arg, start=2)
        assert result == await life.run(step, arg, attempt=9)
        await had_one_effect(life, step, arg)
        life.sms.said.clear()
        await forget_the_right(life, case)
        await life.close_on_the_day()
    assert 1 < moment < MOMENTS - 1


@pytest.mark.parametrize("step", [step for step in EVERY if step not in WRITING_ONLY])
async def test_one_connection_serves_two_cases_at_once(life: Life, database_url: str, step: Step) -> None:
    """Both wait outside at the same moment, with a pool of one connection: neither may hold it meanwhile."""
    await life.settle(mother(1), mother(2))
    arguments = [await life.ready(step, await life.open_for(step, n), n) for n in (1, 2)]
    meetings: dict[str, asyncio.Barrier] = defaultdict(lambda: asyncio.Barrier(2))

    async def together(name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        await meetings[name].wait()
        return await call()

    narrow = Card(database_url, pool_size=1)
    try:
        world = watched(dataclasses.replace(life.bare_world(), card=narrow), together)
        # A group, so that if one fails the other has let go of its connection before the pool is closed.
        async with asyncio.timeout(30), asyncio.TaskGroup() as both:
            for arg in arguments:
                both.create_task(life.run(step, arg, 1, world))
    finally:
        await narrow.close()
    assert meetings, "nobody was called"


async def forget_the_right(life: Life, case: Case) -> None:
    """So that the next case of the same person is about the same right."""
    async with life.card.transaction() as session:
        await session.execute(BY_FORCE)  # whatever was booked for it
        await rights.let_go(session, case.ref)
