"""Writes down who opens a page with anybody's data, before the page leaves: plain ASGI, so that no route can forget it.

What is written down, and what is not and why, is a table: :mod:`ccmm_bot.web.access_views`.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ccmm_bot.casework.access.policy import Permission
from ccmm_bot.casework.agencies import viewing
from ccmm_bot.web.access import ACCESS, Door
from ccmm_bot.web.access_views import LISTS_BY_POST, NOT_WATCHED, PEOPLE, TABLES
from ccmm_bot.web.access_whose import parameters
from ccmm_bot.web.patterns import pattern


class Watched:
    """The layer next to the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, after the entry is written."""
        if scope["type"] != "http" or not scope["path"].startswith(("/staff/", "/api/")):
            await self._app(scope, receive, send)
            return

        async def after_the_entry(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                await _write(scope)
            await send(message)

        await self._app(scope, receive, after_the_entry)


async def _write(scope: Scope) -> None:
    path, method = pattern(scope), "GET" if scope["method"] == "HEAD" else scope["method"]
    if path is None or not is_watched(method, path):
        return
    state: dict[str, Any] = scope.get("state", {})
    site = scope["app"].state.site
    now = site.clock.now()
    if (caller := state.get("caller")) is not None:
        await run_in_threadpool(viewing.read_by_system, site.store, caller, path, now)
        return
    reader = state["reader"]
    name = next((each for each in parameters(path) if each in TABLES), None)
    write = (
        partial(viewing.listed, site.store, reader, path, now)
        if name is None
        else partial(viewing.viewed, site.store, reader, path, TABLES[name], UUID(str(scope["path_params"][name])), now)
    )
    await run_in_threadpool(write)


def is_watched(method: str, path: str) -> bool:
    """Whether an answer of a route shows people and is written down."""
    need = ACCESS.get((method, path))
    if method == "POST":
        return path in LISTS_BY_POST
    if method != "GET" or path in NOT_WATCHED:
        return False
    return need is Door.SYSTEM or (isinstance(need, Permission) and need in PEOPLE)
