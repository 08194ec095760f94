"""An ending agrees with what was said, ruled and paid; a payment bears its own right's name; when a thing was written
is the database's to say"""

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0026"
branch_labels: None = None
depends_on: None = None

MOST = 3
"""So many times what was reckoned somebody may accept: a body that assigns more has written the wrong number."""

OF_RIGHT = "(SELECT id FROM rights WHERE id = of_right OR same_as = of_right)"

NAME = f"""
    DECLARE
        of_right uuid;
        of_service text;
        rests_on text;
        ruling record;
        paid_before numeric;
        called text;
    BEGIN
        SELECT counts.id, counts.service INTO of_right, of_service
          FROM cases c JOIN rights r ON r.id = c.right_id JOIN rights counts ON counts.id = coalesce(r.same_as, r.id)
         WHERE c.ref = of_case;
        IF of_right IS NULL THEN
            RETURN NULL;
        END IF;
        SELECT coalesce(sum(amount), 0) INTO paid_before FROM payments
         WHERE case_ref = of_case AND state = 'settled' AND right(key, 6) = 'before';
        IF paid_before = 0 THEN
            SELECT substring(end_to_end_id FROM '^(.+)-[^-]*$') INTO called FROM payments
             WHERE case_ref = of_case AND end_to_end_id IS NOT NULL ORDER BY intended_at DESC LIMIT 1;
        END IF;
        IF called IS NULL THEN
            SELECT basis INTO rests_on FROM cases
             WHERE right_id IN {OF_RIGHT} AND basis IS NOT NULL ORDER BY opened_at, ref LIMIT 1;
            IF NOT EXISTS (SELECT FROM right_names WHERE right_id = of_right AND right_names.name = rests_on) THEN
                -- A register uses that number twice, and it is the other right's: no two have a name.
                SELECT coalesce(min(n.name COLLATE "C"), rests_on) INTO rests_on
                  FROM right_names n WHERE right_id = of_right;
            END IF;
            called := of_service || '|' || coalesce(rests_on, 'None');
            SELECT was INTO ruling FROM assignments WHERE case_ref = of_case AND state <> 'superseded';
            IF ruling.was IS NOT NULL THEN
                called := called || '|' || coalesce((
                    SELECT period::text FROM ledger WHERE case_ref = of_case AND debit = 'entitled'
                     ORDER BY booked_at LIMIT 1
                ), 'None') || '|' || to_char(ruling.was + paid_before, 'FM999999999999990.00');
            END IF;
            called := left(encode(sha256(convert_to(called, 'UTF8')), 'hex'), 24);
        END IF;
        RETURN called || '-' || 1 + coalesce((
            SELECT max(substring(p.end_to_end_id FROM '[0-9]+$')::int)
              FROM payments p JOIN cases c ON c.ref = p.case_ref
             WHERE c.right_id IN {OF_RIGHT} AND starts_with(p.end_to_end_id, called || '-')
               AND (p.state IN ('settled', 'returned') OR p.reason IN ('AM05', 'DUPL'))
        ), 0);
    END
"""  # noqa: S608  (our own)
"""What is paid, and the how-manieth payment of it this is, in words that no restored Card has forgotten.

The first payment of a right bears the name of the right; a difference also the month that it is for, and the sum that
it comes on top of: two that begin at the same sum would pay the same money, however far each of them goes. A case that
was begun anew in a restored Card makes the payment that the bank knows, and no second one. What was turned down reached
nobody and does not count: the next try bears its name, or after a restore that name would be free where the money went
out under the next. But a name that a bank calls used (AM05, DUPL), and somebody has looked into, is. The names are
those that were given before the database gave them.
"""

