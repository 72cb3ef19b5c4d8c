"""What staff do with a flag: resolve it, give it to somebody else, put it off with a reason. Every step is kept with who and when.

``seen`` is the revision a form was filled in over: whoever comes second is told, and overwrites nothing.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError, calendar_of, text
from ccmm_bot.casework.desk.next_steps import add_step
from ccmm_bot.casework.desk.watch import ADMINISTRATORS
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.seen import Changed, unchanged
from ccmm_bot.casework.triage import triage
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import due
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, Flag, FlagEvent, FlagEventKind, FlagStatus, Role, Staff

NOTE_MAXIMUM: Final = 4000
#: Nothing is put off for longer without being looked at again.
LONGEST_SNOOZE: Final = timedelta(days=31)
#: When a flag that was put off until a day is back: before the day begins at any office.
_MORNING: Final = time(7, 0)
#: A case manager has opened somebody who is not hers (ccmm_bot.casework.persons.opening): for those who lead to look at.
OPENED_WITH_REASON: Final = "opened_with_reason"
#: Who flags are given to.
LOOKERS: Final = (Role.CASE_MANAGER, Role.SUPERVISOR, Role.ADMINISTRATOR)


class FlagOutcome(StrEnum):
    """What came of a flag (CCMM report, follow-up stage: give information, make referrals, or return to intake)."""

    INFORMATION_GIVEN = "information_given"
    REFERRAL_MADE = "referral_made"
    RETURNED_TO_INTAKE = "returned_to_intake"
    NO_NEED = "no_need"
    NOT_REACHED = "not_reached"
    OTHER = "other"


class AlreadyResolved(Changed):
    """Somebody else was faster; what she wrote is kept."""


def resolve(
    store: Store,
    reader: Reader,
    flag_id: UUID,
    *,
    outcome: FlagOutcome,
    note: str,
    now: datetime,
    seen: int | None = None,
    next_step: str = "",
    next_on: date | None = None,
    beside: Audit | None = None,
) -> UUID:
    """Resolve a flag, or correct what is written about one, and return whose it is. ``next_step`` comes back on ``next_on``.
    ``beside``: one more entry of the audit, kept with it.

    Raises :class:`NotFound`, :class:`AlreadyResolved`, :class:`Changed`, and :class:`CaseFileError` for what cannot be kept.
    """
    require(reader, Permission.RESOLVE_FLAGS)
    kept = _note("note", note)
    if bool(next_step.strip()) != (next_on is not None):
        raise CaseFileError("next_on" if next_step.strip() else "next_step", "no_date" if next_step.strip() else "empty")
    with store.writing(reader) as session:
        flag = _locked(session, flag_id)
        if flag.status is FlagStatus.RESOLVED and seen != flag.revision:
            raise AlreadyResolved("This flag has been resolved already.")
        _may_close(reader, flag)
        _check(flag, seen)
        if next_on is not None:
            add_step(session, reader, flag.person_id, next_step, next_on, now, flag_id=flag.id)
        flag.status = FlagStatus.RESOLVED
        flag.resolved_at = now
        flag.resolved_by = reader.staff_id
        flag.outcome = outcome.value
        flag.note = kept
        _record(session, reader, flag, FlagEventKind.RESOLVED, now, {"outcome": outcome.value, "reason": flag.reason}, kept)
        if beside is not None:
            session.add(beside)
        return flag.person_id


def reassign(store: Store, reader: Reader, flag_id: UUID, *, to: UUID, note: str, now: datetime, seen: int | None = None) -> UUID:
    """Give an open flag to a colleague, and return whose it is."""
    require(reader, Permission.RESOLVE_FLAGS)
    kept = _note("note", note)
    with store.writing(reader) as session:
        flag = _open(session, flag_id, seen)
        _may_close(reader, flag)
        colleague = session.exec(select(Staff).where(Staff.id == to)).first()
        if colleague is None or not colleague.active or colleague.role not in LOOKERS:
            raise CaseFileError("to", "unknown")
        before, flag.assigned_to = flag.assigned_to, to
        detail = {"from": str(before) if before else None, "to": str(to)}
        _record(session, reader, flag, FlagEventKind.REASSIGNED, now, detail, kept)
        return flag.person_id


def snooze(
    store: Store, reader: Reader, flag_id: UUID, *, until: date, reason: str, now: datetime, seen: int | None = None
) -> UUID:
    """Put an open flag off until the morning of a day, with a reason, and return whose it is. An urgent one cannot be put off.

    Its deadline runs anew from then. When it is raised again before, it is back at once.
    """
    require(reader, Permission.RESOLVE_FLAGS)
    kept = _note("reason", reason)
    if kept is None:
        raise CaseFileError("reason", "empty")
    with store.writing(reader) as session:
        flag = _open(session, flag_id, seen)
        _may_close(reader, flag)
        if flag.severity is Severity.URGENT:
            raise CaseFileError("until", "urgent")
        zone, hours = calendar_of(session)
        back = datetime.combine(until, _MORNING, zone)
        if back <= now:
            raise CaseFileError("until", "date_past")
        if back - now > LONGEST_SNOOZE:
            raise CaseFileError("until", "date_far")
        flag.snoozed_at, flag.snoozed_until = now, back
        flag.due_at = due(back, triage().deadline(flag.severity), hours, zone)
        flag.escalate_at = flag.due_at if flag.level < ADMINISTRATORS else None
        _record(session, reader, flag, FlagEventKind.SNOOZED, now, {"until": until.isoformat()}, kept)
        return flag.person_id


def wake(store: Store, reader: Reader, flag_id: UUID, now: datetime) -> UUID:
    """Take a flag back that was put off, and return whose it is. One that was not stays as it is."""
    require(reader, Permission.RESOLVE_FLAGS)
    with store.writing(reader) as session:
        flag = _locked(session, flag_id)
        if flag.status is FlagStatus.OPEN and flag.snoozed_until is not None:
            zone, hours = calendar_of(session)
            flag.snoozed_at, flag.snoozed_until = None, None
            flag.due_at = due(now, triage().deadline(flag.severity), hours, zone)
            flag.escalate_at = flag.due_at if flag.level < ADMINISTRATORS else None
            _record(session, reader, flag, FlagEventKind.WOKEN, now, {}, None)
        return flag.person_id


def _may_close(reader: Reader, flag: Flag) -> None:
    """Who opened somebody else's person does not close the question whether that was right."""
    if flag.reason == OPENED_WITH_REASON:
        require(reader, Permission.SUPERVISE)


