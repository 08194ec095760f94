"""The gateway's HTTP side: replies, receipts, registry events, the codec, health. OpenAPI at `/openapi.json`."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException as StarletteHTTPException
from temporalio.client import Client

from benefits import BadFacts
from benefits.days import day_of
from benefits.facts.checks import EARLIEST_BIRTH
from card import Card
from card.store import DatabaseError, DatabaseRefused
from desk.opening import AHEAD, Opening
from gateway.bodies import AsWritten
from gateway.codec import codec_router
from gateway.door import Door, Limits
from gateway.events import opened_by
from gateway.messages import (
    CaseOpened,
    EventPosted,
    EventTaken,
    FinalState,
    Problem,
    ReceiptPosted,
    ReplyPosted,
    Taken,
)
from gateway.refusals import Refusals
from gateway.relay import Relay
from gateway.signature import COVERED, Key, Senders
from gateway.tokens import SignOn
from runtime.codec import EncryptionCodec
from runtime.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Parts:
    """What the gateway is made of while it runs."""

    card: Card
    client: Client
    opening: Opening
    relay: Relay


def gateway_app(
    settings: Settings,
    parts: Parts,
    lifespan: AbstractAsyncContextManager[None] | None = None,
    refusals: Refusals | None = None,
) -> FastAPI:
    """The gateway as an ASGI application. `lifespan` is entered while it serves: the relay and the SMS link."""

    @asynccontextmanager
    async def serving(_: FastAPI) -> AsyncIterator[None]:
        if lifespan is None:
            yield
        else:
            async with lifespan:
                yield

    app = FastAPI(
        title="Demeu gateway",
        version="1",
        description="Replies and receipts of SMS, events of the registries. Every request is signed (RFC 9421): "
        "gateway/README.md shows how.",
        lifespan=serving,
    )
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(DatabaseError, _database_away)
    tolerance = timedelta(seconds=settings.gateway_clock_tolerance_seconds)
    played = timedelta(days=settings.gateway_events_played_days)
    app.include_router(_messages(parts, settings, tolerance, played))
    app.include_router(_health(parts))
    if settings.codec_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.codec_origins),
            allow_methods=["POST"],
            allow_headers=["content-type", "x-namespace", "authorization"],
        )
        app.include_router(
            codec_router(EncryptionCodec(settings.codec_keys), settings.codec_origins, _sign_on(settings))
        )
    app.add_middleware(
        Door,
        senders=Senders(_keys(settings), tolerance),
        limits=Limits(
            body_bytes=settings.gateway_body_bytes,
            body_seconds=settings.gateway_request_seconds,
            sender_rate=settings.gateway_sender_rate,
            address_rate=settings.gateway_address_rate,
            at_once=settings.gateway_at_once,
            tolerance=tolerance,
        ),
        card=parts.card,
        refusals=refusals or Refusals(lambda _: None),
        routes=app.openapi()["paths"],
    )
    return app


def _sign_on(settings: Settings) -> SignOn | None:
    if settings.codec_key_set_url is None:
        return None
    return SignOn.at(settings.codec_key_set_url, settings.codec_issuer or "", settings.codec_audience or "")


def _keys(settings: Settings) -> dict[str, Key]:
    secrets = {sender: secret.get_secret_value().encode() for sender, secret in settings.gateway_secrets.items()}
    return {**secrets, **settings.gateway_public_keys}


async def _not_valid(_: Request, error: Exception) -> Response:
    """422 naming each field and its rule, without the values: they may be personal, and answers end up in logs."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  (registered for it alone)
    rules = {".".join(map(str, one["loc"][1:])) or "body": one["msg"] for one in error.errors()}
    return _problem(Problem(title="Not valid", status=422, code="not_valid", errors=rules))


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)  # noqa: S101  (registered for it alone)
    status = HTTPStatus(error.status_code)
    problem = Problem(title=status.phrase, status=status, code=status.name.lower(), detail=error.detail)
    return _problem(problem, error.headers)


async def _database_away(_: Request, error: Exception) -> Response:
    """503: it passes, and the same request may come again. What the database refuses for good is a fault of ours."""
    if isinstance(error, DatabaseRefused):
        raise error
    log.warning("gateway.database_away", error=str(error))
    problem = Problem(title="Service Unavailable", status=503, code="service_unavailable", detail="database: away")
    return _problem(problem, {"Retry-After": "1"})


def _problem(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        problem.model_dump_json(exclude_none=True), problem.status, headers, media_type="application/problem+json"
    )


def _bad(field: str, rule: str) -> RequestValidationError:
    """A rule that a field breaks and that the shape alone does not show."""
    return RequestValidationError([{"loc": ("body", field), "msg": rule, "type": "value_error"}])


