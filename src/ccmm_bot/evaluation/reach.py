"""Who was invited, reached, started, completed and gave a usable survey; and how soon after its day.

Counts of everybody, whether or not they agree to research: nobody's answers are looked at, and counts below ten are hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd
from sqlalchemy import String, cast, func
from sqlmodel import Session, col, select

from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.agencies import names_of
from ccmm_bot.evaluation.answers import bare
from ccmm_bot.evaluation.columns import MOMENT, read_columns
from ccmm_bot.evaluation.dataset import Selection
from ccmm_bot.evaluation.disclosure import SMALL, shown_groups
from ccmm_bot.evaluation.instruments import WAVES, Instrument
from ccmm_bot.evaluation.parts import whole_parcels
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.followup.kinds import ENTRY_SURVEY, EXIT_SURVEY, FOLLOW_UP
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import DialogueRun, FollowUp, FollowUpAttempt, FollowUpStatus, Person, Response

STEPS: Final = ("invited", "reached", "started", "completed", "usable")
_KINDS: Final = dict(zip((ENTRY_SURVEY, EXIT_SURVEY, FOLLOW_UP), WAVES, strict=True))
_LABELS: Final = {
    "invited": N_("Invited"),
    "reached": N_("Reached"),
    "started": N_("Started"),
    "completed": N_("Completed"),
    "usable": N_("Usable"),
}
_GROUPS: Final = {"agency": N_("Agency"), "language": N_("Language"), "channel": N_("Channel"), "week": N_("Week")}
_TITLES: Final = {
    "": N_("Who was reached"),
    "agency": N_("Who was reached, by agency"),
    "language": N_("Who was reached, by language"),
    "channel": N_("Who was reached, by channel"),
    "week": N_("Who was reached, by week"),
}
#: Until how many days after its own a survey was answered → what that is called.
SOON: Final = {7: N_("within a week"), 14: N_("within two weeks"), 30: N_("within a month"), 10**6: N_("later")}
NOT_ANSWERED: Final = N_("not answered")


def reach(store: Store, agencies: Sequence[UUID], defined: Sequence[Instrument], now: datetime) -> Any:
    """One line for each survey that was due: survey, agency, language, channel, week, day, steps (1 or 0), days to the answer."""
    half = {each.name: len(each.items) / 2 for each in defined}
    parts = []
    names = names_of(store, agencies)
    for agency in agencies:
        with store.reading(agency) as session:
            parts.append(_one_agency(session, names[agency], half, now))
    return pd.concat(parts, ignore_index=True) if parts else _one_line_each()


def reach_tables(found: Any, selection: Selection | None = None) -> tuple[Table, ...]:
    """The funnel of everybody and how soon they answered; of no part only, also by agency, language, channel and week."""
    chosen = selection or Selection()
    steps = found[list(STEPS)].to_numpy(dtype=np.int64)
    counted = np.concatenate([steps * (found["survey"] == wave).to_numpy()[:, None] for wave in WAVES], axis=1)
    part = found[whole_parcels(found, found["day"].to_numpy(dtype=np.int64), counted, chosen)]
    tables = [_funnel(part, ""), _soon(part)]
    if not chosen.narrows:
        tables += [_funnel(part, name) for name in _GROUPS]
    return tuple(tables)


def _funnel(found: Any, name: str) -> Table:
    return Table(
        key=f"reach_{name}" if name else "reach",
        title=_TITLES[name],
        query="follow_up of the surveys that were due; reached: begun at a contact point; usable: half of the items answered",
        columns={
            "survey": N_("Survey"),
            "group": _GROUPS.get(name, N_("Group")),
            **_LABELS,
            "share": N_("Completed, of those invited"),
            "words": N_("Remarks"),
        },
        rows=tuple(_rows(found, name)),
    )


def _rows(found: Any, name: str) -> Iterator[Row]:
    for survey in WAVES:
        mine = found[found["survey"] == survey]
        sums = mine.groupby(mine[name] if name else np.full(len(mine), ""), sort=True)[list(STEPS)].sum()
        groups = {str(group): [int(n) for n in line] for group, line in zip(sums.index, sums.to_numpy(), strict=True)}
        shown = shown_groups(groups) if name else frozenset(groups)
        for group, counts in groups.items():
            row: Row = {"survey": words.WAVES[survey], "group": group}
            # Of everybody together each step by itself; of a group all of it, or nothing.
            secret = [0 < n < SMALL or group not in shown for n in counts]
            row |= {step: None if hidden else n for step, n, hidden in zip(STEPS, counts, secret, strict=True)}
            completed, invited = row["completed"], row["invited"]
            row["share"] = None if completed is None or not invited else completed / invited
            yield row | {"words": words.HIDDEN if any(secret) else ""}


def _soon(found: Any) -> Table:
    rows: list[Row] = []
    ends = list(SOON)
    for survey in WAVES:
        mine = found.loc[found["survey"] == survey, "waited"].to_numpy(dtype=np.float64)
        answered = mine[~np.isnan(mine)]
        if not len(mine):
            continue
        place = np.searchsorted(ends, answered)
        counts = {SOON[end]: int((place == n).sum()) for n, end in enumerate(ends)} | {NOT_ANSWERED: len(mine) - len(answered)}
        shown = shown_groups({name: [n] for name, n in counts.items()})
        for name, n in counts.items():
            secret = name not in shown
            rows.append(
                {
                    "survey": words.WAVES[survey],
                    "answered": name,
                    "n": None if secret else n,
                    "of": None if len(mine) < SMALL else len(mine),
                    "share": None if secret else n / len(mine),
                    "words": words.HIDDEN if secret else "",
                }
            )
    return Table(
        key="timeliness",
        title=N_("How soon a survey was answered after its day"),
        query="follow_up.due_at to the first answer in a run of it; not answered until today",
        columns={
            "survey": N_("Survey"),
            "answered": N_("Answered"),
            "n": "n",
            "of": N_("Were due"),
            "share": "%",
            "words": N_("Remarks"),
        },
        rows=tuple(rows),
    )


def _one_line_each(lines: int = 0) -> Any:
    texts = dict.fromkeys(("survey", "agency", "language", "channel", "week"), "")
    numbers = dict.fromkeys(("day", *STEPS, "waited"), 0)
    return pd.DataFrame({**texts, **numbers}, index=range(lines))


def _one_agency(session: Session, agency: str, half: dict[str, float], now: datetime) -> Any:
    due = read_columns(
        session,
        FollowUp,
        {"id": FollowUp.id, "person_id": FollowUp.person_id, "kind": FollowUp.kind, "due_at": FollowUp.due_at},
        {"due_at": MOMENT},
        [col(FollowUp.kind).in_(_KINDS), FollowUp.status != FollowUpStatus.CANCELLED, FollowUp.due_at <= now],
    )
    runs = _runs(session)
    language = {key.hex: tag or "–" for key, tag in session.exec(select(Person.id, Person.language))}
    tried = {key.hex for key in session.exec(select(FollowUpAttempt.follow_up_id).distinct())}
    ids = due["id"].astype("object").map(bare)
    # Begun more than once: the run with the most answers counts.
    best = runs.sort_values("n", kind="stable").drop_duplicates("follow_up_id", keep="last").set_index("follow_up_id").reindex(ids)
    made = _one_line_each(len(due))
    made["survey"] = due["kind"].astype("object").map(_KINDS).to_numpy()
    made["agency"] = agency
    made["language"] = due["person_id"].astype("object").map(bare).map(language).fillna("–").to_numpy()
    made["channel"] = best["channel"].astype("object").fillna("–").to_numpy()
    calendar = due["due_at"].dt.isocalendar()
    made["week"] = (calendar["year"].astype(str) + "-W" + calendar["week"].astype(str).str.zfill(2)).to_numpy()
    made["day"] = due["due_at"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    answers = best["n"].fillna(0).to_numpy(dtype=np.float64)
    made["invited"] = 1
    made["reached"] = (ids.isin(tried).to_numpy() | best["id"].notna().to_numpy()).astype(np.int64)
    made["started"] = (answers > 0).astype(np.int64)
    made["completed"] = (best["outcome"] == Outcome.COMPLETED.value).to_numpy().astype(np.int64)
    made["usable"] = ((answers > 0) & (answers >= made["survey"].map(half).fillna(0).to_numpy())).astype(np.int64)
    waited = best["first"].to_numpy(dtype="datetime64[us]") - due["due_at"].to_numpy(dtype="datetime64[us]")
    made["waited"] = (waited / np.timedelta64(1, "D")).clip(0)
    return made


def _runs(session: Session) -> Any:
    """Runs of the surveys that a follow-up began: id, follow-up, outcome, channel, how many answers, when the first."""
    runs = read_columns(
        session,
        DialogueRun,
        {name: getattr(DialogueRun, name) for name in ("id", "follow_up_id", "outcome", "channel")},
        {},
        [col(DialogueRun.instrument).in_(WAVES), col(DialogueRun.follow_up_id).is_not(None)],
    )
    counted: Any = (cast(Response.run_id, String), func.count(), func.min(Response.answered_at))
    rows = (
        session.exec(
            select(*counted)
            .where(col(Response.instrument).in_(WAVES), col(Response.skipped).is_(False))
            .group_by(col(Response.run_id))
        ).all()
        if len(runs)
        else []
    )
    answers = {bare(key): (n, first) for key, n, first in rows}
    for name in ("id", "follow_up_id"):
        runs[name] = runs[name].astype("object").map(bare)
    runs["n"] = [answers.get(key, (0, None))[0] for key in runs["id"]]
    first = pd.to_datetime(pd.Series([answers.get(key, (0, None))[1] for key in runs["id"]], dtype="object"), utc=True)
    runs["first"] = first.dt.tz_localize(None)
    return runs
