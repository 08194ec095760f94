"""OpenTelemetry traces over HTTP, Temporal and SQL, off unless `DEMEU_TRACES_URL` says where they go.

A trace goes from a post at the gateway over the start of a case to its steps, the calls of other bodies' systems and
the statements. Nothing personal leaves: calls bear the names of their routes, statements stand without their values,
and every text passes the redaction that logs pass.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import trace

from card import Card
from runtime.settings import Settings
from runtime.telemetry import redact, redact_value

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from temporalio.contrib.opentelemetry import TracingInterceptor


@dataclass(frozen=True)
class Tracing:
    """How this process is traced: nothing of it where traces are off."""

    interceptors: "tuple[TracingInterceptor, ...]" = ()
    """For the client of Temporal, whose workers get them too."""
    tracer: trace.Tracer | None = None

    def statements_of(self, card: Card) -> None:
        """Trace the statements of this Card."""
        if self.tracer is not None:
            card.trace(self.tracer)


@contextmanager
def tracing(settings: Settings, part: str, exporter: "SpanExporter | None" = None) -> Iterator[Tracing]:
    """Trace this process as a `part` of Demeu for as long as the block lasts; what is left is sent at its end.

    `exporter` stands for the collector that the settings name.
    """
    if settings.traces_url is None and exporter is None:
        yield Tracing()
        return
    # Only here: who does not trace loads nothing of it.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from runtime.traced_cases import TracedCases

    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: f"demeu-{part}"}))
    provider.add_span_processor(BatchSpanProcessor(_redacting(exporter or OTLPSpanExporter(str(settings.traces_url)))))
    trace.set_tracer_provider(provider)
    tracer = provider.get_tracer("demeu")
    try:
        yield Tracing((TracedCases(tracer),), tracer)
    finally:
        provider.shutdown()


def _redacting(exporter: "SpanExporter") -> "SpanExporter":
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class Redacting(SpanExporter):
        """Passes spans on without what has the shape of a person's number, phone or account."""

        def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
            return exporter.export([_redacted(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return Redacting()


def _redacted(span: "ReadableSpan") -> "ReadableSpan":
    from opentelemetry.sdk.trace import Event, ReadableSpan

    status = trace.Status(span.status.status_code, redact(span.status.description or "") or None)
    return ReadableSpan(
        name=redact(span.name),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=redact_value(span.attributes or {}),
        events=[Event(redact(one.name), redact_value(one.attributes or {}), one.timestamp) for one in span.events],
        links=span.links,
        kind=span.kind,
        status=status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
