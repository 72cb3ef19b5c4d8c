"""Who calls: a token in the header of every request, checked against the table of routes, and not too often."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, HTTPException, Query, Request, Security
from fastapi.security import HTTPBearer
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ccmm_bot.casework.access.api_tokens import Caller, caller_of
from ccmm_bot.casework.access.policy import require
from ccmm_bot.casework.exchange.interchange import MOST
from ccmm_bot.web.access_systems import needed_by_systems
from ccmm_bot.web.site import TheSite

#: Requests of one token in a minute, in each process.
A_MINUTE: Final = RateLimitItemPerMinute(600)
#: Requests with a token that does not work, of one address in a minute.
WRONG: Final = RateLimitItemPerMinute(30)

_limiter = MovingWindowRateLimiter(MemoryStorage())
_bearer = HTTPBearer(auto_error=False, description="A token of the agency, made on the page Systems.")
_ASK = {"WWW-Authenticate": "Bearer"}


def caller(request: Request, site: TheSite, _documented: Annotated[object, Security(_bearer)] = None) -> Caller:
    """The system that asks, allowed to. 401 without a token that works, 403 where its scope is too small, 429 for too many."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    client = request.client.host if request.client else ""
    if not _limiter.test(WRONG, client):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
    found = caller_of(site.store, token.strip(), site.clock.now()) if scheme.lower() == "bearer" and token.strip() else None
    if found is None:
        _limiter.hit(WRONG, client)
        raise HTTPException(HTTPStatus.UNAUTHORIZED, headers=_ASK)
    if not _limiter.hit(A_MINUTE, found.token_id.hex):
        raise HTTPException(HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
    require(found.reader, needed_by_systems(request.method, request.scope["route"].path))
    request.state.caller = found  # for the entry in the audit that says who looked
    return found


System = Annotated[Caller, Depends(caller)]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
