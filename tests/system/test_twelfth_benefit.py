"""A twelfth, invented benefit joins from a folder of its own, and its case runs to the money; no other file knows."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from temporalio.client import Client

from demo.crowd import crowd
from demo.outside import Outside
from runtime.embedded.stack import EmbeddedStack
from tests.system.conftest import QUICK
from tests.system.test_command_line import ON, starter
from workflows.model import CaseResult, Outcome, workflow_id

FOLDER = Path(__file__).parent.parent / "law" / "twelfth"


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    environment = {**QUICK, "DEMEU_BENEFITS_DIRECTORY": str(FOLDER)}
    async with EmbeddedStack(
        tmp_path_factory.mktemp("twelfth"), fresh=True, durable=False, preferred_ports=False, environment=environment
    ) as stack:
        yield stack


async def test_its_case_runs_from_the_right_to_the_money(stack: EmbeddedStack) -> None:
    person = crowd(3)[2]
    person["children"] = [child for child in person["children"] if "2017" <= child["birth_date"] < "2020"][:1]
    assert person["children"], "a child of the right age"
    async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
        outside = Outside.of(stack, http)
        await outside.settle_in([person])
        code, out, err = await starter(stack, "open", "first-bicycle", "--on", ON, typed=person["iin"])
        assert code == 0, err
        ref = out.split()[1]
        async with asyncio.timeout(30):
            while not (asked := await outside.sms(person["phone"])):
                await asyncio.sleep(0.1)
        assert "43 250" in asked[0]["text"], "10 MRP of 4 325 tenge"
        assert "первый велосипед" in asked[0]["text"].lower()
        await outside.reply(person["phone"], "да")
        client: Client = await stack.client()
        handle = client.get_workflow_handle(workflow_id("first-bicycle", ref), result_type=CaseResult)
        async with asyncio.timeout(60):
            result = await handle.result()
    assert (result.outcome, result.credited) == (Outcome.CREDITED, Decimal(43250))
