"""Which follow-ups a case has, and when: rows that appear, move and are cancelled with what happens to the case.

UNIQUE (case, kind, occurrence) is the promise that each is there once, however often it is planned. Times lie inside the
sending hours of the agency's time zone, spread by a key of the case's own: moving a date back and forth ends where it began.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from ccmm_bot.followup import kinds
from ccmm_bot.followup.dates import check_in_days, follow_up_day
from ccmm_bot.followup.hours import moment_on
from ccmm_bot.followup.kinds import KINDS
from ccmm_bot.store.tables import Case, FollowUp, FollowUpAttempt, FollowUpStatus, Timer, TimerState

_NOT_BEGUN: Final = (FollowUpStatus.SCHEDULED, FollowUpStatus.DUE)
_RUNNING: Final = (FollowUpStatus.SENT, FollowUpStatus.IN_PROGRESS)
#: Not begun, and only cancelled because the case took another course: it may be planned again.
_REVIVED: Final = ("reopened", "exit_cleared", "exited")


def service_began(session: Session, case: Case, zone: ZoneInfo, now: datetime) -> None:
    """The case is open: quarterly check-ins, and the invitation to the entry survey."""
    start = case.opened_at.astimezone(zone).date()
    for n, day in enumerate(check_in_days(start), start=1):
        plan(session, case, kinds.CHECK_IN, day, zone, now, occurrence=n)
    plan(session, case, kinds.ENTRY_SURVEY, start + timedelta(days=1), zone, now)


def service_goes_on(session: Session, case: Case, zone: ZoneInfo, now: datetime) -> None:
    """A case that was opened before we knew of it, new here: the check-ins still to come, and no entry survey months late."""
    today = now.astimezone(zone).date()
    for n, day in enumerate(check_in_days(case.opened_at.astimezone(zone).date()), start=1):
        if day >= today:
            plan(session, case, kinds.CHECK_IN, day, zone, now, occurrence=n, fresh=True)


def exited_before(session: Session, case: Case, exit_date: date, zone: ZoneInfo, now: datetime) -> None:
    """A case that ended elsewhere, new here: its follow-up, and the exit survey only where the exit is still to come."""
    if exit_date >= now.astimezone(zone).date():
        plan(session, case, kinds.EXIT_SURVEY, exit_date, zone, now, fresh=True)
    plan(session, case, kinds.FOLLOW_UP, follow_up_day(exit_date), zone, now, fresh=True)


def exit_set(session: Session, case: Case, exit_date: date, zone: ZoneInfo, now: datetime) -> None:
    """The service ends on ``exit_date``: no check-in at or after it, the exit survey on it, the follow-up three months later.

    An entry survey that has not begun is for the time before the exit too: answered at or after it, it would compare the exit with
    itself (CCMM report §2 has it in assessment and planning).
    """
    for row in _rows(session, case, kinds.CHECK_IN):
        if row.status in _NOT_BEGUN and row.due_on is not None and row.due_on >= exit_date:
            _cancel(session, row, "exited", now)
        elif _ended_by_exit(row) and row.due_on and row.due_on < exit_date:
            _revive(session, row, now)
    over = exit_date <= now.astimezone(zone).date()
    for row in _rows(session, case, kinds.ENTRY_SURVEY):
        outside = over or (row.due_on is not None and row.due_on >= exit_date)
        if row.status in _NOT_BEGUN and outside:
            _cancel(session, row, "exited", now)
        elif _ended_by_exit(row) and not outside and _worth_sending(row, now):
            _revive(session, row, now)
    plan(session, case, kinds.EXIT_SURVEY, exit_date, zone, now)
    plan(session, case, kinds.FOLLOW_UP, follow_up_day(exit_date), zone, now)


def exit_taken_back(session: Session, case: Case, reason: str, zone: ZoneInfo, now: datetime) -> None:
    """There is no exit: what belongs to it is cancelled, the check-ins that are still to come are planned again, and the entry
    survey that the exit cancelled, unless its time is over."""
    for kind in (kinds.EXIT_SURVEY, kinds.FOLLOW_UP):
        for row in _rows(session, case, kind):
            if row.status in (*_NOT_BEGUN, *_RUNNING):
                _cancel(session, row, reason, now)
    today = now.astimezone(zone).date()
    for row in _rows(session, case, kinds.CHECK_IN):
        if _ended_by_exit(row) and row.due_on and row.due_on >= today:
            _revive(session, row, now)
    for row in _rows(session, case, kinds.ENTRY_SURVEY):
        if _ended_by_exit(row) and _worth_sending(row, now):
            _revive(session, row, now)


def plan(
    session: Session, case: Case, kind: str, day: date, zone: ZoneInfo, now: datetime, *, occurrence: int = 1, fresh: bool = False
) -> FollowUp | None:
    """Have ``kind`` due on ``day``. One that is planned is moved; one that has begun or ended stays as it is.

    ``fresh``: the case was made in this transaction, and nothing of it can be planned yet. A case of a household without a person
    has nobody to write to: ``None``.
    """
    if case.person_id is None:
        return None
    due = moment_on(day, zone, f"{case.id.hex}.{kind}.{occurrence}")
    return plan_at(session, case, kind, due, now, occurrence=occurrence, day=day, fresh=fresh)


def plan_at(
    session: Session,
    case: Case,
    kind: str,
    due: datetime,
    now: datetime,
    *,
    occurrence: int = 1,
    day: date | None = None,
    facts: Mapping[str, str] | None = None,
    fresh: bool = False,
) -> FollowUp | None:
    """Have ``kind`` due at a moment: a reminder of an appointment, a check whether a referral was received.

    ``facts`` fill the slots of its dialogue: ``appointment_when`` (ISO 8601, UTC), ``appointment_where``, ``referral_to``.
    """
    if case.person_id is None:
        return None
    found = None if fresh else _planned(session, case, kind, occurrence)
    if found is None:
        found = FollowUp(
            agency_id=case.agency_id, case_id=case.id, person_id=case.person_id, kind=kind, occurrence=occurrence, due_at=due
        )
    elif found.status is FollowUpStatus.CANCELLED and found.reason in _REVIVED:
        found.status = FollowUpStatus.SCHEDULED
    elif found.status not in _NOT_BEGUN or (found.due_at == due and facts is None):
        return found
    found.status, found.reason, found.waiting_since = FollowUpStatus.SCHEDULED, None, None
    if facts is not None:
        found.facts = dict(facts)
    found.due_on, found.due_at, found.wake_at, found.updated_at = day, due, due, now
    session.add(found)
    return found


def cancel(session: Session, follow_up: FollowUp, reason: str, now: datetime) -> None:
    """It is not wanted any more."""
    if follow_up.status in (*_NOT_BEGUN, *_RUNNING):
        _cancel(session, follow_up, reason, now)


def _planned(session: Session, case: Case, kind: str, occurrence: int) -> FollowUp | None:
    there = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.kind == kind, FollowUp.occurrence == occurrence)
    return session.exec(there.with_for_update()).first()


def _rows(session: Session, case: Case, kind: str) -> list[FollowUp]:
    found = select(FollowUp).where(FollowUp.case_id == case.id, FollowUp.kind == kind).with_for_update()
    return list(session.exec(found))


def _cancel(session: Session, row: FollowUp, reason: str, now: datetime) -> None:
    running = row.status in _RUNNING
    row.status, row.reason, row.wake_at, row.waiting_since, row.updated_at = FollowUpStatus.CANCELLED, reason, None, None, now
    session.add(row)
    if running:
        _let_end(session, row, now)


def _let_end(session: Session, row: FollowUp, now: datetime) -> None:
    """Its conversation is open: no reminder any more, and its time-out, which ends it without a word, comes now."""
    session.flush()
    conversations = session.exec(select(FollowUpAttempt.conversation_id).where(FollowUpAttempt.follow_up_id == row.id)).all()
    for timer in session.exec(
        select(Timer).where(col(Timer.conversation_id).in_(conversations), Timer.status == TimerState.PENDING.value)
    ):
        if timer.kind.value == "remind":
            timer.status = TimerState.VOID.value
        else:
            timer.due_at = now
        session.add(timer)


def _ended_by_exit(row: FollowUp) -> bool:
    return row.status is FollowUpStatus.CANCELLED and row.reason == "exited"


def _worth_sending(row: FollowUp, now: datetime) -> bool:
    return now - row.due_at <= KINDS[row.kind].late


def _revive(session: Session, row: FollowUp, now: datetime) -> None:
    row.status, row.reason, row.wake_at, row.updated_at = FollowUpStatus.SCHEDULED, None, row.due_at, now
    session.add(row)
