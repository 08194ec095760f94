"""Every fault that can be switched on, as our side meets it: what is raised, and what was done over there."""

import asyncio
import time
from datetime import timedelta

import httpx
import pytest

from adapters.bank import TransferState
from adapters.errors import AdapterError, Refused, Unavailable, Unclear
from tests.adapters.outside import AIGUL, DAULET, KEY, Outside, aigul, application, daulet, outside_at, transfer

PAY = "multi-child/0000-1042-7:credit"


async def test_latency(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.fault("registries", "latency", seconds=0.15, times=1)
    begun = time.monotonic()
    await outside.registries.persons.person(AIGUL)
    assert time.monotonic() - begun >= 0.14


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_server_errors_do_nothing_and_may_be_repeated(outside: Outside, status: int) -> None:
    await outside.cast(aigul())
    await outside.fault("emaket", "status", status=status, times=1)
    with pytest.raises(Unavailable) as caught:
        await outside.emaket.register(KEY, application())
    assert caught.value.retry_after == (timedelta(seconds=1) if status == 503 else None)
    assert await outside.calls("emaket", KEY) == (1, 0)
    await outside.emaket.register(KEY, application())
    assert await outside.calls("emaket", KEY) == (2, 1)


async def test_a_gateways_time_out_is_unclear_for_an_effect_only(outside: Outside) -> None:
    await outside.fault("bank", "status", status=504)
    with pytest.raises(Unclear):
        await outside.bank.transfer(PAY, transfer())
    with pytest.raises(Unavailable):
        await outside.bank.accounts(AIGUL)


async def test_too_many_requests_says_when(outside: Outside) -> None:
    await outside.fault("registries", "retry_later", retry_after_seconds=7)
    with pytest.raises(Unavailable) as caught:
        await outside.registries.civil.family(AIGUL)
    assert (caught.value.code, caught.value.retry_after) == ("too_many_requests", timedelta(seconds=7))


async def test_a_time_out_after_acting_is_unclear_and_has_acted(outside: Outside, urls: dict[str, str]) -> None:
    await outside.cast(aigul())
    await outside.fault("bank", "timeout_after_acting", hold_seconds=2)
    async with outside_at(urls, deadline=timedelta(seconds=0.5)) as impatient:
        with pytest.raises(Unclear):
            await impatient.bank.transfer(PAY, transfer())
        with pytest.raises(Unavailable):
            await impatient.bank.transfer_status(PAY)
    await outside.admin("bank", "DELETE", "/admin/faults")
    assert await outside.calls("bank", PAY) == (1, 1)
    status = await outside.bank.transfer_status(PAY)
    assert status is not None
    assert status.state is TransferState.SETTLED


async def test_an_answer_held_back_comes_in_the_end(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.fault("bank", "timeout_after_acting", hold_seconds=0.1)
    assert (await outside.bank.transfer(PAY, transfer())).state is TransferState.SETTLED


async def test_answering_twice_has_one_effect(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.fault("bank", "answer_twice")
    answer = await outside.admins["bank"].post(
        "/bank/v1/transfers", json=transfer().model_dump(mode="json"), headers={"Idempotency-Key": PAY}
    )
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.json()["state"] == "settled"
    assert await outside.calls("bank", PAY) == (2, 1)
    assert len(await outside.bank.accounts(AIGUL)) == 2


async def test_refusing_with_a_reason_is_kept_under_the_key(outside: Outside) -> None:
    await outside.cast(aigul())
    extra = {"document": "birth_certificate"}
    await outside.fault("emaket", "refuse", code="missing_document", reason="Bring it.", extra=extra, times=1)
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            await outside.emaket.register(KEY, application())
        assert (caught.value.code, caught.value.reason) == ("missing_document", "Bring it.")
        assert caught.value.extra == extra
    assert await outside.calls("emaket", KEY) == (2, 0)


async def test_refusing_to_answer(outside: Outside) -> None:
    await outside.fault("registries", "refuse", status=422, code="no_consent")
    with pytest.raises(Refused) as caught:
        await outside.registries.disability.decisions(AIGUL)
    assert caught.value.code == "no_consent"


@pytest.mark.parametrize(("how", "raised"), [("drop", Unclear), ("503", Unavailable)])
async def test_down_for_some_calls(outside: Outside, how: str, raised: type[AdapterError]) -> None:
    await outside.cast(aigul())
    await outside.fault("emaket", "down", how=how, times=2)
    for _ in range(2):
        with pytest.raises(raised):
            await outside.emaket.register(KEY, application())
    assert await outside.calls("emaket", KEY) == (2, 0)
    assert (await outside.emaket.register(KEY, application())).number


async def test_down_for_a_while_from_the_first_call(outside: Outside) -> None:
    await outside.fault("bank", "down", seconds=0.2)
    await asyncio.sleep(0.25)
    begun = time.monotonic()
    with pytest.raises(Unavailable):
        await outside.bank.accounts(AIGUL)
    while True:
        try:
            await outside.bank.accounts(AIGUL)
            break
        except Unavailable:
            await asyncio.sleep(0.02)
    assert 0.19 <= time.monotonic() - begun < 2


async def test_rules_meet_only_what_they_match(outside: Outside) -> None:
    await outside.cast(aigul(), daulet())
    await outside.fault("bank", "status", match={"iin": DAULET})
    assert await outside.bank.accounts(AIGUL)
    with pytest.raises(Unavailable):
        await outside.bank.accounts(DAULET)
    await outside.fault("bank", "status", match={"method": "POST", "key_prefix": "multi-child/"})
    assert await outside.bank.accounts(AIGUL)
    with pytest.raises(Unavailable):
        await outside.bank.transfer(PAY, transfer())
    await outside.bank.transfer("childbirth/1:credit", transfer())
    await outside.fault("bank", "status", match={"path_prefix": "/bank/v1/transfers"})
    assert await outside.bank.accounts(AIGUL)
    with pytest.raises(Unavailable):
        await outside.bank.transfer_status("childbirth/1:credit")


async def test_a_look_up_by_key_is_about_the_person_of_the_effect(outside: Outside) -> None:
    await outside.cast(aigul())
    await outside.bank.transfer(PAY, transfer())
    await outside.fault("bank", "status", match={"iin": AIGUL})
    with pytest.raises(Unavailable):
        await outside.bank.transfer_status(PAY)
    assert await outside.bank.transfer_status("another/1:credit") is None


async def test_the_cast_brings_its_own_faults(outside: Outside) -> None:
    faults = [{"fault": "down", "how": "503", "times": 1, "match": {"method": "GET"}}]
    await outside.cast(aigul(behaviour={"registries": {"faults": faults}}), daulet())
    await outside.fault("registries", "latency", seconds=0.01)
    assert await outside.registries.mobile.phone(DAULET) is None
    with pytest.raises(Unavailable):
        await outside.registries.mobile.phone(AIGUL)
    assert await outside.registries.mobile.phone(AIGUL)
    (ours, hers) = (await outside.admin("registries", "GET", "/admin/faults"))["rules"]
    assert (ours["met"], hers["met"], hers["match"]["iin"]) == (3, 1, AIGUL)


async def test_chance_is_repeatable_by_its_seed(outside: Outside) -> None:
    async def drawn() -> list[bool]:
        rule = {"fault": "status", "probability": 0.5}
        await outside.admin("registries", "PUT", "/admin/faults", {"rules": [rule], "seed": 7})
        answers = []
        for _ in range(30):
            try:
                await outside.registries.civil.family(AIGUL)
                answers.append(True)
            except Unavailable:
                answers.append(False)
        return answers

    first = await drawn()
    assert 5 < sum(first) < 25
    assert await drawn() == first


async def test_a_rule_that_makes_no_sense_is_named_and_changes_nothing(outside: Outside) -> None:
    await outside.fault("bank", "answer_twice")
    rules = [{"fault": "latency", "secnds": 1}]
    answer = await outside.admins["bank"].put("/admin/faults", json={"rules": rules})
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {
        "rules.0.latency.seconds",
        "rules.0.latency.secnds",
    }
    (kept,) = (await outside.admin("bank", "GET", "/admin/faults"))["rules"]
    assert kept["fault"] == "answer_twice"


async def test_settings_have_names(outside: Outside) -> None:
    assert await outside.admin("body", "GET", "/admin/settings") == {"delay_seconds": 0.0}
    answer = await outside.admins["body"].put("/admin/settings", json={"settle_seconds": 1})
    assert answer.status_code == 422
    answer = await outside.admins["body"].put("/admin/settings", json={"delay_seconds": -1})
    assert answer.status_code == 422
    assert await outside.admin("body", "GET", "/admin/settings") == {"delay_seconds": 0.0}


async def test_nobody_there(unused_url: str) -> None:
    async with outside_at(dict.fromkeys(("registries", "emaket", "body", "bank"), unused_url)) as nowhere:
        with pytest.raises(Unavailable) as caught:
            await nowhere.bank.transfer(PAY, transfer())
        assert caught.value.code == "connect_error"
        with pytest.raises(httpx.ConnectError):
            await nowhere.admins["bank"].get("/healthz")


@pytest.fixture
def unused_url() -> str:
    """An address where nothing listens."""
    from stubs import serve

    sock = serve.listen("127.0.0.1", 0)
    port = sock.getsockname()[1]
    sock.close()
    return f"http://127.0.0.1:{port}"
