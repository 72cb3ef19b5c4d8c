"""Twilio's Message resource: making one, and the list of them, over the library's own base classes.

``client.messages`` would load the library's module of every resource an account has, eighty of them and eleven megabytes, with the
first message sent; requests, paging, errors and dates are the base classes' either way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from twilio.base import deserialize
from twilio.base.domain import Domain
from twilio.base.page import Page
from twilio.base.version import Version

_API: Final = "https://api.twilio.com"
_VERSION: Final = "2010-04-01"
_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
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
    """Those of one account. All of it raises what the library raises: TwilioException, and what the door to the network does."""

    def __init__(self, client: Any) -> None:
        self._version = Version(Domain(client, _API), _VERSION)
        self._path = f"/Accounts/{client.account_sid}/Messages"

    async def create(self, **fields: str | Sequence[str]) -> str | None:
        """Hand one over; its SID, when the answer has one."""
        made = await self._version.create_async(method="POST", uri=f"{self._path}.json", data=_named(fields), headers=_HEADERS)
        sid = made.get("sid")
        return sid if isinstance(sid, str) else None

    async def listed(self, *, limit: int, **filters: str | int) -> list[Listed]:
        """Messages of both directions, the latest first, as many as ``limit``."""
        return [_listed(entry) for entry in await self._entries(f"{self._path}.json", limit, {"page_size": limit, **filters})]

    async def media(self, sid: str, *, limit: int) -> list[Medium]:
        """The files of a message."""
        found = await self._entries(f"{self._path}/{sid}/Media.json", limit, {"page_size": limit})
        return [Medium(uri=each.get("uri"), content_type=each.get("content_type")) for each in found]

    async def _entries(self, uri: str, limit: int, filters: Mapping[str, str | int]) -> list[dict[str, Any]]:
        answer = await self._version.page_async(method="GET", uri=uri, params=_named(filters), headers=_HEADERS)
        return [each async for each in self._version.stream_async(_Entries(self._version, answer), limit)]


class _Entries(Page):  # type: ignore[misc]  # twilio has no types
    """Records as the answer has them."""

    def get_instance(self, payload: dict[str, Any]) -> dict[str, Any]:
        return payload


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
