"""Who may belong together: the people already in a household, and people named by their codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlmodel import col, select

from ccmm_bot.casework.access.policy import NotFound, Permission, Reader, require
from ccmm_bot.casework.casefile.common import CaseFileError
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Person

_BETWEEN: Final = re.compile(r"[\s,;]+")
_MOST: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody who may be part of a household."""

    person_id: UUID
    code: str
    name: str | None
    language: str | None


def candidates(store: Store, reader: Reader, person_id: UUID) -> tuple[Candidate, tuple[Candidate, ...]]:
    """The person, and everybody of the same household. Raises :class:`NotFound`."""
    require(reader, Permission.WRITE_CASES)
    with store.reading(reader) as session:
        person = session.exec(select(Person).where(Person.id == person_id)).first()
        if person is None:
            raise NotFound("There is no such person.")
        others: list[Person] = []
        if person.household_id is not None:
            same = select(Person).where(Person.household_id == person.household_id, Person.id != person.id)
            others = list(session.exec(same.order_by(col(Person.created_at))))
    return _candidate(person), tuple(_candidate(each) for each in others)


def known_by_code(store: Store, reader: Reader, codes: str) -> tuple[UUID, ...]:
    """The people whose codes were typed, in that order. Raises :class:`CaseFileError` for a code nobody has."""
    require(reader, Permission.WRITE_CASES)
    wanted = [code.upper() for code in _BETWEEN.split(codes.strip()) if code]
    if len(wanted) > _MOST:
        raise CaseFileError("codes", "too_long")
    if not wanted:
        return ()
    with store.reading(reader) as session:
        found = dict(session.exec(select(Person.code, Person.id).where(col(Person.code).in_(wanted))).all())
    if set(wanted) - found.keys():
        raise CaseFileError("codes", "no_such_code")
    return tuple(found[code] for code in wanted)


def _candidate(person: Person) -> Candidate:
    return Candidate(person_id=person.id, code=person.code, name=person.name, language=person.language)
