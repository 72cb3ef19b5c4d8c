"""When a sender's next message may go, for every process that sends by it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel_account", sa.Column("free_at", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("channel_account", "free_at")
