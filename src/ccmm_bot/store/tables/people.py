"""Persons in households, and where they can be reached.

A person is never keyed by a phone number: a contact point may be shared, and changes hands.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables.base import AgencyRow, Holder, instant, of_type, sealed_text, where_set
from ccmm_bot.store.types import enum_type


class ContactSafety(StrEnum):
    """Whether it is safe to write there first."""

    SAFE = "safe"
    UNKNOWN = "unknown"
    NEVER = "never"


class Household(Holder, table=True):
    """A family, the unit of intake."""

    label: str | None = sealed_text("household.label", null=True)
    created_at: datetime = instant()


class Person(Holder, table=True):
    """Somebody who wrote to us."""

    __table_args__ = (UniqueConstraint("agency_id", "code"), where_set("person", "merged_into"))

    household_id: UUID | None = Field(default=None, foreign_key="household.id", index=True)
    code: str = Field(max_length=16)  # short, random, says nothing: "K7-4F2Q"
    name: str | None = sealed_text("person.name", null=True)
    language: str | None = Field(default=None, max_length=16)
    second_language: str | None = Field(default=None, max_length=16)  # for what cannot be said in the first one
    created_at: datetime = instant()
    merged_into: UUID | None = None  # the same person as another entry, which is found there; see PersonMerge


class ContactPoint(Holder, table=True):
    """An address at which one of our senders reaches somebody. ``address_hash`` finds it, ``address`` is sealed."""

    __tablename__ = "contact_point"
    __table_args__ = (
        UniqueConstraint("account_id", "address_hash"),
        Index("ix_contact_point_user", "account_id", "external_user_hash"),
    )

    account_id: UUID = Field(foreign_key="channel_account.id")
    channel: ChannelKind = of_type(enum_type(ChannelKind))
    address: str = sealed_text("contact_point.address")
    address_hash: bytes  # KeyRing.lookup of (account, address)
    external_user_hash: bytes | None = None  # the same of WhatsApp's business-scoped id
    shared: bool = False
    safety: ContactSafety = of_type(enum_type(ContactSafety), default=ContactSafety.UNKNOWN)
    opted_out_at: datetime | None = instant(null=True)
    safe_from: int | None = None  # minutes after midnight on the person's clock: we start nothing outside of these hours
    safe_until: int | None = None
    created_at: datetime = instant()


class FormerAddress(AgencyRow, table=True):
    """An address from which messages came that are kept at a contact point it does not, or might not, lead to now: the number has
    changed, was let go, or is another contact point's. A message of then that is delivered again is known by it."""

    __tablename__ = "former_address"
    __table_args__ = (UniqueConstraint("account_id", "address_hash", "contact_point_id"),)

    account_id: UUID = Field(foreign_key="channel_account.id")
    address_hash: bytes
    contact_point_id: UUID = Field(foreign_key="contact_point.id", index=True)


class PersonContactPoint(AgencyRow, table=True):
    """Who uses a contact point: over time, or together."""

    __tablename__ = "person_contact_point"
    __table_args__ = (UniqueConstraint("person_id", "contact_point_id"),)

    person_id: UUID = Field(foreign_key="person.id")
    contact_point_id: UUID = Field(foreign_key="contact_point.id", index=True)
    current: bool = True
