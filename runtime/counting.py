"""What cases do, as counters and histograms: offers, answers, rulings, money and endings, by service and region.

They count what steps have reported, for graphs and alarms: a case that was begun anew counts twice. The books are the
Card's. Nothing here may fail a step, and no label is personal.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from temporalio.common import MetricMeter
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from adapters.errors import AdapterError
from adapters.sms.port import OutgoingSms, SentPart, SmsCentre
from card import Card, cases, payments, rulings
from workflows.model import (
    Answer,
    AssignInput,
    CloseInput,
    Credited,
    CreditInput,
    Offered,
    Ruling,
    SettleInput,
    Step,
    StepInput,
    Told,
)

log = logging.getLogger(__name__)

REMEMBERED = 20_000
"""Of so many cases it is kept where they are from and since when: asked once, and a case has a handful of steps."""

Labels = Mapping[str, str | int | float | bool]


class Meters:
    """The counters and histograms, each with the labels that it has."""

    def __init__(self, meter: MetricMeter) -> None:
        count, spread = meter.create_counter, meter.create_histogram_float
        self.offers = count("demeu_offers", "offers, by what became of them: asked, granted, or why nobody was asked")
        self.answers = count("demeu_answers", "answers to cases, by their meaning")
        self.rulings = count("demeu_rulings", "what the deciding bodies ruled: assigned, differs, refused")
        self.assigned = count("demeu_assigned_tiyn", "what was assigned anew, in tiyn: hundredths of a tenge")
        self.credited = count("demeu_credited_tiyn", "what reached accounts, in tiyn")
        self.payments = count("demeu_payments", "payments, by their result: settled, or the bank's reason")
        self.notices = count("demeu_notices", "notices without consent, by whether they went out")
        self.outcomes = count("demeu_outcomes", "cases that have ended, by outcome")
        self.days = spread("demeu_case_days", "days from the opening of a case to its end")


class _Origin(NamedTuple):
    """What is counted of a case besides its steps."""

    opened_at: datetime
    region: str


@dataclass(frozen=True)
class _Done:
    """A step that has ended well: what went in, what came out, the case's labels."""

    step: Any
    result: Any
    labels: Labels
    origin: _Origin
    card: Card


async def _offered(meters: Meters, done: _Done) -> None:
    result: Offered = done.result
    became = "granted" if result.granted else "asked" if result.sent else _word(result.reason)
    meters.offers.add(1, {**done.labels, "result": became})


async def _answered(meters: Meters, done: _Done) -> None:
    result: Answer = done.result
    meters.answers.add(1, {**done.labels, "meaning": "refused" if result.refused else result.meaning})


async def _ruled(meters: Meters, done: _Done) -> None:
    step, result = done.step, done.result
    assert isinstance(result, Ruling)  # noqa: S101  (by the name of the step)
    became = "differs" if result.differs else "assigned" if result.assigned else "refused"
    meters.rulings.add(1, {**done.labels, "result": became})
    if became != "assigned":
        return
    if isinstance(step, AssignInput):
        was = step.was
    else:
        async with done.card.statements() as session:
            ruling = await rulings.of_case(session, step.case.ref)
        was = ruling.was if ruling is not None else None
    meters.assigned.add(_tiyn(result.amount - (was or 0)), done.labels)


async def _paid(meters: Meters, done: _Done) -> None:
    step: CreditInput | SettleInput = done.step
    result: Credited = done.result
    meters.payments.add(1, {**done.labels, "result": "settled" if result.settled else _word(result.reason)})
    if not result.settled:
        return
    if result.part is not None:
        amount = result.part  # the rest is still to be paid
    elif isinstance(step, CreditInput):
        amount = step.amount
    else:
        async with done.card.statements() as session:
            amount = (await payments.find(session, step.key)).amount
    meters.credited.add(_tiyn(amount), done.labels)


async def _told(meters: Meters, done: _Done) -> None:
    result: Told = done.result
    meters.notices.add(1, {**done.labels, "result": "told" if result.sent else _word(result.reason)})


async def _closed(meters: Meters, done: _Done) -> None:
    step: CloseInput = done.step
    meters.outcomes.add(1, {**done.labels, "outcome": step.outcome})
    passed = datetime.now(UTC) - done.origin.opened_at
    meters.days.record(max(passed.total_seconds(), 0) / 86_400, {**done.labels, "outcome": step.outcome})


_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,40}")


def _word(reason: str | None) -> str:
    """A code as it is; a sentence, of which there may be any number, is no label."""
    return reason if reason and _WORD.fullmatch(reason) else "other"


def _tiyn(amount: Decimal) -> int:
    return max(int(amount * 100), 0)


COUNTED: dict[str, Callable[[Meters, _Done], Any]] = {
    Step.OFFER: _offered,
    Step.HEAR: _answered,
    Step.ASSIGN: _ruled,
    Step.ACCEPT_AMOUNT: _ruled,
    Step.CREDIT: _paid,
    Step.SETTLE: _paid,
    Step.TELL: _told,
    Step.CLOSE: _closed,
}
"""The steps that count for something, and for what."""


class Counting(Interceptor):
    """Counts what the steps of cases report, on the worker's metrics."""

    def __init__(self, meter: MetricMeter, card: Card) -> None:
        self._meters = Meters(meter)
        self._card = card
        self._origins: dict[str, _Origin] = {}

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Watching(next, self)

    async def count(self, name: str, step: StepInput, result: Any) -> None:
        counted = COUNTED.get(name)
        if counted is None:
            return
        origin = await self._origin(step.case.ref)
        labels = {"service": step.case.service, "region": origin.region}
        await counted(self._meters, _Done(step, result, labels, origin, self._card))

    async def _origin(self, ref: str) -> _Origin:
        known = self._origins.get(ref)
        if known is None:
            async with self._card.statements() as session:
                opened_at, region = await cases.origin(session, ref)
            known = _Origin(opened_at, region or "unknown")
            if len(self._origins) >= REMEMBERED:
                self._origins.clear()
            self._origins[ref] = known
        return known


class _Watching(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, counting: Counting) -> None:
        super().__init__(next)
        self._counting = counting

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        result = await self.next.execute_activity(input)
        step = input.args[0] if input.args else None
        if isinstance(step, StepInput):
            try:
                await self._counting.count(input.fn.__name__, step, result)
            except Exception as error:
                log.warning("not counted: %s of %s, %s", input.fn.__name__, step.case.ref, type(error).__name__)
        return result


class CountedCentre:
    """An SMS centre whose parts are counted: `demeu_sms_parts_total{operator,result}`, sent or the reason of a no."""

    def __init__(self, centre: SmsCentre, operator: str, meter: MetricMeter) -> None:
        self._centre = centre
        self._operator = operator
        self._parts = meter.create_counter("demeu_sms_parts", "parts of SMS handed to an operator, by result")

    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        """As the centre's own."""
        try:
            sent = await self._centre.send(sms)
        except AdapterError as error:
            self._parts.add(len(sms.parts), {"operator": self._operator, "result": _word(error.code)})
            raise
        self._parts.add(len(sent), {"operator": self._operator, "result": "sent"})
        return sent
