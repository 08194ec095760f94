"""Encrypts every payload before it leaves the process: whoever reads Temporal's database sees no personal data.

AES-256-GCM with a key ring: the first key encrypts, every key of the ring decrypts, so a key is rotated by putting a
new one in front and dropping the old one when no running or retained case needs it. It may not log what it encrypts.
"""

import base64
import binascii
import copy
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

ENCODING = b"binary/encrypted"
CIPHER = b"aes-256-gcm"
UNOPENED = b"binary/unopened"
"""The encoding of what a worker could not open: no converter reads it."""
BELONGS = "encryption-context"
"""Metadata of a payload: where it belongs. In clear, for the codec endpoint is not told."""

KEY_BYTES = 32
NONCE_BYTES = 12

_MOST_UNOPENED = 100
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")


_log = structlog.get_logger()


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


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """The payload codec of every client, worker, replayer and of the Web UI's codec endpoint.

    An encrypted payload is ``nonce (12 bytes) + ciphertext + tag (16 bytes)`` of the whole original payload, metadata
    included. The encoding, the cipher, the key id and where it belongs (namespace and workflow) are authenticated with
    it, so none of them can be swapped: a payload that was moved to another case opens nowhere. Of a step nothing is
    taken that is not encrypted: whoever reaches Temporal could else answer for a worker.

    Without a context, as at the codec endpoint, a payload opens by what it says of itself; `belongs_to` reads that.
    Payloads from before they were bound say nothing, and open everywhere, as they did.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._here: bytes | None = None
        self._sealed_only = False
        """Of a step: what goes into it and comes out of it our workers alone write."""
        self.passes_over = False
        """Of a worker: a signal or update that somebody else wrote, and that cannot be opened, stops no case. It is
        handed on as what nothing can be read from: the SDK drops such a signal, and refuses such an update."""
        self.unopened: dict[str, float] = {}
        """Keys that were asked for and are not in the ring, with the time.monotonic() of the last time."""
        self._ciphers = {kid: AESGCM(key) for kid, key in ring.keys.items()}

    @property
    def current(self) -> str:
        """The id of the key that encrypts."""
        return self._ring.current

    @property
    def known(self) -> tuple[str, ...]:
        """The ids of all keys of the ring."""
        return tuple(self._ring.keys)

    def with_context(self, context: SerializationContext) -> Self:
        """The same codec for one workflow."""
        if not isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            return self
        bound = copy.copy(self)
        bound._here = f"{context.namespace}/{context.workflow_id}".encode()
        bound._sealed_only = isinstance(context, ActivitySerializationContext)
        return bound

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Encrypt each payload with the ring's current key."""
        return [self._encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Decrypt what is encrypted; the rest (the server's own payloads, an operator's plain input) passes unchanged.

        Raises UnknownKey for a key outside the ring and BadPayload when the content does not authenticate.
        """
        return [self._opened(payload) for payload in payloads]

    def _opened(self, payload: Payload) -> Payload:
        try:
            return self._decrypt(payload)
        except CodecError as error:
            # What is said to be of this case, under a key that we lack, waits for the key.
            waits = isinstance(error, UnknownKey) and payload.metadata.get(BELONGS) == self._here
            if not self.passes_over or self._here is None or self._sealed_only or waits:
                raise
            _log.warning("a payload cannot be opened, and is passed over", why=str(error))
            return Payload(metadata={"encoding": UNOPENED})

    def _encrypt(self, payload: Payload) -> Payload:
        kid = self._ring.current
        # A random 96-bit nonce is safe for 2**32 payloads under one key: rotate the key well before.
        nonce = os.urandom(NONCE_BYTES)
        metadata = {"encoding": ENCODING, "encryption-cipher": CIPHER, "encryption-key-id": kid.encode()}
        if self._here is not None:
            metadata[BELONGS] = self._here
        sealed = self._ciphers[kid].encrypt(nonce, payload.SerializeToString(), _bound(metadata))
        return Payload(metadata=metadata, data=nonce + sealed)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            if self._sealed_only:
                raise BadPayload("what a step is given and answers is encrypted: somebody else has written this")
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
        if self._here is not None and payload.metadata.get(BELONGS, self._here) != self._here:
            raise BadPayload("payload belongs to another case: it was moved here")
        nonce, sealed = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            clear = cipher.decrypt(nonce, sealed, _bound(payload.metadata))
        except (InvalidTag, ValueError):
            raise BadPayload(f"payload does not authenticate under key {kid}: cut, altered or another key") from None
        return Payload.FromString(clear)


def codec_of(client: Client) -> EncryptionCodec:
    """The codec of one of our clients. Raises TypeError for a client that was connected another way."""
    codec = client.data_converter.payload_codec
    if not isinstance(codec, EncryptionCodec):
        raise TypeError("the client has another codec than ours")
    return codec


def belongs_to(payload: Payload) -> str | None:
    """`namespace/workflow id` to which an encrypted payload is bound; None if it is not, or not encrypted."""
    where = payload.metadata.get(BELONGS) if payload.metadata.get("encoding") == ENCODING else None
    return where.decode(errors="replace") if where else None


def _bound(metadata: Mapping[str, bytes]) -> bytes:
    """What the tag authenticates besides the content; the separator can occur in none of the parts."""
    parts = [ENCODING, metadata.get("encryption-cipher", b""), metadata.get("encryption-key-id", b"")]
    return b"\0".join([*parts, metadata[BELONGS]] if BELONGS in metadata else parts)
