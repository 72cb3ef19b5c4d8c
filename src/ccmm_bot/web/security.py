"""What every response carries and every request must satisfy, whatever page it is for.

Two layers, plain ASGI so that nothing a route does can slip past them: response headers, and the origin of unsafe requests.
(The size of bodies is FastAPI's own ``max_body_size``.) They follow OWASP ASVS 5.0, V3 (web frontend security) and V4 (API and
web service).
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}; frame-src {frames}"
)
#: Files people sent: whatever they hold, it runs nothing and reaches nothing (CSP level 3, "sandbox").
_FILES = "/staff/attachments/"
_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": with it a browser sends `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Machines carry no origin: providers are authenticated by signature or secret, an agency's systems by the token in a header. A
#: browser sends neither by itself, so nothing can be forged with one.
WEBHOOKS = "/webhooks/"
MACHINES = (WEBHOOKS, "/api/")


def fixed_headers(*, https: bool, framed: bool) -> dict[str, str]:
    """What every response carries. ``framed``: our own pages may show one another in a frame (the demonstration)."""
    where = "'self'" if framed else "'none'"
    headers = _FIXED | {
        "Content-Security-Policy": _POLICY.format(ancestors=where, frames=where),
        "X-Frame-Options": "SAMEORIGIN" if framed else "DENY",
    }
    return headers | ({"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if https else {})


class SecurityHeaders:
    """Puts the headers on every response."""

    def __init__(self, app: ASGIApp, *, https: bool, framed: bool) -> None:
        self._app = app
        self._headers = fixed_headers(https=https, framed=framed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, with the headers added."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if scope["path"].startswith(_FILES):
                    headers["Content-Security-Policy"] = _SANDBOX
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)


class SameOrigin:
    """Refuses unsafe requests that another site made the browser send (ASVS 5.0 §3.5, cross-site request forgery).

    A browser always says where such a request comes from: ``Sec-Fetch-Site``, or at least ``Origin``. A request with neither
    is no browser's; it could not carry a stolen cookie, and is refused all the same.
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str] = ()) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        unsafe = scope["type"] == "http" and scope["method"] not in _SAFE and not scope["path"].startswith(MACHINES)
        if unsafe and not self._own(Headers(scope=scope), scope.get("scheme", "http")):
            await _refuse(send, 403, "This request did not come from one of our own pages.\n")
            return
        await self._app(scope, receive, send)

    def _own(self, headers: Headers, scheme: str) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins and not _same_host(origin, headers.get("host", ""), scheme):
            return False
        site = headers.get("sec-fetch-site")
        return site == "same-origin" if site is not None else origin is not None


def _same_host(origin: str, host: str, scheme: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    # Behind a proxy that ends TLS we see http where the browser sees https; the host must match in either case.
    return bool(host) and parts.netloc == host and (parts.scheme == scheme or parts.scheme == "https")


async def _refuse(send: Send, status: int, text: str) -> None:
    body = text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
