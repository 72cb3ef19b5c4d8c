"""The evaluator's page: tables and pictures of an agency or a study, and the whole report as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from markupsafe import Markup
from starlette.responses import Response

from ccmm_bot.casework.access.policy import NotFound, Reader
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.asking import latest
from ccmm_bot.evaluation.needed import is_there
from ccmm_bot.evaluation.studies import Joined, evaluated_by
from ccmm_bot.i18n.languages import LANGUAGES
from ccmm_bot.store.tables import CaseModel
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.words import N_

if TYPE_CHECKING:
    from ccmm_bot.evaluation.dataset import Dataset, Selection
    from ccmm_bot.evaluation.table import Table

router = APIRouter()

FORMATS: Final = {"csv": "CSV", "xlsx": "Excel (XLSX)", "sav": "SPSS (SAV)", "parquet": "Parquet (R, Python)"}
SHAPES: Final = {"both": N_("both"), "long": N_("one line an answer"), "wide": N_("one line a person")}
#: What the tables of the page itself are kept under: its keys never leave the service.
_LOOKING: Final = "page"
_REPORTS: Final = {"html": "text/html; charset=utf-8", "pdf": "application/pdf"}
_PICTURES: Final = {"svg": "image/svg+xml", "png": "image/png"}


class NotReadable(CcmmError):
    """What was typed is no day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the address asks for, as it was typed."""

    study: str
    agency: tuple[str, ...]
    since: str
    until: str
    model: str
    language: str

    def typed(self) -> dict[str, Any]:
        """For the forms to show it again."""
        return {name: getattr(self, name) for name in self.__slots__}


def asked(
    study: str = "",
    agency: Annotated[list[str] | None, Query(max_length=200)] = None,
    since: str = "",
    until: str = "",
    model: str = "",
    language: str = "",
) -> Asked:
    """Read from the address."""
    return Asked(study=study, agency=tuple(agency or ()), since=since, until=until, model=model, language=language)


Wanted = Annotated[Asked, Depends(asked)]


@router.get("/staff/evaluation")
def tables(site: TheSite, reader: Staff, wanted: Wanted) -> Response:
    """The tables and pictures. Without a period: of everything until today."""
    return show_evaluation(site, reader, wanted)


@router.get("/staff/evaluation/report")
def report(site: TheSite, reader: Staff, wanted: Wanted, form: str = "html") -> Response:
    """The same as one file, HTML or PDF."""
    if not is_there() or form not in _REPORTS:
        return show_evaluation(site, reader, wanted)
    from ccmm_bot.evaluation.report import report_page
    from ccmm_bot.evaluation.report_pdf import report_pdf

    try:
        data, made = _made(site, reader, wanted)
    except CcmmError as error:
        return show_evaluation(site, reader, wanted, message=error.told(site.text(reader)))
    make: Callable[..., str | bytes] = report_pdf if form == "pdf" else report_page
    return _file(make(data, made, _say(site, reader), reader.interface_language), f"evaluation.{form}", _REPORTS[form])


@router.get("/staff/evaluation/pictures/{name}")
def picture(site: TheSite, reader: Staff, wanted: Wanted, name: str, form: str = "svg") -> Response:
    """One picture as a file, for a paper of one's own."""
    if not is_there() or form not in _PICTURES:
        raise NotFound("There is no such picture.")
    from ccmm_bot.evaluation.charts import pictures, standing_alone

    try:
        _, made = _made(site, reader, wanted)
    except CcmmError as error:
        return show_evaluation(site, reader, wanted, message=error.told(site.text(reader)))
    found = pictures([each for each in made if each.key == name], _say(site, reader), png=form == "png")
    if not found:
        raise NotFound("There is no such picture.")
    return _file(found[0].png if form == "png" else standing_alone(found[0].svg), f"{name}.{form}", _PICTURES[form])


