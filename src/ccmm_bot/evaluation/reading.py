"""Reads a study's data set out of the store, agency by agency, each through a session that shows that agency's rows only.

Who is in it: people whose latest word on research is yes, at the moment of reading. What is read of them: coded answers and coded
background. Free text, telephone numbers, dates and places of answers stay sealed, and are never opened here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlmodel import Session, col, select

from ccmm_bot.casework.forms.definitions import CASE_QUESTIONNAIRE
from ccmm_bot.casework.forms.model import FieldType
from ccmm_bot.evaluation.agencies import names_of
from ccmm_bot.evaluation.answers import Run, bare, read_answers
from ccmm_bot.evaluation.columns import MOMENT, read_columns
from ccmm_bot.evaluation.dataset import DOMAINS, NEEDS, PEOPLE, RESPONSES, RUNS, Dataset, frame, stacked
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.pairing import equivalent
from ccmm_bot.evaluation.undisturbed import undisturbed
from ccmm_bot.store.keys import KeyRing
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Case, CaseNeed, Consent, DialogueRun, Person, StaffForm

RESEARCH: Final = "research"
_SECONDS: Final = 86_400  # of a day
_NOT_LOOKED: Final = (None,) * len(DOMAINS)
#: What of the case questionnaire is coded; its free text (country of origin, ethnocultural identity, reasons) could name somebody.
_CODED: Final = tuple(
    each.name
    for each in CASE_QUESTIONNAIRE.fields
    if each.name in PEOPLE and each.type in (FieldType.CHOICE, FieldType.NUMBER, FieldType.YES_NO)
)


class Pseudonyms:
    """Keys of one study: the same person has another key in another study, and nobody without the key file can link the two."""

    def __init__(self, keys: KeyRing, study: str) -> None:
        self._keys = keys
        self._study = study

    def of(self, kind: str, row_id: UUID) -> str:
        """16 hexadecimal digits."""
        return self._keys.lookup(b"evaluation:" + kind.encode(), f"{self._study}\0{row_id.hex}").hex()[:16]


@dataclass(slots=True, kw_only=True)
class _Part:
    """What one agency gives."""

    people: list[tuple[Any, ...]] = field(default_factory=list)
    runs: list[Any] = field(default_factory=list)  # tables
    responses: list[Any] = field(default_factory=list)
    agreed_on: dict[str, int] = field(default_factory=dict)
    withdrawn: int = 0
    without_consent: int = 0


@undisturbed()
def read_dataset(
    store: Store,
    agencies: Sequence[UUID],
    study: str,
    now: datetime,
    defined: Sequence[Instrument] = (),
    wanted: tuple[str, ...] = RESPONSES,
) -> Dataset:
    """Everything of these agencies that may be looked at today. ``defined`` says which versions of an item mean the same.

    ``wanted``: columns of the responses; the others are not read.
    """
    names = Pseudonyms(store.keys, study)
    parts = []
    agency_names = names_of(store, agencies)
    for agency in agencies:
        with store.reading(agency) as session:
            parts.append(_agency(session, agency_names[agency], names, wanted))
    return Dataset(
        study=study,
        made_at=now,
        people=frame([row for part in parts for row in part.people], (*PEOPLE, *NEEDS)),
        runs=stacked([each for part in parts for each in part.runs], RUNS),
        responses=stacked([each for part in parts for each in part.responses], wanted),
        withdrawn=sum(part.withdrawn for part in parts),
        without_consent=sum(part.without_consent for part in parts),
        equivalent=equivalent(defined),
        agreed_on={person: day for part in parts for person, day in part.agreed_on.items()},
    )


def _agency(session: Session, agency: str, names: Pseudonyms, wanted: tuple[str, ...]) -> _Part:
    part = _Part()
    people = {row[0]: row for row in session.exec(select(Person.id, Person.language, Person.merged_into))}
    final = {key: _kept(key, people) for key in people}
    agreed, since, ever = _consents(session, final)
    runs = read_columns(
        session,
        DialogueRun,
        {
            "id": DialogueRun.id,
            "person_id": DialogueRun.person_id,
            **{name: getattr(DialogueRun, name) for name in RUNS if name not in ("run", "person", "dialogue")},
            "dialogue": DialogueRun.dialogue_id,
        },
        {"id": pa.string(), "instrument_version": pa.int64(), "started_at": MOMENT, "ended_at": MOMENT},
        [col(DialogueRun.instrument).is_not(None)],
    )
    whose = [final.get(key, key) for key in map(UUID, runs["person_id"].cat.categories.tolist())]
    part.withdrawn = len(ever - agreed.keys())
    part.without_consent = len(set(whose) - agreed.keys() - ever)
    keys: dict[UUID, str] = {person: names.of("person", person) for person in agreed}
    key_of = np.array([*(keys.get(person) for person in whose), None], dtype=object)
    held = key_of[runs["person_id"].cat.codes.to_numpy()]
    part.agreed_on = {keys[person]: day for person, day in since.items()}
    consent_of = {keys[person]: version for person, version in agreed.items()}
    ours = runs[pd.notna(held)].drop(columns="person_id")
    ours["person"] = held[pd.notna(held)]
    ours["instrument_version"] = ours["instrument_version"].fillna(0)
    ids = ours["id"].tolist()
    ours["run"] = [names.of("run", UUID(key)) for key in ids]
    ours["outcome"] = ours["outcome"].cat.add_categories("running").fillna("running")
    chosen: dict[str, Run] = {
        bare(row_id): (person, run, instrument, int(version), consent_of[person])
        for row_id, run, person, instrument, version in zip(
            ids,
            *(ours[name].tolist() for name in ("run", "person", "instrument", "instrument_version")),
            strict=True,
        )
    }
    part.runs.append(ours[list(RUNS)])
    part.people = list(_people(session, names, agency, keys, agreed, people, final))
    table = read_answers(session, chosen, wanted)
    if len(table):
        part.responses.append(table)
    return part


def _kept(person: UUID, people: Mapping[UUID, Any]) -> UUID:
    """The entry a person is found at, after entries were merged."""
    seen = {person}
    while (into := people[person][2]) is not None and into in people and into not in seen:
        seen.add(into)
        person = into
    return person


def _consents(session: Session, final: Mapping[UUID, UUID]) -> tuple[dict[UUID, str], dict[UUID, int], set[UUID]]:
    """(who agrees today, by which version of the question; since which day; who ever agreed). The latest word counts."""
    agreed: dict[UUID, str] = {}
    since: dict[UUID, int] = {}
    ever: set[UUID] = set()
    rows = session.exec(
        _columns(Consent.person_id, Consent.given, Consent.dialogue_id, Consent.dialogue_version, Consent.at)
        .where(Consent.kind == RESEARCH)
        .order_by(col(Consent.at), col(Consent.id))
    )
    for person, given, dialogue, version, at in rows:
        key = final.get(person, person)
        if given:
            agreed[key] = f"{dialogue}@{version}" if dialogue else "recorded by staff"
            since.setdefault(key, int(at.timestamp()) // _SECONDS)
            ever.add(key)
        else:
            agreed.pop(key, None)
            since.pop(key, None)
    return agreed, since, ever


def _people(
    session: Session,
    names: Pseudonyms,
    agency: str,
    keys: Mapping[UUID, str],
    agreed: Mapping[UUID, str],
    people: Mapping[UUID, Any],
    final: Mapping[UUID, UUID],
) -> Iterator[tuple[Any, ...]]:
    cases = _cases(session, final, keys.keys())
    forms = {
        subject: {name: answers[name] for name in _CODED if name in answers} if answers else {}
        for subject, answers in session.exec(
            select(StaffForm.subject_id, StaffForm.answers).where(StaffForm.form == CASE_QUESTIONNAIRE.name)
        )
    }
    needs = _needs(session)
    for person, key in keys.items():
        case = cases.get(person)
        if case is None:
            yield (key, agency, None, people[person][1], agreed[person], *(None for _ in (*PEOPLE[5:], *NEEDS)))
            continue
        case_id, model, opened_at, exit_date = case
        answers = forms.get(case_id, {})
        found = needs.get(case_id.hex, [0.0] * len(NEEDS))
        at_entry, at_exit = found[: len(DOMAINS)], found[len(DOMAINS) :]
        yield (
            key,
            agency,
            model.value,
            people[person][1],
            agreed[person],
            names.of("case", case_id),
            opened_at.date(),
            exit_date,
            *(answers.get(name) for name in PEOPLE[8:]),  # coded fields only: see above
            # Without any need at entry nobody looked yet; needs at exit are known once the case has ended.
            *(at_entry if any(at_entry) else _NOT_LOOKED),
            *(at_exit if exit_date is not None else _NOT_LOOKED),
        )


def _needs(session: Session) -> dict[str, list[float]]:
    """Case (32 hexadecimal digits) → 1 or 0 for each of ``NEEDS``."""
    columns = {"case": CaseNeed.case_id, "moment": CaseNeed.moment, "domain": CaseNeed.domain}
    rows = read_columns(session, CaseNeed, columns, {})
    cases = rows["case"].cat
    found = np.zeros((len(cases.categories), len(NEEDS)))
    named = ("need_" + rows["moment"].astype("object") + "_" + rows["domain"].astype("object")).astype("category")
    place = pd.Index(NEEDS).get_indexer(named.cat.categories)
    at = np.append(place, -1)[named.cat.codes.to_numpy()]
    found[cases.codes.to_numpy()[at >= 0], at[at >= 0]] = 1.0
    return dict(zip(map(bare, cases.categories.tolist()), found.tolist(), strict=True))


def _cases(session: Session, final: Mapping[UUID, UUID], wanted: Iterable[UUID]) -> dict[UUID, tuple[Any, ...]]:
    """Person → her latest case. A household's case counts where nobody of the household has said no to research."""
    members: dict[UUID, set[UUID]] = {}
    for person, household in session.exec(select(Person.id, Person.household_id).where(col(Person.household_id).is_not(None))):
        if household is not None:
            members.setdefault(household, set()).add(final.get(person, person))
    chosen = set(wanted)
    refused = {
        final.get(person, person)
        for person in session.exec(select(Consent.person_id).where(Consent.kind == RESEARCH, col(Consent.given).is_(False)))
    } - chosen
    found: dict[UUID, tuple[Any, ...]] = {}
    for case_id, person_id, household_id, model, opened_at, exit_date in session.exec(
        _columns(Case.id, Case.person_id, Case.household_id, Case.model, Case.opened_at, Case.exit_date).order_by(
            col(Case.opened_at)
        )
    ):
        whose = {final.get(person_id, person_id)} if person_id is not None else members.get(household_id, set())
        if person_id is None and whose & refused:
            continue
        for person in whose & chosen:
            found[person] = (case_id, model, opened_at, exit_date)
    return found


def _columns(*columns: Any) -> Any:
    """More columns than the overloads of ``select`` know."""
    return select(*columns)
