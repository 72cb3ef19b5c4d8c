"""Uploaded caseloads are taken over in pieces."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("caseload_import", sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("caseload_import", sa.Column("asked_by", sa.Uuid(), nullable=True))
    op.add_column("caseload_import", sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("caseload_import", sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("caseload_import", sa.Column("idle", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("caseload_import", sa.Column("done", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("caseload_import", sa.Column("left_out", JSON, nullable=False, server_default="[]"))
    op.create_index(
        "ix_caseload_import_wake",
        "caseload_import",
        ["wake_at"],
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_caseload_import_wake", table_name="caseload_import")
    for name in ("left_out", "done", "idle", "looks", "wake_at", "asked_by", "asked_at"):
        op.drop_column("caseload_import", name)
