"""The door over a real socket: what is refused before it is read, what is cut off, and what is said of it."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from structlog.testing import capture_logs

import gateway
from gateway import door
from gateway import refusals as refusals_module
from gateway.app import Parts, gateway_app
from gateway.connections import HEAD_BYTES, server_config
from gateway.rates import MOST, Rates
from gateway.refusals import LINES_AT_ONCE, Refusals
from gateway.signature import signed_headers
from stubs.serve import listen
from tests.gateway.house import SECRETS, WEB_UI, House, now

PATH = "/v1/sms/receipts"
SECRET = SECRETS["operator"]


class Guest(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Street:
    """The gateway as it is served: where, and what it counted as refused."""

    port: int
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)

    def count(self, labels: dict[str, str]) -> None:
        self.refused[labels["status"], labels["reason"]] += 1

    async def post(self, content: bytes, headers: dict[str, str], path: str = PATH) -> httpx.Response:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as http:
            return await http.post(path, content=content, headers=headers)

    async def good(self) -> httpx.Response:
        content = body()
        return await self.post(content, signed(content))


def body(**members: Any) -> bytes:
    return json.dumps({"smsc_message_id": "1", "state": "delivered", "at": now().isoformat(), **members}).encode()


def signed(content: bytes, sender: str = "operator") -> dict[str, str]:
    return signed_headers(sender, SECRETS[sender], "POST", PATH, content)


@asynccontextmanager
async def open_to_the_street(house: House, **limits: Any) -> AsyncIterator[Street]:
    settings = house.settings.model_copy(update=limits)
    sock = listen("127.0.0.1", 0)
    street = Street(sock.getsockname()[1])
    refusals = Refusals(street.count)
    app = gateway_app(settings, Parts(house.card, house.client, house.opening, house.relay), refusals=refusals)
    server = Guest(server_config(app, settings, refusals))
    task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield street
    finally:
        server.should_exit = True
        await task
        sock.close()


@asynccontextmanager
async def line(street: Street) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", street.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def status_of(reader: asyncio.StreamReader) -> int:
    return int((await reader.readuntil(b"\r\n")).split()[1])


def head(headers: dict[str, str], length: int | None, path: str = PATH) -> bytes:
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"POST {path} HTTP/1.1", "Host: gateway", size, *(f"{name}: {text}" for name, text in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


# --- before the body --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATH, "/v1/registry/events", "/v1/no/such", "/v1/"])
async def test_a_stranger_is_refused_before_a_byte_of_the_body_has_come(house: House, path: str) -> None:
    async with open_to_the_street(house) as street, line(street) as (reader, writer):
        writer.write(head({}, 300_000_000, path))
        assert await status_of(reader) == 401
    assert street.refused == {("401", "unsigned"): 1}


async def test_a_stranger_who_goes_on_sending_is_cut_off(house: House) -> None:
    piece, sent = bytes(65_536), 0
    async with open_to_the_street(house) as street, line(street) as (reader, writer):
        writer.write(head({}, 300_000_000))
        with suppress(OSError):
            while sent < 300_000_000:
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
        assert sent < 30_000_000, "nobody read it"
        with suppress(OSError, asyncio.IncompleteReadError):
            assert await status_of(reader) == 401


@pytest.mark.parametrize("length", [65_537, 300_000_000])
async def test_a_known_sender_is_told_at_once_that_it_is_too_much(house: House, length: int) -> None:
    async with open_to_the_street(house) as street, line(street) as (reader, writer):
        writer.write(head(signed(body()), length))
        assert await status_of(reader) == 413
    assert street.refused == {("413", "too_large"): 1}


async def test_a_body_without_a_length_is_measured_while_it_comes(house: House) -> None:
    piece = b"8000\r\n" + bytes(0x8000) + b"\r\n"
    async with open_to_the_street(house) as street, line(street) as (reader, writer):
        writer.write(head(signed(body()), None) + 3 * piece)
        assert await status_of(reader) == 413
    assert street.refused == {("413", "too_large"): 1}


async def test_the_largest_body_is_taken(house: House) -> None:
    content = body()
    content += b" " * (65_536 - len(content))
    async with open_to_the_street(house) as street:
        assert (await street.post(content, signed(content))).status_code == 202
        assert (await street.post(content + b" ", signed(content + b" "))).status_code == 413


async def test_another_body_than_was_signed_is_refused(house: House) -> None:
    async with open_to_the_street(house) as street:
        assert (await street.post(body(state="expired"), signed(body()))).status_code == 401
    assert street.refused == {("401", "digest"): 1}


@pytest.mark.parametrize("path", ["/codec/decode", "/healthz", "/openapi.json"])
async def test_what_needs_no_signature_is_bounded_too(house: House, path: str) -> None:
    origin = {"Origin": house.settings.codec_origins[0]}
    async with open_to_the_street(house) as street, line(street) as (reader, writer):
        writer.write(head(origin, 300_000_000, path))
        assert await status_of(reader) == 413
    assert street.refused == {("413", "too_large"): 1}


async def test_what_needs_no_signature_is_measured_while_it_comes(house: House) -> None:
    origin = {"Origin": house.settings.codec_origins[0]}
    piece = b"100000\r\n" + bytes(0x100000) + b"\r\n"
    async with open_to_the_street(house) as street, line(street) as (_, writer):
        writer.write(head(origin, None, "/codec/decode"))
        with suppress(OSError):
            for _ in range(6):
                writer.write(piece)
                await writer.drain()
        async with asyncio.timeout(20):
            while not street.refused:
                await asyncio.sleep(0.02)
    assert street.refused == {("413", "too_large"): 1}


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("begun", [b"", b"POST /v1/sms/receipts HTTP/1.1\r\nHost: ga", b"P"])
async def test_a_head_that_does_not_come_ends_the_connection(house: House, begun: bytes) -> None:
    async with open_to_the_street(house, gateway_request_seconds=0.3) as street, line(street) as (reader, writer):
        writer.write(begun)
        assert await status_of(reader) == 408
        await reader.read()
    assert street.refused == {("408", "too_slow"): 1}


async def test_a_head_that_trickles_ends_the_connection(house: House) -> None:
    async with open_to_the_street(house, gateway_request_seconds=0.3) as street, line(street) as (reader, writer):
        answer = asyncio.create_task(reader.read())
        with suppress(OSError):
            while not answer.done():
                writer.write(b"P")
                await asyncio.sleep(0.05)
        assert b" 408 " in await answer


async def test_the_second_head_of_a_connection_must_come_in_time_too(house: House) -> None:
    async with open_to_the_street(house, gateway_request_seconds=0.3) as street, line(street) as (reader, writer):
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n")
        assert await status_of(reader) == 200
        writer.write(b"GET /hea")
        assert b" 408 " in await reader.read()


async def test_a_body_that_does_not_come_is_408(house: House) -> None:
    async with open_to_the_street(house, gateway_request_seconds=0.3) as street, line(street) as (reader, writer):
        writer.write(head(signed(body()), 100) + b"{")
        assert await status_of(reader) == 408
        await reader.read()
    assert street.refused == {("408", "too_slow"): 1}


async def test_a_body_that_nobody_asked_for_does_not_keep_the_connection(house: House) -> None:
    async with open_to_the_street(house, gateway_request_seconds=0.3) as street, line(street) as (reader, writer):
        writer.write(head({}, 100, "/healthz") + b"{")
        await reader.read()


async def test_a_caller_who_hangs_up_leaves_nothing_behind(house: House) -> None:
    async with open_to_the_street(house, gateway_at_once=1) as street:
        for _ in range(3):
            async with line(street) as (_reader, writer):
                writer.write(head(signed(body()), 100) + b"{")
                await writer.drain()
        async with asyncio.timeout(20):
            while (await street.good()).status_code != 202:
                await asyncio.sleep(0.05)


# --- rate -------------------------------------------------------------------------------------------------------------


async def test_a_flood_of_strangers_is_told_when_to_come_again(house: House) -> None:
    async with open_to_the_street(house, gateway_address_rate=0.5) as street:
        answers = [await street.post(b"", {}) for _ in range(8)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
        assert answers[-1].headers["Retry-After"] in ("1", "2")
        assert (await street.good()).status_code == 429


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "HEAD"])
async def test_a_flood_of_questions_is_bounded_too(house: House, method: str) -> None:
    async with (
        open_to_the_street(house, gateway_address_rate=0.5) as street,
        httpx.AsyncClient(trust_env=False) as http,
    ):
        url = f"http://127.0.0.1:{street.port}/openapi.json"
        answers = [(await http.request(method, url)).status_code for _ in range(8)]
    assert answers[5:] == [429] * 3
    assert 429 not in answers[:5]


async def test_unsigned_bodies_leave_room_for_those_of_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred of four megabytes that never ended held as much of the gateway's memory."""
    monkeypatch.setattr(door, "OF_ONE_ADDRESS", 1)
    origin = {"Origin": WEB_UI, "Content-Type": "application/json"}
    async with (
        open_to_the_street(house) as street,
        line(street) as (_, slow),
        httpx.AsyncClient(trust_env=False) as http,
    ):
        slow.write(head(origin, 100, "/codec/decode"))
        url = f"http://127.0.0.1:{street.port}/codec/decode"
        async with asyncio.timeout(20):
            while (answer := await http.post(url, headers=origin, content=b"{}")).status_code != 503:
                await asyncio.sleep(0.02)
        assert answer.headers["Retry-After"] == "1"
        assert (await http.get(f"http://127.0.0.1:{street.port}/healthz")).status_code == 200
        slow.close()
        async with asyncio.timeout(20):
            while (answer := await http.post(url, headers=origin, content=b"{}")).status_code == 503:
                await asyncio.sleep(0.02)