def show_evaluation(
    site: Site, reader: Reader, wanted: Asked, *, message: str | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    """The page; with a ``message`` a form is shown again, and answered as one (422)."""
    studies = evaluated_by(site.store, reader)
    values: dict[str, Any] = {
        "typed": {"name": "", "purpose": "", "form": "", "shape": "", **wanted.typed(), **(typed or {})},
        "studies": studies,
        "study": next((each for each in studies if str(each.id) == wanted.study), None),
        "models": [each.value for each in CaseModel],
        "languages": LANGUAGES,
        "formats": FORMATS,
        "shapes": SHAPES,
        "there": is_there(),
        "exports": latest(site.store, reader),
        "tables": (),
        "pictures": {},
        "log": (),
        "about": (),
        "shown": None,
        "say": None,
        "query": _address(wanted),
    }
    if values["there"]:
        from ccmm_bot.evaluation.charts import pictures
        from ccmm_bot.evaluation.releasing import export_log
        from ccmm_bot.evaluation.report import about
        from ccmm_bot.evaluation.shown import shown

        say = _say(site, reader)
        values |= {"log": export_log(site.store, reader.agency_id), "shown": shown, "say": say}
        if message is None:
            try:
                data, made = _made(site, reader, wanted)
                values |= {"tables": made, "about": about(data, say)}
                drawn = pictures(made, say)
                # Drawn by us, with every word in it escaped (evaluation/charts.py): the one thing a page does not escape.
                values["pictures"] = {each.table: Markup(each.svg) for each in drawn}  # noqa: S704  # nosec B704
            except CcmmError as error:
                message = error.told(site.text(reader))
    status = HTTPStatus.OK if message is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return site.show("staff/evaluation.html", reader, status=status, here="evaluation", message=message, **values)


def selection_in(wanted: Asked, study: Joined | None) -> Selection:
    """What part was asked for. Raises :class:`NotReadable`."""
    from ccmm_bot.evaluation.dataset import Selection

    chosen = [each.name for each in (study.agencies if study else ()) if str(each.id) in wanted.agency]
    return Selection(
        since=_day(wanted.since),
        until=_day(wanted.until),
        models=tuple(each.value for each in CaseModel if each.value == wanted.model),
        languages=tuple(each.tag for each in LANGUAGES if each.tag == wanted.language),
        agencies=tuple(chosen) if study and len(chosen) < len(study.agencies) else (),
    )


def study_in(site: Site, reader: Reader, typed: str) -> Joined | None:
    """The study that was chosen; ``None`` is the reader's own agency. Raises :class:`NotFound`."""
    if not typed:
        return None
    found = next((each for each in evaluated_by(site.store, reader) if str(each.id) == typed), None)
    if found is None:
        raise NotFound("There is no such study.")
    return found


def _made(site: Site, reader: Reader, wanted: Asked) -> tuple[Dataset, tuple[Table, ...]]:
    from ccmm_bot.evaluation.instruments import instruments
    from ccmm_bot.evaluation.report import study_tables

    study = study_in(site, reader, wanted.study)
    agencies: Sequence[UUID] = [reader.agency_id] if study is None else [each.id for each in study.agencies]
    name = _LOOKING if study is None else study.name
    loaded = site.runtime.loaded
    defined = instruments(loaded.dialogues, loaded.instruments)
    return study_tables(site.store, agencies, name, defined, selection_in(wanted, study), site.clock.now())


def _say(site: Site, reader: Reader) -> Callable[[str], str]:
    from ccmm_bot.evaluation.shown import in_parts

    return in_parts(site.text(reader))


def _address(wanted: Asked) -> str:
    return urlencode(
        [
            *((name, value) for name, value in wanted.typed().items() if isinstance(value, str) and value),
            *(("agency", each) for each in wanted.agency),
        ]
    )


def _file(content: str | bytes, name: str, kind: str) -> Response:
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotReadable("Write a day as 2026-11-30.") from None
