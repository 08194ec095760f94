"""A payment run on the real server, the real database and the bank's stub over HTTP: its days pass without waiting."""

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest
from temporalio.client import WorkflowFailureError

from activities import hearing
from activities.booking import Booked
from activities.run_totals import not_due, plan_of, stage_of
from card import bank_lines, messages, runs
from card.bank_lines import Stated
from card.tables import IncomingMessage
from desk import BadInput, paying
from desk.looking import details
from tests.activities.month import DEBTOR, FEBRUARY, JANUARY, NET, Runs, whole
from tests.activities.people import phone_of
from tests.entitled_people import Entitled
from workflows.model import SearchAttributes, day_in_almaty
from workflows.run_model import (
    DUE_WORKFLOW,
    RUN_ATTENTION,
    RUN_WORKFLOW,
    Phase,
    Place,
    Run,
    RunMessage,
    RunResult,
    run_id,
)

_ids = count(1)


async def test_a_month_is_paid_to_everybody_by_file_and_the_next_one_too(runs_: Runs) -> None:
    people = [Entitled(n) for n in range(20)]
    people.append(Entitled(20, gross=Decimal(100_000), withheld=Decimal(10_000), service="childcare"))
    await runs_.settle(people)
    result = await runs_.play()
    assert (result.selected, result.credited, result.carried) == (23, 23, 0)
    assert result.credited_sum == 20 * NET + 100_000 + 10_000, "with the contribution of December"
    result = await runs_.play(FEBRUARY)
    assert (result.selected, result.credited) == (22, 22)
    book = await whole(runs_.life.card)
    assert (book.pending, book.remitted, book.withheld) == (Decimal(0), Decimal(30_000), Decimal(30_000))
    assert await runs_.at_the_bank() == 40 * NET + 2 * 90_000 + 30_000


async def test_failed_payments_are_cured_under_the_same_claim(runs_: Runs) -> None:
    """Closed at the transfer, with another account and without; a bank that is away; money that comes back after days;
    one who has died, and one of whom the register says nothing that can be read."""
    people = [Entitled(n) for n in range(12)]
    another, none, away, back, dead, unclear = people[:6]
    second = {"iban": people[11].iban + "", "state": "open"}
    await runs_.settle(
        people[:11],
        another.document(accounts=[{"iban": another.iban, "at_transfer": "closed"}, second]),
        none.document(accounts=[{"iban": none.iban, "state": "closed"}]),
        away.document(behaviour={"bank": {"reject": {"code": "AB05", "reason": "away"}}}),
        back.document(behaviour={"bank": {"returns": {"code": "MS03", "after_days": 3}}}),
        dead.document(person=dead.document()["person"] | {"died_on": "2025-12-30"}),
        unclear.document(person=unclear.document()["person"] | {"wrongly": {"died_on": "9999-99-99"}}),
    )
    result = await runs_.play()
    assert result.selected == 11
    assert (result.credited, result.cancelled, result.carried) == (6, 1, 4)
    view = await paying.look(runs_.life.card, None, JANUARY)
    assert {one["reason"] for one in view.held} == {"account_needed", "AB05", "MS03", "death_unclear"}
    book = await whole(runs_.life.card)
    assert (book.credited - 11 * NET, book.pending, book.cancelled) == (6 * NET, 4 * NET, NET)
    assert await runs_.at_the_bank() == 6 * NET

    # Weeks later: an account is there, the bank is back, somebody has found out what the money came back for.
    await runs_.life.outside.cast(none.document(accounts=[{"iban": people[9].iban[:-1] + "X"}]), away.document())
    for one in view.held:
        if one["reason"] in ("MS03", "AB05", "death_unclear"):
            await paying.decide(runs_.life.card, "pay-again", one["id"], "a.omarova", "the bank has called")
    await runs_.life.outside.cast(*(one.document() for one in (back, unclear)))
    await runs_.play(FEBRUARY)
    view = await paying.look(runs_.life.card, None, JANUARY)
    assert view.held == []
    book = await whole(runs_.life.card)
    assert (book.pending, book.cancelled) == (Decimal(0), NET), "January too, under its own claim"
    assert book.credited - 11 * NET == 20 * NET


async def says(runs_: Runs, phone: str, text: str) -> None:
    """An SMS has come, and was brought on."""
    id_, now = f"op:{next(_ids)}", datetime.now(UTC)
    async with runs_.life.card.transaction() as session:
        await messages.store_incoming(
            session, IncomingMessage(message_id=id_, phone=phone, text=text, received_at=now, complete=True)
        )
    async with runs_.life.card.transaction() as session:
        heard = await hearing.hear(session, id_)
        assert heard is not None
        assert heard.question is not None


