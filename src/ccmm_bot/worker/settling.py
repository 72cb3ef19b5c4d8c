"""What became of a message whose sending ended in silence.

No provider takes an idempotency key, so the only safe way to send again is to know that the first attempt failed. Twilio can be
asked what it holds; the list lags a little, so a message counts as "never arrived" only when it is missing from a list read a good
while after the attempt. Receipts settle most cases before that. Telegram cannot be asked: there the message is sent again, because
a question that never comes is worse than one that comes twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from ccmm_bot.channels.registry import Channels
from ccmm_bot.logs import get_logger
from ccmm_bot.messages import OutboundMessage, RefusedRetry, Sent
from ccmm_bot.store.outbox import Outbox, Reconcile

_log = get_logger(__name__)

#: Twilio's list is eventually consistent; nobody says how late it can be. Minutes are far beyond what has been seen.
ABSENT_AFTER = timedelta(minutes=2)

#: After so long, nothing new will be learnt.
GIVE_UP_AFTER = timedelta(minutes=30)

_CHANNEL_OFF = timedelta(minutes=5)


@runtime_checkable
class Searchable(Protocol):
    """A channel whose provider can be asked what it holds."""

    async def find(self, message: OutboundMessage, *, since: datetime) -> tuple[str, ...]:
        """Provider ids of messages that may be this one, made at ``since`` or later."""


class Settler:
    """Finds out, for one process."""

    def __init__(
        self, outbox: Outbox, channels: Channels, now: Callable[[], datetime], *, absent_after: timedelta = ABSENT_AFTER
    ) -> None:
        self._outbox = outbox
        self._channels = channels
        self._now = now
        self._absent_after = absent_after

    async def settle(self, unknown: Reconcile) -> bool:
        """Try once; whether the conversation can go on.

        Exactly one message at the provider that no other message of ours accounts for is it. None at all, long enough after the
        attempt: it was never sent. Several: nobody can tell, and it is not sent again.
        """
        message, age = unknown.message, self._now() - unknown.attempted_at
        channel = self._channels.get(message.channel, message.account)
        if channel is None:
            await self._outbox.look_again(message.id, self._now() + _CHANNEL_OFF)
            return False
        if not isinstance(channel, Searchable):
            await self._outbox.mark(message.id, RefusedRetry(code="unknown", reason="the outcome cannot be found out", delay_s=0))
            return True
        try:
            found = await channel.find(message, since=unknown.since)
        except Exception as error:
            _log.info("a provider could not be asked about an unknown outcome", error=type(error))
            return await self._later(message, age)
        unaccounted = await self._outbox.unaccounted(message.id, found)
        if len(unaccounted) == 1:
            await self._outbox.mark(message.id, Sent(provider_message_id=unaccounted[0]))
            return True
        if not unaccounted and age >= self._absent_after:
            await self._outbox.mark(message.id, RefusedRetry(code="not_found", reason="the provider does not have it", delay_s=0))
            return True
        return await self._later(message, age)

    async def _later(self, message: OutboundMessage, age: timedelta) -> bool:
        """Look again, later and later; give up in the end."""
        if age >= GIVE_UP_AFTER:
            _log.warning("nobody will find out whether a message was sent", message=message.id)
            await self._outbox.give_up(message.id)
            return True
        wait = max(min(age, self._absent_after - age), timedelta(seconds=2)) if age < self._absent_after else age / 2
        await self._outbox.look_again(message.id, self._now() + wait)
        return False
