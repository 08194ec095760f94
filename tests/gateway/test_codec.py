"""The codec for the Web UI: its own page reads what is encrypted, another page and a stranger do not."""

import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from structlog.testing import capture_logs
from temporalio.converter import WorkflowSerializationContext

import benefits
from benefits.days import day_of
from benefits.terms import next_quarter
from card.tables import CaseRecord
from gateway.app import Parts, gateway_app
from runtime.codec import BadPayload, EncryptionCodec, KeyRing
from runtime.plugin import data_converter
from tests.activities.database import BY_FORCE
from tests.gateway.house import WEB_UI, House
from workflows.model import Case

CASE = Case(ref="4827-1031-6", service="multi-child", person_id=uuid4(), on=date(2025, 3, 1))


HERE = WorkflowSerializationContext(namespace="default", workflow_id=CASE.id)


async def encrypted(house: House, ring: KeyRing | None = None) -> dict[str, Any]:
    """A payload of a case as Temporal stores it, in the JSON in which the Web UI posts it."""
    (payload,) = await data_converter(ring or house.settings.codec_keys).with_context(HERE).encode([CASE])
    return {
        "metadata": {name: base64.b64encode(value).decode() for name, value in payload.metadata.items()},
        "data": base64.b64encode(payload.data).decode(),
    }


async def post(house: House, way: str, content: Any, origin: str | None = WEB_UI) -> httpx.Response:
    headers = {"Content-Type": "application/json", "X-Namespace": "default"}
    if origin is not None:
        headers["Origin"] = origin
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return await house.http.post(f"/codec/{way}", content=body, headers=headers)


def read(answer: httpx.Response) -> list[bytes]:
    return [base64.b64decode(payload["data"]) for payload in answer.json()["payloads"]]


async def test_the_web_ui_reads_what_is_encrypted(house: House) -> None:
    answer = await post(house, "decode", {"payloads": [await encrypted(house)]})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == WEB_UI
    assert Case.model_validate_json(read(answer)[0]) == CASE


async def test_what_the_web_ui_sends_is_encrypted_and_comes_back(house: House) -> None:
    plain = {"metadata": {"encoding": base64.b64encode(b"json/plain").decode()}, "data": "IjEi"}
    sealed = await post(house, "encode", {"payloads": [plain]})
    assert base64.b64decode(sealed.json()["payloads"][0]["metadata"]["encoding"]) == b"binary/encrypted"
    assert read(await post(house, "decode", sealed.json())) == [b'"1"']


async def test_plain_payloads_and_none_pass_as_they_are(house: House) -> None:
    plain = {"metadata": {"encoding": base64.b64encode(b"json/plain").decode()}, "data": "IjEi"}
    assert read(await post(house, "decode", {"payloads": [plain]})) == [b'"1"']
    assert (await post(house, "decode", {})).json() == {}
    assert (await post(house, "decode", {"payloads": [plain], "newer": 1})).status_code == 200


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://127.0.0.1:82330", WEB_UI + "/", "", None]
)
async def test_nobody_else_does(house: House, origin: str | None) -> None:
    for way in ("decode", "encode"):
        answer = await post(house, way, {"payloads": [await encrypted(house)]}, origin)
        assert answer.status_code == 403
        assert "payloads" not in answer.text
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("origin", "status"), [(WEB_UI, 200), ("https://elsewhere.example", 400)])
async def test_the_browser_asks_before_it_posts(house: House, origin: str, status: int) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type,x-namespace,authorization"
    answer = await house.http.options("/codec/decode", headers=asked)
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
async def test_what_is_no_payload_is_refused(house: House, content: bytes) -> None:
    assert (await post(house, "decode", content)).status_code == 422


async def test_a_key_that_is_not_ours_is_named_and_a_broken_payload_is_not_shown(house: House) -> None:
    strange = await encrypted(house, KeyRing.generate("k9"))
    answer = await post(house, "decode", {"payloads": [strange]})
    assert answer.status_code == 422
    assert "k9" in answer.text
    broken = await encrypted(house)
    broken["data"] = base64.b64encode(base64.b64decode(broken["data"])[:-1]).decode()
    answer = await post(house, "decode", {"payloads": [broken]})
    assert answer.status_code == 422
    assert CASE.ref not in answer.text


