"""What may be posted: good things are stored once, bad ones name field and rule, show no value and change nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlmodel import SQLModel
from temporalio.service import RPCError, RPCStatusCode

from benefits.days import day_of
from card import cases
from card.tables import CaseRecord, DeliveryReceipt, IncomingMessage, SeenRequest
from gateway.signature import signed_headers
from tests.activities.database import BY_FORCE
from tests.activities.people import iin_of, phone_of
from tests.gateway.house import SECRETS, House, allowed, now
from workflows.model import NOTICE_WORKFLOW, SearchAttributes

REPLIES, RECEIPTS, EVENTS = "/v1/sms/replies", "/v1/sms/receipts", "/v1/registry/events"
AT = datetime(2025, 3, 1, 7, tzinfo=UTC).isoformat()
GOOD: dict[str, dict[str, Any]] = {
    REPLIES: {"message_id": "m-1", "phone": phone_of(1), "text": "ИӘ", "received_at": AT},
    RECEIPTS: {"smsc_message_id": "s-1", "state": "delivered", "at": AT},
    EVENTS: {"event_id": "e-1", "kind": "birth", "iin": iin_of(1), "on": "2025-03-01"},
}


async def counts(house: House) -> dict[str, int]:
    """How many rows each table has, the requests that were seen and the plan of accounts left aside."""
    async with house.card.transaction() as session:
        return {
            table.name: await session.scalar(select(func.count()).select_from(table)) or 0
            for table in SQLModel.metadata.sorted_tables
            if table.name not in (SeenRequest.__tablename__, "ledger_accounts")
        }


@pytest.mark.parametrize("path", GOOD)
async def test_a_good_post_is_taken(house: House, path: str) -> None:
    answer = await house.post(path, GOOD[path])
    assert answer.status_code == 202
    await house.brought()


BAD: list[Any] = [
    (REPLIES, "message_id", ""),
    (REPLIES, "message_id", "with space"),
    (REPLIES, "message_id", "n" * 129),
    (REPLIES, "message_id", "нөмір"),
    (REPLIES, "message_id", "\x00"),
    (REPLIES, "message_id", 5),
    (REPLIES, "phone", "call me"),
    (REPLIES, "phone", "+7"),
    (REPLIES, "phone", "12345678901234567890"),
    (REPLIES, "phone", "+49123456789012345"),
    (REPLIES, "phone", "123456"),
    (REPLIES, "phone", None),
    (REPLIES, "text", "я" * 2001),
    (REPLIES, "text", None),
    (REPLIES, "received_at", "2025-03-01T12:00:00"),
    (REPLIES, "received_at", "yesterday"),
    (REPLIES, "received_at", 1740812400),
    (REPLIES, "received_at", "1740812400"),
    (REPLIES, "received_at", "0001-01-01T00:00:00+23:59"),
    (REPLIES, "received_at", "2019-12-31T23:59:59+00:00"),
    (REPLIES, "received_at", "9999-12-31T23:59:59-23:59"),
    (RECEIPTS, "at", "0001-01-01T00:00:00+23:59"),
    (RECEIPTS, "at", "9999-12-31T23:59:59-23:59"),
    (RECEIPTS, "at", 0.0),
    (EVENTS, "on", 0),
    (EVENTS, "on", "1740787200"),
    pytest.param(REPLIES, "received_at", (datetime.now(UTC) + timedelta(days=2)).isoformat(), id="replies-tomorrow"),
    (RECEIPTS, "state", "lost"),
    (RECEIPTS, "smsc_message_id", ""),
    (RECEIPTS, "at", "2025-03-01"),
    pytest.param(RECEIPTS, "at", (datetime.now(UTC) + timedelta(days=2)).isoformat(), id="receipts-tomorrow"),
    (EVENTS, "event_id", ""),
    (EVENTS, "kind", "wedding"),
    (EVENTS, "iin", "850312450016"),
    (EVENTS, "iin", "85031245001"),
    (EVENTS, "iin", "859912450017"),
    (EVENTS, "iin", 850312450017),
    (EVENTS, "on", "2025-02-30"),
    (EVENTS, "on", "1899-12-31"),
    (EVENTS, "on", "0001-01-01"),
]


@pytest.mark.parametrize(("path", "name", "value"), BAD)
async def test_a_bad_field_is_named_with_its_rule_and_changes_nothing(
    house: House, path: str, name: str, value: Any
) -> None:
    answer = await house.post(path, GOOD[path] | {name: value})
    assert answer.status_code == 422
    problem = answer.json()
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["code"] == "not_valid"
    assert list(problem["errors"]) == [name]
    assert problem["errors"][name]
    if isinstance(value, str) and len(value) > 6:
        assert value not in answer.text
    assert not any((await counts(house)).values())


@pytest.mark.parametrize("path", GOOD)
async def test_missing_and_unknown_fields_are_named(house: House, path: str) -> None:
    answer = await house.post(path, {"surname": "Үлгібаева"})
    needed = {name for name in GOOD[path] if name != "on"}
    assert set(answer.json()["errors"]) == needed | {"surname"}
    assert "Үлгібаева" not in answer.text
    for content in (b"", b"{", b"[]", b"null", b'"text"', b"\xff"):
        assert (await house.post(path, content)).status_code in (400, 422)
    assert not any((await counts(house)).values())


@pytest.mark.parametrize("path", GOOD)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
async def test_there_is_nothing_to_get_or_to_change(house: House, path: str, method: str) -> None:
    assert (await house.http.request(method, path)).status_code == 401
    headers = signed_headers(allowed(path), SECRETS[allowed(path)], method, path, b"")
    assert (await house.http.request(method, path, headers=headers)).status_code == 405


# --- once -----------------------------------------------------------------------------------------------------------


async def test_a_doubled_reply_is_stored_once(house: House) -> None:
    first = await house.post(REPLIES, GOOD[REPLIES])
    again = await house.post(REPLIES, GOOD[REPLIES])
    assert (first.json(), again.json()) == ({"new": True}, {"new": False})
    other = await house.post(REPLIES, GOOD[REPLIES], sender="operator-2")
    assert other.json() == {"new": True}, "ids are each sender's own"
    await house.brought()
    async with house.card.transaction() as session:
        rows = {row.message_id: row.text for row in await session.scalars(select(IncomingMessage))}
    assert rows == {"operator:m-1": "ИӘ", "operator-2:m-1": "ИӘ"}


async def test_a_doubled_receipt_is_stored_once_and_its_first_word_stands(house: House) -> None:
    for state in ("delivered", "expired"):
        assert (await house.post(RECEIPTS, GOOD[RECEIPTS] | {"state": state})).status_code == 202
    async with house.card.transaction() as session:
        (row,) = (await session.scalars(select(DeliveryReceipt))).all()
    assert row.delivered


async def test_a_phone_is_understood_however_it_is_written(house: House) -> None:
    for n, phone in enumerate(("8 703 000 00 01", "+7 (703) 000-00-01", "77030000001")):
        await house.post(REPLIES, GOOD[REPLIES] | {"phone": phone, "message_id": f"m-{n}"})
    await house.brought()
    async with house.card.transaction() as session:
        assert {row.phone for row in await session.scalars(select(IncomingMessage))} == {phone_of(1)}


async def test_a_text_with_signs_that_the_database_refuses_is_kept_all_the_same(house: House) -> None:
    """A nought in an SMS is an @ that somebody's alphabet lost: the message may not be lost with it."""
    answer = await house.post(REPLIES, GOOD[REPLIES] | {"text": "ИӘ\x00"})
    assert answer.status_code == 202
    await house.brought()
    assert (await house.stored("operator:m-1")).meaning == "unclear"


