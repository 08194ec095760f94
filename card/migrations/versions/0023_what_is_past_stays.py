"""What is past stays: cases that are over, rulings, months of a right; an answer is of its time, money of its month"""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: None = None
depends_on: None = None

KEPT_BY_A_CENTRE = "7 days"
"""So long an SMS centre tries to deliver what somebody wrote (the longest validity of SMPP that operators offer)."""

GRANTED = "('assigned', 'accepted')"

BEFORE = {
    ("closed_cases_stay", "cases", "UPDATE OF amount, ground, basis, right_id, reason, closed_at"): """
        BEGIN
            IF OLD.outcome IS NOT NULL AND NEW.outcome IS NOT DISTINCT FROM OLD.outcome
               AND (NEW.amount, NEW.ground, NEW.basis, NEW.right_id, NEW.reason, NEW.closed_at) IS DISTINCT FROM
                   (OLD.amount, OLD.ground, OLD.basis, OLD.right_id, OLD.reason, OLD.closed_at) THEN
                RAISE EXCEPTION 'what a case that is over was about stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("decided_before_the_end", "facts_snapshots", "INSERT"): """
        BEGIN
            IF NOT EXISTS (SELECT FROM facts_snapshots WHERE key = NEW.key)
               AND EXISTS (SELECT FROM cases WHERE ref = NEW.case_ref AND outcome IS NOT NULL) THEN
                RAISE EXCEPTION 'the law is asked for a case that is open' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("stored_when_it_came", "incoming", "INSERT"): """
        BEGIN
            NEW.stored_at := now();
            RETURN NEW;
        END
    """,
    ("answers_are_of_their_time", "consents", "INSERT"): f"""
        BEGIN
            IF EXISTS (
                SELECT FROM incoming
                 WHERE message_id = NEW.message_id AND received_at < stored_at - interval '{KEPT_BY_A_CENTRE}'
            ) THEN
                RAISE EXCEPTION 'no SMS centre keeps a message so long: it was written later than it says'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("ruled_on_what_was_reckoned", "assignments", "INSERT"): """
        DECLARE of record;
        BEGIN
            SELECT amount, outcome INTO of FROM cases WHERE ref = NEW.case_ref;
            IF NOT EXISTS (SELECT FROM assignments WHERE key = NEW.key)
               AND (of.outcome IS NOT NULL OR NEW.computed <> of.amount) THEN
                RAISE EXCEPTION 'a body rules on what was reckoned for a case that is open'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("settled_by_a_bank", "payments", "UPDATE OF state"): """
        BEGIN
            IF NEW.state = 'settled' AND OLD.state <> 'settled' AND NEW.bank_reference IS NULL AND NOT EXISTS (
                SELECT FROM decisions WHERE case_ref = NEW.case_ref AND action IN ('confirm-paid', 'pay-anew')
            ) THEN
                RAISE EXCEPTION 'a bank says under which number it has paid, or somebody that it has'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("one_of_a_kind", "rights", "INSERT OR UPDATE OF same_as, state"): """
        BEGIN
            IF NEW.same_as IS NOT NULL AND NOT EXISTS (
                SELECT FROM rights WHERE id = NEW.same_as AND service = NEW.service
            ) THEN
                RAISE EXCEPTION 'a right is no right of another service' USING ERRCODE = 'check_violation';
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.state = 'settled' AND OLD.state <> 'settled' AND EXISTS (
                SELECT FROM entitlements e JOIN rights r ON r.id = e.right_id WHERE NEW.id IN (r.id, r.same_as)
            ) THEN
                RAISE EXCEPTION 'what runs month by month is not paid once' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}

MONTHS = f"""
    DECLARE
        of uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.entitlement_id ELSE NEW.entitlement_id END;
    BEGIN
        IF EXISTS (
            SELECT FROM entitlement_amounts a JOIN entitlements e ON e.id = a.entitlement_id
             WHERE e.id = of AND (a.first_month < date_trunc('month', e.since) OR a.last_month > e.until)
        ) THEN
            RAISE EXCEPTION 'the months of a right are those of its days' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT FROM dues d
              LEFT JOIN entitlement_amounts a
                ON a.entitlement_id = d.entitlement_id AND d.month BETWEEN a.first_month AND a.last_month
              LEFT JOIN assignments r ON r.case_ref = d.case_ref AND r.state IN {GRANTED}
             WHERE d.entitlement_id = of
             GROUP BY d.month
            HAVING count(a.first_month) = 0
                OR sum(d.gross - d.withheld) > greatest(max(a.gross - a.withheld), max(r.amount))
        ) THEN
            RAISE EXCEPTION 'what was paid of a month is no more than it comes to' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END
"""  # noqa: S608  (our own)

