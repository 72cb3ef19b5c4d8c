"""The second step of signing in: proving oneself with an app, a passkey or a recovery code, or setting the first of them up."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access import passkeys, second_factor
from ccmm_bot.casework.access.second_factor import Outcome
from ccmm_bot.casework.access.sessions import Halfway, open_session
from ccmm_bot.web.browsers import browser_of
from ccmm_bot.web.codes import as_picture
from ccmm_bot.web.site import HalfwayIn, Site, TheSite, local_path

router = APIRouter()

Code = Annotated[str, Form(max_length=20)]
Answer = Annotated[str, Form(max_length=20_000)]
Next = Annotated[str, Form(max_length=500)]
ANSWER_STATUS = {Outcome.WRONG: HTTPStatus.UNAUTHORIZED, Outcome.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS}


@router.get("/staff/sign-in/second")
def second(request: Request, site: TheSite, half: HalfwayIn, next: str = "") -> Response:
    """Ask for the second factor; who has none yet sets one up."""
    if not second_factor.factors(site.store, half.staff_id).any:
        query = urlencode({"next": local_path(next)})
        return RedirectResponse(f"/staff/sign-in/set-up?{query}", status_code=HTTPStatus.SEE_OTHER)
    return _ask(request, site, half, next)


@router.post("/staff/sign-in/second")
def app_code(request: Request, site: TheSite, half: HalfwayIn, code: Code, next: Next = "") -> Response:
    """A code of the authenticator app."""
    outcome = second_factor.check_code(site.store, half.staff_id, code, site.clock.now())
    return _judge(request, site, half, outcome, "totp", next)


@router.post("/staff/sign-in/second/recovery")
def recovery(request: Request, site: TheSite, half: HalfwayIn, code: Code, next: Next = "") -> Response:
    """A recovery code: whoever needs one is led to her account, to set the app up anew."""
    outcome = second_factor.check_recovery_code(site.store, half.staff_id, code, site.clock.now())
    return _judge(request, site, half, outcome, "recovery", "/staff/account")


@router.post("/staff/sign-in/second/passkey")
def passkey(request: Request, site: TheSite, half: HalfwayIn, answer: Answer, next: Next = "") -> Response:
    """What the browser says for a passkey."""
    good = passkeys.check(site.store, half.session_id, site.place(request), answer, site.clock.now())
    return _judge(request, site, half, Outcome.GOOD if good else Outcome.WRONG, "passkey", next)


@router.get("/staff/sign-in/set-up")
def set_up(request: Request, site: TheSite, half: HalfwayIn, next: str = "") -> Response:
    """Offer an app's secret and a passkey."""
    if (elsewhere := _has_one(site, half, next)) is not None:
        return elsewhere
    return _offer(request, site, half, next)


@router.post("/staff/sign-in/set-up")
def set_up_app(
    request: Request, site: TheSite, half: HalfwayIn, sealed: Annotated[str, Form(max_length=500)], code: Code, next: Next = ""
) -> Response:
    """The first code of the app."""
    if (elsewhere := _has_one(site, half, next)) is not None:
        return elsewhere
    if second_factor.confirm(site.store, half.staff_id, sealed, code, site.clock.now()) is not Outcome.GOOD:
        return _offer(request, site, half, next, sealed=sealed, message=wrong(site, half, Outcome.WRONG))
    return _first_codes(request, site, half, "totp", next)


@router.post("/staff/sign-in/set-up/passkey")
def set_up_passkey(
    request: Request,
    site: TheSite,
    half: HalfwayIn,
    answer: Answer,
    name: Annotated[str, Form(max_length=64)] = "",
    next: Next = "",
) -> Response:
    """The first passkey."""
    if (elsewhere := _has_one(site, half, next)) is not None:
        return elsewhere
    if not passkeys.make(site.store, half.session_id, site.place(request), answer, name, site.clock.now()):
        return _offer(request, site, half, next, message=site.text(half)("The passkey could not be checked. Try again."))
    return _first_codes(request, site, half, "passkey", next)


def wrong(site: Site, half: Halfway, outcome: Outcome) -> str:
    """What a wrong code is answered with."""
    _ = site.text(half)
    if outcome is Outcome.TOO_MANY:
        return _("Too many attempts. Wait 15 minutes, then try again.")
    return _("That is not the right code now. Each code works once; wait for the next one and try again.")


def _judge(request: Request, site: Site, half: Halfway, outcome: Outcome, method: str, after: str) -> Response:
    if outcome is not Outcome.GOOD:
        return _ask(request, site, half, after, message=wrong(site, half, outcome), status=ANSWER_STATUS[outcome])
    response = RedirectResponse(local_path(after), status_code=HTTPStatus.SEE_OTHER)
    _let_in(request, response, site, half, method)
    return response


def _let_in(request: Request, response: Response, site: Site, half: Halfway, method: str) -> None:
    browser = browser_of(request.headers.get("user-agent", ""))
    opened = open_session(site.store, half.staff_id, site.clock.now(), method=method, browser=browser, instead_of=half.session_id)
    site.remember(response, opened.token)


def _first_codes(request: Request, site: Site, half: Halfway, method: str, after: str) -> Response:
    codes = second_factor.new_recovery_codes(site.store, half.staff_id, site.clock.now())
    response = site.show("staff/recovery_codes.html", half, codes=codes, next=local_path(after))
    _let_in(request, response, site, half, method)
    return response


def _has_one(site: Site, half: Halfway, after: str) -> Response | None:
    """Setting up is for who has no second factor: it must be no way around the one she has."""
    if not second_factor.factors(site.store, half.staff_id).any:
        return None
    query = urlencode({"next": local_path(after)})
    return RedirectResponse(f"/staff/sign-in/second?{query}", status_code=HTTPStatus.SEE_OTHER)


def _ask(
    request: Request, site: Site, half: Halfway, after: str, *, message: str | None = None, status: int = HTTPStatus.OK
) -> Response:
    return site.show(
        "staff/second.html",
        half,
        status=status,
        next=local_path(after),
        message=message,
        factors=second_factor.factors(site.store, half.staff_id),
        options=passkeys.ask_to_show(site.store, half.session_id, site.place(request)),
    )


def _offer(request: Request, site: Site, half: Halfway, after: str, *, sealed: str = "", message: str | None = None) -> Response:
    names = {"email": half.email, "service_name": site.service_name}
    again = second_factor.offer_again(site.store, half.staff_id, sealed, **names) if sealed else None
    offered = again or second_factor.offer(site.store, half.staff_id, **names)
    return site.show(
        "staff/set_up.html",
        half,
        status=HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        next=local_path(after),
        message=message,
        offer=offered,
        picture=as_picture(offered.uri),
        options=passkeys.ask_to_make(site.store, half.session_id, site.place(request), site.service_name),
        address="/staff/sign-in/set-up",
    )
