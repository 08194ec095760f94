"""The codec endpoint: the Temporal Web UI posts payloads here and shows operators what they hold.

Whoever may call it may read personal data, so it answers only the Web UI's own origins, which are named by a setting;
in production it stands behind the operators' single sign-on, whose token the Web UI passes on.
"""

from collections.abc import Sequence

from fastapi import APIRouter, HTTPException, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payloads
from temporalio.converter import PayloadCodec


def codec_router(codec: PayloadCodec, origins: Sequence[str]) -> APIRouter:
    """Routes `/codec/encode` and `/codec/decode`. Raises HTTPException 403 for a page of another origin."""
    router = APIRouter(prefix="/codec", tags=["codec"])

    @router.post("/{way}")
    async def translate(way: str, request: Request) -> Response:
        if request.headers.get("origin") not in origins:
            raise HTTPException(403, "origin: not one that may decode")
        if way not in ("encode", "decode"):
            raise HTTPException(404, "way: encode or decode")
        try:
            payloads = json_format.Parse(await request.body(), Payloads(), ignore_unknown_fields=True)
        except json_format.ParseError:
            raise HTTPException(422, "body: Temporal payloads as JSON") from None
        translated = await (codec.decode if way == "decode" else codec.encode)(payloads.payloads)
        answer = json_format.MessageToJson(Payloads(payloads=translated))
        return Response(answer, media_type="application/json")

    return router
