"""Conversations, the runs of dialogues in them, their timers, and the archive of dialogue versions they are pinned to."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, Integer, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ccmm_bot.dialogue.events import TimerKind
from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.dialogue.session import Status
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.tables.base import SMALL_ROWS, AgencyRow, instant, of_type, sealed_bytes, where_set
from ccmm_bot.store.types import PlainJson, UtcDateTime, enum_type


class Conversation(AgencyRow, table=True):
    """Where the talk with one contact point stands. ``version`` counts every change and guards against lost ones."""

    __table_args__ = (
        UniqueConstraint("contact_point_id"),
        Index("ix_conversation_latest", "agency_id", "last_inbound_at"),
        where_set("conversation", "human_since"),
    )

    contact_point_id: UUID = Field(foreign_key="contact_point.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    snapshot: bytes = sealed_bytes("conversation.snapshot")  # see ccmm_bot.conversation.snapshot
    version: int = 1
    last_seq: int = 0  # of the outbox
    language: str | None = Field(default=None, max_length=16)
    status: Status = of_type(enum_type(Status), default=Status.IDLE)
    last_inbound_at: datetime | None = instant(null=True)
    human_since: datetime | None = instant(null=True)  # a human took over: the bot is silent
    created_at: datetime = instant()
    updated_at: datetime = instant()


class DialogueRun(AgencyRow, table=True):
    """One run of one dialogue, pinned to its exact version (the "session" of the survey)."""

    __tablename__ = "dialogue_run"
    __table_args__ = (
        UniqueConstraint("conversation_id", "run"),
        Index("ix_dialogue_run_instrument", "instrument", "started_at"),
        Index(  # which versions people are in
            "ix_dialogue_run_open",
            "dialogue_id",
            "dialogue_version",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        where_set("dialogue_run", "follow_up_id"),
    )

    conversation_id: UUID = Field(foreign_key="conversation.id")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    run: int  # counts up in the conversation
    dialogue_id: str = Field(max_length=64)
    dialogue_version: int
    dialogue_hash: str = Field(max_length=64)
    instrument: str | None = Field(default=None, max_length=64)
    instrument_version: int | None = None
    parent: int | None = None  # the run that called this one
    follow_up_id: UUID | None = Field(default=None, foreign_key="follow_up.id")
    language: str | None = Field(default=None, max_length=16)
    channel: ChannelKind = of_type(enum_type(ChannelKind))
    started_at: datetime = instant()
    ended_at: datetime | None = instant(null=True)
    outcome: Outcome | None = of_type(enum_type(Outcome), null=True)


class TimerState(IntEnum):
    """What became of a timer."""

    PENDING = 0
    FIRED = 1
    VOID = 2


class Timer(AgencyRow, table=True):
    """A reminder or time-out of one question. Due ones are found through an index that holds only pending rows."""

    __table_args__ = (
        UniqueConstraint("conversation_id", "wait", "kind", "n"),
        Index("ix_timer_due", "due_at", sqlite_where=text("status = 0"), postgresql_where=text("status = 0")),
        SMALL_ROWS,
    )

    conversation_id: UUID = Field(foreign_key="conversation.id")
    wait: int
    kind: TimerKind = of_type(enum_type(TimerKind))
    n: int = 0
    due_at: datetime = instant()
    status: int = Field(default=TimerState.PENDING.value, sa_column=Column(Integer, nullable=False))


class DialogueArchive(SQLModel, table=True):
    """Every dialogue version ever used, so that an edit strands nobody. Belongs to the installation, holds nothing personal."""

    __tablename__ = "dialogue_archive"

    dialogue_id: str = Field(primary_key=True, max_length=64)
    version: int = Field(primary_key=True)
    hash: str = Field(primary_key=True, max_length=64)
    source: str  # its bundle: YAML and the option sets it used (ccmm_bot.dialogue.bundle)
    texts: dict[str, Any] = of_type(PlainJson, default={})  # {language: [[key, English, translation], …]}
    archived_at: datetime = Field(sa_column=Column(UtcDateTime(), nullable=False))
