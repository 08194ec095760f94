"""A worker needs no operator's rights and says in one line what it lacks; ready means that it gets and can do work."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

from runtime import health
from runtime.codec import EncryptionCodec, KeyRing, UnknownKey
from runtime.embedded.processes import ROOT
from runtime.embedded.servers import temporal_server
from runtime.health import opening_payloads, taking_work
from runtime.migrate import prepare
from runtime.settings import Settings
from runtime.temporal import (
    NotPrepared,
    TemporalUnreachable,
    check_search_attributes,
    connect,
    missing_search_attributes,
    register_search_attributes,
)
from tests.gateway.ear import Ear
from workflows.model import SearchAttributes

DENIED = [RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.UNAUTHENTICATED]


class WithoutRights:
    """A client whose identity may do nothing that it is asked here."""

    namespace = "ours"

    def __init__(self, status: RPCStatusCode, message: str = "Request unauthorized.") -> None:
        self._failed = RPCError(message, status, b"")
        self.operator_service = self

    async def list_search_attributes(self, _: object) -> None:
        raise self._failed

    async def count_workflows(self, _: object) -> None:
        raise self._failed


@pytest.mark.parametrize("status", DENIED)
async def test_without_an_operators_rights_it_is_said_what_must_be_added_and_by_whom(status: RPCStatusCode) -> None:
    client = cast(Client, WithoutRights(status))
    with pytest.raises(NotPrepared) as refused:
        await register_search_attributes(client, SearchAttributes.ALL)
    line = str(refused.value)
    assert all(key.name in line for key in SearchAttributes.ALL)
    assert "whoever administers the namespace must" in line
    assert "\n" not in line
    # Who may not even look is not held up by it.
    assert await missing_search_attributes(client, SearchAttributes.ALL) == ()


async def test_a_worker_starts_where_the_search_attributes_are_and_names_them_where_not(
    settings: Settings, tmp_path: Path
) -> None:
    there = SearchAttributes.ALL[1:]
    other = SearchAttributeKey.for_bool(SearchAttributes.ALL[0].name)
    async with temporal_server(tmp_path, search_attributes=[*there, other]) as server:
        client = await connect(settings, env={"TEMPORAL_ADDRESS": server.address})
        await check_search_attributes(client, there)
        with pytest.raises(NotPrepared, match=r"lacks the search attributes Service: run `python -m runtime.migrate`"):
            await check_search_attributes(client, SearchAttributes.ALL, seconds=0)
        lost = await connect(
            settings, env={"TEMPORAL_ADDRESS": server.address, "TEMPORAL_NAMESPACE": "no-such-namespace"}
        )
        with pytest.raises(NotPrepared, match="there is no namespace no-such-namespace"):
            await check_search_attributes(lost, SearchAttributes.ALL)


async def test_a_full_namespace_is_one_line(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's limit is ten of a kind; other teams have six."""
    others = [SearchAttributeKey.for_keyword(f"Other{number}") for number in range(6)]
    async with temporal_server(tmp_path, search_attributes=others) as server:
        client = await connect(settings, env={"TEMPORAL_ADDRESS": server.address})
        with pytest.raises(NotPrepared, match="cannot have more than 10") as refused:
            await register_search_attributes(client, SearchAttributes.ALL)
        assert "Service (Keyword)" in str(refused.value)
        monkeypatch.setenv("TEMPORAL_ADDRESS", server.address)
        with pytest.raises(NotPrepared):
            await prepare(settings)


def test_only_migrate_registers() -> None:
    """Whatever else called it would need the rights."""
    callers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("runtime", "gateway", "activities", "cli", "workflows", "card")
        for path in (ROOT / folder).rglob("*.py")
        if "register_search_attributes(" in path.read_text()
    }
    callers |= {name for name in ("worker.py", "starter.py") if "register_search" in (ROOT / name).read_text()}
    assert callers == {"runtime/temporal.py", "runtime/migrate.py"}


async def test_a_certificate_that_is_not_there_is_one_line(settings: Settings) -> None:
    env = {"TEMPORAL_TLS_CLIENT_CERT_PATH": "/no/such.crt", "TEMPORAL_TLS_CLIENT_KEY_PATH": "/no/such.key"}
    with pytest.raises(TemporalUnreachable, match=r"TEMPORAL_\*.*/no/such.crt"):
        await connect(settings, env=env)


# --- readiness --------------------------------------------------------------------------------------------------------


def _asked_again(check: health.Check) -> health.Check:
    """A server that is busy with versions may drop a question: a probe comes again in seconds."""

    async def asked() -> bool:
        for _ in range(5):
            with suppress(RPCError):
                return await check()
            await asyncio.sleep(0.2)
        return await check()

    return asked


async def test_a_version_that_gets_no_work_is_not_ready(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "STALE", 0.0)
    assert await taking_work(temporal_client, None)()

    version = WorkerDeploymentVersion("readiness", "1")
    config = WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
    )
    ready = _asked_again(taking_work(temporal_client, config))
    assert not await ready(), "no worker of this version has been seen"
    async with Worker(temporal_client, task_queue="readiness", workflows=[Ear], deployment_config=config):
        async with asyncio.timeout(60):
            while True:
                assert not await ready(), "it polls, but nothing is sent to it"
                try:
                    await temporal_client.workflow_service.set_worker_deployment_current_version(
                        SetWorkerDeploymentCurrentVersionRequest(
                            namespace=temporal_client.namespace, deployment_name="readiness", build_id="1"
                        )
                    )
                    break
                except RPCError:  # the server has not heard of it yet
                    await asyncio.sleep(0.1)
            while not await ready():
                await asyncio.sleep(0.1)


@pytest.mark.parametrize("status", DENIED[:2])
async def test_who_may_not_ask_is_not_held_up(status: RPCStatusCode) -> None:
    class Service:
        namespace = "ours"

        async def describe_worker_deployment_version(self, _: object) -> Any:
            raise RPCError("no", status, b"")

        @property
        def workflow_service(self) -> "Service":
            return self

    config = WorkerDeploymentConfig(version=WorkerDeploymentVersion("a", "1"), use_worker_versioning=True)
    assert await taking_work(cast(Client, Service()), config)()


async def test_a_worker_that_lacks_a_key_of_its_cases_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = KeyRing.generate("old"), KeyRing.generate("new")
    [payload] = await EncryptionCodec(old).encode([Payload(data=b"1")])
    codec = EncryptionCodec(new)
    started_under: set[str] = set()

    async def of_cases() -> set[str]:
        return started_under

    ready = opening_payloads(codec, of_cases)
    assert await ready()
    with pytest.raises(UnknownKey):
        await codec.decode([payload])
    assert await ready(), "no case was started under it: somebody else has written that"
    started_under.add("old")
    assert not await ready()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + health.UNOPENED_SECONDS + 1)
    assert await ready(), "nobody has asked for the key since"
