"""The codec: what is sealed comes back, only under its own key, and nothing of it can be read on the way."""

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext
from temporalio.exceptions import ApplicationError

from runtime.codec import NONCE_BYTES, BadPayload, EncryptionCodec, KeyRing, UnknownKey
from runtime.plugin import data_converter

SECRET = "880101400123"


def _payload() -> Payload:
    return Payload(
        metadata={"encoding": b"json/plain", "messageType": b"Person"}, data=f'{{"iin":"{SECRET}"}}'.encode()
    )


async def _sealed(ring: KeyRing) -> Payload:
    return (await EncryptionCodec(ring).encode([_payload()]))[0]


async def test_what_is_sealed_comes_back_with_its_metadata() -> None:
    ring = KeyRing.generate()
    sealed = await _sealed(ring)
    assert (await EncryptionCodec(ring).decode([sealed])) == [_payload()]


async def test_nothing_of_the_content_or_its_type_can_be_read() -> None:
    sealed = (await _sealed(KeyRing.generate())).SerializeToString()
    assert SECRET.encode() not in sealed
    assert b"Person" not in sealed
    assert b"json/plain" not in sealed


async def test_the_same_content_never_looks_the_same() -> None:
    ring = KeyRing.generate()
    sealed = [await _sealed(ring) for _ in range(50)]
    assert len({payload.data[:NONCE_BYTES] for payload in sealed}) == 50
    assert len({payload.data[NONCE_BYTES:] for payload in sealed}) == 50


async def test_a_rotated_ring_reads_old_payloads_and_seals_with_the_new_key() -> None:
    old = KeyRing.generate("2025")
    sealed_before = await _sealed(old)
    rotated = KeyRing({**KeyRing.generate("2026").keys, **old.keys})
    sealed_after = await _sealed(rotated)
    assert sealed_after.metadata["encryption-key-id"] == b"2026"
    assert await EncryptionCodec(rotated).decode([sealed_before, sealed_after]) == [_payload(), _payload()]
    with pytest.raises(UnknownKey):
        await EncryptionCodec(old).decode([sealed_after])


async def test_an_unknown_key_is_named_and_the_known_ones_too() -> None:
    sealed = await _sealed(KeyRing.generate("retired"))
    with pytest.raises(UnknownKey, match=r"key retired, which is not in DEMEU_CODEC_KEYS \(known: now\)"):
        await EncryptionCodec(KeyRing.generate("now")).decode([sealed])


@pytest.mark.parametrize("position", [0, NONCE_BYTES, -1])
async def test_an_altered_payload_is_refused(position: int) -> None:
    ring = KeyRing.generate()
    sealed = await _sealed(ring)
    data = bytearray(sealed.data)
    data[position] ^= 1
    with pytest.raises(BadPayload, match="key k1"):
        await EncryptionCodec(ring).decode([Payload(metadata=dict(sealed.metadata), data=bytes(data))])


@pytest.mark.parametrize("length", [0, 5, NONCE_BYTES, NONCE_BYTES + 8])
async def test_a_cut_payload_is_refused(length: int) -> None:
    ring = KeyRing.generate()
    sealed = await _sealed(ring)
    with pytest.raises(BadPayload):
        await EncryptionCodec(ring).decode([Payload(metadata=dict(sealed.metadata), data=sealed.data[:length])])


async def test_the_key_id_is_authenticated() -> None:
    """Two ids of one key: without binding, a payload could be moved from one to the other unseen."""
    key = KeyRing.generate("a").keys["a"]
    ring = KeyRing({"a": key, "b": key})
    sealed = await _sealed(ring)
    sealed.metadata["encryption-key-id"] = b"b"
    with pytest.raises(BadPayload):
        await EncryptionCodec(ring).decode([sealed])


async def test_a_payload_that_is_not_encrypted_passes() -> None:
    codec = EncryptionCodec(KeyRing.generate())
    assert await codec.decode([_payload()]) == [_payload()]


async def test_of_a_step_nothing_passes_that_is_not_encrypted() -> None:
    """Whoever reaches Temporal could else answer for a worker: a ruling of millions, a yes that nobody gave."""
    ring = KeyRing.generate()
    where = {"namespace": "default", "workflow_id": "multi-child/1", "workflow_type": "x"}
    of_a_step = ActivitySerializationContext(
        **where, activity_type="assign", activity_task_queue="demeu", is_local=False, activity_id="1"
    )
    codec = EncryptionCodec(ring).with_context(of_a_step)
    with pytest.raises(BadPayload, match="somebody else has written this"):
        await codec.decode([_payload()])
    assert await codec.decode(await codec.encode([_payload()])) == [_payload()]


async def test_a_failure_shows_no_clear_text() -> None:
    ring = KeyRing.generate()
    converter = data_converter(ring)
    failure = Failure()
    try:
        raise ApplicationError(f"no account of {SECRET}", {"iin": SECRET}, type="NoAccount")
    except ApplicationError as raised:
        await converter.encode_failure(raised, failure)
    assert SECRET.encode() not in failure.SerializeToString()
    assert failure.message == "Encoded failure"
    assert failure.stack_trace == ""
    back = await converter.decode_failure(failure)
    assert isinstance(back, ApplicationError)
    assert back.message == f"no account of {SECRET}"
    assert back.details == ({"iin": SECRET},)


def test_a_ring_survives_the_way_through_the_environment() -> None:
    ring = KeyRing({**KeyRing.generate("k2").keys, **KeyRing.generate("k1").keys})
    assert KeyRing.parse(ring.text()) == ring
    assert ring.current == "k2"
    url_safe = ring.text().replace("+", "-").replace("/", "_").replace("=", "")
    assert KeyRing.parse(url_safe) == ring


def test_a_ring_never_shows_its_keys() -> None:
    ring = KeyRing.generate("k7")
    assert repr(ring) == "KeyRing(k7)"
    assert str(ring.keys["k7"]) not in f"{ring!s} {ring!r}"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "no key given"),
        ("c2VjcmV0", "without an id"),
        ("k1:c2VjcmV0", "k1 must be 32 bytes, not 6"),
        ("k1:%%%", "k1 is not base64"),
        ("bad id:" + "A" * 43, "key id must be"),
        (f"k1:{'A' * 43},k1:{'B' * 43}", "k1 is given twice"),
    ],
)
def test_a_bad_ring_says_which_key_and_which_rule(text: str, rule: str) -> None:
    with pytest.raises(ValueError, match=rule) as refused:
        KeyRing.parse(text)
    assert "c2VjcmV0" not in str(refused.value)
