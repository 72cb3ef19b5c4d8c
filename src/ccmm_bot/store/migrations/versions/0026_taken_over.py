"""An index over the conversations a human has taken over: the few the list of unanswered ones is about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TAKEN_OVER = sa.text("human_since IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_conversation_human_since", "conversation", ["human_since"], sqlite_where=TAKEN_OVER, postgresql_where=TAKEN_OVER
    )


def downgrade() -> None:
    op.drop_index("ix_conversation_human_since", "conversation")
