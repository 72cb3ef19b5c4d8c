"""Our door to Twilio's REST API, over httpx.

A stand-in is reached by changing scheme and host here. Errors of the network come out as they are, for we must know *where* a
request failed (see :mod:`ccmm_bot.channels.twilio.send`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from ccmm_bot.channels.trusted import trusted


class TooManyRequests(Exception):
    """HTTP 429. ``retry_after`` is the header in seconds, which twilio-python's own exceptions leave out."""

    def __init__(self, retry_after: float | None, code: int | None) -> None:
        super().__init__("Twilio answered HTTP 429")
        self.retry_after = retry_after
        self.code = code


class Door:
    """Sends what was prepared. Errors of the network come out as httpx raises them; nothing is retried."""

    def __init__(self, *, api_base_url: str = "", connect_timeout: float = 5.0, read_timeout: float = 15.0) -> None:
        self._base = urlsplit(api_base_url) if api_base_url else None
        self._client = httpx.AsyncClient(
            verify=trusted(),
            timeout=httpx.Timeout(read_timeout, connect=connect_timeout, pool=30.0),
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=16),
            follow_redirects=False,
        )

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - for one request, as httpx takes it
        allow_redirects: bool = False,
    ) -> httpx.Response:
        """One request, once.

        :raises httpx.HTTPError: the network failed
        :raises TooManyRequests: HTTP 429
        """
        as_json = (headers or {}).get("Content-Type") == "application/json"
        answer = await self._client.request(
            method.upper(),
            self._address(uri),
            params=_flat(params),
            json=data if as_json else None,
            data=None if as_json or data is None else dict(data),
            headers=dict(headers or {}),
            auth=auth,
            timeout=self._client.timeout if timeout is None else timeout,
            follow_redirects=allow_redirects,
        )
        if answer.status_code == 429:
            raise TooManyRequests(_seconds(answer.headers.get("Retry-After")), _code(answer))
        return answer

    def _address(self, uri: str) -> str:
        if self._base is None:
            return uri
        return urlunsplit(urlsplit(uri)._replace(scheme=self._base.scheme, netloc=self._base.netloc))

    async def aclose(self) -> None:
        """Close connections."""
        await self._client.aclose()


def _flat(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return {name: value for name, value in params.items() if value is not None} if params else None


def _seconds(header: str | None) -> float | None:
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None  # the form with a date: back off by our own delay instead


def _code(answer: httpx.Response) -> int | None:
    try:
        code = answer.json().get("code")
    except (ValueError, AttributeError):
        return None
    return code if isinstance(code, int) else None
