"""Indexes for what points at a row that is removed, and for the latest conversations.

Erasing somebody, and showing beforehand what would go, read whole tables where a reference had no index: the outbox for each of her
messages, for one. They are partial where most rows have no such reference. The list of conversations goes by the last message, and
nothing goes by the last change.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

#: (table, column) of references that most rows do not have.
SET = (
    ("dialogue_run", "follow_up_id"),
    ("flag", "case_id"),
    ("flag", "run_id"),
    ("invitation", "household_id"),
    ("next_step", "flag_id"),
    ("opt_out_entry", "inbound_id"),
    ("outbox", "in_reply_to"),
    ("person", "merged_into"),
)
ALWAYS = (("consent", "conversation_id"), ("flag", "person_id"), ("referral", "consent_id"), ("staff_form", "subject_id"))


def upgrade() -> None:
    for table, column in SET:
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_{table}_{column}", table, [column], sqlite_where=given, postgresql_where=given)
    for table, column in ALWAYS:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])
    op.create_index("ix_conversation_latest", "conversation", ["agency_id", "last_inbound_at"])
    op.drop_index("ix_conversation_agency", "conversation")


def downgrade() -> None:
    op.create_index("ix_conversation_agency", "conversation", ["agency_id", "updated_at"])
    op.drop_index("ix_conversation_latest", "conversation")
    for table, column in (*SET, *ALWAYS):
        op.drop_index(f"ix_{table}_{column}", table)
