"""Indexes for what the service's state asks: when a sender was last used, what lately went wrong, which versions people are in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

SENT = sa.text("sent_at IS NOT NULL")
FAILED = sa.text("status = 'failed'")
OPEN = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_inbound_account", "inbound", ["account_id", "received_at"])
    op.create_index("ix_outbox_account", "outbox", ["account_id", "sent_at"], sqlite_where=SENT, postgresql_where=SENT)
    op.create_index("ix_outbox_failed", "outbox", ["created_at"], sqlite_where=FAILED, postgresql_where=FAILED)
    op.create_index(
        "ix_dialogue_run_open", "dialogue_run", ["dialogue_id", "dialogue_version"], sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.drop_index("ix_dialogue_run_open", "dialogue_run")
    op.drop_index("ix_outbox_failed", "outbox")
    op.drop_index("ix_outbox_account", "outbox")
    op.drop_index("ix_inbound_account", "inbound")
