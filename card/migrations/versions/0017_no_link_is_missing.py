"""Each link of a case rests on the one before: question, answer, application, ruling, payment, entry"""

from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: None = None
depends_on: None = None

GRANTED = "('claimed', 'entitled', 'settled')"
BEFORE = {
    # As in 0014, and: it was written after the question, and its times are the message's.
    "consents_are_answers": """
        BEGIN
            IF NOT EXISTS (
                SELECT FROM questions q
                  JOIN incoming i ON i.phone = q.phone AND coalesce(i.question_key, q.key) = q.key
                 WHERE q.key = NEW.question_key AND q.case_ref = NEW.case_ref AND q.expects = 'consent'
                   AND i.message_id = NEW.message_id
            ) THEN
                RAISE EXCEPTION 'a consent is what the asked phone has written to the question of this case'
                    USING ERRCODE = 'check_violation';
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
    "rights_stand": """
        BEGIN
            IF OLD.state IN ('entitled', 'settled') AND NEW.state NOT IN ('entitled', 'settled') AND NOT EXISTS (
                SELECT FROM decisions d JOIN cases c ON c.ref = d.case_ref
                  JOIN rights r ON r.id = c.right_id AND (r.id = NEW.id OR r.same_as = NEW.id)
                 WHERE d.action IN ('returned', 'taken-up') AND btrim(d.by) <> ''
            ) THEN
                RAISE EXCEPTION 'a right that is served is not to be had again' USING ERRCODE = 'restrict_violation';
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
}
"""The functions that are changed, as they were."""

SINCE = {
    "consents_are_answers": BEFORE["consents_are_answers"]
    .replace(
        "AND i.message_id = NEW.message_id\n",
        "AND i.message_id = NEW.message_id AND i.stored_at >= q.opened_at\n"
        "                   AND i.received_at = NEW.received_at\n"
        "                   AND abs(NEW.applied_on - (i.received_at AT TIME ZONE 'UTC')::date) <= 1\n"
        "                   AND coalesce(i.meaning, NEW_MEANS) = NEW_MEANS AND (i.complete OR NOT NEW.given)\n"
        "                   AND i.received_at >= q.opened_at - interval '1 day'\n"
        "                   AND (NOT NEW.given OR i.received_at <= greatest(\n"
        "                       q.deadline, q.opened_at + make_interval(days => q.window_days + 8)))\n",
    )
    .replace("NEW_MEANS", "CASE WHEN NEW.given THEN 'yes' ELSE 'no' END"),
    "bound_for_good": BEFORE["bound_for_good"].replace(
        "            RETURN NEW;",
        """            IF OLD.relayed_at IS NOT NULL AND NEW.relayed_at IS NULL THEN
                RAISE EXCEPTION 'what was brought is not brought again' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.question_key IS NULL AND NEW.question_key IS NOT NULL AND NOT EXISTS (
                SELECT FROM questions q
                 WHERE q.key = NEW.question_key AND q.phone = NEW.phone AND q.opened_at <= NEW.stored_at
            ) THEN
                RAISE EXCEPTION 'nobody answers what was not asked before' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;""",
    ),
    "rights_stand": BEFORE["rights_stand"].replace(
        "            RETURN NEW;",
        f"""            IF NEW.same_as IS DISTINCT FROM OLD.same_as AND OLD.state IN {GRANTED} AND NOT EXISTS (
                SELECT FROM rights r WHERE r.id = NEW.same_as AND r.state IN {GRANTED}
            ) THEN
                RAISE EXCEPTION 'a right that is served is none that is to be had' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;""",
    ),
    "payments_go_on": BEFORE["payments_go_on"].replace(
        "            RETURN NEW;",
        """            IF NEW.state = OLD.state AND OLD.state <> 'intended' AND
               (NEW.bank_reference, NEW.reason, NEW.finished_at) IS DISTINCT FROM
               (OLD.bank_reference, OLD.reason, OLD.finished_at) THEN
                RAISE EXCEPTION 'what became of a payment stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;""",
    ),
}

