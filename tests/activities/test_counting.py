"""What steps report is counted, by service and region, without anything personal and without failing a step."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from adapters.errors import Refused
from adapters.sms.port import OutgoingSms, SentPart
from card import people
from runtime.counting import COUNTED, CountedCentre, Counting
from runtime.embedded.processes import free_ports
from runtime.telemetry import temporal_runtime
from tests.activities.life import Life
from workflows.model import (
    Answer,
    AssignInput,
    Case,
    CloseInput,
    Credited,
    CreditInput,
    Meaning,
    Offered,
    OfferInput,
    Outcome,
    Ruling,
    Step,
    StepInput,
    Told,
)

NOW = datetime.now(UTC)


class Reported(ActivityInboundInterceptor):
    """In the place of a step: it has done what it reports."""

    def __init__(self, result: Any) -> None:
        self.result = result

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: ARG002
        return self.result


async def _report(counting: Counting, name: Step, step: StepInput, result: Any) -> Any:
    async def fn(_: StepInput) -> None: ...

    fn.__name__ = name
    watched = counting.intercept_activity(Reported(result))
    return await watched.execute_activity(ExecuteActivityInput(fn=fn, args=[step], executor=None, headers={}))


def _steps(case: Case) -> list[tuple[Step, StepInput, Any]]:
    at: dict[str, Any] = {"case": case, "key": "key"}
    applied: dict[str, Any] = {"applied_on": case.on, "application_number": "EM-1", "amount": Decimal("78.50")}
    return [
        (Step.OFFER, OfferInput(**at, amount=Decimal(1), at=NOW), Offered(sent=True)),
        (Step.OFFER, OfferInput(**at, amount=Decimal(1), at=NOW), Offered(sent=False, reason="no phone of hers")),
        (Step.HEAR, StepInput(**at), Answer(meaning=Meaning.YES)),
        (Step.HEAR, StepInput(**at), Answer(meaning=Meaning.YES, refused="too late")),
        (Step.ASSIGN, AssignInput(**at, **applied, was=Decimal(8)), Ruling(assigned=True, amount=Decimal("78.50"))),
        (Step.ASSIGN, AssignInput(**at, **applied), Ruling(assigned=True, amount=Decimal(9), differs=True)),
        (Step.CREDIT, CreditInput(**at, account_id=uuid4(), amount=Decimal(70)), Credited(settled=True)),
        (Step.CREDIT, CreditInput(**at, account_id=uuid4(), amount=Decimal(9)), Credited(settled=False, reason="AC04")),
        (
            Step.CREDIT,
            CreditInput(**at, account_id=uuid4(), amount=Decimal(60)),
            Credited(settled=True, part=Decimal(5)),
        ),
        (Step.TELL, StepInput(**at), Told(sent=True)),
        (Step.CLOSE, CloseInput(**at, outcome=Outcome.CREDITED), None),
    ]


async def test_what_a_case_does_is_on_the_metrics(life: Life) -> None:
    (port,) = free_ports([0])
    runtime = temporal_runtime(f"127.0.0.1:{port}")
    case = await life.open()
    async with life.card.transaction() as session:
        await people.remember_person(session, case.person_id, {"region": "KZ-71"})
    counting = Counting(runtime.metric_meter, life.card)
    for name, step, result in _steps(case):
        assert await _report(counting, name, step, result) is result
    assert set(COUNTED) - {name for name, _, _ in _steps(case)} == {Step.ACCEPT_AMOUNT, Step.SETTLE}
    async with httpx.AsyncClient(trust_env=False) as http:
        shown = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    of = f'region="KZ-71",RESULT,service="{case.service}"'
    plain = of.replace("RESULT,", "")

    def value(name: str, labels: str) -> float:
        (line,) = [one for one in shown.splitlines() if one.startswith(f"{name}{{") and labels in _sorted(one)]
        return float(line.rpartition(" ")[2])

    assert value("demeu_offers_total", of.replace("RESULT", 'result="asked"')) == 1
    assert value("demeu_offers_total", of.replace("RESULT", 'result="other"')) == 1, "a sentence is no label"
    assert value("demeu_answers_total", f'meaning="yes",{plain}') == 1
    assert value("demeu_answers_total", f'meaning="refused",{plain}') == 1
    assert value("demeu_assigned_tiyn_total", plain) == 7050, "the difference to what ran, once a body and we agree"
    assert value("demeu_credited_tiyn_total", plain) == 7500, "of what was paid before only the rest is left"
    assert value("demeu_payments_total", of.replace("RESULT", 'result="AC04"')) == 1
    assert value("demeu_notices_total", of.replace("RESULT", 'result="told"')) == 1
    assert value("demeu_outcomes_total", f'outcome="credited",{plain}') == 1
    assert value("demeu_case_days_count", f'outcome="credited",{plain}') == 1
    assert 'le="90"' in shown
    assert str(case.person_id) not in shown
    assert case.ref not in shown


def _sorted(line: str) -> str:
    labels = line[line.index("{") + 1 : line.index("}")].split(",")
    return ",".join(sorted(one for one in labels if not one.startswith(("service_name", "le="))))


async def test_what_cannot_be_counted_fails_no_step(life: Life, caplog: pytest.LogCaptureFixture) -> None:
    nobody = Case(ref="0000-0000-0", service="multi-child", person_id=uuid4(), on=NOW.date())
    counting = Counting(temporal_runtime(None).metric_meter, life.card)
    step = StepInput(case=nobody, key="key")
    assert await _report(counting, Step.HEAR, step, Answer()) == Answer()
    assert "not counted: hear of 0000-0000-0" in caplog.text


async def test_a_case_is_asked_about_once(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await life.open()
    counting = Counting(temporal_runtime(None).metric_meter, life.card)
    step = StepInput(case=case, key="key")
    await _report(counting, Step.HEAR, step, Answer())
    monkeypatch.setattr(life.card, "statements", None)
    monkeypatch.setattr(counting, "_card", None)
    await _report(counting, Step.HEAR, step, Answer())


class _Meter:
    def __init__(self) -> None:
        self.added: list[tuple[int, dict[str, str]]] = []

    def create_counter(self, *_: str) -> "_Meter":
        return self

    def add(self, value: int, labels: dict[str, str]) -> None:
        self.added.append((value, labels))


class _Centre:
    async def send(self, sms: OutgoingSms) -> tuple[SentPart, ...]:
        if "no" in sms.parts:
            raise Refused("sms", "0x0000000B", "refused")
        return tuple(SentPart(number=n, smsc_message_id=str(n)) for n, _ in enumerate(sms.parts, 1))


async def test_parts_of_sms_are_counted_by_operator_and_result() -> None:
    meter = _Meter()
    centre = CountedCentre(_Centre(), "kcell", meter)  # type: ignore[arg-type]
    await centre.send(OutgoingSms(key="k", phone="+77010000001", parts=("a", "b")))
    with pytest.raises(Refused):
        await centre.send(OutgoingSms(key="k", phone="+77010000001", parts=("no",)))
    assert meter.added == [(2, {"operator": "kcell", "result": "sent"}), (1, {"operator": "kcell", "result": "other"})]
