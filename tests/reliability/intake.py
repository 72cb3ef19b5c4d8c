"""A whole intake in one process: ``intake.py DATABASE_URL FOLDER``. It goes on where the last one was ended.

Prints the number of every message when it is acknowledged, and at the end ``end``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ccmm_bot.channels.registry import Channels
from ccmm_bot.clock import FixedClock
from ccmm_bot.messages import ChannelKind, InboundMessage
from ccmm_bot.runtime import open_runtime
from ccmm_bot.settings import Settings
from tests.conversation.support import MONDAY_NOON

#: What somebody writes from the first hello to the end of the intake, with a detour: language, consent, ten questions, and more.
WORDS = ("hello", "1", "1", "3", *("1", "2") * 3, "help", "back", *("2", "1", "0", "1"), "1", "human", "STOP", "START")


def chosen(url: str, folder: str) -> Settings:
    """The service with its own dialogues."""
    return Settings(_env_file=None, database_url=url, secret_key_file=Path(folder) / "secret.key")


async def main(url: str, folder: str) -> None:
    """Deliver everything from the first message on: those that were kept are repeats."""
    async with open_runtime(chosen(url, folder), clock=FixedClock(MONDAY_NOON), channels=Channels()) as runtime:
        for number, text in enumerate(WORDS):
            message = InboundMessage(
                channel=ChannelKind.CONSOLE,
                account="console",
                provider_message_id=f"m{number}",
                sender="+16045550111",
                received_at=MONDAY_NOON,
                text=text,
                raw=text.encode(),
            )
            await runtime.receiver.receive(message)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
    sys.stdout.write("end\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
