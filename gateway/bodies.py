"""Bodies as phones and operators write them: what a person wrote is never lost for its encoding."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute


class _ReadRequest(Request):
    """A request whose JSON is read also where its bytes are no UTF-8; what cannot be read is U+FFFD."""

    async def json(self) -> Any:
        """The body's JSON. Raises json.JSONDecodeError."""
        body = await self.body()
        try:
            return json.loads(body)
        except UnicodeDecodeError:
            return json.loads(body.decode("utf-8", "replace"))


class AsWritten(APIRoute):
    """A route that takes a body of broken encoding. A person's text has U+FFFD then; ids and numbers refuse it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            return await handle(_ReadRequest(request.scope, request.receive))

        return read


def storable(text: str) -> str:
    """The text as PostgreSQL can keep it: what a person wrote may not be lost for its encoding.

    A nought is what somebody's alphabet made of a sign, half an emoji what somebody's cutting did.
    """
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
