"""Nothing is payable but what a body assigned, nothing leaves but what is payable, to the person's own account"""

from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: None = None
depends_on: None = None

PAIRS = "('entitled', 'payable'), ('entitled', 'withheld'), ('payable', 'paid'), ('paid', 'payable')"
NUMBERS = {
    "ledger": ("amount",),
    "payments": ("amount",),
    "assignments": ("computed", "amount", "was"),
    "rights": ("amount", "refused_amount"),
    "cases": ("amount",),
}
STAY = {
    "payments": ("key", "case_ref", "account_id", "amount", "intended_at"),
    "assignments": ("key", "case_ref", "application_number", "computed", "amount", "was", "decision_number"),
    "accounts": ("id", "person_id", "iban"),
    "consents": ("key", "case_ref", "given", "question_key", "message_id", "received_at", "applied_on"),
    "incoming": ("message_id", "phone", "text", "complete", "received_at", "stored_at"),
}
"""What of a row never changes: what was decided, sent, said. How it went on stands in the other columns."""

MONEY = ("payments", "assignments", "consents")

ONE_AFTER_THE_OTHER = """
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'money is written in read committed alone: a snapshot sees no other payment'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ledger ' || NEW.case_ref));
"""
FUNCTIONS = {
    # As before, and: an entry of what is payable rests on a ruling, and money is looked at one after the other.
    "ledger_covers": """
        DECLARE left_there numeric;
        BEGIN
            -- one after the other
            NEW.booked_at := now();
            IF NEW.debit = 'entitled' THEN
                SELECT coalesce(sum(amount - coalesce(was, 0)), 0) INTO left_there FROM assignments
                 WHERE case_ref = NEW.case_ref AND state IN ('assigned', 'accepted');
                IF NEW.credit = 'payable' AND left_there < NEW.amount + coalesce((
                    SELECT sum(amount) FROM ledger
                     WHERE case_ref = NEW.case_ref AND debit = 'entitled' AND credit = 'payable' AND key <> NEW.key
                ), 0) THEN
                    RAISE EXCEPTION 'no more is payable than a body has assigned' USING ERRCODE = 'check_violation';
                END IF;
                RETURN NEW;
            END IF;
            SELECT coalesce(sum(amount) FILTER (WHERE credit = NEW.debit), 0)
                 - coalesce(sum(amount) FILTER (WHERE debit = NEW.debit), 0)
              INTO left_there FROM ledger WHERE case_ref = NEW.case_ref AND key <> NEW.key;
            IF left_there < NEW.amount THEN
                RAISE EXCEPTION 'no more than was assigned can be credited' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "payments_are_covered": """
        DECLARE left_there numeric;
        BEGIN
            -- one after the other
            IF EXISTS (SELECT FROM payments WHERE key = NEW.key) THEN
                RETURN NEW;  -- its key decides, however much of it has been paid by now
            END IF;
            IF NOT EXISTS (
                SELECT FROM accounts JOIN cases ON cases.person_id = accounts.person_id
                 WHERE accounts.id = NEW.account_id AND cases.ref = NEW.case_ref
            ) THEN
                RAISE EXCEPTION 'money goes to an account of the person alone' USING ERRCODE = 'check_violation';
            END IF;
            SELECT coalesce(sum(amount) FILTER (WHERE credit = 'payable'), 0)
                 - coalesce(sum(amount) FILTER (WHERE debit = 'payable'), 0)
              INTO left_there FROM ledger WHERE case_ref = NEW.case_ref;
            IF left_there < NEW.amount THEN
                RAISE EXCEPTION 'no more is paid than is payable' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "payments_go_on": """
        BEGIN
            IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (
                ('intended', 'settled'), ('intended', 'rejected'), ('settled', 'returned')
            ) THEN
                RAISE EXCEPTION 'a payment that was % is not % afterwards', OLD.state, NEW.state
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "it_stays": """
        DECLARE name text;
        BEGIN
            IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION '% stay', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            FOREACH name IN ARRAY TG_ARGV LOOP
                IF to_jsonb(NEW) -> name IS DISTINCT FROM to_jsonb(OLD) -> name THEN
                    RAISE EXCEPTION '% of % stays as it was written', name, TG_TABLE_NAME
                        USING ERRCODE = 'restrict_violation';
                END IF;
            END LOOP;
            RETURN NEW;
        END
    """,
}


def upgrade() -> None:
    for table, columns in NUMBERS.items():
        rule = " AND ".join(f"{column} <> 'NaN'" for column in columns)
        op.create_check_constraint("a_number", table, rule)
    op.create_check_constraint("a_way_that_money_goes", "ledger", f"(debit, credit) IN ({PAIRS})")
    op.create_check_constraint("days_of_ours", "ledger", "isfinite(period) AND isfinite(value_date)")
    op.create_foreign_key("consents_question_key_fkey", "consents", "questions", ["question_key"], ["key"])
    for name, body in FUNCTIONS.items():
        whole = body.replace("-- one after the other", ONE_AFTER_THE_OTHER)
        op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {whole} $$")
        op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")
    op.execute(
        "CREATE TRIGGER payments_are_covered BEFORE INSERT ON payments "
        "FOR EACH ROW EXECUTE FUNCTION payments_are_covered()"
    )
    op.execute("CREATE TRIGGER payments_go_on BEFORE UPDATE ON payments FOR EACH ROW EXECUTE FUNCTION payments_go_on()")
    for table, columns in STAY.items():
        named = ", ".join(f"'{column}'" for column in columns)
        op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")
    for table in MONEY:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )


def downgrade() -> None:
    for table in MONEY:
        op.execute(f"DROP TRIGGER rows_stay ON {table}")
    for table in STAY:
        op.execute(f"DROP TRIGGER it_stays ON {table}")
    op.execute("DROP TRIGGER payments_go_on ON payments")
    op.execute("DROP TRIGGER payments_are_covered ON payments")
    for name in ("payments_are_covered", "payments_go_on", "it_stays"):
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_constraint("consents_question_key_fkey", "consents", type_="foreignkey")
    op.drop_constraint("days_of_ours", "ledger", type_="check")
    op.drop_constraint("a_way_that_money_goes", "ledger", type_="check")
    for table in NUMBERS:
        op.drop_constraint("a_number", table, type_="check")
