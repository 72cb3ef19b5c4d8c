"""An agency's own staff, as its administrator sees and changes them: roles, languages, who is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.access.second_factor import Factors
from ccmm_bot.casework.access.sessions import end_all
from ccmm_bot.casework.access.staff_links import ROLES
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import mark, still_seen
from ccmm_bot.errors import CcmmError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Passkey, RecoveryCode, Role, Staff, StaffSession


class ColleagueError(CcmmError):
    """The change cannot be made; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One account of the agency."""

    id: UUID
    name: str
    email: str
    role: Role
    languages: Sequence[str]
    active: bool
    factors: Factors
    last_seen_at: datetime | None

    @property
    def seen(self) -> str:
        """The mark of what the form for this account changes."""
        return mark(self.role.value, list(self.languages), self.active)


def colleagues(store: Store, reader: Reader) -> list[Colleague]:
    """Every account of the reader's agency, the active ones first, by name. Four queries, however many there are."""
    require(reader, Permission.ADMINISTER)
    with store.reading(reader) as session:
        staff = session.exec(select(Staff)).all()
        seen = dict(
            session.exec(select(StaffSession.staff_id, func.max(StaffSession.last_seen_at)).group_by(_of(StaffSession))).all()
        )
        passkeys = dict(session.exec(select(Passkey.staff_id, func.count(col(Passkey.id))).group_by(_of(Passkey))).all())
        codes = dict(
            session.exec(
                select(RecoveryCode.staff_id, func.count(col(RecoveryCode.id)))
                .where(col(RecoveryCode.used_at).is_(None))
                .group_by(_of(RecoveryCode))
            ).all()
        )
    found = [
        Colleague(
            id=row.id,
            name=row.name,
            email=row.email,
            role=row.role,
            languages=tuple(row.languages),
            active=row.active,
            factors=Factors(app=row.totp_secret is not None, passkeys=passkeys.get(row.id, 0), recovery_codes=codes.get(row.id, 0)),
            last_seen_at=seen.get(row.id),
        )
        for row in staff
    ]
    return sorted(found, key=lambda each: (not each.active, each.name.casefold(), each.email))


def change(
    store: Store,
    reader: Reader,
    staff_id: UUID,
    *,
    role: Role,
    languages: Sequence[str],
    active: bool,
    now: datetime,
    seen: str | None = None,
) -> None:
    """What a colleague may do, which languages she speaks, and whether her account is on.

    A change of role or switching off ends her sessions. ``seen``: :attr:`Colleague.seen` when the form was opened. Raises
    :class:`NotFound`, ``Changed`` where somebody has changed the account meanwhile, and :class:`ColleagueError` where the agency
    would be left without an administrator, or the account's role is none that an agency gives and takes.
    """
    require(reader, Permission.ADMINISTER)
    with store.writing(reader) as session:
        staff = session.exec(select(Staff).where(Staff.id == staff_id).with_for_update()).first()
        if staff is None:
            raise NotFound("There is no such account.")
        there, wanted = (staff.role.value, list(staff.languages), staff.active), (role.value, list(languages), active)
        still_seen(session, seen, there, wanted, kind="staff", subject=staff.id, actions=["staff.changed"])
        if (role is not staff.role or active != staff.active) and (role not in ROLES or staff.role not in ROLES):
            raise ColleagueError("This role is not given by an agency.")
        loses = staff.active and staff.role is Role.ADMINISTRATOR and (role is not Role.ADMINISTRATOR or not active)
        if loses and _administrators(session) == 1:
            raise ColleagueError("The agency would be left without an administrator.")
        detail: dict[str, Any] = {}
        if role is not staff.role:
            detail["role"] = role.value
        if active != staff.active:
            detail["active"] = active
        if detail:
            end_all(session, staff.id, now)
        if list(languages) != staff.languages:
            detail["languages"] = list(languages)
        staff.role, staff.active, staff.languages = role, active, list(languages)
        session.add(staff)
        session.add(done_by(reader, "staff.changed", "staff", staff.id, now, detail))


def _administrators(session: Session) -> int:
    wanted = select(func.count(col(Staff.id))).where(Staff.role == Role.ADMINISTRATOR, col(Staff.active).is_(True))
    return session.exec(wanted).one()


def _of(table: type[StaffSession | Passkey | RecoveryCode]) -> Any:
    return col(table.staff_id)