NEW = {
    "rulings_rest_on_applications": """
        BEGIN
            IF NOT EXISTS (
                SELECT FROM applications a
                 WHERE a.case_ref = NEW.case_ref AND a.number = NEW.application_number AND a.state = 'registered'
            ) THEN
                RAISE EXCEPTION 'a body rules on an application of the case' USING ERRCODE = 'check_violation';
            END IF;
            IF NEW.state NOT IN ('assigned', 'contested', 'refused')
               OR (NEW.state = 'assigned' AND NEW.amount IS DISTINCT FROM NEW.computed) THEN
                RAISE EXCEPTION 'another amount than was reckoned is contested until somebody has accepted it'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "applications_rest_on_a_yes": """
        BEGIN
            IF NEW.state <> 'intended' OR NOT EXISTS (
                SELECT FROM consents WHERE case_ref = NEW.case_ref AND given
            ) AND NOT EXISTS (
                SELECT FROM decisions WHERE case_ref = NEW.case_ref AND action = 'granted-unasked'
            ) THEN
                RAISE EXCEPTION 'an application is intended, and rests on a yes' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "applications_stand": """
        BEGIN
            IF OLD.state = 'registered' AND (NEW.number, NEW.state) IS DISTINCT FROM (OLD.number, OLD.state) THEN
                RAISE EXCEPTION 'an application that is registered stays so' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "grants_rest_on_a_yes": """
        BEGIN
            IF NEW.action = 'granted-unasked' AND NOT EXISTS (
                SELECT FROM cases mine
                  JOIN rights r ON r.id = mine.right_id
                  JOIN rights s ON coalesce(s.same_as, s.id) = coalesce(r.same_as, r.id)
                  JOIN cases other ON other.right_id = s.id AND other.ref <> mine.ref
                  JOIN consents yes ON yes.case_ref = other.ref AND yes.given
                 WHERE mine.ref = NEW.case_ref
            ) THEN
                RAISE EXCEPTION 'nobody has said yes to this right' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "credited_rights_stay": """
        BEGIN
            IF OLD.outcome = 'credited' AND NEW.outcome = 'credited'
               AND NEW.right_id IS DISTINCT FROM OLD.right_id THEN
                RAISE EXCEPTION 'what a credited case was about stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    "names_follow_rights": """
        BEGIN
            IF NEW.right_id <> OLD.right_id AND NOT EXISTS (
                SELECT FROM rights WHERE id = OLD.right_id AND same_as = NEW.right_id
            ) THEN
                RAISE EXCEPTION 'a name stays with its right, or with the one that it turned out to be'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END
    """,
    "settled_is_booked": """
        BEGIN
            IF NEW.state = 'settled' AND OLD.state <> 'settled' AND NOT EXISTS (
                SELECT FROM ledger WHERE key = NEW.key AND credit = 'paid'
            ) THEN
                RAISE EXCEPTION 'a payment that is made is in the books' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
TRIGGERS = {
    ("rulings_rest_on_applications", "assignments"): "BEFORE INSERT",
    ("applications_rest_on_a_yes", "applications"): "BEFORE INSERT",
    ("applications_stand", "applications"): "BEFORE UPDATE",
    ("grants_rest_on_a_yes", "decisions"): "BEFORE INSERT",
    ("credited_rights_stay", "cases"): "BEFORE UPDATE",
}
# Looked at when the transaction ends: what belongs together is written in one, in either order.
AT_THE_END = {"names_follow_rights": "right_names", "settled_is_booked": "payments"}

STAY = {
    "assignments": ("key", "case_ref", "application_number", "computed", "amount", "was", "decision_number"),
    "questions": ("key", "case_ref", "phone", "expects"),
}
STAY_SINCE = {
    "assignments": (*STAY["assignments"], "decided_on", "reason"),
    "questions": (*STAY["questions"], "opened_at", "window_days"),
    "applications": ("key", "case_ref", "applied_on", "intended_at"),
    "messages": ("key", "case_ref", "phone", "text", "kind"),
    "right_names": ("service", "name"),
}
NOT_DELETED = ("applications", "messages", "message_parts", "receipts")


def _function(name: str, body: str, *, anew: bool) -> None:
    create = "CREATE FUNCTION" if anew else "CREATE OR REPLACE FUNCTION"
    op.execute(f"{create} {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def _stays(table: str, columns: tuple[str, ...]) -> None:
    named = ", ".join(f"'{column}'" for column in columns)
    op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")


def upgrade() -> None:
    for name, body in SINCE.items():
        assert body != BEFORE[name]  # noqa: S101  (the text that is replaced is there)
        _function(name, body, anew=False)
    for name, body in NEW.items():
        _function(name, body, anew=True)
    for (name, table), when in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    for name, table in AT_THE_END.items():
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER UPDATE ON {table} DEFERRABLE INITIALLY DEFERRED "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    for table in STAY:
        op.execute(f"DROP TRIGGER it_stays ON {table}")
    for table, columns in STAY_SINCE.items():
        _stays(table, columns)
    for table in NOT_DELETED:
        op.execute(
            f"CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
        )


def downgrade() -> None:
    for table in NOT_DELETED:
        op.execute(f"DROP TRIGGER rows_stay ON {table}")
    for table in STAY_SINCE:
        op.execute(f"DROP TRIGGER it_stays ON {table}")
    for table, columns in STAY.items():
        _stays(table, columns)
    for name, table in AT_THE_END.items():
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name, table in TRIGGERS:
        op.execute(f"DROP TRIGGER {name} ON {table}")
    for name in NEW:
        op.execute(f"DROP FUNCTION {name}()")
    for name, body in BEFORE.items():
        _function(name, body, anew=False)
