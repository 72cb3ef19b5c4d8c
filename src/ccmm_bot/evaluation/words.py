"""How the evaluation calls things, in English; other languages are in the staff catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ccmm_bot.casework.forms.definitions import CASE_QUESTIONNAIRE
from ccmm_bot.evaluation.results import Remark, Trouble
from ccmm_bot.evaluation.texts import N_

#: Items of the client surveys, short enough for a table (CCMM report §5).
ITEMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "service_access": N_("Access to services"),
        "language_improvement": N_("Language"),
        "labour_market_participation": N_("Work"),
        "knowledge_of_life_in_canada": N_("Knowledge of life in Canada"),
        "community_social_participation": N_("Taking part in the community"),
        "case_management_satisfaction": N_("Satisfaction with case management"),
        "case_manager_responsiveness": N_("Case manager answers"),
        "readiness_to_navigate_independently": N_("Ready to use services alone"),
        "recommends_case_management": N_("Recommends case management"),
        "has_family_doctor": N_("Has a family doctor"),
        "physical_health_affected_last_month": N_("Physical health made daily life harder (yes is worse)"),
        "mental_health_affected_last_month": N_("Mental health made daily life harder (yes is worse)"),
        "has_basic_income": N_("Has a basic income"),
        "has_safe_stable_housing": N_("Has safe and stable housing"),
        "has_enough_food": N_("Has enough food"),
        "ran_out_of_money_last_month": N_("Ran out of money (yes is worse)"),
    }
)
DOMAINS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "family": N_("Family"),
        "housing": N_("Housing"),
        "education": N_("Education"),
        "financial": N_("Financial"),
        "immigration": N_("Immigration"),
        "benefits": N_("Benefits"),
        "health": N_("Health"),
        "legal": N_("Legal"),
        "labour_market": N_("Labour market"),
        "adjustment": N_("Adjustment"),
        "other": N_("Other"),
    }
)
WAVES: Final[Mapping[str, str]] = MappingProxyType(
    {"entry_survey": N_("Entry"), "exit_survey": N_("Exit"), "follow_up": N_("After 3 months")}
)
MODELS: Final[Mapping[str, str]] = MappingProxyType({"original": N_("Original model"), "enhanced": N_("Enhanced model")})
TESTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pearson_chi2": N_("Pearson χ²"),
        "fisher_exact": N_("Fisher's exact test"),
        "mcnemar": N_("McNemar"),
        "mcnemar_exact": N_("McNemar, exact"),
        "paired_t": N_("paired t"),
        "paired_permutation": N_("permutation test of the pairs"),
        "welch_t": N_("Welch's t"),
        "independent_permutation": N_("permutation test of the groups"),
        "wilcoxon": N_("Wilcoxon"),
        "mann_whitney": N_("Mann–Whitney"),
    }
)
#: What an effect is, in a table.
EFFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "d": "d",
        "phi": "φ",
        "odds_ratio": N_("odds ratio of the pairs"),
        "rank_biserial": N_("rank-biserial r"),
        "superiority": N_("probability of a higher answer"),
        "": "",
    }
)
TROUBLES: Final[Mapping[Trouble, str]] = MappingProxyType(
    {
        Trouble.NO_DATA: N_("nobody answered"),
        Trouble.EMPTY_GROUP: N_("nobody in one of the groups answered"),
        Trouble.TOO_FEW: N_("too few answers to compare"),
        Trouble.CONSTANT: N_("everybody answered the same"),
        Trouble.NO_CHANGE: N_("nobody's answer changed"),
        Trouble.SAME_CHANGE: N_("everybody's answer changed by the same"),
    }
)
REMARKS: Final[Mapping[Remark, str]] = MappingProxyType(
    {
        Remark.SMALL_EXPECTED: N_("an expected count is below 5, so Fisher's exact test was used"),
        Remark.FEW_DISCORDANT: N_("fewer than 25 answers changed, so the exact test was used"),
        Remark.NOT_NORMAL: N_("few and not normally distributed, so a permutation test was used"),
        Remark.EXACT_RANKS: N_("few, so the exact distribution of the ranks was used"),
    }
)
HIDDEN: Final = N_("hidden: fewer than 10 people, or needed to protect such a group")
#: Fields of the case questionnaire and their options, as the form shows them.
FIELDS: Final[Mapping[str, str]] = MappingProxyType({each.name: each.label for each in CASE_QUESTIONNAIRE.fields})
OPTIONS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {each.name: each.options or {"yes": N_("Yes"), "no": N_("No")} for each in CASE_QUESTIONNAIRE.fields}
)