# --- events ---------------------------------------------------------------------------------------------------------


async def test_a_birth_opens_its_cases_once_and_starts_them_under_their_ids(house: House) -> None:
    answers = [await house.post(EVENTS, GOOD[EVENTS], "registry") for _ in range(3)]
    opened = [answer.json()["cases"] for answer in answers]
    assert [case["service"] for case in opened[0]] == ["childbirth", "childcare", "multi-child"]
    assert [[case["new"] for case in cases] for cases in opened] == [[True] * 3, [False] * 3, [False] * 3]
    assert len({tuple(case["ref"] for case in cases) for cases in opened}) == 1
    for case in opened[0]:
        handle = house.client.get_workflow_handle(f"{case['service']}/{case['ref']}")
        described = await handle.describe()
        seen = described.typed_search_attributes
        assert seen.get(SearchAttributes.SERVICE) == case["service"]
        assert seen.get(SearchAttributes.CASE_REF) == case["ref"]
        assert case["ref"] in str(await described.static_summary())
        whole = f"{described.raw_description} {await described.static_summary()} {await described.static_details()}"
        assert iin_of(1) not in whole
    async with house.card.transaction() as session:
        rows = (await session.scalars(select(CaseRecord))).all()
    assert len(rows) == 3
    assert all(row.started_at for row in rows)
    assert {row.assessed_on for row in rows} == {day_of(now())}


async def test_an_event_that_comes_five_times_at_once_opens_one_case(house: House) -> None:
    event = GOOD[EVENTS] | {"kind": "disability"}
    answers = await asyncio.gather(*(house.post(EVENTS, event, "registry") for _ in range(5)))
    cases = [answer.json()["cases"][0] for answer in answers]
    assert len({case["ref"] for case in cases}) == 1
    assert sum(case["new"] for case in cases) == 1


@pytest.mark.parametrize(("path", "sender"), [(REPLIES, "registry"), (RECEIPTS, "registry"), (EVENTS, "operator")])
async def test_a_sender_may_post_only_what_is_its_own_to_say(house: House, path: str, sender: str) -> None:
    """A registry cannot answer for a person, an operator cannot open a case."""
    assert (await house.post(path, GOOD[path], sender)).status_code == 403
    assert (await house.post(path, GOOD[path])).status_code == 202


async def test_the_same_event_id_of_another_registry_is_another_event(house: House) -> None:
    refs = {
        (await house.post(EVENTS, GOOD[EVENTS], sender)).json()["cases"][0]["ref"]
        for sender in ("registry", "registry-2")
    }
    assert len(refs) == 2


