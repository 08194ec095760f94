"""The worker's two answers to whoever supervises it: alive, and ready to work.

``/healthz`` says that the process answers; ``/readyz`` that every check passes, each asked anew. It reads one request
line and knows nothing else of HTTP, so that a worker carries no web server; it must not be reachable from outside.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as WorkerDeploymentVersionMessage
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import DescribeWorkerDeploymentVersionRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

from runtime.codec import EncryptionCodec

Check = Callable[[], Awaitable[bool]]

_SECONDS = 3.0
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}
_log = structlog.get_logger(__name__)


def polling(*workers: Worker) -> Check:
    """Ready when all workers poll and the server answers to their connection."""

    async def check() -> bool:
        if not all(worker.is_running for worker in workers):
            return False
        return all([await worker.client.service_client.check_health() for worker in workers])

    return check


STALE = 10.0
"""Seconds for which what the server says of our version is believed: probes ask more often."""


def taking_work(client: Client, config: WorkerDeploymentConfig | None) -> Check:
    """Ready when cases are sent to this version of the code: it is current, ramping up, or still has cases of its own.

    An unversioned worker gets whatever is on its queue. Where the identity may not ask, nothing speaks against it.
    """
    asked = float("-inf")
    verdict = False

    async def check() -> bool:
        nonlocal asked, verdict
        if config is None:
            return True
        if time.monotonic() - asked > STALE:
            verdict = await _sent_work(client, config)
            asked = time.monotonic()
        return verdict

    return check


async def _sent_work(client: Client, config: WorkerDeploymentConfig) -> bool:
    version = WorkerDeploymentVersionMessage(
        deployment_name=config.version.deployment_name, build_id=config.version.build_id
    )
    try:
        described = await client.workflow_service.describe_worker_deployment_version(
            DescribeWorkerDeploymentVersionRequest(namespace=client.namespace, deployment_version=version)
        )
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            return False
        if failed.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            return True
        raise
    return described.worker_deployment_version_info.status in (
        WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT,
        WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING,
        WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING,
    )


UNOPENED_SECONDS = 15 * 60
"""So long a payload that could not be opened counts: Temporal tries a case again at least every ten minutes."""


def opening_payloads(codec: EncryptionCodec, of_cases: Callable[[], Awaitable[Collection[str]]]) -> Check:
    """Ready when no case was met lately whose key is not in our ring; names the keys in the log where one was.

    `of_cases`: the keys that open cases were started under. What a stranger wrote under another says nothing of us.
    """

    async def check() -> bool:
        since = time.monotonic() - UNOPENED_SECONDS
        lacking = sorted(kid for kid, at in codec.unopened.items() if at > since)
        if lacking:
            needed = await of_cases()
            lacking = [kid for kid in lacking if kid in needed]
        if lacking:
            _log.warning("keys are missing", keys=lacking, setting="DEMEU_CODEC_KEYS")
        return not lacking

    return check


class HealthServer:
    """Answers on ``bind`` (host:port) inside the block. ``checks`` are named as operators know them."""

    def __init__(self, bind: str, checks: Mapping[str, Check]) -> None:
        self._host, _, port = bind.rpartition(":")
        self._port = int(port)
        self._checks = dict(checks)
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self._host or None, self._port, limit=8192)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def port(self) -> int:
        """The TCP port it listens on."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def verdicts(self) -> dict[str, bool]:
        """What each check says now; one that raises or takes longer than 3 seconds says no."""
        names = list(self._checks)
        return dict(zip(names, await asyncio.gather(*map(self._verdict, names)), strict=True))

    async def _verdict(self, name: str) -> bool:
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._checks[name]()
        except Exception as failed:
            _log.warning("not ready", check=name, error=type(failed).__name__)
            return False

    async def _answer(self, method: str, target: str) -> tuple[int, dict[str, object]]:
        path = target.partition("?")[0]
        if path not in {"/healthz", "/readyz"}:
            return 404, {"error": "there are /healthz and /readyz"}
        if method not in {"GET", "HEAD"}:
            return 405, {"error": "GET or HEAD"}
        if path == "/healthz":
            return 200, {"alive": True}
        checks = await self.verdicts()
        return (200 if all(checks.values()) else 503), {"ready": all(checks.values()), "checks": checks}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Whoever sends nonsense, too much or nothing is cut off without an answer.
        with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(2 * _SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
                status, answer = await self._answer(method, target)
                body = b"" if method == "HEAD" else json.dumps(answer).encode() + b"\n"
                writer.write(
                    f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n"
                    f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
                    + body
                )
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
