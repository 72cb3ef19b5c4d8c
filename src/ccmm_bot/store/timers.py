"""Timers that are due, for whoever fires them."""

from __future__ import annotations

from datetime import datetime

from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_uuid


class Timers:
    """The worker's view of reminders and time-outs. Firing one is ``Receiver.fire``; firing it twice does nothing."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def due(self, now: datetime, limit: int = 100) -> list[str]:
        """Ids of pending timers due at ``now``, the longest overdue first. Costs microseconds when there is none."""
        return await self._runner.across(lambda: self._due(now, limit))

    def _due(self, now: datetime, limit: int) -> Work[list[str]]:
        rows: Rows = yield Query("SELECT id FROM timer WHERE status = 0 AND due_at <= ? ORDER BY due_at LIMIT ?", (now, limit))
        return [str(as_uuid(row[0])) for row in rows]