async def test_a_sender_has_a_rate_of_its_own_that_no_stranger_can_use_up(house: House) -> None:
    async with open_to_the_street(house, gateway_sender_rate=0.3) as street:
        for _ in range(6):
            content = body()
            headers = signed(content)
            assert (await street.post(content, headers | {"Signature": "demeu=:AAAA:"})).status_code == 401
        assert [(await street.good()).status_code for _ in range(4)] == [202, 202, 202, 429]
        event = json.dumps({"event_id": "e"}).encode()
        other = signed_headers("registry", SECRETS["registry"], "POST", "/v1/registry/events", event)
        assert (await street.post(event, other, "/v1/registry/events")).status_code == 422


async def test_too_many_at_once_are_told_to_come_again(house: House) -> None:
    async with open_to_the_street(house, gateway_at_once=1) as street, line(street) as (_, writer):
        writer.write(head(signed(body()), 100))
        async with asyncio.timeout(20):
            while (answer := await street.good()).status_code == 202:
                await asyncio.sleep(0.02)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        async with httpx.AsyncClient(trust_env=False) as http:
            assert (await http.get(f"http://127.0.0.1:{street.port}/healthz")).status_code == 200


async def test_the_slow_bodies_of_one_sender_leave_room_for_the_others(house: House) -> None:
    async with open_to_the_street(house, gateway_at_once=4) as street, AsyncExitStack() as lines:
        for n in range(2):
            _, writer = await lines.enter_async_context(line(street))
            writer.write(head(signed(body(text=f"slow {n}")), 100))
        async with asyncio.timeout(20):
            while (answer := await street.good()).status_code == 202:
                await asyncio.sleep(0.02)
        assert answer.status_code == 503
        event = json.dumps({"event_id": "e"}).encode()
        other = signed_headers("registry", SECRETS["registry"], "POST", "/v1/registry/events", event)
        assert (await street.post(event, other, "/v1/registry/events")).status_code == 422


