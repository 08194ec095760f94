"""Child processes that start with a log, are waited for until they answer, and are stopped together with their group.

Only processes that were started here are ever signalled: a child's end is noticed without reaping it, so that its
process group cannot have been given to a stranger when the rest of the group is killed.
"""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

ROOT = Path(__file__).resolve().parents[2]
"""The checkout: where ``worker.py`` and the packages are."""

_CHILD = Path(__file__).with_name("child.py")
_LOG_LINES = 15
_POLL_SECONDS = 0.02

GONE_WITHIN = 10.0
"""Seconds that the kernel gets to take away what was killed."""

_log = structlog.get_logger()

Ready = Callable[[], Awaitable[bool]]


class StartError(RuntimeError):
    """A part of the stack did not come up or ended by itself. The message has the last lines of its log."""


def scrubbed_environment(given: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without Demeu's and Temporal's variables, and ``given`` on top.

    So that what a developer has exported for another system can never reach an embedded one.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEMEU_", "TEMPORAL_"))}
    return {**kept, **given}


@dataclass
class Process:
    """One child: its command, where it logs, and how it is told to end."""

    name: str
    command: tuple[str, ...]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: Path = ROOT
    user: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15
    _popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return None if self._popen is None else self._popen.pid

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._popen is not None and not self._ended()

    def spawn(self) -> None:
        """Start it in a process group of its own, output to the end of its log."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        self._reap()
        launcher = (sys.executable, "-I", "-S", str(_CHILD))
        fate = (str(os.getpid()), str(int(self.stop_signal)), self.user or "-", "--")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(  # noqa: S603  (the command is ours)
                (*launcher, *fate, *self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.cwd,
                env=scrubbed_environment(self.env),
                process_group=0,
            )

    async def ready(self, answers: Ready, *, within: float) -> None:
        """Wait until it answers. Raises StartError when it ends before that or takes longer than ``within`` seconds."""
        deadline = time.monotonic() + within
        while not await answers():
            if not self.running:
                raise self.failure("ended while starting")
            if time.monotonic() > deadline:
                raise self.failure(f"did not answer within {within:g} seconds")
            await asyncio.sleep(_POLL_SECONDS)

    async def ended(self, *, within: float) -> None:
        """Wait until it has done its work. Raises StartError when it fails or takes longer than ``within`` seconds."""
        await self._end(within=within)
        if self._popen is not None and (code := self._popen.wait()) != 0:
            raise self.failure(f"failed with exit code {code}")

    def failure(self, what: str) -> StartError:
        """The error that says what happened, with the last lines of the log."""
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if self.log.exists() else []
        shown = "".join(f"\n    {line}" for line in lines) or "\n    (nothing was logged)"
        return StartError(f"{self.name} {what}; the end of {self.log}:{shown}")

    async def stop(self) -> None:
        """Ask it to end, wait `stop_seconds`, then kill what is left of its group, and say so."""
        if self._popen is None:
            return
        try:
            if self.running:
                os.kill(self._popen.pid, self.stop_signal)
            try:
                await self._end(within=self.stop_seconds)
            except StartError as late:
                _log.warning("killed: it did not end when it was asked to", part=self.name, why=str(late))
        finally:
            # Also when the wait itself is interrupted: nothing may stay behind.
            self.kill()

    def kill(self) -> None:
        """SIGKILL for the whole group, at once; then it is gone."""
        if self._popen is not None and self._popen.returncode is None:
            # Not yet reaped, so the group is still its own, even when only its descendants are left.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.kill()  # also where it has left its group, or one of the group is not ours to kill
        self._reap()

    async def _end(self, *, within: float) -> None:
        deadline = time.monotonic() + within
        while self.running:
            if time.monotonic() > deadline:
                raise self.failure(f"did not end within {within:g} seconds")
            await asyncio.sleep(_POLL_SECONDS)

    def _ended(self) -> bool:
        if self._popen is None or self._popen.returncode is not None:
            return True
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return self._popen.poll() is not None
        return os.waitid(os.P_PID, self._popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _reap(self) -> None:
        if self._popen is None:
            return
        try:
            self._popen.wait(timeout=GONE_WITHIN)
        except subprocess.TimeoutExpired:
            # Somebody's debugger, or a disk that does not answer: nothing that waiting longer would mend.
            _log.error("not gone after it was killed: it is left behind", part=self.name, pid=self._popen.pid)
        self._popen = None


async def stop_all(processes: Iterable[Process]) -> None:
    """Stop them together; when that is interrupted, all are killed before the interruption goes on."""
    stopping = list(processes)
    try:
        await asyncio.gather(*(process.stop() for process in stopping))
    finally:
        for process in stopping:
            process.kill()


def free_ports(preferred: Iterable[int], *, host: str = "127.0.0.1") -> list[int]:
    """TCP ports that nobody listens on: each preferred one, or any other when that is taken or 0.

    The others lie below the range from which the kernel takes ports for outgoing connections, or one of those could
    take it before its owner has started.
    """
    ports = []
    with ExitStack() as held:
        # All are held until all are found, so that none is given out twice.
        for port in preferred:
            for wanted in (port or _any_port(), *(_any_port() for _ in range(50))):
                door = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    door.bind((host, wanted))
                    door.listen(1)
                except OSError:
                    continue
                ports.append(door.getsockname()[1])
                break
            else:
                raise StartError(f"no free TCP port on {host}")
    return ports


def _any_port() -> int:
    return random.randint(15_000, 32_000)


async def listens(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
