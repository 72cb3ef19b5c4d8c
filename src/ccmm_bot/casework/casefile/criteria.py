"""Who case management is for: the ten need domains, and IRCC's common criteria.

The bot screens and staff suggest; a supervisor decides. Nobody on the phone is told that they are or are not eligible.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: CCMM report §3. "other" is written down, and does not count.
DOMAINS: Final = (
    "family",
    "housing",
    "education",
    "financial",
    "immigration",
    "benefits",
    "health",
    "legal",
    "labour_market",
    "adjustment",
)
OTHER: Final = "other"

#: At least so many of the ten (CCMM report §3).
DOMAINS_NEEDED: Final = 4

#: IRCC, Framework for delivering case management services to newcomers, Annex B: at least one is met.
CRITERIA: Final = MappingProxyType(
    {
        "individual": (
            "limited_schooling",
            "little_official_language",
            "limited_self_advocacy",
            "little_use_of_services",
        ),
        "health": (
            "physical_condition",
            "mental_health_or_substance_use",
            "caregiver",
            "pre_arrival_trauma",
        ),
        "family": (
            "single_parent_or_large_family",
            "conflict_or_violence_at_home",
            "child_at_risk",
            "custody_or_school_problems",
            "systemic_discrimination",
            "lack_of_basic_goods",
        ),
        "other": ("other_factor",),
    }
)
ALL_CRITERIA: Final = tuple(name for group in CRITERIA.values() for name in group)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """What is on file, for whoever decides."""

    domains: int  # of the ten
    criteria: int

    @property
    def enough_domains(self) -> bool:
        """At least four of ten."""
        return self.domains >= DOMAINS_NEEDED

    @property
    def suggests(self) -> bool:
        """Whether both rules are met. A suggestion: the decision is a supervisor's."""
        return self.enough_domains and self.criteria > 0


def eligibility(domains: Collection[str], criteria: Collection[str]) -> Eligibility:
    """Count what counts."""
    return Eligibility(domains=len(set(domains) & set(DOMAINS)), criteria=len(set(criteria) & set(ALL_CRITERIA)))