async def test_who_has_no_account_left_is_asked_by_sms_and_paid_with_the_next_month(runs_: Runs) -> None:
    """Once a run; what they write that is of no use is answered, and the January that waited goes out with February."""
    life, one, other = runs_.life, Entitled(0), Entitled(1)
    phone, theirs = phone_of(1), Entitled(9).iban
    old = {"iban": one.iban, "state": "closed"}
    await runs_.settle([one, other], one.document(phone=phone, accounts=[old]))
    result = await runs_.play()
    assert (result.credited, result.carried) == (1, 1)
    (asked,) = life.sms.to(phone)
    assert "KZ" in asked
    (waits,) = (await paying.look(life.card, None, JANUARY)).totals.waits
    assert (waits.what, waits.for_whom, waits.count) == ("account_needed", "the person, who needs another account", 1)
    assert waits.since is not None

    for text in (one.iban, "KZ00 0000", "Сәлем"):
        await says(runs_, phone, text)
    result = await runs_.play(FEBRUARY)
    assert (result.credited, result.carried) == (1, 1)
    first, *told = life.sms.to(phone)
    assert (first, len(told)) == (asked, 3), "each answer of no use is answered, and the question stands"

    # The bank need not list what they name: it says whose it is.
    listed = [old, {"iban": theirs}]
    await life.outside.cast(one.document(phone=phone, accounts=listed))
    await says(runs_, phone, theirs)
    result = await runs_.play(date(2026, 3, 1))
    assert (result.credited, result.carried) == (2, 0)
    assert len(life.sms.to(phone)) == 4
    for month in (JANUARY, FEBRUARY):
        assert (await paying.look(life.card, None, month)).held == []
    assert await runs_.at_the_bank() == 6 * NET
    assert (await whole(life.card)).pending == 0


async def test_wrong_lines_wait_while_the_others_reconcile(runs_: Runs) -> None:
    await runs_.settle([Entitled(n) for n in range(8)])
    statements = {"path_prefix": f"/bank/v1/accounts/{DEBTOR.iban}/statements"}
    await runs_.life.outside.admin(
        "bank",
        "PUT",
        "/admin/faults",
        {
            "rules": [
                {"fault": "statement", "how": "cut_off", "times": 1, "match": statements},
                {"fault": "statement", "how": "unknown", "times": 1, "match": statements},
                {"fault": "statement", "how": "doubled", "times": 1, "match": statements},
            ]
        },
    )
    async with runs_.works() as queue:
        handle = await runs_.begin(queue)
        result = await asyncio.wait_for(handle.result(), 60)
        shown = (await handle.describe()).typed_search_attributes
    assert (result.credited, result.carried) == (8, 0)
    assert shown.get(SearchAttributes.NEEDS_ATTENTION) is True
    assert shown.get(SearchAttributes.ATTENTION) == [RUN_ATTENTION]
    view = await paying.look(runs_.life.card, None, JANUARY)
    assert {one.why for one in view.items} <= {"unknown", "doubled"}
    assert view.items
    (first, *_) = view.items
    assert first.id is not None
    await paying.decide(runs_.life.card, "explained", first.id, "a.omarova", "not ours: the bank was told")
    async with runs_.life.card.statements() as session:
        assert await bank_lines.count_items(session) == len(view.items) - 1
    await whole(runs_.life.card)


async def test_a_file_that_is_lost_or_whose_answer_is_lost_is_paid_once(runs_: Runs) -> None:
    await runs_.settle([Entitled(n) for n in range(8)])
    files = {"path_prefix": "/bank/v1/files"}
    await runs_.life.outside.admin(
        "bank",
        "PUT",
        "/admin/faults",
        {
            "rules": [
                {"fault": "lost", "times": 2, "match": files},
                {"fault": "status", "status": 503, "times": 3, "match": files},
                {"fault": "answer_twice", "times": 2, "match": files | {"method": "POST"}},
            ]
        },
    )
    result = await runs_.play()
    assert (result.credited, result.carried) == (8, 0)
    assert await runs_.at_the_bank() == 8 * NET
    await whole(runs_.life.card)


async def test_it_is_stopped_and_goes_on_and_its_page_says_so(runs_: Runs) -> None:
    await runs_.settle([Entitled(n) for n in range(8)])
    async with runs_.works() as queue:
        handle = await runs_.begin(queue)
        await handle.execute_update(RunMessage.STOP, {"by": "a.omarova", "note": "the bank asked"})
        said = await details(handle)
        assert "**Stopped by a.omarova**" in said
        with pytest.raises(Exception, match="failed"):
            await handle.execute_update(RunMessage.GO_ON, {"by": " "})
    async with runs_.works():
        await handle.execute_update(RunMessage.GO_ON, {"by": "a.omarova"})
        result = await asyncio.wait_for(handle.result(), 60)
        said = await details(handle)
    assert result.credited == 8
    assert "| 1 | 4 | 277 320 tenge | 0 | 4 | 277 320 tenge | 0 | 0 |" in said
    assert "stopped by a.omarova: the bank asked" in said


