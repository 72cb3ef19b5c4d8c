"""Turns of our senders, shared by every process that sends: nobody together sends faster than the provider takes it.

A sender's next free moment is a number in its row, on the database's clock, so that the clocks of several hosts need not agree.
Taking a turn moves it on. A process that dies with a turn in hand wastes that one and no more. A moment further away than turns can
be is one from before the clock was set back: nobody waits for it.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from ccmm_bot.clock import Clock
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work, as_time

_TAKE: Final = (
    "UPDATE channel_account SET free_at = "
    "CASE WHEN free_at > {now} AND free_at < {now} + CAST(? AS double precision) THEN free_at ELSE {now} END "
    "+ CAST(? AS double precision) "
    "WHERE channel = ? AND account = ? RETURNING free_at - {now}"
)
#: Turns in hand: of so many processes, one each or what fits into some tenths of a second.
_FURTHEST: Final = 50
_FURTHEST_S: Final = 30.0
_LAST: Final = "SELECT attempted_at FROM outbox WHERE conversation_id = ? AND attempted_at IS NOT NULL ORDER BY seq DESC LIMIT 1"


class Slots:
    """The turns of every sender, in the store."""

    def __init__(self, runner: Runner, clock: Clock) -> None:
        self._runner = runner
        self._clock = clock
        self._take_sql = _TAKE.format(now=runner.epoch)

    async def take(self, channel: ChannelKind, account: str, count: int, every_s: float) -> float:
        """Take ``count`` turns in a row, ``every_s`` seconds apart. In how many seconds the first one comes."""

        def work() -> Work[float]:
            rows: Rows = yield Query(self._take_sql, (_FURTHEST_S + _FURTHEST * every_s, count * every_s, channel.value, account))
            return max(0.0, float(rows[0][0]) - count * every_s) if rows else 0.0

        return await self._runner.across(work)

    async def chat_free_in(self, conversation_id: str, every_s: float) -> float:
        """In how many seconds a conversation may get another message: ``every_s`` after whoever sent the last one did."""
        key = UUID(conversation_id)

        def work() -> Work[float]:
            rows: Rows = yield Query(_LAST, (key,))
            if not rows:
                return 0.0
            gone = (self._clock.now() - as_time(rows[0][0])).total_seconds()
            return min(max(every_s - gone, 0.0), every_s)

        return await self._runner.across(work, optimistic=True)
