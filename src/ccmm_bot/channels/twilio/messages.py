"""Twilio's Message resource: making one, and the list of them, straight through our door.

The library's ``client.messages`` would load its module of every resource an account has, eighty of them and eleven megabytes, and
its base classes a second way to the network, of another seven. Errors and dates are the library's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from twilio.base import deserialize
from twilio.base.exceptions import TwilioRestException

from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.channels.twilio.http import Door

_API: Final = "https://api.twilio.com"
_VERSION: Final = "2010-04-01"
_HEADERS: Final = {"Accept": "application/json"}
#: Parameters of the resource (Twilio, "Message resource"), by the names they have here.
_FIELDS: Final = {
    "to": "To",
    "from_": "From",
    "messaging_service_sid": "MessagingServiceSid",
    "body": "Body",
    "media_url": "MediaUrl",
    "content_sid": "ContentSid",
    "content_variables": "ContentVariables",
    "status_callback": "StatusCallback",
    "date_sent_before": "DateSent<",
    "date_sent_after": "DateSent>",
    "page_size": "PageSize",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One message as the list tells it; ``None`` where it does not. Times are whole seconds, in UTC."""

    sid: str | None
    account_sid: str | None
    direction: str | None
    from_: str | None
    to: str | None
    body: str | None
    num_media: str | None
    messaging_service_sid: str | None
    date_created: datetime | None
    date_sent: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """One file of a message."""

    uri: str | None
    content_type: str | None


class Messages:
    """Those of one account. All of it raises TwilioRestException where Twilio refuses, what the door to the network raises, and
    ValueError, KeyError, TypeError or AttributeError where an answer is none of Twilio's."""

    def __init__(self, account: TwilioAccount, door: Door) -> None:
        self._door = door
        self._auth = (account.account_sid, account.auth_token)
        self._messages = f"{_API}/{_VERSION}/Accounts/{account.account_sid}/Messages"

    async def create(self, **fields: str | Sequence[str]) -> str | None:
        """Hand one over; its SID, when the answer has one."""
        made = _read(
            await self._door.request("POST", f"{self._messages}.json", data=_named(fields), headers=_HEADERS, auth=self._auth)
        )
        sid = made.get("sid")
        return sid if isinstance(sid, str) else None

    async def listed(self, *, limit: int, **filters: str | int) -> list[Listed]:
        """Messages of both directions, the latest first, as many as ``limit``."""
        return [_listed(entry) for entry in await self._entries(f"{self._messages}.json", "messages", limit, filters)]

    async def media(self, sid: str, *, limit: int) -> list[Medium]:
        """The files of a message."""
        found = await self._entries(f"{self._messages}/{sid}/Media.json", "media_list", limit, {})
        return [Medium(uri=each.get("uri"), content_type=each.get("content_type")) for each in found]

    async def _entries(self, url: str, name: str, limit: int, filters: Mapping[str, str | int]) -> list[dict[str, Any]]:
        """Page after page: each says where the next one is (Twilio, "Twilio's response", Paging information)."""
        found: list[dict[str, Any]] = []
        params = _named({"page_size": limit, **filters})
        while True:
            page = _read(await self._door.request("GET", url, params=params, headers=_HEADERS, auth=self._auth))
            found.extend(page[name])
            following = page.get("next_page_uri")
            if not following or len(found) >= limit:
                return found[:limit]
            # A path, with what was asked for in it; whatever it says, the credentials go to no other host.
            url, params = _API + urlsplit(following)._replace(scheme="", netloc="").geturl(), {}


def _read(answer: httpx.Response) -> dict[str, Any]:
    """What an answer says; of a refusal, Twilio's own code (Twilio, "REST API error response")."""
    if not answer.is_success:
        try:
            code = answer.json().get("code")
        except (ValueError, AttributeError):
            code = None
        known = code if isinstance(code, int) else answer.status_code
        raise TwilioRestException(answer.status_code, str(answer.url.path), "refused", known, answer.request.method)
    read: dict[str, Any] = answer.json()
    return read


def _named(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {_FIELDS[name]: value for name, value in fields.items()}


def _listed(entry: Mapping[str, Any]) -> Listed:
    return Listed(
        sid=entry.get("sid"),
        account_sid=entry.get("account_sid"),
        direction=entry.get("direction"),
        from_=entry.get("from"),
        to=entry.get("to"),
        body=entry.get("body"),
        num_media=entry.get("num_media"),
        messaging_service_sid=entry.get("messaging_service_sid"),
        date_created=_instant(entry.get("date_created")),
        date_sent=_instant(entry.get("date_sent")),
    )


def _instant(written: str | None) -> datetime | None:
    """A date as e-mails write it (RFC 2822); the library gives back as text what is none."""
    read = deserialize.rfc2822_datetime(written) if written else None
    return read if isinstance(read, datetime) else None
