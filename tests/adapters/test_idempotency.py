"""One key, one effect: replays, keys used for something else, calls at the same time, and a stub killed between."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.errors import Unclear
from adapters.records import Record
from tests.adapters.outside import TOKEN, Outside, aigul, application, case_file, outside_at, transfer


@dataclass(frozen=True)
class Effect:
    """One of the calls that do something, and another body for the same call."""

    agency: str
    call: Callable[[Outside, str, Any], Awaitable[Record]]
    body: Record
    other: Record
    path: str


EFFECTS = [
    Effect(
        "emaket",
        lambda outside, key, body: outside.emaket.register(key, body),
        application(),
        application(service="childbirth"),
        "/emaket/v1/applications",
    ),
    Effect(
        "body",
        lambda outside, key, body: outside.body.submit(key, body),
        case_file(),
        case_file("EM-2"),
        "/body/v1/files",
    ),
    Effect(
        "bank",
        lambda outside, key, body: outside.bank.transfer(key, body),
        transfer(),
        transfer(amount="1.00"),
        "/bank/v1/transfers",
    ),
]
KEY = "multi-child/0000-1042-7:step:1"
each_effect = pytest.mark.parametrize("effect", EFFECTS, ids=[effect.agency for effect in EFFECTS])


@each_effect
async def test_the_same_call_again_replays_its_answer(outside: Outside, effect: Effect) -> None:
    await outside.cast(aigul())
    first = await effect.call(outside, KEY, effect.body)
    assert await effect.call(outside, KEY, effect.body) == first
    assert await outside.calls(effect.agency, KEY) == (2, 1)


@each_effect
async def test_a_replay_says_so_on_the_wire_with_the_same_status(outside: Outside, effect: Effect) -> None:
    await outside.cast(aigul())
    client, headers = outside.admins[effect.agency], {"Idempotency-Key": KEY}
    json = effect.body.model_dump(mode="json")
    first = await client.post(effect.path, json=json, headers=headers)
    # The order of members is no difference.
    again = await client.post(effect.path, json=dict(reversed(json.items())), headers=headers)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (again.status_code, again.json()) == (first.status_code, first.json())


@each_effect
async def test_the_same_key_for_something_else_is_not_done(outside: Outside, effect: Effect) -> None:
    await outside.cast(aigul())
    await effect.call(outside, KEY, effect.body)
    with pytest.raises(Unclear) as caught:
        await effect.call(outside, KEY, effect.other)
    assert caught.value.code == "key_reused"
    assert await outside.calls(effect.agency, KEY) == (2, 1)


@each_effect
async def test_twenty_calls_at_once_have_one_effect(outside: Outside, effect: Effect) -> None:
    await outside.cast(aigul())
    answers = await asyncio.gather(*(effect.call(outside, KEY, effect.body) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert await outside.calls(effect.agency, KEY) == (20, 1)


@each_effect
async def test_a_second_call_during_the_first_is_told_to_look_it_up(outside: Outside, effect: Effect) -> None:
    await outside.cast(aigul())
    await outside.fault(effect.agency, "latency", seconds=0.5, times=1)
    first = asyncio.ensure_future(effect.call(outside, KEY, effect.body))
    await outside.arrival(effect.agency, KEY)
    with pytest.raises(Unclear) as caught:
        await effect.call(outside, KEY, effect.body)
    assert caught.value.code == "in_progress"
    await first
    assert await outside.calls(effect.agency, KEY) == (2, 1)


@each_effect
async def test_no_key_and_bad_bodies_do_nothing(outside: Outside, effect: Effect) -> None:
    client = outside.admins[effect.agency]
    json = effect.body.model_dump(mode="json")
    without = await client.post(effect.path, json=json)
    assert (without.status_code, without.json()["code"]) == (400, "key_missing")
    broken = await client.post(effect.path, json=json | {"iin": "12"}, headers={"Idempotency-Key": KEY})
    assert (broken.status_code, broken.json()["code"]) == (422, "invalid_request")
    assert broken.json()["errors"][0]["field"] == "iin"
    no_json = await client.post(effect.path, content=b"{", headers={"Idempotency-Key": KEY})
    assert (no_json.status_code, no_json.json()["code"]) == (400, "invalid_request")
    assert no_json.headers["Content-Type"] == "application/problem+json"
    assert await outside.calls(effect.agency, KEY) == (0, 0)


async def test_a_lost_answer_is_found_by_its_key(outside: Outside, urls: dict[str, str]) -> None:
    await outside.cast(aigul())
    await outside.fault("bank", "timeout_after_acting", hold_seconds=2, times=1)
    async with outside_at(urls, deadline=timedelta(seconds=0.5)) as impatient:
        with pytest.raises(Unclear):
            await impatient.bank.transfer(KEY, transfer())
    status = await outside.bank.transfer_status(KEY)
    assert status is not None
    assert await outside.bank.transfer(KEY, transfer()) == status
    assert await outside.calls("bank", KEY) == (2, 1)


async def test_without_the_token_nothing_is_told(urls: dict[str, str]) -> None:
    for url in urls.values():
        async with httpx.AsyncClient(base_url=url, trust_env=False) as stranger:
            assert (await stranger.get("/healthz")).status_code == 200
            for path, method in (("/admin/faults", "GET"), ("/admin/all", "DELETE")):
                answer = await stranger.request(method, path, headers={"Authorization": f"Bearer {TOKEN}x"})
                assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
