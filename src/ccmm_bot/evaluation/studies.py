"""Studies over several agencies: who may look at whose data together. Needs none of the libraries for statistics.

An administrator begins a study and names its evaluators; every agency joins through its own administrator, and may leave.
What an evaluator of the study sees is pseudonymous, of the agencies that are in it at that moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from ccmm_bot.casework.access.accounts import normal_email
from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.errors import CcmmError
from ccmm_bot.evaluation.agencies import called
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Role, Staff, Study, StudyAgency, StudyEvaluator


class StudyError(CcmmError):
    """The study cannot be begun; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An agency in a study."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A study as its evaluators see it."""

    id: UUID
    name: str
    agencies: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A study as an administrator sees it."""

    id: UUID
    name: str
    led_by: str
    agencies: int
    evaluators: tuple[str, ...]  # their names, where this agency is in it or leads it
    joined: bool
    leads: bool


def begin(store: Store, reader: Reader, *, name: str, evaluators: str, now: datetime) -> UUID:
    """A new study, led and joined by the reader's agency. ``evaluators``: e-mail addresses of accounts with that role.

    Raises :class:`StudyError`: no name, one that is taken, or an address that is no evaluator's.
    """
    require(reader, Permission.ADMINISTER)
    called = clean_name(name)
    addresses = [normal_email(each) for each in evaluators.replace(",", " ").split()]
    if not addresses:
        raise StudyError("Name at least one evaluator, by the e-mail address of the account.")
    try:
        with store.installation(write=True) as session:
            found = {
                row.email: row
                for row in session.exec(
                    select(Staff).where(col(Staff.email).in_(addresses), Staff.role == Role.EVALUATOR, col(Staff.active).is_(True))
                )
            }
            if len(found) < len(set(addresses)):
                raise StudyError("One of these addresses is no evaluator's account. An agency makes one on its page for staff.")
            study = Study(agency_id=reader.agency_id, name=called, created_at=now, created_by=reader.staff_id)
            session.add(study)
            session.flush()
            for row in found.values():
                session.add(StudyEvaluator(agency_id=row.agency_id, study_id=study.id, staff_id=row.id, since=now))
            session.add(done_by(reader, "study.begun", "study", study.id, now, {"evaluators": len(found)}))
            _join(session, reader, study.id, now)
            return study.id
    except IntegrityError:
        raise StudyError("There is a study of that name already.") from None


def join(store: Store, reader: Reader, study: UUID, now: datetime) -> None:
    """The reader's agency joins. Twice is once. Raises :class:`NotFound`."""
    require(reader, Permission.ADMINISTER)
    with store.installation(write=True) as session:
        if session.get(Study, study) is None:
            raise NotFound("There is no such study.")
        _join(session, reader, study, now)


def leave(store: Store, reader: Reader, study: UUID, now: datetime) -> None:
    """The reader's agency leaves: its data are in no later table and in no later export."""
    require(reader, Permission.ADMINISTER)
    with store.writing(reader.agency_id) as session:
        row = session.exec(select(StudyAgency).where(StudyAgency.study_id == study, col(StudyAgency.left_at).is_(None))).first()
        if row is None:
            raise NotFound("There is no such study.")
        row.left_at = now
        session.add(row)
        session.add(done_by(reader, "study.left", "study", study, now))


def listed(store: Store, reader: Reader) -> tuple[Listed, ...]:
    """Every study of the installation, for an administrator to decide about her own agency's part."""
    require(reader, Permission.ADMINISTER)
    with store.installation() as session:
        names = called(session)
        inside: dict[UUID, set[UUID]] = {}
        for study_id, agency_id in session.exec(
            select(StudyAgency.study_id, StudyAgency.agency_id).where(col(StudyAgency.left_at).is_(None))
        ):
            inside.setdefault(study_id, set()).add(agency_id)
        who: dict[UUID, list[str]] = {}
        for study_id, name in session.exec(
            select(StudyEvaluator.study_id, Staff.name).join(Staff, col(Staff.id) == StudyEvaluator.staff_id).order_by(Staff.name)
        ):
            who.setdefault(study_id, []).append(name)
        return tuple(
            Listed(
                id=row.id,
                name=row.name,
                led_by=names.get(row.agency_id, ""),
                agencies=len(inside.get(row.id, ())),
                evaluators=tuple(who.get(row.id, ())),
                joined=reader.agency_id in inside.get(row.id, ()),
                leads=row.agency_id == reader.agency_id,
            )
            for row in session.exec(select(Study).order_by(col(Study.name)))
        )


def evaluated_by(store: Store, reader: Reader) -> tuple[Joined, ...]:
    """The studies this evaluator may look at, each with the agencies that are in it now."""
    require(reader, Permission.EVALUATE)
    with store.installation() as session:
        studies = session.exec(
            select(Study)
            .join(StudyEvaluator, col(StudyEvaluator.study_id) == Study.id)
            .where(StudyEvaluator.staff_id == reader.staff_id)
            .order_by(col(Study.name))
        ).all()
        return tuple(Joined(id=row.id, name=row.name, agencies=_agencies(session, row.id)) for row in studies)


def members(store: Store, study: UUID) -> tuple[UUID, ...]:
    """The agencies that are in a study now."""
    with store.installation() as session:
        return tuple(each.id for each in _agencies(session, study))


def clean_name(text: str) -> str:
    """A study's name as it is kept. Raises :class:`StudyError`."""
    name = " ".join(text.split())
    if not 1 <= len(name) <= 64:
        raise StudyError("Name the study: each study has its own keys for people.")
    return name


def _join(session: Session, reader: Reader, study: UUID, now: datetime) -> None:
    row = session.exec(select(StudyAgency).where(StudyAgency.study_id == study, StudyAgency.agency_id == reader.agency_id)).first()
    if row is not None and row.left_at is None:
        return
    if row is None:
        row = StudyAgency(agency_id=reader.agency_id, study_id=study, joined_at=now, joined_by=reader.staff_id)
    row.joined_at, row.joined_by, row.left_at = now, reader.staff_id, None
    session.add(row)
    session.add(done_by(reader, "study.joined", "study", study, now))


def _agencies(session: Session, study: UUID) -> tuple[Part, ...]:
    inside = session.exec(
        select(StudyAgency.agency_id).where(StudyAgency.study_id == study, col(StudyAgency.left_at).is_(None))
    ).all()
    return tuple(Part(id=key, name=name) for key, name in sorted(called(session, inside).items(), key=lambda each: each[1]))
