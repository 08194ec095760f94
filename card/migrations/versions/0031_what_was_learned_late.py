"""Months are reckoned anew when more is known: what was paid too much is demanded, and kept back from later months"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels: None = None
depends_on: None = None

TODAY = "(now() AT TIME ZONE 'Asia/Almaty')::date"
ENTRY = "INSERT INTO ledger (key, stage_id, debit, credit, amount, payer, period, value_date)"
KEY = "'payment-run/' || nextval('run_entries')"
GRANTED = "('assigned', 'accepted')"
GONE = "l.kind = 'benefit' AND l.state = 'cancelled'"

WAYS = (
    "('entitled', 'payable'), ('entitled', 'withheld'), ('payable', 'paid'), ('paid', 'payable')) OR stage_id IS NOT "
    "NULL AND (debit, credit) IN (('entitled', 'payable'), ('entitled', 'withheld'), ('payable', 'paid'), "
    "('paid', 'payable'), ('payable', 'cancelled'), ('cancelled', 'payable'), ('withheld', 'cancelled'), "
    "('cancelled', 'withheld'), ('withheld', 'remitted'), ('remitted', 'withheld')"
)
WAYS_BACK = (
    ", ('payable', 'recovered'), ('withheld', 'recovered'), ('recovered', 'cancelled'), ('cancelled', 'recovered')"
)

# Of each month: what was claimed and is not demanded back, held against what it comes to.
BEYOND = f"""
    SELECT FROM (
        SELECT d.month, sum(d.gross - d.withheld) AS net, max(r.amount) AS ruled
          FROM dues d
          LEFT JOIN run_lines l ON l.due_id = d.id AND {GONE}
          LEFT JOIN assignments r ON r.case_ref = d.case_ref AND r.state IN {GRANTED}
         WHERE d.entitlement_id = of AND l.id IS NULL GROUP BY d.month
    ) c
      LEFT JOIN entitlement_amounts a ON a.entitlement_id = of AND c.month BETWEEN a.first_month AND a.last_month
     CROSS JOIN LATERAL (
         SELECT c.net - coalesce(sum(net), 0) AS net FROM overpaid_months WHERE entitlement_id = of AND month = c.month
     ) kept
     WHERE kept.net > 0 AND (a.gross IS NULL OR kept.net > greatest(a.gross - a.withheld, c.ruled))
"""  # noqa: S608  (our own)

MONTHS_WERE = f"""
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
"""
MONTHS = f"""
        IF EXISTS ({BEYOND}) THEN
"""

DEMANDED = f"""
    DECLARE
        of uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.entitlement_id ELSE NEW.entitlement_id END;
    BEGIN
        IF NOT EXISTS (SELECT FROM overpayments o WHERE o.id = NEW.overpayment_id AND o.entitlement_id = of) THEN
            RAISE EXCEPTION 'what is demanded is of one right' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT FROM (
                SELECT coalesce(sum(net), 0) AS net, coalesce(sum(withheld), 0) AS withheld
                  FROM overpaid_months WHERE entitlement_id = of AND month = NEW.month
            ) b CROSS JOIN (
                SELECT coalesce(sum(d.gross - d.withheld), 0) AS net, coalesce(sum(d.withheld), 0) AS withheld
                  FROM dues d LEFT JOIN run_lines l ON l.due_id = d.id AND {GONE}
                 WHERE d.entitlement_id = of AND d.month = NEW.month AND (l.id IS NULL OR l.decided_by IS NOT NULL)
            ) c WHERE b.net > c.net OR b.withheld > c.withheld
        ) THEN
            RAISE EXCEPTION 'no more is demanded of a month than was paid of it' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS ({BEYOND}) THEN
            RAISE EXCEPTION 'what was paid of a month is no more than it comes to' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT FROM (SELECT sum(net) AS net, sum(withheld) AS withheld FROM overpaid_months
                          WHERE overpayment_id = NEW.overpayment_id) m
              CROSS JOIN (SELECT coalesce(sum(r.net), 0) AS net, coalesce(sum(r.withheld), 0) AS withheld
                            FROM recoveries r LEFT JOIN run_lines l ON l.due_id = r.due_id AND {GONE}
                           WHERE r.overpayment_id = NEW.overpayment_id AND l.id IS NULL) r
             WHERE r.net > m.net OR r.withheld > m.withheld
        ) THEN
            RAISE EXCEPTION 'what has come back was demanded' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END
