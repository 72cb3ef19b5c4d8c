"""Studies over several agencies: begin one, join one, leave it."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.evaluation import studies
from ccmm_bot.evaluation.studies import StudyError
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.admin.room import show_room
from ccmm_bot.web.staff.said import Said
from ccmm_bot.web.words import N_

router = APIRouter()

_SAID: Final = MappingProxyType(
    {
        "begun": Said(N_("The study has begun. Other agencies can join it now.")),
        "joined": Said(N_("Your agency is in the study.")),
        "left": Said(N_("Your agency is out of the study: no later table and no later export has its data.")),
    }
)


@router.get("/staff/admin/studies")
def page(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Every study, and whether this agency is in it."""
    return _page(site, reader, said=_SAID.get(said))


@router.post("/staff/admin/studies")
def begin(
    site: TheSite,
    reader: Staff,
    name: Annotated[str, Form(max_length=200)] = "",
    evaluators: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """A new study."""
    try:
        studies.begin(site.store, reader, name=name, evaluators=evaluators, now=site.clock.now())
    except StudyError as error:
        return _page(site, reader, message=error.told(site.text(reader)), name=name, evaluators=evaluators)
    return _back("begun")


@router.post("/staff/admin/studies/{study_id}/join")
def join(site: TheSite, reader: Staff, study_id: UUID) -> Response:
    """This agency joins."""
    studies.join(site.store, reader, study_id, site.clock.now())
    return _back("joined")


@router.post("/staff/admin/studies/{study_id}/leave")
def leave(site: TheSite, reader: Staff, study_id: UUID) -> Response:
    """This agency leaves."""
    studies.leave(site.store, reader, study_id, site.clock.now())
    return _back("left")


def _back(said: str) -> Response:
    return RedirectResponse(f"/staff/admin/studies?said={said}", status_code=HTTPStatus.SEE_OTHER)


def _page(
    site: Site, reader: Reader, *, said: Said | None = None, message: str | None = None, name: str = "", evaluators: str = ""
) -> Response:
    shown = studies.listed(site.store, reader)
    return show_room(site, reader, "studies", studies=shown, said=said, message=message, name=name, evaluators=evaluators)
