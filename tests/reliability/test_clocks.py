"""The machine's clock is set while the service runs, a day forth and back, across the day of follow-ups: nothing twice or at night.

The real program under libfaketime, for which the clock is a line in a file. That takes minutes: only ``CCMM_TEST_CLOCKS=1`` runs it
(`make test-reliability`); in every run of the tests the same is tried with the service's own clock, in test_year.py.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import col, select

from ccmm_bot.followup.quiet_hours import next_allowed
from ccmm_bot.store.database import Database
from ccmm_bot.store.safekeeping import open_keys
from ccmm_bot.store.tables import Agency, FollowUp, FollowUpAttempt, Outbox
from tests.reliability import figures
from tests.reliability.alone import Alone
from tests.reliability.followed_up import plan_follow_ups
from tests.standins.fixtures import twilio
from tests.standins.twilio_api import TwilioStandin

__all__ = ["twilio"]

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
FOLLOWED_UP = 6
CHANGES = 7
pytestmark = [pytest.mark.faketime, pytest.mark.timeout(900)]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.5)
    return condition()


def last_moment(database: Database) -> datetime:
    """The last one at which somebody has to look at a follow-up; now, where nobody has."""
    with database.store.installation() as session:
        found = session.exec(select(FollowUp.wake_at).where(col(FollowUp.wake_at).is_not(None))).all()
    return max((moment for moment in found if moment is not None), default=datetime.now(UTC) + timedelta(days=1))


def set_while_it_runs(twilio: TwilioStandin, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    service = Alone(
        tmp_path,
        twilio.url,
        module="tests.reliability.slept",
        environment={
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        },
    )
    service.start(within_s=120)
    service.kill()
    database = Database(service.database, open_keys(service.database, tmp_path / "secret.key"))
    now = datetime.now(UTC)
    assert plan_follow_ups(database.store, FOLLOWED_UP, now, 1.0), "there is no place on Earth in whose sending hours we are"
    with database.store.installation(write=True) as session:
        zone = ZoneInfo(session.exec(select(Agency.timezone)).first() or "")
        due = list(session.exec(select(FollowUp).order_by(col(FollowUp.id))))
        for number, row in enumerate(due):
            row.due_at = row.wake_at = now + (timedelta(), timedelta(hours=11), timedelta(hours=23))[number % 3]
    third = FOLLOWED_UP // 3

    def gone() -> int:
        return len({message.to for message in twilio.messages})

    try:
        service.start(within_s=120)
        assert within(60, lambda: gone() == third), gone()
        clock.write_text("+12h\n")  # the night
        assert not within(15, lambda: gone() > third), "something was sent at night"
        clock.write_text("-1d\n")
        assert not within(15, lambda: gone() > third)
        clock.write_text("+1d\n")  # the next day, across what is due
        assert within(90, lambda: gone() >= 2 * third), gone()
        # What came due in the night is spread over the next sending hours: to the last of those moments.
        clock.write_text(f"+{(last_moment(database) - datetime.now(UTC)).total_seconds() + 60:.0f}\n")
        assert within(90, lambda: gone() == FOLLOWED_UP), f"something still waits: {gone()}"
        for setting in ("-1d\n", "+0\n", "+1d\n"):
            clock.write_text(setting)
            within(6, lambda: False)
    finally:
        service.kill()
    with database.store.installation() as session:
        attempts = Counter(session.exec(select(FollowUpAttempt.follow_up_id)))
        sent = [row.attempted_at for row in session.exec(select(Outbox)) if row.attempted_at is not None]
    database.store.close()
    opened = Counter((message.to, message.body) for message in twilio.messages)
    told = {
        "follow-ups": FOLLOWED_UP,
        "begun": len(attempts),
        "messages": len(twilio.messages),
        "the clock was set": CHANGES,
        "sent at night": sum(next_allowed(moment, zone) != moment for moment in sent),
        "begun or sent twice": sum(n > 1 for n in (*attempts.values(), *opened.values())),
    }
    figures.keep("clocks", "sqlite", told)
    print(f"\n{told}")
    assert max(attempts.values()) == 1, "a follow-up was begun twice"
    assert max(opened.values()) == 1, "a message was sent twice"
    assert all(next_allowed(moment, zone) == moment for moment in sent), "a message was sent in quiet hours"


if os.environ.get("CCMM_TEST_CLOCKS"):

    def test_a_clock_that_is_set_sends_nothing_twice_and_nothing_at_night(twilio: TwilioStandin, tmp_path: Path) -> None:
        set_while_it_runs(twilio, tmp_path)
