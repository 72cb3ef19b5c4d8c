"""The staff pages."""

from __future__ import annotations

from fastapi import APIRouter

from ccmm_bot.web.staff import actions, pages, signin


def router() -> APIRouter:
    """Every route below ``/staff``."""
    routes = APIRouter()
    routes.include_router(signin.router)
    routes.include_router(pages.router)
    routes.include_router(actions.router)
    return routes