async def test_a_head_that_was_copied_takes_one_place_however_often_it_is_sent(house: House) -> None:
    async with open_to_the_street(house, gateway_at_once=4) as street, AsyncExitStack() as lines:
        copied = head(signed(body()), 100)
        readers = []
        for _ in range(4):
            reader, writer = await lines.enter_async_context(line(street))
            writer.write(copied)
            readers.append(reader)
        async with asyncio.timeout(20):
            answers = [await reader.readline() for reader in readers[1:]]
        assert {answer.split()[1] for answer in answers} == {b"409"}
        assert (await street.good()).status_code == 202


async def test_more_connections_than_are_allowed_are_closed(house: House) -> None:
    async with open_to_the_street(house, gateway_connections=10) as street:
        lines = [await asyncio.open_connection("127.0.0.1", street.port) for _ in range(11)]
        with suppress(OSError):
            assert await lines[0][0].read() == b"", "the longest silent makes room"
        assert street.refused == {("503", "connections"): 1}
        assert (await street.good()).status_code == 202, "whoever else says nothing"
        for _, writer in lines:
            writer.close()


async def test_one_address_takes_no_more_than_its_share(house: House) -> None:
    async with open_to_the_street(house, gateway_connections_an_address=5) as street:
        lines = [await asyncio.open_connection("127.0.0.1", street.port) for _ in range(6)]
        with suppress(OSError):
            assert await lines[-1][0].read() == b""
        assert street.refused == {("503", "connections"): 1}
        for _, writer in lines:
            writer.close()
        async with asyncio.timeout(20):
            while True:
                with suppress(httpx.TransportError):
                    if (await street.good()).status_code == 202:
                        break
                await asyncio.sleep(0.05)