@pytest.mark.parametrize("way", ["", "repeat", "decode/more"])
async def test_there_are_two_ways(house: House, way: str) -> None:
    assert (await post(house, way, {})).status_code in (404, 405)


async def test_too_many_payloads_are_none(house: House) -> None:
    """One unsigned request of a million empty ones held the whole gateway for half a minute."""
    answer = await post(house, "decode", {"payloads": [{}] * 1_000_000})
    assert answer.status_code == 422
    assert "at most 1000" in answer.json()["detail"]
    assert (await post(house, "decode", {"payloads": [await encrypted(house)] * 1000})).status_code == 200


async def test_keys_of_before_still_open_what_they_closed(house: House) -> None:
    old, new = KeyRing.generate("old"), KeyRing.generate("new")
    both = KeyRing({**new.keys, **old.keys})
    (payload,) = await data_converter(old).encode([CASE])
    (opened,) = await EncryptionCodec(both).decode([payload])
    assert Case.model_validate_json(opened.data) == CASE


# --- where a payload belongs ------------------------------------------------------------------------------------------


async def test_a_payload_opens_in_its_own_case_alone() -> None:
    """Whoever can write into Temporal's database moves no case's content into another."""
    converter = data_converter(KeyRing.generate())
    (payload,) = await converter.with_context(HERE).encode([CASE])
    assert await converter.with_context(HERE).decode([payload], [Case]) == [CASE]
    for other in ("multi-child/1111-1111-1", "multi-child/4827-1031-60", ""):
        elsewhere = WorkflowSerializationContext(namespace="default", workflow_id=other)
        with pytest.raises(BadPayload, match="belongs to another case"):
            await converter.with_context(elsewhere).decode([payload])
    foreign = WorkflowSerializationContext(namespace="trial", workflow_id=CASE.id)
    with pytest.raises(BadPayload, match="belongs to another case"):
        await converter.with_context(foreign).decode([payload])


@pytest.mark.parametrize("said", [None, b"default/multi-child/1111-1111-1"])
async def test_where_it_belongs_cannot_be_rewritten(said: bytes | None) -> None:
    converter = data_converter(KeyRing.generate())
    (payload,) = await converter.with_context(HERE).encode([CASE])
    del payload.metadata["encryption-context"]
    if said is not None:
        payload.metadata["encryption-context"] = said
    elsewhere = WorkflowSerializationContext(namespace="default", workflow_id="multi-child/1111-1111-1")
    with pytest.raises(BadPayload):
        await converter.with_context(elsewhere).decode([payload])


async def test_payloads_from_before_they_were_bound_open_as_they_did() -> None:
    converter = data_converter(KeyRing.generate())
    (payload,) = await converter.encode([CASE])
    assert await converter.with_context(HERE).decode([payload], [Case]) == [CASE]


async def test_payloads_of_another_namespace_are_not_shown(house: House) -> None:
    sealed = {"payloads": [await encrypted(house)]}
    headers = {"Origin": WEB_UI, "X-Namespace": "trial"}
    answer = await house.http.post("/codec/decode", content=json.dumps(sealed), headers=headers)
    assert answer.status_code == 403


async def test_each_decoding_is_a_line_in_the_log_without_content(house: House) -> None:
    with capture_logs() as lines:
        await post(house, "decode", {"payloads": [await encrypted(house)]})
    (line,) = [line for line in lines if line["event"] == "codec.decoded"]
    assert (line["payloads"], line["cases"]) == (1, [f"default/{CASE.id}"])
    assert str(CASE.person_id) not in str(line)


# --- who has signed on ------------------------------------------------------------------------------------------------

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGERS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ISSUER, AUDIENCE = "https://sign-on.example", "demeu"


@pytest.fixture
def key_set() -> Iterator[str]:
    """The address of a sign-on's key set, over real HTTP."""
    keys = {"keys": [json.loads(RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "s1", "use": "sig", "alg": "RS256"}]}

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(keys).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/keys"
    server.shutdown()
    server.server_close()


