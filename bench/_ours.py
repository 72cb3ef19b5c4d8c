"""Our service as ``serve`` runs it, over the measurements' own survey. ``python _ours.py FOLDER PORT DATABASE_URL SENDS``.

``SENDS`` 1: every answer is also claimed, handed to a provider in memory, and marked as sent. 0: they stay in the outbox.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import uvicorn
import uvloop
from _job import ACCOUNT_SID, OUR_NUMBER, PUBLIC, TOKEN

from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.messages import ChannelKind, OutboundMessage, Sent
from ccmm_bot.runtime import open_runtime
from ccmm_bot.settings import Settings
from ccmm_bot.web.app import create_app
from ccmm_bot.worker.sender import Sender

HERE = Path(__file__).resolve().parent


class Provider:
    """Takes every message at once."""

    kind = ChannelKind.SMS
    account = OUR_NUMBER

    def __init__(self) -> None:
        self._ids = itertools.count()

    async def send(self, message: OutboundMessage) -> Sent:
        """Taken."""
        return Sent(provider_message_id=f"SM{next(self._ids)}")

    async def aclose(self) -> None:
        """Nothing to close."""


async def main(folder: Path, port: int, url: str, sends: bool) -> None:
    """Serve until killed."""
    channels = Channels([Provider()])
    channels.add_twilio(TwilioAccount(account_sid=ACCOUNT_SID, auth_token=TOKEN, sms_from=OUR_NUMBER, public_base_url=PUBLIC))
    settings = Settings(
        _env_file=None,
        database_url=url,
        secret_key_file=folder / "secret.key",
        dialogues_dir=HERE / "survey",
        locales_dir=folder,
        public_base_url=PUBLIC,
    )
    async with open_runtime(settings, channels=channels) as runtime:
        if sends:
            sender = Sender(runtime.outbox, channels, runtime.clock.now)
            await sender.start()
            runtime.receiver.on_commit = sender.on_commit
        config = uvicorn.Config(
            create_app(runtime),
            host="127.0.0.1",
            port=port,
            http="httptools",
            log_level="warning",
            access_log=False,
            lifespan="off",
        )
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "1"))
