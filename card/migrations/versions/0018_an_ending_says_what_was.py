"""A case that ends as paid has been paid, a right that is served has a case, and what was heard stays as it was"""

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: None = None
depends_on: None = None

AT_THE_END = {
    ("credited_is_paid", "cases", "INSERT OR UPDATE OF outcome"): """
        BEGIN
            IF NEW.outcome = 'credited' AND NOT EXISTS (
                SELECT FROM payments WHERE case_ref = NEW.ref AND state = 'settled'
            ) AND EXISTS (SELECT FROM cases WHERE ref = NEW.ref AND outcome = 'credited') THEN
                RAISE EXCEPTION 'a case ends as paid when it has been paid' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    ("returned_by_a_bank", "decisions", "INSERT"): """
        BEGIN
            IF NEW.action = 'returned' AND NOT EXISTS (
                SELECT FROM payments WHERE case_ref = NEW.case_ref AND state = 'returned'
            ) THEN
                RAISE EXCEPTION 'no payment of the case has come back' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    ("served_by_a_case", "rights", "INSERT OR UPDATE OF state"): """
        BEGIN
            IF NEW.state IN ('entitled', 'settled') AND NOT EXISTS (
                SELECT FROM cases c JOIN rights r ON r.id = c.right_id AND (r.id = NEW.id OR r.same_as = NEW.id)
                 WHERE c.outcome IN ('credited', 'told')
            ) AND EXISTS (SELECT FROM rights WHERE id = NEW.id AND state IN ('entitled', 'settled')) THEN
                RAISE EXCEPTION 'a right is served by a case that has paid it' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
"""Looked at when the transaction ends: what belongs together is written in one, in either order."""

BEFORE = {
    # Another case of the right may bring a difference to what runs, and no second first payment of the month.
    ("a_month_once", "ledger", "INSERT"): """
        DECLARE of_right uuid;
        BEGIN
            SELECT coalesce(r.same_as, r.id) INTO of_right
              FROM cases c JOIN rights r ON r.id = c.right_id WHERE c.ref = NEW.case_ref;
            IF NEW.debit = 'entitled' AND NEW.credit = 'payable' AND of_right IS NOT NULL THEN
                PERFORM pg_advisory_xact_lock(hashtext(of_right::text));
                IF EXISTS (
                    SELECT FROM assignments WHERE case_ref = NEW.case_ref AND state <> 'superseded' AND was IS NULL
                ) AND EXISTS (SELECT FROM rights WHERE id = of_right AND state = 'settled') THEN
                    RAISE EXCEPTION 'a right that is settled is assigned no more' USING ERRCODE = 'check_violation';
                END IF;
                IF EXISTS (
                    SELECT FROM assignments WHERE case_ref = NEW.case_ref AND state <> 'superseded' AND was IS NULL
                ) AND EXISTS (
                    SELECT FROM rights r
                      JOIN cases c ON c.right_id = r.id AND c.ref <> NEW.case_ref
                      JOIN assignments a ON a.case_ref = c.ref AND a.state <> 'superseded' AND a.was IS NULL
                      JOIN ledger l ON l.case_ref = c.ref AND l.debit = 'entitled' AND l.credit = 'payable'
                     WHERE coalesce(r.same_as, r.id) = of_right AND l.period = NEW.period
                ) THEN
                    RAISE EXCEPTION 'a right is assigned once for a month' USING ERRCODE = 'check_violation';
                END IF;
            END IF;
            RETURN NEW;
        END
    """,
    # What was booked was booked for that right, or for the one that it turned out to be.
    ("booked_for_a_right", "cases", "UPDATE OF right_id"): """
        BEGIN
            IF NEW.right_id IS DISTINCT FROM OLD.right_id AND EXISTS (SELECT FROM ledger WHERE case_ref = NEW.ref)
               AND (SELECT coalesce(same_as, id) FROM rights WHERE id = NEW.right_id)
                   IS DISTINCT FROM (SELECT coalesce(same_as, id) FROM rights WHERE id = OLD.right_id) THEN
                RAISE EXCEPTION 'money was booked for another right' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("one_is_one", "rights", "INSERT OR UPDATE OF same_as"): """
        BEGIN
            IF TG_OP = 'UPDATE' AND OLD.same_as IS NOT NULL AND NEW.same_as IS NULL THEN
                RAISE EXCEPTION 'rights that are one stay so' USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.same_as IS NOT NULL AND (
                EXISTS (SELECT FROM rights WHERE id = NEW.same_as AND same_as IS NOT NULL)
                OR EXISTS (SELECT FROM rights WHERE same_as = NEW.id)
            ) THEN
                RAISE EXCEPTION 'a right is the same as one that counts' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("messages_go_on", "messages", "UPDATE OF state"): """
        BEGIN
            IF NEW.state = 'intended' AND OLD.state <> 'intended'
               OR NEW.state = 'sent' AND OLD.state IN ('delivered', 'failed') THEN
                RAISE EXCEPTION 'a message that was % is not % afterwards', OLD.state, NEW.state
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    # An attempt that was cut off after its commit is made again, while the case goes on.
    ("snapshots_stay", "facts_snapshots", "UPDATE"): """
        BEGIN
            IF EXISTS (SELECT FROM cases WHERE ref = OLD.case_ref AND outcome IS NOT NULL) THEN
                RAISE EXCEPTION 'what a case that is over was decided by stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}

PAYMENTS_STAY = ("key", "case_ref", "account_id", "amount", "intended_at")
STAY = {
    "events": ("id", "kind", "iin", "on_day", "at"),
    "receipts": ("operator", "smsc_message_id", "reading", "delivered", "at"),
    "message_parts": ("operator", "smsc_message_id", "reading", "message_key", "number"),
    "facts_snapshots": ("key", "case_ref"),
}
NOT_DELETED = ("events",)


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def upgrade() -> None:
    op.add_column("payments", sa.Column("end_to_end_id", sa.String(), nullable=True))
    # Its numbers came again after a restore, for other people.
    op.execute("DROP SEQUENCE case_numbers")
    for (name, table, on), body in AT_THE_END.items():
        _function(name, body)
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.create_check_constraint("a_difference_to_something", "assignments", "was > 0")
    op.execute("DROP TRIGGER it_stays ON payments")
    for table, columns in (*STAY.items(), ("payments", (*PAYMENTS_STAY, "end_to_end_id"))):
        named = ", ".join(f"'{column}'" for column in columns)
        op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")
    for table in NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )


def downgrade() -> None:
    op.execute("CREATE SEQUENCE case_numbers")
    op.drop_column("payments", "end_to_end_id")
    for table in NOT_DELETED:
        op.execute(f"DROP TRIGGER rows_stay ON {table}")
    for table in (*STAY, "payments"):
        op.execute(f"DROP TRIGGER it_stays ON {table}")
    named = ", ".join(f"'{column}'" for column in PAYMENTS_STAY)
    op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION it_stays({named})")
    op.drop_constraint("a_difference_to_something", "assignments", type_="check")
    for name, table, _ in (*BEFORE, *AT_THE_END):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
