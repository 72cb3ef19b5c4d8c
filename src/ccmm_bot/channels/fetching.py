"""Getting the files people sent from the providers that keep them, with the credentials of the sender they were written to.

Twilio: the media's address wants the account's name and token, and leads on to where the file lies ("Media resource"); the
credentials go to Twilio alone. Telegram: the file's id becomes an address that holds the bot's token ("getFile"), which is
therefore never logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx

from ccmm_bot.channels.media import LARGEST
from ccmm_bot.channels.registry import Channels
from ccmm_bot.channels.telegram.account import FILE_SCHEME
from ccmm_bot.channels.trusted import trusted
from ccmm_bot.channels.twilio.account import TwilioAccount
from ccmm_bot.messages import ChannelKind

_HOPS: Final = 4
_TWILIO: Final = "https://api.twilio.com"
#: Where Twilio's media addresses lead on to ("Media resource"; its storage).
_STORAGE: Final = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")
_TIMEOUT: Final = httpx.Timeout(30.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The file."""

    data: bytes


@dataclass(frozen=True, slots=True)
class NotNow:
    """It may work later; ``reason`` names no address."""

    reason: str


@dataclass(frozen=True, slots=True)
class Never:
    """It will not work; ``reason`` is one of our codes: "too_large", "gone", "address"."""

    reason: str


Outcome = Fetched | NotNow | Never


async def fetch(channels: Channels, kind: ChannelKind, account: str, source: str, *, largest: int = LARGEST) -> Outcome:
    """One file. Never raises for what a provider or a network can do."""
    try:
        async with httpx.AsyncClient(verify=trusted(), timeout=_TIMEOUT, follow_redirects=False) as client:
            if source.startswith(FILE_SCHEME):
                return await _from_telegram(client, channels, account, source.removeprefix(FILE_SCHEME), largest)
            twilio = channels.twilio_of(kind, account)
            if twilio is None:
                return NotNow("the channel is off")
            return await _from_twilio(client, twilio, source, largest)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return NotNow(type(error).__name__)


async def _from_telegram(client: httpx.AsyncClient, channels: Channels, account: str, file_id: str, largest: int) -> Outcome:
    channel = channels.telegram(account)
    if channel is None:
        return NotNow("the channel is off")
    from telegram.error import BadRequest, TelegramError

    try:
        file = await channel.bot.get_file(file_id)
    except BadRequest as error:
        # "Bad Request: file is too big" for more than 20 MB; a file id that is wrong or was withdrawn is one as well.
        return Never("too_large" if "too big" in error.message.lower() else "gone")
    except TelegramError as error:
        return NotNow(type(error).__name__)
    if not file.file_path:
        return Never("gone")
    if file.file_size is not None and file.file_size > largest:
        return Never("too_large")
    answer = await _get(client, file.file_path, None, largest)
    return answer if not isinstance(answer, str) else Never("address")


async def _from_twilio(client: httpx.AsyncClient, account: TwilioAccount, source: str, largest: int) -> Outcome:
    base = account.api_base_url.rstrip("/") or _TWILIO
    parts = urlsplit(source)
    if not _is_twilio(parts.hostname or "") or f"/Accounts/{account.account_sid}/" not in parts.path:
        return Never("address")  # signed or not: our token goes to Twilio's own address of our own account, nowhere else
    home = urlsplit(base)
    url = urlunsplit(parts._replace(scheme=home.scheme, netloc=home.netloc))
    for _ in range(_HOPS):
        own = urlsplit(url).netloc == home.netloc
        answer = await _get(client, url, (account.account_sid, account.auth_token) if own else None, largest)
        if not isinstance(answer, str):
            return answer
        url = urljoin(url, answer)
        if not _may_follow(url, home.scheme, home.netloc):
            return Never("address")
    return Never("address")


def _is_twilio(host: str) -> bool:
    return host == "api.twilio.com" or (host.startswith("api.") and host.endswith(".twilio.com"))


def _may_follow(url: str, scheme: str, home: str) -> bool:
    parts = urlsplit(url)
    if parts.netloc == home:
        return parts.scheme == scheme
    return parts.scheme == "https" and parts.port in (None, 443) and (parts.hostname or "").endswith(_STORAGE)


async def _get(client: httpx.AsyncClient, url: str, auth: tuple[str, str] | None, largest: int) -> Outcome | str:
    """The file, or where it leads on to. Reads no more than it may keep."""
    async with client.stream("GET", url, auth=auth) as answer:
        if answer.is_redirect:
            return answer.headers["Location"]
        if answer.status_code in (404, 410):
            return Never("gone")
        if answer.status_code != 200:
            return NotNow(f"HTTP {answer.status_code}")
        declared = answer.headers.get("Content-Length", "")
        if declared.isdigit() and int(declared) > largest:
            return Never("too_large")
        data = bytearray()
        async for part in answer.aiter_bytes():
            data += part
            if len(data) > largest:
                return Never("too_large")
        return Fetched(bytes(data))
