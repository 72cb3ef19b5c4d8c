"""Who looked at whom: an entry in the audit before a page with anybody's data leaves the service.

A page about one person is written down with that person, whatever its address names (a case, a flag); a list with its name only. An
entry that cannot be written lets nothing out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlmodel import Session, SQLModel, select

from ccmm_bot.casework.access.api_tokens import Caller
from ccmm_bot.casework.access.policy import Reader
from ccmm_bot.casework.access.sight import step
from ccmm_bot.casework.recorded import done_by
from ccmm_bot.store.session import Store
from ccmm_bot.store.tables import Actor, Audit

VIEWED: Final = "person.viewed"
LISTED: Final = "list.viewed"
READ_BY_SYSTEM: Final = "api.read"


def viewed(store: Store, reader: Reader, page: str, kind: str, id_: UUID, now: datetime) -> None:
    """``reader`` is about to see a page (its pattern) about the row ``id_`` of the table ``kind``."""
    with store.writing(reader.agency_id) as session:
        person = person_behind(session, kind, id_)
        detail: dict[str, Any] = {"page": page}
        if person in reader.opened:
            detail["opened"] = True
        subject = ("person", person) if person is not None else (kind, id_)
        session.add(done_by(reader, VIEWED, *subject, now, detail))


def listed(store: Store, reader: Reader, page: str, now: datetime) -> None:
    """``reader`` is about to see a list of people."""
    with store.writing(reader.agency_id) as session:
        session.add(done_by(reader, LISTED, "agency", reader.agency_id, now, {"page": page}))


def read_by_system(store: Store, caller: Caller, what: str, now: datetime) -> None:
    """Another system of the agency is about to read a list."""
    entry = Audit(
        agency_id=caller.reader.agency_id,
        at=now,
        actor_kind=Actor.SYSTEM,
        actor_id=caller.token_id,
        action=READ_BY_SYSTEM,
        subject_kind="api_token",
        subject_id=caller.token_id,
        detail={"what": what},
    )
    with store.writing(caller.reader.agency_id) as session:
        session.add(entry)


def person_behind(session: Session, kind: str, id_: UUID) -> UUID | None:
    """Whose a row is; ``None`` where it is nobody's alone (a household's case), or is not there."""
    mapped: dict[str, Any] = {str(mapper.class_.__tablename__): mapper.class_ for mapper in SQLModel._sa_registry.mappers}
    key: UUID | None = id_
    while kind != "person" and key is not None:
        way = step(kind)
        if way is None:
            return None
        table = mapped[kind]
        key = session.exec(select(getattr(table, way[0])).where(table.id == key)).first()
        kind = way[1]
    return key
