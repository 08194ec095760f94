"""A difference is to what was assigned and paid; a case is opened again, and a right to be had again, to pay what is
owed; when messages came, for how an operator's clock goes"""

from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: None = None
depends_on: None = None

OWED = """
    SELECT coalesce(sum(amount) FILTER (WHERE credit = 'payable'), 0)
         - coalesce(sum(amount) FILTER (WHERE debit = 'payable'), 0)
      FROM ledger WHERE case_ref = ref
"""

AT_THE_END = {
    ("returned_is_booked", "payments", "UPDATE OF state"): """
        BEGIN
            IF NEW.state = 'returned' AND OLD.state <> 'returned' AND NOT EXISTS (
                SELECT FROM ledger paid JOIN ledger back ON back.key = paid.key || ':' || 'returned'
                 WHERE paid.key = NEW.key AND paid.credit = 'paid' AND back.debit = 'paid' AND back.credit = 'payable'
                   AND (back.amount, back.case_ref) = (paid.amount, paid.case_ref)
            ) THEN
                RAISE EXCEPTION 'what has come back had been paid, and is in the books'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
"""Looked at when the transaction ends: payment and entry are written in one, in either order."""

BEFORE = {
    ("a_difference_is_new", "ledger", "INSERT"): """
        DECLARE
            of_right uuid;
            ruling record;
            ran record;
        BEGIN
            SELECT a.* INTO ruling FROM assignments a WHERE a.case_ref = NEW.case_ref AND a.state <> 'superseded';
            IF NEW.debit <> 'entitled' OR NEW.credit <> 'payable' OR ruling.was IS NULL THEN
                RETURN NEW;
            END IF;
            SELECT coalesce(r.same_as, r.id) INTO of_right
              FROM cases c JOIN rights r ON r.id = c.right_id WHERE c.ref = NEW.case_ref;
            PERFORM pg_advisory_xact_lock(hashtext(of_right::text));
            IF NOT EXISTS (SELECT FROM rights WHERE id = of_right AND state = 'entitled') THEN
                RAISE EXCEPTION 'a difference is to a right that runs' USING ERRCODE = 'check_violation';
            END IF;
            -- What the body assigned last, or what the law gave then: what runs is reckoned by the one or the other.
            SELECT least(a.amount, a.computed) AS least, greatest(a.amount, a.computed) AS most, l.period
              INTO ran
              FROM rights r
              JOIN cases c ON c.right_id = r.id AND c.ref <> NEW.case_ref AND c.outcome = 'credited'
              JOIN assignments a ON a.case_ref = c.ref AND a.state <> 'superseded'
              JOIN ledger l ON l.case_ref = c.ref AND l.debit = 'entitled' AND l.credit = 'payable'
             WHERE coalesce(r.same_as, r.id) = of_right
             ORDER BY c.closed_at DESC LIMIT 1;
            IF ran.most IS NULL OR ruling.was > 2 * ran.most
               OR (date_part('year', ran.period) = date_part('year', NEW.period) AND ruling.was < ran.least) THEN
                RAISE EXCEPTION 'a difference is to what was assigned and paid' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.amount + (
                SELECT coalesce(sum(l.amount), 0)
                  FROM rights r
                  JOIN cases c ON c.right_id = r.id
                  JOIN ledger l ON l.case_ref = c.ref AND l.debit = 'entitled' AND l.credit = 'payable'
                 WHERE coalesce(r.same_as, r.id) = of_right AND l.period = NEW.period AND l.key <> NEW.key
            ) > ruling.amount THEN
                RAISE EXCEPTION 'more than is assigned for the right and the month' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("decided_of_money", "decisions", "INSERT"): """
        BEGIN
            IF NEW.action = 'returned' AND NOT EXISTS (
                SELECT FROM payments p JOIN ledger l ON l.key = p.key AND l.case_ref = p.case_ref AND l.credit = 'paid'
                 WHERE NEW.key = p.key || ':' || 'returned' AND p.case_ref = NEW.case_ref
                   AND p.state IN ('settled', 'returned')
            ) THEN
                RAISE EXCEPTION 'what comes back is a payment that was credited' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.action = 'taken-up' AND owed_of(NEW.case_ref) <= 0 THEN
                RAISE EXCEPTION 'a case that owes nothing is not taken up' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    # A decision stands for good; what it was made for is over once it is paid.
    ("opened_again_to_pay", "cases", "UPDATE OF outcome"): """
        BEGIN
            IF OLD.outcome IS NOT NULL AND NEW.outcome IS NULL AND owed_of(NEW.ref) <= 0 THEN
                RAISE EXCEPTION 'a case is opened again to pay what it owes' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("to_be_had_again_to_pay", "rights", "UPDATE OF state"): """
        BEGIN
            IF OLD.state IN ('entitled', 'settled') AND NEW.state NOT IN ('entitled', 'settled') AND NOT EXISTS (
                SELECT FROM cases c JOIN rights r ON r.id = c.right_id AND (r.id = NEW.id OR r.same_as = NEW.id)
                 WHERE c.outcome IS NULL AND owed_of(c.ref) > 0
            ) THEN
                RAISE EXCEPTION 'a right that is served is to be had again by the case that owes it'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def upgrade() -> None:
    op.create_index("replies_of_late", "incoming", ["stored_at"])
    op.execute(f"CREATE FUNCTION owed_of(ref text) RETURNS numeric LANGUAGE sql STABLE AS $$ {OWED} $$")
    op.execute("ALTER FUNCTION owed_of(text) SET search_path = pg_catalog, public, pg_temp")
    for (name, table, on), body in AT_THE_END.items():
        _function(name, body)
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for name, table, _ in (*BEFORE, *AT_THE_END):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION owed_of(text)")
    op.drop_index("replies_of_late", table_name="incoming")