async def test_a_second_start_and_one_after_the_end_do_nothing_twice(runs_: Runs) -> None:
    people = [Entitled(n) for n in range(8)]
    await runs_.settle(people)
    async with runs_.works() as queue:
        both = [await runs_.begin(queue), await runs_.begin(queue)]
        ends = await asyncio.gather(*(asyncio.wait_for(one.result(), 60) for one in both), return_exceptions=True)
    done = [one for one in ends if isinstance(one, RunResult)]
    assert [one.credited for one in done][:1] == [8]
    assert await runs_.at_the_bank() == 8 * NET
    await whole(runs_.life.card)
    with pytest.raises(WorkflowFailureError):
        await runs_.play()
    with pytest.raises(BadInput, match=r"^month: the run of 01\.2026 was closed on .* pays nothing more$"):
        await paying.start(runs_.life.card, runs_.client, "none", JANUARY)
    ahead = (date.today() + timedelta(days=40)).replace(day=1)  # noqa: DTZ011  (any day to come)
    with pytest.raises(BadInput, match=r"^month: the run of .* is not due before 05\."):
        await paying.start(runs_.life.card, runs_.client, "none", ahead)


async def test_the_schedule_starts_the_month_that_has_begun_and_no_second_run_of_it(runs_: Runs) -> None:
    month = day_in_almaty(datetime.now(UTC)).replace(day=1)

    async def due(queue: str) -> str:
        id_ = f"{DUE_WORKFLOW}-{next(_ids)}"
        said: str = await runs_.client.execute_workflow(DUE_WORKFLOW, id=id_, task_queue=queue, result_type=str)
        return said

    async with runs_.works() as queue:
        handle = await runs_.client.start_workflow(RUN_WORKFLOW, Run(month=month), id=run_id(month), task_queue=queue)
        await handle.execute_update(RunMessage.STOP, {"by": "a.omarova"})
        assert await due(queue) == f"{run_id(month)} runs already"
        await handle.terminate()
        assert await due(queue) == f"{run_id(month)} was started"
        begun = runs_.client.get_workflow_handle(run_id(month))
        assert (await begun.describe()).run_id != handle.result_run_id
        await begun.terminate()


async def test_a_statement_from_a_file_books_what_the_bank_could_not_send(runs_: Runs) -> None:
    """Whole or not at all, once however often it comes, whichever way."""
    await runs_.settle([Entitled(n) for n in range(8)])
    statements = {"path_prefix": f"/bank/v1/accounts/{DEBTOR.iban}/statements"}
    away = {"rules": [{"fault": "statement", "how": "cut_off", "match": statements}]}
    await runs_.life.outside.admin("bank", "PUT", "/admin/faults", away)
    result = await runs_.play()
    assert (result.credited, result.carried) == (0, 8)
    cut_off = await runs_.statement(date(2026, 1, 5))
    await runs_.life.outside.admin("bank", "PUT", "/admin/faults", {"rules": []})
    first, *others = [await runs_.statement(date(2026, 1, day)) for day in (5, 6, 7, 8)]

    wrong = {
        "no XML": (b"no XML", "line 1: the file is no XML [xml]"),
        "cut off": (cut_off, "line 2: the file is cut off [cut_off]"),
        "a sum": (first.replace(b"<Sum>277320.00<", b"<Sum>277321.00<"), "what the lines add up to [control_sum]"),
        "dollars": (first.replace(b'Ccy="KZT"', b'Ccy="USD"'), "is not in KZT [currency]"),
        "an account": (first.replace(DEBTOR.iban.encode(), b"KZ220700000000000002"), "no account of ours [account]"),
        "a day": (first.replace(b"<Dt>2026-01-05<", b"<Dt>2999-01-05<"), "is a day to come [future]"),
        "a bomb": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a document type, or entities [entities]"),
    }
    for what, (raw, rule) in wrong.items():
        with pytest.raises(BadInput, match=r"^file: line \d+: .*; nothing of it was booked$") as refused:
            await runs_.reconcile(raw)
        assert rule in str(refused.value), what
    assert (await whole(runs_.life.card)).credited == 8 * NET, "of December alone"

    unknown, partial = b"<EndToEndId>NOT-OURS<", b'<InstdAmt><Amt Ccy="KZT">1.00</Amt></InstdAmt>'
    odd = re.sub(rb"<EndToEndId>[^<]+<", unknown, first, count=1)
    place = odd.rindex(b"<RltdPties>")
    odd = odd[:place] + b"<AmtDtls>" + partial + b"</AmtDtls>" + odd[place:]
    for expected in (Stated(booked=2, waiting=2), Stated()):
        assert await runs_.reconcile(odd) == Booked(4, expected)
    assert await runs_.reconcile(first) == Booked(4, Stated(booked=2)), "what waits for a person stops nothing"
    assert sum([(await runs_.reconcile(one)).changed.booked for one in others]) == 4
    view = await paying.look(runs_.life.card, None, JANUARY)
    assert sorted(one.why for one in view.items) == ["partial", "unknown"]
    assert (await whole(runs_.life.card)).credited == 16 * NET
    await runs_.play(FEBRUARY)
    assert len((await paying.look(runs_.life.card, None, JANUARY)).items) == 2, "the bank's own says nothing new"


