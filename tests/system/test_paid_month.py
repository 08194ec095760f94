"""A month is paid while the worker is killed in the middle and the bank is at its worst: the same books as undisturbed.

Three hundred people (three thousand in the long form), some of whom the bank turns down, and some whose money comes
back; January in peace, February with SIGKILL and faults.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from card import Card, books
from demo.outside import Outside, total
from desk import paying
from runtime.embedded.processes import ROOT
from runtime.embedded.stack import EmbeddedStack, Part
from runtime.settings import Agency
from tests.entitled_people import Entitled, settle
from workflows.run_model import SCHEDULE, RunResult, run_id

SOAK = os.environ.get("DEMEU_SOAK") == "1"
PEOPLE = 3000 if SOAK else 300
KILLS = 20 if SOAK else 3
SEED = int(os.environ.get("DEMEU_SEED", "1414"))
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
NET = Decimal("69330.00")
FILES = {"path_prefix": "/bank/v1/files"}
FAULTS: list[dict[str, Any]] = [
    {"fault": "latency", "seconds": 0.3, "probability": 0.5, "match": {}},
    {"fault": "timeout_after_acting", "hold_seconds": 2, "probability": 0.1, "match": FILES},
    {"fault": "lost", "times": 2, "match": FILES},
    {"fault": "status", "status": 500, "probability": 0.05, "match": {}},
    {"fault": "statement", "how": "cut_off", "times": 2, "match": {"path_prefix": "/bank/v1/accounts/KZ22"}},
]


def behaving(one: Entitled) -> dict[str, Any]:
    """How the bank takes the payments to this one."""
    bank: dict[str, Any] = {}
    if one.n % 30 == 7:
        bank = {"reject": {"code": "MS03", "reason": "no reason"}}
    elif one.n % 30 == 8:
        bank = {"returns": {"code": "MS03", "after_days": 2}}
    elif one.n % 30 == 9:
        bank = {"reject": {"code": "AB05", "reason": "away"}}
    return one.document(phone=f"+7705{one.n:07d}", **({"behaviour": {"bank": bank}} if bank else {}))


async def played(stack: EmbeddedStack, card: Card, month: date) -> RunResult:
    client = await stack.client()
    assert await paying.start(card, client, stack.settings.task_queue, month, played=True)
    result: RunResult = await client.get_workflow_handle(run_id(month), result_type=RunResult).result()
    return result


async def of_month(card: Card, month: date) -> tuple[Decimal, ...]:
    async with card.transaction() as session:
        (one,) = [one for one in await books.by(session, "month", date(2999, 1, 1)) if one.name == f"{month:%Y-%m}"]
    return one.assigned, one.credited, one.pending, one.withheld, one.cancelled


async def lines(card: Card, month: date) -> list[tuple[Any, ...]]:
    """What became of each payment of the month, try for try."""
    view = await paying.look(card, None, month)
    return sorted((one["reason"], one["amount"], one["kind"]) for one in view.held)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_killed_in_the_middle_and_the_books_are_the_same(
    stack: EmbeddedStack, card: Card, outside: Outside
) -> None:
    people = [Entitled(n) for n in range(PEOPLE)]
    await outside.settle_in([behaving(one) for one in people])
    async with card.transaction() as session:
        await settle(session, people)
    in_peace = await played(stack, card, JANUARY)
    assert in_peace.selected == PEOPLE
    assert in_peace.carried == PEOPLE // 10

    await outside.misbehave(Agency.BANK, FAULTS, seed=SEED)
    killing = asyncio.create_task(_kill_now_and_then(stack, random.Random(SEED)))
    disturbed = await played(stack, card, FEBRUARY)
    await killing
    await outside.misbehave(Agency.BANK, [])
    assert disturbed == in_peace.model_copy(update={"month": FEBRUARY})
    assert await of_month(card, FEBRUARY) == await of_month(card, JANUARY)
    assert await lines(card, FEBRUARY) == await lines(card, JANUARY)

    found = await paying.read_books(card, None, "region")
    at_the_bank = [one for one in await outside.bank_books() if one["return_code"] is None]
    assert found[-1].credited - PEOPLE * NET == total(at_the_bank), "the cases' own December was paid elsewhere"
    names = [one["end_to_end_id"] for one in at_the_bank]
    assert len(names) == len(set(names))


async def _kill_now_and_then(stack: EmbeddedStack, chance: random.Random) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(0.5, 2.0))
        await stack.kill(Part.WORKER)
        await asyncio.sleep(chance.uniform(0.2, 0.5))
        await stack.start(Part.WORKER)


async def test_the_commands_say_it(stack: EmbeddedStack, tmp_path: Path) -> None:
    """After the months above: a third is paid from the command line, at 80 columns."""

    def call(*words: str) -> tuple[int, str, str]:
        env = {**os.environ, **stack.env, "COLUMNS": "80"}
        program = [sys.executable, "starter.py", *words]
        done = subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
        assert all(len(line) <= 80 for line in done.stdout.splitlines())
        return done.returncode, done.stdout, done.stderr

    async def said(*words: str) -> tuple[int, str, str]:
        return await asyncio.to_thread(call, *words)

    code, out, _ = await said("pay", "--month", "2026-03", "--dry-run", "--json")
    assert code == 0
    assert sum(one["count"] for one in json.loads(out)) == PEOPLE
    code, out, err = await said("pay", "--month", "2026-03", "--played")
    assert (code, err) == (0, "")
    assert "the run of 03.2026 is closed" in out
    code, out, err = await said("pay", "--month", "2026-03")
    assert (code, out) == (2, "")
    assert err.startswith("month: the run of 03.2026 was closed on")
    code, _, err = await said("pay", "--month", "2099-01")
    assert (code, err) == (2, "month: the run of 01.2099 is not due before 05.01.2099\n")
    code, out, _ = await said("runs", "--json")
    assert [one["ref"] for one in json.loads(out)] == [run_id(date(2026, n, 1)) for n in (3, 2, 1)]
    code, out, _ = await said("run", "2026-03")
    assert code == 0
    assert "payment-run/2026-03  closed" in out
    assert "MS03" in out
    held = json.loads((await said("run", "2026-03", "--json"))[1])["held"]
    code, out, _ = await said("run", "2026-03", "--not-due", str(held[0]["id"]), "--by", "a.omarova", "--note", "dead")
    assert (code, out) == (0, f"{held[0]['id']}: not-due\n")
    code, out, _ = await said("books", "--by", "month")
    assert code == 0
    assert "2026-03" in out
    code, out, _ = await said("books", "--json", "--as-of", "2020-01-01")
    assert json.loads(out)[0]["assigned"] in ("0", "0.00")
    whose, broken = tmp_path / "iin", tmp_path / "statement.xml"
    whose.write_text(Entitled(0).iin)
    broken.write_text("<Document>")
    code, out, _ = await said("statement", "--iin-from", str(whose), "--language", "kk")
    assert code == 0
    assert out.count("69 330 теңге") == 3
    assert out.endswith(f"Барлығы: {NET * 3:,.0f} теңге.\n".replace(",", " "))
    assert Entitled(0).iin not in out
    found = json.loads((await said("statement", "--iin-from", str(whose), "--json"))[1])
    assert [one["month"] for one in found["payments"]] == ["2026-01", "2026-02", "2026-03"]
    code, out, err = await said("reconcile", str(broken))
    assert (code, out) == (2, "")
    assert err.startswith("file: line 1: ")
    assert err.endswith("]; nothing of it was booked\n")
    code, _, err = await said("reconcile", str(tmp_path))
    assert (code, err) == (2, "file: a regular file (no directory, device or pipe)\n")
    client = await stack.client()
    described = await client.get_schedule_handle(SCHEDULE).describe()
    assert described.schedule.spec.time_zone_name == "Asia/Almaty"
