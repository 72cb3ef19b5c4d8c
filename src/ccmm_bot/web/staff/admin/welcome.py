"""The page a link opens: a password for a new account, or a new one for an account that is there."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import staff_links
from ccmm_bot.casework.access.accounts import AccountError
from ccmm_bot.casework.access.passwords import WeakPassword
from ccmm_bot.casework.access.policy import NotFound
from ccmm_bot.casework.access.sessions import open_session
from ccmm_bot.store.tables import SessionStage
from ccmm_bot.web.browsers import browser_of
from ccmm_bot.web.site import Site, TheSite, Visiting, Visitor
from ccmm_bot.web.staff.signin import end_old

router = APIRouter()


@router.get("/staff/welcome/{token}")
def welcome(site: TheSite, visitor: Visiting, token: str) -> Response:
    """Ask for a password."""
    return _page(site, visitor, token)


@router.post("/staff/welcome/{token}")
def use(
    request: Request,
    site: TheSite,
    visitor: Visiting,
    token: str,
    password: Annotated[str, Form(max_length=1024)],
    again: Annotated[str, Form(max_length=1024)],
) -> Response:
    """Set it, and go on to the second factor."""
    _ = site.text(visitor)
    if password != again:
        return _page(site, visitor, token, _("The two passwords are not the same."))
    now = site.clock.now()
    try:
        staff_id = staff_links.use(site.store, token, password, now)
    except (WeakPassword, AccountError) as error:
        return _page(site, visitor, token, error.told(_))
    if staff_id is None:
        raise NotFound("There is no such link.")
    end_old(request, site)
    browser = browser_of(request.headers.get("user-agent", ""))
    opened = open_session(site.store, staff_id, now, stage=SessionStage.PASSWORD, browser=browser)
    response = RedirectResponse("/staff/sign-in/second", status_code=HTTPStatus.SEE_OTHER)
    site.remember(response, opened.token)
    return response


def _page(site: Site, visitor: Visitor, token: str, message: str | None = None) -> Response:
    found = staff_links.find(site.store, token, site.clock.now())
    if found is None:
        return site.show("staff/welcome.html", visitor, status=HTTPStatus.NOT_FOUND, found=None, token="", message=None)
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return site.show("staff/welcome.html", visitor, status=status, found=found, token=token, message=message)
