"""Who may call the gateway: each sender signs time, method, path and body with a secret of its own (HMAC-SHA256).

A stranger, a changed request, an old one and a repeated one are refused alike, with no hint which it was beyond the
status. A sender that repeats a message signs it anew: the message's own id makes the repetition harmless.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Header, HTTPException, Request
from pydantic import SecretStr
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from card import Card
from card.tables import SeenRequest, table

SENDER = "X-Demeu-Sender"
TIMESTAMP = "X-Demeu-Timestamp"
SIGNATURE = "X-Demeu-Signature"

_HOW_TO_SIGN = (
    "HMAC-SHA256 with your secret, hexadecimal, of timestamp, method in capitals, path and body, joined by line feeds."
)


def sign(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """The signature of a request, hexadecimal. `timestamp` is Unix time in seconds, as text."""
    message = b"\n".join((timestamp.encode(), method.upper().encode(), path.encode(), body))
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed_headers(sender: str, secret: str, method: str, path: str, body: bytes) -> dict[str, str]:
    """The headers of a signed JSON request made now."""
    timestamp = f"{datetime.now(UTC).timestamp():.6f}"
    return {
        "Content-Type": "application/json",
        SENDER: sender,
        TIMESTAMP: timestamp,
        SIGNATURE: sign(secret, timestamp, method, path, body),
    }


def guard(secrets: Mapping[str, SecretStr], tolerance: timedelta, card: Card) -> Callable[..., Awaitable[str]]:
    """A FastAPI dependency that lets signed requests in and returns the sender's name.

    Raises HTTPException 401 for a stranger, a wrong signature or a time outside the tolerance, 409 for a repetition.
    """

    async def signed_by(
        request: Request,
        sender: Annotated[str, Header(alias=SENDER, description="Your name as a sender.")] = "",
        timestamp: Annotated[str, Header(alias=TIMESTAMP, description="Unix time in seconds; fractions may be.")] = "",
        given: Annotated[str, Header(alias=SIGNATURE, description=_HOW_TO_SIGN)] = "",
    ) -> str:
        secret = secrets.get(sender)
        # A stranger costs as much time as a known sender with a wrong signature.
        expected = sign(
            secret.get_secret_value() if secret else "",
            timestamp,
            request.method,
            request.url.path,
            await request.body(),
        )
        if not hmac.compare_digest(expected.encode(), given.encode()) or secret is None:
            raise HTTPException(401, "signature: unknown sender or wrong signature")
        now = datetime.now(UTC)
        try:
            age = abs(now - datetime.fromtimestamp(float(timestamp), UTC))
        except (ValueError, OverflowError, OSError):
            raise HTTPException(401, f"{TIMESTAMP}: Unix time in seconds") from None
        if age > tolerance:
            raise HTTPException(401, f"{TIMESTAMP}: not within {tolerance.total_seconds():.0f} seconds of our clock")
        if not await _first_time(card, given, now - 2 * tolerance):
            raise HTTPException(409, "signature: this request was accepted already; sign a repetition anew")
        return sender

    return signed_by


async def _first_time(card: Card, signature: str, forget_before: datetime) -> bool:
    async with card.transaction() as session:
        await session.execute(delete(table(SeenRequest)).where(col(SeenRequest.seen_at) < forget_before))
        added = await session.scalar(
            insert(table(SeenRequest))
            .values(signature=signature)
            .on_conflict_do_nothing()
            .returning(col(SeenRequest.signature))
        )
    return added is not None
