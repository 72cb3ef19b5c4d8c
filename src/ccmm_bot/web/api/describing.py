"""The API's description of itself (OpenAPI 3.1), for whoever programs against it. Holds nothing of anybody."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from ccmm_bot.web.api import reading, writing

router = APIRouter()

_ABOUT = (
    "What the service knows of the people an agency serves, for the agency's own case system. Times are in UTC. Lists come page by "
    'page, the oldest first: go on with `after` set to `next` until `next` is null. Errors are `{"error": {"status": …, '
    '"title": …, "reference": …}}`.'
)


@router.get("/api/v1/openapi.json", include_in_schema=False)
def openapi() -> Response:
    """The description."""
    return JSONResponse(description())


@cache
def description() -> dict[str, Any]:
    """The description of every route that needs a token."""
    routes = [route for router in (reading.router, writing.router) for route in router.routes if isinstance(route, APIRoute)]
    return get_openapi(title="CCMM case data", version="1", description=_ABOUT, routes=routes)
