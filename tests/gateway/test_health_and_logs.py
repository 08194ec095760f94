"""Whether the gateway lives and can work, and that its log tells everything but who it was about."""

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import structlog
from sqlalchemy import text

import dialogue
from card import Card
from gateway import relay as relay_module
from gateway.app import Parts, gateway_app
from runtime.telemetry import configure_logging
from stubs.serve import serving
from tests.activities.people import ibans_of, iin_of, mother, phone_of, private
from tests.gateway.house import House, now
from tests.gateway.test_posts import EVENTS, GOOD, RECEIPTS, REPLIES

SAID = "Менің атым Айсұлу, нет"


async def test_alive_and_ready(house: House) -> None:
    assert (await house.http.get("/healthz")).json() == {"status": "ok"}
    async with asyncio.timeout(30):  # a busy machine is not ready at the first probe
        while (ready := await house.http.get("/readyz")).status_code == 503:
            await asyncio.sleep(0.2)
    assert (ready.status_code, ready.json()) == (200, {"database": True, "temporal": True})


class Down:
    """Somebody who does not answer."""

    service_client = property(lambda self: self)

    async def ready(self) -> bool:
        raise ConnectionError

    async def check_health(self, **_: object) -> bool:
        raise ConnectionError


@pytest.mark.parametrize("away", ["card", "client"])
async def test_not_ready_says_who_is_away_and_stays_alive(house: House, away: str) -> None:
    parts: dict[str, Any] = {"card": house.card, "client": house.client, "opening": house.opening, "relay": house.relay}
    app = gateway_app(house.settings, Parts(**parts | {away: cast(Any, Down())}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        ready = await http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json() == {"database": away != "card", "temporal": away != "client"}
        assert (await http.get("/healthz")).status_code == 200


async def test_a_database_that_is_gone_is_not_ready(house: House) -> None:
    gone = Card("postgresql://nobody@127.0.0.1:1/none")
    app = gateway_app(house.settings, Parts(gone, house.client, house.opening, house.relay))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as http:
        assert (await http.get("/readyz")).json()["database"] is False
    await gone.close()


# --- logs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """The JSON log of the process, as the gateway writes it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield capsys
    root.handlers[:], root.level = before
    structlog.reset_defaults()


async def test_the_log_of_a_bad_day_names_nobody(
    house: House, logs: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Good and bad posts, a bug, a database that refuses, an SMS centre and a case that are away."""
    monkeypatch.setattr(relay_module, "SWEEP", 0.01)
    configure_logging("INFO")
    case = await house.open()
    await house.ask(case)

    async with serving(house.app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as over_the_network:
        monkeypatch.setattr(house, "http", over_the_network)
        for path, content in GOOD.items():
            await house.post(path, content)
            await house.post(
                path, {**content, "surname": "Үлгібаева", "iin": "850312450016", "phone": phone_of(1) + "x"}
            )
        await house.post(REPLIES, b'{"phone": "' + phone_of(1).encode())
        await house.post(REPLIES, GOOD[REPLIES] | {"message_id": "said", "text": SAID})
        await house.brought()

        def stumbles(text: str) -> Any:
            raise KeyError("a bug")

        with monkeypatch.context() as patch:
            patch.setattr(dialogue, "understand", stumbles)
            await house.post(REPLIES, GOOD[REPLIES] | {"message_id": "stumbled", "text": f"{SAID} {ibans_of(1)[0]}"})
            await house.brought()
        with monkeypatch.context() as patch:
            patch.setattr(house.relay, "receipt", refused_by_the_database(house))
            assert (await house.post(RECEIPTS, GOOD[RECEIPTS])).status_code == 500
            patch.setattr(house.relay, "reply", refused_by_the_database(house))
            assert (await house.post(REPLIES, GOOD[REPLIES] | {"text": SAID})).status_code == 500
        await house.post(EVENTS, GOOD[EVENTS] | {"event_id": "e-2"})
        await house.relay.sweep()
    written = logs.readouterr().out
    lines = [json.loads(line) for line in written.splitlines()]
    events = [str(line["event"]).strip() for line in lines]
    assert events.count("relay.reply_set_aside") == 1
    assert events.count("Exception in ASGI application") == 2
    assert any("KeyError" in line.get("exception", "") for line in lines), "the bug itself is told"
    secrets = private(mother()) | {SAID, "Айсұлу", "Үлгібаева", iin_of(1), phone_of(1), phone_of(1)[1:]}
    assert not [secret for secret in secrets if secret in written]


def refused_by_the_database(house: House) -> Any:
    """Something that writes what it was given, and cannot."""

    async def refused(*given: object, **more: object) -> None:
        async with house.card.transaction() as session:
            sql = "INSERT INTO incoming (phone, text, complete, received_at) VALUES (:phone, :text, true, now())"
            await session.execute(text(sql), {"phone": phone_of(1), "text": f"{given}{more}"})

    return refused


async def test_the_log_of_waiting_names_nobody(
    lonely: House, logs: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "SWEEP", 0.05)
    monkeypatch.setattr(relay_module, "TAKE", timedelta(seconds=0.2))
    configure_logging("INFO")
    await lonely.ask(await lonely.open())
    await lonely.relay.reply("smpp:1", phone_of(1), SAID, now())
    await lonely.brought()
    await asyncio.sleep(0)
    written = logs.readouterr().out
    assert "relay.reply_waits" in written
    assert not [secret for secret in (SAID, "Айсұлу", phone_of(1), phone_of(1)[2:]) if secret in written]
