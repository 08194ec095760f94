"""A stage on which one case acts out a script, on the real server of the run."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from runtime.failing import FailingSteps
from runtime.permanent import Permanent
from tests.workflows.acting import Script
from tests.workflows.stage import OnStage, start_case
from workflows.model import FAILS_AFTER, WORKFLOW, Case
from workflows.notice import ProactiveNotice
from workflows.proactive_service import ProactiveService

_numbers = count(1)


@pytest.fixture
def on_stage(temporal_client: Client) -> Callable[..., Any]:
    """Starts a case with a script: `async with on_stage(Script(...)) as case`."""

    @asynccontextmanager
    async def start(
        script: Script | None = None, workflow: str = WORKFLOW, *, fails_after: timedelta = FAILS_AFTER
    ) -> AsyncIterator[OnStage]:
        script = script or Script()
        n = next(_numbers)
        queue = f"stage-{n}"
        case = Case(ref=f"{n:04d}-0000-0", service="multi-child", person_id=uuid4(), on=date(2025, 3, 1))

        def worker() -> Worker:
            return Worker(
                temporal_client,
                task_queue=queue,
                workflows=[ProactiveService, ProactiveNotice],
                activities=script.activities(),
                interceptors=[FailingSteps(fails_after), Permanent()],
            )

        async with AsyncExitStack() as works:
            await works.enter_async_context(worker())

            @asynccontextmanager
            async def away() -> AsyncIterator[None]:
                await works.aclose()
                yield
                await works.enter_async_context(worker())

            handle = await start_case(temporal_client, case, f"{case.id}-{uuid4()}", queue, workflow)
            yield OnStage(handle, TimeSkipper(temporal_client), script, away)

    return start
