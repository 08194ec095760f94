"""Months are paid in runs: what is selected, in which files it leaves, what became of each payment, what waits"""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: None = None
depends_on: None = None

WAYS = "('entitled', 'payable'), ('entitled', 'withheld'), ('payable', 'paid'), ('paid', 'payable')"
WAYS_OF_RUNS = (
    f"{WAYS}, ('payable', 'cancelled'), ('cancelled', 'payable'), ('withheld', 'cancelled'), "
    "('cancelled', 'withheld'), ('withheld', 'remitted'), ('remitted', 'withheld')"
)

OF_CASES_ALONE = """
    DO $$
    DECLARE one record;
    BEGIN
        FOR one IN SELECT tgname, pg_get_triggerdef(oid) AS made FROM pg_trigger
                    WHERE tgrelid = 'ledger'::regclass AND NOT tgisinternal AND tgtype & 1 = 1 AND tgtype & 4 = 4
        LOOP
            EXECUTE format('DROP TRIGGER %I ON ledger', one.tgname);
            EXECUTE replace(one.made, {before}, {after});
        END LOOP;
    END $$
"""
"""What guards the entries of cases looks at no other: those of runs have guards of their own."""

OF_A_CASE = ("due_is_credited", "paid_of_a_month")
"""What guards the dues of cases row by row: those of runs are guarded set by set."""

WHEN = "' WHEN ((new.case_ref IS NOT NULL)) EXECUTE FUNCTION '"
NO_WHEN = "' EXECUTE FUNCTION '"


def _money(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.Numeric(14, 2), nullable=nullable)


def _time(name: str, *, now: bool = False) -> "sa.Column[object]":
    default = sa.func.now() if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not now, server_default=default)


def _known(column: str, *words: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"a_known_{column}")


