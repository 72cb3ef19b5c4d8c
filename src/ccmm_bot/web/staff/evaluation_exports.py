"""Data for research: asked for on a page, made in the background, there for a day."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.asking import ask, file_of, request
from ccmm_bot.evaluation.needed import is_there
from ccmm_bot.store.tables import ExportState
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.evaluation import FORMATS, SHAPES, Asked, selection_in, show_evaluation, study_in

router = APIRouter()

Typed = Annotated[str, Form(max_length=500)]


@router.post("/staff/evaluation/export")
def export(
    site: TheSite,
    reader: Staff,
    name: Typed = "",
    purpose: Typed = "",
    form: Typed = "csv",
    shape: Typed = "both",
    study: Typed = "",
    agency: Annotated[list[str] | None, Form(max_length=200)] = None,
    since: Typed = "",
    until: Typed = "",
) -> Response:
    """Ask for data. What is made and logged is told on the page this leads to."""
    wanted = Asked(study=study, agency=tuple(agency or ()), since=since, until=until, model="", language="")
    typed = {"name": name, "purpose": purpose, "form": form, "shape": shape}
    if not is_there():
        return show_evaluation(site, reader, wanted)
    from ccmm_bot.evaluation.exports import plain

    try:
        chosen = study_in(site, reader, study)
        key = ask(
            site.store,
            reader,
            name=name,
            study=None if chosen is None else chosen.id,
            purpose=purpose,
            form=form if form in FORMATS else "csv",
            shape=shape if shape in SHAPES else "both",
            selection=plain(selection_in(wanted, chosen)),
            now=site.clock.now(),
        )
    except CcmmError as error:
        return show_evaluation(site, reader, wanted, message=error.told(site.text(reader)), typed=typed)
    return RedirectResponse(f"/staff/evaluation/exports/{key}", status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/evaluation/exports/{export_id}")
def progress(site: TheSite, reader: Staff, export_id: UUID) -> Response:
    """How far it is, and the file when it is there."""
    return _page(site, reader, export_id, "staff/evaluation_export.html")


@router.get("/staff/evaluation/exports/{export_id}/live")
def live(site: TheSite, reader: Staff, export_id: UUID) -> Response:
    """The same, for the page to look again."""
    return _page(site, reader, export_id, "staff/evaluation_export_live.html")


@router.get("/staff/evaluation/exports/{export_id}/file")
def download(site: TheSite, reader: Staff, export_id: UUID) -> Response:
    """The file. It was logged when it was made."""
    headers = {"Content-Disposition": 'attachment; filename="export.zip"'}
    return Response(file_of(site.store, reader, export_id, site.clock.now()), media_type="application/zip", headers=headers)


def _page(site: Site, reader: Reader, key: UUID, template: str) -> Response:
    found = request(site.store, reader, key)
    going = found.state in (ExportState.WAITING, ExportState.RUNNING)
    return site.show(template, reader, here="evaluation", export=found, going=going, formats=FORMATS)
