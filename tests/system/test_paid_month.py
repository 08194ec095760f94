"""A month is paid while worker, bank and database are killed in the middle and the bank is at its worst: the same books
as undisturbed, line for line.

Three hundred people (twenty thousand in the long form), some of whom the bank turns down, some whose money comes back,
and some for whom a contribution is withheld; January in peace, February with SIGKILL and faults.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from card import Card, books
from demo.outside import Outside, total
from desk import paying
from runtime.embedded.processes import ROOT
from runtime.embedded.stack import EmbeddedStack, Part
from runtime.settings import Agency
from tests.entitled_people import Entitled, settle
from tests.system.conftest import QUICK
from workflows.run_model import SCHEDULE, RunResult, run_id

SOAK = os.environ.get("DEMEU_SOAK") == "1"
PEOPLE = 20_000 if SOAK else 300
KILLS = 20 if SOAK else 3
"""Of each."""

KILLED = (Part.WORKER, Part.BANK, Part.POSTGRES)
AT_ONCE = 1000
SEED = int(os.environ.get("DEMEU_SEED", "1414"))
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
NET, CONTRIBUTION = Decimal("69330.00"), Decimal(7000)
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


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """One that writes to disk before it answers: its database is killed too."""
    folder = tmp_path_factory.mktemp("stack")
    async with EmbeddedStack(folder, fresh=True, preferred_ports=False, environment=QUICK) as stack:
        yield stack


def entitled(n: int) -> Entitled:
    """The n-th; a contribution is withheld for every thirtieth."""
    return Entitled(n, NET + CONTRIBUTION, CONTRIBUTION) if n % 30 == 10 else Entitled(n)


async def played(stack: EmbeddedStack, card: Card, month: date) -> RunResult:
    client = await stack.client()
    assert await paying.start(card, client, stack.settings.task_queue, month, played=True)
    result: RunResult = await client.get_workflow_handle(run_id(month), result_type=RunResult).result()
    return result


async def of_month(card: Card, month: date) -> tuple[Decimal, ...]:
    async with card.transaction() as session:
        (one,) = [one for one in await books.by(session, "month", date(2999, 1, 1)) if one.name == f"{month:%Y-%m}"]
    return one.assigned, one.credited, one.pending, one.withheld, one.remitted, one.cancelled


LINES = """
    SELECT p.iin, l.kind, l.n, l.state, l.reason, l.again_on IS NULL, l.amount, d.gross, d.withheld, d.is_difference,
           l.bank, a.iban, l.bank_reference IS NULL, l.return_reference IS NULL
      FROM dues d
      JOIN entitlements e ON e.id = d.entitlement_id
      JOIN persons p ON p.id = e.person_id
      LEFT JOIN run_lines l ON l.due_id = d.id
      LEFT JOIN accounts a ON a.id = l.account_id
     WHERE d.month = :month ORDER BY 1, 2, 3
"""


async def lines(card: Card, month: date) -> list[tuple[Any, ...]]:
    """What was claimed of the month, and what became of each payment of it, try for try."""
    async with card.transaction() as session:
        return [tuple(row) for row in (await session.execute(text(LINES), {"month": month})).all()]


@pytest.mark.soak
@pytest.mark.timeout(7200 if SOAK else 900)
async def test_killed_in_the_middle_and_the_books_are_the_same(
    stack: EmbeddedStack, card: Card, outside: Outside
) -> None:
    people = [entitled(n) for n in range(PEOPLE)]
    for n in range(0, PEOPLE, AT_ONCE):
        await outside.settle_in([behaving(one) for one in people[n : n + AT_ONCE]])
    async with card.transaction() as session:
        await settle(session, people)
    in_peace = await played(stack, card, JANUARY)
    contributions = sum(bool(one.withheld) for one in people)
    assert in_peace.selected == PEOPLE + 2 * contributions, "with those of December, which cases have withheld"
    assert in_peace.carried == sum(n % 30 in (7, 8, 9) for n in range(PEOPLE))

    await outside.misbehave(Agency.BANK, FAULTS, seed=SEED)
    run = asyncio.create_task(played(stack, card, FEBRUARY))
    killed = await asyncio.gather(*(_kill_now_and_then(stack, part, run) for part in KILLED))
    disturbed = await run
    await outside.misbehave(Agency.BANK, [])
    assert min(killed) > 0, "the run was over before"
    assert disturbed.selected == PEOPLE + contributions
    assert disturbed.carried == in_peace.carried
    assert await lines(card, FEBRUARY) == await lines(card, JANUARY)
    assert await of_month(card, FEBRUARY) == await of_month(card, JANUARY)

    found = (await paying.read_books(card, None, "region"))[-1]
    at_the_bank = [one for one in await outside.bank_books() if one["return_code"] is None]
    by_runs = found.credited + found.remitted - PEOPLE * NET
    assert by_runs == total(at_the_bank), "the cases' own December was paid elsewhere"
    names = [one["end_to_end_id"] for one in at_the_bank]
    assert len(names) == len(set(names))


async def _kill_now_and_then(stack: EmbeddedStack, part: Part, run: "asyncio.Task[RunResult]") -> int:
    """So often while the run was under way."""
    chance = random.Random(f"{SEED} {part}")
    for killed in range(KILLS):
        await asyncio.sleep(chance.uniform(0.5, 4.0))
        if run.done():
            return killed
        await stack.kill(part)
        await asyncio.sleep(chance.uniform(0.2, 0.5))
        await stack.start(part)
    return KILLS


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
