"""An answer belongs to its question for good; a case may have several noes and one yes; refused answers are noted"""

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: None = None
depends_on: None = None


def upgrade() -> None:
    op.add_column("incoming", sa.Column("question_key", sa.String(), nullable=True))
    op.add_column("incoming", sa.Column("set_aside", sa.String(), nullable=True))
    op.create_foreign_key(None, "incoming", "questions", ["question_key"], ["key"])
    op.create_index(op.f("ix_incoming_question_key"), "incoming", ["question_key"], unique=False)
    # A reply with an impossible time could be stored and never be read again; it held up its phone for ever.
    op.execute(
        "UPDATE incoming SET set_aside = 'a time that cannot be: ' || received_at::text, received_at = stored_at, "
        "relayed_at = coalesce(relayed_at, now()) WHERE received_at NOT BETWEEN '2000-01-01' AND '2200-01-01'"
    )
    op.create_check_constraint("a_sane_time", "incoming", "received_at BETWEEN '2000-01-01' AND '2200-01-01'")
    op.create_index(
        "set_aside_replies", "incoming", ["stored_at"], unique=False, postgresql_where=sa.text("set_aside IS NOT NULL")
    )
    op.create_index("questions_of_a_phone", "questions", ["phone", "opened_at"], unique=False)
    op.create_index("messages_to_a_phone", "messages", ["phone", "intended_at"], unique=False)
    # What a consent was given in belongs to the question that it answered.
    op.execute(
        "UPDATE incoming SET question_key = consents.question_key, case_ref = consents.case_ref FROM consents "
        "JOIN questions ON questions.key = consents.question_key WHERE incoming.message_id = consents.message_id"
    )
    op.drop_constraint("consents_case_ref_key", "consents", type_="unique")
    op.create_unique_constraint("an_answer_once", "consents", ["case_ref", "message_id"])
    op.create_index("one_yes_a_case", "consents", ["case_ref"], unique=True, postgresql_where=sa.text("given"))
    op.create_table(
        "refused_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_ref", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["case_ref"], ["cases.ref"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_ref", "message_id", "reason", name="a_refusal_once"),
    )


def downgrade() -> None:
    op.drop_table("refused_answers")
    op.drop_index("one_yes_a_case", table_name="consents")
    op.drop_constraint("an_answer_once", "consents", type_="unique")
    op.execute(
        "DELETE FROM consents WHERE NOT given "
        "AND case_ref IN (SELECT case_ref FROM consents GROUP BY case_ref HAVING count(*) > 1)"
    )
    op.create_unique_constraint("consents_case_ref_key", "consents", ["case_ref"])
    op.drop_index("messages_to_a_phone", table_name="messages")
    op.drop_index("questions_of_a_phone", table_name="questions")
    op.drop_index("set_aside_replies", table_name="incoming")
    op.drop_constraint("a_sane_time", "incoming", type_="check")
    op.drop_index(op.f("ix_incoming_question_key"), table_name="incoming")
    op.drop_column("incoming", "set_aside")
    op.drop_column("incoming", "question_key")