AT_THE_END = {
    ("months_that_were_paid", "entitlement_amounts", "INSERT OR UPDATE OR DELETE"): MONTHS,
    ("paid_of_a_month", "dues", "INSERT"): MONTHS,
    ("entitled_as_decided", "entitlements", "INSERT OR UPDATE OF until, case_ref"): """
        DECLARE said jsonb;
        BEGIN
            SELECT decision INTO said FROM facts_snapshots
             WHERE case_ref = NEW.case_ref ORDER BY taken_at DESC LIMIT 1;
            IF said ? 'until' AND (said->>'until')::date IS DISTINCT FROM NEW.until
               OR TG_OP = 'INSERT' AND said ? 'start' AND (said->>'start')::date IS DISTINCT FROM NEW.since THEN
                RAISE EXCEPTION 'a right runs from and until the days that were decided'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    ("runs_as_ruled", "rights", "UPDATE OF amount, state"): f"""
        BEGIN
            IF EXISTS (
                SELECT FROM rights now WHERE now.id = NEW.id AND now.state IN ('entitled', 'settled')
                   AND now.amount IS NOT NULL AND NOT EXISTS (
                    SELECT FROM rights r JOIN cases c ON c.right_id = r.id
                      LEFT JOIN assignments a ON a.case_ref = c.ref AND a.state IN {GRANTED}
                     WHERE now.id IN (r.id, r.same_as)
                       AND now.amount IN (coalesce(a.amount, c.amount), a.was)
                )
            ) THEN
                RAISE EXCEPTION 'what runs of a right is what was ruled' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,  # noqa: S608  (our own)
    ("withheld_as_reckoned", "ledger", "INSERT"): """
        BEGIN
            IF NEW.credit = 'withheld' AND (
                NOT EXISTS (
                    SELECT FROM ledger l WHERE l.case_ref = NEW.case_ref AND l.debit = 'entitled'
                       AND (l.credit, l.payer, l.period) = ('payable', NEW.payer, NEW.period)
                ) OR (
                    SELECT sum(amount) FROM ledger WHERE case_ref = NEW.case_ref AND credit = 'withheld'
                ) > coalesce((
                    SELECT (decision->>'withheld')::numeric FROM facts_snapshots
                     WHERE case_ref = NEW.case_ref ORDER BY taken_at DESC LIMIT 1
                ), 0)
            ) THEN
                RAISE EXCEPTION 'what is withheld is what was reckoned, of the money that is assigned'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
"""Looked at when the transaction ends: what belongs together is written in one, in either order."""

FOR_A_MONTH_WAS = """
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
"""
OF_A_CLAIM = """IF NEW.period < date_trunc('month', of.assessed_on) - interval '1 month'
               OR NEW.period > current_date + 31 THEN"""
LATE_TOO = """IF NEW.period > current_date + 31 OR NEW.period < least(
                date_trunc('month', of.assessed_on) - interval '1 month',
                -- A right that is claimed late: its last month is paid.
                (SELECT date_trunc('month', (decision->>'until')::date) FROM facts_snapshots
                  WHERE case_ref = NEW.case_ref ORDER BY taken_at DESC LIMIT 1)
            ) THEN"""

STAY = ("key", "case_ref")
STAYS = ("key", "case_ref", "taken_at")
LIVE, LIVE_WAS = "state = 'intended'", "state NOT IN ('rejected', 'returned')"


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def _snapshots_stay(columns: tuple[str, ...]) -> None:
    named = ", ".join(f"'{column}'" for column in columns)
    op.execute("DROP TRIGGER it_stays ON facts_snapshots")
    op.execute(
        f"CREATE TRIGGER it_stays BEFORE UPDATE ON facts_snapshots FOR EACH ROW EXECUTE FUNCTION it_stays({named})"
    )


def _live_payments(where: str) -> None:
    op.drop_index("one_live_payment_a_case", table_name="payments")
    op.create_index("one_live_payment_a_case", "payments", ["case_ref"], unique=True, postgresql_where=sa.text(where))


def upgrade() -> None:
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for (name, table, on), body in AT_THE_END.items():
        _function(name, body)
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    _function("for_a_right_and_a_month", FOR_A_MONTH_WAS.replace(OF_A_CLAIM, LATE_TOO))
    _snapshots_stay(STAYS)
    # What of a payment had been paid before is settled beside the rest, which is still to go out.
    _live_payments(LIVE)


def downgrade() -> None:
    _live_payments(LIVE_WAS)
    _snapshots_stay(STAY)
    _function("for_a_right_and_a_month", FOR_A_MONTH_WAS)
    for name, table, _ in (*AT_THE_END, *BEFORE):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
