"""Everything that works in the background of one process: sending, timers, and Telegram's updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ccmm_bot.casework.access.staff_telegram import StaffDoor
from ccmm_bot.clock import Clock
from ccmm_bot.logs import get_logger
from ccmm_bot.store.attachments import Attachments
from ccmm_bot.store.feeds import FeedLeases
from ccmm_bot.store.outbox import Outbox
from ccmm_bot.store.timers import Timers
from ccmm_bot.worker.feeding import Feed, OwnedFeed
from ccmm_bot.worker.media import MediaLoop
from ccmm_bot.worker.notices import FlagLoop
from ccmm_bot.worker.provided import Provided
from ccmm_bot.worker.sender import Sender
from ccmm_bot.worker.timers import TimerLoop

if TYPE_CHECKING:
    from ccmm_bot.channels.telegram.feed import TelegramFeed
    from ccmm_bot.channels.telegram.send import TelegramChannel

_log = get_logger(__name__)


class WithSending(Provided, Protocol):
    """And what sending and timers use."""

    @property
    def outbox(self) -> Outbox:
        """Messages on their way out."""

    @property
    def timers(self) -> Timers:
        """Reminders and time-outs."""


class Worker:
    """``await start()``, and ``await stop()`` in the end. The receiver's answers are sent as soon as they are committed."""

    def __init__(self, runtime: WithSending) -> None:
        receiver, clock = runtime.receiver, runtime.clock
        self._receiver = receiver
        self.sender = Sender(runtime.outbox, runtime.channels, clock.now)
        self.timers = TimerLoop(runtime.timers.due, receiver.fire, clock.now)
        self.flags = FlagLoop(
            runtime.database.runner, runtime.settings, clock.now, channels=runtime.channels, keys=runtime.database.keys
        )
        self._staff_door = StaffDoor(store=runtime.database.store, now=clock.now, locales_dir=runtime.settings.locales_dir)
        self.media = MediaLoop(Attachments(runtime.database.runner, runtime.database.keys, clock), runtime.channels)
        leases = FeedLeases(runtime.database.runner, self.sender.owner)
        self.feeds = tuple(self._feed(bot, leases, clock) for bot in runtime.channels.bots())

    def _feed(self, bot: TelegramChannel, leases: FeedLeases, clock: Clock) -> Feed:
        """A bot's updates. Any number of processes may set its webhook; only one may poll."""
        from ccmm_bot.channels.telegram.feed import TelegramFeed
        from ccmm_bot.channels.telegram.intake import TelegramIntake

        def make() -> TelegramFeed:
            intake = TelegramIntake(
                bot,
                receive=self._receiver.receive,
                quarantine=self._receiver.quarantine,
                now=clock.now,
                staff_door=self._staff_door,
            )
            return TelegramFeed(bot, intake)

        return make() if bot.settings.by_webhook else OwnedFeed(leases, bot.kind, bot.account, make)

    async def start(self) -> None:
        """Begin with what was left behind, then with what comes."""
        self._receiver.sent_by(self.sender)
        await self.sender.start()
        await self.timers.start()
        await self.flags.start()
        await self.media.start()
        for feed in self.feeds:
            await feed.start()

    async def stop(self) -> None:
        """Take nothing in any more, then finish sending what is under way."""
        for feed in self.feeds:
            await feed.stop()
        await self.media.stop()
        await self.flags.stop()
        await self.timers.stop()
        await self.sender.stop()
