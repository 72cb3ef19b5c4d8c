"""The stream by which open pages learn that there is something new."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from ccmm_bot.web.site import Staff, TheSite

router = APIRouter()


@router.get("/staff/events")
async def events(site: TheSite, reader: Staff) -> StreamingResponse:
    """Says "look" whenever something happened in the reader's agency, and nothing else."""
    headers = {"X-Accel-Buffering": "no"}  # proxies hand it on at once
    return StreamingResponse(site.news.listen(reader.agency_id), media_type="text/event-stream", headers=headers)
