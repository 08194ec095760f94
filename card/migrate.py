"""Brings a database to the newest shape with Alembic. Run before workers and gateway, by one process."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = max(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
"""The revision that this version works with; each is named by its number."""


def alembic_config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


ONLY_ADDED_TO = ("ledger", "decisions", "refused_answers", "consents", "dues", "run_totals", "recoveries")
"""Tables whose rows stay: whoever works with the Card reads them and adds to them."""

ONLY_READ = ("ledger_accounts", "alembic_version")


def migrate(url: str, role: str | None = None) -> None:
    """Upgrade the database at `url` to the newest revision; nothing happens if it is there already.

    `role`, another than the owner, is what worker and gateway work as: it gets the rights that they need, and none to
    change what stays. The triggers that keep the books are the owner's, who alone could take them away.
    """
    command.upgrade(alembic_config(url), "head")
    if role is None:
        return
    name, every = sql.Identifier(role), sql.SQL("ALL TABLES IN SCHEMA public")
    stays, read = (sql.SQL(", ").join(map(sql.Identifier, tables)) for tables in (ONLY_ADDED_TO, ONLY_READ))
    engine = create_engine(url)
    with engine.begin() as connection:
        raw = connection.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)  # noqa: S101  (the only driver)
        for grant in (
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(name),
            sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON {} TO {}").format(every, name),
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(name),
            sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(engine.url.database or "")),
            sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(stays, name),
            sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(read, name),
        ):
            raw.execute(grant)
    engine.dispose()
