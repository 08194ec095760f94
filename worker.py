"""The worker: settings, the outside world, Temporal; put together and run until SIGTERM, then ended gracefully."""

import asyncio
import signal
from datetime import timedelta

from temporalio.runtime import Runtime
from temporalio.worker import Worker

from activities import all_activities, paying_activities
from desk.paying import keep_schedule
from runtime.codec import codec_of
from runtime.counting import Counting
from runtime.failing import FailingSteps
from runtime.guard import Guard
from runtime.health import HealthServer, opening_payloads, polling, taking_work
from runtime.heartbeat import Heartbeat
from runtime.permanent import Permanent
from runtime.program import program
from runtime.settings import Settings
from runtime.telemetry import gate_metric, temporal_runtime
from runtime.temporal import check_search_attributes, connect, deployment
from runtime.tracing import Tracing, tracing
from runtime.world import open_world
from workflows.model import SearchAttributes
from workflows.notice import ProactiveNotice
from workflows.payment_run import PaymentRun, PaymentRunDue
from workflows.proactive_service import ProactiveService
from workflows.reckoning import EntitlementsReckonedAnew


async def run(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT; running activities then have `worker_shutdown_seconds` to end."""
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    runtime = temporal_runtime(settings.metrics_bind)
    with tracing(settings, "worker") as traced:
        await _work(settings, runtime, traced, stop)


async def _work(settings: Settings, runtime: Runtime, traced: Tracing, stop: asyncio.Event) -> None:
    client = await connect(settings, runtime=runtime, interceptors=traced.interceptors)
    await check_search_attributes(client, SearchAttributes.ALL)
    codec = codec_of(client)
    codec.passes_over = True
    async with open_world(settings, gate_metric(runtime), runtime.metric_meter) as world:
        traced.statements_of(world.card)
        version = deployment(settings)
        worker = Worker(
            client,
            task_queue=settings.task_queue,
            workflows=[ProactiveService, ProactiveNotice, PaymentRun, PaymentRunDue, EntitlementsReckonedAnew],
            activities=[*all_activities(world), *paying_activities(world)],
            max_concurrent_workflow_tasks=settings.worker_workflow_tasks,
            max_concurrent_activities=settings.worker_activities,
            max_concurrent_local_activities=settings.worker_activities,
            max_cached_workflows=settings.worker_cached_workflows,
            graceful_shutdown_timeout=timedelta(seconds=settings.worker_shutdown_seconds),
            deployment_config=version,
            interceptors=[
                Heartbeat(),
                FailingSteps(),
                Permanent(),
                Guard(world.card),
                Counting(runtime.metric_meter, world.card),
            ],
        )
        checks = {
            "temporal": polling(worker),
            "database": world.card.ready,
            "work": taking_work(client, version),
            "payloads": opening_payloads(codec, world.card.codec_keys),
        }
        if world.payer is not None:
            await keep_schedule(client, settings.task_queue)
        async with worker, HealthServer(settings.health_bind, checks):
            await stop.wait()


if __name__ == "__main__":
    program(run)
