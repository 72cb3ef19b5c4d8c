"""What work that is done on its own needs of the runtime."""

from __future__ import annotations

from typing import Protocol

from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import Clock
from ccmm_bot.conversation.receive import Receiver
from ccmm_bot.settings import Settings
from ccmm_bot.store.database import Database


class Provided(Protocol):
    """The parts of a running service that everything here uses."""

    @property
    def settings(self) -> Settings:
        """What the operator set."""

    @property
    def database(self) -> Database:
        """Both sides of the store."""

    @property
    def channels(self) -> Channels:
        """The channels that are on."""

    @property
    def receiver(self) -> Receiver:
        """The conversation's door."""

    @property
    def clock(self) -> Clock:
        """Tells what time it is."""
