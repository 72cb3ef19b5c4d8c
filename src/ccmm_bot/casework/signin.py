"""Signing in: one failure looks like another, guessing gets slow, and a session is a row that can be ended.

Attempts are audit rows, written before the password is looked at, so that a burst of parallel guesses counts in full. They
name neither account nor client: only keyed hashes of both (OWASP ASVS 5.0 §6.3, §7).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.casework.accounts import first_agency, normal_email
from ccmm_bot.casework.passwords import hash_password, outdated, verify
from ccmm_bot.casework.policy import Reader
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit, Staff, StaffSession

IDLE = timedelta(minutes=60)
ABSOLUTE = timedelta(hours=12)
WINDOW = timedelta(minutes=15)
#: Attempts within WINDOW. For one account from one client a success starts the count anew; the two wider limits count on, so that
#: nobody resets them with an account of her own.
PAIR_LIMIT, ACCOUNT_LIMIT, CLIENT_LIMIT = 5, 30, 100

_TOUCH = timedelta(minutes=1)  # how exactly the last use is kept: a write for every page would be one too many
_ATTEMPT, _SUCCESS = "signin.attempted", "signin.succeeded"
_ACCOUNT, _CLIENT, _PAIR = "signin.account", "signin.client", "signin.pair"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The secret for the browser's cookie; only its hash is kept here."""

    token: str


@dataclass(frozen=True, slots=True)
class Refused:
    """E-mail, password or account: the reader is not told which."""


@dataclass(frozen=True, slots=True)
class TooMany:
    """Too many attempts; the right password is refused as well until ``WINDOW`` has passed."""


def sign_in(store: Store, *, email: str, password: str, client: str, now: datetime) -> SignedIn | Refused | TooMany:
    """Check an e-mail and a password. ``client`` is the network address of the browser."""
    address = normal_email(email)
    subjects = {
        _ACCOUNT: (_name(store, address), ACCOUNT_LIMIT),
        _CLIENT: (_name(store, client), CLIENT_LIMIT),
        _PAIR: (_name(store, f"{address}\0{client}"), PAIR_LIMIT),
    }
    with store.installation(write=True) as session:
        staff = session.exec(select(Staff).where(Staff.email == address, col(Staff.active).is_(True))).first()
        agency = staff.agency_id if staff else first_agency(session)
        if agency is None:
            return Refused()
        too_many = any(_failures(session, kind, subject, now) >= limit for kind, (subject, limit) in subjects.items())
        if not too_many:
            session.add_all(_rows(agency, _ATTEMPT, subjects, now))
    if too_many:
        return TooMany()
    if not verify(staff.password_hash if staff else None, password) or staff is None:
        return Refused()
    rehashed = hash_password(password) if outdated(staff.password_hash) else None
    with store.installation(write=True) as session:
        session.add_all(_rows(agency, _SUCCESS, {_PAIR: subjects[_PAIR]}, now))
        if rehashed is not None:
            staff.password_hash = rehashed
            session.add(session.merge(staff))
        return SignedIn(_open(session, staff, now))


def open_session(store: Store, staff_id: UUID, now: datetime) -> SignedIn:
    """A session without a password. For the demonstration only; its caller answers for who asks."""
    with store.installation(write=True) as session:
        return SignedIn(_open(session, session.get_one(Staff, staff_id), now))


def who(store: Store, token: str, now: datetime, *, active: bool = True) -> Reader | None:
    """Whose session the cookie's token is; ``None`` when there is none, it is over, or the account is switched off.

    ``active``: somebody did something. A page that refreshes itself does not keep a session alive.
    """
    with store.installation() as session:
        found = session.exec(
            select(StaffSession, Staff)
            .join(Staff, col(Staff.id) == StaffSession.staff_id)
            .where(StaffSession.token_hash == _digest(token), col(StaffSession.revoked_at).is_(None), col(Staff.active).is_(True))
        ).first()
        if found is None:
            return None
        row, staff = found
        if now >= row.expires_at or now - row.last_seen_at >= IDLE:
            return None
    if active and now - row.last_seen_at >= _TOUCH:
        with store.installation(write=True) as session:
            session.get_one(StaffSession, row.id).last_seen_at = now
    return Reader(
        staff_id=staff.id,
        agency_id=staff.agency_id,
        role=staff.role,
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
            row.revoked_at = now
            session.add(row)
            session.add(_staff_entry(row.agency_id, row.staff_id, "signin.ended", now))


def _open(session: Session, staff: Staff, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    session.add(
        StaffSession(
            agency_id=staff.agency_id,
            staff_id=staff.id,
            token_hash=_digest(token),
            created_at=now,
            last_seen_at=now,
            expires_at=now + ABSOLUTE,
        )
    )
    session.add(_staff_entry(staff.agency_id, staff.id, "signin.opened", now))
    return token


def _digest(token: str) -> bytes:
    # The token is 256 random bits: a plain hash cannot be turned back.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _name(store: Store, value: str) -> UUID:
    return UUID(bytes=store.keys.lookup(b"signin", value)[:16])


def _failures(session: Session, kind: str, subject: UUID, now: datetime) -> int:
    """Attempts within the window since the last success."""
    recent = (Audit.subject_kind == kind, Audit.subject_id == subject, col(Audit.at) > now - WINDOW)
    last: datetime | None = session.exec(select(func.max(Audit.at)).where(*recent, Audit.action == _SUCCESS)).one()
    since = (*recent, col(Audit.at) > last) if last is not None else recent
    return session.exec(select(func.count(col(Audit.id))).where(*since, Audit.action == _ATTEMPT)).one()


def _rows(agency: UUID, action: str, subjects: dict[str, tuple[UUID, int]], now: datetime) -> list[Audit]:
    return [
        Audit(agency_id=agency, at=now, actor_kind=Actor.SYSTEM, action=action, subject_kind=kind, subject_id=subject, detail={})
        for kind, (subject, _limit) in subjects.items()
    ]


def _staff_entry(agency: UUID, staff: UUID, action: str, now: datetime) -> Audit:
    return Audit(
        agency_id=agency,
        at=now,
        actor_kind=Actor.STAFF,
        actor_id=staff,
        action=action,
        subject_kind="staff",
        subject_id=staff,
        detail={},
    )
