"""Money goes in its order: a yes, a ruling, a payment, an entry; and back only by what somebody decided"""

from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: None = None
depends_on: None = None

REOPENS = "('returned', 'taken-up')"

FUNCTIONS = {
    # Looked at when the transaction ends: payment and entry are written in one, in either order.
    "ledger_follows_payments": """
        BEGIN
            IF NEW.credit = 'paid' AND NOT EXISTS (
                SELECT FROM payments p WHERE p.key = NEW.key AND p.case_ref = NEW.case_ref AND p.amount = NEW.amount
                   AND p.state IN ('settled', 'returned')
            ) THEN
                RAISE EXCEPTION 'what is paid is what a settled payment has moved' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.debit = 'paid' AND NOT EXISTS (
                SELECT FROM payments p JOIN ledger l ON l.key = p.key AND l.payer = NEW.payer AND l.period = NEW.period
                 WHERE p.key || ':' || 'returned' = NEW.key AND p.case_ref = NEW.case_ref AND p.amount = NEW.amount
                   AND p.state = 'returned'
            ) THEN
                RAISE EXCEPTION 'what comes back is what a returned payment had moved'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.debit = 'payable' AND NOT EXISTS (
                SELECT FROM ledger l WHERE l.case_ref = NEW.case_ref AND l.debit = 'entitled' AND l.credit = 'payable'
                   AND l.payer = NEW.payer AND l.period = NEW.period
            ) THEN
                RAISE EXCEPTION 'it is paid by whom and for the month that it was assigned'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.credit = 'withheld' AND (
                SELECT coalesce(sum(l.amount), 0) FROM ledger l
                 WHERE l.case_ref = NEW.case_ref AND l.credit = 'withheld'
            ) > (
                SELECT coalesce(sum(a.amount), 0) FROM assignments a WHERE a.case_ref = NEW.case_ref
            ) THEN
                RAISE EXCEPTION 'no more is withheld than is assigned' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.period < '2000-01-01' OR greatest(NEW.period, NEW.value_date) > now() + interval '400 days' THEN
                RAISE EXCEPTION 'an entry is of a month and day that can be' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    "payments_are_agreed": """
        BEGIN
            IF EXISTS (SELECT FROM payments WHERE key = NEW.key) THEN
                RETURN NEW;  -- its key decides
            END IF;
            IF NEW.state <> 'intended' THEN
                RAISE EXCEPTION 'a payment is intended before it is anything else' USING ERRCODE = 'check_violation';
            END IF;
            IF NOT EXISTS (SELECT FROM consents WHERE case_ref = NEW.case_ref AND given)
               AND NOT EXISTS (SELECT FROM decisions WHERE case_ref = NEW.case_ref AND action = 'granted-unasked') THEN
                RAISE EXCEPTION 'nobody has said yes to this case' USING ERRCODE = 'check_violation';
            END IF;
            IF NOT EXISTS (
                SELECT FROM assignments WHERE case_ref = NEW.case_ref AND state IN ('assigned', 'accepted')
            ) THEN
                RAISE EXCEPTION 'no body has assigned anything to this case' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "payments_come_back": """
        BEGIN
            IF NEW.state = 'returned' AND OLD.state <> 'returned' AND NOT EXISTS (
                SELECT FROM decisions WHERE key = NEW.key || ':' || 'returned' AND case_ref = NEW.case_ref
                   AND action = 'returned' AND btrim(by) <> ''
            ) THEN
                RAISE EXCEPTION 'somebody decides that money has come back' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "rulings_stand": """
        BEGIN
            IF NEW.state <> OLD.state AND (OLD.state, NEW.state) <> ('contested', 'accepted') THEN
                RAISE EXCEPTION 'a ruling that was % is not % afterwards', OLD.state, NEW.state
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "endings_stand": f"""
        BEGIN
            IF OLD.outcome IS NULL OR NEW.outcome IS NOT DISTINCT FROM OLD.outcome THEN
                RETURN NEW;
            END IF;
            IF NEW.outcome IS NOT NULL OR NOT EXISTS (
                SELECT FROM decisions WHERE case_ref = NEW.ref AND action IN {REOPENS} AND btrim(by) <> ''
            ) THEN
                RAISE EXCEPTION 'a case ends once; somebody decides that it is opened again'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "rights_stand": f"""
        BEGIN
            IF OLD.state IN ('entitled', 'settled') AND NEW.state NOT IN ('entitled', 'settled') AND NOT EXISTS (
                SELECT FROM decisions d JOIN cases c ON c.ref = d.case_ref
                  JOIN rights r ON r.id = c.right_id AND (r.id = NEW.id OR r.same_as = NEW.id)
                 WHERE d.action IN {REOPENS} AND btrim(d.by) <> ''
            ) THEN
                RAISE EXCEPTION 'a right that is served is not to be had again' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "bound_for_good": """
        BEGIN
            IF OLD.question_key IS NOT NULL AND NEW.question_key IS DISTINCT FROM OLD.question_key THEN
                RAISE EXCEPTION 'what was said answers one question for good' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}

TRIGGERS = {
    ("payments_are_agreed", "payments"): "BEFORE INSERT",
    ("payments_come_back", "payments"): "BEFORE UPDATE",
    ("rulings_stand", "assignments"): "BEFORE UPDATE",
    ("endings_stand", "cases"): "BEFORE UPDATE",
    ("rights_stand", "rights"): "BEFORE UPDATE",
    ("bound_for_good", "incoming"): "BEFORE UPDATE",
}

STAY = {
    "cases": ("ref", "service", "person_id", "opened_by", "assessed_on"),
    "persons": ("id", "iin"),
    "rights": ("id", "service"),
}
"""What of a row never changes: who and what it is about."""

NOT_DELETED = ("cases", "incoming", "facts_snapshots", "right_names", "rights", "questions", "persons")


def upgrade() -> None:
    op.create_index("ix_members_person_id", "members", ["person_id"])
    for name, body in FUNCTIONS.items():
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
        op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")
    op.execute(
        "CREATE CONSTRAINT TRIGGER ledger_follows_payments AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION ledger_follows_payments()"
    )
    for (name, table), when in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for table, columns in STAY.items():
        named = ", ".join(f"'{column}'" for column in columns)
        op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")
    for table in NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )


def downgrade() -> None:
    for table in NOT_DELETED:
        op.execute(f"DROP TRIGGER rows_stay ON {table}")
    for table in STAY:
        op.execute(f"DROP TRIGGER it_stays ON {table}")
    for name, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    op.execute("DROP TRIGGER ledger_follows_payments ON ledger")
    for name in FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("ix_members_person_id", table_name="members")
