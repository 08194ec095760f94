"""Bodies as phones and operators write them: what a person wrote is never lost for its encoding."""

from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from adapters.once import KeyTwice, read_json


class _ReadRequest(Request):
    """A request whose JSON is read also where its bytes are no UTF-8; what cannot be read is U+FFFD."""

    async def json(self) -> Any:
        """The body's JSON. Raises json.JSONDecodeError, or HTTPException 400 where it says a thing twice."""
        body = await self.body()
        try:
            try:
                return read_json(body)
            except UnicodeDecodeError:
                return read_json(body.decode("utf-8", "replace"))
        except KeyTwice as twice:
            raise HTTPException(400, f"body: {twice}") from None


class AsWritten(APIRoute):
    """A route that takes a body of broken encoding. A person's text has U+FFFD then; ids and numbers refuse it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def read(request: Request) -> Response:
            return await handle(_ReadRequest(request.scope, request.receive))

        return read


LONGEST_ID = 200


def nameable(message_id: str) -> str:
    """The id of a message as a case takes it: one that is longer, or has signs that nobody can read, is made anew from
    what it was, so that it stays the same however often the message comes. The operator's name before it stays.
    """
    if len(message_id) <= LONGEST_ID and message_id.isprintable():
        return message_id
    operator = message_id.partition(":")[0]
    digest = sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{operator if operator.isprintable() and len(operator) < LONGEST_ID // 2 else 'id'}:{digest}"


def storable(text: str) -> str:
    """The text as PostgreSQL can keep it: what a person wrote may not be lost for its encoding.

    A nought is what somebody's alphabet made of a sign, half an emoji what somebody's cutting did.
    """
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
