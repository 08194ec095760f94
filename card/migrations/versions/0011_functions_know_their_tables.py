"""The functions that keep the books name their tables for good: no temporary table stands before one"""

from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: None = None
depends_on: None = None

FUNCTIONS = ("ledger_stays", "ledger_covers", "decisions_stay")


def upgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def downgrade() -> None:
    for name in FUNCTIONS:
        op.execute(f"ALTER FUNCTION {name}() RESET search_path")
