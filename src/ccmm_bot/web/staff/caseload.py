"""Lists from elsewhere, colleagues who are away, people known twice, numbers that changed."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.casefile.household import candidates, known_by_code
from ccmm_bot.casework.casefile.supervision import loads
from ccmm_bot.casework.caseload import absences, importing, merging, taking_over, ways
from ccmm_bot.casework.caseload.sheet import COLUMNS, SheetError
from ccmm_bot.casework.conversations.replies import ConsentHow
from ccmm_bot.casework.persons.names import MOST_NAMES
from ccmm_bot.messages import ChannelKind
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Trouble, Typed

router = APIRouter()

#: Rows of an uploaded list on one page.
SHOWN: Final = 100


# --- lists from elsewhere ---------------------------------------------------------------------------------------------


@router.get("/staff/import")
def import_form(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Where a file is uploaded."""
    return _import(site, reader, said=said)


@router.get("/staff/import/template.csv")
def template(_reader: Staff) -> Response:
    """An empty table with the columns, and what goes into each."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    return Response(
        "\ufeff" + text.getvalue(),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="caseload.csv"'},
    )


@router.post("/staff/import")
async def upload(site: TheSite, reader: Staff, request: Request) -> Response:
    """Read a file; nothing is taken over yet."""
    async with request.form(max_files=1, max_fields=5) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return await run_in_threadpool(_import, site, reader, problem="empty")
        data, name = await file.read(), file.filename or ""
    try:
        made = await run_in_threadpool(importing.upload, site.store, reader, data, name, site.clock.now())
    except SheetError as error:
        return await run_in_threadpool(_import, site, reader, problem=error.code)
    return RedirectResponse(f"/staff/import/{made}", status_code=HTTPStatus.SEE_OTHER)


@router.get("/staff/import/{import_id}")
def look(site: TheSite, reader: Staff, import_id: UUID, said: str = "", page: int = 1, only: str = "") -> Response:
    """What was uploaded, row by row (``only=faults``: those with faults); or how far taking it over is, and what came of it."""
    return _look(site, reader, import_id, "staff/caseload/preview.html", said=said, page=page, faulty=only == "faults")


@router.get("/staff/import/{import_id}/live")
def live(site: TheSite, reader: Staff, import_id: UUID) -> Response:
    """How far it is, for the page to look again."""
    return _look(site, reader, import_id, "staff/caseload/taking_over.html")


@router.post("/staff/import/{import_id}/take-over")
def take_over(site: TheSite, reader: Staff, import_id: UUID) -> Response:
    """Have the people and cases made, in the background; or go on where that had stopped."""
    said = ""
    try:
        taking_over.ask(site.store, reader, import_id, site.clock.now())
    except CaseFileError as error:
        said = "?said=import-before" if error.code == "applied_already" else "?said=import-faults"
    return RedirectResponse(f"/staff/import/{import_id}{said}", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/import/{import_id}/drop")
def drop(site: TheSite, reader: Staff, import_id: UUID) -> Response:
    """Forget an upload."""
    try:
        importing.drop(site.store, reader, import_id, site.clock.now())
    except CaseFileError:
        return RedirectResponse(f"/staff/import/{import_id}?said=import-before", status_code=HTTPStatus.SEE_OTHER)
    return RedirectResponse("/staff/import?said=dropped", status_code=HTTPStatus.SEE_OTHER)


def _look(
    site: Site, reader: Reader, import_id: UUID, template: str, *, said: str = "", page: int = 1, faulty: bool = False
) -> Response:
    found = importing.preview(site.store, reader, import_id, site.clock.now())
    rows = [row for row in found.rows if row.faults or not faulty]
    pages = max(1, -(-len(rows) // SHOWN))
    page = min(max(page, 1), pages)
    shown: dict[str, Any] = {"rows": rows[(page - 1) * SHOWN : page * SHOWN], "page": page, "pages": pages, "faulty": faulty}
    return site.show(template, reader, here="supervision", preview=found, columns=list(COLUMNS), said=said_of(said), **shown)


def _import(site: Site, reader: Reader, *, problem: str = "", said: str = "") -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return site.show(
        "staff/caseload/import.html",
        reader,
        status=status,
        here="supervision",
        columns=COLUMNS,
        problem=problem,
        said=said_of(said),
    )


# --- colleagues who are away ------------------------------------------------------------------------------------------


@router.get("/staff/absences")
def absence_list(site: TheSite, reader: Staff, said: str = "") -> Response:
    """Who is away, and handing a caseload over."""
    return _absences(site, reader, said=said)


@router.post("/staff/absences")
def plan_absence(site: TheSite, reader: Staff, typed: Typed) -> Response:
    """Somebody is away."""
    try:
        absences.plan_absence(
            site.store,
            reader,
            read.id_of(typed, "staff"),
            read.id_of(typed, "stand_in"),
            read.day(typed, "first_day"),
            read.day(typed, "last_day"),
            site.clock.now(),
        )
    except CaseFileError as error:
        return _absences(site, reader, Trouble(form="absence", field=error.field, code=error.code, typed=typed))
    return RedirectResponse("/staff/absences?said=kept", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/absences/hand-over")
def hand_over(site: TheSite, reader: Staff, typed: Typed) -> Response:
    """Give a whole caseload to a colleague."""
    try:
        absences.hand_over(site.store, reader, read.id_of(typed, "from"), read.id_of(typed, "to"), site.clock.now())
    except CaseFileError as error:
        return _absences(site, reader, Trouble(form="hand-over", field=error.field, code=error.code, typed=typed))
    return RedirectResponse("/staff/absences?said=handed-over", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/absences/{absence_id}/end")
def end_absence(site: TheSite, reader: Staff, absence_id: UUID) -> Response:
    """Back again."""
    absences.end_absence(site.store, reader, absence_id, site.clock.now())
    return RedirectResponse("/staff/absences?said=kept", status_code=HTTPStatus.SEE_OTHER)


def _absences(site: Site, reader: Reader, trouble: Trouble | None = None, said: str = "") -> Response:
    return site.show(
        "staff/caseload/absences.html",
        reader,
        status=HTTPStatus.OK if trouble is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        here="supervision",
        absences=absences.absences(site.store, reader, site.clock.now()),
        managers=loads(site.store, reader),
        trouble=trouble,
        said=said_of(said),
    )


# --- people known twice, numbers that changed -------------------------------------------------------------------------


@router.get("/staff/people/{person_id}/entries")
def entries(site: TheSite, reader: Staff, person_id: UUID, said: str = "") -> Response:
    """Other entries that may be the same person, and the person's numbers."""
    return _entries(site, reader, person_id, said=said)


