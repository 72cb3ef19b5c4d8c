"""Follow-ups that wake up, where they were begun, safe hours, and the processes that do the work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("follow_up", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("follow_up", sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("follow_up", sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("follow_up", sa.Column("facts", sa.LargeBinary(), nullable=True))
    op.add_column("follow_up", sa.Column("looks", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("ix_follow_up_due", table_name="follow_up")
    op.create_index(
        "ix_follow_up_wake",
        "follow_up",
        ["wake_at"],
        sqlite_where=sa.text("wake_at IS NOT NULL"),
        postgresql_where=sa.text("wake_at IS NOT NULL"),
    )
    op.execute("UPDATE follow_up SET wake_at = due_at WHERE status = 'scheduled'")
    op.create_table(
        "follow_up_attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_follow_up_attempt_agency_id")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], name=op.f("fk_follow_up_attempt_conversation_id")),
        sa.ForeignKeyConstraint(["follow_up_id"], ["follow_up.id"], name=op.f("fk_follow_up_attempt_follow_up_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_attempt")),
        sa.UniqueConstraint("follow_up_id", "conversation_id", name=op.f("uq_follow_up_attempt_follow_up_id_conversation_id")),
    )
    op.create_index(op.f("ix_follow_up_attempt_conversation_id"), "follow_up_attempt", ["conversation_id"])
    op.add_column("contact_point", sa.Column("safe_from", sa.Integer(), nullable=True))
    op.add_column("contact_point", sa.Column("safe_until", sa.Integer(), nullable=True))
    op.create_table(
        "process",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("executor", sa.String(length=128), nullable=False),
        sa.Column("sender", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_over_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process")),
        sa.UniqueConstraint("executor", name=op.f("uq_process_executor")),
    )
    op.create_index("ix_process_alive", "process", ["alive_until"])


def downgrade() -> None:
    op.drop_table("process")
    op.drop_column("contact_point", "safe_until")
    op.drop_column("contact_point", "safe_from")
    op.drop_table("follow_up_attempt")
    op.drop_index("ix_follow_up_wake", table_name="follow_up")
    op.create_index(
        "ix_follow_up_due",
        "follow_up",
        ["due_at"],
        sqlite_where=sa.text("status = 'scheduled'"),
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    for name in ("looks", "facts", "waiting_since", "wake_at", "due_on"):
        op.drop_column("follow_up", name)
