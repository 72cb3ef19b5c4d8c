"""The demonstration's clock: the machine's, moved. Nobody waits two days for a reminder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class MovableClock:
    """Goes as fast as any clock, from wherever it was last put."""

    def __init__(self) -> None:
        self._offset = timedelta()

    def now(self) -> datetime:
        """The current instant of the demonstration, aware, in UTC."""
        return datetime.now(UTC) + self._offset

    def put(self, moment: datetime) -> None:
        """Make it ``moment`` (aware) now."""
        self._offset = moment - datetime.now(UTC)

    def reset(self) -> None:
        """Show the machine's time again."""
        self._offset = timedelta()
