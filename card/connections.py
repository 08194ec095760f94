"""How we are connected to PostgreSQL: what the address may say, and how a database that has moved is left.

A restart, a fail-over or a pooler between us must cost nobody an answer that lasts: connections that are dead are
noticed before they are used, those that are of no use any more by their errors; new ones go to whoever takes writes.
"""

import select
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode, Tracer
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

LOST = {
    "08": "the connection broke, or a pooler lost its server",
    "25006": "the server takes no writes: it was the primary, and the pool must not stay with it",
    "57P01": "the server is shutting down",
    "57P02": "another process of the server crashed",
    "57P03": "the server is starting",
    "57P05": "the server closed what was idle for too long",
}
"""SQLSTATEs, or their beginnings, after which this connection and all that are as old lead nowhere, and why."""

DEFAULTS = {
    "target_session_attrs": "read-write",  # of several hosts the primary, wherever it is now
    "connect_timeout": "10",  # seconds
    "tcp_user_timeout": "30000",  # milliseconds: a machine that vanished says no goodbye, and a send would wait 15 min
}
"""What libpq is told unless the address says otherwise."""


def async_url(url: str) -> str:
    """The same database address with the driver we use: psycopg 3."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme.startswith("postgres") else url


def connecting(url: str) -> tuple[URL, dict[str, Any]]:
    """The address for SQLAlchemy, and psycopg's arguments.

    `prepare_threshold` in the address says after how many uses a statement is prepared at the server; `none` or `0`
    switch that off, which a pooler needs that gives a session to one transaction after the other. Raises ValueError.
    """
    parsed = make_url(async_url(url))
    arguments: dict[str, Any] = {name: value for name, value in DEFAULTS.items() if name not in parsed.query}
    threshold = parsed.query.get("prepare_threshold")
    if threshold is not None:
        off = str(threshold).lower() in {"none", "0"}
        if not off and not str(threshold).isdecimal():
            raise ValueError("prepare_threshold in the database's address: none, or a number of uses")
        arguments["prepare_threshold"] = None if off else int(str(threshold))
    return parsed.difference_update_query(["prepare_threshold"]), arguments


def pool(url: str, size: int) -> AsyncEngine:
    """At most `size` connections to the database at `url`, which are given up when the database has moved."""
    address, arguments = connecting(url)
    engine = create_async_engine(address, connect_args=arguments, pool_size=size, max_overflow=0, hide_parameters=True)
    event.listen(engine.sync_engine, "handle_error", _give_up)
    event.listen(engine.sync_engine, "checkout", _alive)
    return engine


def trace_statements(engine: AsyncEngine, tracer: Tracer) -> None:
    """A span for each statement, by its text: values stay with us, and so does what PostgreSQL says of them."""

    def begins(_connection: object, _cursor: object, statement: str, _given: object, context: Any, _many: bool) -> None:
        words = statement.split(None, 2)
        name = f"SQL {words[0].upper() if words else ''}"
        context.demeu_span = tracer.start_span(name, kind=SpanKind.CLIENT, attributes={"db.query.text": statement})

    def ends(_connection: object, _cursor: object, _statement: str, _given: object, context: Any, _many: bool) -> None:
        context.demeu_span.end()

    def fails(context: ExceptionContext) -> None:
        span = getattr(context.execution_context, "demeu_span", None)
        if span is not None and span.is_recording():
            span.set_status(StatusCode.ERROR, type(context.original_exception).__name__)
            span.end()

    event.listen(engine.sync_engine, "before_cursor_execute", begins)
    event.listen(engine.sync_engine, "after_cursor_execute", ends)
    event.listen(engine.sync_engine, "handle_error", fails)


def _give_up(context: ExceptionContext) -> None:
    """One call fails of a database that has moved: the whole pool connects anew after it."""
    state: str | None = getattr(context.original_exception, "sqlstate", None)
    if state is not None and state.startswith(tuple(LOST)):
        context.is_disconnect = True


def _alive(connection: Any, _entry: ConnectionPoolEntry, _proxy: object) -> None:
    """A connection on which something has come in that nobody asked for is of no use: the server's last word.

    A look at the socket costs a system call where a ping costs a round trip, and a case has dozens of transactions.
    """
    raw = connection.driver_connection
    if raw.closed or _speaks(raw.pgconn.socket):
        raise DisconnectionError("the server has closed the connection")
    if raw.pgconn.transaction_status != TransactionStatus.IDLE or raw.autocommit:
        # Who was cut off in the middle left it so: it would answer the next caller with what the last one asked.
        raise DisconnectionError("the connection was left in the middle of something")


def _speaks(socket: int) -> bool:
    asked = select.poll()  # not select.select: that knows no file above 1024
    asked.register(socket, select.POLLIN)
    return bool(asked.poll(0))
