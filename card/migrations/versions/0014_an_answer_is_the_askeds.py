"""A yes or no is what the phone that was asked has written, about the question that this case has put to it"""

from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: None = None
depends_on: None = None

ANSWERS = """
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
"""
STAYS = "'key', 'case_ref', 'phone', 'expects'"


def upgrade() -> None:
    op.execute(f"CREATE FUNCTION consents_are_answers() RETURNS trigger LANGUAGE plpgsql AS $$ {ANSWERS} $$")
    op.execute("ALTER FUNCTION consents_are_answers() SET search_path = pg_catalog, public, pg_temp")
    op.execute(
        "CREATE TRIGGER consents_are_answers BEFORE INSERT ON consents "
        "FOR EACH ROW EXECUTE FUNCTION consents_are_answers()"
    )
    op.execute(f"CREATE TRIGGER it_stays BEFORE UPDATE ON questions FOR EACH ROW EXECUTE FUNCTION it_stays({STAYS})")


def downgrade() -> None:
    op.execute("DROP TRIGGER it_stays ON questions")
    op.execute("DROP TRIGGER consents_are_answers ON consents")
    op.execute("DROP FUNCTION consents_are_answers()")
