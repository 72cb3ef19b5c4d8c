"""Of two open cases of one person, the one that was laid aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person_merge", sa.Column("folded", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("person_merge", "folded")
