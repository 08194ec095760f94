"""The worker's health page: alive while the process answers, ready only while every check passes."""

import asyncio
from contextlib import suppress

import httpx
import pytest

from runtime.health import HealthServer


async def _get(server: HealthServer, path: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, f"http://127.0.0.1:{server.port}{path}")


async def _yes() -> bool:
    return True


async def _no() -> bool:
    return False


async def _breaks() -> bool:
    raise ConnectionError("database gone")


async def test_ready_when_every_check_passes() -> None:
    async with HealthServer("127.0.0.1:0", {"temporal": _yes, "database": _yes}) as server:
        ready = await _get(server, "/readyz")
        assert (ready.status_code, ready.json()["ready"]) == (200, True)


@pytest.mark.parametrize("failing", [_no, _breaks])
async def test_alive_but_not_ready(failing: object) -> None:
    async with HealthServer("127.0.0.1:0", {"temporal": _yes, "database": failing}) as server:  # type: ignore[dict-item]
        assert (await _get(server, "/healthz")).status_code == 200
        ready = await _get(server, "/readyz")
        assert ready.status_code == 503
        assert ready.json() == {"ready": False, "checks": {"temporal": True, "database": False}}


async def test_a_check_that_hangs_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.health._SECONDS", 0.1)

    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    async with HealthServer("127.0.0.1:0", {"database": hangs}) as server:
        assert await server.verdicts() == {"database": False}


async def test_ready_again_when_the_trouble_is_over() -> None:
    answers = [False, True]

    async def check() -> bool:
        return answers.pop(0)

    async with HealthServer("127.0.0.1:0", {"database": check}) as server:
        assert [(await _get(server, "/readyz")).status_code for _ in range(2)] == [503, 200]


async def test_nothing_else_is_there() -> None:
    async with HealthServer("127.0.0.1:0", {}) as server:
        assert (await _get(server, "/metrics")).status_code == 404
        assert (await _get(server, "/healthz", "POST")).status_code == 405
        assert (await _get(server, "/healthz?probe=1", "HEAD")).content == b""


async def test_nonsense_is_cut_off_and_harms_nobody() -> None:
    async with HealthServer("127.0.0.1:0", {}) as server:
        for nonsense in (b"\xff\xfe\r\n\r\n", b"GET\r\n\r\n", b"x" * 20000):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(nonsense)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()
        assert (await _get(server, "/healthz")).status_code == 200


async def test_the_address_is_free_again_afterwards() -> None:
    async with HealthServer("127.0.0.1:0", {}) as server:
        port = server.port
    async with HealthServer(f"127.0.0.1:{port}", {}) as again:
        assert again.port == port
