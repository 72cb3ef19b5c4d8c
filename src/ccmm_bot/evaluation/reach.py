"""Who was invited, reached, started, completed and gave a usable survey; and who did not, also at the three-month follow-up.

Counts of everybody, whether or not they agree to research: nobody's answers are looked at, and groups of fewer than ten are hidden.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from ccmm_bot.dialogue.model import Outcome
from ccmm_bot.evaluation import words
from ccmm_bot.evaluation.disclosure import shown_groups
from ccmm_bot.evaluation.instruments import WAVES, Instrument
from ccmm_bot.evaluation.table import Row, Table
from ccmm_bot.evaluation.texts import N_
from ccmm_bot.followup.kinds import ENTRY_SURVEY, EXIT_SURVEY, FOLLOW_UP
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Agency, DialogueRun, FollowUp, FollowUpAttempt, FollowUpStatus, Person, Response

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

Counts = dict[str, dict[tuple[str, str], Counter[str]]]


def reach(store: Store, agencies: Sequence[UUID], defined: Sequence[Instrument], now: datetime) -> Counts:
    """Attribute → (survey, group) → step → how many; "" stands for everybody."""
    found: Counts = {name: {} for name in ("", *_GROUPS)}
    half = {each.name: len(each.items) / 2 for each in defined}
    for agency in agencies:
        with store.reading(agency) as session:
            for survey, groups, steps in _one_agency(session, half, now):
                for name, group in groups.items():
                    found[name].setdefault((survey, group), Counter()).update(steps)
    return found


def reach_tables(counts: Counts) -> tuple[Table, ...]:
    """The funnel of everybody, and by agency, language, channel and week."""
    return tuple(
        Table(
            key=f"reach_{name}" if name else "reach",
            title={
                "": N_("Who was reached"),
                "agency": N_("Who was reached, by agency"),
                "language": N_("Who was reached, by language"),
                "channel": N_("Who was reached, by channel"),
                "week": N_("Who was reached, by week"),
            }[name],
            query="follow-ups of the surveys that were due; reached: begun at a contact point; usable: half of the items",
            columns={
                "survey": N_("Survey"),
                "group": _GROUPS.get(name, N_("Group")),
                **_LABELS,
                "share": N_("Completed, of those invited"),
                "words": N_("Remarks"),
            },
            rows=tuple(_rows(groups)),
        )
        for name, groups in counts.items()
    )


def _rows(groups: Mapping[tuple[str, str], Counter[str]]) -> Iterator[Row]:
    for survey in WAVES:
        mine = {group: steps for (wave, group), steps in sorted(groups.items()) if wave == survey}
        shown = shown_groups({group: [steps["invited"]] for group, steps in mine.items()})
        for group, steps in mine.items():
            row: Row = {"survey": words.WAVES[survey], "group": group}
            if group not in shown:
                yield row | dict.fromkeys((*STEPS, "share")) | {"words": words.HIDDEN}
            else:
                yield row | {step: steps[step] for step in STEPS} | {"share": steps["completed"] / steps["invited"], "words": ""}


def _one_agency(session: Session, half: Mapping[str, float], now: datetime) -> Any:
    agency = session.exec(select(Agency.name)).one()
    languages = dict(session.exec(select(Person.id, Person.language)).all())
    tried = set(session.exec(select(FollowUpAttempt.follow_up_id)))
    answered = dict(
        session.exec(
            select(Response.run_id, func.count())
            .where(col(Response.instrument).in_(WAVES), col(Response.skipped).is_(False))
            .group_by(col(Response.run_id))
        ).all()
    )
    runs: dict[UUID, tuple[UUID, Outcome | None, str]] = {}
    begun: Any = select(DialogueRun.id, DialogueRun.follow_up_id, DialogueRun.outcome, DialogueRun.channel)
    for key, follow_up, ended, sent in session.exec(
        begun.where(col(DialogueRun.instrument).in_(WAVES), col(DialogueRun.follow_up_id).is_not(None))
    ):
        # Begun more than once: the run with the most answers counts.
        if follow_up not in runs or answered.get(key, 0) >= answered.get(runs[follow_up][0], 0):
            runs[follow_up] = (key, ended, sent.value)
    wanted: Any = select(FollowUp)
    for row in session.exec(
        wanted.where(col(FollowUp.kind).in_(_KINDS), FollowUp.status != FollowUpStatus.CANCELLED, FollowUp.due_at <= now)
    ):
        survey = _KINDS[row.kind]
        _, outcome, channel = known = runs.get(row.id, (None, None, ""))
        n = answered.get(known[0], 0) if known[0] is not None else 0
        steps = {"invited": 1, "reached": int(row.id in tried or known[0] is not None), "started": int(n > 0)}
        steps |= {"completed": int(outcome is Outcome.COMPLETED), "usable": int(n > 0 and n >= half.get(survey, 0))}
        year, week, _ = row.due_at.isocalendar()
        groups = {"": "", "agency": agency, "language": languages.get(row.person_id) or "–", "week": f"{year}-W{week:02}"}
        yield survey, groups | {"channel": channel or "–"}, steps
