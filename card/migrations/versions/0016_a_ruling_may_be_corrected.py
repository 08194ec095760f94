"""A contested ruling that its body has corrected stays as it was written, and another stands in its place; somebody
accepts another amount; when a payment to an account came back"""

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: None = None
depends_on: None = None

STATES = ("assigned", "contested", "accepted", "refused")

WAYS = """
    BEGIN
        IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN ({ways}) THEN
            RAISE EXCEPTION 'a ruling that was % is not % afterwards', OLD.state, NEW.state
                USING ERRCODE = 'restrict_violation';
        END IF;
        {decided}RETURN NEW;
    END
"""
DECIDED = """IF NEW.state = 'accepted' AND OLD.state <> 'accepted' AND NOT EXISTS (
            SELECT FROM decisions WHERE case_ref = NEW.case_ref AND action = 'accept-amount' AND btrim(by) <> ''
        ) THEN
            RAISE EXCEPTION 'somebody decides that another amount is accepted' USING ERRCODE = 'restrict_violation';
        END IF;
        """


def _states(*words: str) -> None:
    op.drop_constraint("a_known_state", "assignments", type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint("a_known_state", "assignments", f"state IN ({listed})")


def _stands(ways: str, decided: str) -> None:
    body = WAYS.format(ways=ways, decided=decided)
    op.execute(f"CREATE OR REPLACE FUNCTION rulings_stand() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute("ALTER FUNCTION rulings_stand() SET search_path = pg_catalog, public, pg_temp")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("rejected_at", sa.DateTime(timezone=True), nullable=True))
    _states(*STATES, "superseded")
    _stands("('contested', 'accepted'), ('contested', 'superseded')", DECIDED)
    op.drop_constraint("assignments_case_ref_key", "assignments", type_="unique")
    op.create_index(
        "one_ruling_stands", "assignments", ["case_ref"], unique=True, postgresql_where="state <> 'superseded'"
    )


def downgrade() -> None:
    op.drop_index("one_ruling_stands", table_name="assignments")
    op.create_unique_constraint("assignments_case_ref_key", "assignments", ["case_ref"])
    _stands("('contested', 'accepted')", "")
    _states(*STATES)
    op.drop_column("accounts", "rejected_at")
