"""A right whose cases had ended before rights were rows of their own is looked at again like any other"""

from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: None = None
depends_on: None = None

PLANNED = """
INSERT INTO looks (root, right_id, service, person_id, day, why, n)
SELECT DISTINCT ON (rights.id) 'right:' || rights.id, rights.id, rights.service, cases.person_id,
       current_date + 1 + (abs(hashtext(rights.id::text)) % 30), cases.outcome, 0
FROM rights JOIN cases ON cases.right_id = rights.id
WHERE rights.state IN ('found', 'offered')
  AND NOT EXISTS (SELECT FROM cases open WHERE open.right_id = rights.id AND open.outcome IS NULL)
  AND NOT EXISTS (SELECT FROM looks WHERE looks.right_id = rights.id)
  AND cases.outcome IS NOT NULL
  AND cases.outcome NOT IN ('closed_by_operator', 'credited', 'told', 'not_due')
ORDER BY rights.id, cases.closed_at DESC
"""
"""Spread over a month, so that no registry meets them all on one morning."""


def upgrade() -> None:
    op.execute(PLANNED)


def downgrade() -> None:
    pass  # a look that was planned harms nobody
