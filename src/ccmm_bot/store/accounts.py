"""Our senders and whose they are, for whoever sets them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.errors import CcmmError
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit, ChannelAccount


class SenderError(CcmmError):
    """A sender cannot be set up like this; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """One sender. ``credentials`` is ``None`` where they come from the settings."""

    channel: ChannelKind
    account: str
    agency_id: UUID
    agency: str
    active: bool
    credentials: Mapping[str, Any] | None


def senders(store: Store) -> list[Sender]:
    """Every sender of every agency, the first agency's first."""
    with store.installation() as session:
        rows = session.exec(
            select(ChannelAccount, Agency)
            .join(Agency, col(Agency.id) == ChannelAccount.agency_id)
            .order_by(col(Agency.created_at), col(Agency.id), col(ChannelAccount.channel), col(ChannelAccount.account))
        ).all()
        return [
            Sender(
                channel=row.channel,
                account=row.account,
                agency_id=agency.id,
                agency=agency.name,
                active=row.active,
                credentials=row.credentials,
            )
            for row, agency in rows
        ]


def make_agency(store: Store, *, name: str, service_name: str, now: datetime) -> UUID:
    """A new agency. Raises :class:`SenderError` where one has the name."""
    with store.installation(write=True) as session:
        if session.exec(select(Agency).where(Agency.name == name)).first() is not None:
            raise SenderError("There is an agency of that name already.")
        agency = Agency(name=name, service_name=service_name, created_at=now)
        session.add(agency)
        return agency.id


def agency_of(store: Store, name: str | None) -> tuple[UUID, str]:
    """The id and the name of an agency; of the only one there is for ``None``. Raises :class:`SenderError`."""
    with store.installation() as session:
        agency = _agency(session, name)
        return agency.id, agency.name


def add_sender(
    store: Store,
    *,
    agency: str | None,
    channel: ChannelKind,
    account: str,
    credentials: Mapping[str, Any],
    now: datetime,
    by: UUID | None = None,
) -> str:
    """Give an agency a sender, or new credentials to one it has; a disabled one is active again. Returns the agency's name.

    ``agency`` is its name; ``None`` is the only one there is. ``by``: whose account did it; ``None`` on the machine itself.

    :raises SenderError: there is no such agency, or the sender is another agency's
    """
    with store.installation(write=True) as session:
        owner = _agency(session, agency)
        row = _row(session, channel, account)
        if row is not None and row.agency_id != owner.id:
            raise SenderError("This sender belongs to another agency. What people wrote to it is theirs.")
        if row is None:
            row = ChannelAccount(agency_id=owner.id, channel=channel, account=account)
        row.credentials, row.active = dict(credentials), True
        session.add(row)
        session.flush()
        session.add(_entry(row, "sender.added", now, by))
        return owner.name


def disable_sender(store: Store, *, channel: ChannelKind, account: str, now: datetime) -> None:
    """Switch a sender off and forget its credentials; its conversations stay. Raises :class:`SenderError`."""
    with store.installation(write=True) as session:
        row = _row(session, channel, account)
        if row is None:
            raise SenderError(f"No agency has this {channel.value} sender.")
        row.active, row.credentials = False, None
        session.add(row)
        session.add(_entry(row, "sender.disabled", now))


def _agency(session: Session, name: str | None) -> Agency:
    found = session.exec(select(Agency).order_by(col(Agency.created_at), col(Agency.id))).all()
    if name is None:
        if len(found) == 1:
            return found[0]
        raise SenderError("There is more than one agency: say which, with --agency." if found else "There is no agency yet.")
    agency = next((each for each in found if each.name == name), None)
    if agency is None:
        raise SenderError("There is no agency of that name. `ccmm-bot channel account add --new-agency` makes one.")
    return agency


def _row(session: Session, channel: ChannelKind, account: str) -> ChannelAccount | None:
    wanted = select(ChannelAccount).where(ChannelAccount.channel == channel, ChannelAccount.account == account)
    return session.exec(wanted).first()


def _entry(row: ChannelAccount, action: str, now: datetime, by: UUID | None = None) -> Audit:
    detail = {"channel": row.channel.value}
    return Audit(
        agency_id=row.agency_id,
        at=now,
        actor_kind=Actor.SYSTEM if by is None else Actor.STAFF,
        actor_id=by,
        action=action,
        subject_kind="channel_account",
        subject_id=row.id,
        detail=detail,
    )
