"""Each agency's audit becomes a chain."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit", sa.Column("seal_no", sa.Integer(), nullable=True))
    op.add_column("audit", sa.Column("seal", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_audit_unsealed",
        "audit",
        ["agency_id", "id"],
        sqlite_where=sa.text("seal_no IS NULL"),
        postgresql_where=sa.text("seal_no IS NULL"),
    )
    op.create_index("uq_audit_seal", "audit", ["agency_id", "seal_no"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_audit_seal", table_name="audit")
    op.drop_index("ix_audit_unsealed", table_name="audit")
    op.drop_column("audit", "seal")
    op.drop_column("audit", "seal_no")
