"""The books of a run follow its lines by themselves; nothing is due but what the right comes to, nothing moves twice"""

from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels: None = None
depends_on: None = None

TODAY = "(now() AT TIME ZONE 'Asia/Almaty')::date"
ENTRY = "INSERT INTO ledger (key, stage_id, debit, credit, amount, payer, period, value_date)"
KEY = "'payment-run/' || nextval('run_entries')"

WAYS = """(VALUES
    ('benefit', 'ordered', 'settled', 'payable', 'paid'), ('benefit', 'settled', 'returned', 'paid', 'payable'),
    ('benefit', 'ordered', 'cancelled', 'payable', 'cancelled'),
    ('benefit', 'held', 'cancelled', 'payable', 'cancelled'), ('benefit', 'cancelled', 'held', 'cancelled', 'payable'),
    ('pension', 'ordered', 'settled', 'withheld', 'remitted'),
    ('pension', 'settled', 'returned', 'remitted', 'withheld'),
    ('pension', 'ordered', 'cancelled', 'withheld', 'cancelled'),
    ('pension', 'held', 'cancelled', 'withheld', 'cancelled'),
    ('pension', 'cancelled', 'held', 'cancelled', 'withheld')
)"""
"""By which line's turn money goes from which account to which."""

GOES_ON = """
    ('ordered', 'settled'), ('ordered', 'rejected'), ('ordered', 'held'), ('ordered', 'cancelled'),
    ('held', 'ordered'), ('held', 'cancelled'), ('cancelled', 'held'), ('settled', 'returned')
"""
BEFORE_IT_LEAVES = "(('ordered', 'held'), ('ordered', 'cancelled'), ('held', 'ordered'))"

