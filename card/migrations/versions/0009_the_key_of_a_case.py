"""Which payload key a case was started under: it is needed as long as its history is"""

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("codec_key", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("cases", "codec_key")
