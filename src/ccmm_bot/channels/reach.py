"""Can providers reach us, at the address they are told, and does our clock agree with theirs?

The proof is a request that goes out into the world and comes back in: to ``/healthz`` of the public address, and to a webhook,
signed as the provider signs. Whoever runs this on the machine of the service finds out what the provider would.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx

from ccmm_bot.channels.checks import Check, by_hand, ok, problem
from ccmm_bot.channels.trusted import trusted

HEALTH: str = "/healthz"
#: Timers, sending hours and the 24-hour window of WhatsApp go by our clock.
CLOCK_MAY_DIFFER = timedelta(seconds=30)

_TIMEOUT_S = 15.0
_SETTING = "CCMM_PUBLIC_BASE_URL"
_SERVICE = "Is `ccmm-bot serve` running, and does the proxy or tunnel at this address lead to it?"


async def public_address(base: str) -> list[Check]:
    """The public address: https, somebody answers there, and that is us."""
    parts = urlsplit(base)
    if not base:
        return [problem("public address", f"{_SETTING} is not set", f"Set {_SETTING} to https:// and your host's name.")]
    found = [
        ok("https", parts.netloc)
        if parts.scheme == "https"
        else problem(
            "https",
            f"{_SETTING} begins with {parts.scheme}://",
            f"Put a certificate on the proxy in front of the service, and set {_SETTING} to https://{parts.netloc}.",
        )
    ]
    return [*found, await _health(base.rstrip("/") + HEALTH)]


async def _health(url: str) -> Check:
    try:
        async with httpx.AsyncClient(verify=trusted(), timeout=_TIMEOUT_S, follow_redirects=False) as client:
            answer = await client.get(url)
    except httpx.HTTPError as error:
        return _unreachable("reachable", url, error)
    if answer.status_code == 200 and answer.text.strip() == "ok":
        return ok("reachable", f"{url} answers")
    return problem("reachable", f"{url} answers HTTP {answer.status_code}, but not as this service does", _SERVICE)


async def webhook(name: str, url: str, *, body: bytes, headers: Mapping[str, str], settings: str) -> Check:
    """A request of the provider's own kind, to our webhook by its public address. It asks nothing of us and changes nothing."""
    try:
        async with httpx.AsyncClient(verify=trusted(), timeout=_TIMEOUT_S, follow_redirects=False) as client:
            answer = await client.post(url, content=body, headers=dict(headers))
    except httpx.HTTPError as error:
        return _unreachable(name, url, error)
    match answer.status_code:
        case 200 | 204:
            return ok(name, f"{url} takes requests signed for us")
        case 403:
            return problem(
                name,
                f"{url} refuses the signature",
                f"The running service has other settings than this command: restart it with the same {settings} and {_SETTING}, "
                "and let the proxy pass path and query on unchanged.",
            )
        case 404:
            return problem(
                name,
                f"{url} is not there",
                f"The running service has this channel off, or the proxy hides it. Set {settings}; restart.",
            )
        case other:
            return problem(name, f"{url} answers HTTP {other}", _SERVICE)


def _unreachable(name: str, url: str, error: httpx.HTTPError) -> Check:
    said = str(error).lower()
    if "certificate" in said or "ssl" in said:
        return problem(name, f"the certificate of {url} is not accepted", "Install one that browsers accept, with its chain.")
    if "name or service" in said or "nodename" in said or "getaddrinfo" in said:
        return problem(name, f"the name in {url} is unknown", f"Correct {_SETTING}, or add the name to your DNS.")
    return problem(name, f"{url} cannot be reached ({type(error).__name__})", _SERVICE)


async def clock(name: str, url: str, now: datetime) -> Check:
    """Our clock against the ``Date`` of whoever answers at ``url``."""
    try:
        async with httpx.AsyncClient(verify=trusted(), timeout=_TIMEOUT_S, follow_redirects=False) as client:
            answer = await client.get(url)
        theirs = parsedate_to_datetime(answer.headers["Date"])
    except (httpx.HTTPError, KeyError, ValueError):
        return by_hand("clock", f"{name} did not tell the time", "Look that this machine's clock is synchronised (timedatectl).")
    theirs = theirs.replace(tzinfo=UTC) if theirs.tzinfo is None else theirs
    apart = abs(now - theirs)
    if apart <= CLOCK_MAY_DIFFER:
        return ok("clock", f"agrees with {name}'s")
    return problem(
        "clock",
        f"is {apart.total_seconds():.0f} seconds away from {name}'s",
        "Synchronise this machine's clock (timedatectl).",
    )
