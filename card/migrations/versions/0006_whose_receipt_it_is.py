"""An id of a part is its operator's own and holds for a while; a receipt is brought to its part, however it is spelt"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: None = None
depends_on: None = None

READING = "CASE WHEN smsc_message_id ~ '^[0-9]{1,20}$' THEN smsc_message_id::numeric::text ELSE smsc_message_id END"
"""Of rows from before: digits as a number; hexadecimal ids stay as they are, and match their own spelling."""


def upgrade() -> None:
    op.drop_constraint("receipts_pkey", "receipts", type_="primary")
    op.drop_constraint("message_parts_pkey", "message_parts", type_="primary")
    op.execute("ALTER TABLE receipts ADD COLUMN id BIGSERIAL PRIMARY KEY")
    for table in ("receipts", "message_parts"):
        # Until now there was one operator.
        op.add_column(table, sa.Column("operator", sa.String(), server_default="smsc", nullable=False))
        op.alter_column(table, "operator", server_default=None)
        op.add_column(table, sa.Column("reading", sa.String(), nullable=True))
        op.execute(f"UPDATE {table} SET reading = {READING}")  # noqa: S608  (all of it stands here)
        op.alter_column(table, "reading", nullable=False)
    now = sa.text("now()")
    op.add_column("message_parts", sa.Column("sent_at", sa.DateTime(timezone=True), server_default=now, nullable=False))
    op.execute(
        "UPDATE message_parts SET sent_at = coalesce(messages.sent_at, messages.intended_at) FROM messages "
        "WHERE messages.key = message_parts.message_key"
    )
    op.create_primary_key("message_parts_pkey", "message_parts", ["operator", "smsc_message_id", "message_key"])
    op.create_index("parts_by_reading", "message_parts", ["operator", "reading", "sent_at"])
    op.add_column("receipts", sa.Column("stored_at", sa.DateTime(timezone=True), server_default=now, nullable=False))
    op.add_column("receipts", sa.Column("message_key", sa.String(), nullable=True))
    op.add_column("receipts", sa.Column("part", sa.String(), nullable=True))
    op.execute("UPDATE receipts SET stored_at = least(at, now())")
    op.execute(
        "UPDATE receipts SET message_key = message_parts.message_key, part = message_parts.smsc_message_id "
        "FROM message_parts WHERE message_parts.smsc_message_id = receipts.smsc_message_id"
    )
    # Those of long ago that are about nothing alarm nobody now.
    op.execute(
        "UPDATE receipts SET told_at = now() "
        "WHERE message_key IS NULL AND told_at IS NULL AND stored_at < now() - interval '3 days'"
    )
    op.create_index("receipts_by_reading", "receipts", ["operator", "reading", "stored_at"])
    op.create_index(
        "one_receipt_a_part",
        "receipts",
        ["message_key", "operator", "part"],
        unique=True,
        postgresql_where=sa.text("message_key IS NOT NULL"),
    )
    op.create_index(
        "of_no_part_yet",
        "receipts",
        ["stored_at"],
        postgresql_where=sa.text("message_key IS NULL AND told_at IS NULL"),
    )


def downgrade() -> None:
    for index in ("of_no_part_yet", "one_receipt_a_part", "receipts_by_reading"):
        op.drop_index(index, table_name="receipts")
    # An id means one part again: the first.
    op.execute(
        "DELETE FROM receipts USING receipts earlier "
        "WHERE earlier.smsc_message_id = receipts.smsc_message_id AND earlier.id < receipts.id"
    )
    op.drop_constraint("receipts_pkey", "receipts", type_="primary")
    for column in ("id", "part", "message_key", "stored_at", "reading", "operator"):
        op.drop_column("receipts", column)
    op.create_primary_key("receipts_pkey", "receipts", ["smsc_message_id"])
    op.drop_index("parts_by_reading", table_name="message_parts")
    op.execute(
        "DELETE FROM message_parts USING message_parts earlier "
        "WHERE earlier.smsc_message_id = message_parts.smsc_message_id AND earlier.ctid < message_parts.ctid"
    )
    op.drop_constraint("message_parts_pkey", "message_parts", type_="primary")
    for column in ("sent_at", "reading", "operator"):
        op.drop_column("message_parts", column)
    op.create_primary_key("message_parts_pkey", "message_parts", ["smsc_message_id"])