async def test_an_answer_that_nobody_reads_ends_the_connection(house: House) -> None:
    """A thousand such held every connection for as long as the stranger liked, without a further byte."""
    async with open_to_the_street(house, gateway_request_seconds=0.5) as street:
        with socket.socket() as silent:
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            silent.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(silent, ("127.0.0.1", street.port))
            ask = b"GET /openapi.json HTTP/1.1\r\nHost: gateway\r\n\r\n"
            await loop.sock_sendall(silent, ask * 400)
            async with asyncio.timeout(20):
                while ("408", "not_read") not in street.refused:
                    await asyncio.sleep(0.05)
        assert (await street.good()).status_code == 202


def test_a_bucket_refills_and_holds_no_more_than_its_burst() -> None:
    rates = Rates(2.0, burst=3)
    assert [rates.wait("a", 0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert rates.wait("a", 0.5) == 0.0
    assert [rates.wait("a", 1000.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert rates.wait("b", 1000.0) == 0.0


def test_a_million_addresses_take_the_room_of_some_thousand() -> None:
    rates = Rates(1.0, burst=1)
    for number in range(3 * MOST):
        rates.wait(str(number), 0.0)
    assert len(rates._left) == MOST


# --- lines and counts -------------------------------------------------------------------------------------------------


async def test_each_refusal_leaves_a_line_without_content(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals_module, "log", structlog.get_logger())
    async with open_to_the_street(house) as street:
        with capture_logs() as lines:
            await street.post(b'{"secret": 1}', {"X-Secret": "secret"}, "/v1/secret")
            content = body(state="secret")
            await street.post(content, signed(content))
            content = body()
            await street.post(content, signed(content, "registry"))
    refused = [line for line in lines if line["event"] == "gateway.refused"]
    assert [(one["status"], one["reason"], one["sender"], one["route"]) for one in refused] == [
        (401, "unsigned", "unknown", "other"),
        (422, "not_valid", "operator", PATH),
        (403, "not_allowed", "registry", PATH),
    ]
    assert "secret" not in str(refused)
    assert sum(street.refused.values()) == 3


def test_a_flood_leaves_few_lines_and_says_how_many_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: Counter[str] = Counter()
    refusals = Refusals(lambda labels: counted.update([labels["reason"]]))
    monkeypatch.setattr(refusals_module, "log", structlog.get_logger())
    with capture_logs() as lines:
        for _ in range(10_000):
            refusals.note(401, "unsigned")
        refusals.note(401, "unsigned", sender="operator")
    assert counted == {"unsigned": 10_001}
    assert LINES_AT_ONCE <= len(lines) < LINES_AT_ONCE + 60
    monkeypatch.setattr(refusals._lines, "wait", lambda _: 0.0)
    with capture_logs() as lines:
        refusals.note(401, "unsigned")
    assert lines[0]["unsaid"] > 9_000


async def test_nonsense_that_is_no_http_is_counted_and_leaves_no_warnings(house: House) -> None:
    async with open_to_the_street(house) as street:
        for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"a" * 2 * HEAD_BYTES):
            async with line(street) as (reader, writer):
                writer.write(nonsense)
                with suppress(OSError):
                    assert await status_of(reader) == 400
                    await reader.read()
    assert street.refused == {("400", "no_http"): 2}


async def test_the_worked_example_of_the_documents_is_taken(house: House) -> None:
    text = (Path(gateway.__file__).parent / "README.md").read_text()
    example = text.split("```python\n")[1].split("```")[0]
    async with open_to_the_street(house) as street:
        given: dict[str, Any] = {"URL": f"http://127.0.0.1:{street.port}", "SENDER": "operator", "SECRET": SECRET}
        await asyncio.to_thread(exec, example, given)
    assert given["answer"].status == 202
    given["answer"].close()
