"""The way to Temporal: one connection for worker, starter and gateway, and the registration of search attributes.

Where the server is, comes from Temporal's own variables and files (`temporalio.envconfig`: ``TEMPORAL_ADDRESS``,
``TEMPORAL_NAMESPACE``, TLS, API keys), so that operators use the same ones as for the ``temporal`` command.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
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
) -> Client:
    """Connect with the one plugin; ``env`` stands for the process's environment and Temporal's files where it is given.

    Raises TemporalUnreachable when no server answers within ``connect_seconds``.
    """
    config = ClientConfig.load_client_connect_config(disable_file=env is not None, override_env_vars=env)
    address = config.setdefault("target_host", DEFAULT_ADDRESS)
    try:
        return await Client.connect(
            **config,
            plugins=[demeu_plugin(settings.codec_keys, strict=strict)],
            runtime=runtime,
            connect_timeout=timedelta(seconds=connect_seconds),
        )
    except (RuntimeError, RPCError) as failed:
        raise TemporalUnreachable(f"no Temporal server answers at {address} (TEMPORAL_ADDRESS)") from failed


async def register_search_attributes(client: Client, keys: Iterable[SearchAttributeKey[Any]]) -> tuple[str, ...]:
    """Make the search attributes known to the client's namespace; returns the names that were added.

    May be called by every process at every start. Raises ValueError when a name is there with another type, which only
    an operator can settle.
    """
    wanted = {key.name: key.indexed_value_type for key in keys}
    there = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    known = {**there.system_attributes, **there.custom_attributes}
    for name, kind in wanted.items():
        if name in known and known[name] != int(kind):
            raise ValueError(f"search attribute {name} is {IndexedValueType.Name(known[name])}, not {kind.name}")
    missing = {name: IndexedValueType.ValueType(int(kind)) for name, kind in wanted.items() if name not in known}
    if missing:
        try:
            await client.operator_service.add_search_attributes(
                AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
            )
        except RPCError as failed:
            # Another process was faster: that is what was wanted.
            if failed.status is not RPCStatusCode.ALREADY_EXISTS:
                raise
    return tuple(missing)


def deployment(settings: Settings) -> WorkerDeploymentConfig | None:
    """Worker versioning, when the environment asks for it; cases stay on the version that they started on.

    A versioned worker gets no work until ``temporal worker deployment set-current-version`` names its build id.
    """
    if settings.temporal_deployment_name is None or settings.temporal_worker_build_id is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.temporal_deployment_name, settings.temporal_worker_build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
