"""The codec endpoint: the Temporal Web UI posts payloads here and shows operators what they hold.

Whoever may call it may read personal data. It answers only the Web UI's own origins, which are named by a setting, and
where the operators have a sign-on only who brings its token, which the Web UI passes on. A header of origin proves
nothing, so without a sign-on it listens to this machine alone. Each decoding is a line in the log: who, which cases.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from fastapi import APIRouter, HTTPException, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from adapters.once import read_json
from gateway.tokens import NotSignedOn, SignOn
from runtime.codec import CodecError, belongs_to

log = structlog.get_logger()

MOST = 1000
"""Payloads of one request: a page of the Web UI asks for a few."""

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The payloads.", "content": {"application/json": {}}},
    401: {"description": "Nobody who has signed on."},
    403: {"description": "Not a page that may decode, or payloads of another namespace."},
    422: {"description": "No payloads, or none that this gateway's keys can open."},
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


def codec_router(codec: PayloadCodec, origins: Sequence[str], sign_on: SignOn | None = None) -> APIRouter:
    """Routes `/codec/encode` and `/codec/decode`.

    Raises HTTPException 401 for who has not signed on, 403 for who is no page of these origins, or asks in one
    namespace for payloads of another.
    """
    router = APIRouter(prefix="/codec", tags=["codec"], responses=_ANSWERS)

    async def translated(request: Request, way: Callable[[Sequence[Payload]], Awaitable[list[Payload]]]) -> Response:
        if request.headers.get("origin") not in origins:
            raise HTTPException(403, "origin: not one that may decode")
        try:
            who = await sign_on.who(request.headers.get("authorization")) if sign_on is not None else ""
        except NotSignedOn as stranger:
            raise HTTPException(401, str(stranger), {"WWW-Authenticate": "Bearer"}) from None
        payloads = await asyncio.to_thread(_read, await request.body())
        cases = sorted({where for one in payloads.payloads if (where := belongs_to(one)) is not None})
        namespace = request.headers.get("x-namespace")
        if namespace and any(not where.startswith(f"{namespace}/") for where in cases):
            raise HTTPException(403, "x-namespace: these payloads belong to another")
        try:
            answer = await asyncio.to_thread(lambda: asyncio.run(_written(way(payloads.payloads))))
        except CodecError as wrong:
            raise HTTPException(422, str(wrong)) from None
        log.info(f"codec.{way.__name__}d", who=who, payloads=len(payloads.payloads), cases=cases)
        return Response(answer, media_type="application/json")

    @router.post("/encode", openapi_extra=_BODY)
    async def encode(request: Request) -> Response:
        """Encrypts payloads that the Web UI sends to a case."""
        return await translated(request, codec.encode)

    @router.post("/decode", openapi_extra=_BODY)
    async def decode(request: Request) -> Response:
        """Decrypts payloads for the page of a case."""
        return await translated(request, codec.decode)

    return router


def _read(body: bytes) -> Payloads:
    """Raises HTTPException 422 for what is no payloads, or too many. Takes its time: not for the event loop."""
    try:
        document = read_json(body)
        listed = document.get("payloads", []) if isinstance(document, dict) else None
        if not isinstance(listed, list) or len(listed) > MOST:
            raise HTTPException(422, f"body: Temporal payloads as JSON, at most {MOST}")
        return json_format.ParseDict(document, Payloads(), ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, RecursionError):
        raise HTTPException(422, "body: Temporal payloads as JSON") from None


async def _written(payloads: Awaitable[list[Payload]]) -> str:
    return json_format.MessageToJson(Payloads(payloads=await payloads))
