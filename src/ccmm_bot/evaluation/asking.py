"""Exports that are made in the background: asked for on a page, made by durable work, there for a while.

The row is the truth. Nothing of it is lost when a process ends: what nobody finished is made again. Needs none of the libraries for
statistics itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, or_, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.studies import clean_name, evaluated_by
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import ExportRequest, ExportState

#: How long a finished file is there.
KEPT: Final = timedelta(hours=24)
#: After so long without a sign it is taken up again.
WATCHDOG: Final = timedelta(minutes=10)
_PURPOSE: Final = 8  # letters: "research" at the least
_ATTEMPTS: Final = 3
_GIVEN_UP: Final = N_("It could not be finished. Ask for it again, or for a smaller part.")


class NoPurpose(CcmmError):
    """Nobody takes data out without saying what for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An export on its way, for whoever asked."""

    id: UUID
    study: str
    format: str
    asked_at: datetime
    state: ExportState
    step: int
    steps: int
    doing: str
    why: str
    people: int
    sha256: str
    gone_at: datetime | None


def purpose_of(text: str) -> str:
    """What data are for, as it is kept. Raises :class:`NoPurpose`."""
    purpose = " ".join(text.split())
    if len(purpose) < _PURPOSE:
        raise NoPurpose("Say in a few words what the data are for: it is written into the log.")
    return purpose


def ask(
    store: Store,
    reader: Reader,
    *,
    name: str,
    study: UUID | None,
    purpose: str,
    form: str,
    shape: str,
    selection: Mapping[str, Any],
    now: datetime,
) -> UUID:
    """Ask for an export of the reader's agency under a study's ``name``, or of a ``study`` over several agencies.

    Raises :class:`NoPurpose`, :class:`~ccmm_bot.evaluation.studies.StudyError`, :class:`NotFound`.
    """
    require(reader, Permission.EVALUATE)
    why = purpose_of(purpose)
    if study is None:
        called = clean_name(name)
    else:
        called = next((each.name for each in evaluated_by(store, reader) if each.id == study), "")
        if not called:
            raise NotFound("There is no such study.")
    row = ExportRequest(
        agency_id=reader.agency_id,
        staff_id=reader.staff_id,
        study_id=study,
        study=called,
        purpose=why,
        format=form,
        shape=shape,
        selection=dict(selection),
        asked_at=now,
        wake_at=now,
    )
    with store.writing(reader.agency_id) as session:
        session.add(row)
        session.add(done_by(reader, "data.asked", "export_request", row.id, now, {"study": called, "format": form}))
    return row.id


def request(store: Store, reader: Reader, key: UUID) -> Request:
    """How far it is. Only whoever asked may know. Raises :class:`NotFound`."""
    with store.reading(reader.agency_id) as session:
        return _mine(session, reader, key)


def latest(store: Store, reader: Reader, most: int = 5) -> tuple[Request, ...]:
    """The reader's latest."""
    with store.reading(reader.agency_id) as session:
        rows = session.exec(
            _SHOWN.where(ExportRequest.staff_id == reader.staff_id).order_by(col(ExportRequest.asked_at).desc()).limit(most)
        )
        return tuple(Request(**row._mapping) for row in rows)


def file_of(store: Store, reader: Reader, key: UUID, now: datetime) -> bytes:
    """The finished file. Raises :class:`NotFound` where there is none, or none any more."""
    with store.reading(reader.agency_id) as session:
        _mine(session, reader, key)
        row = session.get_one(ExportRequest, key)
        if row.file is None or row.gone_at is None or row.gone_at <= now:
            raise NotFound("There is no such file.")
        return row.file


def due(store: Store, now: datetime, most: int = 20) -> list[tuple[UUID, int]]:
    """What waits to be made, or was left unfinished: (id, how often it was looked at). Each is counted as looked at."""
    with store.installation() as session:
        waiting = (
            col(ExportRequest.state).in_((ExportState.WAITING, ExportState.RUNNING)),
            # What lies further ahead than that is from before the clock was set back.
            or_(col(ExportRequest.wake_at) <= now, col(ExportRequest.wake_at) > now + 2 * WATCHDOG),
        )
        if session.exec(select(ExportRequest.id).where(*waiting).limit(1)).first() is None:
            return []
    with store.installation(write=True) as session:
        rows = session.exec(select(ExportRequest).where(*waiting).limit(most).with_for_update(skip_locked=True)).all()
        for row in rows:
            row.looks += 1
            row.wake_at = now + WATCHDOG
            if row.looks > _ATTEMPTS:
                row.state, row.why = ExportState.FAILED, _GIVEN_UP
            session.add(row)
        return [(row.id, row.looks) for row in rows if row.state is not ExportState.FAILED]


def forget(store: Store, now: datetime) -> int:
    """Remove the files whose time is over; returns how many."""
    with store.installation() as session:
        over = (ExportRequest.state == ExportState.READY, col(ExportRequest.gone_at) <= now)
        if session.exec(select(ExportRequest.id).where(*over).limit(1)).first() is None:
            return 0
    with store.installation(write=True) as session:
        rows = session.exec(select(ExportRequest).where(*over)).all()
        for row in rows:
            row.file, row.state = None, ExportState.GONE
            session.add(row)
        return len(rows)


#: All but the file and what is sealed beside it.
_SHOWN: Final[Any] = select(*(getattr(ExportRequest, name) for name in Request.__slots__))


def _mine(session: Session, reader: Reader, key: UUID) -> Request:
    require(reader, Permission.EVALUATE)
    row = session.exec(_SHOWN.where(ExportRequest.id == key, ExportRequest.staff_id == reader.staff_id)).first()
    if row is None:
        raise NotFound("There is no such export.")
    return Request(**row._mapping)
