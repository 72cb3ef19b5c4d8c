"""Everything of one person: as files to take along, and gone for good."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.persons import erasure
from ccmm_bot.casework.persons.erasure import Preview
from ccmm_bot.casework.persons.export import export_person, packed
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.templating import rendered

router = APIRouter()


@router.post("/staff/people/{person_id}/export")
def export(site: TheSite, reader: Staff, person_id: UUID) -> Response:
    """A ZIP file: JSON, a page, and the files the person sent. A POST, for it is written down."""
    made = export_person(site.store, reader, person_id, site.clock.now())
    page = rendered(site.env(reader), "staff/admin/export.html", export=made, service_name=site.service_name)
    headers = {"Content-Disposition": f'attachment; filename="{made.code}.zip"'}
    return Response(packed(made, page), media_type="application/zip", headers=headers)


@router.get("/staff/people/{person_id}/erase")
def look(site: TheSite, reader: Staff, person_id: UUID) -> Response:
    """What erasing would remove."""
    return _page(site, reader, erasure.preview(site.store, reader, person_id))


@router.post("/staff/people/{person_id}/erase")
def erase(site: TheSite, reader: Staff, person_id: UUID, code: Annotated[str, Form(max_length=40)] = "") -> Response:
    """Remove it, once the person's code was typed."""
    try:
        gone = erasure.erase(site.store, reader, person_id, code, site.clock.now())
    except erasure.NotConfirmed as error:
        preview = erasure.preview(site.store, reader, person_id)
        return _page(site, reader, preview, message=error.told(site.text(reader)), typed=code)
    return _page(site, reader, gone, done=True)


def _page(
    site: Site, reader: Reader, preview: Preview, *, message: str | None = None, typed: str = "", done: bool = False
) -> Response:
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    values = {"preview": preview, "message": message, "typed": typed, "done": done}
    return site.show("staff/admin/erase.html", reader, status=status, here="person", **values)
