"""The way to Temporal: one connection for worker, starter and gateway, and the registration of search attributes.

Where the server is, comes from Temporal's own variables and files (`temporalio.envconfig`: ``TEMPORAL_ADDRESS``,
``TEMPORAL_NAMESPACE``, TLS, API keys), so that operators use the same ones as for the ``temporal`` command.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client, Interceptor
from temporalio.common import SearchAttributeKey, VersioningBehavior, WorkerDeploymentVersion
from temporalio.envconfig import ClientConfig
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import WorkerDeploymentConfig

from runtime.plugin import demeu_plugin
from runtime.settings import Settings

DEFAULT_ADDRESS = "localhost:7233"


class TemporalUnreachable(ConnectionError):
    """No Temporal server answers at the configured address. The message names the address and the variable."""


class NotPrepared(ValueError):
    """The namespace isn't ready for this version. One line that says what is missing, and who can add it."""


def temporal_address() -> str:
    """``host:port`` of the configured server."""
    return ClientConfig.load_client_connect_config().get("target_host", DEFAULT_ADDRESS)


async def connect(
    settings: Settings,
    *,
    strict: bool = False,
    runtime: Runtime | None = None,
    connect_seconds: float = 5,
    env: Mapping[str, str] | None = None,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """Connect with the one plugin; ``env`` stands for the process's environment and Temporal's files where it is given.

    Raises TemporalUnreachable when no server answers within ``connect_seconds``.
    """
    try:
        config = ClientConfig.load_client_connect_config(disable_file=env is not None, override_env_vars=env)
    except (OSError, RuntimeError, ValueError) as wrong:
        raise TemporalUnreachable(f"the settings of the way to Temporal (TEMPORAL_*): {wrong}") from wrong
    address = config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            **config,
            plugins=[demeu_plugin(settings.codec_keys, strict=strict, interceptors=interceptors)],
            runtime=runtime,
            connect_timeout=timedelta(seconds=connect_seconds),
        )
    except (RuntimeError, RPCError) as failed:
        raise TemporalUnreachable(f"no Temporal server answers at {address} (TEMPORAL_ADDRESS)") from failed


_DENIED = (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.UNIMPLEMENTED)

_PROBES = {
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD: "= 'x'",
    IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST: "= 'x'",
    IndexedValueType.INDEXED_VALUE_TYPE_BOOL: "= true",
    IndexedValueType.INDEXED_VALUE_TYPE_DATETIME: "> '2000-01-01T00:00:00Z'",
}
"""For each type of ours a condition that the server refuses of another type, or of a name that it doesn't know."""


async def missing_search_attributes(client: Client, keys: Iterable[SearchAttributeKey[Any]]) -> tuple[str, ...]:
    """Which of them the client's namespace doesn't know, or knows with another type.

    Counts cases, which whoever works on them may do: to list search attributes is an operator's right. Who may not even
    count is told that nothing is missing; the first case will tell. Raises NotPrepared where there is no namespace.
    """
    missing = []
    for key in keys:
        try:
            await client.count_workflows(f"{key.name} {_PROBES[IndexedValueType.ValueType(key.indexed_value_type)]}")
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                raise NotPrepared(f"there is no namespace {client.namespace} (TEMPORAL_NAMESPACE)") from failed
            if failed.status is RPCStatusCode.INVALID_ARGUMENT:
                missing.append(key.name)
            elif failed.status not in _DENIED:
                raise
    return tuple(missing)


async def check_search_attributes(
    client: Client, keys: Sequence[SearchAttributeKey[Any]], *, seconds: float = 30
) -> None:
    """Wait until the namespace knows all of them: what was just added shows after some seconds. Raises NotPrepared."""
    ends = time.monotonic() + seconds
    while missing := await missing_search_attributes(client, keys):
        if time.monotonic() > ends:
            raise NotPrepared(
                f"namespace {client.namespace} lacks the search attributes {', '.join(missing)}: "
                "run `python -m runtime.migrate`, with an identity that may add them, before this version"
            )
        await asyncio.sleep(1)


async def register_search_attributes(client: Client, keys: Iterable[SearchAttributeKey[Any]]) -> tuple[str, ...]:
    """Make the search attributes known to the client's namespace; returns the names that were added.

    Needs an operator's rights: `python -m runtime.migrate` alone calls it, once per version. Raises NotPrepared in one
    line when this identity has not the rights, when the namespace has no room, or when a name has another type.
    """
    wanted = {key.name: key.indexed_value_type for key in keys}
    try:
        there = await client.operator_service.list_search_attributes(
            ListSearchAttributesRequest(namespace=client.namespace)
        )
    except RPCError as failed:
        raise _not_registered(client, wanted, failed) from failed
    known = {**there.system_attributes, **there.custom_attributes}
    for name, kind in wanted.items():
        if name in known and known[name] != int(kind):
            raise NotPrepared(f"search attribute {name} is {IndexedValueType.Name(known[name])}, not {kind.name}")
    missing = {name: IndexedValueType.ValueType(int(kind)) for name, kind in wanted.items() if name not in known}
    if missing:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
        except RPCError as failed:
            # Another process was faster: that is what was wanted.
            if failed.status is not RPCStatusCode.ALREADY_EXISTS:
                raise _not_registered(client, {name: wanted[name] for name in missing}, failed) from failed
    return tuple(missing)


def _not_registered(client: Client, wanted: Mapping[str, Any], failed: RPCError) -> NotPrepared:
    if failed.status is RPCStatusCode.NOT_FOUND:
        return NotPrepared(f"there is no namespace {client.namespace} (TEMPORAL_NAMESPACE)")
    who = (
        "this identity may not add them; whoever administers the namespace must"
        if failed.status in _DENIED
        else f"the server refuses: {failed.message}"
    )
    listed = ", ".join(f"{name} ({kind.name.capitalize()})" for name, kind in wanted.items())
    return NotPrepared(f"search attributes for namespace {client.namespace}: {listed}: {who}")


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """Worker versioning, when the environment asks for it. Cases and notices go on with the newest version: they wait
    for weeks, and next year's law and every mend must reach them meanwhile. Replayed histories hold the code to that.

    A versioned worker gets no work until ``temporal worker deployment set-current-version`` names its build id.
    """
    if settings.temporal_deployment_name is None or settings.temporal_worker_build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.temporal_deployment_name, settings.temporal_worker_build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )
