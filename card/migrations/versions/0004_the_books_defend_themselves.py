"""The books defend themselves: accounts as rows, entries for ever, no credit beyond what was assigned, closed sets"""

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: None = None
depends_on: None = None

OUTCOMES = (
    *("credited", "no_right", "already_paid", "already_offered", "unreachable", "refused_by_person", "lapsed"),
    *("late_yes", "no_account", "missing_document", "refused_by_body", "closed_by_operator", "told", "not_due"),
)
CLOSED = {
    ("cases", "outcome"): OUTCOMES,
    ("messages", "state"): ("intended", "sent", "delivered", "failed"),
    ("questions", "expects"): ("consent", "account"),
    ("applications", "state"): ("intended", "registered", "missing_document", "rejected"),
    ("assignments", "state"): ("assigned", "contested", "accepted", "refused"),
    ("accounts", "source"): ("bank", "person"),
    ("payments", "state"): ("intended", "settled", "rejected"),
}
PAYERS = "'budget', 'fund', 'fund+budget', 'unknown'"


def upgrade() -> None:
    for (table, column), words in CLOSED.items():
        listed = ", ".join(f"'{word}'" for word in words)
        op.create_check_constraint(f"a_known_{column}", table, f"{column} IN ({listed})")
    op.create_check_constraint("something_is_paid", "payments", "amount > 0")
    op.create_check_constraint("nothing_negative", "assignments", "computed >= 0 AND amount >= 0 AND was >= 0")
    accounts = op.create_table(
        "ledger_accounts",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("may_go_negative", sa.Boolean(), nullable=False),
        sa.CheckConstraint("currency = 'KZT'", name="tenge"),
        sa.PrimaryKeyConstraint("code"),
    )
    op.bulk_insert(
        accounts,
        [
            {"code": "entitled", "currency": "KZT", "may_go_negative": True},
            {"code": "payable", "currency": "KZT", "may_go_negative": False},
            {"code": "paid", "currency": "KZT", "may_go_negative": True},
        ],
    )
    op.add_column("ledger", sa.Column("payer", sa.String(), nullable=True))
    op.add_column("ledger", sa.Column("period", sa.Date(), nullable=True))
    op.add_column("ledger", sa.Column("value_date", sa.Date(), nullable=True))
    op.execute(
        "UPDATE ledger SET payer = 'unknown', value_date = booked_at::date, "
        "period = date_trunc('month', booked_at)::date"
    )
    for name in ("payer", "period", "value_date"):
        op.alter_column("ledger", name, nullable=False)
    op.create_check_constraint("a_known_payer", "ledger", f"payer IN ({PAYERS})")
    op.create_check_constraint("a_whole_month", "ledger", "period = date_trunc('month', period::timestamp)::date")
    for side in ("debit", "credit"):
        op.create_foreign_key(None, "ledger", "ledger_accounts", [side], ["code"])
    op.execute(
        """
        CREATE FUNCTION ledger_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the books never change an entry: book the reverse' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_stays()"
    )
    # One case after the other: two entries at the same moment would each see enough.
    op.execute(
        """
        CREATE FUNCTION ledger_covers() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE left_there numeric;
        BEGIN
            IF (SELECT may_go_negative FROM ledger_accounts WHERE code = NEW.debit) THEN
                RETURN NEW;
            END IF;
            PERFORM pg_advisory_xact_lock(hashtext('ledger ' || NEW.case_ref));
            SELECT coalesce(sum(amount) FILTER (WHERE credit = NEW.debit), 0)
                 - coalesce(sum(amount) FILTER (WHERE debit = NEW.debit), 0)
              INTO left_there FROM ledger WHERE case_ref = NEW.case_ref AND key <> NEW.key;
            IF left_there < NEW.amount THEN
                RAISE EXCEPTION 'no more than was assigned can be credited' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER entries_are_covered BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_covers()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER entries_are_covered ON ledger")
    op.execute("DROP TRIGGER entries_stay ON ledger")
    op.execute("DROP FUNCTION ledger_covers()")
    op.execute("DROP FUNCTION ledger_stays()")
    for side in ("debit", "credit"):
        op.drop_constraint(f"ledger_{side}_fkey", "ledger", type_="foreignkey")
    for name in ("a_known_payer", "a_whole_month"):
        op.drop_constraint(name, "ledger", type_="check")
    for name in ("value_date", "period", "payer"):
        op.drop_column("ledger", name)
    op.drop_table("ledger_accounts")
    op.drop_constraint("nothing_negative", "assignments", type_="check")
    op.drop_constraint("something_is_paid", "payments", type_="check")
    for table, column in CLOSED:
        op.drop_constraint(f"a_known_{column}", table, type_="check")
