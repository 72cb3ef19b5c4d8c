"""A year of follow-ups, simulated: made-up people, the real store, gate, dialogues and job engine, a clock that is moved.

``make test`` simulates some hundred cases, ``make test-reliability`` ten thousand (``CCMM_TEST_YEAR_CASES``).
"""

from __future__ import annotations

import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ccmm_bot.settings import Settings
from ccmm_bot.worker.simulation import Report, Trouble, simulate
from tests.reliability import figures

CASES = int(os.environ.get("CCMM_TEST_YEAR_CASES", "150"))
TROUBLED = min(CASES, 1000)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # nothing of it is worth waiting for the disk
START = datetime(2026, 11, 23, 19, tzinfo=UTC)

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("jobs")]


async def year(cases: int, trouble: Trouble | None = None) -> Report:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        settings = Settings(
            _env_file=None,
            database_url=f"sqlite:///{folder}/year.sqlite3",
            secret_key_file=Path(folder) / "secret.key",
        )
        return await simulate(settings, cases=cases, months=12, start=START, trouble=trouble)


def keep(year: str, report: Report) -> None:
    told: dict[str, str | int] = {
        "year": year,
        "cases": report.cases,
        "follow-ups": sum(report.follow_ups.values()),
        "messages": report.messages,
        "promises broken": sum(report.broken.values()),
        "time": f"{report.seconds:.0f} s",
    }
    figures.keep("year", year, told)


async def test_every_follow_up_is_sent_once_in_allowed_hours_on_its_day_or_carries_a_reason() -> None:
    report = await year(CASES)
    print("\n".join(report.lines()))
    keep("quiet", report)
    assert report.broken == {}
    assert sum(report.follow_ups.values()) >= CASES
    if CASES >= 10_000:
        assert report.seconds < 300


async def test_crashes_restarts_repeats_and_a_clock_that_is_set_change_nothing() -> None:
    quiet = await year(TROUBLED)
    troubled = await year(TROUBLED, Trouble(crash=0.05, twice=0.1, restart=0.01, clock=0.01))
    keep("troubled", troubled)
    assert troubled.broken == {}
    assert troubled.outcome == quiet.outcome
