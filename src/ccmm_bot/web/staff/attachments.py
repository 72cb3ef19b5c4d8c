"""Files people sent. They are strangers' files: nothing in them runs, and a browser shows none but plain pictures.

Every answer below this path is sandboxed by its headers (:mod:`ccmm_bot.web.security`), carries the type *we* found, and is a
download unless it is a picture asked for as one.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from ccmm_bot.casework.conversations.attachments import open_file
from ccmm_bot.web.site import Staff, TheSite

router = APIRouter()


@router.get("/staff/attachments/{attachment_id}")
def download(site: TheSite, reader: Staff, attachment_id: UUID) -> Response:
    """The file, to be saved."""
    file = open_file(site.store, reader, attachment_id, site.clock.now())
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.data, media_type=file.content_type, headers=headers)


@router.get("/staff/attachments/{attachment_id}/picture")
def picture(site: TheSite, reader: Staff, attachment_id: UUID) -> Response:
    """A picture, to be shown inside the page."""
    file = open_file(site.store, reader, attachment_id, site.clock.now(), only_shown=True)
    return Response(file.data, media_type=file.content_type, headers={"Content-Disposition": "inline"})
