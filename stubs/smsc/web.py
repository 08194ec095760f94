"""The HTTP side of the SMS centre: the handset page for people, /admin for tests. There is no such thing in production.

The page is plain files of this folder; what it shows and does goes through the same /admin routes.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from stubs.agency import Problem, answer
from stubs.front import invalid_request, respond
from stubs.smsc.alphabet import Form
from stubs.smsc.centre import Centre
from stubs.smsc.faults import RuleSet, SmsBehaviour

_PAGES = Path(__file__).parent / "pages"
_FILES = {
    "handset.html": "text/html",
    "handset.css": "text/css",
    "handset.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")

_Phone = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]


class _Reply(BaseModel):
    """What the citizen writes. Without `external_id` the centre makes one; an empty one is not sent along."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    phone: _Phone
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    external_id: Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]*$")] | None = None
    form: Form = "udh"


class _Behaviour(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    sms: SmsBehaviour = SmsBehaviour()


class _Person(BaseModel):
    """The part of a person document that is the SMS centre's."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    phone: _Phone | None = None
    behaviour: _Behaviour = _Behaviour()


_PEOPLE = TypeAdapter(list[_Person])


class Web:
    """The ASGI application `app` over a centre."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._store = centre.book.store
        self.app = Starlette(
            routes=[
                Route("/", self._page),
                Route("/phone/{number}", self._page),
                Route("/pages/{name}", self._file),
                Route("/healthz", self._healthz),
                Route("/admin/phones", self._get_phones),
                Route("/admin/messages", self._get_messages),
                Route("/admin/reply", self._post_reply, methods=["POST"]),
                Route("/admin/people", self._put_people, methods=["PUT"]),
                Route("/admin/faults", self._put_faults, methods=["PUT"]),
                Route("/admin/faults", self._get_faults),
                Route("/admin/faults", self._delete_faults, methods=["DELETE"]),
                Route("/admin/calls", self._get_calls),
                Route("/admin/all", self._delete_all, methods=["DELETE"]),
            ],
            exception_handlers={Problem: _problem, HTTPException: _no_such_route},
        )

    async def _page(self, request: Request) -> Response:
        number = request.path_params.get("number")
        if number is not None and not _PHONE.fullmatch(number):
            raise Problem(404, "unknown_phone", "A phone is written in E.164, as +77011234567.")
        return FileResponse(_PAGES / "handset.html", media_type="text/html", headers=_SAFE)

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _FILES:
            raise Problem(404, "no_such_route", "There is no such file.")
        return FileResponse(_PAGES / name, media_type=_FILES[name], headers=_SAFE)

    async def _healthz(self, _: Request) -> Response:
        return respond(answer(200, {"agency": "smsc", "smpp_port": self._centre.smpp_port}))

    async def _get_phones(self, _: Request) -> Response:
        rows = self._store.all(
            "SELECT phone, MAX(at) AS last_at, text AS last_text, SUM(received) AS received FROM ("
            " SELECT phone, NULL AS at, NULL AS text, 0 AS received FROM phones"
            " UNION ALL SELECT phone, accepted_at, text, 1 FROM messages WHERE state = 'delivered'"
            " UNION ALL SELECT phone, sent_at, text, 0 FROM replies"
            ") GROUP BY phone ORDER BY last_at IS NULL, last_at DESC, phone"
        )
        return respond(answer(200, {"phones": [dict(row) for row in rows]}))

    async def _get_messages(self, request: Request) -> Response:
        phone = request.query_params.get("phone", "").replace(" ", "+")  # a plus that was not escaped
        where, values = ("WHERE phone = ?", (phone,)) if phone else ("", ())
        messages = self._store.all(f"SELECT * FROM messages {where} ORDER BY id", *values)  # noqa: S608 - no input in it
        replies = self._store.all(
            f"SELECT id, external_id, phone, text, sent_at, acknowledged_at FROM replies {where} ORDER BY id",  # noqa: S608 - no input in it
            *values,
        )
        found = {"messages": [self._message(row) for row in messages], "replies": [dict(row) for row in replies]}
        return respond(answer(200, found))

    def _message(self, row: Any) -> dict[str, Any]:
        names = ("id", "key", "phone", "source", "text", "state", "accepted_at", "finished_at")
        parts = self._store.all(
            "SELECT number, smsc_message_id, accepted_at FROM parts WHERE message = ? ORDER BY number", row["id"]
        )
        return {name: row[name] for name in names} | {"total": row["total"], "parts": [dict(part) for part in parts]}

    async def _post_reply(self, request: Request) -> Response:
        try:
            said = _Reply.model_validate_json(await request.body())
        except ValidationError as error:
            raise invalid_request(error) from None
        external_id = self._centre.reply(said.phone, said.text, said.external_id, said.form)
        return respond(answer(202, {"external_id": external_id}))

    async def _put_people(self, request: Request) -> Response:
        try:
            people = _PEOPLE.validate_json(await request.body())
        except ValidationError as error:
            raise invalid_request(error) from None
        for person in people:
            if person.phone is not None:
                self._centre.know(person.phone, person.behaviour.sms)
        return respond(answer(200, {"people": len(people)}))

    async def _put_faults(self, request: Request) -> Response:
        try:
            rules = RuleSet.model_validate_json(await request.body())
        except ValidationError as error:
            raise invalid_request(error) from None
        await self._centre.misbehave(rules)
        return await self._get_faults(request)

    async def _get_faults(self, _: Request) -> Response:
        return respond(answer(200, {"rules": self._centre.faults.listing()}))

    async def _delete_faults(self, _: Request) -> Response:
        self._centre.faults.clear()
        return Response(status_code=204)

    async def _get_calls(self, request: Request) -> Response:
        """Per message key: how often its first part arrived, was repeated or refused, and messages on the handset."""
        wanted = request.query_params.get("key")
        effects = {
            row["key"]: row["effects"]
            for row in self._store.all(
                "SELECT key, COUNT(*) AS effects FROM messages WHERE state = 'delivered' AND key NOT NULL GROUP BY key"
            )
        }
        calls: dict[str, dict[str, Any]] = {}
        for row in self._store.arrivals(None):
            key, _, part = str(row["key"]).rpartition("#")
            if wanted in (None, key):
                call = calls.setdefault(key, {"key": key, "effects": effects.get(key, 0), "parts": []})
                call["parts"].append(dict(row))
                if part == "1":
                    call |= {name: row[name] for name in ("arrivals", "replays", "conflicts")}
        if wanted is not None and not calls:
            calls[wanted] = {"key": wanted, "arrivals": 0, "replays": 0, "conflicts": 0, "effects": 0, "parts": []}
        return respond(answer(200, {"calls": list(calls.values())}))

    async def _delete_all(self, _: Request) -> Response:
        self._centre.forget()
        return Response(status_code=204)


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for it alone
    return respond(error.answer())


async def _no_such_route(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return respond(Problem(status, "no_such_route", "There is no such route or method.").answer())
