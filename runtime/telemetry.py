"""Logs as JSON lines without personal data, and Temporal's metrics for Prometheus.

Every record of every library passes one redaction: what has the shape of an IIN, a Kazakh account or a Kazakh phone
number is masked, wherever in the record it stands. It is the last net, not a licence to log such things.
"""

import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor
from temporalio import activity, workflow
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)

# In this order: an account number may contain twelve digits in a row.
_SHAPES = (
    (re.compile(r"(?<![A-Z0-9])KZ\d{2}(?:[ \u00a0]?[A-Z0-9]){16}(?![A-Z0-9])", re.IGNORECASE), "<iban>"),
    (re.compile(r"\+7(?:[\s()\u00a0-]*\d){10}(?!\d)"), "<phone>"),
    (re.compile(r"(?<!\d)[78]7\d{9}(?!\d)"), "<phone>"),
    (re.compile(r"(?<!\d)\d{12}(?!\d)"), "<iin>"),
)
BUCKETS = {"demeu_case_days": (0.01, 0.1, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 180)}
"""The buckets of our own histograms."""

_PLAIN = (bool, float, type(None))

# These write the addresses of outside calls at INFO, and an address may hold a person's number.
_QUIET = ("httpx", "httpcore", "asyncio", "alembic")


def redact(text: str) -> str:
    """The text with every IIN, Kazakh account and Kazakh phone number masked, by shape alone."""
    for shape, mask in _SHAPES:
        text = shape.sub(mask, text)
    return text


def redact_value(value: Any) -> Any:
    """The same for any value: containers to their depth, and everything else by its text."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, int):
        masked = redact(str(value))
        return value if masked == str(value) else masked
    if isinstance(value, Mapping):
        return {redact(str(key)): redact_value(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(entry) for entry in value]
    if isinstance(value, bytes):
        return redact(value.decode(errors="replace"))
    return redact(str(value))


def redact_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor."""
    return {redact(str(key)): redact_value(value) for key, value in event.items()}


def configure_logging(level: str = "INFO") -> None:
    """One JSON object per line on stdout for structlog and for the standard library's loggers alike."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                # After the stack trace has become text, and as the last before it is written.
                redact_event,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Where a record comes from is in its fields already; in the message it would hide what happened.
    activity.logger.activity_info_on_message = False
    workflow.logger.workflow_info_on_message = False


def temporal_runtime(metrics_bind: str | None) -> Runtime:
    """Temporal's runtime: its own log goes through ours; metrics at ``http://{metrics_bind}/metrics``, if it is given.

    Durations are in seconds. Raises RuntimeError when the address is taken.
    """
    return Runtime(
        telemetry=TelemetryConfig(
            logging=LoggingConfig(
                filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
                forwarding=LogForwardingConfig(logger=logging.getLogger("temporalio.core")),
            ),
            metrics=None
            if metrics_bind is None
            else PrometheusConfig(
                bind_address=metrics_bind,
                counters_total_suffix=True,
                unit_suffix=True,
                durations_as_seconds=True,
                histogram_bucket_overrides=BUCKETS,
            ),
        )
    )


def attention_metric(runtime: Runtime) -> Callable[[str, int, float], None]:
    """How many cases need a person, and for how long the first has: `demeu_attention_cases{attention="overdue"} 3`."""
    meter = runtime.metric_meter
    number = meter.create_gauge("demeu_attention_cases", "cases that need a person")
    oldest = meter.create_gauge_float("demeu_attention_oldest_seconds", "for how long the first of them has waited")

    def waiting(attention: str, cases: int, seconds: float) -> None:
        number.set(cases, {"attention": attention})
        oldest.set(seconds, {"attention": attention})

    return waiting


def gate_metric(runtime: Runtime) -> Callable[[str, bool], None]:
    """Shows on the metrics which body's system is away: `demeu_body_away{body="bank"} 1` while its gate is shut."""
    gauge = runtime.metric_meter.create_gauge("demeu_body_away", "1 while a body's system does not answer")

    def changed(system: str, shut: bool) -> None:
        gauge.set(int(shut), {"body": system})

    return changed


def key_metric(runtime: Runtime) -> Callable[[str, int], None]:
    """How many open cases and retained histories need a payload key: `demeu_codec_key_needed{key="k1"} 17`."""
    gauge = runtime.metric_meter.create_gauge("demeu_codec_key_needed", "cases that need a payload key")

    def needed(key: str, cases: int) -> None:
        gauge.set(cases, {"key": key})

    return needed


def law_metric(runtime: Runtime) -> Callable[[str, int], None]:
    """For how many days more a value of the law is in force, with no law after it: `demeu_law_days_left{...} 33`."""
    gauge = runtime.metric_meter.create_gauge("demeu_law_days_left", "days until a value of the law ends")

    def left(parameter: str, days: int) -> None:
        gauge.set(max(days, 0), {"parameter": parameter})

    return left


def regions_metric(runtime: Runtime) -> Callable[[str, str, int], None]:
    """In how many regions a service has no figures: `demeu_regions_undecided{service="...",quarter="coming"} 20`."""
    gauge = runtime.metric_meter.create_gauge("demeu_regions_undecided", "regions whose figures are missing")

    def missing(service: str, quarter: str, regions: int) -> None:
        gauge.set(regions, {"service": service, "quarter": quarter})

    return missing


def refusal_metric(runtime: Runtime) -> Callable[[dict[str, str]], None]:
    """Counts what the gateway refuses: `demeu_gateway_refused_total{status="401",reason="clock",...}`."""
    counter = runtime.metric_meter.create_counter("demeu_gateway_refused", "requests that the gateway refused")

    def count(labels: dict[str, str]) -> None:
        counter.add(1, labels)

    return count
