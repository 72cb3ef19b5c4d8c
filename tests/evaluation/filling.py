"""Puts a made-up data set into a store, row by row as the service would have written it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pandas as pd
from sqlalchemy import Connection, insert
from sqlmodel import SQLModel

from ccmm_bot.dialogue.model import ItemType, Outcome
from ccmm_bot.dialogue.session import Status
from ccmm_bot.evaluation.dataset import DOMAINS, Dataset
from ccmm_bot.messages import ChannelKind
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    Case,
    CaseModel,
    CaseNeed,
    Consent,
    ContactPoint,
    Conversation,
    DialogueRun,
    NeedMoment,
    Person,
    Response,
    StaffForm,
    Stage,
)
from ccmm_bot.store.types import uuid7
from tests import new

NOW = datetime(2028, 6, 1, 18, tzinfo=UTC)
_BACKGROUND = ("household_composition", "immigration_category", "length_of_stay_at_start", "exit_reason", "settlement_referral")


def fill(store: Store, agency: UUID, data: Dataset, *, consent: bool = True, first: int = 0) -> dict[str, UUID]:
    """Person in the data set → her id in the store. ``first``: the number of the first of them, where others are there already."""
    staff = new.staff(store, agency)
    account = new.sender(store, agency, uuid7().hex)
    people = {key: uuid7() for key in data.people["person"]}
    talks = {key: uuid7() for key in people}
    runs = {key: uuid7() for key in data.runs["run"]}
    base = {"agency_id": agency}
    tables: tuple[type[SQLModel], ...]
    tables = (Person, ContactPoint, Conversation, Consent, Case, CaseNeed, StaffForm, DialogueRun, Response)
    rows: dict[type[SQLModel], list[dict[str, Any]]] = {table: [] for table in tables}
    for n, person in enumerate(data.people.to_dict("records"), start=first):
        key = people[person["person"]]
        point = uuid7()
        rows[Person].append({**base, "id": key, "code": f"{n:08d}", "language": person["language"], "created_at": NOW})
        rows[ContactPoint].append(
            {
                **base,
                "id": point,
                "account_id": account,
                "channel": ChannelKind.SMS,
                "address": "+16045550100",
                "address_hash": point.bytes,
                "shared": False,
                "created_at": NOW,
                "safety": "unknown",
            }
        )
        rows[Conversation].append(
            {
                **base,
                "id": talks[person["person"]],
                "contact_point_id": point,
                "person_id": key,
                "snapshot": b"x",
                "version": 1,
                "last_seq": 0,
                "status": Status.IDLE,
                "created_at": NOW,
                "updated_at": NOW,
            }
        )
        if consent:
            rows[Consent].append(
                {
                    **base,
                    "id": uuid7(),
                    "person_id": key,
                    "kind": "research",
                    "given": True,
                    "dialogue_id": "research_consent",
                    "dialogue_version": 1,
                    "at": person["opened_on"].to_pydatetime().replace(tzinfo=UTC),
                }
            )
        case = uuid7()
        rows[Case].append(
            {
                **base,
                "id": case,
                "person_id": key,
                "stage": Stage.FOLLOW_UP,
                "model": CaseModel(person["model"]),
                "revision": 1,
                "opened_at": person["opened_on"].to_pydatetime().replace(tzinfo=UTC),
                "exit_date": person["exit_on"].date(),
            }
        )
        rows[CaseNeed] += [
            {**base, "id": uuid7(), "case_id": case, "domain": domain, "moment": moment}
            for moment in NeedMoment
            for domain in DOMAINS
            if person[f"need_{moment.value}_{domain}"] == 1
        ]
        rows[StaffForm].append(
            {
                **base,
                "id": uuid7(),
                "form": "case_questionnaire",
                "version": 1,
                "subject_kind": "case",
                "subject_id": case,
                "period": "",
                "answers": {name: person[name] for name in _BACKGROUND} | {"country_of_origin": "Somewhere"},
                "revision": 1,
                "staff_id": staff.staff_id,
                "started_at": NOW,
                "updated_at": NOW,
            }
        )
    for n, run in enumerate(data.runs.to_dict("records")):
        rows[DialogueRun].append(
            {
                **base,
                "id": runs[run["run"]],
                "conversation_id": talks[run["person"]],
                "person_id": people[run["person"]],
                "run": n,
                "dialogue_id": run["dialogue"],
                "dialogue_version": 1,
                "dialogue_hash": "0" * 64,
                "instrument": run["instrument"],
                "instrument_version": run["instrument_version"],
                "language": run["language"],
                "channel": ChannelKind(run["channel"]),
                "started_at": run["started_at"].to_pydatetime(),
                "ended_at": run["ended_at"].to_pydatetime(),
                "outcome": Outcome(run["outcome"]),
            }
        )
    for answer in data.responses.to_dict("records"):
        skipped = bool(answer["skipped"])
        rows[Response].append(
            {
                **base,
                "id": uuid7(),
                "run_id": runs[answer["run"]],
                "item": answer["item"],
                "type": ItemType(answer["type"]),
                "value": None if skipped else _stored(answer["type"], answer["value"]),
                "skipped": skipped,
                "raw": "x",
                "revision": 1,
                "language": answer["language"],
                "channel": ChannelKind(answer["channel"]),
                "instrument": answer["instrument"],
                "instrument_version": answer["instrument_version"],
                "wording_key": answer["wording_key"],
                "wording_hash": str(answer["wording_version"]).ljust(64, "0"),
                "asked_at": answer["asked_at"].to_pydatetime(),
                "answered_at": answer["answered_at"].to_pydatetime(),
            }
        )
    with store.installation(write=True) as session:
        for table, values in rows.items():
            _write(session.connection(), table, values)
    return people


def consent(store: Store, agency: UUID, person: UUID, *, given: bool, at: datetime = NOW) -> None:
    """What somebody said about research."""
    with store.writing(agency) as session:
        session.add(Consent(agency_id=agency, person_id=person, kind="research", given=given, at=at))


def _stored(kind: str, value: Any) -> Any:
    if kind in ("scale", "integer"):
        return int(value)
    return str(value).split() if kind == "select_many" else value


def _write(connection: Connection, table: type[SQLModel], values: list[dict[str, Any]]) -> None:
    if values:
        plain = [{name: None if value is pd.NaT else value for name, value in row.items()} for row in values]
        connection.execute(insert(table), plain)
