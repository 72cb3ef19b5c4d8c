"""Two entries that are one person: everything of one goes over to the other, and can go back.

The entry that was merged stays, empty, and points to the one that was kept. Where both have an open case, whoever merges says which
of them goes on, and the other is folded into it (:mod:`ccmm_bot.casework.caseload.folding`), so that nobody is asked twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, SQLModel, col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.casework.caseload.folding import fold, unfold
from ccmm_bot.casework.persons.belongings import belongings
from ccmm_bot.casework.persons.names import Names, folded, key_of
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.keyed import seal_again
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import (
    AgencyRow,
    Case,
    Flag,
    FlagStatus,
    Person,
    PersonContactPoint,
    PersonMerge,
    Staff,
    Stage,
)

#: More entries that look like one person are no help to anybody, and more ids than a statement takes.
_MOST_DOUBLES: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """Another entry that may be the same person, and what speaks for it."""

    person_id: UUID
    code: str
    name: str | None
    language: str | None
    why: tuple[str, ...]  # same_phone, same_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubles:
    """The likeliest first. ``bounded``: not every name was compared."""

    found: tuple[Double, ...]
    bounded: bool


def doubles(store: Store, reader: Reader, person_id: UUID, names: Names | None = None) -> Doubles:
    """Who may be the same person: whoever uses the same phone, and whoever has the same name. Raises :class:`NotFound`.

    ``names``: those this process has opened already; without them all are opened once more.
    """
    require(reader, Permission.WRITE_CASES)
    with store.reading(reader.agency_id) as whole:
        people, called, bounded = (names or Names()).read(whole, store.keys, reader.agency_id)
    with store.reading(reader) as session:
        person = _person(session, person_id)
        points = select(PersonContactPoint.contact_point_id).where(PersonContactPoint.person_id == person_id)
        sharing = set(
            session.exec(select(PersonContactPoint.person_id).where(col(PersonContactPoint.contact_point_id).in_(points)))
        )
        name = _plain(person.name)
        wanted = folded(person.name or "")
        alike = {key_of(key) for key, other in zip(people, called, strict=True) if other == wanted} if wanted else set()
        found: list[Double] = []
        near = sorted(sharing | alike)[:_MOST_DOUBLES]
        for other in session.exec(
            select(Person).where(Person.id != person_id, col(Person.merged_into).is_(None), col(Person.id).in_(near))
        ):
            why = [
                *(["same_phone"] if other.id in sharing else []),
                *(["same_name"] if name and _plain(other.name) == name else []),
            ]
            if why:
                found.append(Double(person_id=other.id, code=other.code, name=other.name, language=other.language, why=tuple(why)))
    return Doubles(found=tuple(sorted(found, key=lambda each: (-len(each.why), each.code))), bounded=bounded)


def merge(store: Store, reader: Reader, kept_id: UUID, merged_id: UUID, now: datetime, *, goes_on: UUID | None = None) -> UUID:
    """Let everything of ``merged_id`` be ``kept_id``'s. ``goes_on``: of two open cases, the one that stays open.

    Raises :class:`NotFound` and :class:`CaseFileError`; with the code ``two_open_cases`` where ``goes_on`` has to be said.
    """
    require(reader, Permission.WRITE_CASES)
    if kept_id == merged_id:
        raise CaseFileError("other", "same_person")
    with store.writing(reader.while_merging()) as session:
        kept, merged = _person(session, kept_id), _person(session, merged_id)
        if kept.merged_into is not None or merged.merged_into is not None:
            raise CaseFileError("other", "merged_already")
        cases = _open_cases(session, (kept_id, merged_id), lock=True)
        two = len({case.person_id for case in cases}) > 1
        if two and goes_on not in {case.id for case in cases}:
            raise CaseFileError("other", "two_open_cases")
        own = {case.id for case in cases if case.person_id == kept_id}
        _fold_flags(session, kept_id, merged_id, reader, now)
        moved: dict[str, list[str]] = {}
        for table in _tables():
            ids = [row.id for row in session.exec(select(table).where(table.person_id == merged_id))]
            if table is PersonContactPoint:
                ids = _not_twice(session, kept_id, ids)
            for row in session.exec(select(table).where(col(table.id).in_(ids))):
                row.person_id = kept_id
                session.add(row)
            if ids:
                moved[str(table.__tablename__)] = [str(each) for each in ids]
        laid = None
        if two:
            stays = next(case for case in cases if case.id == goes_on)
            goes = next(case for case in cases if case.id != goes_on)
            session.flush()
            laid = fold(session, stays, goes, now)
            laid["person"] = "kept" if goes.id in own else "merged"
        kept.name = kept.name or merged.name
        kept.language = kept.language or merged.language
        kept.household_id = kept.household_id or merged.household_id
        merged.merged_into = kept_id
        session.add_all([kept, merged])
        row = PersonMerge(
            agency_id=reader.agency_id,
            kept_id=kept_id,
            merged_id=merged_id,
            moved=moved,
            folded=laid,
            at=now,
            staff_id=reader.staff_id,
        )
        session.add(row)
        _seal_as_it_is_now(session, kept_id)
        _audit(session, reader, "person.merged", kept_id, now, of=str(merged_id))
        return row.id


def undo(store: Store, reader: Reader, merge_id: UUID, now: datetime) -> UUID:
    """Take a merge back: what came over goes back, what was added since stays. Returns the person who had been kept."""
    require(reader, Permission.WRITE_CASES)
    with store.writing(reader.while_merging()) as session:
        row = session.exec(select(PersonMerge).where(PersonMerge.id == merge_id).with_for_update()).first()
        if row is None:
            raise NotFound("There is no such entry.")
        if row.undone_at is not None:
            raise CaseFileError("merge", "undone_already")
        if row.folded is not None:
            unfold(session, row.folded, row.kept_id if row.folded["person"] == "kept" else row.merged_id)
            row.folded = None
        for table in _tables():
            ids = [UUID(each) for each in row.moved.get(str(table.__tablename__), ())]
            for each in session.exec(select(table).where(col(table.id).in_(ids), table.person_id == row.kept_id)):
                each.person_id = row.merged_id
                session.add(each)
        merged = _person(session, row.merged_id)
        merged.merged_into = None
        row.undone_at, row.undone_by = now, reader.staff_id
        session.add_all([merged, row])
        _seal_as_it_is_now(session, row.kept_id, row.merged_id)
        _audit(session, reader, "person.merge_undone", row.kept_id, now, of=str(row.merged_id))
        return row.kept_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """An open case of one of two entries, to choose the one that goes on."""

    id: UUID
    code: str
    stage: Stage
    opened_at: datetime
    case_manager: str | None


def open_cases(store: Store, reader: Reader, *person_ids: UUID) -> tuple[OpenCase, ...]:
    """The open cases of these entries, the oldest first."""
    require(reader, Permission.WRITE_CASES)
    with store.reading(reader) as session:
        cases = _open_cases(session, person_ids)
        people = {row.id: row.code for row in session.exec(select(Person).where(col(Person.id).in_(person_ids)))}
        managers = [case.case_manager_id for case in cases if case.case_manager_id]
        names = dict(session.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(managers))).all())
    return tuple(
        OpenCase(
            id=case.id,
            code=people[case.person_id] if case.person_id else "",
            stage=case.stage,
            opened_at=case.opened_at,
            case_manager=names.get(case.case_manager_id) if case.case_manager_id else None,
        )
        for case in cases
    )


def merges_of(store: Store, reader: Reader, person_id: UUID) -> tuple[PersonMerge, ...]:
    """The merges a person was kept in and that stand."""
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        wanted = select(PersonMerge).where(PersonMerge.kept_id == person_id, col(PersonMerge.undone_at).is_(None))
        return tuple(session.exec(wanted.order_by(col(PersonMerge.at).desc())))


def kept_as(store: Store, reader: Reader, person_id: UUID) -> UUID | None:
    """The entry a merged one is found under; ``None`` for one that was not merged, or is not there.

    Raises :class:`NotFound` where that entry is not the reader's to see: the empty one that is left is nobody's.
    """
    require(reader, Permission.READ_CASES)
    with store.reading(reader) as session:
        kept = session.exec(select(Person.merged_into).where(Person.id == person_id)).first()
        return None if kept is None else _person(session, kept).id


def _seal_as_it_is_now(session: Session, *people: UUID) -> None:
    """What has another owner is sealed with that one's key: whoever is erased takes along what is hers, and nothing else."""
    session.flush()
    for person in people:
        for rows in belongings(session, person).values():
            seal_again(session, rows)


