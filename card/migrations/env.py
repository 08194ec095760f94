"""Alembic's entry: online only, one transaction for the whole upgrade, under a lock so that two cannot run at once."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

import card.tables  # noqa: F401  (fills the metadata)
from card.connections import connecting

url: str = context.config.attributes["url"]
address, arguments = connecting(url)
engine = create_engine(address, connect_args=arguments)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(1414)"))
        context.run_migrations()
engine.dispose()
