"""Whom a case manager opened although she is not hers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_opening",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_person_opening_agency_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_opening_person_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_person_opening_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_opening")),
    )
    op.create_index(op.f("ix_person_opening_person_id"), "person_opening", ["person_id"], unique=False)
    op.create_index("ix_person_opening_staff", "person_opening", ["staff_id", "until"], unique=False)
    op.create_index("ix_person_opening_at", "person_opening", ["agency_id", "at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_person_opening_at", table_name="person_opening")
    op.drop_index("ix_person_opening_staff", table_name="person_opening")
    op.drop_index(op.f("ix_person_opening_person_id"), table_name="person_opening")
    op.drop_table("person_opening")