FUNCTIONS = {
    # Set by set, for a row at a time would be half of what a run costs. Counted, and planned anew each time: a plan
    # that was made for a handful, or to find the first of all, would compare each row with each of five thousand.
    ("dues_of_a_run", "dues", "INSERT", "NEW TABLE AS made"): f"""
        DECLARE wrong boolean;
        BEGIN
            IF NOT EXISTS (SELECT FROM made WHERE stage_id IS NOT NULL) THEN
                RETURN NULL;
            END IF;
            EXECUTE $q$ SELECT 0 < (
                SELECT count(*)
                  FROM (SELECT stage_id, max(month) AS last FROM made WHERE stage_id IS NOT NULL GROUP BY 1) m
                  JOIN run_stages s ON s.id = m.stage_id WHERE s.state <> 'selecting' OR m.last > s.month
            ) $q$ INTO wrong;
            IF wrong THEN
                RAISE EXCEPTION 'what a stage pays is of months that have come, and frozen before it leaves'
                    USING ERRCODE = 'check_violation';
            END IF;
            EXECUTE $q$ SELECT 0 < (
                SELECT count(*) FROM (SELECT DISTINCT entitlement_id, month FROM made WHERE stage_id IS NOT NULL) m
                  JOIN entitlements e ON e.id = m.entitlement_id
                  JOIN rights r ON r.id = e.right_id
                  LEFT JOIN entitlement_amounts a
                    ON a.entitlement_id = m.entitlement_id AND m.month BETWEEN a.first_month AND a.last_month
                  CROSS JOIN LATERAL (
                      SELECT sum(gross) AS gross, sum(withheld) AS withheld FROM dues
                       WHERE entitlement_id = m.entitlement_id AND month = m.month
                  ) d
                 WHERE r.state <> 'entitled' OR a.gross IS NULL OR d.gross > a.gross OR d.withheld > a.withheld
            ) $q$ INTO wrong;
            IF wrong THEN
                RAISE EXCEPTION 'no more is due of a month than its right comes to' USING ERRCODE = 'check_violation';
            END IF;
            EXECUTE $q$ {ENTRY}
            SELECT {KEY}, stage_id, 'entitled', credit, sum(amount), payer, month, {TODAY}
              FROM (
                  SELECT stage_id, 'payable' AS credit, gross - withheld AS amount, payer, month FROM made
                   WHERE stage_id IS NOT NULL
                  UNION ALL
                  SELECT stage_id, 'withheld', withheld, payer, month FROM made
                   WHERE stage_id IS NOT NULL AND withheld > 0
              ) one
             GROUP BY stage_id, credit, payer, month $q$;
            RETURN NULL;
        END
    """,  # noqa: S608  (our own)
    ("lines_begin", "run_lines", "INSERT", "NEW TABLE AS made"): """
        DECLARE wrong boolean;
        BEGIN
            IF NOT EXISTS (SELECT FROM made) THEN
                RETURN NULL;
            END IF;
            EXECUTE $q$ SELECT 0 < (
                SELECT count(*) FROM made m
                  JOIN dues d ON d.id = m.due_id
                  JOIN entitlements e ON e.id = d.entitlement_id
                  LEFT JOIN accounts a ON a.id = m.account_id
                  LEFT JOIN run_batches b ON b.key = m.batch_key
                 WHERE m.amount <> CASE m.kind WHEN 'benefit' THEN d.gross - d.withheld ELSE d.withheld END
                    OR (m.kind = 'benefit' AND d.case_ref IS NOT NULL)
                    OR (m.kind = 'benefit' AND a.person_id IS DISTINCT FROM e.person_id AND m.account_id IS NOT NULL)
                    OR (m.kind = 'benefit' AND m.state = 'ordered' AND m.account_id IS NULL)
                    OR m.state NOT IN ('ordered', 'held')
                    OR (m.state = 'ordered' AND (b.state, b.kind) IS DISTINCT FROM ('open', m.kind))
            ) $q$ INTO wrong;
            IF wrong THEN
                RAISE EXCEPTION 'a payment is of what is due, to an account of the person, in a file that is open'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    ("lines_go_on", "run_lines", "UPDATE", "OLD TABLE AS was NEW TABLE AS made"): f"""
        DECLARE wrong boolean;
        BEGIN
            IF NOT EXISTS (SELECT FROM made) THEN
                RETURN NULL;
            END IF;
            EXECUTE $q$ SELECT (SELECT count(*) FROM was) <> (
                SELECT count(*) FROM was w JOIN made m USING (id, due_id, stage_id, kind, n, end_to_end_id, amount)
                 WHERE 'held' IN (w.state, m.state)
                    OR m.account_id IS NOT DISTINCT FROM w.account_id
            ) $q$ INTO wrong;
            IF wrong THEN
                RAISE EXCEPTION 'a payment stays as it was ordered' USING ERRCODE = 'restrict_violation';
            END IF;
            EXECUTE $q$ SELECT 0 < (
                SELECT count(*) FROM was w JOIN made m USING (id)
                  LEFT JOIN run_batches b ON b.key = coalesce(w.batch_key, m.batch_key)
                  LEFT JOIN accounts a ON a.id = m.account_id
                  LEFT JOIN dues d ON d.id = m.due_id LEFT JOIN entitlements e ON e.id = d.entitlement_id
                 WHERE (w.state <> m.state AND (w.state, m.state) NOT IN ({GOES_ON}))
                    OR ((w.state, m.state) IN {BEFORE_IT_LEAVES} AND b.state <> 'open')
                    OR (m.state IN ('settled', 'rejected') AND w.state = 'ordered'
                        AND b.state NOT IN ('sent', 'answered'))
                    OR (m.batch_key IS DISTINCT FROM w.batch_key AND w.batch_key IS NOT NULL
                        AND m.batch_key IS NOT NULL)
                    OR (w.state = 'held' AND m.state = 'ordered' AND m.kind = 'benefit'
                        AND a.person_id IS DISTINCT FROM e.person_id)
            ) $q$ INTO wrong;
            IF wrong THEN
                RAISE EXCEPTION 'a payment goes on: ordered, sent, settled, and no way back but a return'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            EXECUTE $q$ {ENTRY}
            SELECT {KEY}, stage_id, debit, credit, amount, payer, month, on_day
              FROM (
                  SELECT m.stage_id, v.debit, v.credit, sum(m.amount) AS amount, coalesce(d.payer, 'unknown') AS payer,
                         d.month, coalesce(CASE WHEN m.state = 'settled' THEN m.settled_on END, {TODAY}) AS on_day
                    FROM was w JOIN made m USING (id)
                    JOIN {WAYS} v (kind, was, becomes, debit, credit)
                      ON v.kind = m.kind AND v.was = w.state AND v.becomes = m.state
                    JOIN dues d ON d.id = m.due_id
                   GROUP BY 1, 2, 3, 5, 6, 7
              ) one $q$;
            RETURN NULL;
        END
    """,  # noqa: S608  (our own)
    ("batches_go_on", "run_batches", "UPDATE", "OLD TABLE AS was NEW TABLE AS made"): """
        DECLARE wrong boolean;
        BEGIN
            IF NOT EXISTS (SELECT FROM made) THEN
                RETURN NULL;
            END IF;
            EXECUTE $q$ SELECT EXISTS (
                SELECT FROM was w JOIN made m USING (key)
                 WHERE (w.state <> m.state AND (w.state, m.state) NOT IN
                           (('open', 'sealed'), ('sealed', 'sent'), ('sent', 'answered')))
                    OR (w.state <> 'open' AND (m.count, m.total, m.execution_day, m.lines)
                           IS DISTINCT FROM (w.count, w.total, w.execution_day, w.lines))
            ) OR EXISTS (
                SELECT FROM was w JOIN made m USING (key) CROSS JOIN LATERAL (
                    SELECT count(*) AS count, coalesce(sum(amount), 0) AS total FROM run_lines WHERE batch_key = m.key
                ) l
                 WHERE w.state = 'open' AND m.state = 'sealed'
                   AND (m.count, m.total) IS DISTINCT FROM (l.count, l.total)
            ) $q$ INTO wrong;
            IF wrong THEN
                RAISE EXCEPTION 'what a file declares is what is in it, and stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END
    """,
}

BEFORE = {
    ("by_its_lines", "ledger", "INSERT"): """
        BEGIN
            IF NEW.stage_id IS NOT NULL AND pg_trigger_depth() < 2 THEN
                RAISE EXCEPTION 'what a run has moved is booked by its payments alone'
                    USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.stage_id IS NOT NULL THEN
                NEW.booked_at := now();
            END IF;
            RETURN NEW;
        END
    """,
    ("runs_stay_closed", "runs", "UPDATE"): """
        BEGIN
            IF OLD.state = 'closed' AND NEW IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'a run that is closed stays so' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("stages_stay_frozen", "run_stages", "UPDATE"): """
        BEGIN
            IF OLD.state = 'frozen' AND NEW IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION 'what was declared stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
NOT_DELETED = ("runs", "run_stages", "run_totals", "run_batches", "run_lines", "run_items")

NAME = """
    SELECT left(encode(sha256(convert_to(of_service || '|' || coalesce((
        SELECT c.basis FROM cases c JOIN rights r ON r.id = c.right_id
         WHERE (r.id = of_right OR r.same_as = of_right) AND c.basis IS NOT NULL
         ORDER BY c.opened_at, c.ref LIMIT 1
    ), of_right::text), 'UTF8')), 'hex'), 20) || '-' || to_char(of_month, 'YYYYMM') || '-' || part
"""
"""By which the bank knows a payment: of the right and the month, so that a Card restored from yesterday pays nothing
again. Whatever the right was called first, as the first payment of its first case."""


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def upgrade() -> None:
    op.execute(
        "CREATE FUNCTION name_of_payment(of_right uuid, of_service text, of_month date, part bigint) RETURNS text "
        f"LANGUAGE sql STABLE AS $$ {NAME} $$"
    )
    op.execute("ALTER FUNCTION name_of_payment(uuid, text, date, bigint) SET search_path = pg_catalog, public, pg_temp")
    for (name, table, on, referencing), body in FUNCTIONS.items():
        _function(name, body)
        op.execute(
            f"CREATE TRIGGER {name} AFTER {on} ON {table} REFERENCING {referencing} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for table in NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )
    op.execute(
        "CREATE TRIGGER it_stays BEFORE UPDATE ON run_totals FOR EACH ROW EXECUTE FUNCTION it_stays('stage_id', "
        "'kind', 'service', 'bank', 'region', 'count', 'total')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER it_stays ON run_totals")
    for table in NOT_DELETED:
        op.execute(f"DROP TRIGGER rows_stay ON {table}")
    for name, table, _ in BEFORE:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    for name, table, _, _ in FUNCTIONS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    op.execute("DROP FUNCTION name_of_payment(uuid, text, date, bigint)")