ENDINGS = """
    DECLARE
        granted boolean;
        paid boolean;
        agreed boolean;
        whole record;
    BEGIN
        SELECT outcome, amount INTO whole FROM cases WHERE ref = NEW.ref;
        IF whole.outcome IS DISTINCT FROM NEW.outcome THEN
            RETURN NULL;
        END IF;
        granted := EXISTS (SELECT FROM assignments WHERE case_ref = NEW.ref AND state IN ('assigned', 'accepted'));
        agreed := EXISTS (SELECT FROM consents WHERE case_ref = NEW.ref AND given);
        paid := granted AND EXISTS (SELECT FROM payments WHERE case_ref = NEW.ref AND state = 'settled')
            AND owed_of(NEW.ref) = 0;
        IF NOT (CASE NEW.outcome
            WHEN 'credited' THEN paid
            WHEN 'closed_by_operator' THEN NOT paid
            WHEN 'no_account' THEN NOT paid AND (agreed OR EXISTS (
                SELECT FROM decisions WHERE case_ref = NEW.ref AND action = 'granted-unasked'))
            WHEN 'refused_by_body' THEN NOT granted AND (
                EXISTS (SELECT FROM assignments WHERE case_ref = NEW.ref AND state = 'refused')
                OR EXISTS (SELECT FROM applications WHERE case_ref = NEW.ref AND state = 'rejected'))
            WHEN 'missing_document' THEN NOT granted AND EXISTS (
                SELECT FROM applications WHERE case_ref = NEW.ref AND state = 'missing_document')
            WHEN 'refused_by_person' THEN NOT agreed AND EXISTS (
                SELECT FROM consents WHERE case_ref = NEW.ref AND NOT given)
            WHEN 'lapsed' THEN NOT agreed AND EXISTS (
                SELECT FROM questions WHERE case_ref = NEW.ref AND expects = 'consent')
            WHEN 'late_yes' THEN NOT agreed AND EXISTS (
                SELECT FROM questions WHERE case_ref = NEW.ref AND expects = 'consent')
            WHEN 'told' THEN NOT granted AND whole.amount IS NULL
                AND NOT EXISTS (SELECT FROM questions WHERE case_ref = NEW.ref)
                AND EXISTS (SELECT FROM messages WHERE case_ref = NEW.ref AND state <> 'intended')
            WHEN 'unreachable' THEN NOT agreed AND NOT granted
            ELSE NOT granted
        END) THEN
            RAISE EXCEPTION 'a case does not end as %: what was asked, said, ruled and paid for it says otherwise',
                NEW.outcome USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT FROM payments WHERE case_ref = NEW.ref AND state = 'intended') THEN
            RAISE EXCEPTION 'a payment of the case may be on its way' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
    END
"""

