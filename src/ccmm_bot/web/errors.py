"""What is shown when something goes wrong: a plain sentence and a reference, never a detail.

The log gets the reference, the route's pattern, the kind of the exception and where it was raised. Not its message and not the
address that was asked for: both may hold what a person wrote.
"""

from __future__ import annotations

import secrets
from http import HTTPStatus
from pathlib import Path
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccmm_bot.casework.access.merged import Merged, MergedElsewhere
from ccmm_bot.casework.access.policy import Forbidden, NotFound
from ccmm_bot.logs import get_logger, raised_at
from ccmm_bot.store.refusals import Refusal, refusal
from ccmm_bot.web.patterns import pattern
from ccmm_bot.web.templating import asked_language, environment, page, translator
from ccmm_bot.web.words import N_

#: Below it, programs ask.
API = "/api/"
#: Below it, providers tell us what people wrote.
PROVIDERS = "/webhooks/"

_log = get_logger(__name__)


class SignInNeeded(Exception):
    """Nobody is signed in, or no longer."""


class ErrorPages:
    """The error pages, and the outermost layer that nothing gets past."""

    def __init__(self, locales_dir: Path, service_name: str) -> None:
        self._locales = locales_dir
        self._service_name = service_name

    def install(self, app: FastAPI) -> None:
        """Register the handlers for errors that are expected."""
        app.add_exception_handler(HTTPException, self._http)
        app.add_exception_handler(RequestValidationError, self._invalid)
        app.add_exception_handler(NotFound, self._not_found)
        app.add_exception_handler(MergedElsewhere, self._not_found)
        app.add_exception_handler(Merged, self._merged)
        app.add_exception_handler(Forbidden, self._forbidden)
        app.add_exception_handler(SignInNeeded, self._sign_in)

    def show(
        self,
        request: HTTPConnection,
        status: int,
        *,
        reference: str | None = None,
        headers: dict[str, str] | None = None,
        words: tuple[str, str] | None = None,
        link: tuple[str, str] | None = None,
    ) -> Response:
        """The page for a status, in the language of whoever asks. ``words``: title and explanation, where the status says too
        little; ``link``: where to go on, an address and what it is called."""
        tag = asked_language(request, self._locales)
        say = translator(self._locales, tag).gettext
        title, explanation = words or _SAID.get(status, _SAID[400 if status < 500 else 500])
        return page(
            environment(self._locales, tag),
            "error.html",
            status=status,
            headers=headers,
            title=say(title),
            explanation=say(explanation),
            link=None if link is None else (link[0], say(link[1])),
            reference=reference or new_reference(),
            service_name=self._service_name,
        )

    def answer(
        self, request: HTTPConnection, status: int, *, reference: str | None = None, headers: dict[str, str] | None = None
    ) -> Response:
        """The page for a status; for a program that asked the API, the same as JSON."""
        if not request.scope["path"].startswith(API):
            return self.show(request, status, reference=reference, headers=headers)
        said = {"status": status, "title": HTTPStatus(status).phrase, "reference": reference or new_reference()}
        return JSONResponse({"error": said}, status_code=status, headers=headers)

    async def _http(self, request: Request, error: Exception) -> Response:
        raised = cast("HTTPException", error)
        return self.answer(request, raised.status_code, headers=dict(raised.headers or {}))

    async def _invalid(self, request: Request, error: Exception) -> Response:
        places = {fault["loc"][0] for fault in cast("RequestValidationError", error).errors()}
        # An id that cannot be one is answered like one that does not exist.
        return self.answer(request, HTTPStatus.NOT_FOUND if "path" in places else HTTPStatus.BAD_REQUEST)

    async def _not_found(self, request: Request, _error: Exception) -> Response:
        return self.answer(request, HTTPStatus.NOT_FOUND)

    async def _merged(self, request: Request, error: Exception) -> Response:
        kept = cast("Merged", error).kept_id
        if not request.scope["path"].startswith(API):
            return self.show(request, HTTPStatus.CONFLICT, words=_MERGED, link=(f"/staff/people/{kept}", _WHERE_IT_WENT))
        status = HTTPStatus.CONFLICT
        said = {"status": status, "title": status.phrase, "reference": new_reference(), "merged_into": str(kept)}
        return JSONResponse({"error": said}, status_code=status)

    async def _forbidden(self, request: Request, _error: Exception) -> Response:
        return self.answer(request, HTTPStatus.FORBIDDEN)

    async def _sign_in(self, request: Request, _error: Exception) -> Response:
        if request.headers.get("hx-request"):
            return Response(status_code=HTTPStatus.UNAUTHORIZED)
        # Not of request.url: what is in a query need not be text, and an error page must not fail over it.
        after = f"?next={quote(request.scope['path'])}" if request.method == "GET" else ""
        return RedirectResponse(f"/staff/sign-in{after}", status_code=HTTPStatus.SEE_OTHER)


class CatchAll:
    """Turns every exception that is left into the page for 500, and logs where it came from.

    What the database refuses because of what was asked is not ours to break over: 400 where a value cannot be kept at all
    (PostgreSQL takes no NUL), 409 where somebody else was faster. Never to a provider, who would take it for the last word: what a
    person wrote is made fit to be kept before it gets there.
    """

    def __init__(self, app: ASGIApp, *, pages: ErrorPages) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, or with the error page."""
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http":
                raise
            reference = new_reference()
            status = None if scope["path"].startswith(PROVIDERS) else status_of(error)
            route, method, kind, place = pattern(scope), scope["method"], type(error), raised_at(error)
            if status is None:
                _log.error("a request failed", reference=reference, route=route, method=method, error=kind, raised_at=place)
            else:
                _log.warning(
                    "the database refused what was asked",
                    status=status,
                    reference=reference,
                    route=route,
                    method=method,
                    error=kind,
                    raised_at=place,
                )
            if not started:
                answer = self._pages.answer(HTTPConnection(scope), status or HTTPStatus.INTERNAL_SERVER_ERROR, reference=reference)
                await answer(scope, receive, send)


def status_of(error: Exception) -> HTTPStatus | None:
    """What an error of the database says to whoever asked; ``None`` where it is none of hers."""
    found = refusal(error)
    return None if found is None else _REFUSED[found]


def new_reference() -> str:
    """Something to tell the administrator; it says nothing by itself."""
    return secrets.token_hex(4)


_MERGED = (N_("This entry was merged"), N_("Everything of it is in another entry now, and nothing more is written to this one."))
_WHERE_IT_WENT = N_("Go to the entry that was kept")
_REFUSED = {Refusal.VALUE: HTTPStatus.BAD_REQUEST, Refusal.RACE: HTTPStatus.CONFLICT}
_SAID = {
    400: (N_("This could not be read"), N_("Something in the form or the address is not what we expect. Go back and try again.")),
    403: (N_("Not for this account"), N_("Your account does not include this page. Ask your administrator if you need it.")),
    404: (N_("Not found"), N_("There is nothing here, or it is not for your agency.")),
    405: (N_("Not this way"), N_("This address does not take that kind of request.")),
    409: (N_("Somebody was faster"), N_("This was changed in the meantime. Go back and look at it again.")),
    413: (N_("Too much at once"), N_("What was sent is larger than we take.")),
    500: (
        N_("Something went wrong"),
        N_("It is our fault. Nothing you wrote to people was lost. Tell the administrator the reference below."),
    ),
    503: (N_("Not available"), N_("The service is starting or has lost its database. Try again in a minute.")),
}
