"""Who may call the routes of the evaluation; part of :data:`ccmm_bot.web.access.ACCESS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

EVALUATION: Final[Mapping[tuple[str, str], Permission]] = MappingProxyType(
    {
        ("GET", "/staff/evaluation"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/report"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/pictures/{name}"): Permission.EVALUATE,
        ("POST", "/staff/evaluation/export"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/instruments"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/instruments/file"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/exports/{export_id}"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/exports/{export_id}/live"): Permission.EVALUATE,
        ("GET", "/staff/evaluation/exports/{export_id}/file"): Permission.EVALUATE,
        ("GET", "/staff/admin/studies"): Permission.ADMINISTER,
        ("POST", "/staff/admin/studies"): Permission.ADMINISTER,
        ("POST", "/staff/admin/studies/{study_id}/join"): Permission.ADMINISTER,
        ("POST", "/staff/admin/studies/{study_id}/leave"): Permission.ADMINISTER,
    }
)
