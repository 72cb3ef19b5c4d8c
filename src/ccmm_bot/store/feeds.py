"""Who asks for a bot's updates: one process at a time, for a provider gives them to one and refuses the others.

The row of the sender names its owner and until when, on the database's clock. Whoever does not renew in time has lost it.
"""

from __future__ import annotations

from typing import Final

from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.hot.work import Query, Rows, Runner, Work

#: So long a process owns a feed without renewing it. With a look every :data:`EVERY_S`, another takes over within 25 seconds.
LEASE_S: Final = 20.0
EVERY_S: Final = 5.0

#: Nobody owns a feed for longer than that: the clock was set back.
_FURTHEST_S: Final = 3 * LEASE_S

_TAKE: Final = (
    "UPDATE channel_account SET feed_owner = ?, feed_until = {now} + CAST(? AS double precision) WHERE channel = ? AND account = ? "
    "AND (feed_owner = ? OR feed_until IS NULL OR feed_until < {now} OR feed_until > {now} + ?) RETURNING id"
)
_GIVE: Final = "UPDATE channel_account SET feed_until = NULL WHERE channel = ? AND account = ? AND feed_owner = ?"


class FeedLeases:
    """The owners of feeds, as one process sees them. ``owner`` is a name no other process has."""

    def __init__(self, runner: Runner, owner: str, *, lease_s: float = LEASE_S) -> None:
        self._runner = runner
        self._owner = owner
        self._lease_s = lease_s
        self._take_sql = _TAKE.format(now=runner.epoch)

    async def take(self, channel: ChannelKind, account: str) -> bool:
        """Own the feed, or go on owning it; ``False`` where another process does."""

        def work() -> Work[bool]:
            rows: Rows = yield Query(self._take_sql, (self._owner, self._lease_s, channel.value, account, self._owner, _FURTHEST_S))
            return bool(rows)

        return await self._runner.across(work)

    async def give(self, channel: ChannelKind, account: str) -> None:
        """Let another process have it at once."""

        def work() -> Work[None]:
            yield Query(_GIVE, (channel.value, account, self._owner))

        await self._runner.across(work)