"""  # noqa: S608  (our own)

UNTIL_WAS = "IF said ? 'until' AND (said->>'until')::date IS DISTINCT FROM NEW.until"
UNTIL = f"""{UNTIL_WAS} AND NOT EXISTS (
                   SELECT FROM reckonings WHERE entitlement_id = NEW.id AND until IS NOT DISTINCT FROM NEW.until
               )"""  # noqa: S608  (our own)

DUES_WERE = """
                  CROSS JOIN LATERAL (
                      SELECT sum(gross) AS gross, sum(withheld) AS withheld FROM dues
                       WHERE entitlement_id = m.entitlement_id AND month = m.month
                  ) d
                 WHERE r.state <> 'entitled' OR a.gross IS NULL OR d.gross > a.gross OR d.withheld > a.withheld
"""
DUES = f"""
                  CROSS JOIN LATERAL (
                      SELECT sum(o.gross - o.withheld) AS net, sum(o.withheld) AS withheld
                        FROM dues o LEFT JOIN run_lines l ON l.due_id = o.id AND {GONE} AND l.decided_by IS NULL
                       WHERE o.entitlement_id = m.entitlement_id AND o.month = m.month AND l.id IS NULL
                  ) d
                  CROSS JOIN LATERAL (
                      SELECT coalesce(sum(net), 0) AS net, coalesce(sum(withheld), 0) AS withheld
                        FROM overpaid_months WHERE entitlement_id = m.entitlement_id AND month = m.month
                  ) b
                 WHERE r.state <> 'entitled' OR a.gross IS NULL OR d.net - b.net > a.gross - a.withheld
                    OR d.withheld - b.withheld > a.withheld
