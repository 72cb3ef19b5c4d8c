"""The sign-in page: e-mail and password."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import sessions, signin
from ccmm_bot.web.browsers import browser_of
from ccmm_bot.web.provider import provider_name
from ccmm_bot.web.site import Site, TheSite, Visiting, Visitor, local_path

router = APIRouter()


@router.get("/staff/sign-in")
def form(site: TheSite, visitor: Visiting, next: str = "", said: str = "") -> Response:
    """Show the form."""
    _ = site.text(visitor)
    message = _("Signing in there did not work, or there is no account for you here. Ask your administrator.")
    return _form(
        site,
        visitor,
        after=local_path(next),
        said=_("You are signed out.") if said == "out" else None,
        message=message if said == "elsewhere" else None,
    )


@router.post("/staff/sign-in")
def sign_in(
    request: Request,
    site: TheSite,
    visitor: Visiting,
    email: Annotated[str, Form(max_length=254)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Check what was typed; on success a new session, never the one the browser came with."""
    _ = site.text(visitor)
    client = request.client.host if request.client else ""
    now = site.clock.now()
    browser = browser_of(request.headers.get("user-agent", ""))
    match signin.sign_in(site.store, email=email, password=password, client=client, now=now, browser=browser):
        case sessions.SignedIn(token):
            end_old(request, site)
            query = urlencode({"next": local_path(next)})
            response = RedirectResponse(f"/staff/sign-in/second?{query}", status_code=HTTPStatus.SEE_OTHER)
            site.remember(response, token)
            return response
        case signin.Refused():
            message = _("E-mail and password do not fit together, or the account is off.")
            return _form(site, visitor, after=local_path(next), email=email, message=message, status=HTTPStatus.UNAUTHORIZED)
        case signin.TooMany():
            message = _("Too many attempts. Wait 15 minutes, then try again.")
            return _form(site, visitor, after=local_path(next), email=email, message=message, status=HTTPStatus.TOO_MANY_REQUESTS)


@router.post("/staff/sign-out")
def sign_out(request: Request, site: TheSite) -> Response:
    """End the session, on the server as well."""
    end_old(request, site)
    response = RedirectResponse("/staff/sign-in?said=out", status_code=HTTPStatus.SEE_OTHER)
    response.headers["Clear-Site-Data"] = (
        '"cache", "storage"'  # the next one at this computer goes back to nothing (ASVS 5.0 §14.3.1)
    )
    site.forget(response)
    return response


def end_old(request: Request, site: Site) -> None:
    """End the session the browser came with, if any."""
    if token := request.cookies.get(site.cookie):
        sessions.sign_out(site.store, token, site.clock.now())


def _form(
    site: Site,
    visitor: Visitor,
    *,
    after: str,
    email: str = "",
    message: str | None = None,
    said: str | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    provider = provider_name(site.runtime.settings)
    values: dict[str, Any] = {"next": after, "email": email, "message": message, "said": said, "provider": provider}
    return site.show("staff/signin.html", visitor, status=status, **values)
