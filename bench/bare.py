"""What a case is measured against: a bare workflow with as many empty activities and the same wait, and its worker."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.worker import Worker

QUEUE = "bare"
ACTIVITIES = 7
"""As many regular activities as a credited case has."""
LOCAL_ACTIVITIES = 2


@activity.defn
async def nothing() -> None:
    """An empty activity."""


@workflow.defn
class Bare:
    def __init__(self) -> None:
        self.answered = False

    @workflow.run
    async def run(self) -> None:
        for n in range(ACTIVITIES):
            if n == 2:
                await workflow.wait_condition(lambda: self.answered, timeout=timedelta(days=3))
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(seconds=60))
        for _ in range(LOCAL_ACTIVITIES):
            await workflow.execute_local_activity(nothing, start_to_close_timeout=timedelta(seconds=60))

    @workflow.update
    def answer(self) -> None:
        self.answered = True


async def main() -> None:
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    await Worker(
        client,
        task_queue=QUEUE,
        workflows=[Bare],
        activities=[nothing],
        max_concurrent_workflow_tasks=100,
        max_concurrent_activities=100,
        max_concurrent_local_activities=100,
    ).run()


if __name__ == "__main__":
    asyncio.run(main())
