"""Which running Demeu a command talks to: the one that the environment names, else the one that `make up` runs here."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from temporalio.client import Client

from card import Card
from desk.opening import Opening
from runtime.benefits import add_benefits
from runtime.settings import Settings, SettingsError, load_settings
from runtime.temporal import connect


class NothingRunning(RuntimeError):
    """Neither the environment nor this folder leads to a running Demeu."""


@dataclass(frozen=True)
class Running:
    """A running Demeu, as a command reaches it."""

    settings: Settings
    card: Card
    client: Client
    opening: Opening
    env: Mapping[str, str]


def environment() -> Mapping[str, str]:
    """The variables to work with. Raises NothingRunning."""
    if os.environ.get("DEMEU_DATABASE_URL"):
        return os.environ
    env = _of_the_stack_here()
    if env is None:
        raise NothingRunning(
            "no Demeu runs here: start one with `make up`, or set DEMEU_DATABASE_URL and TEMPORAL_ADDRESS"
        )
    return env


def _of_the_stack_here() -> Mapping[str, str] | None:
    """What `make up` has left for the commands; the production image knows no such stack."""
    if find_spec("runtime.embedded") is None:
        return None
    from runtime.embedded.data_folder import running_environment
    from runtime.embedded.processes import StartError

    try:
        return running_environment()
    except StartError as broken:
        raise NothingRunning(str(broken)) from broken


@asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """Reach the running Demeu. Raises NothingRunning, SettingsError or TemporalUnreachable."""
    env = environment()
    own = env is os.environ
    settings = load_settings(None if own else env)
    add_benefits(settings)
    client = await connect(settings, env=None if own else env)
    card = Card(settings.database_url.get_secret_value(), pool_size=5)
    try:
        yield Running(settings, card, client, Opening(card, client, settings.task_queue), env)
    finally:
        await card.close()


__all__ = ["NothingRunning", "Running", "SettingsError", "environment", "running"]