"""  # noqa: S608  (our own)

AMOUNT_WAS = "m.amount <> CASE m.kind WHEN 'benefit' THEN d.gross - d.withheld ELSE d.withheld END"
AMOUNT = """m.amount <> CASE m.kind WHEN 'benefit' THEN d.gross - d.withheld ELSE d.withheld END - coalesce((
                     SELECT sum(CASE m.kind WHEN 'benefit' THEN r.net ELSE r.withheld END) FROM recoveries r
                      WHERE r.due_id = d.id
                 ), 0)"""

GROUND_WAS = "AND c.outcome = 'credited' AND c.closed_at = now()"
GROUND = f"""{GROUND_WAS}
         UNION ALL
        SELECT FROM reckonings WHERE entitlement_id = of AND at = now()"""

LOOKED_AT_WAS = """IF (NEW.case_ref, NEW.person_id, NEW.until, NEW.next_review) IS DISTINCT FROM
           (OLD.case_ref, OLD.person_id, OLD.until, OLD.next_review) AND"""
LOOKED_AT = f"""IF ((NEW.case_ref, NEW.person_id, NEW.until) IS DISTINCT FROM
           (OLD.case_ref, OLD.person_id, OLD.until) OR coalesce(NEW.next_review > greatest(OLD.next_review,
               (greatest({TODAY}, (SELECT max(month) FROM runs)) + interval '1 month')::date
           ), OLD.next_review IS NOT NULL)) AND"""  # noqa: S608  (our own)
"""A look may come sooner, when something is heard, or a month later, when nothing can be read; that there is none, or
only in years, a reckoning says."""

CHANGED = {
    "looked_at_by_its_ground": (LOOKED_AT_WAS, LOOKED_AT),
    "months_that_were_paid": (MONTHS_WERE, MONTHS),
    "paid_of_a_month": (MONTHS_WERE, MONTHS),
    "entitled_as_decided": (UNTIL_WAS, UNTIL),
    "dues_of_a_run": (DUES_WERE, DUES),
    "lines_begin": (AMOUNT_WAS, AMOUNT),
}

HELD_AGAIN = f"""
        BEGIN
            IF NOT EXISTS (SELECT FROM made) THEN
                RETURN NULL;
            END IF;
            IF EXISTS (
                SELECT FROM was w JOIN made m USING (id) JOIN dues d ON d.id = m.due_id
                  LEFT JOIN entitlement_amounts a
                    ON a.entitlement_id = d.entitlement_id AND d.month BETWEEN a.first_month AND a.last_month
                 WHERE m.kind = 'benefit' AND w.state = 'cancelled' AND m.state = 'held' AND coalesce((
                     SELECT sum(o.gross - o.withheld) FROM dues o LEFT JOIN run_lines l ON l.due_id = o.id AND {GONE}
                      WHERE o.entitlement_id = d.entitlement_id AND o.month = d.month AND l.id IS NULL
                 ), 0) - coalesce((
                     SELECT sum(net) FROM overpaid_months
                      WHERE entitlement_id = d.entitlement_id AND month = d.month
                 ), 0) > coalesce(a.gross - a.withheld, 0)
            ) THEN
                RAISE EXCEPTION 'no more is due of a month than its right comes to' USING ERRCODE = 'check_violation';
            END IF;
            {ENTRY}
            SELECT {KEY}, stage_id, debit, credit, amount, payer, month, {TODAY}
              FROM (
                  SELECT m.stage_id, v.debit, v.credit, sum(r.net + r.withheld) AS amount,
                         coalesce(d.payer, 'unknown') AS payer, d.month
                    FROM was w JOIN made m USING (id)
                    JOIN (VALUES ('cancelled', 'recovered', 'cancelled'), ('held', 'cancelled', 'recovered'))
                      v (becomes, debit, credit) ON v.becomes = m.state AND 'cancelled' IN (m.state, w.state)
                    JOIN dues d ON d.id = m.due_id
                    JOIN recoveries r ON r.due_id = d.id
                   WHERE m.kind = 'benefit' AND m.state <> w.state
                   GROUP BY 1, 2, 3, 5, 6
              ) one;
            RETURN NULL;
        END
"""  # noqa: S608  (our own)
"""A payment that was cancelled is held again only if its month is owed still; what was kept back of it goes with it."""

KEPT_BACK = f"""
        BEGIN
            IF NOT EXISTS (SELECT FROM made) THEN
                RETURN NULL;
            END IF;
            IF EXISTS (
                SELECT FROM made m JOIN overpayments o ON o.id = m.overpayment_id JOIN dues d ON d.id = m.due_id
                 WHERE o.state <> 'told' OR o.entitlement_id <> d.entitlement_id OR d.stage_id IS NULL
                    OR m.net >= greatest(d.gross - d.withheld, 0.01) OR m.withheld > d.withheld
            ) OR EXISTS (
                SELECT FROM (SELECT DISTINCT overpayment_id AS id FROM made) o
                  CROSS JOIN LATERAL (SELECT sum(net) AS net, sum(withheld) AS withheld FROM overpaid_months
                                       WHERE overpayment_id = o.id) m
                  CROSS JOIN LATERAL (SELECT sum(r.net) AS net, sum(r.withheld) AS withheld
                                        FROM recoveries r LEFT JOIN run_lines l ON l.due_id = r.due_id AND {GONE}
                                       WHERE r.overpayment_id = o.id AND l.id IS NULL) r
                 WHERE r.net > m.net OR r.withheld > m.withheld
            ) THEN
                RAISE EXCEPTION 'what is kept back was told, is still open, and leaves a part of the month'
                    USING ERRCODE = 'check_violation';
            END IF;
            {ENTRY}
            SELECT {KEY}, stage_id, debit, 'recovered', amount, payer, month, {TODAY}
              FROM (
                  SELECT d.stage_id, v.debit, coalesce(d.payer, 'unknown') AS payer, d.month,
                         sum(CASE v.debit WHEN 'payable' THEN m.net ELSE m.withheld END) AS amount
                    FROM made m JOIN dues d ON d.id = m.due_id
                   CROSS JOIN (VALUES ('payable'), ('withheld')) v (debit)
                   GROUP BY 1, 2, 3, 4
              ) one WHERE amount > 0;
            RETURN NULL;
        END
