"""Opening somebody who is not one's own. Who and why are sent in a request's body, never in an address."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.persons import opening as ours
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Trouble, Typed

router = APIRouter()


@router.get("/staff/opening")
def form(site: TheSite, reader: Staff, said: str = "") -> Response:
    """The form, and whom the reader has open."""
    return _page(site, reader, said=said)


@router.post("/staff/opening")
def open_somebody(site: TheSite, reader: Staff, typed: Typed) -> Response:
    """To her page, for some hours."""
    try:
        person = ours.open_person(site.store, reader, read.one(typed, "who"), read.one(typed, "why"), site.clock.now())
    except CaseFileError as error:
        return _page(site, reader, trouble=Trouble(form="opening", field=error.field, code=error.code, typed=typed))
    return RedirectResponse(f"/staff/people/{person}", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/opening/{opening_id}/end")
def end(site: TheSite, reader: Staff, opening_id: UUID) -> Response:
    """Back again."""
    ours.end_opening(site.store, reader, opening_id, site.clock.now())
    return RedirectResponse("/staff/opening?said=kept", status_code=HTTPStatus.SEE_OTHER)


def _page(site: Site, reader: Reader, *, trouble: Trouble | None = None, said: str = "") -> Response:
    return site.show(
        "staff/opening.html",
        reader,
        status=HTTPStatus.OK if trouble is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        here="search",
        openings=ours.openings(site.store, reader, site.clock.now()),
        hours=ours.HOURS,
        trouble=trouble,
        said=said_of(said),
    )
