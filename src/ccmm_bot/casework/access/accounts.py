"""Accounts of staff: making, listing, switching off."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.passwords import check_strength, hash_password
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.sessions import end_all
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit, Role, Staff, StaffSession

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


class AccountError(CcmmError):
    """The account cannot be made or changed; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account as the list shows it."""

    id: UUID
    agency: str
    email: str
    name: str
    role: Role
    active: bool
    last_seen_at: datetime | None


def normal_email(text: str) -> str:
    """The form an e-mail address is kept and looked up in."""
    return text.strip().lower()


def check_names(email: str, name: str) -> tuple[str, str]:
    """An e-mail and a name as they are kept. Raises :class:`AccountError` for what is none."""
    address, called = normal_email(email), " ".join(name.split())
    if not _EMAIL.fullmatch(address) or not address.isprintable():
        raise AccountError("That is not an e-mail address.")
    if not called or len(called) > 200:
        raise AccountError("Give the name that colleagues know, at most 200 characters.")
    return address, called


def create(
    store: Store,
    *,
    email: str,
    name: str,
    password: str,
    now: datetime,
    role: Role = Role.ADMINISTRATOR,
    agency_id: UUID | None = None,
) -> UUID:
    """Make an account and return its id. ``agency_id`` defaults to the installation's first agency.

    Raises :class:`AccountError` and :class:`ccmm_bot.casework.access.passwords.WeakPassword`.
    """
    address, called = check_names(email, name)
    check_strength(password, about=(address, address.partition("@")[0], *called.split()))
    hashed = hash_password(password)
    with store.installation(write=True) as session:
        agency = agency_id or first_agency(session)
        if agency is None:
            raise AccountError("There is no agency yet.")
        if session.exec(select(Staff.id).where(Staff.email == address)).first() is not None:
            raise AccountError("There is already an account with this e-mail.")
        staff = Staff(agency_id=agency, email=address, name=called, role=role, password_hash=hashed, languages=[])
        session.add(staff)
        session.add(_entry(agency, staff.id, "staff.created", now, {"role": role.value}))
        return staff.id


def accounts(store: Store) -> list[Account]:
    """Every account of the installation, by agency and e-mail."""
    with store.installation() as session:
        seen = (
            select(col(StaffSession.staff_id), func.max(StaffSession.last_seen_at).label("seen"))
            .group_by(col(StaffSession.staff_id))
            .subquery()
        )
        rows = session.exec(
            select(Staff, Agency.name, seen.c.seen)
            .join(Agency, col(Agency.id) == Staff.agency_id)
            .outerjoin(seen, seen.c.staff_id == Staff.id)
            .order_by(Agency.name, Staff.email)
        ).all()
        return [
            Account(
                id=staff.id,
                agency=agency,
                email=staff.email,
                name=staff.name,
                role=staff.role,
                active=staff.active,
                last_seen_at=last,
            )
            for staff, agency, last in rows
        ]


def email_of(store: Store, reader: Reader) -> str:
    """The address the reader signs in with."""
    with store.reading(reader) as session:
        return session.exec(select(Staff.email).where(Staff.id == reader.staff_id)).one()


def disable(store: Store, email: str, now: datetime) -> None:
    """Switch an account off and end its sessions at once. Raises :class:`AccountError` where there is none."""
    with store.installation(write=True) as session:
        staff = session.exec(select(Staff).where(Staff.email == normal_email(email))).first()
        if staff is None:
            raise AccountError("There is no account with this e-mail.")
        staff.active = False
        session.add(staff)
        end_all(session, staff.id, now)
        session.add(_entry(staff.agency_id, staff.id, "staff.disabled", now, {}))


def first_agency(session: Session) -> UUID | None:
    """The agency that was there first; ``None`` in an empty database."""
    return session.exec(select(Agency.id).order_by(col(Agency.created_at), col(Agency.id))).first()


def _entry(agency: UUID, staff: UUID, action: str, now: datetime, detail: dict[str, str]) -> Audit:
    return Audit(
        agency_id=agency, at=now, actor_kind=Actor.SYSTEM, action=action, subject_kind="staff", subject_id=staff, detail=detail
    )
