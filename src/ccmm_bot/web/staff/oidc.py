"""Signing in at the agency's identity provider, and coming back."""

from __future__ import annotations

import hmac
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import NotFound
from ccmm_bot.casework.access.provider_accounts import account_of
from ccmm_bot.casework.access.sessions import open_session
from ccmm_bot.logs import get_logger
from ccmm_bot.store.keys import UnreadableValue
from ccmm_bot.store.tables import SessionStage
from ccmm_bot.web import provider
from ccmm_bot.web.browsers import browser_of
from ccmm_bot.web.provider import Pending, ProviderError
from ccmm_bot.web.site import Site, TheSite, local_path
from ccmm_bot.web.staff.signin import end_old

router = APIRouter()

_log = get_logger(__name__)
_COOKIE: Final = "ccmm-elsewhere"
_FIELD: Final = b"oidc.pending"
_VALID: Final = timedelta(minutes=10)
_BACK: Final = "/staff/oidc/back"


@router.get("/staff/oidc")
def leave(request: Request, site: TheSite, next: str = "") -> Response:
    """Go there."""
    if not site.runtime.settings.oidc_issuer:
        raise NotFound("There is no identity provider.")
    back = site.place(request).origin + _BACK
    try:
        url, pending = provider.begin(site.runtime.settings, back, local_path(next), site.clock.now() + _VALID)
    except ProviderError as error:
        return _failed(error)
    response = RedirectResponse(url, status_code=HTTPStatus.SEE_OTHER)
    sealed = site.runtime.keys.seal(_FIELD, pending.as_bytes()).hex()
    # "lax": coming back is a link followed from another site.
    age = int(_VALID.total_seconds())
    response.set_cookie(_COOKIE, sealed, max_age=age, httponly=True, secure=site.https, samesite="lax", path=_BACK)
    return response


@router.get(_BACK)
def back(
    request: Request,
    site: TheSite,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Come back: a session, with the second factor still to come unless the provider took one."""
    settings, now = site.runtime.settings, site.clock.now()
    pending = _carried(request, site)
    try:
        if pending is None or now.timestamp() > pending.until or not hmac.compare_digest(pending.state.encode(), state.encode()):
            raise ProviderError("no such sign-in was begun in this browser")
        known = provider.finish(settings, site.place(request).origin + _BACK, pending, code, now)
    except ProviderError as error:
        return _failed(error)
    staff_id = account_of(site.store, issuer=known.issuer, subject=known.subject, verified_email=known.verified_email, now=now)
    if staff_id is None:
        return _failed(ProviderError("no account"))
    end_old(request, site)
    stage = SessionStage.FULL if known.strong else SessionStage.PASSWORD
    browser = browser_of(request.headers.get("user-agent", ""))
    opened = open_session(site.store, staff_id, now, stage=stage, method="oidc", browser=browser)
    after = local_path(pending.after)
    response = RedirectResponse(after if known.strong else f"/staff/sign-in/second?next={after}", status_code=HTTPStatus.SEE_OTHER)
    site.remember(response, opened.token)
    response.delete_cookie(_COOKIE, path=_BACK, httponly=True, secure=site.https, samesite="lax")
    return response


def _carried(request: Request, site: Site) -> Pending | None:
    try:
        return Pending.read(site.runtime.keys.open(_FIELD, bytes.fromhex(request.cookies.get(_COOKIE, ""))))
    except (UnreadableValue, ValueError, TypeError):
        return None


def _failed(error: ProviderError) -> Response:
    _log.warning("a sign-in through the identity provider failed", reason=str(error))
    response = RedirectResponse("/staff/sign-in?said=elsewhere", status_code=HTTPStatus.SEE_OTHER)
    response.delete_cookie(_COOKIE, path=_BACK)
    return response