async def test_what_the_next_run_would_pay(runs_: Runs) -> None:
    await runs_.settle([Entitled(n) for n in range(10)])
    groups = await paying.would_pay(runs_.life.card, FEBRUARY)
    assert (sum(one.count for one in groups), sum(one.total for one in groups)) == (20, 20 * NET)
    assert {one.region for one in groups} == {"KZ-71", "KZ-75", "KZ-47", "KZ-10", "*"}
    await runs_.play()
    assert sum(one.count for one in await paying.would_pay(runs_.life.card, FEBRUARY)) == 10


TODAY = day_in_almaty(datetime.now(UTC))
THIS_MONTH = TODAY.replace(day=1)
NEXT_MONTH = (THIS_MONTH + timedelta(days=32)).replace(day=1)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (Run(month=NEXT_MONTH), "month: the run of .* is not due before"),
        (Run(month=NEXT_MONTH, played=True), "month: the run of .* is not due before"),
        (Run(month=NEXT_MONTH, place=Place(stage=99)), "month: the run of .* is not due before"),
        (Run(month=JANUARY, played=True), "played: the run of 01.2026 was begun as one that waits for its days"),
    ],
    ids=["ahead", "ahead and played", "ahead of its stages", "played in the middle"],
)
async def test_a_run_that_nobody_may_start_pays_nothing_whoever_starts_it(runs_: Runs, run: Run, why: str) -> None:
    """Whoever reached Temporal's port paid next month's money at once, and closed a month for ever with nobody paid."""
    await runs_.settle([Entitled(n) for n in range(4)])
    async with runs_.life.card.transaction() as session:
        await runs.open_run(session, JANUARY, [stage_of(one) for one in plan_of(JANUARY).stages], played=False)
    async with runs_.works() as queue:
        handle = await runs_.client.start_workflow(RUN_WORKFLOW, run, id=f"a-run-{next(_ids)}", task_queue=queue)
        with pytest.raises(WorkflowFailureError) as refused:
            await asyncio.wait_for(handle.result(), 30)
    assert re.match(f"NotNow: {why}", str(refused.value.cause))
    assert await runs_.at_the_bank() == 0
    assert [one.state for one, _ in await paying.listed(runs_.life.card)] == ["open"]


async def test_a_run_begins_at_its_first_stage_whatever_it_is_started_with(runs_: Runs) -> None:
    """Started behind its last stage, or where nothing is selected any more, it closed the month with nobody paid."""
    await runs_.settle([Entitled(n) for n in range(4)])
    async with runs_.works() as queue:
        for month, place in ((JANUARY, Place(stage=99)), (FEBRUARY, Place(phase=Phase.SEND))):
            run = Run(month=month, played=True, place=place)
            id_ = f"a-run-{next(_ids)}"
            handle = await runs_.client.start_workflow(RUN_WORKFLOW, run, id=id_, task_queue=queue)
            await asyncio.wait_for(handle.result(), 60)
    assert await runs_.at_the_bank() == 2 * 4 * NET


async def test_no_run_is_closed_before_all_its_stages_were_declared(runs_: Runs) -> None:
    stages = [stage_of(one) for one in plan_of(JANUARY).stages]
    async with runs_.life.card.transaction() as session:
        await runs.open_run(session, JANUARY, stages, played=True)
        await runs.freeze(session, JANUARY, 1)
    with pytest.raises(runs.NotDeclared, match=r"^stage: 2.* of the run of 01\.2026 was not declared"):
        async with runs_.life.card.transaction() as session:
            await runs.close(session, JANUARY, [one.number for one in stages])


@pytest.mark.parametrize(("today", "may"), [(4, False), (5, False), (8, True), (31, True)])
def test_only_days_that_are_over_are_passed_over(today: int, *, may: bool) -> None:
    plan = plan_of(JANUARY)
    assert max(one.day for one in plan.stages) == date(2026, 1, 8)
    day = date(2026, 1, today)
    assert (not_due(JANUARY, plan, day, played=True) is None) is may
    assert not_due(JANUARY, plan, day, played=False) is None, "it waits for its days itself"
