"""Who may call the routes of the day's work on flags, conversations and referrals; part of :data:`ccmm_bot.web.access.ACCESS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

DESK: Final[Mapping[tuple[str, str], Permission]] = MappingProxyType(
    {
        ("GET", "/staff/today/waiting"): Permission.READ_CASES,
        ("GET", "/staff/today/list"): Permission.READ_CASES,
        ("GET", "/staff/flags/{flag_id}"): Permission.READ_CASES,
        ("POST", "/staff/flags/{flag_id}/resolve"): Permission.RESOLVE_FLAGS,
        ("POST", "/staff/flags/{flag_id}/reassign"): Permission.RESOLVE_FLAGS,
        ("POST", "/staff/flags/{flag_id}/snooze"): Permission.RESOLVE_FLAGS,
        ("POST", "/staff/flags/{flag_id}/wake"): Permission.RESOLVE_FLAGS,
        ("GET", "/staff/opening"): Permission.OPEN_OTHERS,
        ("POST", "/staff/opening"): Permission.OPEN_OTHERS,
        ("POST", "/staff/opening/{opening_id}/end"): Permission.OPEN_OTHERS,
        ("GET", "/staff/people/{person_id}/timeline"): Permission.READ_CASES,
        ("POST", "/staff/conversations/{conversation_id}/canned"): Permission.WRITE_TO_PEOPLE,
        ("POST", "/staff/people/{person_id}/referrals"): Permission.WRITE_CASES,
        ("POST", "/staff/referrals/{referral_id}/outcome"): Permission.WRITE_CASES,
        ("POST", "/staff/people/{person_id}/steps"): Permission.RESOLVE_FLAGS,
        ("POST", "/staff/steps/{step_id}/done"): Permission.RESOLVE_FLAGS,
    }
)
