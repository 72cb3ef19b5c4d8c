"""Requests straight to the application, without a network between: what an ASGI server would hand it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it goes over the wire. ``target``: path and query, percent-encoded."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""
    role: str | None = None  # whose session it carries, where it is a staff page


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    location: str = ""
    body: bytes = b""


async def ask(app: ASGIApp, request: Request, *, host: str = "bot.example.org", client: str = "127.0.0.1") -> Answer:
    """One request. What an application raises is raised here."""
    path, _, query = request.target.partition("?")
    raw = path.encode("latin-1", "replace")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": _unquoted(raw),
        "raw_path": raw,
        "query_string": query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [
            (b"host", host.encode()),
            (b"content-length", str(len(request.body)).encode()),
            *((name.lower().encode("latin-1"), value.encode("latin-1", "replace")) for name, value in request.headers),
        ],
        "client": (client, 1),
        "server": (host, 80),
        "state": {},
    }
    given = False
    status, location, parts = 0, "", [b""]

    async def receive() -> Message:
        nonlocal given
        if given:
            return {"type": "http.disconnect"}
        given = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, location
        if message["type"] == "http.response.start":
            status = message["status"]
            headers: list[tuple[bytes, bytes]] = message.get("headers", [])
            location = dict(headers).get(b"location", b"").decode("latin-1")
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    made: dict[str, Any] = scope
    await app(made, receive, send)
    return Answer(status=status, location=location, body=b"".join(parts))


def _unquoted(raw: bytes) -> str:
    """As uvicorn does it."""
    from urllib.parse import unquote

    return unquote(raw.decode("ascii", "replace"))
