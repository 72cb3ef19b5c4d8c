"""Deadlines run in office hours only (CCMM report, stages and clocks: business days, BC statutory holidays off)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.clock import BC
from ccmm_bot.followup.deadlines import USUAL_HOURS, Deadline, OfficeHours, OfficeHoursError, due, is_open
from ccmm_bot.followup.quiet_hours import is_holiday

HOUR, DAY, THREE_DAYS = Deadline(hours=1), Deadline(days=1), Deadline(days=3)
SHORT_FRIDAY = OfficeHours.parse("mon-thu 09:00-17:00, fri 09:00-12:00")
TORONTO = ZoneInfo("America/Toronto")

moments = st.integers(0, 5 * 365 * 24 * 60).map(lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
deadlines = st.one_of(st.integers(1, 40).map(lambda n: Deadline(hours=n)), st.integers(1, 20).map(lambda n: Deadline(days=n)))
offices = st.sampled_from([USUAL_HOURS, SHORT_FRIDAY, OfficeHours.parse("tue 10:00-12:00, sat 00:30-01:30")])
zones = st.sampled_from([BC, TORONTO])


def bc(text: str) -> datetime:
    """A moment on the clock of British Columbia."""
    return datetime.fromisoformat(text).replace(tzinfo=BC)


@pytest.mark.parametrize(
    ("raised", "deadline", "over"),
    [
        ("2026-11-23 10:00", HOUR, "2026-11-23 11:00"),  # Monday
        ("2026-11-23 16:30", HOUR, "2026-11-24 09:30"),
        ("2026-11-23 02:00", HOUR, "2026-11-23 10:00"),  # the office opens at nine
        ("2026-11-20 16:45", HOUR, "2026-11-23 09:45"),  # Friday to Monday
        ("2026-12-24 16:30", HOUR, "2026-12-28 09:30"),  # Christmas Day is a Friday
        ("2026-11-23 10:00", DAY, "2026-11-24 10:00"),
        ("2026-11-20 16:59", DAY, "2026-11-23 16:59"),
        ("2026-11-21 12:00", DAY, "2026-11-24 09:00"),  # Saturday counts from Monday's opening
        ("2026-11-23 10:00", THREE_DAYS, "2026-11-26 10:00"),
        ("2026-11-19 10:00", THREE_DAYS, "2026-11-24 10:00"),
        ("2026-09-28 10:00", THREE_DAYS, "2026-10-02 10:00"),  # 30 September is a holiday in BC
        ("2026-11-10 09:00", DAY, "2026-11-12 09:00"),  # Remembrance Day
    ],
)
def test_a_deadline_skips_nights_weekends_and_holidays(raised: str, deadline: Deadline, over: str) -> None:
    assert due(bc(raised), deadline, USUAL_HOURS, BC) == bc(over)


def test_a_day_that_closes_early_ends_a_deadline_early() -> None:
    assert due(bc("2026-11-19 15:00"), DAY, SHORT_FRIDAY, BC) == bc("2026-11-20 12:00")


def test_office_hours_follow_the_clock_on_the_wall_where_it_changes() -> None:
    # Toronto puts its clocks back in the night to Sunday, 1 November 2026; a working day there stays one.
    over = due(datetime(2026, 10, 30, 10, 0, tzinfo=TORONTO), DAY, USUAL_HOURS, TORONTO)
    assert over == datetime(2026, 11, 2, 10, 0, tzinfo=TORONTO)


@given(moments, deadlines, offices, zones)
def test_a_deadline_is_later_than_what_it_is_for_and_ends_while_somebody_is_at_work(
    moment: datetime, deadline: Deadline, office: OfficeHours, zone: ZoneInfo
) -> None:
    over = due(moment, deadline, office, zone)
    assert over > moment
    assert over.tzinfo is UTC
    just_before = over - timedelta(microseconds=1)
    assert is_open(over, office, zone) or is_open(just_before, office, zone)
    assert not is_holiday(just_before.astimezone(zone).date())


@given(moments, st.timedeltas(timedelta(0), timedelta(days=9)), deadlines, offices, zones)
def test_what_is_raised_later_is_never_due_earlier(
    moment: datetime, later: timedelta, deadline: Deadline, office: OfficeHours, zone: ZoneInfo
) -> None:
    assert due(moment, deadline, office, zone) <= due(moment + later, deadline, office, zone)


@given(moments, st.integers(1, 20), offices, zones)
def test_hours_are_counted_while_the_office_is_open_and_only_then(
    moment: datetime, hours: int, office: OfficeHours, zone: ZoneInfo
) -> None:
    over = due(moment, Deadline(hours=hours), office, zone)
    minute, counted = moment, timedelta()
    step = timedelta(minutes=5)
    while minute < over and counted <= timedelta(hours=hours):
        if is_open(minute, office, zone):
            counted += min(step, over - minute)
        minute += step
    assert abs(counted - timedelta(hours=hours)) <= 2 * step * (hours + 1)  # as exactly as five-minute steps see it


@given(moments, st.integers(1, 10), st.integers(1, 10), offices, zones)
def test_more_days_are_never_due_earlier(moment: datetime, days: int, more: int, office: OfficeHours, zone: ZoneInfo) -> None:
    assert due(moment, Deadline(days=days), office, zone) < due(moment, Deadline(days=days + more), office, zone)


@pytest.mark.parametrize(
    "text", ["", "always", "mon 17:00-09:00", "fri-mon 09:00-17:00", "mon 9-17", "mon 09:00-17:00, mon 18:00-19:00"]
)
def test_office_hours_that_cannot_be_meant_are_refused(text: str) -> None:
    with pytest.raises(OfficeHoursError, match="mon-thu 09:00-17:00"):
        OfficeHours.parse(text)


@pytest.mark.parametrize(("hours", "days"), [(0, 0), (1, 1), (-1, 0)])
def test_a_deadline_is_hours_or_days(hours: int, days: int) -> None:
    with pytest.raises(ValueError, match="office hours or"):
        Deadline(hours=hours, days=days)
