"""Which cases an event opens: what the law of the day names, each service and notice by at least one event."""

from datetime import date

import pytest

import benefits
from benefits import BadFacts
from gateway.events import opened_by
from gateway.messages import EventKind

ON = date(2026, 11, 20)


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
    assert set(opened_by(kind, ON)) == opened


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
