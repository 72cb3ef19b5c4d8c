"""Opening a case and writing down when it ends: what follow-ups hang on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.casefile import cases
from ccmm_bot.casework.seen import Changed
from ccmm_bot.web.site import Site, Staff, TheSite
from ccmm_bot.web.staff.casefile import keep_in_case
from ccmm_bot.web.staff.pages import show_person
from ccmm_bot.web.typed import SeenMark, overtaken

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
def set_exit(
    site: TheSite, reader: Staff, case_id: UUID, exit_date: Annotated[date, Form()], back: Back = "", seen: SeenMark = None
) -> Response:
    """Write down when the service ends."""

    def write() -> None:
        cases.set_exit_date(site.store, reader, case_id, exit_date, site.clock.now(), seen=seen)

    return _kept(site, reader, case_id, back, write, ("exit-set", "exit-odd"), {"exit_date": exit_date.isoformat()})


@router.post("/staff/cases/{case_id}/exit/clear")
def clear_exit(site: TheSite, reader: Staff, case_id: UUID, back: Back = "", seen: SeenMark = None) -> Response:
    """The exit date was a mistake."""

    def write() -> None:
        cases.clear_exit_date(site.store, reader, case_id, site.clock.now(), seen=seen)

    return _kept(site, reader, case_id, back, write, ("exit-cleared", "no-exit"), {})


@router.post("/staff/cases/{case_id}/reopen")
def reopen(site: TheSite, reader: Staff, case_id: UUID, back: Back = "", seen: SeenMark = None) -> Response:
    """The person came back."""

    def write() -> None:
        cases.reopen(site.store, reader, case_id, site.clock.now(), seen=seen)

    return _kept(site, reader, case_id, back, write, ("reopened", "no-exit"), {})


def _kept(
    site: Site,
    reader: Reader,
    case_id: UUID,
    back: str,
    write: Callable[[], None],
    said: tuple[str, str],
    typed: Mapping[str, str],
) -> Response:
    """Write, and go back to where the form was; ``said``: when it is kept, and when it cannot be."""
    person = cases.person_of(site.store, reader, case_id)
    try:
        if back == "case":
            return keep_in_case(site, reader, case_id, "exit", FormData(typed), write, said[0])
        write()
    except cases.CaseError:
        return _back(person, said[1], case_id, back)
    except Changed as error:
        trouble = overtaken(f"exit-{case_id}", typed, error)
        return show_person(site, reader, person, trouble=trouble, status=HTTPStatus.CONFLICT)
    return _back(person, said[0])


def _back(person_id: UUID, said: str, case_id: UUID | None = None, back: str = "") -> Response:
    where = f"cases/{case_id}" if case_id is not None and back == "case" else f"people/{person_id}"
    return RedirectResponse(f"/staff/{where}?said={said}", status_code=HTTPStatus.SEE_OTHER)