AT_THE_END = {
    ("endings_agree", "cases", "INSERT OR UPDATE OF outcome", "NEW.outcome IS NOT NULL"): ENDINGS,
    ("as_reckoned", "cases", "UPDATE OF amount", "NEW.amount IS DISTINCT FROM OLD.amount"): """
        DECLARE reckoned text;
        BEGIN
            SELECT decision->>'net' INTO reckoned FROM facts_snapshots
             WHERE case_ref = NEW.ref ORDER BY taken_at DESC LIMIT 1;
            IF reckoned IS NOT NULL
               AND reckoned::numeric IS DISTINCT FROM (SELECT amount FROM cases WHERE ref = NEW.ref) THEN
                RAISE EXCEPTION 'the amount of a case is what the law gave for its facts'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
    ("as_far_as_its_cases", "rights", "UPDATE OF state", "NEW.state <> OLD.state"): """
        BEGIN
            IF NEW.state = 'claimed' AND NOT EXISTS (
                SELECT FROM rights r JOIN cases c ON c.right_id = r.id JOIN assignments a ON a.case_ref = c.ref
                 WHERE NEW.id IN (r.id, r.same_as) AND a.state IN ('assigned', 'accepted')
            ) OR NEW.state = 'refused' AND NOT EXISTS (
                SELECT FROM rights r JOIN cases c ON c.right_id = r.id
                 WHERE NEW.id IN (r.id, r.same_as) AND c.outcome = 'refused_by_person'
            ) THEN
                RAISE EXCEPTION 'a right is as far as its cases have come' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NULL;
        END
    """,
}
"""Looked at when the transaction ends: what belongs together is written in one, in either order."""

GROUND = """
    SELECT EXISTS (
        SELECT FROM entitlements e JOIN cases c ON c.ref = e.case_ref
         WHERE e.id = of AND c.outcome = 'credited' AND c.closed_at = now()
    )
"""
"""Why what runs of a right is written anew in this transaction: its case ends as credited in it."""

FROM_ITS_GROUND = """
    DECLARE
        of uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.entitlement_id ELSE NEW.entitlement_id END;
    BEGIN
        IF NOT months_have_a_ground(of)
           AND (TG_OP <> 'INSERT' OR EXISTS (SELECT FROM dues WHERE entitlement_id = of)) THEN
            RAISE EXCEPTION 'what runs of a right changes with a case of it that is credited'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END
"""
LOOKED_AT = """
    BEGIN
        IF (NEW.case_ref, NEW.person_id, NEW.until, NEW.next_review) IS DISTINCT FROM
           (OLD.case_ref, OLD.person_id, OLD.until, OLD.next_review) AND NOT months_have_a_ground(NEW.id) THEN
            RAISE EXCEPTION 'what runs of a right changes with a case of it that is credited'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NULL;
    END
"""

BEFORE = {
    ("payments_bear_their_name", "payments", "INSERT"): """
        DECLARE called text;
        BEGIN
            IF EXISTS (SELECT FROM payments WHERE key = NEW.key) THEN
                RETURN NEW;  -- its key decides
            END IF;
            -- What had been paid before went out under the name of the payment in whose place it stands.
            SELECT end_to_end_id INTO called FROM payments
             WHERE right(NEW.key, 6) = 'before' AND key = left(NEW.key, -7) AND case_ref = NEW.case_ref;
            called := coalesce(called, name_of_case_payment(NEW.case_ref));
            IF NEW.end_to_end_id <> called THEN
                RAISE EXCEPTION 'a payment bears the name of its own right' USING ERRCODE = 'check_violation';
            END IF;
            NEW.end_to_end_id := called;
            RETURN NEW;
        END
    """,
    # Each bank counts for itself.
    ("numbered_once", "payments", "UPDATE OF bank_reference, state"): """
        BEGIN
            IF NEW.state = 'settled'
               AND (NEW.bank_reference, NEW.state) IS DISTINCT FROM (OLD.bank_reference, OLD.state) AND EXISTS (
                SELECT FROM payments p JOIN accounts theirs ON theirs.id = p.account_id
                  JOIN accounts mine ON mine.id = NEW.account_id
                 WHERE p.bank_reference = NEW.bank_reference AND p.key <> NEW.key AND p.state IN ('settled', 'returned')
                   AND substr(theirs.iban, 5, 3) = substr(mine.iban, 5, 3)
            ) THEN
                RAISE EXCEPTION 'the bank has paid another payment under this number: ask the bank which it is'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("known_as_its_facts_say", "ledger", "INSERT"): """
        DECLARE
            of record;
            said jsonb;
        BEGIN
            IF NEW.debit <> 'entitled' OR NEW.credit <> 'payable' THEN
                RETURN NEW;
            END IF;
            SELECT c.basis, c.right_id, r.same_as INTO of FROM cases c JOIN rights r ON r.id = c.right_id
             WHERE c.ref = NEW.case_ref;
            IF EXISTS (SELECT FROM right_names WHERE right_id IN (of.right_id, of.same_as)
                        AND (name = of.basis OR starts_with(name, of.basis || '/'))) THEN
                RETURN NEW;
            END IF;
            SELECT facts INTO said FROM facts_snapshots WHERE case_ref = NEW.case_ref ORDER BY taken_at DESC LIMIT 1;
            -- A number of it may be another's in its register: then it is known by the others.
            IF NOT EXISTS (SELECT FROM right_names WHERE right_id IN (of.right_id, of.same_as)
                            AND position(to_json(name)::text IN said::text) > 0) THEN
                RAISE EXCEPTION 'money is assigned for a right that bears a name of what it rests on'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("once_turned_down", "accounts", "UPDATE OF rejected"): """
        BEGIN
            IF OLD.rejected IS NOT NULL AND NEW.rejected IS NULL THEN
                RAISE EXCEPTION 'that a payment came back from an account stays' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("asked_once", "questions", "UPDATE OF closed_at, deadline"): """
        BEGIN
            IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS NULL THEN
                RAISE EXCEPTION 'a question that is closed stays so' USING ERRCODE = 'restrict_violation';
            END IF;
            -- A receipt moves it: the window begins when the question has come, which phones that are off put off.
            IF NEW.deadline < OLD.deadline - interval '1 day' OR NEW.deadline > greatest(OLD.deadline, now()
               + make_interval(days => NEW.window_days + 1)) THEN
                RAISE EXCEPTION 'an answer counts as long as the window is open' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
    ("sooner_alone", "looks", "UPDATE OF day"): """
        BEGIN
            IF NEW.day > OLD.day THEN
                RAISE EXCEPTION 'a look is taken on its day, or sooner' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END
    """,
}

WAS_NONE = ("credited_is_paid", "refused_is_said")
"""Guards of one ending each, of which there is one for all now."""

MONTHS = {
    ("from_its_ground", "entitlement_amounts", "BEFORE INSERT OR UPDATE OR DELETE"): FROM_ITS_GROUND,
    # After: the case that it names now is the ground.
    ("looked_at_by_its_ground", "entitlements", "AFTER UPDATE"): LOOKED_AT,
}

TIMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "cases": (("opened_at",), ("started_at", "closed_at")),
    "facts_snapshots": (("taken_at",), ()),
    "messages": (("intended_at",), ()),
    "message_parts": (("sent_at",), ()),
    "persons": ((), ("seen_at",)),
    "rights": ((), ("since",)),
    "questions": (("opened_at",), ("closed_at",)),
    "incoming": (("stored_at",), ("relayed_at",)),
    "refused_answers": (("at",), ()),
    "applications": (("intended_at",), ("finished_at",)),
    "assignments": (("ruled_at",), ()),
    "decisions": (("written_at",), ()),
    "accounts": ((), ("seen_at", "rejected_at")),
    "payments": (("intended_at",), ("finished_at",)),
    "events": (("at",), ()),
    "findings": (("found_at",), ()),
}
"""Of each table the times at which a row was written, which stay, and those at which it went on."""


def _keeps_time(table: str, written: tuple[str, ...], goes_on: tuple[str, ...]) -> None:
    """The clock is the database's, whoever writes and whatever he says."""
    begins = "".join(f"NEW.{name} := now(); " for name in written)
    begins += "".join(f"NEW.{name} := CASE WHEN NEW.{name} IS NOT NULL THEN now() END; " for name in goes_on)
    stays = "".join(f"NEW.{name} := OLD.{name}; " for name in written)
    stays += "".join(
        f"IF NEW.{name} IS DISTINCT FROM OLD.{name} AND NEW.{name} IS NOT NULL THEN NEW.{name} := now(); END IF; "
        for name in goes_on
    )
    body = f"BEGIN IF TG_OP = 'INSERT' THEN {begins} ELSE {stays} END IF; RETURN NEW; END"
    _function(f"{table}_keep_time", body)
    op.execute(
        f"CREATE TRIGGER {table}_keep_time BEFORE INSERT OR UPDATE OF {', '.join((*written, *goes_on))} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_keep_time()"
    )


ASKED = "JOIN incoming i ON i.phone = q.phone AND coalesce(i.question_key, q.key) = q.key"
ASKED_THERE = f"""{ASKED}
                  JOIN messages m ON (m.key, m.case_ref, m.phone) = (q.key, q.case_ref, q.phone)
                   AND m.kind IN ('offer', 'offer_more')
                   AND EXISTS (SELECT FROM message_parts WHERE message_key = m.key)"""
"""A question is asked where the SMS has gone that put it, by the names that the SMS centre gave its parts."""

BACK = "AND action = 'returned' AND btrim(by) <> ''"
BACK_FOR = f"{BACK} AND why = NEW.reason"

DECIDED = "AND action = 'accept-amount' AND btrim(by) <> ''"
DECIDED_OF_IT = f"{DECIDED} AND coalesce(written_at, '-infinity') >= coalesce(NEW.ruled_at, '-infinity')"
ACCEPTED = "RETURN NEW;"
ACCEPTED_NEAR = f"""IF NEW.state = 'accepted' AND OLD.state <> 'accepted' AND NEW.amount > {MOST} * NEW.computed THEN
            RAISE EXCEPTION 'so much more than was reckoned is a slip of the body: have it corrected, and `retry`'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;"""

CHANGED = {
    "consents_are_answers": ((ASKED, ASKED_THERE),),
    "payments_come_back": ((BACK, BACK_FOR),),
    "rulings_stand": ((DECIDED, DECIDED_OF_IT), (ACCEPTED, ACCEPTED_NEAR)),
}
"""Functions in which a little changes: what is found there, and what takes its place."""


def _function(name: str, body: str) -> None:
    op.execute(f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
    op.execute(f"ALTER FUNCTION {name}() SET search_path = pg_catalog, public, pg_temp")


def _change(name: str, old: str, new: str) -> None:
    body = (
        op.get_bind().execute(sa.text("SELECT prosrc FROM pg_proc WHERE proname = :name"), {"name": name}).scalar_one()
    )
    assert old in body, name  # noqa: S101  (the text that is replaced is there)
    _function(name, body.replace(old, new))


def _at_the_end(name: str, table: str, on: str, when: str | None) -> None:
    where = f"WHEN ({when}) " if when else ""
    op.execute(
        f"CREATE CONSTRAINT TRIGGER {name} AFTER {on} ON {table} DEFERRABLE INITIALLY DEFERRED "
        f"FOR EACH ROW {where}EXECUTE FUNCTION {name}()"
    )


def _stays(table: str, columns: tuple[str, ...]) -> None:
    op.execute(f"DROP TRIGGER it_stays ON {table}")
    named = ", ".join(f"'{column}'" for column in columns)
    op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION it_stays({named})")


ACCOUNT_STAYS = ("id", "person_id", "iban")


def upgrade() -> None:
    for table, column in (("decisions", "written_at"), ("assignments", "ruled_at")):
        op.add_column(table, sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "payments_by_bank_reference",
        "payments",
        ["bank_reference"],
        postgresql_where=sa.text("bank_reference IS NOT NULL"),
    )
    op.execute(
        f"CREATE FUNCTION name_of_case_payment(of_case text) RETURNS text LANGUAGE plpgsql STABLE AS $$ {NAME} $$"
    )
    op.execute("ALTER FUNCTION name_of_case_payment(text) SET search_path = pg_catalog, public, pg_temp")
    for name in WAS_NONE:
        op.execute(f"DROP TRIGGER {name} ON cases")
    for (name, table, on, when), body in AT_THE_END.items():
        _function(name, body)
        _at_the_end(name, table, on, when)
    for (name, table, on), body in BEFORE.items():
        _function(name, body)
        of_cases = "WHEN (NEW.case_ref IS NOT NULL) " if table == "ledger" else ""
        op.execute(f"CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW {of_cases}EXECUTE FUNCTION {name}()")
    op.execute(f"CREATE FUNCTION months_have_a_ground(of uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ {GROUND} $$")
    op.execute("ALTER FUNCTION months_have_a_ground(uuid) SET search_path = pg_catalog, public, pg_temp")
    for (name, table, on), body in MONTHS.items():
        _function(name, body)
        op.execute(f"CREATE TRIGGER {name} {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute("DROP TRIGGER stored_when_it_came ON incoming")
    for table, (written, goes_on) in TIMES.items():
        _keeps_time(table, written, goes_on)
    for name, changes in CHANGED.items():
        for old, new in changes:
            _change(name, old, new)
    _stays("accounts", (*ACCOUNT_STAYS, "source"))
    op.execute(
        "CREATE TRIGGER it_stays BEFORE UPDATE ON looks FOR EACH ROW "
        "EXECUTE FUNCTION it_stays('root', 'service', 'person_id')"
    )
    op.execute(
        "CREATE TRIGGER rows_stay BEFORE DELETE OR TRUNCATE ON accounts FOR EACH STATEMENT EXECUTE FUNCTION it_stays()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER rows_stay ON accounts")
    op.execute("DROP TRIGGER it_stays ON looks")
    _stays("accounts", ACCOUNT_STAYS)
    for name, changes in CHANGED.items():
        for old, new in reversed(changes):
            _change(name, new, old)
    for table in TIMES:
        op.execute(f"DROP TRIGGER {table}_keep_time ON {table}")
        op.execute(f"DROP FUNCTION {table}_keep_time()")
    op.execute(
        "CREATE TRIGGER stored_when_it_came BEFORE INSERT ON incoming "
        "FOR EACH ROW EXECUTE FUNCTION stored_when_it_came()"
    )
    for name, table, *_ in (*BEFORE, *AT_THE_END, *MONTHS):
        op.execute(f"DROP TRIGGER {name} ON {table}")
        op.execute(f"DROP FUNCTION {name}()")
    for name in WAS_NONE:
        _at_the_end(name, "cases", "INSERT OR UPDATE OF outcome", None)
    op.execute("DROP FUNCTION months_have_a_ground(uuid)")
    op.execute("DROP FUNCTION name_of_case_payment(text)")
    op.drop_index("payments_by_bank_reference", "payments")
    for table, column in (("decisions", "written_at"), ("assignments", "ruled_at")):
        op.drop_column(table, column)
