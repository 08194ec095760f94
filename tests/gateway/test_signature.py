"""Who is let in: the known, on time, with the request as they signed it, and each request once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from card.tables import SeenRequest
from gateway.signature import SENDER, SIGNATURE, TIMESTAMP, sign, signed_headers
from tests.gateway.desk import SECRETS, Desk, now

PATH = "/v1/sms/receipts"
SECRET = SECRETS["operator"]


def body(**members: Any) -> bytes:
    return json.dumps({"smsc_message_id": "1", "state": "delivered", "at": now().isoformat(), **members}).encode()


def headers_at(at: datetime | str, content: bytes, path: str = PATH, secret: str = SECRET) -> dict[str, str]:
    timestamp = at if isinstance(at, str) else f"{at.timestamp():.6f}"
    signature = sign(secret, timestamp, "POST", path, content)
    return {SENDER: "operator", TIMESTAMP: timestamp, SIGNATURE: signature, "Content-Type": "application/json"}


async def send(desk: Desk, content: bytes, headers: dict[str, str], path: str = PATH) -> httpx.Response:
    return await desk.http.post(path, content=content, headers=headers)


async def test_a_signed_request_is_let_in(desk: Desk) -> None:
    content = body()
    assert (await send(desk, content, signed_headers("operator", SECRET, "POST", PATH, content))).status_code == 202


@pytest.mark.parametrize("missing", [SENDER, TIMESTAMP, SIGNATURE])
async def test_each_of_the_three_headers_is_needed(desk: Desk, missing: str) -> None:
    content = body()
    headers = headers_at(now(), content)
    del headers[missing]
    assert (await send(desk, content, headers)).status_code == 401


async def test_without_any_header_nothing_is_told(desk: Desk) -> None:
    answer = await desk.http.post(PATH, json={"hello": 1})
    assert answer.status_code == 401
    assert "hello" not in answer.text


async def test_a_stranger_and_a_wrong_secret_are_told_the_same(desk: Desk) -> None:
    content = body()
    wrong = await send(desk, content, headers_at(now(), content, secret="wrong secret of it"))
    stranger = await send(desk, content, headers_at(now(), content) | {SENDER: "stranger"})
    unsigned = await send(desk, content, headers_at(now(), content, secret="") | {SENDER: "nobody"})
    assert wrong.status_code == stranger.status_code == unsigned.status_code == 401
    assert wrong.text == stranger.text == unsigned.text


async def test_one_senders_secret_is_not_anothers(desk: Desk) -> None:
    content = body()
    assert (await send(desk, content, headers_at(now(), content) | {SENDER: "registry"})).status_code == 401


@pytest.mark.parametrize(
    ("away", "status"),
    [(-310, 401), (-290, 202), (0, 202), (290, 202), (310, 401), (86_400 * 365, 401), (-86_400 * 365, 401)],
)
async def test_the_clock_may_differ_by_the_tolerance(desk: Desk, away: int, status: int) -> None:
    content = body()
    answer = await send(desk, content, headers_at(now() + timedelta(seconds=away), content))
    assert answer.status_code == status


@pytest.mark.parametrize("timestamp", ["", "soon", "nan", "inf", "-inf", "1e400", "1e18", "-1e30", "0x10", "９" * 10])
async def test_a_time_that_is_none_is_refused_and_breaks_nothing(desk: Desk, timestamp: str) -> None:
    content = body()
    headers = headers_at(timestamp, content)
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = await desk.http.post(PATH, content=content, headers=raw)
    assert answer.status_code == 401


async def test_a_repetition_is_refused_and_one_signed_anew_is_taken(desk: Desk) -> None:
    content = body()
    headers = headers_at(now(), content)
    assert [(await send(desk, content, headers)).status_code for _ in range(3)] == [202, 409, 409]
    assert (await send(desk, content, headers_at(now(), content))).status_code == 202


async def test_of_ten_repetitions_at_once_one_is_let_in(desk: Desk) -> None:
    content = body()
    headers = headers_at(now(), content)
    answers = await asyncio.gather(*(send(desk, content, headers) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9


async def test_what_can_no_longer_be_repeated_is_forgotten(desk: Desk) -> None:
    async with desk.card.transaction() as session:
        old = now() - timedelta(hours=1)
        session.add_all([SeenRequest(signature="old", seen_at=old), SeenRequest(signature="new", seen_at=now())])
    content = body()
    await send(desk, content, headers_at(now(), content))
    async with desk.card.transaction() as session:
        kept = set(await session.scalars(select(SeenRequest.signature)))  # type: ignore[call-overload]
    assert "old" not in kept
    assert "new" in kept


async def test_a_refused_request_is_not_remembered(desk: Desk) -> None:
    """Or a stranger could fill the table, or use up a signature before its owner."""
    content = body()
    await send(desk, content + b" ", headers_at(now(), content))
    await send(desk, content, headers_at(now() - timedelta(days=1), content))
    async with desk.card.transaction() as session:
        assert (await session.scalars(select(SeenRequest))).all() == []


CONTENT = json.dumps({"smsc_message_id": "1", "state": "delivered", "at": "2025-03-01T00:00:00Z"}).encode()
texts = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=80)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_changed_is_refused(desk: Desk, data: st.DataObject) -> None:
    headers = headers_at(now(), CONTENT)
    content, path = CONTENT, PATH
    match data.draw(st.sampled_from(["flip", "cut", "add", "path", "signature", "timestamp", "sender"])):
        case "flip":
            place = data.draw(st.integers(0, len(CONTENT) - 1))
            content = CONTENT[:place] + bytes([CONTENT[place] ^ data.draw(st.integers(1, 255))]) + CONTENT[place + 1 :]
        case "cut":
            content = CONTENT[: data.draw(st.integers(0, len(CONTENT) - 1))]
        case "add":
            content = CONTENT + data.draw(st.binary(min_size=1, max_size=20))
        case "path":
            path = data.draw(st.sampled_from(["/v1/sms/replies", "/v1/registry/events"]))
        case "signature":
            headers[SIGNATURE] = data.draw(texts.filter(lambda given: given != headers[SIGNATURE]))
        case "timestamp":
            shift = data.draw(st.floats(-250, 250).filter(lambda shift: abs(shift) > 0.001))
            headers[TIMESTAMP] = f"{datetime.now(UTC).timestamp() + shift:.6f}"
        case "sender":
            headers[SENDER] = data.draw(texts.filter(lambda given: given != "operator"))
    # A body that is no JSON may be refused as such; in no case is it let in.
    assert (await send(desk, content, headers, path)).status_code in (400, 401, 422)
    async with desk.card.transaction() as session:
        assert (await session.scalars(select(SeenRequest))).all() == []


def test_the_parts_of_a_signature_cannot_be_moved_into_each_other() -> None:
    one = sign(SECRET, "1", "POST", "/a", b"b\nc")
    assert one != sign(SECRET, "1", "POST", "/ab", b"\nc")
    assert one != sign(SECRET, "1P", "OST", "/a", b"b\nc")
