"""The documents say what the code asks; and a bank that was written from them alone keeps the contract."""

import json
import os
import re
import socket
import sys
from asyncio import create_subprocess_exec, sleep, subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import jsonschema_rs
import pytest

from adapters import bank, bodies, contract
from adapters.bank_files import client
from adapters.registries import clients
from tests.contract.conftest import PERSON

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("body", contract.BODIES)
def test_the_document_is_that_of_this_code(body: str) -> None:
    file = contract.FOLDER / f"{body}.json"
    assert file.read_text(encoding="utf-8") == contract.written(body), "write it: python -m adapters.contract"


def test_every_call_of_ours_stands_in_a_document() -> None:
    """And no other: routes are written out where they are called."""
    ours = {route for module in (clients, bodies, bank, client) for route in _routes(Path(module.__file__ or ""))}
    assert ours == {call.path for calls in contract.BODIES.values() for call in calls}


def _routes(file: Path) -> Iterator[str]:
    yield from re.findall(r'"(/[a-z]+/v1[^"]*)"', file.read_text())


@pytest.mark.parametrize("body", contract.BODIES)
def test_the_documents_are_openapi(body: str) -> None:
    document = contract.document(body)
    assert document["openapi"] == "3.1.0"
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})
    named = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert named <= document["components"]["schemas"].keys()
    assert "unreadable" not in json.dumps(document)


async def test_a_bank_that_was_written_from_the_documents_alone_passes(tmp_path: Path) -> None:
    code = (ROOT / "tests/contract/small_bank.py").read_text()
    assert len([line for line in code.splitlines() if line.strip()]) <= 65
    assert "import stubs" not in code
    assert "adapters" not in code
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bank = await create_subprocess_exec(sys.executable, str(ROOT / "tests/contract/small_bank.py"), str(port))
    try:
        await _answers(port)
        (tmp_path / "person.json").write_text(json.dumps(PERSON))
        environment = {
            "DEMEU_CONTRACT_BANK": f"http://127.0.0.1:{port}",
            "DEMEU_CONTRACT_TOKEN": "secret",
            "DEMEU_CONTRACT_PERSON": str(tmp_path / "person.json"),
        }
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "contract", "tests/contract"]
        run = await create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE
        )
        out, _ = await run.communicate()
    finally:
        bank.terminate()
        await bank.wait()
    last = out.decode().strip().splitlines()[-1]
    assert run.returncode == 0, out.decode()
    assert re.search(r"\b9 passed", last), last
    assert "skipped" in last, "the bodies that were not named"


async def _answers(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            try:
                await client.get(f"http://127.0.0.1:{port}/bank/v1/accounts")
            except httpx.HTTPError:
                await sleep(0.1)
            else:
                return
    pytest.fail("the bank does not answer")
