"""What comes in is counted at the gateway, and so is who waits for a person, since when."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from temporalio.client import Client
from temporalio.common import MetricMeter, SearchAttributePair, TypedSearchAttributes

from desk.attention import Attentions
from gateway.counts import Counts
from tests.gateway.house import House
from tests.gateway.test_posts import EVENTS, GOOD, RECEIPTS, REPLIES
from workflows.model import SearchAttributes


class Meter:
    """Keeps what is added, by the counter's name."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, dict[str, Any]]] = []

    def create_counter(self, name: str, _: str) -> "_Counter":
        return _Counter(self, name)


@dataclass
class _Counter:
    meter: Meter
    name: str

    def add(self, value: int, labels: dict[str, Any]) -> None:
        assert value == 1
        self.meter.kept.append((self.name, labels))


async def test_replies_receipts_and_events_are_counted(house: House) -> None:
    meter = Meter()
    house.relay.counts = Counts(cast(MetricMeter, meter))
    for path in (REPLIES, REPLIES, RECEIPTS, EVENTS):
        assert (await house.post(path, GOOD[path])).status_code == 202
    opened = [labels["service"] for name, labels in meter.kept if name == "demeu_cases_opened"]
    assert "childbirth" in opened
    assert [one for one in meter.kept if one[0] != "demeu_cases_opened"] == [
        ("demeu_replies", {"operator": "operator", "result": "stored"}),
        ("demeu_replies", {"operator": "operator", "result": "doubled"}),
        ("demeu_sms_receipts", {"operator": "operator", "result": "delivered"}),
        ("demeu_events", {"kind": "birth"}),
    ]
    await house.brought()


@dataclass
class _Waiting:
    id: str
    why: list[str]

    @property
    def typed_search_attributes(self) -> TypedSearchAttributes:
        return TypedSearchAttributes([SearchAttributePair(SearchAttributes.ATTENTION, self.why)])


@dataclass
class _Temporal:
    waiting: list[_Waiting]

    async def list_workflows(self, query: str, limit: int) -> AsyncIterator[_Waiting]:
        assert "NeedsAttention = true" in query
        for one in self.waiting[:limit]:
            yield one


async def test_the_age_of_who_waits_longest_is_told_and_ends_with_the_waiting() -> None:
    temporal = _Temporal([_Waiting("a", ["overdue"]), _Waiting("b", ["overdue", "step_failing"])])
    attentions = Attentions(cast(Client, temporal))
    told: dict[str, tuple[int, float]] = {}
    attentions.tell = lambda why, cases, seconds: told.update({why: (cases, seconds)})
    await attentions.look(100.0)
    assert told == {"overdue": (2, 0.0), "step_failing": (1, 0.0)}
    temporal.waiting = [temporal.waiting[0]]
    await attentions.look(160.0)
    assert told == {"overdue": (1, 60.0), "step_failing": (0, 0.0)}
    temporal.waiting = [_Waiting("c", ["overdue"])]
    await attentions.look(220.0)
    assert told["overdue"] == (1, 0.0), "another case, that has only now begun to wait"


async def test_temporal_understands_what_is_asked(temporal_client: Client) -> None:
    await Attentions(temporal_client).when_due()
