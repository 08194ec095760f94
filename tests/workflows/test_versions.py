"""A waiting case goes on with the next version of the code, while the worker that began it goes away."""

import asyncio
from contextlib import AsyncExitStack
from datetime import date
from uuid import uuid4

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from runtime.settings import Settings
from runtime.temporal import deployment
from tests.workflows.acting import Script
from tests.workflows.stage import OnStage, start_case
from workflows.model import Case, Meaning, Outcome, Stage, Step
from workflows.notice import ProactiveNotice
from workflows.proactive_service import ProactiveService


async def hand_over(client: Client, name: str, version: str) -> None:
    """As `temporal worker deployment set-current-version` does, once the server has heard of the version."""
    asked = SetWorkerDeploymentCurrentVersionRequest(namespace=client.namespace, deployment_name=name, build_id=version)
    async with asyncio.timeout(60):
        while True:
            try:
                await client.workflow_service.set_worker_deployment_current_version(asked)
                return
            except RPCError:
                await asyncio.sleep(0.1)


async def test_a_waiting_case_goes_on_with_the_next_version(temporal_client: Client, settings: Settings) -> None:
    """Pinned to the code that it began with, it stopped unseen when that worker went away, or kept last year's law."""
    queue = name = f"versions-{uuid4()}"
    scripts = {version: Script() for version in ("1", "2")}

    def worker(version: str) -> Worker:
        named = settings.model_copy(update={"temporal_deployment_name": name, "temporal_worker_build_id": version})
        return Worker(
            temporal_client,
            task_queue=queue,
            workflows=[ProactiveService, ProactiveNotice],
            activities=scripts[version].activities(),
            deployment_config=deployment(named),
        )

    async with AsyncExitStack() as old, AsyncExitStack() as new:
        await old.enter_async_context(worker("1"))
        await hand_over(temporal_client, name, "1")
        case = Case(ref="0000-0000-0", service="multi-child", person_id=uuid4(), on=date(2025, 3, 1))
        handle = await start_case(temporal_client, case, f"{case.id}-{uuid4()}", queue)
        on_stage = OnStage(handle, TimeSkipper(temporal_client), scripts["2"])
        await on_stage.until(Stage.CONSENT)
        await new.enter_async_context(worker("2"))
        await hand_over(temporal_client, name, "2")
        await old.aclose()
        await on_stage.say(Meaning.YES)
        assert (await on_stage.result()).outcome is Outcome.CREDITED
    assert [len(scripts[version].of(Step.OFFER)) for version in ("1", "2")] == [1, 0]
    assert [len(scripts[version].of(Step.CREDIT)) for version in ("1", "2")] == [0, 1]
