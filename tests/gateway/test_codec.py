"""The codec for the Web UI: its own page reads what is encrypted, another page and a stranger do not."""

import base64
import json
from datetime import date
from typing import Any
from uuid import uuid4

import httpx
import pytest

from runtime.codec import EncryptionCodec, KeyRing
from runtime.plugin import data_converter
from tests.gateway.desk import WEB_UI, Desk
from workflows.model import Case

CASE = Case(ref="4827-1031-6", service="multi-child", person_id=uuid4(), on=date(2025, 3, 1))


async def encrypted(desk: Desk, ring: KeyRing | None = None) -> dict[str, Any]:
    """A payload of a case as Temporal stores it, in the JSON in which the Web UI posts it."""
    (payload,) = await data_converter(ring or desk.settings.codec_keys).encode([CASE])
    return {
        "metadata": {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()},
        "data": base64.b64encode(payload.data).decode(),
    }


async def post(desk: Desk, way: str, content: Any, origin: str | None = WEB_UI) -> httpx.Response:
    headers = {"Content-Type": "application/json", "X-Namespace": "default"}
    if origin is not None:
        headers["Origin"] = origin
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await desk.http.post(f"/codec/{way}", content=body, headers=headers)


def read(answer: httpx.Response) -> list[bytes]:
    return [base64.b64decode(payload["data"]) for payload in answer.json()["payloads"]]


async def test_the_web_ui_reads_what_is_encrypted(desk: Desk) -> None:
    answer = await post(desk, "decode", {"payloads": [await encrypted(desk)]})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == WEB_UI
    assert Case.model_validate_json(read(answer)[0]) == CASE


async def test_what_the_web_ui_sends_is_encrypted_and_comes_back(desk: Desk) -> None:
    plain = {"metadata": {"encoding": base64.b64encode(b"json/plain").decode()}, "data": "IjEi"}
    sealed = await post(desk, "encode", {"payloads": [plain]})
    assert base64.b64decode(sealed.json()["payloads"][0]["metadata"]["encoding"]) == b"binary/encrypted"
    assert read(await post(desk, "decode", sealed.json())) == [b'"1"']


async def test_plain_payloads_and_none_pass_as_they_are(desk: Desk) -> None:
    plain = {"metadata": {"encoding": base64.b64encode(b"json/plain").decode()}, "data": "IjEi"}
    assert read(await post(desk, "decode", {"payloads": [plain]})) == [b'"1"']
    assert (await post(desk, "decode", {})).json() == {}
    assert (await post(desk, "decode", {"payloads": [plain], "newer": 1})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1:82330", WEB_UI + "/", "", None]
)
async def test_nobody_else_does(desk: Desk, origin: str | None) -> None:
    for way in ("decode", "encode"):
        answer = await post(desk, way, {"payloads": [await encrypted(desk)]}, origin)
        assert answer.status_code == 403
        assert "payloads" not in answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("origin", "status"), [(WEB_UI, 200), ("https://elsewhere.example", 400)])
async def test_the_browser_asks_before_it_posts(desk: Desk, origin: str, status: int) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type,x-namespace,authorization"
    answer = await desk.http.options("/codec/decode", headers=asked)
    assert answer.status_code == status
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
    if status == 200:
        assert {"content-type", "x-namespace", "authorization"} <= set(
            answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
        )


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"payloads": 5}', b'{"payloads": [{"data": "not base64!"}]}'],
)
async def test_what_is_no_payload_is_refused(desk: Desk, content: bytes) -> None:
    assert (await post(desk, "decode", content)).status_code == 422


async def test_a_key_that_is_not_ours_is_named_and_a_broken_payload_is_not_shown(desk: Desk) -> None:
    strange = await encrypted(desk, KeyRing.generate("k9"))
    answer = await post(desk, "decode", {"payloads": [strange]})
    assert answer.status_code == 422
    assert "k9" in answer.text
    broken = await encrypted(desk)
    broken["data"] = base64.b64encode(base64.b64decode(broken["data"])[:-1]).decode()
    answer = await post(desk, "decode", {"payloads": [broken]})
    assert answer.status_code == 422
    assert CASE.ref not in answer.text


@pytest.mark.parametrize("way", ["", "repeat", "decode/more"])
async def test_there_are_two_ways(desk: Desk, way: str) -> None:
    assert (await post(desk, way, {})).status_code in (404, 405)


async def test_keys_of_before_still_open_what_they_closed(desk: Desk) -> None:
    old, new = KeyRing.generate("old"), KeyRing.generate("new")
    both = KeyRing({**new.keys, **old.keys})
    (payload,) = await data_converter(old).encode([CASE])
    (opened,) = await EncryptionCodec(both).decode([payload])
    assert Case.model_validate_json(opened.data) == CASE
