"""Sessions of staff: rows that can be seen and ended, never only a cookie (OWASP ASVS 5.0 §7).

A session has two stages. After the password it is one that opens nothing and lives for ten minutes; after the second factor that
one is ended and another, with another token, is opened.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Reader
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Absence, Actor, Agency, Audit, PersonOpening, Role, SessionStage, Staff, StaffSession

IDLE: Final = timedelta(minutes=60)
ABSOLUTE: Final = timedelta(hours=12)
#: How long the second factor is waited for.
PENDING: Final = timedelta(minutes=10)

_TOUCH: Final = timedelta(minutes=1)  # how exactly the last use is kept: a write for every page would be one too many


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The secret for the browser's cookie; only its hash is kept here."""

    token: str
    stage: SessionStage = SessionStage.FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Halfway:
    """Somebody who has given the right password, and nothing more yet."""

    session_id: UUID
    staff_id: UUID
    agency_id: UUID
    email: str
    name: str
    interface_language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """One of somebody's sessions, as she sees it."""

    id: UUID
    browser: str | None
    method: str | None
    created_at: datetime
    last_seen_at: datetime
    here: bool  # the one that asks


def open_session(
    store: Store,
    staff_id: UUID,
    now: datetime,
    *,
    stage: SessionStage = SessionStage.FULL,
    method: str | None = None,
    browser: str | None = None,
    instead_of: UUID | None = None,
) -> SignedIn:
    """A new session, ending the one it takes the place of. Whoever calls this answers for who asks."""
    token = secrets.token_urlsafe(32)
    with store.installation(write=True) as session:
        staff = session.get_one(Staff, staff_id)
        if instead_of is not None:
            _end(session, session.get_one(StaffSession, instead_of), now)
        session.add(
            StaffSession(
                agency_id=staff.agency_id,
                staff_id=staff.id,
                token_hash=_digest(token),
                created_at=now,
                last_seen_at=now,
                expires_at=now + (ABSOLUTE if stage is SessionStage.FULL else PENDING),
                stage=stage,
                method=method,
                browser=browser,
            )
        )
        if stage is SessionStage.FULL:
            session.add(entry(staff.agency_id, staff.id, "signin.opened", now, {"method": method} if method else {}))
    return SignedIn(token, stage)


def who(store: Store, token: str, now: datetime, *, active: bool = True) -> Reader | None:
    """Whose session the cookie's token is; ``None`` when there is none, it is over, or the account is switched off.

    ``active``: somebody did something. A page that refreshes itself does not keep a session alive.
    """
    found = _find(store, token, SessionStage.FULL, now)
    if found is None:
        return None
    row, staff = found
    if active and now - row.last_seen_at >= _TOUCH:
        with store.installation(write=True) as session:
            session.get_one(StaffSession, row.id).last_seen_at = now
    covers, opened = _beyond_her_own(store, staff, now)
    return Reader(
        staff_id=staff.id,
        agency_id=staff.agency_id,
        role=staff.role,
        name=staff.name,
        interface_language=staff.interface_language,
        session_id=row.id,
        covers=covers,
        opened=opened,
    )


def _beyond_her_own(store: Store, staff: Staff, now: datetime) -> tuple[frozenset[UUID], frozenset[UUID]]:
    """Whose cases a case manager has today while they are away, and whom she has opened with a reason."""
    if staff.role is not Role.CASE_MANAGER:
        return frozenset(), frozenset()
    with store.reading(staff.agency_id) as session:
        zone = ZoneInfo(session.exec(select(Agency.timezone)).one())
        today = now.astimezone(zone).date()
        away = select(Absence.staff_id).where(
            Absence.stand_in_id == staff.id, col(Absence.first_day) <= today, col(Absence.last_day) >= today
        )
        opened = select(PersonOpening.person_id).where(
            PersonOpening.staff_id == staff.id, col(PersonOpening.until) > now, col(PersonOpening.ended_at).is_(None)
        )
        return frozenset(session.exec(away)), frozenset(session.exec(opened))


