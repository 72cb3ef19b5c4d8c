"""Staff pages and API, read with the first request for one of them.

They are half of the program: twelve megabytes and a fifth of the start, in every process, also where nobody signs in for weeks or
another process serves the pages. Until then the application has the routes that providers and watchers call; then it has all of
them, in the one flat list that is held against the table of who may call what.
"""

from __future__ import annotations

import asyncio
import threading

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from ccmm_bot.logs import without
from ccmm_bot.web.access import check_routes
from ccmm_bot.web.patterns import patterns

#: What is below these addresses is read later.
_ROOTS = ("/staff", "/api")
_reading = threading.Lock()


def add_pages(app: FastAPI) -> None:
    """Give the application its staff pages and its API; nothing where it has them.

    :raises ccmm_bot.web.access.UnlistedRoute: a route was added without saying who may call it.
    """
    with _reading:
        if getattr(app.state, "has_pages", False):
            return
        # Only asked for old models of it, which there are none of; FastAPI does without.
        with without("pydantic.v1"):
            from ccmm_bot.web import api, staff

        routes = [*staff.routes(), *api.routes()]
        check_routes(routes)
        # Not included routers but plain routes: what the application answers is one flat list that can be held against the table.
        app.router.routes.extend(routes)
        app.state.patterns = patterns(app.routes)
        app.state.has_pages = True


class PagesLater:
    """The layer next to the routes, in an application that has its pages later. Requests meanwhile wait for the same reading."""

    def __init__(self, app: ASGIApp, *, whole: FastAPI) -> None:
        self._app, self._whole = app, whole

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with its pages where one is asked for."""
        if scope["type"] == "http" and not getattr(self._whole.state, "has_pages", False) and _is_below(scope["path"]):
            await asyncio.to_thread(add_pages, self._whole)  # messages are answered meanwhile
        await self._app(scope, receive, send)


def _is_below(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in _ROOTS)
