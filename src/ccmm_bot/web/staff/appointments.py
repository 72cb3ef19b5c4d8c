"""Appointments: made on a case's page, listed for the week, reminded of by the bot."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from ccmm_bot.casework.caseload import appointments
from ccmm_bot.store.tables import AppointmentStatus
from ccmm_bot.web import typed as read
from ccmm_bot.web.site import Staff, TheSite
from ccmm_bot.web.staff.casefile import keep_in_case
from ccmm_bot.web.staff.said import said_of
from ccmm_bot.web.typed import Typed

router = APIRouter()


@router.get("/staff/appointments")
def coming(site: TheSite, reader: Staff, said: str = "") -> Response:
    """The next seven days."""
    found = appointments.coming(site.store, reader, site.clock.now())
    return site.show("staff/caseload/appointments.html", reader, here="appointments", appointments=found, said=said_of(said))


@router.post("/staff/cases/{case_id}/appointments")
def make(site: TheSite, reader: Staff, case_id: UUID, typed: Typed) -> Response:
    """Make one."""
    return keep_in_case(
        site,
        reader,
        case_id,
        "appointment",
        typed,
        lambda: appointments.make(site.store, reader, case_id, _meeting(typed), site.clock.now()),
        "appointment-made",
    )


@router.post("/staff/appointments/{appointment_id}")
def change(site: TheSite, reader: Staff, appointment_id: UUID, typed: Typed) -> Response:
    """Move one."""
    case_id = appointments.case_of(site.store, reader, appointment_id)
    return keep_in_case(
        site,
        reader,
        case_id,
        f"appointment-{appointment_id}",
        typed,
        lambda: appointments.change(
            site.store, reader, appointment_id, _meeting(typed), site.clock.now(), seen=read.revision(typed)
        ),
        "appointment-moved",
    )


@router.post("/staff/appointments/{appointment_id}/outcome")
def settle(site: TheSite, reader: Staff, appointment_id: UUID, typed: Typed) -> Response:
    """What became of one."""
    case_id = appointments.case_of(site.store, reader, appointment_id)

    def write() -> None:
        status = read.choice(typed, "status", AppointmentStatus)
        appointments.settle(site.store, reader, appointment_id, status, site.clock.now(), seen=read.revision(typed))

    return keep_in_case(site, reader, case_id, f"appointment-{appointment_id}", typed, write, "kept")


def _meeting(typed: FormData) -> appointments.Meeting:
    return appointments.Meeting(at=read.moment(typed, "at"), place=read.one(typed, "place"), note=read.one(typed, "note"))