async def test_a_case_that_was_recorded_and_never_started_is_started_later(house: House) -> None:
    """The gateway died between the Card and Temporal; the event is not sent again."""
    case = await house.open()
    await house.end(case)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        row = await session.get_one(CaseRecord, case.ref)
        row.started_at, row.opened_at = None, now() - timedelta(minutes=1)
        row.ref, lost = "0000-0000-0", case.ref
    assert lost
    assert await house.opening.start_pending() == 1
    assert (await house.client.get_workflow_handle("multi-child/0000-0000-0").describe()).status
    assert await house.opening.start_pending() == 0


async def test_a_case_that_has_run_already_is_not_started_again(house: House) -> None:
    case = await house.open()
    await house.end(case)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        row = await session.get_one(CaseRecord, case.ref)
        row.started_at, row.opened_at = None, now() - timedelta(minutes=1)
    run = (await house.handle(case).describe()).run_id
    assert await house.opening.start_pending() == 1
    assert (await house.handle(case).describe()).run_id == run
    assert await house.opening.start_pending() == 0


async def test_the_reference_of_anothers_case_is_not_given_to_a_new_one(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Card was restored from yesterday; a counter gave today's references again, and a case "lived" in another's
    workflow."""
    theirs = await house.open(1)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.delete(await session.get_one(CaseRecord, theirs.ref))
    drawn = [int(theirs.ref.replace("-", "")[:8]), 48271031]
    monkeypatch.setattr("card.cases.secrets.randbelow", lambda _: drawn.pop(0))
    mine = await house.open(2)
    assert mine.ref == "4827-1031-6"
    assert (await house.handle(mine).describe()).status
    assert await house.opening._runs_for(theirs)
    async with house.card.transaction() as session:
        assert (await cases.find(session, theirs.ref)).reason == "reference_taken"


class Away:
    """A Temporal that cannot be reached."""

    async def start_workflow(self, *_: object, **__: object) -> None:
        raise RPCError("away", RPCStatusCode.UNAVAILABLE, b"")


async def test_a_case_is_not_begun_by_a_workflow_of_another_kind(house: House) -> None:
    """A notice was started under its name before it could be: the Card held it begun, and nothing worked on it."""
    client, house.opening.client = house.opening.client, cast(Any, Away())
    mine = await house.open(1)
    house.opening.client = client
    await client.start_workflow(NOTICE_WORKFLOW, mine, id=mine.id, task_queue=house.opening.task_queue)
    await a_minute_passes(house)
    assert await house.opening.start_pending() == 1
    async with house.card.transaction() as session:
        assert (await cases.find(session, mine.ref)).reason == "reference_taken"


async def test_an_event_is_taken_while_temporal_is_away_and_its_cases_start_later(house: House) -> None:
    client, house.opening.client = house.opening.client, cast(Any, Away())
    answer = await house.post(EVENTS, GOOD[EVENTS], "registry")
    assert answer.status_code == 202
    assert [case["new"] for case in answer.json()["cases"]] == [True] * 3
    await a_minute_passes(house)
    with pytest.raises(RPCError):
        await house.opening.start_pending()
    house.opening.client = client
    assert await house.opening.start_pending() == 3
    for case in answer.json()["cases"]:
        assert (await house.client.get_workflow_handle(f"{case['service']}/{case['ref']}").describe()).status


async def test_a_case_of_a_service_that_is_gone_holds_up_no_other(house: House) -> None:
    client, house.opening.client = house.opening.client, cast(Any, Away())
    gone, there = await house.open(), await house.open()
    house.opening.client = client
    await a_minute_passes(house)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, gone.ref)).service = "bicycle"
    await house.opening.start_pending()
    assert (await house.handle(there).describe()).status
    async with house.card.transaction() as session:
        assert (await session.get_one(CaseRecord, gone.ref)).started_at is None


async def a_minute_passes(house: House) -> None:
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        await session.execute(update(CaseRecord).values(opened_at=now() - timedelta(minutes=1)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
    | st.text("иәжоқдатнеyesno 12345KZ.,!?\x00\u200b👍", max_size=60)
)
async def test_any_text_can_be_sent_and_is_brought_to_an_end(house: House, text: str) -> None:
    name = f"any-{abs(hash(text))}"
    answer: httpx.Response = await house.post(REPLIES, GOOD[REPLIES] | {"text": text, "message_id": name})
    assert answer.status_code == 202
    await house.brought()
    assert (await house.stored(f"operator:{name}")).relayed_at is not None


async def test_what_a_fast_clock_says_came_when_it_came(house: House) -> None:
    """A yes of the last minutes of a month was one of the next, and of the last minutes of a window late."""
    before = now()
    ahead = {**GOOD[REPLIES], "received_at": (before + timedelta(seconds=250)).isoformat()}
    assert (await house.post(REPLIES, ahead)).status_code == 202
    async with house.card.statements() as session:
        (stored,) = await session.scalars(select(IncomingMessage))
    assert before <= stored.received_at <= now()
