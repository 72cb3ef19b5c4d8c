"""The application, with the providers' doors in front of its layers.

Most of what comes in are messages, and the layers that pages need (forms, cookies, errors as pages) cost more than everything else
that is done with a message before it is written down. A post to one of the webhooks goes straight to it, with the same headers on
its answer and in the same figures; anything else at these addresses (another method, a path too many) is the application's to
refuse. An error that nobody expected is shown and logged by the layer that does it for the pages.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from ccmm_bot.web.entrance import Entrance
from ccmm_bot.web.errors import CatchAll, ErrorPages
from ccmm_bot.web.metrics import Metrics
from ccmm_bot.web.security import SecurityHeaders, fixed_headers
from ccmm_bot.web.webhooks import ACCOUNT


class Front:
    """The providers' doors."""

    def __init__(
        self, entrances: Mapping[str, Entrance], *, metrics: Metrics, pages: ErrorPages, https: bool, framed: bool
    ) -> None:
        fixed = {"Cache-Control": "no-store", **fixed_headers(https=https, framed=framed)}
        self._headers = [(name.lower().encode(), value.encode()) for name, value in fixed.items()]
        self._entrances = dict(entrances)
        self._metrics = metrics
        self._figures: dict[tuple[str, int], tuple[Any, Any]] = {}
        self._pages, self._https, self._framed = pages, https, framed

    async def take(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a post to one of the doors; ``False`` for everything else."""
        path: str = scope["path"]
        account: str | None = None
        entrance = self._entrances.get(path)
        if entrance is None:
            door, _, account = path.rpartition("/")
            entrance = self._entrances.get(door)
            if entrance is None or not account:
                return False
        began = time.perf_counter()
        pattern = path if account is None else path[: -len(account) - 1] + ACCOUNT
        status = 500
        try:
            answer = await entrance.answer(scope, account, receive)
            status = answer.status
        except Exception as error:
            scope["endpoint"] = entrance
            await self._failed(error, scope, receive, send)
        else:
            await send({"type": "http.response.start", "status": status, "headers": [*answer.headers(), *self._headers]})
            await send({"type": "http.response.body", "body": answer.body})
        finally:
            seconds, responses = self._figures.get((pattern, status)) or self._figure(pattern, status)
            seconds.observe(time.perf_counter() - began)
            responses.inc()
        return True

    def _figure(self, pattern: str, status: int) -> tuple[Any, Any]:
        metrics = self._metrics
        found = metrics.seconds.labels("POST", pattern), metrics.responses.labels("POST", pattern, str(status))
        return self._figures.setdefault((pattern, status), found)

    async def _failed(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
        async def again(_scope: Scope, _receive: Receive, _send: Send) -> None:
            raise error

        shown = SecurityHeaders(CatchAll(again, pages=self._pages), https=self._https, framed=self._framed)
        await shown(scope, receive, send)


class Application(FastAPI):
    """The application. ``front`` is asked first."""

    front: Front | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "http" and scope["method"] == "POST" and self.front is not None:
            scope["app"] = self
            if await self.front.take(scope, receive, send):
                return
        await super().__call__(scope, receive, send)
