"""Telling another system over HTTPS: signed, and to no address inside our own network.

The signature is that of the Standard Webhooks specification (standardwebhooks.com, 1.0): ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature`` (``v1,`` and the base64 of an HMAC-SHA256 over ``id.timestamp.body``). The address is resolved once, every
answer of the name server has to be a public one, and the connection goes to what was looked at: a name that points elsewhere a
moment later changes nothing. Redirects are not followed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import secrets
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import httpx

from ccmm_bot.channels.trusted import trusted
from ccmm_bot.errors import CcmmError

_TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
_PREFIX: Final = "whsec_"
_MOST_URL: Final = 500
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")


class AddressError(CcmmError):
    """Nothing may be sent to this address; the message says why."""


@dataclass(frozen=True, slots=True)
class Told:
    """How the other system answered: an HTTP status, or the kind of failure; ``taken`` for 2xx."""

    taken: bool
    answer: str


def new_secret() -> str:
    """A secret in the form of the specification: 32 random bytes."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that prove a message is ours and new."""
    moment = str(int(at.timestamp()))
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    made = hmac.digest(key, f"{id}.{moment}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": id,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
        "content-type": "application/json",
    }


def check_url(url: str, *, private: bool) -> str:
    """An address as it is kept. Raises :class:`AddressError` for what is not https; ``private``: http inside is allowed too."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressError("That is not an address.") from None
    if len(text) > _MOST_URL or not text.isprintable() or " " in text or not parts.hostname or port == 0:
        raise AddressError("That is not an address.")
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise AddressError("The address has to begin with https://.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressError("The address must hold no user name, password or fragment.")
    return text


async def tell(url: str, headers: dict[str, str], body: bytes, *, private: bool = False) -> Told:
    """Post to an address. Never raises for what a network or a system can do."""
    try:
        parts = urlsplit(check_url(url, private=private))
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = await _address(host, port, private=private)
        literal = f"[{address}]" if ":" in address else address
        target = parts._replace(netloc=f"{literal}:{port}").geturl()
        async with httpx.AsyncClient(
            verify=trusted(environment=False), timeout=_TIMEOUT, follow_redirects=False, trust_env=False
        ) as client:
            sent = {**headers, "host": parts.netloc}
            # The connection goes to the address; the certificate is checked for the name.
            async with client.stream("POST", target, content=body, headers=sent, extensions={"sni_hostname": host}) as answer:
                return Told(200 <= answer.status_code < 300, str(answer.status_code))
    except AddressError:
        return Told(False, "address")
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        return Told(False, type(error).__name__)


async def _address(host: str, port: int, *, private: bool) -> str:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not addresses or not (private or all(_public(each) for each in addresses)):
        raise AddressError("The name leads into our own network.")
    return addresses[0]


def _public(address: str) -> bool:
    known = ipaddress.ip_address(address)
    reached = (_within(known) or known) if isinstance(known, ipaddress.IPv6Address) else known
    return reached.is_global and not reached.is_multicast


def _within(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The address of IPv4 that one of IPv6 leads to: mapped, by 6to4, or by a translator (RFC 6052)."""
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
