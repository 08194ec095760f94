"""A span for each request to the gateway, by its route: for traces, where they are on."""

from collections.abc import Awaitable, Callable

from opentelemetry.trace import SpanKind, StatusCode, Tracer
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVER_FAULT = 500


class TracedRequests:
    """ASGI middleware. What a caller says of a trace of its own is not believed: each request begins one."""

    def __init__(self, app: ASGIApp, tracer: Tracer, routes: frozenset[str]) -> None:
        self.app = app
        self._tracer = tracer
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        route = scope["path"] if scope["path"] in self._routes else "other"
        name = f"{scope['method']} {route}"
        with self._tracer.start_as_current_span(name, kind=SpanKind.SERVER, record_exception=False) as span:

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= SERVER_FAULT:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            sending: Callable[[Message], Awaitable[None]] = noting
            await self.app(scope, receive, sending)
