"""What is due of a month is claimed by one after the other: two that claimed at once saw nothing of each other"""

import sqlalchemy as sa
from alembic import op

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels: None = None
depends_on: None = None

BEGINS = "EXECUTE $q$ SELECT 0 < ("
ONE_AFTER_THE_OTHER = f"PERFORM pg_advisory_xact_lock(1702029);\n            {BEGINS}"
"""The lock that a run holds that selects (`card.owed.SELECTING`): it has it already, and whoever else claims waits."""

ANSWERS = "RETURN NEW;"
READ_SO = """UPDATE incoming SET meaning = CASE WHEN NEW.given THEN 'yes' ELSE 'no' END
             WHERE message_id = NEW.message_id AND meaning IS NULL;
            RETURN NEW;"""
"""How a message was read stays: what a consent rests on is read as it, before anybody could say otherwise."""

CHANGED = {"consents_are_answers": (ANSWERS, READ_SO), "dues_of_a_run": (BEGINS, ONE_AFTER_THE_OTHER)}
"""Functions in which one passage, where it is first found, becomes another."""


def _changed(name: str, before: str, after: str) -> None:
    found = op.get_bind().execute(sa.text("SELECT prosrc FROM pg_proc WHERE proname = :name"), {"name": name})
    body: str = found.scalar_one()
    assert before in body, name  # noqa: S101  (a migration that has landed stays)
    body = body.replace(before, after, 1)
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def upgrade() -> None:
    for name, (before, after) in CHANGED.items():
        _changed(name, before, after)


def downgrade() -> None:
    for name, (before, after) in CHANGED.items():
        _changed(name, after, before)
