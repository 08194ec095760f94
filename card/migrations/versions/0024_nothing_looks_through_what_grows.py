"""What is open, newest, left undone or ended lately is found by an index, however many cases there have been"""

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: None = None
depends_on: None = None

INDEXES: dict[str, tuple[str, list[str | sa.TextClause], str | None]] = {
    "open_cases": ("cases", ["ref"], "outcome IS NULL"),
    "cases_by_their_end": ("cases", ["closed_at"], None),
    "newest_cases": ("cases", [sa.text("opened_at DESC"), "ref"], None),
    "closed_by_operators": ("cases", ["closed_at"], "outcome = 'closed_by_operator'"),
    "messages_not_known_to_be_sent": ("messages", ["intended_at"], "state = 'intended'"),
    "applications_not_known_to_be_made": ("applications", ["intended_at"], "state = 'intended'"),
    "payments_not_known_to_be_made": ("payments", ["intended_at"], "state = 'intended'"),
}


def upgrade() -> None:
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, postgresql_where=sa.text(where) if where else None)


def downgrade() -> None:
    for name, (table, _, _) in INDEXES.items():
        op.drop_index(name, table)
