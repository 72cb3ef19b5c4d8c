"""Writing: what a case system knows first. It counts as done by who made the token, and the audit says which token it was."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ccmm_bot.casework.access.api_tokens import wrote
from ccmm_bot.casework.casefile import cases
from ccmm_bot.casework.desk import flags
from ccmm_bot.casework.persons import changing as people
from ccmm_bot.web.api.calling import System
from ccmm_bot.web.site import TheSite

router = APIRouter(tags=["writing"], default_response_class=Response)


class Resolution(BaseModel):
    """What came of a flag."""

    model_config = ConfigDict(extra="forbid")

    outcome: flags.FlagOutcome
    note: str = Field(default="", max_length=flags.NOTE_MAXIMUM)


class Name(BaseModel):
    """How a person is called; empty for nobody knows."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=people.NAME_MAXIMUM)


class ExitDate(BaseModel):
    """When the service ends or ended."""

    model_config = ConfigDict(extra="forbid")

    exit_date: date


@router.post("/api/v1/flags/{flag_id}/resolve", status_code=HTTPStatus.NO_CONTENT)
def resolve(site: TheSite, system: System, flag_id: UUID, body: Resolution) -> Response:
    """Resolve a flag. 409 where somebody has already."""
    now = site.clock.now()
    try:
        flags.resolve(
            site.store,
            system.reader,
            flag_id,
            outcome=body.outcome,
            note=body.note,
            now=now,
            beside=wrote(system, "flag.resolved", now),
        )
    except flags.AlreadyResolved:
        raise HTTPException(HTTPStatus.CONFLICT) from None
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.put("/api/v1/persons/{person_id}/name", status_code=HTTPStatus.NO_CONTENT)
def name(site: TheSite, system: System, person_id: UUID, body: Name) -> Response:
    """Write down how a person is called."""
    now = site.clock.now()
    people.rename(site.store, system.reader, person_id, body.name, now, beside=wrote(system, "person.named", now))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.put("/api/v1/cases/{case_id}/exit-date", status_code=HTTPStatus.NO_CONTENT)
def exit_date(site: TheSite, system: System, case_id: UUID, body: ExitDate) -> Response:
    """Write down when a case ends; follow-ups are planned from it. 409 for a day that cannot be meant."""
    now = site.clock.now()
    try:
        cases.set_exit_date(site.store, system.reader, case_id, body.exit_date, now, beside=wrote(system, "case.exit_set", now))
    except cases.CaseError:
        raise HTTPException(HTTPStatus.CONFLICT) from None
    return Response(status_code=HTTPStatus.NO_CONTENT)
