"""Inviting people: codes for one person or one household, and for the posters on the wall.

A code is told once, to whoever asked for it; the store keeps a keyed hash. What a code does when it comes back is decided in
:mod:`ccmm_bot.conversation.invitations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.conversation.codes import new_code as new_person_code
from ccmm_bot.conversation.invitation_codes import new_code
from ccmm_bot.i18n.languages import language as known_language
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit, Household, Invitation, InvitationKind, Person

__all__ = [
    "Made",
    "Open",
    "add_person",
    "invite",
    "invite_as",
    "new_code",
    "open_invitations",
    "person_by_code",
    "poster",
    "still_open",
    "withdraw",
]

#: How long a person's code works unless said otherwise: from a first meeting to well after the appointment that follows it.
VALID_FOR: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=90)
#: A poster hangs for a year; then it should be looked at anyway.
POSTER_VALID_FOR: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A new invitation. ``code`` is told here and never again."""

    id: UUID
    code: str
    language: str | None
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An invitation that has not been used, withdrawn or left to expire."""

    id: UUID
    language: str | None
    created_at: datetime
    expires_at: datetime


def invite_as(
    store: Store, reader: Reader, person_id: UUID, *, now: datetime, language: str | None = None, valid_for: timedelta = VALID_FOR
) -> Made:
    """Invite a person, as somebody at the agency. Raises what :func:`invite` raises."""
    require(reader, Permission.WRITE_TO_PEOPLE)
    return invite(
        store,
        agency_id=reader.agency_id,
        person_id=person_id,
        language=language,
        valid_for=valid_for,
        now=now,
        by=reader.staff_id,
        reader=reader,
    )


def still_open(store: Store, reader: Reader, person_id: UUID, code: str, now: datetime) -> Open | None:
    """The invitation a code belongs to, where it is this person's and still works: what a sheet to hand out is printed for.

    Raises :class:`NotFound` where there is no such person.
    """
    require(reader, Permission.WRITE_TO_PEOPLE)
    hashed = store.keys.lookup(b"invitation", code)
    with store.reading(reader) as session:
        if session.exec(select(Person.id).where(Person.id == person_id)).first() is None:
            raise NotFound("There is no such person.")
        row = session.exec(select(Invitation).where(Invitation.code_hash == hashed, Invitation.person_id == person_id)).first()
        if row is None or row.used_at is not None or row.withdrawn_at is not None or row.expires_at <= now:
            return None
        return Open(id=row.id, language=row.language, created_at=row.created_at, expires_at=row.expires_at)


def invite(
    store: Store,
    *,
    agency_id: UUID,
    now: datetime,
    person_id: UUID | None = None,
    household_id: UUID | None = None,
    language: str | None = None,
    valid_for: timedelta = VALID_FOR,
    by: UUID | None = None,
    reader: Reader | None = None,
) -> Made:
    """A code that works once. Earlier codes of the same person that nobody has used are withdrawn: a lost sheet is worth nothing.

    ``language`` (our tag) defaults to the person's. ``by``: who at the agency asked for it; ``None`` at the command line.
    ``reader``: as whom the person is looked for.

    :raises NotFound: there is no such person or household at this agency
    :raises ValueError: ``valid_for`` is not between a moment and 90 days
    :raises ccmm_bot.i18n.languages.UnknownLanguage: the language is none of ours
    """
    if not timedelta() < valid_for <= LONGEST:
        raise ValueError(f"An invitation works for at most {LONGEST.days} days.")
    if language is not None:
        known_language(language)
    with store.writing(reader or agency_id) as session:
        if person_id is not None:
            person = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
            if person is None:
                raise NotFound("There is no such person.")
            language = language or person.language
            _withdraw_open(session, person_id, now)
        if household_id is not None and session.exec(select(Household.id).where(Household.id == household_id)).first() is None:
            raise NotFound("There is no such household.")
        who = {"person_id": person_id, "household_id": household_id}
        return _make(session, store, agency_id, InvitationKind.PERSON, language, now, valid_for, by, who)


def poster(
    store: Store, *, agency_id: UUID, language: str, now: datetime, valid_for: timedelta = POSTER_VALID_FOR, by: UUID | None = None
) -> Made:
    """A code for a wall: works for everybody until it expires, says which language, and counts how often it was used.

    :raises ccmm_bot.i18n.languages.UnknownLanguage: the language is none of ours
    """
    known_language(language)
    with store.writing(agency_id) as session:
        return _make(session, store, agency_id, InvitationKind.POSTER, language, now, valid_for, by, {})


def add_person(store: Store, *, agency_id: UUID, language: str | None, now: datetime) -> str:
    """Somebody who has not written yet, so that there is somebody to invite. Returns the person's public code."""
    if language is not None:
        known_language(language)
    with store.writing(agency_id) as session:
        taken = set(session.exec(select(Person.code)).all())
        code = next(code for code in iter(new_person_code, None) if code not in taken)
        person = Person(agency_id=agency_id, code=code, language=language, created_at=now)
        session.add(person)
        session.add(_entry(agency_id, now, None, "person.added", "person", person.id))
        return code


