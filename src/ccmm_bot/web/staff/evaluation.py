"""The evaluator's page: the report's tables of the agency, the whole report as a file, and data for research with its log."""

from __future__ import annotations

import tempfile
from datetime import date
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Form
from starlette.responses import Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.needed import is_there
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.store.tables import CaseModel
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.words import N_

if TYPE_CHECKING:
    from ccmm_bot.evaluation.dataset import Selection

router = APIRouter()

FORMATS: Final = {"csv": "CSV", "xlsx": "Excel (XLSX)", "sav": "SPSS (SAV)", "parquet": "Parquet"}
SHAPES: Final = {"both": N_("both"), "long": N_("one line an answer"), "wide": N_("one line a person")}
#: What the tables of the page itself are kept under: its keys never leave the service.
_LOOKING: Final = "page"

Typed = Annotated[str, Form(max_length=500)]


@router.get("/staff/evaluation")
def tables(site: TheSite, reader: Staff, since: str = "", until: str = "", model: str = "", language: str = "") -> Response:
    """The tables. Without a period: of everything until today."""
    return _page(site, reader, {"since": since, "until": until, "model": model, "language": language})


@router.get("/staff/evaluation/report")
def report(site: TheSite, reader: Staff, since: str = "", until: str = "", model: str = "", language: str = "") -> Response:
    """The same with pictures, as one file."""
    typed = {"since": since, "until": until, "model": model, "language": language}
    if not is_there():
        return _page(site, reader, typed)
    from ccmm_bot.evaluation.instruments import instruments
    from ccmm_bot.evaluation.report import LANGUAGES as SPOKEN
    from ccmm_bot.evaluation.report import report_page, study_tables, translator

    tag = reader.interface_language if reader.interface_language in SPOKEN else "en"
    defined = instruments(site.runtime.loaded.dialogues, site.runtime.loaded.instruments)
    try:
        data, made = study_tables(site.store, [reader.agency_id], _LOOKING, defined, _selection(typed), site.clock.now())
    except CcmmError as error:
        return _page(site, reader, typed, message=error.told(site.text(reader)))
    page = report_page(data, made, translator(site.runtime.settings.locales_dir, tag), tag)
    headers = {"Content-Disposition": 'attachment; filename="evaluation.html"'}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)


@router.post("/staff/evaluation/export")
def export(
    site: TheSite,
    reader: Staff,
    study: Typed = "",
    purpose: Typed = "",
    form: Typed = "csv",
    shape: Typed = "both",
    since: Typed = "",
    until: Typed = "",
) -> Response:
    """Data for research, as a file. Logged with who, what for, and the file's hash."""
    typed = {"study": study, "purpose": purpose, "form": form, "shape": shape, "since": since, "until": until}
    if not is_there():
        return _page(site, reader, typed)
    from ccmm_bot.evaluation.instruments import instruments
    from ccmm_bot.evaluation.releasing import Wanted, release
    from ccmm_bot.evaluation.wordings import wordings

    defined = instruments(site.runtime.loaded.dialogues, site.runtime.loaded.instruments)
    try:
        wanted = Wanted(
            study=_study(study),
            agencies=(reader.agency_id,),
            who=reader.name,
            staff_id=reader.staff_id,
            purpose=purpose,
            form=form,
            shape=shape,
            selection=_selection(typed),
        )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "export.zip"
            release(site.store, defined, wanted, path, site.clock.now(), texts=wordings(site.runtime.settings.locales_dir, defined))
            content = path.read_bytes()
    except CcmmError as error:
        return _page(site, reader, typed, message=error.told(site.text(reader)))
    headers = {"Content-Disposition": 'attachment; filename="export.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


class NotReadable(CcmmError):
    """What was typed is no day, or no name of a study."""


def _page(site: Site, reader: Reader, typed: dict[str, str], *, message: str | None = None) -> Response:
    values = {
        "typed": {
            name: typed.get(name, "") for name in ("since", "until", "model", "language", "study", "purpose", "form", "shape")
        },
        "models": [each.value for each in CaseModel],
        "languages": LANGUAGES,
        "formats": FORMATS,
        "shapes": SHAPES,
        "there": is_there(),
        "tables": (),
        "log": (),
        "data": None,
        "shown": None,
        "say": None,
    }
    if values["there"]:
        from ccmm_bot.evaluation.instruments import instruments
        from ccmm_bot.evaluation.releasing import export_log
        from ccmm_bot.evaluation.report import study_tables
        from ccmm_bot.evaluation.shown import in_parts, shown

        values |= {"log": export_log(site.store, reader.agency_id), "shown": shown, "say": in_parts(site.text(reader))}
        if message is None:
            defined = instruments(site.runtime.loaded.dialogues, site.runtime.loaded.instruments)
            try:
                data, made = study_tables(site.store, [reader.agency_id], _LOOKING, defined, _selection(typed), site.clock.now())
                values |= {"data": data, "tables": made}
            except CcmmError as error:
                message = error.told(site.text(reader))
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return site.show("staff/evaluation.html", reader, status=status, here="evaluation", message=message, **values)


def _selection(typed: dict[str, str]) -> Selection:
    from ccmm_bot.evaluation.dataset import Selection

    return Selection(
        since=_day(typed.get("since", "")),
        until=_day(typed.get("until", "")),
        models=tuple(each.value for each in CaseModel if each.value == typed.get("model")),
        languages=tuple(each.tag for each in LANGUAGES if each.tag == typed.get("language")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotReadable("Write a day as 2026-11-30.") from None


def _study(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= 64:
        raise NotReadable("Name the study: each study has its own keys for people.")
    return name
