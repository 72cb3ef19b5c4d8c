"""Administration: the agency's staff and settings, the state of the service, other systems, a person's data."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ccmm_bot.web.staff import oidc, searching
from ccmm_bot.web.staff.admin import agencies, agency, keeping, person_data, release, service, staff, studies, systems, welcome

ROOMS = (oidc, searching, person_data, agencies, agency, keeping, staff, service, release, systems, studies, welcome)


def routes() -> list[BaseRoute]:
    """Every route of administration."""
    return [route for room in ROOMS for route in room.router.routes]
