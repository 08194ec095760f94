"""A case on a real server, as a test sees it and acts in it: said to, waited for, looked at."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.testing import TimeSkipper

from desk.looking import details
from tests.workflows.acting import Script
from workflows.model import (
    WORKFLOW,
    Action,
    Answer,
    Case,
    CaseResult,
    Delivery,
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

PATIENCE = 30.0


async def start_case(
    client: Client, case: Case, id: str, queue: str, workflow: str = WORKFLOW
) -> WorkflowHandle[Any, CaseResult]:
    """Start a case, or a notice, without time skipping: a person is waited for."""
    return await client.start_workflow(
        workflow,
        case,
        id=id,
        task_queue=queue,
        result_type=CaseResult,
        search_attributes=TypedSearchAttributes([SearchAttributePair(SearchAttributes.STAGE, Stage.DETECT)]),
    )


@dataclass
class OnStage:
    """One case: what can be said to it and seen of it."""

    handle: WorkflowHandle[Any, CaseResult]
    skipper: TimeSkipper
    script: Script
    away: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    """Without a worker: what is sent meanwhile waits for the next."""

    async def now(self) -> datetime:
        """The case's own clock."""
        return await self.skipper.get_current_time(self.handle)

    async def pass_time(self, span: timedelta) -> None:
        await self.skipper.fast_forward(self.handle, span)

    async def say(self, meaning: Meaning, *, at: datetime | None = None, message_id: str | None = None) -> ReplyTaken:
        """Answer as the person; by default now, on the case's clock."""
        reply = Reply(message_id=message_id or str(uuid4()))
        self.script.written[reply.message_id] = Answer(meaning=meaning, received_at=at or await self.now())
        taken: ReplyTaken = await self.handle.execute_update(
            Message.REPLY, reply, id=reply.message_id, result_type=ReplyTaken
        )
        return taken

    async def resolve(self, action: Action, *, by: str = "a.omarova", note: str = "seen") -> Resolved:
        resolution = Resolution(action=action, by=by, note=note)
        resolved: Resolved = await self.handle.execute_update(Message.RESOLVE, resolution, result_type=Resolved)
        return resolved

    async def receipt(self, deadline: datetime | None, *, key: str | None = None, forged: bool = False) -> None:
        """The SMS centre's receipts are in the Card, unless it is forged, and the case is told."""
        if not forged:
            self.script.delivery = Delivery(judged=True, deadline=deadline)
        await self.handle.signal(Message.RECEIPT, Receipt(key=key or self.handle.id, deadline=deadline))

    async def seen(self) -> dict[str, Any]:
        """The search attributes as operators see them."""
        described = await self.handle.describe()
        return {pair.key.name: pair.value for pair in described.typed_search_attributes}

    async def details(self) -> str:
        """The case's own words, as the head of its page."""
        return await details(self.handle)

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
            while len(self.script.of(step)) < times:
                await asyncio.sleep(0.02)

    async def result(self) -> CaseResult:
        async with asyncio.timeout(PATIENCE):
            return await self.handle.result()
