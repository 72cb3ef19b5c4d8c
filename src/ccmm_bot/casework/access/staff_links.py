"""Links by which staff come in and come back: an invitation to an account, and a new password for one.

A link works once, expires, and is worth nothing to whoever reads the database: only the hash of its token is kept. Whoever makes
one is an administrator of the same agency.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.accounts import AccountError, check_names, normal_email
from ccmm_bot.casework.access.passwords import check_strength, hash_password
from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.access.second_factor import forget_all
from ccmm_bot.casework.access.sessions import end_all
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit, Role, Staff, StaffLink, StaffLinkKind

#: How long each kind works. An invitation waits for somebody who may be away; a way back in should be used at once.
VALID: Final = MappingProxyType(
    {
        StaffLinkKind.INVITATION: timedelta(days=7),
        StaffLinkKind.PASSWORD: timedelta(hours=24),
        StaffLinkKind.TELEGRAM: timedelta(minutes=15),
    }
)
#: Roles an administrator gives. Who runs the installation is made on its machine.
ROLES: Final = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.EVALUATOR, Role.AUDITOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A fresh link. The token is here and nowhere else."""

    id: UUID
    token: str
    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a token that works is for, for the page it opens."""

    kind: StaffLinkKind
    name: str
    email: str
    agency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """An invitation nobody has used yet."""

    id: UUID
    name: str
    email: str
    role: Role
    expires_at: datetime
    expired: bool


def invite(store: Store, reader: Reader, *, email: str, name: str, role: Role, languages: Sequence[str], now: datetime) -> Made:
    """Invite somebody to an account. Raises :class:`AccountError` for what cannot be one, or is one already."""
    require(reader, Permission.ADMINISTER)
    address, called = check_names(email, name)
    if role not in ROLES:
        raise AccountError("This role is not given by an agency.")
    check_free(store, address)
    with store.writing(reader) as session:
        for older in session.exec(
            select(StaffLink).where(
                StaffLink.email == address, StaffLink.kind == StaffLinkKind.INVITATION, col(StaffLink.used_at).is_(None)
            )
        ):
            older.withdrawn_at = older.withdrawn_at or now
            session.add(older)
        row, token = new_link(StaffLinkKind.INVITATION, reader, now, email=address, name=called, role=role, languages=languages)
        session.add(row)
        session.add(_entry(reader.agency_id, "staff.invited", "staff_link", row.id, now, actor=reader.staff_id, role=role.value))
    return Made(id=row.id, token=token, email=address, expires_at=row.expires_at)


def check_free(store: Store, email: str) -> None:
    """Raise :class:`AccountError` where somebody has an account with the address.

    Addresses are one each in the whole installation, so this one question is asked of all of it.
    """
    with store.installation() as session:
        if session.exec(select(Staff.id).where(Staff.email == normal_email(email))).first() is not None:
            raise AccountError("There is already an account with this e-mail.")


def way_back(store: Store, reader: Reader, staff_id: UUID, *, lost_phone: bool, now: datetime) -> Made:
    """A link to a new password for a colleague, whose sessions end now; an earlier one is worth nothing any more.

    ``lost_phone``: her second factors are taken away too, and with them her password, which would let in whoever knows it. Raises
    :class:`NotFound`, also for an account whose role no agency gives: who runs the installation would be let in by an agency.
    """
    require(reader, Permission.ADMINISTER)
    nobodys = hash_password(secrets.token_urlsafe(32)) if lost_phone else None
    with store.writing(reader) as session:
        wanted = select(Staff).where(Staff.id == staff_id, col(Staff.active).is_(True), col(Staff.role).in_(ROLES))
        staff = session.exec(wanted).first()
        if staff is None:
            raise NotFound("There is no such account.")
        withdraw_all(session, staff.id, StaffLinkKind.PASSWORD, now)
        row, token = new_link(
            StaffLinkKind.PASSWORD, reader, now, email=staff.email, name=staff.name, role=staff.role, staff_id=staff.id
        )
        session.add(row)
        end_all(session, staff.id, now)
        if nobodys is not None:
            forget_all(session, staff.id)
            staff.password_hash = nobodys
            session.add(staff)
        action = "staff.factors_taken" if lost_phone else "staff.password_link"
        session.add(_entry(reader.agency_id, action, "staff", staff.id, now, actor=reader.staff_id))
    return Made(id=row.id, token=token, email=staff.email, expires_at=row.expires_at)


def find(store: Store, token: str, now: datetime) -> Found | None:
    """What the link is for; ``None`` for one that never was, is used up, withdrawn or too old: they look alike."""
    with store.installation() as session:
        row = _working(session, token, now)
        if row is None:
            return None
        agency = session.get_one(Agency, row.agency_id)
        return Found(kind=row.kind, name=row.name, email=row.email, agency=agency.name)


def use(store: Store, token: str, password: str, now: datetime) -> UUID | None:
    """Set the password the link is for, making the account of an invitation. Returns whose it is; ``None`` as in :func:`find`.

    Raises :class:`ccmm_bot.casework.access.passwords.WeakPassword`, and :class:`AccountError` where an account has
    been made meanwhile.
    """
    found = find(store, token, now)
    if found is None:
        return None
    check_strength(password, about=(found.email, found.email.partition("@")[0], *found.name.split()))
    hashed = hash_password(password)
    with store.installation(write=True) as session:
        row = _working(session, token, now, lock=True)
        if row is None:
            return None
        row.used_at = now
        session.add(row)
        if row.staff_id is not None:
            staff = session.get_one(Staff, row.staff_id)
            staff.password_hash = hashed
            end_all(session, staff.id, now)
        else:
            if session.exec(select(Staff.id).where(Staff.email == row.email)).first() is not None:
                raise AccountError("There is already an account with this e-mail.")
            staff = Staff(
                agency_id=row.agency_id,
                email=row.email,
                name=row.name,
                role=row.role,
                password_hash=hashed,
                languages=list(row.languages),
            )
        session.add(staff)
        action = "staff.password_changed" if row.staff_id is not None else "staff.created"
        session.add(_entry(row.agency_id, action, "staff", staff.id, now, actor=staff.id, role=staff.role.value))
        return staff.id


def open_invitations(store: Store, reader: Reader, now: datetime) -> list[Open]:
    """Invitations of the agency that were not used or withdrawn, the latest first."""
    require(reader, Permission.ADMINISTER)
    with store.reading(reader) as session:
        rows = session.exec(
            select(StaffLink)
            .where(
                StaffLink.kind == StaffLinkKind.INVITATION, col(StaffLink.used_at).is_(None), col(StaffLink.withdrawn_at).is_(None)
            )
            .order_by(col(StaffLink.created_at).desc())
            .limit(100)
        ).all()
    return [
        Open(id=row.id, name=row.name, email=row.email, role=row.role, expires_at=row.expires_at, expired=row.expires_at <= now)
        for row in rows
    ]


def withdraw(store: Store, reader: Reader, link_id: UUID, now: datetime) -> None:
    """Take an invitation back. Raises :class:`NotFound`."""
    require(reader, Permission.ADMINISTER)
    with store.writing(reader) as session:
        row = session.exec(select(StaffLink).where(StaffLink.id == link_id, col(StaffLink.used_at).is_(None))).first()
        if row is None or row.kind is not StaffLinkKind.INVITATION:
            raise NotFound("There is no such invitation.")
        row.withdrawn_at = now
        session.add(row)
        session.add(_entry(reader.agency_id, "staff.invitation_withdrawn", "staff_link", row.id, now, actor=reader.staff_id))


def withdraw_all(session: Session, staff_id: UUID, kind: StaffLinkKind, now: datetime) -> None:
    """Make every open link of a kind that was made for an account worthless."""
    open_ = select(StaffLink).where(
        StaffLink.staff_id == staff_id,
        StaffLink.kind == kind,
        col(StaffLink.used_at).is_(None),
        col(StaffLink.withdrawn_at).is_(None),
    )
    for row in session.exec(open_):
        row.withdrawn_at = now
        session.add(row)


def new_link(
    kind: StaffLinkKind,
    reader: Reader,
    now: datetime,
    *,
    email: str,
    name: str,
    role: Role,
    staff_id: UUID | None = None,
    languages: Sequence[str] = (),
    agency_id: UUID | None = None,
) -> tuple[StaffLink, str]:
    """A row to add, and the token it answers to. ``agency_id``: another agency's than the reader's, as only its operator makes."""
    token = secrets.token_urlsafe(32)
    row = StaffLink(
        agency_id=agency_id or reader.agency_id,
        kind=kind,
        token_hash=digest_of(token),
        staff_id=staff_id,
        email=normal_email(email),
        name=name,
        role=role,
        languages=list(languages),
        created_at=now,
        created_by=reader.staff_id,
        expires_at=now + VALID[kind],
    )
    return row, token


def _working(session: Session, token: str, now: datetime, *, lock: bool = False) -> StaffLink | None:
    wanted = select(StaffLink).where(
        StaffLink.token_hash == digest_of(token),
        col(StaffLink.kind).in_((StaffLinkKind.INVITATION, StaffLinkKind.PASSWORD)),
        col(StaffLink.used_at).is_(None),
        col(StaffLink.withdrawn_at).is_(None),
        col(StaffLink.expires_at) > now,
    )
    row = session.exec(wanted.with_for_update() if lock else wanted).first()
    if row is None or row.staff_id is None:
        return row
    return row if session.get_one(Staff, row.staff_id).active else None


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    # The token is 256 random bits: a plain hash cannot be turned back.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _entry(agency: UUID, action: str, kind: str, subject: UUID, now: datetime, *, actor: UUID, **detail: str) -> Audit:
    return Audit(
        agency_id=agency,
        at=now,
        actor_kind=Actor.STAFF,
        actor_id=actor,
        action=action,
        subject_kind=kind,
        subject_id=subject,
        detail=detail,
    )
