"""The published OpenAPI: complete, and true of the gateway as it runs."""

import asyncio
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
import schemathesis.specs.openapi.schemas  # else read by a thread, where Python 3.11's parser once lost count
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode, checks
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks as openapi_checks

from gateway.app import Parts, gateway_app
from gateway.signature import signed_headers
from stubs.serve import serving
from tests.activities.people import iin_of, phone_of
from tests.gateway.house import SECRETS, House, allowed

MESSAGES = {"/v1/sms/replies", "/v1/sms/receipts", "/v1/registry/events"}

PROBLEMS = {"400", "401", "403", "408", "409", "413", "422", "429", "503"}


@pytest.fixture
async def published(house: House) -> dict[str, Any]:
    document: dict[str, Any] = (await house.http.get("/openapi.json")).json()
    return document


async def test_every_operation_says_what_it_does_and_how_it_may_end(published: dict[str, Any]) -> None:
    for path, operations in published["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path} is not described"
            assert operation.get("tags"), f"{method} {path} belongs nowhere"
    assert set(published["paths"]) >= MESSAGES | {"/healthz", "/readyz"}
    for path in MESSAGES:
        operation = published["paths"][path]["post"]
        assert set(operation["responses"]) == {"202", *PROBLEMS}
        assert {one["name"] for one in operation["parameters"]} == {"Signature-Input", "Signature", "Content-Digest"}
        assert all(one["description"] for one in operation["parameters"])
        for status in PROBLEMS:
            assert list(operation["responses"][status]["content"]) == ["application/problem+json"]


async def test_every_field_that_is_posted_is_known_and_no_other(published: dict[str, Any]) -> None:
    shapes = published["components"]["schemas"]
    for name in ("ReplyPosted", "ReceiptPosted", "EventPosted"):
        assert shapes[name]["additionalProperties"] is False
        assert shapes[name]["description"]


async def test_without_a_web_ui_there_is_no_codec(house: House) -> None:
    closed = gateway_app(
        house.settings.model_copy(update={"codec_origins": ()}),
        Parts(house.card, house.client, house.opening, house.relay),
    )
    assert not [path for path in closed.openapi()["paths"] if path.startswith("/codec")]


class Signed(requests.auth.AuthBase):
    """Signs what is sent, as it is sent."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        content = request.body or b""
        if isinstance(content, str):
            content = content.encode()
        assert isinstance(content, bytes)
        url = str(request.url)
        sender = allowed(str(urlsplit(url).path))
        signed = signed_headers(sender, SECRETS[sender], request.method or "", url, content)
        signed.pop("Content-Type")
        request.headers.update(signed)
        return request


async def test_the_gateway_is_as_its_openapi_says(house: House) -> None:
    """Requests made from the schema, good and bad, signed: no answer that is not published, and no 500."""
    async with serving(house.app) as url:
        seen = await asyncio.to_thread(_explore, url)
        await house.brought()
    assert {path for path, status in seen if status == 202} == MESSAGES
    assert {path for path, status in seen if status == 422} == MESSAGES


TRUE = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]

AT = "2025-03-01T07:00:00Z"
MEANT = {"phone": phone_of(1), "iin": iin_of(1), "on": "2025-03-01", "received_at": AT, "at": AT}
"""What a schema cannot say of a field: a check digit, a country's numbering, a day of which the law is known."""


def _explore(url: str) -> Counter[tuple[str, int]]:
    """How often each path gave each status."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    schema.auth.set_from_requests(Signed())
    seen: Counter[tuple[str, int]] = Counter()
    for found in schema.include(path=sorted(MESSAGES)).get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        seen.update(_hold(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), TRUE, MEANT))
        refused = [*TRUE, openapi_checks.negative_data_rejection]
        seen.update(_hold(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), refused, {}))
    return seen


def _hold(
    cases: SearchStrategy[schemathesis.Case[Any]], true: list[Any], meant: dict[str, str]
) -> Counter[tuple[str, int]]:
    seen: Counter[tuple[str, int]] = Counter()

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def holds(case: schemathesis.Case[Any]) -> None:
        if meant:
            assert isinstance(case.body, dict)
            case.body |= {name: value for name, value in meant.items() if name in case.body}
        answer = case.call()
        seen[case.path, answer.status_code] += 1
        case.validate_response(answer, checks=true)

    holds()
    return seen
