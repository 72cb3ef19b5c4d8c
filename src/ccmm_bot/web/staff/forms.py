"""The forms that staff fill in: kept at every press, also half filled in and also with mistakes; handed in when complete."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader, allows
from ccmm_bot.casework.forms.definitions import FORMS
from ccmm_bot.casework.forms.filling import Filled, form_named, keep, opened
from ccmm_bot.casework.forms.model import Subject
from ccmm_bot.casework.seen import Changed
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Typed

router = APIRouter()

_PERIOD: Final = r"[0-9A-Z-]{0,16}"
Period = Annotated[str | None, Query(pattern=f"^{_PERIOD}$")]


@router.get("/staff/forms")
def form_list(site: TheSite, reader: Staff) -> Response:
    """The reader's own forms, and those about the agency and its staff."""
    mine = [(form, _own_subject(form.subject, reader)) for form in FORMS.values() if allows(reader.role, form.writes)]
    return site.show(
        "staff/casefile/form_list.html", reader, here="forms", forms=[(form, id_) for form, id_ in mine if id_ is not None]
    )


@router.get("/staff/forms/{name}/{subject_id}")
def form(site: TheSite, reader: Staff, name: str, subject_id: UUID, period: Period = None, said: str = "") -> Response:
    """One form as far as it is filled in."""
    return _show(site, reader, opened(site.store, reader, name, subject_id, site.clock.now(), period), said=said)


@router.post("/staff/forms/{name}/{subject_id}")
def write(site: TheSite, reader: Staff, name: str, subject_id: UUID, typed: Typed) -> Response:
    """Keep what was typed, or hand the form in."""
    fields = {field.name: read.several(typed, field.name) for field in form_named(name).fields}
    period, submit = read.one(typed, "period"), read.one(typed, "do") == "submit"
    if not re.fullmatch(_PERIOD, period):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    try:
        filled = keep(
            site.store, reader, name, subject_id, period, fields, site.clock.now(), seen=read.revision(typed), submit=submit
        )
    except Changed:
        there = opened(site.store, reader, name, subject_id, site.clock.now(), period)
        return _show(site, reader, there, typed=fields, status=HTTPStatus.CONFLICT)
    if filled.problems:
        return _show(site, reader, filled, typed=fields, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    said = "form-submitted" if submit else "form-kept"
    there_is = f"&period={filled.period}" if filled.period else ""
    return RedirectResponse(f"/staff/forms/{name}/{subject_id}?said={said}{there_is}", status_code=HTTPStatus.SEE_OTHER)


def _own_subject(subject: Subject, reader: Reader) -> UUID | None:
    match subject:
        case Subject.STAFF:
            return reader.staff_id
        case Subject.AGENCY:
            return reader.agency_id
        case Subject.CASE:
            return None


def _show(
    site: Site,
    reader: Reader,
    filled: Filled,
    *,
    typed: dict[str, list[str]] | None = None,
    said: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    """``typed``: what is shown instead of what is kept, where the two differ."""
    values = typed if typed is not None else {name: _texts(value) for name, value in filled.answers.items()}
    return site.show(
        "staff/casefile/form.html",
        reader,
        status=status,
        here="forms",
        filled=filled,
        values=values,
        changed=status == HTTPStatus.CONFLICT,
        may_write=allows(reader.role, filled.form.writes),
        said=said_of(said),
    )


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
