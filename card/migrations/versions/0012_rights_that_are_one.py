"""Two rights may turn out to be one: which one counts"""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("rights", sa.Column("same_as", sa.Uuid(), sa.ForeignKey("rights.id"), nullable=True))
    op.create_index("ix_rights_same_as", "rights", ["same_as"])


def downgrade() -> None:
    op.drop_column("rights", "same_as")
