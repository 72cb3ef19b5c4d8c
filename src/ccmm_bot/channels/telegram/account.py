"""What is known of a bot of ours without Telegram's library, which is loaded where there is one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

WEBHOOK_PATH = "/webhooks/telegram"

#: What a file of Telegram has for an address: this and the file's id, to be resolved with "getFile" and the bot's token.
FILE_SCHEME = "telegram-file:"

_TOKEN = re.compile(r"(?P<id>[0-9]{1,20}):[A-Za-z0-9_-]{10,}\Z")
# Bot API, "setWebhook": a secret has 1 to 256 of these characters.
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramAccount:
    """One bot of one agency. With a public address and a secret it gets a webhook; otherwise it polls."""

    token: str = field(repr=False)
    webhook_secret: str = field(default="", repr=False)
    api_base_url: str = ""  # scheme and host of a stand-in; empty: Telegram itself
    public_base_url: str = ""

    @property
    def bot_id(self) -> str:
        """The bot's own id, which is the first part of its token."""
        return self.token.partition(":")[0]

    @property
    def by_webhook(self) -> bool:
        """Whether updates are to come by webhook."""
        return bool(self.public_base_url and self.webhook_secret)


def is_token(value: str) -> bool:
    """Whether this has the shape of a bot's token."""
    return _TOKEN.match(value) is not None


def is_secret(value: str) -> bool:
    """Whether Telegram takes this as a webhook's secret token."""
    return _SECRET.match(value) is not None
