"""How a request is signed, and whose it is: HTTP Message Signatures (RFC 9421) over a content digest (RFC 9530).

A sender signs with a secret (hmac-sha256) or a private key of its own (ed25519). What is signed covers the digest of
the body and not the body, so a request is known to be its sender's, or refused, before a byte of its body is read.
"""

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import http_sf
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    VerifyResult,
)
from http_message_signatures.algorithms import ED25519, HMAC_SHA256

COVERED = ("@method", "@path", "@query", "content-digest")
"""What every signature covers. A sender may cover more; less is not enough."""

LABEL = "demeu"

Key = bytes | Ed25519PublicKey


class Unsigned(Exception):
    """The request is not a known sender's. `reason` is one word for our log; `detail` may be told to the caller."""

    def __init__(self, reason: str, detail: str = "signature: unknown sender or wrong signature") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class _Fields:
    """The header lines of a request, in order, a name as often as it was sent."""

    def __init__(self, lines: Iterable[tuple[bytes, bytes]]) -> None:
        self._lines = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines]

    def items(self) -> list[tuple[str, str]]:
        return self._lines


@dataclass
class _Message:
    """A request as the library wants to see it."""

    method: str
    url: str
    headers: Any


@dataclass(frozen=True)
class Signed:
    """A request whose headers are its sender's. `mark` is the signature itself: no other request has it."""

    sender: str
    mark: str
    _verifier: HTTPMessageVerifier = field(repr=False)
    _message: _Message = field(repr=False)
    _result: VerifyResult = field(repr=False)

    def holds(self, body: bytes) -> None:
        """Check that this is the body that was signed. Raises Unsigned."""
        try:
            self._verifier.verify_body(self._message, [self._result], body)
        except InvalidSignature:
            raise Unsigned("digest", "Content-Digest: not that of the body") from None


def signed_headers(
    sender: str, key: str | Ed25519PrivateKey, method: str, target: str, body: bytes, *, created: datetime | None = None
) -> dict[str, str]:
    """The headers of a JSON request signed now, or at `created`. `target` is the path with its query, or the URL."""
    algorithm, private = (HMAC_SHA256, key.encode()) if isinstance(key, str) else (ED25519, key)
    signer = HTTPMessageSigner(
        signature_algorithm=algorithm, key_resolver=MappingKeyResolver(public_keys={}, private_keys={sender: private})
    )
    path, query = urlsplit(target).path, urlsplit(target).query
    message = _Message(method.upper(), f"http://gateway{path}{'?' if query else ''}{query}", {})
    message.headers["Content-Type"] = "application/json"
    signer.sign(
        message,
        key_id=sender,
        created=created or datetime.now(UTC),
        nonce=secrets.token_hex(8),
        label=LABEL,
        covered_component_ids=COVERED,
        body=body,
    )
    return dict(message.headers)


class Senders:
    """Who may call: each sender by name, with its secret or its public key."""

    def __init__(self, keys: Mapping[str, Key], tolerance: timedelta) -> None:
        self._tolerance = tolerance
        # A stranger costs as much time as a known sender with a wrong signature.
        self._stranger = self._verifier("", secrets.token_bytes(32))
        self._known = {sender: self._verifier(sender, key) for sender, key in keys.items()}

    def _verifier(self, sender: str, key: Key) -> HTTPMessageVerifier:
        verifier = HTTPMessageVerifier(
            signature_algorithm=HMAC_SHA256 if isinstance(key, bytes) else ED25519,
            key_resolver=MappingKeyResolver(public_keys={sender: key}, private_keys={}),
        )
        verifier.max_clock_skew = self._tolerance
        return verifier

    def verify(self, method: str, url: str, headers: Iterable[tuple[bytes, bytes]]) -> Signed:
        """Whose request this is, by its head alone: follow it with `Signed.holds`. Raises Unsigned."""
        message = _Message(method, url, _Fields(headers))
        sender, created, mark = _claimed(message.headers)
        if abs(datetime.now(UTC).timestamp() - created) > self._tolerance.total_seconds():
            seconds = f"{self._tolerance.total_seconds():.0f}"
            raise Unsigned("clock", f"Signature-Input: created is not within {seconds} seconds of our clock")
        verifier = self._known.get(sender, self._stranger)
        try:
            [result] = verifier.verify(message, max_age=timedelta(0), require_components=COVERED)
        except (InvalidSignature, ValueError):
            known = sender in self._known
            raise Unsigned("wrong_signature" if known else "unknown_sender") from None
        return Signed(sender, mark, verifier, message, result)


def _claimed(headers: _Fields) -> tuple[str, int, str]:
    """The name, the time and the signature that a request claims. Raises Unsigned when it claims none, or several."""
    given = {wanted: _only(headers, wanted) for wanted in ("signature-input", "signature")}
    try:
        [(_, parameters)] = _dictionary(given["signature-input"]).values()
        [(signature, _)] = _dictionary(given["signature"]).values()
        sender, created = parameters["keyid"], parameters["created"]
    except (ValueError, KeyError, TypeError):
        raise Unsigned("unsigned", _HOW) from None
    if not isinstance(sender, str) or type(created) is not int or not isinstance(signature, bytes):
        raise Unsigned("unsigned", _HOW)
    return sender, created, base64.b64encode(signature).decode()


_HOW = "Signature-Input: one signature with keyid and created (RFC 9421) over " + ", ".join(COVERED)


def _only(headers: _Fields, wanted: str) -> str:
    found = [value for name, value in headers.items() if name.lower() == wanted]
    if len(found) != 1:
        raise Unsigned("unsigned", _HOW)
    return found[0]


def _dictionary(text: str) -> dict[str, Any]:
    parsed = http_sf.parse(text.encode("latin-1"), tltype="dictionary")
    if not isinstance(parsed, dict):
        raise TypeError
    return parsed
