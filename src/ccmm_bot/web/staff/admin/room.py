"""What the pages of administration have in common: the second row of links."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import HTMLResponse

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.web.menu import administration
from ccmm_bot.web.site import Site


def show_room(
    site: Site, reader: Reader, room: str, template: str | None = None, *, message: str | None = None, **values: Any
) -> HTMLResponse:
    """A page of administration; with a ``message`` it is a form that is shown again, and answered as one (422)."""
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    name = f"staff/admin/{template or room}.html"
    rooms = administration(reader)
    return site.show(name, reader, status=status, here="administration", rooms=rooms, room=room, message=message, **values)
