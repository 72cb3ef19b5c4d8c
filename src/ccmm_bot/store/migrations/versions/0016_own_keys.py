"""A key of their own for everybody, and what becomes of keys that are done with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HOLDERS = ("person", "household", "contact_point", "caseload_import")


def upgrade() -> None:
    for table in HOLDERS:
        op.add_column(table, sa.Column("data_key", sa.Uuid(), nullable=True))
    op.create_table(
        "key_disposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("why", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder_kind", sa.String(length=32), nullable=True),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_key_disposal_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_disposal")),
    )
    op.create_index(
        "ix_key_disposal_open",
        "key_disposal",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_key_disposal_open", table_name="key_disposal")
    op.drop_table("key_disposal")
    for table in HOLDERS:
        op.drop_column(table, "data_key")
