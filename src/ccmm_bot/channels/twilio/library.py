"""Twilio's own library, over our door: for resources of an account that are set up, and for content that WhatsApp shows.

It brings a second way to the network, seven megabytes and a twentieth of a second, which is loaded and never used: whoever only
sends and receives does without (:mod:`ccmm_bot.channels.twilio.messages`). Its own asynchronous client wraps every failure alike,
while we must know where a request failed; so it is given ours.
"""

from __future__ import annotations

import logging
from typing import Any

from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.http import Door

_logger = logging.getLogger("twilio.http_client")


class HttpxTwilioClient(AsyncHttpClient):  # type: ignore[misc]  # twilio has no types
    """The library's door to the network. Errors come out of it as of ours."""

    def __init__(self, door: Door) -> None:
        super().__init__(_logger, True)
        self._door = door

    async def request(self, *request: Any, **more: Any) -> Response:
        """One request, once; see :meth:`Door.request`."""
        answer = await self._door.request(*request, **more)
        return Response(answer.status_code, answer.text, answer.headers)


def library(account: TwilioAccount, door: Door) -> Any:
    """The library's client for an account."""
    return Client(account.account_sid, account.auth_token, http_client=HttpxTwilioClient(door))