def _open_cases(session: Session, person_ids: Sequence[UUID], *, lock: bool = False) -> Sequence[Case]:
    found = select(Case).where(col(Case.person_id).in_(person_ids), col(Case.exit_date).is_(None)).order_by(col(Case.opened_at))
    return session.exec(found.with_for_update() if lock else found).all()


def _tables() -> Iterator[Any]:
    """Every table whose rows belong to a person."""
    for mapper in sorted(SQLModel._sa_registry.mappers, key=lambda each: each.class_.__name__):
        kind = mapper.class_
        if issubclass(kind, AgencyRow) and "person_id" in kind.model_fields:
            yield kind


def _not_twice(session: Session, kept_id: UUID, ids: list[UUID]) -> list[UUID]:
    """Without the contact points both use: a person uses each of them once."""
    theirs = set(session.exec(select(PersonContactPoint.contact_point_id).where(PersonContactPoint.person_id == kept_id)))
    rows = session.exec(select(PersonContactPoint).where(col(PersonContactPoint.id).in_(ids)))
    return [row.id for row in rows if row.contact_point_id not in theirs]


def _fold_flags(session: Session, kept_id: UUID, merged_id: UUID, reader: Reader, now: datetime) -> None:
    """A person has one open flag for each reason: of two, the one that goes over is resolved, and its repeats are counted on."""
    ours = {
        flag.reason: flag for flag in session.exec(select(Flag).where(Flag.person_id == kept_id, Flag.status == FlagStatus.OPEN))
    }
    for flag in session.exec(select(Flag).where(Flag.person_id == merged_id, Flag.status == FlagStatus.OPEN)):
        if (stays := ours.get(flag.reason)) is None:
            continue
        stays.occurrences += flag.occurrences
        stays.last_at = max(stays.last_at, flag.last_at)
        flag.status, flag.outcome = FlagStatus.RESOLVED, "other"
        flag.resolved_at, flag.resolved_by = now, reader.staff_id
        session.add_all([stays, flag])
    session.flush()


def _person(session: Session, person_id: UUID) -> Person:
    found = session.exec(select(Person).where(Person.id == person_id).with_for_update()).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _plain(name: str | None) -> str:
    return " ".join((name or "").casefold().split())


def _audit(session: Session, reader: Reader, action: str, person_id: UUID, now: datetime, **detail: str) -> None:
    session.add(done_by(reader, action, "person", person_id, now, detail))
