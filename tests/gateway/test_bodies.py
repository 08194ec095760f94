"""Bodies of broken encoding: a person's text is stored all the same, what must be exact is refused by its rule."""

import json

import pytest

from tests.gateway.house import House
from tests.gateway.test_posts import GOOD, RECEIPTS, REPLIES, counts

BROKEN = {
    "half an emoji": (rb"\u0434\u0430 \ud83d", "да \ufffd"),
    "the other half": (rb"\ude00\u0434\u0430", "\ufffdда"),
    "an emoji in two halves": (rb"\u0434\u0430 \ud83d\ude00", "да \U0001f600"),
    "a nought": (rb"\u0434\u0430\u0000", "да\ufffd"),
    "a byte of no letter": (b"\xd0\xb4\xd0\xb0 \xff", "да \ufffd"),
    "half a letter": (b"\xd0\xb4\xd0\xb0 \xd0", "да \ufffd"),
    "letters of Windows": ("да".encode("cp1251"), "\ufffd\ufffd"),
    "half an emoji as three bytes": (b"\xd0\xb4\xd0\xb0 \xed\xa0\xbd", "да \ufffd"),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_what_a_person_wrote_is_stored_whatever_its_encoding(house: House, how: str) -> None:
    text, kept = BROKEN[how]
    body = json.dumps(GOOD[REPLIES] | {"text": "TEXT"}).encode().replace(b"TEXT", text)
    answer = await house.post(REPLIES, body)
    assert (answer.status_code, answer.json()) == (202, {"new": True})
    assert (await house.stored("operator:m-1")).text == kept
    await house.brought()


@pytest.mark.parametrize(("path", "name"), [(REPLIES, "message_id"), (REPLIES, "phone"), (RECEIPTS, "smsc_message_id")])
@pytest.mark.parametrize("value", [rb"7701\ud83d", b"7701\xff"])
async def test_what_is_no_text_of_a_person_is_refused_by_its_rule(
    house: House, path: str, name: str, value: bytes
) -> None:
    body = json.dumps(GOOD[path] | {name: "VALUE"}).encode().replace(b"VALUE", value)
    answer = await house.post(path, body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])
    assert not any((await counts(house)).values())


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize("name", [rb"\ud83d", b"\xff"])
async def test_a_field_of_broken_name_is_refused(house: House, path: str, name: bytes) -> None:
    body = json.dumps(GOOD[path] | {"NAME": 1}).encode().replace(b"NAME", name)
    assert (await house.post(path, body)).status_code == 422


@pytest.mark.parametrize("path", GOOD)
async def test_a_key_that_is_given_twice_is_refused_by_its_name(house: House, path: str) -> None:
    """The last of the two was taken: whoever had checked the first had checked another message."""
    for name in GOOD[path]:
        whole = json.dumps(GOOD[path])
        body = f'{{"{name}": "another", {whole[1:]}'.encode()
        answer = await house.post(path, body)
        assert (answer.status_code, answer.json()["detail"]) == (400, f"body: {name} is given twice")
    assert not any((await counts(house)).values())
