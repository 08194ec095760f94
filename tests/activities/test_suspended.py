"""A suspended right is not paid for now: its case ends, and it is looked at until what stands in its way is gone."""

from datetime import timedelta

import benefits
from benefits import explain
from card import snapshots
from tests.activities.life import Life
from tests.activities.people import kandas
from tests.activities.test_looks import Gateway, gateway
from tests.activities.test_rights import TODAY, by_event, close, detect, looks
from workflows.model import Outcome

__all__ = ["gateway"]

EXPIRED = TODAY.replace(day=1) - timedelta(days=1)


async def test_a_kandas_whose_certificate_is_extended(life: Life, gateway: Gateway) -> None:
    person = kandas()
    (status,) = person["kandas"]
    expired = status | {"until": EXPIRED.replace(day=1).isoformat()}
    await life.settle(person | {"kandas": [expired]})
    case, _ = await by_event(life, "multi-child", "zags:5:multi-child", TODAY)
    for _ in range(6):  # more often than an event is looked for that told of nothing
        found = await detect(life, case)
        assert (found.ended, found.reason, found.amount) == (Outcome.NO_RIGHT, "kandas_expired", None)
        await close(life, case, Outcome.NO_RIGHT, found.reason)
        (look,) = await looks(life)
        assert TODAY < look.day <= TODAY + timedelta(days=30)
        again = await gateway.looks_again()
        assert again is not None
        case = again
    extended = expired | {"number": "K-9", "until": (TODAY + timedelta(days=300)).isoformat()}
    extended["decided_on"] = extended["from_date"] = TODAY.isoformat()
    await life.settle(person | {"kandas": [expired, extended]})
    found = await detect(life, case)
    assert found.ended is None
    assert found.amount is not None


async def test_what_is_suspended_is_kept_as_such(life: Life) -> None:
    person = kandas()
    (status,) = person["kandas"]
    await life.settle(person | {"kandas": [status | {"until": EXPIRED.replace(day=1).isoformat()}]})
    case, _ = await by_event(life, "multi-child", "zags:5:multi-child", TODAY)
    await detect(life, case)
    async with life.card.statements() as session:
        kept = await snapshots.last(session, case.ref)
    assert kept is not None
    decision = benefits.Decision.from_dict(kept.decision)
    assert decision.suspended is not None
    assert "suspended from" in explain(decision, "en")
    assert "extended" in explain(decision, "en")