"""  # noqa: S608  (our own)

ROWS = {
    ("reckoned_now", "reckonings", "INSERT OR UPDATE"): """
        BEGIN
            NEW.at := now();
            RETURN NEW;
        END
    """,
    ("only_falls", "overpaid_months", "UPDATE"): """
        BEGIN
            IF (NEW.overpayment_id, NEW.month, NEW.entitlement_id) IS DISTINCT FROM
               (OLD.overpayment_id, OLD.month, OLD.entitlement_id)
               OR NEW.net > OLD.net OR NEW.withheld > OLD.withheld THEN
                RAISE EXCEPTION 'what is demanded of a month only falls' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("overpayments_go_on", "overpayments", "UPDATE"): """
        BEGIN
            IF (OLD.state, NEW.state) NOT IN (
                ('found', 'told'), ('found', 'forgiven'), ('told', 'contested'), ('told', 'forgiven'),
                ('contested', 'told'), ('contested', 'forgiven'), ('forgiven', 'told')
            ) AND OLD.state <> NEW.state OR OLD.told_on <> NEW.told_on
               OR NEW.state <> OLD.state AND OLD.state <> 'found' AND NEW.decided_by IS NULL THEN
                RAISE EXCEPTION 'what was told stays told, and a person decides what becomes of it'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}
STAY = {
    "overpayments": ("id", "entitlement_id", "found_on"),
    "recoveries": ("overpayment_id", "due_id", "net", "withheld"),
}
NOT_DELETED = ("overpayments", "overpaid_months", "recoveries")


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def _changed(name: str, before: str, after: str) -> None:
    """A function, whatever others have made of it, in which one passage is another."""
    found = op.get_bind().execute(sa.text("SELECT prosrc FROM pg_proc WHERE proname = :name"), {"name": name})
    body: str = found.scalar_one()
    assert body.count(before.strip()) == 1, name  # noqa: S101  (a migration that has landed stays)
    _function(name, body.replace(before.strip(), after.strip()))


def _ground(before: str, after: str) -> None:
    """Why months may be written anew: a case of it is credited, or they were reckoned anew, and from what is kept."""
    found = op.get_bind().execute(sa.text("SELECT prosrc FROM pg_proc WHERE proname = 'months_have_a_ground'"))
    body: str = found.scalar_one()
    assert body.count(before) == 1  # noqa: S101  (a migration that has landed stays)
    body = body.replace(before, after)
    op.execute(
        "CREATE OR REPLACE FUNCTION months_have_a_ground(of uuid) RETURNS boolean LANGUAGE sql STABLE "
        f"SET search_path = pg_catalog, public, pg_temp AS $$ {body} $$"
    )


def _ways(words: str) -> None:
    op.drop_constraint("a_way_that_money_goes", "ledger", type_="check")
    op.create_check_constraint("a_way_that_money_goes", "ledger", f"(debit, credit) IN ({words})")


def _account(statement: str) -> None:
    op.execute("ALTER TABLE ledger_accounts DISABLE TRIGGER accounts_stay")
    op.execute(statement)
    op.execute("ALTER TABLE ledger_accounts ENABLE TRIGGER accounts_stay")


def _something_is_due(compared: str) -> None:
    op.drop_constraint("something_is_due", "dues", type_="check")
    op.create_check_constraint("something_is_due", "dues", f"gross > 0 AND withheld >= 0 AND withheld {compared} gross")


def _money(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.Numeric(14, 2), nullable=False)


def _tables() -> None:
    entitlement = sa.ForeignKey("entitlements.id")
    op.create_table(
        "reckonings",
        sa.Column("entitlement_id", sa.Uuid(), entitlement, primary_key=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "overpayments",
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("entitlement_id", sa.Uuid(), sa.ForeignKey("entitlements.id"), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("from_day", sa.Date(), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("state IN ('found', 'told', 'contested', 'forgiven')", name="a_known_state"),
        sa.CheckConstraint(
            "state <> 'told' OR from_day > told_on AND told_on IS NOT NULL", name="kept_back_from_a_day"
        ),
    )
    op.create_index("overpayments_of", "overpayments", ["entitlement_id", "id"])
    op.create_index("overpayments_not_told", "overpayments", ["id"], postgresql_where=sa.text("state = 'found'"))
    op.create_table(
        "overpaid_months",
        sa.Column("overpayment_id", sa.BigInteger(), sa.ForeignKey("overpayments.id"), primary_key=True),
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("entitlement_id", sa.Uuid(), sa.ForeignKey("entitlements.id"), nullable=False),
        _money("net"),
        _money("withheld"),
        sa.CheckConstraint("net >= 0 AND withheld >= 0", name="nothing_negative"),
        sa.CheckConstraint("month = date_trunc('month', month::timestamp)::date", name="a_whole_month"),
    )
    op.create_index("overpaid_months_of", "overpaid_months", ["entitlement_id", "month"])
    op.create_table(
        "recoveries",
        sa.Column("overpayment_id", sa.BigInteger(), sa.ForeignKey("overpayments.id"), primary_key=True),
        sa.Column("due_id", sa.BigInteger(), sa.ForeignKey("dues.id"), primary_key=True),
        _money("net"),
        _money("withheld"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("net >= 0 AND withheld >= 0 AND net + withheld > 0", name="something_is_kept_back"),
    )
    op.create_index("recoveries_of_dues", "recoveries", ["due_id"])


def upgrade() -> None:
    op.add_column("entitlements", sa.Column("law", sa.String(), nullable=True))
    op.create_index("lines_cancelled", "run_lines", ["due_id"], postgresql_where=sa.text("state = 'cancelled'"))
    _tables()
    _something_is_due("<=")
    _ways(f"{WAYS}{WAYS_BACK}")
    _account("INSERT INTO ledger_accounts VALUES ('recovered', 'KZT', true)")
    for name, (before, after) in CHANGED.items():
        _changed(name, before, after)
    _ground(GROUND_WAS, GROUND)
    _function("demanded_of_a_month", DEMANDED)
    op.execute(
        "CREATE CONSTRAINT TRIGGER demanded_of_a_month AFTER INSERT OR UPDATE ON overpaid_months "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION demanded_of_a_month()"
    )
    _function("held_again", HELD_AGAIN)
    op.execute(
        "CREATE TRIGGER held_again AFTER UPDATE ON run_lines REFERENCING OLD TABLE AS was NEW TABLE AS made "
        "FOR EACH STATEMENT EXECUTE FUNCTION held_again()"
    )
    _function("kept_back", KEPT_BACK)
    op.execute(
        "CREATE TRIGGER kept_back AFTER INSERT ON recoveries REFERENCING NEW TABLE AS made "
        "FOR EACH STATEMENT EXECUTE FUNCTION kept_back()"
    )
    for (name, table, on), body in ROWS.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for table, columns in STAY.items():
        named = ", ".join(f"'{column}'" for column in columns)
        op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")
    for table in NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )


def downgrade() -> None:
    op.execute("DROP TRIGGER held_again ON run_lines")
    _ground(GROUND, GROUND_WAS)
    for table in ("recoveries", "overpaid_months", "overpayments", "reckonings"):
        op.drop_table(table)
    for name in ("held_again", "kept_back", "demanded_of_a_month", *(name for name, _, _ in ROWS)):
        op.execute(f"DROP FUNCTION {name}()")
    for name, (before, after) in CHANGED.items():
        _changed(name, after, before)
    _account("DELETE FROM ledger_accounts WHERE code = 'recovered'")
    _ways(WAYS)
    _something_is_due("<")
    op.drop_index("lines_cancelled", table_name="run_lines")
    op.drop_column("entitlements", "law")
