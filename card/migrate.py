"""Brings a database to the newest shape with Alembic. Run before workers and gateway, by one process."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from card.store import async_url

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = async_url(url)
    return config


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest revision; nothing happens if it is there already."""
    command.upgrade(alembic_config(url), "head")
