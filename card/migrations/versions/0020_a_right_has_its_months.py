"""A monthly right has its months: what they come to, and which of them a case has credited"""

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: None = None
depends_on: None = None

HIGHEST = 100_000_000
"""Tenge: beyond it an amount is a slip of the hand (`benefits.parameter_file.LARGEST`)."""

OF_THE_RIGHT = """
    SELECT FROM cases c JOIN rights r ON r.id = c.right_id
      JOIN entitlements e ON e.right_id IN (r.id, r.same_as)
"""

AT_THE_END = {
    ("entitled_by_a_case", "entitlements", "INSERT OR UPDATE OF case_ref"): f"""
        BEGIN
            IF NOT EXISTS ({OF_THE_RIGHT} WHERE e.id = NEW.id AND c.ref = NEW.case_ref AND c.outcome = 'credited') THEN
                RAISE EXCEPTION 'a right runs by a case of it that was credited' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    ("due_is_credited", "dues", "INSERT"): f"""
        BEGIN
            IF NOT EXISTS ({OF_THE_RIGHT} WHERE e.id = NEW.entitlement_id AND c.ref = NEW.case_ref) THEN
                RAISE EXCEPTION 'the case is about another right' USING ERRCODE = 'check_violation';
            END IF;
            IF NOT EXISTS (
                SELECT FROM payments
                 WHERE case_ref = NEW.case_ref AND state = 'settled' AND amount = NEW.gross - NEW.withheld
            ) THEN
                RAISE EXCEPTION 'the case has not credited this' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
"""Looked at when the transaction ends: what belongs together is written in one, in either order."""

BEFORE = {
    ("months_apart", "entitlement_amounts", "INSERT OR UPDATE"): """
        BEGIN
            PERFORM pg_advisory_xact_lock(hashtext(NEW.entitlement_id::text));
            IF EXISTS (
                SELECT FROM entitlement_amounts
                 WHERE entitlement_id = NEW.entitlement_id AND first_month <> NEW.first_month
                   AND (TG_OP = 'INSERT' OR first_month <> OLD.first_month)
                   AND first_month <= NEW.last_month AND last_month >= NEW.first_month
            ) THEN
                RAISE EXCEPTION 'a month has one amount' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
}

STAY = {
    "entitlements": ("id", "right_id", "person_id", "service"),
    "entitlement_amounts": ("entitlement_id", "first_month", "gross", "withheld"),
    "dues": ("entitlement_id", "month", "case_ref", "is_difference", "gross", "withheld"),
}
NOT_DELETED = ("entitlements", "dues")


def _money(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.Numeric(14, 2), nullable=False)


def _something_is_due() -> tuple[sa.CheckConstraint, sa.CheckConstraint]:
    return (
        sa.CheckConstraint("gross > 0 AND withheld >= 0 AND withheld < gross", name="something_is_due"),
        sa.CheckConstraint(f"gross <= {HIGHEST}", name="an_amount_of_this_world"),
    )


def upgrade() -> None:
    op.create_table(
        "entitlements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("right_id", sa.Uuid(), sa.ForeignKey("rights.id"), nullable=False, unique=True),
        sa.Column("case_ref", sa.String(), sa.ForeignKey("cases.ref"), nullable=False, index=True),
        sa.Column("person_id", sa.Uuid(), sa.ForeignKey("persons.id"), nullable=False, index=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("next_review", sa.Date(), nullable=True),
        sa.CheckConstraint("until >= since", name="a_period"),
    )
    op.create_index("reviews", "entitlements", ["next_review"])
    op.create_table(
        "entitlement_amounts",
        sa.Column("entitlement_id", sa.Uuid(), sa.ForeignKey("entitlements.id"), primary_key=True),
        sa.Column("first_month", sa.Date(), primary_key=True),
        sa.Column("last_month", sa.Date(), nullable=False),
        _money("gross"),
        _money("withheld"),
        sa.CheckConstraint("last_month >= first_month", name="months_in_their_order"),
        sa.CheckConstraint(
            "first_month = date_trunc('month', first_month::timestamp)::date "
            "AND last_month = date_trunc('month', last_month::timestamp)::date",
            name="whole_months",
        ),
        *_something_is_due(),
    )
    op.create_table(
        "dues",
        sa.Column("entitlement_id", sa.Uuid(), sa.ForeignKey("entitlements.id"), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("case_ref", sa.String(), sa.ForeignKey("cases.ref"), primary_key=True),
        sa.Column("is_difference", sa.Boolean(), nullable=False),
        _money("gross"),
        _money("withheld"),
        sa.CheckConstraint("month = date_trunc('month', month::timestamp)::date", name="a_whole_month"),
        *_something_is_due(),
    )
    op.create_index(
        "a_month_is_due_once",
        "dues",
        ["entitlement_id", "month"],
        unique=True,
        postgresql_where=sa.text("NOT is_difference"),
    )
    for (name, _, _), body in (*BEFORE.items(), *AT_THE_END.items()):
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")
    for name, table, on in BEFORE:
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for name, table, on in AT_THE_END:
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    for table, columns in STAY.items():
        named = ", ".join(f"'{column}'" for column in columns)
        op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")
    for table in NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )


def downgrade() -> None:
    for table in ("dues", "entitlement_amounts", "entitlements"):
        op.drop_table(table)
    for name, _, _ in (*BEFORE, *AT_THE_END):
        op.execute(f"DROP FUNCTION {name}()")
