"""Time at the edge: aware UTC instants, and the one place that reads the machine's clock.

Rules about wall-clock time come from the PyPI ``tzdata`` package and never from the operating system: British Columbia stays
on UTC-7 all year since 2026, and the tables an operating system ships are often older than that.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from typing import Protocol

zoneinfo.reset_tzpath(to=())

BC = zoneinfo.ZoneInfo("America/Vancouver")


class Clock(Protocol):
    """Tells what time it is. Passed in wherever time matters, so that a test can move it."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until told otherwise: for simulations and tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was last set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move to ``moment`` (aware)."""
        self._now = moment.astimezone(UTC)
