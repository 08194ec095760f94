"""What only a person can put right is a row; more closed sets; withheld contributions; accounts that stay"""

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: None = None
depends_on: None = None

LANGUAGES = ("kk", "ru")
CLOSED = {
    ("persons", "language"): LANGUAGES,
    ("persons", "sex"): ("female", "male"),
    ("messages", "language"): LANGUAGES,
    ("incoming", "meaning"): ("yes", "no", "unclear", "account"),
}
NOT_NEGATIVE = {
    "cases": "amount >= 0",
    "rights": "amount >= 0 AND refused_amount >= 0 AND offers >= 0 AND refusals >= 0",
}


def upgrade() -> None:
    op.create_table(
        "findings",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("kind", "ref"),
    )
    for (table, column), words in CLOSED.items():
        listed = ", ".join(f"'{word}'" for word in words)
        op.create_check_constraint(f"a_known_{column}", table, f"{column} IN ({listed})")
    for table, rule in NOT_NEGATIVE.items():
        op.create_check_constraint("nothing_negative", table, rule)
    op.execute("INSERT INTO ledger_accounts (code, currency, may_go_negative) VALUES ('withheld', 'KZT', true)")
    op.execute(
        "CREATE TRIGGER accounts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_accounts "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays()"
    )
    # Whose money the entries from before 0004 are, as the law said when it was assigned.
    op.execute("ALTER TABLE ledger DISABLE TRIGGER entries_stay")
    op.execute(
        "UPDATE ledger SET payer = said.payer FROM ("
        "SELECT DISTINCT ON (case_ref) case_ref, decision->>'payer' AS payer FROM facts_snapshots "
        "WHERE decision->>'payer' IN ('budget', 'fund', 'fund+budget') ORDER BY case_ref, taken_at DESC) said "
        "WHERE ledger.payer = 'unknown' AND said.case_ref = ledger.case_ref"
    )
    op.execute("ALTER TABLE ledger ENABLE TRIGGER entries_stay")


def downgrade() -> None:
    op.execute("DROP TRIGGER accounts_stay ON ledger_accounts")
    op.execute(
        "DELETE FROM ledger_accounts WHERE code = 'withheld' AND NOT EXISTS (SELECT FROM ledger WHERE credit = code)"
    )
    for table in NOT_NEGATIVE:
        op.drop_constraint("nothing_negative", table, type_="check")
    for table, column in CLOSED:
        op.drop_constraint(f"a_known_{column}", table, type_="check")
    op.drop_table("findings")
