"""Who is let in: the known, on time, with the request as they signed it, and each request once."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from card import seen
from card.tables import IncomingMessage, SeenRequest
from gateway import door
from gateway.signature import signed_headers
from tests.activities.people import phone_of
from tests.gateway.house import OPERATOR_3, SECRETS, House, now

PATH = "/v1/sms/receipts"
SECRET = SECRETS["operator"]


def body(**members: Any) -> bytes:
    return json.dumps({"smsc_message_id": "1", "state": "delivered", "at": now().isoformat(), **members}).encode()


def headers_at(
    at: datetime, content: bytes, path: str = PATH, key: str | Ed25519PrivateKey = SECRET, sender: str = "operator"
) -> dict[str, str]:
    return signed_headers(sender, key, "POST", path, content, created=at)


async def send(house: House, content: bytes, headers: dict[str, str], path: str = PATH) -> httpx.Response:
    return await house.http.post(path, content=content, headers=headers)


async def test_a_signed_request_is_let_in(house: House) -> None:
    content = body()
    assert (await send(house, content, signed_headers("operator", SECRET, "POST", PATH, content))).status_code == 202


async def test_a_sender_may_sign_with_a_private_key_that_we_never_see(house: House) -> None:
    content = body()
    assert (await send(house, content, headers_at(now(), content, key=OPERATOR_3, sender="operator-3"))).is_success
    wrong = headers_at(now(), content, key=Ed25519PrivateKey.generate(), sender="operator-3")
    assert (await send(house, content, wrong)).status_code == 401


async def test_a_public_key_is_no_secret_to_sign_with(house: House) -> None:
    """The known attack: the public key, which anybody may have, taken as the secret of an HMAC."""
    content = body()
    public = OPERATOR_3.public_key().public_bytes_raw().decode("latin-1")
    assert (await send(house, content, headers_at(now(), content, key=public, sender="operator-3"))).status_code == 401


@pytest.mark.parametrize("missing", ["Signature", "Signature-Input", "Content-Digest"])
async def test_each_of_the_three_headers_is_needed(house: House, missing: str) -> None:
    content = body()
    headers = headers_at(now(), content)
    del headers[missing]
    assert (await send(house, content, headers)).status_code == 401


@pytest.mark.parametrize("component", ['"@method" ', '"@path" ', '"@query" ', ' "content-digest"'])
async def test_what_must_be_covered_cannot_be_left_out(
    house: House, component: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    covered = tuple(one for one in ("@method", "@path", "@query", "content-digest") if one not in component)
    content = body()
    with monkeypatch.context() as patch:
        patch.setattr("gateway.signature.COVERED", covered)
        headers = headers_at(now(), b"" if "digest" in component else content)
        if "digest" in component:
            headers["Signature-Input"] = headers["Signature-Input"].replace(component, "")
    assert (await send(house, content, headers)).status_code == 401


async def test_the_query_is_signed_too(house: House) -> None:
    content = body()
    headers = headers_at(now(), content, f"{PATH}?dry=yes")
    assert (await send(house, content, headers, PATH)).status_code == 401
    assert (await send(house, content, headers, f"{PATH}?dry=no")).status_code == 401
    assert (await send(house, content, headers, f"{PATH}?dry=yes")).status_code == 202


async def test_without_any_header_nothing_is_told(house: House) -> None:
    answer = await house.http.post(PATH, json={"hello": 1})
    assert answer.status_code == 401
    assert "hello" not in answer.text


async def test_a_stranger_and_a_wrong_secret_are_told_the_same(house: House) -> None:
    content = body()
    wrong = await send(house, content, headers_at(now(), content, key="wrong secret of it"))
    stranger = await send(house, content, headers_at(now(), content, sender="stranger"))
    unsigned = await send(house, content, headers_at(now(), content, key="x", sender=""))
    assert wrong.status_code == stranger.status_code == unsigned.status_code == 401
    assert wrong.text == stranger.text == unsigned.text


async def test_one_senders_secret_is_not_anothers(house: House) -> None:
    content = body()
    assert (await send(house, content, headers_at(now(), content, sender="registry"))).status_code == 401


@pytest.mark.parametrize(
    ("away", "status"),
    [(-310, 401), (-290, 202), (0, 202), (290, 202), (310, 401), (86_400 * 365, 401), (-86_400 * 365, 401)],
)
async def test_the_clock_may_differ_by_the_tolerance(house: House, away: int, status: int) -> None:
    content = body()
    answer = await send(house, content, headers_at(now() + timedelta(seconds=away), content))
    assert answer.status_code == status
    assert ("created" in answer.text) == (status == 401)


@pytest.mark.parametrize(
    "created", ["", "=soon", "=?1", '="1"', "=1.5", "=-1", "=999999999999999", "=9999999999999999"]
)
async def test_a_time_that_is_none_is_refused_and_breaks_nothing(house: House, created: str) -> None:
    content = body()
    headers = headers_at(now(), content)
    before, _, after = headers["Signature-Input"].partition(";created=")
    headers["Signature-Input"] = f"{before};created{created};{after.partition(';')[2]}"
    assert (await send(house, content, headers)).status_code == 401


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Signature-Input", "nonsense"),
        ("Signature-Input", "a=1"),
        ("Signature-Input", 'a=("@method");keyid="operator";created=1, b=("@method");keyid="operator";created=1'),
        ("Signature-Input", 'demeu=("@method" "@method");keyid="operator";created=1'),
        ("Signature", "demeu=1"),
        ("Signature", ":::"),
        ("Content-Digest", "sha-256=:AA==:"),
        ("Content-Digest", "md5=:AA==:"),
        ("Content-Digest", "ключ"),
    ],
)
async def test_nonsense_in_a_header_is_refused_and_breaks_nothing(house: House, name: str, value: str) -> None:
    content = body()
    headers = headers_at(now(), content) | {name: value}
    raw = [(key.encode(), text.encode()) for key, text in headers.items()]
    assert (await house.http.post(PATH, content=content, headers=raw)).status_code == 401


async def test_a_header_that_comes_twice_is_refused(house: House) -> None:
    content = body()
    headers = list(headers_at(now(), content).items())
    for name in ("Signature", "Signature-Input"):
        twice = [*headers, (name, dict(headers)[name])]
        assert (await house.http.post(PATH, content=content, headers=twice)).status_code == 401


# --- once ------------------------------------------------------------------------------------------------------------


async def test_a_repetition_is_refused_and_one_signed_anew_is_taken(house: House) -> None:
    content = body()
    headers = headers_at(now(), content)
    assert [(await send(house, content, headers)).status_code for _ in range(3)] == [202, 409, 409]
    assert (await send(house, content, headers_at(now(), content))).status_code == 202


async def test_of_ten_repetitions_at_once_one_is_let_in(house: House) -> None:
    content = body()
    headers = headers_at(now(), content)
    answers = await asyncio.gather(*(send(house, content, headers) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9


REPLIES = "/v1/sms/replies"


def reply_body() -> bytes:
    return json.dumps(
        {"message_id": "r-1", "phone": phone_of(1), "text": "ИӘ", "received_at": now().isoformat()}
    ).encode()


async def test_a_request_that_failed_on_our_side_may_come_again_as_it_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = house.relay.reply, []

    async def once_broken(*args: Any, **more: Any) -> bool:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionResetError
        return await real(*args, **more)

    monkeypatch.setattr(house.relay, "reply", once_broken)
    content = reply_body()
    headers = headers_at(now(), content, REPLIES)
    statuses = [(await send(house, content, headers, REPLIES)).status_code for _ in range(3)]
    assert statuses == [500, 202, 409]
    async with house.card.transaction() as session:
        assert await session.get(IncomingMessage, "operator:r-1") is not None


async def test_a_request_that_is_being_served_is_not_served_twice(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the second is told to come again: the first may still fail."""
    real, goes_on, calls = house.relay.reply, asyncio.Event(), []

    async def slow(*args: Any, **more: Any) -> bool:
        calls.append(1)
        await goes_on.wait()
        return await real(*args, **more)

    monkeypatch.setattr(house.relay, "reply", slow)
    content = reply_body()
    headers = headers_at(now(), content, REPLIES)
    first = asyncio.create_task(send(house, content, headers, REPLIES))
    while not calls:
        await asyncio.sleep(0.01)
    second = await send(house, content, headers, REPLIES)
    goes_on.set()
    assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
    assert "come again" in second.text
    assert (await first).status_code == 202
    assert len(calls) == 1


