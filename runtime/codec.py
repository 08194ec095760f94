"""Encrypts every payload before it leaves the process: whoever reads Temporal's database sees no personal data.

AES-256-GCM with a key ring: the first key encrypts, every key of the ring decrypts, so a key is rotated by putting a
new one in front and dropping the old one when no running or retained case needs it. It may not log what it encrypts.
"""

import base64
import binascii
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

ENCODING = b"binary/encrypted"
CIPHER = b"aes-256-gcm"
KEY_BYTES = 32
NONCE_BYTES = 12

_MOST_UNOPENED = 100
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


class CodecError(RuntimeError):
    """A payload cannot be decrypted. The message names the key id, never the content."""


class UnknownKey(CodecError):
    """The payload's key is not in this process's ring: add it to DEMEU_CODEC_KEYS and the case goes on."""


class BadPayload(CodecError):
    """The payload was cut, altered, or encrypted with another key of the same name."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by id, the current one first. Never printed: `repr` shows the ids alone."""

    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("no key given: expected kid:base64[,kid2:base64]")
        for kid, key in self.keys.items():
            if not _KEY_ID.fullmatch(kid):
                raise ValueError("a key id must be 1 to 32 letters, digits, dots, dashes or underscores")
            if len(key) != KEY_BYTES:
                raise ValueError(f"key {kid} must be {KEY_BYTES} bytes, not {len(key)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``kid:base64,kid2:base64`` (standard or URL-safe base64 of 32 bytes each).

        Raises ValueError naming the key id and the rule that is broken, never the key.
        """
        keys: dict[str, bytes] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            kid, colon, encoded = entry.partition(":")
            if not colon:
                raise ValueError("a key without an id: expected kid:base64[,kid2:base64]")
            if kid in keys:
                raise ValueError(f"key {kid} is given twice")
            padded = encoded.translate(str.maketrans("-_", "+/")).rstrip("=")
            try:
                keys[kid] = base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True)
            except binascii.Error:
                raise ValueError(f"key {kid} is not base64") from None
        return cls(keys)

    @classmethod
    def generate(cls, kid: str = "k1") -> Self:
        """A ring of one new random key."""
        return cls({kid: os.urandom(KEY_BYTES)})

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return next(iter(self.keys))

    def text(self) -> str:
        """The ring as DEMEU_CODEC_KEYS wants it. A secret: write it only where secrets may lie."""
        return ",".join(f"{kid}:{base64.b64encode(key).decode()}" for kid, key in self.keys.items())

    def __repr__(self) -> str:
        return f"KeyRing({', '.join(self.keys)})"


class EncryptionCodec(PayloadCodec):
    """The payload codec of every client, worker, replayer and of the Web UI's codec endpoint.

    An encrypted payload is ``nonce (12 bytes) + ciphertext + tag (16 bytes)`` of the whole original payload, metadata
    included. The encoding, the cipher and the key id are authenticated with it, so none of them can be swapped.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self.unopened: dict[str, float] = {}
        """Keys that were asked for and are not in the ring, with the time.monotonic() of the last time."""
        self._ciphers = {kid: AESGCM(key) for kid, key in ring.keys.items()}

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload with the ring's current key."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what is encrypted; the rest (the server's own payloads, an operator's plain input) passes unchanged.

        Raises UnknownKey for a key outside the ring and BadPayload when the content does not authenticate.
        """
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        kid = self._ring.current
        # A random 96-bit nonce is safe for 2**32 payloads under one key: rotate the key well before.
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[kid].encrypt(nonce, payload.SerializeToString(), _bound(kid.encode()))
        return Payload(
            metadata={"encoding": ENCODING, "encryption-cipher": CIPHER, "encryption-key-id": kid.encode()},
            data=nonce + sealed,
        )

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        raw_kid = payload.metadata.get("encryption-key-id", b"")
        kid = raw_kid.decode("ascii", "replace")
        cipher = self._ciphers.get(kid)
        if cipher is None:
            self.unopened[kid if _KEY_ID.fullmatch(kid) and len(self.unopened) < _MOST_UNOPENED else ""] = (
                time.monotonic()
            )
            shown = kid if _KEY_ID.fullmatch(kid) else "without a valid id"
            known = ", ".join(self._ring.keys)
            raise UnknownKey(
                f"payload is encrypted with key {shown}, which is not in DEMEU_CODEC_KEYS (known: {known})"
            )
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            clear = cipher.decrypt(nonce, sealed, _bound(raw_kid, payload.metadata.get("encryption-cipher", b"")))
        except (InvalidTag, ValueError):
            raise BadPayload(f"payload does not authenticate under key {kid}: cut, altered or another key") from None
        return Payload.FromString(clear)


def _bound(kid: bytes, cipher: bytes = CIPHER) -> bytes:
    """What the tag authenticates besides the content; the separator cannot occur in a key id."""
    return b"\0".join((ENCODING, cipher, kid))