def person_by_code(store: Store, agency_id: UUID, code: str) -> UUID:
    """Whose public code this is. Raises :class:`NotFound`."""
    with store.reading(agency_id) as session:
        found = session.exec(select(Person.id).where(Person.code == code.strip().upper())).first()
    if found is None:
        raise NotFound(f"Nobody at this agency has the code {code!r}.")
    return found


def open_invitations(store: Store, reader: Reader, person_id: UUID, now: datetime) -> tuple[Open, ...]:
    """The person's invitations that still work, newest first: at most one, unless clocks differ."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        rows = session.exec(
            select(Invitation)
            .where(
                Invitation.person_id == person_id,
                col(Invitation.used_at).is_(None),
                col(Invitation.withdrawn_at).is_(None),
                Invitation.expires_at > now,
            )
            .order_by(col(Invitation.created_at).desc())
        )
        return tuple(Open(id=row.id, language=row.language, created_at=row.created_at, expires_at=row.expires_at) for row in rows)


def withdraw(store: Store, reader: Reader, invitation_id: UUID, now: datetime) -> UUID:
    """Make a code worthless, and say whose it was. One that was used stays used. Raises :class:`NotFound`."""
    require(reader, Permission.WRITE_TO_PEOPLE)
    with store.writing(reader) as session:
        found = session.exec(select(Invitation).where(Invitation.id == invitation_id).with_for_update()).first()
        if found is None or found.person_id is None:
            raise NotFound("There is no such invitation.")
        found.withdrawn_at = found.withdrawn_at or now
        session.add(found)
        session.add(_entry(reader.agency_id, now, reader.staff_id, "invitation.withdrawn", "invitation", found.id))
        return found.person_id


def _withdraw_open(session: Session, person_id: UUID, now: datetime) -> None:
    rows = session.exec(
        select(Invitation)
        .where(Invitation.person_id == person_id, col(Invitation.used_at).is_(None), col(Invitation.withdrawn_at).is_(None))
        .with_for_update()
    )
    for row in rows:
        row.withdrawn_at = now
        session.add(row)


def _make(
    session: Session,
    store: Store,
    agency_id: UUID,
    kind: InvitationKind,
    language: str | None,
    now: datetime,
    valid_for: timedelta,
    by: UUID | None,
    who: dict[str, Any],
) -> Made:
    code = new_code()
    row = Invitation(
        agency_id=agency_id,
        kind=kind,
        code_hash=store.keys.lookup(b"invitation", code),
        language=language,
        created_at=now,
        created_by=by,
        expires_at=now + valid_for,
        **who,
    )
    session.add(row)
    session.add(_entry(agency_id, now, by, "invitation.created", "invitation", row.id, {"kind": kind.value}))
    return Made(id=row.id, code=code, language=language, expires_at=row.expires_at)


def _entry(
    agency_id: UUID, now: datetime, by: UUID | None, action: str, kind: str, subject: UUID, detail: dict[str, Any] | None = None
) -> Audit:
    return Audit(
        agency_id=agency_id,
        at=now,
        actor_kind=Actor.SYSTEM if by is None else Actor.STAFF,
        actor_id=by,
        action=action,
        subject_kind=kind,
        subject_id=subject,
        detail=detail or {},
    )
