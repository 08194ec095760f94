"""Rights become rows of their own, with every name, state and next look; a case is one attempt at a right"""

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: None = None
depends_on: None = None

STATES = "'found', 'offered', 'refused', 'claimed', 'entitled', 'settled'"


def upgrade() -> None:
    op.create_table(
        "rights",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("why", sa.String(), nullable=True),
        sa.Column("amount", sa.Numeric(14, 2), nullable=True),
        sa.Column("ground", sa.String(), nullable=True),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("refused_amount", sa.Numeric(14, 2), nullable=True),
        sa.Column("refused_ground", sa.String(), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name="a_known_state"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "right_names",
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("right_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["right_id"], ["rights.id"]),
        sa.PrimaryKeyConstraint("service", "name"),
    )
    op.create_index(op.f("ix_right_names_right_id"), "right_names", ["right_id"], unique=False)
    op.create_table(
        "looks",
        sa.Column("root", sa.String(), nullable=False),
        sa.Column("right_id", sa.Uuid(), nullable=True),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"]),
        sa.ForeignKeyConstraint(["right_id"], ["rights.id"]),
        sa.PrimaryKeyConstraint("root"),
    )
    op.create_index(op.f("ix_looks_day"), "looks", ["day"], unique=False)
    op.create_index(op.f("ix_looks_right_id"), "looks", ["right_id"], unique=False)
    op.create_table(
        "events",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("iin", sa.String(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("assignments", sa.Column("was", sa.Numeric(14, 2), nullable=True))
    op.add_column("cases", sa.Column("right_id", sa.Uuid(), nullable=True))
    op.add_column("cases", sa.Column("ground", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("root", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("look", sa.Integer(), server_default="0", nullable=False))
    op.alter_column("cases", "look", server_default=None)
    op.add_column("cases", sa.Column("look_on", sa.Date(), nullable=True))
    op.add_column("cases", sa.Column("settled", sa.Boolean(), server_default="false", nullable=False))
    op.alter_column("cases", "settled", server_default=None)
    op.execute("UPDATE cases SET settled = outcome IS NOT NULL")
    # Until today a right was what one case was about, for good: each gets its row, in the state that its case left.
    op.execute("UPDATE cases SET right_id = gen_random_uuid() WHERE basis IS NOT NULL")
    op.execute(
        """
        INSERT INTO rights (id, service, state, since, why, amount, offers, refusals, refused_amount)
        SELECT right_id, service,
               CASE WHEN outcome IS NULL THEN 'found'
                    WHEN outcome = 'credited' AND decision ->> 'frequency' = 'once' THEN 'settled'
                    WHEN outcome = 'credited' THEN 'entitled'
                    WHEN outcome = 'told' THEN 'settled'
                    WHEN outcome = 'refused_by_person' THEN 'refused'
                    WHEN assigned.amount IS NOT NULL THEN 'claimed'
                    ELSE 'offered' END,
               coalesce(closed_at, opened_at), outcome,
               CASE WHEN outcome = 'credited' THEN coalesce(assigned.amount, cases.amount) END,
               CASE WHEN outcome IN ('lapsed', 'late_yes', 'unreachable', 'refused_by_person') THEN 1 ELSE 0 END,
               CASE WHEN outcome = 'refused_by_person' THEN 1 ELSE 0 END,
               CASE WHEN outcome = 'refused_by_person' THEN cases.amount END
        FROM cases
        LEFT JOIN LATERAL (SELECT decision FROM facts_snapshots WHERE facts_snapshots.case_ref = cases.ref
                           ORDER BY taken_at DESC LIMIT 1) AS snapshot ON true
        LEFT JOIN assignments AS assigned
               ON assigned.case_ref = cases.ref AND assigned.state IN ('assigned', 'accepted')
        WHERE right_id IS NOT NULL
        """
    )
    op.execute(
        "INSERT INTO right_names (service, name, right_id) "
        "SELECT service, basis, right_id FROM cases WHERE right_id IS NOT NULL"
    )
    op.create_foreign_key(None, "cases", "rights", ["right_id"], ["id"])
    op.drop_constraint("one_right_one_case", "cases", type_="unique")
    op.create_index("cases_of_a_right", "cases", ["right_id"], unique=False)
    op.create_index(
        "one_open_case_a_right", "cases", ["right_id"], unique=True, postgresql_where=sa.text("outcome IS NULL")
    )


def downgrade() -> None:
    op.drop_index("one_open_case_a_right", table_name="cases")
    op.drop_index("cases_of_a_right", table_name="cases")
    # The newest attempt keeps the name of the right: only one could be about it.
    op.execute(
        "UPDATE cases SET basis = NULL WHERE ref NOT IN "
        "(SELECT DISTINCT ON (service, basis) ref FROM cases WHERE basis IS NOT NULL "
        "ORDER BY service, basis, opened_at DESC)"
    )
    op.create_unique_constraint("one_right_one_case", "cases", ["service", "basis"])
    for name in ("settled", "look_on", "look", "root", "ground"):
        op.drop_column("cases", name)
    op.drop_constraint("cases_right_id_fkey", "cases", type_="foreignkey")
    op.drop_column("cases", "right_id")
    op.drop_column("assignments", "was")
    op.drop_table("events")
    op.drop_table("looks")
    op.drop_table("right_names")
    op.drop_table("rights")
