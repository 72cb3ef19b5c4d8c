"""The agencies of an installation as its operator sees and makes them: who administers them, their senders, and what is missing
before the first message. Of what happens at an agency, nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.casework.access import staff_links
from ccmm_bot.casework.access.accounts import check_names
from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.access.staff_links import Made
from ccmm_bot.conversation.help_lines import HelpLine
from ccmm_bot.errors import CcmmError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store import accounts
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit, ChannelAccount, HelpLineConfirmation, Role, Staff, StaffLink, StaffLinkKind

NAME_MAXIMUM: Final = 200
SERVICE_MAXIMUM: Final = 100


class InstallationError(CcmmError):
    """What was asked for cannot be done; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderOf:
    """A number or a bot of an agency. ``active``: it was not switched off."""

    channel: ChannelKind
    account: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyState:
    """One agency. ``missing`` in the order in which it is done: administrator, sender, help_lines; empty: it can begin."""

    id: UUID
    name: str
    service_name: str
    created_at: datetime
    administrators: int
    invited: str | None  # whose invitation is open, by its e-mail, where there is no administrator yet
    invited_until: datetime | None
    senders: tuple[SenderOf, ...]
    help_lines_waiting: int
    missing: tuple[str, ...]


def agencies(store: Store, reader: Reader, lines: Sequence[HelpLine], now: datetime) -> tuple[AgencyState, ...]:
    """Every agency, the first one first. A fixed number of queries."""
    require(reader, Permission.RUN_INSTALLATION)
    with store.installation() as session:
        rows = session.exec(select(Agency).order_by(col(Agency.created_at), col(Agency.id))).all()
        counted = dict(
            session.exec(
                select(Staff.agency_id, func.count(col(Staff.id))).where(*_ADMINISTERS).group_by(col(Staff.agency_id))
            ).all()
        )
        invited = {row.agency_id: row for row in session.exec(_open_invitations(now))}
        senders: dict[UUID, list[SenderOf]] = {}
        for row in session.exec(select(ChannelAccount).order_by(col(ChannelAccount.channel), col(ChannelAccount.account))):
            if row.channel is not ChannelKind.CONSOLE:
                senders.setdefault(row.agency_id, []).append(SenderOf(channel=row.channel, account=row.account, active=row.active))
        confirmed: dict[UUID, dict[str, str]] = {}
        for line in session.exec(select(HelpLineConfirmation)):
            confirmed.setdefault(line.agency_id, {})[line.line] = line.hash
    return tuple(
        _state(
            row, counted.get(row.id, 0), invited.get(row.id), senders.get(row.id, ()), _waiting(lines, confirmed.get(row.id, {}))
        )
        for row in rows
    )


def make(
    store: Store, reader: Reader, *, name: str, service_name: str, email: str, administrator: str, now: datetime
) -> tuple[UUID, Made]:
    """A new agency, and an invitation for its first administrator.

    Raises :class:`InstallationError`, and :class:`ccmm_bot.casework.access.accounts.AccountError` for who cannot be invited; then
    there is no agency either.
    """
    require(reader, Permission.RUN_INSTALLATION)
    called, service = _name(name, NAME_MAXIMUM), _name(service_name or name[:SERVICE_MAXIMUM], SERVICE_MAXIMUM)
    check_names(email, administrator)
    staff_links.check_free(store, email)
    with store.installation(write=True) as session:
        if any(_plain(each) == _plain(called) for each in session.exec(select(Agency.name))):
            raise InstallationError("There is an agency of that name already.")
        row = Agency(name=called, service_name=service, created_at=now)
        session.add(row)
        session.flush()
        session.add(_entry(reader, row.id, "agency.created", "agency", row.id, now))
        made = _invitation(session, reader, row.id, email, administrator, now)
    return row.id, made


