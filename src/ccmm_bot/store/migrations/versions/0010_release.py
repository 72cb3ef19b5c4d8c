"""Help lines that an administrator has confirmed, and what an agency wants a speaker to have read first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "help_line_confirmation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_help_line_confirmation_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_line_confirmation")),
        sa.UniqueConstraint("agency_id", "line", name=op.f("uq_help_line_confirmation_agency_id_line")),
    )
    op.add_column("agency", sa.Column("require_reviewed", sa.String(length=500), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("agency", "require_reviewed")
    op.drop_table("help_line_confirmation")
