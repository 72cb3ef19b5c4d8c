"""The API for an agency's other systems, under ``/api/v1``; its description is at ``/api/v1/openapi.json``."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ccmm_bot.web.api import describing, reading, writing


def routes() -> list[BaseRoute]:
    """Every route below ``/api``."""
    return [*describing.router.routes, *reading.router.routes, *writing.router.routes]
