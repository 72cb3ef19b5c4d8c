"""What evaluators take along about the instruments: codebooks for people and programs, and the forms of other programs."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.dialogue.verify.translated import offered
from ccmm_bot.dialogue.xlsform.build import build
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.book import Book, books
from ccmm_bot.evaluation.book_data import data_package_of, ddi
from ccmm_bot.evaluation.book_page import book_page
from ccmm_bot.i18n.forms import form_label
from ccmm_bot.i18n.languages import LANGUAGES, SOURCE, TAGS, language
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.words import N_

router = APIRouter()

FORMS: Final = {
    "html": N_("Codebook, a web page (HTML)"),
    "pdf": N_("Codebook, on paper (PDF)"),
    "ddi": N_("Codebook for archives (DDI)"),
    "package": N_("Description of the columns (Frictionless)"),
    "xlsform": N_("Form for ODK or Kobo (XLSForm)"),
}
_TYPES: Final = {
    "html": ("text/html; charset=utf-8", "html"),
    "pdf": ("application/pdf", "pdf"),
    "ddi": ("application/xml", "xml"),
    "package": ("application/json", "json"),
    "xlsform": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}


@router.get("/staff/evaluation/instruments")
def instruments(site: TheSite, reader: Staff) -> Response:
    """The instruments, and what can be taken along of each."""
    return _page(site, reader)


@router.get("/staff/evaluation/instruments/file")
def file(
    site: TheSite,
    reader: Staff,
    instrument: Annotated[str, Query(max_length=64)] = "",
    form: Annotated[str, Query(max_length=16)] = "html",
    languages: Annotated[list[str] | None, Query(max_length=len(TAGS))] = None,
) -> Response:
    """One of them, in the languages that were ticked; in English where none was."""
    loaded, _ = site.runtime.loaded, site.text(reader)
    tags = [tag for tag in TAGS if tag in (languages or ())] or [SOURCE]
    if form not in FORMS or instrument not in loaded.instruments:
        return _page(site, reader, message=_("Choose an instrument and what you want of it."))
    try:
        content = _content(site, reader, instrument, form, tags)
    except CcmmError as error:
        return _page(site, reader, message=error.told(_))
    kind, suffix = _TYPES[form]
    name = f"{instrument}-{loaded.instruments[instrument].version}.{suffix}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _content(site: Site, reader: Reader, instrument: str, form: str, tags: list[str]) -> bytes:
    loaded, catalogues = site.runtime.loaded, site.runtime.catalogues
    if form == "xlsform":
        return _form(site, instrument, tags)
    made: tuple[Book, ...] = books(loaded, catalogues, [instrument], tags)
    match form:
        case "ddi":
            return ddi(made, site.clock.now().date())
        case "package":
            return json.dumps(data_package_of(made), indent=1, ensure_ascii=False).encode()
        case "pdf":
            from ccmm_bot.evaluation.book_pdf import book_pdf  # takes a while to load, and few take one along

            return book_pdf(made, site.text(reader), reader.interface_language, site.clock.now())
        case _:
            return book_page(made, site.text(reader), reader.interface_language).encode()


def _form(site: Site, instrument: str, tags: list[str]) -> bytes:
    loaded, catalogues = site.runtime.loaded, site.runtime.catalogues
    dialogue = next(each for each in loaded.dialogues.values() if each.instrument == instrument)
    complete = offered(dialogue, catalogues, tags)
    labels = {tag: form_label(language(tag)) for tag in dict.fromkeys((SOURCE, *complete))}
    settings = site.runtime.settings
    slots = {"service_name": settings.service_name, "agency_name": settings.agency_name, "initials": ""}
    named = {entry.tag: entry.autonym for entry in LANGUAGES}
    made = build(dialogue, catalogues, labels, slots=slots, offered=named, defined=loaded.instruments[instrument], items_only=True)
    from ccmm_bot.dialogue.xlsform.write import write_form  # takes a while to load, and few take a form away

    return write_form(made.form, list(labels.values()))


def _page(site: Site, reader: Reader, *, message: str | None = None) -> Response:
    loaded = site.runtime.loaded
    asked = {dialogue.instrument for dialogue in loaded.dialogues.values()}
    shown = [each for name, each in loaded.instruments.items() if name in asked]
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return site.show(
        "staff/instruments.html",
        reader,
        status=status,
        here="evaluation",
        message=message,
        instruments=shown,
        forms=FORMS,
        languages=LANGUAGES,
    )
