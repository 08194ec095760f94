"""What is promised must hold when the worker is killed in the middle of everything, with the outside at its worst.

Thirty cases (three hundred in the long form), faults at every body, SIGKILL three times: every case ends, everyone who
is assigned money gets it exactly once, nobody gets an SMS twice under one key, and our books agree with the bank's.
"""

import asyncio
import os
import random
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from card import Card
from card.money import money
from demo.crowd import crowd
from demo.outside import Outside, total
from desk.opening import Opening
from runtime.embedded.stack import EmbeddedStack, Part
from runtime.settings import Agency
from tests.system.people import ON
from workflows.model import Case, CaseResult, Outcome

SOAK = os.environ.get("DEMEU_SOAK") == "1"
CASES = 300 if SOAK else 24
KILLS = 10 if SOAK else 3
SEED = int(os.environ.get("DEMEU_SEED", "1414"))
PATIENCE = 600 if SOAK else 480
"""Seconds; a case whose registries fail nine times running waits four minutes for the tenth."""

POST = {"method": "POST"}
FAULTS: list[dict[str, Any]] = [
    {"fault": "latency", "seconds": 0.1, "probability": 0.2},
    {"fault": "timeout_after_acting", "hold_seconds": 3, "probability": 0.05, "match": POST},
    {"fault": "answer_twice", "probability": 0.1, "match": POST},
    # Each step asks several times: with more than these, a few cases wait for minutes for their next attempt.
    {"fault": "status", "status": 500, "probability": 0.02},
    {"fault": "retry_later", "retry_after_seconds": 1, "probability": 0.02},
    {"fault": "down", "how": "drop", "probability": 0.01},
]
# The gate lets one knock through at a time, later and later: each fault that a knock meets costs twice the last.
SMS_FAULTS: list[dict[str, Any]] = [
    {"fault": "throttle", "times": 5 if SOAK else 2},
    {"fault": "timeout_after_acting", "times": 4 if SOAK else 2},
    {"fault": "receipt_twice", "times": 10},
    {"fault": "reply_twice", "times": 10},
]


@pytest.mark.soak
@pytest.mark.timeout(PATIENCE + 120)
async def test_killed_in_the_middle_and_nothing_lost_or_doubled(
    stack: EmbeddedStack, card: Card, outside: Outside, opening: Opening
) -> None:
    people = crowd(CASES)
    await outside.settle_in(people)
    for n, agency in enumerate(Agency):
        await outside.misbehave(agency, FAULTS, seed=SEED + n)
    await outside.sms_misbehaves(SMS_FAULTS)

    cases = await asyncio.gather(
        *(
            opening.open(service="multi-child", iin=person["iin"], on=ON, opened_by=f"soak:{person['iin']}")
            for person in people
        )
    )
    answering = asyncio.create_task(_everyone_says_yes(outside, CASES))
    killing = asyncio.create_task(_kill_now_and_then(stack, random.Random(SEED)))
    async with asyncio.timeout(PATIENCE):
        results = await asyncio.gather(*(_result(opening, opened.case) for opened in cases))
        await killing
    answering.cancel()

    for agency in Agency:
        await outside.misbehave(agency, [])
    assert {result.outcome for result in results} == {Outcome.CREDITED}, "every case ends, and nobody says no"

    assigned = {result.ref: result.assigned for result in results}
    assert all(result.credited == result.assigned > 0 and result.pending == 0 for result in results)
    at_the_bank = await outside.bank_books()
    paid = Counter(_case_ref(transfer["key"]) for transfer in at_the_bank)
    assert paid == Counter(assigned.keys()), "each case is credited exactly once at the bank"
    assert {_case_ref(t["key"]): Decimal(t["amount"]) for t in at_the_bank} == assigned

    async with asyncio.timeout(20):
        # Each is asked and told.
        while len(said := Counter(message["key"] for message in await outside.sms())) < 2 * CASES:
            await asyncio.sleep(0.2)  # the last SMS may still be on its way
    assert set(said.values()) == {1}, "no SMS goes out twice under one key"

    for agency in (Agency.EMAKET, Agency.BODY, Agency.BANK):
        calls = await outside.calls(agency)
        assert len(calls) >= CASES
        assert all(call["effects"] <= 1 and call["conflicts"] == 0 for call in calls), agency

    async with card.transaction() as session:
        books = await money(session)
    assert books.assigned == books.credited + books.pending == sum(assigned.values())
    assert books.credited == total(at_the_bank)


async def _result(opening: Opening, case: Case) -> CaseResult:
    result: CaseResult = await opening.client.get_workflow_handle(case.id, result_type=CaseResult).result()
    return result


async def _kill_now_and_then(stack: EmbeddedStack, chance: random.Random) -> None:
    for _ in range(KILLS):
        await asyncio.sleep(chance.uniform(1.0, 4.0))
        await stack.kill(Part.WORKER)
        await asyncio.sleep(chance.uniform(0.2, 1.0))
        await stack.start(Part.WORKER)


async def _everyone_says_yes(outside: Outside, wanted: int) -> None:
    """Each phone answers the first SMS it gets."""
    answered: set[str] = set()
    while len(answered) < wanted:
        for message in await outside.sms():
            phone = message["phone"]
            if phone not in answered and message["key"].split(":")[1] == "offer":
                answered.add(phone)
                await outside.reply(phone, "Иә" if len(answered) % 2 else "да")
        await asyncio.sleep(0.3)


def _case_ref(key: str) -> str:
    """`multi-child/4827-1031-6:credit:2` is about case 4827-1031-6."""
    return key.split("/")[1].split(":")[0]
