"""Everything that is one person's, found by following the tables' own references: a table that is added later is in it by itself.

A row belongs to a person when it refers to her or to a row of hers. It does not when it says it is somebody else's (another
``person_id``). A telephone, a household or a household's case that others share is theirs as well, and not a belonging.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Session, SQLModel, col, select

from ccmm_bot.casework.access.policy import NotFound
from ccmm_bot.store.tables import (
    Agency,
    AgencyRow,
    Audit,
    Case,
    ChannelAccount,
    ContactPoint,
    Conversation,
    Household,
    Person,
    PersonContactPoint,
    Staff,
    WebhookDelivery,
)

#: References to these make nothing a person's: everybody's rows have them.
_SHARED: Final = frozenset({table.__tablename__ for table in (Agency, Staff, ChannelAccount)})
#: What only records that something happened, by ids: it is kept, and belongs to the agency.
_RECORDS: Final = frozenset({Audit, WebhookDelivery})
#: Who used a poster last does not make the poster hers; an invitation of her own is found by her id.
_NOT_HERS: Final = frozenset({("invitation", "used_by")})
_AT_A_TIME: Final = 500

Rows = Mapping[type[AgencyRow], list[AgencyRow]]


def belongings(session: Session, person_id: UUID) -> dict[type[AgencyRow], list[AgencyRow]]:
    """Her rows by table, her own first. Raises :class:`NotFound`. The session decides whose agency it is."""
    person = session.exec(select(Person).where(Person.id == person_id)).first()
    if person is None:
        raise NotFound("There is no such person.")
    found: dict[type[AgencyRow], dict[UUID, AgencyRow]] = {Person: {person.id: person}}
    for row in _roots(session, person):
        found.setdefault(type(row), {})[row.id] = row
    grew = True
    while grew:
        grew = False
        for table, references in _references():
            for row in _referring(session, table, references, found, person):
                if row.id not in found.setdefault(table, {}):
                    found[table][row.id] = row
                    grew = True
    return {table: sorted(rows.values(), key=lambda row: row.id) for table, rows in found.items() if rows}


def shared_telephones(session: Session, person_id: UUID) -> int:
    """How many contact points the person uses together with others."""
    used = _points_of(session, person_id)
    return sum(not _alone_at(session, point, person_id) for point in used)


def _roots(session: Session, person: Person) -> Iterator[AgencyRow]:
    """What she refers to and nobody else does, and entries that turned out to be hers."""
    yield from session.exec(select(Person).where(Person.merged_into == person.id))
    for point in _points_of(session, person.id):
        if _alone_at(session, point, person.id):
            yield session.exec(select(ContactPoint).where(ContactPoint.id == point)).one()
    if person.household_id is not None:
        others = select(Person.id).where(Person.household_id == person.household_id, Person.id != person.id)
        if session.exec(others).first() is None:
            yield session.exec(select(Household).where(Household.id == person.household_id)).one()


def _points_of(session: Session, person_id: UUID) -> list[UUID]:
    held = session.exec(select(PersonContactPoint.contact_point_id).where(PersonContactPoint.person_id == person_id)).all()
    talked = session.exec(select(Conversation.contact_point_id).where(Conversation.person_id == person_id)).all()
    return list(dict.fromkeys([*held, *talked]))


def _alone_at(session: Session, point: UUID, person_id: UUID) -> bool:
    held = select(PersonContactPoint.id).where(
        PersonContactPoint.contact_point_id == point, PersonContactPoint.person_id != person_id
    )
    talked = select(Conversation.id).where(Conversation.contact_point_id == point, Conversation.person_id != person_id)
    return session.exec(held).first() is None and session.exec(talked).first() is None


def _tables() -> list[type[AgencyRow]]:
    mapped = (mapper.class_ for mapper in SQLModel._sa_registry.mappers)
    return sorted(
        (table for table in mapped if issubclass(table, AgencyRow) and table not in _RECORDS), key=lambda each: each.__name__
    )


def _references() -> list[tuple[type[AgencyRow], dict[str, str]]]:
    """Each table with its columns that refer to a row of another, and the other's name; ``*`` for any (subject_id)."""
    made = []
    for table in _tables():
        columns = SQLModel.metadata.tables[str(table.__tablename__)].columns
        named = {
            column.name: key.column.table.name
            for column in columns
            for key in column.foreign_keys
            if key.column.table.name not in _SHARED and (table.__tablename__, column.name) not in _NOT_HERS
        }
        if "subject_id" in columns and not named.get("subject_id"):
            named["subject_id"] = "*"
        made.append((table, named))
    return made


def _referring(
    session: Session, table: type[AgencyRow], references: dict[str, str], found: Rows | Any, person: Person
) -> Iterator[AgencyRow]:
    by_name = {str(kind.__tablename__): list(rows) for kind, rows in found.items()}
    for name, target in references.items():
        if table is Person or (
            table is Case and name == "household_id" and person.household_id not in by_name.get("household", [])
        ):
            continue
        ids = [key for keys in by_name.values() for key in keys] if target == "*" else by_name.get(target, [])
        for start in range(0, len(ids), _AT_A_TIME):
            wanted = select(table).where(getattr(table, name).in_(ids[start : start + _AT_A_TIME]))
            if hasattr(table, "person_id"):
                whose = col(table.person_id)
                wanted = wanted.where(or_(whose.is_(None), whose == person.id))
            yield from session.exec(wanted)
