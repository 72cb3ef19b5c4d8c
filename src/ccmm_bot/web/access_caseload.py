"""Who may call the routes of appointments, imports, absences and merged entries; part of :data:`ccmm_bot.web.access.ACCESS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

CASELOAD: Final[Mapping[tuple[str, str], Permission]] = MappingProxyType(
    {
        ("GET", "/staff/appointments"): Permission.READ_CASES,
        ("POST", "/staff/cases/{case_id}/appointments"): Permission.WRITE_CASES,
        ("POST", "/staff/appointments/{appointment_id}"): Permission.WRITE_CASES,
        ("POST", "/staff/appointments/{appointment_id}/outcome"): Permission.WRITE_CASES,
        ("GET", "/staff/people/{person_id}/entries"): Permission.WRITE_CASES,
        ("POST", "/staff/people/{person_id}/merge"): Permission.WRITE_CASES,
        ("POST", "/staff/merges/{merge_id}/undo"): Permission.WRITE_CASES,
        ("POST", "/staff/people/{person_id}/numbers"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/contact-points/{contact_point_id}/let-go"): Permission.WRITE_TO_PEOPLE,
        ("GET", "/staff/import"): Permission.SUPERVISE,
        ("POST", "/staff/import"): Permission.SUPERVISE,
        ("GET", "/staff/import/template.csv"): Permission.SUPERVISE,
        ("GET", "/staff/import/{import_id}"): Permission.SUPERVISE,
        ("GET", "/staff/import/{import_id}/live"): Permission.SUPERVISE,
        ("POST", "/staff/import/{import_id}/take-over"): Permission.SUPERVISE,
        ("POST", "/staff/import/{import_id}/drop"): Permission.SUPERVISE,
        ("GET", "/staff/absences"): Permission.SUPERVISE,
        ("POST", "/staff/absences"): Permission.SUPERVISE,
        ("POST", "/staff/absences/{absence_id}/end"): Permission.SUPERVISE,
        ("POST", "/staff/absences/hand-over"): Permission.SUPERVISE,
    }
)
