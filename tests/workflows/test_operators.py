"""What operators see of a case is true, whatever happens in whatever order; what they decide is written down first."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload, Payloads, WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import SignalWorkflowExecutionRequest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from runtime.codec import ENCODING, codec_of
from tests.workflows.acting import AMOUNT, Script, found
from tests.workflows.stage import OnStage
from workflows.model import (
    Action,
    Attention,
    CaseResult,
    Credited,
    Meaning,
    Message,
    Outcome,
    Registered,
    Right,
    Ruling,
    Stage,
    Step,
    local,
)

Start = Callable[..., Any]
DAY = timedelta(days=1)
DIFFERS = Ruling(assigned=True, amount=Decimal(1), differs=True)
AWAY = ApplicationError("body: away", type="Unavailable", next_retry_delay=timedelta(milliseconds=200))
NOT_YET = ApplicationError("body: no answer yet", type="NotYet", next_retry_delay=timedelta(milliseconds=200))
PAID_BEFORE = ApplicationError("bank: paid before [AM05]", type="Duplicate", non_retryable=True)


async def to_assign(case: OnStage) -> None:
    await case.until(Stage.CONSENT)
    await case.say(Meaning.YES)
    await case.until(Stage.ASSIGN, attention=True)


async def shows(case: OnStage, words: str) -> str:
    async with asyncio.timeout(30):
        while words not in (text := await case.details()):
            await asyncio.sleep(0.05)
    return text


async def why(case: OnStage) -> list[str]:
    return list((await case.seen()).get("Attention") or [])


async def refusal(case: OnStage, *given: Any) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await case.handle.execute_update(Message.RESOLVE, *given)
    return str(refused.value.cause)


async def test_a_decision_is_a_row_with_its_maker_before_the_case_goes_on(on_stage: Start) -> None:
    async with on_stage(Script(assign=[DIFFERS])) as case:
        await to_assign(case)
        await case.resolve(Action.ACCEPT_AMOUNT, by=" a.omarova ", note="agreed with the body")
        await case.result()
    steps = [step for step, _ in case.script.calls]
    assert steps.index(Step.DECIDE) < steps.index(Step.ACCEPT_AMOUNT)
    (decision,) = case.script.of(Step.DECIDE)
    assert (decision.action, decision.why, decision.by) == (Action.ACCEPT_AMOUNT, "amounts_differ", "a.omarova")


async def test_a_wrong_decision_is_refused_in_words(on_stage: Start) -> None:
    async with on_stage(Script(assign=[DIFFERS])) as case:
        await case.until(Stage.CONSENT)
        assert "waits for no decision" in await refusal(case, {"action": "retry", "by": "x"})
        await to_assign(case)
        allowed = "action: not possible here; one of: accept-amount, close, note, retry"
        assert await refusal(case, {"action": "rettry", "by": "x"}) == f"Action: {allowed}"
        assert await refusal(case, {"by": "x"}) == f"Action: {allowed}"
        assert "by: say who decides" in await refusal(case, {"action": "close"})
        assert "note: note says nothing without one" in await refusal(case, {"action": "note", "by": "x", "note": " "})
        assert "the input cannot be read" in await refusal(case, "close")
        assert "the input cannot be read" in await refusal(case, {"action": 7, "by": "061211600012"})
        for odd in (None, ["a"], {"action": "close", "by": None}):
            assert "the input cannot be read" in await refusal(case, odd)
        assert "the input cannot be read" in await refusal(case)
        assert "a sign that no text has" in await refusal(case, {"action": "close", "by": "x", "note": "a\0b"})
        assert not case.script.of(Step.DECIDE)
        raw = [event async for event in case.handle.fetch_history_events()]
        assert not any(b"061211600012" in event.SerializeToString() for event in raw)
        await case.resolve(Action.CLOSE)
        await case.result()


async def test_refusals_lie_in_clear_on_the_server(on_stage: Start) -> None:
    """As the Web UI and `temporal` read them, without our codec."""
    async with on_stage(Script(assign=[DIFFERS])) as case:
        await to_assign(case)
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await case.resolve(Action.CLOSE, by="")
        cause = refused.value.cause
        assert isinstance(cause, ApplicationError)
        assert cause.failure is not None
        assert (cause.failure.message, cause.failure.HasField("encoded_attributes")) == (
            'by: say who decides, as {"by": "a.omarova"}',
            False,
        )
        await case.resolve(Action.CLOSE)
        await case.result()


async def test_after_a_decision_nothing_is_waited_for(on_stage: Start) -> None:
    """The body does not answer after `retry`: the case waits for the body, and says so."""
    refused = ApplicationError("no", type="Refused", non_retryable=True)
    async with on_stage(Script(assign=[refused, *[NOT_YET] * 500])) as case:
        await to_assign(case)
        assert await why(case) == [Attention.STEP_REFUSED]
        await case.resolve(Action.RETRY)
        await case.until(Stage.ASSIGN, attention=False)
        assert await why(case) == []
        text = await case.details()
        assert "Needs a person" not in text
        await case.handle.cancel()
        assert (await case.result()).outcome is Outcome.CLOSED_BY_OPERATOR


async def test_overdue_is_a_state_beside_the_reason_and_outlasts_decisions(on_stage: Start) -> None:
    async with on_stage(Script(assign=[DIFFERS], credit=[*[NOT_YET] * 5, Credited(settled=True)])) as case:
        await to_assign(case)
        await case.pass_time(11 * DAY)
        async with asyncio.timeout(30):
            while await why(case) != [Attention.AMOUNTS_DIFFER, Attention.OVERDUE]:
                await asyncio.sleep(0.05)
        await case.resolve(Action.ACCEPT_AMOUNT)
        await case.called(Step.CREDIT)
        assert await why(case) == [Attention.OVERDUE]
        assert "not `close`: money may be on its way" in await case.details()
        assert "not possible here; one of: note" in await refusal(case, {"action": "close", "by": "x"})
        await case.resolve(Action.NOTE, note="the bank was called")
        assert "a.omarova: the bank was called" in await case.details()
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_the_deadline_is_the_legal_term_from_the_consent_on(on_stage: Start) -> None:
    async with on_stage(Script(assign=[*[NOT_YET] * 500])) as case:
        await case.until(Stage.CONSENT)
        window = (await case.seen())["Deadline"]
        await case.say(Meaning.YES)
        await case.called(Step.ASSIGN)
        due = (await case.seen())["Deadline"]
        assert due - window > 6 * DAY
        assert f"Legal term: **{local(due)} UTC+5**" in await case.details()
        await case.handle.cancel()
        await case.result()
        assert (await case.seen()).get("Deadline") is None


async def test_the_first_screen_says_what_an_operator_can_do_with_the_exact_input(on_stage: Start) -> None:
    undecided = found(right=Right.PERSON_DECIDES, amount=None, reason="which cause?")
    async with on_stage(Script(detect=[undecided])) as case:
        await case.until(Stage.DETECT, attention=True)
        history = await case.handle.fetch_history()
        timers = [event for event in history.events if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
        (summary,) = await case.handle._client.data_converter.decode([timers[-1].user_metadata.summary])
        assert summary.startswith("waits for an operator (law_undecided). Update resolve: {")
        assert summary.endswith('{"action": "retry", "by": "who", "note": "why"} (or close, note)')
        assert len(summary.encode()) < 400
        assert "`retry`: do the step again" in await case.details()
        await case.resolve(Action.CLOSE)
        await case.result()


async def test_a_step_that_fails_is_seen_and_the_case_can_be_closed(on_stage: Start) -> None:
    async with on_stage(Script(register=[AWAY]), fails_after=timedelta(0)) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.REGISTER, attention=True)
        assert await why(case) == [Attention.STEP_FAILING]
        text = await shows(case, "Fails since")
        assert "UTC+5" in text
        assert "the last: body: away" in text
        await case.resolve(Action.CLOSE)
        result = await case.result()
    assert (result.outcome, result.reason) == (Outcome.CLOSED_BY_OPERATOR, "step_failing")


async def test_a_step_that_works_again_is_no_more_in_sight(on_stage: Start) -> None:
    async with on_stage(Script(register=[*[AWAY] * 5, Registered(number="M-1")]), fails_after=timedelta(0)) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.REGISTER, attention=True)
        assert (await case.result()).outcome is Outcome.CREDITED
        assert await why(case) == []


async def test_a_body_that_has_not_answered_yet_does_not_fail(on_stage: Start) -> None:
    script = Script(assign=[*[NOT_YET] * 5, Ruling(assigned=True, amount=AMOUNT)])
    async with on_stage(script, fails_after=timedelta(0)) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.called(Step.ASSIGN, 5)
        assert await why(case) == []
        await case.result()


async def test_a_cancel_is_seen_and_ends_a_case_whose_step_fails(on_stage: Start) -> None:
    async with on_stage(Script(register=[AWAY]), fails_after=timedelta(0)) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.REGISTER, attention=True)
        await case.handle.cancel()
        assert (await case.result()).reason == "cancelled"


async def test_a_cancel_while_money_moves_waits_for_the_bank_and_says_so(on_stage: Start) -> None:
    script = Script(credit=[*[AWAY] * 5, Credited(settled=True)])
    async with on_stage(script, fails_after=timedelta(0)) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.CREDIT, attention=True)
        await case.handle.cancel()
        assert "To be ended (cancelled)" in await shows(case, "To be ended")
        result = await case.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, AMOUNT), "what was paid is not undone"


@pytest.mark.parametrize("paid", [True, False])
async def test_what_the_bank_says_it_paid_before_is_found_out_by_an_operator(on_stage: Start, paid: bool) -> None:
    async with on_stage(Script(credit=[PAID_BEFORE, PAID_BEFORE, Credited(settled=True)])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.CREDIT, attention=True)
        assert await why(case) == [Attention.PAID_BEFORE]
        await case.resolve(Action.RETRY)
        await case.until(Stage.CREDIT, attention=True)
        await case.called(Step.CREDIT, 2)
        await case.resolve(Action.CONFIRM_PAID if paid else Action.PAY_ANEW, note="statement of 27.11.")
        result = await case.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, AMOUNT)
    first, second, *others = case.script.of(Step.CREDIT)
    (settled,) = case.script.of(Step.SETTLE)
    assert first.key == second.key == settled.key
    assert settled.paid is paid
    assert [one.n for one in others] == ([] if paid else [2])
    assert paid or others[0].key != first.key


@pytest.mark.parametrize("key", ["k9", "k1"])
async def test_what_a_stranger_has_signalled_stops_no_case(
    on_stage: Start, temporal_client: Client, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    """One signal of junk, said to be encrypted, and the case stood for ever: her yes came, and nothing happened."""
    monkeypatch.setattr(codec_of(temporal_client), "passes_over", True)
    known = codec_of(temporal_client).current
    metadata = {"encoding": ENCODING, "encryption-key-id": (known if key == "k1" else key).encode()}
    junk = Payload(metadata=metadata, data=b"junk" * 20)
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        for name in (Message.RECEIPT, Message.FAILING, "no-such-signal"):
            await temporal_client.workflow_service.signal_workflow_execution(
                SignalWorkflowExecutionRequest(
                    namespace=temporal_client.namespace,
                    workflow_execution=WorkflowExecution(workflow_id=case.handle.id),
                    signal_name=name,
                    input=Payloads(payloads=[junk]),
                )
            )
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_what_was_paid_in_part_before_is_paid_to_its_end(on_stage: Start) -> None:
    part = Decimal(17343)
    script = Script(credit=[PAID_BEFORE, Credited(settled=True)], part=part)
    async with on_stage(script) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.CREDIT, attention=True)
        await case.resolve(Action.CONFIRM_PAID, note="statement of 27.11.")
        result = await case.result()
    assert (result.outcome, result.credited, result.pending) == (Outcome.CREDITED, AMOUNT, Decimal(0))
    first, rest = case.script.of(Step.CREDIT)
    assert (first.n, first.amount, rest.n, rest.amount) == (1, AMOUNT, 2, AMOUNT - part)


async def test_no_receipt_moves_a_window_where_none_can_end(on_stage: Start) -> None:
    """Far ahead, backwards, or at a time that names no zone, which stopped the case."""
    async with on_stage() as case:
        await case.until(Stage.CONSENT)
        window = (await case.seen())["Deadline"]
        for odd in (window + 400 * DAY, window - 10 * DAY, (window + DAY).replace(tzinfo=None)):
            await case.receipt(odd)
        await case.receipt(window + DAY)
        async with asyncio.timeout(20):
            while (await case.seen())["Deadline"] != window + DAY:
                await asyncio.sleep(0.05)
        await case.handle.cancel()
        await case.result()


async def test_no_cancel_ends_a_case_whose_money_may_have_left(on_stage: Start) -> None:
    """It was closed at once, and nobody could pay or book what the bank had paid."""
    async with on_stage(Script(credit=[PAID_BEFORE])) as case:
        await case.until(Stage.CONSENT)
        await case.say(Meaning.YES)
        await case.until(Stage.CREDIT, attention=True)
        await case.handle.cancel()
        await shows(case, "To be ended (cancelled)")
        assert await why(case) == [Attention.PAID_BEFORE]
        await case.resolve(Action.CONFIRM_PAID, note="statement of 27.11.")
        assert (await case.result()).outcome is Outcome.CREDITED


async def test_a_remark_is_one_cell_of_the_table(on_stage: Start) -> None:
    async with on_stage(Script(assign=[DIFFERS])) as case:
        await to_assign(case)
        await case.resolve(Action.NOTE, note="x |\n| 01.01.2026 00:00 | credit | credited 1 |\n\n**Closed: credited**")
        text = await case.details()
        assert "| credited 1 |" not in text
        assert "**Closed" not in text
        await case.resolve(Action.CLOSE)
        await case.result()


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_happens_what_is_seen_is_true(on_stage: Start, seed: int) -> None:
    """A random walk: after each move search attributes, details and what may be decided tell one story."""
    rng = random.Random(seed)
    refused = ApplicationError("no", type="Refused", non_retryable=True)
    script = Script(
        detect=[found(right=Right.PERSON_DECIDES, amount=None, reason="?")] * rng.randint(0, 2) + [found()],
        register=[refused] * rng.randint(0, 2) + [Registered(number="M-1")],
        assign=[rng.choice([DIFFERS, Ruling(assigned=True, amount=AMOUNT)])],
        credit=[PAID_BEFORE] * rng.randint(0, 2) + [Credited(settled=True)],
    )
    async with on_stage(script) as case:
        for _ in range(40):
            seen = await _settled(case)
            _is_one_story(seen, await case.details())
            if seen.get("Outcome"):
                break
            if seen["Stage"] == Stage.CONSENT:
                await case.say(rng.choice([Meaning.YES, Meaning.YES, Meaning.UNCLEAR]))
            elif seen.get("NeedsAttention"):
                if rng.random() < 0.2:
                    await case.pass_time(rng.randint(1, 12) * DAY)
                    continue
                reasons = [one for one in seen["Attention"] if one != Attention.OVERDUE]
                does = {Attention.AMOUNTS_DIFFER: Action.ACCEPT_AMOUNT, Attention.PAID_BEFORE: Action.CONFIRM_PAID}
                action = does.get(Attention(reasons[0]), Action.RETRY) if reasons else Action.NOTE
                await case.resolve(rng.choice([action, action, Action.NOTE]) if reasons else Action.NOTE)
        result: CaseResult = await case.result()
    assert result.outcome is Outcome.CREDITED


async def _settled(case: OnStage) -> dict[str, Any]:
    """What is seen once the case stands still: waits for somebody, or is over."""
    before: Any = None
    async with asyncio.timeout(30):
        while True:
            described = await case.handle.describe()
            now = (described.history_length, await case.seen())
            waits = now[1].get("NeedsAttention") or now[1].get("Stage") in (Stage.CONSENT, Stage.CLOSED)
            if waits and now == before and not described.raw_description.pending_activities:
                return now[1]
            before = now
            await asyncio.sleep(0.15)


def _is_one_story(seen: dict[str, Any], text: str) -> None:
    reasons = seen.get("Attention") or []
    assert bool(seen.get("NeedsAttention")) == bool(reasons)
    assert ("**Needs a person**" in text) == bool(set(reasons) - {Attention.OVERDUE})
    assert ("**overdue**" in text) == (Attention.OVERDUE in reasons)
    assert ("starter.py resolve" in text) == bool(reasons)
    if seen.get("Outcome"):
        assert f"**Closed: {seen['Outcome']}**" in text
        assert not reasons
        assert seen.get("Deadline") is None
    elif deadline := seen.get("Deadline"):
        assert local(deadline) in text


async def test_nobody_answers_for_a_worker(on_stage: Start, temporal_client: Client) -> None:
    """A stranger at Temporal's port completes a step that is being tried again, with a yes that nobody gave."""
    stranger = Client(temporal_client.service_client, namespace=temporal_client.namespace)
    async with on_stage(Script(offer=[AWAY] * 400)) as case:
        await case.called(Step.OFFER, 2)
        (pending,) = (await case.handle.describe()).raw_description.pending_activities
        step = stranger.get_async_activity_handle(
            workflow_id=case.handle.id, run_id=None, activity_id=pending.activity_id
        )
        with suppress(RPCError):
            await step.complete({"sent": True, "consent": {"applied_on": "2025-03-01", "due": "2030-01-01T00:00:00Z"}})
        await asyncio.sleep(2)
        assert not case.script.of(Step.FIND_ACCOUNT)
        assert (await case.seen())["Stage"] == Stage.OFFER
        await case.handle.terminate()


async def test_a_case_whose_earlier_life_may_have_paid_goes_on_to_the_banks_answer(on_stage: Start) -> None:
    """Terminated with its payment on the way and begun anew, it could be closed before the bank was asked."""
    first = found().model_copy(update={"at_stake": True})
    async with on_stage(Script(detect=[first])) as case:
        await case.until(Stage.CONSENT)
        await case.handle.cancel()
        assert "To be ended (cancelled)" in await shows(case, "To be ended")
        await case.say(Meaning.YES)
        assert (await case.result()).outcome is Outcome.CREDITED
