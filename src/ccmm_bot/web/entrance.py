"""What a webhook is to HTTP: a body that is read to the end or refused, and an answer in a few bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.types import Receive, Scope, Send

from ccmm_bot.channels.malformed import Malformed
from ccmm_bot.logs import get_logger
from ccmm_bot.web.forgers import Forgers

MAX_BODY = 256 * 1024

_PLAIN: Final = b"text/plain; charset=utf-8"

_log = get_logger(__name__)


class Refusal(Exception):
    """Answer with this status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class Post:
    """A request that was read. ``account``: what its path names, if anything."""

    scope: Scope
    account: str | None
    body: bytes

    def header(self, name: bytes) -> str | None:
        """A header by its name in lower case; ``None`` where it is absent."""
        return _header(self.scope, name)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider is told. ``kind`` is its media type."""

    status: int
    body: bytes = b""
    kind: bytes = b""

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Those that speak of the body."""
        length = [] if self.status == 204 else [(b"content-length", str(len(self.body)).encode())]
        if self.status == 429:
            length.append((b"retry-after", b"60"))
        return [*length, (b"content-type", self.kind)] if self.kind else length


_TOO_OFTEN: Final = Answer(429)


class Entrance:
    """One webhook, as an ASGI application. Refusals and malformed payloads become their answers."""

    def __init__(
        self, open_to: Callable[[str | None], object], take: Callable[[Post], Awaitable[Answer]], forgers: Forgers
    ) -> None:
        self._open_to = open_to  # whether there is such an account is known before anything is read
        self._take = take
        self._forgers = forgers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As a route of the application."""
        answer = await self.answer(scope, scope["path_params"].get("account"), receive)
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers()})
        await send({"type": "http.response.body", "body": answer.body})

    async def answer(self, scope: Scope, account: str | None, receive: Receive) -> Answer:
        """Take one request. Committed when it returns."""
        if self._forgers.refused(scope):
            return _TOO_OFTEN  # and no line in the log: there were enough
        try:
            self._open_to(account)
            body = await _body(scope, receive)
            return Answer(400) if body is None else await self._take(Post(scope, account, body))
        except Refusal as why:
            status, reason = why.status, str(why)
            if status == 403:
                self._forgers.wrong(scope)
        except Malformed as why:
            status, reason = 400, str(why)
        _log.warning("a webhook was refused", status=status, reason=reason)
        return Answer(status, reason.encode() + b"\n", _PLAIN)


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value, "latin-1")
    return None


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """The whole body, or 413 as soon as it is too long; ``None`` where the client has gone."""
    declared = _header(scope, b"content-length") or "0"
    if declared.isdigit() and int(declared) > MAX_BODY:
        raise Refusal(413, f"the body is longer than {MAX_BODY} bytes")
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part: bytes = message.get("body", b"")
        body = body + part if body else part
        if len(body) > MAX_BODY:
            raise Refusal(413, f"the body is longer than {MAX_BODY} bytes")
        if not message.get("more_body", False):
            return body
