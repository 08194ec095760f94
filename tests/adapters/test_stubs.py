"""The stubs as processes, and the cast that they are given: storage that survives a kill, mistakes that are named."""

import asyncio
import json
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.errors import Unclear
from stubs.cast import CAST
from tests.adapters.outside import AGENCIES, AIGUL, TOKEN, Outside, aigul, application, case_file, outside_at, transfer

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def process(name: str, data: Path, *more: str) -> AsyncIterator[tuple[Process, str]]:
    """The stub as a process; its base URL is what it prints first."""
    command = [sys.executable, "-m", "stubs", name, "--port", "0", "--data", str(data), "--token", TOKEN, *more]
    running = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    assert running.stdout is not None
    try:
        said = (await asyncio.wait_for(running.stdout.readline(), 20)).decode().split()
        assert said[0] == name
        yield running, said[1]
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_a_killed_bank_remembers_what_it_did(tmp_path: Path) -> None:
    async with process("bank", tmp_path) as (running, url), outside_at(dict.fromkeys(AGENCIES, url)) as outside:
        await outside.admin("bank", "PUT", "/admin/people", [aigul()])
        before = await outside.bank.transfer("case-1:credit", transfer())
        running.send_signal(signal.SIGKILL)
        await running.wait()
    async with process("bank", tmp_path) as (running, url), outside_at(dict.fromkeys(AGENCIES, url)) as outside:
        assert await outside.bank.transfer("case-1:credit", transfer()) == before
        assert await outside.calls("bank", "case-1:credit") == (2, 1)
        assert len(await outside.bank.accounts(AIGUL)) == 2
        running.terminate()
        assert await asyncio.wait_for(running.wait(), 5) == -signal.SIGTERM


async def test_a_held_answer_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with (
        process("body", tmp_path, "--delay", "3") as (running, url),
        outside_at(dict.fromkeys(AGENCIES, url)) as outside,
    ):
        assert await outside.admin("body", "GET", "/admin/settings") == {"delay_seconds": 3.0}
        await outside.fault("body", "timeout_after_acting", hold_seconds=60)
        held = asyncio.ensure_future(outside.body.submit("case-1:assign", case_file()))
        await outside.arrival("body", "case-1:assign")
        assert not held.done()
        running.terminate()
        await asyncio.wait_for(running.wait(), 5)
        with pytest.raises(Unclear):
            await held


async def test_bank_references_are_never_given_twice(outside: Outside) -> None:
    await outside.cast(aigul())
    first = await outside.bank.transfer("case-1:credit", transfer())
    await outside.forget()
    await outside.cast(aigul())
    again = await outside.bank.transfer("case-1:credit", transfer())
    assert again.bank_reference > first.bank_reference


async def test_application_numbers_are_never_given_twice(outside: Outside) -> None:
    first = await outside.emaket.register("case-1:register", application())
    await outside.forget()
    assert (await outside.emaket.register("case-1:register", application())).number > first.number


@pytest.mark.parametrize(
    ("mistake", "field"),
    [
        ({"acounts": []}, "1.acounts"),
        ({"phone": "87010000017"}, "1.phone"),
        ({"iin": "12"}, "1.iin"),
        ({"person": {"given_name": "Айгүл"}}, "1.person.family_name"),
        ({"behaviour": {"body": {"assign": "-1"}}}, "1.behaviour.body.assign"),
        ({"behaviour": {"bank": {"faults": [{"fault": "explode"}]}}}, "1.behaviour.bank.faults.0"),
        ({"accounts": [{"iban": "KZ120000000000000001"}] * 2}, "1"),
    ],
)
async def test_a_mistake_in_the_cast_is_named_and_changes_nothing(
    outside: Outside, mistake: dict[str, object], field: str
) -> None:
    for admin in outside.admins.values():
        answer = await admin.put("/admin/people", json=[aigul(), aigul(iin="700101300041") | mistake])
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field
    assert await outside.registries.mobile.phone(AIGUL) is None
    assert await outside.bank.accounts(AIGUL) == ()


def test_the_readme_shows_a_cast_that_the_stubs_take() -> None:
    readme = (ROOT / "stubs" / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", readme, re.DOTALL)
    (person,) = CAST.validate_python(json.loads(example))
    assert person.children[0].in_family_of(person).mother_iin == person.iin
    assert person.children[1].in_family_of(person).mother_iin is None


def test_the_readme_names_every_member_of_the_cast() -> None:
    from stubs import cast, faults

    readme = (ROOT / "stubs" / "README.md").read_text(encoding="utf-8")
    sections = [section for section in vars(cast).values() if isinstance(section, type)]
    members = {name for section in sections if issubclass(section, cast.Section) for name in section.model_fields}
    members |= {"latency", "status", "retry_later", "timeout_after_acting", "answer_twice", "refuse", "down"}
    members |= set(faults.Refuse.model_fields) | set(faults.Down.model_fields)
    assert not [name for name in sorted(members) if not re.search(rf'[`".]{name}[`"]', readme)]
