"""The local provider: takes every message at once and says so, in the shape the real one answers in.

It sits where a finished request is handed to the network, so that building the call and reading the answer are paid for; only the
wire is left out. The peers have theirs at the same place.
"""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import orjson
from _job import ACCOUNT_SID, BOT_TOKEN, OUR_NUMBER, PUBLIC, SECRET, TOKEN
from _local_telegram import LocalTelegram

from ccmm_bot.channels.rates import UNPACED
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.bot import RawBot, TelegramAccount
from ccmm_bot.channels.telegram.send import TelegramChannel
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.http import Door
from ccmm_bot.channels.twilio.send import TwilioChannel
from ccmm_bot.messages import ChannelKind

_ids = itertools.count(1)


class LocalTwilio(Door):
    """Answers a message's creation as the Messages resource does."""

    async def request(
        self, method: str, uri: str, params: Any = None, data: Any = None, *_rest: Any, **_more: Any
    ) -> httpx.Response:
        """Taken."""
        made = {
            "sid": f"SM{next(_ids):032x}",
            "status": "queued",
            "to": data["To"],
            "body": data.get("Body"),
            "account_sid": ACCOUNT_SID,
        }
        return httpx.Response(201, content=orjson.dumps(made))


def channels() -> Channels:
    """SMS by Twilio and a Telegram bot, both with the local provider, as fast as we can."""
    account = TwilioAccount(account_sid=ACCOUNT_SID, auth_token=TOKEN, sms_from=OUR_NUMBER, public_base_url=PUBLIC)
    sms = TwilioChannel(account, ChannelKind.SMS, rates=UNPACED)
    sms.door = LocalTwilio()
    telegram = TelegramChannel(TelegramAccount(token=BOT_TOKEN, webhook_secret=SECRET, public_base_url=PUBLIC), rates=UNPACED)
    telegram.bot = RawBot(BOT_TOKEN, request=LocalTelegram(), get_updates_request=LocalTelegram())
    opened = Channels([sms, telegram])
    opened.add_twilio(account)
    return opened
