"""A repeat is told by conversation and provider's id, and by the addresses a conversation had before.

Providers' ids come in no order. In one index over all messages each of them lay on a page of its own, which is what made a message
dearer with a million in the store. SQLite cannot take a constraint off a table: it is copied, which takes as much room again while
it is done, and for a million messages a minute on a busy machine.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BEFORE = "uq_inbound_account_id_provider_message_id"


def upgrade() -> None:
    op.create_table(
        "former_address",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("address_hash", sa.LargeBinary(), nullable=False),
        sa.Column("contact_point_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["channel_account.id"], name=op.f("fk_former_address_account_id")),
        sa.ForeignKeyConstraint(["agency_id"], ["agency.id"], name=op.f("fk_former_address_agency_id")),
        sa.ForeignKeyConstraint(["contact_point_id"], ["contact_point.id"], name=op.f("fk_former_address_contact_point_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_address")),
        sa.UniqueConstraint(
            "account_id",
            "address_hash",
            "contact_point_id",
            name=op.f("uq_former_address_account_id_address_hash_contact_point_id"),
        ),
    )
    op.create_index(op.f("ix_former_address_contact_point_id"), "former_address", ["contact_point_id"])
    with op.batch_alter_table("inbound") as batch:
        batch.drop_constraint(BEFORE, type_="unique")
    op.create_index("uq_inbound_message", "inbound", ["conversation_id", "provider_message_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_inbound_message", "inbound")
    with op.batch_alter_table("inbound") as batch:
        batch.create_unique_constraint(BEFORE, ["account_id", "provider_message_id"])
    op.drop_table("former_address")
