"""Money is for a right that has a name, for a month near the case's own; who has refused has said no"""

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: None = None
depends_on: None = None

HIGHEST = 100_000_000
"""Tenge: beyond it an amount is a slip of the hand (`benefits.parameter_file.LARGEST`)."""

AT_THE_END = {
    ("refused_is_said", "cases", "INSERT OR UPDATE OF outcome"): """
        BEGIN
            IF NEW.outcome = 'refused_by_person' AND NOT EXISTS (
                SELECT FROM consents WHERE case_ref = NEW.ref AND NOT given
            ) AND EXISTS (SELECT FROM cases WHERE ref = NEW.ref AND outcome = 'refused_by_person') THEN
                RAISE EXCEPTION 'a person has refused who has said no' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
"""Looked at when the transaction ends: the no and the ending are written in one, in either order."""

BEFORE = {
    ("for_a_right_and_a_month", "ledger", "INSERT"): """
        DECLARE
            of record;
            ruling record;
            ran numeric;
        BEGIN
            IF NEW.key ~ '[:]credit([:][0-9]+)?$' AND NEW.credit <> 'paid' THEN
                RAISE EXCEPTION 'the key is that of a payment' USING ERRCODE = 'check_violation';
            END IF;
            SELECT * INTO of FROM cases WHERE ref = NEW.case_ref;
            IF NEW.period < date_trunc('month', of.assessed_on) - interval '1 month'
               OR NEW.period > current_date + 31 THEN
                RAISE EXCEPTION 'money is booked for a month of its case' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.debit <> 'entitled' OR NEW.credit <> 'payable' THEN
                RETURN NEW;
            END IF;
            IF NOT EXISTS (
                SELECT FROM right_names n JOIN rights r ON r.id = of.right_id AND n.right_id IN (r.id, r.same_as)
                 WHERE n.service = of.service
            ) THEN
                RAISE EXCEPTION 'money is assigned for a right that is known by what it rests on'
                    USING ERRCODE = 'check_violation';
            END IF;
            SELECT a.* INTO ruling FROM assignments a WHERE a.case_ref = NEW.case_ref AND a.state <> 'superseded';
            IF ruling.was IS NOT NULL THEN
                SELECT a.amount INTO ran
                  FROM rights mine
                  JOIN rights r ON coalesce(r.same_as, r.id) = coalesce(mine.same_as, mine.id)
                  JOIN cases c ON c.right_id = r.id AND c.ref <> NEW.case_ref AND c.outcome = 'credited'
                  JOIN assignments a ON a.case_ref = c.ref AND a.state <> 'superseded'
                 WHERE mine.id = of.right_id
                 ORDER BY c.closed_at DESC LIMIT 1;
                -- What runs is reckoned anew by each year's law, and may be what another body had decided.
                IF ran IS NULL OR ruling.was < ran / 2 THEN
                    RAISE EXCEPTION 'a difference is to what runs of the right' USING ERRCODE = 'check_violation';
                END IF;
            END IF;
            RETURN NEW;
        END
    """,
    ("once_is_once", "rights", "UPDATE OF state"): """
        BEGIN
            IF OLD.state = 'settled' AND NEW.state = 'entitled' THEN
                RAISE EXCEPTION 'a right that is settled does not run' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}

CHECKS = {
    ("an_amount_of_this_world", "assignments"): f"amount <= {HIGHEST}",
    ("an_amount_of_this_world", "payments"): f"amount <= {HIGHEST}",
    ("a_day_of_this_world", "ledger"): "value_date >= '2000-01-01'",
}


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def upgrade() -> None:
    for (name, table, on), body in AT_THE_END.items():
        _function(name, body)
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for (name, table), rule in CHECKS.items():
        op.create_check_constraint(name, table, rule)


def downgrade() -> None:
    for name, table in CHECKS:
        op.drop_constraint(name, table, type_="check")
    for name, table, _ in (*BEFORE, *AT_THE_END):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
