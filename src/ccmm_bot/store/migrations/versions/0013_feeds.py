"""Which process asks for a bot's updates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channel_account", sa.Column("feed_owner", sa.String(length=128), nullable=True))
    op.add_column("channel_account", sa.Column("feed_until", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("channel_account", "feed_until")
    op.drop_column("channel_account", "feed_owner")
