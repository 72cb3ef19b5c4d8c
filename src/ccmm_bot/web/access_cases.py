"""Who may call the routes of the case file; part of :data:`ccmm_bot.web.access.ACCESS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

CASE_FILE: Final[Mapping[tuple[str, str], Permission]] = MappingProxyType(
    {
        ("GET", "/staff/cases"): Permission.READ_CASES,
        ("GET", "/staff/cases/{case_id}"): Permission.READ_CASES,
        ("POST", "/staff/cases/{case_id}/stage"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/steps"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/facts"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/needs"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/criteria"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/contacts"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/goals"): Permission.WRITE_CASES,
        ("POST", "/staff/goals/{goal_id}"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/plan"): Permission.WRITE_CASES,
        ("POST", "/staff/cases/{case_id}/plan/decision"): Permission.SUPERVISE,
        ("POST", "/staff/cases/{case_id}/decision"): Permission.SUPERVISE,
        ("POST", "/staff/cases/{case_id}/manager"): Permission.SUPERVISE,
        ("GET", "/staff/intake"): Permission.READ_CASES,
        ("GET", "/staff/intake/{person_id}"): Permission.WRITE_CASES,
        ("POST", "/staff/intake/{person_id}"): Permission.WRITE_CASES,
        ("GET", "/staff/supervision"): Permission.SUPERVISE,
        ("GET", "/staff/supervision/audits"): Permission.SUPERVISE,
        ("POST", "/staff/supervision/audits/draw"): Permission.SUPERVISE,
        ("GET", "/staff/forms"): Permission.WRITE_CASES,
        ("GET", "/staff/forms/{name}/{subject_id}"): Permission.READ_CASES,
        ("POST", "/staff/forms/{name}/{subject_id}"): Permission.WRITE_CASES,
    }
)
