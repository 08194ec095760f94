"""Which cases an event opens: what the law of the day names, each service and notice by at least one event."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import col, select

import benefits
from benefits import BadFacts
from benefits.days import day_of
from card import cases, rights
from card.tables import CaseRecord, Entitlement
from gateway.events import opened_by
from gateway.messages import EventKind
from tests.activities.people import iin_of
from tests.entitled_people import Entitled, settle
from tests.gateway.house import House, now

ON = date(2026, 11, 20)
EVENTS = "/v1/registry/events"


@pytest.mark.parametrize(
    ("kind", "opened"),
    [
        (EventKind.BIRTH, {"childbirth", "childcare", "multi-child"}),
        (EventKind.ADOPTION, {"childbirth", "childcare", "multi-child"}),
        (EventKind.DISABILITY, {"disability"}),
        (EventKind.CHILD_DISABILITY, {"disability", "disabled-child-carer"}),
        (EventKind.CAPACITY_LOSS, {"capacity-loss"}),
        (EventKind.JOB_LOSS, {"job-loss", "employment"}),
        (EventKind.DEATH, {"breadwinner-loss", "burial"}),
        (EventKind.AWARD, {"awarded-mother"}),
        (EventKind.INCOME, {"targeted-assistance"}),
        (EventKind.PENSION, {"pension"}),
        (EventKind.KANDAS, {"kandas"}),
    ],
)
def test_an_event_opens_what_it_may_give(kind: EventKind, opened: set[str]) -> None:
    """And nothing of these that it may not; a benefit that is added says itself what opens it."""
    assert set(opened_by(kind, ON)) & OURS == opened


OURS = {
    *("childbirth", "childcare", "multi-child", "disability", "disabled-child-carer", "capacity-loss", "job-loss"),
    *("breadwinner-loss", "burial", "awarded-mother", "targeted-assistance", "employment", "pension", "kandas"),
}


def test_everything_is_opened_by_an_event_that_can_be_posted() -> None:
    opened = {code for kind in EventKind for code in opened_by(kind, ON)}
    services = {service.code for service in benefits.services(ON)}
    assert opened == services | {topic.code for topic in benefits.notice_topics(ON)}
    named = {event for service in benefits.services(ON) for event in service.events}
    named |= {event for topic in benefits.notice_topics(ON) for event in topic.events}
    assert named == {kind.value for kind in EventKind}


def test_a_day_before_the_law_is_refused() -> None:
    with pytest.raises(BadFacts):
        opened_by(EventKind.BIRTH, date(1999, 1, 1))


async def test_the_same_id_with_another_content_is_refused_and_opens_nothing(house: House) -> None:
    event = {"event_id": "e-same", "kind": "birth", "iin": iin_of(1), "on": "2025-03-01"}
    assert (await house.post(EVENTS, event)).status_code == 202
    first = (await house.post(EVENTS, event)).json()
    assert [case["new"] for case in first["cases"]] == [False] * len(first["cases"])
    for change, field in (
        ({"iin": iin_of(2)}, "person"),
        ({"kind": "adoption"}, "kind"),
        ({"on": "2025-03-02"}, "day"),
    ):
        answer = await house.post(EVENTS, event | change)
        assert answer.status_code == 409
        assert field in answer.json()["detail"]
    async with house.card.transaction() as session:
        assert len((await session.scalars(select(CaseRecord))).all()) == len(first["cases"])


async def test_what_holds_from_a_later_day_is_assessed_for_today(house: House) -> None:
    """The law says *not yet*, and it is looked at on its day: it was granted twenty days before it held."""
    today = day_of(now())
    event = {"event_id": "e-20", "kind": "birth", "iin": iin_of(1), "on": (today + timedelta(days=20)).isoformat()}
    assert (await house.post("/v1/registry/events", event)).status_code == 202
    async with house.card.transaction() as session:
        assert {one.assessed_on for one in await session.scalars(select(CaseRecord))} == {today}


@pytest.mark.parametrize("played_days", [0, 20 * 366])
async def test_what_runs_is_due_for_a_look_today_and_where_days_are_played_on_the_day_of_the_event(
    house: House, played_days: int
) -> None:
    """A run that is played was on no day on which what was heard of it in the play was due."""
    settings = house.settings.model_copy(update={"gateway_events_played_days": played_days})
    of_days = replace(house, settings=settings)
    one, happened = Entitled(0), date(2025, 12, 1)
    async with house.card.transaction() as session:
        await settle(session, [one])
    event = {"event_id": f"e-{played_days}", "kind": "award", "iin": one.iin, "on": happened.isoformat()}
    assert (await of_days.post(EVENTS, event)).status_code == 202
    await of_days.close()
    async with house.card.transaction() as session:
        due = (await session.scalars(select(col(Entitlement.next_review)))).one()
    assert due == (happened if played_days else day_of(now()))


@pytest.mark.parametrize("kind", ["birth", "job_loss"])
async def test_an_event_of_long_ago_is_assessed_for_today(house: House, kind: str) -> None:
    """It was paid by last year's figures, or to a family that had grown up since."""
    event = {"event_id": "e-late", "kind": kind, "iin": iin_of(1), "on": "2025-03-01"}
    assert (await house.post(EVENTS, event)).status_code == 202
    async with house.card.transaction() as session:
        assert {one.assessed_on for one in await session.scalars(select(CaseRecord))} == {day_of(now())}


@pytest.mark.parametrize("on", ["2099-01-01", "9999-12-31"])
async def test_a_day_far_ahead_is_a_typing_error(house: House, on: str) -> None:
    event = {"event_id": "e-2099", "kind": "birth", "iin": iin_of(1), "on": on}
    answer = await house.post(EVENTS, event)
    assert answer.status_code == 422
    assert "on" in answer.json()["errors"]


async def test_what_is_due_is_looked_at_again_once(house: House) -> None:
    """A row for each of two rights, one of them for tomorrow; and two gateways at once."""
    case = await house.open()
    today = day_of(now())
    async with house.card.transaction() as session:
        record = await session.get_one(CaseRecord, case.ref)
        await cases.close(session, case.ref, "no_right", None)
        record.root = "zags:1"
        await rights.look_on(session, record, today, "no_right", n=1)
        record.root = "zags:2"
        await rights.look_on(session, record, today + timedelta(days=1), "no_right", n=1)
    opened = await asyncio.gather(house.opening.look_again(), house.opening.look_again())
    assert sorted(opened) == [0, 1]
    assert await house.opening.look_again() == 0
    async with house.card.transaction() as session:
        (looked,) = await session.scalars(select(CaseRecord).where(col(CaseRecord.look) == 1))
    assert (looked.opened_by, looked.assessed_on, looked.started_at is not None) == (f"zags:1@{today}", today, True)
