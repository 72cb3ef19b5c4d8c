"""The day a follow-up is due, and the moment on it."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccmm_bot.clock import BC
from ccmm_bot.followup.dates import add_months, check_in_days, follow_up_day
from ccmm_bot.followup.hours import SafeHours, moment_after, moment_on, next_moment, windows
from ccmm_bot.followup.quiet_hours import is_holiday, sending_hours

#: The holidays of a year are worked out once, which takes its time on a busy machine.
PATIENT = settings(deadline=None)

TORONTO = ZoneInfo("America/Toronto")

days = st.dates(min_value=date(2024, 1, 1), max_value=date(2040, 12, 31))
months = st.integers(min_value=1, max_value=60)
keys = st.text(min_size=1, max_size=40)
zones = st.sampled_from([BC, TORONTO, ZoneInfo("America/St_Johns")])
clock_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))


class TestMonths:
    @pytest.mark.parametrize(
        ("exit_date", "due"),
        [
            (date(2026, 11, 30), date(2027, 2, 28)),
            (date(2027, 11, 30), date(2028, 2, 29)),
            (date(2026, 11, 15), date(2027, 2, 15)),
            (date(2026, 10, 31), date(2027, 1, 31)),
            (date(2026, 3, 31), date(2026, 6, 30)),
            (date(2024, 2, 29), date(2024, 5, 29)),
        ],
    )
    def test_three_calendar_months_after_the_exit(self, exit_date: date, due: date) -> None:
        assert follow_up_day(exit_date) == due

    @PATIENT
    @given(days, months)
    def test_the_same_day_of_the_month_or_its_last(self, day: date, count: int) -> None:
        later = add_months(day, count)
        assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == count
        assert later.day == min(day.day, calendar.monthrange(later.year, later.month)[1])

    @PATIENT
    @given(days, days, months)
    def test_who_left_later_is_never_due_earlier(self, one: date, other: date, count: int) -> None:
        assert (add_months(one, count) <= add_months(other, count)) or one > other

    @PATIENT
    @given(days)
    def test_check_ins_are_counted_from_the_start_and_end_before_the_exit(self, start: date) -> None:
        until = add_months(start, 10)
        found = check_in_days(start, until)
        assert found == tuple(add_months(start, n) for n in (3, 6, 9))


class TestMoments:
    @PATIENT
    @given(days, keys, zones)
    def test_on_the_day_or_the_next_one_on_which_we_may_write(self, day: date, key: str, zone: ZoneInfo) -> None:
        moment = moment_on(day, zone, key)
        assert moment is not None
        local = moment.astimezone(zone)
        hours = sending_hours(local.date())
        assert hours is not None
        assert hours[0] <= local.time() < hours[1]
        assert local.date() >= day
        assert all(is_holiday(day + timedelta(days=n)) for n in range((local.date() - day).days))

    @PATIENT
    @given(days, keys, zones)
    def test_the_same_moment_every_time(self, day: date, key: str, zone: ZoneInfo) -> None:
        assert moment_on(day, zone, key) == moment_on(day, zone, key)

    def test_spread_over_the_whole_day(self) -> None:
        hours = [moment_on(date(2026, 11, 24), BC, str(n)) for n in range(2000)]
        local = [each.astimezone(BC).hour for each in hours]
        assert all(100 < local.count(hour) < 240 for hour in range(9, 20))

    @PATIENT
    @given(st.builds(datetime.combine, days, st.times(), st.just(UTC)), keys, zones)
    def test_what_is_past_goes_out_at_the_next_allowed_hour(self, moment: datetime, key: str, zone: ZoneInfo) -> None:
        found, allowed = moment_after(moment, zone, key), next_moment(moment, zone)
        assert found is not None
        assert allowed is not None
        assert next_moment(found, zone) == found >= allowed >= moment
        assert found.astimezone(zone).date() == allowed.astimezone(zone).date()

    @PATIENT
    @given(days, zones, clock_times, clock_times)
    def test_safe_hours_only_ever_narrow(self, day: date, zone: ZoneInfo, start: time, end: time) -> None:
        safe = SafeHours(start, end)
        for first, last in windows(day, zone, safe):
            hours = sending_hours(day)
            assert hours is not None
            local = first.astimezone(zone)
            assert first < last
            assert hours[0] <= local.time()
            assert (start <= local.time() < end) if start < end else (local.time() >= start or local.time() < end)

    def test_where_no_hour_is_safe_that_is_said(self) -> None:
        safe = SafeHours(time(22), time(23))
        assert next_moment(datetime(2026, 11, 24, 18, tzinfo=UTC), BC, safe) is None


class TestZones:
    """British Columbia has stayed on UTC-7 since March 2026; Ontario goes on changing its clocks."""

    @PATIENT
    @given(st.dates(min_value=date(2026, 3, 9), max_value=date(2040, 1, 1)))
    def test_british_columbia_is_seven_hours_behind_all_year(self, day: date) -> None:
        assert datetime.combine(day, time(12), tzinfo=BC).utcoffset() == timedelta(hours=-7)

    def test_so_toronto_is_three_hours_ahead_in_summer_and_two_in_winter(self) -> None:
        for day, hours in ((date(2027, 7, 5), 3), (date(2027, 1, 5), 2)):
            noon = time(12)
            apart = datetime.combine(day, noon, tzinfo=BC) - datetime.combine(day, noon, tzinfo=TORONTO)
            assert apart == timedelta(hours=hours)

    def test_tables_come_from_the_package_and_not_from_the_machine(self) -> None:
        import zoneinfo

        assert zoneinfo.TZPATH == ()

    @PATIENT
    @given(st.dates(min_value=date(2025, 3, 1), max_value=date(2032, 1, 1)))
    def test_nine_on_the_clock_is_nine_on_the_day_the_clocks_change(self, day: date) -> None:
        for start, _ in windows(day, TORONTO):
            assert start.astimezone(TORONTO).time() in (time(9), time(10))