async def test_a_request_whose_gateway_died_may_come_again_after_its_lease(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = seen.release

    async def died(*_: object) -> None:
        raise ConnectionError

    async def breaks(*_: object, **__: object) -> None:
        raise ConnectionResetError

    content = reply_body()
    headers = headers_at(now(), content, REPLIES)
    with monkeypatch.context() as patch:
        patch.setattr(seen, "release", died)
        patch.setattr(house.relay, "reply", breaks)
        assert (await send(house, content, headers, REPLIES)).status_code == 500
    assert seen.release is real
    assert (await send(house, content, headers, REPLIES)).status_code == 409
    monkeypatch.setattr(door, "LEASE", timedelta(0))
    assert (await send(house, content, headers, REPLIES)).status_code == 202


async def test_what_was_refused_by_a_rule_may_come_again_too(house: House) -> None:
    content = body(state="lost")
    headers = headers_at(now(), content)
    assert [(await send(house, content, headers)).status_code for _ in range(2)] == [422, 422]


async def test_what_can_no_longer_be_repeated_is_forgotten(house: House) -> None:
    async with house.card.transaction() as session:
        old = now() - timedelta(hours=1)
        session.add_all([SeenRequest(signature="old", seen_at=old), SeenRequest(signature="new", seen_at=now())])
    content = body()
    await send(house, content, headers_at(now(), content))
    async with house.card.transaction() as session:
        kept = set(await session.scalars(select(SeenRequest.signature)))  # type: ignore[call-overload]
    assert "old" not in kept
    assert "new" in kept


async def test_a_refused_request_is_not_remembered(house: House) -> None:
    """Or a stranger could fill the table, or use up a signature before its owner."""
    content = body()
    await send(house, content + b" ", headers_at(now(), content))
    await send(house, content, headers_at(now() - timedelta(days=1), content))
    async with house.card.transaction() as session:
        assert (await session.scalars(select(SeenRequest))).all() == []


CONTENT = json.dumps({"smsc_message_id": "1", "state": "delivered", "at": "2025-03-01T00:00:00Z"}).encode()
NAMES = ["Signature", "Signature-Input", "Content-Digest"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_whatever_is_changed_is_refused(house: House, data: st.DataObject) -> None:
    headers = headers_at(datetime.now(UTC), CONTENT)
    content, path = CONTENT, PATH
    match data.draw(st.sampled_from(["flip", "cut", "add", "path", "query", "header"])):
        case "flip":
            place = data.draw(st.integers(0, len(CONTENT) - 1))
            content = CONTENT[:place] + bytes([CONTENT[place] ^ data.draw(st.integers(1, 255))]) + CONTENT[place + 1 :]
        case "cut":
            content = CONTENT[: data.draw(st.integers(0, len(CONTENT) - 1))]
        case "add":
            content = CONTENT + data.draw(st.binary(min_size=1, max_size=20))
        case "path":
            path = data.draw(st.sampled_from(["/v1/sms/replies", "/v1/registry/events"]))
        case "query":
            path = f"{PATH}?{data.draw(st.text('abc=&', min_size=1, max_size=9))}"
        case "header":
            name = data.draw(st.sampled_from(NAMES))
            place = data.draw(st.integers(len("demeu=:"), len(headers[name]) - 3))
            letter = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
            changed = headers[name][:place] + letter + headers[name][place + 1 :]
            headers[name] = changed if changed != headers[name] else changed[:-2] + changed[-1]
    # A body that is no JSON may be refused as such; in no case is it let in.
    assert (await send(house, content, headers, path)).status_code == 401
    async with house.card.transaction() as session:
        assert (await session.scalars(select(SeenRequest))).all() == []
