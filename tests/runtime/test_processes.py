"""Child processes: waited for, ended with their descendants and with their parent; nobody else is touched."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from runtime.embedded.processes import ROOT, Process, StartError, free_ports, listens, scrubbed_environment, stop_all

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"


def _process(tmp_path: Path, code: str, **options: float) -> Process:
    return Process("child", (sys.executable, "-c", code), tmp_path / "child.log", **options)  # type: ignore[arg-type]


async def _up(process: Process) -> None:
    async def logged() -> bool:
        return "up" in process.log.read_text()

    process.spawn()
    await process.ready(logged, within=10)


@pytest.fixture
def stranger() -> Iterator[psutil.Process]:
    """A process of the same kind that nobody asked us to end."""
    popen = subprocess.Popen([sys.executable, "-c", SLEEPER], stdout=subprocess.DEVNULL)
    yield psutil.Process(popen.pid)
    popen.kill()
    popen.wait()


async def test_it_stops_what_it_started_and_nothing_else(tmp_path: Path, stranger: psutil.Process) -> None:
    process = _process(tmp_path, PARENT)
    await _up(process)
    assert process.pid is not None
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    assert len(family) == 2
    await process.stop()
    assert not process.running
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    assert stranger.is_running()


async def test_one_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    process = _process(tmp_path, DEAF, stop_seconds=0.2)
    await _up(process)
    begun = time.monotonic()
    with capture_logs() as said:
        await process.stop()
    assert not process.running
    assert time.monotonic() - begun < 5
    assert [(one["part"], one["event"].partition(":")[0]) for one in said] == [("child", "killed")]
    assert "did not end within 0.2 seconds" in said[0]["why"]


async def test_one_that_is_not_gone_when_it_was_killed_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack hung in its teardown for ever, and nobody could tell for which part."""
    process = _process(tmp_path, SLEEPER)
    await _up(process)
    popen = process._popen
    assert popen is not None

    def never(timeout: float | None = None) -> int:
        raise subprocess.TimeoutExpired("child", timeout or 0)

    with monkeypatch.context() as patched, capture_logs() as said:
        patched.setattr(popen, "wait", never)
        process.kill()
    assert [(one["part"], one["log_level"]) for one in said] == [("child", "error")]
    popen.wait(timeout=10)


async def test_an_interrupted_stop_still_leaves_nothing(tmp_path: Path) -> None:
    process = _process(tmp_path, DEAF, stop_seconds=60)
    await _up(process)
    stopping = asyncio.create_task(stop_all([process]))
    await asyncio.sleep(0.1)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert not process.running


async def test_killed_ones_can_be_started_again(tmp_path: Path) -> None:
    process = _process(tmp_path, SLEEPER)
    await _up(process)
    pids = [process.pid]
    for _ in range(2):
        process.kill()
        pids.append(process.pid)
        await _up(process)
        pids.append(process.pid)
    assert [pid is None for pid in pids] == [False, True, False, True, False]
    assert len(set(pids)) == 4
    await process.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_they_die_with_their_parent(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, time; from pathlib import Path; from runtime.embedded.processes import Process\n"
        f"child = Process('child', (sys.executable, '-c', {SLEEPER!r}), Path({str(tmp_path)!r}) / 'child.log')\n"
        "child.spawn(); print(child.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    while "up" not in (tmp_path / "child.log").read_text():
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], timeout=5)
    assert alive == []


async def test_one_that_ends_while_starting_shows_the_end_of_its_log(tmp_path: Path) -> None:
    process = _process(
        tmp_path, "print('\\n'.join(f'line {n}' for n in range(40)), flush=True); raise SystemExit('port taken')"
    )
    process.spawn()
    with pytest.raises(StartError, match=r"child ended while starting; the end of .*child\.log:") as failed:
        await process.ready(lambda: asyncio.sleep(0, result=False), within=10)
    assert "port taken" in str(failed.value)
    assert "line 39" in str(failed.value)
    assert "line 3\n" not in str(failed.value)
    await process.stop()


async def test_one_that_never_answers_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    process = _process(tmp_path, SLEEPER)
    process.spawn()
    with pytest.raises(StartError, match=r"did not answer within 0\.1 seconds"):
        await process.ready(lambda: asyncio.sleep(0, result=False), within=0.1)
    await process.stop()


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    process = Process("ghost", ("/no/such/program",), tmp_path / "ghost.log")
    process.spawn()
    with pytest.raises(StartError, match="/no/such/program"):
        await process.ended(within=10)


def test_a_developers_own_variables_do_not_reach_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "production:7233")
    monkeypatch.setenv("DEMEU_DATABASE_URL", "postgresql://production")
    env = scrubbed_environment({"DEMEU_TASK_QUEUE": "here"})
    assert "TEMPORAL_ADDRESS" not in env
    assert "DEMEU_DATABASE_URL" not in env
    assert env["DEMEU_TASK_QUEUE"] == "here"
    assert env["PATH"] == os.environ["PATH"]


async def test_a_taken_port_is_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert await listens("127.0.0.1", port)
        (other,) = free_ports([port])
        assert other != port
    assert free_ports([other]) == [other]


def test_ports_are_not_given_out_twice() -> None:
    assert len(set(free_ports([0] * 50))) == 50
