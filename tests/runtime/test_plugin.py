"""The one plugin on the real server: values survive, nothing personal is stored in clear, strict is strict."""

import asyncio
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DefaultFailureConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from runtime.codec import KeyRing
from runtime.embedded.processes import free_ports
from runtime.embedded.servers import TemporalServer, temporal_server
from runtime.health import polling
from runtime.plugin import UNSEALED, Failures, demeu_plugin
from runtime.settings import Settings, load_settings
from runtime.telemetry import temporal_runtime
from runtime.temporal import connect, deployment
from tests.runtime.samples import Breaks, Echo, Person
from tests.runtime.stray_sample import Stray

SOMEBODY = Person(iin="880101400123", amount=Decimal("78798.10"))


async def _stored(client: Client, workflow_id: str) -> bytes:
    """All that the server has of a case, as whoever reads its database sees it."""
    history = await client.get_workflow_handle(workflow_id).fetch_history()
    return b"".join(event.SerializeToString() for event in history.events)


async def test_values_survive_and_are_not_stored_in_clear(temporal_client: Client) -> None:
    async with Worker(temporal_client, task_queue="plugin", workflows=[Echo]):
        answer = await temporal_client.execute_workflow(Echo.run, SOMEBODY, id="plugin/echo", task_queue="plugin")
    assert answer == SOMEBODY
    assert isinstance(answer.amount, Decimal)
    stored = await _stored(temporal_client, "plugin/echo")
    assert b"plugin" in stored
    assert b"880101400123" not in stored
    assert b"78798" not in stored


async def test_failures_are_not_stored_in_clear_and_strict_lets_bugs_fail(temporal_client: Client) -> None:
    async with Worker(temporal_client, task_queue="plugin", workflows=[Breaks]):
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal_client.execute_workflow(Breaks.run, SOMEBODY, id="plugin/breaks", task_queue="plugin")
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.message == "no account of 880101400123"
    stored = await _stored(temporal_client, "plugin/breaks")
    assert b"Encoded failure" in stored
    assert b"880101400123" not in stored
    assert b"samples.py" not in stored


def _deep(depth: int) -> None:
    try:
        if depth:
            _deep(depth - 1)
        raise ConnectionError(f"a body that is away, at {depth}, and says so at some length: {'-' * 200}")
    except (ConnectionError, ApplicationError) as error:
        raise ApplicationError(f"step {depth} was refused: {'.' * 200}", type="Away") from error


def test_of_a_failure_what_a_person_reads_is_kept_by_the_server() -> None:
    """Above four kilobytes it showed "Failure exceeds size limit." in its place, to whoever had to mend it."""
    failure, converter = Failure(), PydanticPayloadConverter()
    with pytest.raises(ApplicationError) as raised:
        _deep(9)
    Failures().to_failure(raised.value, converter, failure)
    assert failure.ByteSize() < 3_500
    read = Failures().from_failure(failure, converter)
    assert isinstance(read, ApplicationError)
    assert read.message.startswith("step 9 was refused")
    assert "step 8 was refused" in str(read.cause)


async def test_strict_refuses_an_import_that_nobody_declared(temporal_client: Client) -> None:
    with pytest.raises(RuntimeError, match=r"Failed validating workflow Stray") as refused:
        Worker(temporal_client, task_queue="plugin", workflows=[Stray])
    assert "tests.runtime.samples was not intentionally passed through" in str(refused.value.__cause__)


async def test_production_shares_everything_but_the_strictness(
    temporal_server_: TemporalServer, temporal_client: Client, key_ring: KeyRing
) -> None:
    production = await Client.connect(temporal_server_.address, plugins=[demeu_plugin(key_ring)])
    async with Worker(production, task_queue="plugin-production", workflows=[Echo, Stray]):
        handle = await temporal_client.start_workflow(
            Echo.run, SOMEBODY, id="plugin/production", task_queue="plugin-production"
        )
        assert await handle.result() == SOMEBODY


async def test_ready_while_polling_and_while_the_server_answers(settings: Settings, tmp_path: Path) -> None:
    async with temporal_server(tmp_path) as server:
        client = await connect(settings, env={"TEMPORAL_ADDRESS": server.address})
        worker = Worker(client, task_queue="plugin", workflows=[Echo])
        ready = polling(worker)
        assert not await ready()
        async with worker:
            # It polls as soon as its own task has begun.
            await asyncio.sleep(0.1)
            assert await ready()
        assert not await ready()
    assert not await ready()


async def test_metrics_for_prometheus(temporal_server_: TemporalServer, settings: Settings) -> None:
    (port,) = free_ports([0])
    address = f"127.0.0.1:{port}"
    env = {"TEMPORAL_ADDRESS": temporal_server_.address}
    client = await connect(settings, env=env, runtime=temporal_runtime(address))
    async with Worker(client, task_queue="metrics", workflows=[Echo]):
        await client.execute_workflow(Echo.run, SOMEBODY, id="plugin/metrics", task_queue="metrics")
    async with httpx.AsyncClient(trust_env=False) as http:
        metrics = (await http.get(f"http://{address}/metrics")).text
        assert "temporal_num_pollers{" in (await http.get(f"http://{address}/metrics")).text
    assert "temporal_workflow_completed_total" in metrics
    assert "temporal_workflow_endtoend_latency_seconds" in metrics
    assert "880101400123" not in metrics


def test_versioning_is_off_until_the_environment_asks_for_it(key_ring: KeyRing) -> None:
    env = {"DEMEU_DATABASE_URL": "postgresql://x/y", "DEMEU_CODEC_KEYS": key_ring.text()}
    assert deployment(load_settings(env)) is None
    versioned = deployment(
        load_settings({**env, "TEMPORAL_DEPLOYMENT_NAME": "demeu", "TEMPORAL_WORKER_BUILD_ID": "2026-01"})
    )
    assert versioned is not None
    assert versioned.use_worker_versioning
    assert versioned.version.to_canonical_string() == "demeu.2026-01"


def test_a_failure_that_none_of_ours_has_written_says_nothing() -> None:
    """Whoever reached Temporal's port answered for a worker that it had paid before, and an operator paid anew."""
    written = ApplicationError("bank: says that this payment was made before", type="Duplicate", non_retryable=True)
    values = PydanticPayloadConverter()
    for converter, says in ((DefaultFailureConverter(), UNSEALED), (Failures(), "Duplicate")):
        failure = Failure()
        converter.to_failure(written, values, failure)
        read = Failures().from_failure(failure, values)
        assert isinstance(read, ApplicationError)
        assert (read.type, read.non_retryable) == (says, True)