def invite_first(store: Store, reader: Reader, agency_id: UUID, *, email: str, name: str, now: datetime) -> Made:
    """Another invitation for the first administrator, in place of the ones before it.

    An agency that has an administrator invites by itself: the operator opens nobody a door to its people. Raises
    :class:`NotFound`, :class:`InstallationError` and :class:`ccmm_bot.casework.access.accounts.AccountError`.
    """
    require(reader, Permission.RUN_INSTALLATION)
    check_names(email, name)
    staff_links.check_free(store, email)
    with store.installation(write=True) as session:
        _agency(session, agency_id)
        if session.exec(select(Staff.id).where(Staff.agency_id == agency_id, *_ADMINISTERS)).first() is not None:
            raise InstallationError("This agency has an administrator, who invites colleagues.")
        return _invitation(session, reader, agency_id, email, name, now)


def connect(
    store: Store,
    reader: Reader,
    agency_id: UUID,
    *,
    channel: ChannelKind,
    account: str,
    credentials: Mapping[str, Any],
    now: datetime,
) -> None:
    """Give an agency a sender, which the service opens at its next start. The credentials have been looked at already.

    Raises :class:`NotFound`, and :class:`ccmm_bot.store.accounts.SenderError` where the sender is another agency's.
    """
    require(reader, Permission.RUN_INSTALLATION)
    with store.installation() as session:
        name = _agency(session, agency_id).name
    accounts.add_sender(store, agency=name, channel=channel, account=account, credentials=credentials, now=now, by=reader.staff_id)


_ADMINISTERS: Final = (col(Staff.role) == Role.ADMINISTRATOR, col(Staff.active).is_(True))


def _state(row: Agency, administrators: int, invited: StaffLink | None, senders: Sequence[SenderOf], waiting: int) -> AgencyState:
    lacks = {
        "administrator": not administrators,
        "sender": not any(each.active for each in senders),
        "help_lines": waiting > 0,
    }
    return AgencyState(
        id=row.id,
        name=row.name,
        service_name=row.service_name,
        created_at=row.created_at,
        administrators=administrators,
        invited=invited.email if invited and not administrators else None,
        invited_until=invited.expires_at if invited and not administrators else None,
        senders=tuple(senders),
        help_lines_waiting=waiting,
        missing=tuple(name for name, lacking in lacks.items() if lacking),
    )


def _waiting(lines: Sequence[HelpLine], confirmed: Mapping[str, str]) -> int:
    return sum(line.unverified and confirmed.get(line.id) != line.hash for line in lines)


def _open_invitations(now: datetime) -> Any:
    return (
        select(StaffLink)
        .where(
            StaffLink.kind == StaffLinkKind.INVITATION,
            StaffLink.role == Role.ADMINISTRATOR,
            col(StaffLink.used_at).is_(None),
            col(StaffLink.withdrawn_at).is_(None),
            col(StaffLink.expires_at) > now,
        )
        .order_by(col(StaffLink.created_at))
    )


def _invitation(session: Session, reader: Reader, agency_id: UUID, email: str, name: str, now: datetime) -> Made:
    for older in session.exec(_open_invitations(now).where(StaffLink.agency_id == agency_id)):
        older.withdrawn_at = now
        session.add(older)
    address, called = check_names(email, name)
    row, token = staff_links.new_link(
        StaffLinkKind.INVITATION, reader, now, email=address, name=called, role=Role.ADMINISTRATOR, agency_id=agency_id
    )
    session.add(row)
    session.add(_entry(reader, agency_id, "staff.invited", "staff_link", row.id, now, role=Role.ADMINISTRATOR.value))
    return Made(id=row.id, token=token, email=address, expires_at=row.expires_at)


def _agency(session: Session, agency_id: UUID) -> Agency:
    found = session.exec(select(Agency).where(Agency.id == agency_id)).first()
    if found is None:
        raise NotFound("There is no such agency.")
    return found


def _name(text: str, longest: int) -> str:
    name = " ".join(text.split())
    if not name or not name.isprintable() or len(name) > longest:
        raise InstallationError("A name is one line of at most {longest} characters.", longest=longest)
    return name


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _entry(reader: Reader, agency_id: UUID, action: str, kind: str, subject: UUID, now: datetime, **detail: str) -> Audit:
    """In the agency's own audit: its administrator sees who made it, and whom they invited."""
    return Audit(
        agency_id=agency_id,
        at=now,
        actor_kind=Actor.STAFF,
        actor_id=reader.staff_id,
        action=action,
        subject_kind=kind,
        subject_id=subject,
        detail=detail,
    )
