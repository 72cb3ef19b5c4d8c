"""The staff pages."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ccmm_bot.web.staff import account, actions, admin, attachments, casefile, caselists, cases, forms, pages, second, signin


def routes() -> list[BaseRoute]:
    """Every route below ``/staff``."""
    rooms = (signin, second, account, pages, actions, attachments, caselists, casefile, cases, forms)
    return [*(route for room in rooms for route in room.router.routes), *admin.routes()]
