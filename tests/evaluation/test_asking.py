"""Exports in the background, and studies over several agencies: who may ask, what is made, and that nothing is half done."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import pandas as pd
import pytest
from sqlmodel import col, select

from ccmm_bot.casework.access.policy import Forbidden, NotFound, Reader
from ccmm_bot.evaluation import asking, making, studies
from ccmm_bot.evaluation.asking import KEPT, WATCHDOG, NoPurpose
from ccmm_bot.evaluation.instruments import Instrument
from ccmm_bot.evaluation.releasing import export_log
from ccmm_bot.evaluation.studies import StudyError
from ccmm_bot.evaluation.synthetic import Plan, synthetic
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Audit, ExportRequest, ExportState, Role
from tests import new
from tests.evaluation.filling import NOW, fill

PURPOSE = "Comparing entry with exit"


def wanted(store: Store, who: Reader, **changed: Any) -> UUID:
    asked: dict[str, Any] = {
        "name": "ours",
        "study": None,
        "purpose": PURPOSE,
        "form": "csv",
        "shape": "long",
        "selection": {},
        "now": NOW,
    }
    return asking.ask(store, who, **asked | changed)


def make(store: Store, key: UUID, defined: tuple[Instrument, ...]) -> None:
    making.make_asked(store, key, defined, {}, lambda: NOW)


def people_in(content: bytes) -> pd.DataFrame:
    with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("people.csv") as file:
        return pd.read_csv(file)


def test_an_export_is_made_once_logged_with_it_and_there_for_a_day(store: Store, defined: tuple[Instrument, ...]) -> None:
    agency = new.agency(store)
    fill(store, agency, synthetic(Plan(people=6), defined))
    evaluator = new.staff(store, agency, Role.EVALUATOR)
    key = wanted(store, evaluator)
    assert asking.request(store, evaluator, key).state is ExportState.WAITING
    assert asking.due(store, NOW) == [(key, 1)]
    assert asking.due(store, NOW) == []  # somebody has it
    with pytest.raises(NotFound):
        asking.file_of(store, evaluator, key, NOW)
    make(store, key, defined)
    make(store, key, defined)  # again, as after a crash: made already
    done = asking.request(store, evaluator, key)
    assert (done.state, done.step, done.steps, done.people) == (ExportState.READY, 4, 4, 6)
    content = asking.file_of(store, evaluator, key, NOW)
    assert hashlib.sha256(content).hexdigest() == done.sha256
    assert len(people_in(content)) == 6
    (line,) = export_log(store, agency)
    assert (line.sha256, line.purpose, line.who) == (done.sha256, PURPOSE, "evaluator")
    later = NOW + KEPT
    assert asking.forget(store, later - timedelta(seconds=1)) == 0
    with pytest.raises(NotFound):
        asking.file_of(store, evaluator, key, later)
    assert asking.forget(store, later) == 1
    assert asking.request(store, evaluator, key).state is ExportState.GONE
    with store.reading(agency) as session:
        assert session.exec(select(ExportRequest.file)).one() is None
    assert [each.id for each in asking.latest(store, evaluator)] == [key]


def test_a_clock_that_is_set_back_keeps_no_export_waiting(store: Store) -> None:
    evaluator = new.staff(store, new.agency(store), Role.EVALUATOR)
    key = wanted(store, evaluator)
    assert asking.due(store, NOW) == [(key, 1)]
    before = NOW - timedelta(days=1)
    assert asking.due(store, before) == [(key, 2)], "not when the day is over again"
    assert asking.due(store, before) == [], "somebody is at it"


def test_what_a_process_left_is_made_again_and_given_up_after_three_times(
    store: Store, defined: tuple[Instrument, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    agency = new.agency(store)
    evaluator = new.staff(store, agency, Role.EVALUATOR)
    key, never = wanted(store, evaluator), wanted(store, evaluator)
    moment = NOW
    for look in (1, 2, 3):
        assert set(asking.due(store, moment)) == {(key, look), (never, look)}
        moment += WATCHDOG

    def stops(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr(making, "log", stops)
        with pytest.raises(MemoryError):
            make(store, key, defined)
    assert asking.request(store, evaluator, key).state is ExportState.RUNNING  # neither file nor log
    assert export_log(store, agency) == ()
    make(store, key, defined)
    assert asking.due(store, moment) == []
    assert asking.request(store, evaluator, key).state is ExportState.READY
    assert asking.request(store, evaluator, never).state is ExportState.FAILED


def test_what_cannot_be_made_says_why(store: Store, defined: tuple[Instrument, ...]) -> None:
    agency = new.agency(store)
    evaluator = new.staff(store, agency, Role.EVALUATOR)
    with pytest.raises(NoPurpose):
        wanted(store, evaluator, purpose=" ")
    with pytest.raises(StudyError):
        wanted(store, evaluator, name=" ")
    key = wanted(store, evaluator, form="doc")
    make(store, key, defined)
    failed = asking.request(store, evaluator, key)
    assert failed.state is ExportState.FAILED
    assert "Formats are" in failed.why


def test_only_whoever_asked_gets_the_file_and_only_an_evaluator_asks(store: Store, defined: tuple[Instrument, ...]) -> None:
    ours, theirs = new.agency(store, "Ours"), new.agency(store, "Theirs")
    evaluator = new.staff(store, ours, Role.EVALUATOR)
    key = wanted(store, evaluator)
    make(store, key, defined)
    for agency in (ours, theirs):
        other = new.staff(store, agency, Role.EVALUATOR)
        with pytest.raises(NotFound):
            asking.request(store, other, key)
        with pytest.raises(NotFound):
            asking.file_of(store, other, key, NOW)
    worker = new.staff(store, ours, Role.CASE_MANAGER)
    with pytest.raises(Forbidden):
        wanted(store, worker)


def test_a_study_holds_the_agencies_that_joined_it_as_long_as_they_stay(store: Store, defined: tuple[Instrument, ...]) -> None:
    first, second, third = (new.agency(store, name) for name in ("First", "Second", "Third"))
    for agency in (first, second, third):
        fill(store, agency, synthetic(Plan(people=4), defined))
    lead = new.staff(store, first, Role.ADMINISTRATOR)
    email = "evaluator@example.org"
    evaluator = new.staff(store, first, Role.EVALUATOR, email=email)
    stranger = new.staff(store, second, Role.EVALUATOR)
    other = new.staff(store, second, Role.ADMINISTRATOR)
    key = studies.begin(store, lead, name="  Final   report ", evaluators=email.upper(), now=NOW)
    assert [(each.name, len(each.agencies)) for each in studies.evaluated_by(store, evaluator)] == [("Final report", 1)]
    assert studies.evaluated_by(store, stranger) == ()
    studies.join(store, other, key, NOW)
    studies.join(store, other, key, NOW)
    assert studies.members(store, key) == (first, second)
    (seen,) = studies.listed(store, other)
    assert (seen.name, seen.led_by, seen.agencies, seen.joined, seen.leads) == ("Final report", "First", 2, True, False)

    with pytest.raises(NotFound):
        wanted(store, stranger, study=key)
    export = wanted(store, evaluator, study=key)
    make(store, export, defined)
    assert set(people_in(asking.file_of(store, evaluator, export, NOW))["agency"]) == {"First", "Second"}
    assert [len(export_log(store, agency)) for agency in (first, second, third)] == [1, 1, 0]

    studies.leave(store, other, key, NOW)
    assert studies.members(store, key) == (first,)
    with pytest.raises(NotFound):
        studies.leave(store, other, key, NOW)
    studies.join(store, other, key, NOW)
    assert studies.members(store, key) == (first, second)
    with store.reading(second) as session:
        actions = list(session.exec(select(Audit.action).where(Audit.subject_kind == "study").order_by(col(Audit.id))))
    assert actions == ["study.joined", "study.left", "study.joined"]


def test_a_study_needs_a_name_of_its_own_and_evaluators(store: Store) -> None:
    agency = new.agency(store)
    lead = new.staff(store, agency, Role.ADMINISTRATOR)
    email, workers_email = "evaluator@example.org", "worker@example.org"
    new.staff(store, agency, Role.EVALUATOR, email=email)
    worker = new.staff(store, agency, email=workers_email)
    for name, evaluators in (
        ("", email),
        ("x" * 65, email),
        ("A", ""),
        ("A", workers_email),
        ("A", f"{email}, nobody@example.org"),
    ):
        with pytest.raises(StudyError):
            studies.begin(store, lead, name=name, evaluators=evaluators, now=NOW)
    studies.begin(store, lead, name="A", evaluators=email, now=NOW)
    with pytest.raises(StudyError, match="already"):
        studies.begin(store, lead, name="A", evaluators=email, now=NOW)
    with pytest.raises(Forbidden):
        studies.begin(store, worker, name="B", evaluators=email, now=NOW)
    with pytest.raises(NotFound):
        studies.join(store, lead, agency, NOW)
