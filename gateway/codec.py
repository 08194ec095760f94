"""The codec endpoint: the Temporal Web UI posts payloads here and shows operators what they hold.

Whoever may call it may read personal data, so it answers only the Web UI's own origins, which are named by a setting;
in production it stands behind the operators' single sign-on, whose token the Web UI passes on.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from runtime.codec import CodecError

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The payloads.", "content": {"application/json": {}}},
    403: {"description": "Not a page that may decode."},
    422: {"description": "No payloads, or none that this gateway's keys can open."},
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


def codec_router(codec: PayloadCodec, origins: Sequence[str]) -> APIRouter:
    """Routes `/codec/encode` and `/codec/decode`. Raises HTTPException 403 for who is no page of these origins."""
    router = APIRouter(prefix="/codec", tags=["codec"], responses=_ANSWERS)

    async def translated(request: Request, way: Callable[[Sequence[Payload]], Awaitable[list[Payload]]]) -> Response:
        if request.headers.get("origin") not in origins:
            raise HTTPException(403, "origin: not one that may decode")
        try:
            payloads = json_format.Parse(await request.body(), Payloads(), ignore_unknown_fields=True)
        except (json_format.ParseError, UnicodeDecodeError):
            raise HTTPException(422, "body: Temporal payloads as JSON") from None
        try:
            answer = json_format.MessageToJson(Payloads(payloads=await way(payloads.payloads)))
        except CodecError as wrong:
            raise HTTPException(422, str(wrong)) from None
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
