"""The files a page is made of, under addresses that name their content, so that a browser may keep them for good.

Everything is served from this package: no page ever asks another host for anything (the policy header forbids it). What
comes from elsewhere lies under ``static/vendor`` with its origin, licence and hash in ``MANIFEST.json``.
"""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response

STATIC = Path(__file__).resolve().parent / "static"
_YEAR_S = 31_536_000
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, Path]:
    """Every file we serve, by its address below ``/static/<fingerprint>/``. Nothing else on disk can be named."""
    return {path.relative_to(STATIC).as_posix(): path for path in sorted(STATIC.rglob("*")) if path.is_file()}


@cache
def fingerprint() -> str:
    """A name for the content of all static files together: it changes whenever one of them does."""
    digest = hashlib.sha256()
    for name, path in _files().items():
        digest.update(name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def static_url(name: str) -> str:
    """The address of a static file. A name that does not exist is a mistake of ours and raises ``KeyError``."""
    if name not in _files():
        raise KeyError(name)
    return f"/static/{fingerprint()}/{name}"


async def serve_static(request: Request) -> Response:
    """``GET /static/{print}/{name}``. An address of another release is answered, but not to be kept."""
    path = _files().get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("Not found\n", status_code=404)
    current = request.path_params["print"] == fingerprint()
    kept = f"public, max-age={_YEAR_S}, immutable" if current else "no-cache"
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(path, media_type=media_type, headers={"Cache-Control": kept})
