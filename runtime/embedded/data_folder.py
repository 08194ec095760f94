"""The data folder of an embedded stack: its secrets, its lock, and how to reach the stack that runs on it.

The secrets are random, one set per folder, in files that only their owner can read. Production's secrets come from the
environment; nothing here is used there.
"""

import asyncio
import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from adapters.once import read_json
from runtime.codec import KeyRing
from runtime.embedded.processes import StartError
from runtime.settings import Agency

DATA = Path(".demeu")
"""Where the stack of this checkout keeps its data."""

_SECRETS = "secrets.json"
_RUNNING = "stack.json"

SENDERS = ("registries", "smsc")
"""Who may call the gateway of an embedded stack."""


class AlreadyRunning(StartError):
    """Another process runs a stack on the same data folder."""


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold the data folder. The kernel lets it go when the process ends, however it ends. Raises AlreadyRunning."""
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a stack runs already on {folder}: end it first (Ctrl-C in its terminal)") from None
        yield


@asynccontextmanager
async def one_starts() -> AsyncIterator[None]:
    """Held while a stack chooses its ports and takes them: two that start at one moment on one machine chose the same.

    Waits until the other is up. The kernel lets it go when the process ends, however it ends.
    """
    with (Path(tempfile.gettempdir()) / f"demeu-starts-{os.getuid()}").open("a+") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                await asyncio.sleep(0.1)
            else:
                break
        yield


def announce(folder: Path, env: Mapping[str, str]) -> None:
    """Leave the variables of the running stack for `running_environment`."""
    write_private(folder / _RUNNING, json.dumps(dict(env), indent=1))


def withdraw(folder: Path) -> None:
    """Take back what was announced."""
    (folder / _RUNNING).unlink(missing_ok=True)


def running_environment(folder: Path = DATA) -> dict[str, str] | None:
    """The variables of the stack that runs on the folder, or None: so that a second terminal can reach it."""
    file = folder / _RUNNING
    if not file.exists():
        return None
    try:
        with only_one(folder):
            return None  # it ended without a farewell
    except AlreadyRunning:
        return _kept(file)


def secrets_of(folder: Path) -> dict[str, str]:
    """The variables with the secrets of the stack in ``folder``; made at the first call and kept."""
    made = {
        "DEMEU_CODEC_KEYS": KeyRing.generate().text(),
        "DEMEU_GATEWAY_SECRETS": ",".join(f"{sender}:{secrets.token_hex(24)}" for sender in SENDERS),
        "DEMEU_SMPP_PASSWORD": secrets.token_hex(4),
        **{f"DEMEU_{agency.upper()}_TOKEN": secrets.token_hex(24) for agency in Agency},
    }
    file = folder / _SECRETS
    kept = _kept(file)
    if made.keys() != kept.keys():
        # A newer version may need a secret more; those that are there must stay, or stored payloads are lost.
        kept = {name: kept.get(name, value) for name, value in made.items()}
        write_private(file, json.dumps(kept, indent=1))
    return kept


def _kept(file: Path) -> dict[str, str]:
    """The variables in the file, if it is there. Raises StartError for a broken one: secrets that were made anew would
    lose stored payloads.
    """
    if not file.exists():
        return {}
    try:
        found = read_json(file.read_text(encoding="utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise StartError(f"{file}: not the JSON that was written there; restore it, or `make clean` to begin anew")
    return found


def write_private(file: Path, text: str) -> None:
    """Write a file that was never readable by anybody else, and is either the old or the new one."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    new.replace(file)
