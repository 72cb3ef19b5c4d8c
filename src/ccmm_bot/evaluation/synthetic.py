"""Made-up data with known effects: for demonstrations, tests, and to see what a study of some size would find.

Every answer is drawn from a distribution written down here, so that what the tables should say is known: scale items by the shares
of their five points at entry and at exit, yes/no items by the share of "yes" (family doctor and recommendation as published, CCMM
report; the rest is invented). A person's answers at entry and exit hang together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from ccmm_bot.dialogue.model import ItemType
from ccmm_bot.evaluation.dataset import DOMAINS, NEEDS, NUMBERS, PEOPLE, RESPONSES, RUNS, Dataset, frame
from ccmm_bot.evaluation.instruments import ENTRY, EXIT, FOLLOW_UP, WAVES, Instrument, InstrumentItem
from ccmm_bot.evaluation.pairing import equivalent

#: Shares of the points 1 to 5: before, and after. The mean goes from 3.15 to 3.74.
BEFORE: Final = (0.10, 0.20, 0.30, 0.25, 0.15)
AFTER: Final = (0.04, 0.10, 0.22, 0.36, 0.28)
#: Nothing changes here: what is found significant is found by chance.
UNCHANGED: Final = frozenset({"language_improvement", "has_safe_stable_housing"})
#: Shares of "yes": before, and after.
YES: Final = MappingProxyType(
    {
        "has_family_doctor": (0.326, 0.688),
        "recommends_case_management": (0.974, 0.986),
        "has_basic_income": (0.70, 0.80),
        "has_enough_food": (0.75, 0.85),
        "has_safe_stable_housing": (0.80, 0.80),
        "ran_out_of_money_last_month": (0.45, 0.35),
        "physical_health_affected_last_month": (0.35, 0.30),
        "mental_health_affected_last_month": (0.45, 0.33),
    }
)
#: Of 1,013 clients (CCMM report); the rest are counted as Spanish here.
LANGUAGES: Final = MappingProxyType(
    {
        "ar": 209, "prs": 205, "en": 166, "ti": 132, "ps": 69, "fa": 45, "ru": 39, "ckb": 26, "sw": 25, "uk": 23, "so": 12,
        "am": 10, "ksw": 7, "my": 7, "es": 38,
    }
)  # fmt: skip
_CHANNELS: Final = MappingProxyType({"sms": 0.35, "whatsapp": 0.5, "telegram": 0.15})
_STAY: Final = MappingProxyType(
    {"under_1": 0.1, "1_3": 0.25, "4_6": 0.2, "7_9": 0.1, "10_12": 0.1, "12_18": 0.1, "18_24": 0.05, "over_24": 0.1}
)
_HOUSEHOLD: Final = MappingProxyType(
    {"individual": 0.25, "couple": 0.1, "family_with_children": 0.536, "multigenerational": 0.064, "other": 0.05}
)
_CATEGORY: Final = MappingProxyType(
    {"government_assisted": 0.55, "privately_sponsored": 0.25, "refugee_claimant": 0.1, "cuaet": 0.1}
)
_REASON: Final = MappingProxyType({"all_needs_met": 0.4, "agreed_duration_reached": 0.4, "dropped_out": 0.15, "other": 0.05})
_RECEIVED: Final = MappingProxyType({"no": 0.2, "yes_received": 0.264, "yes_not_received": 0.327, "yes_unknown": 0.209})
#: About as many as in the report: 873 entry and 607 exit surveys of 1,013 cases.
REACHED: Final = MappingProxyType({ENTRY: 0.86, EXIT: 0.6, FOLLOW_UP: 0.35})
_MONTHS: Final = {ENTRY: 0, EXIT: 14, FOLLOW_UP: 17}
_TOGETHER: Final = 0.4  # how far a person's answers hang together


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is made up."""

    people: int = 1000
    seed: int = 1
    reached: Mapping[str, float] = field(default_factory=lambda: REACHED)  # share who answer each survey
    skipped: float = 0.06
    partial: float = 0.08
    original: float = 0.0  # share served under the original model: asked at exit only
    effect: bool = True  # without it, nothing changes anywhere
    agencies: Sequence[str] = ("Agency A", "Agency B", "Agency C")
    start: datetime = datetime(2026, 1, 5, 18, tzinfo=UTC)


def synthetic(plan: Plan, defined: Sequence[Instrument]) -> Dataset:
    """The data set of the plan, with the items of ``defined``. The same plan gives the same data."""
    random = np.random.default_rng(plan.seed)
    people = _people(plan, random)
    tendency = random.normal(size=plan.people)
    runs, responses = [], []
    for instrument in (each for each in defined if each.name in WAVES):
        chosen = np.flatnonzero(random.random(plan.people) < plan.reached[instrument.name])
        if instrument.name == ENTRY:
            chosen = chosen[people["model"].to_numpy()[chosen] == "enhanced"]
        made = _runs(plan, random, instrument, people, chosen)
        runs.append(made)
        responses.append(_responses(plan, random, instrument, made, tendency[chosen]))
    return Dataset(
        study="synthetic",
        made_at=plan.start,
        people=frame(people, (*PEOPLE, *NEEDS)),
        runs=frame(pd.concat(runs, ignore_index=True) if runs else [], RUNS),
        responses=frame(pd.concat(responses, ignore_index=True) if responses else [], RESPONSES),
        equivalent=equivalent(defined),
    )