def _problems(reasons: Mapping[int, str]) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI: which answers are problems, and why they are given."""
    content = {"application/problem+json": {"schema": Problem.model_json_schema()}}
    return {status: {"description": reason, "content": content} for status, reason in reasons.items()}


_REFUSALS = {
    400: "The body cannot be read.",
    401: "A stranger, a wrong signature, a time outside the tolerance, or another body than was signed.",
    403: "A sender that may not post this.",
    408: "The body did not come in time.",
    409: "This very request was accepted before, or is being served; or an event's id, with another content.",
    413: "The body is too large.",
    422: "A field breaks its rule; nothing was changed.",
    429: "Too many requests of this sender or address: come again after the seconds of Retry-After.",
    503: "Too many requests at once, or the database is away: come again after the seconds of Retry-After.",
}


async def signed(
    request: Request,
    signature_input: Annotated[  # noqa: ARG001  (the door reads the headers; here they are published)
        str, Header(alias="Signature-Input", description=f"RFC 9421: keyid, created, over {', '.join(COVERED)}.")
    ] = "",
    signature: Annotated[  # noqa: ARG001
        str, Header(alias="Signature", description="RFC 9421: hmac-sha256 with your secret, or ed25519.")
    ] = "",
    digest: Annotated[  # noqa: ARG001
        str, Header(alias="Content-Digest", description="RFC 9530: sha-256 or sha-512 of the body.")
    ] = "",
) -> str:
    """The sender, by whose signature the door let the request in."""
    sender: str = request.state.sender
    return sender


def _messages(parts: Parts, settings: Settings, tolerance: timedelta, played: timedelta) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["messages"], responses=_problems(_REFUSALS), route_class=AsWritten)

    # A registry cannot answer for a person, nor an operator open cases: a secret that leaks does the less harm.
    async def operator(sender: Annotated[str, Depends(signed)]) -> str:
        if sender not in settings.gateway_sms_senders:
            raise HTTPException(403, "sender: not an SMS operator")
        return sender

    async def registry(sender: Annotated[str, Depends(signed)]) -> str:
        if sender in settings.gateway_sms_senders:
            raise HTTPException(403, "sender: not a registry")
        return sender

    Operator = Annotated[str, Depends(operator)]
    Registry = Annotated[str, Depends(registry)]

    def by_our_clock(at: datetime, field: str) -> datetime:
        """The operator's time, and none after ours: a clock that runs ahead makes nothing late, nor of tomorrow."""
        now = datetime.now(UTC)
        if at > now + tolerance:
            raise _bad(field, "not in the future")
        return at if settings.gateway_days_are_skipped else min(at, now)

    @router.post("/sms/replies", status_code=202)
    async def reply(posted: ReplyPosted, sender: Operator) -> Taken:
        """An SMS from a person: stored at once, brought to the case that asked."""
        received_at = by_our_clock(posted.received_at, "received_at")
        # Ids are the sender's own: two operators may use the same.
        message_id = f"{sender}:{posted.message_id}"
        return Taken(new=await parts.relay.reply(message_id, posted.phone, posted.text, received_at))

    @router.post("/sms/receipts", status_code=202)
    async def receipt(posted: ReceiptPosted, sender: Operator) -> None:
        """A delivery receipt: stored at once, moves the window of the question it is about."""
        at = by_our_clock(posted.at, "at")
        delivered = posted.state is FinalState.DELIVERED
        await parts.relay.receipt(posted.smsc_message_id, delivered=delivered, at=at, operator=sender)

    @router.post("/registry/events", status_code=202)
    async def event(posted: EventPosted, sender: Registry) -> EventTaken:
        """A change in a registry: opens a case for each service that it may give a right to, and each notice."""
        today = day_of(datetime.now(UTC))
        if posted.on is not None and posted.on > today + AHEAD:
            raise _bad("on", f"not more than {AHEAD.days} days ahead")
        if posted.on is not None and posted.on < EARLIEST_BIRTH:
            raise _bad("on", f"not before {EARLIEST_BIRTH.year}")
        # What holds from a later day is looked at then: by the law of that day nothing is granted before it.
        on = min(posted.on or today, today)
        by_law_of = on if today - on <= played else today
        try:
            services = opened_by(posted.kind, by_law_of)
        except BadFacts as bad:
            raise _bad("on", f"{bad.rule}: {bad.hint}") from None
        id_ = f"{sender}:{posted.event_id}"
        known = await parts.opening.heard_of(id_, posted.kind, posted.iin, posted.on, by_law_of)
        if known is not None:
            raise HTTPException(
                409, f"event_id: this id was used for another {known}; give each event an id of its own"
            )
        opened = []
        for service in services:
            by = f"{id_}:{service}"
            case = await parts.opening.open(service=service, iin=posted.iin, on=by_law_of, opened_by=by, by_event=True)
            if case.new:
                parts.relay.counts.opened(service)
            opened.append(CaseOpened(service=service, ref=case.case.ref, new=case.new))
        parts.relay.counts.event(posted.kind)
        return EventTaken(cases=opened)

    return router


def _health(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @router.get("/readyz")
    async def ready(response: Response) -> dict[str, bool]:
        """The database and Temporal answer."""
        checks = {"database": await _answers(parts.card.ready), "temporal": await _answers(_temporal(parts.client))}
        if not all(checks.values()):
            response.status_code = 503
        return checks

    return router


def _temporal(client: Client) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return await client.service_client.check_health(timeout=timedelta(seconds=3))

    return check


async def _answers(check: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await check()
    except Exception:
        return False