def halfway(store: Store, token: str, now: datetime) -> Halfway | None:
    """Who is between the password and the second factor with this token."""
    found = _find(store, token, SessionStage.PASSWORD, now)
    if found is None:
        return None
    row, staff = found
    return Halfway(
        session_id=row.id,
        staff_id=staff.id,
        agency_id=staff.agency_id,
        email=staff.email,
        name=staff.name,
        interface_language=staff.interface_language,
    )


def sign_out(store: Store, token: str, now: datetime) -> None:
    """End the session of a token, if there is one."""
    with store.installation(write=True) as session:
        row = session.exec(
            select(StaffSession).where(StaffSession.token_hash == _digest(token), col(StaffSession.revoked_at).is_(None))
        ).first()
        if row is not None:
            _end(session, row, now)


def own_sessions(store: Store, reader: Reader, now: datetime) -> list[OwnSession]:
    """The reader's sessions that are open, the latest first."""
    with store.reading(reader) as session:
        rows = session.exec(
            select(StaffSession)
            .where(
                StaffSession.staff_id == reader.staff_id,
                StaffSession.stage == SessionStage.FULL,
                col(StaffSession.revoked_at).is_(None),
                col(StaffSession.expires_at) > now,
                col(StaffSession.last_seen_at) > now - IDLE,
            )
            .order_by(col(StaffSession.last_seen_at).desc(), col(StaffSession.id).desc())
        ).all()
    return [
        OwnSession(
            id=row.id,
            browser=row.browser,
            method=row.method,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            here=row.id == reader.session_id,
        )
        for row in rows
    ]


def end(store: Store, reader: Reader, session_id: UUID, now: datetime) -> None:
    """End one of the reader's own sessions. Raises :class:`NotFound` for anything else."""
    with store.writing(reader) as session:
        row = session.exec(
            select(StaffSession).where(StaffSession.id == session_id, StaffSession.staff_id == reader.staff_id)
        ).first()
        if row is None:
            raise NotFound("There is no such session.")
        _end(session, row, now)


def end_all(session: Session, staff_id: UUID, now: datetime, *, but: UUID | None = None) -> int:
    """End every open session of somebody, but one. Returns how many there were."""
    rows = session.exec(select(StaffSession).where(StaffSession.staff_id == staff_id, col(StaffSession.revoked_at).is_(None))).all()
    ended = [row for row in rows if row.id != but]
    for row in ended:
        _end(session, row, now)
    return len(ended)


def entry(agency: UUID, staff: UUID, action: str, now: datetime, detail: dict[str, Any] | None = None) -> Audit:
    """An audit row of what somebody did to her own account."""
    return Audit(
        agency_id=agency,
        at=now,
        actor_kind=Actor.STAFF,
        actor_id=staff,
        action=action,
        subject_kind="staff",
        subject_id=staff,
        detail=detail or {},
    )


def _find(store: Store, token: str, stage: SessionStage, now: datetime) -> tuple[StaffSession, Staff] | None:
    with store.installation() as session:
        found = session.exec(
            select(StaffSession, Staff)
            .join(Staff, col(Staff.id) == StaffSession.staff_id)
            .where(
                StaffSession.token_hash == _digest(token),
                StaffSession.stage == stage,
                col(StaffSession.revoked_at).is_(None),
                col(Staff.active).is_(True),
            )
        ).first()
    if found is None or now >= found[0].expires_at or now - found[0].last_seen_at >= IDLE:
        return None
    return found[0], found[1]


def _end(session: Session, row: StaffSession, now: datetime) -> None:
    if row.revoked_at is None:
        row.revoked_at = now
        session.add(row)
        if row.stage is SessionStage.FULL:
            session.add(entry(row.agency_id, row.staff_id, "signin.ended", now))


def _digest(token: str) -> bytes:
    # The token is 256 random bits: a plain hash cannot be turned back.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
