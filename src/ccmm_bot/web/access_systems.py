"""What other systems may call, with a token; part of :data:`ccmm_bot.web.access.ACCESS`.

What each needs is a permission like that of a page; which a token has follows from its scope
(:mod:`ccmm_bot.casework.access.api_tokens`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.access.policy import Permission

SYSTEMS: Final[Mapping[tuple[str, str], Permission]] = MappingProxyType(
    {
        ("GET", "/api/v1/persons"): Permission.READ_CASES,
        ("GET", "/api/v1/cases"): Permission.READ_CASES,
        ("GET", "/api/v1/flags"): Permission.READ_CASES,
        ("GET", "/api/v1/follow-ups"): Permission.READ_CASES,
        ("GET", "/api/v1/referrals"): Permission.READ_CASES,
        ("GET", "/api/v1/responses"): Permission.READ_CASES,
        ("POST", "/api/v1/flags/{flag_id}/resolve"): Permission.RESOLVE_FLAGS,
        ("PUT", "/api/v1/persons/{person_id}/name"): Permission.WRITE_TO_PEOPLE,
        ("PUT", "/api/v1/cases/{case_id}/exit-date"): Permission.WRITE_TO_PEOPLE,
    }
)


def needed_by_systems(method: str, path: str) -> Permission:
    """What a request of another system needs."""
    return SYSTEMS["GET" if method == "HEAD" else method, path]
