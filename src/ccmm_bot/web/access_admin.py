"""Who may call the routes of administration; part of :data:`ccmm_bot.web.access.ACCESS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

ADMINISTRATION: Final[Mapping[tuple[str, str], Permission]] = MappingProxyType(
    {
        ("GET", "/staff/search"): Permission.READ_CASES,
        ("POST", "/staff/search"): Permission.READ_CASES,
        ("POST", "/staff/people/{person_id}/export"): Permission.EXPORT_PEOPLE,
        ("GET", "/staff/people/{person_id}/erase"): Permission.ERASE_PEOPLE,
        ("POST", "/staff/people/{person_id}/erase"): Permission.ERASE_PEOPLE,
        ("GET", "/staff/admin/agency"): Permission.ADMINISTER,
        ("POST", "/staff/admin/agency"): Permission.ADMINISTER,
        ("GET", "/staff/admin/retention"): Permission.ADMINISTER,
        ("POST", "/staff/admin/retention"): Permission.ADMINISTER,
        ("GET", "/staff/admin/systems"): Permission.ADMINISTER,
        ("POST", "/staff/admin/tokens"): Permission.ADMINISTER,
        ("POST", "/staff/admin/tokens/{token_id}/revoke"): Permission.ADMINISTER,
        ("POST", "/staff/admin/webhooks"): Permission.ADMINISTER,
        ("POST", "/staff/admin/webhooks/{endpoint_id}/remove"): Permission.ADMINISTER,
        ("GET", "/staff/admin/activity"): Permission.EXPORT_PEOPLE,
        ("POST", "/staff/admin/activity"): Permission.EXPORT_PEOPLE,
        ("GET", "/staff/admin/service"): Permission.SEE_SERVICE,
        ("GET", "/staff/admin/agencies"): Permission.RUN_INSTALLATION,
        ("POST", "/staff/admin/agencies"): Permission.RUN_INSTALLATION,
        ("POST", "/staff/admin/agencies/{agency_id}/administrator"): Permission.RUN_INSTALLATION,
        ("POST", "/staff/admin/agencies/{agency_id}/senders"): Permission.RUN_INSTALLATION,
        ("GET", "/staff/admin/audit"): Permission.READ_AUDIT,
        ("GET", "/staff/admin/access"): Permission.READ_AUDIT,
        ("GET", "/staff/languages"): Permission.SEE_SERVICE,
        ("GET", "/staff/help-lines"): Permission.ADMINISTER,
        ("POST", "/staff/help-lines/confirm"): Permission.ADMINISTER,
        ("POST", "/staff/help-lines/withdraw"): Permission.ADMINISTER,
        ("GET", "/staff/admin/staff"): Permission.ADMINISTER,
        ("POST", "/staff/admin/staff"): Permission.ADMINISTER,
        ("POST", "/staff/admin/staff/{staff_id}"): Permission.ADMINISTER,
        ("POST", "/staff/admin/staff/{staff_id}/way-back"): Permission.ADMINISTER,
        ("POST", "/staff/admin/invitations/{link_id}/withdraw"): Permission.ADMINISTER,
    }
)
