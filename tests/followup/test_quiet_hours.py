"""When we may write first (CRTC Unsolicited Telecommunications Rules, hours of calling)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccmm_bot.clock import BC
from ccmm_bot.followup.quiet_hours import is_holiday, next_allowed, sending_hours

YEARS = range(2024, 2041)


def bc(text: str) -> datetime:
    """A moment on the clock of British Columbia."""
    return datetime.fromisoformat(text).replace(tzinfo=BC)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2026-11-23 09:00", "2026-11-23 09:00"),  # Monday
        ("2026-11-23 21:29", "2026-11-23 21:29"),
        ("2026-11-23 21:30", "2026-11-24 09:00"),
        ("2026-11-23 08:59", "2026-11-23 09:00"),
        ("2026-11-24 00:00", "2026-11-24 09:00"),
        ("2026-11-21 09:30", "2026-11-21 10:00"),  # Saturday
        ("2026-11-21 17:59", "2026-11-21 17:59"),
        ("2026-11-21 18:00", "2026-11-22 10:00"),
        ("2026-11-22 18:00", "2026-11-23 09:00"),  # Sunday evening
        ("2026-12-25 12:00", "2026-12-26 10:00"),  # Christmas Day; Boxing Day is no statutory holiday in BC, and a Saturday
        ("2026-07-01 12:00", "2026-07-02 09:00"),  # Canada Day
        ("2026-08-03 12:00", "2026-08-04 09:00"),  # British Columbia Day
        ("2026-09-30 12:00", "2026-10-01 09:00"),  # National Day for Truth and Reconciliation
        ("2027-02-15 12:00", "2027-02-16 09:00"),  # Family Day
        ("2026-12-31 23:00", "2027-01-02 10:00"),  # New Year's Day lies between
    ],
)
def test_the_next_allowed_moment(moment: str, allowed: str) -> None:
    assert next_allowed(bc(moment), BC) == bc(allowed)


def test_the_recipients_clock_counts_and_not_ours() -> None:
    eleven_in_toronto = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # 23:00 there, 21:00 in BC
    assert next_allowed(eleven_in_toronto, BC) == eleven_in_toronto
    assert next_allowed(eleven_in_toronto, ZoneInfo("America/Toronto")) > eleven_in_toronto


moments = st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2040-01-01"), timezones=st.just(UTC))
zones = st.sampled_from(["America/Vancouver", "America/Toronto", "America/St_Johns", "Asia/Kabul"]).map(ZoneInfo)


@given(moment=moments, zone=zones)
def test_it_is_never_in_the_past_is_allowed_itself_and_comes_within_five_days(moment: datetime, zone: ZoneInfo) -> None:
    allowed = next_allowed(moment, zone)
    assert moment <= allowed <= moment + timedelta(days=5)
    assert next_allowed(allowed, zone) == allowed
    local = allowed.astimezone(zone)
    hours = sending_hours(local.date())
    assert hours is not None
    assert hours[0] <= local.time() < hours[1]
    assert not is_holiday(local.date())


def test_the_holidays_are_those_the_library_has_for_british_columbia() -> None:
    theirs = holidays.country_holidays("CA", subdiv="BC", years=YEARS)
    days = [datetime(YEARS[0], 1, 1, tzinfo=BC) + timedelta(days=n) for n in range(365 * len(YEARS))]
    assert [day.date() for day in days if is_holiday(day.date())] == sorted(day for day in theirs if day <= days[-1].date())