def _pick(random: np.random.Generator, shares: Mapping[str, float], n: int) -> Any:
    weights = np.array(list(shares.values()), dtype=float)
    return random.choice(list(shares), n, p=weights / weights.sum())


def _people(plan: Plan, random: np.random.Generator) -> Any:
    n = plan.people
    opened = pd.Timestamp(plan.start.date()) + pd.to_timedelta(random.integers(0, 200, n), unit="D")
    made: dict[str, Any] = {
        "person": [f"{number:016x}" for number in random.permutation(n) + 16**15],
        "agency": random.choice(list(plan.agencies), n),
        "model": np.where(random.random(n) < plan.original, "original", "enhanced"),
        "language": _pick(random, LANGUAGES, n),
        "consent_version": "research_consent@1",
        "opened_on": opened,
        "exit_on": opened + pd.DateOffset(months=14),
        "household_composition": _pick(random, _HOUSEHOLD, n),
        "immigration_category": _pick(random, _CATEGORY, n),
        "length_of_stay_at_start": _pick(random, _STAY, n),
        "interpreter_used": _pick(random, {"yes": 0.6, "no": 0.4}, n),
        "contact_frequency": _pick(random, {"weekly": 0.3, "every_two_weeks": 0.4, "monthly": 0.3}, n),
        "main_contact_method": _pick(random, {"in_person": 0.4, "phone": 0.4, "message": 0.2}, n),
        "exit_reason": _pick(random, _REASON, n),
        "settlement_referral": _pick(random, _RECEIVED, n),
    }
    made["case"] = [f"c{key[1:]}" for key in made["person"]]
    for name in sorted(NUMBERS):
        made[name] = random.poisson(3, n).astype(float)
    for domain in DOMAINS:
        before = random.random(n) < (0.55 if domain != "other" else 0.05)
        made[f"need_entry_{domain}"] = before.astype(float)
        made[f"need_exit_{domain}"] = (before & (random.random(n) < (0.4 if plan.effect else 1.0))).astype(float)
    return pd.DataFrame(made)


def _runs(plan: Plan, random: np.random.Generator, instrument: Instrument, people: Any, chosen: Any) -> Any:
    n = len(chosen)
    started = pd.to_datetime(people["opened_on"].to_numpy()[chosen], utc=True) + pd.DateOffset(
        months=_MONTHS[instrument.name], hours=18
    )
    started = pd.DatetimeIndex(started) + pd.to_timedelta(random.integers(0, 14 * 86400, n), unit="s")
    partial = random.random(n) < plan.partial
    return pd.DataFrame(
        {
            "run": [f"{instrument.name[:2]}{number:014x}" for number in random.permutation(n) + 16**13],
            "person": people["person"].to_numpy()[chosen],
            "instrument": instrument.name,
            "instrument_version": instrument.version,
            "dialogue": instrument.dialogue,
            "language": people["language"].to_numpy()[chosen],
            "channel": _pick(random, _CHANNELS, n),
            "started_at": started,
            "ended_at": started + pd.to_timedelta(random.integers(180, 1800, n), unit="s"),
            "outcome": np.where(partial, "partial", "completed"),
        }
    )


def _responses(plan: Plan, random: np.random.Generator, instrument: Instrument, runs: Any, tendency: Any) -> Any:
    n = len(runs)
    left_at = np.where(runs["outcome"] == "partial", random.integers(1, max(len(instrument.items), 2), n), len(instrument.items))
    made = []
    for number, item in enumerate(instrument.items):
        there = number < left_at
        answers = pd.DataFrame(
            {
                "value": _answers(plan, random, instrument, item, tendency),
                "skipped": random.random(n) < plan.skipped,
                "asked_at": runs["started_at"] + pd.to_timedelta(20 * number, unit="s"),
            }
        )
        answers["answered_at"] = answers["asked_at"] + pd.to_timedelta(random.integers(3, 18, n), unit="s")
        answers.loc[answers["skipped"], "value"] = None
        for name in ("person", "run", "instrument", "instrument_version", "language", "channel"):
            answers[name] = runs[name]
        answers["item"], answers["type"], answers["revision"] = item.name, item.type.value, 1
        answers["wording_key"], answers["wording_version"] = item.text.key, item.wording_hash[:12]
        answers["consent_version"] = "research_consent@1"
        made.append(answers[there])
    return pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=list(RESPONSES))


def _answers(plan: Plan, random: np.random.Generator, instrument: Instrument, item: InstrumentItem, tendency: Any) -> Any:
    n = len(tendency)
    own = _TOGETHER**0.5 * tendency + (1 - _TOGETHER) ** 0.5 * random.normal(size=n)
    rank = stats.norm.cdf(own)  # even between 0 and 1, whatever it hangs together with
    later = instrument.name != ENTRY and plan.effect
    if item.type is ItemType.SCALE:
        shares = AFTER if later and item.name not in UNCHANGED else BEFORE
        return (np.searchsorted(np.cumsum(shares)[:-1], rank, side="right") + 1).astype(str)
    if item.type is ItemType.YES_NO:
        before, after = YES.get(item.name, (0.5, 0.5))
        return np.where(rank >= 1 - (after if later else before), "yes", "no")
    if item.type is ItemType.SELECT_ONE:
        return random.choice([option.id for option in item.options], n)
    if item.type is ItemType.SELECT_MANY:
        ids = np.array([option.id for option in item.options])
        return np.array([" ".join(ids[random.random(len(ids)) < 0.2]) for _ in range(n)])
    return random.integers(item.minimum or 0, (item.maximum or 10) + 1, n).astype(str)
