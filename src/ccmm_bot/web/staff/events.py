"""The stream by which open pages learn that there is something new."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response, StreamingResponse

from ccmm_bot.web.site import Staff, TheSite

router = APIRouter()


@router.get("/staff/events")
async def events(site: TheSite, reader: Staff, accept: Annotated[str, Header(max_length=500)] = "") -> Response:
    """Says "look" whenever something happened in the reader's agency, and nothing else. Who asks for no stream gets nothing."""
    if "text/event-stream" not in accept:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {"X-Accel-Buffering": "no"}  # proxies hand it on at once
    return StreamingResponse(site.news.listen(reader.agency_id), media_type="text/event-stream", headers=headers)