@router.post("/staff/people/{person_id}/merge")
def merge(site: TheSite, reader: Staff, person_id: UUID, typed: Typed) -> Response:
    """The other entry is the same person."""
    others: Sequence[UUID] = ()
    try:
        chosen = read.one(typed, "other")
        others = known_by_code(site.store, reader, read.one(typed, "code")) if not chosen else (read.id_of(typed, "other"),)
        if len(others) != 1:
            raise CaseFileError("code", "empty")
        goes_on = read.id_of(typed, "goes_on") if read.one(typed, "goes_on") else None
        merging.merge(site.store, reader, person_id, others[0], site.clock.now(), goes_on=goes_on)
    except CaseFileError as error:
        if error.code == "two_open_cases":
            return _entries(site, reader, person_id, both=others[0])
        field = error.field if error.field == "codes" else "code"
        trouble = Trouble(form="merge", field=field.removesuffix("s"), code=error.code, typed=typed)
        return _entries(site, reader, person_id, trouble=trouble)
    return RedirectResponse(f"/staff/people/{person_id}/entries?said=merged", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/merges/{merge_id}/undo")
def undo(site: TheSite, reader: Staff, merge_id: UUID) -> Response:
    """They are two people after all."""
    try:
        person_id = merging.undo(site.store, reader, merge_id, site.clock.now())
    except CaseFileError:
        return RedirectResponse("/staff/today", status_code=HTTPStatus.SEE_OTHER)
    return RedirectResponse(f"/staff/people/{person_id}/entries?said=unmerged", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/people/{person_id}/numbers")
def add_number(site: TheSite, reader: Staff, person_id: UUID, typed: Typed) -> Response:
    """A new number."""
    try:
        channel, how = read.choice(typed, "channel", ChannelKind), read.choice(typed, "how", ConsentHow)
        ways.add_number(site.store, reader, person_id, channel, read.one(typed, "number"), how.value, site.clock.now())
    except CaseFileError as error:
        trouble = Trouble(form="number", field=error.field, code=error.code, typed=typed)
        return _entries(site, reader, person_id, trouble=trouble)
    return RedirectResponse(f"/staff/people/{person_id}/entries?said=number-added", status_code=HTTPStatus.SEE_OTHER)


@router.post("/staff/contact-points/{contact_point_id}/let-go")
def let_go(site: TheSite, reader: Staff, contact_point_id: UUID) -> Response:
    """The number is not the person's any more."""
    person_id = ways.let_go(site.store, reader, contact_point_id, site.clock.now())
    return RedirectResponse(f"/staff/people/{person_id}/entries?said=let-go", status_code=HTTPStatus.SEE_OTHER)


def _entries(
    site: Site, reader: Reader, person_id: UUID, *, trouble: Trouble | None = None, said: str = "", both: UUID | None = None
) -> Response:
    """``both``: another entry with an open case of its own, which is to be merged."""
    who, _others = candidates(site.store, reader, person_id)
    found = merging.doubles(site.store, reader, person_id, site.names)
    return site.show(
        "staff/caseload/entries.html",
        reader,
        status=HTTPStatus.OK if trouble is None and both is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        here="person",
        who=who,
        both=both,
        open_cases=merging.open_cases(site.store, reader, person_id, both) if both else (),
        doubles=found.found,
        most=MOST_NAMES if found.bounded else None,
        merges=merging.merges_of(site.store, reader, person_id),
        numbers=ways.numbers(site.store, reader, person_id),
        channels=[each.value for each in ways.NUMBERED],
        hows=[each.value for each in ConsentHow],
        trouble=trouble,
        said=said_of(said),
    )
