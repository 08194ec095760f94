"""The end of a case in the Card: its outcome, written once, what that makes of its right, and nothing more expected.

When the right is looked at again is the law's to say, in dated parameters by ending (`again_after_days`).
"""

from datetime import UTC, date, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

import benefits
from activities.entitle import entitle
from activities.newcomers import UNKNOWN_PERSON, next_look
from activities.world import World
from benefits import Frequency, Service
from benefits.days import day_of
from card import Session, cases, decisions, messages, money, parts, payments, rights
from card.cases import Again
from card.tables import CaseRecord
from workflows.model import CANCELLED, Action, CloseInput, Outcome, Step, tenge

FOR_GOOD = frozenset({Outcome.CREDITED, Outcome.TOLD, Outcome.NOT_DUE})
"""Endings after which nothing is looked at by itself: a right that runs is, when an event tells of a change."""

NOTHING_NEW = frozenset({Outcome.NO_RIGHT, Outcome.ALREADY_PAID, Outcome.ALREADY_OFFERED})
"""Endings in which the registries showed nothing of what an event told of: it may have overtaken them."""


BY_CANCEL = {
    "action": Action.CLOSE,
    "why": CANCELLED,
    "by": "nobody named",
    "note": "cancelled through Temporal, which asks for no name",
}
"""What a cancel leaves among what was decided: whoever looks for who closed the case finds that it is not known."""


class CloseStep:
    def __init__(self, world: World) -> None:
        self.world = world

    @activity.defn(name=Step.CLOSE)
    async def close(self, step: CloseInput) -> None:
        case = step.case
        service = next((one for one in benefits.services(case.on, every=True) if one.code == case.service), None)
        async with self.world.card.transaction() as session:
            record = await cases.find(session, case.ref)
            owed = (await money.money(session, case.ref)).pending
            if step.outcome is Outcome.CREDITED and owed:
                # As where the money came back, and a run was reset into its last moment.
                raise ApplicationError(
                    f"by the Card {tenge(owed)} are still owed: terminate this run; the case is begun anew, and pays",
                    type="Refused",
                    non_retryable=True,
                )
            if step.outcome is not Outcome.CREDITED and await payments.may_be_on_its_way(session, case.ref):
                raise ApplicationError(
                    "by the Card a payment may be on its way: terminate this run; the case, begun anew, asks the bank",
                    type="Refused",
                    non_retryable=True,
                )
            asked = step.outcome is not Outcome.LAPSED or not await _never_arrived(session, case.ref)
            ended = await cases.close(
                session,
                case.ref,
                step.outcome,
                step.reason,
                once=service is not None and service.frequency is Frequency.ONCE,
                again=_again(service, record, step.outcome if asked else Outcome.UNREACHABLE, step.reason),
                asked=asked,
            )
            if ended and step.outcome is Outcome.CLOSED_BY_OPERATOR and step.reason == CANCELLED:
                await decisions.write(session, key=step.key, case_ref=case.ref, at=datetime.now(UTC), **BY_CANCEL)
            monthly = service is not None and service.frequency is Frequency.MONTHLY
            if ended and step.outcome is Outcome.CREDITED and monthly:
                await entitle(session, record)


async def _never_arrived(session: Session, ref: str) -> bool:
    """Whether the network turned the question down, as it did everybody's while nothing arrived: her silence says
    nothing then."""
    question = await messages.last_question(session, ref)
    delivery = await parts.delivery_of(session, question.key) if question is not None else None
    return delivery is not None and not delivery.delivered


def _again(service: Service | None, record: CaseRecord, outcome: Outcome, reason: str | None) -> Again | None:
    """When it is looked at again. Notices, of which no service is, are not looked at by themselves, but where nobody
    was known to tell anything."""
    if service is None or outcome in FOR_GOOD:
        return _unknown(record, reason)
    today = max(day_of(datetime.now(UTC)), record.assessed_on)
    if outcome in NOTHING_NEW:
        return _nothing_new(service, record, today)
    days = service.again_after_days.get(outcome)
    return None if days is None else Again(today + timedelta(days=days), service.most_offers)


def _nothing_new(service: Service, record: CaseRecord, today: date) -> Again | None:
    """Not *yet*: a few looks after the event that told, or after a look at a right that a register denies."""
    days = next_look(service.again_after_days, record.look)
    # Also what a register says is paid: it may be a typing error, and nobody would look at the right any more.
    by_itself = record.root is not None or record.opened_by.startswith(rights.LOOK)
    if not by_itself or days is None:
        return None
    return Again(today + timedelta(days=days), service.most_offers)


def _unknown(record: CaseRecord, reason: str | None) -> Again | None:
    topic = next((one for one in benefits.notice_topics(record.assessed_on) if one.code == record.service), None)
    if topic is None or reason != UNKNOWN_PERSON:
        return None
    days = next_look(topic.again_after_days, record.look)
    today = max(day_of(datetime.now(UTC)), record.assessed_on)
    return None if days is None else Again(today + timedelta(days=days), most_offers=0)
