"""Once a morning everybody hears how many flags wait for her: those nobody is told of when they are raised, and those still open.

The digest is a notice like any other (:mod:`ccmm_bot.casework.desk.notices`): it says a number and where to look. A
case manager hears of her own flags; flags that are nobody's are those of the supervisors (without one, of the administrators).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from ccmm_bot.casework.desk.notices import DIGEST, NOTICE
from ccmm_bot.casework.desk.watch import office_hours
from ccmm_bot.followup.deadlines import OfficeHours, is_open
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_id, as_uuid
from ccmm_bot.store.tables import Role
from ccmm_bot.store.types import new_id

_AGENCIES: Final = "SELECT id, office_hours, timezone FROM agency"
#: The oldest open flag of each reader; of ``None``: those without one.
_OPEN: Final = (
    "SELECT f.id, s.id FROM flag f LEFT JOIN staff s ON s.id = f.assigned_to AND s.active "
    "WHERE f.agency_id = ? AND f.status = 'open' ORDER BY f.first_at, f.id"
)
_LEADING: Final = "SELECT id, role FROM staff WHERE agency_id = ? AND active AND role IN (?, ?)"
_TOLD: Final = "SELECT recipient FROM notification WHERE agency_id = ? AND kind = ?"


class Digest:
    """Writes the notices of a day."""

    def __init__(self, runner: Runner, now: Callable[[], datetime]) -> None:
        self._runner = runner
        self._now = now

    async def write(self) -> int:
        """Of every agency whose office is open: a notice to everybody for whom flags wait and who has had none today. Any number of
        times a day; returns how many were written."""
        return await self._runner.across(self._write)

    def _write(self) -> Work[int]:
        now, written = self._now(), 0
        agencies: Rows = yield Query(_AGENCIES, ())
        for agency, hours, name in agencies:
            written += yield from self._agency(as_id(agency), office_hours(hours), ZoneInfo(name), now)
        return written

    def _agency(self, agency: str, hours: OfficeHours, zone: ZoneInfo, now: datetime) -> Work[int]:
        open_: Rows = yield Query(_OPEN, (as_uuid(agency),))
        # Holidays are asked for last: their library is loaded with the first flag that waits (six megabytes).
        if not open_ or not is_open(now, hours, zone):
            return 0
        kind = f"{DIGEST}{now.astimezone(zone).date()}"
        first: dict[str, str] = {}
        for flag, staff in open_:
            readers = [as_id(staff)] if staff is not None else (yield from self._leading(agency))
            for reader in readers:
                first.setdefault(reader, as_id(flag))
        told: Rows = yield Query(_TOLD, (as_uuid(agency), kind))
        new = first.keys() - {row[0] for row in told}
        for reader in sorted(new):
            yield Query(NOTICE, (as_uuid(new_id()), as_uuid(agency), as_uuid(first[reader]), kind, reader, now, now))
        return len(new)

    def _leading(self, agency: str) -> Work[list[str]]:
        rows: Rows = yield Query(_LEADING, (as_uuid(agency), Role.SUPERVISOR.value, Role.ADMINISTRATOR.value))
        for role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
            found = [as_id(row[0]) for row in rows if row[1] == role.value]
            if found:
                return found
        return []
