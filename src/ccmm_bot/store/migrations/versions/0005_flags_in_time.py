"""Deadlines of flags, who is told of them, and an agency's office hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agency", sa.Column("office_hours", sa.String(length=200), nullable=True))
    op.add_column("agency", sa.Column("on_call_email", sa.String(length=254), nullable=True))
    op.add_column("flag", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("flag", sa.Column("level", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("flag", sa.Column("escalate_at", sa.DateTime(timezone=True), nullable=True))
    # SQLite takes a foreign key with a new column only, PostgreSQL both ways; this is the one way they share.
    uuid = sa.Uuid().dialect_impl(op.get_bind().dialect).compile(dialect=op.get_bind().dialect)
    op.execute(f"ALTER TABLE flag ADD COLUMN assigned_to {uuid} CONSTRAINT fk_flag_assigned_to REFERENCES staff (id)")
    op.create_index(
        "ix_flag_new",
        "flag",
        ["last_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NULL AND status = 'open'"),
        postgresql_where=sa.text("due_at IS NULL AND status = 'open'"),
    )
    op.create_index(
        "ix_flag_late",
        "flag",
        ["escalate_at"],
        unique=False,
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )
    op.create_table(
        "flag_escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("missed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_flag_escalation_agency_id")),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_flag_escalation_flag_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag_escalation")),
        sa.UniqueConstraint("flag_id", "level", name=op.f("uq_flag_escalation_flag_id_level")),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("recipient", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_notification_agency_id")),
        sa.ForeignKeyConstraint(["flag_id"], ["flag.id"], name=op.f("fk_notification_flag_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("flag_id", "kind", "recipient", name=op.f("uq_notification_flag_id_kind_recipient")),
    )
    op.create_index(
        "ix_notification_due",
        "notification",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )


def downgrade() -> None:
    op.drop_table("notification")
    op.drop_table("flag_escalation")
    op.drop_index("ix_flag_late", table_name="flag")
    op.drop_index("ix_flag_new", table_name="flag")
    with op.batch_alter_table("flag") as batch:
        for column in ("assigned_to", "escalate_at", "level", "due_at"):
            batch.drop_column(column)
    with op.batch_alter_table("agency") as batch:
        batch.drop_column("on_call_email")
        batch.drop_column("office_hours")
