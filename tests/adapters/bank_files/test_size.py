"""Memory does not grow with a file: 20 000 lines cost a few megabytes, and some thousand go through in a second."""

import sys
from asyncio import create_subprocess_exec, subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from runtime.embedded.processes import ROOT
from tests.adapters.bank_files.files import entry, statement

MANY = 20_000


@pytest.mark.parametrize("what", ["write", "read"])
async def test_a_long_file_takes_little_memory(tmp_path: Path, what: str) -> None:
    """In a process of its own: what libxml2 takes is seen by nothing inside. The file itself has 20 MB."""
    path = tmp_path / "file.xml"
    if what == "read":
        path.write_bytes(statement(*(entry(number) for number in range(MANY))))
    command = [sys.executable, "-m", "bench.bank_files", what, str(path), str(MANY)]
    run = await create_subprocess_exec(*command, cwd=ROOT, stdout=subprocess.PIPE)
    out, _ = await run.communicate()
    assert run.returncode == 0
    seconds, megabytes = map(float, out.split())
    assert path.stat().st_size > 8_000_000
    assert megabytes < 15
    assert timedelta(seconds=seconds) < timedelta(seconds=30)
