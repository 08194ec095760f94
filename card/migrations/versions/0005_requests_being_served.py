"""A signed request is held while it is served: one that failed on our side may come again as it is"""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("seen_requests", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    # What was noted before counts as accepted: it was refused when it came again, and stays so.
    op.execute("UPDATE seen_requests SET accepted_at = seen_at")


def downgrade() -> None:
    op.drop_column("seen_requests", "accepted_at")