def _tables() -> None:
    op.create_table(
        "runs",
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("played", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _time("opened_at", now=True),
        _time("closed_at"),
        _known("state", "open", "closed"),
        sa.CheckConstraint("month = date_trunc('month', month::timestamp)::date", name="a_whole_month"),
    )
    op.create_table(
        "run_stages",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("month", sa.Date(), sa.ForeignKey("runs.month"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        _time("frozen_at"),
        sa.UniqueConstraint("month", "number", name="a_stage_once"),
        _known("state", "selecting", "frozen"),
    )
    op.create_table(
        "run_totals",
        sa.Column("stage_id", sa.Integer(), sa.ForeignKey("run_stages.id"), primary_key=True),
        sa.Column("kind", sa.String(), primary_key=True),
        sa.Column("service", sa.String(), primary_key=True),
        sa.Column("bank", sa.String(), primary_key=True),
        sa.Column("region", sa.String(), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
        _money("total"),
    )
    op.create_table(
        "run_batches",
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("month", sa.Date(), sa.ForeignKey("runs.month"), nullable=False),
        sa.Column("part", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=True),
        _money("total", nullable=True),
        sa.Column("execution_day", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        _time("made_at", now=True),
        _time("sent_at"),
        _time("answered_at"),
        sa.UniqueConstraint("month", "part", "bank", "number", name="a_batch_once"),
        _known("state", "open", "sealed", "sent", "answered"),
        _known("kind", "benefit", "pension"),
    )
    op.create_table(
        "run_lines",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("due_id", sa.BigInteger(), sa.ForeignKey("dues.id"), nullable=False),
        sa.Column("stage_id", sa.Integer(), sa.ForeignKey("run_stages.id"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("end_to_end_id", sa.String(), nullable=False),
        _money("amount"),
        sa.Column("account_id", sa.Uuid(), sa.ForeignKey("accounts.id"), nullable=True),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column("batch_key", sa.String(), sa.ForeignKey("run_batches.key"), nullable=True, index=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("again_on", sa.Date(), nullable=True),
        sa.Column("bank_reference", sa.String(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("return_reference", sa.String(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        _time("made_at", now=True),
        _time("settled_at"),
        _time("changed_at"),
        sa.UniqueConstraint("due_id", "kind", "n", name="an_attempt_once"),
        _known("state", "ordered", "held", "cancelled", "settled", "rejected", "returned"),
        _known("kind", "benefit", "pension"),
        sa.CheckConstraint("amount > 0", name="something_is_paid"),
        sa.CheckConstraint("(state IN ('held', 'cancelled')) = (batch_key IS NULL)", name="in_a_batch_or_not"),
    )
    op.create_index(
        "one_live_line_a_due",
        "run_lines",
        ["due_id", "kind"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('rejected', 'returned')"),
    )
    op.create_index(
        "lines_that_wait", "run_lines", ["id"], postgresql_where=sa.text("state IN ('held', 'rejected', 'returned')")
    )
    op.create_index("lines_by_end_to_end_id", "run_lines", ["end_to_end_id", "id"])
    op.create_index("lines_of_a_stage", "run_lines", ["stage_id", "id"])
    op.create_table(
        "run_items",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), sa.ForeignKey("run_lines.id"), nullable=True),
        sa.Column("end_to_end_id", sa.String(), nullable=True),
        _money("amount", nullable=True),
        sa.Column("bank_reference", sa.String(), nullable=True),
        sa.Column("booked_on", sa.Date(), nullable=True),
        _time("found_at", now=True),
        _time("closed_at"),
        sa.Column("closed_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.UniqueConstraint(
            "source",
            "why",
            "end_to_end_id",
            "bank_reference",
            "amount",
            name="an_item_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index("items_open", "run_items", ["id"], postgresql_where=sa.text("closed_at IS NULL"))
    op.create_table(
        "statement_days",
        sa.Column("iban", sa.String(), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        _money("debits"),
        _money("credits"),
        _time("read_at", now=True),
    )


def upgrade() -> None:
    op.execute("ALTER TABLE dues ADD COLUMN id BIGSERIAL NOT NULL")
    op.execute("ALTER TABLE dues DROP CONSTRAINT dues_pkey")
    op.execute("ALTER TABLE dues ADD CONSTRAINT dues_pkey PRIMARY KEY (id)")
    _tables()
    op.create_unique_constraint("a_month_once_a_case", "dues", ["entitlement_id", "month", "case_ref"])
    op.alter_column("dues", "case_ref", nullable=True)
    op.add_column("dues", sa.Column("stage_id", sa.Integer(), sa.ForeignKey("run_stages.id"), nullable=True))
    op.add_column("dues", sa.Column("payer", sa.String(), nullable=True))
    op.add_column("dues", sa.Column("region", sa.String(), nullable=True))
    op.create_check_constraint("by_a_case_or_a_run", "dues", "(case_ref IS NULL) <> (stage_id IS NULL)")
    for name in OF_A_CASE:
        op.execute(f"DROP TRIGGER {name} ON dues")
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON dues DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW WHEN (NEW.case_ref IS NOT NULL) EXECUTE FUNCTION {name}()"
        )
    op.execute("DROP TRIGGER it_stays ON dues")
    op.execute(
        "CREATE TRIGGER it_stays BEFORE UPDATE ON dues FOR EACH ROW EXECUTE FUNCTION it_stays('id', 'entitlement_id', "
        "'month', 'case_ref', 'stage_id', 'is_difference', 'gross', 'withheld', 'payer', 'region')"
    )
    op.alter_column("ledger", "case_ref", nullable=True)
    op.add_column("ledger", sa.Column("stage_id", sa.Integer(), sa.ForeignKey("run_stages.id"), nullable=True))
    op.create_index("ix_ledger_stage_id", "ledger", ["stage_id"])
    op.create_check_constraint("by_a_case_or_a_run", "ledger", "(case_ref IS NULL) <> (stage_id IS NULL)")
    op.drop_constraint("a_way_that_money_goes", "ledger", type_="check")
    op.create_check_constraint(
        "a_way_that_money_goes",
        "ledger",
        f"(debit, credit) IN ({WAYS}) OR stage_id IS NOT NULL AND (debit, credit) IN ({WAYS_OF_RUNS})",
    )
    op.execute(OF_CASES_ALONE.format(before=NO_WHEN, after=WHEN))
    op.execute("ALTER TABLE ledger_accounts DISABLE TRIGGER accounts_stay")
    op.execute("INSERT INTO ledger_accounts VALUES ('cancelled', 'KZT', true), ('remitted', 'KZT', true)")
    op.execute("ALTER TABLE ledger_accounts ENABLE TRIGGER accounts_stay")
    op.execute("CREATE SEQUENCE run_entries")
    op.create_index("payments_by_end_to_end_id", "payments", ["end_to_end_id"])


def downgrade() -> None:
    op.drop_index("payments_by_end_to_end_id", table_name="payments")
    op.execute("DROP SEQUENCE run_entries")
    op.execute("ALTER TABLE ledger_accounts DISABLE TRIGGER accounts_stay")
    op.execute("DELETE FROM ledger_accounts WHERE code IN ('cancelled', 'remitted')")
    op.execute("ALTER TABLE ledger_accounts ENABLE TRIGGER accounts_stay")
    op.execute(OF_CASES_ALONE.format(before=WHEN, after=NO_WHEN))
    op.drop_constraint("a_way_that_money_goes", "ledger", type_="check")
    op.create_check_constraint("a_way_that_money_goes", "ledger", f"(debit, credit) IN ({WAYS})")
    op.drop_constraint("by_a_case_or_a_run", "ledger", type_="check")
    op.drop_column("ledger", "stage_id")
    op.alter_column("ledger", "case_ref", nullable=False)
    op.execute("DROP TRIGGER it_stays ON dues")
    op.execute(
        "CREATE TRIGGER it_stays BEFORE UPDATE ON dues FOR EACH ROW EXECUTE FUNCTION it_stays('entitlement_id', "
        "'month', 'case_ref', 'is_difference', 'gross', 'withheld')"
    )
    for name in OF_A_CASE:
        op.execute(f"DROP TRIGGER {name} ON dues")
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER INSERT ON dues DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    op.drop_constraint("by_a_case_or_a_run", "dues", type_="check")
    for column in ("stage_id", "payer", "region"):
        op.drop_column("dues", column)
    op.alter_column("dues", "case_ref", nullable=False)
    op.drop_constraint("a_month_once_a_case", "dues", type_="unique")
    for name in ("statement_days", "run_items", "run_lines", "run_batches", "run_totals", "run_stages", "runs"):
        op.drop_table(name)
    op.execute("ALTER TABLE dues DROP CONSTRAINT dues_pkey")
    op.execute("ALTER TABLE dues ADD CONSTRAINT dues_pkey PRIMARY KEY (entitlement_id, month, case_ref)")
    op.drop_column("dues", "id")