def person_of(store: Store, reader: Reader, flag_id: UUID) -> UUID:
    """Whose flag it is. Raises :class:`NotFound`."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        person = session.exec(select(Flag.person_id).where(Flag.id == flag_id)).first()
    if person is None:
        raise NotFound("There is no such flag.")
    return person


def colleagues(session: Session) -> tuple[tuple[UUID, str], ...]:
    """Who a flag can be given to, by name."""
    who = select(Staff.id, Staff.name).where(col(Staff.active), col(Staff.role).in_(LOOKERS)).order_by(Staff.name)
    return tuple((key, name) for key, name in session.exec(who))


def _note(field: str, typed: str) -> str | None:
    if len(typed) > NOTE_MAXIMUM:
        raise CaseFileError(field, "too_long")
    return text(field, typed)


def _locked(session: Session, flag_id: UUID) -> Flag:
    flag = session.exec(select(Flag).where(Flag.id == flag_id).with_for_update()).first()
    if flag is None:
        raise NotFound("There is no such flag.")
    return flag


def _open(session: Session, flag_id: UUID, seen: int | None) -> Flag:
    flag = _locked(session, flag_id)
    if flag.status is FlagStatus.RESOLVED:
        raise AlreadyResolved("This flag has been resolved already.")
    _check(flag, seen)
    return flag


def _check(flag: Flag, seen: int | None) -> None:
    if seen is not None:
        unchanged(flag.revision, seen)


def _record(
    session: Session, reader: Reader, flag: Flag, kind: FlagEventKind, now: datetime, detail: dict[str, Any], note: str | None
) -> None:
    """The flag's history and the audit, in the same transaction; the note stays out of the audit."""
    flag.revision += 1
    session.add(flag)
    session.add(
        FlagEvent(
            agency_id=reader.agency_id, flag_id=flag.id, kind=kind, detail=detail, note=note, at=now, staff_id=reader.staff_id
        )
    )
    session.add(done_by(reader, f"flag.{kind.value}", "flag", flag.id, now, detail))
