"""An agency's own settings, as its administrator sees and changes them on the pages.

What belongs to the installation (the service's name in messages, its channels, its dialogues) is shown and set elsewhere: one
program speaks for all of its agencies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import Session, select

from ccmm_bot.casework.access.policy import Permission, Reader, require
from ccmm_bot.casework.agencies.offices import OfficeError, check_hours, check_on_call
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.casework.triage import Triage, triage
from ccmm_bot.dialogue.model import Severity
from ccmm_bot.followup.deadlines import Deadline
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency

#: What an agency may ask for: at most so many hours of open office, or working days.
MOST_HOURS: Final = 40
MOST_DAYS: Final = 30
#: Payloads are kept at least so long: a provider delivers again for days.
LEAST_RAW_DAYS: Final = 14
MOST_RAW_DAYS: Final = 3650
#: What an agency leaves of the sending hours is something on every day: minutes, the end of the first hour, the begin of the last.
_LEAST_SENDING: Final = 60
_EARLIEST: Final = 11 * 60
_LATEST: Final = 17 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySettings:
    """What can be set. ``None`` is what this version does by itself."""

    office_hours: str | None
    on_call_email: str | None
    response_times: Mapping[Severity, Deadline]
    sending_from: int | None  # minutes after midnight
    sending_until: int | None
    keep_raw_days: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyView:
    """The agency, for its page."""

    name: str
    service_name: str
    timezone: str
    settings: AgencySettings


def agency_settings(store: Store, reader: Reader) -> AgencyView:
    """The reader's agency."""
    require(reader, Permission.ADMINISTER)
    with store.reading(reader) as session:
        row = _row(session, reader)
    return AgencyView(
        name=row.name,
        service_name=row.service_name,
        timezone=row.timezone,
        settings=AgencySettings(
            office_hours=row.office_hours,
            on_call_email=row.on_call_email,
            response_times=response_times(row.response_times),
            sending_from=row.sending_from,
            sending_until=row.sending_until,
            keep_raw_days=row.keep_raw_days,
        ),
    )


def change_settings(store: Store, reader: Reader, wanted: AgencySettings, now: datetime) -> None:
    """Keep new settings. Raises :class:`ccmm_bot.casework.agencies.offices.OfficeError`, which says what is wrong."""
    require(reader, Permission.ADMINISTER)
    hours = check_hours(wanted.office_hours) if wanted.office_hours else None
    on_call = check_on_call(wanted.on_call_email or "")
    _check_numbers(wanted)
    usual = triage().deadlines
    with store.writing(reader) as session:
        row = _row(session, reader)
        before = _plain(row)
        row.office_hours, row.on_call_email = hours, on_call
        row.sending_from, row.sending_until = wanted.sending_from, wanted.sending_until
        row.keep_raw_days = wanted.keep_raw_days
        own = {severity: limit for severity, limit in wanted.response_times.items() if limit != usual[severity]}
        row.response_times = {severity.value: _number(limit) for severity, limit in own.items()} or None
        session.add(row)
        changed = sorted(name for name, value in _plain(row).items() if value != before[name])
        session.add(done_by(reader, "agency.settings_changed", "agency", row.id, now, {"changed": changed}))


def response_times(kept: Mapping[str, Any] | None, rules: Triage | None = None) -> Mapping[Severity, Deadline]:
    """Until when somebody has to have looked, by severity: the agency's own times over those of ``triage.toml``."""
    usual = (rules or triage()).deadlines
    own = kept or {}
    return {severity: Deadline(**own[severity.value]) if severity.value in own else usual[severity] for severity in Severity}


def _check_numbers(wanted: AgencySettings) -> None:
    for limit in wanted.response_times.values():
        most = MOST_HOURS if limit.hours else MOST_DAYS
        if not 1 <= (limit.hours or limit.days or 0) <= most:
            raise OfficeError(
                "A response time is 1 to {hours} hours of open office, or 1 to {days} working days.",
                hours=MOST_HOURS,
                days=MOST_DAYS,
            )
    start, end = wanted.sending_from, wanted.sending_until
    if (start is None) != (end is None):
        raise OfficeError("Give both ends of the sending hours, or neither.")
    if start is not None and end is not None and not (start + _LEAST_SENDING <= end and start <= _LATEST and end >= _EARLIEST):
        raise OfficeError(
            "The sending hours have to leave at least an hour between 10:00 and 18:00: on a weekend there is no other."
        )
    if wanted.keep_raw_days is not None and not LEAST_RAW_DAYS <= wanted.keep_raw_days <= MOST_RAW_DAYS:
        raise OfficeError("Payloads are kept {least} to {most} days, or without an end.", least=LEAST_RAW_DAYS, most=MOST_RAW_DAYS)


def _row(session: Session, reader: Reader) -> Agency:
    return session.exec(select(Agency).where(Agency.id == reader.agency_id)).one()


def _plain(row: Agency) -> dict[str, Any]:
    names = ("office_hours", "on_call_email", "response_times", "sending_from", "sending_until", "keep_raw_days")
    return {name: getattr(row, name) for name in names}


def _number(limit: Deadline) -> dict[str, int]:
    return {"hours": limit.hours} if limit.hours else {"days": limit.days or 0}
