"""Traces go over HTTP, Temporal and SQL, hold nothing personal, and cost nothing while nobody asks for them."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once
from sqlalchemy import text
from starlette.types import Receive, Scope, Send
from temporalio.api.common.v1 import Header, Payload, WorkflowExecution
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.worker import Worker

from adapters.errors import AdapterError
from adapters.http import HttpSystem
from adapters.records import Record
from card import Card
from card.store import DatabaseError
from gateway.traced import TracedRequests
from runtime.embedded.processes import ROOT
from runtime.embedded.servers import TemporalServer
from runtime.settings import Settings, load_settings, variable
from runtime.temporal import connect
from runtime.tracing import tracing
from tests.runtime.samples import Echo, Person, Waits

IIN = "880101400123"
SOMEBODY = Person(iin=IIN, amount=Decimal(1))


@pytest.fixture
def nothing_traced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process may set its provider once: each test is given the state of one that has not."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    monkeypatch.setattr("adapters.http._tracer", trace.get_tracer("adapters.http"))
    yield
    monkeypatch.undo()
    monkeypatch.setattr("adapters.http._tracer", trace.NoOpTracer())


class Phone(Record):
    phone: str


async def _gateway(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def test_one_trace_over_http_temporal_and_sql(
    nothing_traced: None, temporal_server_: TemporalServer, settings: Settings, database_url: str
) -> None:
    spans = InMemorySpanExporter()
    card = Card(database_url)
    with tracing(settings, "worker", spans) as traced:
        assert traced.tracer is not None
        env = {"TEMPORAL_ADDRESS": temporal_server_.address}
        client = await connect(settings, env=env, strict=True, interceptors=traced.interceptors)
        traced.statements_of(card)
        with traced.tracer.start_as_current_span(f"a post about {IIN}"):
            async with card.statements() as session:
                await session.execute(text("SELECT ref FROM cases WHERE ref = :ref"), {"ref": IIN})
            with pytest.raises(DatabaseError):
                async with card.statements() as session:
                    await session.execute(text("SELECT :iin::int"), {"iin": f"{IIN} is no number"})
            transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"phone": "x"}))
            async with HttpSystem("mobile", "http://mobile", transport=transport) as mobile:
                await mobile.ask("/v1/phones/{iin}", Phone, path={"iin": IIN})
            async with Worker(client, task_queue="traced", workflows=[Echo]):
                await client.execute_workflow(Echo.run, SOMEBODY, id="traced/1", task_queue="traced")
            web = TracedRequests(_gateway, traced.tracer, frozenset({"/v1/sms/replies"}))
            async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://gateway") as http:
                await http.post("/v1/sms/replies")
                await http.post(f"/of/{IIN}")
    await card.close()
    found = {span.name: span for span in spans.get_finished_spans()}
    assert {
        *("SQL SELECT", "mobile GET /v1/phones/{iin}", "StartWorkflow:Echo", "RunWorkflow:Echo"),
        *("POST /v1/sms/replies", "POST other", "a post about <iin>"),
    } <= set(found)
    assert len({span.context.trace_id for span in found.values()}) == 1
    assert found["POST other"].status.status_code is trace.StatusCode.ERROR
    assert found["a post about <iin>"].resource.attributes["service.name"] == "demeu-worker"
    statements = [span for span in spans.get_finished_spans() if span.name == "SQL SELECT"]
    assert any(span.status.status_code is trace.StatusCode.ERROR for span in statements)
    assert IIN not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.parametrize(
    "header",
    [
        Payload(metadata={"encoding": b"none"}, data=b"junk"),
        Payload(metadata={"encoding": b"json/plain"}, data=b"7"),
        Payload(metadata={"encoding": b"json/plain"}, data=b'{"traceparent": 7}'),
    ],
    ids=["no encoding", "no names", "no text"],
)
async def test_a_strangers_header_stops_no_workflow(
    nothing_traced: None, temporal_server_: TemporalServer, settings: Settings, header: Payload
) -> None:
    with tracing(settings, "worker", InMemorySpanExporter()) as traced:
        env = {"TEMPORAL_ADDRESS": temporal_server_.address}
        client = await connect(settings, env=env, interceptors=traced.interceptors)
        queue = f"headers-{uuid4()}"
        async with Worker(client, task_queue=queue, workflows=[Waits]):
            waits = await client.start_workflow(Waits.run, SOMEBODY, id=queue, task_queue=queue)
            await client.workflow_service.signal_workflow_execution(
                SignalWorkflowExecutionRequest(
                    namespace=client.namespace,
                    workflow_execution=WorkflowExecution(workflow_id=queue),
                    signal_name="go",
                    header=Header(fields={"_tracer-data": header}),
                )
            )
            await waits.signal(Waits.go)
            async with asyncio.timeout(20):
                assert await waits.result() == 2


async def test_a_call_that_fails_is_a_span_without_its_address(nothing_traced: None, settings: Settings) -> None:
    spans = InMemorySpanExporter()

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no way to {request.url}")

    with tracing(settings, "worker", spans):
        async with HttpSystem(
            "mobile", "http://mobile", transport=httpx.MockTransport(broken), deadline=timedelta(seconds=1)
        ) as mobile:
            with pytest.raises(AdapterError):
                await mobile.ask("/v1/phones/{iin}", Phone, path={"iin": IIN})
    (span,) = spans.get_finished_spans()
    assert span.name == "mobile GET /v1/phones/{iin}"
    assert IIN not in span.to_json()


def test_who_does_not_trace_loads_nothing_of_it(settings: Settings) -> None:
    with tracing(settings, "worker") as traced:
        assert traced.interceptors == ()
        assert traced.tracer is None
    loaded = "import sys, worker, gateway.__main__; print(*{'opentelemetry.sdk', 'requests'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.split() == []


def test_one_setting_says_where_traces_go(settings: Settings) -> None:
    assert variable("traces_url") == "DEMEU_TRACES_URL"
    env = {"DEMEU_DATABASE_URL": "postgresql://nobody@nowhere/none", "DEMEU_CODEC_KEYS": settings.codec_keys.text()}
    assert load_settings(env).traces_url is None
    assert str(load_settings({**env, "DEMEU_TRACES_URL": "http://otel:4318/v1/traces"}).traces_url)
