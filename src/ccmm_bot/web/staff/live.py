"""Pages that refresh themselves: by a fragment that answers 204 as long as nothing of it changed."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.web.site import Site

#: The name of what the browser shows.
Seen = Annotated[str, Query(max_length=64)]


def changed(site: Site, reader: Reader, template: str, values: dict[str, Any], seen: str) -> Response:
    """The fragment, or 204."""
    current = print_of(site, reader, template, values)
    if current == seen:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return site.show(template, reader, seen=current, **values)


def print_of(site: Site, reader: Reader, template: str, values: dict[str, Any]) -> str:
    """A name for what the fragment says now."""
    body = site.show(template, reader, seen="", **values).body
    return hashlib.sha256(body).hexdigest()[:20]
