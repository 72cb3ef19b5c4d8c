"""Who calls the webhooks without the provider's signature, too often: refused for a minute, before anything is computed.

Only failures are counted, so that a provider's own requests cost a look into an empty dictionary. Addresses that are not the
Internet's are never refused: behind a proxy that is not named in ``CCMM_TRUSTED_PROXIES`` everybody has the proxy's address, and
whoever forges would lock the provider out with himself.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import Scope

#: Requests with a wrong signature, of one address in a minute, in each process.
WRONG: Final = RateLimitItemPerMinute(60)
_KNOWN: Final = 10_000  # addresses


class Forgers:
    """Counts requests with a wrong signature by where they came from."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._known: OrderedDict[str, None] = OrderedDict()

    def refused(self, scope: Scope) -> bool:
        """Whether this address was wrong too often of late."""
        if not self._known:
            return False
        place = _place(scope)
        return place in self._known and not self._limiter.test(WRONG, place)

    def wrong(self, scope: Scope) -> None:
        """Count one."""
        if place := _place(scope):
            self._known[place] = None
            if len(self._known) > _KNOWN:
                self._known.popitem(last=False)
            self._limiter.hit(WRONG, place)


def _place(scope: Scope) -> str:
    """The address that counts: of IPv6 its network, for whoever has one address has 2**64. Empty where it is not the Internet's."""
    client = scope.get("client")
    try:
        address: IPv4Address | IPv6Address = ip_address(client[0] if client else "")
    except ValueError:
        return ""
    if not address.is_global:
        return ""
    return str(address) if isinstance(address, IPv4Address) else str(IPv6Network((address, 64), strict=False))
