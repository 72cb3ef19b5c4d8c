"""Two open cases of one person become one, and two again: what belongs to one case goes over to the other.

The case that goes on keeps its own facts. Steps, needs, criteria, forms and audits that both cases have stay as they are on the one
that goes on; those of the other are laid aside with the case itself, word for word and sealed, and come back when the merge is
undone. Follow-ups of the other case that have not begun are cancelled, so that nobody is asked twice; reminders of its appointments
stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Session, SQLModel, col, func, select

from ccmm_bot.followup import kinds
from ccmm_bot.store.tables import AgencyRow, Appointment, Case, FollowUp, FollowUpStatus, StaffForm

#: Why a follow-up of a case that was folded was cancelled.
MERGED: Final = "merged"
_OF_THE_CASE: Final = (kinds.CHECK_IN, kinds.ENTRY_SURVEY, kinds.EXIT_SURVEY, kinds.FOLLOW_UP)
_NOT_BEGUN: Final = (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE)


def fold(session: Session, stays: Case, goes: Case, now: datetime) -> dict[str, Any]:
    """Let everything of ``goes`` be the case ``stays``'s, and lay ``goes`` aside; what :func:`unfold` needs, which is personal."""
    laid: dict[str, Any] = {"case": _plain(goes), "moved": {}, "rows": {}, "follow_ups": {}, "appointments": {}}
    _fold_follow_ups(session, stays, goes, laid, now)
    for table, column in _tables():
        taken = {_unique(row, column) for row in session.exec(_of(table, column, stays.id))} - {()}
        for row in session.exec(_of(table, column, goes.id)).all():
            key = _unique(row, column)
            if key and key in taken:
                laid["rows"].setdefault(str(table.__tablename__), []).append(_plain(row))
                session.delete(row)
            else:
                setattr(row, column, stays.id)
                session.add(row)
                laid["moved"].setdefault(str(table.__tablename__), []).append(str(row.id))
    stays.revision += 1
    session.add(stays)
    session.flush()
    session.delete(goes)
    session.flush()
    return laid


def unfold(session: Session, laid: dict[str, Any], person_id: UUID) -> None:
    """Bring a case back that was laid aside, as ``person_id``'s; what was added to the other one since stays there."""
    case = Case.model_validate(laid["case"])
    case.person_id = person_id if case.person_id is not None else None
    session.add(case)
    session.flush()
    for table, column in _tables():
        name = str(table.__tablename__)
        ids = [UUID(each) for each in laid["moved"].get(name, ())]
        for row in session.exec(select(table).where(col(table.id).in_(ids))):
            setattr(row, column, case.id)
            if isinstance(row, Appointment) and (occurrence := laid["appointments"].get(str(row.id))):
                row.occurrence = occurrence
            session.add(row)
        for each in laid["rows"].get(name, ()):
            session.add(table.model_validate(each))
    kept = {UUID(key): FollowUp.model_validate(each) for key, each in laid["follow_ups"].items()}
    for row in session.exec(select(FollowUp).where(col(FollowUp.id).in_(list(kept)))):
        before = kept[row.id]
        row.case_id, row.occurrence = case.id, before.occurrence
        if row.status is FollowUpStatus.CANCELLED and row.reason == MERGED:
            row.status, row.reason, row.wake_at = before.status, before.reason, before.wake_at
        session.add(row)
    session.flush()


def _fold_follow_ups(session: Session, stays: Case, goes: Case, laid: dict[str, Any], now: datetime) -> None:
    """Each gets the next number of its kind, for there is one of each; what both cases would have started is left to one."""
    most = select(FollowUp.kind, func.max(FollowUp.occurrence)).where(FollowUp.case_id == stays.id).group_by(col(FollowUp.kind))
    numbers = dict(session.exec(most).all())
    mine = select(func.max(Appointment.occurrence)).where(Appointment.case_id == stays.id)
    numbers[kinds.APPOINTMENT] = max(numbers.get(kinds.APPOINTMENT, 0), session.exec(mine).one() or 0)
    anew: dict[int, int] = {}
    for row in session.exec(select(Appointment).where(Appointment.case_id == goes.id).order_by(col(Appointment.occurrence))):
        laid["appointments"][str(row.id)] = row.occurrence
        numbers[kinds.APPOINTMENT] += 1
        anew[row.occurrence] = row.occurrence = numbers[kinds.APPOINTMENT]
        session.add(row)
    for each in session.exec(select(FollowUp).where(FollowUp.case_id == goes.id).order_by(col(FollowUp.occurrence))).all():
        laid["follow_ups"][str(each.id)] = _plain(each)
        if each.kind == kinds.APPOINTMENT and each.occurrence in anew:
            each.occurrence = anew[each.occurrence]
        else:
            numbers[each.kind] = numbers.get(each.kind, 0) + 1
            each.occurrence = numbers[each.kind]
        each.case_id = stays.id
        if each.kind in _OF_THE_CASE and each.status in _NOT_BEGUN:
            each.status, each.reason, each.wake_at, each.waiting_since = FollowUpStatus.CANCELLED, MERGED, None, None
            each.updated_at = now
        session.add(each)
    session.flush()


def _tables() -> Iterator[tuple[Any, str]]:
    """Every table with rows of a case, and the column that says so; but for follow-ups, which are numbered."""
    for mapper in sorted(SQLModel._sa_registry.mappers, key=lambda each: each.class_.__name__):
        kind = mapper.class_
        if issubclass(kind, AgencyRow) and "case_id" in kind.model_fields and kind is not FollowUp:
            yield kind, "case_id"
    yield StaffForm, "subject_id"


def _of(table: Any, column: str, case_id: UUID) -> Any:
    return select(table).where(col(getattr(table, column)) == case_id)


def _unique(row: Any, column: str) -> tuple[Any, ...]:
    """What there may be one of in a case; empty where there may be any number."""
    for constraint in row.__table__.constraints:
        if isinstance(constraint, UniqueConstraint) and column in constraint.columns:
            return (True, *(getattr(row, each.name) for each in constraint.columns if each.name != column))
    return ()


def _plain(row: Any) -> dict[str, Any]:
    """A row as JSON takes it, to be read back by its own table."""
    said: dict[str, Any] = row.model_dump(mode="json")
    return said
