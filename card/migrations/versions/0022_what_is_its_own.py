"""What is written under a key is its case's; the months of a right are of its person, its days and what was ruled"""

import sqlalchemy as sa
from alembic import op

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: None = None
depends_on: None = None

RISES = 3
"""So many times what a body ruled last an amount may be: each year's law raises it, and no year triples it."""

OF_THE_RIGHT = """
    SELECT FROM cases c JOIN rights r ON r.id = c.right_id
      JOIN entitlements e ON e.right_id IN (r.id, r.same_as)
"""

FUNCTIONS = {
    "entitled_by_a_case": f"""
        BEGIN
            IF NOT EXISTS (
                {OF_THE_RIGHT} WHERE e.id = NEW.id AND c.ref = NEW.case_ref AND c.outcome = 'credited'
                   AND c.person_id = NEW.person_id AND c.service = NEW.service AND r.state <> 'settled'
            ) THEN
                RAISE EXCEPTION 'a right runs by a case of it that was credited' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    "due_is_credited": f"""
        DECLARE
            credited numeric;
            first_month date;
        BEGIN
            IF NOT EXISTS ({OF_THE_RIGHT} WHERE e.id = NEW.entitlement_id AND c.ref = NEW.case_ref) THEN
                RAISE EXCEPTION 'the case is about another right' USING ERRCODE = 'check_violation';
            END IF;
            SELECT coalesce(sum(amount), 0) INTO credited FROM payments
             WHERE case_ref = NEW.case_ref AND state = 'settled';
            IF credited <> (SELECT sum(gross - withheld) FROM dues WHERE case_ref = NEW.case_ref) THEN
                RAISE EXCEPTION 'the case has not credited this' USING ERRCODE = 'check_violation';
            END IF;
            SELECT date_trunc('month', since) INTO first_month FROM entitlements WHERE id = NEW.entitlement_id;
            IF NEW.month < first_month OR NEW.month > (
                SELECT date_trunc('month', greatest(assessed_on, opened_at::date) + interval '2 months')
                  FROM cases WHERE ref = NEW.case_ref
            ) THEN
                RAISE EXCEPTION 'a month of the right until its case' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,  # noqa: S608  (our own)
    "months_as_ruled": f"""
        BEGIN
            IF NEW.gross - NEW.withheld > {RISES} * coalesce((
                SELECT max(a.amount) FROM entitlements e
                  JOIN rights r ON e.right_id IN (r.id, r.same_as)
                  JOIN cases c ON c.right_id = r.id
                  JOIN assignments a ON a.case_ref = c.ref AND a.state IN ('assigned', 'accepted')
                 WHERE e.id = NEW.entitlement_id
            ), 0) THEN
                RAISE EXCEPTION 'a month comes to what a body has ruled' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,  # noqa: S608  (our own)
}
WAS = {
    "entitled_by_a_case": f"""
        BEGIN
            IF NOT EXISTS ({OF_THE_RIGHT} WHERE e.id = NEW.id AND c.ref = NEW.case_ref AND c.outcome = 'credited') THEN
                RAISE EXCEPTION 'a right runs by a case of it that was credited' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    "due_is_credited": f"""
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
OWN_KEY = """
    BEGIN
        IF NEW.key ~ '/[0-9]{4}-[0-9]{4}-[0-9]:' AND position('/' || NEW.case_ref || ':' IN NEW.key) = 0 THEN
            RAISE EXCEPTION 'it is written under a key of its case' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END
"""
WITH_A_KEY = ("payments", "ledger", "applications", "assignments", "decisions", "consents")
"""A step finds what was done under its key: what another case has written there would be taken for its own."""

BEFORE = {
    ("applications_go_on", "applications", "UPDATE OF state"): """
        BEGIN
            IF OLD.state = 'rejected' AND NEW.state <> 'rejected' THEN
                RAISE EXCEPTION 'an application that was turned down is made anew' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("meanings_stay", "incoming", "UPDATE OF meaning"): """
        BEGIN
            IF OLD.meaning IS NOT NULL AND NEW.meaning IS DISTINCT FROM OLD.meaning THEN
                RAISE EXCEPTION 'what was understood stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("paid_while_open", "payments", "INSERT"): """
        BEGIN
            IF NOT EXISTS (SELECT FROM payments WHERE key = NEW.key)
               AND EXISTS (SELECT FROM cases WHERE ref = NEW.case_ref AND outcome IS NOT NULL) THEN
                RAISE EXCEPTION 'a case that is over pays nothing' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
UNIQUE = {
    "one_yes_a_message": ("consents", "message_id", "given"),
}

STAYED = ("id", "right_id", "person_id", "service")
STAYS = ("id", "right_id", "service", "since")
"""Whose it is follows the case that granted it last: one parent's, and then the other's."""


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def _stay(columns: tuple[str, ...]) -> None:
    named = ", ".join(f"'{column}'" for column in columns)
    op.execute("DROP TRIGGER it_stays ON entitlements")
    op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON entitlements FOR EACH ROW EXECUTE FUNCTION it_stays({named})")


def _entitled_by_a_case(columns: str) -> None:
    op.execute("DROP TRIGGER entitled_by_a_case ON entitlements")
    op.execute(
        f"CREATE CONSTRAINT TRIGGER entitled_by_a_case AFTER INSERT OR UPDATE OF {columns} ON entitlements "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entitled_by_a_case()"
    )


def upgrade() -> None:
    for name, body in FUNCTIONS.items():
        _function(name, body)
    op.execute(
        "CREATE CONSTRAINT TRIGGER months_as_ruled AFTER INSERT OR UPDATE ON entitlement_amounts "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION months_as_ruled()"
    )
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    _function("a_key_of_its_case", OWN_KEY)
    for table in WITH_A_KEY:
        op.execute(
            f"CREATE TRIGGER a_key_of_its_case BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION a_key_of_its_case()"
        )
    for name, (table, column, where) in UNIQUE.items():
        op.create_index(name, table, [column], unique=True, postgresql_where=sa.text(where))
    _stay(STAYS)
    _entitled_by_a_case("case_ref, person_id")


def downgrade() -> None:
    _entitled_by_a_case("case_ref")
    _stay(STAYED)
    for name, (table, _, _) in UNIQUE.items():
        op.drop_index(name, table_name=table)
    for table in WITH_A_KEY:
        op.execute(f"DROP TRIGGER a_key_of_its_case ON {table}")
    op.execute("DROP FUNCTION a_key_of_its_case()")
    for name, table, _ in BEFORE:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP TRIGGER months_as_ruled ON entitlement_amounts")
    op.execute("DROP FUNCTION months_as_ruled()")
    for name, body in WAS.items():
        _function(name, body)
