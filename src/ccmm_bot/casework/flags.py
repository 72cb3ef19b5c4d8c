"""Resolving a flag: what came of it, kept with who and when."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import select

from ccmm_bot.casework.policy import NotFound, Permission, Reader, require
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit, Flag, FlagStatus

NOTE_MAXIMUM = 4000


class FlagOutcome(StrEnum):
    """What came of a flag (CCMM report, follow-up stage: give information, make referrals, or return to intake)."""

    INFORMATION_GIVEN = "information_given"
    REFERRAL_MADE = "referral_made"
    RETURNED_TO_INTAKE = "returned_to_intake"
    NO_NEED = "no_need"
    NOT_REACHED = "not_reached"
    OTHER = "other"


class AlreadyResolved(CcmmError):
    """Somebody else was faster; what she wrote is kept."""


def resolve(store: Store, reader: Reader, flag_id: UUID, *, outcome: FlagOutcome, note: str, now: datetime) -> UUID:
    """Resolve an open flag and return whose it was.

    Raises :class:`NotFound`, :class:`AlreadyResolved`, and ``ValueError`` for a note that is too long.
    """
    require(reader, Permission.RESOLVE_FLAGS)
    if len(note) > NOTE_MAXIMUM:
        raise ValueError(f"The note is longer than {NOTE_MAXIMUM} characters.")
    with store.writing(reader.agency_id) as session:
        flag = session.exec(select(Flag).where(Flag.id == flag_id).with_for_update()).first()
        if flag is None:
            raise NotFound("There is no such flag.")
        if flag.status is FlagStatus.RESOLVED:
            raise AlreadyResolved("This flag has been resolved already.")
        flag.status = FlagStatus.RESOLVED
        flag.resolved_at = now
        flag.resolved_by = reader.staff_id
        flag.outcome = outcome.value
        flag.note = note.strip() or None
        session.add(flag)
        session.add(
            Audit(
                agency_id=reader.agency_id,
                at=now,
                actor_kind=Actor.STAFF,
                actor_id=reader.staff_id,
                action="flag.resolved",
                subject_kind="flag",
                subject_id=flag.id,
                detail={"outcome": outcome.value, "reason": flag.reason},
            )
        )
        return flag.person_id


def person_of(store: Store, reader: Reader, flag_id: UUID) -> UUID:
    """Whose flag it is. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader.agency_id) as session:
        person = session.exec(select(Flag.person_id).where(Flag.id == flag_id)).first()
    if person is None:
        raise NotFound("There is no such flag.")
    return person