def token(key: Any = KEY, algorithm: str = "RS256", **changed: Any) -> str:
    claims = {"sub": "a.omarova", "iss": ISSUER, "aud": AUDIENCE, "exp": datetime.now(UTC) + timedelta(minutes=5)}
    claims = {name: value for name, value in (claims | changed).items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": "s1"})


async def signed_on(house: House, key_set: str, authorization: str | None) -> httpx.Response:
    known = {"codec_key_set_url": key_set, "codec_issuer": ISSUER, "codec_audience": AUDIENCE}
    settings = house.settings.model_copy(update=known)
    app = gateway_app(settings, Parts(house.card, house.client, house.opening, house.relay))
    headers = {"Origin": WEB_UI, "X-Namespace": "default"}
    if authorization is not None:
        headers["Authorization"] = authorization
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        body = json.dumps({"payloads": [await encrypted(house)]})
        return await http.post("/codec/decode", content=body, headers=headers)


async def test_who_has_signed_on_decodes_and_is_named_in_the_log(house: House, key_set: str) -> None:
    with capture_logs() as lines:
        answer = await signed_on(house, key_set, f"Bearer {token()}")
    assert answer.status_code == 200
    assert Case.model_validate_json(read(answer)[0]) == CASE
    assert [line["who"] for line in lines if line["event"] == "codec.decoded"] == ["a.omarova"]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Basic YTpi",
        "Bearer ",
        "Bearer no.token.here",
        f"Bearer {token(STRANGERS)}",
        f"Bearer {token(exp=datetime(2020, 1, 1, tzinfo=UTC))}",
        f"Bearer {token(exp=None)}",
        f"Bearer {token(aud='another')}",
        f"Bearer {token(iss='https://elsewhere.example')}",
        f"Bearer {token(sub=None)}",
        f"Bearer {token('a secret of thirty-two characters', 'HS256')}",
        f"Bearer {token('', 'none')}",
    ],
    ids=lambda given: str(given)[:24],
)
async def test_nobody_else_decodes(house: House, key_set: str, authorization: str | None) -> None:
    answer = await signed_on(house, key_set, authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "payloads" not in answer.text


async def test_without_the_key_set_nobody_decodes(house: House) -> None:
    assert (await signed_on(house, "http://127.0.0.1:9/keys", f"Bearer {token()}")).status_code == 401


async def test_the_gateway_tells_for_how_long_the_law_is_still_known(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benefits, "WARNED", timedelta(days=99 * 365))
    told: dict[str, int] = {}
    house.relay.reconciler.tell_law = told.__setitem__
    await house.relay.reconciler.look()
    last = next(one.last for one in benefits.endings(date.max) if one.code == "common.mrp")
    assert abs(told["common.mrp"] - ((last - datetime.now(UTC).date()).days + 1)) <= 1


async def test_the_gateway_tells_in_how_many_regions_figures_are_missing(house: House) -> None:
    told: list[tuple[str, str, int]] = []
    house.relay.reconciler.tell_regions = lambda *one: told.append(one)
    await house.relay.reconciler.look()
    today = day_of(datetime.now(UTC))
    expected = [len(one.regions) for day in (today, next_quarter(today)) for one in benefits.undecided_in(day)]
    service = "targeted-assistance"
    assert told == [(service, quarter, n) for quarter, n in zip(("present", "coming"), expected, strict=True)]


# --- which keys are needed --------------------------------------------------------------------------------------------


async def test_a_key_is_needed_while_a_case_that_began_under_it_is_there(house: House) -> None:
    reconciler = house.relay.reconciler
    told: dict[str, int] = {}
    reconciler.tell_key = told.__setitem__
    case = await house.open()
    (current,) = [one for one in await reconciler.keys_needed() if one.open]
    assert current.key == house.settings.codec_keys.current
    await reconciler.look()
    assert told == {current.key: 1}
    await house.end(case)
    for ago, still in ((timedelta(minutes=1), 1), (timedelta(days=999), 0)):
        async with house.card.transaction() as session:
            await session.execute(BY_FORCE)
            (await session.get_one(CaseRecord, case.ref)).closed_at = datetime.now(UTC) - ago
        (needed,) = await reconciler.keys_needed()
        assert (needed.open, needed.retained) == (0, still)
