"""Payments of runs that were cancelled, and revived, keep the day of each: the books of a day that is past stay so"""

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0028"
branch_labels: None = None
depends_on: None = None

NOTED = """
    BEGIN
        INSERT INTO run_turns (line_id, cancelled) VALUES (NEW.id, NEW.state = 'cancelled');
        RETURN NULL;
    END
"""


def upgrade() -> None:
    op.create_table(
        "run_turns",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("line_id", sa.BigInteger(), sa.ForeignKey("run_lines.id"), nullable=False, index=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.execute(
        "INSERT INTO run_turns (line_id, cancelled, at) "
        "SELECT id, true, coalesce(changed_at, made_at) FROM run_lines WHERE state = 'cancelled'"
    )
    op.execute(f"CREATE FUNCTION turns_are_noted() RETURNS trigger LANGUAGE plpgsql AS $$ {NOTED} $$")
    op.execute("ALTER FUNCTION turns_are_noted() SET search_path = pg_catalog, public, pg_temp")
    op.execute(
        "CREATE TRIGGER turns_are_noted AFTER UPDATE ON run_lines FOR EACH ROW "
        "WHEN ((OLD.state = 'cancelled') <> (NEW.state = 'cancelled')) EXECUTE FUNCTION turns_are_noted()"
    )
    op.execute(
        "CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON run_turns FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
    )
    op.execute(
        "CREATE TRIGGER it_stays BEFORE UPDATE ON run_turns FOR EACH ROW EXECUTE FUNCTION "
        "it_stays('id', 'line_id', 'cancelled', 'at')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER turns_are_noted ON run_lines")
    op.execute("DROP FUNCTION turns_are_noted()")
    op.drop_table("run_turns")
