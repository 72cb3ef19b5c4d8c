"""Sees to it that a flag reaches somebody: it gets a deadline and a reader, and who is next is told when nobody looked.

A flag is raised wherever something happens, with a reason and no more. :meth:`FlagWatch.triage` finds it a moment later and works
out the rest; :meth:`FlagWatch.escalate` finds those whose deadline has passed. Both change the flag and write the notices in one
transaction, and a unique constraint makes each notice one: they may run in any number of processes, and again after a crash.

Who is told: of an urgent flag at once, at any hour, the agency's on-call contact (without one, its supervisors) and the case
manager of the person's case. Of a high one the case manager (without one, the supervisors), at once while the office is open, else
when it opens. Of all others :mod:`ccmm_bot.casework.desk.digest` tells once a morning. When the deadline passes, the
supervisors; when as much office time passes again, the administrators. Where an agency has nobody in one of these roles, the
others stand in.
Whoever of them has linked her own Telegram (:mod:`ccmm_bot.casework.access.staff_telegram`) is told of an urgent flag
there as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from ccmm_bot.casework.agencies.agency import response_times
from ccmm_bot.casework.desk.notices import NOTICE, ON_CALL, RAISED, RAISED_HIGH, by_chat, level_kind
from ccmm_bot.casework.triage import Triage, triage
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import USUAL_HOURS, Deadline, OfficeHours, due, next_open
from ccmm_bot.logs import get_logger
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_id, as_time, as_uuid
from ccmm_bot.store.tables import Role
from ccmm_bot.store.types import new_id, uuid7

_log = get_logger(__name__)

SUPERVISORS: Final = 1
ADMINISTRATORS: Final = 2

_BATCH: Final = 100
_NEW: Final = (
    "SELECT f.id, f.agency_id, f.person_id, f.reason, f.severity, f.first_at, f.last_at, f.level, f.escalate_at, "
    "a.office_hours, a.timezone, a.on_call_email, a.response_times FROM flag f JOIN agency a ON a.id = f.agency_id "
    "WHERE f.due_at IS NULL AND f.status = 'open' ORDER BY f.last_at LIMIT ?"
)
#: The case, and who looks after it today: its case manager, or who stands in.
_CASE: Final = (
    "SELECT c.id, COALESCE((SELECT b.stand_in_id FROM absence b JOIN staff i ON i.id = b.stand_in_id AND i.active "
    "WHERE b.staff_id = c.case_manager_id AND b.first_day <= ? AND b.last_day >= ? ORDER BY b.first_day LIMIT 1), s.id) "
    'FROM person p JOIN "case" c ON c.person_id = p.id OR c.household_id = p.household_id '
    "LEFT JOIN staff s ON s.id = c.case_manager_id AND s.active WHERE p.id = ? ORDER BY c.opened_at DESC LIMIT 1"
)
_TRIAGED: Final = (
    "UPDATE flag SET severity = ?, due_at = ?, escalate_at = ?, assigned_to = COALESCE(assigned_to, ?), "
    "case_id = COALESCE(case_id, ?) WHERE id = ? AND due_at IS NULL AND status = 'open'"
)
_LATE: Final = (
    "SELECT f.id, f.agency_id, f.severity, f.level, f.escalate_at, a.office_hours, a.timezone, a.on_call_email, "
    "a.response_times FROM flag f JOIN agency a ON a.id = f.agency_id "
    "WHERE f.status = 'open' AND f.escalate_at <= ? AND f.due_at IS NOT NULL ORDER BY f.escalate_at LIMIT ?"
)
_RAISED_TO: Final = (
    "UPDATE flag SET level = ?, escalate_at = ? WHERE id = ? AND level = ? AND status = 'open' AND due_at IS NOT NULL RETURNING id"
)
_HISTORY: Final = "INSERT INTO flag_escalation (id, agency_id, flag_id, level, missed_at, at) VALUES (?, ?, ?, ?, ?, ?)"
_AUDIT: Final = (
    "INSERT INTO audit (id, agency_id, at, actor_kind, action, subject_kind, subject_id, detail) "
    "VALUES (?, ?, ?, 'system', ?, 'flag', ?, ?)"
)
_STAFF: Final = "SELECT id FROM staff WHERE agency_id = ? AND role = ? AND active ORDER BY id"
_LINKED: Final = "SELECT id, email FROM staff WHERE agency_id = ? AND active AND telegram_chat IS NOT NULL ORDER BY id"


class FlagWatch:
    """The rules of triage over the store. ``rules`` default to those of this version."""

    def __init__(self, runner: Runner, now: Callable[[], datetime], rules: Triage | None = None) -> None:
        self._runner = runner
        self._now = now
        self._rules = rules or triage()

    async def triage(self, limit: int = _BATCH) -> int:
        """Give new flags, and those that got worse, their deadline and their reader. Returns how many there were."""
        return await self._runner.across(lambda: self._triage(limit))

    async def escalate(self, limit: int = _BATCH) -> int:
        """Tell who is next about open flags whose deadline has passed. Returns how many there were."""
        return await self._runner.across(lambda: self._escalate(limit))

    # --- new flags ----------------------------------------------------------------------------------------------------

    def _triage(self, limit: int) -> Work[int]:
        found: Rows = yield Query(_NEW, (limit,), lock="f")
        for row in found:
            yield from self._triage_one(row)
        return len(found)

    def _triage_one(self, row: Sequence[Any]) -> Work[None]:
        flag, agency, person, reason, raised, first_at, last_at, level, escalate_at, hours, zone, on_call, times = row
        severity = self._rules.severity(reason, Severity(raised))
        again = escalate_at is not None or level > 0
        over = _over(as_time(last_at if again else first_at), self._deadline(severity, times), hours, zone)
        if again and level == 0:
            over = min(over, as_time(escalate_at))  # getting worse never gives anybody more time
        today = self._now().astimezone(ZoneInfo(zone)).date().isoformat()
        cases: Rows = yield Query(_CASE, (today, today, as_uuid(person)))
        case, manager = cases[0] if cases else (None, None)
        next_up = over if level < ADMINISTRATORS else None
        whose = (None if manager is None else as_uuid(manager), None if case is None else as_uuid(case))
        yield Query(_TRIAGED, (severity.value, over, next_up, *whose, as_uuid(flag)))
        detail = orjson.dumps({"severity": severity.value}).decode()
        action = "flag.worse" if again else "flag.raised"
        yield Query(_AUDIT, (uuid7(), as_uuid(agency), self._now(), action, as_uuid(flag), detail))
        if severity is Severity.URGENT:
            told = [ON_CALL] if on_call else (yield from self._staff(agency, SUPERVISORS, on_call))
            mine = [] if manager is None else [as_id(manager)]
            chats = yield from self._chats(agency, [*told, *mine], on_call)
            yield from self._tell(agency, flag, RAISED, [*told, *mine, *chats])
        elif severity is Severity.HIGH:
            told = [as_id(manager)] if manager is not None else (yield from self._staff(agency, SUPERVISORS, on_call))
            yield from self._tell(agency, flag, RAISED_HIGH, told, next_open(self._now(), office_hours(hours), ZoneInfo(zone)))

    # --- flags nobody looked at -----------------------------------------------------------------------------------------

    def _escalate(self, limit: int) -> Work[int]:
        now = self._now()
        found: Rows = yield Query(_LATE, (now, limit), lock="f")
        for flag, agency, severity, level, missed, hours, zone, on_call, times in found:
            up = level + 1
            deadline = self._deadline(Severity(severity), times)
            then = _over(now, deadline, hours, zone) if up < ADMINISTRATORS else None
            mine: Rows = yield Query(_RAISED_TO, (up, then, as_uuid(flag), level))
            if not mine:
                continue  # resolved, or another process was faster
            yield Query(_HISTORY, (uuid7(), as_uuid(agency), as_uuid(flag), up, as_time(missed), now))
            detail = orjson.dumps({"level": up}).decode()
            yield Query(_AUDIT, (uuid7(), as_uuid(agency), now, "flag.escalated", as_uuid(flag), detail))
            told = yield from self._staff(agency, up, on_call)
            chats = (yield from self._chats(agency, told, on_call)) if Severity(severity) is Severity.URGENT else []
            yield from self._tell(agency, flag, level_kind(up), [*told, *chats])
        return len(found)

    # --- both ---------------------------------------------------------------------------------------------------------

    def _deadline(self, severity: Severity, own: Any) -> Deadline:
        """The agency's response time; SQLite gives its JSON as text."""
        kept = orjson.loads(own) if isinstance(own, str | bytes) else own
        return response_times(kept, self._rules)[severity]

    def _staff(self, agency: Any, level: int, on_call: str | None) -> Work[list[str]]:
        """Everybody of this level who is active; where there is nobody, those of the other one, and then who is on call."""
        order = (Role.SUPERVISOR, Role.ADMINISTRATOR) if level == SUPERVISORS else (Role.ADMINISTRATOR, Role.SUPERVISOR)
        for role in order:
            rows: Rows = yield Query(_STAFF, (as_uuid(agency), role.value))
            if rows:
                return [as_id(row[0]) for row in rows]
        if not on_call:
            _log.error("an agency has nobody to be told of a flag: no supervisor, no administrator, no on-call contact")
        return [ON_CALL] if on_call else []

    def _chats(self, agency: Any, told: Sequence[str], on_call: str | None) -> Work[list[str]]:
        """Of those who are told by mail, who is told in her own Telegram too."""
        rows: Rows = yield Query(_LINKED, (as_uuid(agency),))
        on_call = on_call.lower() if on_call and ON_CALL in told else None
        return [by_chat(as_id(staff)) for staff, email in rows if as_id(staff) in told or email == on_call]

    def _tell(self, agency: Any, flag: Any, kind: str, recipients: Iterable[str], at: datetime | None = None) -> Work[None]:
        when = at or self._now()
        for recipient in dict.fromkeys(recipients):
            yield Query(NOTICE, (as_uuid(new_id()), as_uuid(agency), as_uuid(flag), kind, recipient, when, when))


@lru_cache(maxsize=256)
def office_hours(text: str | None) -> OfficeHours:
    """An agency's office hours as they are stored; the usual ones where it has set none."""
    return USUAL_HOURS if text is None else OfficeHours.parse(text)


def _over(moment: datetime, deadline: Deadline, hours: str | None, zone: str) -> datetime:
    return due(moment, deadline, office_hours(hours), ZoneInfo(zone))
