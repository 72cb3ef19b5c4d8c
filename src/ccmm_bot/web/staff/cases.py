"""Opening a case and writing down when it ends: what follow-ups hang on."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.casefile import cases
from ccmm_bot.web.site import Staff, TheSite

router = APIRouter()

Back = Annotated[str, Form(max_length=8)]  # "case" from the case's own page


@router.post("/staff/people/{person_id}/case")
def open_case(site: TheSite, reader: Staff, person_id: UUID) -> Response:
    """Open a case."""
    try:
        cases.open_case(site.store, reader, person_id, site.clock.now())
    except cases.CaseError:
        return _back(person_id, "case-open")
    return _back(person_id, "case-opened")


@router.post("/staff/cases/{case_id}/exit")
def set_exit(site: TheSite, reader: Staff, case_id: UUID, exit_date: Annotated[date, Form()], back: Back = "") -> Response:
    """Write down when the service ends."""
    person = cases.person_of(site.store, reader, case_id)
    try:
        cases.set_exit_date(site.store, reader, case_id, exit_date, site.clock.now())
    except cases.CaseError:
        return _back(person, "exit-odd", case_id, back)
    return _back(person, "exit-set", case_id, back)


@router.post("/staff/cases/{case_id}/exit/clear")
def clear_exit(site: TheSite, reader: Staff, case_id: UUID, back: Back = "") -> Response:
    """The exit date was a mistake."""
    person = cases.person_of(site.store, reader, case_id)
    try:
        cases.clear_exit_date(site.store, reader, case_id, site.clock.now())
    except cases.CaseError:
        return _back(person, "no-exit", case_id, back)
    return _back(person, "exit-cleared", case_id, back)


@router.post("/staff/cases/{case_id}/reopen")
def reopen(site: TheSite, reader: Staff, case_id: UUID, back: Back = "") -> Response:
    """The person came back."""
    person = cases.person_of(site.store, reader, case_id)
    try:
        cases.reopen(site.store, reader, case_id, site.clock.now())
    except cases.CaseError:
        return _back(person, "no-exit", case_id, back)
    return _back(person, "reopened", case_id, back)


def _back(person_id: UUID, said: str, case_id: UUID | None = None, back: str = "") -> Response:
    where = f"cases/{case_id}" if case_id is not None and back == "case" else f"people/{person_id}"
    return RedirectResponse(f"/staff/{where}?said={said}", status_code=HTTPStatus.SEE_OTHER)
