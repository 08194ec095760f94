"""Who decided what on a case, for good; a payment that came back from the bank"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: None = None
depends_on: None = None

STATES = "'intended', 'settled', 'rejected'"


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("case_ref", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.ref"]),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_decisions_case_ref", "decisions", ["case_ref"])
    op.execute(
        "CREATE FUNCTION decisions_stay() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN RAISE EXCEPTION 'a decision stays as it was made' USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER decisions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions "
        "FOR EACH STATEMENT EXECUTE FUNCTION decisions_stay()"
    )
    op.drop_constraint("a_known_state", "payments", type_="check")
    op.create_check_constraint("a_known_state", "payments", f"state IN ({STATES}, 'returned')")
    _one_live("'rejected', 'returned'")
    # What comes back was paid: no more can come back of a case than has gone out for it.
    op.execute("UPDATE ledger_accounts SET may_go_negative = false WHERE code = 'paid'")


def downgrade() -> None:
    op.execute("UPDATE ledger_accounts SET may_go_negative = true WHERE code = 'paid'")
    _one_live("'rejected'")
    op.drop_constraint("a_known_state", "payments", type_="check")
    op.execute("UPDATE payments SET state = 'rejected' WHERE state = 'returned'")
    op.create_check_constraint("a_known_state", "payments", f"state IN ({STATES})")
    op.drop_table("decisions")
    op.execute("DROP FUNCTION decisions_stay()")


def _one_live(over: str) -> None:
    op.drop_index("one_live_payment_a_case", "payments")
    op.create_index(
        "one_live_payment_a_case",
        "payments",
        ["case_ref"],
        unique=True,
        postgresql_where=sa.text(f"state NOT IN ({over})"),
    )
