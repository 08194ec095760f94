"""A real Temporal server with time skipping, and a stage on which one case acts out a script."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from runtime.codec import KeyRing
from runtime.plugin import demeu_plugin
from runtime.servers import temporal_server
from tests.workflows.acting import Script
from workflows.model import (
    WORKFLOW,
    Action,
    Case,
    CaseResult,
    Meaning,
    Message,
    Receipt,
    Reply,
    ReplyTaken,
    Resolution,
    Resolved,
    SearchAttributes,
    Stage,
    Step,
)
from workflows.proactive_service import ProactiveService

RING = KeyRing.generate()
PATIENCE = 20.0
_numbers = count(1)


@pytest.fixture(scope="session")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A client of a real server on which workflows can skip time."""
    folder = tmp_path_factory.mktemp("temporal")
    async with temporal_server(folder, search_attributes=SearchAttributes.ALL) as server:
        yield await Client.connect(server.address, plugins=[demeu_plugin(RING, strict=True)])


@dataclass
class OnStage:
    """One case: what can be said to it and seen of it."""

    handle: WorkflowHandle[Any, CaseResult]
    skipper: TimeSkipper
    script: Script

    async def now(self) -> datetime:
        """The case's own clock."""
        return await self.skipper.get_current_time(self.handle)

    async def pass_time(self, span: timedelta) -> None:
        await self.skipper.fast_forward(self.handle, span)

    async def say(self, meaning: Meaning, *, at: datetime | None = None, message_id: str | None = None) -> ReplyTaken:
        """Answer as the person; by default now, on the case's clock."""
        reply = Reply(message_id=message_id or str(uuid4()), meaning=meaning, received_at=at or await self.now())
        taken: ReplyTaken = await self.handle.execute_update(
            Message.REPLY, reply, id=reply.message_id, result_type=ReplyTaken
        )
        return taken

    async def resolve(self, action: Action) -> Resolved:
        resolution = Resolution(action=action)
        resolved: Resolved = await self.handle.execute_update(Message.RESOLVE, resolution, result_type=Resolved)
        return resolved

    async def receipt(self, deadline: datetime | None) -> None:
        await self.handle.signal(Message.RECEIPT, Receipt(key=self.handle.id, deadline=deadline))

    async def seen(self) -> dict[str, Any]:
        """The search attributes as operators see them."""
        described = await self.handle.describe()
        return {pair.key.name: pair.value for pair in described.typed_search_attributes}

    async def until(self, stage: Stage, attention: bool = False) -> None:
        """Wait, on the real clock, until the case shows this stage."""
        async with asyncio.timeout(PATIENCE):
            while True:
                seen = await self.seen()
                if seen.get("Stage") == stage and bool(seen.get("NeedsAttention")) == attention:
                    return
                await asyncio.sleep(0.02)

    async def called(self, step: Step, times: int = 1) -> None:
        """Wait, on the real clock, until a step has been run so often."""
        async with asyncio.timeout(PATIENCE):
            while len(self.script.of(step)) < times:  # noqa: ASYNC110  (seen from outside, as an operator would)
                await asyncio.sleep(0.02)

    async def result(self) -> CaseResult:
        async with asyncio.timeout(PATIENCE):
            return await self.handle.result()


@pytest.fixture
def on_stage(client: Client) -> Callable[..., Any]:
    """Starts a case with a script: `async with on_stage(Script(...)) as case`."""

    @asynccontextmanager
    async def start(script: Script | None = None) -> AsyncIterator[OnStage]:
        script = script or Script()
        n = next(_numbers)
        queue = f"stage-{n}"
        case = Case(ref=f"{n:04d}-0000-0", service="multi-child", person_id=uuid4(), on=date(2025, 3, 1))
        async with Worker(client, task_queue=queue, workflows=[ProactiveService], activities=script.activities()):
            handle = await client.start_workflow(
                WORKFLOW,
                case,
                id=f"{case.id}-{uuid4()}",
                task_queue=queue,
                result_type=CaseResult,
                search_attributes=TypedSearchAttributes([SearchAttributePair(SearchAttributes.STAGE, Stage.DETECT)]),
            )
            yield OnStage(handle, TimeSkipper(client), script)

    return start
