"""The staff pages."""

from __future__ import annotations

from starlette.routing import BaseRoute

from ccmm_bot.web.staff import actions, attachments, cases, pages, signin


def routes() -> list[BaseRoute]:
    """Every route below ``/staff``."""
    return [*signin.router.routes, *pages.router.routes, *actions.router.routes, *attachments.router.routes, *cases.router.routes]
