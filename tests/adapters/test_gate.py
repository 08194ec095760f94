"""One gate before a body: how often it is knocked at while it is down, and that nobody is kept out when it is back."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

import pytest

from adapters.errors import Refused, Unavailable, Unclear
from adapters.gate import ANSWERS_OTHERS, FORGOTTEN, LONGEST_PAUSE, SHUTS_AFTER, Gate


class Body:
    """A body that is down until it is told to be up; counts who knocks. Its clock is moved by hand."""

    def __init__(self) -> None:
        self.time, self.knocks, self.up = 0.0, 0, False
        self.changes: list[tuple[str, bool]] = []
        self.gate = Gate("bank", on_change=lambda *change: self.changes.append(change), now=lambda: self.time)

    async def call(self) -> None:
        async with self.gate.passing():
            self.knocks += 1
            await asyncio.sleep(0)
            if not self.up:
                raise Unavailable("bank", "connect_error", "POST got no answer")


async def tries(body: Body, many: int) -> int:
    """So many cases call at once; how many of them got through."""
    done = await asyncio.gather(*(body.call() for _ in range(many)), return_exceptions=True)
    assert {type(one) for one in done} <= {type(None), Unavailable}
    return done.count(None)


async def test_ten_thousand_cases_knock_once(caplog: pytest.LogCaptureFixture) -> None:
    body = Body()
    with caplog.at_level(logging.WARNING):
        for _ in range(SHUTS_AFTER):
            await tries(body, 1)
        body.knocks = 0
        for _ in range(5):
            await tries(body, 2000)
        assert body.knocks == 0
        body.time += 1.5
        await tries(body, 2000)
    assert body.knocks == 1
    assert body.changes == [("bank", True)]
    assert [record.getMessage() for record in caplog.records] == [
        "bank is away or refuses us (connect_error): one knock at a time until it answers"
    ], "and it is told once"


async def test_half_an_hour_of_absence_is_some_forty_knocks() -> None:
    body = Body()
    for second in range(1800):
        body.time = float(second)
        await tries(body, 20)
    assert 20 < body.knocks < 20 + 1800 / LONGEST_PAUSE + 10, "twenty that were under way when it went down"


async def test_the_first_answer_opens_the_gate_for_all() -> None:
    body = Body()
    for _ in range(10):
        await tries(body, 1)
    body.up, body.time = True, 100.0
    assert await tries(body, 1) == 1
    assert await tries(body, 50) == 50
    assert body.changes == [("bank", True), ("bank", False)]


async def test_a_body_that_stumbles_over_one_person_is_there_for_everybody_else() -> None:
    gate = Gate("registries")

    async def fails(about: str) -> None:
        with pytest.raises(Unavailable):
            async with gate.passing(about):
                raise Unavailable("registries", "status_500", "GET was answered with 500")

    for _ in range(10):
        await fails("one")
    assert not gate.shut
    await fails("another")
    assert gate.shut, "nobody was answered between"


async def test_persons_over_whom_a_body_stumbles_keep_nobody_else_waiting() -> None:
    """Twenty of them knocked for everybody, and failed: a healthy case waited for over an hour."""
    body = Body()

    async def call(about: str, *, well: bool) -> bool:
        try:
            async with body.gate.passing(about):
                if not well:
                    raise Unavailable("registries", "status_500", "GET was answered with 500")
        except Unavailable:
            return False
        return True

    waited: list[float] = []
    since: float | None = None
    for second in range(3600):
        body.time = float(second)
        if second % 300 == 0:
            since = body.time
        for n in range(20):
            if (second + 6 * n) % 120 == 0:
                await call(f"stumbles-{n}", well=False)
        if since is not None and await call(f"well-{second // 300}", well=True):
            waited.append(body.time - since)
            since = None
    assert len(waited) == 12, "each was served"
    assert max(waited) <= 2 * LONGEST_PAUSE
    assert waited[-6:] == [0] * 6, "it is known whom the body stumbles over"


async def test_who_stumbled_over_many_may_be_away_afterwards() -> None:
    """It had failed for each of sixty while it answered others; then it was down, and each of them knocked for good."""
    body = Body()

    async def call(about: str, *, well: bool) -> None:
        with suppress(Unavailable):
            async with body.gate.passing(about):
                body.knocks += 1
                if not well:
                    raise Unavailable("registries", "status_500", "GET was answered with 500")

    for n in range(120):
        await call(str(n % 60), well=bool(n % 2) == (n < 60))
    body.time, body.knocks = ANSWERS_OTHERS + 1, 0
    for n in range(600):
        await call(str(n % 60), well=False)
    assert body.gate.shut
    assert body.knocks <= SHUTS_AFTER


async def test_a_no_is_an_answer() -> None:
    gate = Gate("bank")
    for _ in range(10):
        with pytest.raises(Refused):
            async with gate.passing():
                raise Refused("bank", "unknown_person", "GET was answered with 404")
    assert not gate.shut


async def test_who_is_busy_is_not_away_and_is_given_time(caplog: pytest.LogCaptureFixture) -> None:
    """Twenty-five cases tried 117 times in half a minute, while the centre said "slower" to each."""
    body = Body()

    async def call(*, well: bool) -> bool:
        with suppress(Unavailable):
            async with body.gate.passing():
                body.knocks += 1
                if not well:
                    raise Unavailable("smsc", "throttled", "submit_sm: not now", timedelta(seconds=1))
                return True
        return False

    for tenth in range(300):
        body.time = tenth / 10
        for _ in range(25):
            await call(well=False)
    assert body.knocks <= 33
    body.time += 1
    assert await call(well=True)
    assert await call(well=True), "and nobody waits any more"
    assert not body.gate.shut
    assert body.changes == []
    assert not caplog.records
    for second in range(200):
        body.time += 1
        for _ in range(25):
            await call(well=False)
        if second > LONGEST_PAUSE + SHUTS_AFTER:
            assert body.gate.shut
    assert body.changes == [("bank", True)], "a day's quota is used up"


async def test_of_a_body_that_nobody_asks_any_more_it_is_not_told_that_it_is_away() -> None:
    """Every case had ended, and the alarm stood until the next transfer."""
    body = Body()
    await tries(body, SHUTS_AFTER)
    body.time = FORGOTTEN - 1
    body.gate._fade()
    assert body.gate.shut
    body.time = FORGOTTEN + 1
    body.gate._fade()
    assert body.changes == [("bank", True), ("bank", False)]


async def test_what_a_body_asks_to_wait_is_kept_to() -> None:
    body = Body()
    for _ in range(SHUTS_AFTER):
        with pytest.raises(Unavailable):
            async with body.gate.passing():
                raise Unavailable("bank", "status_503", "not now", timedelta(seconds=30))
    body.time = 29.0
    with pytest.raises(Unavailable) as refused:
        async with body.gate.passing():
            pytest.fail("nobody knocks before")
    assert refused.value.retry_after is not None
    assert refused.value.retry_after >= timedelta(seconds=1)


@pytest.mark.parametrize("code", ["status_503", "throttled"])
@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (timedelta(seconds=300), 300),
        (timedelta(hours=1), 600),
        (timedelta(days=9999), 600),
        (timedelta(days=-9999), 1),
        (None, 1),
    ],
    ids=str,
)
async def test_a_body_is_believed_for_ten_minutes_at_the_most(code: str, asked: timedelta | None, kept: int) -> None:
    """A word of an hour was no more than a minute where a body was away, and an hour for all where it was busy."""
    body = Body()
    for _ in range(SHUTS_AFTER):
        with pytest.raises(Unavailable):
            async with body.gate.passing():
                raise Unavailable("bank", code, "not now", asked)
    body.up = True
    for second, gets_through in ((0, 0), (kept - 0.5, 0), (kept + 0.5, 1)):
        body.time = second
        body.knocks = 0
        await tries(body, 1)
        assert body.knocks == gets_through, second


async def test_a_body_that_asked_for_long_is_not_forgotten_meanwhile() -> None:
    body = Body()
    for _ in range(SHUTS_AFTER):
        with pytest.raises(Unavailable):
            async with body.gate.passing():
                raise Unavailable("bank", "status_503", "not now", timedelta(minutes=10))
    body.time = FORGOTTEN + 1
    body.gate._fade()
    assert body.gate.shut


async def test_an_unclear_answer_is_a_failure_and_a_cancelled_knock_is_none() -> None:
    body = Body()
    for _ in range(SHUTS_AFTER):
        with pytest.raises(Unclear):
            async with body.gate.passing():
                raise Unclear("bank", "deadline", "POST got no answer")
    assert body.gate.shut
    body.time = 10.0
    with pytest.raises(asyncio.CancelledError):
        async with body.gate.passing():
            raise asyncio.CancelledError
    body.up = True
    assert await tries(body, 1) == 1, "the next may knock"


async def test_a_burst_that_was_under_way_makes_no_long_pause() -> None:
    """Twenty calls fail together: that is one absence, and the next knock comes soon."""
    body = Body()
    await tries(body, 20)
    body.up, body.time = True, 1.5
    assert await tries(body, 1) == 1


async def test_a_no_to_the_knock_opens_the_gate_too() -> None:
    body = Body()
    await tries(body, SHUTS_AFTER)
    body.time = 1.5
    with pytest.raises(Refused):
        async with body.gate.passing():
            raise Refused("bank", "unknown_person", "GET was answered with 404")
    assert not body.gate.shut


async def test_who_answers_when_asked_may_be_unable_to_act() -> None:
    """A bank whose transfers failed answered every question, and was knocked at by every case for each."""
    told: list[bool] = []
    asking = Gate("bank", on_change=lambda _, shut: told.append(shut))
    acting = asking.beside("POST")
    for _ in range(SHUTS_AFTER):
        with pytest.raises(Unavailable):
            async with acting.passing():
                raise Unavailable("bank", "status_503", "away")
        async with asking.passing():
            pass
    assert (acting.shut, asking.shut, told) == (True, False, [True])
    for _ in range(SHUTS_AFTER):
        with pytest.raises(Unavailable):
            async with asking.passing():
                raise Unavailable("bank", "status_503", "away")
    asking._open()
    assert told == [True, True, True], "it is away while it cannot act"
    acting._open()
    assert told[-1] is False
