"""When an agency's office is open, who is on call, and which dialogues a speaker must have read before a language goes live."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.errors import CcmmError
from ccmm_bot.followup.deadlines import OfficeHours, OfficeHoursError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Agency, Audit


class OfficeError(CcmmError):
    """What was asked for cannot be set; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """One agency. ``hours`` is ``None`` where the usual ones hold."""

    id: UUID
    name: str
    hours: str | None
    on_call_email: str | None
    require_reviewed: str = ""  # dialogues, separated by commas


def offices(store: Store) -> Sequence[Office]:
    """Every agency of the installation, the first one first."""
    with store.installation() as session:
        rows = session.exec(select(Agency).order_by(col(Agency.created_at), col(Agency.id))).all()
    return [_office(row) for row in rows]


def office(store: Store, agency: str | None) -> Office:
    """One agency, by its name where there are several. Raises :class:`OfficeError`."""
    with store.installation() as session:
        return _office(_agency(session, agency))


def set_hours(store: Store, agency: str | None, text: str, now: datetime) -> None:
    """``mon-fri 09:00-17:00``. ``agency`` by its name, needed where there are several. Raises :class:`OfficeError`."""
    hours = check_hours(text)
    with store.installation(write=True) as session:
        row = _agency(session, agency)
        row.office_hours = hours
        _write(session, row, "agency.office_hours", now)


def set_on_call(store: Store, agency: str | None, email: str, now: datetime) -> None:
    """Who is told of an urgent flag at any hour; empty: the supervisors. Raises :class:`OfficeError`."""
    address = check_on_call(email)
    with store.installation(write=True) as session:
        row = _agency(session, agency)
        row.on_call_email = address
        _write(session, row, "agency.on_call", now)


def reviewed_first(store: Store, agency_id: UUID) -> tuple[str, ...]:
    """Which dialogues the agency wants a speaker to have read before a language goes live."""
    with store.reading(agency_id) as session:
        return tuple(name for name in session.exec(select(Agency.require_reviewed)).one().split(",") if name)


def set_require_reviewed(store: Store, agency: str | None, text: str, known: Collection[str], now: datetime) -> None:
    """Which of the dialogues ``known`` a speaker must have read before a language goes live. Raises :class:`OfficeError`."""
    names = tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))
    if unknown := [name for name in names if name not in known]:
        raise OfficeError(f"There is no such dialogue: {', '.join(unknown)}. There are: {', '.join(sorted(known))}.")
    with store.installation(write=True) as session:
        row = _agency(session, agency)
        row.require_reviewed = ",".join(names)
        _write(session, row, "agency.require_reviewed", now)


def _office(row: Agency) -> Office:
    return Office(
        id=row.id,
        name=row.name,
        hours=row.office_hours,
        on_call_email=row.on_call_email,
        require_reviewed=row.require_reviewed,
    )


def check_hours(text: str) -> str:
    """Office hours as they are kept. Raises :class:`OfficeError`."""
    try:
        OfficeHours.parse(text)
    except OfficeHoursError:
        raise OfficeError(
            '"{text}" are no office hours. Write them like this: mon-thu 09:00-17:00, fri 09:00-15:00', text=text
        ) from None
    return " ".join(text.lower().split())


def check_on_call(email: str) -> str | None:
    """An address as it is kept; ``None`` for an empty one. Raises :class:`OfficeError`."""
    address = email.strip()
    local, at, host = address.partition("@")
    if address and not (local and at and host and address.isprintable() and " " not in address and len(address) <= 254):
        raise OfficeError("This is no e-mail address.")
    return address or None


def _agency(session: Session, name: str | None) -> Agency:
    rows = session.exec(select(Agency).order_by(col(Agency.created_at))).all()
    found = [row for row in rows if name is None or row.name == name]
    if len(found) != 1:
        raise OfficeError(f"Say which agency: {', '.join(row.name for row in rows)}" if rows else "There is no agency yet.")
    return found[0]


def _write(session: Session, row: Agency, action: str, now: datetime) -> None:
    session.add(row)
    session.add(Audit(agency_id=row.id, at=now, actor_kind=Actor.SYSTEM, action=action, subject_kind="agency", subject_id=row.id))
